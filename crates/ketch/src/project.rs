//! The folders of a project: data, static files, hooks, migrations.

use std::env;
use std::path::{Path, PathBuf};

use crate::cli::Global;
use crate::failure::Failure;

pub(crate) fn data_dir(global: &Global) -> Result<PathBuf, Failure> {
    match &global.dir {
        Some(folder) => Ok(folder.clone()),
        None => usual(global, "pb_data"),
    }
}

pub(crate) fn public_dir(global: &Global) -> Result<PathBuf, Failure> {
    match &global.public_dir {
        Some(folder) => Ok(folder.clone()),
        None => usual(global, "pb_public"),
    }
}

/// Names of hook files (`*.pb.js`, `*.pb.ts`), sorted.
pub(crate) fn hooks(global: &Global, data_dir: &Path) -> Vec<String> {
    let folder = global.hooks_dir.clone().unwrap_or_else(|| beside(data_dir, "pb_hooks"));
    files(&folder, &[".pb.js", ".pb.ts"])
}

/// Names of migration files, sorted.
pub(crate) fn migrations(global: &Global, data_dir: &Path) -> Vec<String> {
    let folder = global.migrations_dir.clone().unwrap_or_else(|| beside(data_dir, "pb_migrations"));
    files(&folder, &[".js", ".ts"])
}

fn usual(global: &Global, name: &str) -> Result<PathBuf, Failure> {
    if let Some(home) = &global.home {
        return Ok(home.join(name));
    }
    let executable = env::current_exe().map_err(|error| {
        Failure::new(format!(
            "The executable's own folder is unknown ({error}): name a data folder with --dir."
        ))
    })?;
    Ok(beside(&executable, name))
}

fn beside(path: &Path, name: &str) -> PathBuf {
    path.parent().unwrap_or(Path::new(".")).join(name)
}

/// A folder that is missing or unreadable has no files.
fn files(folder: &Path, endings: &[&str]) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let mut names: Vec<String> = entries
        .filter_map(|entry| entry.ok()?.file_name().into_string().ok())
        .filter(|name| endings.iter().any(|ending| name.ends_with(ending)))
        .collect();
    names.sort();
    names
}
