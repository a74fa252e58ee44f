//! OAuth2 as providers speak it: who they are, the exchange of codes, and whom a token belongs to.
//! What that means for accounts is beside this folder.

pub(crate) mod avatar;
pub(crate) mod describe;
pub(crate) mod exchange;
pub(crate) mod http;
pub(crate) mod names;
pub(crate) mod offer;
pub(crate) mod provider;

mod apple_secret;
mod jose;
mod profile;
mod providers;
#[cfg(test)]
mod tests;

pub use apple_secret::AppleSecret;
pub use offer::Offer;
pub use provider::Provider;
pub use providers::PROVIDERS;
