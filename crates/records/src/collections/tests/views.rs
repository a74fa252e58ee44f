use super::folder::{Folder, changed_fields, fields, message};

fn with_posts() -> Folder {
    let folder = Folder::new();
    folder
        .create(r#"{"name":"posts","fields":[{"name":"title","type":"text"},{"name":"n","type":"number"}]}"#)
        .unwrap();
    folder.run("INSERT INTO posts (id, title, n) VALUES ('1', 'one', 1), ('2', 'two', 2)");
    folder
}

fn view(name: &str, query: &str) -> String {
    serde_json::json!({"name": name, "type": "view", "viewQuery": query}).to_string()
}

#[test]
fn columns_become_fields() {
    let folder = with_posts();
    let query = "select p.id, p.title as t, p.id as post, count(*) as c, total(n) sum, cast(n as int) i, (n + 1) x, \
                 cast(n as bool) as b from posts as p group by p.id;";
    let stats = folder.create(&view("stats", query)).unwrap();
    assert_eq!(
        fields(&stats),
        ["id:text", "t:text", "post:relation", "c:number", "sum:number", "i:number", "x:json", "b:bool"]
    );
    assert!(stats.fields[1].id.starts_with("_clone_"));
    assert_eq!(folder.rows("SELECT id, t FROM stats"), ["1|one", "2|two"]);
}

#[test]
fn ids_are_text() {
    let folder = with_posts();
    folder.create(&view("numbered", "select (row_number() over()) as id, title from posts")).unwrap();
    assert_eq!(folder.rows("SELECT id, typeof(id), title FROM numbered"), ["1|text|one", "2|text|two"]);
}

#[test]
fn wrong_queries_are_refused_with_their_reason() {
    let folder = with_posts();
    for (query, reason) in [
        (
            "select * from posts",
            "wildcard columns (*) are not supported - manually type the collection field names you want the view query to have",
        ),
        (
            "select title from posts",
            "missing required id column (you can use `(ROW_NUMBER() OVER()) as id` if you don't have one)",
        ),
        ("select id from posts; drop table posts", "multiple statements are not supported"),
        ("select id from nope", "SQL logic error: no such table: main.nope (1)"),
        ("delete from posts", "SQL logic error: near \"delete\": syntax error (1)"),
        ("pragma table_info(posts)", "SQL logic error: near \"(\": syntax error (1)"),
        ("attach database 'x' as y", "SQL logic error: near \"'x'\": syntax error (1)"),
        ("select 'x' as id from posts", "the query could return records with non-unique ids"),
        ("select null as id", "the query could return records with empty or invalid ids"),
    ] {
        let error = folder.create(&view("stats", query)).unwrap_err();
        assert_eq!(message(&error, "viewQuery"), format!("Invalid query - {reason}"), "{query}");
    }
    assert_eq!(folder.rows("SELECT name FROM sqlite_schema WHERE type = 'view'"), Vec::<String>::new());
    assert_eq!(folder.rows("SELECT count(*) FROM posts"), ["Integer(2)"]);
}

#[test]
fn views_follow_what_they_read() {
    let folder = with_posts();
    folder.create(&view("first", "select id, title, n from posts")).unwrap();
    folder.create(&view("second", "select id, title from first")).unwrap();
    let longer = changed_fields(&folder.get("posts"), |field| {
        if field["name"] == "title" {
            field.insert("presentable".to_owned(), true.into());
        }
    });
    let id = folder.get("second").fields[1].id.clone();
    folder.update("posts", &longer).unwrap();
    for name in ["first", "second"] {
        assert!(folder.get(name).fields[1].presentable, "{name}");
    }
    assert_eq!(folder.get("second").fields[1].id, id);
}

#[test]
fn a_renamed_column_stays_readable_under_its_old_name() {
    let folder = with_posts();
    folder.create(&view("stats", "select id, title from posts")).unwrap();
    let renamed = changed_fields(&folder.get("posts"), |field| {
        if field["name"] == "title" {
            field.insert("name".to_owned(), "headline".into());
        }
    });
    folder.update("posts", &renamed).unwrap();
    assert_eq!(folder.rows("SELECT id, title FROM stats"), ["1|one", "2|two"]);
    folder.update("posts", r#"{"name":"notes"}"#).unwrap();
    assert_eq!(folder.rows("SELECT id, title FROM stats"), ["1|one", "2|two"]);
}

#[test]
fn a_column_that_a_view_reads_stays() {
    let folder = with_posts();
    folder.create(&view("stats", "select id, title from posts")).unwrap();
    let without = changed_fields(&folder.get("posts"), |field| {
        if field["name"] == "title" {
            field.clear();
        }
    });
    let error = folder.update("posts", &without).unwrap_err();
    assert!(
        error
            .message
            .starts_with("Failed. Raw error: \nfailed to drop column title - SQL logic error: error in view"),
        "{error}"
    );
    assert_eq!(folder.delete("posts").unwrap_err().message, "Failed to delete collection.");
    folder.delete("stats").unwrap();
    folder.update("posts", &without).unwrap();
    assert_eq!(fields(&folder.get("posts")), ["id:text", "n:number"]);
}

#[test]
fn a_broken_view_stands_in_nobodys_way() {
    let folder = with_posts();
    folder.create(r#"{"name":"other"}"#).unwrap();
    folder.create(&view("first", "select id, title from posts")).unwrap();
    folder.create(&view("second", "select id, title from first")).unwrap();
    folder.update("first", r#"{"viewQuery":"select id from posts"}"#).unwrap();
    assert!(folder.try_rows("SELECT * FROM second").is_err());
    folder.update("posts", r#"{"name":"notes"}"#).unwrap();
    folder.delete("other").unwrap();
    assert_eq!(folder.rows("SELECT id FROM first"), ["1", "2"]);
    folder.update("second", r#"{"viewQuery":"select id from first"}"#).unwrap();
    assert_eq!(folder.rows("SELECT id FROM second"), ["1", "2"]);
}

#[test]
fn conversions_leave_views_in_place() {
    let folder = Folder::new();
    let posts = folder
        .create(
            r#"{"name":"posts","fields":[{"name":"tags","type":"select","values":["a","b"],"maxSelect":2}]}"#,
        )
        .unwrap();
    folder.run("INSERT INTO posts (id, tags) VALUES ('1', '[\"a\",\"b\"]')");
    folder.create(&view("stats", "select id, tags from posts")).unwrap();
    let single = changed_fields(&posts, |field| {
        if field["name"] == "tags" {
            field.insert("maxSelect".to_owned(), 1.into());
        }
    });
    folder.update("posts", &single).unwrap();
    assert_eq!(folder.rows("SELECT id, tags FROM stats"), ["1|b"]);
    assert!(!folder.get("stats").fields[1].is_multiple());
}

proptest::proptest! {
    /// Whatever passes the check cannot end the statement it is put into: the script below would
    /// run a second one, and then the table would be gone.
    #[test]
    fn no_query_reaches_beyond_its_parentheses(
        parts in proptest::collection::vec(proptest::sample::select(vec![
            "select 1", "'", "\"", "`", "[", "]", "(", ")", ";", "--", "/*", "*/", "*", "/", "\n", " ", "''", "x",
            "; drop table posts --", ") ; drop table posts; select (1", "union select 2", "as id", "\\", "\r", "\u{a0}",
        ]), 1..14),
    ) {
        use crate::collections::views::is_single_statement;

        thread_local!(static FOLDER: Folder = with_posts());
        let query = parts.concat();
        if is_single_statement(&query) {
            FOLDER.with(|folder| {
                let sql: &'static str = Box::leak(format!("CREATE VIEW hostile AS SELECT * FROM ({query})").into_boxed_str());
                let _ = folder.write(move |connection| {
                    connection.execute_script(sql)?;
                    Ok(())
                });
                let _ = folder.write(|connection| Ok(connection.execute_script("DROP VIEW IF EXISTS hostile")?));
                assert_eq!(folder.rows("SELECT count(*) FROM posts"), ["Integer(2)"], "{query}");
            });
        }
    }
}
