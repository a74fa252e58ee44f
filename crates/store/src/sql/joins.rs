//! Row sources beside the root, and what ties them.

use ketch_model::Field;
use ketch_query::tree::{Join, JoinSource, Operand};

use crate::sql::aliases::Aliases;
use crate::sql::relations;
use crate::sql::renderer::Renderer;

impl<'a> Renderer<'a> {
    pub(super) fn hangs_on(&self, join: &Join, others: &[&Join]) -> bool {
        let mut hangs = false;
        if let Some(tie) = join.tie() {
            tie.visit_aliases(&mut |alias| hangs |= others.iter().any(|other| other.alias == alias));
        }
        hangs
    }

    /// Marks what rejected row sources hang on as rejected too: a row needs them.
    pub(super) fn with_supports(&self, mut rejected: Aliases, joins: &[&'a Join]) -> Aliases {
        // A join comes after what it hangs on, so one pass from the end reaches all.
        for join in joins.iter().rev() {
            if rejected.contains(join.alias)
                && let Some(tie) = join.tie()
            {
                tie.visit_aliases(&mut |alias| {
                    rejected.insert(alias);
                });
            }
        }
        rejected
    }

    /// Writes the row sources of a subquery and brings them into scope. Those in `rejected` must
    /// have a row. The answer is the row source whose condition the caller has to ask.
    pub(super) fn from(&mut self, joins: &[&'a Join], rejected: Aliases) -> Option<&'a Join> {
        let rejected = self.with_supports(rejected, joins);
        let head =
            joins.iter().copied().find(|join| rejected.contains(join.alias) && !self.hangs_on(join, joins));
        match head {
            Some(head) => {
                self.source(head);
                self.in_scope.insert(head.alias);
                self.present.insert(head.alias);
            }
            None => self.push("(SELECT 1)"),
        }
        for join in joins {
            if head.is_none_or(|head| head.alias != join.alias) {
                self.join(join, rejected.contains(join.alias));
            }
        }
        head
    }

    /// Writes a join and brings it into scope. `required`: rows without one are of no use.
    pub(super) fn join(&mut self, join: &'a Join, required: bool) {
        self.push(if required { " JOIN " } else { " LEFT JOIN " });
        self.source(join);
        self.push(" ON ");
        self.in_scope.insert(join.alias);
        if required {
            self.present.insert(join.alias);
        }
        if !self.condition(join) {
            self.push("1 = 1");
        }
    }

    pub(super) fn source(&mut self, join: &'a Join) {
        match &join.source {
            JoinSource::All { collection }
            | JoinSource::ById { collection, .. }
            | JoinSource::Referrers { collection, .. } => self.identifier(&collection.name),
            JoinSource::Items { list } => {
                if let Some((field, _)) = self.linked(list) {
                    self.identifier(&relations::table_name(&field.id));
                    self.push(" AS ");
                    self.alias(join.alias);
                    return;
                }
                let (text, is_column) = match list {
                    Operand::Column(column) => (self.column_text(*column), true),
                    other => {
                        let start = self.sql.len();
                        self.operand(other);
                        (self.sql.split_off(start), false)
                    }
                };
                self.dialect.items(&text, is_column, &mut self.sql);
            }
            JoinSource::Links { table, .. } => self.identifier(table),
        }
        self.push(" AS ");
        self.alias(join.alias);
    }

    /// The relation whose link table has the items of a list, and the id of its record.
    pub(super) fn linked(&mut self, list: &Operand) -> Option<(&'a Field, String)> {
        match list {
            Operand::Column(column) => self.link_table(column.alias, column.field),
            _ => None,
        }
    }

    /// Writes what ties the join, `false` if nothing does.
    pub(super) fn condition(&mut self, join: &'a Join) -> bool {
        match &join.source {
            JoinSource::Items { list } => match self.linked(list) {
                Some((_, id)) => {
                    self.alias(join.alias);
                    self.push(".`source` = ");
                    self.push(&id);
                    true
                }
                None => false,
            },
            JoinSource::All { .. } => false,
            JoinSource::ById { collection, id } => {
                let field = collection.field_index("id").unwrap_or_default();
                self.column(join.alias, field);
                self.push(" = ");
                self.operand(id);
                true
            }
            JoinSource::Referrers { field, list: false, to, .. } => {
                self.column(join.alias, *field);
                self.push(" = ");
                self.operand(to);
                true
            }
            JoinSource::Referrers { collection, field, list: true, to, .. }
                if collection.fields[*field].is_link_table() =>
            {
                self.alias(join.alias);
                self.push(".`id` IN (SELECT `source` FROM ");
                self.identifier(&relations::table_name(&collection.fields[*field].id));
                self.push(" WHERE `target` = ");
                self.operand(to);
                self.push(")");
                true
            }
            JoinSource::Referrers { field, list: true, to, .. } => {
                self.operand(to);
                self.push(" IN (SELECT ");
                self.push(self.dialect.item());
                self.push(" FROM ");
                let start = self.sql.len();
                self.column(join.alias, *field);
                let text = self.sql.split_off(start);
                self.dialect.items(&text, true, &mut self.sql);
                self.push(")");
                true
            }
            JoinSource::Links { forward, of, .. } => {
                self.alias(join.alias);
                self.push(if *forward { ".source = " } else { ".target = " });
                self.operand(of);
                true
            }
        }
    }
}
