use super::folder::{Folder, changed_fields, fields, message};

#[test]
fn an_empty_folder_gets_the_system_collections() {
    let folder = Folder::new();
    assert_eq!(folder.names(), ["_mfas", "_otps", "_externalAuths", "_authOrigins", "_superusers", "users"]);
    assert_eq!(folder.rows("SELECT count(*) FROM _migrations"), ["Integer(8)"]);
    // A second start finds everything in place.
    folder.write(|connection| crate::collections::bootstrap(connection)).unwrap();
    assert_eq!(folder.rows("SELECT count(*) FROM _collections"), ["Integer(6)"]);
}

#[test]
fn a_collection_becomes_a_table() {
    let folder = Folder::new();
    let posts = folder
        .create(
            r#"{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"Body","type":"editor"}],
            "indexes":["create index by_title on wrong (title)"]}"#,
        )
        .unwrap();
    assert_eq!(fields(&posts), ["id:text", "title:text", "Body:editor"]);
    assert_eq!(
        folder.rows("SELECT sql FROM sqlite_schema WHERE tbl_name = 'posts' AND sql IS NOT NULL"),
        [
            "CREATE TABLE `posts` (`Body` TEXT DEFAULT '' NOT NULL, `id` TEXT PRIMARY KEY DEFAULT \
             ('r'||lower(hex(randomblob(7)))) NOT NULL, `title` TEXT DEFAULT '' NOT NULL)",
            "CREATE INDEX `by_title` ON `posts` (`title`)",
        ]
    );
    let loaded = folder.write(|connection| crate::collections::load_schema(connection)).unwrap();
    let stored = loaded.by_name("posts").map(|collection| collection.to_full_json());
    assert_eq!(stored, Some(posts.to_full_json()));
}

#[test]
fn every_wrong_index_is_named_and_nothing_stays() {
    let folder = Folder::new();
    let error = folder
        .create(
            r#"{"name":"posts","fields":[{"name":"a","type":"text"}],"indexes":
            ["create index i1 on posts (a)","create index i2 on posts (b)","create index i3 on posts (c)"]}"#,
        )
        .unwrap_err();
    assert_eq!(
        message(&error, "indexes.1"),
        "Failed to create index i2 - SQL logic error: no such column: b (1)."
    );
    assert_eq!(
        message(&error, "indexes.2"),
        "Failed to create index i3 - SQL logic error: no such column: c (1)."
    );
    assert_eq!(folder.find("posts").map(|posts| posts.name.clone()), None);
    assert!(folder.try_rows("SELECT * FROM posts").is_err());
}

#[test]
fn an_index_cannot_carry_a_second_statement() {
    let folder = Folder::new();
    for index in [
        "create index i on posts (a) where 1=1; drop table users",
        "create index i on posts (a) where a = '/*' ; drop table users --",
        "create index i on posts (a) where 1 /* it's */ ; drop table users; --'",
    ] {
        let json = serde_json::json!({"name": "posts", "fields": [{"name": "a", "type": "text"}], "indexes": [index]});
        let error = folder.create(&json.to_string()).unwrap_err();
        assert_eq!(
            message(&error, "indexes.0").trim_end_matches('.'),
            "Invalid CREATE INDEX expression",
            "{index}"
        );
    }
    assert_eq!(folder.rows("SELECT count(*) FROM users"), ["Integer(0)"]);
}

#[test]
fn data_follows_the_ids_of_fields() {
    let folder = Folder::new();
    let posts = folder
        .create(
            r#"{"name":"posts","fields":[{"name":"a","type":"text"},{"name":"b","type":"text"},
            {"name":"one","type":"select","values":["x","y","z"]},
            {"name":"many","type":"select","values":["x","y","z"],"maxSelect":2}]}"#,
        )
        .unwrap();
    folder.run(
        "INSERT INTO posts (id, a, b, one, many) VALUES ('1', 'A', 'B', '', '[]'), ('2', 'A', 'B', 'x', '[\"x\",\"y\"]')",
    );
    let swapped = changed_fields(&posts, |field| {
        let name = field["name"].as_str().unwrap_or_default().to_owned();
        match name.as_str() {
            "a" => field.insert("name".to_owned(), "b".into()),
            "b" => field.insert("name".to_owned(), "a".into()),
            "one" => field.insert("maxSelect".to_owned(), 3.into()),
            "many" => field.insert("maxSelect".to_owned(), 1.into()),
            _ => None,
        };
    });
    folder.update("posts", &swapped).unwrap();
    assert_eq!(folder.rows("SELECT id, a, b, one, many FROM posts"), ["1|B|A|[]|", "2|B|A|[\"x\"]|y"]);
    // Another id under the same name is another field.
    let replaced = changed_fields(&folder.get("posts"), |field| {
        if field["name"] == "a" {
            field.insert("id".to_owned(), "text1".into());
        }
    });
    folder.update("posts", &replaced).unwrap();
    assert_eq!(folder.rows("SELECT id, a, b FROM posts"), ["1||A", "2||A"]);
    folder.update("posts", r#"{"name":"POSTS"}"#).unwrap();
    assert_eq!(folder.rows("SELECT name FROM sqlite_schema WHERE name LIKE 'posts'"), ["POSTS"]);
}

#[test]
fn a_changed_sign_in_rule_changes_the_secret() {
    let folder = Folder::new();
    let secret =
        |folder: &Folder| folder.get("users").auth().map(|options| options.auth_token.secret.clone());
    let before = secret(&folder);
    folder.update("users", r#"{"listRule":""}"#).unwrap();
    assert_eq!(secret(&folder), before);
    folder.update("users", r#"{"authRule":"verified = true"}"#).unwrap();
    assert_ne!(secret(&folder), before);
}

#[test]
fn rules_must_resolve() {
    let folder = Folder::new();
    let error = folder
        .create(r#"{"name":"posts","listRule":"nope = 1","viewRule":"@collection.posts.id != ''"}"#)
        .unwrap_err();
    assert!(message(&error, "listRule").starts_with("Invalid rule. Raw error: "));
    assert!(!error.fields.contains_key("viewRule"));
}

#[test]
fn what_is_referred_to_stays() {
    let folder = Folder::new();
    let tags = folder.create(r#"{"name":"tags"}"#).unwrap();
    let relation = serde_json::json!({"name": "posts", "fields": [
        {"name": "tag", "type": "relation", "collectionId": tags.id},
    ]});
    folder.create(&relation.to_string()).unwrap();
    let error = folder.delete("tags").unwrap_err();
    assert_eq!(error.message, "Failed to delete collection probably due to existing reference in posts.");
    assert!(folder.delete("_mfas").is_err());
    folder.delete("posts").unwrap();
    folder.delete("tags").unwrap();
    assert!(folder.try_rows("SELECT * FROM tags").is_err());
}

#[test]
fn sign_in_data_goes_with_its_collection() {
    let folder = Folder::new();
    folder.run(
        "INSERT INTO _mfas (id, collectionRef) VALUES ('1', '_pb_users_auth_'), ('2', 'other');
         INSERT INTO _externalAuths (id, collectionRef) VALUES ('1', '_pb_users_auth_')",
    );
    folder.delete("users").unwrap();
    assert_eq!(folder.rows("SELECT id FROM _mfas UNION ALL SELECT id FROM _externalAuths"), ["2"]);
}
