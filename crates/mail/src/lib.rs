//! Mails: templates filled in, laid out, and handed to an SMTP server or to the machine's `sendmail`.
//!
//! A [`Mailer`] reads the settings at every send, so a change of them needs no restart. What it logs
//! names neither addresses nor links: with a link from the log anybody could take over the account.
//! In development mode the log is where mails go, so there it does.

mod error;
mod layout;
mod mailer;
mod plain_text;
mod sendmail;
mod smtp;
mod template;

pub use error::MailError;
pub use mailer::Mailer;
pub use template::Placeholders;
