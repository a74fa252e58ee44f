//! What one column of one row holds in the store.

/// An owned stored value, bound to statements and kept by rows that outlive their statement.
#[derive(Debug, Clone, PartialEq)]
pub enum Cell {
    Null,
    Integer(i64),
    Real(f64),
    Text(String),
    Blob(Vec<u8>),
}

/// A stored value borrowed from the row that a driver is standing on.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum CellRef<'a> {
    Null,
    Integer(i64),
    Real(f64),
    Text(&'a str),
    Blob(&'a [u8]),
}

impl Cell {
    pub fn as_ref(&self) -> CellRef<'_> {
        match self {
            Self::Null => CellRef::Null,
            Self::Integer(number) => CellRef::Integer(*number),
            Self::Real(number) => CellRef::Real(*number),
            Self::Text(text) => CellRef::Text(text),
            Self::Blob(bytes) => CellRef::Blob(bytes),
        }
    }

    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }
}

impl CellRef<'_> {
    pub fn to_owned(self) -> Cell {
        match self {
            Self::Null => Cell::Null,
            Self::Integer(number) => Cell::Integer(number),
            Self::Real(number) => Cell::Real(number),
            Self::Text(text) => Cell::Text(text.to_owned()),
            Self::Blob(bytes) => Cell::Blob(bytes.to_owned()),
        }
    }
}

impl<'a> CellRef<'a> {
    /// The text of a text cell, `None` for every other kind.
    pub fn as_text(self) -> Option<&'a str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }
}
