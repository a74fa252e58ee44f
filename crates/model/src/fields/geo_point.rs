//! `geoPoint`: a place by longitude and latitude, in degrees.

use super::field_type::{ColumnKind, Definition, FieldType};
use crate::cell::{Cell, CellRef};
use crate::error::{FieldErrors, Invalid};
use crate::{Object, Value, json};

#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct GeoPointOptions {}

/// Longitude and latitude of any JSON; absent and null parts are 0, wrong ones void the whole.
fn coordinates(raw: &Value) -> Option<(f64, f64)> {
    let Value::Object(object) = raw else { return None };
    let part = |key| match object.get(key) {
        None | Some(Value::Null) => Some(0.0),
        Some(value) => value.as_f64(),
    };
    Some((part("lon")?, part("lat")?))
}

fn point((lon, lat): (f64, f64)) -> Value {
    let mut object = Object::new();
    object.insert("lon".to_owned(), json::number(lon));
    object.insert("lat".to_owned(), json::number(lat));
    Value::Object(object)
}

fn from_text(text: &str) -> Value {
    let coordinates = json::parse_whole(text.as_bytes()).ok().and_then(|value| coordinates(&value));
    point(coordinates.unwrap_or_default())
}

/// Whether the text is a point as the server stores it: such a cell can be copied into an answer.
fn is_plain(text: &str) -> bool {
    let is_number = |part: &str| {
        let digits = part.strip_prefix('-').unwrap_or(part);
        digits.starts_with(|first: char| first.is_ascii_digit())
            && digits.ends_with(|last: char| last.is_ascii_digit())
            && (digits.len() == 1 || !digits.starts_with('0') || digits.starts_with("0."))
            && digits.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.')
            && digits.bytes().filter(|&byte| byte == b'.').count() <= 1
    };
    text.strip_prefix("{\"lon\":")
        .and_then(|rest| rest.strip_suffix('}'))
        .and_then(|rest| rest.split_once(",\"lat\":"))
        .is_some_and(|(lon, lat)| is_number(lon) && is_number(lat))
}

impl FieldType for GeoPointOptions {
    const TYPE: &'static str = "geoPoint";

    fn from_options(_object: &Object) -> Result<Self, String> {
        Ok(Self {})
    }

    fn write_options(&self, _object: &mut Object) {}

    fn validate_options(&self, _definition: Definition<'_>) -> FieldErrors {
        FieldErrors::new()
    }

    fn column(&self) -> ColumnKind {
        ColumnKind::GeoPoint
    }

    fn zero(&self) -> Value {
        point((0.0, 0.0))
    }

    fn normalize(&self, raw: &Value) -> Value {
        match raw {
            Value::String(text) => from_text(text),
            other => point(coordinates(other).unwrap_or_default()),
        }
    }

    fn validate(&self, value: &Value) -> Result<(), Invalid> {
        let (lon, lat) = coordinates(value).unwrap_or_default();
        if !(-90.0..=90.0).contains(&lat) {
            return Err(Invalid::new(
                "validation_invalid_latitude",
                "Latitude must be between -90 and 90 degrees.",
            ));
        }
        if !(-180.0..=180.0).contains(&lon) {
            return Err(Invalid::new(
                "validation_invalid_longitude",
                "Longitude must be between -180 and 180 degrees.",
            ));
        }
        Ok(())
    }

    fn to_cell(&self, value: &Value) -> Cell {
        Cell::Text(json::to_text(&point(coordinates(value).unwrap_or_default())))
    }

    fn from_cell(&self, cell: CellRef<'_>) -> Value {
        from_text(cell.as_text().unwrap_or_default())
    }

    fn write_cell(&self, cell: CellRef<'_>, out: &mut Vec<u8>) {
        match cell {
            CellRef::Text(text) if is_plain(text) => out.extend_from_slice(text.as_bytes()),
            other => json::write(&self.from_cell(other), out),
        }
    }
}
