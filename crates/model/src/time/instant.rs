//! Moments as people and programs write them, read leniently: what a date attribute may hold.
//!
//! The stored value stays as it was written; only comparisons and orders look at the moment. The
//! accepted texts are those that PostgreSQL and JavaScript clients both take for dates.

use super::{days_from_civil, days_in_month};
use crate::{CellRef, Value};

const MICROSECONDS_A_DAY: i64 = 86_400_000_000;
/// No date is written this long.
const MAX_TEXT: usize = 128;

/// The moment in microseconds since 1970 of a JSON value: a number of milliseconds since 1970, or a
/// text that [`parse`] reads. `None` for everything else.
pub fn of_value(value: &Value) -> Option<i64> {
    match value {
        Value::Number(number) => of_milliseconds(number.as_f64()?),
        Value::String(text) => parse(text),
        _ => None,
    }
}

/// The moment of a stored cell: JSON, or the bare text of a date column.
pub fn of_cell(cell: CellRef<'_>) -> Option<i64> {
    match cell {
        CellRef::Integer(milliseconds) => milliseconds.checked_mul(1000),
        CellRef::Real(milliseconds) => of_milliseconds(milliseconds),
        CellRef::Text(text) => parse(text),
        CellRef::Null | CellRef::Blob(_) => None,
    }
}

fn of_milliseconds(milliseconds: f64) -> Option<i64> {
    let microseconds = (milliseconds * 1000.0).round();
    // Doubles below this bound fit, whichever way they were rounded.
    (microseconds.abs() < 9.2e18).then_some(microseconds as i64)
}

/// The moment in microseconds since 1970 that a text names; UTC where it names no zone. The text may be
/// wrapped in JSON quotes, even twice.
pub fn parse(text: &str) -> Option<i64> {
    if text.len() > MAX_TEXT {
        return None;
    }
    let mut text = text.trim().to_owned();
    for _ in 0..2 {
        if text.starts_with('"') {
            let inner: String = serde_json::from_str(&text).ok()?;
            inner.trim().clone_into(&mut text);
        }
    }
    if text == "epoch" {
        return Some(0);
    }
    let mut reading = Reading::default();
    for word in text.split([' ', ',', '\t', '\u{202f}']).filter(|word| !word.is_empty()) {
        // What follows in parentheses is the zone's name once more.
        if word.starts_with('(') {
            break;
        }
        reading.word(word)?;
    }
    reading.finish()
}

#[derive(Default)]
struct Reading {
    year: Option<i32>,
    month: Option<u8>,
    day: Option<u8>,
    /// Microseconds of the day.
    time: Option<i64>,
    half: Option<Half>,
    /// Seconds east of UTC.
    offset: Option<i32>,
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Half {
    Morning,
    Afternoon,
}

impl Reading {
    fn word(&mut self, word: &str) -> Option<()> {
        let first = word.chars().next()?;
        if first.is_ascii_digit() {
            return self.numeric(word);
        }
        if matches!(first, '+' | '-') {
            return self.set_offset(offset(word)?);
        }
        if first.is_ascii_alphabetic() && word.is_ascii() {
            return self.name(word);
        }
        None
    }

    /// A date, a time, both joined by a T, a day or a year.
    fn numeric(&mut self, word: &str) -> Option<()> {
        if let Some((date, time)) = word.split_once(['T', 't'])
            && date.contains('-')
        {
            self.date(date)?;
            return self.clock(time);
        }
        if word.contains(':') {
            return self.clock(word);
        }
        if word.contains(['-', '/']) {
            return self.date(word);
        }
        let number: u32 = digits(word)?;
        match word.len() {
            1 | 2 if self.day.is_none() => self.day = Some(u8::try_from(number).ok()?),
            4..=6 if self.year.is_none() => self.year = Some(i32::try_from(number).ok()?),
            8 if self.year.is_none() && self.month.is_none() && self.day.is_none() => {
                self.year = Some(i32::try_from(number / 10_000).ok()?);
                self.month = Some((number / 100 % 100) as u8);
                self.day = Some((number % 100) as u8);
            }
            _ => return None,
        }
        Some(())
    }

    /// Year-month-day, month-day-year or month/day/year.
    fn date(&mut self, text: &str) -> Option<()> {
        let separator = if text.contains('/') { '/' } else { '-' };
        let parts: Vec<&str> = text.split(separator).collect();
        let [first, second, third] = parts.as_slice() else { return None };
        let (year, month, day) =
            if first.len() >= 4 { (first, second, third) } else { (third, first, second) };
        if !(4..=6).contains(&year.len()) || self.year.is_some() || self.month.is_some() {
            return None;
        }
        self.year = Some(digits::<u32>(year)?.try_into().ok()?);
        self.month = Some(digits(month)?);
        self.day = Some(digits(day)?);
        Some(())
    }

