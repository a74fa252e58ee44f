//! Parts of timestamps and durations.

use super::{Function, unsupported};
use crate::error::EvaluationError;
use crate::meter::Meter;
use crate::time::{Civil, zone_offset};
use crate::types::Types;
use crate::value::Value;

const DATE: &[Types] = &[Types::TIMESTAMP, Types::STRING];
const CLOCK: &[Types] = &[Types::TIMESTAMP.or(Types::DURATION), Types::STRING];

const fn part(name: &'static str, parameters: &'static [Types], run: super::Run) -> Function {
    Function::method(name, parameters, Types::INT, run).required(1)
}

pub(super) const FUNCTIONS: &[Function] = &[
    part("getFullYear", DATE, |arguments, _| date("getFullYear", arguments, |parts| parts.year)),
    part("getMonth", DATE, |arguments, _| date("getMonth", arguments, |parts| parts.month - 1)),
    part("getDate", DATE, |arguments, _| date("getDate", arguments, |parts| parts.day)),
    part("getDayOfMonth", DATE, |arguments, _| date("getDayOfMonth", arguments, |parts| parts.day - 1)),
    part("getDayOfWeek", DATE, |arguments, _| date("getDayOfWeek", arguments, |parts| parts.weekday)),
    part("getDayOfYear", DATE, |arguments, _| date("getDayOfYear", arguments, |parts| parts.day_of_year)),
    part("getHours", CLOCK, |arguments, _| match arguments {
        [Value::Duration(value)] => Ok(Value::Int(value.hours())),
        _ => date("getHours", arguments, |parts| parts.hours),
    }),
    part("getMinutes", CLOCK, |arguments, _| match arguments {
        [Value::Duration(value)] => Ok(Value::Int(value.minutes())),
        _ => date("getMinutes", arguments, |parts| parts.minutes),
    }),
    part("getSeconds", CLOCK, |arguments, _| match arguments {
        [Value::Duration(value)] => Ok(Value::Int(value.seconds())),
        _ => date("getSeconds", arguments, |parts| parts.seconds),
    }),
    part("getMilliseconds", CLOCK, |arguments, _| match arguments {
        [Value::Duration(value)] => Ok(Value::Int(value.milliseconds())),
        _ => date("getMilliseconds", arguments, |parts| parts.milliseconds),
    }),
    Function::method("getTime", &[Types::TIMESTAMP], Types::INT, get_time),
];

fn date<'a>(name: &str, arguments: &[Value<'a>], of: fn(Civil) -> i64) -> Result<Value<'a>, EvaluationError> {
    let (timestamp, offset) = match arguments {
        [Value::Timestamp(timestamp)] => (timestamp, Some(0)),
        [Value::Timestamp(timestamp), Value::String(zone)] => (timestamp, zone_offset(zone)),
        _ => return unsupported(name, arguments),
    };
    match offset {
        Some(offset) => Ok(Value::Int(of(timestamp.civil(offset)))),
        None => {
            Err(EvaluationError::failed(format!("{name} knows time zones as 'UTC' or as in '+02:00' only")))
        }
    }
}

/// Milliseconds since 1970, as dates are stored.
fn get_time<'a>(arguments: &[Value<'a>], _: &Meter) -> Result<Value<'a>, EvaluationError> {
    match arguments {
        [Value::Timestamp(value)] => Ok(Value::Int(value.milliseconds())),
        _ => unsupported("getTime", arguments),
    }
}
