use std::fs;
use std::io::{Read, Seek, SeekFrom, Write};

use bytes::Bytes;
use proptest::prelude::*;

use super::{Files, key};
use crate::blob::{BlobContent, BlobError, Source};

fn block<T>(future: impl Future<Output = T>) -> T {
    tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap().block_on(future)
}

async fn put(files: &Files, record: &str, name: &str, bytes: &'static [u8]) -> Result<(), BlobError> {
    let source = Source::Memory(Bytes::from_static(bytes));
    files.put("pbc_1", record, name, "Mine.txt", "text/plain; charset=utf-8", source).await
}

#[test]
fn a_file_comes_back_with_what_is_known_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path().join("storage"));
    block(async {
        put(&files, "rec1", "mine_0123456789.txt", b"hello").await.unwrap();
        let path = folder.path().join("storage/pbc_1/rec1");
        assert_eq!(fs::read(path.join("mine_0123456789.txt")).unwrap(), b"hello");
        assert_eq!(
            fs::read_to_string(path.join("mine_0123456789.txt.attrs")).unwrap(),
            "{\"user.cache_control\":\"\",\"user.content_disposition\":\"\",\"user.content_encoding\":\"\",\
             \"user.content_language\":\"\",\"user.content_type\":\"text/plain; charset=utf-8\",\
             \"user.metadata\":{\"original-filename\":\"Mine.txt\"},\"md5\":null}"
        );
        assert_eq!(fs::read_dir(&path).unwrap().count(), 2);
        let blob = files.open("pbc_1", "rec1", "mine_0123456789.txt").await.unwrap();
        assert_eq!((blob.size, blob.attributes.content_type.as_str()), (5, "text/plain; charset=utf-8"));
        assert_eq!(blob.attributes.metadata.original_name.as_deref(), Some("Mine.txt"));
        assert!(blob.modified.elapsed().unwrap().as_secs() < 60);
        assert!(matches!(blob.content, BlobContent::Memory(bytes) if bytes == "hello"));
    });
}

#[test]
fn a_large_file_is_read_from_any_place() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path().join("storage"));
    let mut upload = tempfile::NamedTempFile::new_in(folder.path()).unwrap();
    let bytes: Vec<u8> = (0..300_000_u32).map(|n| (n % 251) as u8).collect();
    upload.write_all(&bytes).unwrap();
    block(async {
        let source = Source::File(upload.path().to_owned());
        files
            .put("pbc_1", "rec1", "large.bin", "large.bin", "application/octet-stream", source)
            .await
            .unwrap();
        assert!(upload.path().exists());
        let blob = files.open("pbc_1", "rec1", "large.bin").await.unwrap();
        assert_eq!(blob.size, 300_000);
        let BlobContent::File(mut file) = blob.content else { panic!("read at once") };
        let mut start = [0; 3];
        file.read_exact(&mut start).unwrap();
        assert_eq!(start, bytes[..3]);
        file.seek(SeekFrom::Start(299_990)).unwrap();
        let mut end = Vec::new();
        file.read_to_end(&mut end).unwrap();
        assert_eq!(end, bytes[299_990..]);
    });
}

#[test]
fn missing_things_are_told_apart() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path());
    block(async {
        assert!(matches!(files.open("pbc_1", "rec1", "a.txt").await, Err(BlobError::NotFound)));
        let gone = Source::File(folder.path().join("gone"));
        let answer = files.put("pbc_1", "rec1", "a.txt", "a.txt", "text/plain", gone).await;
        assert!(matches!(answer, Err(BlobError::Io { .. })));
        // A folder is no file, and a file without attributes is of unknown type.
        fs::create_dir_all(folder.path().join("pbc_1/rec1/folder")).unwrap();
        assert!(matches!(files.open("pbc_1", "rec1", "folder").await, Err(BlobError::NotFound)));
        fs::write(folder.path().join("pbc_1/rec1/bare"), "x").unwrap();
        let blob = files.open("pbc_1", "rec1", "bare").await.unwrap();
        assert_eq!(blob.attributes.content_type, "application/octet-stream");
        fs::write(folder.path().join("blocked"), "x").unwrap();
        let answer = files.put("blocked", "rec1", "a", "a", "text/plain", Source::Memory(Bytes::new())).await;
        assert!(matches!(answer, Err(BlobError::Io { .. })));
    });
}

#[test]
fn removing_takes_everything_along() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path());
    let listed = |place: &str| fs::read_dir(folder.path().join(place)).map_or(0, Iterator::count);
    block(async {
        for record in ["rec1", "rec2"] {
            put(&files, record, "a.txt", b"").await.unwrap();
            put(&files, record, "b.txt", b"b").await.unwrap();
            let thumb = folder.path().join("pbc_1").join(record).join("thumbs_a.txt");
            fs::create_dir_all(&thumb).unwrap();
            fs::write(thumb.join("100x100_a.txt"), b"thumb").unwrap();
        }
        let thumb = files.open_thumb("pbc_1", "rec1", "a.txt", "100x100").await.unwrap().unwrap();
        assert_eq!((thumb.size, thumb.attributes.metadata.original_name), (5, None));
        assert_eq!(listed("pbc_1/rec1"), 5);
        files.remove_all("pbc_1", "rec1", vec!["a.txt".to_owned(), "missing".to_owned()]).await;
        assert_eq!(listed("pbc_1/rec1"), 2);
        files.remove_record("pbc_1", "rec1").await;
        files.remove_record("pbc_1", "missing").await;
        assert_eq!((listed("pbc_1"), listed("pbc_1/rec2")), (1, 5));
        files.remove_collection("pbc_1").await;
        files.remove_collection("pbc_1").await;
        assert!(!folder.path().join("pbc_1").exists());
    });
}

