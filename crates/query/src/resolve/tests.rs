use std::sync::Arc;

use ketch_model::{Collection, CollectionKind, Field, Record, Schema};
use serde_json::{Value, json};

use super::Resolver;
use crate::request::RequestInfo;
use crate::tree::{Alias, JoinSource, Order, Predicate, Select};

fn collection(id: &str, name: &str, fields: &Value, indexes: &[&str]) -> Arc<Collection> {
    let mut collection = Collection::blank(CollectionKind::Base);
    (collection.id, collection.name) = (id.to_owned(), name.to_owned());
    for field in fields.as_array().expect("a list") {
        collection.fields.push(Field::from_json(field.as_object().expect("an object")).expect("a field"));
    }
    collection.indexes = indexes.iter().map(|index| (*index).to_owned()).collect();
    collection.index_fields();
    Arc::new(collection)
}

fn schema() -> Arc<Schema> {
    let id = json!({"name": "id", "type": "text", "primaryKey": true});
    let posts = json!([
        id, {"name": "title", "type": "text"}, {"name": "n", "type": "number"}, {"name": "j", "type": "json"},
        {"name": "author", "type": "relation", "collectionId": "c_people"},
        {"name": "tags", "type": "relation", "collectionId": "c_tags", "maxSelect": 9},
        {"name": "sm", "type": "select", "values": ["a"], "maxSelect": 3},
    ]);
    let people = json!([
        id, {"name": "nick", "type": "text"}, {"name": "best", "type": "relation", "collectionId": "c_tags"},
    ]);
    let comments = json!([
        id, {"name": "text", "type": "text"}, {"name": "post", "type": "relation", "collectionId": "c_posts"},
    ]);
    Arc::new(Schema::new(
        vec![
            collection("c_posts", "posts", &posts, &[]),
            collection("c_people", "people", &people, &[]),
            collection("c_tags", "tags", &json!([id, {"name": "name", "type": "text"}]), &[]),
            collection("c_comments", "comments", &comments, &["CREATE UNIQUE INDEX one ON comments (post)"]),
        ],
        1,
    ))
}

fn select(rule: &str, sort: &str, request: &RequestInfo) -> Result<Select, String> {
    let schema = schema();
    let posts = schema.by_name("posts").expect("a collection").clone();
    let mut resolver = Resolver::new(schema, posts, request);
    let predicate = resolver.rule(rule).map_err(|error| error.to_string())?;
    resolver.sort(sort, false).map_err(|error| error.to_string())?;
    Ok(resolver.into_select(vec![predicate]))
}

