//! The statements of records and of the change log.

use std::sync::Arc;

use ketch_model::{Cell, Collection, Record, Schema, Value};

use super::Driver;
use super::support::{NONE, wait};
use crate::change::{self, Change, ChangeKind, LoggedChange};
use crate::{Connection, Flow, Statement, Store, StoreError, StoreResult, sql};

/// A collection of base type with an id, a title, a single and a multiple relation.
fn posts() -> Arc<Collection> {
    let definition = serde_json::json!({
        "name": "posts`x",
        "type": "base",
        "fields": [
            { "name": "title", "type": "text" },
            { "name": "author", "type": "relation", "collectionId": "pbc_people", "maxSelect": 1 },
            { "name": "tags", "type": "relation", "collectionId": "pbc_tags", "maxSelect": 9 },
            { "name": "secret", "type": "password" },
            { "name": "order`by", "type": "number" },
        ],
    });
    let Value::Object(definition) = definition else { panic!("an object") };
    let collection = Collection::from_submitted(&definition, None, &Schema::default());
    Arc::new(collection.expect("a collection"))
}

fn record(collection: &Arc<Collection>, id: &str, title: &str, author: &str, tags: &[&str]) -> Record {
    let mut record = Record::blank(Arc::clone(collection));
    record.set("id", Value::from(id));
    record.set("title", Value::from(title));
    record.set("author", Value::from(author));
    record.set("tags", Value::from(tags.to_vec()));
    record
}

fn cells(record: &Record) -> Vec<Cell> {
    record.collection.fields.iter().zip(&record.values).map(|(field, value)| field.to_cell(value)).collect()
}

/// The database with the table of [`posts`] and four records.
fn filled(driver: &dyn Driver) -> (Arc<dyn Store>, Arc<Collection>) {
    let store = driver.open(std::time::Duration::ZERO);
    let collection = posts();
    let written = Arc::clone(&collection);
    wait(store.write(move |connection| {
        let dialect = connection.dialect();
        connection.execute_script(&sql::ddl::create_table(dialect, &written))?;
        connection.execute_script(sql::create_change_log(dialect))?;
        for record in [
            record(&written, "a", "One", "ann", &[]),
            record(&written, "b", "one", "bob", &["red"]),
            record(&written, "c", "two", "ann", &["red", "blue"]),
            record(&written, "d", "", "", &["redder", "x\"y"]),
        ] {
            assert_eq!(connection.execute(&sql::insert_record(dialect, &written, cells(&record)))?, 1);
        }
        Ok::<_, StoreError>(())
    }))
    .expect("records are stored");
    (store, collection)
}

/// The ids in the first column's rows, sorted.
fn ids(
    store: &Arc<dyn Store>,
    collection: &Arc<Collection>,
    statement: impl FnOnce(&dyn sql::Dialect, &Collection) -> Statement + Send + 'static,
) -> Vec<String> {
    let collection = Arc::clone(collection);
    let answer = wait(store.read(move |connection| {
        let statement = statement(connection.dialect(), &collection);
        let mut ids = Vec::new();
        connection.query(&statement, &mut |row| {
            ids.push(row.cell(0).as_text().unwrap_or("none").to_owned());
            Flow::More
        })?;
        ids.sort();
        Ok::<_, StoreError>(ids)
    }));
    answer.expect("found")
}

