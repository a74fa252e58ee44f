//! How often somebody may ask.

mod probing;
mod rate_limiter;
mod rules;
mod windows;

pub use probing::Probing;
pub use rate_limiter::{CollectionRoute, RateLimiter, Visit};
