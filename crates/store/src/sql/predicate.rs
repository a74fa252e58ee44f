//! Predicates, operands and joins as SQL text.
//!
//! The tree speaks of one wide left join. Rendering it as such would multiply rows and need
//! `DISTINCT`, so joins that can meet several rows become `EXISTS` around the smallest part of the
//! predicate that needs them: the answer is the same, an index can give the order, and a page ends
//! early. Joins that meet one row at most stay in the outer `FROM`.

use ketch_model::{Cell, Collection, Value};
use ketch_query::Predicate;
use ketch_query::tree::{Join, NoneViolates, OneOf, SomeRow, Tie, Tied};

use crate::sql::aliases::Aliases;
use crate::sql::nulls::{rejected_by, rejected_by_violation};
use crate::sql::relations::{SOURCE, TARGET};
use crate::sql::renderer::Renderer;
use crate::sql::select::is_in;

/// A longer chain of operators is balanced.
const LONGEST_CHAIN: usize = 32;

/// Values as a JSON array: numbers and texts as they are.
pub(super) fn list_of(values: &[Cell]) -> String {
    let values = values.iter().map(|value| match value {
        Cell::Integer(number) => Value::from(*number),
        Cell::Real(number) => Value::from(*number),
        Cell::Text(text) => Value::from(text.as_str()),
        Cell::Null | Cell::Blob(_) => Value::Null,
    });
    Value::Array(values.collect()).to_string()
}

/// The name of a field that there is.
fn name(collection: &Collection, field: usize) -> &str {
    collection.fields.get(field).map_or("missing", |field| &field.name)
}

impl<'a> Renderer<'a> {
    /// Writes a predicate.
    pub(super) fn predicate(&mut self, predicate: &'a Predicate) {
        match predicate {
            Predicate::Always => self.push("1 = 1"),
            Predicate::Never => self.push("1 = 0"),
            Predicate::Or(parts) => {
                self.push("(");
                self.chain(parts, " OR ", &mut |renderer, part| renderer.predicate(part));
                self.push(")");
            }
            Predicate::And(parts) => self.all(parts),
            Predicate::Compare(_)
            | Predicate::NoneViolates(_)
            | Predicate::OneOf(_)
            | Predicate::Tied(_)
            | Predicate::SomeRow(_) => {
                let missing = self.missing(predicate);
                if missing.is_empty() {
                    self.leaf(predicate);
                } else {
                    self.exists(&[predicate], &missing);
                }
            }
        }
    }

    fn leaf(&mut self, predicate: &'a Predicate) {
        match predicate {
            Predicate::Compare(comparison) => self.comparison(comparison),
            Predicate::NoneViolates(none) => self.none_violates(none),
            Predicate::OneOf(one_of) => self.one_of(one_of),
            Predicate::SomeRow(some) => self.some_row(some),
            Predicate::Tied(tied) => self.tied(tied),
            other => self.predicate(other),
        }
    }

