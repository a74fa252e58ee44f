//! What is known of a value before it is there: the set of types that it may have.

use std::fmt;

/// A set of types. The full set is what the language calls `dyn`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Types(u16);

impl Types {
    pub const NONE: Self = Self(0);
    pub const NULL: Self = Self(1);
    pub const BOOL: Self = Self(1 << 1);
    pub const INT: Self = Self(1 << 2);
    pub const UINT: Self = Self(1 << 3);
    pub const DOUBLE: Self = Self(1 << 4);
    pub const STRING: Self = Self(1 << 5);
    pub const BYTES: Self = Self(1 << 6);
    pub const LIST: Self = Self(1 << 7);
    pub const MAP: Self = Self(1 << 8);
    pub const TIMESTAMP: Self = Self(1 << 9);
    pub const DURATION: Self = Self(1 << 10);
    pub const TYPE: Self = Self(1 << 11);
    pub const ANY: Self = Self((1 << 12) - 1);
    pub const NUMBER: Self = Self::INT.or(Self::UINT).or(Self::DOUBLE);

    pub(crate) const NAMES: [(Self, &'static str); 12] = [
        (Self::NULL, "null_type"),
        (Self::BOOL, "bool"),
        (Self::INT, "int"),
        (Self::UINT, "uint"),
        (Self::DOUBLE, "double"),
        (Self::STRING, "string"),
        (Self::BYTES, "bytes"),
        (Self::LIST, "list"),
        (Self::MAP, "map"),
        (Self::TIMESTAMP, "google.protobuf.Timestamp"),
        (Self::DURATION, "google.protobuf.Duration"),
        (Self::TYPE, "type"),
    ];

    pub const fn or(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub const fn and(self, other: Self) -> Self {
        Self(self.0 & other.0)
    }

    pub const fn is_empty(self) -> bool {
        self.0 == 0
    }

    /// Whether a value of this set may be of the other.
    pub const fn may_be(self, other: Self) -> bool {
        !self.and(other).is_empty()
    }
}

impl fmt::Display for Types {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut single = Self::NAMES.iter().filter(|(types, _)| types == self);
        formatter.write_str(single.next().map_or("dyn", |(_, name)| name))
    }
}
