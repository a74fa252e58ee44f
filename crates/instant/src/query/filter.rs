//! Compiled conditions: each path on its own, so that each can be confirmed on its own.

use std::sync::Arc;

use ketch_model::Collection;
use ketch_model::attr::Attr;
use ketch_query::Predicate;
use ketch_query::tree::{Alias, Join, Operand};

use super::names::Form;

/// The `where` of a form.
#[derive(Debug, Clone)]
pub(super) enum Filter {
    All(Vec<Filter>),
    Any(Vec<Filter>),
    Leaf(Box<Leaf>),
}

/// What is asked of one path.
#[derive(Debug, Clone, Default)]
pub(super) struct Leaf {
    /// The way from the root; a step that leads nowhere leaves NULLs.
    pub(super) joins: Vec<Join>,
    /// Some combined row of the way must satisfy it.
    pub(super) predicate: Option<Predicate>,
    /// What follows of it for the root alone, by which an index finds rows: see [`Filter::hint`].
    pub(super) hint: Option<Predicate>,
    /// It holds of a few rows at most, which an index finds.
    pub(super) pins: bool,
    /// The entities on the way.
    pub(super) stops: Vec<Stop>,
    /// The field that is looked at, of the last stop or, without any, of the root.
    pub(super) field: Option<usize>,
    /// The attr of that field and how its column holds it.
    pub(super) looks_at: Option<(Arc<Attr>, Form)>,
    /// The links on the way.
    pub(super) passages: Vec<Passage>,
}

/// A link that a path goes along.
#[derive(Debug, Clone)]
pub(super) struct Passage {
    pub(super) attr: Arc<Attr>,
    pub(super) forward: bool,
    /// The ids of both ends, in the direction of the path.
    pub(super) from: Operand,
    pub(super) to: Operand,
}

/// An entity on the way of a path.
#[derive(Debug, Clone)]
pub(super) struct Stop {
    pub(super) alias: Alias,
    pub(super) collection: Arc<Collection>,
    /// Whether it may be seen has to be looked at.
    pub(super) is_checked: bool,
}

impl Leaf {
    pub(super) fn never() -> Self {
        Self { predicate: Some(Predicate::Never), ..Self::default() }
    }

    pub(super) fn predicate(&self) -> Predicate {
        let asked = self.predicate.clone().unwrap_or(Predicate::Always);
        if asked.is_always_true() {
            return asked;
        }
        Predicate::some_row(self.joins.clone(), asked)
    }
}

impl Filter {
    pub(super) fn predicate(&self) -> Predicate {
        match self {
            Self::All(parts) => parts.iter().map(Self::predicate).fold(Predicate::Always, Predicate::and),
            Self::Any(parts) => parts.iter().map(Self::predicate).fold(Predicate::Never, Predicate::or),
            Self::Leaf(leaf) => leaf.predicate(),
        }
    }

    /// Something that holds of every row of which the filter holds, said so that an engine can begin
    /// with links instead of rows.
    pub(super) fn hint(&self) -> Option<Predicate> {
        match self {
            Self::All(parts) => parts.iter().filter_map(Self::hint).reduce(Predicate::and),
            Self::Any(parts) => {
                let hints: Option<Vec<Predicate>> = parts.iter().map(Self::hint).collect();
                hints?.into_iter().reduce(Predicate::or)
            }
            Self::Leaf(leaf) => leaf.hint.clone(),
        }
    }

    /// Whether it holds of a few rows at most, which an index finds.
    pub(super) fn pins(&self) -> bool {
        match self {
            Self::All(parts) => parts.iter().any(Self::pins),
            Self::Any(_) => false,
            Self::Leaf(leaf) => leaf.pins,
        }
    }

    /// Shows every leaf.
    pub(super) fn each_leaf<'a>(&'a self, visit: &mut dyn FnMut(&'a Leaf)) {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().for_each(|part| part.each_leaf(visit)),
            Self::Leaf(leaf) => visit(leaf),
        }
    }

    /// Whether some leaf holds of the question.
    pub(super) fn any_leaf(&self, question: &dyn Fn(&Leaf) -> bool) -> bool {
        match self {
            Self::All(parts) | Self::Any(parts) => parts.iter().any(|part| part.any_leaf(question)),
            Self::Leaf(leaf) => question(leaf),
        }
    }
}
