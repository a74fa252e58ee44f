//! Namespaces and attrs made and changed in transactions.

use ketch_model::Value;
use ketch_model::attr::{Attr, Cardinality, CheckedType};
use ketch_model::collection::Direction;
use serde_json::json;

use super::fixture::{DATA, Fixture, SCHEMA, blob, link, object, record};
use crate::TransactionError;

#[test]
fn attrs_survive_a_restart() {
    let fixture = Fixture::new();
    let attrs = vec![
        blob("goals", "id"),
        Attr {
            checked_type: Some(CheckedType::Date),
            index: true,
            required: true,
            metadata: Some(json!({"a": 1})),
            ..blob("goals", "due at")
        },
        link("goals", "todos", "todos", "goals"),
        blob("users", "id"),
        blob("users", "Name"),
        blob("$users", "nickname"),
    ];
    let ids: Vec<String> = attrs.iter().map(|attr| attr.id.clone()).collect();
    fixture.attrs(attrs.clone());
    for schema in [fixture.records.schema().as_ref(), &fixture.reload()] {
        for (id, attr) in ids.iter().zip(&attrs) {
            assert_eq!(
                schema.attrs().by_id(id).map(|entry| entry.attr.as_ref()),
                Some(attr),
                "{}",
                attr.name()
            );
        }
        assert_eq!(
            schema.attrs().collection("users").map(|users| users.name.as_str()),
            Some("instant_users")
        );
        assert_eq!(schema.attrs().collection("$users").map(|users| users.name.as_str()), Some("users"));
        let (_, direction) = schema.attrs().find("todos", "goals").unwrap();
        assert_eq!(direction, Direction::Reverse);
        // The target of a link is a namespace without an id of its own so far.
        assert!(schema.attrs().find("todos", "id").is_none());
    }
    // Sent again, all stay as they are.
    fixture.attrs(attrs);
}

#[test]
fn names_that_cannot_be_are_refused() {
    let fixture = Fixture::new();
    fixture.attrs(vec![
        blob("goals", "id"),
        blob("goals", "title"),
        link("goals", "todos", "todos", "goals"),
    ]);
    let refused = |attr: Attr| {
        fixture.transact(SCHEMA, move |transaction| Ok(transaction.add_attr(&attr).map(drop)?)).unwrap_err()
    };
    for taken in [
        blob("goals", "title"),
        blob("goals", "id"),
        blob("todos", "goals"),
        link("goals", "x", "goals", "todos"),
    ] {
        assert!(matches!(refused(taken.clone()), TransactionError::Taken { .. }), "{}", taken.name());
    }
    for wrong in [
        blob("goals", "Title"),
        blob("goals", "a.b"),
        blob("goals", ""),
        blob("", "x"),
        blob("goals", "a\0"),
        blob("goals", "a`b"),
        blob("$mine", "x"),
        blob("$oauthClients", "x"),
        blob("goals", "_ketch_created"),
        Attr { required: true, ..blob("$users", "x") },
        Attr { on_delete: true, ..link("goals", "y", "z", "w") },
        link("goals", "same", "goals", "same"),
    ] {
        assert!(matches!(refused(wrong.clone()), TransactionError::Refused(_)), "{}", wrong.name());
    }
    let lazily =
        fixture.transact(DATA, |transaction| Ok(transaction.add_attr(&blob("new", "x")).map(drop)?));
    assert!(matches!(lazily, Err(TransactionError::NotExclusive)));
}

