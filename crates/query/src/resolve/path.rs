//! Dotted names tied to the fields of a schema: which relations they cross and where they end.

use std::sync::Arc;

use ketch_model::fields::{ColumnKind, FieldKind};
use ketch_model::{Collection, Field, Schema};

use crate::error::FilterError;
use crate::tree::JsonStep;

/// How many relations one name may cross.
const MAX_HOPS: usize = 6;

/// The suffix of a name's last segment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Modifier {
    Length,
    Each,
    Lower,
    IsSet,
    Changed,
}

/// A resolved name: relations to cross one after the other, then what to read there.
#[derive(Debug, Clone)]
pub struct Path {
    pub start: Start,
    pub hops: Vec<Hop>,
    pub leaf: Leaf,
}

/// Where a path begins.
#[derive(Debug, Clone)]
pub enum Start {
    /// At the row that the filter is about.
    Base,
    /// At a record that is known by its id, whose values are not needed.
    Id(String),
    /// At nothing: the first hop stands for itself.
    Nothing,
}

/// One join of a path.
#[derive(Debug, Clone)]
pub enum Hop {
    /// The target of a single relation field of the row before.
    ToOne { field: usize, collection: Arc<Collection> },
    /// The targets of a multi-valued relation field of the row before.
    ToMany { field: usize, collection: Arc<Collection> },
    /// The records whose relation field points at the row before.
    Back {
        collection: Arc<Collection>,
        field: usize,
        /// A unique index makes it at most one record.
        unique: bool,
        /// The unique index has no condition, so that it really is at most one.
        unconditional: bool,
    },
    /// All records of a collection; the label tells independent uses apart.
    All { label: String, collection: Arc<Collection> },
    /// One record with a known id.
    Known { id: String, collection: Arc<Collection> },
    /// Records with known ids, a JSON array.
    KnownMany { ids: String, collection: Arc<Collection> },
}

impl Hop {
    /// Whether a comparison over it asks for all rows unless told otherwise.
    pub fn is_multiple(&self) -> bool {
        match self {
            Self::ToMany { .. } | Self::All { .. } | Self::KnownMany { .. } => true,
            Self::Back { unique, .. } => !unique,
            Self::ToOne { .. } | Self::Known { .. } => false,
        }
    }

    pub fn collection(&self) -> &Arc<Collection> {
        match self {
            Self::ToOne { collection, .. }
            | Self::ToMany { collection, .. }
            | Self::Back { collection, .. }
            | Self::All { collection, .. }
            | Self::Known { collection, .. }
            | Self::KnownMany { collection, .. } => collection,
        }
    }
}

/// A field of a collection, as far as a column needs to know it.
#[derive(Debug, Clone, Copy)]
pub struct FieldAt {
    pub field: usize,
    pub kind: ColumnKind,
    pub nullable: bool,
}

/// What a path reads from the row it leads to.
#[derive(Debug, Clone)]
pub enum Leaf {
    Column {
        at: FieldAt,
        /// The `emailVisibility` field that a client must find true.
        visibility: Option<FieldAt>,
    },
    Json {
        at: FieldAt,
        path: Vec<JsonStep>,
    },
    Length(FieldAt),
    /// One row for each item of a select, file or relation.
    Each {
        at: FieldAt,
        /// The field is multi-valued.
        multiple: bool,
    },
    /// One row for each item of a known list, a JSON array.
    EachKnown {
        list: String,
        /// The list was submitted; else it is of the logged record.
        submitted: bool,
        /// Its field is multi-valued.
        multiple: bool,
    },
}

impl Path {
    /// Whether a comparison with it asks for all rows unless told otherwise.
    pub fn is_multiple(&self) -> bool {
        matches!(self.leaf, Leaf::Each { multiple: true, .. } | Leaf::EachKnown { multiple: true, .. })
            || self.hops.iter().any(Hop::is_multiple)
    }
}

/// Why a name has no path.
#[derive(Debug)]
pub enum PathError {
    /// A field of that name does not exist: below `@request.` that is NULL.
    Unknown(FilterError),
    Invalid(FilterError),
}

