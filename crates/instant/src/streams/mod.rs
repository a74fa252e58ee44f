//! Durable streams of text: one writer appends, any number of readers follow, from any place on.
//!
//! A stream is a row of `$streams`; its bytes lie in a table of their own and go with the row. What
//! is told, to the writer as flushed and to readers as content, is committed. A reader holds its
//! place and reads on from there, so that a slow one costs no memory; news of a commit only wake it,
//! with the bytes for those who have all before them.
//!
//! Clients speak in sessions: commands come one by one, events go out by one queue that is bounded.

mod bell;
mod channel;
mod chunks;
mod message;
mod read;
mod removal;
mod rows;
mod rules;
mod service;
mod session;
mod write;

pub use bell::StreamBell;
pub use message::{Append, Batch, Command, End, Event, Order, Which};
pub use service::{StreamSession, Streams};
