//! Rules, decided in memory where the record alone decides.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::{Collection, Record, Schema};
use ketch_query::{RequestInfo, Resolver, Select, evaluate};
use ketch_records::policy::{self, Access, Action};

use crate::inputs::Inputs;
use crate::topic::Topic;

/// Entries that are remembered before all are forgotten.
const MAX_REMEMBERED: usize = 4096;

/// What a rule says of a record to an observer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verdict {
    Yes,
    No,
    /// Other records decide: the store must be asked.
    Ask,
}

/// Decides, and remembers how rules resolved under one schema.
#[derive(Debug)]
pub(crate) struct Judge {
    schema: Arc<Schema>,
    inputs: HashMap<String, Arc<Inputs>>,
    /// By collection, action and key. `None` for a rule that does not hold.
    selects: HashMap<String, Option<Arc<Select>>>,
}

impl Judge {
    pub fn new(schema: Arc<Schema>) -> Self {
        Self { schema, inputs: HashMap::new(), selects: HashMap::new() }
    }

    /// A text that is equal for observers to whom the rule says the same of every record.
    pub fn key(
        &mut self,
        collection: &Collection,
        action: Action,
        auth: Option<&Record>,
        topic: &Topic,
    ) -> String {
        let kind = if action == Action::List { "l" } else { "v" };
        if auth.is_some_and(|record| record.collection.is_superusers()) {
            return format!("{kind}*");
        }
        match policy::rule_of(collection, action) {
            None | Some("") => kind.to_owned(),
            Some(rule) => format!("{kind}+{}", self.inputs(rule).key(auth, topic)),
        }
    }

    pub fn judge(&mut self, record: &Record, action: Action, key: &str, request: &RequestInfo) -> Verdict {
        match policy::access(&record.collection, action, request) {
            Access::Everything => Verdict::Yes,
            Access::Nothing => Verdict::No,
            Access::Matching(rule) => match self.select(&record.collection, rule, key, request) {
                None => Verdict::No,
                Some(select) => match evaluate::finds(&select, record) {
                    Some(true) => Verdict::Yes,
                    Some(false) => Verdict::No,
                    None => Verdict::Ask,
                },
            },
        }
    }

    fn inputs(&mut self, rule: &str) -> Arc<Inputs> {
        if let Some(found) = self.inputs.get(rule) {
            return found.clone();
        }
        let inputs = Arc::new(Inputs::of(rule));
        if self.inputs.len() >= MAX_REMEMBERED {
            self.inputs.clear();
        }
        self.inputs.insert(rule.to_owned(), inputs.clone());
        inputs
    }

    fn select(
        &mut self,
        collection: &Arc<Collection>,
        rule: &str,
        key: &str,
        request: &RequestInfo,
    ) -> Option<Arc<Select>> {
        let full_key = format!("{}/{key}", collection.id);
        if let Some(found) = self.selects.get(&full_key) {
            return found.clone();
        }
        let mut resolver = Resolver::new(self.schema.clone(), collection.clone(), request);
        let select = match resolver.rule(rule) {
            Ok(predicate) => Some(Arc::new(resolver.into_select(vec![predicate]))),
            Err(error) => {
                tracing::debug!(%error, collection = %collection.name, "a rule does not hold");
                None
            }
        };
        if self.inputs(rule).is_timeless {
            if self.selects.len() >= MAX_REMEMBERED {
                self.selects.clear();
            }
            self.selects.insert(full_key, select.clone());
        }
        select
    }
}
