use serde_json::json;

use super::{field, object};
use crate::error::FieldError;
use crate::fields::{Field, FieldKind};
use crate::{Value, json};

/// The codes of a definition's errors by path.
fn definition_errors(kind: &str, options: Value) -> Vec<String> {
    fn flatten(prefix: &str, errors: &crate::FieldErrors, found: &mut Vec<String>) {
        for (name, error) in errors {
            match error {
                FieldError::Invalid(invalid) => found.push(format!("{prefix}{name} {}", invalid.code)),
                FieldError::Nested(nested) => flatten(&format!("{prefix}{name}."), nested, found),
            }
        }
    }
    let mut definition = field(kind, options);
    if definition.id.is_empty() {
        definition.id = "some".to_owned();
    }
    let mut found = Vec::new();
    flatten("", &definition.validate_definition(), &mut found);
    found
}

#[test]
fn definitions_are_checked() {
    for (kind, options, expected) in [
        ("text", json!({"name": ""}), "name validation_required"),
        ("text", json!({"name": "a".repeat(101)}), "name validation_length_out_of_range"),
        ("text", json!({"name": "a b"}), "name validation_match_invalid"),
        ("text", json!({"name": "null"}), "name validation_not_in_invalid"),
        ("text", json!({"name": "NULL"}), ""),
        ("text", json!({"name": "a_VIA_b"}), "name validation_found_via"),
        ("text", json!({"id": "a".repeat(101)}), "id validation_length_out_of_range"),
        ("text", json!({"help": "a".repeat(301)}), "help validation_length_out_of_range"),
        ("text", json!({"min": -1}), "min validation_min_greater_equal_than_required"),
        ("text", json!({"min": 5, "max": 4}), "max validation_min_greater_equal_than_required"),
        ("text", json!({"min": 6000}), ""),
        ("text", json!({"max": 9_007_199_254_740_992_i64}), "max validation_max_less_equal_than_required"),
        ("text", json!({"pattern": "["}), "pattern validation_invalid_regex"),
        ("text", json!({"autogeneratePattern": "["}), "autogeneratePattern validation_invalid_regex"),
        (
            "text",
            json!({"autogeneratePattern": "^a"}),
            "autogeneratePattern validation_invalid_autogenerate_pattern",
        ),
        (
            "text",
            json!({"autogeneratePattern": "[a-z]{3}", "min": 5}),
            "autogeneratePattern validation_invalid_autogenerate_pattern_value",
        ),
        (
            "text",
            json!({"primaryKey": true}),
            "name validation_in_invalid, pattern validation_required, required validation_required",
        ),
        ("number", json!({"min": 1.5, "onlyInt": true}), "min validation_only_int_constraint"),
        ("number", json!({"min": 5, "max": 4}), "max validation_min_number_constraint"),
        (
            "select",
            json!({"maxSelect": 3}),
            "maxSelect validation_max_less_equal_than_required, values validation_required",
        ),
        ("select", json!({"values": ["", "a", "a"]}), ""),
        ("relation", json!({}), "collectionId validation_required"),
        ("relation", json!({"collectionId": "x", "minSelect": 3}), "maxSelect validation_required"),
        (
            "relation",
            json!({"collectionId": "x", "minSelect": 2, "maxSelect": 1}),
            "maxSelect validation_min_greater_equal_than_required",
        ),
        (
            "email",
            json!({"onlyDomains": ["a.com"], "exceptDomains": ["b.com"]}),
            "exceptDomains validation_empty, onlyDomains validation_empty",
        ),
        ("url", json!({"onlyDomains": ["a.com", "", "x y"]}), "onlyDomains.2 validation_is_domain"),
        ("email", json!({"exceptDomains": ["a.c", "A.COM"]}), ""),
        ("email", json!({"exceptDomains": ["a_b.com"]}), "exceptDomains.0 validation_is_domain"),
        ("autodate", json!({}), "onCreate validation_required, onUpdate validation_required"),
        ("file", json!({"thumbs": ["100x50t", "0x50", "00x5", ""]}), ""),
        (
            "file",
            json!({"thumbs": ["0x0t", "1x1x"]}),
            "thumbs.0 validation_not_in_invalid, thumbs.1 validation_match_invalid",
        ),
        ("json", json!({"maxSize": -1}), "maxSize validation_min_greater_equal_than_required"),
        ("password", json!({"min": 72}), "min validation_max_less_equal_than_required"),
        ("password", json!({"min": 5, "max": 4}), "max validation_min_greater_equal_than_required"),
        ("password", json!({"cost": 3}), "cost validation_min_greater_equal_than_required"),
        ("date", json!({"min": "2024-01-02", "max": "2024-01-01"}), ""),
    ] {
        assert_eq!(definition_errors(kind, options.clone()).join(", "), expected, "{kind} {options}");
    }
}

#[test]
fn definitions_are_written_with_sorted_keys() {
    let text =
        Field::from_json(&object(json!({"type": "text", "name": "title", "id": "text724990059"}))).unwrap();
    assert_eq!(
        json::to_text(&text.to_json()),
        r#"{"autogeneratePattern":"","help":"","hidden":false,"id":"text724990059","max":0,"min":0,"name":"title","pattern":"","presentable":false,"primaryKey":false,"required":false,"system":false,"type":"text"}"#
    );
    assert_eq!(Field::default_id("text", "title"), "text724990059");
    let autodate = field("autodate", json!({"onCreate": true, "required": true, "help": "x", "id": "a"}));
    assert_eq!(
        json::to_text(&autodate.to_json()),
        r#"{"hidden":false,"id":"a","name":"t","onCreate":true,"onUpdate":false,"presentable":false,"system":false,"type":"autodate"}"#
    );
    for kind in FieldKind::TYPES {
        let field = field(kind, json!({"id": "some"}));
        assert_eq!(Field::from_json(&object(field.to_json())).unwrap(), field);
    }
}

#[test]
fn wrong_option_types_are_refused() {
    for definition in [
        json!({"name": "a"}),
        json!({"name": "a", "type": "x"}),
        json!({"name": 5, "type": "text"}),
        json!({"name": "a", "type": "text", "min": "5"}),
        json!({"name": "a", "type": "text", "hidden": 1}),
        json!({"name": "a", "type": "select", "values": [1]}),
        json!({"name": "a", "type": "number", "min": "1"}),
    ] {
        assert!(Field::from_json(&object(definition.clone())).is_err(), "{definition}");
    }
    assert!(
        Field::from_json(&object(json!({"name": "a", "type": "text", "min": null, "unknown": 3}))).is_ok()
    );
}
