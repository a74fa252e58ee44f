//! A field of a collection: what all types share, and the type's own part.

use super::autodate::AutodateOptions;
use super::bool::BoolOptions;
use super::check;
use super::date::DateOptions;
use super::editor::EditorOptions;
use super::email::EmailOptions;
use super::field_type::{ColumnKind, Definition, FieldType};
use super::file::FileOptions;
use super::geo_point::GeoPointOptions;
use super::json::JsonOptions;
use super::number::NumberOptions;
use super::options;
use super::password::PasswordOptions;
use super::relation::RelationOptions;
use super::select::SelectOptions;
use super::text::TextOptions;
use super::url::UrlOptions;
use std::sync::Arc;

use crate::attr::AttrProperties;
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, ids};

/// One column of a collection.
#[derive(Debug, Clone, PartialEq)]
pub struct Field {
    /// Names the column across renames; `<type><crc32 of the first name>` unless the client chose one.
    pub id: String,
    pub name: String,
    /// Made by the server: cannot be renamed, removed or weakened.
    pub system: bool,
    /// Shown to superusers only.
    pub hidden: bool,
    /// Preferred as the record's title in the dashboard.
    pub presentable: bool,
    /// Refuses the zero value. Always false for autodates.
    pub required: bool,
    /// A hint for people who fill in the field.
    pub help: String,
    pub kind: FieldKind,
    /// Whether a record may lack the value: SQL NULL, null in a record. Of a field that came
    /// through the Instant dialect, never of a relation.
    pub nullable: bool,
    /// What the field's attr knows beyond the field; `None` where nobody ever said.
    pub attr: Option<Arc<AttrProperties>>,
}

/// The list of field types: a new type is one file and one line here.
macro_rules! field_types {
    ($($variant:ident($options:ident)),+ $(,)?) => {
        /// A field's type with the options that only this type has.
        #[derive(Debug, Clone, PartialEq)]
        pub enum FieldKind {
            $($variant($options),)+
        }

        $(impl From<$options> for FieldKind {
            fn from(options: $options) -> Self {
                Self::$variant(options)
            }
        })+

        impl FieldKind {
            /// Reads the options of the named type; `None` if there is no such type.
            fn from_options(type_name: &str, options: &Object) -> Option<Result<Self, String>> {
                match type_name {
                    $($options::TYPE => Some($options::from_options(options).map(Self::$variant)),)+
                    _ => None,
                }
            }

            /// The `type` in a field's JSON.
            pub fn type_name(&self) -> &'static str {
                match self {
                    $(Self::$variant(_) => $options::TYPE,)+
                }
            }

            fn has_required(&self) -> bool {
                match self {
                    $(Self::$variant(_) => $options::HAS_REQUIRED,)+
                }
            }

            /// The names of all types.
            pub const TYPES: &'static [&'static str] = &[$($options::TYPE,)+];
        }

        /// Calls the same method on whichever type's options a kind holds.
        macro_rules! each_kind {
            ($kind:expr, $bound:ident => $call:expr) => {
                match $kind {
                    $(FieldKind::$variant($bound) => $call,)+
                }
            };
        }
    };
}

field_types! {
    Text(TextOptions),
    Editor(EditorOptions),
    Number(NumberOptions),
    Bool(BoolOptions),
    Email(EmailOptions),
    Url(UrlOptions),
    Date(DateOptions),
    Autodate(AutodateOptions),
    Select(SelectOptions),
    File(FileOptions),
    Relation(RelationOptions),
    Json(JsonOptions),
    Password(PasswordOptions),
    GeoPoint(GeoPointOptions),
}

impl Field {
    /// A field with its default id and every flag off.
    pub fn new(name: impl Into<String>, kind: impl Into<FieldKind>) -> Self {
        let (name, kind) = (name.into(), kind.into());
        Self {
            id: Self::default_id(kind.type_name(), &name),
            name,
            system: false,
            hidden: false,
            presentable: false,
            required: false,
            help: String::new(),
            kind,
            nullable: false,
            attr: None,
        }
    }

    /// The id of a field that was submitted without one: the type and the CRC-32 of the name.
    pub fn default_id(type_name: &str, name: &str) -> String {
        ids::checksum_id(type_name, name)
    }

    /// Reads a field's JSON object. Absent and null keys are zero, unknown keys are ignored, a
    /// missing `id` stays empty. The error is one sentence.
    pub fn from_json(object: &Object) -> Result<Self, String> {
        let type_name = options::text(object, "type")?;
        let kind = FieldKind::from_options(&type_name, object)
            .ok_or_else(|| format!("unknown or missing field type \"{type_name}\""))??;
        let has_required = kind.has_required();
        Ok(Self {
            id: options::text(object, "id")?,
            name: options::text(object, "name")?,
            system: options::flag(object, "system")?,
            hidden: options::flag(object, "hidden")?,
            presentable: options::flag(object, "presentable")?,
            required: has_required && options::flag(object, "required")?,
            help: if has_required { options::text(object, "help")? } else { String::new() },
            kind,
            nullable: false,
            attr: None,
        })
    }

