//! The PocketBase front: routes and wire shapes over the record core.

pub mod body;
pub mod encode;
pub mod error;
mod provider_logo;
mod query_params;
mod rate_limit;
mod raw;
pub mod request;
pub mod response;
pub mod routes;

pub use error::ApiError;
pub use routes::{panicked, router, router_with_site};
