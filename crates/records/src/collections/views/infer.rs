//! The fields of a view: each column is a copy of the field it shows, or what its expression says.

use ketch_model::fields::bool::BoolOptions;
use ketch_model::fields::json::JsonOptions;
use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::relation::RelationOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, Field, FieldKind, Schema, ids};

use super::columns::{Item, Selected};

const CLONE_ID_LENGTH: usize = 4;

/// One field for each column of the view, in the order of the columns.
pub(super) fn fields(schema: &Schema, selected: &Selected, columns: &[String]) -> Vec<Field> {
    columns.iter().map(|column| field(schema, selected, column)).collect()
}

fn field(schema: &Schema, selected: &Selected, column: &str) -> Field {
    if column == "id" {
        return id_field();
    }
    let Some(item) = selected.columns.iter().find(|item| item.alias == column) else {
        return json_field(column);
    };
    if let Some(kind) = kind_of_call(&item.expression) {
        return Field::new(column, kind);
    }
    field_of_path(schema, &selected.tables, &item.expression, column).unwrap_or_else(|| json_field(column))
}

/// The ids of a view are whatever the query says: the pattern only tells clients what to expect.
fn id_field() -> Field {
    let options = TextOptions {
        pattern: ketch_model::fields::text::ID_PATTERN.into(),
        primary_key: true,
        ..TextOptions::default()
    };
    Field { system: true, required: true, ..Field::new("id", options) }
}

fn json_field(name: &str) -> Field {
    Field::new(name, JsonOptions { max_size: 1 })
}

fn number(only_int: bool) -> FieldKind {
    NumberOptions { only_int, ..NumberOptions::default() }.into()
}

/// The kind of a call whose result type is known.
fn kind_of_call(expression: &str) -> Option<FieldKind> {
    let call = expression.to_ascii_lowercase();
    let closes = call.contains(')');
    if call.starts_with("count(") && closes {
        return Some(number(true));
    }
    if call.starts_with("total(") && closes {
        return Some(number(false));
    }
    let (value, type_name) =
        call.strip_prefix("cast(")?.strip_suffix(')')?.trim_end().rsplit_once(char::is_whitespace)?;
    if !value.trim_end().strip_suffix("as")?.ends_with(char::is_whitespace) {
        return None;
    }
    match type_name {
        "real" | "decimal" | "numeric" => Some(number(false)),
        "int" | "integer" => Some(number(true)),
        "text" => Some(TextOptions::default().into()),
        "bool" | "boolean" => Some(BoolOptions::default().into()),
        _ => None,
    }
}

/// The field behind `column` (of the first table) or `table.column`.
fn field_of_path(schema: &Schema, tables: &[Item], path: &str, name: &str) -> Option<Field> {
    let (table, column) = match path.split_once('.') {
        Some((alias, column)) => (tables.iter().find(|table| table.alias == alias)?, column),
        None => (tables.first()?, path),
    };
    let collection: &Collection =
        schema.by_name(&table.expression).filter(|found| found.name == table.expression)?;
    if column == "id" {
        let options = RelationOptions {
            collection_id: collection.id.clone(),
            max_select: 1,
            ..RelationOptions::default()
        };
        return Some(Field::new(name, options));
    }
    let mut field = collection.field(column)?.clone();
    field.id = format!("_clone_{}", ids::random_text(CLONE_ID_LENGTH, ids::ALPHANUMERIC));
    name.clone_into(&mut field.name);
    // A column of a view is no attr of its own.
    field.attr = None;
    Some(field)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn call(expression: &str) -> Option<(&'static str, bool)> {
        let kind = kind_of_call(expression)?;
        let only_int = matches!(&kind, FieldKind::Number(options) if options.only_int);
        Some((kind.type_name(), only_int))
    }

    #[test]
    fn knows_what_calls_answer() {
        assert_eq!(call("count(*)"), Some(("number", true)));
        assert_eq!(call("COUNT(distinct a)+1"), Some(("number", true)));
        assert_eq!(call("total(a)"), Some(("number", false)));
        assert_eq!(call("cast(a as INTEGER)"), Some(("number", true)));
        assert_eq!(call("CAST( a||cast(b as text)\nAS\nreal )"), Some(("number", false)));
        assert_eq!(call("cast(a as text)"), Some(("text", false)));
        assert_eq!(call("cast(a as boolean)"), Some(("bool", false)));
        for unknown in [
            "cast(a as blob)",
            "cast(a as int)+1",
            "cast(a has int)",
            "cast(as int)",
            "sum(a)",
            "counter",
            "count(",
            "cast()",
        ] {
            assert_eq!(call(unknown), None, "{unknown}");
        }
    }
}
