//! Filters with values put in safely.

use std::borrow::Cow;
use std::time::{Duration, SystemTime};

use serde_json::Value;

use crate::error::{Error, Result};

/// A value for a placeholder of [`filter`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum Literal {
    /// `null`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A whole number.
    Integer(i128),
    /// A number; it must be finite.
    Float(f64),
    /// A text.
    Text(String),
    /// A moment, written as PocketBase stores it: UTC, milliseconds.
    Moment(SystemTime),
    /// JSON text, as a text.
    Json(Value),
}

/// Puts values into the placeholders of a filter, such as `{:title}`, quoted as the filter language
/// asks for. Placeholders without a value stay as they are.
///
/// ```
/// use ketch_client::pocketbase::filter;
///
/// let text = filter("title ~ {:title} && stars > {:stars}", [("title", "te'st".into()), ("stars", 3.into())])?;
/// assert_eq!(text, r"title ~ 'te\'st' && stars > 3");
/// # Ok::<(), ketch_client::Error>(())
/// ```
///
/// # Errors
///
/// [`ErrorKind::Input`](crate::ErrorKind::Input) for a number that is infinite or none.
pub fn filter<K: AsRef<str>>(
    expression: &str,
    values: impl IntoIterator<Item = (K, Literal)>,
) -> Result<String> {
    let values: Vec<(K, Literal)> = values.into_iter().collect();
    let mut out = String::with_capacity(expression.len());
    let mut rest = expression;
    // One pass: what a value brings in is not looked at again.
    while let Some(start) = rest.find("{:") {
        let (before, placeholder) = rest.split_at(start);
        out.push_str(before);
        let named = placeholder.find('}').and_then(|end| {
            let name = &placeholder[2..end];
            let (_, value) = values.iter().find(|(key, _)| key.as_ref() == name)?;
            Some((name, value, end))
        });
        match named {
            Some((name, value, end)) => {
                out.push_str(&written(name, value)?);
                rest = &placeholder[end + 1..];
            }
            None => {
                out.push_str("{:");
                rest = &placeholder[2..];
            }
        }
    }
    out.push_str(rest);
    Ok(out)
}

fn written(name: &str, value: &Literal) -> Result<Cow<'static, str>> {
    Ok(match value {
        Literal::Null => "null".into(),
        Literal::Bool(true) => "true".into(),
        Literal::Bool(false) => "false".into(),
        Literal::Integer(number) => number.to_string().into(),
        Literal::Float(number) if number.is_finite() => number.to_string().into(),
        Literal::Float(number) => {
            return Err(Error::input(format!(
                "the value {number} for {{:{name}}} is no number that a filter can hold"
            )));
        }
        Literal::Text(text) => quoted(text).into(),
        Literal::Moment(moment) => quoted(&moment_text(*moment)).into(),
        Literal::Json(value) => quoted(&value.to_string()).into(),
    })
}

fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\\', "\\\\").replace('\'', "\\'"))
}

/// `2024-01-15 10:30:00.000Z`.
fn moment_text(moment: SystemTime) -> String {
    let since = match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i64::try_from(after.as_millis()).unwrap_or(i64::MAX),
        Err(before) => i64::try_from(before.duration().as_millis()).map_or(i64::MIN, |millis| -millis),
    };
    let (days, millis) = (since.div_euclid(86_400_000), since.rem_euclid(86_400_000));
    // Days to a date, by years that begin in March: so the leap day is the last one.
    let shifted = days + 719_468;
    let (era, of_era) = (shifted.div_euclid(146_097), shifted.rem_euclid(146_097));
    let year_of_era = (of_era - of_era / 1460 + of_era / 36_524 - of_era / 146_096) / 365;
    let day_of_year = of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let shifted_month = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * shifted_month + 2) / 5 + 1;
    let month = if shifted_month < 10 { shifted_month + 3 } else { shifted_month - 9 };
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    let (hour, minute, second) = (millis / 3_600_000, millis / 60_000 % 60, millis / 1000 % 60);
    format!("{year:04}-{month:02}-{day:02} {hour:02}:{minute:02}:{second:02}.{:03}Z", millis % 1000)
}

macro_rules! literal_from {
    ($($kind:ident: $($from:ty),+;)+) => {$($(
        impl From<$from> for Literal {
            fn from(value: $from) -> Self {
                Self::$kind(value.into())
            }
        }
    )+)+};
}

