//! Conditions asked once more, with an eye on who may see what they went through.
//!
//! A page is cut by what the store finds. Where rules cannot be put into SQL, an entity may have been
//! found by the way of others that the viewer may not see: then it does not count as found. So each
//! path of the condition is looked at again for the rows of the page: which entities it went
//! through, and whether one of those ways is visible all along.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ketch_model::{Collection, Error, FieldKind};
use ketch_query::tree::{Alias, Operand};
use ketch_query::{Predicate, Select};
use ketch_store::{Connection, Flow, sql};

use super::filter::{Filter, Leaf};
use super::load;
use super::names;
use super::policy::{Rows, Sight, ViewPolicy};
use super::witnesses::Witnesses;

/// Of each row whether it satisfies the filter by what the viewer may see.
pub(super) fn rows(
    connection: &mut dyn Connection,
    policy: &dyn ViewPolicy,
    collection: &Arc<Collection>,
    filter: &Filter,
    rows: &Rows,
    sights: Option<&[Sight]>,
    witnesses: Option<&mut Witnesses>,
) -> Result<Vec<bool>, Error> {
    let looked = BTreeMap::new();
    let mut confirm = Confirm { connection, policy, collection, rows, sights, witnesses, looked };
    let all: HashSet<u32> = (0..u32::try_from(rows.len()).unwrap_or(u32::MAX)).collect();
    let kept = confirm.filter(filter, &all)?;
    Ok((0..rows.len()).map(|row| kept.contains(&(row as u32))).collect())
}

struct Confirm<'a> {
    connection: &'a mut dyn Connection,
    policy: &'a dyn ViewPolicy,
    collection: &'a Arc<Collection>,
    rows: &'a Rows,
    sights: Option<&'a [Sight]>,
    /// Remembers a way of each row and path.
    witnesses: Option<&'a mut Witnesses>,
    /// What was looked at already, by collection and id.
    looked: BTreeMap<String, HashMap<String, Sight>>,
}

impl Confirm<'_> {
    /// Those of the rows that satisfy the filter.
    fn filter(&mut self, filter: &Filter, among: &HashSet<u32>) -> Result<HashSet<u32>, Error> {
        if among.is_empty() {
            return Ok(HashSet::new());
        }
        match filter {
            Filter::All(parts) => {
                let mut kept = among.clone();
                for part in parts {
                    kept = self.filter(part, &kept)?;
                }
                Ok(kept)
            }
            Filter::Any(parts) => {
                let mut open = among.clone();
                let mut kept = HashSet::new();
                for part in parts {
                    let found = self.filter(part, &open)?;
                    open.retain(|row| !found.contains(row));
                    kept.extend(found);
                }
                Ok(kept)
            }
            Filter::Leaf(leaf) => self.leaf(leaf, among),
        }
    }

    fn leaf(&mut self, leaf: &Leaf, among: &HashSet<u32>) -> Result<HashSet<u32>, Error> {
        let places: HashMap<&str, u32> =
            among.iter().map(|row| (self.rows.id(*row as usize), *row)).collect();
        let mut select =
            Select::all(self.collection.clone()).only_ids(places.keys().map(|id| (*id).to_owned()).collect());
        select.joins.clone_from(&leaf.joins);
        select.predicate = leaf.predicate.clone().unwrap_or(Predicate::Always);
        if select.predicate.is_never() {
            return Ok(HashSet::new());
        }
        let mut operands: Vec<Operand> = vec![names::id_column(self.collection, Alias::ROOT)];
        operands.extend(leaf.stops.iter().map(|stop| names::id_column(&stop.collection, stop.alias)));
        if self.witnesses.is_some() {
            let ends = leaf.passages.iter().flat_map(|passage| [&passage.from, &passage.to]);
            operands.extend(ends.cloned());
        }
        let statement = sql::select_operands(self.connection.dialect(), &select, &operands);
        // Each way: the row and the entities that it went through, as far as it came; then the ids
        // at the ends of the links.
        let mut ways: Vec<(u32, Vec<Option<String>>)> = Vec::new();
        self.connection.query(&statement, &mut |row| {
            if let Some(place) = row.cell(0).as_text().and_then(|id| places.get(id)) {
                let stops = 1..operands.len();
                ways.push((*place, stops.map(|cell| row.cell(cell).as_text().map(str::to_owned)).collect()));
            }
            Flow::More
        })?;
        for (position, stop) in leaf.stops.iter().enumerate() {
            if stop.is_checked {
                let ids = ways.iter().filter_map(|(_, stops)| stops[position].clone()).collect();
                self.look(&stop.collection, ids)?;
            }
        }
        let mut kept = HashSet::new();
        for (row, stops) in &ways {
            if self.is_visible(leaf, *row, stops)
                && kept.insert(*row)
                && let Some(witnesses) = &mut self.witnesses
            {
                witnesses.remember(leaf, stops);
            }
        }
        Ok(kept)
    }

    fn is_visible(&self, leaf: &Leaf, row: u32, stops: &[Option<String>]) -> bool {
        let shows_field = |sight: &Sight| match (sight, leaf.field) {
            (Sight::Nothing, _) => false,
            (Sight::Without(fields), Some(field)) => !fields.contains(&field),
            _ => true,
        };
        let Some((last, _)) = leaf.stops.split_last() else {
            return self.sights.is_none_or(|sights| shows_field(&sights[row as usize]));
        };
        leaf.stops.iter().zip(stops).all(|(stop, id)| {
            let Some(id) = id.as_ref().filter(|_| stop.is_checked) else { return true };
            let sight = self.looked.get(&stop.collection.id).and_then(|looked| looked.get(id));
            match sight {
                Some(sight) if stop.alias == last.alias => shows_field(sight),
                Some(sight) => *sight != Sight::Nothing,
                // Deleted between two statements, or never there.
                None => false,
            }
        })
    }

    /// Looks at entities that were not looked at yet.
    fn look(&mut self, collection: &Arc<Collection>, ids: HashSet<String>) -> Result<(), Error> {
        let known = self.looked.entry(collection.id.clone()).or_default();
        let ids: Vec<String> = ids.into_iter().filter(|id| !known.contains_key(id)).collect();
        let rows = load::by_ids(self.connection, collection, every_column(collection), ids)?;
        if rows.is_empty() {
            return Ok(());
        }
        let sights = load::look(self.connection, self.policy, &rows)?;
        for (row, sight) in sights.into_iter().enumerate() {
            known.insert(rows.id(row).to_owned(), sight);
        }
        Ok(())
    }
}

/// What rules may ask of an entity: the id, then everything that may leave the server.
pub(super) fn every_column(collection: &Collection) -> Arc<[usize]> {
    let id = collection.field_index(names::ID).unwrap_or_default();
    let others = collection.fields.iter().enumerate().filter(|(index, field)| {
        let is_secret = field.hidden || matches!(field.kind, FieldKind::Password(_));
        *index != id && !is_secret && !field.is_link_table()
    });
    std::iter::once(id).chain(others.map(|(index, _)| index)).collect()
}
