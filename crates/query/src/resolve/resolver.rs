//! The resolver: parsed text becomes the tree.

use std::sync::Arc;

use ketch_model::{Cell, Collection, Error, Schema};

use crate::error::FilterError;
use crate::filter::{self, Expression, Operand as Syntax, Sign, parse_cached};
use crate::request::RequestInfo;
use crate::resolve::compare::{Decision, decide};
use crate::resolve::fold::fold;
use crate::resolve::joiner::{Base, Joined, Joiner, id_column};
use crate::resolve::path::{Access, Hop, Path, Start, follow};
use crate::resolve::request_value::{lowered, request_value};
use crate::resolve::term::Term;
use crate::resolve::{functions, macros, sort};
use crate::tree::{Alias, Column, Comparison, Join, NoneViolates, Operand, Order, Predicate, Select, Test};

/// The longest `filter` parameter, in bytes.
const MAX_CLIENT_FILTER: usize = 3500;

/// Builds one query of one collection.
///
/// Predicates and orders resolved by the same resolver share their joins: `tags.name ?= 'a'` of a
/// rule and `tags.color ?= 'b'` of a filter speak of one tag.
#[derive(Debug)]
pub struct Resolver<'request> {
    schema: Arc<Schema>,
    request: &'request RequestInfo,
    base: Base,
    joiner: Joiner,
    order: Vec<Order>,
    /// Related row sources that a client's filter or sort has crossed; the flag: its listRule is asked already.
    crossed: Vec<(Alias, Arc<Collection>, bool)>,
    /// The listRules of what the sort has crossed.
    scope: Predicate,
    /// The `emailVisibility` columns that the comparison at hand must find true.
    visibilities: Vec<Column>,
}

impl<'request> Resolver<'request> {
    pub fn new(schema: Arc<Schema>, collection: Arc<Collection>, request: &'request RequestInfo) -> Self {
        Self {
            schema,
            request,
            base: Base { alias: Alias::ROOT, collection },
            joiner: Joiner::default(),
            order: Vec::new(),
            crossed: Vec::new(),
            scope: Predicate::Always,
            visibilities: Vec::new(),
        }
    }

    /// An API rule: hidden fields are allowed and no listRule of a traversed collection is asked.
    /// The empty text is [`Predicate::Always`].
    pub fn rule(&mut self, text: &str) -> Result<Predicate, FilterError> {
        let base = self.base.clone();
        self.rule_on(&base, text)
    }

    /// A client's `filter` parameter with every guard (superusers are exempt from the guards).
    /// Refusals are the 403 texts for `@request.` and `@collection.`, else the generic 400.
    /// The empty text is [`Predicate::Always`].
    pub fn client_filter(&mut self, text: &str) -> Result<Predicate, Error> {
        if text.is_empty() {
            return Ok(Predicate::Always);
        }
        let guarded = !self.request.is_superuser();
        self.filter_of_client(text, guarded)
    }

    /// The filter of somebody who watches changes: as [`Resolver::client_filter`], but hidden fields
    /// and invisible emails are kept from superusers too, as the original does.
    pub fn observer_filter(&mut self, text: &str) -> Result<Predicate, Error> {
        if text.is_empty() {
            return Ok(Predicate::Always);
        }
        self.filter_of_client(text, true)
    }

    fn filter_of_client(&mut self, text: &str, guarded: bool) -> Result<Predicate, Error> {
        if !self.request.is_superuser() {
            refuse_outside_names(text)?;
        }
        if text.len() > MAX_CLIENT_FILTER {
            return Err(FilterError::new(format!("the filter has over {MAX_CLIENT_FILTER} bytes")).into());
        }
        let expression = parse_cached(text)?;
        let base = self.base.clone();
        let predicate = self.expression(&base, guarded, &expression)?;
        let scope = self.scope_of_crossed()?;
        Ok(predicate.and(scope))
    }

    /// A `sort` text: comma-separated names, `-` before one for descending order. `client` adds the
    /// guards of [`Resolver::client_filter`]. The empty text orders nothing.
    pub fn sort(&mut self, text: &str, client: bool) -> Result<(), Error> {
        if text.is_empty() {
            return Ok(());
        }
        let guarded = client && !self.request.is_superuser();
        if guarded {
            refuse_outside_names(text)?;
        }
        for key in sort::parse(text)? {
            let order = self.order_by(key, guarded)?;
            self.order.push(order);
        }
        let scope = self.scope_of_crossed()?;
        let before = std::mem::replace(&mut self.scope, Predicate::Always);
        self.scope = before.and(scope);
        Ok(())
    }

