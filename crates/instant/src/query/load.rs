//! Running a plan: one statement for each level and link, whatever the number of rows.

use std::collections::HashMap;
use std::sync::Arc;

use ketch_model::{Cell, Error, Value};
use ketch_query::Select;
use ketch_query::tree::{Hop, Linked};
use ketch_store::{Connection, Flow, sql};

use super::aggregate::Numbers;
use super::confirm;
use super::filter::Filter;
use super::page::{self, PageInfo};
use super::plan::{Child, Level, Plan, Reach, Top};
use super::policy::{Rows, Sight, ViewPolicy};
use super::seek;
use super::witnesses::Witnesses;

/// What a plan found.
#[derive(Debug)]
pub struct Loaded<'p> {
    pub(super) forms: Vec<(&'p str, LoadedForm<'p>)>,
    /// What conditions went through, if that was asked for.
    pub(super) witnesses: Option<Witnesses>,
}

/// What a top-level form found.
#[derive(Debug)]
pub(super) enum LoadedForm<'p> {
    Nothing,
    Entities {
        found: Box<Found<'p>>,
        /// The rows to show, in their order.
        order: Vec<u32>,
        page: Option<PageInfo>,
    },
    Numbers(Numbers),
}

/// The entities of one level.
#[derive(Debug)]
pub(super) struct Found<'p> {
    pub(super) level: &'p Level,
    pub(super) rows: Rows,
    /// `None`: everything may be seen.
    pub(super) sights: Option<Vec<Sight>>,
    /// In the order of the level's children.
    pub(super) children: Vec<FoundChild<'p>>,
}

#[derive(Debug)]
pub(super) struct FoundChild<'p> {
    /// Of each row of the parent level, the rows of the child that hang on it.
    pub(super) lists: Lists,
    pub(super) below: Option<Found<'p>>,
}

/// A list of rows for each parent.
#[derive(Debug, Default)]
pub(super) struct Lists {
    /// Where each parent's list ends.
    ends: Vec<u32>,
    items: Vec<u32>,
}

impl Lists {
    pub(super) fn of(&self, parent: usize) -> &[u32] {
        let end = |parent: usize| self.ends.get(parent).map_or(self.items.len(), |end| *end as usize);
        let start = if parent == 0 { 0 } else { end(parent - 1) };
        &self.items[start..end(parent)]
    }

    /// From pairs of parent and row; each parent's rows keep their order.
    fn from_pairs(parents: usize, pairs: &[(u32, u32)]) -> Self {
        let mut ends = vec![0_u32; parents];
        for (parent, _) in pairs {
            ends[*parent as usize] += 1;
        }
        let mut next = Vec::with_capacity(parents);
        let mut sum = 0;
        for end in &mut ends {
            next.push(sum);
            sum += *end;
            *end = sum;
        }
        let mut items = vec![0; pairs.len()];
        for (parent, row) in pairs {
            let place = &mut next[*parent as usize];
            items[*place as usize] = *row;
            *place += 1;
        }
        Self { ends, items }
    }

    fn reverse(&mut self) {
        let mut start = 0;
        for end in &self.ends {
            self.items[start..*end as usize].reverse();
            start = *end as usize;
        }
    }
}

impl Plan {
    /// Runs the plan on one connection, which shows one state of the data.
    ///
    /// # Errors
    /// What the store or a rule of the policy says.
    pub fn load(
        &self,
        connection: &mut dyn Connection,
        policy: &dyn ViewPolicy,
    ) -> Result<Loaded<'_>, Error> {
        self.run(connection, policy, None)
    }

    /// Like [`Plan::load`], for clients that ask the query again of what they get: with the links and
    /// values that conditions went through. See [`Loaded::write_join_rows`].
    ///
    /// # Errors
    /// As of [`Plan::load`].
    pub fn load_with_witnesses(
        &self,
        connection: &mut dyn Connection,
        policy: &dyn ViewPolicy,
    ) -> Result<Loaded<'_>, Error> {
        self.run(connection, policy, Some(Witnesses::default()))
    }

    fn run(
        &self,
        connection: &mut dyn Connection,
        policy: &dyn ViewPolicy,
        witnesses: Option<Witnesses>,
    ) -> Result<Loaded<'_>, Error> {
        let mut loader = Loader { connection, policy, witnesses };
        let mut forms = Vec::with_capacity(self.forms.len());
        for (label, top) in &self.forms {
            let form = match top {
                Top::Unknown => LoadedForm::Nothing,
                Top::Numbers(plan) => LoadedForm::Numbers(plan.run(loader.connection)?),
                Top::Entities(level) => loader.top(level)?,
            };
            forms.push((label.as_str(), form));
        }
        let mut witnesses = loader.witnesses;
        if let Some(witnesses) = &mut witnesses {
            witnesses.read(connection)?;
        }
        Ok(Loaded { forms, witnesses })
    }
}

struct Loader<'c> {
    connection: &'c mut dyn Connection,
    policy: &'c dyn ViewPolicy,
    witnesses: Option<Witnesses>,
}

