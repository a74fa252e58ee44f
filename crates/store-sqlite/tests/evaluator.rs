//! The in-memory evaluator answers what the database answers, or says that it cannot tell.

use std::sync::Arc;

use ketch_model::collection::Collection;
use ketch_model::{Cell, Object, Record, Schema, Value};
use ketch_query::{RequestInfo, Resolver, Select, evaluate};
use ketch_store::{Connection, Flow, Store, sql};
use ketch_store_sqlite::{SqliteOptions, SqliteStore};
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

const FIELDS: &str = r#"[
    {"name": "title", "type": "text"},
    {"name": "other", "type": "text"},
    {"name": "n", "type": "number"},
    {"name": "flag", "type": "bool"},
    {"name": "day", "type": "date"},
    {"name": "kind", "type": "select", "values": ["a", "b"], "maxSelect": 1},
    {"name": "tags", "type": "select", "values": ["a", "b", "c", "5"], "maxSelect": 4},
    {"name": "data", "type": "json"},
    {"name": "place", "type": "geoPoint"}
]"#;

fn collection() -> Arc<Collection> {
    let text = format!(r#"{{"name": "things", "type": "base", "fields": {FIELDS}}}"#);
    let submitted: Object = serde_json::from_str(&text).expect("JSON");
    Arc::new(Collection::from_submitted(&submitted, None, &Schema::default()).expect("a collection"))
}

fn text() -> impl Strategy<Value = String> {
    let fixed =
        ["", "a", "A", "b", "ab", "5", "5.0", "05", " 5", "1e2", "a%b", "a_b", "é", "true", "null", "[]"];
    prop_oneof![4 => prop::sample::select(fixed.map(str::to_owned).to_vec()), 1 => "[ -~]{0,6}"]
}

fn number() -> impl Strategy<Value = Value> {
    prop_oneof![
        prop::sample::select(vec![0.0, 1.0, -1.0, 5.0, 2.5, 0.1, 1e15, -0.5]).prop_map(Value::from),
        (-20_i64..20).prop_map(Value::from),
    ]
}

fn scalar() -> impl Strategy<Value = Value> {
    prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number(),
        text().prop_map(Value::from),
    ]
}

fn json() -> impl Strategy<Value = Value> {
    let item =
        || prop_oneof![3 => scalar(), 1 => prop::collection::vec(scalar(), 0..3).prop_map(Value::from)];
    prop_oneof![
        scalar(),
        prop::collection::vec(item(), 0..3).prop_map(Value::from),
        prop::collection::vec((prop::sample::select(vec!["a", "b", "0"]), item()), 0..3).prop_map(|pairs| {
            Value::Object(pairs.into_iter().map(|(key, value)| (key.to_owned(), value)).collect())
        }),
    ]
}

fn values() -> impl Strategy<Value = Vec<(&'static str, Value)>> {
    let days = ["", "2024-05-06 07:08:09.000Z", "2030-01-01 00:00:00.000Z"];
    (
        (text(), text(), number(), any::<bool>(), prop::sample::select(days.to_vec())),
        prop::sample::select(vec!["", "a", "b"]),
        prop::sample::subsequence(vec!["a", "b", "c", "5"], 0..=4),
        json(),
        (-3_i64..3, -3_i64..3),
    )
        .prop_map(|((title, other, n, flag, day), kind, tags, data, (lon, lat))| {
            vec![
                ("title", title.into()),
                ("other", other.into()),
                ("n", n),
                ("flag", flag.into()),
                ("day", day.into()),
                ("kind", kind.into()),
                ("tags", tags.into()),
                ("data", data),
                ("place", serde_json::json!({ "lon": lon, "lat": lat })),
            ]
        })
}

