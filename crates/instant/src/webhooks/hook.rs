//! What a webhook is: where to, and what is told there.

use ketch_model::time::DateTime;
use ketch_model::{Object, Value};
use ketch_store::ChangeKind;
use reqwest::Url;
use serde_json::json;

use crate::error::{Error, Result};

const URL_MAX: usize = 2048;
const NAMESPACES_MAX: usize = 200;
const REASON_MAX: usize = 500;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Webhook {
    pub id: String,
    pub url: String,
    /// Where who made it reached this server: `https://host`.
    pub origin: String,
    pub namespaces: Vec<String>,
    pub actions: Vec<ChangeKind>,
    pub is_active: bool,
    pub disabled_reason: Option<String>,
    /// In milliseconds since 1970.
    pub created: i64,
    pub updated: i64,
}

/// What a client says of a webhook; of a change only what is to change.
#[derive(Debug, Clone, Default)]
pub struct Submission {
    url: Option<String>,
    namespaces: Option<Vec<String>>,
    actions: Option<Vec<ChangeKind>>,
}

pub(super) fn action_name(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Create => "create",
        ChangeKind::Update => "update",
        ChangeKind::Delete => "delete",
    }
}

fn action(name: &str) -> Option<ChangeKind> {
    let all = [ChangeKind::Create, ChangeKind::Update, ChangeKind::Delete];
    all.into_iter().find(|kind| action_name(*kind) == name)
}

/// A moment to the second, as clients get it.
pub(super) fn moment(milliseconds: i64) -> String {
    let text = DateTime::from_unix_milliseconds(milliseconds).to_text();
    text.get(..19).map_or_else(|| text.clone(), |text| format!("{}Z", text.replace(' ', "T")))
}

impl Submission {
    /// Reads a body. `is_new`: nothing may be missing.
    ///
    /// # Errors
    /// `param-missing`, `param-malformed`, `validation-failed`.
    pub fn parse(body: &Object, is_new: bool) -> Result<Self> {
        let url = match present(body, "url", is_new)? {
            None => None,
            Some(Value::String(url)) => Some(checked_url(url)?),
            Some(other) => return Err(Error::malformed(&["body", "url"], other)),
        };
        let namespaces = match texts(body, "namespaces", is_new)? {
            None => None,
            Some(namespaces) => {
                if namespaces.len() > NAMESPACES_MAX || namespaces.iter().any(|name| name.trim().is_empty()) {
                    let message = format!("`namespaces` must be 1 to {NAMESPACES_MAX} names.");
                    return Err(Error::validation("webhook", &body["namespaces"], &message));
                }
                Some(namespaces)
            }
        };
        let actions = match texts(body, "actions", is_new)? {
            None => None,
            Some(names) => {
                let kinds: Option<Vec<ChangeKind>> = names.iter().map(|name| action(name)).collect();
                let wrong = || {
                    let message = "`actions` are `create`, `update` and `delete`, or some of them.";
                    Error::validation("webhook", &body["actions"], message)
                };
                Some(kinds.ok_or_else(wrong)?)
            }
        };
        Ok(Self { url, namespaces, actions })
    }

    /// Where deliveries are to go, if that is said.
    pub(super) fn url(&self) -> Option<&str> {
        self.url.as_deref()
    }
}

fn present<'a>(body: &'a Object, key: &str, is_needed: bool) -> Result<Option<&'a Value>> {
    match body.get(key) {
        None | Some(Value::Null) if is_needed => Err(Error::missing(&["body", key])),
        None | Some(Value::Null) => Ok(None),
        found => Ok(found),
    }
}

/// A list of texts that is not empty, each once.
fn texts(body: &Object, key: &str, is_needed: bool) -> Result<Option<Vec<String>>> {
    let Some(value) = present(body, key, is_needed)? else { return Ok(None) };
    let wrong = || Error::malformed(&["body", key], value);
    let mut texts: Vec<String> = Vec::new();
    for item in value.as_array().ok_or_else(wrong)? {
        let text = item.as_str().ok_or_else(wrong)?;
        if !texts.iter().any(|known| known == text) {
            texts.push(text.to_owned());
        }
    }
    if texts.is_empty() {
        return Err(Error::validation("webhook", value, &format!("`{key}` must not be empty.")));
    }
    Ok(Some(texts))
}

