//! What clients of the other front see of collections that were born here, and the reverse.

use std::sync::Arc;

use ketch_model::attr::{Attr, Cardinality, CheckedType};
use ketch_model::{Value, json as plain};
use ketch_query::RequestInfo;
use serde_json::json;

use super::fixture::{DATA, Fixture, blob, link, object};
use crate::view::Expanded;

/// The same data twice: `goals` and `todos` in link tables, `pgoals` and `ptodos` in lists.
fn twins() -> Fixture {
    let fixture = Fixture::new();
    let text = |attr: Attr| Attr { checked_type: Some(CheckedType::String), ..attr };
    fixture.attrs(vec![
        blob("goals", "id"),
        text(blob("goals", "title")),
        blob("todos", "id"),
        text(blob("todos", "title")),
        Attr { checked_type: Some(CheckedType::Number), ..blob("todos", "size") },
        link("goals", "todos", "todos", "goals"),
    ]);
    let id = json!({"name": "id", "type": "text", "primaryKey": true, "required": true, "system": true, "pattern": "^.+$", "autogeneratePattern": "[a-z0-9]{15}", "min": 1});
    let todos = fixture.make(json!({"name": "ptodos", "type": "base", "fields": [
        id, {"name": "title", "type": "text"}, {"name": "size", "type": "number"}]}));
    fixture.make(json!({"name": "pgoals", "type": "base", "fields": [
        id, {"name": "title", "type": "text"},
        {"name": "todos", "type": "relation", "collectionId": todos.id, "maxSelect": 99}]}));
    for (goals, todos) in [("goals", "todos"), ("pgoals", "ptodos")] {
        for (todo, title, size) in [("t1", "one", 1), ("t2", "two", 2), ("t3", "three", 3), ("t4", "one", 9)]
        {
            fixture.create(todos, json!({"id": todo, "title": title, "size": size})).unwrap();
        }
        for (goal, title, linked) in [
            ("a", "A", json!(["t1", "t2"])),
            ("b", "B", json!(["t2"])),
            ("c", "C", json!([])),
            ("d", "D", json!(["t1", "t3", "t4"])),
        ] {
            fixture.create(goals, json!({"id": goal, "title": title, "todos": linked})).unwrap();
        }
    }
    fixture
}

#[test]
fn filters_over_links_answer_as_over_lists() {
    let fixture = twins();
    for filter in [
        "todos.title = 'one'",
        "todos.title ?= 'one'",
        "todos.title != 'one'",
        "todos.title ?!= 'two'",
        "todos.title ~ 'o'",
        "todos.size > 1",
        "todos.size ?> 1 && todos.title ?= 'one'",
        "todos:length = 2",
        "todos:length > 0 && title != 'D'",
        "todos:each ?= 't2'",
        "todos:each = 't2'",
        "todos ~ 't3'",
        "todos ?= 't1'",
        "todos.id ?= 't1'",
        "todos.id = null",
        "todos = '[]'",
        "todos.%_via_todos.title ?= 'B'",
        "todos.%_via_todos.todos.title ?= 'three'",
        "(todos.title ?= 'two' || todos.title ?= 'three') && title > 'A'",
        "todos.title:lower ?= 'one'",
    ] {
        let ours = fixture.ids("goals", &filter.replace('%', "goals"), "title");
        let theirs = fixture.ids("pgoals", &filter.replace('%', "pgoals"), "title");
        assert_eq!(ours, theirs, "{filter}");
    }
    for filter in [
        "%_via_todos.title ?= 'A'",
        "%_via_todos.id = null",
        "%_via_todos.title = 'B'",
        "%_via_todos.todos.size ?= 9",
    ] {
        let ours = fixture.ids("todos", &filter.replace('%', "goals"), "id");
        let theirs = fixture.ids("ptodos", &filter.replace('%', "pgoals"), "id");
        assert_eq!(ours, theirs, "{filter}");
    }
    assert_eq!(fixture.ids("goals", "todos.title ?= 'one'", "title"), ["a", "d"]);
    assert_eq!(fixture.ids("goals", "", "-todos.size,title").len(), 4);
}