literal_from! {
    Bool: bool;
    Integer: i8, i16, i32, i64, u8, u16, u32, u64;
    Float: f32, f64;
    Text: &str, String, &String, Cow<'_, str>;
    Moment: SystemTime;
}

impl<T: Into<Literal>> From<Option<T>> for Literal {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

impl From<Value> for Literal {
    fn from(value: Value) -> Self {
        match value {
            Value::Null => Self::Null,
            Value::Bool(value) => Self::Bool(value),
            Value::String(text) => Self::Text(text),
            Value::Number(number) => match (number.as_i64(), number.as_u64(), number.as_f64()) {
                (Some(whole), ..) => whole.into(),
                (_, Some(whole), _) => whole.into(),
                (.., float) => Self::Float(float.unwrap_or(f64::NAN)),
            },
            other => Self::Json(other),
        }
    }
}

impl From<Duration> for Literal {
    /// Seconds.
    fn from(value: Duration) -> Self {
        Self::Float(value.as_secs_f64())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn put(expression: &str, value: impl Into<Literal>) -> String {
        filter(expression, [("a", value.into())]).unwrap()
    }

    #[test]
    fn values_are_written_as_the_language_asks_for() {
        assert_eq!(put("x = {:a} || y = {:a}", true), "x = true || y = true");
        assert_eq!(put("{:a}", None::<&str>), "null");
        assert_eq!(put("{:a}", -1.5), "-1.5");
        assert_eq!(put("{:a}", 1e21), "1000000000000000000000");
        assert_eq!(put("{:a}", u64::MAX), "18446744073709551615");
        assert_eq!(put("{:a}", r"end\"), r"'end\\'");
        assert_eq!(put("{:a}", json!({"k": "it's"})), r#"'{"k":"it\'s"}'"#);
        assert_eq!(put("{:b} {: {:a", 1), "{:b} {: {:a");
        assert_eq!(put("{:{:a}", 1), "{:1");
        assert_eq!(filter("{:a}", [("a", Literal::from("{:b}")), ("b", 1.into())]).unwrap(), "'{:b}'");
        assert!(filter("{:a}", [("a", Literal::Float(f64::NAN))]).is_err());
    }

    #[test]
    fn moments_are_utc_with_milliseconds() {
        let at = |seconds: i64, millis: u64| {
            let whole = Duration::from_secs(seconds.unsigned_abs());
            let start = SystemTime::UNIX_EPOCH;
            (if seconds < 0 { start - whole } else { start + whole }) + Duration::from_millis(millis)
        };
        for (moment, text) in [
            (at(0, 0), "1970-01-01 00:00:00.000Z"),
            (at(951_782_400, 5), "2000-02-29 00:00:00.005Z"),
            (at(1_705_314_600, 120), "2024-01-15 10:30:00.120Z"),
            (at(-1, 0), "1969-12-31 23:59:59.000Z"),
        ] {
            assert_eq!(put("{:a}", moment), format!("'{text}'"));
        }
    }

    /// Reads one quoted text as the filter language does; what is behind it comes second.
    fn unquote(text: &str) -> Option<(String, &str)> {
        let mut chars = text.strip_prefix('\'')?.char_indices();
        let mut value = String::new();
        while let Some((at, char)) = chars.next() {
            match char {
                '\'' => return Some((value, &text[at + 2..])),
                '\\' => match chars.next()?.1 {
                    next @ ('\\' | '\'') => value.push(next),
                    next => value.extend(['\\', next]),
                },
                other => value.push(other),
            }
        }
        None
    }

    proptest! {
        #[test]
        fn a_text_stays_one_text(text in r#"([\\'"{}:a ]|.){0,20}"#) {
            let filter = put("{:a} = b", text.as_str());
            let (value, rest) = unquote(&filter).unwrap();
            prop_assert_eq!(value, text);
            prop_assert_eq!(rest, " = b");
        }

        #[test]
        fn any_expression_can_be_given(expression in r"([{}:a]|.){0,20}") {
            let _ = filter(&expression, [("a", Literal::from("x"))]);
            prop_assert_eq!(filter::<&str>(&expression, []).unwrap(), expression);
        }
    }
}