    /// `h:mm`, seconds, a fraction, and what is written next to them: a zone, AM or PM.
    fn clock(&mut self, text: &str) -> Option<()> {
        if self.time.is_some() {
            return None;
        }
        let end = text
            .find(|character: char| !character.is_ascii_digit() && !matches!(character, ':' | '.'))
            .unwrap_or(text.len());
        let (clock, rest) = text.split_at(end);
        let mut parts = clock.split(':');
        let (hour, minute) = (digits::<i64>(parts.next()?)?, digits::<i64>(parts.next()?)?);
        let (second, fraction) = match parts.next() {
            Some(seconds) => match seconds.split_once('.') {
                Some((seconds, fraction)) => (digits::<i64>(seconds)?, microseconds(fraction)?),
                None => (digits::<i64>(seconds)?, 0),
            },
            None => (0, 0),
        };
        if parts.next().is_some() || hour > 23 || minute > 59 || second > 59 {
            return None;
        }
        self.time = Some(((hour * 60 + minute) * 60 + second) * 1_000_000 + fraction);
        match rest.chars().next() {
            None => Some(()),
            Some('+' | '-') => self.set_offset(offset(rest)?),
            Some(_) => self.name(rest),
        }
    }

    /// The name of a weekday, a month, a half of the day or a zone.
    fn name(&mut self, word: &str) -> Option<()> {
        let upper = word.to_ascii_uppercase();
        let bare = upper.trim_end_matches('.');
        match bare {
            "AM" | "PM" => {
                let half = if bare == "AM" { Half::Morning } else { Half::Afternoon };
                return self.half.replace(half).is_none().then_some(());
            }
            _ => {}
        }
        if is_name(bare, &WEEKDAYS).is_some() {
            return Some(());
        }
        if let Some(month) = is_name(bare, &MONTHS) {
            return self.month.replace(month as u8 + 1).is_none().then_some(());
        }
        if let Some((name, rest)) = bare.find(['+', '-']).map(|sign| bare.split_at(sign))
            && matches!(name, "GMT" | "UTC")
        {
            return self.set_offset(offset(rest)?);
        }
        let (_, minutes) = ZONES.iter().find(|(name, _)| *name == bare)?;
        self.set_offset(minutes * 60)
    }

    fn set_offset(&mut self, seconds: i32) -> Option<()> {
        self.offset.replace(seconds).is_none().then_some(())
    }

    fn finish(self) -> Option<i64> {
        let (year, month, day) = (self.year?, self.month?, self.day?);
        if !(1..=12).contains(&month) || !(1..=days_in_month(year, month)).contains(&day) {
            return None;
        }
        let mut time = self.time.unwrap_or_default();
        if let Some(half) = self.half {
            let hour = self.time? / 3_600_000_000;
            if !(1..=12).contains(&hour) {
                return None;
            }
            let shift = match (half, hour) {
                (Half::Morning, 12) => -12,
                (Half::Afternoon, 1..=11) => 12,
                _ => 0,
            };
            time += shift * 3_600_000_000;
        }
        let offset = i64::from(self.offset.unwrap_or_default()) * 1_000_000;
        Some(days_from_civil(year, month, day) * MICROSECONDS_A_DAY + time - offset)
    }
}

/// A number of nothing but digits.
fn digits<T: std::str::FromStr>(text: &str) -> Option<T> {
    let plain = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    plain.then(|| text.parse().ok()).flatten()
}

/// A fraction of a second; what is finer than microseconds is cut off.
fn microseconds(fraction: &str) -> Option<i64> {
    let kept = fraction.get(..fraction.len().min(6))?;
    if !fraction.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let scale = 10_i64.pow(6 - u32::try_from(kept.len()).ok()?);
    Some(if kept.is_empty() { 0 } else { digits::<i64>(kept)? * scale })
}

/// `+08`, `-0530`, `+05:30`, `+05:30:15`: seconds east of UTC.
fn offset(text: &str) -> Option<i32> {
    let sign = if text.starts_with('-') { -1 } else { 1 };
    let text = text.get(1..)?;
    let parts: Vec<&str> = match text.split_once(':') {
        Some(_) => text.split(':').collect(),
        None if text.len() > 2 => vec![text.get(..text.len() - 2)?, text.get(text.len() - 2..)?],
        None => vec![text],
    };
    let part = |index: usize| parts.get(index).map_or(Some(0), |part| digits::<i32>(part));
    let (hours, minutes, seconds) = (part(0)?, part(1)?, part(2)?);
    if parts.len() > 3 || hours > 15 || minutes > 59 || seconds > 59 {
        return None;
    }
    Some(sign * (hours * 3600 + minutes * 60 + seconds))
}

/// The position of a name that is written in full or with its first three letters.
fn is_name(word: &str, names: &[&str]) -> Option<usize> {
    names.iter().position(|name| *name == word || (word.len() >= 3 && name.get(..3) == Some(word)))
}

const WEEKDAYS: [&str; 7] = ["SUNDAY", "MONDAY", "TUESDAY", "WEDNESDAY", "THURSDAY", "FRIDAY", "SATURDAY"];

const MONTHS: [&str; 12] = [
    "JANUARY",
    "FEBRUARY",
    "MARCH",
    "APRIL",
    "MAY",
    "JUNE",
    "JULY",
    "AUGUST",
    "SEPTEMBER",
    "OCTOBER",
    "NOVEMBER",
    "DECEMBER",
];

/// Zone abbreviations and their minutes east of UTC.
const ZONES: [(&str, i32); 24] = [
    ("Z", 0),
    ("UTC", 0),
    ("GMT", 0),
    ("UT", 0),
    ("WET", 0),
    ("WEST", 60),
    ("BST", 60),
    ("CET", 60),
    ("CEST", 120),
    ("EET", 120),
    ("EEST", 180),
    ("MSK", 180),
    ("EST", -300),
    ("EDT", -240),
    ("CST", -360),
    ("CDT", -300),
    ("MST", -420),
    ("MDT", -360),
    ("PST", -480),
    ("PDT", -420),
    ("AKST", -540),
    ("AKDT", -480),
    ("HST", -600),
    ("JST", 540),
];

#[cfg(test)]
mod tests {
    use super::*;
    use crate::time::DateTime;

