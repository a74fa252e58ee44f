use std::sync::Arc;

use serde_json::json;

use super::*;
use crate::collection::CollectionKind;

fn object(value: Value) -> Object {
    value.as_object().cloned().unwrap_or_default()
}

fn collection() -> Arc<Collection> {
    let mut collection = Collection::blank(CollectionKind::Base);
    collection.fields = [
        json!({"name": "n", "type": "number"}),
        json!({"name": "s", "type": "select", "values": ["a", "b", "c", "d"], "maxSelect": 4}),
        json!({"name": "one", "type": "select", "values": ["a", "b", "c", "d"]}),
        json!({"name": "t", "type": "text", "autogeneratePattern": "[0-9]{3}"}),
        json!({"name": "plain", "type": "text"}),
        json!({"name": "j", "type": "json"}),
    ]
    .into_iter()
    .map(|field| Field::from_json(&object(field)).unwrap())
    .collect();
    collection.index_fields();
    Arc::new(collection)
}

/// What `submitted` makes of a record that holds `present`.
fn resolve(present: Value, submitted: Value) -> Value {
    let collection = collection();
    let mut record = Record::blank(collection.clone());
    for (name, value) in object(present) {
        record.set(&name, value);
    }
    Value::Object(apply(&collection, &record, &object(submitted)))
}

#[test]
fn numbers_are_added_and_subtracted() {
    for (submitted, expected) in [
        (json!({"n+": 2}), json!({"n": 7})),
        (json!({"n-": "2"}), json!({"n": 3})),
        (json!({"n+": "abc"}), json!({"n": 5})),
        (json!({"n+": [1]}), json!({"n": 5})),
        (json!({"n+": true}), json!({"n": 6})),
        (json!({"n+": "inf"}), json!({"n": null})),
        (json!({"n-": 10, "n+": 2, "n": 1}), json!({"n": -7})),
        (json!({"+n": 1}), json!({"+n": 1})),
    ] {
        assert_eq!(resolve(json!({"n": 5}), submitted.clone()), expected, "{submitted}");
    }
}

#[test]
fn values_are_put_before_behind_and_out() {
    for (submitted, expected) in [
        (json!({"s+": "c"}), json!(["a", "b", "c"])),
        (json!({"+s": "c"}), json!(["c", "a", "b"])),
        (json!({"s+": ["b", "d"]}), json!(["a", "b", "d"])),
        (json!({"+s": ["b", "d"]}), json!(["b", "d", "a"])),
        (json!({"s-": "a"}), json!(["b"])),
        (json!({"s-": ["a", "x"]}), json!(["b"])),
        (json!({"s+": "[\"c\",\"d\"]"}), json!(["a", "b", "c", "d"])),
        (json!({"s+": ["c"], "s-": ["c"]}), json!(["a", "b"])),
        (json!({"s+": "d", "s": []}), json!(["d"])),
        (json!({"s+": null}), json!(["a", "b"])),
        (json!({"s-": ""}), json!(["a", "b"])),
    ] {
        assert_eq!(
            resolve(json!({"s": ["a", "b"]}), submitted.clone()),
            json!({"s": expected}),
            "{submitted}"
        );
    }
    for (submitted, expected) in [
        (json!({"one+": "b"}), "b"),
        (json!({"+one": "b"}), "a"),
        (json!({"one-": "a"}), ""),
        (json!({"one-": "b"}), "a"),
        (json!({"one+": ""}), "a"),
        (json!({"one+": ["b", "c"]}), "c"),
        (json!({"+one": ["b", "c"]}), "a"),
    ] {
        assert_eq!(resolve(json!({"one": "a"}), submitted.clone()), json!({"one": expected}), "{submitted}");
    }
}

#[test]
fn texts_get_a_generated_end() {
    let made = resolve(json!({"t": "x"}), json!({"t:autogenerate": "ab", "t": "p"}));
    let text = made["t"].as_str().unwrap();
    assert!(
        text.len() == 5 && text.starts_with("ab") && text[2..].bytes().all(|b| b.is_ascii_digit()),
        "{text}"
    );
    assert_eq!(resolve(json!({}), json!({"plain:autogenerate": 5})), json!({"plain": "5"}));
}

#[test]
fn keys_of_no_field_are_kept_and_values_normalised() {
    assert_eq!(
        resolve(json!({}), json!({"n": "5", "passwordConfirm": [1], "j+": 2, "plain+": "x"})),
        json!({"n": 5, "j+": 2, "plain+": "x", "passwordConfirm": [1]})
    );
}
