//! A small world to ask rules about, and the tables' way to ask.

use std::collections::HashMap;
use std::sync::Mutex;

use ketch_cel::environment::{Environment, Request};
use ketch_cel::time::Timestamp;
use ketch_cel::{Binds, EvaluationError, Expression, Value, Variable};
use serde_json::{Value as Json, json};

pub struct World {
    pub variables: HashMap<Variable, Json>,
    pub references: HashMap<(Variable, String), Vec<Json>>,
    pub request: Request,
    pub taken: Mutex<Vec<(String, String, u64)>>,
}

impl World {
    pub fn new() -> Self {
        let data = json!({
            "id": "post-1", "title": "Hello", "owner": "ann", "count": 3, "ratio": 2.5, "whole": 2.0, "zero": 0,
            "flag": true, "off": false, "nothing": null, "tags": ["a", "b"], "numbers": [1, 2, 3], "empty": [],
            "meta": {"a": {"b": 1}, "n": null}, "due": "2024-01-31T10:20:30Z", "dueAt": 1_706_696_430_000_i64,
            "big": 9_007_199_254_740_993_i64, "huge": 18_446_744_073_709_551_615_u64, "emoji": "a😀b",
            "people": [{"id": "ann", "age": 30}, {"id": "bob", "age": 17}],
        });
        let variables = [
            (Variable::Data, data),
            (Variable::NewData, json!({"id": "post-1", "title": "New", "owner": "ann", "count": 4})),
            (Variable::LinkedData, json!({"id": "tag-1", "name": "x"})),
            (Variable::Actions, json!({"data": "update", "linkedData": "create"})),
            (Variable::Auth, json!({"id": "ann", "email": "ann@example.com", "role": "editor"})),
            (Variable::RuleParams, json!({"key": "secret", "ids": ["post-1", "post-2"]})),
        ];
        let references = [
            ((Variable::Data, "owner.id".to_owned()), vec![json!("ann"), json!("bob")]),
            ((Variable::Data, "none.id".to_owned()), vec![]),
            ((Variable::LinkedData, "posts.id".to_owned()), vec![json!("post-1")]),
            ((Variable::Auth, "$user.teams.id".to_owned()), vec![json!("t1"), json!("t2")]),
        ];
        Self {
            variables: variables.into(),
            references: references.into(),
            request: Request {
                time: Timestamp::parse("2024-06-15T12:00:00Z").unwrap(),
                modified_fields: Some(vec![json!("title")]),
                ip: Some("10.0.0.1".to_owned()),
                origin: None,
            },
            taken: Mutex::default(),
        }
    }

    pub fn guest() -> Self {
        let mut world = Self::new();
        world.variables.insert(Variable::Auth, Json::Null);
        world
    }
}

impl Environment for World {
    fn variable(&self, variable: Variable) -> Option<Value<'_>> {
        self.variables.get(&variable).map(Value::from_json)
    }

    fn reference(&self, object: Variable, path: &str) -> Option<&[Json]> {
        self.references.get(&(object, path.to_owned())).map(Vec::as_slice)
    }

    fn request(&self) -> Option<&Request> {
        Some(&self.request)
    }

    fn limit(&self, bucket: &str, key: &str, amount: u64) -> Result<bool, EvaluationError> {
        if bucket == "empty" {
            return Err(EvaluationError::rate_limited(bucket));
        }
        self.taken.lock().unwrap().push((bucket.to_owned(), key.to_owned(), amount));
        Ok(true)
    }
}

/// The answer to an expression in a world, without a check before.
pub fn ask(world: &World, text: &str) -> String {
    let binds = Binds::default();
    let expression = match Expression::parse(text) {
        Ok(expression) => expression,
        Err(error) => return format!("syntax: {}", error.message),
    };
    match expression.evaluate(&binds, world) {
        Ok(value) => show(&value),
        Err(error) => format!("error: {}", error.message),
    }
}

/// A value as an expression that gives it would be written, more or less.
pub fn show(value: &Value<'_>) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Int(value) => value.to_string(),
        Value::Uint(value) => format!("{value}u"),
        Value::Double(value) => format!("{value:?}"),
        Value::String(text) => format!("'{}'", &**text),
        Value::Bytes(bytes) => format!("b{bytes:?}"),
        Value::List(list) => {
            format!("[{}]", list.iter().map(|item| show(&item)).collect::<Vec<_>>().join(", "))
        }
        Value::Map(map) => {
            let entry = |key: &Value<'_>| format!("{}: {}", show(key), show(&map.get(key).unwrap()));
            format!("{{{}}}", map.keys().iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        Value::Timestamp(value) => value.format(),
        Value::Duration(value) => value.format(),
        Value::Type(types) => types.to_string(),
    }
}

/// Every row: an expression and its answer. An answer that begins with `error:` or `syntax:` need
/// only be the beginning of what is said.
pub fn table(rows: &[(&str, &str)]) {
    table_in(&World::new(), rows);
}

pub fn table_in(world: &World, rows: &[(&str, &str)]) {
    let mut wrong = Vec::new();
    for (text, expected) in rows {
        let answer = ask(world, text);
        let failure = expected.starts_with("error:") || expected.starts_with("syntax:");
        if answer != *expected && !(failure && answer.starts_with(expected)) {
            wrong.push(format!("{text}\n    is {answer}\n    not {expected}"));
        }
    }
    assert!(wrong.is_empty(), "{} of {} rows:\n{}", wrong.len(), rows.len(), wrong.join("\n"));
}
