//! Test users: addresses with a code that never changes, for tests and for reviewers of app stores.

use ketch_model::Value;
use ketch_model::attr::random_uuid;
use ketch_records::{Transaction, TransactionMode};
use serde_json::json;

use crate::error::{Error, Result};
use crate::service::Instant;
use crate::transact::failure::{Failure, refusal};

/// The name of the document that lists them.
const DOCUMENT: &str = "instant:test-users";
const CODE_LENGTH: usize = 6;
const USERS_MAX: usize = 100;

impl Instant {
    /// All test users: `{"id", "email", "code"}`.
    ///
    /// # Errors
    /// The store's.
    pub async fn test_users(&self) -> Result<Vec<Value>> {
        Ok(listed(self.records.document(DOCUMENT).await?))
    }

    /// Adds a test user, or gives one another code; answers them.
    ///
    /// # Errors
    /// `validation-failed` for a code that is not six digits.
    pub async fn save_test_user(&self, email: &str, code: &str) -> Result<Value> {
        if code.len() != CODE_LENGTH || !code.bytes().all(|byte| byte.is_ascii_digit()) {
            let message = format!("The code of a test user is {CODE_LENGTH} digits.");
            return Err(Error::validation("test-user", &json!({ "email": email }), &message));
        }
        let (email, code) = (email.to_owned(), code.to_owned());
        self.change(move |users| {
            let known = users.iter_mut().find(|user| user["email"] == email.as_str());
            if let Some(user) = known {
                user["code"] = code.into();
                return Ok(user.clone());
            }
            if users.len() >= USERS_MAX {
                let message = format!("An app has up to {USERS_MAX} test users: delete one first.");
                return Err(Error::validation("test-user", &json!({ "email": email }), &message));
            }
            let user = json!({ "id": random_uuid(), "email": email, "code": code });
            users.push(user.clone());
            Ok(user)
        })
        .await
    }

    /// Removes a test user and answers who it was; their account stays.
    ///
    /// # Errors
    /// `record-not-found`.
    pub async fn delete_test_user(&self, id: &str) -> Result<Value> {
        let id = id.to_owned();
        self.change(move |users| {
            let index = users.iter().position(|user| user["id"] == id.as_str());
            let index = index.ok_or_else(|| Error::not_found("test-user", json!({ "id": id })))?;
            Ok(users.remove(index))
        })
        .await
    }

    /// The code of a test user.
    pub(super) async fn test_code(&self, email: &str) -> Result<Option<String>> {
        let users = self.test_users().await?;
        let user = users.into_iter().find(|user| user["email"] == email);
        Ok(user.and_then(|user| user["code"].as_str().map(str::to_owned)))
    }

    async fn change(
        &self,
        change: impl FnOnce(&mut Vec<Value>) -> Result<Value> + Send + 'static,
    ) -> Result<Value> {
        let work = move |transaction: &mut Transaction<'_>| {
            let document = transaction.document(DOCUMENT);
            let mut users = listed(document.map_err(|error| refusal(transaction.schema(), error))?);
            let answer = change(&mut users)?;
            transaction
                .save_document(DOCUMENT, Some(&json!({ "users": users })))
                .map_err(|error| refusal(transaction.schema(), error))?;
            Ok::<_, Failure>(answer)
        };
        let changed = self.records.transact(TransactionMode::default(), work).await;
        Ok(changed.map_err(Failure::into_error)?.value)
    }
}

fn listed(document: Option<Value>) -> Vec<Value> {
    match document.map(|mut document| document["users"].take()) {
        Some(Value::Array(users)) => users,
        _ => Vec::new(),
    }
}