pub fn records_are_found(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let title = collection.field_index("title").expect("a title");
    let found =
        |statement: fn(&dyn sql::Dialect, &Collection) -> Statement| ids(&store, &collection, statement);
    assert_eq!(found(|dialect, posts| sql::select_by_id(dialect, posts, "b")), ["b"]);
    assert!(found(|dialect, posts| sql::select_by_id(dialect, posts, "B")).is_empty());
    assert_eq!(found(|dialect, posts| sql::select_by_ids(dialect, posts, &["b", "d", "z", "b"])), ["b", "d"]);
    assert_eq!(found(|dialect, posts| sql::select_by_ids(dialect, posts, &["c"])), ["c"]);
    assert!(found(|dialect, posts| sql::select_by_ids(dialect, posts, &[])).is_empty());
    assert_eq!(found(|dialect, posts| sql::existing_ids(dialect, posts, &["a", "z", "' OR 1"])), ["a"]);
    let by_title = |value: &'static str, ignore_case: bool| {
        ids(&store, &collection, move |dialect, posts| {
            sql::select_by_column(dialect, posts, title, Cell::text(value), ignore_case)
        })
    };
    assert_eq!(by_title("one", false), ["b"]);
    assert_eq!(by_title("ONE", true), ["a", "b"]);
    assert_eq!(by_title("", false), ["d"]);
    let count = wait(store.read({
        let collection = Arc::clone(&collection);
        move |connection| connection.count(&sql::count_all(connection.dialect(), &collection))
    }));
    assert_eq!(count.expect("counted"), 4);
}

pub fn referrers_are_found(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let referrers = |field: &str, wanted: &'static [&'static str]| {
        let field = collection.field_index(field).expect("a relation");
        ids(&store, &collection, move |dialect, posts| {
            sql::referencing_records(dialect, posts, field, wanted)
        })
    };
    assert_eq!(referrers("author", &["ann"]), ["a", "c"]);
    assert_eq!(referrers("author", &["ann", "bob", "nobody"]), ["a", "b", "c"]);
    assert!(referrers("author", &["an"]).is_empty());
    assert_eq!(referrers("tags", &["red"]), ["b", "c"]);
    assert_eq!(referrers("tags", &["blue", "redder"]), ["c", "d"]);
    assert_eq!(referrers("tags", &["x\"y"]), ["d"]);
    assert!(referrers("tags", &["re"]).is_empty());
    assert!(referrers("tags", &[]).is_empty());
}

pub fn records_change_and_go(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let title = collection.field_index("title").expect("a title");
    let number = collection.field_index("order`by").expect("a number");
    let posts = Arc::clone(&collection);
    let counts = wait(store.write(move |connection| {
        let dialect = connection.dialect();
        let changed = || vec![(title, Cell::text("new")), (number, Cell::Real(2.5))];
        Ok::<_, StoreError>([
            connection.execute(&sql::update_record(dialect, &posts, changed(), "a"))?,
            connection.execute(&sql::update_record(dialect, &posts, changed(), "z"))?,
            connection.execute(&sql::delete_record(dialect, &posts, "b"))?,
            connection.execute(&sql::delete_record(dialect, &posts, "b"))?,
        ])
    }));
    assert_eq!(counts.expect("written"), [1, 0, 1, 0]);
    let posts = Arc::clone(&collection);
    let row = wait(store.read(move |connection| {
        let mut values = Vec::new();
        connection.query(&sql::select_by_id(connection.dialect(), &posts, "a"), &mut |row| {
            values = posts.fields.iter().enumerate().map(|(i, field)| field.from_cell(row.cell(i))).collect();
            Flow::Stop
        })?;
        Ok::<_, StoreError>(values)
    }))
    .expect("read");
    let mut expected = record(&collection, "a", "new", "ann", &[]);
    expected.set("order`by", Value::from(2.5));
    assert_eq!(row, expected.values);
}

pub fn a_taken_id_is_a_unique_violation(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let answer = wait(store.write(move |connection| {
        let record = record(&collection, "a", "", "", &[]);
        connection.execute(&sql::insert_record(connection.dialect(), &collection, cells(&record)))
    }));
    match answer {
        Err(StoreError::Unique { table, columns }) => {
            assert_eq!((table.as_str(), columns), ("posts`x", vec!["id".to_owned()]));
        }
        other => panic!("{other:?}"),
    }
}

fn logged(
    connection: &mut dyn Connection,
    after: i64,
    limit: u32,
) -> StoreResult<Vec<(i64, Vec<LoggedChange>)>> {
    let mut rows = Vec::new();
    connection.query(&sql::changes_after(connection.dialect(), after, limit), &mut |row| {
        let ketch_model::CellRef::Integer(seq) = row.cell(0) else { panic!("no number") };
        let changes = change::decode(row.cell(1).as_text().unwrap_or_default()).expect("readable");
        rows.push((seq, changes));
        Flow::More
    })?;
    Ok(rows)
}

