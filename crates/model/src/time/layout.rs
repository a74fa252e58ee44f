//! The layouts in which dates are accepted.

use super::{DateTime, days_in_month};

/// One element of a layout.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Part {
    Literal(u8),
    Year,
    /// Two digits of a year: from 69 on of the last century.
    YearOfCentury,
    Month,
    MonthName,
    Day,
    /// One digit may follow a space.
    DayPadded,
    WeekdayName,
    WeekdayLongName,
    Hour,
    /// One or two digits, up to 12.
    HourOfHalf,
    Minute,
    Second,
    Half,
    /// A fraction of so many digits.
    Fraction(usize),
    Offset {
        zulu: bool,
        colon: bool,
    },
    ZoneName,
}

/// How a date may be written.
struct Layout {
    parts: &'static [Part],
}

macro_rules! layout {
    ($($part:expr),+ $(,)?) => {
        Layout { parts: { use Part::*; &[$($part),+] } }
    };
}

const SPACE: Part = Part::Literal(b' ');
const COLON: Part = Part::Literal(b':');
const DASH: Part = Part::Literal(b'-');
const COMMA: Part = Part::Literal(b',');
const T: Part = Part::Literal(b'T');
const COLON_OFFSET: Part = Part::Offset { zulu: false, colon: true };
const PLAIN_OFFSET: Part = Part::Offset { zulu: false, colon: false };
const ZULU_COLON_OFFSET: Part = Part::Offset { zulu: true, colon: true };
const ZULU_PLAIN_OFFSET: Part = Part::Offset { zulu: true, colon: false };

/// In this order; the first that fits wins.
const LAYOUTS: &[Layout] = &[
    // 2006-01-02
    layout![Year, DASH, Month, DASH, Day],
    // 2006-01-02T15:04:05Z07:00
    layout![Year, DASH, Month, DASH, Day, T, Hour, COLON, Minute, COLON, Second, ZULU_COLON_OFFSET],
    layout![Year, DASH, Month, DASH, Day, T, Hour, COLON, Minute, COLON, Second],
    // Mon, 02 Jan 2006 15:04:05 -0700
    layout![
        WeekdayName,
        COMMA,
        SPACE,
        Day,
        SPACE,
        MonthName,
        SPACE,
        Year,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        PLAIN_OFFSET
    ],
    // Mon, 02 Jan 2006 15:04:05 MST
    layout![
        WeekdayName,
        COMMA,
        SPACE,
        Day,
        SPACE,
        MonthName,
        SPACE,
        Year,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        ZoneName
    ],
    // 02 Jan 06 15:04 -0700
    layout![Day, SPACE, MonthName, SPACE, YearOfCentury, SPACE, Hour, COLON, Minute, SPACE, PLAIN_OFFSET],
    layout![Day, SPACE, MonthName, SPACE, YearOfCentury, SPACE, Hour, COLON, Minute, SPACE, ZoneName],
    // Monday, 02-Jan-06 15:04:05 MST
    layout![
        WeekdayLongName,
        COMMA,
        SPACE,
        Day,
        DASH,
        MonthName,
        DASH,
        YearOfCentury,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        ZoneName
    ],
    // 2006-01-02 15:04:05 -0700 MST
    layout![
        Year,
        DASH,
        Month,
        DASH,
        Day,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        PLAIN_OFFSET,
        SPACE,
        ZoneName
    ],
    // 2006-01-02T15:04:05-0700
    layout![Year, DASH, Month, DASH, Day, T, Hour, COLON, Minute, COLON, Second, PLAIN_OFFSET],
    // 2006-01-02 15:04:05Z0700
    layout![Year, DASH, Month, DASH, Day, SPACE, Hour, COLON, Minute, COLON, Second, ZULU_PLAIN_OFFSET],
    layout![Year, DASH, Month, DASH, Day, SPACE, Hour, COLON, Minute, COLON, Second],
    // Mon Jan _2 15:04:05 2006
    layout![
        WeekdayName,
        SPACE,
        MonthName,
        SPACE,
        DayPadded,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        Year
    ],
    // Mon Jan _2 15:04:05 MST 2006
    layout![
        WeekdayName,
        SPACE,
        MonthName,
        SPACE,
        DayPadded,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        ZoneName,
        SPACE,
        Year
    ],
    // Mon Jan 02 15:04:05 -0700 2006
    layout![
        WeekdayName,
        SPACE,
        MonthName,
        SPACE,
        Day,
        SPACE,
        Hour,
        COLON,
        Minute,
        COLON,
        Second,
        SPACE,
        PLAIN_OFFSET,
        SPACE,
        Year
    ],
    // 2006-01-02 15:04:05Z07:00
    layout![Year, DASH, Month, DASH, Day, SPACE, Hour, COLON, Minute, COLON, Second, ZULU_COLON_OFFSET],
    // 02 Jan 2006
    layout![Day, SPACE, MonthName, SPACE, Year],
    // 2006-01-02 15:04:05 -07:00
    layout![Year, DASH, Month, DASH, Day, SPACE, Hour, COLON, Minute, COLON, Second, SPACE, COLON_OFFSET],
    layout![Year, DASH, Month, DASH, Day, SPACE, Hour, COLON, Minute, COLON, Second, SPACE, PLAIN_OFFSET],
    // 3:04PM
    layout![HourOfHalf, COLON, Minute, Half],
    // Jan _2 15:04:05
    layout![MonthName, SPACE, DayPadded, SPACE, Hour, COLON, Minute, COLON, Second],
    layout![MonthName, SPACE, DayPadded, SPACE, Hour, COLON, Minute, COLON, Second, Fraction(3)],
    layout![MonthName, SPACE, DayPadded, SPACE, Hour, COLON, Minute, COLON, Second, Fraction(6)],
    layout![MonthName, SPACE, DayPadded, SPACE, Hour, COLON, Minute, COLON, Second, Fraction(9)],
];

