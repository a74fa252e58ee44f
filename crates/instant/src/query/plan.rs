//! A query tied to a schema and a viewer: which statements, and what of their rows is shown.

use std::sync::Arc;

use ketch_model::attr::{Attr, Catalog, FILES, system_attr};
use ketch_model::collection::Direction;
use ketch_model::{Collection, Object, Schema, Value, json};
use ketch_query::tree::{Alias, Hop};
use ketch_query::{Predicate, Select};

use ketch_store::sql::relations::RelationKind;

use super::aggregate::AggregatePlan;
use super::compiler::{Compiler, below, shape_issue};
use super::confirm;
use super::dependencies::Dependencies;
use super::filter::Filter;
use super::names::{self, Blob, Form, Link, Named};
use super::order::{By, Ordering, Paging};
use super::parse::{self, invalid};
use super::policy::{Scope, ViewPolicy};
use super::syntax::{self, Options};
use crate::invalid::{Invalid, Issue};

/// A query that can be run against the schema it was made for.
#[derive(Debug, Clone)]
pub struct Plan {
    pub(super) forms: Vec<(String, Top)>,
    pub(super) rule_params: Object,
    pub(super) dependencies: Dependencies,
}

/// What a top-level form becomes.
#[derive(Debug, Clone)]
pub(super) enum Top {
    /// Nothing is stored under that name.
    Unknown,
    Entities(Box<Level>),
    Numbers(Box<AggregatePlan>),
}

/// Entities of one namespace at one place of the query.
#[derive(Debug, Clone)]
pub(super) struct Level {
    pub(super) collection: Arc<Collection>,
    /// Predicate, order, limit and offset; a level below another has them for each parent.
    pub(super) select: Select,
    /// Something that holds of every row that the select finds; see [`super::seek`]. Only where nothing
    /// else leads to few rows: neither a parent, nor an id.
    pub(super) hint: Option<Predicate>,
    /// What is read: positions in `collection.fields`, the id first.
    pub(super) columns: Arc<[usize]>,
    pub(super) shown: Vec<Shown>,
    pub(super) children: Vec<Child>,
    pub(super) paging: Paging,
    pub(super) filter: Option<Filter>,
    /// Some of the filter has to be confirmed by looking at entities.
    pub(super) confirms: bool,
    /// What the filter and the order look at beside what is shown.
    pub(super) asked: Vec<Shown>,
    /// What may be seen of the rows has to be looked at.
    pub(super) is_checked: bool,
    /// The URL of a file is shown: the JSON of its key, and its attr.
    pub(super) url: Option<(Box<str>, Arc<Attr>)>,
}

/// A member of an entity's object.
#[derive(Debug, Clone)]
pub(super) struct Shown {
    /// The JSON of the key, with the colon.
    pub(super) key: Box<str>,
    pub(super) attr: Option<Arc<Attr>>,
    /// Position in the level's columns.
    pub(super) column: usize,
    pub(super) form: Form,
    /// A missing value is shown as null.
    pub(super) shows_null: bool,
    /// A raw id: `''` is none.
    pub(super) is_link: bool,
}

/// A link of every entity of a level.
#[derive(Debug, Clone)]
pub(super) struct Child {
    pub(super) key: Box<str>,
    /// The link and whether it is followed forward; `None` where there is no such link.
    pub(super) link: Option<(Arc<Attr>, bool)>,
    /// Shown as an object or null instead of an array.
    pub(super) is_single: bool,
    /// `None` where nothing is linked, whatever is stored.
    pub(super) below: Option<(Reach, Box<Level>)>,
}

/// How the entities of a child are reached.
#[derive(Debug, Clone)]
pub(super) enum Reach {
    /// The parent's column holds one id, or a list of them.
    Column {
        column: usize,
        is_list: bool,
    },
    Hop(Hop),
}

