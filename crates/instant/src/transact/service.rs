//! Transact as a whole.

use std::sync::Arc;

use ketch_model::Value;
use ketch_model::attr::Attr;
use ketch_records::{Transaction, TransactionMode};

use super::failure::Failure;
use super::guard::Guard;
use super::step::Step;
use super::{execute, names, required, resolve, schema_steps};
use crate::error::{Error, Result};
use crate::permissions::{Context, Inquiry, RuleBook};
use crate::service::Instant;
use crate::viewer::Viewer;

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

/// How a transaction is tried.
#[derive(Debug, Clone, Default)]
pub struct Trial {
    /// It stays if every check passes.
    pub commits: bool,
    /// Rules in place of the app's.
    pub rules: Option<Arc<RuleBook>>,
}

/// What became of a transaction that was tried.
#[derive(Debug, Clone)]
pub struct Tried {
    /// That of the commit, 0 if there was none.
    pub number: i64,
    pub all_passed: bool,
    pub committed: bool,
    /// Each check as Instant's clients get it.
    pub checks: Vec<Value>,
}

impl Instant {
    /// Runs steps with the rights of an admin, in one transaction.
    ///
    /// # Errors
    /// The first thing that does not hold; nothing is kept then.
    pub async fn transact(&self, steps: Vec<Step>, options: Options) -> Result<Committed> {
        self.run(steps, options, None, TransactionMode::default()).await.map(|(committed, _)| committed)
    }

    /// Runs steps with the rights of whoever wants them done, in one transaction.
    ///
    /// # Errors
    /// The first thing that does not hold, `permission-denied` among them; nothing is kept then.
    pub async fn transact_as(
        &self,
        steps: Vec<Step>,
        options: Options,
        viewer: &Viewer,
        context: &Context,
    ) -> Result<Committed> {
        let inquiry = self.permissions.inquiry(&self.records.schema(), viewer, context, None);
        let asked = (!viewer.is_admin()).then(|| Asked { inquiry: Arc::new(inquiry), is_trial: false });
        self.run(steps, options, asked, TransactionMode::default()).await.map(|(committed, _)| committed)
    }

    /// Runs steps and tells what every rule says. Nothing stays of it, unless that was asked for and
    /// all rules let it pass.
    ///
    /// # Errors
    /// What does not hold beside permissions, and what rules raise.
    pub async fn try_transact(
        &self,
        steps: Vec<Step>,
        options: Options,
        viewer: &Viewer,
        context: &Context,
        trial: Trial,
    ) -> Result<Tried> {
        let inquiry = self.permissions.inquiry(&self.records.schema(), viewer, context, trial.rules);
        let asked = Asked { inquiry: Arc::new(inquiry.for_author()), is_trial: true };
        let mode = TransactionMode { dry: !trial.commits, ..TransactionMode::default() };
        let (committed, checks) = self.run(steps, options, Some(asked), mode).await?;
        let all_passed = checks.iter().all(|check| check["check-pass?"] == true);
        let committed_too = trial.commits && all_passed;
        Ok(Tried { number: committed.number, all_passed, committed: committed_too, checks })
    }

    async fn run(
        &self,
        steps: Vec<Step>,
        options: Options,
        asked: Option<Asked>,
        mut mode: TransactionMode,
    ) -> Result<(Committed, Vec<Value>)> {
        let steps: Arc<[Step]> = steps.into();
        loop {
            let (shared, asked) = (steps.clone(), asked.clone());
            let work =
                move |transaction: &mut Transaction<'_>| run(transaction, &shared, options, asked.as_ref());
            match self.records.transact(mode, work).await {
                Ok(outcome) => {
                    let (created_attrs, checks) = outcome.value;
                    return Ok((Committed { number: outcome.number, created_attrs }, checks));
                }
                Err(Failure::NotExclusive) if !mode.exclusive => mode.exclusive = true,
                Err(Failure::NotExclusive) => {
                    return Err(Error::unknown("an exclusive transaction was refused as not exclusive"));
                }
                Err(Failure::Tried(checks)) => {
                    return Ok((Committed { number: 0, created_attrs: Vec::new() }, checks));
                }
                Err(Failure::Failed(error)) => return Err(error),
            }
        }
    }
}

/// Whose rights a transaction is run with.
#[derive(Clone)]
struct Asked {
    inquiry: Arc<Inquiry>,
    /// Checks that fail are told and not the end.
    is_trial: bool,
}

fn run(
    transaction: &mut Transaction<'_>,
    steps: &[Step],
    options: Options,
    asked: Option<&Asked>,
) -> std::result::Result<(Vec<Attr>, Vec<Value>), Failure> {
    let before = transaction.schema().clone();
    let mut guard = asked.map(|asked| Guard::new(&asked.inquiry, asked.is_trial));
    if let Some(guard) = &guard {
        guard.schema_steps(steps)?;
    }
    schema_steps::before(transaction, steps)?;
    let created = names::complete(transaction, steps, options.throw_on_missing_attrs)?;
    let plan = resolve::resolve(transaction, steps)?;
    if let Some(guard) = &mut guard {
        guard.before(transaction, &plan)?;
    }
    let written = execute::execute(transaction, &plan)?;
    schema_steps::after(transaction, steps)?;
    required::check(transaction, &written)?;
    let Some(mut guard) = guard else { return Ok((created, Vec::new())) };
    guard.after(transaction, &before)?;
    let (all_passed, checks) = guard.outcome();
    if all_passed { Ok((created, checks)) } else { Err(Failure::Tried(checks)) }
}
