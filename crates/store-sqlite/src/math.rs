//! The mathematical functions that the engine of the original has and the bundled one is built
//! without. Queries of views may call them.
//!
//! They answer NULL where an argument is no number or the result is none.

use rusqlite::Connection;
use rusqlite::functions::{Context, FunctionFlags};
use rusqlite::types::{Value, ValueRef};

type OfOne = fn(f64) -> f64;
type OfTwo = fn(f64, f64) -> f64;

const OF_ONE: [(&str, OfOne); 19] = [
    ("acos", f64::acos),
    ("acosh", f64::acosh),
    ("asin", f64::asin),
    ("asinh", f64::asinh),
    ("atan", f64::atan),
    ("atanh", f64::atanh),
    ("cos", f64::cos),
    ("cosh", f64::cosh),
    ("degrees", f64::to_degrees),
    ("exp", f64::exp),
    ("ln", |x| positive(x).ln()),
    ("log10", |x| positive(x).log10()),
    ("log2", |x| positive(x).log2()),
    ("radians", f64::to_radians),
    ("sin", f64::sin),
    ("sinh", f64::sinh),
    ("sqrt", f64::sqrt),
    ("tan", f64::tan),
    ("tanh", f64::tanh),
];

const OF_TWO: [(&str, OfTwo); 4] =
    [("atan2", f64::atan2), ("mod", |x, y| x % y), ("pow", f64::powf), ("power", f64::powf)];

/// Whole numbers stay as they are.
const ROUNDING: [(&str, OfOne); 4] =
    [("ceil", f64::ceil), ("ceiling", f64::ceil), ("floor", f64::floor), ("trunc", f64::trunc)];

/// Makes the functions known to a connection.
pub(crate) fn install(connection: &Connection) -> rusqlite::Result<()> {
    let flags =
        FunctionFlags::SQLITE_UTF8 | FunctionFlags::SQLITE_DETERMINISTIC | FunctionFlags::SQLITE_INNOCUOUS;
    for (name, function) in OF_ONE {
        connection
            .create_scalar_function(name, 1, flags, move |context| Ok(number(context, 0).map(function)))?;
    }
    for (name, function) in OF_TWO {
        connection.create_scalar_function(name, 2, flags, move |context| {
            Ok(number(context, 0).zip(number(context, 1)).map(|(x, y)| function(x, y)))
        })?;
    }
    for (name, function) in ROUNDING {
        connection.create_scalar_function(name, 1, flags, move |context| {
            Ok(match context.get_raw(0) {
                ValueRef::Integer(integer) => Value::Integer(integer),
                _ => number(context, 0).map_or(Value::Null, |x| Value::Real(function(x))),
            })
        })?;
    }
    connection.create_scalar_function("log", 1, flags, |context| {
        Ok(number(context, 0).map(|x| positive(x).log10()))
    })?;
    connection.create_scalar_function("log", 2, flags, |context| {
        let base_and_number = number(context, 0).zip(number(context, 1));
        Ok(base_and_number.map(|(base, x)| positive(x).ln() / positive(base).ln()))
    })?;
    connection.create_scalar_function("pi", 0, flags, |_| Ok(std::f64::consts::PI))
}

/// NaN, which the engine takes for NULL, where a logarithm has no answer.
fn positive(x: f64) -> f64 {
    if x > 0.0 { x } else { f64::NAN }
}

/// A number, or a text that is one.
fn number(context: &Context<'_>, index: usize) -> Option<f64> {
    match context.get_raw(index) {
        ValueRef::Integer(integer) => Some(integer as f64),
        ValueRef::Real(number) => Some(number),
        // `inf` and `nan` are numbers to Rust alone.
        ValueRef::Text(text) => {
            std::str::from_utf8(text).ok()?.trim().parse().ok().filter(|number: &f64| number.is_finite())
        }
        ValueRef::Null | ValueRef::Blob(_) => None,
    }
}

#[cfg(test)]
mod tests {
    use rusqlite::Connection;
    use rusqlite::types::Value;

    use super::install;

    #[test]
    fn answers_are_those_of_the_original() {
        let connection = Connection::open_in_memory().unwrap();
        install(&connection).unwrap();
        let ask = |expression: &str| -> Value {
            connection.query_row(&format!("SELECT {expression}"), [], |row| row.get(0)).unwrap()
        };
        for (expression, expected) in [
            ("sqrt(16)", Value::Real(4.0)),
            ("sqrt('16')", Value::Real(4.0)),
            ("sqrt(-1)", Value::Null),
            ("sqrt('x')", Value::Null),
            ("sqrt(NULL)", Value::Null),
            ("pow(2, 10)", Value::Real(1024.0)),
            ("power(2, 'x')", Value::Null),
            ("mod(7, 4)", Value::Real(3.0)),
            ("mod(7, 0)", Value::Null),
            ("ceil(1.2)", Value::Real(2.0)),
            ("floor(-1.2)", Value::Real(-2.0)),
            ("trunc(-1.8)", Value::Real(-1.0)),
            ("ceiling(3)", Value::Integer(3)),
            ("floor('1.5')", Value::Real(1.0)),
            ("log(100)", Value::Real(2.0)),
            ("log(2, 8)", Value::Real(3.0)),
            ("log(0)", Value::Null),
            ("log(-2, 8)", Value::Null),
            ("ln(1)", Value::Real(0.0)),
            ("degrees(pi())", Value::Real(180.0)),
            ("acos(2)", Value::Null),
            ("radians(180) = pi()", Value::Integer(1)),
            ("atan2(0, 1)", Value::Real(0.0)),
            ("tanh(0)", Value::Real(0.0)),
        ] {
            assert_eq!(ask(expression), expected, "{expression}");
        }
    }
}
