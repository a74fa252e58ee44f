//! One connection to the file, as the contract lends it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering::Relaxed};

use ketch_model::{Cell, CellRef};
use ketch_store::contract::Columns;
use ketch_store::{Connection, Dialect, Flow, Row, Statement, StoreError, StoreResult};
use rusqlite::config::DbConfig;
use rusqlite::fallible_iterator::FallibleIterator;
use rusqlite::types::{ToSqlOutput, ValueRef};
use rusqlite::{Batch, ErrorCode, OpenFlags, ToSql};

use crate::counts::{self, Counts};
use crate::dialect::SqliteDialect;
use crate::error;
use crate::functions;
use crate::guard::{self, Guard};
use crate::math;
use crate::options::SqliteOptions;
use crate::watch::Watch;

/// The driver's own statements. The comment gives them texts that no caller has, so that a caller's
/// plain `COMMIT` is never answered from the cache of prepared statements, past the guard.
pub(crate) mod control {
    pub(crate) const BEGIN: &str = "BEGIN /*driver*/";
    pub(crate) const BEGIN_IMMEDIATE: &str = "BEGIN IMMEDIATE /*driver*/";
    pub(crate) const COMMIT: &str = "COMMIT /*driver*/";
    pub(crate) const ROLLBACK: &str = "ROLLBACK /*driver*/";
    pub(crate) const SAVEPOINT_JOB: &str = "SAVEPOINT job /*driver*/";
    pub(crate) const ROLLBACK_TO_JOB: &str = "ROLLBACK TO job /*driver*/";
    pub(crate) const RELEASE_JOB: &str = "RELEASE job /*driver*/";
    pub(crate) const SAVEPOINT_PART: &str = "SAVEPOINT part /*driver*/";
    pub(crate) const ROLLBACK_TO_PART: &str = "ROLLBACK TO part /*driver*/";
    pub(crate) const RELEASE_PART: &str = "RELEASE part /*driver*/";
}

/// What a connection is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Role {
    Writer,
    Reader,
}

pub(crate) struct SqliteConnection {
    raw: rusqlite::Connection,
    watch: Arc<Watch>,
    guard: Arc<Guard>,
    role: Role,
    counts: Counts,
    path: Arc<Path>,
}

impl SqliteConnection {
    pub(crate) fn open(
        path: &Arc<Path>,
        role: Role,
        options: &SqliteOptions,
        closing: &Arc<AtomicBool>,
    ) -> StoreResult<Self> {
        let mut flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        if role == Role::Writer {
            flags |= OpenFlags::SQLITE_OPEN_CREATE;
        }
        let opening = |error| error::opening(error, path);
        let mut raw = rusqlite::Connection::open_with_flags(path, flags).map_err(opening)?;
        prepare(&raw, role, options).map_err(opening)?;
        let watch = Watch::new(options.query_timeout, Arc::clone(closing));
        watch.install(&mut raw).map_err(opening)?;
        let guard = Arc::new(Guard::default());
        guard::install(&mut raw, &guard).map_err(opening)?;
        Ok(Self { raw, watch, guard, role, counts: Counts::default(), path: Arc::clone(path) })
    }

    pub(crate) fn raw(&mut self) -> &mut rusqlite::Connection {
        &mut self.raw
    }

    /// Runs one of the statements of [`control`].
    pub(crate) fn control(&mut self, sql: &'static str) -> StoreResult<()> {
        self.guard.internal.store(true, Relaxed);
        let result = self.raw.prepare_cached(sql).and_then(|mut statement| statement.raw_execute());
        self.guard.internal.store(false, Relaxed);
        result.map(|_| ()).map_err(|error| self.translate(error))
    }

    /// Whether a transaction is open. The engine ends one by itself after some failures.
    pub(crate) fn in_transaction(&self) -> bool {
        !self.raw.is_autocommit()
    }

    /// Ends an open transaction without keeping anything.
    pub(crate) fn roll_back(&mut self) {
        if self.in_transaction()
            && let Err(error) = self.control(control::ROLLBACK)
        {
            tracing::error!(%error, "a transaction could not be rolled back");
        }
    }

    fn translate(&self, error: rusqlite::Error) -> StoreError {
        error::translate(error, &self.raw, &self.path, self.watch.is_closing())
    }

