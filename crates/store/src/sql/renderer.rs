//! The writer of one statement and what it knows of the row sources.

use ketch_model::{Cell, Collection, Field};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Column, Join};

use crate::sql::aliases::Aliases;
use crate::sql::dialect::Dialect;
use crate::sql::relations;

/// Writes one statement.
pub(super) struct Renderer<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) sql: String,
    pub(super) params: Vec<Cell>,
    pub(super) root: &'a Collection,
    /// The root is a row of bound values, which have no column affinity.
    pub(super) root_is_virtual: bool,
    /// All joins of the query that are not of one predicate alone.
    pub(super) joins: &'a [Join],
    /// The joins of the predicates that are being written.
    pub(super) own_joins: Vec<&'a [Join]>,
    /// Row sources that the text at hand can name.
    pub(super) in_scope: Aliases,
    /// Those of them that surely have a row.
    pub(super) present: Aliases,
}

impl<'a> Renderer<'a> {
    pub(super) fn new(
        dialect: &'a dyn Dialect,
        root: &'a Collection,
        root_is_virtual: bool,
        joins: &'a [Join],
    ) -> Self {
        let mut in_scope = Aliases::default();
        in_scope.insert(Alias::ROOT);
        let present = in_scope.clone();
        Self {
            dialect,
            sql: String::with_capacity(512),
            params: Vec::new(),
            root,
            root_is_virtual,
            joins,
            own_joins: Vec::new(),
            in_scope,
            present,
        }
    }

    pub(super) fn push(&mut self, text: &str) {
        self.sql.push_str(text);
    }

    pub(super) fn bind(&mut self, value: Cell) {
        self.params.push(value);
        self.dialect.parameter(self.params.len(), &mut self.sql);
    }

    pub(super) fn identifier(&mut self, name: &str) {
        self.dialect.identifier(name, &mut self.sql);
    }

    pub(super) fn alias(&mut self, alias: Alias) {
        self.sql.push('t');
        match u8::try_from(alias.0) {
            Ok(digit @ 0..10) => self.sql.push(char::from(b'0' + digit)),
            _ => self.sql.push_str(&alias.0.to_string()),
        }
    }

    pub(super) fn column(&mut self, alias: Alias, field: usize) {
        if let Some((field, id)) = self.link_table(alias, field) {
            return relations::targets_of(self.dialect, field, &id, &mut self.sql);
        }
        self.alias(alias);
        self.sql.push('.');
        match self.collection(alias).and_then(|collection| collection.fields.get(field)) {
            Some(field) => self.dialect.identifier(&field.name, &mut self.sql),
            // Not a tree of the resolver; the engine will refuse the statement.
            None => self.sql.push_str("missing"),
        }
    }

    /// The relation of a column that is none but lives in a link table, and the id of its record.
    pub(super) fn link_table(&mut self, alias: Alias, field: usize) -> Option<(&'a Field, String)> {
        let field = self.collection(alias)?.fields.get(field).filter(|field| field.is_link_table())?;
        // A row that is not stored has its own list.
        if alias == Alias::ROOT && self.root_is_virtual {
            return None;
        }
        let start = self.sql.len();
        self.alias(alias);
        self.push(".");
        self.identifier("id");
        Some((field, self.sql.split_off(start)))
    }

    pub(super) fn column_text(&mut self, column: Column) -> String {
        let start = self.sql.len();
        self.column(column.alias, column.field);
        self.sql.split_off(start)
    }

    pub(super) fn find(&self, alias: Alias) -> Option<&'a Join> {
        self.own_joins
            .iter()
            .rev()
            .copied()
            .chain([self.joins])
            .find_map(|joins| joins.iter().find(|join| join.alias == alias))
    }

    pub(super) fn collection(&self, alias: Alias) -> Option<&'a Collection> {
        if alias == Alias::ROOT {
            return Some(self.root);
        }
        self.find(alias)?.collection().map(|collection| &**collection)
    }

    /// What the part needs that is not in scope: row sources and those that they hang on.
    pub(super) fn missing(&self, predicate: &Predicate) -> Aliases {
        let mut missing = Aliases::default();
        predicate.visit_aliases(&mut |alias| self.add_missing(alias, &mut missing));
        missing
    }

    pub(super) fn add_missing(&self, alias: Alias, missing: &mut Aliases) {
        if self.in_scope.contains(alias) || !missing.insert(alias) {
            return;
        }
        if let Some(tie) = self.find(alias).and_then(Join::tie) {
            tie.visit_aliases(&mut |alias| self.add_missing(alias, missing));
        }
    }
}
