//! The log's table as a collection: what its filters and sorts may name.

use std::sync::{Arc, LazyLock};

use ketch_model::fields::autodate::AutodateOptions;
use ketch_model::fields::json::JsonOptions;
use ketch_model::fields::number::NumberOptions;
use ketch_model::fields::text::TextOptions;
use ketch_model::{Collection, CollectionKind, Error, Field, Result, Schema};
use ketch_query::filter::{Expression, Operand, parse_cached};
use ketch_query::{RequestInfo, Resolver, Select};

/// Positions of the fields, in the order of an answer's keys.
pub(super) const ID: usize = 0;
pub(super) const CREATED: usize = 1;
pub(super) const DATA: usize = 2;
pub(super) const MESSAGE: usize = 3;
pub(super) const LEVEL: usize = 4;

static TABLE: LazyLock<Arc<Collection>> = LazyLock::new(|| {
    let mut table = Collection::blank(CollectionKind::Base);
    "_logs".clone_into(&mut table.id);
    "_logs".clone_into(&mut table.name);
    table.fields = vec![
        Field::new("id", TextOptions { primary_key: true, ..TextOptions::default() }),
        Field::new("created", AutodateOptions::default()),
        Field::new("data", JsonOptions::default()),
        Field::new("message", TextOptions::default()),
        Field::new("level", NumberOptions::default()),
    ];
    table.index_fields();
    Arc::new(table)
});

pub(super) fn table() -> &'static Arc<Collection> {
    &TABLE
}

/// The rows that a superuser asks for; an empty filter is all of them.
///
/// # Errors
/// 400 for a text that cannot be read or names something that is not there.
pub(super) fn select(filter: &str, sort: &str) -> Result<Select> {
    if !filter.is_empty() {
        check_names(&*parse_cached(filter)?)?;
    }
    for key in sort.split(',') {
        check_name(key.trim().trim_start_matches(['+', '-']))?;
    }
    // Only columns of the table itself can be named: no rule and no other collection is met.
    let request = RequestInfo::default();
    let schema = Arc::new(Schema::new(vec![TABLE.clone()], 0));
    let mut resolver = Resolver::new(schema, TABLE.clone(), &request);
    let predicate = resolver.client_filter(filter)?;
    resolver.sort(sort, true)?;
    Ok(resolver.into_select(vec![predicate]))
}

fn check_names(expression: &Expression) -> Result<()> {
    match expression {
        Expression::Compare(comparison) => {
            check_operand(&comparison.left)?;
            check_operand(&comparison.right)
        }
        Expression::And(parts) | Expression::Or(parts) => parts.iter().try_for_each(check_names),
    }
}

fn check_operand(operand: &Operand) -> Result<()> {
    match operand {
        Operand::Identifier(name) => check_name(name),
        Operand::Function { arguments, .. } => arguments.iter().try_for_each(check_operand),
        Operand::Text(_) | Operand::Number(_) => Ok(()),
    }
}

/// The log knows neither requests nor other collections, and its columns no modifiers.
fn check_name(name: &str) -> Result<()> {
    let is_outside = name.starts_with("@request.") || name.starts_with("@collection.");
    if is_outside || (name.contains(':') && !name.starts_with("data.")) {
        return Err(Error::bad_request("").with_cause(format!("the log has no field {name:?}")));
    }
    Ok(())
}
