//! Query JSON to syntax: shapes only, no schema.

mod conditions;
mod options;

use ketch_model::{Object, Value};

use super::syntax::{Form, Options, Query};
use crate::invalid::{Expected, Invalid, Issue, Step};

/// Forms below forms below forms: more than this is no question that anybody asks.
const MAX_DEPTH: usize = 32;
/// Forms of a whole query: each is at least one statement.
const MAX_FORMS: usize = 500;

/// The key of what rules may ask.
const RULE_PARAMS: &str = "$$ruleParams";

/// Reads a query. The error names the first thing that is wrong.
pub fn parse(query: &Value) -> Result<Query, Invalid> {
    read(query).map_err(|issue| invalid(query, issue))
}

/// An issue of this query.
pub(super) fn invalid(query: &Value, issue: Issue) -> Invalid {
    Invalid { data_type: "query", input: query.clone(), issues: vec![issue] }
}

fn read(query: &Value) -> Result<Query, Issue> {
    let mut at = Trail::default();
    let mut rule_params = Object::new();
    let mut forms = Vec::new();
    let mut count = 0;
    for (key, value) in at.object(query, "a query")? {
        at.enter(key.as_str());
        if key == RULE_PARAMS {
            rule_params = at.object(value, "the rule parameters")?.clone();
        } else {
            forms.push(form(key, value, &mut at, &mut count)?);
        }
        at.leave();
    }
    Ok(Query { forms, rule_params })
}

fn form(label: &str, value: &Value, at: &mut Trail, count: &mut usize) -> Result<Form, Issue> {
    *count += 1;
    if at.0.len() > MAX_DEPTH || *count > MAX_FORMS {
        let what = if at.0.len() > MAX_DEPTH {
            format!("The query is nested deeper than {MAX_DEPTH} levels.")
        } else {
            format!("The query has more than {MAX_FORMS} forms.")
        };
        return Err(at.issue("supported-depth?", format!("{what} Ask for less at once.")));
    }
    let mut form = Form {
        label: label.to_owned(),
        path: at.0.clone(),
        options: Options::default(),
        children: Vec::new(),
    };
    for (key, value) in at.object(value, &format!("`{label}`"))? {
        at.enter(key.as_str());
        if key == "$" {
            form.options = options::read(value, at)?;
        } else {
            form.children.push(self::form(key, value, at, count)?);
        }
        at.leave();
    }
    Ok(form)
}

/// Where the reader stands in the query.
#[derive(Debug, Default)]
struct Trail(Vec<Step>);

impl Trail {
    fn enter(&mut self, step: impl Into<Step>) {
        self.0.push(step.into());
    }

    fn leave(&mut self) {
        self.0.pop();
    }

    fn issue(&self, expected: &'static str, message: impl Into<String>) -> Issue {
        Issue { expected: Expected::Shape(expected), path: self.0.clone(), message: message.into() }
    }

    fn type_issue(&self, expected: &'static str, message: impl Into<String>) -> Issue {
        Issue { expected: Expected::Type(expected), path: self.0.clone(), message: message.into() }
    }

    fn object<'a>(&self, value: &'a Value, what: &str) -> Result<&'a Object, Issue> {
        value.as_object().ok_or_else(|| {
            self.issue("map?", format!("Expected {what} to be an object, but got {}.", shown(value)))
        })
    }

    fn array<'a>(&self, value: &'a Value, what: &str) -> Result<&'a Vec<Value>, Issue> {
        value.as_array().ok_or_else(|| {
            self.issue("list?", format!("Expected {what} to be an array, but got {}.", shown(value)))
        })
    }

    fn text<'a>(&self, value: &'a Value, what: &str) -> Result<&'a str, Issue> {
        value.as_str().ok_or_else(|| {
            self.type_issue("string?", format!("Expected {what} to be a string, but got {}.", shown(value)))
        })
    }

    fn flag(&self, value: &Value, what: &str) -> Result<bool, Issue> {
        value.as_bool().ok_or_else(|| {
            self.type_issue("boolean?", format!("Expected {what} to be a boolean, but got {}.", shown(value)))
        })
    }
}

impl From<usize> for Step {
    fn from(index: usize) -> Self {
        Self::Index(index)
    }
}

/// A value as messages show it: cut where it is long.
pub(super) fn shown(value: &Value) -> String {
    const LONGEST: usize = 60;
    let text = match value {
        Value::Object(object) if object.len() > 8 => return "an object".to_owned(),
        Value::Array(items) if items.len() > 8 => return "an array".to_owned(),
        other => other.to_string(),
    };
    if text.chars().count() <= LONGEST {
        return format!("`{text}`");
    }
    let cut: String = text.chars().take(LONGEST).collect();
    format!("`{cut}…`")
}