impl Loader<'_> {
    fn top<'p>(&mut self, level: &'p Level) -> Result<LoadedForm<'p>, Error> {
        let mut rows = Rows::new(level.collection.clone(), level.columns.clone());
        if !level.select.is_never() {
            seek::read(self.connection, &level.select, level.hint.as_ref(), &mut rows)?;
        }
        let has_more = page::cut(&level.paging, &mut rows);
        let (rows, sights, shows) = self.see(level, rows)?;
        let mut order: Vec<u32> =
            (0..count(rows.len())).filter(|row| is_shown(shows.as_deref(), *row)).collect();
        if level.paging.backwards {
            order.reverse();
        }
        let page = level.paging.tells.then(|| page::info(&level.paging, &rows, &order, has_more));
        let found = self.descend(level, rows, sights, &order)?;
        Ok(LoadedForm::Entities { found: Box::new(found), order, page })
    }

    /// What may be seen of the rows: of each, and which of them at all.
    #[expect(clippy::type_complexity, reason = "three answers to one question")]
    fn see(
        &mut self,
        level: &Level,
        rows: Rows,
    ) -> Result<(Rows, Option<Vec<Sight>>, Option<Vec<bool>>), Error> {
        if rows.is_empty() {
            return Ok((rows, None, None));
        }
        let mut sights = None;
        let mut shows = None;
        if level.is_checked {
            let looked = look(self.connection, self.policy, &rows)?;
            // The place of a row among others would tell of the value that it is ordered by.
            let ordered_by = level.paging.ordering.field();
            let is_shown = |sight: &Sight| match (sight, ordered_by) {
                (Sight::Nothing, _) => false,
                (Sight::Without(fields), Some(field)) => !fields.contains(&field),
                _ => true,
            };
            shows = Some(looked.iter().map(is_shown).collect());
            sights = Some(looked);
        }
        let goes_along = |filter: &Filter| filter.any_leaf(&|leaf| !leaf.joins.is_empty());
        if let Some(filter) = &level.filter
            && (level.confirms || (self.witnesses.is_some() && goes_along(filter)))
        {
            let confirmed = confirm::rows(
                self.connection,
                self.policy,
                &level.collection,
                filter,
                &rows,
                sights.as_deref(),
                self.witnesses.as_mut(),
            )?;
            let shown = shows.get_or_insert_with(|| vec![true; rows.len()]);
            for (shown, confirmed) in shown.iter_mut().zip(confirmed) {
                *shown &= confirmed;
            }
        }
        Ok((rows, sights, shows))
    }

    /// Loads what hangs on the shown rows.
    fn descend<'p>(
        &mut self,
        level: &'p Level,
        rows: Rows,
        sights: Option<Vec<Sight>>,
        shown: &[u32],
    ) -> Result<Found<'p>, Error> {
        let mut children = Vec::with_capacity(level.children.len());
        for child in &level.children {
            children.push(self.child(child, &rows, shown)?);
        }
        Ok(Found { level, rows, sights, children })
    }

    fn child<'p>(
        &mut self,
        child: &'p Child,
        parents: &Rows,
        shown: &[u32],
    ) -> Result<FoundChild<'p>, Error> {
        let nothing = FoundChild { lists: Lists::from_pairs(parents.len(), &[]), below: None };
        let Some((reach, level)) = &child.below else { return Ok(nothing) };
        if shown.is_empty() || level.select.is_never() {
            return Ok(nothing);
        }
        let mut rows = Rows::new(level.collection.clone(), level.columns.clone());
        let mut pairs = match reach {
            Reach::Column { column, is_list } => {
                self.by_column(level, &mut rows, parents, shown, *column, *is_list)?
            }
            Reach::Hop(hop) => self.by_hop(level, &mut rows, parents, shown, hop)?,
        };
        let (rows, sights, shows) = self.see(level, rows)?;
        pairs.retain(|(_, row)| is_shown(shows.as_deref(), *row));
        let mut lists = Lists::from_pairs(parents.len(), &pairs);
        if level.paging.backwards {
            lists.reverse();
        }
        let shown: Vec<u32> = (0..count(rows.len())).filter(|row| is_shown(shows.as_deref(), *row)).collect();
        let below = self.descend(level, rows, sights, &shown)?;
        Ok(FoundChild { lists, below: Some(below) })
    }

    /// Rows whose ids the parents hold.
    fn by_column(
        &mut self,
        level: &Level,
        rows: &mut Rows,
        parents: &Rows,
        shown: &[u32],
        column: usize,
        is_list: bool,
    ) -> Result<Vec<(u32, u32)>, Error> {
        let mut wanted: HashMap<String, u32> = HashMap::new();
        let mut ids: Vec<String> = Vec::new();
        // Of each parent the positions in `ids`, in no order.
        let mut held: Vec<(u32, u32)> = Vec::new();
        for parent in shown {
            let mut hold = |id: &str| {
                let position = *wanted.entry(id.to_owned()).or_insert_with(|| {
                    ids.push(id.to_owned());
                    count(ids.len() - 1)
                });
                held.push((*parent, position));
            };
            let Cell::Text(text) = &parents.cells(*parent as usize)[column] else { continue };
            match is_list.then(|| serde_json::from_str(text)) {
                Some(Ok(Value::Array(items))) => items.iter().filter_map(Value::as_str).for_each(&mut hold),
                _ if !text.is_empty() => hold(text),
                _ => {}
            }
        }
        if ids.is_empty() {
            return Ok(Vec::new());
        }
        let select = Select { limit: None, offset: 0, ..level.select.clone() }.only_ids(ids);
        rows.read(self.connection, &select)?;
        // The rows came in their order: of each id its place.
        let mut places = vec![None; wanted.len()];
        for row in 0..rows.len() {
            if let Some(position) = wanted.get(rows.id(row)) {
                places[*position as usize] = Some(count(row));
            }
        }
        let mut pairs: Vec<(u32, u32)> = held
            .into_iter()
            .filter_map(|(parent, position)| Some((parent, places[position as usize]?)))
            .collect();
        pairs.sort_unstable();
        pairs.dedup();
        Ok(paged(pairs, level))
    }

    /// Rows that refer to the parents, or that a link table ties to them.
    fn by_hop(
        &mut self,
        level: &Level,
        rows: &mut Rows,
        parents: &Rows,
        shown: &[u32],
        hop: &Hop,
    ) -> Result<Vec<(u32, u32)>, Error> {
        let by_id: HashMap<&str, u32> =
            shown.iter().map(|parent| (parents.id(*parent as usize), *parent)).collect();
        let linked = Linked {
            select: level.select.clone(),
            hop: hop.clone(),
            parents: shown.iter().map(|parent| parents.id(*parent as usize).to_owned()).collect(),
        };
        let statement = sql::select_linked(self.connection.dialect(), &linked, &level.columns);
        // An entity may hang on several parents; it is kept once.
        let mut known: Option<HashMap<String, u32>> =
            (!matches!(hop, Hop::Referrers { list: false, .. })).then(HashMap::new);
        let mut pairs = Vec::new();
        self.connection.query(&statement, &mut |row| {
            let parent = row.cell(0).as_text().and_then(|parent| by_id.get(parent));
            let Some(parent) = parent else { return Flow::More };
            let next = count(rows.len());
            let place = match (&mut known, row.cell(1).as_text()) {
                (Some(known), Some(id)) => match known.get(id) {
                    Some(place) => *place,
                    None => {
                        known.insert(id.to_owned(), next);
                        next
                    }
                },
                _ => next,
            };
            if place == next {
                rows.push(row, 1);
            }
            pairs.push((*parent, place));
            Flow::More
        })?;
        if matches!(hop, Hop::Referrers { list: true, .. }) {
            // A list may name the same parent twice.
            let mut seen = std::collections::HashSet::new();
            pairs.retain(|pair| seen.insert(*pair));
        }
        Ok(pairs)
    }
}

