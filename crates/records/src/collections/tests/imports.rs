use super::folder::{Folder, fields, message};

#[test]
fn collections_may_name_each_other() {
    let folder = Folder::new();
    folder
        .import(
            r#"[{"name":"stats","type":"view","viewQuery":"select id from others"},
                {"name":"others","type":"view","viewQuery":"select id, q from b"},
                {"name":"a","id":"a_id","listRule":"@collection.stats.id != ''",
                 "fields":[{"name":"b","type":"relation","collectionId":"b_id"}]},
                {"name":"b","id":"b_id","fields":[{"name":"q","type":"text"}]}]"#,
            false,
        )
        .unwrap();
    assert_eq!(fields(&folder.get("others")), ["id:text", "q:text"]);
    assert_eq!(folder.rows("SELECT * FROM stats"), Vec::<String>::new());
}

#[test]
fn fields_that_are_not_listed_stay_unless_told_otherwise() {
    let folder = Folder::new();
    folder
        .create(r#"{"name":"a","fields":[{"name":"x","type":"text","max":3},{"name":"y","type":"text"}]}"#)
        .unwrap();
    let y = folder.get("a").fields[2].id.clone();
    folder
        .import(
            r#"[{"name":"a","fields":[{"name":"z","type":"text"},{"name":"x","type":"text","max":5}]}]"#,
            false,
        )
        .unwrap();
    assert_eq!(fields(&folder.get("a")), ["z:text", "x:text", "id:text", "y:text"]);
    folder.import(r#"[{"name":"A"}]"#, false).unwrap();
    assert_eq!(folder.get("a").fields.len(), 4);
    // Another id for a known name and type means the known field.
    folder
        .import(r#"[{"name":"a","fields":[{"name":"y","type":"text","id":"other","max":9}]}]"#, false)
        .unwrap();
    assert_eq!(folder.get("a").fields[0].id, y);
    folder.import(r#"[{"name":"a","fields":[{"name":"x","type":"text"}]}]"#, true).unwrap();
    assert_eq!(fields(&folder.get("a")), ["x:text", "id:text"]);
    assert_eq!(folder.names(), ["_mfas", "_otps", "_externalAuths", "_authOrigins", "_superusers", "a"]);
}

#[test]
fn all_or_nothing() {
    let folder = Folder::new();
    let error = folder
        .import(
            r#"[{"name":"a"},{"name":"b","fields":[{"name":"r","type":"relation","collectionId":"nope"}]}]"#,
            true,
        )
        .unwrap_err();
    let text = message(&error, "collections");
    assert!(text.starts_with("Data validations failed for collection \"b\" ("), "{text}");
    assert!(text.ends_with("):\n{\n  \"fields\": {\n    \"1\": {\n      \"collectionId\": \"The relation collection doesn't exist.\"\n    }\n  }\n}"), "{text}");
    assert!(folder.find("a").is_none() && folder.find("users").is_some());
    let error = folder
        .import(r#"[{"name":"a"},{"name":"v","type":"view","viewQuery":"select id from nope"}]"#, false);
    assert_eq!(
        message(&error.unwrap_err(), "collections"),
        "Failed to import the collections configuration. Raw error:\nfailed to save collection \"v\": SQL logic error: \
         no such table: main.nope (1)"
    );
    assert!(folder.try_rows("SELECT * FROM a").is_err());
    let error =
        folder.import(r#"[{"name":"a","indexes":["create index i on a (nope)"]}]"#, false).unwrap_err();
    assert_eq!(
        message(&error, "indexes.0"),
        "Failed to create index i - SQL logic error: no such column: nope (1)."
    );
}
