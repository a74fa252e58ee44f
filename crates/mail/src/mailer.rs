//! The mailer: a template, a recipient and the settings of the moment become a message that goes out.

use std::sync::Arc;

use ketch_model::collection::EmailTemplate;
use ketch_model::ids;
use ketch_model::settings::{Meta, Settings};
use lettre::message::{Mailbox, MultiPart};
use lettre::{Address, Message};

use crate::error::MailError;
use crate::smtp::SmtpSender;
use crate::template::Placeholders;
use crate::{layout, plain_text, sendmail};

/// Characters of the first half of a message id.
const MESSAGE_ID_LENGTH: usize = 15;

/// Sends mails as the settings say. Cheap to clone.
#[derive(Clone)]
pub struct Mailer {
    inner: Arc<Inner>,
}

struct Inner {
    settings: Box<dyn Fn() -> Arc<Settings> + Send + Sync>,
    development: bool,
    smtp: SmtpSender,
}

/// A template filled in.
struct Letter {
    subject: String,
    html: String,
    text: String,
}

impl Mailer {
    /// `settings` answers those in force. In `development` mails go to the log until SMTP is set up.
    pub fn new(settings: impl Fn() -> Arc<Settings> + Send + Sync + 'static, development: bool) -> Self {
        let settings = Box::new(settings);
        Self { inner: Arc::new(Inner { settings, development, smtp: SmtpSender::default() }) }
    }

    /// Whether this is development mode.
    pub fn is_development(&self) -> bool {
        self.inner.development
    }

    /// Fills in a template and sends it; `{APP_NAME}` and `{APP_URL}` are known without being given.
    /// Answers when a server has taken the message, which can take 20 seconds.
    ///
    /// # Errors
    /// [`MailError`], without addresses in it.
    pub async fn send(
        &self,
        recipient: &str,
        template: &EmailTemplate,
        placeholders: Placeholders<'_>,
    ) -> Result<(), MailError> {
        let settings = (self.inner.settings)();
        let letter = Letter::write(template, placeholders, &settings.meta);
        if self.inner.development && !settings.smtp.enabled {
            let Letter { subject, text, .. } = &letter;
            tracing::info!(
                "no SMTP server is set up, so this mail went nowhere:\nTo: {recipient}\nSubject: {subject}\n\n{text}"
            );
            return Ok(());
        }
        let command = if settings.smtp.enabled { None } else { sendmail::find() };
        if !settings.smtp.enabled && command.is_none() {
            return Err(MailError::NotSetUp);
        }
        let message = letter.address(recipient, &settings.meta)?;
        let (envelope, bytes) = (message.envelope().clone(), message.formatted());
        match command {
            Some(command) => sendmail::send(command, &envelope, &bytes).await,
            None => self.inner.smtp.send(&settings.smtp, &envelope, &bytes).await,
        }
    }
}

impl Letter {
    fn write(template: &EmailTemplate, placeholders: Placeholders<'_>, meta: &Meta) -> Self {
        let placeholders = placeholders
            .with("APP_NAME", meta.app_name.as_str())
            .with("APP_URL", meta.app_url.trim_end_matches('/'));
        let subject = placeholders.fill_line(&template.subject);
        let body = placeholders.fill_html(&template.body);
        Self { html: layout::page(&subject, &body), text: plain_text::of_html(&body), subject }
    }

    fn address(self, recipient: &str, meta: &Meta) -> Result<Message, MailError> {
        let sender: Address = meta.sender_address.parse().map_err(|_| MailError::Sender)?;
        let recipient: Address = recipient.parse().map_err(|_| MailError::Recipient)?;
        let id = ids::random_text(MESSAGE_ID_LENGTH, ids::ALPHANUMERIC);
        let id = format!("<{id}@{}>", sender.domain());
        let name = Some(meta.sender_name.clone()).filter(|name| !name.is_empty());
        Message::builder()
            .from(Mailbox::new(name, sender))
            .to(Mailbox::new(None, recipient))
            .subject(self.subject)
            .message_id(Some(id))
            .date_now()
            .multipart(MultiPart::alternative_plain_html(self.text, self.html))
            .map_err(|error| MailError::Message(error.to_string()))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn meta() -> Meta {
        Meta {
            app_name: "Tom & Jerry".to_owned(),
            app_url: "https://x.co/".to_owned(),
            sender_name: "Žluť, \"Q\"".to_owned(),
            sender_address: "support@example.com".to_owned(),
            ..Meta::default()
        }
    }

    #[test]
    fn a_letter_has_both_parts_and_sound_headers() {
        let template = EmailTemplate {
            subject: "Hi {APP_NAME}\r\nBcc: x@y.co".to_owned(),
            body: "<p><a href=\"{APP_URL}/{TOKEN}\">Go, {APP_NAME}</a></p>".to_owned(),
        };
        let letter = Letter::write(&template, Placeholders::default().with("TOKEN", "t0"), &meta());
        assert_eq!(letter.text, "Go, Tom & Jerry: https://x.co/t0\n");
        assert!(letter.html.contains("<a href=\"https://x.co/t0\">Go, Tom &amp; Jerry</a>"));
        let message = letter.address("anna@example.com", &meta()).unwrap();
        let text = String::from_utf8(message.formatted()).unwrap();
        let (head, _) = text.split_once("\r\n\r\n").unwrap();
        assert!(head.contains("Subject: Hi Tom & Jerry  Bcc: x@y.co\r\n"), "{head}");
        assert!(!head.contains("\r\nBcc"), "{head}");
        assert!(head.contains("@example.com>") && head.contains("multipart/alternative"), "{head}");
        assert_eq!(message.envelope().to().len(), 1);
    }

    #[test]
    fn bad_addresses_are_told_apart() {
        let letter = || Letter { subject: String::new(), html: String::new(), text: String::new() };
        assert_eq!(letter().address("nope", &meta()).unwrap_err(), MailError::Recipient);
        let broken = Meta { sender_address: "x".to_owned(), ..meta() };
        assert_eq!(letter().address("a@b.co", &broken).unwrap_err(), MailError::Sender);
    }

    #[tokio::test]
    async fn development_needs_no_server() {
        let mailer = Mailer::new(|| Arc::new(Settings::initial()), true);
        let template = EmailTemplate::default();
        assert_eq!(mailer.send("a@b.co", &template, Placeholders::default()).await, Ok(()));
    }
}
