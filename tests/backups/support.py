"""Servers with files in them, backups of them, and writers that keep on writing."""

from __future__ import annotations

import hashlib
import io
import random
import threading
import time
import zipfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.client import HTTPException
from pathlib import Path
from typing import Any

from harness import http
from harness.server import Product, Server

COLLECTION = "docs"
RECORDS = f"/api/collections/{COLLECTION}/records"
ANYBODY = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
TIMEOUT_S = 60


def new_server(product: Product, home: Path) -> Server:
    """A server with a superuser and nothing else."""
    home.mkdir(parents=True, exist_ok=True)
    server = Server(product, home)
    product.upsert_superuser(server.data_dir)
    server.start()
    return server


def make_collection(server: Server) -> None:
    fields = [{"name": "text", "type": "text"}, {"name": "file", "type": "file", "maxSelect": 1}]
    server.admin("POST", "/api/collections", {"name": COLLECTION, "type": "base", "fields": fields, **ANYBODY})


def content(text: str) -> bytes:
    """The file that belongs to a record with this text."""
    return hashlib.sha256(text.encode()).digest() * 200


def send_record(port: int, text: str, *, method: str = "POST", url: str = RECORDS) -> http.Response:
    body, kind = http.encode_multipart(
        [("text", text), ("file", "file.bin", "application/octet-stream", content(text))]
    )
    return http.send(port, method, url, headers={"Content-Type": kind}, body=body, timeout=20)


def add_record(server: Server, text: str) -> str:
    answer = send_record(server.port, text)
    assert answer.status == 200, answer.text
    return str(answer.json()["id"])


@dataclass
class Stored:
    """What a server holds: record id to text; `broken` names records whose file is not the one of their text."""

    texts: dict[str, str] = field(default_factory=dict)
    broken: list[str] = field(default_factory=list)


def stored(server: Server) -> Stored:
    """Every record over the API, and its file from the disk."""
    found = Stored()
    page = 1
    while True:
        answer = server.request("GET", f"{RECORDS}?perPage=500&page={page}&sort=id")
        assert answer.status == 200, answer.text
        for item in answer.json()["items"]:
            found.texts[item["id"]] = item["text"]
            path = server.data_dir / "storage" / item["collectionId"] / item["id"] / item["file"]
            if not path.is_file() or path.read_bytes() != content(item["text"]):
                found.broken.append(f"{item['id']} {item['file']}")
        if page >= answer.json()["totalPages"]:
            return found
        page += 1


def create_backup(server: Server, name: str) -> None:
    server.admin("POST", "/api/backups", {"name": name}, status=204)


def download(server: Server, name: str) -> bytes:
    token = server.admin("POST", "/api/files/token")["token"]
    answer = http.send(server.port, "GET", f"/api/backups/{name}?token={token}")
    assert answer.status == 200, answer.text
    return answer.body


def upload(server: Server, name: str, archive: bytes) -> None:
    body, kind = http.encode_multipart([("file", name, "application/zip", archive)])
    headers = {"Content-Type": kind, "Authorization": server.super_token()}
    answer = http.send(server.port, "POST", "/api/backups/upload", headers=headers, body=body)
    assert answer.status == 204, answer.text


def restore(server: Server, name: str, *, status: int = 204) -> None:
    server.admin("POST", f"/api/backups/{name}/restore", status=status)


def make_zip(entries: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, data in entries.items():
            archive.writestr(name, data)
    return out.getvalue()


def wait_until(condition: Callable[[], bool], what: str) -> None:
    """Polls; a server that is not there for the moment is no answer."""
    deadline = time.monotonic() + TIMEOUT_S
    while time.monotonic() < deadline:
        try:
            if condition():
                return
        except (OSError, HTTPException, RuntimeError):
            pass
        threading.Event().wait(0.02)
    raise AssertionError(f"not in {TIMEOUT_S} s: {what}")


def is_idle(server: Server) -> bool:
    """Whether no backup is being made or restored; signs in anew, for a restore brings other keys."""
    server._super_token = ""
    return bool(server.admin("GET", "/api/health")["data"]["canBackup"])


class Background(threading.Thread):
    """Runs something beside the test; `join` raises what went wrong."""

    def __init__(self, work: Callable[[], None]) -> None:
        super().__init__(daemon=True)
        self._work = work
        self._failure: Exception | None = None
        self.start()

    def run(self) -> None:
        try:
            self._work()
        except Exception as error:
            self._failure = error

    def join(self, timeout: float | None = TIMEOUT_S) -> None:
        super().join(timeout)
        if self._failure is not None:
            raise self._failure


class Writer(threading.Thread):
    """Creates records with files, and replaces the files of some and deletes others of its own, until told to stop."""

    def __init__(self, server: Server, number: int) -> None:
        super().__init__(daemon=True)
        self._port = server.port
        self._number = number
        self._chance = random.Random(number)
        self._told = threading.Event()
        self._mine: list[str] = []
        self.kept: dict[str, str] = {}
        """Acknowledged records that this writer leaves alone from then on."""
        self.refused: list[str] = []

    def run(self) -> None:
        count = 0
        while not self._told.is_set():
            count += 1
            try:
                self._turn(f"writer {self._number} text {count}")
            except (OSError, HTTPException):
                return

    def _turn(self, text: str) -> None:
        answer = send_record(self._port, text)
        if answer.status != 200:
            self.refused.append(answer.text)
            return
        key = str(answer.json()["id"])
        if self._chance.random() < 0.4:
            self.kept[key] = text
            return
        self._mine.append(key)
        victim = self._chance.choice(self._mine)
        url = f"{RECORDS}/{victim}"
        if self._chance.random() < 0.5:
            send_record(self._port, f"{text} again", method="PATCH", url=url)
        else:
            self._mine.remove(victim)
            http.send(self._port, "DELETE", url, timeout=20)

    def stop(self) -> None:
        self._told.set()


@contextmanager
def writing(server: Server, number: int = 4) -> Iterator[list[Writer]]:
    writers = [Writer(server, index) for index in range(number)]
    for writer in writers:
        writer.start()
    try:
        yield writers
    finally:
        for writer in writers:
            writer.stop()
        for writer in writers:
            writer.join()


def kept(writers: list[Writer]) -> dict[str, str]:
    """Every record that is acknowledged and left alone at this moment."""
    return {key: text for writer in writers for key, text in dict(writer.kept).items()}


def listed(server: Server) -> list[str]:
    items: list[dict[str, Any]] = server.admin("GET", "/api/backups")
    return [item["key"] for item in items]
