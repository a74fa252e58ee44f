//! Numbers over all entities that match, instead of the entities.

use std::sync::Arc;

use ketch_model::attr::CheckedType;
use ketch_model::collection::Direction;
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, CellRef, Collection, Error, Object, Value, json};
use ketch_query::tree::{Alias, Column, Measure, Operand};
use ketch_query::{Predicate, Select};
use ketch_store::sql::relations::RelationKind;
use ketch_store::{Connection, Flow, sql};

use super::compiler::{Compiler, below, shape_issue, type_issue};
use super::names::{self, Blob, Form, Named};
use super::syntax::{self, Aggregate, AggregateTable, Function};
use super::values;
use crate::invalid::{Issue, Step};

/// More groups than this are an error, not an answer.
const MAX_GROUPS: u64 = 10_000;

/// An aggregate tied to a schema.
#[derive(Debug, Clone)]
pub(super) struct AggregatePlan {
    select: Select,
    /// Labels and what their cells are.
    groups: Vec<(String, Operand, Form)>,
    measures: Vec<(Function, String, Operand, Form)>,
    count: bool,
    /// Instant's own `"count"`: the namespace stays an empty list.
    is_plain: bool,
}

/// What an aggregate found.
#[derive(Debug, Clone, PartialEq)]
pub struct Numbers {
    /// The rows of the namespace: one for each group, or one. Empty for `"count"`.
    pub rows: Vec<Value>,
    /// The same for the `aggregate` of an answer: `{"count": n, …}`, or `{"groups": […]}`.
    pub summary: Value,
}

impl Compiler<'_> {
    pub(super) fn aggregate(
        &mut self,
        form: &syntax::Form,
        namespace: &str,
        collection: &Arc<Collection>,
        aggregate: &Aggregate,
    ) -> Result<AggregatePlan, Issue> {
        let at = below(&form.path, &["$", "aggregate"]);
        if !self.policy.may_aggregate() {
            let message = "Only admins can use `aggregate`: it would tell of entities that rules hide.";
            return Err(shape_issue("admin?", at, message.to_owned()));
        }
        if let Some(child) = form.children.first() {
            let message =
                format!("A form with `aggregate` has no entities that `{}` could hang on.", child.label);
            return Err(shape_issue("childless?", at, message));
        }
        let mut select = Select::all(collection.clone());
        if let Some(condition) = &form.options.filter {
            let filter = self.filter(namespace, collection, condition)?;
            let hint = filter.hint().filter(|_| !filter.pins()).unwrap_or(Predicate::Always);
            select.predicate = hint.and(filter.predicate());
        }
        let table = match aggregate {
            Aggregate::Count => &AggregateTable { count: true, ..AggregateTable::default() },
            Aggregate::Table(table) => table,
        };
        let mut groups = Vec::with_capacity(table.group_by.len());
        for label in &table.group_by {
            let (operand, form) = self.group(namespace, collection, label, &below(&at, &["groupBy"]))?;
            groups.push((label.clone(), operand, form));
        }
        let mut measures = Vec::with_capacity(table.measures.len());
        for (function, label) in &table.measures {
            let path = below(&at, &[function.name()]);
            let (operand, form) = self.measured(namespace, collection, *function, label, path)?;
            measures.push((*function, label.clone(), operand, form));
        }
        Ok(AggregatePlan {
            select,
            groups,
            measures,
            count: table.count,
            is_plain: *aggregate == Aggregate::Count,
        })
    }

    fn aggregated(
        &mut self,
        namespace: &str,
        collection: &Collection,
        label: &str,
        path: &[Step],
    ) -> Result<Named, Issue> {
        let named = names::find(self.attrs, namespace, label).ok_or_else(|| {
            type_issue("attr?", path.to_vec(), format!("There is no `{label}` attribute for {namespace}."))
        })?;
        if let Named::Blob(Blob { place: Some(place), .. }) = &named {
            self.dependencies.field(&collection.id, &collection.fields[place.field].id);
        }
        if let Named::Link(link) = &named {
            self.note_link(link);
        }
        Ok(named)
    }

    fn group(
        &mut self,
        namespace: &str,
        collection: &Collection,
        label: &str,
        path: &[Step],
    ) -> Result<(Operand, Form), Issue> {
        match self.aggregated(namespace, collection, label, path)? {
            Named::Blob(blob) => Ok(match blob.place {
                Some(place) => (Operand::Column(place.column(Alias::ROOT)), place.form),
                None => (Operand::Constant(Cell::Null), Form::Json),
            }),
            Named::Link(link) => match (link.direction, link.kept(), &link.place) {
                (Direction::Forward, Some(RelationKind::One), Some((_, field))) => {
                    let column =
                        Column { alias: Alias::ROOT, field: *field, kind: ColumnKind::Text, nullable: false };
                    // No link is an empty text, as no date is.
                    Ok((Operand::Column(column), Form::Date))
                }
                _ => Err(type_issue(
                    "single?",
                    path.to_vec(),
                    format!("`{namespace}.{label}` leads to many entities and cannot make groups."),
                )),
            },
        }
    }

    fn measured(
        &mut self,
        namespace: &str,
        collection: &Collection,
        function: Function,
        label: &str,
        path: Vec<Step>,
    ) -> Result<(Operand, Form), Issue> {
        let needs_number = matches!(function, Function::Sum | Function::Average);
        let (blob, checked) = match self.aggregated(namespace, collection, label, &path)? {
            Named::Blob(blob) => {
                let checked = blob.checked_type();
                (Some(blob), checked)
            }
            Named::Link(_) => (None, None),
        };
        match (blob, checked) {
            (Some(blob), Some(checked)) if !needs_number || checked == CheckedType::Number => {
                let Some(place) = blob.place else {
                    return Ok((Operand::Constant(Cell::Null), Form::Json));
                };
                let column = place.column(Alias::ROOT);
                Ok(match checked {
                    CheckedType::Date => (Operand::Instant(column), Form::Number),
                    _ => (Operand::Column(column), place.form),
                })
            }
            _ => {
                let wanted = if needs_number { "of the type number" } else { "of an enforced type" };
                let message = format!(
                    "`{}` needs an attribute {wanted}, and `{namespace}.{label}` is none.",
                    function.name()
                );
                Err(type_issue("checked-data-type?", path, message))
            }
        }
    }
}