const MONTHS: [&str; 12] =
    ["jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec"];
const WEEKDAYS: [&str; 7] = ["sunday", "monday", "tuesday", "wednesday", "thursday", "friday", "saturday"];

/// The moment of a text in any of the layouts.
pub(super) fn parse(text: &str) -> Option<DateTime> {
    LAYOUTS.iter().find_map(|layout| read(layout.parts, text.as_bytes()))
}

/// What has been read so far.
struct Reading {
    year: i32,
    month: u8,
    day: u8,
    hour: u8,
    minute: u8,
    second: u8,
    millisecond: u16,
    /// Whether `PM` was read.
    afternoon: Option<bool>,
    /// Minutes east of UTC.
    offset: i64,
    /// Whether the offset was written in digits.
    has_offset: bool,
}

fn read(parts: &[Part], text: &[u8]) -> Option<DateTime> {
    let mut reading = Reading {
        year: 0,
        month: 1,
        day: 1,
        hour: 0,
        minute: 0,
        second: 0,
        millisecond: 0,
        afternoon: None,
        offset: 0,
        has_offset: false,
    };
    let mut rest = text;
    for (index, &part) in parts.iter().enumerate() {
        rest = read_part(part, rest, &mut reading)?;
        // A fraction may follow the seconds whether or not the layout names one.
        let fraction_follows = matches!(parts.get(index + 1), Some(Part::Fraction(_)));
        if part == Part::Second && !fraction_follows {
            rest = read_optional_fraction(rest, &mut reading);
        }
    }
    if !rest.is_empty() {
        return None;
    }
    finish(reading)
}

fn finish(reading: Reading) -> Option<DateTime> {
    let hour = match reading.afternoon {
        Some(true) if reading.hour < 12 => reading.hour + 12,
        Some(false) if reading.hour == 12 => 0,
        _ => reading.hour,
    };
    if reading.day < 1 || reading.day > days_in_month(reading.year, reading.month) {
        return None;
    }
    let local = DateTime {
        year: reading.year,
        month: reading.month,
        day: reading.day,
        hour,
        minute: reading.minute,
        second: reading.second,
        millisecond: reading.millisecond,
    };
    Some(DateTime::from_unix_milliseconds(local.unix_milliseconds() - reading.offset * 60_000))
}

fn read_part<'a>(part: Part, text: &'a [u8], reading: &mut Reading) -> Option<&'a [u8]> {
    let rest = match part {
        Part::Literal(expected) => {
            let (&first, rest) = text.split_first()?;
            (first == expected).then_some(rest)?
        }
        Part::Year => {
            let (digits, rest) = text.split_at_checked(4)?;
            reading.year = i32::from(number(digits)?);
            rest
        }
        Part::YearOfCentury => {
            let (digits, rest) = text.split_at_checked(2)?;
            let year = i32::from(number(digits)?);
            reading.year = if year >= 69 { year + 1900 } else { year + 2000 };
            rest
        }
        Part::Month => {
            let rest = two_digits(text, &mut reading.month)?;
            (1..=12).contains(&reading.month).then_some(rest)?
        }
        Part::MonthName => {
            let position = MONTHS.iter().position(|name| starts_with(text, name))?;
            reading.month = position as u8 + 1;
            &text[3..]
        }
        Part::Day => two_digits(text, &mut reading.day)?,
        Part::DayPadded => {
            let text = text.strip_prefix(b" ").unwrap_or(text);
            one_or_two_digits(text, &mut reading.day)?
        }
        Part::WeekdayName => {
            WEEKDAYS.iter().find(|name| starts_with(text, &name[..3]))?;
            &text[3..]
        }
        Part::WeekdayLongName => {
            let name = WEEKDAYS.iter().find(|name| starts_with(text, name))?;
            &text[name.len()..]
        }
        Part::Hour => {
            let rest = one_or_two_digits(text, &mut reading.hour)?;
            (reading.hour < 24).then_some(rest)?
        }
        Part::HourOfHalf => {
            let rest = one_or_two_digits(text, &mut reading.hour)?;
            (reading.hour <= 12).then_some(rest)?
        }
        Part::Minute => {
            let rest = two_digits(text, &mut reading.minute)?;
            (reading.minute < 60).then_some(rest)?
        }
        Part::Second => {
            let rest = two_digits(text, &mut reading.second)?;
            (reading.second < 60).then_some(rest)?
        }
        Part::Half => {
            let (half, rest) = text.split_at_checked(2)?;
            reading.afternoon = Some(match half {
                b"PM" => true,
                b"AM" => false,
                _ => return None,
            });
            rest
        }
        Part::Fraction(digits) => {
            let (fraction, rest) = text.split_at_checked(digits + 1)?;
            let after = read_optional_fraction(fraction, reading);
            after.is_empty().then_some(rest)?
        }
        Part::Offset { zulu, colon } => read_offset(text, zulu, colon, reading)?,
        Part::ZoneName => read_zone_name(text, reading)?,
    };
    Some(rest)
}

