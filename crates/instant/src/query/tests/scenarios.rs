//! What a query answers, by example.

use ketch_model::attr::CheckedType;
use ketch_model::collection::system;
use ketch_model::fields::date::DateOptions;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::fields::select::SelectOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, CollectionKind, Field, Schema, Value};
use serde_json::json;
use std::sync::Arc;

use super::world::{Data, Entity, Space, World, attr_id, blob, collection, entity, link};
use crate::query::dependencies::Fields;
use crate::query::{Everything, Plan};

/// Goals with todos, each todo with one goal and one owner; people have many friends.
fn data() -> Data {
    let text = Some(CheckedType::String);
    let goals = Space {
        name: "goals".to_owned(),
        blobs: vec![
            blob("title", text, true),
            blob("rank", Some(CheckedType::Number), true),
            blob("due", Some(CheckedType::Date), true),
            blob("meta", None, false),
        ],
        links: vec![link("tags", "tags", "goals", true, false)],
    };
    let todos = Space {
        name: "todos".to_owned(),
        blobs: vec![blob("title", text, false), blob("done", Some(CheckedType::Boolean), true)],
        links: vec![
            link("goal", "goals", "todos", false, false),
            link("owner", "people", "owns", false, true),
        ],
    };
    let people = Space { name: "people".to_owned(), blobs: vec![blob("nick", None, false)], links: vec![] };
    let tags = Space { name: "tags".to_owned(), blobs: vec![blob("name", text, true)], links: vec![] };
    let rows = [
        (
            &goals,
            json!({"id": "g1", "title": "fit", "rank": 2, "due": "2025-01-01", "meta": {"a": [1]}, "tags": ["body", "fun"]}),
        ),
        (
            &goals,
            json!({"id": "g2", "title": "rich", "rank": 1, "due": 1_735_689_600_000_i64, "tags": ["fun"]}),
        ),
        (&goals, json!({"id": "g3", "title": "wise", "meta": null, "due": "2026-07-01T12:00:00Z"})),
        (&goals, json!({"id": "g4", "rank": 2})),
        (&todos, json!({"id": "t1", "title": "run", "done": true, "goal": "g1", "owner": "ann"})),
        (&todos, json!({"id": "t2", "title": "swim", "done": false, "goal": "g1"})),
        (&todos, json!({"id": "t3", "title": "save", "goal": "g2", "owner": "bob"})),
        (&todos, json!({"id": "t4", "title": "sleep"})),
        (&people, json!({"id": "ann", "nick": "a"})),
        (&people, json!({"id": "bob"})),
        (&tags, json!({"id": "body", "name": "body"})),
        (&tags, json!({"id": "fun", "name": "fun"})),
    ];
    let mut data = Data::default();
    for (space, row) in rows {
        data.entities.entry(space.name.clone()).or_default().push(entity(space, &row));
    }
    data.spaces = vec![goals, todos, people, tags];
    data
}

/// The ids of a namespace of a tree, in its order.
fn ids(tree: &Value, namespace: &str) -> Vec<String> {
    let found = tree[namespace].as_array().expect("a list");
    found.iter().map(|entity| entity["id"].as_str().expect("an id").to_owned()).collect()
}

