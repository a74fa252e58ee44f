//! `layers.toml`: the floors of the house, who may use whom, and the exceptions with reasons.

use std::collections::BTreeMap;

use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Layers {
    /// A source file with more lines than this is a finding.
    pub(crate) lines_max: usize,
    /// Rooms whose string literals may hold SQL.
    pub(crate) sql: Vec<String>,
    /// Rooms that may print to the terminal.
    pub(crate) print: Vec<String>,
    pub(crate) crates: BTreeMap<String, Room>,
    /// Packages from outside, each with the rooms that may depend on it.
    pub(crate) external: BTreeMap<String, Vec<String>>,
    #[serde(default)]
    pub(crate) exceptions: Vec<Exception>,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Room {
    pub(crate) floor: u32,
    pub(crate) uses: Vec<String>,
    /// Crates and packages that only its tests use: a driver to run against.
    #[serde(default)]
    pub(crate) tests: Vec<String>,
    /// Not built yet.
    #[serde(default)]
    pub(crate) planned: bool,
}

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Exception {
    pub(crate) check: Check,
    /// From the root of the repository.
    pub(crate) path: String,
    pub(crate) reason: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(crate) enum Check {
    Lines,
    Sql,
    Print,
}

impl Layers {
    pub(crate) fn parse(text: &str) -> Result<Self, String> {
        toml::from_str(text).map_err(|error| format!("layers.toml: {error}"))
    }

    /// What is wrong in the file itself.
    pub(crate) fn check(&self) -> Vec<String> {
        let mut findings = Vec::new();
        for (name, room) in &self.crates {
            for used in &room.uses {
                match self.crates.get(used) {
                    None => {
                        findings.push(format!("layers.toml: `{name}` uses `{used}`, which is not listed"))
                    }
                    Some(below) if below.floor >= room.floor => findings.push(format!(
                        "layers.toml: `{name}` (floor {}) uses `{used}` (floor {}): arrows go down only",
                        room.floor, below.floor
                    )),
                    Some(_) => {}
                }
            }
        }
        for exception in self.exceptions.iter().filter(|exception| exception.reason.trim().is_empty()) {
            findings.push(format!("layers.toml: the exception for {} needs a reason", exception.path));
        }
        findings
    }

    pub(crate) fn excuses(&self, check: Check, path: &str) -> bool {
        self.exceptions.iter().any(|exception| exception.check == check && exception.path == path)
    }
}

/// Whether `name` is one of `patterns`; a pattern may end in `*`.
pub(crate) fn matches_any(patterns: &[String], name: &str) -> bool {
    patterns.iter().any(|pattern| match pattern.strip_suffix('*') {
        Some(start) => name.starts_with(start),
        None => pattern == name,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layers(crates: &str) -> Layers {
        let head = "lines_max = 700\nsql = []\nprint = []\nexternal = {}\n";
        Layers::parse(&format!("{head}{crates}")).expect("layers")
    }

    #[test]
    fn arrows_in_the_file_must_go_down() {
        let found = layers(
            "[crates.a]\nfloor = 0\nuses = []\n[crates.b]\nfloor = 1\nuses = ['a', 'c', 'x']\n[crates.c]\nfloor = 1\nuses = []",
        )
        .check();
        assert_eq!(found.len(), 2, "{found:?}");
        assert!(found[0].contains("`b` (floor 1) uses `c` (floor 1)"));
        assert!(found[1].contains("`x`, which is not listed"));
    }

    #[test]
    fn an_exception_needs_a_reason() {
        let found = layers("[crates]\n[[exceptions]]\ncheck = 'lines'\npath = 'a.rs'\nreason = ' '").check();
        assert_eq!(found, ["layers.toml: the exception for a.rs needs a reason"]);
    }

    #[test]
    fn a_misspelt_key_is_an_error() {
        assert!(Layers::parse("lines_maximum = 3").is_err());
    }

    #[test]
    fn patterns_may_end_in_a_star() {
        let patterns = ["web".to_owned(), "api-*".to_owned()];
        assert!(matches_any(&patterns, "web") && matches_any(&patterns, "api-instant"));
        assert!(!matches_any(&patterns, "webs") && !matches_any(&patterns, "app"));
    }
}
