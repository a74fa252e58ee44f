//! Points and spans of time. Both count nanoseconds.

/// Since 1970-01-01T00:00:00Z; between the years 1 and 9999.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Timestamp(i128);

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Duration(i128);

const SECOND: i128 = 1_000_000_000;
const DAY_SECONDS: i64 = 86_400;
/// 0001-01-01T00:00:00Z and the last second of 9999.
const SECONDS_MIN: i128 = -62_135_596_800;
const SECONDS_MAX: i128 = 253_402_300_799;
/// Units of durations, longest first except that `ms` must be seen before `m`.
const UNITS: [(&str, i128); 7] = [
    ("h", 3600 * SECOND),
    ("ms", 1_000_000),
    ("m", 60 * SECOND),
    ("s", SECOND),
    ("us", 1_000),
    ("µs", 1_000),
    ("ns", 1),
];

/// Parts of a timestamp in some zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Civil {
    pub year: i64,
    /// From 1.
    pub month: i64,
    /// From 1.
    pub day: i64,
    /// From 0.
    pub day_of_year: i64,
    /// 0 is Sunday.
    pub weekday: i64,
    pub hours: i64,
    pub minutes: i64,
    pub seconds: i64,
    pub milliseconds: i64,
}

impl Timestamp {
    /// 1970-01-01T00:00:00Z
    pub fn epoch() -> Self {
        Self(0)
    }

    pub fn from_nanoseconds(value: i128) -> Option<Self> {
        (SECONDS_MIN..=SECONDS_MAX).contains(&value.div_euclid(SECOND)).then_some(Self(value))
    }

    pub fn from_milliseconds(value: i64) -> Option<Self> {
        Self::from_nanoseconds(i128::from(value) * 1_000_000)
    }

    pub fn from_seconds(value: i64) -> Option<Self> {
        Self::from_nanoseconds(i128::from(value) * SECOND)
    }

    pub fn milliseconds(self) -> i64 {
        narrow(self.0.div_euclid(1_000_000))
    }

    pub fn seconds(self) -> i64 {
        narrow(self.0.div_euclid(SECOND))
    }

    pub fn plus(self, duration: Duration) -> Option<Self> {
        Self::from_nanoseconds(self.0.checked_add(duration.0)?)
    }

    pub fn minus(self, duration: Duration) -> Option<Self> {
        Self::from_nanoseconds(self.0.checked_sub(duration.0)?)
    }

    pub fn since(self, earlier: Self) -> Option<Duration> {
        Duration::from_nanoseconds(self.0.checked_sub(earlier.0)?)
    }

    /// RFC 3339: `2024-01-31T10:20:30.5Z`, `2024-01-31T10:20:30+02:00`.
    pub fn parse(text: &str) -> Option<Self> {
        let bytes = text.as_bytes();
        let number = |from: usize, to: usize| -> Option<i64> {
            let digits = bytes.get(from..to)?;
            digits
                .iter()
                .all(u8::is_ascii_digit)
                .then(|| digits.iter().fold(0_i64, |value, digit| value * 10 + i64::from(digit - b'0')))
        };
        let is = |at: usize, expected: &[u8]| bytes.get(at).is_some_and(|byte| expected.contains(byte));
        if !(is(4, b"-") && is(7, b"-") && is(10, b"Tt") && is(13, b":") && is(16, b":")) {
            return None;
        }
        let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
        let (hours, minutes, seconds) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
        let valid = (1..=12).contains(&month)
            && (1..=days_of_month(year, month)).contains(&day)
            && hours < 24
            && minutes < 60
            && seconds < 60;
        if !valid {
            return None;
        }
        let mut rest = text.get(19..)?;
        let mut nanoseconds = 0;
        if let Some(fraction) = rest.strip_prefix('.') {
            let end = fraction.find(|c: char| !c.is_ascii_digit())?;
            if end == 0 || end > 9 {
                return None;
            }
            nanoseconds = fraction[..end].parse::<i128>().ok()? * 10_i128.pow(9 - u32::try_from(end).ok()?);
            rest = &fraction[end..];
        }
        let offset = if rest == "Z" || rest == "z" { 0 } else { offset_seconds(rest)? };
        let seconds =
            days_from_civil(year, month, day) * DAY_SECONDS + hours * 3600 + minutes * 60 + seconds - offset;
        Self::from_nanoseconds(i128::from(seconds) * SECOND + nanoseconds)
    }

    /// RFC 3339 in UTC, with as many digits of the fraction as needed.
    pub fn format(self) -> String {
        let parts = self.civil(0);
        let fraction = fraction_text(self.0.rem_euclid(SECOND));
        format!(
            "{:04}-{:02}-{:02}T{:02}:{:02}:{:02}{fraction}Z",
            parts.year, parts.month, parts.day, parts.hours, parts.minutes, parts.seconds
        )
    }

    /// The parts in the zone that is so many seconds ahead of UTC.
    pub fn civil(self, offset: i64) -> Civil {
        let seconds = self.seconds() + offset;
        let days = seconds.div_euclid(DAY_SECONDS);
        let of_day = seconds.rem_euclid(DAY_SECONDS);
        let (year, month, day) = civil_from_days(days);
        Civil {
            year,
            month,
            day,
            day_of_year: days - days_from_civil(year, 1, 1),
            weekday: (days + 4).rem_euclid(7),
            hours: of_day / 3600,
            minutes: of_day / 60 % 60,
            seconds: of_day % 60,
            milliseconds: narrow(self.0.rem_euclid(SECOND) / 1_000_000),
        }
    }
}

