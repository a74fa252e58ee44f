//! What a viewer may see of records: hidden fields, emails, and expanded relations, loaded level by level.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use ketch_model::{Collection, FieldKind, Record, Result, Schema};
use ketch_query::expand::ExpandNode;
use ketch_query::{RequestInfo, Resolver};
use ketch_store::{Connection, sql};

use crate::lookup::read_all;
use crate::policy::{self, Access, Action};
use crate::relation::ids_of;
use crate::view::{EmailSight, Expanded, RecordView, Sight};

/// How many records one parent shows of a back-relation.
const BACK_RELATION_LIMIT: usize = 1000;

/// One request's look at records, on one connection.
pub(crate) struct Viewing<'a> {
    connection: &'a mut dyn Connection,
    schema: &'a Arc<Schema>,
    request: &'a RequestInfo,
    /// The request as view rules of expanded records see it; made when first needed.
    expand_request: Option<Box<RequestInfo>>,
}

/// Where an expand path leads from a collection.
enum Step {
    Forward {
        field: usize,
        target: Arc<Collection>,
    },
    /// Records of `source` whose relation `field` points here.
    Back {
        source: Arc<Collection>,
        field: usize,
        single: bool,
    },
}

impl<'a> Viewing<'a> {
    pub(crate) fn new(
        connection: &'a mut dyn Connection,
        schema: &'a Arc<Schema>,
        request: &'a RequestInfo,
    ) -> Self {
        Self { connection, schema, request, expand_request: None }
    }

    /// Views of records of one collection, in their order, with the paths of `nodes` expanded.
    pub(crate) fn view(
        &mut self,
        collection: &Arc<Collection>,
        records: Vec<Record>,
        nodes: &[ExpandNode],
    ) -> Result<Vec<RecordView>> {
        let sight = Sight::of(collection, self.request);
        let managed = self.managed_ids(collection, &records, &sight)?;
        let mut views: Vec<RecordView> = records
            .into_iter()
            .map(|record| {
                let shows_email = sight.shows_email(&record) || managed.contains(record.id());
                RecordView { record, shows_hidden: sight.shows_hidden, shows_email, expand: None }
            })
            .collect();
        for node in nodes {
            self.expand(collection, &mut views, node)?;
        }
        Ok(views)
    }

    /// Records whose email the manage rule shows to this requester, guests included.
    fn managed_ids(
        &mut self,
        collection: &Arc<Collection>,
        records: &[Record],
        sight: &Sight,
    ) -> Result<HashSet<String>> {
        let rule = collection.auth().and_then(|options| options.manage_rule.as_deref());
        let (EmailSight::Managed(_), Some(rule)) = (&sight.emails, rule) else {
            return Ok(HashSet::new());
        };
        let ids: Vec<String> = records
            .iter()
            .filter(|record| !sight.shows_email(record))
            .map(|record| record.id().to_owned())
            .collect();
        if ids.is_empty() {
            return Ok(HashSet::new());
        }
        let found = policy::matching_ids(self.connection, self.schema, collection, ids, rule, self.request)?;
        Ok(found.into_iter().collect())
    }

    /// Expands one path below all the views at once. A path that leads nowhere is passed over.
    fn expand(
        &mut self,
        collection: &Arc<Collection>,
        views: &mut [RecordView],
        node: &ExpandNode,
    ) -> Result<()> {
        let Some(step) = self.step(collection, &node.name) else {
            return Ok(());
        };
        if !self.leads_somewhere(&step, node) {
            return Ok(());
        }
        match step {
            Step::Forward { field, target } => self.expand_forward(views, node, field, &target),
            Step::Back { source, field, single } => self.expand_back(views, node, &source, field, single),
        }
    }

    /// Whether any path through the node can be followed to its end: where all lead to unknown names
    /// or to what only superusers may see, nothing is shown on the way either.
    fn leads_somewhere(&self, step: &Step, node: &ExpandNode) -> bool {
        let target = match step {
            Step::Forward { target, .. } => target,
            Step::Back { source, .. } => source,
        };
        if policy::access(target, Action::View, self.request) == Access::Nothing {
            return false;
        }
        let follows = |child: &ExpandNode| {
            self.step(target, &child.name).is_some_and(|step| self.leads_somewhere(&step, child))
        };
        node.children.is_empty() || node.children.iter().any(follows)
    }

