use std::sync::Arc;

use serde_json::{Value, json};

use super::{create, field_names, refused, refused_update, schema, update};
use crate::fields::FieldKind;

fn base(fields: Value) -> Value {
    json!({"name": "a", "fields": fields})
}

#[test]
fn the_id_field_is_added_or_restored() {
    let collection = create(base(json!([{"name": "x", "type": "text"}])));
    assert_eq!(field_names(&collection), ["id", "x"]);
    assert_eq!(collection.fields[0].id, "text3208210256");
    let id =
        json!({"name": "id", "type": "text", "id": "own", "min": 3, "hidden": true, "presentable": true});
    let collection = create(base(json!([{"name": "x", "type": "text"}, id])));
    assert_eq!(field_names(&collection), ["x", "id"]);
    let id = &collection.fields[1];
    assert!(id.is_primary_key() && id.system && id.required && id.presentable && !id.hidden);
    let FieldKind::Text(options) = &id.kind else { panic!("{id:?}") };
    assert_eq!((options.min, options.max, &*options.pattern), (3, 0, "^[a-z0-9]+$"));
}

#[test]
fn fields_without_id_find_theirs_by_name() {
    let ids = |fields: Value| {
        let collection = create(base(fields));
        collection.fields[1..].iter().map(|field| format!("{} {}", field.id, field.name)).collect::<Vec<_>>()
    };
    let text = |name: &str, id: &str| json!({"name": name, "type": "text", "id": id});
    assert_eq!(ids(json!([text("x", ""), text("x", "")])), ["text2363233923 x"]);
    assert_eq!(ids(json!([text("x", "q"), text("y", "q")])), ["q y"]);
    assert_eq!(ids(json!([text("x", "q"), {"name": "x", "type": "number"}])), ["q x"]);
    assert_eq!(
        ids(json!([text("y", "text2363233923"), text("x", "")])),
        ["text2363233923 y", "text23632339232 x"]
    );
}

#[test]
fn auth_fields_are_added_or_restored() {
    let fields =
        json!([{"name": "email", "type": "text"}, {"name": "verified", "type": "bool", "hidden": true}]);
    let collection = create(json!({"name": "a", "type": "auth", "fields": fields}));
    assert_eq!(
        field_names(&collection),
        ["id", "email", "verified", "password", "tokenKey", "emailVisibility"]
    );
    let email = collection.field("email").unwrap();
    assert_eq!((email.id.as_str(), email.type_name(), email.required), ("text3885137012", "email", true));
    let verified = collection.field("verified").unwrap();
    assert!(verified.system && verified.hidden);
    let secrets = json!([{"name": "password", "type": "password", "min": 1, "hidden": false, "cost": 5}]);
    let collection = create(json!({"name": "a", "type": "auth", "fields": secrets}));
    let password = collection.field("password").unwrap();
    assert!(password.system && password.hidden && password.required);
    let emptied = update(&collection, json!({"fields": []}));
    assert_eq!(field_names(&emptied), ["id", "password", "tokenKey", "email", "emailVisibility", "verified"]);
}

#[test]
fn one_kind_of_fault_at_a_time() {
    let text = |name: &str| json!({"name": name, "type": "text"});
    let refused_fields = |fields: Value| refused(base(fields));
    assert_eq!(
        refused_fields(json!([text("b b"), text("a"), text("A"), text("B"), text("b")])),
        ["fields.3.name duplicated_field_name"]
    );
    assert_eq!(
        refused_fields(json!([text("x"), {"name": "id", "type": "number"}])),
        ["fields.2.name duplicated_field_name"]
    );
    assert_eq!(
        refused_fields(json!([{"name": "x", "type": "text", "id": "text3208210256"}, text("b b")])),
        ["fields missing_primary_key"]
    );
    assert_eq!(
        refused_fields(json!([text("b b"), {"name": "q", "type": "select"}])),
        ["fields.1.name match_invalid", "fields.2.values required"]
    );
    assert_eq!(
        refused_fields(
            json!([{"name": "x", "type": "text", "primaryKey": true, "required": true, "pattern": "x"}])
        ),
        [
            "fields.0.primaryKey unsupported_composite_pk",
            "fields.1.name in_invalid",
            "fields.1.primaryKey unsupported_composite_pk"
        ]
    );
    let auth = json!({"name": "a", "type": "auth", "fields": [text("oldPassword"), text("passwordConfirm"), text("b b")]});
    assert_eq!(refused(auth), ["fields.1.name reserved_field_name", "fields.2.name reserved_field_name"]);
    let auth = json!({"name": "a", "type": "auth", "fields": [{"name": "z", "type": "text", "id": "email3885137012"}]});
    assert_eq!(refused(auth), ["fields.1 field_type_change"]);
}

