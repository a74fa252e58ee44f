//! Queries answered: asked by somebody, from one state of the data.

use std::sync::Arc;

use ketch_model::{CellRef, Object, Value};
use ketch_store::{Connection, Flow, StoreError, sql};

use crate::error::{Error, Kind, Result};
use crate::permissions::{Context, Inquiry, RuleBook, RulePolicy};
use crate::query::{Dependencies, FileUrls, Plan};
use crate::service::Instant;
use crate::viewer::Viewer;

/// A query and who asks it.
#[derive(Debug, Clone)]
pub struct Question {
    /// An object.
    pub query: Value,
    pub viewer: Viewer,
    pub context: Context,
    /// Links that lead to at most one entity become objects instead of lists.
    pub infers: bool,
}

/// The answer of a query as servers get it.
#[derive(Debug, Clone)]
pub struct Answer {
    /// JSON text: `{"goals": […], …}`.
    pub tree: Vec<u8>,
    /// By namespace, of those that have a page.
    pub page_info: Object,
    /// By namespace, of those that were asked for numbers.
    pub aggregate: Object,
    pub dependencies: Dependencies,
    /// The last transaction that the answer knows of.
    pub number: i64,
}

/// What the rules said of a query.
#[derive(Debug, Clone)]
pub struct CheckedAnswer {
    /// The tree as the viewer gets it.
    pub result: Value,
    /// `{"id", "entity", "record", "check"}` for each entity that was looked at.
    pub checks: Vec<Value>,
}

impl Instant {
    /// Answers a query as the app's rules let the viewer see it. `urls` are those of files.
    ///
    /// # Errors
    /// `validation-failed` for what does not hold of the query; what a rule or the store says.
    pub async fn query(&self, question: Question, urls: impl FileUrls + Send + 'static) -> Result<Answer> {
        self.answer(question, urls, false).await
    }

    /// As [`Instant::query`], asked by the server for somebody who asked before: rate limits of rules
    /// are not taken from once more.
    ///
    /// # Errors
    /// As there.
    pub async fn query_again(
        &self,
        question: Question,
        urls: impl FileUrls + Send + 'static,
    ) -> Result<Answer> {
        self.answer(question, urls, true).await
    }

    async fn answer(
        &self,
        question: Question,
        urls: impl FileUrls + Send + 'static,
        is_again: bool,
    ) -> Result<Answer> {
        let instant = self.clone();
        self.read(move |connection| {
            let inquiry = instant.inquiry(&question, None);
            let inquiry = if is_again { inquiry.without_taking() } else { inquiry };
            let policy = RulePolicy::new(connection, inquiry)?;
            let plan = Plan::new(&question.query, &instant.records.schema(), &policy, question.infers)?;
            let loaded = plan.load(connection, &policy).map_err(|error| policy.explain(error))?;
            let mut tree = Vec::with_capacity(1024);
            loaded.write_tree(&urls, &mut tree)?;
            let (page_info, aggregate) = (loaded.page_info(), loaded.aggregate());
            let number = last_transaction(connection)?;
            Ok(Answer { tree, page_info, aggregate, dependencies: plan.dependencies().clone(), number })
        })
        .await
    }

    /// Answers a query and what the rules, or others in their place, said of every entity that it met.
    ///
    /// # Errors
    /// As of [`Instant::query`]; rules speak plainly here.
    pub async fn check_query(
        &self,
        question: Question,
        instead: Option<Arc<RuleBook>>,
        urls: impl FileUrls + Send + 'static,
    ) -> Result<CheckedAnswer> {
        let instant = self.clone();
        self.read(move |connection| {
            let inquiry = instant.inquiry(&question, instead).for_author();
            let policy = RulePolicy::new(connection, inquiry)?.noting_checks();
            let plan = Plan::new(&question.query, &instant.records.schema(), &policy, question.infers)?;
            let loaded = plan.load(connection, &policy).map_err(|error| policy.explain(error))?;
            let result = loaded.to_tree(&urls)?;
            Ok(CheckedAnswer { result, checks: policy.take_checks() })
        })
        .await
    }

    fn inquiry(&self, question: &Question, instead: Option<Arc<RuleBook>>) -> Inquiry {
        let schema = self.records.schema();
        let inquiry = self.permissions.inquiry(&schema, &question.viewer, &question.context, instead);
        // What is no object the query's own parser refuses.
        match question.query.get("$$ruleParams").and_then(Value::as_object) {
            Some(params) => inquiry.with_params(params),
            None => inquiry,
        }
    }

    async fn read<T: Send + 'static>(
        &self,
        work: impl FnOnce(&mut dyn Connection) -> Result<T> + Send + 'static,
    ) -> Result<T> {
        let read = self.records.store().read(move |connection| work(connection).map_err(Failed));
        read.await.map_err(|Failed(error)| error)
    }
}

/// Carries an error of this dialect out of the store.
struct Failed(Error);

impl From<StoreError> for Failed {
    fn from(error: StoreError) -> Self {
        Self(match error {
            StoreError::Timeout => {
                let message = "The query took too long: ask for less, or index what it looks for.";
                Error::new(Kind::Timeout, message, Value::Null)
            }
            other => ketch_model::Error::from(other).into(),
        })
    }
}

/// The number of the newest transaction that the connection sees; 0 if there was none yet.
fn last_transaction(connection: &mut dyn Connection) -> Result<i64, ketch_model::Error> {
    let statement = sql::change_log_ends(connection.dialect());
    let mut number = 0;
    connection.query(&statement, &mut |row| {
        if let CellRef::Integer(newest) = row.cell(1) {
            number = newest;
        }
        Flow::Stop
    })?;
    Ok(number)
}