#[test]
fn conditions_find() {
    let world = World::new(&data());
    let rows = [
        (json!({}), "g1 g2 g3 g4"),
        (json!({"id": "g2"}), "g2"),
        (json!({"id": {"$in": ["g4", "g1", "nope"]}}), "g1 g4"),
        (json!({"title": "fit"}), "g1"),
        (json!({"title": {"$not": "fit"}}), "g2 g3 g4"),
        (json!({"title": {"$isNull": true}}), "g4"),
        (json!({"title": {"$isNull": false}}), "g1 g2 g3"),
        (json!({"title": {"$in": ["fit", null]}}), "g1 g4"),
        (json!({"title": {"in": []}}), ""),
        (json!({"title": {"$like": "%i%"}}), "g1 g2 g3"),
        (json!({"title": {"$like": "F%"}}), ""),
        (json!({"title": {"$ilike": "F%"}}), "g1"),
        (json!({"title": {"$like": "_i_"}}), "g1"),
        (json!({"rank": 2.0}), "g1 g4"),
        (json!({"rank": {"$gt": 1}}), "g1 g4"),
        (json!({"rank": {"$gte": 1, "$lt": 2}}), "g2"),
        (json!({"title": {"$gt": "fit"}}), "g2 g3"),
        (json!({"due": "2025-01-01T00:00Z"}), "g1 g2"),
        (json!({"due": {"$gt": 1_735_689_600_000_i64}}), "g3"),
        (json!({"due": {"$lte": "1/1/2025"}}), "g1 g2"),
        (json!({"due": {"$not": "2025-01-01"}}), "g3 g4"),
        (json!({"meta": {"$isNull": true}}), "g2 g3 g4"),
        (json!({"meta": 1}), ""),
        (json!({"meta": {"$not": 1}}), "g1 g2 g3 g4"),
        (json!({"todos": "t2"}), "g1"),
        (json!({"todos": {"$isNull": true}}), "g3 g4"),
        (json!({"todos": {"$isNull": false}}), "g1 g2"),
        (json!({"todos.id": "t3"}), "g2"),
        (json!({"todos.done": false}), "g1"),
        (json!({"todos.done": {"$isNull": true}}), "g2 g3 g4"),
        (json!({"todos.done": {"$not": true}}), "g1 g2 g3 g4"),
        (json!({"todos.title": "run", "todos.done": false}), "g1"),
        (json!({"todos.owner.nick": "a"}), "g1"),
        (json!({"todos.owner.nick": {"$isNull": true}}), "g1 g2 g3 g4"),
        (json!({"todos.owner": "bob"}), "g2"),
        (json!({"tags": "fun"}), "g1 g2"),
        (json!({"tags.name": {"$in": ["body"]}}), "g1"),
        (json!({"tags.goals.title": "fit"}), "g1 g2"),
        (json!({"tags": {"$isNull": true}}), "g3 g4"),
        (json!({"or": [{"title": "fit"}, {"rank": 1}]}), "g1 g2"),
        (json!({"or": [{"title": "fit", "rank": 1}, {"rank": 1}]}), "g2"),
        (json!({"and": [{"rank": {"$gt": 1}}, {"or": [{"title": "fit"}, {"title": "x"}]}]}), "g1"),
        (json!({"or": [{"nope": 1}, {"title": "fit"}]}), "g1"),
        (json!({"$entityIdStartsWith": "g"}), "g1 g2 g3 g4"),
        (json!({"$entityIdStartsWith": "g3"}), "g3"),
        (json!({"$entityIdStartsWith": "_"}), ""),
    ];
    for (condition, expected) in rows {
        let tree = world.tree(&json!({"goals": {"$": {"where": condition}}}));
        assert_eq!(ids(&tree, "goals").join(" "), expected, "{condition}");
    }
    let rows = [
        (json!({"goal": "g1"}), "t1 t2"),
        (json!({"goal.id": "g1"}), "t1 t2"),
        (json!({"goal.id": {"$in": ["g1", "g2"]}}), "t1 t2 t3"),
        (json!({"goal.id": {"$not": "g1"}}), "t3 t4"),
        (json!({"goal": {"$isNull": true}}), "t4"),
        (json!({"goal.title": {"$isNull": true}}), "t4"),
        (json!({"goal.tags.name": "body"}), "t1 t2"),
        (json!({"owner.owns.title": "run"}), "t1"),
    ];
    for (condition, expected) in rows {
        let tree = world.tree(&json!({"todos": {"$": {"where": condition}}}));
        assert_eq!(ids(&tree, "todos").join(" "), expected, "{condition}");
    }
}

