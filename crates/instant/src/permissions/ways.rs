//! Ways along links: how the entities at the far side of a link are joined.

use std::sync::Arc;

use ketch_model::Collection;
use ketch_model::collection::Direction;
use ketch_model::fields::ColumnKind;
use ketch_query::tree::{Alias, Column, Join, JoinSource, Operand};
use ketch_store::sql::relations::{self, RelationKind};

use crate::query::Aliases;
use crate::query::names::{self, Link};

/// The entities at one end of a way.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) namespace: String,
    pub(super) collection: Arc<Collection>,
    pub(super) alias: Alias,
}

/// Joins the entities that a link leads to; `None` if there cannot be any.
pub(super) fn follow(link: &Link, from: &Stop, aliases: &mut Aliases, joins: &mut Vec<Join>) -> Option<Stop> {
    let collection = link.target.clone()?;
    let (owner, index) = link.place.clone()?;
    let from_id = || names::id_column(&from.collection, from.alias);
    let mut join = |source| {
        let alias = aliases.take();
        joins.push(Join { alias, source });
        alias
    };
    let alias = match (link.kept()?, link.direction) {
        (RelationKind::One, Direction::Forward) => {
            let id = column(from.alias, index, ColumnKind::Text);
            join(JoinSource::ById { collection: collection.clone(), id })
        }
        (RelationKind::List, Direction::Forward) => {
            let list = column(from.alias, index, ColumnKind::List);
            let id = Operand::Item(join(JoinSource::Items { list }));
            join(JoinSource::ById { collection: collection.clone(), id })
        }
        (RelationKind::Table, direction) => {
            let table = relations::table_name(&owner.fields[index].id);
            let forward = direction == Direction::Forward;
            let id = Operand::Item(join(JoinSource::Links { table, forward, of: from_id() }));
            join(JoinSource::ById { collection: collection.clone(), id })
        }
        (kind @ (RelationKind::One | RelationKind::List), Direction::Reverse) => {
            join(JoinSource::Referrers {
                collection: owner,
                field: index,
                list: kind == RelationKind::List,
                to: from_id(),
                unique: link.attr.unique,
            })
        }
    };
    Some(Stop { namespace: link.target_namespace.clone(), collection, alias })
}

pub(super) fn column(alias: Alias, field: usize, kind: ColumnKind) -> Operand {
    Operand::Column(Column { alias, field, kind, nullable: false })
}