#[test]
fn rules_over_links_hold_for_records_that_are_not_stored_yet() {
    let fixture = twins();
    for goals in ["goals", "pgoals"] {
        let collection = fixture.records.schema().by_name(goals).unwrap().clone();
        let rule = object(json!({"createRule": "todos.title ?= 'one' && todos:length = 2", "viewRule": ""}));
        fixture.run(fixture.collections().update(&collection, rule)).unwrap();
        let collection = fixture.records.schema().by_name(goals).unwrap().clone();
        let create = |todos: Value| {
            let submission = crate::Submission {
                data: object(json!({"title": "x", "todos": todos})),
                uploads: Vec::new(),
            };
            let guest =
                RequestInfo { context: "default", method: "POST".to_owned(), ..RequestInfo::default() };
            fixture.run(fixture.records.create(&collection, submission, guest))
        };
        assert!(create(json!(["t1", "t2"])).is_ok(), "{goals}");
        assert!(create(json!(["t1"])).is_err(), "{goals}");
        assert!(create(json!(["t2", "t3"])).is_err(), "{goals}");
    }
}

#[test]
fn links_expand_both_ways() {
    let fixture = twins();
    let names = |expanded: Option<&Expanded>| match expanded {
        Some(Expanded::Many(views)) => {
            let mut names: Vec<String> = views.iter().map(|view| view.record.id().to_owned()).collect();
            names.sort();
            names
        }
        _ => Vec::new(),
    };
    for (goals, todos) in [("goals", "todos"), ("pgoals", "ptodos")] {
        let views = fixture.list(goals, "id = 'd'", "", "todos").unwrap();
        let expand = views[0].expand.as_ref().unwrap();
        assert_eq!(names(expand.get("todos")), ["t1", "t3", "t4"], "{goals}");
        let back = format!("{goals}_via_todos");
        let views = fixture.list(todos, "id = 't1'", "", &back).unwrap();
        assert_eq!(names(views[0].expand.as_ref().unwrap().get(&back)), ["a", "d"], "{goals}");
    }
}

#[test]
fn links_are_written_with_modifiers_and_leave_with_their_targets() {
    let fixture = twins();
    for goals in ["goals", "pgoals"] {
        let todos = |record: &ketch_model::Record| record.get("todos").cloned().unwrap_or_default();
        let patched = fixture.patch(goals, "a", json!({"todos+": "t3", "todos-": "t1"})).unwrap();
        assert_eq!(todos(&patched), json!(["t2", "t3"]), "{goals}");
        assert_eq!(fixture.ids(goals, "todos.id ?= 't3'", "id"), ["a", "d"]);
        let patched = fixture.patch(goals, "a", json!({"todos": []})).unwrap();
        assert_eq!(todos(&patched), json!([]));
        assert!(fixture.patch(goals, "a", json!({"todos": ["nobody"]})).is_err());
    }
    fixture.delete("todos", "t1").unwrap();
    assert_eq!(fixture.value("goals", "d", "todos"), json!(["t3", "t4"]));
    fixture.delete("goals", "d").unwrap();
    let links =
        ketch_store::sql::relations::table_name(&fixture.collection("goals").field("todos").unwrap().id);
    assert_eq!(fixture.count(&links), 1);
}

