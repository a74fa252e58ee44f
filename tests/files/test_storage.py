"""The same life of files in a folder and in a bucket."""

from __future__ import annotations

import hashlib
import random
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from files.app import RECORDS, App
from files.images import encoded, picture, seen
from files.s3 import S3Server
from harness.http import Part
from harness.server import pocketbase

# More than two parts of an upload, and no whole number of them.
LARGE = random.Random(7).randbytes(12 << 20) + b"end"
Stored = Callable[[], list[str]]


def _text(field: str, name: str, content: bytes = b"content") -> Part:
    return (field, name, "text/plain", content)


@pytest.fixture(params=["folder", "bucket"])
def stored(request: pytest.FixtureRequest, app: App) -> Iterator[Stored]:
    """What is stored where the app stores now. Leaves it empty."""
    if request.param == "folder":
        app.set_s3(enabled=False)
        listed: Stored = app.stored
    else:
        s3: S3Server = request.getfixturevalue("s3")
        app.set_s3(**s3.settings("life"))

        def listed() -> list[str]:
            return s3.objects("life")

    yield listed
    app.server.admin("DELETE", "/api/collections/docs/truncate")
    assert listed() == []
    app.set_s3(enabled=False)


def test_upload_serve_replace_delete(app: App, stored: Stored) -> None:
    url, name = app.upload("first letter.txt", b"0123456789")
    record = url.split("/")[-2]
    place = f"{url.split('/')[-2]}/{name}"
    assert [key.split("/", 1)[1] for key in stored()] == [place]
    whole = app.get(url)
    assert (whole.status, whole.body, whole.header("content-type")) == (200, b"0123456789", "text/plain; charset=utf-8")
    assert whole.header("content-disposition") == f'attachment; filename="{name}"'
    part = app.get(url, {"Range": "bytes=2-5"})
    assert (part.status, part.body, part.header("content-range")) == (206, b"2345", "bytes 2-5/10")
    assert app.get(url, {"Range": "bytes=20-"}).status == 416
    assert app.head(url).header("content-length") == "10"
    assert app.get(url, {"If-Modified-Since": whole.header("last-modified") or ""}).status == 304

    replaced = app.send("PATCH", f"{RECORDS}/{record}", _text("file", "second_letter.txt", b"second")).json()["file"]
    assert [key.rsplit("/", 1)[1] for key in stored()] == [replaced]
    assert app.get(url).status == 404
    assert app.get(f"/api/files/docs/{record}/{replaced}").body == b"second"
    app.server.admin("DELETE", f"{RECORDS}/{record}")
    assert stored() == []
    assert app.get(f"/api/files/docs/{record}/{replaced}").status == 404


def test_several_files(app: App, stored: Stored) -> None:
    record = app.create(
        _text("files", "a_file.txt"), _text("files", "b_file.txt"), _text("file", "one_file.txt")
    ).json()
    assert len(stored()) == 3
    url = f"{RECORDS}/{record['id']}"
    more = app.send("PATCH", url, _text("files+", "c_file.txt")).json()["files"]
    assert len(more) == 3
    left = app.server.admin("PATCH", url, {"files-": [more[0], more[2]]})["files"]
    assert left == [more[1]]
    assert sorted(key.rsplit("/", 1)[1] for key in stored()) == sorted([more[1], record["file"]])


def test_large_files_go_through_in_parts(app: App, stored: Stored) -> None:
    url, _ = app.upload("large_file.bin", LARGE)
    answer = app.get(url)
    assert hashlib.sha256(answer.body).digest() == hashlib.sha256(LARGE).digest()
    assert answer.header("content-length") == str(len(LARGE))
    for start, end in ((0, 9), (5_000_000, 6_000_000), (len(LARGE) - 3, len(LARGE) - 1)):
        part = app.get(url, {"Range": f"bytes={start}-{end}"})
        assert part.body == LARGE[start : end + 1]
    several = app.get(url, {"Range": "bytes=9000000-9000003,3-5,-3"})
    assert several.status == 206
    for piece in (LARGE[9000000:9000004], LARGE[3:6], b"end"):
        assert piece in several.body
    assert len(stored()) == 1


def test_thumbs(app: App, stored: Stored) -> None:
    url, name = app.upload("image_file.jpg", encoded(picture(200, 100), "JPEG"))
    first, second = app.get(f"{url}?thumb=70x50"), app.get(f"{url}?thumb=70x50")
    assert seen(first.body) == ("JPEG", (70, 50), 1)
    assert (second.body, second.header("last-modified")) == (first.body, first.header("last-modified"))
    assert first.header("content-disposition") == f'inline; filename="70x50_{name}"'
    assert [key.split("/", 2)[2] for key in stored()] == [name, f"thumbs_{name}/70x50_{name}"]


def test_names_survive(app: App, stored: Stored) -> None:
    for original in ("Žluťoučký kůň.tar.gz", "odd name.t*+=#x", "..%2f..%2fclimbing", "percent%41.txt", "日本語.png"):
        url, name = app.upload(original, original.encode())
        assert app.get(url.replace("#", "%23")).body == original.encode(), name
    assert len(stored()) == 5


def test_empty_files(app: App, stored: Stored) -> None:
    url, _ = app.upload("empty_file.txt", b"")
    assert (app.get(url).status, app.get(url).body) == (200, b"")
    assert len(stored()) == 1


def test_refused_writes_store_nothing(app: App, stored: Stored) -> None:
    long = ("title", "x" * 21)
    assert app.create(long, _text("file", "a_file.txt")).status == 400
    assert stored() == []
    record = app.create(("title", "x")).json()["id"]
    assert app.send("PATCH", f"{RECORDS}/{record}", long, _text("file", "a_file.txt")).status == 400
    # The id is taken: this is found out by the statement itself.
    assert app.create(("id", record), _text("file", "a_file.txt")).status == 400
    assert stored() == []


def test_refused_batches_store_nothing(app: App, stored: Stored) -> None:
    app.server.admin("PATCH", "/api/settings", {"batch": {"enabled": True}})
    steps = '{"requests":[{"method":"POST","url":"%s","body":{"title":"a"}},{"method":"POST","url":"%s","body":%s}]}'

    def batch(second: str) -> int:
        parts = (("@jsonPayload", steps % (RECORDS, RECORDS, second)), _text("requests.0.file", "a_file.txt"))
        return app.send("POST", "/api/batch", *parts).status

    assert batch('{"title":"%s"}' % ("x" * 21)) == 400
    assert stored() == []
    assert batch('{"title":"b"}') == 200
    assert len(stored()) == 1


def test_pocketbase_serves_what_ketch_stored(app: App, s3: S3Server, tmp_path: Path) -> None:
    """Keys, types and names in the bucket are those of PocketBase."""
    app.set_s3(**s3.settings("shared"))
    url, _ = app.upload("Shared Fílé.png", encoded(picture(100, 50), "PNG"))
    thumb = app.get(f"{url}?thumb=70x50")
    app.server.stop()
    home = tmp_path / "home"
    shutil.copytree(app.server.data_dir, home / "pb_data")
    app.server.start()
    with App(pocketbase(), home, (), is_new=False) as other:
        for suffix in ("", "?thumb=70x50", "?download=1"):
            one, two = app.get(url + suffix), other.get(url + suffix)
            assert one.body == two.body
            for header in ("content-type", "content-disposition", "last-modified", "content-length"):
                assert one.header(header) == two.header(header), header
        assert other.get(f"{url}?thumb=70x50").body == thumb.body
    app.server.admin("DELETE", f"{RECORDS}/{url.split('/')[-2]}")
    app.set_s3(enabled=False)
