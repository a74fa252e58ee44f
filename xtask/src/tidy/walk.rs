//! Finds the source files of the repository.

use std::fs;
use std::path::{Path, PathBuf};

/// Folders with files that nobody here wrote.
const FOREIGN: &[&str] = &["target", "node_modules", "dist", "__pycache__"];

/// All files below `root/folder` with one of these endings, in the order of their names, as
/// paths from `root` with `/` between.
pub(crate) fn files(root: &Path, folder: &str, endings: &[&str]) -> Result<Vec<String>, String> {
    let mut found = Vec::new();
    if root.join(folder).is_dir() {
        collect(root, &PathBuf::from(folder), endings, &mut found)?;
    }
    found.sort();
    Ok(found)
}

fn collect(root: &Path, folder: &Path, endings: &[&str], found: &mut Vec<String>) -> Result<(), String> {
    let failed = |error: std::io::Error| format!("{}: {error}", folder.display());
    for entry in fs::read_dir(root.join(folder)).map_err(failed)? {
        let entry = entry.map_err(failed)?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = folder.join(&name);
        if entry.file_type().map_err(failed)?.is_dir() {
            if !name.starts_with('.') && !FOREIGN.contains(&name.as_str()) {
                collect(root, &path, endings, found)?;
            }
        } else if path.extension().is_some_and(|ending| endings.iter().any(|wanted| ending == *wanted)) {
            found.push(path.to_string_lossy().into_owned());
        }
    }
    Ok(())
}
