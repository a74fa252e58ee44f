//! The words of Ketch: values, ids, time, errors, identities, fields, collections and records.
//!
//! Everything here is pure: no I/O, no SQL, no HTTP. The two fronts and the record core speak
//! of nothing else, so this crate is where a term gets its meaning.

pub mod attr;
pub mod cell;
pub mod collection;
pub mod cron;
pub mod document;
pub mod error;
pub mod fields;
pub mod ids;
pub mod json;
pub mod modifiers;
pub mod pattern;
pub mod record;
pub mod settings;
pub mod time;

pub use attr::Attr;
pub use cell::{Cell, CellRef};
pub use collection::schema::{self, Schema};
pub use collection::{Collection, CollectionKind};
pub use error::{Error, ErrorKind, FieldError, FieldErrors, Result};
pub use fields::{Field, FieldKind};
pub use record::Record;

/// A value of a record field as it appears in JSON: the normalised form of [`fields`].
pub type Value = serde_json::Value;
/// A JSON object that keeps the order of its keys.
pub type Object = serde_json::Map<String, Value>;
