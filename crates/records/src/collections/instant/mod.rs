//! Schema changes as the Instant dialect asks for them: namespaces and attrs instead of whole
//! collections. Everything runs inside a transaction that may still be undone.

mod add;
mod fields;
mod names;

pub(crate) use add::{add_attr, create_collection, place_system_attr};
