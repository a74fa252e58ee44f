//! Flags and variables of the environment that are about the queue of jobs, about secrets and webhooks.

use std::env;
use std::time::Duration;

use clap::Args;
use ketch_app::secrets::MasterKey;
use ketch_app::{JobOptions, WebhookOptions};

use crate::failure::Failure;

const MASTER_KEY: &str = "KETCH_MASTER_KEY";
/// The name in the documents of the Python client.
const OTHER_MASTER_KEY: &str = "PB_MASTER_KEY";
const DAY: Duration = Duration::from_secs(24 * 60 * 60);
const DAYS_MAX: u32 = 36_500;
/// A day, in seconds.
const RETRY_MAX: u32 = 24 * 60 * 60;

#[derive(Debug, Args)]
pub(crate) struct ServiceFlags {
    /// The topics that jobs may have, separated by commas [default: every one]
    #[arg(long = "jobTopics", env = "KETCH_JOB_TOPICS", value_delimiter = ',', value_name = "TOPICS")]
    topics: Vec<String>,
    /// The days that completed jobs are kept
    #[arg(long = "jobRetention", default_value_t = 7, value_name = "DAYS")]
    retention: u32,
    /// The 64 hexadecimal digits that secrets are encrypted with; better in the environment, where
    /// other users of the machine do not see it [env: KETCH_MASTER_KEY, PB_MASTER_KEY]
    #[arg(long = "masterKey", value_name = "DIGITS")]
    master_key: Option<String>,
    /// Webhooks are told by https and at public addresses only
    #[arg(long = "publicWebhooks")]
    public_webhooks: bool,
    /// The seconds after which a webhook that could not be told is tried again; later attempts wait longer
    #[arg(long = "webhookRetry", default_value_t = 60, value_name = "SECONDS")]
    webhook_retry: u32,
}

impl ServiceFlags {
    pub(crate) fn jobs(&self) -> JobOptions {
        let topics = self.topics.iter().map(|topic| topic.trim().to_owned());
        JobOptions {
            topics: topics.filter(|topic| !topic.is_empty()).collect(),
            completed_kept: self.retention.min(DAYS_MAX) * DAY,
        }
    }

    pub(crate) fn webhooks(&self) -> WebhookOptions {
        let retry = Duration::from_secs(u64::from(self.webhook_retry.clamp(1, RETRY_MAX)));
        WebhookOptions { public_only: self.public_webhooks, retry }
    }

    /// The key of flag or environment; the flag wins. A wrong one is not repeated.
    pub(crate) fn master_key(&self) -> Result<Option<MasterKey>, Failure> {
        let variable = |name| env::var(name).ok().map(|text| (name, text));
        let given = self.master_key.clone().map(|text| ("--masterKey", text));
        let found = [given, variable(MASTER_KEY), variable(OTHER_MASTER_KEY)];
        let Some((name, text)) = found.into_iter().flatten().find(|(_, text)| !text.trim().is_empty()) else {
            return Ok(None);
        };
        let key = MasterKey::from_hex(text.trim());
        let wrong = || {
            Failure::new(format!(
                "{name} must hold exactly 64 hexadecimal digits: openssl rand -hex 32 makes them."
            ))
        };
        key.map(Some).ok_or_else(wrong)
    }
}