#[test]
fn trees_have_their_shape() {
    let world = World::new(&data());
    let rows = [
        (
            json!({"goals": {"$": {"where": {"id": "g1"}}}}),
            false,
            json!({"goals": [{"id": "g1", "title": "fit", "rank": 2, "due": "2025-01-01", "meta": {"a": [1]}}]}),
        ),
        // Indexed attrs are null where unset, others are missing; a written null is null.
        (
            json!({"goals": {"$": {"where": {"id": {"$in": ["g3", "g4"]}}}}}),
            false,
            json!({"goals": [
                {"id": "g3", "title": "wise", "rank": null, "due": "2026-07-01T12:00:00Z", "meta": null},
                {"id": "g4", "title": null, "rank": 2, "due": null},
            ]}),
        ),
        // A link to one is a raw id until it is asked for, and none where there is none.
        (
            json!({"todos": {"$": {"where": {"id": {"$in": ["t2", "t4"]}}}}}),
            false,
            json!({"todos": [
                {"id": "t2", "title": "swim", "done": false, "goal": "g1"},
                {"id": "t4", "title": "sleep", "done": null},
            ]}),
        ),
        (
            json!({"todos": {"$": {"where": {"id": {"$in": ["t2", "t4"]}}, "fields": ["title"]}, "goal": {"$": {"fields": []}}}}),
            false,
            json!({"todos": [
                {"id": "t2", "title": "swim", "goal": [{"id": "g1"}]},
                {"id": "t4", "title": "sleep", "goal": []},
            ]}),
        ),
        (
            json!({"todos": {"$": {"where": {"id": {"$in": ["t2", "t4"]}}, "fields": ["title", "nope"]}, "goal": {"$": {"fields": []}}}}),
            true,
            json!({"todos": [
                {"id": "t2", "title": "swim", "goal": {"id": "g1"}},
                {"id": "t4", "title": "sleep", "goal": null},
            ]}),
        ),
        // The other side of a link is one entity too, if the link is unique.
        (
            json!({"people": {"$": {"fields": []}, "owns": {"$": {"fields": ["done"]}}}}),
            true,
            json!({"people": [
                {"id": "ann", "owns": {"id": "t1", "done": true}},
                {"id": "bob", "owns": {"id": "t3", "done": null}},
            ]}),
        ),
        (
            json!({"tags": {"goals": {"$": {"fields": ["title"]}, "todos": {"$": {"fields": []}}}}}),
            true,
            json!({"tags": [
                {"id": "body", "name": "body", "goals": [
                    {"id": "g1", "title": "fit", "todos": [{"id": "t1"}, {"id": "t2"}]},
                ]},
                {"id": "fun", "name": "fun", "goals": [
                    {"id": "g1", "title": "fit", "todos": [{"id": "t1"}, {"id": "t2"}]},
                    {"id": "g2", "title": "rich", "todos": [{"id": "t3"}]},
                ]},
            ]}),
        ),
        // Nested forms filter, order and cut for each parent.
        (
            json!({"goals": {"$": {"fields": [], "where": {"todos": {"$isNull": false}}},
                "todos": {"$": {"fields": [], "order": {"done": "desc"}, "limit": 1}}}}),
            false,
            json!({"goals": [{"id": "g1", "todos": [{"id": "t1"}]}, {"id": "g2", "todos": [{"id": "t3"}]}]}),
        ),
        (
            json!({"goals": {"$": {"fields": []}, "todos": {"$": {"fields": [], "where": {"done": false}}}}}),
            false,
            json!({"goals": [
                {"id": "g1", "todos": [{"id": "t2"}]}, {"id": "g2", "todos": []},
                {"id": "g3", "todos": []}, {"id": "g4", "todos": []},
            ]}),
        ),
        (
            json!({"goals": {"$": {"fields": []}, "todos": {"$": {"fields": [], "last": 1}}}}),
            false,
            json!({"goals": [
                {"id": "g1", "todos": [{"id": "t2"}]}, {"id": "g2", "todos": [{"id": "t3"}]},
                {"id": "g3", "todos": []}, {"id": "g4", "todos": []},
            ]}),
        ),
    ];
    for (query, infers, tree) in rows {
        assert_eq!(world.ask(&query, infers).expect("an answer"), tree, "{query}");
    }
}

#[test]
fn orders_and_pages() {
    let world = World::new(&data());
    let rows = [
        (json!({"order": {"rank": "asc"}}), "g3 g2 g1 g4"),
        (json!({"order": {"rank": "desc"}}), "g4 g1 g2 g3"),
        (json!({"order": {"due": "asc"}}), "g4 g1 g2 g3"),
        (json!({"order": {"title": "desc"}}), "g3 g2 g1 g4"),
        (json!({"order": {"serverCreatedAt": "desc"}}), "g4 g3 g2 g1"),
        (json!({"limit": 2}), "g1 g2"),
        (json!({"first": 2, "offset": 1}), "g2 g3"),
        (json!({"last": 2}), "g3 g4"),
        (json!({"last": 2, "offset": 1}), "g2 g3"),
        (json!({"offset": 3}), "g4"),
        (json!({"offset": 9}), ""),
        (json!({"order": {"rank": "asc"}, "last": 3}), "g2 g1 g4"),
    ];
    for (options, expected) in rows {
        let tree = world.tree(&json!({"goals": {"$": options}}));
        assert_eq!(ids(&tree, "goals").join(" "), expected, "{options}");
    }
}