    /// The query with all predicates anded.
    pub fn into_select(self, predicates: Vec<Predicate>) -> Select {
        let predicate = predicates.into_iter().fold(Predicate::Always, Predicate::and).and(self.scope);
        Select {
            joins: self.joiner.into_joins(),
            predicate,
            order: self.order,
            ..Select::all(self.base.collection)
        }
    }

    fn rule_on(&mut self, base: &Base, text: &str) -> Result<Predicate, FilterError> {
        if text.is_empty() {
            return Ok(Predicate::Always);
        }
        let expression = parse_cached(text)?;
        self.expression(base, false, &expression)
    }

    /// What the listRules of newly crossed collections demand: each related row is listable or missing.
    fn scope_of_crossed(&mut self) -> Result<Predicate, FilterError> {
        let request = self.request;
        let mut scope = Predicate::Always;
        // Resolving a rule crosses nothing that would have to be guarded in turn.
        for position in 0..self.crossed.len() {
            let (alias, collection, asked) = &mut self.crossed[position];
            if std::mem::replace(asked, true) || request.is_superuser() {
                continue;
            }
            let base = Base { alias: *alias, collection: collection.clone() };
            let Some(rule) = &base.collection.list_rule else {
                return Err(FilterError::new(format!(
                    "only superusers can list the related collection {:?}",
                    base.collection.name
                )));
            };
            let missing = Predicate::compare(
                Operand::Column(id_column(base.alias, &base.collection)),
                Test::LooselyEqual,
                Operand::Constant(Cell::text("")),
            );
            let listable = self.rule_on(&base, rule)?;
            scope = scope.and(missing.or(listable));
        }
        Ok(scope)
    }

    fn expression(
        &mut self,
        base: &Base,
        guarded: bool,
        expression: &Expression,
    ) -> Result<Predicate, FilterError> {
        match expression {
            Expression::Compare(comparison) => self.comparison(base, guarded, comparison),
            // Every part is resolved even where the first decides: an unknown name is an error anywhere.
            Expression::And(parts) => parts.iter().try_fold(Predicate::Always, |all, part| {
                self.expression(base, guarded, part).map(|part| all.and(part))
            }),
            Expression::Or(parts) => parts.iter().try_fold(Predicate::Never, |any, part| {
                self.expression(base, guarded, part).map(|part| any.or(part))
            }),
        }
    }

    fn comparison(
        &mut self,
        base: &Base,
        guarded: bool,
        comparison: &filter::Comparison,
    ) -> Result<Predicate, FilterError> {
        let left = self.term(base, guarded, &comparison.left).map_err(|error| {
            let label = comparison.left.label();
            FilterError::new(format!("invalid left operand {label:?} - {error}"))
        })?;
        let right = self.term(base, guarded, &comparison.right).map_err(|error| {
            let label = comparison.right.label();
            FilterError::new(format!("invalid right operand {label:?} - {error}"))
        })?;
        let operator = comparison.operator;
        let mut predicate = self.compare(base, guarded, &left, operator.sign, &right);
        if !operator.any && (left.is_multiple() || right.is_multiple()) && !predicate.is_never() {
            predicate = predicate.and(self.none_violates(base, &left, operator.sign, &right));
        }
        for column in std::mem::take(&mut self.visibilities) {
            let visible = Operand::Column(column);
            predicate =
                predicate.and(Predicate::compare(visible, Test::Equal, Operand::Constant(Cell::Integer(1))));
        }
        Ok(predicate)
    }

