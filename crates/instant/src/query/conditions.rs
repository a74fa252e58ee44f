//! The `where` of a form, tied to the schema.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::collection::Direction;
use ketch_model::fields::ColumnKind;
use ketch_model::{Cell, Collection, Value};
use ketch_query::Predicate;
use ketch_query::like;
use ketch_query::tree::{Alias, Column, Join, JoinSource, Operand, Test};

use ketch_store::sql::relations::{self, RelationKind};

use super::checks::{self, Subject};
use super::compiler::{Compiler, shape_issue};
use super::filter::{Filter, Leaf, Passage, Stop};
use super::names::{self, Form, Link, Named};
use super::policy::Scope;
use super::syntax::{Check, Condition, Where};
use super::ties;
use crate::invalid::Issue;

/// Conditions of one query that become parts of statements.
const MAX_CONDITIONS: usize = 1_000;
/// Links of one path; an engine joins only so many tables.
const MAX_LINKS: usize = 20;
/// A shorter `or` is not worth a look for what can be taken together.
const LONG_OR: usize = 16;

/// An entity while a path is followed.
struct Standing {
    namespace: String,
    collection: Arc<Collection>,
    alias: Alias,
}

impl Compiler<'_> {
    pub(super) fn filter(
        &mut self,
        namespace: &str,
        collection: &Arc<Collection>,
        filter: &Where,
    ) -> Result<Filter, Issue> {
        Ok(match filter {
            Where::All(parts) => Filter::All(self.filters(namespace, collection, parts)?),
            Where::Any(parts) if parts.len() > LONG_OR => {
                Filter::Any(self.filters(namespace, collection, &merged(parts))?)
            }
            Where::Any(parts) => Filter::Any(self.filters(namespace, collection, parts)?),
            Where::Condition(condition) => {
                self.conditions += 1;
                if self.conditions > MAX_CONDITIONS {
                    return Err(shape_issue(
                        "supported-size?",
                        condition.at.clone(),
                        format!(
                            "The query has more than {MAX_CONDITIONS} conditions. \
                             Ask for many values of one label with `$in`."
                        ),
                    ));
                }
                Filter::Leaf(Box::new(self.leaf(namespace, collection, condition)?))
            }
        })
    }

    fn filters(
        &mut self,
        namespace: &str,
        collection: &Arc<Collection>,
        parts: &[Where],
    ) -> Result<Vec<Filter>, Issue> {
        parts.iter().map(|part| self.filter(namespace, collection, part)).collect()
    }

    fn leaf(
        &mut self,
        namespace: &str,
        collection: &Arc<Collection>,
        condition: &Condition,
    ) -> Result<Leaf, Issue> {
        let mut leaf = Leaf::default();
        if let [Check::IdStartsWith(start)] = condition.checks.as_slice() {
            let pattern = Operand::Constant(Cell::Text(like::starting_with(start)));
            let id = names::id_column(collection, Alias::ROOT);
            leaf.predicate = Some(Predicate::compare(id, Test::LikeCased, pattern));
            return Ok(leaf);
        }
        let Some((last, links)) = condition.path.split_last() else { return Ok(Leaf::never()) };
        if links.len() > MAX_LINKS {
            let message = format!("The path `{}` has more than {MAX_LINKS} links.", condition.path.join("."));
            return Err(shape_issue("supported-depth?", condition.at.clone(), message));
        }
        // Whether the condition holds where there is nothing to look at.
        let tolerant = condition.checks.iter().all(Check::holds_for_missing);
        let nothing = || Leaf {
            predicate: Some(if tolerant { Predicate::Always } else { Predicate::Never }),
            ..Leaf::default()
        };
        let mut at =
            Standing { namespace: namespace.to_owned(), collection: collection.clone(), alias: Alias::ROOT };
        for label in links {
            let Some(Named::Link(link)) = self.named(&at.namespace, label) else {
                return Ok(Leaf::never());
            };
            match self.follow(&link, &at, &mut leaf) {
                Some(next) => at = next,
                None => return Ok(nothing()),
            }
        }
        let subject = match self.named(&at.namespace, last) {
            None => return Ok(Leaf::never()),
            Some(Named::Blob(blob)) => {
                self.note_field(&at.collection, blob.place.map(|place| place.field));
                leaf.field = blob.place.map(|place| place.field);
                leaf.looks_at = blob.attr.clone().zip(blob.place.map(|place| place.form));
                let is_unique = blob.is_id() || blob.attr.as_ref().is_some_and(|attr| attr.unique);
                let asks_for_values =
                    condition.checks.iter().any(|check| matches!(check, Check::Equal(_) | Check::In(_)));
                leaf.pins = links.is_empty() && is_unique && asks_for_values;
                Subject::Value { blob, alias: at.alias }
            }
            Some(Named::Link(link)) => match self.ids(&link, &at, &mut leaf) {
                Some(ids) => Subject::Ids { ids, label: last.clone() },
                None => return Ok(nothing()),
            },
        };
        let mut predicate = Predicate::Always;
        for check in &condition.checks {
            predicate = predicate.and(checks::predicate(&subject, &at.namespace, check, &condition.at)?);
        }
        predicate = predicate.and(self.views(&mut leaf, tolerant));
        leaf.predicate = Some(predicate);
        leaf.hint = self.hint(namespace, collection, condition);
        Ok(leaf)
    }

    fn named(&mut self, namespace: &str, label: &str) -> Option<Named> {
        let found = names::find(self.attrs, namespace, label);
        if found.is_none() {
            self.dependencies.unknown.insert(label.to_owned());
        }
        found
    }

    fn note_field(&mut self, collection: &Collection, field: Option<usize>) {
        if let Some(field) = field.and_then(|field| collection.fields.get(field)) {
            self.dependencies.field(&collection.id, &field.id);
        }
    }

    pub(super) fn note_link(&mut self, link: &Link) {
        if let (Some((collection, _)), Some(field)) = (&link.place, link.field()) {
            self.dependencies.link(&collection.id, &field.id);
        }
    }

    /// That each entity on the way may be seen.
    fn views(&mut self, leaf: &mut Leaf, tolerant: bool) -> Predicate {
        let mut views = Predicate::Always;
        for stop in &mut leaf.stops {
            let (scope, mut visible) = self.visible(&stop.collection, stop.alias);
            stop.is_checked = scope == Scope::Checked;
            if tolerant && !visible.is_always_true() {
                let id = names::id_column(&stop.collection, stop.alias);
                visible = Predicate::compare(id, Test::Same, Operand::Constant(Cell::Null)).or(visible);
            }
            views = views.and(visible);
        }
        views
    }

    /// Follows a link to entities; `None` if there cannot be any.
    fn follow(&mut self, link: &Link, from: &Standing, leaf: &mut Leaf) -> Option<Standing> {
        let collection = link.target.clone()?;
        self.note_link(link);
        let alias = match (link.kept()?, link.direction) {
            (RelationKind::One, Direction::Forward) => {
                let (_, field) = link.place.as_ref()?;
                let id = relation_column(from.alias, *field, ColumnKind::Text);
                self.join(leaf, JoinSource::ById { collection: collection.clone(), id })
            }
            (RelationKind::List, Direction::Forward) | (RelationKind::Table, _) => {
                let items = self.items(link, from, leaf)?;
                let id = Operand::Item(items);
                self.join(leaf, JoinSource::ById { collection: collection.clone(), id })
            }
            (RelationKind::One | RelationKind::List, Direction::Reverse) => {
                self.referrers(link, from, leaf)?
            }
        };
        self.dependencies.records(&collection.id, None);
        leaf.passages.push(Passage {
            attr: link.attr.clone(),
            forward: link.direction == Direction::Forward,
            from: names::id_column(&from.collection, from.alias),
            to: names::id_column(&collection, alias),
        });
        leaf.stops.push(Stop { alias, collection: collection.clone(), is_checked: false });
        Some(Standing { namespace: link.target_namespace.clone(), collection, alias })
    }

    /// The ids that a link holds: those of entities that may not be there, if the link is written so.
    fn ids(&mut self, link: &Link, from: &Standing, leaf: &mut Leaf) -> Option<Operand> {
        self.note_link(link);
        match (link.kept()?, link.direction) {
            (RelationKind::One, Direction::Forward) => {
                let (_, field) = link.place.as_ref()?;
                leaf.field = Some(*field);
                leaf.looks_at = Some((link.attr.clone(), Form::Date));
                Some(relation_column(from.alias, *field, ColumnKind::Text))
            }
            (RelationKind::List | RelationKind::Table, Direction::Forward) => {
                let to = Operand::Item(self.items(link, from, leaf)?);
                leaf.passages.push(Passage {
                    attr: link.attr.clone(),
                    forward: true,
                    from: names::id_column(&from.collection, from.alias),
                    to: to.clone(),
                });
                Some(to)
            }
            // From the other side a link is a value of what refers, which therefore is on the way.
            (_, Direction::Reverse) => {
                let to = self.follow(link, from, leaf)?;
                Some(names::id_column(&to.collection, to.alias))
            }
        }
    }

    fn items(&mut self, link: &Link, from: &Standing, leaf: &mut Leaf) -> Option<Alias> {
        let (_, index) = link.place.as_ref()?;
        let field = link.field()?;
        let source = match link.kept()? {
            RelationKind::Table => JoinSource::Links {
                table: relations::table_name(&field.id),
                forward: link.direction == Direction::Forward,
                of: names::id_column(&from.collection, from.alias),
            },
            _ => JoinSource::Items { list: relation_column(from.alias, *index, ColumnKind::List) },
        };
        Some(self.join(leaf, source))
    }

    fn referrers(&mut self, link: &Link, from: &Standing, leaf: &mut Leaf) -> Option<Alias> {
        let (collection, field) = link.place.clone()?;
        let source = JoinSource::Referrers {
            collection,
            field,
            list: link.kept()? == RelationKind::List,
            to: names::id_column(&from.collection, from.alias),
            unique: link.attr.unique,
        };
        Some(self.join(leaf, source))
    }

    fn join(&mut self, leaf: &mut Leaf, source: JoinSource) -> Alias {
        let alias = self.aliases.take();
        leaf.joins.push(Join { alias, source });
        alias
    }

    /// What a condition on linked entities says of the root: that its own column holds one of the ids, or
    /// that links tie it to one.
    fn hint(
        &self,
        namespace: &str,
        collection: &Arc<Collection>,
        condition: &Condition,
    ) -> Option<Predicate> {
        let values = match condition.checks.as_slice() {
            [Check::In(values)] => values.as_slice(),
            [Check::Equal(value)] => std::slice::from_ref(value),
            _ => return None,
        };
        let to: Option<Vec<String>> = values.iter().map(|value| value.as_str().map(str::to_owned)).collect();
        let path: Vec<&str> = condition.path.iter().map(String::as_str).collect();
        ties::tied(self.attrs, namespace, collection, &path, to?)
    }
}

