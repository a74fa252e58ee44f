//! Sets of row sources.

use ketch_query::tree::Alias;

/// A set of row sources, by alias number.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Aliases(Vec<bool>);

impl Aliases {
    pub(super) fn contains(&self, alias: Alias) -> bool {
        self.0.get(alias.0 as usize).copied().unwrap_or_default()
    }

    /// Whether the alias is new in the set.
    pub(super) fn insert(&mut self, alias: Alias) -> bool {
        let index = alias.0 as usize;
        if self.0.len() <= index {
            self.0.resize(index + 1, false);
        }
        !std::mem::replace(&mut self.0[index], true)
    }

    pub(super) fn is_empty(&self) -> bool {
        !self.0.contains(&true)
    }

    pub(super) fn meets(&self, other: &Self) -> bool {
        self.0.iter().zip(&other.0).any(|(mine, theirs)| *mine && *theirs)
    }

    pub(super) fn extend(&mut self, other: &Self) {
        if self.0.len() < other.0.len() {
            self.0.resize(other.0.len(), false);
        }
        for (mine, theirs) in self.0.iter_mut().zip(&other.0) {
            *mine |= *theirs;
        }
    }

    pub(super) fn intersection(&self, other: &Self) -> Self {
        Self(self.0.iter().zip(&other.0).map(|(mine, theirs)| *mine && *theirs).collect())
    }
}
