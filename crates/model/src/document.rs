//! Options that are JSON documents of a fixed shape: how they are read, merged and written.
//!
//! A struct becomes a document with one [`document!`](crate::document!) line that lists its keys.
//! Submitted JSON is merged over what is there: absent keys keep their value, `null` resets to zero.

use crate::{Object, Value, json};

/// Who will see a written document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum View {
    /// A client: secrets are left out.
    Public,
    /// The store: everything.
    Stored,
}

/// How the keys of submitted objects are compared with those of the document.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Keys {
    Exact,
    AnyCase,
}

/// A value of a fixed shape that merges submitted JSON and writes itself.
pub trait Document: Default {
    /// Merges submitted JSON over this value. The error is for the log: one sentence.
    fn merge(&mut self, submitted: &Value, keys: Keys) -> Result<(), String>;
    fn to_value(&self, view: View) -> Value;
    /// Whether a secret of this value may be left out of the stored form.
    fn is_zero(&self) -> bool {
        false
    }
}

/// The error of a value of the wrong JSON type.
pub fn mismatch(expected: &str, found: &Value) -> String {
    let found = match found {
        Value::Null => "null",
        Value::Bool(_) => "a boolean",
        Value::Number(_) => "a number",
        Value::String(_) => "a string",
        Value::Array(_) => "an array",
        Value::Object(_) => "an object",
    };
    format!("expected {expected}, found {found}")
}

/// Finds a key of a document in a submitted object. In any case, letter case and the signs `_` and
/// `-` make no difference; two spellings of one key are refused.
pub fn find_key<'a>(object: &'a Object, key: &str, keys: Keys) -> Result<Option<&'a Value>, String> {
    if keys == Keys::Exact {
        return Ok(object.get(key));
    }
    let mut spellings = object.iter().filter(|(name, _)| folded(name).eq(folded(key)));
    let value = spellings.next().map(|(_, value)| value);
    match spellings.next() {
        Some(_) => Err(format!("the key \"{key}\" is there twice")),
        None => Ok(value),
    }
}

/// A key without what makes no difference.
fn folded(key: &str) -> impl Iterator<Item = char> + '_ {
    key.chars().filter(|sign| !matches!(sign, '_' | '-')).flat_map(char::to_uppercase)
}

impl Document for String {
    fn merge(&mut self, submitted: &Value, _: Keys) -> Result<(), String> {
        *self = match submitted {
            Value::Null => String::new(),
            Value::String(text) => text.clone(),
            other => return Err(mismatch("a string", other)),
        };
        Ok(())
    }

    fn to_value(&self, _: View) -> Value {
        Value::String(self.clone())
    }

    fn is_zero(&self) -> bool {
        self.is_empty()
    }
}

impl Document for bool {
    fn merge(&mut self, submitted: &Value, _: Keys) -> Result<(), String> {
        *self = match submitted {
            Value::Null => false,
            Value::Bool(value) => *value,
            other => return Err(mismatch("a boolean", other)),
        };
        Ok(())
    }

    fn to_value(&self, _: View) -> Value {
        Value::Bool(*self)
    }
}

impl Document for i64 {
    fn merge(&mut self, submitted: &Value, _: Keys) -> Result<(), String> {
        *self = match submitted {
            Value::Null => 0,
            Value::Number(number) => {
                number.as_i64().ok_or_else(|| format!("expected an integer, found {number}"))?
            }
            other => return Err(mismatch("an integer", other)),
        };
        Ok(())
    }

    fn to_value(&self, _: View) -> Value {
        Value::from(*self)
    }
}

/// Optional values: `null` is none.
impl<T: Document> Document for Option<T> {
    fn merge(&mut self, submitted: &Value, keys: Keys) -> Result<(), String> {
        if submitted.is_null() {
            *self = None;
            return Ok(());
        }
        self.get_or_insert_default().merge(submitted, keys)
    }

    fn to_value(&self, view: View) -> Value {
        self.as_ref().map_or(Value::Null, |value| value.to_value(view))
    }
}

/// Lists are replaced, never merged by position.
impl<T: Document> Document for Vec<T> {
    fn merge(&mut self, submitted: &Value, keys: Keys) -> Result<(), String> {
        *self = match submitted {
            Value::Null => Vec::new(),
            Value::Array(items) => items
                .iter()
                .map(|item| {
                    let mut value = T::default();
                    value.merge(item, keys)?;
                    Ok(value)
                })
                .collect::<Result<_, String>>()?,
            other => return Err(mismatch("an array", other)),
        };
        Ok(())
    }

    fn to_value(&self, view: View) -> Value {
        Value::Array(self.iter().map(|item| item.to_value(view)).collect())
    }
}

/// Maps of a free shape merge key by key.
impl Document for Object {
    fn merge(&mut self, submitted: &Value, _: Keys) -> Result<(), String> {
        match submitted {
            Value::Null => self.clear(),
            Value::Object(object) => {
                for (key, value) in object {
                    self.insert(key.clone(), value.clone());
                }
            }
            other => return Err(mismatch("an object", other)),
        }
        Ok(())
    }

    /// Keys are sorted, also further down.
    fn to_value(&self, _: View) -> Value {
        json::sort_keys(Value::Object(self.clone()))
    }
}

