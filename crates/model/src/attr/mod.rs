//! Attrs: fields and relations as the Instant dialect names and describes them.
//!
//! An [`Attr`] is the whole description, as it is on the wire. What of it a field does not say
//! already is kept beside the field, as [`AttrProperties`].

mod definition;
mod ids;
mod properties;
mod system;
mod wire;

#[cfg(test)]
mod tests;

pub use definition::{Attr, Cardinality, Catalog, CheckedType, Identity, InferredTypes, ValueType};
pub use ids::{derived_id, is_uuid, random_uuid};
pub use properties::{AttrProperties, ReverseIdentity};
pub use system::{FILES, STREAMS, USERS, has_custom_attrs, is_reserved, system_attr, system_attrs};
