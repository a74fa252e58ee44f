//! The record core: the one read path and the one write path, with the policy that guards them.
//!
//! A front hands over a request it has parsed and gets back rows, records or errors; it never
//! sees the store. Rules are decided here ([`policy`]), so a front cannot forget one.

pub mod collections;
pub mod policy;
pub mod read;
pub mod view;
pub mod write;

mod applied;
pub mod batch;
mod cascade;
mod commit;
mod expand;
pub mod identity;
mod lookup;
pub mod observe;
mod pending_files;
mod plan;
mod relation;
mod service;
pub mod stored_files;
pub mod submission;
mod system_rules;
pub mod transact;
mod transaction_error;

pub use read::{ListOptions, PageInfo};
pub use service::{ChangeSink, LookBeforeDelete, Records, SchemaHandle};
pub use submission::{Submission, UploadedFile};
pub use transact::{Mode as TransactionMode, Outcome, Transaction};
pub use transaction_error::TransactionError;
pub use view::{Expanded, RecordView};
