//! Users as clients see them.

use ketch_model::attr::USERS;
use ketch_model::time::DateTime;
use ketch_model::{Record, Value};
use serde_json::json;

use crate::service::Instant;

/// Somebody who has just signed in.
#[derive(Debug, Clone)]
pub struct SignedIn {
    /// As [`Instant::user_json`] makes it, without the app's id.
    pub(super) user: Value,
    pub(super) refresh_token: String,
    /// Whether there was no such user before.
    pub(super) created: bool,
}

impl SignedIn {
    /// The user with the token.
    pub fn user_json(&self, app_id: &str) -> Value {
        let mut user = self.user.clone();
        user["app_id"] = app_id.into();
        user["refresh_token"] = self.refresh_token.as_str().into();
        user
    }

    /// `{"user": …, "created": …}`
    pub fn to_json(&self, app_id: &str) -> Value {
        json!({ "user": self.user_json(app_id), "created": self.created })
    }
}

impl Instant {
    /// A user with all attrs of `$users`. What is missing is left out, null too.
    pub fn user_json(&self, app_id: &str, user: &Record) -> Value {
        let schema = self.records.schema();
        let created = DateTime::from_text(user.text("created"));
        let mut json = json!({ "id": user.id(), "app_id": app_id });
        if let Some(created) = created {
            json["created_at"] = to_the_second(&created.to_text()).into();
        }
        let mut attrs: Vec<_> = schema
            .attrs()
            .of_namespace(USERS)
            .filter_map(|(entry, _)| {
                let (collection, field) = entry.place.as_ref()?;
                (collection.id == user.collection.id).then_some((*field, entry))
            })
            .filter(|(_, entry)| entry.attr.forward.namespace == USERS && !entry.attr.is_many())
            .collect();
        attrs.sort_by_key(|(field, _)| *field);
        for (field, entry) in attrs {
            let label = &entry.attr.forward.label;
            let Some(value) = user.values.get(field) else { continue };
            let absent = value.is_null() || (entry.attr.is_link() || label == "email") && *value == json!("");
            if label != "id" && !absent {
                json[label] = value.clone();
            }
        }
        json["isGuest"] = (json["type"] == "guest").into();
        json
    }
}

/// `2026-01-02 03:04:05.678Z` as `2026-01-02T03:04:05Z`.
fn to_the_second(stored: &str) -> String {
    let date_and_time = stored.split('.').next().unwrap_or(stored);
    format!("{}Z", date_and_time.trim_end_matches('Z').replacen(' ', "T", 1))
}

#[cfg(test)]
mod tests {
    use super::to_the_second;

    #[test]
    fn times_are_cut_to_the_second() {
        assert_eq!(to_the_second("2026-01-02 03:04:05.678Z"), "2026-01-02T03:04:05Z");
        assert_eq!(to_the_second("2026-01-02 03:04:05Z"), "2026-01-02T03:04:05Z");
    }
}
