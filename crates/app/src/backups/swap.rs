//! Putting a restored folder in the place of the data, in steps of which any may be the last.
//!
//! Inside the data folder, `.ketch_restore` holds the restored data (`new`), the data that it
//! replaces (`old`), and a file `state` that says how far it has come. Without a `state` nothing
//! has been touched. Each step is a rename, and the state says which renames may have happened, so
//! that whoever opens the folder next goes on where the last one was cut. The old data stays until
//! the new data was opened; if that fails, it comes back.
//!
//! Nobody may have the databases open while a function of this module moves them.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::layout::{LEFT_ALONE, RESTORE_FOLDER, sync_folder};

/// What PocketBase, and packing, leave behind when they are cut.
const SCRATCH: &str = ".pb_temp_to_delete";
const NEW: &str = "new";
const OLD: &str = "old";
/// Restored data that could not be opened.
const REFUSED: &str = "refused";
const STATE: &str = "state";
const NEXT_STATE: &str = "state.next";
const LOCK: &str = "lock";

/// How far a restore has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// The data moves from its place to `old`.
    Clearing,
    /// The restored data moves from `new` to its place.
    Placing,
    /// The restored data is in its place and was not opened yet.
    Placed,
    /// The restored data moves from its place to `refused`.
    Withdrawing,
    /// The old data moves from `old` to its place.
    Returning,
}

const STATES: [(State, &str); 5] = [
    (State::Clearing, "clearing"),
    (State::Placing, "placing"),
    (State::Placed, "placed"),
    (State::Withdrawing, "withdrawing"),
    (State::Returning, "returning"),
];

/// Where restored data is unpacked.
pub(super) fn new_folder(data_dir: &Path) -> PathBuf {
    data_dir.join(RESTORE_FOLDER).join(NEW)
}

/// Makes an empty folder for a restore; what an earlier one left is removed.
pub(super) fn prepare(data_dir: &Path) -> io::Result<()> {
    let folder = data_dir.join(RESTORE_FOLDER);
    if read_state(&folder)?.is_some() {
        return Err(io::Error::other("an earlier restore is not finished: start the server again"));
    }
    missing_is_fine(fs::remove_dir_all(&folder))?;
    fs::create_dir(&folder)
}

/// Removes what a restore has unpacked in vain.
pub(super) fn abandon(data_dir: &Path) {
    let folder = data_dir.join(RESTORE_FOLDER);
    if let Ok(None) = read_state(&folder)
        && let Err(error) = missing_is_fine(fs::remove_dir_all(&folder))
    {
        tracing::warn!(%error, "what was unpacked for a restore could not be removed");
    }
}

/// Removes what packs and unpacks left that were cut. To be called before anything is opened, by
/// the one process that serves the folder.
///
/// # Errors
/// What the disk said.
pub fn tidy(data_dir: &Path) -> io::Result<()> {
    missing_is_fine(fs::remove_dir_all(data_dir.join(SCRATCH)))?;
    let folder = data_dir.join(RESTORE_FOLDER);
    if read_state(&folder)?.is_none() {
        missing_is_fine(fs::remove_dir_all(&folder))?;
    }
    Ok(())
}

/// Decides that the restored data takes the place of the data. From here on [`resume`] goes on.
///
/// # Errors
/// What the disk said; nothing has moved then.
pub fn begin(data_dir: &Path) -> io::Result<()> {
    fs::create_dir_all(data_dir.join(RESTORE_FOLDER).join(OLD))?;
    write_state(&data_dir.join(RESTORE_FOLDER), State::Clearing)
}

/// Goes on with what was begun. Answers whether the data is restored data that was not opened yet:
/// then [`confirm`] or [`roll_back`] must follow.
///
/// # Errors
/// What the disk said. If the data cannot be moved away, it is put back, and that is no error.
pub fn resume(data_dir: &Path) -> io::Result<bool> {
    go_on(data_dir, &mut |from, to| fs::rename(from, to))
}

/// Removes the old data: the restored data was opened.
///
/// # Errors
/// What the disk said; then some of the old data is left and harmless.
pub fn confirm(data_dir: &Path) -> io::Result<()> {
    finish(&data_dir.join(RESTORE_FOLDER))
}

/// Puts the old data back in its place: the restored data could not be opened.
///
/// # Errors
/// What the disk said. The old data is in [`RESTORE_FOLDER`] then; [`resume`] tries again.
pub fn roll_back(data_dir: &Path) -> io::Result<()> {
    let folder = data_dir.join(RESTORE_FOLDER);
    if read_state(&folder)? == Some(State::Placed) {
        write_state(&folder, State::Withdrawing)?;
    }
    resume(data_dir).map(drop)
}

