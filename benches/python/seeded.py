"""A Ketch with records to load, and a copy of its folder for the one inside of the client's process."""

from __future__ import annotations

import json
import shutil
import signal
import socket
import subprocess
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

_SUPERUSER = ("root@example.com", "root-password")
_OPEN = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
_FIELDS = [
    {"name": "title", "type": "text"},
    {"name": "body", "type": "text"},
    {"name": "n", "type": "number"},
    {"name": "done", "type": "bool"},
    {"name": "created", "type": "autodate", "onCreate": True},
]
_BODY = "Words that take the room of a few sentences. " * 6
_PATIENCE_S = 30


@dataclass(frozen=True)
class Seeded:
    """Where the records are. `copy` is a folder that no server has open."""

    url: str
    copy: Path
    ids: Path


@contextmanager
def seeded(ketch: Path, home: Path, records: int) -> Iterator[Seeded]:
    """Starts a server with so many records in the collection `posts`, and an empty collection `made`."""
    folder, copy, ids = home / "data", home / "copy", home / "ids"
    upsert = [str(ketch), "superuser", "upsert", *_SUPERUSER, "--dir", str(folder)]
    subprocess.run(upsert, check=True, capture_output=True)
    with _serving(ketch, folder, home) as url:
        made = _fill(url, records)
    ids.write_text("\n".join(made), encoding="ascii")
    shutil.copytree(folder, copy)
    with _serving(ketch, folder, home) as url:
        yield Seeded(url, copy, ids)


@contextmanager
def _serving(ketch: Path, folder: Path, home: Path) -> Iterator[str]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        address = f"127.0.0.1:{free.getsockname()[1]}"
    with (home / "server.log").open("ab") as log:
        command = [str(ketch), "serve", f"--http={address}", f"--dir={folder}"]
        server = subprocess.Popen(command, stdout=log, stderr=log, cwd=home)
        try:
            _wait(f"http://{address}/api/health", server)
            yield f"http://{address}"
        finally:
            server.send_signal(signal.SIGINT)
            server.wait(_PATIENCE_S)


def _wait(url: str, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + _PATIENCE_S
    while server.poll() is None and time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.01)
    raise RuntimeError(f"the server does not answer at {url}")


def _fill(url: str, records: int) -> list[str]:
    email, password = _SUPERUSER
    signed_in = _send(
        f"{url}/api/collections/_superusers/auth-with-password", {"identity": email, "password": password}
    )
    for name in ("posts", "made"):
        collection = {"name": name, "type": "base", "fields": _FIELDS, **_OPEN}
        _send(f"{url}/api/collections", collection, token=signed_in["token"])
    posts = f"{url}/api/collections/posts/records"
    return [
        str(_send(posts, {"title": f"Record {number:06}", "body": _BODY, "n": number, "done": number % 2 == 0})["id"])
        for number in range(records)
    ]


def _send(url: str, body: Any, token: str = "") -> Any:
    headers = {"Content-Type": "application/json", "Authorization": token}
    request = urllib.request.Request(url, json.dumps(body).encode(), headers)
    with urllib.request.urlopen(request, timeout=_PATIENCE_S) as answer:
        return json.load(answer)
