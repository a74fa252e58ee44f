//! InstaQL over a real store.

mod errors;
mod naive;
mod policies;
pub(crate) mod random;
mod scenarios;
pub(crate) mod world;
