//! Transact as a whole.

use std::sync::Arc;

use ketch_model::attr::Attr;
use ketch_records::{Transaction, TransactionMode};

use super::failure::Failure;
use super::step::Step;
use super::{execute, names, required, resolve, schema_steps};
use crate::error::{Error, Result};
use crate::service::Instant;

/// How a transaction is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Options {
    /// Unknown attrs are an error instead of being made.
    pub throw_on_missing_attrs: bool,
}

/// What became of a transaction.
#[derive(Debug, Clone)]
pub struct Committed {
    /// Grows with every transaction of the app, in the order of the commits.
    pub number: i64,
    /// Attrs that it made because steps named them.
    pub created_attrs: Vec<Attr>,
}

impl Instant {
    /// Runs steps with the rights of an admin, in one transaction.
    ///
    /// # Errors
    /// The first thing that does not hold; nothing is kept then.
    pub async fn transact(&self, steps: Vec<Step>, options: Options) -> Result<Committed> {
        let steps: Arc<[Step]> = steps.into();
        let mut mode = TransactionMode::default();
        loop {
            let shared = steps.clone();
            let work = move |transaction: &mut Transaction<'_>| run(transaction, &shared, options);
            match self.records.transact(mode, work).await {
                Ok(outcome) => {
                    return Ok(Committed { number: outcome.number, created_attrs: outcome.value });
                }
                Err(Failure::NotExclusive) if !mode.exclusive => mode.exclusive = true,
                Err(Failure::NotExclusive) => {
                    return Err(Error::unknown("an exclusive transaction was refused as not exclusive"));
                }
                Err(Failure::Failed(error)) => return Err(error),
            }
        }
    }
}

fn run(
    transaction: &mut Transaction<'_>,
    steps: &[Step],
    options: Options,
) -> std::result::Result<Vec<Attr>, Failure> {
    schema_steps::before(transaction, steps)?;
    let created = names::complete(transaction, steps, options.throw_on_missing_attrs)?;
    let plan = resolve::resolve(transaction, steps)?;
    let written = execute::execute(transaction, &plan)?;
    schema_steps::after(transaction, steps)?;
    required::check(transaction, &written)?;
    Ok(created)
}
