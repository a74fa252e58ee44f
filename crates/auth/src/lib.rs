//! Tokens, passwords, sign-in, and what accounts do by mail.
//!
//! [`Auth`] proves who somebody is. Credentials are checked first ([`Auth::check_password`]); then
//! [`Auth::sign_in`] decides whether this record may have a session, and [`Auth::token_for`] signs it.

mod alert;
mod attempts;
mod cleanup;
mod email_change;
mod form;
mod hash_gate;
mod letters;
mod magic_codes;
pub mod oauth2;
mod oauth2_account;
mod oauth2_login;
mod otp;
pub mod outbound;
mod password;
mod password_reset;
mod refresh_tokens;
mod resend_guard;
mod service;
mod sign_in;
mod system_alert;
mod system_rows;
mod test_letter;
pub mod token;
mod verification;

pub use alert::Origin;
pub use magic_codes::MagicCode;
pub use oauth2_login::{OAuth2Login, OAuth2SignIn};
pub use otp::{IssuedOtp, OtpLogin};
pub use password::PasswordLogin;
pub use password_reset::PasswordReset;
pub use service::Auth;
pub use sign_in::{Method, Session, SignIn};
pub use test_letter::TestLetter;
pub use token::{Claims, TokenKind};