    fn run_query(
        &mut self,
        statement: &Statement,
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> rusqlite::Result<()> {
        let mut prepared = self.raw.prepare_cached(&statement.sql)?;
        bind(&mut prepared, &statement.params)?;
        show_rows(&mut prepared, visit)
    }

    fn run_query_once(
        &mut self,
        statement: &Statement,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> rusqlite::Result<()> {
        let mut prepared = self.raw.prepare(&statement.sql)?;
        columns(&described(&prepared));
        bind(&mut prepared, &statement.params)?;
        show_rows(&mut prepared, visit)
    }

    fn run_typed(
        &mut self,
        text: &str,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> rusqlite::Result<u64> {
        let mut changed = 0;
        let mut batch = Batch::new(&self.raw, text);
        while let Some(mut prepared) = batch.next()? {
            self.watch.start();
            columns(&described(&prepared));
            bind(&mut prepared, &[])?;
            let before = self.raw.total_changes();
            show_rows(&mut prepared, visit)?;
            let has_changed = self.raw.total_changes() != before;
            changed = if has_changed { self.raw.changes() } else { 0 };
        }
        Ok(changed)
    }

    /// A count from memory if the data is still the same, else counted and remembered.
    fn remembered_count(&mut self, statement: &Statement) -> rusqlite::Result<u64> {
        let version = self.number("PRAGMA data_version")?;
        if !self.counts.is_at(version) {
            let schema = self.number("PRAGMA schema_version")?;
            self.counts.go_to(version, schema);
        }
        if !self.is_steady(&statement.sql)? {
            return self.run_count(statement);
        }
        let key = counts::key(statement);
        if let Some(count) = self.counts.get(&key) {
            return Ok(count);
        }
        let count = self.run_count(statement)?;
        self.counts.put(key, count);
        Ok(count)
    }

    fn is_steady(&mut self, sql: &Arc<str>) -> rusqlite::Result<bool> {
        if let Some(steady) = self.counts.is_steady(sql) {
            return Ok(steady);
        }
        // Prepared anew, past the cache, so that the guard hears of its functions.
        self.guard.unsteady.store(false, Relaxed);
        self.raw.prepare(sql)?;
        let steady = !self.guard.unsteady.load(Relaxed);
        self.counts.set_steady(Arc::clone(sql), steady);
        Ok(steady)
    }

    fn run_count(&mut self, statement: &Statement) -> rusqlite::Result<u64> {
        let mut count = 0;
        self.run_query(statement, &mut |row| {
            if let CellRef::Integer(number) = row.cell(0) {
                count = u64::try_from(number).unwrap_or_default();
            }
            Flow::Stop
        })?;
        Ok(count)
    }

    fn number(&self, sql: &str) -> rusqlite::Result<i64> {
        self.raw.prepare_cached(sql)?.query_row([], |row| row.get(0))
    }

    fn run_execute(&mut self, statement: &Statement) -> rusqlite::Result<usize> {
        let mut prepared = self.raw.prepare_cached(&statement.sql)?;
        bind(&mut prepared, &statement.params)?;
        prepared.raw_execute()
    }
}

impl Connection for SqliteConnection {
    fn query(&mut self, statement: &Statement, visit: &mut dyn FnMut(&dyn Row) -> Flow) -> StoreResult<()> {
        self.watch.start();
        self.run_query(statement, visit).map_err(|error| self.translate(error))
    }

    fn query_once(
        &mut self,
        statement: &Statement,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> StoreResult<()> {
        self.watch.start();
        self.run_query_once(statement, columns, visit).map_err(|error| self.translate(error))
    }

    /// On a reader answered from memory while nothing was committed by anybody; a writer's own
    /// changes are not part of any version, so it counts.
    fn count(&mut self, statement: &Statement) -> StoreResult<u64> {
        self.watch.start();
        let count = match self.role {
            Role::Reader => self.remembered_count(statement),
            Role::Writer => self.run_count(statement),
        };
        count.map_err(|error| self.translate(error))
    }

    fn execute(&mut self, statement: &Statement) -> StoreResult<u64> {
        self.watch.start();
        let changed = self.run_execute(statement).map_err(|error| self.translate(error))?;
        Ok(changed as u64)
    }

    fn execute_script(&mut self, script: &str) -> StoreResult<()> {
        self.watch.set_unlimited(true);
        let result = self.raw.execute_batch(script);
        self.watch.set_unlimited(false);
        result.map_err(|error| self.translate(error))
    }

    fn execute_typed(
        &mut self,
        text: &str,
        columns: &mut dyn FnMut(&Columns),
        visit: &mut dyn FnMut(&dyn Row) -> Flow,
    ) -> StoreResult<u64> {
        self.guard.typed.store(true, Relaxed);
        let result = self.run_typed(text, columns, visit);
        self.guard.typed.store(false, Relaxed);
        result.map_err(|error| match error.sqlite_error_code() {
            Some(ErrorCode::ReadOnly) if self.role == Role::Reader => StoreError::ReadOnly,
            Some(ErrorCode::AuthorizationForStatementDenied) => StoreError::Sql(guard::REFUSED.to_owned()),
            _ => self.translate(error),
        })
    }

    fn savepoint(&mut self, part: &mut dyn FnMut(&mut dyn Connection) -> StoreResult<()>) -> StoreResult<()> {
        self.control(control::SAVEPOINT_PART)?;
        let result = part(self);
        if result.is_err() && self.in_transaction() {
            self.control(control::ROLLBACK_TO_PART)?;
        }
        if self.in_transaction() {
            self.control(control::RELEASE_PART)?;
        }
        result
    }

    fn dialect(&self) -> &'static dyn Dialect {
        &SqliteDialect
    }
}

/// A row of a running statement.
struct SqliteRow<'a, 'statement> {
    row: &'a rusqlite::Row<'statement>,
    columns: usize,
}

impl Row for SqliteRow<'_, '_> {
    fn len(&self) -> usize {
        self.columns
    }

    /// Text that is not UTF-8, which only another program can have written, is shown as a blob.
    fn cell(&self, index: usize) -> CellRef<'_> {
        match self.row.get_ref(index) {
            Ok(ValueRef::Integer(number)) => CellRef::Integer(number),
            Ok(ValueRef::Real(number)) => CellRef::Real(number),
            Ok(ValueRef::Text(bytes)) => match std::str::from_utf8(bytes) {
                Ok(text) => CellRef::Text(text),
                Err(_) => CellRef::Blob(bytes),
            },
            Ok(ValueRef::Blob(bytes)) => CellRef::Blob(bytes),
            Ok(ValueRef::Null) | Err(_) => CellRef::Null,
        }
    }
}

/// Names and declared types of a statement's columns.
fn described(prepared: &rusqlite::Statement<'_>) -> Vec<(String, String)> {
    let describe = |column: rusqlite::Column<'_>| {
        (column.name().to_owned(), column.decl_type().unwrap_or_default().to_owned())
    };
    prepared.columns().map(describe).collect()
}

fn show_rows(
    prepared: &mut rusqlite::Statement<'_>,
    visit: &mut dyn FnMut(&dyn Row) -> Flow,
) -> rusqlite::Result<()> {
    let columns = prepared.column_count();
    let mut rows = prepared.raw_query();
    while let Some(row) = rows.next()? {
        if visit(&SqliteRow { row, columns }) == Flow::Stop {
            break;
        }
    }
    Ok(())
}

/// A bound value, borrowed.
struct Bound<'a>(&'a Cell);

