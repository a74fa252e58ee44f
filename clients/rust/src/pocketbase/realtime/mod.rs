//! Changes of records as they happen.

mod api;
mod changes;
mod event;
mod hub;
mod limits;

pub use api::{Listener, Realtime, Subscription};
pub use changes::{RecordChange, RecordChanges};
pub use event::{ConnectionEvent, Event};
