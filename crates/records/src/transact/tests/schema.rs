//! Namespaces and attrs made and changed in transactions.

use ketch_model::attr::{Attr, CheckedType};
use ketch_model::collection::Direction;
use serde_json::json;

use super::fixture::{DATA, Fixture, SCHEMA, blob, link};
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
