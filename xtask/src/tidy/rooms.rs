//! What is checked file by file: sizes everywhere; in rooms also SQL, printing, the crate document,
//! and circles between modules.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use super::circles::{self, Source};
use super::layers::{Check, Layers, matches_any};
use super::scan::scan;
use super::sql::is_sql;
use super::walk;

const FOLDERS: &[&str] = &["benches", "clients", "crates", "fuzz", "tests", "xtask"];
const ENDINGS: &[&str] = &["py", "rs", "svelte", "ts"];
const PRINTS: &[&str] = &["eprint", "eprintln", "print", "println"];

/// Findings that an exception may excuse, and which exceptions did.
struct Ledger<'a> {
    layers: &'a Layers,
    findings: Vec<String>,
    used: BTreeSet<(String, &'static str)>,
}

impl Ledger<'_> {
    fn find(&mut self, check: Check, path: &str, finding: impl FnOnce() -> String) {
        if self.layers.excuses(check, path) {
            self.used.insert((path.to_owned(), name_of(check)));
        } else {
            self.findings.push(finding());
        }
    }

    /// An exception that excuses nothing any more only hides what comes later.
    fn close(mut self) -> Vec<String> {
        for exception in &self.layers.exceptions {
            let check = name_of(exception.check);
            if !self.used.contains(&(exception.path.clone(), check)) {
                self.findings.push(format!(
                    "layers.toml: drop the `{check}` exception for {}: it needs none",
                    exception.path
                ));
            }
        }
        self.findings
    }
}

fn name_of(check: Check) -> &'static str {
    match check {
        Check::Lines => "lines",
        Check::Sql => "sql",
        Check::Print => "print",
    }
}

pub(crate) fn check(root: &Path, layers: &Layers) -> Result<Vec<String>, String> {
    let mut ledger = Ledger { layers, findings: Vec::new(), used: BTreeSet::new() };
    let mut rooms: BTreeMap<String, Vec<Source>> = BTreeMap::new();
    for folder in FOLDERS {
        for path in walk::files(root, folder, ENDINGS)? {
            let text = fs::read_to_string(root.join(&path)).map_err(|error| format!("{path}: {error}"))?;
            check_length(&path, &text, &mut ledger);
            if let Some((room, module)) = place(&path) {
                let facts = scan(&text, &module).map_err(|error| format!("{path}:{error}"))?;
                if path.ends_with("/src/lib.rs") && !text.trim_start().starts_with("//!") {
                    ledger.findings.push(format!("{path}: opens without `//!`: say what the crate is"));
                }
                rooms.entry(room).or_default().push(Source { path, module, facts });
            }
        }
    }
    for (room, mut sources) in rooms {
        drop_tests(&mut sources);
        sources.iter().for_each(|source| check_words(&room, source, &mut ledger));
        ledger.findings.extend(circles::check(&room, &sources));
    }
    Ok(ledger.close())
}

/// The rooms that do not stand in `crates/`.
const ELSEWHERE: &[(&str, &str)] = &[("clients/rust/src/", "client"), ("clients/python/src/", "python")];

/// The room and module of a source file of a room; nothing for other files.
fn place(path: &str) -> Option<(String, Vec<String>)> {
    let elsewhere = ELSEWHERE.iter().find_map(|(folder, room)| Some((*room, path.strip_prefix(folder)?)));
    let (room, inside) = elsewhere.or_else(|| path.strip_prefix("crates/")?.split_once("/src/"))?;
    let mut module: Vec<String> = inside.strip_suffix(".rs")?.split('/').map(str::to_owned).collect();
    let is_roof = matches!(
        module.iter().map(String::as_str).collect::<Vec<_>>().as_slice(),
        ["lib" | "main"] | ["bin", ..]
    );
    if is_roof {
        module.clear();
    } else if module.last().is_some_and(|last| last == "mod") {
        module.pop();
    }
    Some((room.to_owned(), module))
}

/// Leaves out the modules that exist for tests only, with all below them.
fn drop_tests(sources: &mut Vec<Source>) {
    let tests: Vec<Vec<String>> =
        sources.iter().flat_map(|source| source.facts.test_modules.clone()).collect();
    sources
        .retain(|source| !source.facts.is_test && !tests.iter().any(|test| source.module.starts_with(test)));
}

fn check_length(path: &str, text: &str, ledger: &mut Ledger<'_>) {
    let (lines, most) = (text.lines().count(), ledger.layers.lines_max);
    if lines > most {
        ledger.find(Check::Lines, path, || {
            format!("{path}: {lines} lines, more than {most}: split it by topic")
        });
    }
}