/// Cuts each parent's rows, sorted, to the page of the level.
fn paged(pairs: Vec<(u32, u32)>, level: &Level) -> Vec<(u32, u32)> {
    let (offset, limit) = (level.select.offset, level.select.limit);
    if offset == 0 && limit.is_none() {
        return pairs;
    }
    let end = limit.map_or(u64::MAX, |limit| offset.saturating_add(limit));
    let mut place = 0;
    let mut before = None;
    let mut kept = pairs;
    kept.retain(|(parent, _)| {
        place = if before == Some(*parent) { place + 1 } else { 0 };
        before = Some(*parent);
        (offset..end).contains(&place)
    });
    kept
}

fn is_shown(shows: Option<&[bool]>, row: u32) -> bool {
    shows.is_none_or(|shows| shows[row as usize])
}

/// Rows are counted in 32 bits: more do not fit into memory.
fn count(rows: usize) -> u32 {
    u32::try_from(rows).unwrap_or(u32::MAX)
}

/// What of each row may be seen.
pub(super) fn look(
    connection: &mut dyn Connection,
    policy: &dyn ViewPolicy,
    rows: &Rows,
) -> Result<Vec<Sight>, Error> {
    let sights = policy.look(connection, rows)?;
    if sights.len() == rows.len() {
        return Ok(sights);
    }
    Err(Error::internal("a view policy did not look at every row"))
}

/// All of some entities of a collection that may leave the server, by id.
pub(super) fn by_ids(
    connection: &mut dyn Connection,
    collection: &Arc<ketch_model::Collection>,
    columns: Arc<[usize]>,
    ids: Vec<String>,
) -> Result<Rows, Error> {
    let mut rows = Rows::new(collection.clone(), columns);
    if !ids.is_empty() {
        let select = Select::all(collection.clone()).only_ids(ids);
        rows.read(connection, &select)?;
    }
    Ok(rows)
}