/// Makes a struct a [`Document`](crate::document::Document): `document!(Name { field => "key", … })`,
/// keys in the order in which they are written. `secret` keys are never shown to clients;
/// `omit` secrets are left out of the stored form too while they are empty.
#[macro_export]
macro_rules! document {
    ($name:ty { $($field:ident => $key:literal $($flag:ident)*),+ $(,)? }) => {
        impl $crate::document::Document for $name {
            fn merge(
                &mut self,
                submitted: &$crate::Value,
                keys: $crate::document::Keys,
            ) -> ::std::result::Result<(), String> {
                let object = match submitted {
                    $crate::Value::Null => {
                        *self = Self::default();
                        return Ok(());
                    }
                    $crate::Value::Object(object) => object,
                    other => return Err($crate::document::mismatch("an object", other)),
                };
                $(
                    if let Some(value) = $crate::document::find_key(object, $key, keys)? {
                        $crate::document::Document::merge(&mut self.$field, value, keys)
                            .map_err(|error| format!(concat!($key, ": {}"), error))?;
                    }
                )+
                Ok(())
            }

            fn to_value(&self, view: $crate::document::View) -> $crate::Value {
                let mut object = $crate::Object::new();
                $(
                    let flags: &[&str] = &[$(stringify!($flag)),*];
                    let hidden = flags.contains(&"secret") && view == $crate::document::View::Public
                        || flags.contains(&"omit") && $crate::document::Document::is_zero(&self.$field);
                    if !hidden {
                        object.insert($key.to_owned(), $crate::document::Document::to_value(&self.$field, view));
                    }
                )+
                $crate::Value::Object(object)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::{Document, Keys, View};
    use crate::{Object, Value};

    #[derive(Debug, Clone, Default, PartialEq)]
    struct Outer {
        name: String,
        inner: Inner,
        list: Vec<Inner>,
        extra: Object,
    }

    #[derive(Debug, Clone, Default, PartialEq)]
    struct Inner {
        max_size: i64,
        secret: String,
        key: String,
        choice: Option<bool>,
    }

    document!(Outer { name => "name", inner => "inner", list => "list", extra => "extra" });
    document!(Inner {
        max_size => "maxSize",
        secret => "secret" secret,
        key => "key" secret omit,
        choice => "choice",
    });

    fn outer() -> Outer {
        let inner = Inner { max_size: 5, secret: "s".to_owned(), key: "k".to_owned(), choice: Some(true) };
        Outer { name: "n".to_owned(), list: vec![inner.clone()], inner, extra: Object::new() }
    }

    fn merged(submitted: Value, keys: Keys) -> Result<Outer, String> {
        let mut document = outer();
        document.merge(&submitted, keys)?;
        Ok(document)
    }

    #[test]
    fn objects_merge_lists_are_replaced_and_null_resets() {
        let document =
            merged(json!({"inner": {"maxSize": 6}, "list": [{"key": "x"}], "other": 1}), Keys::Exact)
                .unwrap();
        assert_eq!(document.inner, Inner { max_size: 6, ..outer().inner });
        assert_eq!(document.list, [Inner { key: "x".to_owned(), ..Inner::default() }]);
        let document = merged(json!({"name": null, "inner": null, "list": null}), Keys::Exact).unwrap();
        assert_eq!(document, Outer::default());
        let document =
            merged(json!({"inner": {"choice": null}, "extra": {"b": 1, "a": {"d": 1, "c": 2}}}), Keys::Exact)
                .unwrap();
        assert_eq!(document.inner.choice, None);
        assert_eq!(document.extra.to_value(View::Stored).to_string(), r#"{"a":{"c":2,"d":1},"b":1}"#);
    }

    #[test]
    fn keys_match_exactly_or_in_any_case() {
        let submitted = json!({"INNER": {"MAX_size": 6}});
        assert_eq!(merged(submitted.clone(), Keys::Exact).unwrap(), outer());
        assert_eq!(merged(submitted, Keys::AnyCase).unwrap().inner.max_size, 6);
        let twice = json!({"inner": {"maxSize": 6, "max-size": 7}});
        assert_eq!(merged(twice.clone(), Keys::Exact).unwrap().inner.max_size, 6);
        assert_eq!(merged(twice, Keys::AnyCase).unwrap_err(), "inner: the key \"maxSize\" is there twice");
    }

    #[test]
    fn wrong_types_are_named() {
        for (submitted, error) in [
            (json!([]), "expected an object, found an array"),
            (json!({"name": 5}), "name: expected a string, found a number"),
            (json!({"inner": {"maxSize": 1.5}}), "inner: maxSize: expected an integer, found 1.5"),
            (json!({"inner": {"choice": "x"}}), "inner: choice: expected a boolean, found a string"),
            (json!({"list": [null, 5]}), "list: expected an object, found a number"),
            (json!({"extra": true}), "extra: expected an object, found a boolean"),
        ] {
            assert_eq!(merged(submitted, Keys::AnyCase).unwrap_err(), error);
        }
    }

    #[test]
    fn secrets_are_stored_only() {
        let inner = |view: View| outer().inner.to_value(view).to_string();
        assert_eq!(inner(View::Public), r#"{"maxSize":5,"choice":true}"#);
        assert_eq!(inner(View::Stored), r#"{"maxSize":5,"secret":"s","key":"k","choice":true}"#);
        let empty = Inner::default().to_value(View::Stored).to_string();
        assert_eq!(empty, r#"{"maxSize":0,"secret":"","choice":null}"#);
    }
}
