//! Names that Apple tells once, to the page that people come back to.

use std::collections::HashMap;
use std::time::Duration;

use parking_lot::Mutex;
use tokio::time::Instant;

/// How long a name waits for the sign-in that it belongs to.
const KEPT: Duration = Duration::from_secs(60);
/// Names kept at a time: the page is open to everybody.
const NAMES_MAX: usize = 1000;
/// The longest name, in bytes.
const NAME_MAX: usize = 300;

/// Names by the code that came with them.
#[derive(Debug, Default)]
pub(crate) struct Names {
    by_code: Mutex<HashMap<String, (Instant, String)>>,
}

impl Names {
    pub fn keep(&self, code: &str, name: &str) {
        if code.is_empty() || name.is_empty() || name.len() > NAME_MAX {
            return;
        }
        let now = Instant::now();
        let mut by_code = self.by_code.lock();
        by_code.retain(|_, (since, _)| now.duration_since(*since) < KEPT);
        if by_code.len() < NAMES_MAX {
            by_code.insert(code.to_owned(), (now, name.to_owned()));
        }
    }

    /// Takes the name that came with a code; empty if there is none.
    pub fn take(&self, code: &str) -> String {
        match self.by_code.lock().remove(code) {
            Some((since, name)) if Instant::now().duration_since(since) < KEPT => name,
            _ => String::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_name_is_kept_for_a_minute_and_taken_once() {
        let names = Names::default();
        names.keep("a", "Ada");
        names.keep("b", "Bob");
        assert_eq!((names.take("a"), names.take("a")), ("Ada".to_owned(), String::new()));
        tokio::time::advance(KEPT).await;
        assert_eq!(names.take("b"), "");
        for number in 0..NAMES_MAX + 5 {
            names.keep(&number.to_string(), "x");
        }
        assert_eq!(names.by_code.lock().len(), NAMES_MAX);
    }
}