type Rename<'a> = dyn FnMut(&Path, &Path) -> io::Result<()> + 'a;

fn go_on(data_dir: &Path, rename: &mut Rename<'_>) -> io::Result<bool> {
    let folder = data_dir.join(RESTORE_FOLDER);
    if read_state(&folder)?.is_none() {
        return Ok(false);
    }
    // Another process may be about to do the same.
    let lock = File::create(folder.join(LOCK))?;
    lock.lock()?;
    loop {
        let Some(state) = read_state(&folder)? else { return Ok(false) };
        match state {
            State::Clearing => match move_all(data_dir, &folder.join(OLD), rename) {
                Ok(()) => write_state(&folder, State::Placing)?,
                Err(error) => {
                    tracing::error!(%error, "the restore is given up: the data cannot be moved");
                    write_state(&folder, State::Returning)?;
                }
            },
            State::Placing => match move_all(&folder.join(NEW), data_dir, rename) {
                Ok(()) => write_state(&folder, State::Placed)?,
                Err(error) => {
                    tracing::error!(%error, "the restore is given up: the restored data cannot be moved");
                    write_state(&folder, State::Withdrawing)?;
                }
            },
            State::Placed => return Ok(true),
            State::Withdrawing => {
                move_all(data_dir, &folder.join(REFUSED), rename)?;
                write_state(&folder, State::Returning)?;
            }
            State::Returning => {
                move_all(&folder.join(OLD), data_dir, rename)?;
                finish(&folder)?;
                return Ok(false);
            }
        }
    }
}

/// Moves every entry of a folder into another one, except those that a restore leaves alone.
fn move_all(from: &Path, to: &Path, rename: &mut Rename<'_>) -> io::Result<()> {
    fs::create_dir_all(to)?;
    // Collected first: some systems skip entries while others are renamed.
    let mut names = Vec::new();
    for entry in fs::read_dir(from)? {
        let name = entry?.file_name();
        if !LEFT_ALONE.iter().any(|other| name == **other) {
            names.push(name);
        }
    }
    names.sort();
    for name in names {
        rename(&from.join(&name), &to.join(&name))?;
    }
    sync_folder(from)?;
    sync_folder(to)
}

/// Removes the working folder; its state first, so that the rest means nothing any more.
fn finish(folder: &Path) -> io::Result<()> {
    missing_is_fine(fs::remove_file(folder.join(STATE)))?;
    sync_folder(folder)?;
    missing_is_fine(fs::remove_dir_all(folder))
}

fn read_state(folder: &Path) -> io::Result<Option<State>> {
    let text = match fs::read_to_string(folder.join(STATE)) {
        Ok(text) => text,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(None),
        Err(error) => return Err(error),
    };
    let known = STATES.iter().find(|(_, name)| *name == text.trim());
    known.map(|(state, _)| Some(*state)).ok_or_else(|| {
        io::Error::other(format!(
            "{} says `{}`, which is no state of a restore",
            folder.join(STATE).display(),
            text.trim()
        ))
    })
}

