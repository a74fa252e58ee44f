use std::sync::Arc;

use serde_json::json;

use super::{create, refused, refused_update, schema, submit, update};
use crate::error::ErrorKind;

#[test]
fn ids_are_checksums_that_survive_renames() {
    let other = create(json!({"name": "other"}));
    assert_eq!(other.id, "pbc_303991755");
    assert_eq!(update(&other, json!({"name": "renamed"})).id, other.id);
    let taken = schema().with(Arc::new(other));
    assert_eq!(submit(json!({"name": "other"}), None, &taken).unwrap().id, "pbc_3039917552");
    assert_eq!(create(json!({"name": "other", "id": "own"})).id, "own");
}

#[test]
fn ids_are_checked() {
    assert_eq!(refused(json!({"name": "a", "id": "a b"})), ["id match_invalid"]);
    assert_eq!(refused(json!({"name": "a", "id": "x".repeat(101)})), ["id length_out_of_range"]);
    assert_eq!(refused(json!({"name": "a", "id": "_pb_users_auth_"})), ["id invalid_or_existing_id"]);
    let before = create(json!({"name": "a"}));
    let error = submit(json!({"id": "b"}), Some(&before), &schema()).unwrap_err();
    assert_eq!(error.kind, ErrorKind::NotFound);
}

#[test]
fn names_are_checked() {
    for (name, code) in [
        ("", "required"),
        (" ", "match_invalid"),
        ("é", "match_invalid"),
        ("a_via_b", "found_via"),
        ("_VIA_ b", "found_via"),
        ("USERS", "collection_name_exists"),
        ("_pb_users_auth_", "collection_name_id_duplicate"),
        ("_Params", "collection_name_invalid"),
        ("sqlite_master", "collection_name_invalid"),
        ("_ketch_changes", "collection_name_invalid"),
    ] {
        assert_eq!(refused(json!({"name": name})), [format!("name {code}")], "{name}");
    }
    assert_eq!(refused(json!({"name": "x".repeat(256)})), ["name length_out_of_range"]);
    for name in ["a", "_a", "1", "meta", "_PB_users_auth_"] {
        assert_eq!(refused(json!({"name": name})), [""; 0], "{name}");
    }
    let before = create(json!({"name": "a"}));
    assert_eq!(refused_update(&before, json!({"name": "A"})), [""; 0]);
    assert_eq!(refused_update(&before, json!({"name": "users"})), ["name collection_name_exists"]);
}

#[test]
fn the_type_is_chosen_once() {
    assert_eq!(create(json!({"name": "a"})).type_name(), "base");
    assert_eq!(create(json!({"name": "a", "type": null})).type_name(), "base");
    assert_eq!(create(json!({"NAME": "a", "Type": "auth"})).type_name(), "auth");
    assert_eq!(refused(json!({"name": "a", "type": "x"})), ["type in_invalid"]);
    let before = create(json!({"name": "a"}));
    assert_eq!(refused_update(&before, json!({"type": ""})), [""; 0]);
    assert_eq!(refused_update(&before, json!({"type": "x"})), ["type in_invalid"]);
    assert_eq!(
        refused_update(&before, json!({"type": "view"})),
        ["fields required", "type collection_type_change", "viewQuery required"]
    );
    assert!(
        refused_update(&before, json!({"type": "auth"})).contains(&"authToken.secret required".to_owned())
    );
}

#[test]
fn wrong_json_types_are_refused() {
    let schema = schema();
    for (value, head) in [
        (json!({"name": 5}), true),
        (json!({"name": "a", "type": []}), true),
        (json!({"name": "a", "Name": "b"}), true),
        (json!({"name": "a", "listRule": 5}), false),
        (json!({"name": "a", "fields": {}}), false),
        (json!({"name": "a", "fields": [null]}), false),
        (json!({"name": "a", "fields": [{"name": "x", "type": "y"}]}), false),
        (json!({"name": "a", "indexes": [5]}), false),
        (json!({"name": "a", "created": 5}), false),
        (json!({"name": "a", "viewQuery": 5}), false),
        (json!({"name": "a", "mfa": 5}), false),
        (json!({"name": "a", "type": "auth", "authToken": {"duration": 1.5}}), false),
    ] {
        let error = submit(value.clone(), None, &schema).unwrap_err();
        assert_eq!(error.message.contains("collection type data"), head, "{value}");
        assert!(error.cause.is_some(), "{value}");
    }
}

#[test]
fn system_collections_keep_name_rules_and_flag() {
    let schema = schema();
    let mfas = schema.by_name("_mfas").unwrap();
    assert_eq!(
        refused_update(mfas, json!({"name": "x", "listRule": "", "system": false})),
        [
            "listRule collection_system_rule_change",
            "name collection_system_name_change",
            "system collection_system_flag_change"
        ]
    );
    let superusers = schema.by_name("_superusers").unwrap();
    assert_eq!(
        refused_update(superusers, json!({"authRule": "id = ''", "manageRule": "id = ''"})),
        ["authRule collection_system_rule_change", "manageRule collection_system_rule_change"]
    );
}

#[test]
fn only_what_was_submitted_changes() {
    let before = create(
        json!({"name": "a", "listRule": "", "viewRule": "id != ''", "fields": [{"name": "x", "type": "text"}]}),
    );
    let after = update(&before, json!({"viewRule": null, "LISTRULE": "x", "updateRule": ""}));
    assert_eq!(
        (after.list_rule.as_deref(), after.view_rule, after.update_rule.as_deref()),
        (Some(""), None, Some(""))
    );
    assert_eq!((after.fields, after.created), (before.fields.clone(), before.created.clone()));
    assert_eq!(update(&before, json!({"created": "2020-01-01"})).created, "2020-01-01 00:00:00.000Z");
}

#[test]
fn views_only_read() {
    let view = json!({"name": "v", "type": "view", "viewQuery": "", "createRule": "", "updateRule": "x", "indexes": ["x"]});
    assert_eq!(
        refused(view),
        [
            "createRule nil",
            "fields required",
            "indexes indexes_not_supported",
            "updateRule nil",
            "viewQuery required"
        ]
    );
}
