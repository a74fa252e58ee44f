//! SQL functions that the dialect's texts call and the engine lacks.

use ketch_model::CellRef;
use ketch_model::time::instant;
use ketch_query::like::{self, Case};
use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::ValueRef;

/// The mean radius of the earth.
const EARTH_KILOMETRES: f64 = 6371.0;

/// Makes the functions known to a connection.
pub(crate) fn install(connection: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    connection.create_scalar_function("ketch_instant", 1, flags, |context| {
        Ok(match context.get_raw(0) {
            ValueRef::Integer(integer) => instant::of_cell(CellRef::Integer(integer)),
            ValueRef::Real(number) => instant::of_cell(CellRef::Real(number)),
            ValueRef::Text(text) => std::str::from_utf8(text).ok().and_then(instant::parse),
            ValueRef::Null | ValueRef::Blob(_) => None,
        })
    })?;
    for (name, case) in [("ketch_like", Case::Counts), ("ketch_ilike", Case::Ignored)] {
        connection.create_scalar_function(name, 2, flags, move |context| {
            let text = |index| context.get_raw(index).as_str().ok();
            Ok(match (text(0), text(1)) {
                (Some(text), Some(pattern)) => Some(like::matches(text, pattern, case)),
                _ => None,
            })
        })?;
    }
    connection.create_scalar_function("geo_distance", 4, flags, |context| {
        let part = |index| degrees(context, index);
        Ok(match (part(0), part(1), part(2), part(3)) {
            (Some(lon_a), Some(lat_a), Some(lon_b), Some(lat_b)) => {
                Some(geo_distance(lon_a, lat_a, lon_b, lat_b))
            }
            _ => None,
        })
    })
}

/// A number, or a text that is one.
fn degrees(context: &Context<'_>, index: usize) -> Option<f64> {
    match context.get_raw(index) {
        ValueRef::Integer(integer) => Some(integer as f64),
        ValueRef::Real(number) => Some(number),
        ValueRef::Text(text) => std::str::from_utf8(text).ok()?.trim().parse().ok(),
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

/// Kilometres between two points in degrees, by the haversine formula.
fn geo_distance(lon_a: f64, lat_a: f64, lon_b: f64, lat_b: f64) -> f64 {
    let half_sine = |from: f64, to: f64| ((to - from).to_radians() / 2.0).sin().powi(2);
    let across = lat_a.to_radians().cos() * lat_b.to_radians().cos() * half_sine(lon_a, lon_b);
    let chord = (half_sine(lat_a, lat_b) + across).min(1.0);
    2.0 * EARTH_KILOMETRES * chord.sqrt().asin()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances() {
        let connection = Connection::open_in_memory().expect("a database");
        install(&connection).expect("the functions");
        let ask = |arguments: &str| -> Option<f64> {
            let sql = format!("SELECT geo_distance({arguments})");
            connection.query_row(&sql, [], |row| row.get(0)).expect("an answer")
        };
        assert_eq!(ask("10, 20, 10, 20"), Some(0.0));
        let to_varna = ask("23.3219, 42.6977, 27.9147, 43.2141").unwrap_or_default();
        assert!((to_varna - 380.0).abs() < 5.0, "{to_varna}");
        let antipodes = ask("0, 0, 180, 0").unwrap_or_default();
        assert!((antipodes - 20_015.0).abs() < 1.0, "{antipodes}");
        assert_eq!(ask("'10', 20, 10, '20.0'"), Some(0.0));
        assert_eq!(ask("NULL, 20, 10, 20"), None);
        assert_eq!(ask("'a place', 20, 10, 20"), None);
    }
}