#[test]
fn system_attrs_get_their_fields_when_needed() {
    let fixture = Fixture::new();
    let (kind, guests) = {
        let schema = fixture.records.schema();
        let id = |label| schema.attrs().forward("$users", label).unwrap().attr.id.clone();
        (id("type"), id("linkedPrimaryUser"))
    };
    let placed = fixture.transact(SCHEMA, move |transaction| {
        for id in [&kind, &guests, &kind] {
            assert!(transaction.place_system_attr(id)?.place.is_some());
        }
        transaction.create_collection("$files")?;
        Ok(())
    });
    placed.unwrap();
    for schema in [fixture.records.schema().as_ref(), &fixture.reload()] {
        assert!(schema.attrs().forward("$users", "type").unwrap().place.is_some());
        assert!(schema.attrs().forward("$files", "path").unwrap().place.is_some());
        assert!(schema.by_name("$files").unwrap().system);
        assert!(schema.attrs().iter().filter(|entry| entry.attr.forward.namespace == "$files").count() == 8);
    }
    fixture.insert("$files", json!({"id": "f", "path": "a/b.png", "size": 3}));
}

fn fits(checked: CheckedType, value: &Value) -> bool {
    match checked {
        CheckedType::String => value.is_string(),
        CheckedType::Number => value.is_number(),
        CheckedType::Boolean => value.is_boolean(),
        CheckedType::Date => value.is_string() || value.is_number(),
    }
}

/// Changes the attr with this name by a client's partial JSON.
fn update(fixture: &Fixture, namespace: &str, label: &str, change: Value) -> Result<(), TransactionError> {
    let schema = fixture.records.schema();
    let attr = schema.attrs().forward(namespace, label).unwrap().attr.clone();
    let attr = attr.changed(&object(change)).unwrap();
    fixture
        .transact(SCHEMA, move |transaction| Ok(transaction.update_attr(&attr, &fits).map(drop)?))
        .map(drop)
}

#[test]
fn values_follow_the_type_of_their_attr() {
    let fixture = Fixture::new();
    fixture.attrs(vec![blob("goals", "id"), blob("goals", "v")]);
    for (id, value) in [("a", json!("123")), ("b", json!("x")), ("c", json!(null))] {
        fixture.insert("goals", json!({"id": id, "v": value}));
    }
    match update(&fixture, "goals", "v", json!({"checked-data-type": "number"})).unwrap_err() {
        TransactionError::Mismatch { id, value, .. } => {
            assert_eq!((id.as_str(), *value), ("a", json!("123")))
        }
        other => panic!("{other:?}"),
    }
    update(&fixture, "goals", "v", json!({"checked-data-type": "string", "index?": true})).unwrap();
    assert_eq!(fixture.collection("goals").field("v").unwrap().type_name(), "text");
    assert_eq!(
        (fixture.value("goals", "a", "v"), fixture.value("goals", "c", "v")),
        (json!("123"), Value::Null)
    );
    assert_eq!(fixture.ids("goals", "v = '123'", ""), ["a"]);
    update(&fixture, "goals", "v", json!({"checked-data-type": null})).unwrap();
    assert_eq!(fixture.collection("goals").field("v").unwrap().type_name(), "json");
    assert_eq!(fixture.value("goals", "a", "v"), json!("123"));
    fixture.insert("goals", json!({"id": "d", "v": {"a": 1}}));
    assert!(update(&fixture, "goals", "v", json!({"checked-data-type": "date"})).is_err());
    let reloaded = fixture.reload();
    assert_eq!(
        reloaded.attrs().forward("goals", "v").unwrap().attr,
        fixture.records.schema().attrs().forward("goals", "v").unwrap().attr
    );
}