impl Plan {
    /// Ties a query to a schema. `infers`: links that lead to at most one entity become objects.
    ///
    /// # Errors
    /// What does not hold of this schema.
    pub fn new(
        query: &Value,
        schema: &Schema,
        policy: &dyn ViewPolicy,
        infers: bool,
    ) -> Result<Self, Invalid> {
        let parsed = parse::parse(query)?;
        let mut compiler = Compiler::new(schema, policy, infers);
        let mut forms = Vec::with_capacity(parsed.forms.len());
        for form in &parsed.forms {
            let top = compiler.top(form).map_err(|issue| invalid(query, issue))?;
            forms.push((form.label.clone(), top));
        }
        Ok(Self { forms, rule_params: parsed.rule_params, dependencies: compiler.dependencies })
    }

    /// What the answer depends on.
    pub fn dependencies(&self) -> &Dependencies {
        &self.dependencies
    }

    /// What rules may ask of this query.
    pub fn rule_params(&self) -> &Object {
        &self.rule_params
    }
}

impl Compiler<'_> {
    fn top(&mut self, form: &syntax::Form) -> Result<Top, Issue> {
        let namespace = form.label.as_str();
        let Some(collection) = self.attrs.collection(namespace).cloned() else {
            self.dependencies.unknown.insert(namespace.to_owned());
            return Ok(Top::Unknown);
        };
        self.dependencies.records(&collection.id, ids_of(&form.options));
        if let Some(aggregate) = &form.options.aggregate {
            let plan = self.aggregate(form, namespace, &collection, aggregate)?;
            return Ok(Top::Numbers(Box::new(plan)));
        }
        Ok(Top::Entities(Box::new(self.level(form, namespace, &collection, true)?)))
    }

    fn level(
        &mut self,
        form: &syntax::Form,
        namespace: &str,
        collection: &Arc<Collection>,
        is_top: bool,
    ) -> Result<Level, Issue> {
        let options = &form.options;
        let at = below(&form.path, &["$"]);
        if !is_top {
            only_on_top(options, form)?;
        }
        let (scope, visible) = self.visible(collection, Alias::ROOT);
        let mut select = Select::all(collection.clone());
        let mut filter = None;
        let mut hint = None;
        if let Some(condition) = &options.filter {
            let compiled = self.filter(namespace, collection, condition)?;
            select.predicate = compiled.predicate();
            filter = Some(compiled);
        }
        if is_top && !filter.as_ref().is_some_and(Filter::pins) {
            let asked = filter.as_ref().and_then(Filter::hint);
            let seen = matches!(scope, Scope::Pushed | Scope::Checked)
                .then(|| self.policy.hint(collection))
                .flatten();
            hint = asked.into_iter().chain(seen).reduce(Predicate::and);
        }
        select.predicate = select.predicate.and(visible);
        let ordering = self.ordering(namespace, collection, options.order.as_ref(), &at)?;
        let paging = self.paging(&mut select, &ordering, options, namespace, &at, is_top)?;

        let mut columns = Columns::new(collection);
        let is_checked = scope == Scope::Checked;
        let url = url(namespace, options);
        if url.is_some() {
            columns.take_all(collection);
        }
        if is_checked {
            // Rules may ask for anything that is stored of an entity.
            columns.take_all(collection);
            self.dependencies.all_fields(&collection.id);
        }
        if let Some(field) = ordering.field() {
            columns.take(field);
        }
        let shown = self.shown(form, namespace, collection, &mut columns);
        let asked = asked(filter.as_ref(), &ordering, &shown, &mut columns);
        let children = self.children(form, namespace, &mut columns)?;
        let must_confirm = |filter: &Filter| {
            filter.any_leaf(&|leaf| is_checked || leaf.stops.iter().any(|stop| stop.is_checked))
        };
        Ok(Level {
            collection: collection.clone(),
            select,
            hint,
            columns: columns.0.into(),
            shown,
            children,
            paging,
            confirms: filter.as_ref().is_some_and(must_confirm),
            filter,
            asked,
            is_checked,
            url,
        })
    }

    /// The members of an entity's object that are no expanded links.
    fn shown(
        &mut self,
        form: &syntax::Form,
        namespace: &str,
        collection: &Arc<Collection>,
        columns: &mut Columns,
    ) -> Vec<Shown> {
        let fields = form.options.fields.as_deref();
        let is_wanted = |label: &str| {
            label == names::ID || fields.is_none_or(|fields| fields.iter().any(|field| field == label))
        };
        let mut shown = vec![Shown {
            key: key(names::ID),
            attr: names::id_of(self.attrs, namespace).attr,
            column: 0,
            form: Form::Text,
            shows_null: false,
            is_link: false,
        }];
        for field in &collection.fields {
            let label = field.name.as_str();
            if label == names::ID || !is_wanted(label) {
                continue;
            }
            match names::find(self.attrs, namespace, label) {
                Some(Named::Blob(blob)) => {
                    let Some(place) = blob.place else { continue };
                    self.dependencies.field(&collection.id, &field.id);
                    shown.push(Shown {
                        key: key(label),
                        column: columns.take(place.field),
                        form: place.form,
                        shows_null: shows_null(&blob),
                        attr: blob.attr,
                        is_link: false,
                    });
                }
                Some(Named::Link(link)) => {
                    let expanded = form.children.iter().any(|child| child.label == label);
                    if let Some(field) = raw_id(&link).filter(|_| fields.is_none() && !expanded) {
                        self.note_link(&link);
                        shown.push(Shown {
                            key: key(label),
                            attr: Some(link.attr),
                            column: columns.take(field),
                            form: Form::Text,
                            shows_null: false,
                            is_link: true,
                        });
                    }
                }
                None => {}
            }
        }
        shown
    }

    fn children(
        &mut self,
        form: &syntax::Form,
        namespace: &str,
        columns: &mut Columns,
    ) -> Result<Vec<Child>, Issue> {
        let mut children = Vec::with_capacity(form.children.len());
        for child in &form.children {
            children.push(self.child(child, namespace, columns)?);
        }
        Ok(children)
    }

    fn child(&mut self, form: &syntax::Form, namespace: &str, columns: &mut Columns) -> Result<Child, Issue> {
        let link = match names::find(self.attrs, namespace, &form.label) {
            Some(Named::Link(link)) => link,
            Some(Named::Blob(_)) => {
                return Err(shape_issue(
                    "ref?",
                    form.path.clone(),
                    format!(
                        "The `{}` attribute of `{namespace}` needs to be a link to be asked for with a form of its own.",
                        form.label
                    ),
                ));
            }
            None => {
                self.dependencies.unknown.insert(form.label.clone());
                return Ok(Child { key: key(&form.label), link: None, is_single: false, below: None });
            }
        };
        let is_single = self.infers && link.is_single();
        let direction = link.direction == Direction::Forward;
        let link_of = Some((link.attr.clone(), direction));
        let mut child = Child { key: key(&form.label), link: link_of, is_single, below: None };
        let Some(collection) = link.target.clone() else { return Ok(child) };
        self.note_link(&link);
        self.dependencies.records(&collection.id, None);
        let level = self.level(form, &link.target_namespace, &collection, false)?;
        let reach = match (link.hop(), &link.place, link.direction) {
            (Some(hop), _, _) => Some(Reach::Hop(hop)),
            (None, Some((_, field)), Direction::Forward) => {
                let is_list = link.kept() == Some(RelationKind::List);
                Some(Reach::Column { column: columns.take(*field), is_list })
            }
            _ => None,
        };
        child.below = reach.map(|reach| (reach, Box::new(level)));
        Ok(child)
    }
}