pub fn the_log_tells_what_changed(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let mut before = record(&collection, "a", "One", "ann", &["it's", "\"quoted\""]);
    before.set("secret", Value::from("$2a$10$hash"));
    let mut after = before.clone();
    after.set("title", Value::from("Two"));
    after.set("order`by", Value::from(1));
    let (before, after) = (Arc::new(before), Arc::new(after));
    let changes = vec![
        Change { kind: ChangeKind::Create, before: None, after: Some(Arc::clone(&before)) },
        Change { kind: ChangeKind::Update, before: Some(Arc::clone(&before)), after: Some(after) },
        Change { kind: ChangeKind::Delete, before: Some(Arc::clone(&before)), after: None },
    ];
    let (seen, undone) = wait(store.write(move |connection| {
        let statement = sql::insert_changes(connection.dialect(), &changes);
        connection.execute(&statement)?;
        let undone: StoreResult<()> = connection.savepoint(&mut |connection| {
            connection.execute(&statement)?;
            Err(StoreError::Sql(String::new()))
        });
        Ok::<_, StoreError>((logged(connection, 0, 10)?, undone))
    }))
    .expect("written");
    assert!(undone.is_err());
    let [(seq, entries)] = &seen[..] else { panic!("{seen:?}") };
    assert!(*seq > 0);
    let [created, updated, deleted] = &entries[..] else { panic!("{entries:?}") };
    for entry in entries {
        assert_eq!((entry.collection.as_str(), entry.record.as_str()), (collection.id.as_str(), "a"));
    }
    assert_eq!(
        (created.kind, updated.kind, deleted.kind),
        (ChangeKind::Create, ChangeKind::Update, ChangeKind::Delete)
    );
    assert_eq!(
        (updated.fields.as_slice(), &updated.before),
        (&["title".to_owned(), "order`by".to_owned()][..], &None)
    );
    let values = deleted.before.as_ref().expect("values");
    assert_eq!((values.get("title"), values.get("tags")), (before.get("title"), before.get("tags")));
    assert!(!values.contains_key("secret"));
}

pub fn the_log_is_pruned_from_its_old_end(driver: &dyn Driver) {
    let (store, _) = filled(driver);
    let ends = |connection: &mut dyn Connection| {
        let mut ends = (Cell::Null, Cell::Null);
        connection.query(&sql::change_log_ends(connection.dialect()), &mut |row| {
            ends = (row.cell(0).to_owned(), row.cell(1).to_owned());
            Flow::Stop
        })?;
        Ok::<_, StoreError>(ends)
    };
    let (empty, full, pruned, rest) = wait(store.write(move |connection| {
        let dialect = connection.dialect();
        let empty = ends(connection)?;
        for created in 0..10 {
            connection.execute(&sql::insert_changes_at(dialect, &[], created * 100))?;
        }
        let full = ends(connection)?;
        let mut prune = |before, limit| connection.execute(&sql::prune_changes(dialect, before, limit));
        // Old enough and within the limit; within the limit only; all the others but the newest.
        let pruned =
            [prune(500, 3)?, prune(500, 100)?, prune(500, 100)?, prune(10_000, 100)?, prune(10_000, 100)?];
        connection.execute(&sql::insert_changes_at(dialect, &[], 2_000))?;
        let rest = logged(connection, 0, 100)?.into_iter().map(|(seq, _)| seq).collect::<Vec<_>>();
        Ok::<_, StoreError>((empty, full, pruned, rest))
    }))
    .expect("written");
    assert_eq!(empty, (Cell::Null, Cell::Null));
    let (Cell::Integer(first), Cell::Integer(last)) = full else { panic!("{full:?}") };
    assert_eq!(pruned, [3, 2, 0, 4, 0]);
    assert_eq!(rest, [last, last + 1]);
    assert!(last > first);
    let later = wait(store.read(move |connection| logged(connection, last + 1, 5))).expect("read");
    assert_eq!(later.len(), NONE.len());
}
