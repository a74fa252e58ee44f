//! Unpacking an archive that somebody may have made with care.

use std::borrow::Cow;
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::Path;

use zip::ZipArchive;
use zip::read::ZipFile;

use super::layout::{DATABASES, LEFT_ALONE, is_plain_path, sync_folder};
use super::reader::ReadSeek;

/// No archive grows more than this many times, beyond [`ALWAYS_ALLOWED`].
const RATIO_MAX: u64 = 200;
/// Bytes that the smallest archive may hold.
const ALWAYS_ALLOWED: u64 = 256 << 20;
const BUFFER: usize = 256 * 1024;
const KIND: u32 = 0o170_000;
const REGULAR: u32 = 0o100_000;
const FOLDER: u32 = 0o040_000;

/// An archive that was looked through: its names stay in their folder, its sizes are bearable, and
/// it has a main database.
pub(super) struct Archive(ZipArchive<Box<dyn ReadSeek>>);

impl Archive {
    /// Opens an archive of `size` bytes. Blocks.
    ///
    /// # Errors
    /// Why it is no backup, in one sentence.
    pub(super) fn open(content: Box<dyn ReadSeek>, size: u64) -> Result<Self, String> {
        let mut zip = ZipArchive::new(content).map_err(|error| format!("it is not a zip file ({error})"))?;
        let limit = size.saturating_mul(RATIO_MAX).saturating_add(ALWAYS_ALLOWED);
        let (mut total, mut has_database) = (0_u64, false);
        for index in 0..zip.len() {
            let entry = zip.by_index_raw(index).map_err(|error| format!("entry {index}: {error}"))?;
            check(&entry)?;
            total = total.saturating_add(entry.size());
            if total > limit {
                return Err(format!("unpacked it would take more than {limit} bytes"));
            }
            has_database |= entry.is_file() && name_of(&entry)? == DATABASES[0];
        }
        if has_database { Ok(Self(zip)) } else { Err(format!("it holds no {}", DATABASES[0])) }
    }

    /// Unpacks everything into a new folder, down to the disk. Blocks.
    ///
    /// # Errors
    /// What was wrong with which entry. Part of the folder may be left.
    pub(super) fn unpack(mut self, into: &Path) -> Result<(), String> {
        fs::create_dir(into).map_err(|error| format!("{}: {error}", into.display()))?;
        let mut buffer = vec![0; BUFFER];
        for index in 0..self.0.len() {
            let mut entry = self.0.by_index(index).map_err(|error| format!("entry {index}: {error}"))?;
            let name = name_of(&entry)?;
            let root = name.split('/').next().unwrap_or_default();
            if LEFT_ALONE.contains(&root) {
                continue;
            }
            write(&mut entry, &into.join(&name), &mut buffer)
                .map_err(|error| format!("`{name}`: {error}"))?;
        }
        sync_folders(into).map_err(|error| format!("{}: {error}", into.display()))
    }
}

fn name_of(entry: &ZipFile<'_, impl Read>) -> Result<String, String> {
    entry.name().map(Cow::into_owned).map_err(|error| format!("a name cannot be read ({error})"))
}

fn check(entry: &ZipFile<'_, impl Read>) -> Result<(), String> {
    let name = name_of(entry)?;
    let path = if entry.is_dir() { name.trim_end_matches('/') } else { &name };
    if !is_plain_path(path) {
        return Err(format!("`{name}` is not a path inside a folder"));
    }
    let kind = entry.unix_mode().unwrap_or_default() & KIND;
    if !matches!(kind, 0 | REGULAR | FOLDER) || entry.is_symlink() {
        return Err(format!("`{name}` is neither a file nor a folder"));
    }
    if entry.encrypted() {
        return Err(format!("`{name}` is encrypted"));
    }
    Ok(())
}

fn write(entry: &mut ZipFile<'_, impl Read>, path: &Path, buffer: &mut [u8]) -> io::Result<()> {
    if entry.is_dir() {
        return fs::create_dir_all(path);
    }
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder)?;
    }
    let mut file = File::create_new(path)?;
    let declared = entry.size();
    // One byte more than declared, to see whether there is more.
    let mut content = entry.take(declared.saturating_add(1));
    let mut written = 0;
    loop {
        match content.read(buffer) {
            Ok(0) => break,
            Ok(count) => {
                io::Write::write_all(&mut file, &buffer[..count])?;
                written += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
    if written != declared {
        return Err(io::Error::other("it has another size than the archive says"));
    }
    file.sync_all()
}

/// Makes sure that the names of a folder's entries are on the disk.
fn sync_folders(folder: &Path) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            sync_folders(&entry.path())?;
        }
    }
    sync_folder(folder)
}

