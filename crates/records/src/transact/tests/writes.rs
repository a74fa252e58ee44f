//! Records and links written in transactions.

use ketch_model::Value;
use ketch_model::attr::{Attr, Cardinality, CheckedType};
use ketch_store::ChangeKind;
use serde_json::json;

use super::fixture::{DATA, Failed, Fixture, SCHEMA, blob, link, record};
use crate::TransactionError;
use crate::transact::Mode;

/// Goals with todos, each linked to many; a goal has one owner and a todo one note of its own.
fn goals() -> Fixture {
    let fixture = Fixture::new();
    let one = |attr: Attr| Attr { cardinality: Cardinality::One, ..attr };
    fixture.attrs(vec![
        blob("goals", "id"),
        blob("goals", "title"),
        Attr { checked_type: Some(CheckedType::String), ..blob("goals", "text") },
        Attr { unique: true, index: true, ..blob("goals", "slug") },
        link("goals", "todos", "todos", "goals"),
        Attr { on_delete: true, ..one(link("goals", "owner", "people", "goals")) },
        Attr { unique: true, on_delete_reverse: true, ..link("todos", "notes", "notes", "todo") },
        blob("todos", "id"),
        blob("people", "id"),
        blob("notes", "id"),
        blob("todos", "title"),
    ]);
    fixture
}

#[test]
fn values_of_any_json_come_back() {
    let fixture = goals();
    for value in [
        json!("123"),
        json!(123),
        json!("null"),
        json!(""),
        json!(true),
        json!([1, "a", null]),
        json!({"b": [1.5], "a": "x"}),
        json!("{\"a\":1}"),
    ] {
        let id = "7c1f3f64-0000-4000-8000-00000000000a";
        let wanted = value.clone();
        let stored = fixture.transact(DATA, move |transaction| {
            transaction.insert(record(transaction.schema(), "goals", json!({"id": id, "title": value})))?;
            Ok(())
        });
        stored.unwrap();
        let loaded = fixture.load("goals", id).unwrap();
        assert_eq!(loaded.get("title"), Some(&wanted));
        assert_eq!(loaded.get("text"), Some(&Value::Null));
        let collection = fixture.collection("goals");
        fixture.transact(DATA, move |transaction| Ok(transaction.delete(&collection, &[id])?)).unwrap();
    }
}

#[test]
fn a_written_null_is_told_from_nothing() {
    let fixture = goals();
    fixture.insert("goals", json!({"id": "a", "title": null}));
    fixture.insert("goals", json!({"id": "b"}));
    let is_null = |id| {
        let record = fixture.load("goals", id).unwrap();
        let index = record.collection.field_index("title").unwrap();
        (record.is_null(index), record.values[index].clone())
    };
    assert_eq!(is_null("a"), (true, Value::Null));
    assert_eq!(is_null("b"), (false, Value::Null));
    // A change from one to the other is written and told.
    fixture.told.lock().clear();
    let written = fixture.transact(DATA, |transaction| {
        let goals = transaction.schema().attrs().collection("goals").unwrap().clone();
        let before = transaction.load(&goals, &["b"])?.pop().unwrap();
        let mut after = before.clone();
        after.write(goals.field_index("title").unwrap(), Value::Null);
        transaction.update(before, after)?;
        Ok(())
    });
    written.unwrap();
    assert_eq!(is_null("b"), (true, Value::Null));
    assert_eq!(fixture.told.lock().len(), 1);
}

