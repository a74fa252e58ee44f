//! InstaQL over a real store.

mod errors;
mod naive;
mod policies;
mod random;
mod scenarios;
mod world;
