//! Queries that do not hold: which check failed, where, and that hostile ones are told so.

use ketch_model::attr::CheckedType;
use ketch_model::{Object, Value};
use serde_json::json;

use super::world::{Data, Failure, Space, World, blob, entity, link};
use crate::query::parse;

fn world() -> World {
    let goals = Space {
        name: "goals".to_owned(),
        blobs: vec![
            blob("title", Some(CheckedType::String), true),
            blob("typed", Some(CheckedType::Number), false),
            blob("indexed", None, true),
            blob("any", None, false),
            blob("due", Some(CheckedType::Date), true),
            blob("open", Some(CheckedType::Boolean), true),
        ],
        links: vec![link("todos", "todos", "goal", true, false)],
    };
    let todos = Space { name: "todos".to_owned(), blobs: vec![blob("title", None, false)], links: vec![] };
    let entities = [
        ("goals".to_owned(), vec![entity(&goals, &json!({"id": "g1", "title": "fit", "todos": ["t1"]}))]),
        ("todos".to_owned(), vec![entity(&todos, &json!({"id": "t1", "title": "run"}))]),
    ];
    World::new(&Data { spaces: vec![goals, todos], entities: entities.into() })
}

#[test]
fn refused_queries_say_what_and_where() {
    let world = world();
    // The query, the failed check, where.
    let rows = [
        (json!([]), "map?", json!([])),
        (json!("goals"), "map?", json!([])),
        (json!({"goals": []}), "map?", json!(["goals"])),
        (json!({"goals": "all"}), "map?", json!(["goals"])),
        (json!({"goals": {"todos": 1}}), "map?", json!(["goals", "todos"])),
        (json!({"goals": {"$": []}}), "map?", json!(["goals", "$"])),
        (json!({"$$ruleParams": 1}), "map?", json!(["$$ruleParams"])),
        (json!({"goals": {"$": {"where": []}}}), "map?", json!(["goals", "$", "where"])),
        (json!({"goals": {"$": {"wher": {}}}}), "supported-options?", json!(["goals", "$", "wher"])),
        (
            json!({"goals": {"$": {"where": {"or": []}}}}),
            "non-empty-list?",
            json!(["goals", "$", "where", "or"]),
        ),
        (
            json!({"goals": {"$": {"where": {"and": [{"or": []}]}}}}),
            "non-empty-list?",
            json!(["goals", "$", "where", "and", 0, "or"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": null}}}}),
            "non-null?",
            json!(["goals", "$", "where", "title"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": []}}}}),
            "scalar?",
            json!(["goals", "$", "where", "title"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": {}}}}}),
            "supported-operators?",
            json!(["goals", "$", "where", "title"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": {"$eq": 1}}}}}),
            "supported-operators?",
            json!(["goals", "$", "where", "title", "$eq"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": {"$in": "fit"}}}}}),
            "list?",
            json!(["goals", "$", "where", "title", "$in"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": {"$isNull": 1}}}}}),
            "boolean?",
            json!(["goals", "$", "where", "title", "$isNull"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": {"$like": 1}}}}}),
            "string?",
            json!(["goals", "$", "where", "title", "$like"]),
        ),
        (
            json!({"goals": {"$": {"where": {"title": 1}}}}),
            "string?",
            json!(["goals", "$", "where", "title"]),
        ),
        (
            json!({"goals": {"$": {"where": {"typed": "1"}}}}),
            "number?",
            json!(["goals", "$", "where", "typed"]),
        ),
        (
            json!({"goals": {"$": {"where": {"open": {"$in": [true, "x"]}}}}}),
            "boolean?",
            json!(["goals", "$", "where", "open"]),
        ),
        (json!({"goals": {"$": {"where": {"due": "now"}}}}), "date?", json!(["goals", "$", "where", "due"])),
        (
            json!({"goals": {"$": {"where": {"due": {"$gt": "tomorrow"}}}}}),
            "date?",
            json!(["goals", "$", "where", "due"]),
        ),
        (
            json!({"goals": {"$": {"where": {"typed": {"$gt": 1}}}}}),
            "indexed?",
            json!(["goals", "$", "where", "typed", "$gt"]),
        ),
        (
            json!({"goals": {"$": {"where": {"indexed": {"$gt": 1}}}}}),
            "checked-data-type?",
            json!(["goals", "$", "where", "indexed", "$gt"]),
        ),
        (
            json!({"goals": {"$": {"where": {"open": {"$like": "t%"}}}}}),
            "string?",
            json!(["goals", "$", "where", "open", "$like"]),
        ),
        (
            json!({"goals": {"$": {"where": {"any": {"$in": [null]}}}}}),
            "indexed?",
            json!(["goals", "$", "where", "any", "$in"]),
        ),
        (json!({"goals": {"$": {"where": {"id": 5}}}}), "uuid?", json!(["goals", "$", "where", "id"])),
        (json!({"goals": {"$": {"where": {"todos": 5}}}}), "uuid?", json!(["goals", "$", "where", "todos"])),
        (
            json!({"goals": {"$": {"where": {"todos.id": true}}}}),
            "uuid?",
            json!(["goals", "$", "where", "todos.id"]),
        ),
        (json!({"goals": {"$": {"order": "title"}}}), "map?", json!(["goals", "$", "order"])),
        (json!({"goals": {"$": {"order": {}}}}), "single-key?", json!(["goals", "$", "order"])),
        (
            json!({"goals": {"$": {"order": {"title": "asc", "due": "asc"}}}}),
            "single-key?",
            json!(["goals", "$", "order"]),
        ),
        (
            json!({"goals": {"$": {"order": {"title": "up"}}}}),
            "valid-direction?",
            json!(["goals", "$", "order", "title"]),
        ),
        (
            json!({"goals": {"$": {"order": {"nope": "asc"}}}}),
            "attr?",
            json!(["goals", "$", "order", "nope"]),
        ),
        (
            json!({"goals": {"$": {"order": {"typed": "asc"}}}}),
            "indexed?",
            json!(["goals", "$", "order", "typed"]),
        ),
        (
            json!({"goals": {"$": {"order": {"indexed": "asc"}}}}),
            "checked-data-type?",
            json!(["goals", "$", "order", "indexed"]),
        ),
        (
            json!({"goals": {"$": {"order": {"todos": "asc"}}}}),
            "blob?",
            json!(["goals", "$", "order", "todos"]),
        ),
        (json!({"goals": {"$": {"limit": 0}}}), "pos-int?", json!(["goals", "$", "limit"])),
        (json!({"goals": {"$": {"first": "1"}}}), "pos-int?", json!(["goals", "$", "first"])),
        (json!({"goals": {"$": {"last": 1.5}}}), "pos-int?", json!(["goals", "$", "last"])),
        (json!({"goals": {"$": {"offset": -1}}}), "nonnegative-int?", json!(["goals", "$", "offset"])),
        (json!({"goals": {"$": {"limit": 1, "first": 1}}}), "supported-options?", json!(["goals", "$"])),
        (json!({"goals": {"$": {"after": "x"}}}), "join-row?", json!(["goals", "$", "after"])),
        (json!({"goals": {"$": {"before": ["x", "y", 1]}}}), "join-row?", json!(["goals", "$", "before"])),
        (
            json!({"goals": {"$": {"after": ["x", "y", 1, 2]}}}),
            "cursor-of-order?",
            json!(["goals", "$", "after"]),
        ),
        (json!({"goals": {"$": {"fields": "title"}}}), "list?", json!(["goals", "$", "fields"])),
        (json!({"goals": {"$": {"fields": [1]}}}), "string?", json!(["goals", "$", "fields", 0])),
        (json!({"goals": {"title": {}}}), "ref?", json!(["goals", "title"])),
        (
            json!({"goals": {"todos": {"$": {"after": ["x", "y", 1, 2]}}}}),
            "supported-options?",
            json!(["goals", "todos", "$", "after"]),
        ),
        (
            json!({"goals": {"todos": {"$": {"aggregate": "count"}}}}),
            "supported-options?",
            json!(["goals", "todos", "$", "aggregate"]),
        ),
        (
            json!({"goals": {"$": {"aggregate": "sum"}}}),
            "supported-aggregate?",
            json!(["goals", "$", "aggregate"]),
        ),
        (
            json!({"goals": {"$": {"aggregate": {"groupBy": ["title"]}}}}),
            "supported-aggregate?",
            json!(["goals", "$", "aggregate"]),
        ),
        (
            json!({"goals": {"$": {"aggregate": {"sum": "title"}}}}),
            "checked-data-type?",
            json!(["goals", "$", "aggregate", "sum"]),
        ),
        (
            json!({"goals": {"$": {"aggregate": {"max": "any"}}}}),
            "checked-data-type?",
            json!(["goals", "$", "aggregate", "max"]),
        ),
        (
            json!({"goals": {"$": {"aggregate": "count"}, "todos": {}}}),
            "childless?",
            json!(["goals", "$", "aggregate"]),
        ),
    ];
    for (query, expected, path) in rows {
        let refusal = world.refusal(&query);
        let hint = Value::Object(refusal.hint());
        let error = &hint["errors"][0];
        let named = if error["expected"].is_null() { &error["expected?"] } else { &error["expected"] };
        assert_eq!((named, &error["in"]), (&json!(expected), &path), "{query}\n{hint}");
        assert_eq!((&hint["data-type"], &hint["input"]), (&json!("query"), &query));
        assert!(refusal.message().starts_with("Validation failed for query: "), "{}", refusal.message());
    }
}

#[test]
fn the_kind_of_a_check_decides_its_key() {
    let world = world();
    let of_type = Value::Object(world.refusal(&json!({"goals": {"$": {"order": {"any": "asc"}}}})).hint());
    assert_eq!(of_type["errors"][0]["expected?"], "indexed?");
    let of_shape = Value::Object(world.refusal(&json!({"goals": 1})).hint());
    assert_eq!(of_shape["errors"][0]["expected"], "map?");
}

#[test]
fn what_is_unknown_is_empty_and_no_error() {
    let world = world();
    let rows = [
        (json!({}), json!({})),
        (json!({"nothing": {}}), json!({"nothing": []})),
        (json!({"nothing": {"$": {"where": {"a": 1}, "order": {"b": "asc"}}}}), json!({"nothing": []})),
        (json!({"goals": {"$": {"where": {"nope": 1}}}}), json!({"goals": []})),
        (json!({"goals": {"$": {"where": {"nope": {"$isNull": true}}}}}), json!({"goals": []})),
        (json!({"goals": {"$": {"where": {"todos.nope": {"$not": 1}}}}}), json!({"goals": []})),
        (json!({"goals": {"$": {"where": {"title.nope": 1}}}}), json!({"goals": []})),
        (json!({"goals": {"$": {"where": {"or": "x"}}}}), json!({"goals": []})),
        (json!({"goals": {"$": {"where": {"": "x"}}}}), json!({"goals": []})),
        (json!({"todos": {"nope": {}}}), json!({"todos": [{"id": "t1", "title": "run", "nope": []}]})),
    ];
    for (query, tree) in rows {
        assert_eq!(world.tree(&query), tree, "{query}");
    }
}

fn nested(depth: usize, wrap: impl Fn(Value) -> Value, inner: Value) -> Value {
    (0..depth).fold(inner, |inner, _| wrap(inner))
}

#[test]
fn hostile_queries_are_answered_or_refused() {
    let world = world();
    let forms = |depth| json!({"goals": nested(depth, |inner| json!({"todos": {"goal": inner}}), json!({}))});
    world.tree(&forms(10));
    assert!(world.refusal(&forms(40)).message().contains("nested deeper"));

    let ands = |depth| json!({"goals": {"$": {"where": nested(depth, |inner| json!({"and": [inner]}), json!({"title": "fit"}))}}});
    assert_eq!(world.tree(&ands(60))["goals"][0]["id"], "g1");
    assert!(world.refusal(&ands(70)).message().contains("nested deeper"));

    // The same label ten thousand times is one list of values.
    let same: Vec<Value> =
        (0..10_000).map(|n| json!({"title": format!("x{n}")})).chain([json!({"title": "fit"})]).collect();
    assert_eq!(world.tree(&json!({"goals": {"$": {"where": {"or": same}}}}))["goals"][0]["id"], "g1");
    let same: Vec<Value> =
        (0..10_000).map(|n| json!({"todos.title": n})).chain([json!({"todos.title": "run"})]).collect();
    assert_eq!(world.tree(&json!({"goals": {"$": {"where": {"or": same}}}}))["goals"][0]["id"], "g1");

    // Others become parts of a statement, up to a point.
    let parts = |count: usize, key: &str| {
        let parts: Vec<Value> =
            (0..count).map(|n| json!({"todos.title": {"$not": n}, "title": "fit"})).collect();
        json!({"goals": {"$": {"where": {key: parts}}}})
    };
    for key in ["or", "and"] {
        assert_eq!(world.tree(&parts(450, key))["goals"][0]["id"], "g1");
        assert!(world.refusal(&parts(5_000, key)).message().contains("conditions"));
    }

    let many: Vec<Value> = (0..100_000).map(Value::from).chain([json!("run")]).collect();
    let found = world.tree(&json!({"goals": {"$": {"where": {"todos.title": {"$in": many}}}}}));
    assert_eq!(found["goals"][0]["id"], "g1");

    let long = ["todos.goal"; 30].join(".");
    assert!(world.refusal(&json!({"goals": {"$": {"where": {(long): "g1"}}}})).message().contains("links"));
    let ten = ["todos.goal"; 10].join(".");
    assert_eq!(world.tree(&json!({"goals": {"$": {"where": {(ten): "g1"}}}}))["goals"][0]["id"], "g1");

    let wide: Object = (0..600).map(|n| (format!("n{n}"), json!({}))).collect();
    assert!(world.refusal(&Value::Object(wide)).message().contains("forms"));

    let like = |pattern: String| json!({"goals": {"$": {"where": {"title": {"$like": pattern}}}}});
    world.tree(&like("%a".repeat(250)));
    assert!(world.refusal(&like("%a".repeat(251))).message().contains("500 characters"));
    for text in ["", "'", "\"", "\\", "\u{0}", "%", "`", "é", "; DROP"] {
        let tree =
            world.tree(&json!({"goals": {"$": {"where": {"title": text, "any": text, (text): text}}}}));
        assert_eq!(tree, json!({"goals": []}));
    }
}

#[test]
fn an_answer_without_end_is_refused() {
    let people = Space {
        name: "people".to_owned(),
        blobs: vec![],
        links: vec![link("friends", "people", "friendOf", true, false)],
    };
    let ids: Vec<String> = (0..30).map(|n| format!("person-{n}")).collect();
    let entities = ids.iter().map(|id| entity(&people, &json!({"id": id, "friends": ids}))).collect();
    let data = Data { spaces: vec![people], entities: [("people".to_owned(), entities)].into() };
    let world = World::new(&data);
    let query = json!({"people": nested(20, |inner| json!({"friends": inner}), json!({}))});
    match world.ask(&query, false) {
        Err(Failure::Error(error)) => assert!(error.message.contains("larger than"), "{error}"),
        other => panic!("{:?}", other.is_ok()),
    }
}

#[test]
fn any_json_is_parsed_or_refused() {
    use proptest::prelude::*;
    let key = prop::sample::select(vec![
        "goals",
        "$",
        "where",
        "or",
        "and",
        "$in",
        "$not",
        "order",
        "limit",
        "after",
        "fields",
        "aggregate",
        "$$ruleParams",
        "a.b",
        "",
        "$isNull",
        "groupBy",
        "sum",
    ]);
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i32>().prop_map(Value::from),
        "[a-z$.]{0,6}".prop_map(Value::from),
    ];
    let json = leaf.prop_recursive(6, 40, 4, move |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((key.clone(), inner), 0..4).prop_map(|pairs| {
                Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
            }),
        ]
    });
    proptest!(|(query in json)| {
        if let Err(invalid) = parse(&query) {
            prop_assert!(!invalid.issues.is_empty() && invalid.message().len() > 30);
        }
    });
}
