//! Tokens, passwords and sign-in.
//!
//! [`Auth`] proves who somebody is. Credentials are checked first ([`Auth::check_password`]); then
//! [`Auth::sign_in`] decides whether this record may have a session, and [`Auth::token_for`] signs it.

mod base64url;
mod hash_gate;
mod password;
mod service;
mod sign_in;
pub mod token;

pub use password::PasswordLogin;
pub use service::Auth;
pub use sign_in::{Method, Session, SignIn};
pub use token::{Claims, TokenKind};
