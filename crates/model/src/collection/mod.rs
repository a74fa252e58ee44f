//! Collections: what a table holds and who may see it.

pub mod attrs;
pub mod auth;
pub mod defaults;
pub mod index;
pub mod schema;
pub mod system;

mod auth_checks;
mod check;
mod definition;
mod field_checks;
mod field_list;
mod index_checks;
mod scaffold;
mod submit;
#[cfg(test)]
mod tests;
mod validate;
mod wire;

pub use attrs::{AttrEntry, Attrs, Direction};
pub use auth::{
    AuthAlertOptions, AuthOptions, EmailTemplate, MfaOptions, OAuth2MappedFields, OAuth2Options,
    OAuth2Provider, OtpOptions, PasswordAuth, TokenOptions,
};
pub use definition::{CREATED_AT, Collection, CollectionKind, InstantProperties, SUPERUSERS};
pub use index::{Index, IndexColumn};
pub use scaffold::{scaffold, scaffolds};
pub use schema::Schema;
pub use wire::StoredCollection;
