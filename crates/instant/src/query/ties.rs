//! Where links lead to known entities, seen from their far end.

use std::sync::Arc;

use ketch_model::Collection;
use ketch_model::collection::{Attrs, Direction};
use ketch_model::fields::ColumnKind;
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Column, Operand, Tie, Tied};
use ketch_store::sql::relations::{self, RelationKind};

use super::names::{self, Named};

/// What `team.members.id = x` and `team.members = x` say of the row of a collection: links tie it to x.
/// An index may find it then. `None` where that cannot be said.
pub(crate) fn tied(
    attrs: &Attrs,
    namespace: &str,
    collection: &Arc<Collection>,
    path: &[&str],
    to: Vec<String>,
) -> Option<Predicate> {
    let labels = match path {
        [labels @ .., id] if *id == names::ID && !labels.is_empty() => labels,
        labels => labels,
    };
    if to.is_empty() || labels.is_empty() || collection.is_view() {
        return None;
    }
    let mut operand = names::id_column(collection, Alias::ROOT);
    let mut by = Vec::with_capacity(labels.len());
    let mut namespace = namespace.to_owned();
    for (position, label) in labels.iter().enumerate() {
        let Some(Named::Link(link)) = names::find(attrs, &namespace, label) else { return None };
        let (owner, field) = link.place.clone()?;
        let forward = link.direction == Direction::Forward;
        match (link.kept()?, forward) {
            // Its items are found by reading every row.
            (RelationKind::List, _) => return None,
            (RelationKind::One, true) if position == 0 => {
                let column = Column { alias: Alias::ROOT, field, kind: ColumnKind::Text, nullable: false };
                operand = Operand::Column(column);
            }
            (RelationKind::One, true) => by.push(Tie::Holds { collection: owner, field }),
            (RelationKind::One, false) => by.push(Tie::Held { collection: owner, field }),
            (RelationKind::Table, forward) => {
                by.push(Tie::Links { table: relations::table_name(&link.field()?.id), forward });
            }
        }
        namespace.clone_from(&link.target_namespace);
    }
    Some(Predicate::Tied(Box::new(Tied { operand, by, to })))
}
