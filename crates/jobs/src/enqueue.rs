//! New jobs.

use ketch_model::error::Invalid;
use ketch_model::{Error, FieldErrors, Result, Value, json};
use ketch_store::sql::jobs as sql;
use uuid::Uuid;

use crate::job::{Job, Status};
use crate::row;
use crate::service::Jobs;

const TOPIC_CHARACTERS_MAX: usize = 255;
/// Of the payload as JSON text.
const PAYLOAD_BYTES_MAX: usize = 1 << 20;
const RETRIES_DEFAULT: i64 = 3;
const RETRIES_MAX: i64 = 100;

/// A job that is to be queued.
#[derive(Debug, Clone, Default)]
pub struct NewJob {
    pub topic: String,
    pub payload: Value,
    /// When it may begin, in milliseconds since 1970; `None` is now.
    pub run_at: Option<i64>,
    /// How often it is tried again after a failure; `None` is 3 times.
    pub max_retries: Option<i64>,
}

impl Jobs {
    /// Queues a job: it is stored when this answers.
    ///
    /// # Errors
    /// 400 with the fields that are wrong; the store's.
    pub async fn enqueue(&self, new: NewJob) -> Result<Job> {
        self.check(&new)?;
        let now = self.now();
        let job = Job {
            id: Uuid::now_v7().to_string(),
            topic: new.topic,
            payload: new.payload,
            status: Status::Pending,
            run_at: new.run_at.unwrap_or(now),
            locked_until: None,
            lease: None,
            retries: 0,
            max_retries: new.max_retries.unwrap_or(RETRIES_DEFAULT),
            last_error: String::new(),
            created: now,
            updated: now,
        };
        let cells = row::cells(&job);
        self.store()
            .write(move |connection| {
                connection.execute(&sql::insert_job(connection.dialect(), cells))?;
                Ok::<_, Error>(job)
            })
            .await
    }

    fn check(&self, new: &NewJob) -> Result<()> {
        let mut errors = FieldErrors::new();
        if let Some(wrong) = self.wrong_topic(&new.topic) {
            errors.insert("topic".to_owned(), wrong.into());
        }
        if json::to_text(&new.payload).len() > PAYLOAD_BYTES_MAX {
            let message = format!("The payload must not be longer than {PAYLOAD_BYTES_MAX} bytes of JSON.");
            let wrong = Invalid::new("validation_payload_too_large", message).param("max", PAYLOAD_BYTES_MAX);
            errors.insert("payload".to_owned(), wrong.into());
        }
        if new.max_retries.is_some_and(|count| !(0..=RETRIES_MAX).contains(&count)) {
            let message = format!("Must be a number from 0 to {RETRIES_MAX}.");
            let wrong = Invalid::new("validation_out_of_range", message).param("min", 0);
            errors.insert("max_retries".to_owned(), wrong.param("max", RETRIES_MAX).into());
        }
        if errors.is_empty() {
            return Ok(());
        }
        Err(Error::bad_request("The job cannot be queued.").with_fields(errors))
    }

    fn wrong_topic(&self, topic: &str) -> Option<Invalid> {
        if topic.is_empty() {
            return Some(Invalid::required());
        }
        if topic.chars().count() > TOPIC_CHARACTERS_MAX || topic.contains(char::is_control) {
            let message =
                format!("Must be at most {TOPIC_CHARACTERS_MAX} characters without control characters.");
            return Some(Invalid::new("validation_invalid_topic", message));
        }
        let allowed = &self.options().topics;
        if allowed.is_empty() || allowed.iter().any(|known| known == topic) {
            return None;
        }
        let message = format!("The topic is none of those that this server takes: {}.", allowed.join(", "));
        Some(Invalid::new("validation_unknown_topic", message))
    }
}
