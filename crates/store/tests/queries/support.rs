//! A small app in memory: posts with authors, tags and comments.

use std::sync::Arc;

use ketch_model::{Cell, CellRef, Collection, CollectionKind, Error, Field, Record, Schema};
use ketch_query::{RequestInfo, Resolver, Select};
use ketch_store::sql::{count_records, record_exists, select_records};
use ketch_store::{Dialect, Statement};
use rusqlite::Connection;
use rusqlite::functions::FunctionFlags;
use rusqlite::types::{Value as SqlValue, ValueRef};
use serde_json::{Value, json};

#[derive(Debug)]
pub struct Sqlite;

impl Dialect for Sqlite {
    fn name(&self) -> &'static str {
        "sqlite"
    }
}

pub struct App {
    pub schema: Arc<Schema>,
    connection: Connection,
}

fn collection(id: &str, name: &str, kind: CollectionKind, fields: &Value, indexes: &[&str]) -> Collection {
    let mut collection = Collection::blank(kind);
    collection.id = id.to_owned();
    collection.name = name.to_owned();
    let key = json!({"name": "id", "type": "text", "primaryKey": true});
    let fields = fields.as_array().expect("a list of fields");
    for field in std::iter::once(&key).chain(fields) {
        collection.fields.push(Field::from_json(field.as_object().expect("an object")).expect("a field"));
    }
    collection.indexes = indexes.iter().map(|index| (*index).to_owned()).collect();
    collection.list_rule = Some(String::new());
    collection.index_fields();
    collection
}

fn collections() -> Vec<Collection> {
    let base = || CollectionKind::Base;
    let many = |name: &str, target: &str| json!({"name": name, "type": "relation", "collectionId": target, "maxSelect": 9});
    let one = |name: &str, target: &str| json!({"name": name, "type": "relation", "collectionId": target});
    let mut cats = collection("c_cats", "cats", base(), &json!([{"name": "name", "type": "text"}]), &[]);
    cats.list_rule = None;
    vec![
        collection(
            "c_tags",
            "tags",
            base(),
            &json!([{"name": "name", "type": "text"}, {"name": "color", "type": "text"}]),
            &[],
        ),
        cats,
        collection(
            "c_people",
            "people",
            CollectionKind::Auth(Box::default()),
            &json!([
                {"name": "email", "type": "email"}, {"name": "emailVisibility", "type": "bool"},
                {"name": "verified", "type": "bool"}, {"name": "nick", "type": "text"},
                {"name": "age", "type": "number"}, {"name": "secret", "type": "text", "hidden": true},
                {"name": "roles", "type": "select", "values": ["x", "y"], "maxSelect": 2},
                {"name": "data", "type": "json"}, many("tags", "c_tags"), one("best", "c_tags"),
            ]),
            &[],
        ),
        collection(
            "c_posts",
            "posts",
            base(),
            &json!([
                {"name": "title", "type": "text"}, {"name": "n", "type": "number"}, {"name": "b", "type": "bool"},
                {"name": "d", "type": "date"}, {"name": "s1", "type": "select", "values": ["a", "b", "c"]},
                {"name": "sm", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3},
                one("author", "c_people"), one("cat", "c_cats"), many("tags", "c_tags"), many("tags2", "c_tags"),
                {"name": "j", "type": "json"}, {"name": "loc", "type": "geoPoint"},
                {"name": "hid", "type": "text", "hidden": true}, {"name": "created", "type": "autodate"},
            ]),
            &["CREATE INDEX posts_created ON posts (created)", "CREATE INDEX posts_author ON posts (author)"],
        ),
        collection(
            "c_comments",
            "comments",
            base(),
            &json!([{"name": "text", "type": "text"}, one("post", "c_posts"), many("posts", "c_posts"), one("by", "c_people")]),
            &["CREATE INDEX comments_post ON comments (post)"],
        ),
        collection(
            "c_meta",
            "meta",
            base(),
            &json!([{"name": "info", "type": "text"}, one("post", "c_posts")]),
            &["CREATE UNIQUE INDEX meta_post ON meta (post)"],
        ),
        collection("c_empty", "empty", base(), &json!([{"name": "x", "type": "text"}]), &[]),
        collection(
            "c_view",
            "view",
            CollectionKind::View { query: String::new() },
            &json!([{"name": "title", "type": "text"}, {"name": "n", "type": "number"}, {"name": "x", "type": "json"}, many("tags", "c_tags")]),
            &[],
        ),
    ]
}

