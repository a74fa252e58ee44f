//! The structure check: what no compiler says, and what a review should not have to look for.

mod arrows;
mod circles;
mod layers;
mod metadata;
mod rooms;
mod scan;
mod sql;
mod walk;

use std::fs;
use std::path::Path;

use self::layers::Layers;

/// All findings, each one a line for people. An error means that nothing could be checked.
pub(crate) fn run(root: &Path) -> Result<Vec<String>, String> {
    let text =
        fs::read_to_string(root.join("layers.toml")).map_err(|error| format!("layers.toml: {error}"))?;
    let layers = Layers::parse(&text)?;
    let packages = metadata::read(root)?;

    let mut findings = layers.check();
    findings.extend(arrows::check(&layers, &packages));
    findings.extend(rooms::check(root, &layers)?);
    Ok(findings)
}
