//! Backups: a zip of the data folder as of one moment, in the original's layout, and the way back.
//!
//! [`Backups`] makes, keeps and restores them. A backup is packed beside running requests: the
//! databases are snapshots, and files stay while the pack is under way. A restore is unpacked and
//! opened beside the data first; the folders change places while nothing is open ([`swap`]).

mod automatic;
mod host;
mod layout;
mod naming;
mod pack;
mod reader;
mod service;
pub mod swap;
mod unpack;

pub use host::RestoreHost;
pub use ketch_files::{Blob, BlobContent, Source};
pub use layout::LOCK_FILE;
pub use service::{Backup, Backups, Upload};
