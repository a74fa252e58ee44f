//! What backups are called.

use ketch_model::time::DateTime;

/// How names of backups that a superuser asks for begin, unless another name is given.
pub(super) const MANUAL: &str = "pb_backup_";
/// How names of scheduled backups begin; only these are ever removed to make room.
pub(super) const AUTOMATIC: &str = "@auto_pb_backup_";
/// Characters of the app's name that a backup's name takes over.
const APP_NAME_MAX: usize = 50;
const NAME_MAX: usize = 150;

/// A name from the app's and the moment.
pub(super) fn generated(prefix: &str, app_name: &str, now: DateTime) -> String {
    let mut app = snake_case(app_name);
    app.truncate(APP_NAME_MAX);
    let DateTime { year, month, day, hour, minute, second, .. } = now;
    format!("{prefix}{app}_{year:04}{month:02}{day:02}{hour:02}{minute:02}{second:02}.zip")
}

/// What may be wrong with a name that somebody chose.
pub(super) enum BadName {
    Length { max: usize },
    Format,
}

/// Checks a name as the original does: `[a-z0-9_-]+.zip`, at most 150 characters.
pub(super) fn check(name: &str) -> Result<(), BadName> {
    if name.chars().count() > NAME_MAX {
        return Err(BadName::Length { max: NAME_MAX });
    }
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || matches!(c, b'_' | b'-');
    match name.strip_suffix(".zip") {
        Some(stem) if !stem.is_empty() && stem.bytes().all(allowed) => Ok(()),
        _ => Err(BadName::Format),
    }
}

/// ASCII letters and digits in lower case, words joined by `_`.
fn snake_case(text: &str) -> String {
    let mut snake = String::with_capacity(text.len() + 8);
    let mut before: Option<char> = None;
    for c in text.chars() {
        if !c.is_ascii_alphanumeric() {
            before = None;
            continue;
        }
        let starts_word = before.is_none_or(|before| c.is_ascii_uppercase() && !before.is_ascii_uppercase());
        if starts_word && !snake.is_empty() {
            snake.push('_');
        }
        snake.push(c.to_ascii_lowercase());
        before = Some(c);
    }
    snake
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_as_the_original_makes_them() {
        let now = DateTime::from_text("2026-11-22 02:03:04.567Z").expect("a moment");
        for (app, expected) in [
            ("My App 2", "my_app_2"),
            ("  x--y  ", "x_y"),
            ("äöü App", "app"),
            ("HTTPServer", "httpserver"),
            ("camelCaseApp", "camel_case_app"),
            ("a.b_c-d", "a_b_c_d"),
            ("1st", "1st"),
            ("日本", ""),
        ] {
            assert_eq!(generated(MANUAL, app, now), format!("pb_backup_{expected}_20261122020304.zip"));
        }
        let long = generated(AUTOMATIC, &"x".repeat(80), now);
        assert_eq!(long, format!("@auto_pb_backup_{}_20261122020304.zip", "x".repeat(50)));
    }

    #[test]
    fn chosen_names() {
        assert!(check("a-b_9.zip").is_ok());
        for name in ["", ".zip", "a", "A.zip", "a b.zip", "../x.zip", "@auto.zip", "a.zip.zip", "ä.zip"] {
            assert!(matches!(check(name), Err(BadName::Format)), "{name}");
        }
        assert!(check(&format!("{}.zip", "a".repeat(146))).is_ok());
        assert!(matches!(check(&format!("{}.zip", "a".repeat(147))), Err(BadName::Length { max: 150 })));
    }
}
