//! The Instant dialect without HTTP: what its requests mean for the records of an app.
//!
//! [`query`] answers InstaQL. A front parses the wire, calls one of these modules, and encodes what
//! it gets; [`Invalid`] is what it gets for a request that does not hold.

pub mod invalid;
pub mod query;

pub use invalid::Invalid;
