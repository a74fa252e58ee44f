//! Predicates, operands and joins as SQL text.
//!
//! The tree speaks of one wide left join. Rendering it as such would multiply rows and need
//! `DISTINCT`, so joins that can meet several rows become `EXISTS` around the smallest part of the
//! predicate that needs them: the answer is the same, an index can give the order, and a page ends
//! early. Joins that meet one row at most stay in the outer `FROM`.

use ketch_query::Predicate;
use ketch_query::tree::{Join, NoneViolates};

use crate::sql::aliases::Aliases;
use crate::sql::nulls::{rejected_by, rejected_by_violation};
use crate::sql::renderer::Renderer;

impl<'a> Renderer<'a> {
    /// Writes a predicate.
    pub(super) fn predicate(&mut self, predicate: &'a Predicate) {
        match predicate {
            Predicate::Always => self.push("1 = 1"),
            Predicate::Never => self.push("1 = 0"),
            Predicate::Or(parts) => {
                self.push("(");
                for (position, part) in parts.iter().enumerate() {
                    if position > 0 {
                        self.push(" OR ");
                    }
                    self.predicate(part);
                }
                self.push(")");
            }
            Predicate::And(parts) => self.all(parts),
            Predicate::Compare(_) | Predicate::NoneViolates(_) => {
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
        for (position, (missing, parts)) in groups.iter().enumerate() {
            if position > 0 {
                self.push(" AND ");
            }
            match parts.as_slice() {
                [part] => self.predicate(part),
                parts => self.exists(parts, missing),
            }
        }
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
