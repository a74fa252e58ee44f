//! Packing a data folder that is in use.

use std::fs::{self, File, Metadata};
use std::io::{self, BufWriter, Read, Write};
use std::path::Path;
use std::time::SystemTime;

use ketch_model::time::DateTime;
use ketch_store::Store;
use zip::write::SimpleFileOptions;
use zip::{CompressionMethod, ZipWriter};

use super::layout::{DATABASES, LEFT_ALONE, is_plain_path};

/// What stands beside a database while it is open.
const BESIDE_DATABASES: [&str; 3] = ["-wal", "-shm", "-journal"];
/// Tells PocketBase's processes of changes; of no use to anybody else.
const NOTIFY: &str = ".notify";
/// How the names of stored files begin that are not whole yet.
const PART: &str = ".part-";
/// Fast; a higher level makes databases hardly smaller.
const LEVEL: i64 = 3;
/// Sizes from here on are written in 64 bits; a margin is left for what does not compress.
const LARGE: u64 = 0xF000_0000;
const BUFFER: usize = 1 << 20;

/// Writes a zip of the folder to `output`. `scratch` is an empty folder for the snapshots. Blocks.
///
/// Every file that a snapshot names is in the zip if no file is removed meanwhile.
///
/// # Errors
/// What the disk or a database said. Part of a file may be left.
pub(super) fn pack(
    folder: &Path,
    databases: [&dyn Store; 2],
    scratch: &Path,
    output: &Path,
) -> io::Result<()> {
    let mut zip = ZipWriter::new(BufWriter::with_capacity(BUFFER, File::create_new(output)?));
    // All snapshots first: files are looked for after the last of them.
    for (name, database) in DATABASES.iter().zip(databases) {
        database.snapshot(&scratch.join(name)).map_err(io::Error::other)?;
    }
    for name in DATABASES {
        let path = scratch.join(name);
        add(&mut zip, &path, name)?;
        fs::remove_file(&path)?;
    }
    for name in sorted_names(folder)? {
        if is_left_out(&name) {
            continue;
        }
        let path = folder.join(&name);
        // Links are followed here, and only here: uploads may lie on another disk.
        match fs::metadata(&path) {
            Ok(metadata) if metadata.is_dir() => add_folder(&mut zip, &path, &name)?,
            Ok(metadata) if metadata.is_file() => add(&mut zip, &path, &name)?,
            Ok(_) => {}
            Err(error) => gone_is_fine(Err(error))?,
        }
    }
    let file = zip.finish()?.into_inner().map_err(io::IntoInnerError::into_error)?;
    file.sync_all()
}

fn is_left_out(name: &str) -> bool {
    let is_database = DATABASES.iter().any(|database| {
        name.strip_prefix(database).is_some_and(|rest| rest.is_empty() || BESIDE_DATABASES.contains(&rest))
    });
    is_database || name == NOTIFY || LEFT_ALONE.contains(&name)
}

fn add_folder(zip: &mut ZipWriter<BufWriter<File>>, folder: &Path, prefix: &str) -> io::Result<()> {
    let names = match sorted_names(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        names => names?,
    };
    for name in names {
        if name.starts_with(PART) {
            continue;
        }
        let (path, key) = (folder.join(&name), format!("{prefix}/{name}"));
        match fs::symlink_metadata(&path) {
            Ok(metadata) if metadata.is_dir() => add_folder(zip, &path, &key)?,
            Ok(metadata) if metadata.is_file() => add(zip, &path, &key)?,
            Ok(_) => tracing::warn!(file = key, "neither a file nor a folder: not part of the backup"),
            Err(error) => gone_is_fine(Err(error))?,
        }
    }
    Ok(())
}

/// Sorted, so that the same folder makes the same zip.
fn sorted_names(folder: &Path) -> io::Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder)? {
        match entry?.file_name().into_string() {
            Ok(name) if is_plain_path(&name) => names.push(name),
            Ok(name) => tracing::warn!(name, "a file with such a name cannot be part of a backup"),
            Err(name) => tracing::warn!(?name, "a file without a name in UTF-8 cannot be part of a backup"),
        }
    }
    names.sort();
    Ok(names)
}

/// Adds a file; one that went away since it was listed is left out.
fn add(zip: &mut ZipWriter<BufWriter<File>>, path: &Path, key: &str) -> io::Result<()> {
    let mut file = match File::open(path) {
        Err(error) => return gone_is_fine(Err(error)),
        Ok(file) => file,
    };
    let metadata = file.metadata()?;
    zip.start_file(key, options(&metadata))?;
    // No more than was there: a file that grows must not outgrow its entry.
    let mut rest = Read::by_ref(&mut file).take(metadata.len());
    let mut buffer = vec![0; BUFFER.min(usize::try_from(metadata.len()).unwrap_or(BUFFER)).max(1)];
    loop {
        match rest.read(&mut buffer) {
            Ok(0) => return Ok(()),
            Ok(count) => zip.write_all(&buffer[..count])?,
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}

fn options(metadata: &Metadata) -> SimpleFileOptions {
    let options = SimpleFileOptions::default()
        .compression_method(CompressionMethod::Deflated)
        .compression_level(Some(LEVEL))
        .large_file(metadata.len() >= LARGE)
        .unix_permissions(0o644);
    match metadata.modified().ok().and_then(zip_time) {
        Some(modified) => options.last_modified_time(modified),
        None => options,
    }
}

fn zip_time(modified: SystemTime) -> Option<zip::DateTime> {
    let since = modified.duration_since(SystemTime::UNIX_EPOCH).ok()?;
    let at = DateTime::from_unix_milliseconds(i64::try_from(since.as_millis()).ok()?);
    let year = u16::try_from(at.year).ok()?;
    zip::DateTime::from_date_and_time(year, at.month, at.day, at.hour, at.minute, at.second).ok()
}

fn gone_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}