impl AggregatePlan {
    pub(super) fn run(&self, connection: &mut dyn Connection) -> Result<Numbers, Error> {
        let operands: Vec<Operand> = self.groups.iter().map(|(_, operand, _)| operand.clone()).collect();
        let mut measures: Vec<Measure> = Vec::with_capacity(self.measures.len() + 1);
        measures.extend(self.measures.iter().map(|(function, _, operand, _)| match function {
            Function::Sum => Measure::Sum(operand.clone()),
            Function::Average => Measure::Average(operand.clone()),
            Function::Least => Measure::Least(operand.clone()),
            Function::Greatest => Measure::Greatest(operand.clone()),
        }));
        if self.count {
            measures.push(Measure::Count);
        }
        let mut rows = Vec::new();
        if self.select.is_never() {
            if self.groups.is_empty() {
                rows.push(self.row(&|index| {
                    if index == self.measures.len() { CellRef::Integer(0) } else { CellRef::Null }
                }));
            }
        } else {
            let statement =
                sql::aggregate(connection.dialect(), &self.select, &operands, &measures, MAX_GROUPS + 1);
            connection.query(&statement, &mut |row| {
                rows.push(self.row(&|index| row.cell(index)));
                Flow::More
            })?;
        }
        if rows.len() as u64 > MAX_GROUPS {
            return Err(Error::bad_request(format!(
                "The aggregate has more than {MAX_GROUPS} groups. Group by a label with fewer values."
            )));
        }
        let summary = if self.groups.is_empty() {
            rows.first().cloned().unwrap_or_default()
        } else {
            let mut object = Object::new();
            object.insert("groups".to_owned(), Value::Array(rows.clone()));
            Value::Object(object)
        };
        Ok(Numbers { rows: if self.is_plain { Vec::new() } else { rows }, summary })
    }

    fn row<'r>(&self, cell: &dyn Fn(usize) -> CellRef<'r>) -> Value {
        let mut object = Object::new();
        for (index, (label, _, form)) in self.groups.iter().enumerate() {
            object.insert(label.clone(), values::value(*form, cell(index)).unwrap_or(Value::Null));
        }
        let first = self.groups.len();
        if self.count {
            let count = values::value(Form::Number, cell(first + self.measures.len()));
            object.insert("count".to_owned(), count.unwrap_or(Value::Null));
        }
        for (index, (function, label, operand, form)) in self.measures.iter().enumerate() {
            let form =
                if matches!(function, Function::Sum | Function::Average) { Form::Number } else { *form };
            let mut value = values::value(form, cell(first + index)).unwrap_or(Value::Null);
            if matches!(operand, Operand::Instant(_))
                && let Some(microseconds) = value.as_f64()
            {
                value = json::number(microseconds / 1000.0);
            }
            if value.is_null() && *function == Function::Sum {
                value = Value::from(0);
            }
            let of_function = object.entry(function.name()).or_insert_with(|| Value::Object(Object::new()));
            if let Value::Object(of_function) = of_function {
                of_function.insert(label.clone(), value);
            }
        }
        Value::Object(object)
    }
}
