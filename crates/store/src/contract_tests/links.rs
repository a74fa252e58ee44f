//! Relations in link tables, and columns that may hold nothing.

use std::sync::Arc;

use ketch_model::attr::AttrProperties;
use ketch_model::fields::bool::BoolOptions;
use ketch_model::fields::json::JsonOptions;
use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Cell, Collection, CollectionKind, Field, Record, Value};
use ketch_query::tree::{Alias, Column, Join, JoinSource, Operand, Test};
use ketch_query::{Predicate, Select};

use super::Driver;
use super::support::wait;
use crate::sql::relations::{self, SOURCE, TARGET};
use crate::{Flow, Store, StoreError, sql};

const LINKS: usize = 5;

/// A collection of nullable fields and a relation in a link table, in this order: id, any, text,
/// number, flag, links.
fn goals() -> Arc<Collection> {
    let nullable = |field: Field| Field { nullable: true, ..field };
    let relation = RelationOptions {
        collection_id: "goals_id".to_owned(),
        max_select: 1000,
        ..RelationOptions::default()
    };
    let properties = AttrProperties { link_table: true, ..AttrProperties::default() };
    let mut collection = Collection::blank(CollectionKind::Base);
    collection.id = "goals_id".to_owned();
    collection.name = "goals of mine".to_owned();
    collection.fields = vec![
        Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() }),
        nullable(Field::new("any", JsonOptions::default())),
        nullable(Field::new("a text", TextOptions::default())),
        nullable(Field::new("number", NumberOptions::default())),
        nullable(Field::new("flag", BoolOptions::default())),
        Field { attr: Some(Arc::new(properties)), ..Field::new("links", relation) },
    ];
    collection.index_fields();
    Arc::new(collection)
}

/// The table with records `a`, `b` and `c`, linked a → b, a → c, b → c and c → something that is not there.
fn filled(driver: &dyn Driver) -> (Arc<dyn Store>, Arc<Collection>) {
    let store = driver.open(std::time::Duration::ZERO);
    let collection = goals();
    let made = Arc::clone(&collection);
    wait(store.write(move |connection| {
        let dialect = connection.dialect();
        let links = &made.fields[LINKS].id;
        connection.execute_script(&sql::ddl::create_table(dialect, &made))?;
        connection.execute_script(&relations::create_table(dialect, links, false))?;
        for id in ["a", "b", "c"] {
            let mut record = Record::blank(Arc::clone(&made));
            record.replace(0, id.into());
            if id == "b" {
                for (index, value) in [(1, Value::Null), (2, "".into()), (3, 0.into()), (4, false.into())] {
                    record.write(index, value);
                }
            }
            let cells = (0..made.fields.len()).map(|index| record.cell(index)).collect();
            connection.execute(&sql::insert_record(dialect, &made, cells))?;
        }
        let pairs = [("a", "c"), ("a", "b"), ("b", "c"), ("c", "gone"), ("a", "b")];
        connection.execute(&relations::insert_links(dialect, links, &pairs))?;
        Ok::<_, StoreError>(())
    }))
    .expect("filled");
    (store, collection)
}

fn records(
    store: &Arc<dyn Store>,
    collection: &Arc<Collection>,
    statement: impl FnOnce(&dyn sql::Dialect, &Collection) -> crate::Statement + Send + 'static,
) -> Vec<Record> {
    let collection = Arc::clone(collection);
    let mut found = wait(store.read(move |connection| {
        let statement = statement(connection.dialect(), &collection);
        let mut found = Vec::new();
        connection.query(&statement, &mut |row| {
            found.push(Record::from_cells(&collection, |index| row.cell(index)));
            Flow::More
        })?;
        Ok::<_, StoreError>(found)
    }))
    .expect("read");
    found.sort_by(|left, right| left.id().cmp(right.id()));
    found
}

fn ids(records: &[Record]) -> Vec<&str> {
    records.iter().map(Record::id).collect()
}

pub fn nothing_null_and_zero_are_three(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let found =
        records(&store, &collection, |dialect, goals| sql::select_by_ids(dialect, goals, &["a", "b"]));
    let (a, b) = (&found[0], &found[1]);
    assert!(a.values[1..5].iter().all(Value::is_null) && a.nulls.is_empty());
    assert_eq!(b.values[1..5], [Value::Null, "".into(), 0.into(), false.into()]);
    assert_eq!(b.nulls, [1]);
    let cleared = Arc::clone(&collection);
    wait(store.write(move |connection| {
        let changed = (1..5).map(|index| (index, Cell::Null)).collect();
        connection.execute(&sql::update_record(connection.dialect(), &cleared, changed, "b"))
    }))
    .expect("cleared");
    let found = records(&store, &collection, |dialect, goals| sql::select_by_id(dialect, goals, "b"));
    assert!(found[0].values[1..5].iter().all(Value::is_null) && found[0].nulls.is_empty());
}

