//! Statements that may fail without harm to the transaction around them.

use ketch_store::{Connection, StoreError, StoreResult};

/// The error of a savepoint that was only meant to be undone.
const UNDONE: &str = "undone on purpose";

/// Runs a part that the database may refuse: then nothing of it stays, and the refusal is a value.
/// Only faults of the store itself are errors.
pub(super) fn attempt<T>(
    connection: &mut dyn Connection,
    mut part: impl FnMut(&mut dyn Connection) -> StoreResult<T>,
) -> StoreResult<Result<T, StoreError>> {
    let mut done = None;
    let outcome = connection.savepoint(&mut |connection| {
        done = Some(part(connection)?);
        Ok(())
    });
    match (outcome, done) {
        (Ok(()), Some(value)) => Ok(Ok(value)),
        (Err(error), _) => refusal(error),
        (Ok(()), None) => Err(StoreError::Closed),
    }
}

/// Like [`attempt`], and nothing stays of a part that succeeds either.
pub(super) fn attempt_and_undo<T>(
    connection: &mut dyn Connection,
    mut part: impl FnMut(&mut dyn Connection) -> StoreResult<T>,
) -> StoreResult<Result<T, StoreError>> {
    let mut done = None;
    let outcome = connection.savepoint(&mut |connection| {
        done = Some(part(connection)?);
        Err(StoreError::Sql(UNDONE.to_owned()))
    });
    match (outcome, done) {
        (Err(StoreError::Sql(text)), Some(value)) if text == UNDONE => Ok(Ok(value)),
        (Err(error), _) => refusal(error),
        (Ok(()), _) => Err(StoreError::Closed),
    }
}

fn refusal<T>(error: StoreError) -> StoreResult<Result<T, StoreError>> {
    match error {
        StoreError::Unavailable(_) | StoreError::Closed => Err(error),
        _ => Ok(Err(error)),
    }
}
