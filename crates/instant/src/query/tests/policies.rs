//! What a viewer may see decides what a query finds, whichever way the rules decide.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_model::attr::CheckedType;
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection, Error, Value};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Column, Operand, Test};
use ketch_store::Connection;
use serde_json::json;

use super::world::{Data, Failure, Space, World, blob, entity, link};
use crate::query::{Aliases, Rows, Scope, Sight, ViewPolicy};

/// Hides entities whose `secret` is true, of posts the field `note` where `note` is "private", and
/// the namespace `keys` altogether.
#[derive(Debug, Clone, Copy)]
struct NoSecrets {
    /// In SQL, or by looking at rows.
    pushes: bool,
}

fn secret(collection: &Collection) -> usize {
    collection.field_index("secret").expect("the field")
}

impl ViewPolicy for NoSecrets {
    fn scope(&self, collection: &Arc<Collection>) -> Scope {
        match collection.name.as_str() {
            "keys" => Scope::Nothing,
            "open" => Scope::All,
            _ if self.pushes => Scope::Pushed,
            _ => Scope::Checked,
        }
    }

    fn predicate(&self, collection: &Arc<Collection>, at: Alias, _: &mut Aliases) -> Predicate {
        if !self.pushes {
            return Predicate::Always;
        }
        let column = Column { alias: at, field: secret(collection), kind: ColumnKind::Bool, nullable: true };
        let is_secret = Operand::Constant(Cell::Integer(1));
        Predicate::compare(Operand::Column(column), Test::Different, is_secret)
    }

    fn look(&self, _: &mut dyn Connection, rows: &Rows) -> Result<Vec<Sight>, Error> {
        let note = rows.collection.field_index("note");
        let sight = |row| {
            if rows.cell(row, secret(&rows.collection)) == Some(&Cell::Integer(1)) {
                return Sight::Nothing;
            }
            match note {
                Some(note) if rows.cell(row, note) == Some(&Cell::text("private")) => {
                    Sight::Without(BTreeSet::from([note]))
                }
                _ => Sight::All,
            }
        };
        Ok((0..rows.len()).map(sight).collect())
    }

    fn may_aggregate(&self) -> bool {
        false
    }
}

const PUSHED: NoSecrets = NoSecrets { pushes: true };
const CHECKED: NoSecrets = NoSecrets { pushes: false };

fn world() -> World {
    let text = Some(CheckedType::String);
    let secret = || blob("secret", Some(CheckedType::Boolean), true);
    let posts = Space {
        name: "posts".to_owned(),
        blobs: vec![blob("title", text, true), secret()],
        links: vec![
            link("author", "people", "posts", false, false),
            link("key", "keys", "posts", false, false),
        ],
    };
    let comments = Space {
        name: "comments".to_owned(),
        blobs: vec![blob("text", text, true), secret()],
        links: vec![link("post", "posts", "comments", false, false)],
    };
    let people = Space {
        name: "people".to_owned(),
        blobs: vec![blob("nick", text, true), blob("note", text, true), secret()],
        links: vec![link("teams", "open", "people", true, false)],
    };
    let keys = Space { name: "keys".to_owned(), blobs: vec![secret()], links: vec![] };
    let open = Space { name: "open".to_owned(), blobs: vec![secret()], links: vec![] };
    let rows = [
        (&posts, json!({"id": "p1", "title": "a", "author": "ann", "key": "k1"})),
        (&posts, json!({"id": "p2", "title": "b", "author": "bob"})),
        (&posts, json!({"id": "p3", "title": "c", "author": "ann", "secret": true})),
        (&posts, json!({"id": "p4", "title": "d"})),
        (&comments, json!({"id": "c1", "text": "x", "post": "p1"})),
        (&comments, json!({"id": "c2", "text": "y", "post": "p1", "secret": true})),
        (&comments, json!({"id": "c3", "text": "y", "post": "p2"})),
        (&comments, json!({"id": "c4", "text": "z", "post": "p3"})),
        (&people, json!({"id": "ann", "nick": "ann", "note": "open", "teams": ["o1"]})),
        (&people, json!({"id": "bob", "nick": "bob", "secret": true, "teams": ["o1"]})),
        (&people, json!({"id": "cat", "nick": "cat", "note": "private"})),
        (&keys, json!({"id": "k1"})),
        (&open, json!({"id": "o1", "secret": true})),
    ];
    let mut data = Data::default();
    for (space, row) in rows {
        data.entities.entry(space.name.clone()).or_default().push(entity(space, &row));
    }
    data.spaces = vec![posts, comments, people, keys, open];
    World::new(&data)
}

fn found(world: &World, policy: NoSecrets, query: &Value) -> String {
    let (tree, ..) = world.ask_as(policy, query, false).expect("an answer");
    let (_, list) = tree.as_object().and_then(|tree| tree.iter().next()).expect("a namespace");
    let ids = list.as_array().expect("a list").iter();
    ids.map(|entity| entity["id"].as_str().expect("an id")).collect::<Vec<_>>().join(" ")
}