#[test]
fn a_file_takes_the_place_of_an_older_one() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path());
    block(async {
        put(&files, "rec1", "a.txt", b"old").await.unwrap();
        put(&files, "rec1", "a.txt", b"new").await.unwrap();
        let blob = files.open("pbc_1", "rec1", "a.txt").await.unwrap();
        assert!(matches!(blob.content, BlobContent::Memory(bytes) if bytes == "new"));
    });
}

#[test]
fn tricks_with_paths_are_refused() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path().join("storage"));
    fs::write(folder.path().join("secret"), "x").unwrap();
    block(async {
        for (collection, record, name) in [
            ("..", "secret", "x"),
            ("a", "..", "secret"),
            ("a", "b", "../../../secret"),
            ("a", "b", "/etc/passwd"),
            ("a", "b", ""),
            ("", "b", "c"),
            ("a", ".", "c"),
            ("a", "b", "c\\..\\d"),
            ("a", "b", "c\0d"),
            ("a", "b/c", "d"),
            ("C:", "b", "c"),
        ] {
            let put =
                files.put(collection, record, name, "x", "text/plain", Source::Memory(Bytes::new())).await;
            assert!(matches!(put, Err(BlobError::InvalidKey(_))), "{collection} {record} {name}");
            let opened = files.open(collection, record, name).await;
            assert!(matches!(opened, Err(BlobError::InvalidKey(_))), "{collection} {record} {name}");
            files.remove_all(collection, record, vec![name.to_owned()]).await;
        }
        files.remove_record("a", "../..").await;
        files.remove_collection("..").await;
        files.remove_collection("").await;
    });
    assert!(folder.path().join("secret").exists());
}

proptest! {
    #[test]
    fn no_key_leaves_the_folder(parts in prop::collection::vec("[./\\\\a\u{0}: ]{0,4}", 1..4)) {
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        if let Ok(key) = key(&parts) {
            let path = std::path::Path::new("/root").join(&key);
            prop_assert!(path.components().all(|part| matches!(
                part,
                std::path::Component::RootDir | std::path::Component::Normal(_)
            )));
            prop_assert_eq!(path.components().count(), parts.len() + 2);
        }
    }
}

#[test]
fn held_files_stay_until_the_hold_ends() {
    let folder = tempfile::tempdir().unwrap();
    let files = Files::local(folder.path());
    let exists = |path: &str| folder.path().join("pbc_1").join(path).exists();
    block(async {
        for (record, name) in
            [("rec1", "a_0.txt"), ("rec1", "b_0.txt"), ("rec2", "c_0.txt"), ("rec3", "d_0.txt")]
        {
            put(&files, record, name, b"x").await.unwrap();
        }
        let (first, second) = (files.hold(), files.hold());
        files.remove_all("pbc_1", "rec1", vec!["a_0.txt".to_owned()]).await;
        files.remove_record("pbc_1", "rec2").await;
        drop(first);
        assert!(exists("rec1/a_0.txt") && exists("rec2/c_0.txt"));
        // The record comes to life again: what it has now is not what was deleted.
        put(&files, "rec2", "new_1.txt", b"y").await.unwrap();
        drop(second);
        while exists("rec1/a_0.txt") || exists("rec2/c_0.txt") {
            tokio::task::yield_now().await;
        }
        assert!(exists("rec1/b_0.txt") && exists("rec2/new_1.txt"));
        files.remove_record("pbc_1", "rec3").await;
        assert!(!exists("rec3"), "nothing is held any more");
    });
}

#[test]
fn lists_show_files_and_nothing_else() {
    use crate::blob::BlobStore;
    let folder = tempfile::tempdir().unwrap();
    let (files, blobs) = (Files::local(folder.path()), crate::LocalBlobs::new(folder.path()));
    block(async {
        assert_eq!(blobs.list("").await.unwrap(), []);
        put(&files, "rec2", "b_0.txt", b"xy").await.unwrap();
        put(&files, "rec1", "a_0.txt", b"x").await.unwrap();
        fs::write(folder.path().join("pbc_1/.part-1"), "half").unwrap();
        let keys = |listed: Vec<crate::Listed>| -> Vec<_> {
            listed.into_iter().map(|file| (file.key, file.size)).collect()
        };
        let all = [("pbc_1/rec1/a_0.txt".to_owned(), 1), ("pbc_1/rec2/b_0.txt".to_owned(), 2)];
        assert_eq!(keys(blobs.list("").await.unwrap()), all);
        assert_eq!(keys(blobs.list("pbc_1/rec1").await.unwrap()), all[..1]);
        assert_eq!(keys(blobs.list("pbc_2").await.unwrap()), []);
        assert!(blobs.list("..").await.is_err());
        blobs.remove("pbc_1/rec1/a_0.txt").await.unwrap();
        assert!(!folder.path().join("pbc_1/rec1").exists() && folder.path().join("pbc_1/rec2").exists());
    });
}