fn checked_url(text: &str) -> Result<String> {
    let refused = |message: &str| Error::validation("webhook", &text.into(), message);
    if text.len() > URL_MAX {
        return Err(refused(&format!("`url` must not be longer than {URL_MAX} bytes.")));
    }
    let url = Url::parse(text).map_err(|error| refused(&format!("`url` is no address: {error}.")))?;
    if !matches!(url.scheme(), "http" | "https") || url.host_str().is_none() {
        return Err(refused("`url` must begin with https:// or http://."));
    }
    Ok(text.to_owned())
}

impl Webhook {
    /// A new one. The submission must be of something new.
    pub fn new(id: String, submission: Submission, origin: String, now: i64) -> Self {
        let Submission { url, namespaces, actions } = submission;
        Self {
            id,
            url: url.unwrap_or_default(),
            origin,
            namespaces: namespaces.unwrap_or_default(),
            actions: actions.unwrap_or_default(),
            is_active: true,
            disabled_reason: None,
            created: now,
            updated: now,
        }
    }

    pub fn change(&mut self, submission: Submission, origin: String, now: i64) {
        let Submission { url, namespaces, actions } = submission;
        self.url = url.unwrap_or_else(|| std::mem::take(&mut self.url));
        self.namespaces = namespaces.unwrap_or_else(|| std::mem::take(&mut self.namespaces));
        self.actions = actions.unwrap_or_else(|| std::mem::take(&mut self.actions));
        self.origin = origin;
        self.updated = now;
    }

    pub fn enable(&mut self, now: i64) {
        self.is_active = true;
        self.disabled_reason = None;
        self.updated = now;
    }

    pub fn disable(&mut self, reason: Option<&str>, now: i64) {
        self.is_active = false;
        self.disabled_reason = reason.map(|reason| reason.chars().take(REASON_MAX).collect());
        self.updated = now;
    }

    pub fn wants(&self, namespace: &str, kind: ChangeKind) -> bool {
        self.actions.contains(&kind) && self.namespaces.iter().any(|name| name == namespace)
    }

    fn action_names(&self) -> Vec<&'static str> {
        self.actions.iter().map(|kind| action_name(*kind)).collect()
    }

    /// As clients get it.
    pub fn to_json(&self) -> Value {
        json!({
            "id": self.id,
            "sink": { "url": self.url },
            "namespaces": self.namespaces,
            "actions": self.action_names(),
            "status": if self.is_active { "active" } else { "disabled" },
            "disabled_reason": self.disabled_reason,
            "created_at": moment(self.created),
            "updated_at": moment(self.updated),
        })
    }

    pub fn stored(&self) -> Value {
        json!({
            "id": self.id,
            "url": self.url,
            "origin": self.origin,
            "namespaces": self.namespaces,
            "actions": self.action_names(),
            "active": self.is_active,
            "reason": self.disabled_reason,
            "created": self.created,
            "updated": self.updated,
        })
    }

    /// Reads what [`Webhook::stored`] made.
    pub fn from_stored(value: &Value) -> Option<Self> {
        let text = |key: &str| value.get(key)?.as_str().map(str::to_owned);
        let texts = |key: &str| {
            let items = value.get(key)?.as_array()?.iter();
            items.map(|item| item.as_str().map(str::to_owned)).collect::<Option<Vec<String>>>()
        };
        Some(Self {
            id: text("id")?,
            url: text("url")?,
            origin: text("origin")?,
            namespaces: texts("namespaces")?,
            actions: texts("actions")?.iter().map(|name| action(name)).collect::<Option<Vec<_>>>()?,
            is_active: value.get("active")?.as_bool()?,
            disabled_reason: text("reason"),
            created: value.get("created")?.as_i64()?,
            updated: value.get("updated")?.as_i64()?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_stored_is_read_again() {
        let body = json!({ "url": "https://host/x", "namespaces": ["a", "a", "b"], "actions": ["delete", "create"] });
        let submission = Submission::parse(body.as_object().unwrap(), true).unwrap();
        let mut hook = Webhook::new("1".to_owned(), submission, "http://here".to_owned(), 1_760_000_000_123);
        assert_eq!(hook.namespaces, ["a", "b"]);
        assert!(hook.wants("a", ChangeKind::Create) && !hook.wants("a", ChangeKind::Update));
        assert_eq!(hook.to_json()["created_at"], "2025-10-09T08:53:20Z");
        assert_eq!(Webhook::from_stored(&hook.stored()), Some(hook.clone()));
        hook.disable(Some("why"), 5);
        assert_eq!(Webhook::from_stored(&hook.stored()), Some(hook));
    }
}