fn operand() -> impl Strategy<Value = String> {
    let names = [
        "id",
        "title",
        "other",
        "n",
        "flag",
        "day",
        "kind",
        "tags",
        "data",
        "data.a",
        "data.a.b",
        "data.0",
        "data.1",
        "place.lon",
        "place.lat",
        "place",
        "title:lower",
        "tags:length",
        "kind:length",
        "tags:each",
        "kind:each",
        "tags:each:lower",
        "@now",
        "@request.query.q",
        "@request.query.missing",
        "@request.auth.id",
        "true",
        "false",
        "null",
        "strftime('%Y', day)",
        "geoDistance(place.lon, place.lat, 1, 1)",
    ];
    let quoted = text().prop_map(|text| format!("'{}'", text.replace(['\\', '\''], "")));
    let literal = prop::sample::select(vec!["0", "1", "5", "-1", "2.5", "100"]);
    prop_oneof![
        5 => prop::sample::select(names.map(str::to_owned).to_vec()),
        2 => quoted,
        1 => literal.prop_map(str::to_owned),
    ]
}

fn filter() -> impl Strategy<Value = String> {
    let sign = prop::sample::select(vec![
        "=", "!=", "<", "<=", ">", ">=", "~", "!~", "?=", "?!=", "?<", "?>", "?~", "?!~",
    ]);
    let comparison =
        (operand(), sign, operand()).prop_map(|(left, sign, right)| format!("{left} {sign} {right}"));
    comparison.prop_recursive(2, 6, 3, |inner| {
        (prop::collection::vec(inner, 2..4), any::<bool>())
            .prop_map(|(parts, all)| format!("({})", parts.join(if all { " && " } else { " || " })))
    })
}

fn resolve(collection: &Arc<Collection>, filter: &str) -> Option<Select> {
    let mut request = RequestInfo::default();
    std::sync::Arc::make_mut(&mut request.query).insert("q".to_owned(), "ab".to_owned());
    let mut resolver = Resolver::new(Arc::new(Schema::default()), collection.clone(), &request);
    let predicate = resolver.rule(filter).ok()?;
    Some(resolver.into_select(vec![predicate]))
}

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().build().expect("a runtime").block_on(future)
}

/// Stores the record in the place of the one before and asks the database.
fn asked(store: &dyn Store, record: &Record, select: Select) -> bool {
    let (collection, record) = (record.collection.clone(), record.clone());
    let work = move |connection: &mut dyn Connection| {
        connection.execute(&sql::delete_record(connection.dialect(), &collection, record.id()))?;
        let fields = collection.fields.iter().zip(&record.values);
        let cells: Vec<Cell> = fields.map(|(field, value)| field.to_cell(value)).collect();
        connection.execute(&sql::insert_record(connection.dialect(), &collection, cells))?;
        let mut found = false;
        connection.query(&sql::record_exists(connection.dialect(), &select), &mut |_| {
            found = true;
            Flow::Stop
        })?;
        Ok::<_, ketch_store::StoreError>(found)
    };
    block(store.write(work)).expect("the database answers")
}

#[test]
fn memory_and_database_agree() {
    let folder = tempfile::tempdir().expect("a folder");
    let store = SqliteStore::open(folder.path().join("data.db"), SqliteOptions::default()).expect("a store");
    let store: Arc<dyn Store> = Arc::new(store);
    let collection = collection();
    let made = collection.clone();
    let create = move |connection: &mut dyn Connection| {
        let script = sql::ddl::create_table(connection.dialect(), &made);
        connection.execute_script(&script)
    };
    block(store.write(create)).expect("a table");

    let mut runner = TestRunner::new(Config { cases: 4_000, failure_persistence: None, ..Config::default() });
    // How many were decided in memory, of how many.
    let cells = std::cell::Cell::new((0_u32, 0_u32));
    let result = runner.run(&(values(), filter()), |(values, filter)| {
        let Some(select) = resolve(&collection, &filter) else { return Ok(()) };
        let mut record = Record::blank(collection.clone());
        record.set("id", "record000000001".into());
        for (name, value) in values {
            let field = collection.field(name).expect("a field");
            record.set(name, field.normalize(&value));
        }
        let (known, all) = cells.get();
        let Some(answer) = evaluate::finds(&select, &record) else {
            cells.set((known, all + 1));
            return Ok(());
        };
        cells.set((known + 1, all + 1));
        let expected = asked(&*store, &record, select);
        prop_assert_eq!(answer, expected, "{} on {:?}", filter, record.values);
        Ok(())
    });
    result.unwrap_or_else(|error| panic!("{error}"));
    let (decided, asked_for) = cells.get();
    assert!(decided * 2 > asked_for, "the evaluator decides {decided} of {asked_for} only");
}
