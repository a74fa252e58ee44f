//! Steps that change attrs.

use ketch_model::Value;
use ketch_model::attr::Attr;
use ketch_records::Transaction;

use super::failure::{Failure, refusal};
use super::names::by_id;
use super::step::Step;
use super::values;
use crate::error::Error;

/// Where the steps that change attrs stand: those before the first step on data run before all data,
/// the others after it, except that attrs are always added first.
pub(super) fn first_data_step(steps: &[Step]) -> usize {
    steps.iter().position(|step| !is_schema_step(step)).unwrap_or(steps.len())
}

fn is_schema_step(step: &Step) -> bool {
    matches!(step, Step::AddAttr(_) | Step::UpdateAttr(_) | Step::DeleteAttr(_) | Step::RestoreAttr(_))
}

/// Runs what has to be there before data is written.
pub(super) fn before(transaction: &mut Transaction<'_>, steps: &[Step]) -> Result<(), Failure> {
    let first = first_data_step(steps);
    let wanted = steps.iter().enumerate();
    let wanted = wanted.filter(|(index, step)| *index < first || is_addition(step));
    let wanted: Vec<&Step> = wanted.map(|(_, step)| step).collect();
    // Attrs that are added one after the other are added together.
    for run in wanted.chunk_by(|left, right| is_addition(left) && is_addition(right)) {
        match run {
            [step] => apply(transaction, step)?,
            run => add_all(transaction, run.iter().copied())?,
        }
    }
    Ok(())
}

fn is_addition(step: &Step) -> bool {
    matches!(step, Step::AddAttr(_))
}

/// Runs the rest.
pub(super) fn after(transaction: &mut Transaction<'_>, steps: &[Step]) -> Result<(), Failure> {
    for step in &steps[first_data_step(steps)..] {
        if !is_addition(step) {
            apply(transaction, step)?;
        }
    }
    Ok(())
}

/// Adds the attrs of all steps that do, together.
pub(crate) fn add_all<'a>(
    transaction: &mut Transaction<'_>,
    steps: impl Iterator<Item = &'a Step>,
) -> Result<(), Failure> {
    let attrs: Vec<&Attr> = steps
        .filter_map(|step| match step {
            Step::AddAttr(attr) => Some(&**attr),
            _ => None,
        })
        .collect();
    if attrs.is_empty() {
        return Ok(());
    }
    transaction.add_attrs(&attrs).map_err(|error| refusal(transaction.schema(), error))
}

/// Runs one step; what is no step of the schema changes nothing.
pub(crate) fn apply(transaction: &mut Transaction<'_>, step: &Step) -> Result<(), Failure> {
    let done = match step {
        Step::AddAttr(attr) => transaction.add_attr(attr).map(drop),
        Step::UpdateAttr(changed) => {
            let id = changed.get("id").and_then(Value::as_str).unwrap_or_default().to_ascii_lowercase();
            let known = by_id(transaction, &id)?.attr;
            let attr = known
                .changed(changed)
                .map_err(|why| Error::validation("attr", &Value::Object(changed.clone()), &why))?;
            transaction.update_attr(&attr, &values::fits).map(drop)
        }
        Step::DeleteAttr(id) => transaction.delete_attr(&id.to_ascii_lowercase()),
        Step::RestoreAttr(id) => transaction.restore_attr(&id.to_ascii_lowercase()).map(drop),
        _ => Ok(()),
    };
    done.map_err(|error| refusal(transaction.schema(), error))
}
