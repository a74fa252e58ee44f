//! Operands of a filter after their names are resolved and before joins are made for them.

use ketch_model::Cell;
use ketch_model::fields::ColumnKind;

use crate::resolve::path::{Leaf, Path};

/// One side of a comparison.
#[derive(Debug, Clone)]
pub enum Term {
    /// A literal, a macro or a value of the request.
    Bound(Cell),
    /// A bool of the request: 1 or 0, but a word as a pattern.
    Flag(bool),
    /// A value of the logged record, which compares as if it were read from its column.
    Stored {
        value: Cell,
        kind: ColumnKind,
    },
    /// A value out of a json field of the logged record.
    Extracted(Cell),
    Path(Path),
    Lower(Box<Term>),
    GeoDistance(Box<[Term; 4]>),
    Strftime(Vec<Term>),
    /// Whether a submitted value differs from the row's field.
    Changed {
        submitted: Cell,
        field: Path,
    },
}

/// What decides how `=` and `!=` treat NULL.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Nullness {
    /// NULL is itself only.
    Strict,
    /// Known to be '' or NULL.
    Empty,
    /// Known to be something else.
    Known,
    /// May be anything; NULL counts as ''.
    Loose,
}

impl Term {
    pub const NULL: Self = Self::Bound(Cell::Null);

    pub fn text(text: impl Into<String>) -> Self {
        Self::Bound(Cell::Text(text.into()))
    }

    /// A truth literal.
    pub fn truth(truth: bool) -> Self {
        Self::Bound(Cell::Integer(i64::from(truth)))
    }

    /// Whether a comparison with it asks for all rows unless told otherwise.
    pub fn is_multiple(&self) -> bool {
        match self {
            Self::Path(path) => path.is_multiple(),
            Self::Lower(inner) => inner.is_multiple(),
            Self::Strftime(parts) => parts.iter().any(Self::is_multiple),
            Self::Bound(_)
            | Self::Flag(_)
            | Self::Stored { .. }
            | Self::Extracted(_)
            | Self::GeoDistance(_)
            | Self::Changed { .. } => false,
        }
    }

    /// How the term is compared with `=` and `!=` over the joins of the query.
    pub fn nullness(&self) -> Nullness {
        match self {
            Self::Bound(Cell::Null) => Nullness::Empty,
            Self::Bound(Cell::Text(text)) if text.is_empty() => Nullness::Empty,
            Self::Bound(_) | Self::Flag(_) => Nullness::Known,
            Self::Extracted(_) | Self::GeoDistance(_) => Nullness::Strict,
            Self::Path(path) => match &path.leaf {
                Leaf::Json { .. } => Nullness::Strict,
                // Like the original: submitted items count as constants, though not among violations.
                Leaf::EachKnown { submitted: true, .. } => Nullness::Known,
                _ => Nullness::Loose,
            },
            Self::Lower(inner) => match inner.nullness() {
                Nullness::Strict => Nullness::Strict,
                _ => Nullness::Loose,
            },
            Self::Stored { .. } | Self::Strftime(_) | Self::Changed { .. } => Nullness::Loose,
        }
    }

    /// How the term is compared in the search for violating rows. The original is another there:
    /// what is not multi-valued itself is not strict, and functions of literals count as constants.
    pub fn nullness_apart(&self) -> Nullness {
        match self {
            Self::Path(Path { leaf: Leaf::EachKnown { multiple: true, .. }, .. }) => Nullness::Loose,
            _ if self.is_multiple() => self.nullness(),
            Self::GeoDistance(parts) if parts.iter().any(Self::is_bound) => Nullness::Known,
            Self::Strftime(parts) if parts.iter().any(Self::is_bound) => Nullness::Known,
            _ => match self.nullness() {
                Nullness::Strict => Nullness::Loose,
                other => other,
            },
        }
    }

    fn is_bound(&self) -> bool {
        matches!(self, Self::Bound(_) | Self::Flag(_))
    }
}
