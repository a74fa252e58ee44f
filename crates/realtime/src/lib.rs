//! Realtime: who is connected, what they watch, and what they are told of committed changes.
//!
//! The store's writer only queues changes ([`Hub`] is a sink of `records`). One task matches them,
//! in the order of the commits, to subscriptions; rules are evaluated in memory, once for all who
//! would get the same answer. [`live`] asks whole questions again when a change touches them. Each connection has a bounded outbox; whoever does not read is cut.

mod client;
mod hub;
mod inputs;
mod judge;
pub mod live;
mod matching;
mod outbox;
mod registry;
mod topic;

pub use client::{Client, Hangup};
pub use hub::{Connection, Hub, Lifetimes};
pub use ketch_store::ChangeKind;
pub use outbox::{Event, Message, Payload};
pub use topic::Topic;