fn check_words(room: &str, source: &Source, ledger: &mut Ledger<'_>) {
    let path = &source.path;
    if !matches_any(&ledger.layers.sql, room) {
        for found in source.facts.strings.iter().filter(|found| is_sql(&found.what)) {
            ledger.find(Check::Sql, path, || format!("{path}:{}: SQL outside store*", found.line));
        }
    }
    if !matches_any(&ledger.layers.print, room) {
        for found in source.facts.macros.iter().filter(|found| PRINTS.contains(&found.what.as_str())) {
            ledger.find(Check::Print, path, || {
                format!("{path}:{}: `{}!`: use tracing", found.line, found.what)
            });
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LAYERS: &str = "
        lines_max = 5
        sql = ['store*']
        print = ['ketch']
        crates = {}
        external = {}
    ";

    /// Writes `files` to a folder and checks it.
    fn found(files: &[(&str, &str)], exceptions: &str) -> Vec<String> {
        let root = tempfile::tempdir().expect("folder");
        for (path, text) in files {
            let path = root.path().join(path);
            fs::create_dir_all(path.parent().expect("a folder around")).expect("folder");
            fs::write(path, text).expect("file");
        }
        let layers = Layers::parse(&format!("{LAYERS}{exceptions}")).expect("layers");
        check(root.path(), &layers).expect("checked")
    }

    const PRINTING: &str = "fn f() { println!(\"x\") }";
    const SQL: &str = "fn f() { run(\"SELECT a FROM b\") }";

    #[test]
    fn words_have_their_rooms() {
        let files = [
            ("crates/ketch/src/main.rs", PRINTING),
            ("crates/store-sqlite/src/rows.rs", SQL),
            ("crates/auth/src/a.rs", PRINTING),
            ("crates/auth/src/b.rs", SQL),
            ("crates/auth/tests/c.rs", SQL),
            ("xtask/src/main.rs", PRINTING),
        ];
        let expected =
            ["crates/auth/src/a.rs:1: `println!`: use tracing", "crates/auth/src/b.rs:1: SQL outside store*"];
        assert_eq!(found(&files, ""), expected);
    }

    #[test]
    fn modules_for_tests_may_do_as_they_like() {
        let files = [
            ("crates/auth/src/a/mod.rs", "#[cfg(test)] mod tests;"),
            ("crates/auth/src/a/tests.rs", PRINTING),
            ("crates/auth/src/a/tests/deep.rs", SQL),
        ];
        assert_eq!(found(&files, ""), Vec::<String>::new());
    }

    #[test]
    fn a_crate_says_what_it_is() {
        let files =
            [("crates/a/src/lib.rs", "pub mod x;"), ("crates/b/src/lib.rs", "\n//! The b.\npub mod x;")];
        assert_eq!(found(&files, ""), ["crates/a/src/lib.rs: opens without `//!`: say what the crate is"]);
    }

    #[test]
    fn long_files_need_an_exception_and_exceptions_a_long_file() {
        let files = [("tests/a.py", "1\n2\n3\n4\n5\n6\n"), ("tests/node_modules/b.ts", "1\n2\n3\n4\n5\n6\n")];
        assert_eq!(found(&files, ""), ["tests/a.py: 6 lines, more than 5: split it by topic"]);
        let excused = "[[exceptions]]\ncheck = 'lines'\npath = 'tests/a.py'\nreason = 'a table'";
        assert_eq!(found(&files, excused), Vec::<String>::new());
        let stale = "[[exceptions]]\ncheck = 'lines'\npath = 'tests/b.py'\nreason = 'a table'";
        assert_eq!(
            found(&files[1..], stale),
            ["layers.toml: drop the `lines` exception for tests/b.py: it needs none"]
        );
    }

    #[test]
    fn circles_are_found_in_files() {
        let files = [
            ("crates/a/src/lib.rs", "//! A."),
            ("crates/a/src/x/mod.rs", "use crate::y::Y;"),
            ("crates/a/src/y.rs", "use super::x::X;"),
            ("crates/b/src/y.rs", "use super::x::X;"),
        ];
        let found = found(&files, "");
        assert_eq!(found.len(), 1);
        assert!(found[0].contains("x → y at crates/a/src/x/mod.rs:1"), "{found:?}");
    }

    #[test]
    fn modules_are_named_by_their_files() {
        let module = |path| place(path).map(|(room, module)| format!("{room}:{}", module.join("::")));
        assert_eq!(module("crates/a/src/lib.rs").as_deref(), Some("a:"));
        assert_eq!(module("crates/a/src/b/mod.rs").as_deref(), Some("a:b"));
        assert_eq!(module("crates/a/src/b/c.rs").as_deref(), Some("a:b::c"));
        assert_eq!(module("crates/a/src/bin/c.rs").as_deref(), Some("a:"));
        assert_eq!(module("clients/rust/src/b/c.rs").as_deref(), Some("client:b::c"));
        assert_eq!(module("clients/rust/tests/c.rs"), None);
        assert_eq!(module("crates/a/tests/c.rs"), None);
        assert_eq!(module("crates/dashboard/ui/src/x.ts"), None);
    }
}
