//! Webhooks: other servers are told of changes of records, at least once.
//!
//! What has to be told is written by the transaction that changes the records, so that nothing is
//! lost when the process ends; a transaction that concerns no webhook writes nothing. Deliveries come
//! later, from a task of their own, a few at a time, and again and again until they are taken or it
//! was tried often enough. A delivery is signed and small: who gets it fetches the records with the
//! token in it.

mod delivery;
mod event;
mod hook;
mod ledger;
mod notes;
mod sender;
mod service;
mod signer;

pub use event::Page;
pub use hook::Submission;
pub use notes::WebhookNotes;
pub use service::{Setting, Webhooks};
pub use signer::SignerSource;