#[test]
fn attrs_get_stricter_only_over_data_that_fit() {
    let fixture = Fixture::new();
    fixture.attrs(vec![blob("goals", "id"), blob("goals", "slug"), link("goals", "todos", "todos", "goals")]);
    for (id, slug) in [("a", json!("x")), ("b", json!("x")), ("c", json!(null)), ("d", json!(null))] {
        fixture.insert("goals", json!({"id": id, "slug": slug}));
    }
    match update(&fixture, "goals", "slug", json!({"unique?": true})).unwrap_err() {
        TransactionError::NotUnique { field, value, .. } => {
            assert_eq!((field.as_str(), *value), ("slug", json!("x")))
        }
        other => panic!("{other:?}"),
    }
    match update(&fixture, "goals", "slug", json!({"required?": true})).unwrap_err() {
        TransactionError::Missing { ids, .. } => assert_eq!(ids, ["c", "d"]),
        other => panic!("{other:?}"),
    }
    fixture.delete("goals", "b").unwrap();
    update(&fixture, "goals", "slug", json!({"unique?": true, "index?": true})).unwrap();
    let again = fixture.transact(DATA, |transaction| {
        transaction.insert(record(transaction.schema(), "goals", json!({"id": "e", "slug": "x"})))?;
        Ok(())
    });
    assert!(matches!(again, Err(TransactionError::NotUnique { .. })));
    update(&fixture, "goals", "slug", json!({"unique?": false})).unwrap();
    fixture.insert("goals", json!({"id": "e", "slug": "x"}));

    fixture.link("goals", "todos", &[("a", "t1"), ("c", "t1"), ("a", "t2")]);
    assert!(matches!(
        update(&fixture, "goals", "todos", json!({"unique?": true})),
        Err(TransactionError::NotUnique { value, .. }) if *value == json!("t1")
    ));
    assert!(matches!(
        update(&fixture, "goals", "todos", json!({"cardinality": "one"})),
        Err(TransactionError::Mismatch { id, .. }) if id == "a"
    ));
    let goals = fixture.collection("goals");
    fixture
        .transact(DATA, move |transaction| Ok(transaction.unlink(&goals, "todos", &[("a", "t1")])?))
        .unwrap();
    update(
        &fixture,
        "goals",
        "todos",
        json!({"cardinality": "one", "unique?": true, "on-delete": "cascade"}),
    )
    .unwrap();
    assert_eq!(
        (fixture.value("goals", "a", "todos"), fixture.value("goals", "c", "todos")),
        (json!("t2"), json!("t1"))
    );
    update(&fixture, "goals", "todos", json!({"cardinality": "many"})).unwrap();
    assert_eq!(fixture.value("goals", "a", "todos"), json!(["t2"]));
    let stolen = fixture.transact(DATA, |transaction| {
        let goals = transaction.schema().attrs().collection("goals").unwrap().clone();
        Ok(transaction.link(&goals, "todos", &[("d", "t2")])?)
    });
    assert!(matches!(stolen, Err(TransactionError::NotUnique { .. })));
}

#[test]
fn attrs_are_renamed_with_their_data() {
    let fixture = Fixture::new();
    let slug = Attr { unique: true, index: true, ..blob("goals", "slug") };
    fixture.attrs(vec![
        blob("goals", "id"),
        slug.clone(),
        blob("goals", "b"),
        link("goals", "todos", "todos", "goals"),
    ]);
    fixture.insert("goals", json!({"id": "a", "slug": "x"}));
    update(&fixture, "goals", "slug", json!({"forward-identity": [slug.forward.id, "goals", "name"]}))
        .unwrap();
    assert_eq!(fixture.value("goals", "a", "name"), json!("x"));
    let schema = fixture.reload();
    let todos = schema.attrs().forward("goals", "todos").unwrap().attr.clone();
    let reverse = todos.reverse.as_ref().unwrap().id.clone();
    update(&fixture, "goals", "todos", json!({"reverse-identity": [reverse, "todos", "owners"]})).unwrap();
    assert!(fixture.reload().attrs().reverse("todos", "owners").is_some());
    assert!(matches!(
        update(&fixture, "goals", "name", json!({"forward-identity": [slug.forward.id, "goals", "b"]})),
        Err(TransactionError::Taken { .. })
    ));
}