/// The member for the URL of a file, if these are files and it is wanted.
fn url(namespace: &str, options: &Options) -> Option<(Box<str>, Arc<Attr>)> {
    const URL: &str = "url";
    let is_wanted = options.fields.as_ref().is_none_or(|fields| fields.iter().any(|field| field == URL));
    let attr = system_attr(FILES, URL).filter(|_| namespace == FILES && is_wanted)?;
    Some((key(URL), attr.clone()))
}

/// What only the filter and the order look at, of the entities themselves.
fn asked(filter: Option<&Filter>, ordering: &Ordering, shown: &[Shown], columns: &mut Columns) -> Vec<Shown> {
    let mut fields: Vec<(usize, Arc<Attr>, Form)> = Vec::new();
    if let By::Value(Blob { attr: Some(attr), place: Some(place), .. }) = &ordering.by {
        fields.push((place.field, attr.clone(), place.form));
    }
    if let Some(filter) = filter {
        filter.each_leaf(&mut |leaf| {
            if let (true, Some(field), Some((attr, form))) =
                (leaf.joins.is_empty(), leaf.field, &leaf.looks_at)
            {
                fields.push((field, attr.clone(), *form));
            }
        });
    }
    let mut asked: Vec<Shown> = Vec::new();
    for (field, attr, form) in fields {
        let column = columns.take(field);
        if shown.iter().chain(&asked).all(|known| known.column != column) {
            let (key, is_link) = (key(&attr.forward.label), attr.is_link());
            let shows_null = attr.index && attr.catalog == Catalog::User && !is_link;
            asked.push(Shown { key, attr: Some(attr), column, form, shows_null, is_link });
        }
    }
    asked
}

