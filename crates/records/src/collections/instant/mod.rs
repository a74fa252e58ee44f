//! Schema changes as the Instant dialect asks for them: namespaces and attrs instead of whole
//! collections. Everything runs inside a transaction that may still be undone.

mod add;
mod change;
mod deleted;
mod fields;
mod names;
mod values;

pub(crate) use add::{add_attr, add_attrs, create_collection, place_system_attr};
pub(crate) use change::update_attr;
pub(crate) use deleted::{delete_attr, deleted_attrs, purge_attrs, restore_attr};
