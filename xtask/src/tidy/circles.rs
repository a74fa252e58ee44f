//! Circles between the modules right below the roof (`lib.rs`) of one crate.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::scan::Facts;

/// One scanned source file of a crate.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    /// Module path from the root of the crate; empty for the roof.
    pub(crate) module: Vec<String>,
    pub(crate) facts: Facts,
}

/// For each module the modules that it names, with the first place where it does.
type Arrows<'a> = BTreeMap<&'a str, BTreeMap<&'a str, String>>;

pub(crate) fn check(room: &str, sources: &[Source]) -> Vec<String> {
    let arrows = arrows(sources);
    let mut told = BTreeSet::new();
    let mut findings = Vec::new();
    for start in arrows.keys() {
        if told.contains(start) {
            continue;
        }
        if let Some(circle) = circle_through(start, &arrows) {
            told.extend(circle.iter().copied());
            let steps: Vec<String> = circle
                .iter()
                .zip(circle.iter().cycle().skip(1))
                .map(|(from, to)| format!("    {from} → {to} at {}", arrows[from][to]))
                .collect();
            findings.push(format!("`{room}`: modules in a circle:\n{}", steps.join("\n")));
        }
    }
    findings
}

fn arrows(sources: &[Source]) -> Arrows<'_> {
    let modules: BTreeSet<&str> =
        sources.iter().filter_map(|source| source.module.first()).map(String::as_str).collect();
    // `crate::Error`, passed on by the roof, belongs to the module that it comes from.
    let passed_on: BTreeMap<&str, &str> = sources
        .iter()
        .filter(|source| source.module.is_empty())
        .flat_map(|roof| &roof.facts.imports)
        .filter_map(|(path, name)| Some((name.as_str(), *modules.get(path.first()?.as_str())?)))
        .collect();

    let mut arrows = Arrows::new();
    for source in sources {
        let Some(from) = source.module.first() else { continue };
        for found in &source.facts.paths {
            let Some(first) = found.what.first() else { continue };
            let to = modules.get(first.as_str()).copied().or_else(|| passed_on.get(first.as_str()).copied());
            if let Some(to) = to.filter(|to| to != from) {
                let place = || format!("{}:{}", source.path, found.line);
                arrows.entry(from).or_default().entry(to).or_insert_with(place);
            }
        }
    }
    arrows
}

/// The shortest way from `start` back to itself.
fn circle_through<'a>(start: &'a str, arrows: &Arrows<'a>) -> Option<Vec<&'a str>> {
    let mut came_from: BTreeMap<&str, &str> = BTreeMap::new();
    let mut queue = VecDeque::from([start]);
    while let Some(module) = queue.pop_front() {
        for &next in arrows.get(module).into_iter().flat_map(BTreeMap::keys) {
            if next == start {
                let mut circle = vec![module];
                while let Some(&before) = came_from.get(circle[circle.len() - 1]) {
                    circle.push(before);
                }
                circle.reverse();
                return Some(circle);
            }
            if !came_from.contains_key(next) {
                came_from.insert(next, module);
                queue.push_back(next);
            }
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::super::scan::scan;
    use super::*;

    fn found(files: &[(&str, &str)]) -> Vec<String> {
        let source = |(module, text): &(&str, &str)| {
            let module: Vec<String> =
                module.split("::").filter(|part| !part.is_empty()).map(str::to_owned).collect();
            let facts = scan(text, &module).expect("source");
            Source { path: format!("{}.rs", module.join("/")), module, facts }
        };
        check("room", &files.iter().map(source).collect::<Vec<_>>())
    }

    #[test]
    fn layers_have_no_circle() {
        let files = [
            ("", "mod a; mod b; mod c; use a::A; fn f() { crate::c::C }"),
            ("a", "use crate::b::B; use super::c::C; use crate::f;"),
            ("b", "use crate::c::C;"),
            ("c", "use self::d::D;"),
            ("c::d", "use super::C; use crate::c::E;"),
        ];
        assert_eq!(found(&files), Vec::<String>::new());
    }

    #[test]
    fn a_circle_is_told_once_with_its_places() {
        let files = [
            ("a", "use crate::b;"),
            ("b::inner", "\nfn f(x: crate::c::C) {}"),
            ("c", "use super::a::A;"),
            ("d", "use crate::a;"),
        ];
        let expected = "`room`: modules in a circle:\n    a → b at a.rs:1\n    b → c at b/inner.rs:2\n    c → a at c.rs:1";
        assert_eq!(found(&files), [expected]);
    }

    #[test]
    fn what_the_roof_passes_on_hides_no_circle() {
        let files = [
            ("", "mod error; mod ids; pub use error::{Error, Kind};"),
            ("error", "use crate::ids;"),
            ("ids", "use crate::Error;"),
        ];
        assert_eq!(found(&files).len(), 1);
    }

    #[test]
    fn two_circles_are_both_told() {
        let files =
            [("a", "use crate::b;"), ("b", "use crate::a;"), ("c", "use crate::d;"), ("d", "use crate::c;")];
        assert_eq!(found(&files).len(), 2);
    }
}