pub fn links_are_read_with_their_record(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let found =
        records(&store, &collection, |dialect, goals| sql::select_by_ids(dialect, goals, &["a", "b", "c"]));
    let links: Vec<&Value> = found.iter().map(|record| &record.values[LINKS]).collect();
    assert_eq!(
        links,
        [&serde_json::json!(["b", "c"]), &serde_json::json!(["c"]), &serde_json::json!(["gone"])]
    );
    let referrers = |wanted: &'static [&'static str]| {
        records(&store, &collection, move |dialect, goals| {
            sql::referencing_records(dialect, goals, LINKS, wanted)
        })
    };
    assert_eq!(ids(&referrers(&["c"])), ["a", "b"]);
    assert_eq!(ids(&referrers(&["gone", "b"])), ["a", "c"]);
    assert!(referrers(&["nobody"]).is_empty());
}

pub fn links_are_joined_from_both_sides(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let column = |alias, field: usize| {
        let kind = collection.fields[field].column();
        Operand::Column(Column { alias, field, kind, nullable: false })
    };
    let is = |left, id: &str| Predicate::compare(left, Test::Equal, Operand::Constant(Cell::text(id)));
    let find = |joins, predicate| {
        let select = Select { joins, predicate, ..Select::all(Arc::clone(&collection)) };
        let found = records(&store, &collection, move |dialect, _| sql::select_records(dialect, &select));
        ids(&found).join(" ")
    };
    let (items, target) = (Alias(1), Alias(2));
    let list = || Join { alias: items, source: JoinSource::Items { list: column(Alias::ROOT, LINKS) } };
    let by_id = || Join {
        alias: target,
        source: JoinSource::ById { collection: Arc::clone(&collection), id: Operand::Item(items) },
    };
    let referrers = || Join {
        alias: items,
        source: JoinSource::Referrers {
            collection: Arc::clone(&collection),
            field: LINKS,
            list: true,
            to: column(Alias::ROOT, 0),
            unique: false,
        },
    };
    assert_eq!(find(vec![list()], is(Operand::Item(items), "c")), "a b");
    assert_eq!(find(vec![list()], is(Operand::Item(items), "gone")), "c");
    assert_eq!(find(vec![list(), by_id()], is(column(target, 0), "b")), "a");
    // What is linked to and not there has no row.
    assert_eq!(find(vec![list(), by_id()], is(column(target, 0), "gone")), "");
    assert_eq!(find(vec![referrers()], is(column(items, 0), "a")), "b c");
    let links = collection.fields[LINKS].column();
    let length = Operand::Length(Column { alias: Alias::ROOT, field: LINKS, kind: links, nullable: false });
    let two = Predicate::compare(length, Test::Equal, Operand::Constant(Cell::Integer(2)));
    assert_eq!(find(Vec::new(), two), "a");
}

pub fn links_end(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let field = collection.fields[LINKS].id.clone();
    let left = wait(store.write(move |connection| {
        let dialect = connection.dialect();
        let removed = [("a", "c"), ("a", "nobody")];
        assert_eq!(connection.execute(&relations::delete_links(dialect, &field, &removed))?, 1);
        assert_eq!(connection.execute(&relations::delete_links_of(dialect, &field, TARGET, &["c"]))?, 1);
        assert_eq!(connection.execute(&relations::delete_links_of(dialect, &field, SOURCE, &["c", "b"]))?, 1);
        let mut left = Vec::new();
        connection.query(
            &relations::select_links(dialect, &field, SOURCE, &["a", "b", "c"]),
            &mut |row| {
                left.push((row.cell(0).to_owned(), row.cell(1).to_owned()));
                Flow::More
            },
        )?;
        Ok::<_, StoreError>(left)
    }));
    assert_eq!(left.expect("left"), [(Cell::text("a"), Cell::text("b"))]);
}

pub fn a_target_may_have_one_source(driver: &dyn Driver) {
    let (store, collection) = filled(driver);
    let field = collection.fields[LINKS].id.clone();
    let ended = wait(store.write(move |connection| {
        let dialect = connection.dialect();
        let mut shared = None;
        connection.query(&relations::shared_target(dialect, &field), &mut |row| {
            shared = Some(row.cell(0).to_owned());
            Flow::Stop
        })?;
        assert_eq!(shared, Some(Cell::text("c")));
        connection.execute(&relations::delete_links(dialect, &field, &[("b", "c")]))?;
        connection.execute_script(&relations::create_single(dialect, &field))?;
        let again = connection.execute(&relations::insert_links(dialect, &field, &[("a", "c"), ("b", "c")]));
        assert!(matches!(again, Err(StoreError::Unique { .. })), "{again:?}");
        connection.execute_script(&relations::drop_single(dialect, &field))?;
        connection.execute(&relations::insert_links(dialect, &field, &[("b", "c")]))
    }));
    assert_eq!(ended.expect("linked"), 1);
}
