//! What stands at the end of link paths: `data.ref('team.members.id')`, for many entities at once.

use std::collections::{BTreeSet, HashMap, HashSet};

use ketch_model::collection::Attrs;
use ketch_model::{Error, Value, json};
use ketch_query::Select;
use ketch_query::tree::{Alias, Operand};
use ketch_store::{Connection, Flow, sql};

use super::ways::{self, Stop};
use crate::query::names::{self, Link, Named};
use crate::query::{Aliases, values};

/// Distinct values by the id of the entity that the path begins at.
pub(crate) type Ends = HashMap<String, Vec<Value>>;

/// Values of paths that were looked up, by namespace and path. What no entity of a path has is not
/// in its map.
#[derive(Debug, Default)]
pub(crate) struct References {
    found: HashMap<(String, String), Ends>,
}

impl References {
    /// Looks up a path for entities of a namespace, one statement for each link and the end.
    pub(crate) fn look_up(
        &mut self,
        connection: &mut dyn Connection,
        attrs: &Attrs,
        namespace: &str,
        path: &str,
        ids: &BTreeSet<&str>,
    ) -> Result<(), Error> {
        let ends = self.found.entry((namespace.to_owned(), path.to_owned())).or_default();
        let ids: Vec<String> =
            ids.iter().filter(|id| !ends.contains_key(**id)).map(|id| (*id).to_owned()).collect();
        ends.extend(follow(connection, attrs, namespace, path, &ids)?);
        Ok(())
    }

    /// The values of a path for an entity, none where nothing was looked up.
    pub(crate) fn of(&self, namespace: &str, path: &str, id: &str) -> &[Value] {
        let ends = self.found.get(&(namespace.to_owned(), path.to_owned()));
        ends.and_then(|ends| ends.get(id)).map_or(&[], Vec::as_slice)
    }
}

/// The distinct values at the end of a path for each of the entities. A name that means nothing leads
/// nowhere.
pub(crate) fn follow(
    connection: &mut dyn Connection,
    attrs: &Attrs,
    namespace: &str,
    path: &str,
    ids: &[String],
) -> Result<Ends, Error> {
    let mut labels: Vec<&str> = path.split('.').collect();
    let Some(last) = labels.pop() else { return Ok(Ends::new()) };
    let mut namespace = namespace.to_owned();
    // Where each root's ways have come to.
    let mut here: Vec<(u32, String)> = ids.iter().zip(0..).map(|(id, root)| (root, id.clone())).collect();
    for label in labels {
        let Some(Named::Link(link)) = names::find(attrs, &namespace, label) else { return Ok(Ends::new()) };
        here = advance(connection, attrs, &namespace, &link, &here)?;
        namespace.clone_from(&link.target_namespace);
    }
    let ends: HashMap<String, Value> = match names::find(attrs, &namespace, last) {
        Some(Named::Link(link)) => {
            here = advance(connection, attrs, &namespace, &link, &here)?;
            here.iter().map(|(_, id)| (id.clone(), Value::from(id.as_str()))).collect()
        }
        Some(Named::Blob(blob)) => match blob.place {
            Some(place) => read(connection, attrs, &namespace, place, &here)?,
            None => HashMap::new(),
        },
        None => HashMap::new(),
    };
    let mut found = Ends::new();
    let mut seen = HashSet::new();
    for (root, id) in &here {
        let Some(value) = ends.get(id) else { continue };
        if seen.insert((*root, json::to_text(value))) {
            found.entry(ids[*root as usize].clone()).or_default().push(value.clone());
        }
    }
    Ok(found)
}

fn distinct(here: &[(u32, String)]) -> Vec<String> {
    here.iter().map(|(_, id)| id).collect::<BTreeSet<_>>().into_iter().cloned().collect()
}

/// Goes along one link.
fn advance(
    connection: &mut dyn Connection,
    attrs: &Attrs,
    namespace: &str,
    link: &Link,
    here: &[(u32, String)],
) -> Result<Vec<(u32, String)>, Error> {
    let (Some(collection), false) = (attrs.collection(namespace), here.is_empty()) else {
        return Ok(Vec::new());
    };
    let from = Stop { namespace: namespace.to_owned(), collection: collection.clone(), alias: Alias::ROOT };
    let (mut joins, mut aliases) = (Vec::new(), Aliases::default());
    let Some(to) = ways::follow(link, &from, &mut aliases, &mut joins) else { return Ok(Vec::new()) };
    let mut select = Select::all(collection.clone()).only_ids(distinct(here));
    select.joins = joins;
    let operands: [Operand; 2] =
        [names::id_column(collection, Alias::ROOT), names::id_column(&to.collection, to.alias)];
    let statement = sql::select_operands(connection.dialect(), &select, &operands);
    let mut targets: HashMap<String, Vec<String>> = HashMap::new();
    connection.query(&statement, &mut |row| {
        if let (Some(from), Some(to)) = (row.cell(0).as_text(), row.cell(1).as_text()) {
            targets.entry(from.to_owned()).or_default().push(to.to_owned());
        }
        Flow::More
    })?;
    let mut seen = HashSet::new();
    let mut next = Vec::new();
    for (root, id) in here {
        for target in targets.get(id).into_iter().flatten() {
            if seen.insert((*root, target.clone())) {
                next.push((*root, target.clone()));
            }
        }
    }
    Ok(next)
}

/// The values of a field, by entity; null is none.
fn read(
    connection: &mut dyn Connection,
    attrs: &Attrs,
    namespace: &str,
    place: names::Place,
    here: &[(u32, String)],
) -> Result<HashMap<String, Value>, Error> {
    let mut found = HashMap::new();
    let (Some(collection), false) = (attrs.collection(namespace), here.is_empty()) else { return Ok(found) };
    let select = Select::all(collection.clone()).only_ids(distinct(here));
    let operands = [names::id_column(collection, Alias::ROOT), Operand::Column(place.column(Alias::ROOT))];
    let statement = sql::select_operands(connection.dialect(), &select, &operands);
    connection.query(&statement, &mut |row| {
        let value = values::value(place.form, row.cell(1)).filter(|value| !value.is_null());
        if let (Some(id), Some(value)) = (row.cell(0).as_text(), value) {
            found.insert(id.to_owned(), value);
        }
        Flow::More
    })?;
    Ok(found)
}
