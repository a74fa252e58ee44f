//! Files in a folder of this machine.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::time::SystemTime;

use bytes::Bytes;

use crate::attributes::Attributes;
use crate::blob::{Blob, BlobContent, BlobError, BlobStore, BoxFuture, Listed, Source, check_key};

/// Files up to this size are read at once when opened.
const SMALL: u64 = 64 * 1024;
const ATTRIBUTES: &str = ".attrs";
/// How the names of files that are not whole yet begin.
const PART: &str = ".part-";

/// Keeps each file under its key in a folder, with its attributes beside it.
#[derive(Debug, Clone)]
pub struct LocalBlobs {
    root: PathBuf,
    waits_for_disk: bool,
}

impl LocalBlobs {
    /// The folder is made when the first file is stored. A stored file survives the end of the
    /// process.
    pub fn new(root: impl Into<PathBuf>) -> Self {
        Self { root: root.into(), waits_for_disk: false }
    }

    /// Whether a stored file survives a power cut too: storing waits for the disk then.
    pub fn waiting_for_disk(self, waits_for_disk: bool) -> Self {
        Self { waits_for_disk, ..self }
    }

    fn path(&self, key: &str) -> Result<PathBuf, BlobError> {
        check_key(key)?;
        Ok(self.root.join(key))
    }
}

impl BlobStore for LocalBlobs {
    fn put<'a>(
        &'a self,
        key: &'a str,
        source: Source,
        attributes: Attributes,
    ) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let path = self.path(key)?;
            let (action, blobs) = (format!("storing {key}"), self.clone());
            blocking(action, move || blobs.put_now(&path, &source, &attributes)).await
        })
    }

    fn open<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<Blob, BlobError>> {
        Box::pin(async move {
            let path = self.path(key)?;
            blocking(format!("opening {key}"), move || open(&path)).await
        })
    }

    fn list<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<Vec<Listed>, BlobError>> {
        Box::pin(async move {
            let folder = if prefix.is_empty() { self.root.clone() } else { self.path(prefix)? };
            let mut listed = Vec::new();
            let key = prefix.to_owned();
            blocking(format!("listing {prefix}"), move || {
                list(&folder, &key, &mut listed)?;
                listed.sort_by(|one, other| one.key.cmp(&other.key));
                Ok(listed)
            })
            .await
        })
    }

    fn remove<'a>(&'a self, key: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let path = self.path(key)?;
            let root = self.root.clone();
            blocking(format!("removing {key}"), move || {
                missing_is_fine(fs::remove_file(&path))?;
                missing_is_fine(fs::remove_file(attributes_of(&path)))?;
                // Folders that are empty now; the first that is not ends it.
                let mut folders = path.ancestors().skip(1).take_while(|folder| **folder != *root);
                while folders.next().is_some_and(|folder| fs::remove_dir(folder).is_ok()) {}
                Ok(())
            })
            .await
        })
    }

    fn remove_all<'a>(&'a self, prefix: &'a str) -> BoxFuture<'a, Result<(), BlobError>> {
        Box::pin(async move {
            let path = self.path(prefix)?;
            blocking(format!("removing {prefix}"), move || missing_is_fine(fs::remove_dir_all(&path))).await
        })
    }
}

/// Runs disk work off the async threads.
async fn blocking<T: Send + 'static>(
    action: String,
    work: impl FnOnce() -> io::Result<T> + Send + 'static,
) -> Result<T, BlobError> {
    match tokio::task::spawn_blocking(work).await {
        Ok(Ok(done)) => Ok(done),
        Ok(Err(error)) if error.kind() == io::ErrorKind::NotFound => Err(BlobError::NotFound),
        Ok(Err(cause)) => Err(BlobError::Io { action, cause }),
        Err(error) => Err(BlobError::Io { action, cause: io::Error::other(error) }),
    }
}

fn missing_is_fine(result: io::Result<()>) -> io::Result<()> {
    match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    }
}

fn attributes_of(path: &Path) -> PathBuf {
    let mut name = path.as_os_str().to_owned();
    name.push(ATTRIBUTES);
    PathBuf::from(name)
}

/// Adds the files of a folder and of those in it. What goes away meanwhile is left out; links are
/// not followed. Names that no key may have are none of ours.
fn list(folder: &Path, prefix: &str, listed: &mut Vec<Listed>) -> io::Result<()> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(()),
        entries => entries?,
    };
    for entry in entries {
        let entry = entry?;
        let Ok(name) = entry.file_name().into_string() else { continue };
        let key = if prefix.is_empty() { name } else { format!("{prefix}/{name}") };
        let Ok(kind) = entry.file_type() else { continue };
        if kind.is_dir() {
            list(&entry.path(), &key, listed)?;
            continue;
        }
        let name = key.rsplit('/').next().unwrap_or_default();
        let is_ours = !name.ends_with(ATTRIBUTES) && !name.starts_with(PART) && check_key(&key).is_ok();
        if let (true, true, Ok(metadata)) = (kind.is_file(), is_ours, entry.metadata()) {
            let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
            listed.push(Listed { key, size: metadata.len(), modified });
        }
    }
    Ok(())
}

