//! Secrets that an operator leaves with the server, such as keys of other services: encrypted in the
//! database with a master key that is kept elsewhere.

mod master_key;
mod service;

pub use master_key::MasterKey;
pub use service::{NewSecret, Secret, Secrets};