impl PathError {
    fn invalid(message: impl Into<std::borrow::Cow<'static, str>>) -> Self {
        Self::Invalid(FilterError::new(message))
    }
}

impl From<PathError> for FilterError {
    fn from(error: PathError) -> Self {
        match error {
            PathError::Unknown(error) | PathError::Invalid(error) => error,
        }
    }
}

/// Who asks and what they may name.
#[derive(Debug, Clone, Copy)]
pub struct Access<'a> {
    pub schema: &'a Schema,
    /// A client that is no superuser: hidden fields do not exist, emails are guarded.
    pub guarded: bool,
}

/// Splits a segment into its name and modifier. A segment with more than one colon is a name.
pub fn split_modifier(segment: &str) -> Result<(&str, Option<Modifier>), FilterError> {
    let Some((name, modifier)) = segment.split_once(':') else { return Ok((segment, None)) };
    let modifier = match modifier {
        "length" => Modifier::Length,
        "each" => Modifier::Each,
        "lower" => Modifier::Lower,
        "isset" => Modifier::IsSet,
        "changed" => Modifier::Changed,
        more if more.contains(':') => return Ok((segment, None)),
        _ => return Err(FilterError::new(format!("unknown modifier in {segment:?}"))),
    };
    Ok((name, Some(modifier)))
}

/// Follows the segments of a name from a collection. `hops` may hold the way there already.
/// Answers the path and whether its value is to be lower-cased.
pub fn follow(
    access: Access<'_>,
    start: Start,
    mut hops: Vec<Hop>,
    from: &Arc<Collection>,
    segments: &[&str],
) -> Result<(Path, bool), PathError> {
    let mut collection = from.clone();
    for (position, &segment) in segments.iter().enumerate() {
        let rest = &segments[position + 1..];
        if rest.is_empty() {
            let (name, modifier) = split_modifier(segment).map_err(PathError::Invalid)?;
            let leaf = last(access, &collection, name, modifier)?;
            return Ok((Path { start, hops, leaf }, modifier == Some(Modifier::Lower)));
        }
        if let Some(field) = collection.field_index(segment) {
            let definition = &collection.fields[field];
            check_hidden(access, definition)?;
            match &definition.kind {
                FieldKind::Json(_) | FieldKind::GeoPoint(_) => {
                    let at = field_at(&collection, field);
                    if rest.contains(&"") {
                        return Err(PathError::invalid(format!("empty key in {:?}", rest.join("."))));
                    }
                    let leaf = Leaf::Json { at, path: json_path(rest) };
                    return Ok((Path { start, hops, leaf }, false));
                }
                FieldKind::Relation(options) => {
                    // The relation holds the id already.
                    if *rest == ["id"]
                        && !definition.is_multiple()
                        && !(hops.is_empty() && matches!(start, Start::Nothing))
                    {
                        let leaf = Leaf::Column { at: field_at(&collection, field), visibility: None };
                        return Ok((Path { start, hops, leaf }, false));
                    }
                    let target = access.schema.by_id(&options.collection_id).cloned().ok_or_else(|| {
                        PathError::invalid(format!("failed to load field {segment:?} collection"))
                    })?;
                    check_depth(&hops, segment)?;
                    hops.push(if definition.is_multiple() {
                        Hop::ToMany { field, collection: target.clone() }
                    } else {
                        Hop::ToOne { field, collection: target.clone() }
                    });
                    collection = target;
                }
                _ => return Err(PathError::invalid(format!("field {segment:?} is not a valid relation"))),
            }
        } else if let Some((referrer, field)) = split_back_relation(segment) {
            let hop = back_relation(access, &collection, segment, referrer, field)?;
            check_depth(&hops, segment)?;
            collection = hop.collection().clone();
            hops.push(hop);
        } else {
            return Err(PathError::Unknown(FilterError::new(format!("failed to resolve field {segment:?}"))));
        }
    }
    Err(PathError::invalid("failed to resolve an empty field"))
}

