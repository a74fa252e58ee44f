//! A provider's answers, read strictly: a value of an unexpected type is an error, not a guess.

use ketch_model::Value;

/// What was read, or one sentence for the log.
pub type Read<T> = Result<T, String>;

/// Everything that a provider said of a person.
#[derive(Debug, Default)]
pub struct Profile {
    /// The description of the person.
    pub raw: Value,
    /// The token's answer: some providers tell more there.
    pub token: Value,
    /// The answer of the second address ([`super::provider::EmailSource`]); null if it was not asked
    /// or answered with an error.
    pub emails: Value,
}

impl Profile {
    /// The text at a path of the description (`data.0.name`); absent and null are empty.
    pub fn text(&self, path: &str) -> Read<String> {
        text_at(&self.raw, path)
    }

    /// The whole number at a path, as text; absent and null are 0.
    pub fn integer(&self, path: &str) -> Read<String> {
        match at(&self.raw, path)? {
            Value::Null => Ok("0".to_owned()),
            Value::Number(number) => match (number.as_i64(), number.as_f64()) {
                (Some(integer), _) => Ok(integer.to_string()),
                // The text of ids beyond the exact range is what the reader of numbers kept.
                (None, Some(float)) if float.fract() == 0.0 => Ok(format!("{float:.0}")),
                _ => Err(format!("{path} is not a whole number")),
            },
            other => Err(unexpected(path, "a number", other)),
        }
    }

    /// The flag at a path; absent and null are false.
    pub fn flag(&self, path: &str) -> Read<bool> {
        flag_at(&self.raw, path)
    }

    /// The first value at a path as a flag, however it is written: `true`, `"true"`, `1`.
    pub fn loose_flag(&self, path: &str) -> Read<bool> {
        Ok(match at(&self.raw, path)? {
            Value::Bool(flag) => *flag,
            Value::Number(number) => number.as_f64().is_some_and(|float| float != 0.0),
            Value::String(text) => matches!(text.as_str(), "1" | "t" | "T" | "true" | "TRUE" | "True"),
            _ => false,
        })
    }

    /// The items of the list at a path; absent and null are none.
    pub fn list(&self, path: &str) -> Read<&[Value]> {
        list_at(&self.raw, path)
    }
}

/// The address in a list of `{email, …}` for which both named flags are set.
pub fn primary_email(list: &[Value], is_primary: &str, is_verified: &str) -> Read<String> {
    for item in list {
        if flag_at(item, is_primary)? && flag_at(item, is_verified)? {
            return text_at(item, "email");
        }
    }
    Ok(String::new())
}

pub fn text_at(value: &Value, path: &str) -> Read<String> {
    match at(value, path)? {
        Value::Null => Ok(String::new()),
        Value::String(text) => Ok(text.clone()),
        other => Err(unexpected(path, "a text", other)),
    }
}

pub fn flag_at(value: &Value, path: &str) -> Read<bool> {
    match at(value, path)? {
        Value::Null => Ok(false),
        Value::Bool(flag) => Ok(*flag),
        other => Err(unexpected(path, "true or false", other)),
    }
}

pub fn list_at<'a>(value: &'a Value, path: &str) -> Read<&'a [Value]> {
    match at(value, path)? {
        Value::Null => Ok(&[]),
        Value::Array(items) => Ok(items),
        other => Err(unexpected(path, "a list", other)),
    }
}

/// The value at a dotted path; null where something on the way is absent or null. The empty path is
/// the value itself.
fn at<'a>(value: &'a Value, path: &str) -> Read<&'a Value> {
    let mut current = value;
    for key in path.split('.').filter(|key| !key.is_empty()) {
        current = match current {
            Value::Null => return Ok(&Value::Null),
            Value::Object(object) => object.get(key).unwrap_or(&Value::Null),
            Value::Array(items) => match key.parse::<usize>() {
                Ok(index) => items.get(index).unwrap_or(&Value::Null),
                Err(_) => return Err(unexpected(path, "an object on the way", current)),
            },
            other => return Err(unexpected(path, "an object on the way", other)),
        };
    }
    Ok(current)
}

fn unexpected(path: &str, wanted: &str, got: &Value) -> String {
    let kind = match got {
        Value::Null => "null",
        Value::Bool(_) => "a flag",
        Value::Number(_) => "a number",
        Value::String(_) => "a text",
        Value::Array(_) => "a list",
        Value::Object(_) => "an object",
    };
    format!("the provider's answer has {kind} at `{path}` instead of {wanted}")
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn reads_strictly() {
        let raw = json!({"id": 7, "data": [{"name": "Ada"}], "no": null, "flag": true, "one": 1});
        let profile = Profile { raw, ..Profile::default() };
        assert_eq!(profile.text("data.0.name").as_deref(), Ok("Ada"));
        assert_eq!(profile.text("data.1.name").as_deref(), Ok(""));
        assert_eq!(profile.text("no.name").as_deref(), Ok(""));
        assert_eq!(profile.integer("id").as_deref(), Ok("7"));
        assert_eq!(profile.integer("none").as_deref(), Ok("0"));
        assert_eq!(profile.flag("flag"), Ok(true));
        assert_eq!(profile.loose_flag("one"), Ok(true));
        assert!(profile.text("id").is_err());
        assert!(profile.text("id.x").is_err());
        assert!(profile.integer("data").is_err());
        assert!(profile.flag("one").is_err());
    }

    #[test]
    fn both_flags_make_an_address_the_one() {
        let list = json!([
            {"email": "a@example.com", "primary": true, "verified": false},
            {"email": "b@example.com", "primary": false, "verified": true},
            {"email": "c@example.com", "primary": true, "verified": true},
        ]);
        let items = list.as_array().unwrap();
        assert_eq!(primary_email(items, "primary", "verified").as_deref(), Ok("c@example.com"));
        assert_eq!(primary_email(&items[..2], "primary", "verified").as_deref(), Ok(""));
    }
}