    /// The comparison over joins of the query: some combined row satisfies it.
    fn compare(&mut self, base: &Base, guarded: bool, left: &Term, sign: Sign, right: &Term) -> Predicate {
        let decision = decide(left, sign, right, false);
        let operand = |this: &mut Self, term: &Term| this.operand(base, guarded, term);
        let comparison = match decision {
            Decision::Always => return Predicate::Always,
            Decision::Never => return Predicate::Never,
            Decision::Test(test) => {
                Comparison { left: operand(self, left), test, right: operand(self, right) }
            }
            Decision::WithEmpty { left: use_left, test } => {
                let term = if use_left { left } else { right };
                Comparison { left: operand(self, term), test, right: Operand::Constant(Cell::text("")) }
            }
            Decision::Pattern(test, pattern) => {
                Comparison { left: operand(self, left), test, right: Operand::Constant(Cell::Text(pattern)) }
            }
        };
        simplified(comparison)
    }

    /// The comparison over joins of its own: no combined row violates it.
    fn none_violates(&mut self, base: &Base, left: &Term, sign: Sign, right: &Term) -> Predicate {
        let mut joins = Vec::new();
        let decision = decide(left, sign, right, true);
        let asks_missing_row = decision != decide(left, sign, right, false);
        let comparison = match decision {
            Decision::Always => return Predicate::Always,
            Decision::Never => return Predicate::Never,
            Decision::Test(test) => Comparison {
                left: self.operand_apart(base, left, &mut joins),
                test,
                right: self.operand_apart(base, right, &mut joins),
            },
            Decision::WithEmpty { left: use_left, test } => {
                let term = if use_left { left } else { right };
                Comparison {
                    left: self.operand_apart(base, term, &mut joins),
                    test,
                    right: Operand::Constant(Cell::text("")),
                }
            }
            Decision::Pattern(test, pattern) => Comparison {
                left: self.operand_apart(base, left, &mut joins),
                test,
                right: Operand::Constant(Cell::Text(pattern)),
            },
        };
        Predicate::NoneViolates(Box::new(NoneViolates { joins, comparison, asks_missing_row }))
    }

    /// An operand of the language with its names resolved.
    fn term(&mut self, base: &Base, guarded: bool, operand: &Syntax) -> Result<Term, FilterError> {
        match operand {
            Syntax::Text(text) => Ok(Term::text(text.as_str())),
            Syntax::Number(number) => Ok(Term::Bound(Cell::Real(*number))),
            Syntax::Function { name, arguments } => {
                functions::call(name, arguments, &mut |argument| self.term(base, guarded, argument))
            }
            Syntax::Identifier(name) => {
                if let Some(value) = macros::value(name) {
                    return Ok(Term::Bound(value));
                }
                self.name(base, guarded, name).or_else(|error| match name.to_ascii_lowercase().as_str() {
                    "true" => Ok(Term::truth(true)),
                    "false" => Ok(Term::truth(false)),
                    "null" => Ok(Term::NULL),
                    _ => Err(error),
                })
            }
        }
    }

    /// A name of a field or of the request.
    fn name(&self, base: &Base, guarded: bool, name: &str) -> Result<Term, FilterError> {
        let access = Access { schema: &self.schema, guarded };
        if name.starts_with("@request.") {
            return request_value(&self.schema, &base.collection, self.request, name);
        }
        let found = if let Some(rest) = name.strip_prefix("@collection.") {
            let unresolved = || FilterError::new(format!("failed to resolve field {name:?}"));
            let segments: Vec<&str> = rest.split('.').collect();
            let [label, segments @ ..] = segments.as_slice() else { return Err(unresolved()) };
            if segments.is_empty() {
                return Err(unresolved());
            }
            let known = match label.split_once(':') {
                Some((_, alias)) if alias.contains(':') => return Err(unresolved()),
                Some((known, _)) => known,
                None => label,
            };
            let collection = self.schema.find(known).ok_or_else(|| {
                FilterError::new(format!("failed to load collection {known:?} from field path {name:?}"))
            })?;
            let hop = Hop::All { label: (*label).to_owned(), collection: collection.clone() };
            follow(access, Start::Nothing, vec![hop], collection, segments)?
        } else if name.starts_with('@') {
            return Err(FilterError::new(format!("failed to resolve field {name:?}")));
        } else {
            let segments: Vec<&str> = name.split('.').collect();
            follow(access, Start::Base, Vec::new(), &base.collection, &segments)?
        };
        Ok(match found {
            (path, false) => Term::Path(path),
            (path, true) => lowered(Term::Path(path)),
        })
    }