#[test]
fn the_schema_changes_through_the_other_front() {
    let fixture = twins();
    let goals = fixture.collection("goals");
    let Value::Object(mut submitted) = goals.to_json() else { panic!("an object") };
    // Renamed, and one more field.
    let fields = submitted.get_mut("fields").and_then(Value::as_array_mut).unwrap();
    for field in fields.iter_mut() {
        if field["name"] == "todos" {
            field["name"] = json!("tasks");
        }
    }
    fields.push(json!({"name": "priority", "type": "number"}));
    submitted.insert("name".to_owned(), json!("aims"));
    fixture.run(fixture.collections().update(&goals, submitted)).unwrap();
    for schema in [fixture.records.schema().as_ref(), &fixture.reload()] {
        let tasks = schema.attrs().forward("aims", "tasks").unwrap();
        assert_eq!(tasks.attr.reverse.as_ref().map(|reverse| reverse.label.as_str()), Some("goals"));
        assert!(tasks.field().unwrap().is_link_table());
        assert!(schema.attrs().forward("aims", "priority").unwrap().attr.index);
    }
    assert_eq!(fixture.ids("aims", "tasks.title ?= 'three'", ""), ["d"]);
    // The stored row holds only what the original understands.
    let stored = fixture.collection("aims").to_row().fields;
    assert!(!stored.contains("tasks") && stored.contains("priority"), "{stored}");

    let aims = fixture.collection("aims");
    let links = ketch_store::sql::relations::table_name(&aims.field("tasks").unwrap().id);
    assert_eq!(fixture.count(&links), 6);
    let Value::Object(mut submitted) = aims.to_json() else { panic!("an object") };
    let fields = submitted.get_mut("fields").and_then(Value::as_array_mut).unwrap();
    fields.retain(|field| field["name"] != "tasks");
    fixture.run(fixture.collections().update(&aims, submitted)).unwrap();
    assert!(fixture.reload().attrs().find("todos", "goals").is_none());
    let gone = fixture.run(fixture.records.store().read(move |connection| {
        connection.count(&ketch_store::Statement::new(format!("SELECT count(*) FROM `{links}`"), Vec::new()))
    }));
    assert!(gone.is_err());
    fixture.run(fixture.collections().delete(&fixture.collection("aims"))).unwrap();
    assert!(fixture.reload().attrs().collection("aims").is_none());
}

#[test]
fn odd_records_are_shown_and_changed_by_the_other_front() {
    let fixture = Fixture::new();
    let flag = Attr { checked_type: Some(CheckedType::Boolean), ..blob("odd things", "flag") };
    let number =
        Attr { checked_type: Some(CheckedType::Number), required: true, ..blob("odd things", "a number") };
    let owner = Attr { cardinality: Cardinality::One, ..link("odd things", "owner", "people", "things") };
    fixture.attrs(vec![blob("odd things", "id"), flag, number, blob("odd things", "content-type"), owner]);
    let id = "todo/1 'x' \"y\" é";
    fixture.insert("odd things", json!({"id": id, "a number": 0, "content-type": {"a": 1}}));
    let views = fixture.list("odd things", "", "-id", "owner").unwrap();
    assert_eq!(views[0].record.get("flag"), Some(&Value::Null));
    assert_eq!(views[0].record.get("owner"), Some(&json!("")));
    let patched = fixture.patch("odd things", id, json!({"flag": true, "content-type": null})).unwrap();
    assert_eq!(plain::to_text(patched.get("flag").unwrap()), "true");
    assert_eq!(patched.get("content-type"), Some(&Value::Null));
    // What the attr demands, clients of the other front owe as well.
    assert!(fixture.create("odd things", json!({"flag": false})).is_err());
    let created = fixture.create("odd things", json!({"a number": 0})).unwrap();
    assert_eq!(created.id().len(), 15);
    fixture.delete("odd things", id).unwrap();
}

#[test]
fn records_of_the_other_front_are_read_and_written_here() {
    let fixture = twins();
    let pgoals = fixture.collection("pgoals");
    let linked = fixture.transact(DATA, {
        let pgoals = Arc::clone(&pgoals);
        move |transaction| {
            transaction.link(&pgoals, "todos", &[("c", "t4"), ("a", "t1")])?;
            transaction.unlink(&pgoals, "todos", &[("a", "t2")])?;
            Ok(())
        }
    });
    linked.unwrap();
    assert_eq!(fixture.value("pgoals", "c", "todos"), json!(["t4"]));
    assert_eq!(fixture.value("pgoals", "a", "todos"), json!(["t1"]));
    let (entry, _) = fixture
        .reload()
        .attrs()
        .find("ptodos", "pgoals_via_todos")
        .map(|(entry, way)| (entry.clone(), way))
        .unwrap();
    assert!(entry.attr.is_many());
}
