//! Telling those who run the server that something is wrong with it.

use ketch_mail::Placeholders;
use ketch_model::Result;
use ketch_model::collection::{EmailTemplate, SUPERUSERS};

use crate::service::Auth;

/// More superusers than these are not written to.
const RECIPIENTS_MAX: u64 = 100;
/// The address of the account that PocketBase makes for its first-start page: nobody reads it.
const INSTALLER: &str = "__pbinstaller@example.com";

impl Auth {
    /// Writes to every superuser. A mail that cannot be sent is logged; where no mail is set up at
    /// all nobody is told, and the log has to do.
    pub async fn alert_superusers(&self, title: &str, text: &str) {
        if let Err(error) = self.try_alert(title, text).await {
            tracing::error!(%error, "superusers could not be told of a system alert");
        }
    }

    async fn try_alert(&self, title: &str, text: &str) -> Result<()> {
        let template = EmailTemplate {
            subject: "[{APP_NAME} system alert] {TITLE}".to_owned(),
            body:
                "<p>Something went wrong on the server of {APP_NAME}:</p>\n<p><strong>{ALERT}</strong></p>\n\
                   <p>The log tells more.</p>"
                    .to_owned(),
        };
        let superusers = self.system_collection(SUPERUSERS)?;
        for superuser in self.records.find_all(&superusers, &[], RECIPIENTS_MAX).await? {
            let address = superuser.text("email");
            if address.is_empty() || address == INSTALLER {
                continue;
            }
            let values = Placeholders::default().with("TITLE", title).with("ALERT", text);
            if let Err(error) = self.mailer.send(address, &template, values).await {
                tracing::error!("A system alert to a superuser was not sent: {error}.");
            }
        }
        Ok(())
    }
}