fn column(field: &Field) -> &'static str {
    use ketch_model::fields::ColumnKind;
    match field.column() {
        ColumnKind::PrimaryKey => "TEXT PRIMARY KEY NOT NULL",
        ColumnKind::Text => "TEXT DEFAULT '' NOT NULL",
        ColumnKind::Number => "NUMERIC DEFAULT 0 NOT NULL",
        ColumnKind::Bool => "BOOLEAN DEFAULT FALSE NOT NULL",
        ColumnKind::List => "JSON DEFAULT '[]' NOT NULL",
        ColumnKind::Json => "JSON DEFAULT NULL",
        ColumnKind::GeoPoint => r#"JSON DEFAULT '{"lon":0,"lat":0}' NOT NULL"#,
    }
}

impl App {
    pub fn open() -> Self {
        let connection = Connection::open_in_memory().expect("a database");
        let flags = FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC;
        connection
            .create_scalar_function("geo_distance", 4, flags, |context| {
                let parts: Vec<Option<f64>> = (0..4).map(|part| context.get(part).ok().flatten()).collect();
                // Any distance will do; what is tested is what is asked for.
                Ok(match parts.as_slice() {
                    [Some(a), Some(b), Some(c), Some(d)] => Some((a - c).abs() + (b - d).abs()),
                    _ => None,
                })
            })
            .expect("a function");
        let collections = collections();
        for collection in collections.iter().filter(|collection| !collection.is_view()) {
            let columns: Vec<String> =
                collection.fields.iter().map(|field| format!("{} {}", field.name, column(field))).collect();
            connection
                .execute_batch(&format!("CREATE TABLE {} ({})", collection.name, columns.join(", ")))
                .expect("a table");
            for index in &collection.indexes {
                connection.execute_batch(index).expect("an index");
            }
        }
        connection
            .execute_batch("CREATE VIEW view AS SELECT id, title, n, n || 'x' AS x, tags FROM posts")
            .expect("a view");
        let schema = Arc::new(Schema::new(collections.into_iter().map(Arc::new).collect(), 1));
        let app = Self { schema, connection };
        app.seed();
        app
    }

