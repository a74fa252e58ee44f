//! Comparisons, with NULL and column affinities as SQLite has them.

use ketch_model::Cell;
use ketch_model::fields::ColumnKind;
use ketch_query::tree::{Alias, Comparison, Operand, Test};

use crate::sql::renderer::Renderer;

impl<'a> Renderer<'a> {
    pub(super) fn comparison(&mut self, comparison: &'a Comparison) {
        let Comparison { left, test, right } = comparison;
        let (same, different) = self.dialect.null_safe();
        match test {
            Test::Equal => self.infix(left, " = ", right),
            Test::Same => self.infix(left, same, right),
            Test::Different => self.infix(left, different, right),
            Test::Less => self.infix(left, " < ", right),
            Test::LessOrEqual => self.infix(left, " <= ", right),
            Test::Greater => self.infix(left, " > ", right),
            Test::GreaterOrEqual => self.infix(left, " >= ", right),
            Test::LooselyEqual => self.loosely(left, true, right),
            Test::LooselyDifferent => self.loosely(left, false, right),
            Test::Like | Test::NotLike => {
                self.operand(left);
                self.push(if *test == Test::Like { " LIKE " } else { " NOT LIKE " });
                self.operand(right);
                self.push(" ESCAPE '\\'");
            }
            Test::LikeCased | Test::LikeUncased => {
                let start = self.sql.len();
                self.operand(left);
                let text = self.sql.split_off(start);
                self.operand(right);
                let pattern = self.sql.split_off(start);
                self.dialect.like(&text, &pattern, *test == Test::LikeCased, &mut self.sql);
            }
            Test::Contains | Test::NotContains => {
                self.operand(left);
                self.push(if *test == Test::Contains { " LIKE ('%' || " } else { " NOT LIKE ('%' || " });
                self.operand(right);
                self.push(" || '%') ESCAPE '\\'");
            }
        }
    }

    fn infix(&mut self, left: &'a Operand, operator: &str, right: &'a Operand) {
        self.operand_beside(left, right);
        self.push(operator);
        self.operand_beside(right, left);
    }

    /// Equality that takes NULL for ''. `COALESCE` hides a column from its index, so it is written
    /// only where NULL can come or where it has to take a column's affinity away.
    fn loosely(&mut self, left: &'a Operand, equal: bool, right: &'a Operand) {
        if is_empty_text(right) || is_empty_text(left) {
            let operand = if is_empty_text(right) { left } else { right };
            let nullable = self.is_nullable(operand);
            if nullable {
                self.push("(");
            }
            self.operand(operand);
            self.push(if equal { " = ''" } else { " <> ''" });
            if nullable {
                self.push(if equal { " OR " } else { " AND " });
                self.operand(operand);
                self.push(if equal { " IS NULL)" } else { " IS NOT NULL)" });
            }
            return;
        }
        let affinity = self.affinity(left);
        let alike = affinity == self.affinity(right) && affinity != Affinity::Unknown;
        self.loose_operand(left, alike);
        self.push(if equal { " = " } else { " <> " });
        self.loose_operand(right, alike);
    }

    fn loose_operand(&mut self, operand: &'a Operand, alike: bool) {
        let bare = match operand {
            Operand::Constant(value) | Operand::Stored { value, .. } => *value != Cell::Null,
            other => (alike || self.affinity(other) == Affinity::None) && !self.is_nullable(other),
        };
        if bare {
            self.operand(operand);
        } else {
            self.push("COALESCE(");
            self.operand(operand);
            self.push(", '')");
        }
    }

    fn is_nullable(&self, operand: &Operand) -> bool {
        match operand {
            Operand::Constant(value) | Operand::Stored { value, .. } => *value == Cell::Null,
            Operand::Column(column) => column.nullable || !self.present.contains(column.alias),
            Operand::Length(_) | Operand::Truth(_) => false,
            Operand::RowId(alias) => !self.present.contains(*alias),
            Operand::Lower(inner) => self.is_nullable(inner),
            Operand::Item(_)
            | Operand::Json { .. }
            | Operand::Instant(_)
            | Operand::GeoDistance(_)
            | Operand::Strftime(_) => true,
        }
    }

    fn affinity(&self, operand: &Operand) -> Affinity {
        match operand {
            Operand::Column(column) => match self.collection(column.alias) {
                Some(_) if column.alias == Alias::ROOT && self.root_is_virtual => Affinity::None,
                Some(collection) if !collection.is_view() => affinity_of(column.kind),
                _ => Affinity::Unknown,
            },
            Operand::Stored { kind, .. } => affinity_of(*kind),
            _ => Affinity::None,
        }
    }

    /// An operand of a comparison; a stored value must compare like its column beside this one.
    fn operand_beside(&mut self, operand: &'a Operand, other: &Operand) {
        let Operand::Stored { value, kind } = operand else { return self.operand(operand) };
        let cast = match kind {
            _ if self.affinity(other) == affinity_of(*kind) => None,
            ColumnKind::Text | ColumnKind::PrimaryKey => Some(" AS TEXT)"),
            ColumnKind::Number | ColumnKind::Bool => Some(" AS NUMERIC)"),
            // Lists and JSON are no numbers to cast to.
            ColumnKind::List | ColumnKind::Json | ColumnKind::GeoPoint => None,
        };
        match cast {
            Some(cast) => {
                self.push("CAST(");
                self.bind(value.clone());
                self.push(cast);
            }
            None => self.bind(value.clone()),
        }
    }
}

/// How SQLite converts values beside a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Affinity {
    None,
    Text,
    Numeric,
    Unknown,
}

fn affinity_of(kind: ColumnKind) -> Affinity {
    match kind {
        ColumnKind::Text | ColumnKind::PrimaryKey => Affinity::Text,
        // The declared type JSON is numeric to SQLite.
        ColumnKind::Number
        | ColumnKind::Bool
        | ColumnKind::List
        | ColumnKind::Json
        | ColumnKind::GeoPoint => Affinity::Numeric,
    }
}

fn is_empty_text(operand: &Operand) -> bool {
    match operand {
        Operand::Constant(value) | Operand::Stored { value, .. } => match value {
            Cell::Null => true,
            Cell::Text(text) => text.is_empty(),
            _ => false,
        },
        _ => false,
    }
}