/// The ids that the `where` of a form says must match, if it does.
fn ids_of(options: &Options) -> Option<std::collections::BTreeSet<String>> {
    use super::syntax::{Check, Where};
    let conditions = match options.filter.as_ref()? {
        Where::All(parts) => parts.as_slice(),
        Where::Any(_) => return None,
        condition @ Where::Condition(_) => std::slice::from_ref(condition),
    };
    conditions.iter().find_map(|part| {
        let Where::Condition(condition) = part else { return None };
        if condition.path != [names::ID] {
            return None;
        }
        let texts = |values: &[Value]| values.iter().filter_map(Value::as_str).map(str::to_owned).collect();
        condition.checks.iter().find_map(|check| match check {
            Check::Equal(value) => Some(texts(std::slice::from_ref(value))),
            Check::In(values) => Some(texts(values)),
            _ => None,
        })
    })
}

/// Whether a missing value of the attr is shown: an indexed attr has a null for every entity.
fn shows_null(blob: &Blob) -> bool {
    blob.is_indexed() && blob.attr.as_ref().is_some_and(|attr| attr.catalog == Catalog::User)
}

/// The field whose one id is shown where the link is not expanded.
fn raw_id(link: &Link) -> Option<usize> {
    let is_own = link.direction == Direction::Forward && link.kept() == Some(RelationKind::One);
    link.place.as_ref().filter(|_| is_own).map(|(_, field)| *field)
}

/// The JSON of a key, with the colon.
pub(super) fn key(label: &str) -> Box<str> {
    let mut text = Vec::with_capacity(label.len() + 3);
    json::write_str(label, &mut text);
    text.push(b':');
    String::from_utf8(text).unwrap_or_default().into()
}

fn only_on_top(options: &Options, form: &syntax::Form) -> Result<(), Issue> {
    let refused = [
        ("before", options.page.before.is_some()),
        ("after", options.page.after.is_some()),
        ("aggregate", options.aggregate.is_some()),
    ];
    match refused.into_iter().find(|(_, given)| *given) {
        None => Ok(()),
        Some((name, _)) => Err(shape_issue(
            "supported-options?",
            below(&form.path, &["$", name]),
            format!("`{name}` can only be used on top-level forms, and `{}` is a nested one.", form.label),
        )),
    }
}

/// What is read of the rows: positions of fields, each once.
pub(super) struct Columns(Vec<usize>);

impl Columns {
    fn new(collection: &Collection) -> Self {
        Self(vec![collection.field_index(names::ID).unwrap_or_default()])
    }

    /// Where the field is among the columns.
    fn take(&mut self, field: usize) -> usize {
        self.0.iter().position(|known| *known == field).unwrap_or_else(|| {
            self.0.push(field);
            self.0.len() - 1
        })
    }

    /// Every field that may leave the server at all and has a column.
    fn take_all(&mut self, collection: &Collection) {
        self.0.clear();
        self.0.extend_from_slice(&confirm::every_column(collection));
    }
}
