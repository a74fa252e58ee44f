//! What an attr is.

use crate::Value;

/// One attribute or one link of a namespace.
#[derive(Debug, Clone, PartialEq)]
pub struct Attr {
    /// A UUID in lower case.
    pub id: String,
    pub value_type: ValueType,
    /// Of a link: how many targets one entity has. A blob has one value.
    pub cardinality: Cardinality,
    pub forward: Identity,
    /// Of a link: its name in the namespace that it points at.
    pub reverse: Option<Identity>,
    /// Of a blob: no two entities hold the same value, missing and null aside. Of a link: no two
    /// entities point at the same target.
    pub unique: bool,
    pub index: bool,
    /// Every entity of the namespace needs a value that is not null.
    pub required: bool,
    /// `None` where nothing is known.
    pub inferred_types: Option<InferredTypes>,
    pub catalog: Catalog,
    /// Entities that point at a deleted one are deleted too.
    pub on_delete: bool,
    /// What a deleted entity points at is deleted too.
    pub on_delete_reverse: bool,
    pub checked_type: Option<CheckedType>,
    /// The client's own, kept as it came.
    pub metadata: Option<Value>,
    /// When a deleted attr that can still be restored was deleted: a stored date.
    pub deleted: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueType {
    /// Any JSON value.
    Blob,
    /// The id of an entity of the namespace that the reverse identity names.
    Ref,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cardinality {
    One,
    Many,
}

/// Who made an attr.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Catalog {
    System,
    User,
}

/// The JSON type that writes are checked against.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CheckedType {
    String,
    Number,
    Boolean,
    /// Milliseconds since 1970, or a text that names a moment; kept as it came.
    Date,
}

/// A name of an attr: its namespace and its label there.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Identity {
    /// A UUID in lower case that survives renames.
    pub id: String,
    pub namespace: String,
    pub label: String,
}

impl Identity {
    pub fn new(id: impl Into<String>, namespace: impl Into<String>, label: impl Into<String>) -> Self {
        Self { id: id.into(), namespace: namespace.into(), label: label.into() }
    }
}

/// The JSON types that values of an attr ever had; a hint.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct InferredTypes(u8);

impl InferredTypes {
    /// In the order of the wire.
    const NAMES: [&str; 4] = ["string", "number", "boolean", "json"];

    /// The type of one value; null is none.
    pub fn of(value: &Value) -> Self {
        Self(match value {
            Value::Null => 0,
            Value::String(_) => 1,
            Value::Number(_) => 2,
            Value::Bool(_) => 4,
            Value::Array(_) | Value::Object(_) => 8,
        })
    }

    pub fn is_empty(self) -> bool {
        self.0 == 0
    }

    #[must_use]
    pub fn union(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    /// The names of the types: `string`, `number`, `boolean`, `json`.
    pub fn names(self) -> impl Iterator<Item = &'static str> {
        Self::NAMES
            .into_iter()
            .enumerate()
            .filter(move |(bit, _)| self.0 & (1 << bit) != 0)
            .map(|(_, name)| name)
    }

    /// Reads names; unknown ones are passed over.
    pub fn from_names<'a>(names: impl IntoIterator<Item = &'a str>) -> Self {
        let bits = names.into_iter().filter_map(|name| Self::NAMES.iter().position(|known| *known == name));
        Self(bits.fold(0, |bits, bit| bits | (1 << bit)))
    }
}

impl CheckedType {
    pub fn name(self) -> &'static str {
        match self {
            Self::String => "string",
            Self::Number => "number",
            Self::Boolean => "boolean",
            Self::Date => "date",
        }
    }

    pub fn from_name(name: &str) -> Option<Self> {
        match name {
            "string" => Some(Self::String),
            "number" => Some(Self::Number),
            "boolean" => Some(Self::Boolean),
            "date" => Some(Self::Date),
            _ => None,
        }
    }
}

impl Attr {
    /// A blob with every flag off.
    pub fn blob(id: impl Into<String>, forward: Identity) -> Self {
        Self {
            id: id.into(),
            value_type: ValueType::Blob,
            cardinality: Cardinality::One,
            forward,
            reverse: None,
            unique: false,
            index: false,
            required: false,
            inferred_types: None,
            catalog: Catalog::User,
            on_delete: false,
            on_delete_reverse: false,
            checked_type: None,
            metadata: None,
            deleted: None,
        }
    }

    /// A link to many, from many.
    pub fn link(id: impl Into<String>, forward: Identity, reverse: Identity) -> Self {
        Self {
            value_type: ValueType::Ref,
            cardinality: Cardinality::Many,
            reverse: Some(reverse),
            ..Self::blob(id, forward)
        }
    }

    pub fn is_link(&self) -> bool {
        self.value_type == ValueType::Ref
    }

    pub fn is_many(&self) -> bool {
        self.cardinality == Cardinality::Many
    }

    /// `namespace.label`, for messages.
    pub fn name(&self) -> String {
        format!("{}.{}", self.forward.namespace, self.forward.label)
    }

    /// Whether it is the `id` of its namespace.
    pub fn is_id(&self) -> bool {
        !self.is_link() && self.forward.label == "id"
    }
}
