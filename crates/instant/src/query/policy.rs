//! The seam between queries and permissions: who may see which entities.
//!
//! Rules decide in one of two ways. What can be said in SQL is pushed into every statement, so that
//! pages stay full and nothing hidden is ever read. What cannot is asked of rows after they were
//! read, in batches; a `where` that went through such entities is confirmed by looking at them.

use std::collections::BTreeSet;
use std::sync::Arc;

use ketch_model::{Cell, CellRef, Collection, Error};
use ketch_query::tree::Alias;
use ketch_query::{Predicate, Select};
use ketch_store::{Connection, Flow, Row, sql};

use super::dependencies::Dependencies;

/// How a viewer sees the entities of a collection.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Scope {
    /// All of them, as they are.
    All,
    /// None of them.
    Nothing,
    /// Exactly those of [`ViewPolicy::predicate`], as they are.
    Pushed,
    /// Those, and as much of them, as [`ViewPolicy::look`] says.
    Checked,
}

/// Who may see which entities: the view permissions of one viewer.
pub trait ViewPolicy: Sync {
    fn scope(&self, collection: &Arc<Collection>) -> Scope;

    /// For [`Scope::Pushed`]: what holds of the visible entities, whose row is at `at`. Row sources
    /// of its own belong into [`Predicate::some_row`], under aliases taken from `aliases`. For
    /// [`Scope::Checked`]: what holds of every entity of which a look would say or raise something.
    fn predicate(&self, collection: &Arc<Collection>, at: Alias, aliases: &mut Aliases) -> Predicate;

    /// Something that holds of every row at [`Alias::ROOT`] of which the predicate holds, said so that an
    /// engine can begin with links instead of rows.
    fn hint(&self, collection: &Arc<Collection>) -> Option<Predicate> {
        let _ = collection;
        None
    }

    /// For [`Scope::Checked`]: what of each row may be seen, in the order of the rows.
    ///
    /// # Errors
    /// A rule that cannot be evaluated fails the whole query.
    fn look(&self, connection: &mut dyn Connection, rows: &Rows) -> Result<Vec<Sight>, Error>;

    /// Whether numbers over all entities may be asked for.
    fn may_aggregate(&self) -> bool;

    /// Notes what decides about entities of a collection, beside which of them there are.
    fn note_dependencies(&self, collection: &Arc<Collection>, dependencies: &mut Dependencies) {
        let _ = (collection, dependencies);
    }
}

/// What of one row may be seen.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Sight {
    Nothing,
    All,
    /// All but the fields at these positions of `collection.fields`.
    Without(BTreeSet<usize>),
}

/// The admin's view: everything.
#[derive(Debug, Clone, Copy, Default)]
pub struct Everything;

impl ViewPolicy for Everything {
    fn scope(&self, _: &Arc<Collection>) -> Scope {
        Scope::All
    }

    fn predicate(&self, _: &Arc<Collection>, _: Alias, _: &mut Aliases) -> Predicate {
        Predicate::Always
    }

    fn look(&self, _: &mut dyn Connection, rows: &Rows) -> Result<Vec<Sight>, Error> {
        Ok(vec![Sight::All; rows.len()])
    }

    fn may_aggregate(&self) -> bool {
        true
    }
}

/// Where files can be fetched: what `$files` shows beside what is stored.
pub trait FileUrls {
    /// The URL of the file of a row of `$files`, of which everything stored was read.
    fn url(&self, rows: &Rows, row: usize) -> Option<String>;
}

/// Files without URLs.
#[derive(Debug, Clone, Copy, Default)]
pub struct NoUrls;

impl FileUrls for NoUrls {
    fn url(&self, _: &Rows, _: usize) -> Option<String> {
        None
    }
}

/// Hands out names of row sources, each once in a query.
#[derive(Debug, Default)]
pub struct Aliases(u32);

impl Aliases {
    pub fn take(&mut self) -> Alias {
        self.0 += 1;
        Alias(self.0)
    }
}

/// Entities of one collection as they were read, some fields of each.
#[derive(Debug, Clone)]
pub struct Rows {
    pub collection: Arc<Collection>,
    /// Positions in `collection.fields` of what was read; the id comes first.
    pub columns: Arc<[usize]>,
    /// Row by row.
    pub(super) cells: Vec<Cell>,
    /// Where each row stands in the order of creation.
    pub(super) stands: Vec<i64>,
}

impl Rows {
    pub(super) fn new(collection: Arc<Collection>, columns: Arc<[usize]>) -> Self {
        Self { collection, columns, cells: Vec::new(), stands: Vec::new() }
    }

    /// Reads what a select finds, behind what was read before.
    pub(super) fn read(&mut self, connection: &mut dyn Connection, select: &Select) -> Result<(), Error> {
        let statement = sql::select_columns(connection.dialect(), select, &self.columns);
        connection.query(&statement, &mut |row| {
            self.push(row, 0);
            Flow::More
        })?;
        Ok(())
    }

    /// Keeps a row whose columns begin at a cell and are followed by where it stands.
    pub(super) fn push(&mut self, row: &dyn Row, first: usize) {
        let width = self.columns.len();
        self.cells.extend((first..first + width).map(|cell| row.cell(cell).to_owned()));
        self.stands.push(match row.cell(first + width) {
            CellRef::Integer(stands) => stands,
            _ => 0,
        });
    }

    /// Forgets all rows.
    pub(super) fn clear(&mut self) {
        self.cells.clear();
        self.stands.clear();
    }

    pub fn len(&self) -> usize {
        self.stands.len()
    }

    pub fn is_empty(&self) -> bool {
        self.stands.is_empty()
    }

    /// The stored form of the fields of a row, in the order of `columns`.
    pub fn cells(&self, row: usize) -> &[Cell] {
        let width = self.columns.len();
        &self.cells[row * width..(row + 1) * width]
    }

    pub fn id(&self, row: usize) -> &str {
        match &self.cells(row)[0] {
            Cell::Text(id) => id,
            _ => "",
        }
    }

    /// A number that grows with the creation of entities of the collection.
    pub fn created(&self, row: usize) -> i64 {
        self.stands[row]
    }

    /// The stored form of a field, by its position in `collection.fields`; `None` if it was not read.
    pub fn cell(&self, row: usize, field: usize) -> Option<&Cell> {
        let position = self.columns.iter().position(|column| *column == field)?;
        Some(&self.cells(row)[position])
    }
}
