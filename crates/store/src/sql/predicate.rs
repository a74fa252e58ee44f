//! Predicates, operands and joins as SQL text.
//!
//! The tree speaks of one wide left join. Rendering it as such would multiply rows and need
//! `DISTINCT`, so joins that can meet several rows become `EXISTS` around the smallest part of the
//! predicate that needs them: the answer is the same, an index can give the order, and a page ends
//! early. Joins that meet one row at most stay in the outer `FROM`.

use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection};
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Column, Comparison, Join, JoinSource, NoneViolates, Operand, Test};

use crate::sql::aliases::Aliases;
use crate::sql::dialect::Dialect;
use crate::sql::nulls::{rejected_by, rejected_by_violation};

/// Writes one statement.
pub(super) struct Renderer<'a> {
    pub(super) dialect: &'a dyn Dialect,
    pub(super) sql: String,
    pub(super) params: Vec<Cell>,
    root: &'a Collection,
    /// The root is a row of bound values, which have no column affinity.
    root_is_virtual: bool,
    /// All joins of the query that are not of one predicate alone.
    joins: &'a [Join],
    /// The joins of the predicates that are being written.
    own_joins: Vec<&'a [Join]>,
    /// Row sources that the text at hand can name.
    in_scope: Aliases,
    /// Those of them that surely have a row.
    present: Aliases,
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
        self.alias(alias);
        self.sql.push('.');
        match self.collection(alias).and_then(|collection| collection.fields.get(field)) {
            Some(field) => self.dialect.identifier(&field.name, &mut self.sql),
            // Not a tree of the resolver; the engine will refuse the statement.
            None => self.sql.push_str("missing"),
        }
    }

    fn column_text(&mut self, column: Column) -> String {
        let start = self.sql.len();
        self.column(column.alias, column.field);
        self.sql.split_off(start)
    }

    fn find(&self, alias: Alias) -> Option<&'a Join> {
        self.own_joins
            .iter()
            .rev()
            .copied()
            .chain([self.joins])
            .find_map(|joins| joins.iter().find(|join| join.alias == alias))
    }

    fn collection(&self, alias: Alias) -> Option<&'a Collection> {
        if alias == Alias::ROOT {
            return Some(self.root);
        }
        self.find(alias)?.collection().map(|collection| &**collection)
    }

    /// What the part needs that is not in scope: row sources and those that they hang on.
    fn missing(&self, predicate: &Predicate) -> Aliases {
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

    fn hangs_on(&self, join: &Join, others: &[&Join]) -> bool {
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
    fn from(&mut self, joins: &[&'a Join], rejected: Aliases) -> Option<&'a Join> {
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

    fn source(&mut self, join: &'a Join) {
        match &join.source {
            JoinSource::All { collection }
            | JoinSource::ById { collection, .. }
            | JoinSource::Referrers { collection, .. } => self.identifier(&collection.name),
            JoinSource::Items { list } => {
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
        }
        self.push(" AS ");
        self.alias(join.alias);
    }

    /// Writes what ties the join, `false` if nothing does.
    fn condition(&mut self, join: &'a Join) -> bool {
        match &join.source {
            JoinSource::All { .. } | JoinSource::Items { .. } => false,
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
        }
    }

    fn comparison(&mut self, comparison: &'a Comparison) {
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
            Operand::Lower(inner) => self.is_nullable(inner),
            Operand::Item(_) | Operand::Json { .. } | Operand::GeoDistance(_) | Operand::Strftime(_) => true,
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

    /// Writes an operand; it stands safely beside any operator.
    pub(super) fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::Constant(value) | Operand::Stored { value, .. } => self.bind(value.clone()),
            Operand::Column(column) => self.column(column.alias, column.field),
            Operand::Item(alias) => {
                self.alias(*alias);
                self.push(".");
                self.push(self.dialect.item());
            }
            Operand::Json { column, path } => {
                let text = self.column_text(*column);
                self.push("(");
                if path.is_empty() {
                    self.dialect.json_whole(&text, &mut self.sql);
                } else {
                    let start = self.sql.len();
                    self.bind(Cell::Text(self.dialect.json_path(path)));
                    let placeholder = self.sql.split_off(start);
                    self.dialect.json_part(&text, &placeholder, &mut self.sql);
                }
                self.push(")");
            }
            Operand::Length(column) => {
                let text = self.column_text(*column);
                if column.kind == ColumnKind::List {
                    self.dialect.item_count(&text, &mut self.sql);
                } else {
                    self.push("(CASE WHEN ");
                    self.push(&text);
                    self.push(" = '' OR ");
                    self.push(&text);
                    self.push(" IS NULL THEN 0 ELSE 1 END)");
                }
            }
            Operand::Lower(inner) => {
                self.push("LOWER(");
                self.operand(inner);
                self.push(")");
            }
            Operand::GeoDistance(parts) => self.call(self.dialect.geo_distance(), parts.as_slice()),
            Operand::Strftime(parts) => self.call("strftime", parts),
            Operand::Truth(predicate) => {
                self.push("(CASE WHEN ");
                self.predicate(predicate);
                self.push(" THEN 1 ELSE 0 END)");
            }
        }
    }

    fn call(&mut self, function: &str, arguments: &'a [Operand]) {
        self.push(function);
        self.push("(");
        for (position, argument) in arguments.iter().enumerate() {
            if position > 0 {
                self.push(", ");
            }
            self.operand(argument);
        }
        self.push(")");
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
        ColumnKind::Number | ColumnKind::Bool | ColumnKind::List | ColumnKind::Json | ColumnKind::GeoPoint => {
            Affinity::Numeric
        }
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
