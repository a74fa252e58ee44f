//! Arrows between crates: only down, only the listed ones; and who may use what from outside.

use std::collections::BTreeSet;

use super::layers::{Layers, matches_any};
use super::metadata::{Package, room_of};

pub(crate) fn check(layers: &Layers, packages: &[Package]) -> Vec<String> {
    let mut findings = Vec::new();
    let members: BTreeSet<&str> = packages.iter().map(|package| package.name.as_str()).collect();
    let built: BTreeSet<&str> = packages.iter().map(Package::room).collect();

    for (name, room) in &layers.crates {
        match (room.planned, built.contains(name.as_str())) {
            (true, true) => {
                findings.push(format!("layers.toml: `{name}` is built, so drop its `planned = true`"))
            }
            (false, false) => {
                findings.push(format!("layers.toml: `{name}` is listed but not in the workspace"))
            }
            _ => {}
        }
    }
    for package in packages {
        let name = package.room();
        let Some(room) = layers.crates.get(name) else {
            findings.push(format!("`{name}` has no floor: give it one in layers.toml"));
            continue;
        };
        for dependency in &package.dependencies {
            let kind =
                dependency.kind.as_deref().map(|kind| format!(" ({kind}-dependency)")).unwrap_or_default();
            let is_for_tests = dependency.kind.as_deref() == Some("dev");
            if is_for_tests && room.tests.iter().any(|allowed| allowed == room_of(&dependency.name)) {
                continue;
            }
            if members.contains(dependency.name.as_str()) {
                let used = room_of(&dependency.name);
                if !room.uses.iter().any(|allowed| allowed == used) {
                    findings.push(format!(
                        "`{name}` → `{used}`{kind}: not an arrow of layers.toml, where `{name}` (floor {}) uses {}. \
                         If the house is to change, change that file in a commit of its own",
                        room.floor,
                        if room.uses.is_empty() { "nothing".to_owned() } else { room.uses.join(", ") },
                    ));
                }
            } else if let Some(rooms) = layers.external.get(&dependency.name)
                && !matches_any(rooms, name)
            {
                findings.push(format!(
                    "`{name}` → `{}`{kind}: only for {}",
                    dependency.name,
                    rooms.join(", ")
                ));
            }
        }
    }
    findings
}

#[cfg(test)]
mod tests {
    use super::super::metadata::Dependency;
    use super::*;

    const LAYERS: &str = "
        lines_max = 700
        sql = []
        print = []
        [external]
        axum = ['web']
        [crates]
        model = { floor = 0, uses = [] }
        web = { floor = 1, uses = ['model'] }
        realtime = { floor = 1, uses = ['model'], planned = true }
    ";

    fn package(name: &str, dependencies: &[&str]) -> Package {
        let dependencies =
            dependencies.iter().map(|name| Dependency { name: (*name).to_owned(), kind: None }).collect();
        Package { name: name.to_owned(), dependencies }
    }

    fn found(packages: &[Package]) -> Vec<String> {
        check(&Layers::parse(LAYERS).expect("layers"), packages)
    }

    #[test]
    fn the_house_as_planned_has_no_findings() {
        let packages = [package("ketch-model", &["serde"]), package("ketch-web", &["ketch-model", "axum"])];
        assert_eq!(found(&packages), Vec::<String>::new());
    }

    #[test]
    fn an_arrow_up_is_found() {
        let found = found(&[package("ketch-model", &["ketch-web"]), package("ketch-web", &[])]);
        assert_eq!(found.len(), 1);
        assert!(found[0].starts_with("`model` → `web`: not an arrow"), "{found:?}");
    }

    #[test]
    fn so_is_an_arrow_that_only_tests_use() {
        let mut model = package("ketch-model", &["ketch-web"]);
        model.dependencies[0].kind = Some("dev".to_owned());
        let found = found(&[model, package("ketch-web", &[])]);
        assert!(found[0].starts_with("`model` → `web` (dev-dependency): not an arrow"), "{found:?}");
    }

    #[test]
    fn unless_the_room_lists_it_for_its_tests() {
        let text = LAYERS
            .replace("model = { floor = 0, uses = [] }", "model = { floor = 0, uses = [], tests = ['web'] }");
        let layers = Layers::parse(&text).expect("layers");
        let mut model = package("ketch-model", &["ketch-web"]);
        let web = || package("ketch-web", &[]);
        assert_eq!(check(&layers, &[package("ketch-model", &["ketch-web"]), web()]).len(), 1);
        model.dependencies[0].kind = Some("dev".to_owned());
        assert_eq!(check(&layers, &[model, web()]), Vec::<String>::new());
    }

    #[test]
    fn a_package_from_outside_has_its_rooms() {
        let found = found(&[package("ketch-model", &["axum"]), package("ketch-web", &[])]);
        assert_eq!(found, ["`model` → `axum`: only for web"]);
    }

    #[test]
    fn list_and_workspace_must_agree() {
        let found =
            found(&[package("ketch-model", &[]), package("ketch-realtime", &[]), package("ketch-new", &[])]);
        let expected = [
            "layers.toml: `realtime` is built, so drop its `planned = true`",
            "layers.toml: `web` is listed but not in the workspace",
            "`new` has no floor: give it one in layers.toml",
        ];
        assert_eq!(found, expected);
    }
}