    #[test]
    fn texts_that_are_dates() {
        let rows = [
            ("2025-01-01", "2025-01-01 00:00:00.000Z"),
            ("  2025-01-01 ", "2025-01-01 00:00:00.000Z"),
            ("\"2025-01-01\"", "2025-01-01 00:00:00.000Z"),
            ("\"\\\"2025-01-01\\\"\"", "2025-01-01 00:00:00.000Z"),
            ("2025-1-2 3:4:5", "2025-01-02 03:04:05.000Z"),
            ("2025-12-31 21:11", "2025-12-31 21:11:00.000Z"),
            ("2025-01-02T00:00:00-08", "2025-01-02 08:00:00.000Z"),
            ("2025-01-02T00:00:00+0000", "2025-01-02 00:00:00.000Z"),
            ("2025-01-02T00:00:00+0530", "2025-01-01 18:30:00.000Z"),
            ("2025-01-02T00:00:00+05:30", "2025-01-01 18:30:00.000Z"),
            ("2025-01-02T00:00:00.123Z", "2025-01-02 00:00:00.123Z"),
            ("2025-01-02T00:00Z", "2025-01-02 00:00:00.000Z"),
            ("2025-01-15 20:53:08.892865+00", "2025-01-15 20:53:08.892Z"),
            ("04-17-2025", "2025-04-17 00:00:00.000Z"),
            ("8/4/2025, 11:02:31 PM", "2025-08-04 23:02:31.000Z"),
            ("8/4/2025, 12:02:31 AM", "2025-08-04 00:02:31.000Z"),
            ("12/31/2025", "2025-12-31 00:00:00.000Z"),
            ("Wed Jul 09 2025", "2025-07-09 00:00:00.000Z"),
            ("Mon Feb 24 2025 22:37:27 GMT+0000", "2025-02-24 22:37:27.000Z"),
            (
                "Mon Feb 24 2025 22:37:27 GMT+0100 (Central European Standard Time)",
                "2025-02-24 21:37:27.000Z",
            ),
            ("Mon, 24 Feb 2025 22:37:27 GMT", "2025-02-24 22:37:27.000Z"),
            ("24 February 2025 22:37:27 EST", "2025-02-25 03:37:27.000Z"),
            ("2025-02-24 22:37:27 PDT", "2025-02-25 05:37:27.000Z"),
            ("20250224", "2025-02-24 00:00:00.000Z"),
            ("12025-02-24", "12025-02-24 00:00:00.000Z"),
            ("epoch", "1970-01-01 00:00:00.000Z"),
        ];
        for (text, expected) in rows {
            let found = parse(text).map(|micro| DateTime::from_unix_milliseconds(micro.div_euclid(1000)));
            assert_eq!(found.map(|moment| moment.to_text()).as_deref(), Some(expected), "{text}");
        }
    }

    #[test]
    fn texts_that_are_none() {
        let texts = [
            "",
            " ",
            "2025-01-0",
            "2025-13-01",
            "2025-02-30",
            "yesterday",
            "now",
            "hello",
            "2025",
            "12:00",
            "null",
            "true",
            "2025-01-01T25:00",
            "2025-01-01 13:00 PM",
            "2025-01-01 2025-01-01",
            "1735689600000",
            "2025-01-01 10:00 11:00",
            "2025-01-01 10:00:00.x",
            "é",
            "+",
            "2025-01-01 +",
            "\"",
        ];
        for text in texts {
            assert_eq!(parse(text), None, "{text}");
        }
    }

    #[test]
    fn cells_and_values() {
        assert_eq!(of_value(&Value::from(1.5)), Some(1500));
        assert_eq!(of_cell(CellRef::Integer(2)), Some(2000));
        assert_eq!(of_cell(CellRef::Real(f64::INFINITY)), None);
        assert_eq!(of_cell(CellRef::Text("\"1970-01-01\"")), Some(0));
        assert_eq!(of_cell(CellRef::Text("1970-01-01 00:00:01.000Z")), Some(1_000_000));
        assert_eq!(of_cell(CellRef::Null), None);
        assert_eq!(of_value(&Value::Bool(true)), None);
    }
}