fn number(digits: &[u8]) -> Option<u16> {
    digits.iter().try_fold(0_u16, |number, digit| {
        digit.is_ascii_digit().then(|| number * 10 + u16::from(digit - b'0'))
    })
}

fn two_digits<'a>(text: &'a [u8], into: &mut u8) -> Option<&'a [u8]> {
    let (digits, rest) = text.split_at_checked(2)?;
    *into = number(digits)? as u8;
    Some(rest)
}

fn one_or_two_digits<'a>(text: &'a [u8], into: &mut u8) -> Option<&'a [u8]> {
    let length = if text.get(1).is_some_and(u8::is_ascii_digit) { 2 } else { 1 };
    let (digits, rest) = text.split_at_checked(length)?;
    *into = number(digits)? as u8;
    Some(rest)
}

fn starts_with(text: &[u8], name: &str) -> bool {
    text.get(..name.len()).is_some_and(|start| start.eq_ignore_ascii_case(name.as_bytes()))
}

/// Reads a point or comma and digits, if they are there; digits behind the third do not count.
fn read_optional_fraction<'a>(text: &'a [u8], reading: &mut Reading) -> &'a [u8] {
    let [b'.' | b',', digits @ ..] = text else { return text };
    let length = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    if length == 0 {
        return text;
    }
    let (fraction, rest) = digits.split_at(length);
    reading.millisecond = (0..3).fold(0, |number, index| {
        number * 10 + fraction.get(index).map_or(0, |digit| u16::from(digit - b'0'))
    });
    rest
}

fn read_offset<'a>(text: &'a [u8], zulu: bool, colon: bool, reading: &mut Reading) -> Option<&'a [u8]> {
    if zulu && let Some(rest) = text.strip_prefix(b"Z") {
        return Some(rest);
    }
    let (&sign, rest) = text.split_first()?;
    let sign = match sign {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (mut hours, mut minutes) = (0, 0);
    let rest = two_digits(rest, &mut hours)?;
    let rest = if colon { rest.strip_prefix(b":")? } else { rest };
    let rest = two_digits(rest, &mut minutes)?;
    if hours > 24 || minutes > 60 {
        return None;
    }
    reading.has_offset = true;
    reading.offset = sign * (i64::from(hours) * 60 + i64::from(minutes));
    Some(rest)
}

/// Zone names do not say their offset and count as UTC; only `GMT+3` is shifted, and away from
/// UTC instead of to it, as clients of the original have stored it for years.
fn read_zone_name<'a>(text: &'a [u8], reading: &mut Reading) -> Option<&'a [u8]> {
    let (name, rest) = text.split_at_checked(zone_name_length(text)?)?;
    if !reading.has_offset
        && let Some([sign, hours @ ..]) = name.strip_prefix(b"GMT")
    {
        let sign = if *sign == b'-' { 1 } else { -1 };
        reading.offset = sign * i64::from(number(hours)?) * 60;
    }
    Some(rest)
}

/// How many bytes are a zone's name: three or four capitals, `GMT` with hours, or a bare `+03`.
fn zone_name_length(text: &[u8]) -> Option<usize> {
    if text.starts_with(b"UTC") {
        return Some(3);
    }
    if text.starts_with(b"ChST") || text.starts_with(b"MeST") {
        return Some(4);
    }
    if let Some(rest) = text.strip_prefix(b"GMT") {
        return Some(3 + signed_hours_length(rest).unwrap_or(0));
    }
    if matches!(text.first(), Some(b'+' | b'-')) {
        return signed_hours_length(text);
    }
    match text.iter().take(6).take_while(|byte| byte.is_ascii_uppercase()).count() {
        3 => Some(3),
        // Only summer and similar times have four letters.
        4 if text[3] == b'T' || text.starts_with(b"WITA") => Some(4),
        5 if text[4] == b'T' => Some(5),
        _ => None,
    }
}

fn signed_hours_length(text: &[u8]) -> Option<usize> {
    let [b'+' | b'-', digits @ ..] = text else { return None };
    let length = digits.iter().take_while(|digit| digit.is_ascii_digit()).count();
    let hours = number(digits.get(..length.min(4))?)?;
    (length > 0 && hours < 24).then_some(length + 1)
}
