//! Telling people of sign-ins from somewhere new.

use ketch_mail::Placeholders;
use ketch_model::{Object, Record, Result, time};
use md5::{Digest, Md5};

use crate::letters::Letter;
use crate::service::Auth;
use crate::system_rows::{AUTH_ORIGINS, reference};

/// Origins that an account keeps.
const ORIGINS_MAX: usize = 5;
/// Characters of the browser's name that count.
const AGENT_MAX: usize = 200;

/// Where a sign-in comes from.
#[derive(Debug, Clone, Default)]
pub struct Origin {
    pub ip: String,
    /// The `User-Agent` header.
    pub user_agent: String,
}

impl Origin {
    fn agent(&self) -> String {
        match self.user_agent.char_indices().nth(AGENT_MAX) {
            Some((end, _)) => format!("{}...", &self.user_agent[..end]),
            None => self.user_agent.clone(),
        }
    }

    /// The same for the same place and browser; other servers of the same data folder compute it too.
    fn fingerprint(&self) -> String {
        let digest = Md5::digest(format!("{}{}", self.ip, self.agent()));
        digest.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

impl Auth {
    /// Notes where an account is signed in from. From the second origin on, the owner gets a mail
    /// about each new one. What goes wrong here keeps nobody out.
    pub(crate) async fn note_origin(&self, record: &Record, origin: &Origin) {
        if !record.collection.auth().is_some_and(|options| options.auth_alert.enabled) {
            return;
        }
        match self.remember(record, origin).await {
            Ok(true) => self.alert(record, origin),
            Ok(false) => {}
            Err(error) => tracing::warn!(%error, "the origin of a sign-in could not be noted"),
        }
    }

    /// Whether the origin is new for an account that has others.
    async fn remember(&self, record: &Record, origin: &Origin) -> Result<bool> {
        let collection = self.system_collection(AUTH_ORIGINS)?;
        let fingerprint = origin.fingerprint();
        let known = self.rows_of(&collection, record).await?;
        if let Some(row) = known.iter().find(|row| row.text("fingerprint") == fingerprint) {
            self.records.update_internal(row, Object::new()).await?;
            return Ok(false);
        }
        let mut data = reference(record);
        data.insert("fingerprint".to_owned(), fingerprint.into());
        self.records.create_internal(&collection, data).await?;
        for oldest in known.iter().take((known.len() + 1).saturating_sub(ORIGINS_MAX)) {
            self.records.delete_internal(oldest).await?;
        }
        Ok(!known.is_empty())
    }

    fn alert(&self, record: &Record, origin: &Origin) {
        if record.text("email").is_empty() {
            return;
        }
        let info = format!("{} - {} {}", time::now(), origin.ip, origin.agent());
        let (auth, record) = (self.clone(), record.clone());
        tokio::spawn(async move {
            let values = Placeholders::of(&record).with("ALERT_INFO", info);
            auth.send_letter(Letter::Alert, &record, record.text("email"), values).await;
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fingerprints_as_data_folders_have_them() {
        let origin = |agent: &str| Origin { ip: "127.0.0.1".to_owned(), user_agent: agent.to_owned() };
        assert_eq!(origin("A").fingerprint(), "98c012a8b263929cf4cf4271bc105df6");
        assert_eq!(origin(&"é".repeat(200)).agent(), "é".repeat(200));
        assert_eq!(origin(&"é".repeat(201)).agent(), "é".repeat(200) + "...");
        assert_eq!(origin(&"x".repeat(300)).fingerprint(), origin(&"x".repeat(201)).fingerprint());
    }
}