#[test]
fn columns_keep_their_types_and_system_fields_their_names() {
    let before = create(base(
        json!([{"name": "x", "type": "text", "id": "x1"}, {"name": "s", "type": "text", "id": "s1", "system": true}]),
    ));
    let x = json!({"name": "x", "type": "number", "id": "x1"});
    let s = json!({"name": "s", "type": "text", "id": "s1"});
    assert_eq!(refused_update(&before, json!({"fields": [x, s]})), ["fields.1 field_type_change"]);
    assert_eq!(refused_update(&before, json!({"fields": [x]})), ["fields system_field_change"]);
    let renamed = json!({"name": "s2", "type": "text", "id": "s1"});
    assert_eq!(refused_update(&before, json!({"fields": [renamed]})), ["fields system_field_change"]);
    assert_eq!(refused_update(&before, json!({"fields": [s, {"name": "x", "type": "number"}]})), [""; 0]);
}

#[test]
fn relations_point_at_collections_by_id() {
    let relation =
        |target: &str| json!([{"name": "r", "type": "relation", "id": "r1", "collectionId": target}]);
    assert_eq!(refused(base(relation("_pb_users_auth_"))), [""; 0]);
    assert_eq!(refused(base(relation(""))), ["fields.1.collectionId required"]);
    for target in ["users", "nope"] {
        assert_eq!(
            refused(base(relation(target))),
            ["fields.1.collectionId field_relation_missing_collection"]
        );
    }
    let before = create(base(relation("_pb_users_auth_")));
    assert_eq!(
        refused_update(&before, json!({"fields": relation("pbc_3142635823")})),
        ["fields.1.collectionId field_relation_change"]
    );
    assert_eq!(
        refused_update(
            &before,
            json!({"fields": [{"name": "r", "type": "relation", "id": "r2", "collectionId": before.id}]})
        ),
        [""; 0]
    );
    let view = create(json!({"name": "v", "type": "view", "viewQuery": "x"}));
    let with_view = schema().with(Arc::new(view.clone()));
    let to_view = create(base(relation(&view.id)));
    assert_eq!(
        super::codes(&to_view.validate(None, &with_view)),
        ["fields.1.collectionId relation_field_non_view_base_collection"]
    );
}

#[test]
fn relations_are_found_from_the_other_side() {
    let users = "_pb_users_auth_";
    let posts = create(json!({"name": "posts", "fields": [
        {"name": "author", "type": "relation", "collectionId": users},
        {"name": "title", "type": "text"},
        {"name": "editors", "type": "relation", "collectionId": users, "maxSelect": 5},
    ]}));
    let schema = schema().with(Arc::new(posts));
    let found: Vec<_> = schema
        .back_relations(users)
        .into_iter()
        .map(|(collection, index)| format!("{}.{}", collection.name, collection.fields[index].name))
        .collect();
    assert_eq!(found, ["posts.author", "posts.editors"]);
    assert!(schema.back_relations("nope").is_empty());
    let id = schema.by_name("POSTS").unwrap().id.clone();
    assert!(schema.without(&id).back_relations(users).is_empty());
}
