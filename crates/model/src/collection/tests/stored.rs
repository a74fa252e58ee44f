use regex::Regex;
use serde_json::json;

use super::super::{Collection, StoredCollection, scaffolds, system};
use super::{create, schema};
use crate::{Value, json as text};

fn masked(row: &StoredCollection) -> Value {
    let secrets = Regex::new(r#""secret":"[A-Za-z0-9]{50}""#).unwrap();
    json!({
        "id": row.id,
        "system": row.system,
        "type": row.type_name,
        "name": row.name,
        "fields": row.fields,
        "indexes": row.indexes,
        "listRule": row.list_rule,
        "viewRule": row.view_rule,
        "createRule": row.create_rule,
        "updateRule": row.update_rule,
        "deleteRule": row.delete_rule,
        "options": secrets.replace_all(&row.options, r#""secret":"***""#),
        "created": "",
        "updated": "",
    })
}

#[test]
fn a_new_folder_has_the_rows_of_the_original() {
    let expected: Vec<Value> = serde_json::from_str(include_str!("../testdata/system_rows.json")).unwrap();
    let found = system::all();
    assert_eq!(found.len(), expected.len());
    for (collection, expected) in found.iter().zip(expected) {
        assert_eq!(masked(&collection.to_row()), expected);
        assert_eq!(
            super::codes(&collection.validate(Some(collection), &schema())),
            [""; 0],
            "{}",
            collection.name
        );
    }
}

#[test]
fn every_token_kind_has_its_own_key() {
    let secrets = |collection: &Collection| {
        let options = collection.auth().unwrap();
        [
            &options.auth_token,
            &options.password_reset_token,
            &options.email_change_token,
            &options.verification_token,
            &options.file_token,
        ]
        .map(|token| token.secret.clone())
    };
    let mut all: Vec<_> = system::all()[4..].iter().flat_map(secrets).collect();
    all.sort();
    all.dedup();
    assert_eq!(all.len(), 10);
}

#[test]
fn scaffolds_are_those_of_the_original() {
    let names = Regex::new("(idx_(?:tokenKey|email)_)[a-z0-9]{10}").unwrap();
    let found = text::to_text(&scaffolds());
    assert_eq!(names.replace_all(&found, "${1}***"), include_str!("../testdata/scaffolds.json").trim_end());
}

#[test]
fn rows_read_back() {
    let provider = json!({"name": "google", "clientId": "c", "clientSecret": "hush", "pkce": true, "extra": {"b": 1, "a": [null]}});
    let collections = [
        create(json!({"name": "a", "listRule": "", "viewRule": "id != ''", "fields": [
            {"name": "n", "type": "number", "min": -1.5, "max": 1e21},
            {"name": "s", "type": "select", "values": ["<b>", "é\u{2028}"], "maxSelect": 2},
        ], "indexes": ["create index x on a (n)"]})),
        create(json!({"name": "b", "type": "auth", "oauth2": {"providers": [provider]}})),
        create(json!({"name": "c", "type": "view", "viewQuery": "select id from a"})),
    ];
    for collection in collections {
        let row = collection.to_row();
        let again = Collection::from_row(row.clone()).unwrap();
        assert_eq!(again.to_row(), row);
        assert_eq!(again.kind, collection.kind);
        assert_eq!(again.fields, collection.fields);
    }
}

#[test]
fn secrets_are_stored_and_not_shown() {
    let provider = json!({"name": "google", "clientId": "c", "clientSecret": "hush"});
    let collection = create(json!({"name": "a", "type": "auth", "oauth2": {"providers": [provider]}}));
    assert!(collection.to_row().options.contains(r#""clientId":"c","clientSecret":"hush","authURL""#));
    let public = text::to_text(&collection.to_json());
    assert!(!public.contains("hush") && !public.contains("ecret"));
    assert!(text::to_text(&collection.to_full_json()).contains("hush"));
}

#[test]
fn rows_of_older_folders_are_read() {
    let row = StoredCollection {
        id: "pbc_1".to_owned(),
        type_name: "auth".to_owned(),
        name: "old".to_owned(),
        fields: r#"[{"id":"e1","name":"e","type":"email","onlyDomains":null,"exceptDomains":null}]"#
            .to_owned(),
        indexes: "null".to_owned(),
        options: r#"{"authRule":null,"oauth2":{"providers":null},"unknown":1}"#.to_owned(),
        ..StoredCollection::default()
    };
    let collection = Collection::from_row(row.clone()).unwrap();
    assert_eq!(collection.field_index("e"), Some(0));
    assert_eq!(collection.auth().unwrap().auth_rule, None);
    for broken in [
        StoredCollection { type_name: "x".to_owned(), ..row.clone() },
        StoredCollection { fields: "[1]".to_owned(), ..row.clone() },
        StoredCollection { fields: r#"[{"type":"x"}]"#.to_owned(), ..row.clone() },
        StoredCollection { indexes: "[1]".to_owned(), ..row.clone() },
        StoredCollection { options: r#"{"mfa":1}"#.to_owned(), ..row.clone() },
        StoredCollection { options: String::new(), ..row },
    ] {
        let error = Collection::from_row(broken).unwrap_err();
        assert!(error.starts_with("collection \"old\": "), "{error}");
    }
}
