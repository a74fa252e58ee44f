//! Attrs against the documented ids and shapes.

use serde_json::json;

use super::ids::{system_attr_id, system_identity_id};
use super::{
    Attr, AttrProperties, Catalog, CheckedType, Identity, InferredTypes, derived_id, is_uuid, random_uuid,
    system_attr, system_attrs,
};
use crate::{Object, Value};

/// Namespace, label, id, flags, checked type, kind of link and cascade.
const DOCUMENTED: &[(&str, &str, &str, &str, &str, &str)] = &[
    ("$users", "id", "96653230-13ff-ffff-a4b4-81ffffffffff", "UI", "", ""),
    ("$users", "email", "96653230-13ff-ffff-a4b4-46010bffffff", "UI", "string", ""),
    ("$users", "type", "96653230-13ff-ffff-a4b5-3cbc9fffffff", "", "string", ""),
    ("$users", "imageURL", "96653230-13ff-ffff-a4b4-8600c4a457ff", "", "string", ""),
    ("$users", "linkedPrimaryUser", "96653230-13ff-ffff-a4b4-b7d3ffffffff", "", "", "one-f"),
    ("$magicCodes", "id", "96653230-13ff-ffff-60b4-81ffffffffff", "UI", "", ""),
    ("$magicCodes", "codeHash", "96653230-13ff-ffff-60b4-270c87048fff", "I", "string", ""),
    ("$magicCodes", "email", "96653230-13ff-ffff-60b4-46010bffffff", "I", "string", ""),
    ("$userRefreshTokens", "id", "96653230-13ff-ffff-a474-81ffffffffff", "UI", "", ""),
    ("$userRefreshTokens", "hashedToken", "96653230-13ff-ffff-a474-7048e41cdcaf", "UI", "string", ""),
    ("$userRefreshTokens", "$user", "96653230-13ff-ffff-a475-49123fffffff", "I", "", "one-f"),
    ("$oauthProviders", "id", "96653230-13ff-ffff-73f4-81ffffffffff", "UI", "", ""),
    ("$oauthProviders", "name", "96653230-13ff-ffff-73f4-d0309fffffff", "UI", "string", ""),
    ("$oauthUserLinks", "id", "96653230-13ff-ffff-72f4-81ffffffffff", "UI", "", ""),
    ("$oauthUserLinks", "sub", "96653230-13ff-ffff-72f5-2a07ffffffff", "I", "string", ""),
    ("$oauthUserLinks", "$user", "96653230-13ff-ffff-72f5-49123fffffff", "I", "", "one-f"),
    ("$oauthUserLinks", "$oauthProvider", "96653230-13ff-ffff-72f4-e7c5d540c91f", "I", "", "-f"),
    ("$oauthUserLinks", "sub+$oauthProvider", "96653230-13ff-ffff-72f5-2a05f175503f", "UI", "string", ""),
    ("$oauthClients", "id", "96653230-13ff-ffff-70b4-81ffffffffff", "UI", "", ""),
    ("$oauthClients", "$oauthProvider", "96653230-13ff-ffff-70b4-e7c5d540c91f", "", "", "one-f"),
    ("$oauthClients", "name", "96653230-13ff-ffff-70b4-d0309fffffff", "UI", "string", ""),
    ("$oauthClients", "clientId", "96653230-13ff-ffff-70b4-25a08d9a07ff", "I", "", ""),
    ("$oauthClients", "encryptedClientSecret", "96653230-13ff-ffff-70b4-46884b44882f", "", "string", ""),
    ("$oauthClients", "discoveryEndpoint", "96653230-13ff-ffff-70b4-34484ea91a3f", "", "string", ""),
    ("$oauthClients", "meta", "96653230-13ff-ffff-70b4-c24c1fffffff", "", "", ""),
    ("$oauthClients", "redirectTo", "96653230-13ff-ffff-70b5-120d1120a6ef", "", "string", ""),
    ("$oauthClients", "useSharedCredentials", "96653230-13ff-ffff-70b5-49124704451f", "", "boolean", ""),
    ("$oauthCodes", "id", "96653230-13ff-ffff-13b4-81ffffffffff", "UI", "", ""),
    ("$oauthCodes", "codeHash", "96653230-13ff-ffff-13b4-270c87048fff", "UI", "string", ""),
    ("$oauthCodes", "codeChallengeMethod", "96653230-13ff-ffff-13b4-211c0b61267f", "", "string", ""),
    ("$oauthCodes", "codeChallenge", "96653230-13ff-ffff-13b4-270c823816bf", "", "string", ""),
    ("$oauthCodes", "userInfo", "96653230-13ff-ffff-13b5-49122d2bbfff", "", "", ""),
    ("$oauthCodes", "$oauthClient", "96653230-13ff-ffff-13b4-e0504b411b3f", "", "", "one-f"),
    ("$oauthRedirects", "id", "96653230-13ff-ffff-7474-81ffffffffff", "UI", "", ""),
    ("$oauthRedirects", "stateHash", "96653230-13ff-ffff-7475-29826438247f", "UI", "string", ""),
    ("$oauthRedirects", "cookieHash", "96653230-13ff-ffff-7474-27394838247f", "", "string", ""),
    ("$oauthRedirects", "redirectUrl", "96653230-13ff-ffff-7475-120d112522bf", "", "string", ""),
    ("$oauthRedirects", "redirectTo", "96653230-13ff-ffff-7475-120d1120a6ef", "", "string", ""),
    ("$oauthRedirects", "$oauthClient", "96653230-13ff-ffff-7474-e0504b411b3f", "", "", "one-f"),
    ("$oauthRedirects", "codeChallengeMethod", "96653230-13ff-ffff-7474-211c0b61267f", "", "string", ""),
    ("$oauthRedirects", "codeChallenge", "96653230-13ff-ffff-7474-270c823816bf", "", "string", ""),
    ("$files", "id", "96653230-13ff-ffff-2a34-81ffffffffff", "UI", "", ""),
    ("$files", "path", "96653230-13ff-ffff-2a34-f04cffffffff", "UIR", "string", ""),
    ("$files", "size", "96653230-13ff-ffff-2a35-24609fffffff", "IR", "number", ""),
    ("$files", "content-type", "96653230-13ff-ffff-2a34-29e5e4ffffff", "I", "string", ""),
    ("$files", "content-disposition", "96653230-13ff-ffff-2a34-21a24fffffff", "I", "string", ""),
    ("$files", "location-id", "96653230-13ff-ffff-2a34-b40fffffffff", "UIR", "string", ""),
    ("$files", "key-version", "96653230-13ff-ffff-2a34-aaffffffffff", "", "number", ""),
    ("$files", "url", "96653230-13ff-ffff-2a35-48afffffffff", "", "string", ""),
    ("$streams", "id", "96653230-13ff-ffff-94f4-81ffffffffff", "UI", "", ""),
    ("$streams", "clientId", "96653230-13ff-ffff-94f4-25a08d9a07ff", "UIR", "string", ""),
    ("$streams", "machineId", "96653230-13ff-ffff-94f4-c008e869103f", "", "string", ""),
    ("$streams", "$files", "96653230-13ff-ffff-94f4-547fffffffff", "U", "", "many-r"),
    ("$streams", "done", "96653230-13ff-ffff-94f4-37349fffffff", "", "boolean", ""),
    ("$streams", "size", "96653230-13ff-ffff-94f5-24609fffffff", "", "number", ""),
    ("$streams", "hashedReconnectToken", "96653230-13ff-ffff-94f4-7048f124dcaf", "", "string", ""),
    ("$streams", "abortReason", "96653230-13ff-ffff-94f4-00c6712024df", "", "string", ""),
];