fn relation_column(alias: Alias, field: usize, kind: ColumnKind) -> Operand {
    Operand::Column(Column { alias, field, kind, nullable: false })
}

/// The same `or` with fewer parts: values that are asked of the same path become one `$in`.
fn merged(parts: &[Where]) -> Vec<Where> {
    let mut kept: Vec<Where> = Vec::new();
    let mut places: HashMap<&[String], usize> = HashMap::new();
    for part in parts {
        let Where::Condition(condition) = part else {
            kept.push(part.clone());
            continue;
        };
        let values: &[Value] = match condition.checks.as_slice() {
            [Check::Equal(value)] => std::slice::from_ref(value),
            [Check::In(values)] if !values.contains(&Value::Null) => values,
            _ => {
                kept.push(part.clone());
                continue;
            }
        };
        match places.get(condition.path.as_slice()) {
            Some(&place) => {
                if let Where::Condition(Condition { checks, .. }) = &mut kept[place]
                    && let [Check::In(known)] = checks.as_mut_slice()
                {
                    known.extend_from_slice(values);
                }
            }
            None => {
                places.insert(&condition.path, kept.len());
                let checks = vec![Check::In(values.to_vec())];
                kept.push(Where::Condition(Condition { checks, ..condition.clone() }));
            }
        }
    }
    kept
}