    /// Parts that need the same joins must be satisfied by the same row of them; others go apart.
    fn all(&mut self, parts: &'a [Predicate]) {
        let mut groups: Vec<(Aliases, Vec<&'a Predicate>)> = Vec::new();
        for part in parts {
            let missing = self.missing(part);
            let mut group = (missing, vec![part]);
            groups.retain_mut(|(aliases, others)| {
                let apart = !aliases.meets(&group.0);
                if !apart {
                    group.0.extend(aliases);
                    others.append(&mut group.1);
                    std::mem::swap(others, &mut group.1);
                }
                apart
            });
            groups.push(group);
        }
        self.chain(&groups, " AND ", &mut |renderer, (missing, parts)| match parts.as_slice() {
            [part] => renderer.predicate(part),
            parts => renderer.exists(parts, missing),
        });
    }

    /// Writes parts between operators. Engines read such a chain from the left, each operator deeper
    /// than the next, and refuse deep expressions: long chains become balanced.
    fn chain<'p, T>(&mut self, parts: &'p [T], operator: &str, write: &mut dyn FnMut(&mut Self, &'p T)) {
        if parts.len() > LONGEST_CHAIN {
            let (first, second) = parts.split_at(parts.len() / 2);
            self.push("(");
            self.chain(first, operator, write);
            self.push(")");
            self.push(operator);
            self.push("(");
            self.chain(second, operator, write);
            self.push(")");
            return;
        }
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                self.push(operator);
            }
            write(self, part);
        }
    }

    /// The values are bound as one list, so that the text is the same for any number of them.
    fn one_of(&mut self, one_of: &'a OneOf) {
        self.operand(&one_of.operand);
        self.push(" IN (SELECT ");
        self.push(self.dialect.item());
        self.push(" FROM ");
        let start = self.sql.len();
        self.bind(Cell::Text(list_of(&one_of.values)));
        let placeholder = self.sql.split_off(start);
        self.dialect.items(&placeholder, false, &mut self.sql);
        self.push(")");
    }

    fn tied(&mut self, tied: &'a Tied) {
        self.operand(&tied.operand);
        for tie in &tied.by {
            self.push(" IN (SELECT tie.");
            match tie {
                Tie::Links { table, forward } => {
                    let (near, far) = if *forward { (SOURCE, TARGET) } else { (TARGET, SOURCE) };
                    self.tie(near, table, far);
                }
                Tie::Held { collection, field } => self.tie(name(collection, *field), &collection.name, "id"),
                Tie::Holds { collection, field } => {
                    self.tie("id", &collection.name, name(collection, *field));
                }
            }
        }
        is_in(self, &tied.to);
        for _ in &tied.by {
            self.push(")");
        }
    }

    fn tie(&mut self, near: &str, table: &str, far: &str) {
        self.identifier(near);
        self.push(" FROM ");
        self.identifier(table);
        self.push(" AS tie WHERE tie.");
        self.identifier(far);
    }

    fn some_row(&mut self, some: &'a SomeRow) {
        let before = (self.in_scope.clone(), self.present.clone());
        self.own_joins.push(&some.joins);
        let joins: Vec<&'a Join> = some.joins.iter().collect();
        let mut rejected = Aliases::default();
        rejected_by(&some.predicate, &mut rejected);
        self.push("EXISTS (SELECT 1 FROM ");
        let head = self.from(&joins, rejected);
        self.push(" WHERE ");
        if let Some(head) = head
            && self.condition(head)
        {
            self.push(" AND ");
        }
        self.predicate(&some.predicate);
        self.push(")");
        self.own_joins.pop();
        (self.in_scope, self.present) = before;
    }

    /// Some row of the joins satisfies all parts.
    fn exists(&mut self, parts: &[&'a Predicate], missing: &Aliases) {
        let before = (self.in_scope.clone(), self.present.clone());
        let joins: Vec<&'a Join> = self.joins.iter().filter(|join| missing.contains(join.alias)).collect();
        let mut rejected = Aliases::default();
        for part in parts {
            rejected_by(part, &mut rejected);
        }
        self.push("EXISTS (SELECT 1 FROM ");
        let head = self.from(&joins, rejected);
        self.push(" WHERE ");
        if let Some(head) = head
            && self.condition(head)
        {
            self.push(" AND ");
        }
        for (position, part) in parts.iter().enumerate() {
            if position > 0 {
                self.push(" AND ");
            }
            self.predicate(part);
        }
        self.push(")");
        (self.in_scope, self.present) = before;
    }

    fn none_violates(&mut self, none: &'a NoneViolates) {
        let before = (self.in_scope.clone(), self.present.clone());
        self.own_joins.push(&none.joins);
        let joins: Vec<&'a Join> = none.joins.iter().collect();
        let mut rejected = Aliases::default();
        rejected_by_violation(&none.comparison, &mut rejected);
        if !none.asks_missing_row
            && let Some((first, rest)) = joins.split_first()
            && rest.iter().all(|join| self.hangs_on(join, &joins))
        {
            rejected.insert(first.alias);
        }
        self.push("NOT EXISTS (SELECT 1 FROM ");
        let head = self.from(&joins, rejected);
        self.push(" WHERE ");
        if let Some(head) = head
            && self.condition(head)
        {
            self.push(" AND ");
        }
        self.push("NOT (");
        self.comparison(&none.comparison);
        self.push("))");
        self.own_joins.pop();
        (self.in_scope, self.present) = before;
    }
}