impl LocalBlobs {
    fn put_now(&self, path: &Path, source: &Source, attributes: &Attributes) -> io::Result<()> {
        let Some(folder) = path.parent() else {
            return Err(io::Error::other("the file has no folder"));
        };
        let (part, mut output) = create_part(folder)?;
        let written = copy(source, &mut output)
            .and_then(|()| {
                self.sync(&output)?;
                // The attributes come first: whoever sees the file sees them as well.
                let text = serde_json::to_vec(attributes)?;
                self.write_attributes(folder, &attributes_of(path), &text)
            })
            .and_then(|()| fs::rename(&part, path))
            // Also the names are on the disk before anybody is told that the file is stored.
            .and_then(|()| if self.waits_for_disk { sync_folders(&self.root, folder) } else { Ok(()) });
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn write_attributes(&self, folder: &Path, path: &Path, text: &[u8]) -> io::Result<()> {
        let write = |mut output: File| output.write_all(text).and_then(|()| self.sync(&output));
        // Nobody looks at the attributes before the file itself is there, so new ones need no rename.
        if let Ok(output) = File::options().write(true).create_new(true).open(path) {
            return write(output).inspect_err(|_| drop(fs::remove_file(path)));
        }
        let (part, output) = create_part(folder)?;
        let written = write(output).and_then(|()| fs::rename(&part, path));
        if written.is_err() {
            let _ = fs::remove_file(&part);
        }
        written
    }

    fn sync(&self, file: &File) -> io::Result<()> {
        if self.waits_for_disk { file.sync_all() } else { Ok(()) }
    }
}

/// Waits until the entries of a folder are on the disk, and its own entry up to the root's.
fn sync_folders(root: &Path, folder: &Path) -> io::Result<()> {
    // Elsewhere folders cannot be opened as files; there the file system is trusted.
    #[cfg(unix)]
    for folder in folder.ancestors().take_while(|above| above.starts_with(root)).chain(root.parent()) {
        match File::open(folder) {
            Ok(opened) => opened.sync_all()?,
            // Removed in between, with the record that it belonged to.
            Err(error) if error.kind() == io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    #[cfg(not(unix))]
    let _ = (root, folder);
    Ok(())
}

/// A new file that gets its name when it is whole.
fn create_part(folder: &Path) -> io::Result<(PathBuf, File)> {
    static COUNTER: AtomicU64 = AtomicU64::new(0);
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default().as_nanos();
    let name = format!("{PART}{now:x}-{:x}-{:x}", std::process::id(), COUNTER.fetch_add(1, Relaxed));
    let path = folder.join(name);
    let mut tries = 0;
    loop {
        match File::options().write(true).create_new(true).open(&path) {
            // The record has no folder yet; or had one that was removed just now, with a record before.
            Err(error) if error.kind() == io::ErrorKind::NotFound && tries < 3 => {
                fs::create_dir_all(folder)?;
                tries += 1;
            }
            opened => return Ok((path, opened?)),
        }
    }
}

fn copy(source: &Source, output: &mut File) -> io::Result<()> {
    match source {
        Source::Memory(bytes) => output.write_all(bytes),
        Source::File(path) => {
            // A source that is gone must not be taken for a file of the store that is not there.
            let mut input = File::open(path).map_err(io::Error::other)?;
            // Between two files the system copies by itself where it can.
            io::copy(&mut input, output).map(|_| ())
        }
    }
}

fn open(path: &Path) -> io::Result<Blob> {
    let mut file = File::open(path)?;
    let metadata = file.metadata()?;
    if !metadata.is_file() {
        return Err(io::ErrorKind::NotFound.into());
    }
    let attributes = fs::read(attributes_of(path))
        .ok()
        .and_then(|text| serde_json::from_slice::<Attributes>(&text).ok())
        .unwrap_or_else(Attributes::unknown);
    let content = if metadata.len() <= SMALL {
        let mut bytes = Vec::with_capacity(usize::try_from(metadata.len()).unwrap_or_default());
        file.read_to_end(&mut bytes)?;
        BlobContent::Memory(Bytes::from(bytes))
    } else {
        BlobContent::File(file)
    };
    let size = match &content {
        BlobContent::Memory(bytes) => bytes.len() as u64,
        BlobContent::File(_) | BlobContent::Stream(_) => metadata.len(),
    };
    let modified = metadata.modified().unwrap_or(SystemTime::UNIX_EPOCH);
    Ok(Blob { size, modified, attributes, content })
}