#[test]
fn a_taken_value_is_named() {
    let fixture = goals();
    fixture.insert("goals", json!({"id": "a", "slug": "x"}));
    fixture.insert("goals", json!({"id": "b", "slug": null}));
    fixture.insert("goals", json!({"id": "c"}));
    let taken = |values: Value| {
        let error = fixture.transact(DATA, move |transaction| {
            transaction.insert(record(transaction.schema(), "goals", values))?;
            Ok(())
        });
        match error.unwrap_err() {
            TransactionError::NotUnique { field, value, .. } => (field, *value),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(taken(json!({"id": "d", "slug": "x"})), ("slug".to_owned(), json!("x")));
    assert_eq!(taken(json!({"id": "a"})), ("id".to_owned(), json!("a")));
    let goals = fixture.collection("goals");
    let found = fixture.transact(DATA, move |transaction| {
        let found = transaction.load_by_values(&goals, "slug", &[json!("x"), json!("y"), Value::Null])?;
        Ok(found.len())
    });
    assert_eq!(found.unwrap().value, 1);
}

#[test]
fn links_are_a_set_and_may_point_at_nothing_yet() {
    let fixture = goals();
    fixture.insert("goals", json!({"id": "g"}));
    fixture.told.lock().clear();
    fixture.link("goals", "todos", &[("g", "t2"), ("g", "t1"), ("g", "t1"), ("ghost", "t1")]);
    fixture.link("goals", "todos", &[("g", "t1")]);
    assert_eq!(fixture.value("goals", "g", "todos"), json!(["t1", "t2"]));
    // What was there already is no change.
    assert_eq!(fixture.told.lock().len(), 1);
    fixture.insert("todos", json!({"id": "t1", "title": "one"}));
    assert_eq!(fixture.ids("goals", "todos.title ?= 'one'", ""), ["g"]);
    fixture.insert("goals", json!({"id": "ghost"}));
    assert_eq!(fixture.value("goals", "ghost", "todos"), json!(["t1"]));
    let goals = fixture.collection("goals");
    let unlinked = fixture.transact(DATA, move |transaction| {
        Ok(transaction.unlink(&goals, "todos", &[("g", "t2"), ("g", "no")])?)
    });
    unlinked.unwrap();
    assert_eq!(fixture.value("goals", "g", "todos"), json!(["t1"]));
    let changes = fixture.told.lock().clone();
    let last = changes.last().unwrap();
    assert_eq!(last.kind, ChangeKind::Update);
    assert_eq!(last.before.as_ref().unwrap().get("todos"), Some(&json!(["t1", "t2"])));
}

#[test]
fn a_link_to_one_is_overwritten_and_a_link_from_one_is_not_stolen() {
    let fixture = goals();
    fixture.insert("goals", json!({"id": "g"}));
    fixture.link("goals", "owner", &[("g", "p1")]);
    fixture.link("goals", "owner", &[("g", "p2")]);
    assert_eq!(fixture.value("goals", "g", "owner"), json!("p2"));
    fixture.link("todos", "notes", &[("t1", "n1"), ("t1", "n2")]);
    let stolen = fixture.transact(DATA, |transaction| {
        let todos = transaction.schema().attrs().collection("todos").unwrap().clone();
        Ok(transaction.link(&todos, "notes", &[("t1", "n3"), ("t2", "n2")])?)
    });
    match stolen.unwrap_err() {
        TransactionError::NotUnique { field, value, .. } => {
            assert_eq!((field.as_str(), *value), ("notes", json!("n2")));
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn deletes_cascade_both_ways_and_take_links_along() {
    let fixture = goals();
    fixture.insert("people", json!({"id": "p"}));
    fixture.insert("goals", json!({"id": "g"}));
    fixture.insert("goals", json!({"id": "other"}));
    fixture.insert("todos", json!({"id": "t"}));
    fixture.insert("notes", json!({"id": "n"}));
    fixture.link("goals", "owner", &[("g", "p")]);
    fixture.link("goals", "todos", &[("g", "t"), ("other", "t")]);
    fixture.link("todos", "notes", &[("t", "n"), ("t", "not there")]);
    let people = fixture.collection("people");
    let doomed = fixture.transact(DATA, move |transaction| {
        let person = transaction.load(&people, &["p"])?;
        Ok(transaction.doomed(person)?.iter().map(|record| record.id().to_owned()).collect::<Vec<_>>())
    });
    assert_eq!(doomed.unwrap().value, ["p", "g"]);
    fixture.delete("people", "p").unwrap();
    assert!(fixture.load("goals", "g").is_none());
    assert!(fixture.load("todos", "t").is_some());
    let goals = fixture.collection("goals");
    let links = ketch_store::sql::relations::table_name(&goals.field("todos").unwrap().id);
    assert_eq!(fixture.count(&links), 1);

    fixture.told.lock().clear();
    let todos = fixture.collection("todos");
    let notes = ketch_store::sql::relations::table_name(&todos.field("notes").unwrap().id);
    let deleted =
        fixture.transact(DATA, move |transaction| Ok(transaction.delete(&todos, &["t", "t", "nobody"])?));
    assert_eq!(deleted.unwrap().value, 1);
    assert!(fixture.load("notes", "n").is_none());
    assert_eq!((fixture.count(&links), fixture.count(&notes)), (0, 0));
    let told: Vec<ChangeKind> = fixture.told.lock().iter().map(|change| change.kind).collect();
    assert_eq!(told, [ChangeKind::Update, ChangeKind::Delete, ChangeKind::Delete]);
}

#[test]
fn cascades_end_where_they_meet_themselves() {
    let fixture = Fixture::new();
    let parent = Attr {
        cardinality: Cardinality::One,
        on_delete: true,
        ..link("nodes", "parent", "nodes", "children")
    };
    fixture.attrs(vec![blob("nodes", "id"), parent]);
    for id in ["a", "b", "c"] {
        fixture.insert("nodes", json!({"id": id}));
    }
    fixture.link("nodes", "parent", &[("a", "b"), ("b", "c"), ("c", "a")]);
    fixture.delete("nodes", "b").unwrap();
    assert_eq!(fixture.ids("nodes", "", ""), Vec::<String>::new());
}

#[test]
fn an_error_and_a_dry_run_leave_nothing() {
    let fixture = goals();
    let failed = fixture.transact(SCHEMA, |transaction| {
        transaction.add_attr(&blob("extra", "x"))?;
        transaction.insert(record(transaction.schema(), "goals", json!({"id": "a"})))?;
        Err::<(), _>(Failed(TransactionError::Refused("no".to_owned())))
    });
    assert!(matches!(failed, Err(TransactionError::Refused(_))));
    let dry = fixture.transact(Mode { exclusive: true, dry: true }, |transaction| {
        transaction.add_attr(&blob("extra", "x"))?;
        transaction.insert(record(transaction.schema(), "extra", json!({"id": "a", "x": 1})))?;
        Ok(transaction.changes().len())
    });
    let dry = dry.unwrap();
    assert_eq!((dry.value, dry.number), (1, 0));
    assert!(fixture.load("goals", "a").is_none());
    assert!(fixture.records.schema().attrs().collection("extra").is_none());
    assert!(fixture.told.lock().is_empty());
}

#[test]
fn numbers_of_transactions_grow() {
    let fixture = goals();
    let mut last = 0;
    for _ in 0..3 {
        let number = fixture.transact(DATA, |_| Ok(())).unwrap().number;
        assert!(number > last);
        last = number;
    }
}

#[test]
fn a_link_to_one_waits_for_its_source() {
    let fixture = goals();
    fixture.insert("people", json!({"id": "p"}));
    fixture.link("goals", "owner", &[("later", "q"), ("later", "p"), ("never", "p")]);
    let goals = fixture.collection("goals");
    fixture
        .transact(DATA, move |transaction| Ok(transaction.unlink(&goals, "owner", &[("never", "p")])?))
        .unwrap();
    fixture.insert("goals", json!({"id": "later"}));
    fixture.insert("goals", json!({"id": "never"}));
    assert_eq!(fixture.value("goals", "later", "owner"), json!("p"));
    assert_eq!(fixture.value("goals", "never", "owner"), json!(""));
    assert_eq!(fixture.count("_ketch_links"), 0);
    // Whoever goes takes along what waits.
    fixture.link("goals", "owner", &[("x", "p"), ("y", "q")]);
    let people = fixture.collection("people");
    fixture.transact(DATA, move |transaction| Ok(transaction.delete(&people, &["p"])?)).unwrap();
    let goals = fixture.collection("goals");
    fixture.transact(DATA, move |transaction| Ok(transaction.delete(&goals, &["y"])?)).unwrap();
    assert_eq!(fixture.count("_ketch_links"), 0);
}

#[test]
fn documents_are_kept_with_the_transaction() {
    let fixture = goals();
    let read = || fixture.run(fixture.records.document("instant.rules")).unwrap();
    assert_eq!(read(), None);
    fixture
        .transact(DATA, |transaction| Ok(transaction.save_document("instant.rules", Some(&json!({"a": 1})))?))
        .unwrap();
    assert_eq!(read(), Some(json!({"a": 1})));
    fixture.transact(DATA, |transaction| Ok(transaction.save_document("instant.rules", None)?)).unwrap();
    assert_eq!(read(), None);
}