#[test]
fn system_attrs_have_the_documented_ids_and_flags() {
    assert_eq!(system_attrs().len(), DOCUMENTED.len());
    for &(namespace, label, id, flags, checked, link) in DOCUMENTED {
        let attr = system_attr(namespace, label).unwrap_or_else(|| panic!("{namespace}.{label} is missing"));
        assert_eq!(attr.id, id, "{}", attr.name());
        assert_eq!(attr.catalog, Catalog::System);
        assert_eq!(attr.unique, flags.contains('U'), "{}", attr.name());
        assert_eq!(attr.index, flags.contains('I'), "{}", attr.name());
        assert_eq!(attr.required, flags.contains('R'), "{}", attr.name());
        assert_eq!(attr.checked_type.map_or("", CheckedType::name), checked, "{}", attr.name());
        let (cardinality, cascade) = link.split_once('-').unwrap_or((link, ""));
        assert_eq!(attr.is_link(), !cardinality.is_empty(), "{}", attr.name());
        assert_eq!(attr.is_many(), cardinality == "many", "{}", attr.name());
        assert_eq!(attr.on_delete, cascade == "f", "{}", attr.name());
        assert_eq!(attr.on_delete_reverse, cascade == "r", "{}", attr.name());
    }
}

#[test]
fn identities_have_the_documented_ids() {
    let forward = |namespace, label| system_attr(namespace, label).map(|attr| attr.forward.id.clone());
    assert_eq!(forward("$users", "id").as_deref(), Some("96653231-03ff-ffff-a4b4-81ffffffffff"));
    let guests = system_attr("$users", "linkedPrimaryUser").and_then(|attr| attr.reverse.clone());
    let expected = Identity::new("96653231-03ff-ffff-a4b4-b353ffffffff", "$users", "linkedGuestUsers");
    assert_eq!(guests, Some(expected));
    let tokens = system_attr("$userRefreshTokens", "$user").and_then(|attr| attr.reverse.clone());
    assert_eq!(tokens.map(|identity| identity.id), Some(system_identity_id("us/ur")));
    assert_eq!(system_attr_id("fi/stream").len(), 36);
}

#[test]
fn names_of_attrs_are_unique() {
    let mut names = std::collections::HashSet::new();
    for attr in system_attrs() {
        for identity in [Some(&attr.forward), attr.reverse.as_ref()].into_iter().flatten() {
            assert!(names.insert((&identity.namespace, &identity.label)), "{identity:?}");
        }
    }
}

