//! `$users`: accounts, sessions, codes and guests.
//!
//! A user is a record of the app's main auth collection, whichever front made it.

mod accounts;
mod json;
mod selector;
mod sessions;
mod sign_in;
mod test_users;

pub use crate::viewer::Viewer;
pub use json::SignedIn;
pub use selector::Selector;
pub use sign_in::{NewUser, SignIn};