impl Duration {
    pub fn from_nanoseconds(value: i128) -> Option<Self> {
        let limit = (SECONDS_MAX - SECONDS_MIN) * SECOND;
        (-limit..=limit).contains(&value).then_some(Self(value))
    }

    /// Go's form, as the language has it: `1h30m`, `-1.5s`, `250ms`, `0`.
    pub fn parse(text: &str) -> Option<Self> {
        let (negative, mut rest) = match text.strip_prefix('-') {
            Some(rest) => (true, rest),
            None => (false, text.strip_prefix('+').unwrap_or(text)),
        };
        if rest == "0" {
            return Some(Self(0));
        }
        if rest.is_empty() {
            return None;
        }
        let mut total: i128 = 0;
        while !rest.is_empty() {
            let end = rest.find(|c: char| !c.is_ascii_digit() && c != '.')?;
            let (whole, fraction) = rest[..end].split_once('.').unwrap_or((&rest[..end], ""));
            if whole.len() + fraction.len() == 0
                || whole.len() > 15
                || fraction.len() > 15
                || fraction.contains('.')
            {
                return None;
            }
            let (unit, size) = UNITS.into_iter().find(|(unit, _)| rest[end..].starts_with(unit))?;
            rest = &rest[end + unit.len()..];
            let whole: i128 = if whole.is_empty() { 0 } else { whole.parse().ok()? };
            total += whole * size;
            if !fraction.is_empty() {
                total +=
                    fraction.parse::<i128>().ok()? * size / 10_i128.pow(u32::try_from(fraction.len()).ok()?);
            }
            Self::from_nanoseconds(total)?;
        }
        Self::from_nanoseconds(if negative { -total } else { total })
    }

    /// Seconds with as many digits as needed: `5400s`, `-0.25s`.
    pub fn format(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let value = self.0.abs();
        format!("{sign}{}{}s", value / SECOND, fraction_text(value % SECOND))
    }

    pub fn plus(self, other: Self) -> Option<Self> {
        Self::from_nanoseconds(self.0 + other.0)
    }

    pub fn minus(self, other: Self) -> Option<Self> {
        Self::from_nanoseconds(self.0 - other.0)
    }

    pub fn hours(self) -> i64 {
        narrow(self.0 / (3600 * SECOND))
    }

    pub fn minutes(self) -> i64 {
        narrow(self.0 / (60 * SECOND))
    }

    pub fn seconds(self) -> i64 {
        narrow(self.0 / SECOND)
    }

    pub fn milliseconds(self) -> i64 {
        narrow(self.0 / 1_000_000)
    }
}

/// Seconds ahead of UTC of a zone: `UTC`, `+02:00`, `-03:30`, `02:00`. Names of places are not known.
pub fn zone_offset(zone: &str) -> Option<i64> {
    if matches!(zone, "UTC" | "Z" | "GMT" | "Etc/UTC") {
        return Some(0);
    }
    offset_seconds(zone).or_else(|| offset_seconds(&format!("+{zone}")))
}

fn offset_seconds(text: &str) -> Option<i64> {
    let sign = match text.as_bytes().first()? {
        b'+' => 1,
        b'-' => -1,
        _ => return None,
    };
    let (hours, minutes) = text[1..].split_once(':')?;
    let digits = |part: &str| part.len() == 2 && part.bytes().all(|byte| byte.is_ascii_digit());
    if !digits(hours) || !digits(minutes) {
        return None;
    }
    let (hours, minutes): (i64, i64) = (hours.parse().ok()?, minutes.parse().ok()?);
    (hours < 24 && minutes < 60).then_some(sign * (hours * 3600 + minutes * 60))
}

fn fraction_text(nanoseconds: i128) -> String {
    if nanoseconds == 0 {
        return String::new();
    }
    format!(".{nanoseconds:09}").trim_end_matches('0').to_owned()
}

/// All callers hold values whose seconds, and milliseconds, fit by the ranges above.
fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(i64::MAX)
}

fn days_of_month(year: i64, month: i64) -> i64 {
    let next =
        if month == 12 { days_from_civil(year + 1, 1, 1) } else { days_from_civil(year, month + 1, 1) };
    next - days_from_civil(year, month, 1)
}

/// Days since 1970-01-01 of a day of the Gregorian calendar. Years begin in March here, so that the
/// leap day is the last of its year.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let day_of_year = (153 * ((month + 9) % 12) + 2) / 5 + day - 1;
    year * 365 + year.div_euclid(4) - year.div_euclid(100) + year.div_euclid(400) + day_of_year - 719_468
}

fn civil_from_days(days: i64) -> (i64, i64, i64) {
    // A year estimated from the mean length is at most one off.
    let mut year = 1970 + days.div_euclid(365) - days.div_euclid(365 * 4 + 1).abs() / 365;
    while days_from_civil(year, 1, 1) > days {
        year -= 1;
    }
    while days_from_civil(year + 1, 1, 1) <= days {
        year += 1;
    }
    let mut month = 1;
    while month < 12 && days_from_civil(year, month + 1, 1) <= days {
        month += 1;
    }
    (year, month, days - days_from_civil(year, month, 1) + 1)
}
