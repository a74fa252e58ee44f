//! Steps that change attrs.

use ketch_records::Transaction;

use super::failure::{Failure, refusal};
use super::step::Step;

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
    for (index, step) in steps.iter().enumerate() {
        if index < first || matches!(step, Step::AddAttr(_)) {
            apply(transaction, step)?;
        }
    }
    Ok(())
}

/// Runs the rest.
pub(super) fn after(transaction: &mut Transaction<'_>, steps: &[Step]) -> Result<(), Failure> {
    for step in &steps[first_data_step(steps)..] {
        if !matches!(step, Step::AddAttr(_)) {
            apply(transaction, step)?;
        }
    }
    Ok(())
}

fn apply(transaction: &mut Transaction<'_>, step: &Step) -> Result<(), Failure> {
    let done = match step {
        Step::AddAttr(attr) => transaction.add_attr(attr).map(drop),
        Step::UpdateAttr(_) | Step::DeleteAttr(_) | Step::RestoreAttr(_) => {
            Err(ketch_records::TransactionError::Refused("attrs cannot be changed yet".to_owned()))
        }
        _ => Ok(()),
    };
    done.map_err(|error| refusal(transaction.schema(), error))
}