#[test]
fn cursors_walk_through_every_order_in_both_directions() {
    let world = World::new(&data());
    for order in ["serverCreatedAt", "rank", "due", "title"] {
        for direction in ["asc", "desc"] {
            let order = json!({order: direction});
            let all = ids(&world.tree(&json!({"goals": {"$": {"order": order}}})), "goals");
            for size in 1..=4_usize {
                let page = |options: Value| {
                    let query = json!({"goals": {"$": options}});
                    let (tree, info, _) = world.ask_as(Everything, &query, false).expect("an answer");
                    (ids(&tree, "goals"), info["goals"].clone())
                };
                let (mut found, mut info) = page(json!({"order": order, "first": size}));
                assert_eq!(info["has-previous-page?"], false);
                while info["has-next-page?"] == true {
                    let (more, next) =
                        page(json!({"order": order, "first": size, "after": info["end-cursor"]}));
                    assert!(!more.is_empty() && next["has-previous-page?"] == true);
                    found.extend(more);
                    info = next;
                }
                assert_eq!(found, all, "{order} by {size}");

                let (mut found, mut info) = page(json!({"order": order, "last": size}));
                while info["has-previous-page?"] == true {
                    let (mut more, next) =
                        page(json!({"order": order, "last": size, "before": info["start-cursor"]}));
                    assert!(!more.is_empty() && next["has-next-page?"] == true);
                    more.extend(found);
                    found = more;
                    info = next;
                }
                assert_eq!(found, all, "{order} by {size}, backwards");

                let (first, info) = page(json!({"order": order, "first": size}));
                let inclusive =
                    json!({"order": order, "first": 1, "after": info["end-cursor"], "afterInclusive": true});
                assert_eq!(page(inclusive).0.first(), first.last());
                let inclusive =
                    json!({"order": order, "before": info["end-cursor"], "beforeInclusive": true});
                let (until, info) = page(inclusive);
                assert_eq!((until, &info["has-next-page?"]), (first, &json!(true)));
            }
        }
    }
}

#[test]
fn page_infos_name_the_rows_at_the_ends() {
    let world = World::new(&data());
    let ask = |options: Value| {
        let (_, info, _) =
            world.ask_as(Everything, &json!({"goals": {"$": options}}), false).expect("an answer");
        info
    };
    assert_eq!(ask(json!({"where": {"id": "g1"}})), json!({}));
    let (id, rank) = (attr_id("goals", "id"), attr_id("goals", "rank"));
    assert_eq!(
        ask(json!({"limit": 2})),
        json!({"goals": {
            "start-cursor": ["g1", id, "g1", 1], "end-cursor": ["g2", id, "g2", 2],
            "has-next-page?": true, "has-previous-page?": false,
        }})
    );
    assert_eq!(
        ask(json!({"order": {"rank": "asc"}, "offset": 1})),
        json!({"goals": {
            "start-cursor": ["g2", rank, 1, 2], "end-cursor": ["g4", rank, 2, 4],
            "has-next-page?": false, "has-previous-page?": true,
        }})
    );
    assert_eq!(
        ask(json!({"limit": 2, "where": {"id": "nope"}})),
        json!({"goals": {"start-cursor": null, "end-cursor": null, "has-next-page?": false, "has-previous-page?": false}})
    );
}

