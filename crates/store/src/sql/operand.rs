//! Operands as SQL expressions.

use ketch_model::Cell;
use ketch_model::fields::ColumnKind;
use ketch_query::tree::{JoinSource, Operand};

use crate::sql::relations;
use crate::sql::renderer::Renderer;

impl<'a> Renderer<'a> {
    /// Writes an operand; it stands safely beside any operator.
    pub(super) fn operand(&mut self, operand: &'a Operand) {
        match operand {
            Operand::Constant(value) | Operand::Stored { value, .. } => self.bind(value.clone()),
            Operand::Column(column) => self.column(column.alias, column.field),
            Operand::Item(alias) => {
                self.alias(*alias);
                self.push(".");
                let item = match self.find(*alias).map(|join| &join.source) {
                    Some(JoinSource::Links { forward: true, .. }) => relations::TARGET,
                    Some(JoinSource::Links { forward: false, .. }) => relations::SOURCE,
                    Some(JoinSource::Items { list }) if self.linked(list).is_some() => relations::TARGET,
                    _ => self.dialect.item(),
                };
                self.push(item);
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
                if let Some((field, id)) = self.link_table(column.alias, column.field) {
                    return relations::count_of(self.dialect, field, &id, &mut self.sql);
                }
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
            Operand::Instant(column) => {
                self.push(self.dialect.instant());
                self.push("(");
                self.column(column.alias, column.field);
                self.push(")");
            }
            Operand::RowId(alias) => {
                self.alias(*alias);
                self.push(".");
                self.push(self.dialect.row_id());
            }
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
