//! The stretches of days that statistics are asked for.

use ketch_model::time::DateTime;

pub(super) const MILLISECONDS_A_DAY: i64 = 86_400_000;

/// A stretch of whole days in UTC that ends today.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Range {
    /// Days since 1970; both are part of it.
    pub from: i64,
    pub to: i64,
}

impl Range {
    /// `today`, `7d`, `30d` or `90d`; anything else is seven days. `now` is in milliseconds since 1970.
    pub fn named(name: &str, now: i64) -> Self {
        let days = match name {
            "today" => 1,
            "30d" => 30,
            "90d" => 90,
            _ => 7,
        };
        let to = day_of(now);
        Self { from: to - days + 1, to }
    }
}

/// The day of a moment in milliseconds since 1970.
pub(super) fn day_of(milliseconds: i64) -> i64 {
    milliseconds.div_euclid(MILLISECONDS_A_DAY)
}

/// `YYYY-MM-DD`.
pub(super) fn date_text(day: i64) -> String {
    let mut text = DateTime::from_unix_milliseconds(day.saturating_mul(MILLISECONDS_A_DAY)).to_text();
    text.truncate(text.len() - 14);
    text
}

/// The day of `YYYY-MM-DD`, `None` for any other text.
pub(super) fn day_of_date(text: &str) -> Option<i64> {
    let moment = DateTime::from_text(&format!("{text} 00:00:00.000Z"))?;
    Some(day_of(moment.unix_milliseconds()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_and_dates() {
        let now = 20_000 * MILLISECONDS_A_DAY + 5;
        assert_eq!(Range::named("today", now), Range { from: 20_000, to: 20_000 });
        assert_eq!(Range::named("30d", now), Range { from: 19_971, to: 20_000 });
        assert_eq!(Range::named("since ever", now), Range::named("7d", now));
        assert_eq!(date_text(20_000), "2024-10-04");
        assert_eq!(day_of_date("2024-10-04"), Some(20_000));
        assert_eq!(day_of_date("2024-10-4"), None);
        assert_eq!(day_of_date("../../etc"), None);
    }
}
