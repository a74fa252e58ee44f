//! What the server says when it has started.

use std::collections::HashSet;
use std::path::Path;

use ketch_app::Identity;

use crate::console::say;

/// What the start tells besides addresses.
#[derive(Clone)]
pub(crate) struct Notes {
    /// How this program is called.
    pub(crate) program: String,
    // Files of the project that mean something to PocketBase and not to this server.
    pub(crate) hooks: Vec<String>,
    pub(crate) migrations: Vec<String>,
}

pub(crate) fn print(
    url: &str,
    data_dir: &Path,
    needs_superuser: bool,
    new: Option<Identity>,
    notes: Notes,
    applied: &HashSet<String>,
) {
    say(&text(url, data_dir, needs_superuser, new, notes, applied));
}

fn text(
    url: &str,
    data_dir: &Path,
    needs_superuser: bool,
    new: Option<Identity>,
    notes: Notes,
    applied: &HashSet<String>,
) -> String {
    let version = env!("CARGO_PKG_VERSION");
    let data = data_dir.display();
    let mut lines = vec![format!("Ketch {version} is ready at {url}")];
    if let Some(identity) = new {
        lines.push(format!(
            "├─ Instant:    {url} (for its SDKs: app id {}, admin token {}; `ketch app list` shows them again)",
            identity.id, identity.admin_token
        ));
    }
    if needs_superuser {
        let executable = &notes.program;
        lines.push(format!(
            "├─ REST API:   {url}/api/ (PocketBase's, for its SDKs: new PocketBase(\"{url}\"))"
        ));
        lines.push(format!("├─ Data:       {data}"));
        lines.push(format!(
            "├─ First step: create a superuser in another terminal:  {executable} superuser upsert EMAIL PASSWORD --dir {data}"
        ));
        lines.push(
            "└─ Docs:       https://pocketbase.io/docs describes the API; `ketch --help` the commands"
                .to_owned(),
        );
    } else {
        lines.push(format!("├─ REST API: {url}/api/"));
        lines.push(format!("└─ Data:     {data}"));
    }
    if !notes.hooks.is_empty() {
        lines.push(format!(
            "(!) JavaScript hooks are not built yet, these will not run: {}",
            notes.hooks.join(", ")
        ));
    }
    let unapplied: Vec<String> =
        notes.migrations.into_iter().filter(|name| !applied.contains(name)).collect();
    if !unapplied.is_empty() {
        lines.push(format!(
            "(!) JavaScript migrations are not built yet, these are not applied: {}",
            unapplied.join(", ")
        ));
    }
    lines.join("\n") + "\n"
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(needs_superuser: bool, notes: Notes) -> String {
        let new = needs_superuser.then(|| Identity {
            id: "an-id".to_owned(),
            admin_token: "a-token".to_owned(),
            title: String::new(),
            created: String::new(),
            expires: None,
        });
        text(
            "http://127.0.0.1:8090",
            Path::new("pb_data"),
            needs_superuser,
            new,
            notes,
            &HashSet::from(["1_a.js".to_owned()]),
        )
    }

    #[test]
    fn the_first_start_says_what_to_do_in_six_lines() {
        let shown = shown(
            true,
            Notes { program: "ketch".to_owned(), hooks: Vec::new(), migrations: vec!["1_a.js".to_owned()] },
        );
        assert_eq!(shown.lines().count(), 6, "{shown}");
        assert!(shown.contains("superuser upsert EMAIL PASSWORD"));
        assert!(shown.contains("app id an-id, admin token a-token"));
    }

    #[test]
    fn what_will_not_run_is_named() {
        let notes = Notes {
            program: "ketch".to_owned(),
            hooks: vec!["main.pb.js".to_owned()],
            migrations: vec!["1_a.js".to_owned(), "2_b.js".to_owned()],
        };
        let shown = shown(false, notes);
        assert!(shown.contains("will not run: main.pb.js"));
        assert!(shown.contains("not applied: 2_b.js\n"));
    }
}
