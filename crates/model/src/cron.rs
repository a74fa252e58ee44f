//! Cron expressions: five segments in UTC, at the resolution of a minute.

/// The moments that an expression names.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Schedule {
    minutes: u64,
    hours: u64,
    days: u64,
    months: u64,
    weekdays: u64,
}

/// A minute of a day in UTC.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Moment {
    pub minute: u8,
    pub hour: u8,
    /// From 1.
    pub day: u8,
    /// From 1.
    pub month: u8,
    /// Sunday is 0.
    pub weekday: u8,
}

const MACROS: &[(&str, &str)] = &[
    ("@yearly", "0 0 1 1 *"),
    ("@annually", "0 0 1 1 *"),
    ("@monthly", "0 0 1 * *"),
    ("@weekly", "0 0 * * 0"),
    ("@daily", "0 0 * * *"),
    ("@midnight", "0 0 * * *"),
    ("@hourly", "0 * * * *"),
];

impl Schedule {
    /// Reads five segments (`*`, numbers, lists, ranges, steps) or a macro (`@daily`).
    ///
    /// # Errors
    /// One sentence for whoever wrote the expression.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = MACROS.iter().find(|(name, _)| *name == text).map_or(text, |(_, meaning)| meaning);
        let segments: Vec<&str> = text.split(' ').collect();
        let [minutes, hours, days, months, weekdays] = segments[..] else {
            return Err(
                "invalid cron expression - must be a valid macro or to have exactly 5 space separated segments"
                    .to_owned(),
            );
        };
        Ok(Self {
            minutes: segment(minutes, 0, 59)?,
            hours: segment(hours, 0, 23)?,
            days: segment(days, 1, 31)?,
            months: segment(months, 1, 12)?,
            weekdays: segment(weekdays, 0, 6)?,
        })
    }

    pub fn is_due(&self, moment: Moment) -> bool {
        let has = |set: u64, number: u8| set & (1 << number) != 0;
        has(self.minutes, moment.minute)
            && has(self.hours, moment.hour)
            && has(self.days, moment.day)
            && has(self.months, moment.month)
            && has(self.weekdays, moment.weekday)
    }
}

/// The numbers that a segment names, one bit each.
fn segment(text: &str, min: u32, max: u32) -> Result<u64, String> {
    let mut set = 0;
    for item in text.split(',') {
        set |= match item.split_once('/') {
            None => range(item, min, max, None)?,
            Some((range_text, step)) => {
                if step.contains('/') {
                    return Err(
                        "invalid segment step format - must be in the format */n or 1-30/n".to_owned()
                    );
                }
                let step = number(step)?;
                if !(1..=i64::from(max)).contains(&step) {
                    return Err(format!(
                        "invalid segment step boundary - the step must be between 1 and the {max}"
                    ));
                }
                range(range_text, min, max, u32::try_from(step).ok())?
            }
        };
    }
    Ok(set)
}

fn range(text: &str, min: u32, max: u32, step: Option<u32>) -> Result<u64, String> {
    let step = step.unwrap_or(1);
    let (first, last) = if text == "*" {
        (min, max)
    } else {
        let parts: Vec<&str> = text.split('-').collect();
        match parts[..] {
            [single] => {
                if step != 1 {
                    return Err(
                        "invalid segment step - step > 1 could be used only with the wildcard or range format"
                            .to_owned(),
                    );
                }
                let single = bounded(number(single)?, min, max)
                    .ok_or("invalid segment value - must be between the min and max of the segment")?;
                (single, single)
            }
            [first, last] => {
                let first = bounded(number(first)?, min, max).ok_or_else(|| {
                    format!("invalid segment range minimum - must be between {min} and {max}")
                })?;
                let last = bounded(number(last)?, first, max).ok_or_else(|| {
                    format!("invalid segment range maximum - must be between {first} and {max}")
                })?;
                (first, last)
            }
            _ => return Err("invalid segment range format - the range must have 1 or 2 parts".to_owned()),
        }
    };
    let steps = usize::try_from(step).unwrap_or(usize::MAX);
    Ok((first..=last).step_by(steps).fold(0, |set, number| set | 1 << number))
}

fn bounded(number: i64, min: u32, max: u32) -> Option<u32> {
    u32::try_from(number).ok().filter(|number| (min..=max).contains(number))
}

fn number(text: &str) -> Result<i64, String> {
    text.parse().map_err(|_| format!("strconv.Atoi: parsing {text:?}: invalid syntax"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn due(expression: &str, moment: (u8, u8, u8, u8, u8)) -> bool {
        let (minute, hour, day, month, weekday) = moment;
        Schedule::parse(expression).unwrap().is_due(Moment { minute, hour, day, month, weekday })
    }

    #[test]
    fn expressions() {
        assert!(due("* * * * *", (5, 4, 3, 2, 1)));
        assert!(due("*/10 0,4 * * *", (20, 4, 3, 2, 1)));
        assert!(!due("*/10 0,4 * * *", (21, 4, 3, 2, 1)));
        assert!(due("1-5/2 * * * *", (3, 0, 1, 1, 0)));
        assert!(!due("1-5/2 * * * *", (2, 0, 1, 1, 0)));
        assert!(due("@weekly", (0, 0, 9, 9, 0)));
        assert!(!due("@weekly", (0, 0, 9, 9, 1)));
        assert!(due("* * 31 12 6", (0, 0, 31, 12, 6)));
    }

    #[test]
    fn refusals_say_why() {
        for (expression, start) in [
            ("* * * *", "invalid cron expression"),
            ("@DAILY", "invalid cron expression"),
            ("60 * * * *", "invalid segment value"),
            ("* * 0 * *", "invalid segment value"),
            ("*/0 * * * *", "invalid segment step boundary - the step must be between 1 and the 59"),
            ("5-1 * * * *", "invalid segment range maximum - must be between 5 and 59"),
            ("5/2 * * * *", "invalid segment step - "),
            ("1-2-3 * * * *", "invalid segment range format"),
            ("1, * * * *", "strconv.Atoi: parsing \"\": invalid syntax"),
            ("a * * * *", "strconv.Atoi: parsing \"a\": invalid syntax"),
        ] {
            let error = Schedule::parse(expression).unwrap_err();
            assert!(error.starts_with(start), "{expression}: {error}");
        }
    }
}