#[test]
fn deleted_attrs_come_back_until_they_are_purged() {
    let fixture = Fixture::new();
    let slug = Attr { unique: true, index: true, ..blob("goals", "slug") };
    let todos = link("goals", "todos", "todos", "goals");
    let id = blob("goals", "id");
    fixture.attrs(vec![id.clone(), slug.clone(), todos.clone()]);
    fixture.insert("goals", json!({"id": "a", "slug": "x"}));
    fixture.link("goals", "todos", &[("a", "t")]);
    let delete = |attr: &Attr| {
        let attr_id = attr.id.clone();
        fixture.transact(SCHEMA, move |transaction| Ok(transaction.delete_attr(&attr_id)?)).unwrap();
    };
    let restore = |attr: &Attr| {
        let attr_id = attr.id.clone();
        fixture.transact(SCHEMA, move |transaction| {
            Ok(transaction.restore_attr(&attr_id).map(|entry| (*entry.attr).clone())?)
        })
    };
    let gone = || {
        let listed = fixture.transact(DATA, |transaction| Ok(transaction.deleted_attrs()?)).unwrap().value;
        let mut names: Vec<String> = listed.iter().map(Attr::name).collect();
        assert!(listed.iter().all(|attr| attr.deleted.is_some()));
        names.sort();
        names
    };
    delete(&slug);
    delete(&todos);
    assert_eq!(gone(), ["goals.slug", "goals.todos"]);
    for schema in [fixture.records.schema().as_ref(), &fixture.reload()] {
        assert!(schema.attrs().by_id(&slug.id).is_none() && schema.attrs().find("todos", "goals").is_none());
    }
    fixture.insert("goals", json!({"id": "b"}));
    assert_eq!(restore(&slug).unwrap().value, slug);
    assert_eq!(restore(&todos).unwrap().value, todos);
    assert_eq!(
        (fixture.value("goals", "a", "slug"), fixture.value("goals", "a", "todos")),
        (json!("x"), json!(["t"]))
    );
    assert!(gone().is_empty());
    assert!(fixture.reload().attrs().reverse("todos", "goals").is_some());

    // Another may take the name meanwhile.
    delete(&slug);
    fixture.attrs(vec![blob("goals", "slug")]);
    assert!(matches!(restore(&slug), Err(TransactionError::Taken { .. })));

    // A namespace goes with its id, and a new one of its name is empty.
    delete(&todos);
    delete(&id);
    assert!(fixture.reload().attrs().collection("goals").is_none());
    fixture.attrs(vec![blob("goals", "id"), blob("goals", "slug")]);
    assert!(fixture.load("goals", "a").is_none());
    assert!(matches!(restore(&id), Err(TransactionError::Taken { .. })));

    let purge = |date: &'static str| {
        fixture.transact(SCHEMA, move |transaction| Ok(transaction.purge_attrs(date)?)).unwrap().value
    };
    assert_eq!(purge("2000-01-01 00:00:00.000Z"), 0);
    assert_eq!(purge("9999-01-01 00:00:00.000Z"), 3);
    assert!(gone().is_empty());
    assert!(restore(&id).is_err());
    let reloaded = fixture.reload();
    assert!(!reloaded.collections().iter().any(|collection| collection.name.starts_with("deleted_")));
}

#[test]
fn a_deleted_namespace_comes_back() {
    let fixture = Fixture::new();
    let id = blob("goals", "id");
    let owner = Attr { cardinality: Cardinality::One, ..link("posts", "goal", "goals", "posts") };
    fixture.attrs(vec![
        id.clone(),
        Attr { index: true, ..blob("goals", "title") },
        blob("posts", "id"),
        owner,
    ]);
    fixture.insert("goals", json!({"id": "a", "title": "x"}));
    let attr_id = id.id.clone();
    fixture.transact(SCHEMA, move |transaction| Ok(transaction.delete_attr(&attr_id)?)).unwrap();
    assert!(fixture.records.schema().attrs().forward("posts", "goal").is_none());
    fixture.transact(SCHEMA, move |transaction| Ok(transaction.restore_attr(&id.id).map(drop)?)).unwrap();
    assert_eq!(fixture.value("goals", "a", "title"), json!("x"));
    assert!(fixture.reload().attrs().forward("posts", "goal").is_some());
}
