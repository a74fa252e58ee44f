//! SQLite's errors in the words of the contract.

use std::path::Path;

use ketch_store::StoreError;
use rusqlite::{Connection, Error, ErrorCode, ffi};

/// What a failed call means. `raw` is asked for the columns of an index that only has a name;
/// `closing` tells an interruption at shutdown from a time limit.
pub(crate) fn translate(error: Error, raw: &Connection, path: &Path, closing: bool) -> StoreError {
    match error {
        Error::SqliteFailure(failure, message) => {
            let message = message.unwrap_or_else(|| failure.to_string());
            match failure.code {
                ErrorCode::ConstraintViolation => constraint(failure, message, raw),
                ErrorCode::OperationInterrupted if closing => StoreError::Closed,
                ErrorCode::OperationInterrupted => StoreError::Timeout,
                _ => failure_of(failure, message, path),
            }
        }
        Error::SqlInputError { msg, .. } => StoreError::Sql(msg),
        other => StoreError::Sql(other.to_string()),
    }
}

/// Like [`translate`] while the file is being opened.
pub(crate) fn opening(error: Error, path: &Path) -> StoreError {
    match error {
        Error::SqliteFailure(failure, message) => {
            let message = message.unwrap_or_else(|| failure.to_string());
            failure_of(failure, message, path)
        }
        other => StoreError::Unavailable(format!("cannot open the database {}: {other}", path.display())),
    }
}

fn failure_of(failure: ffi::Error, message: String, path: &Path) -> StoreError {
    let path = path.display();
    let text = match failure.code {
        ErrorCode::NotADatabase => format!("{path} is not a SQLite database (or it is encrypted)"),
        ErrorCode::DatabaseCorrupt => {
            format!("the database {path} is damaged ({message}); stop the server and restore a backup")
        }
        ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked => {
            format!("the database {path} is locked by another process ({message})")
        }
        ErrorCode::ReadOnly => {
            format!(
                "the database {path} cannot be written ({message}); check the permissions of the file and its folder"
            )
        }
        ErrorCode::CannotOpen | ErrorCode::PermissionDenied => {
            format!("the database {path} cannot be opened ({message}); the folder must exist and be writable")
        }
        ErrorCode::DiskFull => format!("no space is left for the database {path}"),
        ErrorCode::SystemIoFailure => format!("reading or writing the database {path} failed ({message})"),
        ErrorCode::OutOfMemory => format!("not enough memory for the database {path}"),
        ErrorCode::FileLockingProtocolFailed
        | ErrorCode::NoLargeFileSupport
        | ErrorCode::InternalMalfunction
        | ErrorCode::SchemaChanged
        | ErrorCode::OperationAborted => format!("the database {path} failed: {message}"),
        _ => return StoreError::Sql(message),
    };
    StoreError::Unavailable(text)
}

fn constraint(failure: ffi::Error, message: String, raw: &Connection) -> StoreError {
    let unique = matches!(
        failure.extended_code,
        ffi::SQLITE_CONSTRAINT_UNIQUE | ffi::SQLITE_CONSTRAINT_PRIMARYKEY | ffi::SQLITE_CONSTRAINT_ROWID
    );
    if unique && let Some(error) = unique_of(&message, raw) {
        return error;
    }
    StoreError::Constraint(message)
}

/// Reads `UNIQUE constraint failed: posts.slug, posts.lang`, and `…: index 'name'`, which SQLite
/// says of an index over expressions.
fn unique_of(message: &str, raw: &Connection) -> Option<StoreError> {
    let places = message.strip_prefix("UNIQUE constraint failed: ")?;
    if let Some(index) = places.strip_prefix("index '").and_then(|rest| rest.strip_suffix('\'')) {
        return Some(unique_index(index, raw));
    }
    let mut columns = Vec::new();
    let mut table = "";
    for place in places.split(", ") {
        let (of, column) = place.split_once('.')?;
        table = of;
        columns.push(column.to_owned());
    }
    Some(StoreError::Unique { table: table.to_owned(), columns })
}

/// The plain columns of an index over expressions; the expressions themselves have no name.
fn unique_index(index: &str, raw: &Connection) -> StoreError {
    let table = raw
        .query_row("SELECT tbl_name FROM sqlite_schema WHERE type = 'index' AND name = ?1", [index], |row| {
            row.get::<_, String>(0)
        })
        .unwrap_or_default();
    let columns = raw
        .prepare("SELECT name FROM pragma_index_info(?1) WHERE name IS NOT NULL ORDER BY seqno")
        .and_then(|mut statement| statement.query_map([index], |row| row.get(0))?.collect())
        .unwrap_or_default();
    StoreError::Unique { table, columns }
}
