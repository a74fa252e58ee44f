use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::select::SelectOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, CollectionKind, Field};

use super::*;

#[derive(Debug)]
struct Plain;

impl Dialect for Plain {
    fn name(&self) -> &'static str {
        "plain"
    }
}

fn collection(name: &str, fields: Vec<Field>) -> Collection {
    let mut collection = Collection::blank(CollectionKind::Base);
    name.clone_into(&mut collection.name);
    collection.fields = fields;
    collection.index_fields();
    collection
}

fn text(id: &str, name: &str) -> Field {
    Field { id: id.to_owned(), ..Field::new(name, TextOptions::default()) }
}

fn select(id: &str, name: &str, max_select: i64) -> Field {
    let options = SelectOptions { max_select, ..SelectOptions::default() };
    Field { id: id.to_owned(), ..Field::new(name, options) }
}

fn sql(steps: Vec<Step>) -> Vec<String> {
    steps.into_iter().map(|step| step.sql).collect()
}

#[test]
fn tables_have_their_columns_in_byte_order() {
    let id = Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() });
    let fields = vec![id, text("1", "zed"), text("2", "Bee"), Field::new("n", NumberOptions::default())];
    assert_eq!(
        create_table(&Plain, &collection("posts", fields)),
        "CREATE TABLE `posts` (`Bee` TEXT DEFAULT '' NOT NULL, `id` TEXT PRIMARY KEY DEFAULT \
         ('r'||lower(hex(randomblob(7)))) NOT NULL, `n` NUMERIC DEFAULT 0 NOT NULL, `zed` TEXT DEFAULT '' NOT NULL)"
    );
}

#[test]
fn fields_are_known_by_their_ids() {
    let before = collection("posts", vec![text("1", "a"), text("2", "b"), text("3", "c")]);
    let after = collection("posts", vec![text("1", "b"), text("2", "a"), text("4", "c")]);
    assert_eq!(
        sql(alter_columns(&Plain, &before, &after)),
        [
            "ALTER TABLE `posts` DROP COLUMN `c`",
            "ALTER TABLE `posts` RENAME COLUMN `a` TO `b (renamed)`",
            "ALTER TABLE `posts` RENAME COLUMN `b` TO `a (renamed)`",
            "ALTER TABLE `posts` RENAME COLUMN `b (renamed)` TO `b`",
            "ALTER TABLE `posts` RENAME COLUMN `a (renamed)` TO `a`",
            "ALTER TABLE `posts` ADD COLUMN `c` TEXT DEFAULT '' NOT NULL",
        ]
    );
    assert!(!same_columns(&before, &after));
    let reordered = collection("posts", vec![text("3", "c"), text("1", "a"), text("2", "b")]);
    assert!(same_columns(&before, &reordered));
}

#[test]
fn conversions_go_through_a_second_column() {
    let before = collection("posts", vec![select("1", "tags", 1), text("2", "a")]);
    let after = collection("posts", vec![select("1", "tags", 2), text("2", "a")]);
    assert!(!same_columns(&before, &after));
    assert_eq!(alter_columns(&Plain, &before, &after), []);
    let steps = sql(convert_columns(&Plain, &before, &after));
    assert_eq!(steps.len(), 4);
    assert_eq!(steps[0], "ALTER TABLE `posts` RENAME COLUMN `tags` TO `tags (renamed)`");
    assert_eq!(steps[1], "ALTER TABLE `posts` ADD COLUMN `tags` JSON DEFAULT '[]' NOT NULL");
    assert!(steps[2].starts_with("UPDATE `posts` SET `tags` = CASE WHEN `tags (renamed)` = '' THEN '[]'"));
    assert_eq!(steps[3], "ALTER TABLE `posts` DROP COLUMN `tags (renamed)`");
}

#[test]
fn a_change_of_letter_case_takes_two_steps() {
    assert_eq!(sql(rename_table(&Plain, "posts", "notes")), ["ALTER TABLE `posts` RENAME TO `notes`"]);
    assert_eq!(
        sql(rename_table(&Plain, "posts", "Posts")),
        [
            "ALTER TABLE `posts` RENAME TO `Posts (renamed)`",
            "ALTER TABLE `Posts (renamed)` RENAME TO `Posts`",
        ]
    );
}

#[test]
fn views_select_from_their_query() {
    let columns = ["id".to_owned(), "a`b".to_owned()];
    let query = with_text_id(&Plain, &columns, "select 1 as id, 2 as x");
    assert_eq!(query, "SELECT CAST(`id` as TEXT) `id`,`a``b` FROM (select 1 as id, 2 as x)");
    let create = create_view(&Plain, "stats", "select id from posts");
    assert_eq!(create, "CREATE VIEW `stats` AS SELECT * FROM (select id from posts)");
    assert_eq!(
        create_view_with_columns(&Plain, "stats", &["key"], &create).as_deref(),
        Some("CREATE VIEW `stats`(`key`) AS SELECT * FROM (select id from posts)")
    );
    assert_eq!(create_view_with_columns(&Plain, "other", &["key"], &create), None);
}