fn check_depth(hops: &[Hop], segment: &str) -> Result<(), PathError> {
    if hops.len() >= MAX_HOPS {
        return Err(PathError::invalid(format!("max nested relations reached for field {segment:?}")));
    }
    Ok(())
}

fn check_hidden(access: Access<'_>, field: &Field) -> Result<(), PathError> {
    if access.guarded && field.hidden {
        return Err(PathError::invalid(format!(
            "non-filterable field {:?} - only superusers can filter by hidden fields",
            field.name
        )));
    }
    Ok(())
}

/// The field's place in its collection, for a column.
pub fn field_at(collection: &Collection, field: usize) -> FieldAt {
    let kind = collection.fields[field].column();
    let nullable = kind == ColumnKind::Json || collection.fields[field].nullable || collection.is_view();
    FieldAt { field, kind, nullable }
}

fn last(
    access: Access<'_>,
    collection: &Collection,
    name: &str,
    modifier: Option<Modifier>,
) -> Result<Leaf, PathError> {
    let Some(field) = collection.field_index(name) else {
        return Err(PathError::Unknown(FilterError::new(format!("unknown field {name:?}"))));
    };
    let definition = &collection.fields[field];
    check_hidden(access, definition)?;
    let at = field_at(collection, field);
    Ok(match (&definition.kind, modifier) {
        (FieldKind::Json(_), _) => Leaf::Json { at, path: Vec::new() },
        (FieldKind::Select(_) | FieldKind::File(_) | FieldKind::Relation(_), Some(Modifier::Length)) => {
            Leaf::Length(at)
        }
        (FieldKind::Select(_) | FieldKind::File(_) | FieldKind::Relation(_), Some(Modifier::Each)) => {
            Leaf::Each { at, multiple: definition.is_multiple() }
        }
        _ => {
            let guarded = access.guarded && collection.is_auth() && definition.name == "email";
            let visibility = match collection.field_index("emailVisibility") {
                Some(visible) if guarded => Some(field_at(collection, visible)),
                _ => None,
            };
            Leaf::Column { at, visibility }
        }
    })
}

/// The steps into a JSON value; decimal segments are positions. There are no modifiers in it.
pub fn json_path(segments: &[&str]) -> Vec<JsonStep> {
    let step = |segment: &&str| {
        let digits = !segment.is_empty() && segment.bytes().all(|byte| byte.is_ascii_digit());
        match segment.parse() {
            Ok(index) if digits => JsonStep::Index(index),
            _ => JsonStep::Key((*segment).to_owned()),
        }
    };
    segments.iter().map(step).collect()
}

/// The collection and field parts of `COLLECTION_via_FIELD`.
pub fn split_back_relation(segment: &str) -> Option<(&str, &str)> {
    let at = segment.rfind("_via_")?;
    let (collection, field) = (&segment[..at], &segment[at + "_via_".len()..]);
    (!collection.is_empty() && !field.is_empty()).then_some((collection, field))
}

fn back_relation(
    access: Access<'_>,
    to: &Collection,
    segment: &str,
    collection: &str,
    field: &str,
) -> Result<Hop, PathError> {
    let Some(collection) = access.schema.find(collection) else {
        return Err(PathError::invalid(format!("failed to load back relation field {segment:?} collection")));
    };
    let Some(index) = collection.field_index(field) else {
        return Err(PathError::invalid(format!("missing back relation field {field:?}")));
    };
    let definition = &collection.fields[index];
    let FieldKind::Relation(options) = &definition.kind else {
        return Err(PathError::invalid(format!("invalid back relation field {field:?}")));
    };
    if options.collection_id != to.id {
        return Err(PathError::invalid(format!(
            "invalid collection reference of a back relation field {field:?}"
        )));
    }
    check_hidden(access, definition)?;
    let unique = collection.has_unique_single_index(field);
    Ok(Hop::Back {
        collection: collection.clone(),
        field: index,
        unique: unique.is_some(),
        unconditional: unique.is_some_and(|index| index.where_clause.is_empty()) && !definition.is_multiple(),
    })
}
