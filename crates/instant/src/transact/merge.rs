//! Deep merge.

use ketch_model::Value;

/// What `value` becomes when `patch` is merged into it: objects merge, a null inside one takes its
/// key away, everything else replaces.
pub(crate) fn deep_merge(value: Value, patch: &Value) -> Value {
    let Value::Object(patch) = patch else { return patch.clone() };
    let mut merged = match value {
        Value::Object(object) => object,
        _ => ketch_model::Object::new(),
    };
    for (key, part) in patch {
        match part {
            Value::Null => {
                merged.shift_remove(key);
            }
            part => {
                let old = merged.get_mut(key).map(Value::take).unwrap_or_default();
                merged.insert(key.clone(), deep_merge(old, part));
            }
        }
    }
    Value::Object(merged)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    #[test]
    fn merges() {
        for (old, patch, merged) in [
            (json!({"a": 1}), json!({"b": 2}), json!({"a": 1, "b": 2})),
            (json!({"a": {"b": 1, "c": 2}}), json!({"a": {"b": null}}), json!({"a": {"c": 2}})),
            (json!({"a": [1, 2]}), json!({"a": [3]}), json!({"a": [3]})),
            (json!({"a": 1}), json!({"a": {"b": {"c": null}}}), json!({"a": {"b": {}}})),
            (json!({"a": 1}), json!(null), json!(null)),
            (json!({"a": 1}), json!(7), json!(7)),
            (json!(7), json!({"a": null, "b": 1}), json!({"b": 1})),
            (json!(null), json!({"a": 1}), json!({"a": 1})),
            (json!([1]), json!({"0": 2}), json!({"0": 2})),
        ] {
            assert_eq!(deep_merge(old.clone(), &patch), merged, "{old} {patch}");
        }
    }
}
