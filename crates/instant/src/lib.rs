//! The Instant dialect without HTTP: what its requests mean for the records of an app.
//!
//! [`query`] answers InstaQL, [`transact`] changes entities, [`schema`] what they are made of,
//! [`users`] knows accounts and sessions, [`storage`] keeps files, [`permissions`] says who may do
//! what. A front parses the wire, calls the
//! [`Instant`] service, and encodes what it gets.

pub mod answer;
pub mod error;
pub mod invalid;
pub mod live;
pub mod permissions;
pub mod query;
pub mod schema;
pub mod service;
pub mod storage;
pub mod streams;
pub mod transact;
pub mod url_key;
pub mod users;
pub mod viewer;
pub mod webhooks;

pub use answer::{Answer, Question};
pub use error::{Error, Kind, Result};
pub use invalid::Invalid;
pub use service::Instant;