    fn seed(&self) {
        for (id, color) in [("alpha", "red"), ("beta", "green"), ("gamma", "red"), ("other", "")] {
            self.insert("tags", &json!({"id": id, "name": id, "color": color}));
        }
        self.insert("cats", &json!({"id": "c1", "name": "c1"}));
        self.insert("cats", &json!({"id": "c2", "name": "c2"}));
        let data = json!({"k": [1, "two", {"z": true}], "s": "str"});
        self.insert("people", &json!({"id": "ann", "nick": "ann", "age": 5, "email": "ann@x.co", "emailVisibility": true, "tags": ["alpha", "beta"], "best": "alpha", "secret": "sann", "roles": ["x", "y"], "data": data}));
        self.insert(
            "people",
            &json!({"id": "bob", "nick": "bob", "age": 7, "email": "bob@x.co", "secret": "sbob"}),
        );
        self.insert("posts", &json!({"id": "1", "title": "p1", "n": 5, "b": true, "d": "2024-01-02 03:04:05.000Z", "s1": "a", "sm": ["a", "b"], "author": "ann", "cat": "c1", "tags": ["alpha", "beta"], "tags2": ["alpha"], "j": {"a": {"b": [1, "two", {"c": null}]}, "t": true, "x": "str"}, "loc": {"lon": 10, "lat": 20}, "hid": "h1"}));
        self.insert("posts", &json!({"id": "2", "title": "p2", "sm": ["b"], "author": "bob", "cat": "c2", "tags": ["alpha"], "tags2": ["beta", "gamma"], "j": "str", "loc": {"lon": -1.5, "lat": 2}}));
        self.insert("posts", &json!({"id": "3", "title": "p3", "n": 12.5, "j": [1, 2, 3]}));
        self.insert("posts", &json!({"id": "4", "title": "p4", "n": -3, "author": "ann", "tags": ["other"], "tags2": ["other"], "j": 12, "d": "2030-01-01 00:00:00.000Z"}));
        self.insert(
            "posts",
            &json!({"id": "5", "title": "a_b 100% \\x 'q'", "n": 7, "j": "", "s1": "c", "sm": ["c"]}),
        );
        self.insert(
            "comments",
            &json!({"id": "k1", "text": "hello", "post": "1", "posts": ["1", "2"], "by": "ann"}),
        );
        self.insert(
            "comments",
            &json!({"id": "k2", "text": "world", "post": "1", "posts": ["2"], "by": "bob"}),
        );
        self.insert("comments", &json!({"id": "k3", "text": "hello", "post": "2", "by": "ann"}));
        self.insert("comments", &json!({"id": "k4", "text": "orphan"}));
        self.insert("meta", &json!({"id": "m1", "info": "m1", "post": "1"}));
    }

    fn insert(&self, collection: &str, values: &Value) {
        let collection = self.collection(collection);
        let cells: Vec<SqlValue> = collection
            .fields
            .iter()
            .map(|field| {
                let value = values.get(&field.name).map_or_else(|| field.zero(), |raw| field.normalize(raw));
                sql_value(&field.to_cell(&value))
            })
            .collect();
        let marks = vec!["?"; cells.len()].join(", ");
        self.connection
            .execute(
                &format!("INSERT INTO {} VALUES ({marks})", collection.name),
                rusqlite::params_from_iter(cells),
            )
            .expect("an insert");
    }

    pub fn collection(&self, name: &str) -> Arc<Collection> {
        self.schema.by_name(name).expect("a collection").clone()
    }

    /// A request of this person, a guest if empty.
    pub fn request(&self, person: &str) -> RequestInfo {
        let auth = (!person.is_empty()).then(|| Arc::new(self.record("people", person)));
        RequestInfo { context: "default", method: "GET".to_owned(), auth, ..RequestInfo::default() }
    }

    /// Another schema over the same tables, with this rule for listing the collection.
    pub fn with_list_rule(mut self, name: &str, rule: &str) -> Self {
        let changed = self.schema.collections().iter().map(|collection| {
            let mut collection = Collection::clone(collection);
            if collection.name == name {
                collection.list_rule = Some(rule.to_owned());
            }
            Arc::new(collection)
        });
        self.schema = Arc::new(Schema::new(changed.collect(), 2));
        self
    }

    pub fn record(&self, collection: &str, id: &str) -> Record {
        let collection = self.collection(collection);
        let mut statement = self
            .connection
            .prepare(&format!("SELECT * FROM {} WHERE id = ?", collection.name))
            .expect("a query");
        let values = statement
            .query_row([id], |row| {
                let cell = |position| {
                    row.get_ref(position).map(|value| match value {
                        ValueRef::Null => CellRef::Null,
                        ValueRef::Integer(integer) => CellRef::Integer(integer),
                        ValueRef::Real(number) => CellRef::Real(number),
                        ValueRef::Text(text) => CellRef::Text(std::str::from_utf8(text).unwrap_or_default()),
                        ValueRef::Blob(bytes) => CellRef::Blob(bytes),
                    })
                };
                let fields = collection.fields.iter().enumerate();
                fields.map(|(position, field)| Ok(field.from_cell(cell(position)?))).collect()
            })
            .expect("a record");
        Record { collection, values, nulls: Vec::new() }
    }

