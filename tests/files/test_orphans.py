"""Files that were stored when the process died, before their record was: they go, and no other file does."""

from __future__ import annotations

import sqlite3
import threading
import time
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from http.client import HTTPException
from pathlib import Path
from typing import Any

import pytest

from harness import http
from harness.server import Server, ketch

DOCS = "/api/collections/docs/records"
DEADLINE_S = 30
NOTES = "_ketch_pending_files"
NOTE = f"INSERT INTO {NOTES} (collection, owner, name, created) VALUES (?, ?, ?, 0)"


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    ketch().upsert_superuser(tmp_path / "pb_data")
    running = Server(ketch(), tmp_path)
    running.start()
    fields = [{"name": "files", "type": "file", "maxSelect": 9}]
    rules = {"createRule": "", "updateRule": "", "listRule": ""}
    running.admin("POST", "/api/collections", {"name": "docs", "type": "base", "fields": fields, **rules})
    yield running
    running.stop()


def upload(port: int, count: int = 3) -> Any:
    parts: list[http.Part] = [("files", f"{n}.txt", "text/plain", b"x" * 2000) for n in range(count)]
    body, content_type = http.encode_multipart(parts)
    answer = http.send(port, "POST", DOCS, headers={"Content-Type": content_type}, body=body, timeout=20)
    assert answer.status == 200, answer.text
    return answer.json()


def database(server: Server) -> sqlite3.Connection:
    return sqlite3.connect(server.data_dir / "data.db", timeout=10)


def age(server: Server) -> None:
    """Makes the notes look older than anything that could be under way."""
    with closing(database(server)) as db, db:
        db.execute(f"UPDATE {NOTES} SET created = 0")


def notes(server: Server) -> int:
    with closing(database(server)) as db:
        return int(db.execute(f"SELECT count(*) FROM {NOTES}").fetchone()[0])


def settled(server: Server) -> None:
    """Starts the server and waits until it has looked at every note."""
    server.start()
    deadline = time.monotonic() + DEADLINE_S
    while notes(server):
        assert time.monotonic() < deadline, "the notes were not settled"
        time.sleep(0.05)


def on_disk(server: Server) -> set[str]:
    """Record and name of every stored file."""
    found = (path for path in (server.data_dir / "storage").rglob("*.txt") if path.is_file())
    return {f"{path.parent.name}/{path.name}" for path in found}


def named(server: Server) -> set[str]:
    page = server.admin("GET", f"{DOCS}?perPage=1000")
    assert page["totalItems"] <= 1000
    return {f"{record['id']}/{name}" for record in page["items"] for name in record["files"]}


def test_a_file_without_its_record_goes_and_others_stay(server: Server) -> None:
    kept = upload(server.port)
    changed = upload(server.port, 2)
    gone = changed["files"][0]
    server.admin("PATCH", f"{DOCS}/{changed['id']}", {"files-": [gone]})
    server.kill()
    folder = next((server.data_dir / "storage").glob(f"*/{kept['id']}"))
    collection = folder.parent.name
    # As the process leaves it: a file of a record that never came, and one more of a record that is there.
    orphans = [("neverstored0001", "orphan.txt"), (kept["id"], "second.txt")]
    with closing(database(server)) as db, db:
        for owner, name in orphans:
            path = folder.parent / owner / name
            path.parent.mkdir(exist_ok=True)
            path.write_text("x")
            Path(f"{path}.attrs").write_text("{}")
            db.execute(NOTE, (collection, owner, name))
            # Notes that fit no file at all harm nothing.
            odd = (collection, "../../..", name), ("nothing", owner, name), (collection, "", "")
            db.executemany(NOTE, odd)
        unknown = folder / "nobody-noted-this.txt"
        unknown.write_text("x")
    # The notes of the uploads are young: nothing is looked at yet.
    young = 5
    server.start()
    deadline = time.monotonic() + DEADLINE_S
    while notes(server) > young:
        assert time.monotonic() < deadline
        time.sleep(0.05)
    assert on_disk(server) == named(server) | {f"{kept['id']}/{unknown.name}"}
    assert not (folder.parent / "neverstored0001").exists()
    server.kill()
    age(server)
    settled(server)
    assert on_disk(server) == named(server) | {f"{kept['id']}/{unknown.name}"}
    assert (server.data_dir / "data.db").exists()