    fn order_by(&mut self, key: sort::Key<'_>, guarded: bool) -> Result<Order, FilterError> {
        let descending = key.descending;
        match key.name {
            "@random" => return Ok(Order::Random),
            "@rowid" if self.base.collection.is_view() => {
                return Err(FilterError::new("a view has no @rowid"));
            }
            "@rowid" => return Ok(Order::RowId { descending }),
            name if name.starts_with("@request.") => {
                return Err(FilterError::new(format!("cannot sort by {name:?}")));
            }
            _ => {}
        }
        let base = self.base.clone();
        let term = self.name(&base, guarded, key.name)?;
        let operand = self.operand(&base, guarded, &term);
        // Sorting shows the order of emails, but not one of them: like the original, it is not guarded.
        self.visibilities.clear();
        Ok(Order::By { operand, descending })
    }

    /// The operand of a term over joins of the query.
    fn operand(&mut self, base: &Base, guarded: bool, term: &Term) -> Operand {
        match term {
            Term::Bound(value) | Term::Extracted(value) => Operand::Constant(value.clone()),
            Term::Flag(flag) => Operand::Constant(Cell::Integer(i64::from(*flag))),
            Term::Stored { value, kind } => Operand::Stored { value: value.clone(), kind: *kind },
            Term::Path(path) => self.path_operand(base, guarded, path),
            Term::Lower(inner) => Operand::Lower(Box::new(self.operand(base, guarded, inner))),
            Term::GeoDistance(parts) => Operand::GeoDistance(Box::new(
                parts.as_ref().each_ref().map(|part| self.operand(base, guarded, part)),
            )),
            Term::Strftime(parts) => {
                Operand::Strftime(parts.iter().map(|part| self.operand(base, guarded, part)).collect())
            }
            Term::Changed { submitted, field } => {
                let submitted = Term::Bound(submitted.clone());
                let field = Term::Path(field.clone());
                match self.compare(base, guarded, &submitted, Sign::NotEqual, &field) {
                    Predicate::Always => Operand::Constant(Cell::Integer(1)),
                    Predicate::Never => Operand::Constant(Cell::Integer(0)),
                    predicate => Operand::Truth(Box::new(predicate)),
                }
            }
        }
    }

    fn path_operand(&mut self, base: &Base, guarded: bool, path: &Path) -> Operand {
        let crossed = &mut self.crossed;
        let Joined { operand, visibility } = self.joiner.shared(base, path, &mut |alias, collection| {
            if guarded && crossed.iter().all(|(known, ..)| *known != alias) {
                crossed.push((alias, collection.clone(), false));
            }
        });
        self.visibilities.extend(visibility);
        operand
    }

    /// The operand of a term over joins of its own, where it is multi-valued.
    fn operand_apart(&mut self, base: &Base, term: &Term, joins: &mut Vec<Join>) -> Operand {
        match term {
            Term::Path(path) if path.is_multiple() => self.joiner.apart(base, path, joins),
            Term::Lower(inner) => Operand::Lower(Box::new(self.operand_apart(base, inner, joins))),
            Term::Strftime(parts) => {
                Operand::Strftime(parts.iter().map(|part| self.operand_apart(base, part, joins)).collect())
            }
            // All paths of the comparison were crossed before, with their guards.
            other => self.operand(base, false, other),
        }
    }
}

/// A client may not look at the request or at unrelated collections, not even in quotes.
fn refuse_outside_names(text: &str) -> Result<(), Error> {
    for name in ["@collection.", "@request."] {
        if text.contains(name) {
            return Err(Error::forbidden(format!("Only superusers can filter by {name}")));
        }
    }
    Ok(())
}

/// The predicate of a comparison: a constant if both sides are known, and no detour over 0 and 1.
fn simplified(comparison: Comparison) -> Predicate {
    match fold(&comparison) {
        Some(true) => return Predicate::Always,
        Some(false) => return Predicate::Never,
        None => {}
    }
    let Comparison { left, test, right } = comparison;
    match (left, test, right) {
        (Operand::Truth(truth), Test::Equal, Operand::Constant(Cell::Integer(1)))
        | (Operand::Constant(Cell::Integer(1)), Test::Equal, Operand::Truth(truth)) => *truth,
        (left, test, right) => Predicate::compare(left, test, right),
    }
}
