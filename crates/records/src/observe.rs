//! What an observer of a change may see of the record: the questions that need the store.

use std::sync::Arc;

use ketch_model::{Error, Record, Result, Schema};
use ketch_query::{RequestInfo, Resolver, expand};
use ketch_store::{Connection, Flow, sql};

use crate::expand::Viewing;
use crate::policy::{self, Access, Action};
use crate::service::Records;
use crate::view::RecordView;

/// One question: does this observer see the record, and what of it?
#[derive(Debug, Clone)]
pub struct Question {
    pub record: Arc<Record>,
    /// Whether the record is in the store; else its values here stand for it, and nothing refers to it.
    pub is_stored: bool,
    /// Whose rule decides: list or view. `None` where the rule is known to be met.
    pub rule: Option<Action>,
    /// The observer's own filter; empty for none.
    pub filter: String,
    /// Paths to expand; empty for none.
    pub expand: String,
    pub request: Arc<RequestInfo>,
}

impl Records {
    /// Answers the questions in their order, on one reader; `None` where the observer sees nothing.
    /// A question that cannot be answered (a filter that does not hold) shows nothing either.
    ///
    /// # Errors
    /// The store's, if no question could be asked.
    pub async fn observe(&self, questions: Vec<Question>) -> Result<Vec<Option<RecordView>>> {
        let schema = self.schema();
        self.inner
            .store
            .read(move |connection| {
                let answers = questions.iter().map(|question| {
                    answer(connection, &schema, question).unwrap_or_else(|error| {
                        tracing::debug!(%error, "a change is not shown to its observer");
                        None
                    })
                });
                Ok::<_, Error>(answers.collect())
            })
            .await
    }
}

fn answer(
    connection: &mut dyn Connection,
    schema: &Arc<Schema>,
    question: &Question,
) -> Result<Option<RecordView>> {
    let Question { record, is_stored, rule, filter, expand, request } = question;
    let collection = &record.collection;
    let mut resolver = Resolver::new(schema.clone(), collection.clone(), request);
    let mut predicates = Vec::new();
    if let Some(action) = rule {
        match policy::access(collection, *action, request) {
            Access::Nothing => return Ok(None),
            Access::Everything => {}
            Access::Matching(rule) => predicates
                .push(resolver.rule(rule).map_err(|error| Error::bad_request("").with_cause(error))?),
        }
    }
    if !filter.is_empty() {
        predicates.push(resolver.observer_filter(filter)?);
    }
    let mut select = resolver.into_select(predicates);
    if select.is_never() {
        return Ok(None);
    }
    if !select.predicate.is_always_true() {
        select = if *is_stored {
            select.only_ids(vec![record.id().to_owned()])
        } else {
            let fields = collection.fields.iter().zip(&record.values);
            select.over_virtual(fields.map(|(field, value)| field.to_cell(value)).collect())
        };
        let statement = sql::record_exists(connection.dialect(), &select);
        let mut found = false;
        connection.query(&statement, &mut |_| {
            found = true;
            Flow::Stop
        })?;
        if !found {
            return Ok(None);
        }
    }
    let nodes = expand::parse(expand);
    let seen = Record::clone(record);
    Ok(Viewing::new(connection, schema, request).view(collection, vec![seen], &nodes)?.pop())
}