    fn step(&self, collection: &Arc<Collection>, name: &str) -> Option<Step> {
        if let Some(index) = collection.field_index(name) {
            let FieldKind::Relation(relation) = &collection.fields[index].kind else {
                return None;
            };
            let target = self.schema.by_id(&relation.collection_id)?.clone();
            return Some(Step::Forward { field: index, target });
        }
        let (source, field) = name.rsplit_once("_via_")?;
        let source = self.schema.find(source)?.clone();
        let index = source.field_index(field)?;
        match &source.fields[index].kind {
            FieldKind::Relation(relation) if relation.collection_id == collection.id => {}
            _ => return None,
        }
        let single = source.has_unique_single_index(field).is_some();
        Some(Step::Back { source, field: index, single })
    }

    fn expand_forward(
        &mut self,
        views: &mut [RecordView],
        node: &ExpandNode,
        field: usize,
        target: &Arc<Collection>,
    ) -> Result<()> {
        let mut ids: Vec<String> = Vec::new();
        let mut seen = HashSet::new();
        for view in views.iter() {
            for id in ids_of(&view.record.values[field]) {
                if seen.insert(id) {
                    ids.push(id.to_owned());
                }
            }
        }
        let Some(found) = self.visible(target, ids, &node.children)? else {
            return Ok(());
        };
        for view in views.iter_mut() {
            let multiple = view.record.collection.fields[field].is_multiple();
            let mut related = ids_of(&view.record.values[field])
                .filter_map(|id| found.get(id).cloned())
                .collect::<Vec<_>>();
            let expanded = if multiple {
                (!related.is_empty()).then_some(Expanded::Many(related))
            } else {
                related.pop().map(Expanded::One)
            };
            put(view, &node.key, expanded);
        }
        Ok(())
    }

    fn expand_back(
        &mut self,
        views: &mut [RecordView],
        node: &ExpandNode,
        source: &Arc<Collection>,
        field: usize,
        single: bool,
    ) -> Result<()> {
        let parents: Vec<&str> = views.iter().map(|view| view.record.id()).collect();
        let statement = sql::referencing_records(self.connection.dialect(), source, field, &parents);
        let referrers = read_all(self.connection, source, &statement)?;
        let ids = referrers.iter().map(|record| record.id().to_owned()).collect();
        let Some(found) = self.visible(source, ids, &node.children)? else {
            return Ok(());
        };
        let mut by_parent: HashMap<&str, Vec<Arc<RecordView>>> = HashMap::new();
        for referrer in &referrers {
            if let Some(view) = found.get(referrer.id()) {
                for parent in ids_of(&referrer.values[field]) {
                    by_parent.entry(parent).or_default().push(view.clone());
                }
            }
        }
        for view in views.iter_mut() {
            let mut related = by_parent.remove(view.record.id()).unwrap_or_default();
            related.truncate(BACK_RELATION_LIMIT);
            let expanded = if single {
                related.into_iter().next().map(Expanded::One)
            } else {
                (!related.is_empty()).then_some(Expanded::Many(related))
            };
            put(view, &node.key, expanded);
        }
        Ok(())
    }

    /// Those of the ids that the target's view rule shows, expanded further; `None` where it shows
    /// nothing to anybody but superusers.
    fn visible(
        &mut self,
        target: &Arc<Collection>,
        ids: Vec<String>,
        nodes: &[ExpandNode],
    ) -> Result<Option<HashMap<String, Arc<RecordView>>>> {
        let request = self
            .expand_request
            .get_or_insert_with(|| Box::new(RequestInfo { context: "expand", ..self.request.clone() }));
        let mut resolver = Resolver::new(self.schema.clone(), target.clone(), request);
        let mut predicates = Vec::new();
        match policy::access(target, Action::View, request) {
            Access::Nothing => return Ok(None),
            Access::Everything => {}
            // A rule that no longer resolves (a field was dropped) shows nothing.
            Access::Matching(rule) => match resolver.rule(rule) {
                Ok(predicate) => predicates.push(predicate),
                Err(_) => return Ok(None),
            },
        }
        let select = resolver.into_select(predicates).only_ids(ids);
        if select.is_never() {
            return Ok(Some(HashMap::new()));
        }
        let statement = sql::select_records(self.connection.dialect(), &select);
        let records = read_all(self.connection, target, &statement)?;
        let views = self.view(target, records, nodes)?;
        Ok(Some(views.into_iter().map(|view| (view.record.id().to_owned(), Arc::new(view))).collect()))
    }
}

/// Notes that a path was expanded below this view, and what it found.
fn put(view: &mut RecordView, name: &str, expanded: Option<Expanded>) {
    let expand = view.expand.get_or_insert_with(BTreeMap::new);
    if let Some(expanded) = expanded {
        expand.insert(name.to_owned(), expanded);
    }
}