    /// The ids that a select finds. Count and existence have to agree.
    pub fn run(&self, select: &Select) -> Result<Vec<String>, String> {
        let rows = self.rows(&select_records(&Sqlite, select))?;
        let id = select.collection.field_index("id").expect("an id");
        let ids: Vec<String> = rows
            .into_iter()
            .map(|row| match &row[id] {
                SqlValue::Text(text) => text.clone(),
                other => format!("{other:?}"),
            })
            .collect();
        if select.limit.is_none() {
            let count = self.rows(&count_records(&Sqlite, select))?;
            assert_eq!(count, vec![vec![SqlValue::Integer(ids.len() as i64)]]);
            assert_eq!(self.rows(&record_exists(&Sqlite, select))?.is_empty(), ids.is_empty());
        }
        Ok(ids)
    }

    fn rows(&self, statement: &Statement) -> Result<Vec<Vec<SqlValue>>, String> {
        let failed = |error: rusqlite::Error| format!("{error}: {}", statement.sql);
        let mut prepared = self.connection.prepare(&statement.sql).map_err(failed)?;
        let columns = prepared.column_count();
        let params = rusqlite::params_from_iter(statement.params.iter().map(sql_value));
        let rows = prepared.query_map(params, |row| (0..columns).map(|column| row.get(column)).collect());
        rows.map_err(failed)?.collect::<Result<_, _>>().map_err(failed)
    }

    /// How SQLite goes about a statement.
    pub fn plan(&self, statement: &Statement) -> String {
        let mut prepared =
            self.connection.prepare(&format!("EXPLAIN QUERY PLAN {}", statement.sql)).expect(&statement.sql);
        let params = rusqlite::params_from_iter(statement.params.iter().map(sql_value));
        let lines: Vec<String> =
            prepared.query_map(params, |row| row.get("detail")).expect("a plan").flatten().collect();
        lines.join("; ")
    }

    pub fn resolver<'a>(&self, collection: &str, request: &'a RequestInfo) -> Resolver<'a> {
        Resolver::new(self.schema.clone(), self.collection(collection), request)
    }

    /// The ids that a rule finds.
    pub fn rule(&self, collection: &str, text: &str, request: &RequestInfo) -> Result<Vec<String>, String> {
        let mut resolver = self.resolver(collection, request);
        let predicate = resolver.rule(text).map_err(|error| error.to_string())?;
        self.run(&resolver.into_select(vec![predicate]))
    }

    /// The ids that a client's filter and sort find.
    pub fn list(
        &self,
        collection: &str,
        filter: &str,
        sort: &str,
        request: &RequestInfo,
    ) -> Result<Vec<String>, Error> {
        let mut resolver = self.resolver(collection, request);
        let predicate = resolver.client_filter(filter)?;
        resolver.sort(sort, true)?;
        self.run(&resolver.into_select(vec![predicate])).map_err(Error::internal)
    }

    /// Whether the would-be record of a create satisfies the rule.
    pub fn creates(&self, collection: &str, rule: &str, values: &Value, request: &RequestInfo) -> bool {
        let mut resolver = self.resolver(collection, request);
        let predicate = resolver.rule(rule).expect(rule);
        let collection = self.collection(collection);
        let cells = collection
            .fields
            .iter()
            .map(|field| {
                let value = values.get(&field.name).map_or_else(|| field.zero(), |raw| field.normalize(raw));
                field.to_cell(&value)
            })
            .collect();
        let select = resolver.into_select(vec![predicate]).over_virtual(cells);
        !select.is_never() && !self.run(&select).expect(rule).is_empty()
    }
}

fn sql_value(cell: &Cell) -> SqlValue {
    match cell {
        Cell::Null => SqlValue::Null,
        Cell::Integer(integer) => SqlValue::Integer(*integer),
        Cell::Real(number) => SqlValue::Real(*number),
        Cell::Text(text) => SqlValue::Text(text.clone()),
        Cell::Blob(bytes) => SqlValue::Blob(bytes.clone()),
    }
}