#[cfg(test)]
mod tests {
    use std::io::{Cursor, Write};

    use proptest::prelude::*;
    use zip::ZipWriter;
    use zip::write::SimpleFileOptions;

    use super::*;

    fn archive(bytes: Vec<u8>) -> Result<Archive, String> {
        let size = bytes.len() as u64;
        Archive::open(Box::new(Cursor::new(bytes)), size)
    }

    fn zip(entries: &[(&str, &[u8])]) -> Vec<u8> {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        for (name, content) in entries {
            zip.start_file(*name, SimpleFileOptions::default()).expect("started");
            zip.write_all(content).expect("written");
        }
        zip.finish().expect("finished").into_inner()
    }

    fn refused(bytes: Vec<u8>) -> String {
        archive(bytes).err().expect("refused")
    }

    #[test]
    fn an_archive_is_unpacked_as_it_is() {
        let folder = tempfile::tempdir().expect("a folder");
        let into = folder.path().join("new");
        let bytes = zip(&[("data.db", b"db"), ("storage/c/r/f.txt", b"file"), ("backups/old.zip", b"x")]);
        archive(bytes).expect("sound").unpack(&into).expect("unpacked");
        assert_eq!(fs::read(into.join("storage/c/r/f.txt")).expect("read"), b"file");
        assert_eq!(fs::read(into.join("data.db")).expect("read"), b"db");
        assert!(!into.join("backups").exists());
    }

    #[test]
    fn tricks_are_refused() {
        for name in ["../x", "/x", "a/../../x", "a//b", "./x", "a\\..\\x", "", "x\0y"] {
            let bytes = zip(&[("data.db", b"db"), (name, b"x")]);
            let text = refused(bytes);
            assert!(text.contains("not a path") || text.contains("neither"), "{name:?}: {text}");
        }
        let mut links = ZipWriter::new(Cursor::new(Vec::new()));
        links.start_file("data.db", SimpleFileOptions::default()).expect("started");
        links.add_symlink("storage", "/etc", SimpleFileOptions::default()).expect("added");
        let text = refused(links.finish().expect("finished").into_inner());
        assert!(text.contains("neither a file nor a folder"), "{text}");
    }

    #[test]
    fn what_is_no_backup_is_refused() {
        assert!(refused(b"text".to_vec()).contains("not a zip file"));
        assert!(refused(zip(&[("pb_data/data.db", b"db")])).contains("no data.db"));
        assert!(refused(zip(&[])).contains("no data.db"));
    }

    #[test]
    fn bombs_are_refused() {
        let mut zip = ZipWriter::new(Cursor::new(Vec::new()));
        zip.start_file("data.db", SimpleFileOptions::default()).expect("started");
        let zeros = vec![0; 1 << 20];
        for _ in 0..400 {
            zip.write_all(&zeros).expect("written");
        }
        let text = refused(zip.finish().expect("finished").into_inner());
        assert!(text.contains("would take more than"), "{text}");
    }

    #[test]
    fn damage_is_noticed() {
        let folder = tempfile::tempdir().expect("a folder");
        let content: Vec<u8> = (0..200_000_u32).map(|n| (n * 31 % 251) as u8).collect();
        let mut bytes = zip(&[("data.db", &content)]);
        let middle = bytes.len() / 2;
        bytes[middle] ^= 0x55;
        let answer = archive(bytes).and_then(|archive| archive.unpack(&folder.path().join("new")));
        assert!(answer.is_err());
    }

    proptest! {
        #[test]
        fn plain_paths_stay_inside(path in r"[a./\\:\x00]{0,12}") {
            if is_plain_path(&path) {
                prop_assert!(Path::new(&path).components().all(|part| matches!(part, std::path::Component::Normal(_))));
            }
        }

        #[test]
        fn any_bytes_are_answered(bytes in proptest::collection::vec(any::<u8>(), 0..400)) {
            let _ = archive(bytes);
        }
    }
}
