//! Queries answered.

use ketch_model::{Object, Value};
use ketch_store::Connection;

use crate::error::{Error, Result};
use crate::query::{Dependencies, NoUrls, Plan, ViewPolicy};
use crate::service::Instant;

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
}

impl Instant {
    /// Answers a query as `policy` lets it be seen. `infers`: links that lead to at most one entity
    /// become objects instead of lists.
    ///
    /// # Errors
    /// `validation-failed` for what does not hold of the query; what a rule or the store says.
    pub async fn query(
        &self,
        query: &Value,
        infers: bool,
        policy: impl ViewPolicy + Send + 'static,
    ) -> Result<Answer> {
        let plan = Plan::new(query, &self.records.schema(), &policy, infers)?;
        let read = move |connection: &mut dyn Connection| {
            let loaded = plan.load(connection, &policy)?;
            let mut tree = Vec::with_capacity(1024);
            loaded.write_tree(&NoUrls, &mut tree)?;
            let (page_info, aggregate) = (loaded.page_info(), loaded.aggregate());
            let dependencies = plan.dependencies().clone();
            Ok::<_, ketch_model::Error>(Answer { tree, page_info, aggregate, dependencies })
        };
        self.records.store().read(read).await.map_err(Error::from)
    }
}