class Uploader(threading.Thread):
    def __init__(self, port: int) -> None:
        super().__init__(daemon=True)
        self.port = port
        self.acknowledged: list[Any] = []

    def run(self) -> None:
        try:
            while True:
                self.acknowledged.append(upload(self.port))
        except (OSError, HTTPException):
            return


def test_a_killed_server_leaves_no_file_behind(server: Server) -> None:
    acknowledged: list[Any] = []
    for wanted in (3, 17, 30, 8):
        uploaders = [Uploader(server.port) for _ in range(4)]
        for uploader in uploaders:
            uploader.start()
        deadline = time.monotonic() + DEADLINE_S
        while sum(len(uploader.acknowledged) for uploader in uploaders) < wanted:
            assert time.monotonic() < deadline
            time.sleep(0.001)
        server.kill()
        for uploader in uploaders:
            uploader.join()
            acknowledged += uploader.acknowledged
        age(server)
        settled(server)
        present = named(server)
        assert on_disk(server) == present
        assert {f"{record['id']}/{name}" for record in acknowledged for name in record["files"]} <= present


APP = "0b8c2f6e-5a0d-4c1b-9a57-3d8c9a4f1e10"
TOKEN = "3f7c6f0e-1d2b-4a59-8c3e-7b6a5d4c3b2a"


def test_files_of_instant_clients_stay(tmp_path: Path) -> None:
    product = replace(ketch(), serve_flags=(f"--app-id={APP}", f"--admin-token={TOKEN}"))
    headers = {"app-id": APP, "Authorization": f"Bearer {TOKEN}", "Content-Type": "text/plain"}
    server = Server(product, tmp_path)
    server.start()
    try:
        for content in (b"first", b"second"):
            sent = {**headers, "path": "notes/a.txt"}
            answer = http.send(server.port, "PUT", "/admin/storage/upload", headers=sent, body=content)
            assert answer.status == 200, answer.text
        assert notes(server) == 2
        server.kill()
        (folder,) = (server.data_dir / "storage").iterdir()
        orphan = folder / "11111111-2222-4333-8444-555555555555"
        orphan.mkdir()
        (orphan / "content").write_text("x")
        with closing(database(server)) as db, db:
            db.execute(NOTE, (folder.name, orphan.name, "content"))
        age(server)
        settled(server)
        assert not orphan.exists()
        url = f"/admin/storage/signed-download-url?app_id={APP}&filename=notes/a.txt"
        signed = http.send(server.port, "GET", url, headers=headers).json()["data"]
        path = signed.removeprefix(signed[: signed.index("/", len("http://"))])
        assert http.send(server.port, "GET", path).text == "second"
    finally:
        server.stop()


def test_notes_of_a_backup_are_forgotten(server: Server) -> None:
    """Restored data may share a bucket with the server that it came from: what was on its way there stays."""
    kept = upload(server.port, 1)
    folder = next((server.data_dir / "storage").glob(f"*/{kept['id']}"))
    (folder / "on-its-way.txt").write_text("x")
    with closing(database(server)) as db, db:
        db.execute(NOTE, (folder.parent.name, kept["id"], "on-its-way.txt"))
    server.admin("POST", "/api/backups", {"name": "noted.zip"}, status=204)
    assert notes(server) == 2
    server.admin("POST", "/api/backups/noted.zip/restore", status=204)
    deadline = time.monotonic() + DEADLINE_S
    while server.log_text().count("is ready at") < 2:
        assert time.monotonic() < deadline, "the server is not back"
        time.sleep(0.05)
    assert notes(server) == 0
    assert f"{kept['id']}/on-its-way.txt" in on_disk(server)