fn write_state(folder: &Path, state: State) -> io::Result<()> {
    let name = STATES.iter().find(|(known, _)| *known == state).map_or("", |(_, name)| name);
    let next = folder.join(NEXT_STATE);
    let mut file = File::create(&next)?;
    file.write_all(name.as_bytes())?;
    file.sync_all()?;
    fs::rename(&next, folder.join(STATE))?;
    sync_folder(folder)
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use tempfile::TempDir;

    use super::*;

    fn fill(folder: &Path, mark: &str, names: &[&str]) {
        for name in names {
            let path = folder.join(name);
            fs::create_dir_all(path.parent().expect("a folder")).expect("made");
            fs::write(path, mark).expect("written");
        }
    }

    /// A data folder with old data, and with new data unpacked.
    fn ready() -> TempDir {
        let folder = tempfile::tempdir().expect("a folder");
        fill(
            folder.path(),
            "old",
            &["data.db", "data.db-wal", "auxiliary.db", "storage/c/r/f", "types.d.ts"],
        );
        fill(folder.path(), "kept", &["backups/b.zip", "apps/x/data.db"]);
        prepare(folder.path()).expect("prepared");
        fill(&new_folder(folder.path()), "new", &["data.db", "storage/c/r/g"]);
        folder
    }

    fn marks(folder: &Path) -> BTreeMap<String, String> {
        fn walk(folder: &Path, prefix: &str, found: &mut BTreeMap<String, String>) {
            for entry in fs::read_dir(folder).expect("listed") {
                let entry = entry.expect("an entry");
                let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
                if entry.path().is_dir() {
                    walk(&entry.path(), &format!("{name}/"), found);
                } else {
                    found.insert(name, fs::read_to_string(entry.path()).expect("read"));
                }
            }
        }
        let mut found = BTreeMap::new();
        walk(folder, "", &mut found);
        found
    }

    fn expected(mark: &str, names: &[&str]) -> BTreeMap<String, String> {
        let data = names.iter().map(|name| ((*name).to_owned(), mark.to_owned()));
        let kept = ["backups/b.zip", "apps/x/data.db"].map(|name| (name.to_owned(), "kept".to_owned()));
        data.chain(kept).collect()
    }

    fn old() -> BTreeMap<String, String> {
        expected("old", &["data.db", "data.db-wal", "auxiliary.db", "storage/c/r/f", "types.d.ts"])
    }

    fn new() -> BTreeMap<String, String> {
        expected("new", &["data.db", "storage/c/r/g"])
    }

    /// Goes on until the given number of renames is done and the process is no more.
    fn cut_after(folder: &Path, renames: usize) -> bool {
        let mut left = renames;
        let result = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
            go_on(folder, &mut |from, to| {
                assert!(left > 0, "the process is killed");
                left -= 1;
                fs::rename(from, to)
            })
        }));
        result.is_err()
    }

    #[test]
    fn a_restore_takes_the_place_of_the_data() {
        let folder = ready();
        begin(folder.path()).expect("begun");
        assert!(resume(folder.path()).expect("moved"));
        confirm(folder.path()).expect("confirmed");
        assert_eq!(marks(folder.path()), new());
        assert!(!resume(folder.path()).expect("nothing to do"));
    }

    #[test]
    fn data_that_cannot_be_opened_goes_back() {
        let folder = ready();
        begin(folder.path()).expect("begun");
        assert!(resume(folder.path()).expect("moved"));
        fill(folder.path(), "new", &["auxiliary.db"]);
        roll_back(folder.path()).expect("rolled back");
        assert_eq!(marks(folder.path()), old());
    }

    #[test]
    fn any_rename_may_be_the_last() {
        let mut cuts = 0;
        for renames in 0.. {
            let folder = ready();
            begin(folder.path()).expect("begun");
            if !cut_after(folder.path(), renames) {
                break;
            }
            cuts += 1;
            // Killed again and again, one step further each time.
            while cut_after(folder.path(), 1) {}
            assert!(resume(folder.path()).expect("moved"), "after {renames}");
            confirm(folder.path()).expect("confirmed");
            assert_eq!(marks(folder.path()), new(), "after {renames}");
        }
        assert_eq!(cuts, 7, "five names of the old data, two of the new");
    }

    #[test]
    fn any_rename_back_may_be_the_last() {
        for renames in 0.. {
            let folder = ready();
            begin(folder.path()).expect("begun");
            assert!(resume(folder.path()).expect("moved"));
            write_state(&folder.path().join(RESTORE_FOLDER), State::Withdrawing).expect("written");
            if !cut_after(folder.path(), renames) {
                break;
            }
            assert!(!resume(folder.path()).expect("moved"));
            assert_eq!(marks(folder.path()), old(), "after {renames}");
        }
    }

    #[test]
    fn data_that_cannot_be_moved_stays() {
        for refused in ["storage", "types.d.ts", "new/storage"] {
            let folder = ready();
            begin(folder.path()).expect("begun");
            let restored = go_on(folder.path(), &mut |from, to| {
                if from.ends_with(refused)
                    && !to.ends_with("refused")
                    && !from.starts_with(folder.path().join(".ketch_restore/old"))
                {
                    return Err(io::Error::other("the folder is a mount"));
                }
                fs::rename(from, to)
            });
            assert!(!restored.expect("put back"), "{refused}");
            assert_eq!(marks(folder.path()), old(), "{refused}");
        }
    }

    #[test]
    fn what_was_never_begun_is_tidied_away() {
        let folder = ready();
        fill(folder.path(), "half", &[".pb_temp_to_delete/x/data.db"]);
        assert!(!resume(folder.path()).expect("nothing to do"));
        tidy(folder.path()).expect("tidied");
        assert_eq!(marks(folder.path()), old());
        let folder = ready();
        begin(folder.path()).expect("begun");
        tidy(folder.path()).expect("tidied");
        abandon(folder.path());
        assert!(prepare(folder.path()).is_err());
        assert!(resume(folder.path()).expect("moved"), "what was begun stays");
    }
}
