//! The Instant front: routes and wire shapes over the Instant dialect.

pub mod body;
pub mod caller;
pub mod error;
mod observe;
pub mod response;
pub mod routes;

pub use routes::router;
