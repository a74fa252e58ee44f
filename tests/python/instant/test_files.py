"""Files of an app."""

from __future__ import annotations

import io
import uuid
from pathlib import Path
from typing import Any

import pytest
from instantdb_admin_client import InstantAPIError, StorageFile

from support.both import Runner

BIG = bytes(range(256)) * 4 * 1024 * 6


def _path(name: str = "photo.jpg") -> str:
    return f"{uuid.uuid4().hex}/{name}"


def _content(db: Any, run: Runner, path: str) -> bytes:
    target = io.BytesIO()
    length = run(db.storage.download_to(path, target))
    assert length == len(target.getvalue())
    return target.getvalue()


def test_sources_of_all_kinds(db: Any, run: Runner, tmp_path: Path) -> None:
    on_disk = tmp_path / "photo.jpg"
    on_disk.write_bytes(b"from disk")
    moved = io.BytesIO(b"skipped, then read")
    moved.seek(9)
    for source, expected in (
        (b"bytes", b"bytes"),
        (bytearray(b"array"), b"array"),
        (memoryview(b"view"), b"view"),
        (on_disk, b"from disk"),
        (str(on_disk), b"from disk"),
        (io.BytesIO(b"in memory"), b"in memory"),
        (moved, b"then read"),
        (io.StringIO("größe"), "größe".encode()),
        (b"", b""),
        (BIG, BIG),
    ):
        path = _path()
        answer = run(db.storage.upload_file(path, source))
        assert answer["data"]["size"] == len(expected)
        assert _content(db, run, path) == expected
    with on_disk.open("rb") as binary, on_disk.open() as text:
        for opened in (binary, text):
            path = _path()
            run(db.storage.uploadFile(path, opened, {"contentType": "image/jpeg"}))
            assert _content(db, run, path) == b"from disk"


@pytest.mark.parametrize("name", ["a b.txt", "a ", "größe.txt", "日本.txt", "a+b&c=d#e?.txt", "100%.txt", "‮.txt"])
def test_names_of_all_kinds(db: Any, run: Runner, name: str) -> None:
    path = _path(name)
    run(db.storage.upload_file(path, b"x", content_type="text/plain"))
    assert path in [file.name for file in run(db.storage.list())]
    assert _content(db, run, path) == b"x"
    run(db.storage.delete(path))
    assert run(db.storage.get_download_url(path)) is None


def test_types_and_dispositions(db: Any, run: Runner) -> None:
    for options, keywords, expected in (
        (None, {}, ("application/octet-stream", None)),
        ({"contentType": "image/jpeg"}, {}, ("image/jpeg", None)),
        ({"contentDisposition": "attachment"}, {"content_type": "text/css"}, ("text/css", "attachment")),
        (None, {"content_disposition": "inline"}, ("application/octet-stream", "inline")),
    ):
        path = _path()
        run(db.storage.upload_file(path, b"x", options, **keywords))
        download = run(db.storage.download(path))
        assert (download.headers["content-type"], download.headers.get("content-disposition")) == expected
        assert download.status == 200
        assert "/storage/files/" in download.url
        assert run(download.read()) == b"x"
        run(download.close())
    path = _path()
    run(db.storage.upload(path, b"x", "image/png", {"contentDisposition": "inline"}))
    run(db.storage.upload(path, b"y", {"contentType": "image/png"}))
    assert _content(db, run, path) == b"y"


def test_lists_and_deletes(db: Any, run: Runner) -> None:
    paths = [_path(f"{number}.jpg") for number in range(3)]
    for path in paths:
        run(db.storage.upload_file(path, b"1234"))
    files = {file.name: file for file in run(db.storage.list())}
    assert all(isinstance(files[path], StorageFile) and files[path].size == 4 for path in paths)
    assert run(db.storage.delete(paths[0])) is None
    assert run(db.storage.delete_many(paths[1:])) is None
    assert not set(paths) & {file.name for file in run(db.storage.list())}
    # What is gone may be deleted again.
    run(db.storage.delete(paths[0]))
    run(db.storage.delete_many(paths))


def test_downloads_to_disk(db: Any, run: Runner, tmp_path: Path) -> None:
    path, target = _path(), tmp_path / "copy"
    run(db.storage.upload_file(path, BIG))
    assert run(db.storage.download_to(path, target)) == len(BIG)
    assert target.read_bytes() == BIG
    with pytest.raises(FileNotFoundError):
        run(db.storage.download_to(path, tmp_path / "missing" / "copy"))


def test_files_that_are_not_there(db: Any, run: Runner, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        run(db.storage.upload_file(_path(), tmp_path / "missing.jpg"))
    assert "missing.jpg" in str(caught.value.filename)
    with pytest.raises(IsADirectoryError):
        run(db.storage.upload_file(_path(), tmp_path))
    with pytest.raises(InstantAPIError, match=r"Download failed: there is no file 'none\.jpg'") as refused:
        run(db.storage.download("none.jpg"))
    assert (refused.value.status, refused.value.type) == (404, "record-not-found")


def test_files_with_keys_that_are_not_known() -> None:
    file = StorageFile.of({"key": "k", "name": "n", "size": None, "owner": "ada"})
    assert (file.size, file.etag, file.extra) == (0, None, {"owner": "ada"})
    assert StorageFile("k", "n", 1, None, None).name == "n"


def test_a_source_that_breaks(db: Any, run: Runner) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def readinto(self, buffer: Any) -> int:
            raise OSError("the disk is gone")

    with pytest.raises((OSError, InstantAPIError), match="the disk is gone"):
        run(db.storage.upload_file(_path(), Broken()))
