//! The rules of an app: kept in the data folder, compiled once, in force at once.

use std::sync::Arc;

use arc_swap::ArcSwap;
use ketch_cel::{RuleProblem, Rules};
use ketch_model::{Object, Schema, Value, json, time};
use ketch_store::sql::system;
use ketch_store::{Connection, Flow, Store, StoreError};
use serde_json::json;

use super::context::Context;
use super::inquiry::Inquiry;
use super::limits::Limiter;
use crate::error::{Error, Kind, Result};
use crate::viewer::Viewer;

/// The id of the document's row in `_params`, so that rules travel with the data folder.
const RULES_PARAM: &str = "ketchRules";

/// A rules document and what it means.
#[derive(Debug, Default)]
pub struct RuleBook {
    /// As it was sent; `None` if there never was one.
    document: Option<Value>,
    pub(super) rules: Rules,
}

impl RuleBook {
    /// Compiles a document, as it is sent under `code`.
    ///
    /// # Errors
    /// `validation-failed` of `rule` with all that is wrong and where.
    pub fn compile(document: &Value) -> Result<Self> {
        match Rules::compile(document) {
            Ok(rules) => Ok(Self { document: Some(document.clone()), rules }),
            Err(problems) => Err(refused(document, &problems)),
        }
    }

    /// Whether somebody has set rules.
    pub(super) fn is_set(&self) -> bool {
        self.document.is_some()
    }

    /// Whether the document itself says who may sign up, rather than a default of it.
    pub(super) fn says_who_signs_up(&self) -> bool {
        let rule = self.document.as_ref().and_then(|document| document.pointer("/$users/allow/create"));
        rule.is_some_and(|rule| !rule.is_null())
    }
}

fn refused(document: &Value, problems: &[RuleProblem]) -> Error {
    let errors: Vec<Value> = problems
        .iter()
        .map(|problem| {
            json!({
                "message": problem.message,
                "in": problem.path,
                "hint": { "line": problem.line, "column": problem.column },
            })
        })
        .collect();
    let messages: Vec<String> = problems
        .iter()
        .map(|problem| {
            let place = problem.path.join(".");
            format!("{place} (line {}, column {}): {}", problem.line, problem.column, problem.message)
        })
        .collect();
    let hint = json!({ "data-type": "rule", "input": document, "errors": errors });
    let message = format!("Validation failed for rule: {}", messages.join(", "));
    Error::new(Kind::ValidationFailed, message, hint)
}

/// The permissions of one app. Cheap to clone; all clones see the same rules.
#[derive(Clone)]
pub struct Permissions {
    store: Arc<dyn Store>,
    current: Arc<ArcSwap<RuleBook>>,
    limiter: Arc<Limiter>,
    for_instant: bool,
}

impl Permissions {
    /// Reads the stored rules. Ones that do not compile any more close the app to all but admins: they
    /// said something, and nobody knows what. `for_instant`: the app was made to be used through this
    /// dialect; see [`Inquiry::makes_attrs_by_default`].
    ///
    /// # Errors
    /// The store's.
    pub async fn open(store: Arc<dyn Store>, for_instant: bool) -> Result<Self, StoreError> {
        let stored = store.read(|connection| stored(connection)).await?;
        let book = match stored.as_deref().map(|text| json::parse_strict(text.as_bytes())) {
            None => RuleBook::default(),
            Some(Ok(document)) => RuleBook::compile(&document).unwrap_or_else(|error| {
                tracing::error!(%error, "the stored rules do not compile: the app is closed until new ones are set");
                closed(Some(document))
            }),
            Some(Err(error)) => {
                tracing::error!(%error, "the stored rules are no JSON: the app is closed until new ones are set");
                closed(None)
            }
        };
        let current = Arc::new(ArcSwap::from_pointee(book));
        Ok(Self { store, current, limiter: Arc::default(), for_instant })
    }

    /// The rules document as it was set; `None` if there is none.
    pub fn document(&self) -> Option<Value> {
        self.current.load().document.clone()
    }

    /// The rules in force.
    pub fn current(&self) -> Arc<RuleBook> {
        self.current.load_full()
    }

    /// Puts a document in force, also for whoever asks again what they asked before.
    ///
    /// # Errors
    /// As of [`RuleBook::compile`], and the store's; the old rules stay then.
    pub async fn set(&self, document: &Value) -> Result<()> {
        let book = Arc::new(RuleBook::compile(document)?);
        let text = json::to_text(document);
        let work = move |connection: &mut dyn Connection| {
            connection.execute(&system::save_param(
                connection.dialect(),
                RULES_PARAM,
                &text,
                &time::now(),
            ))?;
            Ok::<(), ketch_model::Error>(())
        };
        let current = self.current.clone();
        Ok(self.store.write_exclusive(work, move |()| current.store(book)).await?)
    }

    /// The rules in force, or others, as somebody asks them.
    pub fn inquiry(
        &self,
        schema: &Arc<Schema>,
        viewer: &Viewer,
        context: &Context,
        instead: Option<Arc<RuleBook>>,
    ) -> Inquiry {
        let book = instead.unwrap_or_else(|| self.current());
        Inquiry::new(book, schema.clone(), viewer.clone(), context, self.limiter.clone())
            .of_app(self.for_instant)
    }
}

/// Rules that allow nobody anything.
fn closed(document: Option<Value>) -> RuleBook {
    let nothing = json!({ "$default": { "allow": { "$default": false } }, "attrs": { "allow": { "$default": false } } });
    let rules = Rules::compile(&nothing).unwrap_or_default();
    RuleBook { document: document.or_else(|| Some(Value::Object(Object::new()))), rules }
}

fn stored(connection: &mut dyn Connection) -> Result<Option<String>, StoreError> {
    let mut text = None;
    connection.query(&system::select_param(connection.dialect(), RULES_PARAM), &mut |row| {
        text = row.cell(0).as_text().map(str::to_owned);
        Flow::Stop
    })?;
    Ok(text)
}