fn object(value: Value) -> Object {
    match value {
        Value::Object(object) => object,
        other => panic!("{other} is no object"),
    }
}

const ID: &str = "0b9a3c0e-41a6-4b1b-9f0c-0d4c6a1f6e11";
const FORWARD: &str = "0b9a3c0e-41a6-4b1b-9f0c-0d4c6a1f6e12";
const REVERSE: &str = "0b9a3c0e-41a6-4b1b-9f0c-0d4c6a1f6e13";

#[test]
fn an_attr_survives_the_wire() {
    let whole = json!({
        "id": ID, "value-type": "ref", "cardinality": "one",
        "forward-identity": [FORWARD, "comments", "post"], "reverse-identity": [REVERSE, "posts", "comments"],
        "unique?": false, "index?": true, "required?": true, "inferred-types": ["string"],
        "catalog": "user", "on-delete": "cascade", "checked-data-type": "string", "metadata": {"a": 1},
    });
    let attr = Attr::from_json(&object(whole.clone())).unwrap();
    assert_eq!(Value::Object(attr.to_json()), whole);
    let blob = json!({
        "id": ID.to_uppercase(), "value-type": "blob", "cardinality": "one",
        "forward-identity": [FORWARD, "goals", "title"], "unique?": null, "index?": null, "isUnsynced": true,
        "catalog": "system", "reverse-identity": null,
    });
    let attr = Attr::from_json(&object(blob)).unwrap();
    assert_eq!(attr, Attr::blob(ID, Identity::new(FORWARD, "goals", "title")));
    let keys: Vec<String> = attr.to_json().keys().cloned().collect();
    let expected = [
        "id",
        "value-type",
        "cardinality",
        "forward-identity",
        "unique?",
        "index?",
        "required?",
        "inferred-types",
        "catalog",
    ];
    assert_eq!(keys, expected);
}

#[test]
fn a_change_keeps_what_it_does_not_name_except_cascades() {
    let before = Attr {
        on_delete: true,
        index: true,
        checked_type: Some(CheckedType::Date),
        ..Attr::link(ID, Identity::new(FORWARD, "a", "b"), Identity::new(REVERSE, "b", "a"))
    };
    let after = before.changed(&object(json!({"id": ID, "unique?": true, "cardinality": "one"}))).unwrap();
    assert!(after.unique && after.index && !after.on_delete && !after.is_many());
    assert_eq!(after.checked_type, Some(CheckedType::Date));
    let after = after.changed(&object(json!({"checked-data-type": null}))).unwrap();
    assert_eq!(after.checked_type, None);
}

#[test]
fn faulty_attrs_are_refused_with_the_key() {
    let blob = json!({"id": ID, "value-type": "blob", "cardinality": "one", "forward-identity": [FORWARD, "a", "b"]});
    for (key, value, named) in [
        ("id", json!("x"), "id"),
        ("forward-identity", json!([FORWARD, "a"]), "forward-identity"),
        ("forward-identity", json!(["x", "a", "b"]), "forward-identity"),
        ("forward-identity", json!(null), "forward-identity"),
        ("value-type", json!("text"), "value-type"),
        ("value-type", json!("ref"), "reverse-identity"),
        ("cardinality", json!("many"), "cardinality"),
        ("cardinality", json!("few"), "cardinality"),
        ("unique?", json!("yes"), "unique?"),
        ("on-delete", json!("restrict"), "on-delete"),
        ("checked-data-type", json!("text"), "checked-data-type"),
    ] {
        let mut faulty = object(blob.clone());
        faulty.insert(key.to_owned(), value.clone());
        let error = Attr::from_json(&faulty).expect_err(&format!("{key}: {value}"));
        assert!(error.contains(named), "{key}: {value}: {error}");
    }
}

#[test]
fn properties_survive_their_json() {
    let properties = AttrProperties {
        unique: true,
        required: true,
        inferred_types: Some(InferredTypes::of(&json!("a")).union(InferredTypes::of(&json!([])))),
        checked_type: Some(CheckedType::Number),
        metadata: Some(json!({"indexing": false})),
        link_table: true,
        on_delete_reverse: true,
        ..AttrProperties::default()
    };
    assert_eq!(AttrProperties::from_json(&properties.to_json()), properties);
    assert_eq!(AttrProperties::default().to_json().len(), 0);
    let names: Vec<&str> = properties.inferred_types.into_iter().flat_map(InferredTypes::names).collect();
    assert_eq!(names, ["string", "json"]);
}

#[test]
fn ids_are_uuids() {
    assert!(is_uuid(&random_uuid()) && is_uuid(ID) && is_uuid(&ID.to_uppercase()));
    assert!(!is_uuid("todo-123") && !is_uuid(&ID.replace('-', "")));
    assert_eq!(derived_id(&["a", "b"]), derived_id(&["a", "b"]));
    assert_ne!(derived_id(&["a", "b"]), derived_id(&["a", "c"]));
}
