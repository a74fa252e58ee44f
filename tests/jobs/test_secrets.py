"""Secrets: kept encrypted, shown to superusers alone, never written anywhere in plain text."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import zipfile
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.server import Server
from jobs.conftest import Callers, callers, with_flags

URL = "/api/secrets"
KEY = "0123456789abcdef" * 4
OTHER_KEY = "fedcba9876543210" * 4
PLAIN = "sk_live_51H8xQzPLAINTEXT"


@pytest.fixture(scope="module")
def people(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with with_flags(tmp_path_factory.mktemp("secrets"), f"--masterKey={KEY}", "--dev") as server:
        yield callers(server)


ROUTES = [("GET", URL), ("POST", URL), ("GET", f"{URL}/a"), ("PUT", f"{URL}/a"), ("DELETE", f"{URL}/a")]


@pytest.mark.parametrize(("method", "url"), ROUTES)
@pytest.mark.parametrize(("who", "status"), [("guest", 401), ("user", 403)])
def test_superusers_only(people: Callers, method: str, url: str, who: str, status: int) -> None:
    body = {"key": "a", "value": PLAIN} if method in ("POST", "PUT") else None
    assert people.ask(who, method, url, body).status == status


@pytest.mark.parametrize(("method", "url"), ROUTES)
@pytest.mark.parametrize(("who", "status"), [("guest", 401), ("user", 403), ("root", 503)])
def test_without_a_master_key(everybody: Callers, method: str, url: str, who: str, status: int) -> None:
    body = {"key": "a", "value": PLAIN} if method in ("POST", "PUT") else None
    answer = everybody.ask(who, method, url, body)
    assert answer.status == status
    assert status != 503 or "KETCH_MASTER_KEY" in answer.json()["message"]


REFUSED: list[tuple[str, str, Any, int, list[str]]] = [
    ("POST", URL, {}, 400, ["key", "value"]),
    ("POST", URL, {"key": "", "value": "x"}, 400, ["key"]),
    ("POST", URL, {"key": "k" * 257, "value": "x"}, 400, ["key"]),
    ("POST", URL, {"key": "a\tb", "value": "x"}, 400, ["key"]),
    ("POST", URL, {"key": "k", "value": ""}, 400, ["value"]),
    ("POST", URL, {"key": "k", "value": "x" * 4097}, 400, ["value"]),
    ("POST", URL, {"key": "k", "value": "x", "env": "e" * 257}, 400, ["env"]),
    ("POST", URL, {"key": "k", "value": 7}, 400, []),
    ("POST", URL, ["k"], 400, []),
    ("PUT", f"{URL}/none", {"value": "x"}, 404, []),
    ("PUT", f"{URL}/none", {}, 400, ["value"]),
    ("GET", f"{URL}/none", None, 404, []),
    ("DELETE", f"{URL}/none", None, 404, []),
]


@pytest.mark.parametrize(("method", "url", "body", "status", "fields"), REFUSED)
def test_what_is_wrong_is_said(
    people: Callers, method: str, url: str, body: object, status: int, fields: list[str]
) -> None:
    answer = people.ask("root", method, url, body)
    assert (answer.status, list(answer.json()["data"])) == (status, fields)


def item(server: Server, key: str) -> Any:
    return next(item for item in server.admin("GET", URL)["items"] if item["key"] == key)


def test_a_secret_is_kept_changed_and_deleted(people: Callers) -> None:
    server = people.server
    key = "stripe/ä key"
    made = server.admin("POST", URL, {"key": key, "value": PLAIN, "description": "for payments"})
    assert (made["key"], made["env"]) == (key, "global")
    assert "message" in made
    answer = people.ask("root", "GET", f"{URL}/{quote(key, safe='')}")
    assert answer.json() == {"key": key, "value": PLAIN}
    assert answer.header("cache-control") == "no-store"
    listed = item(server, key)
    assert listed["masked_value"] == f"{PLAIN[:6]}***"
    assert (listed["env"], listed["description"], listed["readable"]) == ("global", "for payments", True)
    changed = server.admin("PUT", f"{URL}/{quote(key, safe='')}", {"value": "twelve chars"})
    assert changed["key"] == key
    after = item(server, key)
    assert (after["masked_value"], after["description"], after["id"]) == ("***", "for payments", listed["id"])
    assert (after["created"], server.admin("GET", URL)["total"]) == (listed["created"], 1)
    again = server.admin("POST", URL, {"key": key, "value": "x" * 4096, "env": "test"})
    assert again["env"] == "test"
    assert server.admin("GET", f"{URL}/{quote(key, safe='')}")["value"] == "x" * 4096
    assert server.admin("DELETE", f"{URL}/{quote(key, safe='')}") is None
    assert server.admin("GET", URL) == {"items": [], "total": 0}


def test_no_plain_text_anywhere(people: Callers, tmp_path: Path) -> None:
    server = people.server
    server.admin("POST", URL, {"key": "plain", "value": PLAIN})
    server.admin("GET", f"{URL}/plain")
    server.admin("PUT", f"{URL}/plain", {"value": PLAIN, "description": "d"})
    # Errors on the way, of every kind: nothing of the body may be repeated.
    server.admin("POST", URL, {"key": "x" * 300, "value": PLAIN}, status=400)
    server.admin("POST", URL, {"key": "plain", "value": [PLAIN]}, status=400)
    server.admin("PUT", f"{URL}/none", {"value": PLAIN}, status=404)
    server.admin("POST", "/api/backups", {"name": "secrets.zip"}, status=204)
    logs = server.admin("GET", "/api/logs?perPage=500")
    assert any("/api/secrets" in str(row) for row in logs["items"])
    assert PLAIN not in str(logs)
    assert PLAIN not in server.log_text()
    assert KEY not in server.log_text()
    with zipfile.ZipFile(server.data_dir / "backups" / "secrets.zip") as archive:
        archive.extractall(tmp_path)
    for folder in (server.data_dir, tmp_path):
        for path in folder.rglob("*"):
            if path.is_file():
                assert PLAIN.encode() not in path.read_bytes(), path
                assert KEY.encode() not in path.read_bytes(), path


def test_a_secret_belongs_to_its_key(people: Callers) -> None:
    """Ciphertext that is moved below another key does not open."""
    server = people.server
    for key in ("one", "two"):
        server.admin("POST", URL, {"key": key, "value": f"value of {key} and more"})
    with closing(sqlite3.connect(server.data_dir / "data.db")) as database:
        move = "UPDATE _ketch_secrets SET sealed = (SELECT sealed FROM _ketch_secrets WHERE key = 'one')"
        database.execute(f"{move} WHERE key = 'two'")
        database.commit()
    assert server.admin("GET", f"{URL}/one")["value"] == "value of one and more"
    assert "cannot be read" in server.admin("GET", f"{URL}/two", status=503)["message"]
    assert (item(server, "two")["masked_value"], item(server, "two")["readable"]) == ("***", False)


def test_another_master_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server = with_flags(tmp_path)
    monkeypatch.setenv("PB_MASTER_KEY", KEY)
    with server:
        server.admin("POST", URL, {"key": "a", "value": PLAIN})
    # Ketch's own name wins.
    monkeypatch.setenv("KETCH_MASTER_KEY", OTHER_KEY)
    with server:
        assert "another master key" in server.admin("GET", f"{URL}/a", status=503)["message"]
        assert item(server, "a")["masked_value"] == "***"
        server.admin("POST", URL, {"key": "b", "value": PLAIN})
        server.admin("PUT", f"{URL}/a", {"value": "new"})
        assert server.admin("GET", f"{URL}/a")["value"] == "new"
    monkeypatch.delenv("KETCH_MASTER_KEY")
    with server:
        server.admin("GET", f"{URL}/b", status=503)
        server.admin("DELETE", f"{URL}/b")


@pytest.mark.parametrize("wrong", ["abc", "x" * 64, KEY[:-1]])
def test_a_wrong_master_key_is_not_repeated(tmp_path: Path, wrong: str) -> None:
    server = with_flags(tmp_path)
    done = subprocess.run(
        [str(server.product.binary), "serve", "--http=127.0.0.1:0", f"--dir={server.data_dir}"],
        env={**os.environ, "KETCH_MASTER_KEY": wrong},
        capture_output=True,
        text=True,
        timeout=30,
        check=False,
    )
    assert done.returncode == 1
    assert "KETCH_MASTER_KEY must hold exactly 64 hexadecimal digits" in done.stderr
    assert wrong not in done.stderr