#[test]
fn aggregates_count_and_group() {
    let world = World::new(&data());
    let rows = [
        (json!("count"), json!({}), json!([]), json!({"count": 4})),
        (json!("count"), json!({"todos.done": false}), json!([]), json!({"count": 1})),
        (json!("count"), json!({"nope": 1}), json!([]), json!({"count": 0})),
        (
            json!({"count": true, "sum": "rank", "avg": ["rank"], "min": ["title", "due"], "max": "rank"}),
            json!({}),
            json!([{"count": 4, "sum": {"rank": 5}, "avg": {"rank": 5.0 / 3.0}, "max": {"rank": 2},
                "min": {"title": "fit", "due": 1_735_689_600_000_i64}}]),
            json!(null),
        ),
        (
            json!({"count": true, "sum": "rank"}),
            json!({"id": "nope"}),
            json!([{"count": 0, "sum": {"rank": 0}}]),
            json!(null),
        ),
        (
            json!({"count": true, "groupBy": "rank"}),
            json!({}),
            json!([{"rank": null, "count": 1}, {"rank": 1, "count": 1}, {"rank": 2, "count": 2}]),
            json!(null),
        ),
    ];
    for (aggregate, condition, tree, summary) in rows {
        let query = json!({"goals": {"$": {"aggregate": aggregate, "where": condition}}});
        let (found, _, numbers) = world.ask_as(Everything, &query, false).expect("an answer");
        assert_eq!(found["goals"], tree, "{query}");
        if !summary.is_null() {
            assert_eq!(numbers["goals"], summary, "{query}");
        }
    }
    let query = json!({"todos": {"$": {"aggregate": {"count": true, "groupBy": ["goal", "done"]}}}});
    let (_, _, numbers) = world.ask_as(Everything, &query, false).expect("an answer");
    assert_eq!(
        numbers["todos"],
        json!({"groups": [
            {"goal": null, "done": null, "count": 1},
            {"goal": "g1", "done": false, "count": 1},
            {"goal": "g1", "done": true, "count": 1},
            {"goal": "g2", "done": null, "count": 1},
        ]})
    );
}

#[test]
fn dependencies_name_what_is_read() {
    let world = World::new(&data());
    let plan = |query: Value| Plan::new(&query, &world.schema, &Everything, false).expect("a plan");
    let query = json!({"goals": {"$": {"where": {"todos.done": true, "id": {"$in": ["g1"]}}, "fields": ["title"]}},
        "nothing": {}, "people": {"$": {"fields": []}, "nope": {}}});
    let plan = plan(query);
    let found = plan.dependencies();
    let fields = |collection: &str, fields: &[&str]| {
        let collection = world.schema.by_name(collection).expect("a collection");
        let ids = fields.iter().map(|name| collection.field(name).expect("a field").id.clone());
        Fields::Some(ids.collect())
    };
    assert_eq!(found.collections["goals_id"].fields, fields("goals", &["id", "title"]));
    assert_eq!(found.collections["goals_id"].ids, Some(["g1".to_owned()].into()));
    assert_eq!(found.collections["todos_id"].fields, fields("todos", &["done"]));
    assert_eq!(found.collections["todos_id"].ids, None);
    assert_eq!(found.links, [("todos_id".to_owned(), "todos_goal".to_owned())].into());
    assert_eq!(found.unknown, ["nope".to_owned(), "nothing".to_owned()].into());
    assert!(!found.collections.contains_key("tags_id"));
}

/// Collections of the other dialect: a post with tags as a list, and the users of a new folder.
fn other_dialect() -> (Schema, Data) {
    let tags = Space { name: "tags".to_owned(), blobs: vec![], links: vec![] };
    let tags_collection = collection(&tags);
    let mut posts = Collection::blank(CollectionKind::Base);
    posts.id = "posts_id".to_owned();
    posts.name = "posts".to_owned();
    let relation = |target: &str, max_select| RelationOptions {
        collection_id: target.to_owned(),
        max_select,
        ..RelationOptions::default()
    };
    posts.fields = vec![
        Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() }),
        Field::new("title", TextOptions::default()),
        Field { hidden: true, ..Field::new("secret", TextOptions::default()) },
        Field::new("day", DateOptions::default()),
        Field::new("kinds", SelectOptions { values: vec!["a".into(), "b".into()], max_select: 2 }),
        Field::new("author", relation(system::USERS_ID, 1)),
        Field::new("tags", relation("tags_id", 9)),
    ];
    posts.index_fields();
    let users = system::all().into_iter().find(|collection| collection.name == "users").expect("users");
    let schema = Schema::new([users, tags_collection, posts].into_iter().map(Arc::new).collect(), 1);
    let mut data = Data { spaces: vec![tags], ..Data::default() };
    let with = |id: &str, values: Value, links: &[(&str, &[&str])]| Entity {
        id: id.to_owned(),
        values: values.as_object().expect("values").clone().into_iter().collect(),
        links: links
            .iter()
            .map(|(label, ids)| ((*label).to_owned(), ids.iter().map(|id| (*id).to_owned()).collect()))
            .collect(),
        is_hidden: false,
    };
    let ann = json!({"email": "ann@x.co", "name": "Ann", "password": "hash", "tokenKey": "key", "emailVisibility": false});
    data.entities.insert("users".to_owned(), vec![with("ann", ann, &[])]);
    data.entities.insert("tags".to_owned(), vec![with("t1", json!({}), &[]), with("t2", json!({}), &[])]);
    let first = json!({"title": "one", "secret": "hush", "day": "2025-01-01 00:00:00.000Z", "kinds": ["a"]});
    let posts = vec![
        with("p1", first, &[("author", &["ann"]), ("tags", &["t2", "t1"])]),
        with("p2", json!({"title": ""}), &[("tags", &["t1"])]),
    ];
    data.entities.insert("posts".to_owned(), posts);
    (schema, data)
}

