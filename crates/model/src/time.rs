//! Moments: UTC with milliseconds, as texts that sort.

pub mod instant;
mod layout;

use std::time::{SystemTime, UNIX_EPOCH};

/// A moment of the proleptic Gregorian calendar in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct DateTime {
    pub year: i32,
    /// 1 to 12.
    pub month: u8,
    /// 1 to 31.
    pub day: u8,
    pub hour: u8,
    pub minute: u8,
    pub second: u8,
    pub millisecond: u16,
}

const MILLISECONDS_A_DAY: i64 = 86_400_000;

impl DateTime {
    /// From milliseconds since 1970.
    pub fn from_unix_milliseconds(milliseconds: i64) -> Self {
        let days = milliseconds.div_euclid(MILLISECONDS_A_DAY);
        let rest = milliseconds.rem_euclid(MILLISECONDS_A_DAY);
        let (year, month, day) = civil_from_days(days);
        Self {
            year,
            month,
            day,
            hour: (rest / 3_600_000) as u8,
            minute: (rest / 60_000 % 60) as u8,
            second: (rest / 1000 % 60) as u8,
            millisecond: (rest % 1000) as u16,
        }
    }

    /// Milliseconds since 1970.
    pub fn unix_milliseconds(&self) -> i64 {
        let days = days_from_civil(self.year, self.month, self.day);
        let seconds = i64::from(self.hour) * 3600 + i64::from(self.minute) * 60 + i64::from(self.second);
        days * MILLISECONDS_A_DAY + seconds * 1000 + i64::from(self.millisecond)
    }

    /// 0 is Sunday.
    pub fn weekday(&self) -> u8 {
        (days_from_civil(self.year, self.month, self.day) + 4).rem_euclid(7) as u8
    }

    /// 1 is the first of January.
    pub fn day_of_year(&self) -> u16 {
        let first = days_from_civil(self.year, 1, 1);
        (days_from_civil(self.year, self.month, self.day) - first + 1) as u16
    }

    /// `YYYY-MM-DD HH:MM:SS.mmmZ`.
    pub fn to_text(&self) -> String {
        let sign = if self.year < 0 { "-" } else { "" };
        format!(
            "{sign}{:04}-{:02}-{:02} {:02}:{:02}:{:02}.{:03}Z",
            self.year.unsigned_abs(),
            self.month,
            self.day,
            self.hour,
            self.minute,
            self.second,
            self.millisecond
        )
    }

    /// Reads the normalised form.
    pub fn from_text(text: &str) -> Option<Self> {
        if !is_normalized(text) {
            return None;
        }
        let part = |from: usize, to: usize| text.get(from..to)?.parse::<u16>().ok();
        let moment = Self {
            year: i32::from(part(0, 4)?),
            month: part(5, 7)? as u8,
            day: part(8, 10)? as u8,
            hour: part(11, 13)? as u8,
            minute: part(14, 16)? as u8,
            second: part(17, 19)? as u8,
            millisecond: part(20, 23)?,
        };
        Some(moment)
    }
}

/// Days since 1970 of a date.
pub(crate) fn days_from_civil(year: i32, month: u8, day: u8) -> i64 {
    // Years that begin in March end with the leap day.
    let year = i64::from(year) - i64::from(month <= 2);
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * ((i64::from(month) + 9) % 12) + 2) / 5 + i64::from(day) - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// The date of days since 1970.
fn civil_from_days(days: i64) -> (i32, u8, u8) {
    let days = days + 719_468;
    let era = days.div_euclid(146_097);
    let day_of_era = days.rem_euclid(146_097);
    let year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let month_from_march = (5 * day_of_year + 2) / 153;
    let day = (day_of_year - (153 * month_from_march + 2) / 5 + 1) as u8;
    let month = ((month_from_march + 2) % 12 + 1) as u8;
    let year = year_of_era + era * 400 + i64::from(month <= 2);
    (year as i32, month, day)
}

/// The days of a month.
pub(crate) fn days_in_month(year: i32, month: u8) -> u8 {
    match month {
        2 if year % 4 == 0 && (year % 100 != 0 || year % 400 == 0) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

/// This moment.
pub fn now_utc() -> DateTime {
    DateTime::from_unix_milliseconds(unix_milliseconds())
}

/// This moment in the normalised form.
pub fn now() -> String {
    now_utc().to_text()
}

/// Milliseconds since 1970.
pub fn unix_milliseconds() -> i64 {
    match SystemTime::now().duration_since(UNIX_EPOCH) {
        Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
        // A clock before 1970 is wrong, but no reason to stop.
        Err(_) => 0,
    }
}

/// Seconds since 1970.
pub fn unix_seconds() -> i64 {
    unix_milliseconds() / 1000
}

/// Whether the text is in the normalised form, `YYYY-MM-DD HH:MM:SS.mmmZ`.
pub fn is_normalized(text: &str) -> bool {
    const SHAPE: &[u8; 24] = b"0000-00-00 00:00:00.000Z";
    let bytes = text.as_bytes();
    if bytes.len() != SHAPE.len() {
        return false;
    }
    let fits = bytes.iter().zip(SHAPE).all(|(byte, shape)| match shape {
        b'0' => byte.is_ascii_digit(),
        other => byte == other,
    });
    let pair = |at: usize| (bytes[at] - b'0') * 10 + (bytes[at + 1] - b'0');
    fits && text != ZERO && {
        let year = i32::from(pair(0)) * 100 + i32::from(pair(2));
        let (month, day) = (pair(5), pair(8));
        (1..=12).contains(&month)
            && (1..=days_in_month(year, month)).contains(&day)
            && pair(11) < 24
            && pair(14) < 60
            && pair(17) < 60
    }
}

/// The moment that counts as no moment.
const ZERO: &str = "0001-01-01 00:00:00.000Z";

/// The normalised form of a date text in one of the accepted layouts, in UTC; empty if it is none.
pub fn parse_date(text: &str) -> String {
    if text.is_empty() || is_normalized(text) {
        return text.to_owned();
    }
    match layout::parse(text) {
        Some(moment) => Some(moment.to_text()).filter(|text| text != ZERO).unwrap_or_default(),
        None => String::new(),
    }
}

/// A normalised date as messages print it: `2024-01-01 00:00:00 +0000 UTC`, with a fraction if there is one.
pub fn long_form(normalized: &str) -> String {
    match normalized.split_at_checked(19) {
        Some((seconds, fraction)) => format!("{seconds}{} +0000 UTC", short_fraction(fraction)),
        None => String::new(),
    }
}

/// A normalised date in RFC 3339: `2024-01-01T00:00:00Z`, with a fraction if there is one.
pub fn rfc3339(normalized: &str) -> String {
    match normalized.split_at_checked(19) {
        Some((seconds, fraction)) => {
            format!("{}{}Z", seconds.replacen(' ', "T", 1), short_fraction(fraction))
        }
        None => String::new(),
    }
}

/// `.120Z` to `.12`, `.000Z` to nothing.
fn short_fraction(fraction: &str) -> &str {
    fraction.trim_end_matches('Z').trim_end_matches('0').trim_end_matches('.')
}

#[cfg(test)]
mod tests;
