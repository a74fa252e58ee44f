//! `@now` and its kin: moments and their parts, in UTC.

use ketch_model::Cell;
use ketch_model::time::{DateTime, now_utc};

const DAY: i64 = 86_400_000;

/// The value of a macro at this moment, `None` if there is no such macro.
pub fn value(name: &str) -> Option<Cell> {
    name.starts_with('@').then(|| value_at(name, now_utc()))?
}

fn value_at(name: &str, now: DateTime) -> Option<Cell> {
    let moment = |moment: DateTime| Some(Cell::Text(moment.to_text()));
    let integer = |part: i64| Some(Cell::Integer(part));
    let shifted =
        |milliseconds: i64| DateTime::from_unix_milliseconds(now.unix_milliseconds() + milliseconds);
    let start_of_day = DateTime { hour: 0, minute: 0, second: 0, millisecond: 0, ..now };
    let end_of_day = DateTime { hour: 23, minute: 59, second: 59, millisecond: 999, ..now };
    match name {
        "@now" => moment(now),
        "@yesterday" => moment(shifted(-DAY)),
        "@tomorrow" => moment(shifted(DAY)),
        "@todayStart" => moment(start_of_day),
        "@todayEnd" => moment(end_of_day),
        "@monthStart" => moment(DateTime { day: 1, ..start_of_day }),
        "@monthEnd" => {
            let (year, month) = if now.month == 12 { (now.year + 1, 1) } else { (now.year, now.month + 1) };
            let next = DateTime { year, month, day: 1, ..start_of_day };
            moment(DateTime::from_unix_milliseconds(next.unix_milliseconds() - 1))
        }
        "@yearStart" => moment(DateTime { month: 1, day: 1, ..start_of_day }),
        "@yearEnd" => moment(DateTime { month: 12, day: 31, ..end_of_day }),
        "@second" => integer(now.second.into()),
        "@minute" => integer(now.minute.into()),
        "@hour" => integer(now.hour.into()),
        "@day" => integer(now.day.into()),
        "@month" => integer(now.month.into()),
        "@weekday" => integer(now.weekday().into()),
        "@year" => integer(now.year.into()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_and_parts() {
        let now = DateTime { year: 2024, month: 2, day: 29, hour: 13, minute: 5, second: 9, millisecond: 7 };
        let expected = [
            ("@now", "2024-02-29 13:05:09.007Z"),
            ("@yesterday", "2024-02-28 13:05:09.007Z"),
            ("@tomorrow", "2024-03-01 13:05:09.007Z"),
            ("@todayStart", "2024-02-29 00:00:00.000Z"),
            ("@todayEnd", "2024-02-29 23:59:59.999Z"),
            ("@monthStart", "2024-02-01 00:00:00.000Z"),
            ("@monthEnd", "2024-02-29 23:59:59.999Z"),
            ("@yearStart", "2024-01-01 00:00:00.000Z"),
            ("@yearEnd", "2024-12-31 23:59:59.999Z"),
        ];
        for (name, text) in expected {
            assert_eq!(value_at(name, now), Some(Cell::text(text)), "{name}");
        }
        for (name, integer) in [("@second", 9), ("@hour", 13), ("@weekday", 4), ("@year", 2024)] {
            assert_eq!(value_at(name, now), Some(Cell::Integer(integer)), "{name}");
        }
        let december = DateTime { month: 12, ..now };
        assert_eq!(value_at("@monthEnd", december), Some(Cell::text("2024-12-31 23:59:59.999Z")));
        assert_eq!(value_at("@nope", now), None);
        assert_eq!(value("now"), None);
    }
}