impl ToSql for Bound<'_> {
    fn to_sql(&self) -> rusqlite::Result<ToSqlOutput<'_>> {
        Ok(ToSqlOutput::Borrowed(match self.0 {
            Cell::Null => ValueRef::Null,
            Cell::Integer(number) => ValueRef::Integer(*number),
            Cell::Real(number) => ValueRef::Real(*number),
            Cell::Text(text) => ValueRef::Text(text.as_bytes()),
            Cell::Blob(bytes) => ValueRef::Blob(bytes),
        }))
    }
}

fn bind(prepared: &mut rusqlite::Statement<'_>, params: &[Cell]) -> rusqlite::Result<()> {
    let wanted = prepared.parameter_count();
    if wanted != params.len() {
        return Err(rusqlite::Error::InvalidParameterCount(params.len(), wanted));
    }
    for (index, param) in params.iter().enumerate() {
        prepared.raw_bind_parameter(index + 1, Bound(param))?;
    }
    Ok(())
}

fn prepare(raw: &rusqlite::Connection, role: Role, options: &SqliteOptions) -> rusqlite::Result<()> {
    raw.busy_timeout(options.busy_timeout)?;
    raw.set_prepared_statement_cache_capacity(options.statement_cache);
    if role == Role::Writer {
        raw.pragma_update(None, "journal_mode", "wal")?;
        raw.pragma_update(None, "synchronous", if options.synchronous_full { "full" } else { "normal" })?;
    }
    let cache = if role == Role::Writer { options.writer_cache } else { options.reader_cache };
    raw.pragma_update(None, "cache_size", -i64::from(cache))?;
    raw.pragma_update(None, "mmap_size", i64::try_from(options.mmap_size).unwrap_or(i64::MAX))?;
    raw.pragma_update(None, "foreign_keys", true)?;
    raw.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    if role == Role::Reader {
        raw.pragma_update(None, "query_only", true)?;
    }
    functions::install(raw)?;
    math::install(raw)?;
    // The header is first read here, so that a file that is no database is known before it is used.
    raw.query_row("SELECT count(*) FROM sqlite_schema", [], |_| Ok(()))
}