#[test]
fn both_ways_find_the_same() {
    let world = world();
    let rows = [
        (json!({"posts": {}}), "p1 p2 p4"),
        (json!({"keys": {}}), ""),
        (json!({"open": {}}), "o1"),
        // The way goes through entities that must be visible.
        (json!({"posts": {"$": {"where": {"comments.text": "y"}}}}), "p2"),
        (json!({"posts": {"$": {"where": {"comments.text": {"$in": ["x", "y"]}}}}}), "p1 p2"),
        (json!({"posts": {"$": {"where": {"author.nick": "ann"}}}}), "p1"),
        (json!({"posts": {"$": {"where": {"author.nick": "bob"}}}}), ""),
        (json!({"posts": {"$": {"where": {"author.nick": {"$not": "ann"}}}}}), "p4"),
        (json!({"posts": {"$": {"where": {"author.nick": {"$isNull": true}}}}}), "p4"),
        (json!({"posts": {"$": {"where": {"author.id": "bob"}}}}), ""),
        // A raw link is a value of the post itself, and no rule of the target hides it.
        (json!({"posts": {"$": {"where": {"author": "bob"}}}}), "p2"),
        (json!({"posts": {"$": {"where": {"comments": "c2"}}}}), ""),
        (json!({"posts": {"$": {"where": {"comments": {"$isNull": false}}}}}), "p1 p2"),
        (json!({"posts": {"$": {"where": {"key.id": "k1"}}}}), ""),
        (json!({"posts": {"$": {"where": {"key": "k1"}}}}), "p1"),
        (json!({"comments": {"$": {"where": {"post.author.nick": "ann"}}}}), "c1"),
        (json!({"comments": {"$": {"where": {"post.title": "c"}}}}), ""),
        (json!({"comments": {"$": {"where": {"or": [{"post.title": "c"}, {"text": "y"}]}}}}), "c3"),
        (
            json!({"comments": {"$": {"where": {"or": [{"post.author.nick": "bob"}, {"post.title": "b"}]}}}}),
            "c3",
        ),
        (json!({"comments": {"$": {"where": {"and": [{"post.title": "a"}, {"text": "x"}]}}}}), "c1"),
        (json!({"people": {"$": {"where": {"teams.people.nick": "bob"}}}}), ""),
        (json!({"people": {"$": {"where": {"teams.people.nick": "ann"}}}}), "ann"),
        (json!({"open": {"$": {"where": {"people.nick": "bob"}}}}), ""),
        (json!({"open": {"$": {"where": {"people.nick": "ann"}}}}), "o1"),
    ];
    for (query, expected) in rows {
        assert_eq!(found(&world, PUSHED, &query), expected, "pushed: {query}");
        assert_eq!(found(&world, CHECKED, &query), expected, "checked: {query}");
    }
}

#[test]
fn hidden_children_vanish_and_parents_stay() {
    let world = world();
    for policy in [PUSHED, CHECKED] {
        let query = json!({"posts": {"$": {"fields": []}, "comments": {"$": {"fields": []}}, "author": {"$": {"fields": []}}, "key": {}}});
        let (tree, ..) = world.ask_as(policy, &query, false).expect("an answer");
        let expected = json!({"posts": [
            {"id": "p1", "comments": [{"id": "c1"}], "author": [{"id": "ann"}], "key": []},
            {"id": "p2", "comments": [{"id": "c3"}], "author": [], "key": []},
            {"id": "p4", "comments": [], "author": [], "key": []},
        ]});
        assert_eq!(tree, expected, "{policy:?}");
    }
}

#[test]
fn looking_at_rows_shortens_pages_and_pushing_fills_them() {
    let world = world();
    let query = json!({"posts": {"$": {"limit": 1, "offset": 2}}});
    assert_eq!(
        (found(&world, PUSHED, &query), found(&world, CHECKED, &query)),
        ("p4".to_owned(), String::new())
    );
    let (_, info, _) = world.ask_as(CHECKED, &query, false).expect("an answer");
    assert_eq!(
        (&info["posts"]["end-cursor"], &info["posts"]["has-next-page?"]),
        (&Value::Null, &json!(true))
    );
}

#[test]
fn hidden_fields_are_neither_shown_nor_asked() {
    let world = world();
    let (tree, ..) = world.ask_as(CHECKED, &json!({"people": {}}), false).expect("an answer");
    assert_eq!(tree["people"][0]["note"], "open");
    assert_eq!(tree["people"][1], json!({"id": "cat", "nick": "cat", "secret": null}));
    let rows = [
        (json!({"people": {"$": {"where": {"note": "open"}}}}), "ann"),
        (json!({"people": {"$": {"where": {"note": "private"}}}}), ""),
        (json!({"people": {"$": {"where": {"note": {"$like": "p%"}}}}}), ""),
        (json!({"people": {"$": {"where": {"or": [{"note": "private"}, {"nick": "cat"}]}}}}), "cat"),
        (json!({"open": {"$": {"where": {"people.note": "open"}}}}), "o1"),
        (json!({"people": {"$": {"order": {"nick": "desc"}}}}), "cat ann"),
        (json!({"people": {"$": {"order": {"note": "desc"}}}}), "ann"),
    ];
    for (query, expected) in rows {
        assert_eq!(found(&world, CHECKED, &query), expected, "{query}");
    }
}

#[test]
fn only_who_sees_everything_may_count() {
    let world = world();
    match world.ask_as(PUSHED, &json!({"posts": {"$": {"aggregate": "count"}}}), false) {
        Err(Failure::Invalid(invalid)) => assert!(invalid.message().contains("admins"), "{invalid}"),
        other => panic!("{other:?}"),
    }
}
