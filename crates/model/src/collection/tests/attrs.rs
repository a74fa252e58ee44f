//! Collections seen as namespaces and attrs.

use std::sync::Arc;

use crate::attr::{AttrProperties, ReverseIdentity};
use crate::collection::{CREATED_AT, Collection, CollectionKind, Direction, InstantProperties, system};
use crate::fields::autodate::AutodateOptions;
use crate::fields::json::JsonOptions;
use crate::fields::number::NumberOptions;
use crate::fields::relation::RelationOptions;
use crate::fields::text::TextOptions;
use crate::{Field, Record, Schema, Value};

fn collection(name: &str, instant: bool, fields: Vec<Field>) -> Collection {
    let mut collection = Collection::blank(CollectionKind::Base);
    collection.id = format!("{name}_id");
    collection.name = name.to_owned();
    collection.fields = vec![Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() })];
    collection.fields.extend(fields);
    collection.instant = instant.then(InstantProperties::default);
    collection.index_fields();
    collection
}

fn relation(name: &str, target: &str, max_select: i64) -> Field {
    let options = RelationOptions {
        collection_id: format!("{target}_id"),
        max_select,
        cascade_delete: true,
        ..RelationOptions::default()
    };
    Field::new(name, options)
}

fn schema(more: Vec<Collection>) -> Schema {
    let collections = system::all().into_iter().chain(more).map(Arc::new).collect();
    Schema::new(collections, 1)
}

#[test]
fn fields_of_the_other_dialect_are_attrs_with_steady_ids() {
    let fields = || {
        vec![
            Field::new("title", TextOptions::default()),
            Field { hidden: true, ..Field::new("secret", TextOptions::default()) },
            Field::new("views", NumberOptions::default()),
            relation("author", "people", 1),
            relation("tags", "tags", 5),
        ]
    };
    let schema = schema(vec![
        collection("people", false, vec![]),
        collection("tags", false, vec![]),
        collection("posts", false, fields()),
    ]);
    let attrs = schema.attrs();
    let title = attrs.forward("posts", "title").unwrap();
    assert_eq!(title.attr.checked_type.map(|checked| checked.name()), Some("string"));
    assert!(title.attr.index && !title.attr.unique && !title.attr.required);
    assert_eq!(attrs.by_id(&title.attr.id).map(|entry| entry.attr.name()), Some("posts.title".to_owned()));
    assert_eq!(title.field().map(|field| field.name.as_str()), Some("title"));
    assert!(attrs.forward("posts", "id").is_some_and(|entry| entry.attr.unique));
    assert!(attrs.find("posts", "secret").is_none());

    let (author, direction) = attrs.find("people", "posts_via_author").unwrap();
    assert_eq!(direction, Direction::Reverse);
    assert!(author.attr.is_link() && !author.attr.is_many() && author.attr.on_delete);
    let tags = attrs.reverse("tags", "posts_via_tags").unwrap();
    assert!(tags.attr.is_many() && !tags.attr.on_delete);
    assert_eq!(attrs.of_namespace("people").count(), 2);

    let again = self::schema(vec![collection("people", false, vec![]), collection("posts", false, fields())]);
    assert_eq!(again.attrs().forward("posts", "title").unwrap().attr, title.attr);
    // A relation whose target is no namespace is no link.
    assert!(again.attrs().find("posts", "tags").is_none());
}

#[test]
fn the_main_auth_collection_is_users_without_its_secrets() {
    let schema = schema(vec![]);
    let attrs = schema.attrs();
    assert_eq!(attrs.collection("$users").map(|users| users.name.as_str()), Some("users"));
    assert_eq!(attrs.namespace(system::USERS_ID), Some("$users"));
    let email = attrs.forward("$users", "email").unwrap();
    assert_eq!(email.attr.id, "96653230-13ff-ffff-a4b4-46010bffffff");
    assert_eq!(email.field().map(|field| field.name.as_str()), Some("email"));
    assert!(attrs.forward("$users", "type").is_some_and(|entry| entry.place.is_none()));
    assert!(attrs.forward("$users", "name").is_some_and(|entry| entry.place.is_some()));
    for secret in ["password", "tokenKey"] {
        assert!(attrs.find("$users", secret).is_none(), "{secret}");
    }
    for private in ["_superusers", "_otps", "users"] {
        assert!(attrs.collection(private).is_none(), "{private}");
    }
}

#[test]
fn collections_born_in_the_other_dialect_keep_their_own_ids_and_names() {
    let properties = AttrProperties {
        id: "attr".to_owned(),
        forward_id: "forward".to_owned(),
        reverse: Some(ReverseIdentity { id: "reverse".to_owned(), label: "goals".to_owned() }),
        link_table: true,
        ..AttrProperties::default()
    };
    let created = AutodateOptions { on_create: true, on_update: false };
    let mut goals = collection(
        "instant_users",
        true,
        vec![
            Field { attr: Some(Arc::new(properties)), ..relation("todos", "todos", 1000) },
            Field { hidden: true, system: true, ..Field::new(CREATED_AT, created) },
        ],
    );
    goals.instant = Some(InstantProperties { namespace: Some("users".to_owned()) });
    let schema = schema(vec![goals, collection("todos", true, vec![])]);
    let attrs = schema.attrs();
    let (todos, direction) = attrs.find("todos", "goals").unwrap();
    assert_eq!(
        (todos.attr.name().as_str(), todos.attr.id.as_str(), direction),
        ("users.todos", "attr", Direction::Reverse)
    );
    // Its namespace has an id once somebody says so.
    assert!(attrs.find("users", "id").is_none() && attrs.find("users", CREATED_AT).is_none());
    assert_eq!(attrs.collection("users").map(|users| users.name.as_str()), Some("instant_users"));
}

#[test]
fn a_record_tells_a_written_null_from_nothing_where_it_can() {
    let nullable = |field: Field| Field { nullable: true, ..field };
    let collection = Arc::new(collection(
        "goals",
        true,
        vec![
            nullable(Field::new("any", JsonOptions::default())),
            nullable(Field::new("text", TextOptions::default())),
        ],
    ));
    let mut record = Record::blank(collection.clone());
    assert_eq!(record.values[1..], [Value::Null, Value::Null]);
    let before = record.clone();
    record.write(1, Value::Null);
    record.write(2, Value::Null);
    assert!(record.is_null(1) && !record.is_null(2));
    assert!(record.differs(&before, 1) && !record.differs(&before, 2));
    let cells: Vec<_> = (0..3).map(|index| record.cell(index)).collect();
    let again = Record::from_cells(&collection, |index| cells[index].as_ref());
    assert_eq!((&again.values, &again.nulls), (&record.values, &record.nulls));
    record.write(1, Value::from(1));
    assert!(!record.is_null(1));
}