    /// The field's JSON object, keys in alphabetical order.
    pub fn to_json(&self) -> Value {
        let mut object = Object::new();
        object.insert("id".to_owned(), self.id.clone().into());
        object.insert("name".to_owned(), self.name.clone().into());
        object.insert("type".to_owned(), self.type_name().into());
        object.insert("system".to_owned(), self.system.into());
        object.insert("hidden".to_owned(), self.hidden.into());
        object.insert("presentable".to_owned(), self.presentable.into());
        if self.kind.has_required() {
            object.insert("required".to_owned(), self.required.into());
            object.insert("help".to_owned(), self.help.clone().into());
        }
        each_kind!(&self.kind, kind => kind.write_options(&mut object));
        object.sort_keys();
        Value::Object(object)
    }

    /// Checks the definition itself, without looking at other fields or collections; errors are by
    /// key of the field's JSON. Uniqueness, system fields and relation targets are the collection's.
    pub fn validate_definition(&self) -> FieldErrors {
        let definition = Definition { name: &self.name, required: self.required };
        let shared = check::shared(&self.id, &self.name, &self.help);
        let mut errors = each_kind!(&self.kind, kind => kind.validate_options(definition));
        errors.extend(shared);
        errors
    }

    pub fn type_name(&self) -> &'static str {
        self.kind.type_name()
    }

    pub fn column(&self) -> ColumnKind {
        each_kind!(&self.kind, kind => kind.column())
    }

    /// The normalised value of an empty field.
    pub fn zero(&self) -> Value {
        if self.nullable {
            return Value::Null;
        }
        each_kind!(&self.kind, kind => kind.zero())
    }

    /// Whether `required` refuses the normalised value.
    pub fn is_blank(&self, value: &Value) -> bool {
        if self.nullable && value.is_null() {
            return true;
        }
        each_kind!(&self.kind, kind => kind.is_blank(value))
    }

    /// Casts any JSON to the normalised form of this field's type; never fails.
    pub fn normalize(&self, raw: &Value) -> Value {
        if self.nullable && raw.is_null() {
            return Value::Null;
        }
        each_kind!(&self.kind, kind => kind.normalize(raw))
    }

    /// Checks a normalised value as far as that goes without the store: `required` first, then the
    /// type's own checks on values that are not blank.
    pub fn validate(&self, value: &Value) -> Result<(), Invalid> {
        if self.is_blank(value) {
            let is_missing = value.is_null() && self.attr.as_ref().is_some_and(|attr| attr.required);
            return if self.required || is_missing { Err(Invalid::required()) } else { Ok(()) };
        }
        each_kind!(&self.kind, kind => kind.validate(value))
    }

    /// The stored form of a normalised value.
    pub fn to_cell(&self, value: &Value) -> Cell {
        if self.nullable && value.is_null() {
            return Cell::Null;
        }
        each_kind!(&self.kind, kind => kind.to_cell(value))
    }

    /// The normalised value of a stored cell.
    pub fn from_cell(&self, cell: CellRef<'_>) -> Value {
        if self.nullable && cell == CellRef::Null {
            return Value::Null;
        }
        each_kind!(&self.kind, kind => kind.from_cell(cell))
    }

    /// Writes the JSON of a stored cell as clients may see it (a password is always `""`), without
    /// building a tree where the type allows it.
    pub fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        if self.nullable && cell == CellRef::Null {
            out.extend_from_slice(b"null");
            return;
        }
        each_kind!(&self.kind, kind => kind.write_cell(cell, out))
    }

    /// Whether the field may hold several values: a select, file or relation with `maxSelect` over 1.
    pub fn is_multiple(&self) -> bool {
        each_kind!(&self.kind, kind => kind.is_multiple())
    }

    /// Whether a written null and a missing value are two things: in nullable json fields, unless a
    /// unique index has to take both for nothing.
    pub fn tells_null_from_missing(&self) -> bool {
        self.nullable
            && matches!(self.kind, FieldKind::Json(_))
            && !self.attr.as_ref().is_some_and(|attr| attr.unique)
    }

    /// Whether it is a relation whose ids are rows of a table of its own, not a column.
    pub fn is_link_table(&self) -> bool {
        self.attr.as_ref().is_some_and(|attr| attr.link_table)
    }

    /// Whether this is the record's id.
    pub fn is_primary_key(&self) -> bool {
        self.column() == ColumnKind::PrimaryKey
    }
}