#[test]
fn refusals_name_their_cause() {
    let guest = RequestInfo::default();
    for (rule, expected) in [
        ("foo=1", r#"invalid left operand "foo" - unknown field "foo""#),
        ("title=foo", r#"invalid right operand "foo" - unknown field "foo""#),
        ("title.x=1", r#"invalid left operand "title.x" - field "title" is not a valid relation"#),
        ("author.foo=1", r#"invalid left operand "author.foo" - unknown field "foo""#),
        ("author.foo.bar=1", r#"invalid left operand "author.foo.bar" - failed to resolve field "foo""#),
        ("author..x=1", r#"invalid left operand "author..x" - failed to resolve field """#),
        ("title:foo=1", r#"invalid left operand "title:foo" - unknown modifier in "title:foo""#),
        (
            "title:lower:each=1",
            r#"invalid left operand "title:lower:each" - unknown field "title:lower:each""#,
        ),
        (
            "tags:each.name=1",
            r#"invalid left operand "tags:each.name" - failed to resolve field "tags:each""#,
        ),
        (
            "comments_via_post=1",
            r#"invalid left operand "comments_via_post" - unknown field "comments_via_post""#,
        ),
        (
            "foo_via_post.id=1",
            r#"invalid left operand "foo_via_post.id" - failed to load back relation field "foo_via_post" collection"#,
        ),
        (
            "comments_via_foo.id=1",
            r#"invalid left operand "comments_via_foo.id" - missing back relation field "foo""#,
        ),
        (
            "comments_via_text.id=1",
            r#"invalid left operand "comments_via_text.id" - invalid back relation field "text""#,
        ),
        (
            "people_via_best.id=1",
            r#"invalid left operand "people_via_best.id" - invalid collection reference of a back relation field "best""#,
        ),
        (
            "@collection.foo.id=1",
            r#"invalid left operand "@collection.foo.id" - failed to load collection "foo" from field path "@collection.foo.id""#,
        ),
        (
            "@collection.posts=1",
            r#"invalid left operand "@collection.posts" - failed to resolve field "@collection.posts""#,
        ),
        (
            "@request.auth=1",
            r#"invalid left operand "@request.auth" - failed to resolve field "@request.auth""#,
        ),
        (
            "@request.method:lower=1",
            r#"invalid left operand "@request.method:lower" - failed to resolve field "@request.method:lower""#,
        ),
        (
            "@request.query.q:length=1",
            r#"invalid left operand "@request.query.q:length" - invalid modifier sequence q:length"#,
        ),
        (
            "@request.body.x:changed=1",
            r#"invalid left operand "@request.body.x:changed" - invalid modifier sequence x:changed"#,
        ),
        (
            "@request.body.title:each=1",
            r#"invalid left operand "@request.body.title:each" - field "title" doesn't support multivalue operations"#,
        ),
        ("@foo=1", r#"invalid left operand "@foo" - failed to resolve field "@foo""#),
        ("true.x=1", r#"invalid left operand "true.x" - failed to resolve field "true""#),
        ("foo(1)=1", r#"invalid left operand "foo" - unknown function "foo""#),
        (
            "geoDistance(1)=1",
            r#"invalid left operand "geoDistance" - [geoDistance] expected 4 arguments, got 1"#,
        ),
        (
            "geoDistance('1',2,3,4)=1",
            r#"invalid left operand "geoDistance" - [geoDistance] argument 0 must be an identifier or number"#,
        ),
        (
            "strftime(title)=1",
            r#"invalid left operand "strftime" - [strftime] expects the first argument to be a format string"#,
        ),
        (
            "strftime('%Y', foo)=1",
            r#"invalid left operand "strftime" - [strftime] failed to resolve time-value argument: unknown field "foo""#,
        ),
        (
            "author.best.posts_via_tags.author.best.posts_via_tags.author.nick='x'",
            "max nested relations reached for field \"author\"",
        ),
        // A part that cannot matter has to be right all the same.
        ("1=1 || foo=1", r#"invalid left operand "foo" - unknown field "foo""#),
    ] {
        match select(rule, "", &guest) {
            Ok(select) => panic!("{rule}: {:?}", select.predicate),
            Err(error) => assert!(error.ends_with(expected), "{rule}: {error}"),
        }
    }
}

#[test]
fn unknown_names_of_the_request_are_null() {
    let mut request = RequestInfo::default();
    let people = schema().by_name("people").expect("a collection").clone();
    for signed_in in [false, true] {
        request.auth = signed_in.then(|| Arc::new(Record::blank(people.clone())));
        for rule in [
            "@request.auth.foo=null",
            "@request.auth.foo.bar=''",
            "@request.auth.best.foo=null",
            "@request.body.foo.bar=null",
            "@request.body.author.foo=null",
            "@request.query.a.b=null",
            "@request.headers.a:lower=''",
        ] {
            let predicate = select(rule, "", &request).map(|select| select.predicate);
            assert_eq!(predicate, Ok(Predicate::Always), "{rule}");
        }
    }
    // The logged record is known, so what it lacks beyond doubt is an error.
    assert!(select("@request.auth.nick.x=''", "", &request).is_err());
}

#[test]
fn joins_are_shared_by_what_speaks_of_the_same_rows() {
    let guest = RequestInfo::default();
    let joins = |rule: &str| select(rule, "", &guest).expect(rule).joins.len();
    assert_eq!(joins("title = 'x'"), 0);
    assert_eq!(joins("author.id = 'x'"), 0);
    assert_eq!(joins("author.nick = 'x' && author.nick != 'y'"), 1);
    assert_eq!(joins("author.nick = 'x' && author.best.name = 'y'"), 2);
    assert_eq!(joins("tags.name ?= 'x' && tags.id ?= 'y'"), 2);
    assert_eq!(joins("tags:each ?= 'x' && tags.name ?= 'y'"), 3);
    assert_eq!(joins("@collection.tags.name ?= 'x' && @collection.tags.id ?= 'y'"), 1);
    assert_eq!(joins("@collection.tags:a.name ?= 'x' && @collection.tags:b.id ?= 'y'"), 2);
    assert_eq!(joins("comments_via_post.text = 'x'"), 1);
}

#[test]
fn plain_operators_look_for_violations() {
    let guest = RequestInfo::default();
    let violations = |rule: &str| {
        let predicate = select(rule, "", &guest).expect(rule).predicate;
        let parts = match predicate {
            Predicate::And(parts) => parts,
            other => vec![other],
        };
        parts.iter().filter(|part| matches!(part, Predicate::NoneViolates(_))).count()
    };
    for (rule, expected) in [
        ("tags.name = 'x'", 1),
        ("tags.name ?= 'x'", 0),
        ("author.nick = 'x'", 0),
        ("author.best.name = 'x'", 0),
        ("'x' != tags:each", 1),
        ("sm:each = 'x'", 1),
        ("sm:length = 1", 0),
        // A unique index makes a back-relation single.
        ("comments_via_post.text = 'x'", 0),
        ("@collection.posts.title = 'x'", 1),
        ("strftime('%Y', tags.name) = 'x'", 1),
        ("geoDistance(tags.name, 1, 2, 3) = 1", 0),
        ("author.best.posts_via_tags.title = 'x'", 1),
    ] {
        assert_eq!(violations(rule), expected, "{rule}");
    }
    // A single beginning of a path is not looked at again.
    let select = select("author.best.posts_via_tags.title = 'x'", "", &guest).expect("a rule");
    let Predicate::And(parts) = &select.predicate else { panic!("{:?}", select.predicate) };
    let Some(Predicate::NoneViolates(none)) = parts.last() else { panic!("{parts:?}") };
    assert_eq!(none.joins.len(), 1);
}

#[test]
fn orders() {
    let guest = RequestInfo::default();
    let select = select("", "-title,@random,@rowid,author.nick", &guest).expect("a sort");
    assert!(matches!(select.order[0], Order::By { descending: true, .. }));
    assert!(matches!(select.order[1], Order::Random));
    assert!(matches!(select.order[2], Order::RowId { descending: false }));
    assert!(matches!(select.joins[0].source, JoinSource::ById { .. }));
    assert!(select.predicate.is_always_true());
}

#[test]
fn back_relations_of_what_is_not_stored_yet() {
    let guest = RequestInfo::default();
    for (rule, never) in [
        ("comments_via_post.text = '' || title = 'x'", true),
        ("author.best.name = '' || title = 'x'", false),
        ("@collection.comments.text = '' || title = 'x'", false),
    ] {
        let select = select(rule, "", &guest).expect(rule).over_virtual(Vec::new());
        assert_eq!(select.is_never(), never, "{rule}");
    }
}

#[test]
fn selects_of_ids() {
    let guest = RequestInfo::default();
    let all = || select("", "", &guest).expect("a rule");
    let ids = |ids: &[&str]| ids.iter().map(|id| (*id).to_owned()).collect::<Vec<_>>();
    assert!(all().only_ids(Vec::new()).is_never());
    assert_eq!(all().only_ids(ids(&["a", "b"])).only_ids(ids(&["b", "c"])).ids, Some(ids(&["b"])));
    assert_eq!(Alias::ROOT, Alias(0));
}
