"""Names, bodies and hang-ups that are meant to do harm."""

from __future__ import annotations

import socket
import threading
import time
from pathlib import Path

import pytest

from files.app import RECORDS, App
from harness import http

TRICKS = (
    "../../../data.db",
    "..\\..\\data.db",
    "/etc/passwd",
    "C:\\Windows\\win.ini",
    "....//....//data.db",
    "..",
    ".",
    "/",
    "a/../../b.txt",
    "nul\\x00.txt",
    ".attrs",
    "name.attrs",
    ".part-1",
    "thumbs_a/100x100_a.png",
    "x" * 5000 + ".txt",
    "con.txt",
    "\u202egnp.exe",
)


def _outside(app: App) -> set[Path]:
    found = app.server.home.rglob("*")
    return {
        path for path in found if app.storage not in [path, *path.parents] and not path.name.endswith(("-wal", "-shm"))
    }


@pytest.mark.parametrize("name", TRICKS)
def test_names_stay_in_their_folder(app: App, name: str) -> None:
    before = set(app.stored())
    outside = _outside(app)
    answer = app.create(("file", name, "text/plain", b"harm"))
    assert answer.status == 200, answer.text
    record = answer.json()
    new = set(app.stored()) - before
    assert {path.split("/", 1)[1] for path in new} == {f"{record['id']}/{record['file']}"}
    assert _outside(app) == outside
    assert app.get(f"/api/files/docs/{record['id']}/{record['file']}").body == b"harm"


@pytest.mark.parametrize(
    "path",
    [
        "..%2f..%2f..%2fdata.db",
        "..%5c..%5cdata.db",
        "%2e%2e%2fdata.db",
        "{name}.attrs",
        "{name}%00.txt",
        "thumbs_{name}%2f70x50_{name}",
        "{name}%2f..%2f{name}",
        "{name}/",
        "./{name}",
    ],
)
def test_paths_open_nothing_else(app: App, path: str) -> None:
    url, name = app.upload("a_file.txt", b"content")
    answer = app.get(url.replace(name, path.replace("{name}", name)))
    assert answer.status in (404, 301, 307), answer.status
    assert b"SQLite" not in answer.body


@pytest.mark.parametrize("size", ["../70x50", "70x50/..", "..%2f..%2f", "70x50%00", "9" * 5000, "70x50" * 1000])
def test_sizes_open_nothing_else(app: App, size: str) -> None:
    url, _ = app.upload("a_file.txt", b"content")
    answer = app.get(f"{url}?thumb={size}")
    assert (answer.status, answer.body) == (200, b"content")


def test_record_ids_are_no_paths(app: App) -> None:
    before = app.stored()
    for record in ("../../../../xx", "..", "a/b/c/d/e/f/g/h", "aaaaaaaaaaaaaa/"):
        assert app.create(("id", record), ("file", "a_file.txt", "text/plain", b"x")).status == 400
    assert app.stored() == before


def test_who_hangs_up_leaves_nothing(app: App) -> None:
    """The upload arrived whole, its sender is gone before the answer: the record is there with its file, or neither."""
    for _ in range(20):
        body, content_type = http.encode_multipart(
            [("file", "hung_up.bin", "application/octet-stream", bytes(1 << 20))]
        )
        with socket.create_connection(("127.0.0.1", app.server.port)) as sock:
            head = f"POST {RECORDS} HTTP/1.1\r\nHost: x\r\nContent-Type: {content_type}\r\n"
            head += f"Content-Length: {len(body)}\r\n\r\n"
            sock.sendall(head.encode() + body)
    # And one that goes away in the middle.
    with socket.create_connection(("127.0.0.1", app.server.port)) as sock:
        sock.sendall(head.encode() + body[: 1 << 19])
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        filter_ = "?perPage=500&filter=file~'hung_up'"
        named = {record["file"] for record in app.server.admin("GET", RECORDS + filter_)["items"]}
        kept = {path.rsplit("/", 1)[1] for path in app.stored() if "hung_up" in path}
        if named == kept and not list(app.storage.rglob(".part-*")):
            return
        threading.Event().wait(0.1)
    pytest.fail(f"{len(named)} records name files, {len(kept)} are stored")