#[test]
fn collections_of_the_other_dialect_are_namespaces_without_their_secrets() {
    let (schema, data) = other_dialect();
    let world = World::over(schema, &data);
    let query = json!({"posts": {"author": {}, "tags": {"posts_via_tags": {"$": {"fields": []}}}}});
    let tree = world.ask(&query, true).expect("an answer");
    assert_eq!(ids(&tree, "posts"), ["p1", "p2"]);
    let first = &tree["posts"][0];
    assert_eq!(first["author"]["email"], "ann@x.co");
    assert_eq!(ids(first, "tags"), ["t1", "t2"]);
    assert_eq!(ids(&first["tags"][0], "posts_via_tags"), ["p1", "p2"]);
    assert_eq!((&first["kinds"], &first["day"]), (&json!(["a"]), &json!("2025-01-01 00:00:00.000Z")));
    let second = json!({"id": "p2", "title": "", "day": null, "kinds": [], "author": null,
        "tags": [{"id": "t1", "posts_via_tags": [{"id": "p1"}, {"id": "p2"}]}]});
    assert_eq!(tree["posts"][1], second);
    let text = world.tree(&json!({"$users": {"posts_via_author": {}}, "posts": {"author": {}}})).to_string();
    for secret in ["hush", "hash", "tokenKey", "password", "secret"] {
        assert!(!text.contains(secret), "{secret} in {text}");
    }
    // A hidden field is not even a name.
    for condition in [
        json!({"secret": "hush"}),
        json!({"author.tokenKey": "key"}),
        json!({"author.password": {"$not": "x"}}),
    ] {
        assert_eq!(world.tree(&json!({"posts": {"$": {"where": condition}}})), json!({"posts": []}));
    }
    let rows = [
        (json!({"day": "2025-01-01"}), "p1"),
        (json!({"day": {"$isNull": true}}), "p2"),
        (json!({"author": {"$isNull": true}}), "p2"),
        (json!({"author.email": "ann@x.co"}), "p1"),
        (json!({"tags": "t2"}), "p1"),
        (json!({"tags.posts_via_tags": "p2"}), "p1 p2"),
        (json!({"kinds": "a"}), ""),
        (json!({"title": {"$isNull": false}}), "p1 p2"),
    ];
    for (condition, expected) in rows {
        let tree = world.tree(&json!({"posts": {"$": {"where": condition}}}));
        assert_eq!(ids(&tree, "posts").join(" "), expected, "{condition}");
    }
}

#[test]
fn files_have_urls() {
    let text = Some(CheckedType::String);
    let files = Space {
        name: "$files".to_owned(),
        blobs: vec![blob("path", text, true), blob("location-id", text, true)],
        links: vec![],
    };
    let row = entity(&files, &json!({"id": "f1", "path": "a.png", "location-id": "l1"}));
    let world =
        World::new(&Data { spaces: vec![files], entities: [("$files".to_owned(), vec![row])].into() });
    let rows = [
        (json!({}), json!({"id": "f1", "path": "a.png", "location-id": "l1", "url": "/files/f1?at=l1"})),
        (json!({"$": {"fields": ["path"]}}), json!({"id": "f1", "path": "a.png"})),
        (json!({"$": {"fields": ["url"]}}), json!({"id": "f1", "url": "/files/f1?at=l1"})),
    ];
    for (form, expected) in rows {
        assert_eq!(world.tree(&json!({"$files": form})), json!({"$files": [expected]}));
    }
    let triples = world.triples(&json!({"$files": {"$": {"fields": ["url"]}}})).expect("triples");
    assert_eq!(triples[1][2], "/files/f1?at=l1");
}
