"""PocketBase makes a folder, Ketch serves and changes it in place, PocketBase opens it again.

With `DIFF_SELF=1` PocketBase plays both parts, which checks the test itself.
"""

from __future__ import annotations

import os
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from harness import http
from harness.server import Product, Server, ketch, pocketbase

ANNA, BEN = "anna00000000001", "ben000000000001"
PASSWORD = "password123"
TAGS, MEMBERS, KINDS, VIEW = "tagscollection1", "memberscollecti", "kindscollection", "viewcollection1"
COLLECTIONS: list[dict[str, Any]] = [
    {"id": TAGS, "name": "tags", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "id": MEMBERS,
        "name": "members",
        "type": "auth",
        "viewRule": "",
        "updateRule": "id = @request.auth.id",
        "fields": [{"name": "nick", "type": "text"}],
        "indexes": ["CREATE UNIQUE INDEX idx_members_nick ON members (nick COLLATE NOCASE) WHERE nick != ''"],
        "passwordAuth": {"enabled": True, "identityFields": ["email", "nick"]},
    },
    {
        "id": KINDS,
        "name": "kinds",
        "type": "base",
        "listRule": "",
        "viewRule": "flag = true || owner = @request.auth.id",
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "auto", "type": "text", "autogeneratePattern": "[a-z]{8}"},
            {"name": "page", "type": "editor"},
            {"name": "n", "type": "number"},
            {"name": "flag", "type": "bool"},
            {"name": "mail", "type": "email"},
            {"name": "link", "type": "url"},
            {"name": "day", "type": "date"},
            {"name": "made", "type": "autodate", "onCreate": True},
            {"name": "touched", "type": "autodate", "onCreate": True, "onUpdate": True},
            {"name": "one", "type": "select", "values": ["a", "b", "c"], "maxSelect": 1},
            {"name": "many", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3},
            {"name": "tag", "type": "relation", "collectionId": TAGS, "maxSelect": 1},
            {"name": "tags", "type": "relation", "collectionId": TAGS, "maxSelect": 3},
            {"name": "owner", "type": "relation", "collectionId": MEMBERS, "maxSelect": 1, "cascadeDelete": True},
            {"name": "file", "type": "file", "maxSelect": 1},
            {"name": "files", "type": "file", "maxSelect": 3},
            {"name": "data", "type": "json"},
            {"name": "loc", "type": "geoPoint"},
            {"name": "secret", "type": "password"},
            {"name": "hush", "type": "text", "hidden": True},
        ],
        "indexes": [
            "CREATE UNIQUE INDEX idx_kinds_title ON kinds (title)",
            "CREATE INDEX idx_kinds_n ON kinds (n) WHERE n > 0",
        ],
    },
    {
        "id": VIEW,
        "name": "summary",
        "type": "view",
        "listRule": "",
        "viewQuery": "select k.id, k.title, k.file, t.name as tag_name, (k.n * 2) as twice "
        "from kinds k left join tags t on t.id = k.tag",
    },
]
KIND: dict[str, Any] = {
    "id": "kind00000000001",
    "title": "žluťoučký 🐎",
    "page": "<p>text</p>",
    "n": -1.5,
    "flag": True,
    "mail": "a@example.com",
    "link": "https://example.com/?a=b",
    "day": "2024-02-29 12:30:00.123Z",
    "one": "b",
    "many": ["c", "a"],
    "tag": "tag000000000001",
    "tags": ["tag000000000002", "tag000000000001"],
    "owner": ANNA,
    "data": {"b": [1, None, {"c": "d"}], "a": 1e21},
    "loc": {"lon": 14.42, "lat": 50.09},
    "secret": "hunter22",
    "hush": "hidden",
}


@dataclass
class Folder:
    """A data folder and what one server tells the next about it."""

    home: Path
    files: dict[str, str] = field(default_factory=dict)
    tokens: dict[str, str] = field(default_factory=dict)
    collections: dict[str, Any] = field(default_factory=dict)
    records: dict[str, Any] = field(default_factory=dict)

    @property
    def data(self) -> Path:
        return self.home / "pb_data"

    @contextmanager
    def served_by(self, product: Product) -> Iterator[Server]:
        with Server(product, self.home) as server:
            yield server

    def remember(self, server: Server) -> None:
        listed = server.admin("GET", "/api/collections?sort=name&perPage=500")["items"]
        self.collections = {collection["name"]: collection for collection in listed}
        self.records = {name: _records(server, name) for name in self.collections}

    def check_integrity(self) -> None:
        for name in ("data.db", "auxiliary.db"):
            with closing(sqlite3.connect(self.data / name)) as db:
                assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)], name


def _records(server: Server, collection: str) -> list[Any]:
    items = server.admin("GET", f"/api/collections/{collection}/records?sort=id&perPage=500")["items"]
    assert isinstance(items, list)
    return items


def _upload(server: Server, url: str, method: str, parts: list[http.Part]) -> Any:
    body, content_type = http.encode_multipart(parts)
    headers = {"Content-Type": content_type, "Authorization": server.super_token()}
    answer = http.send(server.port, method, url, headers=headers, body=body)
    assert answer.status == 200, answer.text
    return answer.json()


def _member(key: str, name: str) -> dict[str, Any]:
    secret = {"password": PASSWORD, "passwordConfirm": PASSWORD}
    return {"id": key, "email": f"{name}@example.com", "nick": name, "verified": True, **secret}


def _refresh(server: Server, token: str) -> http.Response:
    return server.request("POST", "/api/collections/members/auth-refresh", token=token)


def _other() -> Product:
    return pocketbase() if os.environ.get("DIFF_SELF") == "1" else ketch()


def _make(folder: Folder) -> None:
    """PocketBase's first turn: every kind of thing that a folder can hold."""
    pocketbase().upsert_superuser(folder.data)
    with folder.served_by(pocketbase()) as server:
        for collection in COLLECTIONS:
            server.admin("POST", "/api/collections", collection)
        for number, name in enumerate(("alpha", "beta"), start=1):
            server.admin("POST", "/api/collections/tags/records", {"id": f"tag00000000000{number}", "name": name})
        for key, name in ((ANNA, "anna"), (BEN, "ben")):
            server.admin("POST", "/api/collections/members/records", _member(key, name))
        server.admin("POST", "/api/collections/kinds/records", KIND)
        record = _upload(
            server,
            "/api/collections/kinds/records/kind00000000001",
            "PATCH",
            [
                ("file", "single_file.txt", "text/plain", b"single"),
                ("files", "first_file.txt", "text/plain", b"first"),
                ("files", "second_file.txt", "text/plain", b"second"),
            ],
        )
        folder.files = {record["file"]: "single", record["files"][0]: "first", record["files"][1]: "second"}
        for number in range(2, 40):
            key = f"kind000000000{number:02}"
            row = {"id": key, "title": f"title {number}", "n": number, "owner": BEN}
            server.admin("POST", "/api/collections/kinds/records", row)
        server.admin("PATCH", "/api/settings", {"meta": {"appName": "Kept name"}})
        folder.tokens = {
            "anna": server.login("members", "anna@example.com", PASSWORD),
            "super": server.super_token(),
        }
        folder.remember(server)


def _check_same(folder: Folder, server: Server) -> None:
    """The other server shows what PocketBase showed."""
    before = folder.collections, folder.records
    folder.remember(server)
    # Superusers sign in between the two readings.
    assert _comparable(folder.collections) == _comparable(before[0])
    assert _comparable(folder.records) == _comparable(before[1])
    assert server.admin("GET", "/api/settings")["meta"]["appName"] == "Kept name"
    assert _refresh(server, folder.tokens["anna"]).status == 200
    assert server.request("GET", "/api/collections", token=folder.tokens["super"]).status == 200
    assert server.login("members", "ANNA", PASSWORD)
    for name, content in folder.files.items():
        answer = server.request("GET", f"/api/files/kinds/kind00000000001/{name}")
        assert (answer.status, answer.text) == (200, content)
    clash = {"title": KIND["title"]}
    answer = server.request("POST", "/api/collections/kinds/records", clash, token=server.super_token())
    assert (answer.status, answer.json()["data"]["title"]["code"]) == (400, "validation_not_unique")
    answer = server.request("GET", "/api/collections/kinds/records/kind00000000002")
    assert answer.status == 404, "the view rule is lost"


# View fields are named anew at every save; sign-ins leave their origin.
_SKIPPED = ("_authOrigins", "_otps", "_mfas")


def _comparable(value: dict[str, Any]) -> dict[str, Any]:
    return {name: item for name, item in value.items() if name not in _SKIPPED}


def _change(folder: Folder, server: Server) -> None:
    """The other server's turn to write."""
    kinds = "/api/collections/kinds/records"
    server.admin("POST", kinds, {**KIND, "id": "kind00000000099", "title": "written by the other"})
    server.admin("PATCH", f"{kinds}/kind00000000002", {"n+": 100, "tags+": "tag000000000002"})
    server.admin("DELETE", f"{kinds}/kind00000000003")
    record = _upload(server, f"{kinds}/kind00000000004", "PATCH", [("file", "later_file.txt", "text/plain", b"later")])
    folder.files = {record["file"]: "later"}
    dropped = _upload(server, f"{kinds}/kind00000000001", "PATCH", [("file", "")])
    assert dropped["file"] == ""
    server.admin(
        "POST",
        "/api/collections",
        {
            "id": "newcollection01",
            "name": "fresh",
            "type": "base",
            "listRule": "",
            "fields": [
                {"name": "title", "type": "text"},
                {"name": "kind", "type": "relation", "collectionId": KINDS, "maxSelect": 2},
            ],
            "indexes": ["CREATE INDEX idx_fresh_title ON fresh (title)"],
        },
    )
    server.admin(
        "POST", "/api/collections/fresh/records", {"id": "fresh0000000001", "title": "t", "kind": ["kind00000000002"]}
    )
    tags = server.admin("GET", "/api/collections/tags")
    server.admin(
        "PATCH",
        "/api/collections/tags",
        {"name": "labels", "fields": [*tags["fields"], {"name": "weight", "type": "number"}]},
    )
    server.admin("PATCH", "/api/collections/labels/records/tag000000000001", {"weight": 2.5})
    server.admin("PATCH", "/api/collections/summary", {"viewQuery": "select id, title, file from kinds"})
    server.admin("POST", "/api/collections/members/records", _member("cid000000000001", "cid"))
    changed = {"password": "new-password", "passwordConfirm": "new-password"}
    server.admin("PATCH", f"/api/collections/members/records/{BEN}", changed)
    server.admin("PATCH", "/api/settings", {"meta": {"appName": "New name"}})
    folder.tokens = {
        "cid": server.login("members", "cid@example.com", PASSWORD),
        "ben": server.login("members", "ben", "new-password"),
        "super": server.super_token(),
        "file": server.request("POST", "/api/files/token", token=server.super_token()).json()["token"],
    }
    folder.remember(server)


def _check_changed(folder: Folder, server: Server) -> None:
    """PocketBase's second turn: it shows what the other server showed, and can go on."""
    before = folder.collections, folder.records
    folder.remember(server)
    assert _comparable(folder.collections) == _comparable(before[0])
    assert _comparable(folder.records) == _comparable(before[1])
    assert server.admin("GET", "/api/settings")["meta"]["appName"] == "New name"
    for name in ("cid", "ben"):
        assert _refresh(server, folder.tokens[name]).status == 200, name
    assert server.request("GET", "/api/collections", token=folder.tokens["super"]).status == 200
    assert server.login("members", "ben@example.com", "new-password")
    for name, content in folder.files.items():
        answer = server.request("GET", f"/api/files/kinds/kind00000000004/{name}?token={folder.tokens['file']}")
        assert (answer.status, answer.text) == (200, content)
    fresh = server.admin("GET", "/api/collections/fresh/records/fresh0000000001?expand=kind")
    assert fresh["expand"]["kind"][0]["id"] == "kind00000000002"
    server.admin("POST", "/api/collections/fresh/records", {"title": "and on"})
    server.admin("DELETE", "/api/collections/labels/records/tag000000000002")
    assert "tag000000000002" not in server.admin("GET", "/api/collections/kinds/records/kind00000000002")["tags"]
    server.admin("DELETE", "/api/collections/fresh")


def _check_files_on_disk(folder: Folder, key: str) -> None:
    for name, content in folder.files.items():
        assert (folder.data / "storage" / KINDS / key / name).read_text() == content


def test_round_trip(tmp_path: Path) -> None:
    folder = Folder(tmp_path)
    _make(folder)
    _check_files_on_disk(folder, "kind00000000001")
    with folder.served_by(_other()) as server:
        _check_same(folder, server)
        _change(folder, server)
    folder.check_integrity()
    _check_files_on_disk(folder, "kind00000000004")
    assert not list((folder.data / "storage" / KINDS / "kind00000000001").glob("single_file*"))
    with folder.served_by(pocketbase()) as server:
        _check_changed(folder, server)
    folder.check_integrity()


def test_folder_of_the_other_alone(tmp_path: Path) -> None:
    """A folder that PocketBase has never seen opens in PocketBase."""
    folder = Folder(tmp_path)
    _other().upsert_superuser(folder.data)
    with folder.served_by(_other()) as server:
        for collection in COLLECTIONS:
            server.admin("POST", "/api/collections", collection)
        server.admin("POST", "/api/collections/members/records", _member(ANNA, "anna"))
        folder.tokens["anna"] = server.login("members", "anna", PASSWORD)
        folder.remember(server)
    before = folder.collections, folder.records
    with folder.served_by(pocketbase()) as server:
        folder.remember(server)
        assert _comparable(folder.collections) == _comparable(before[0])
        assert _comparable(folder.records) == _comparable(before[1])
        assert _refresh(server, folder.tokens["anna"]).status == 200
    folder.check_integrity()


@pytest.mark.parametrize("table", ["_collections", "_params", "_migrations", "kinds", "members", "tags", "_superusers"])
def test_tables_have_the_same_columns(tmp_path: Path, table: str) -> None:
    """Tables made by the other server are declared as PocketBase declares them."""
    shapes = []
    for product in (pocketbase(), _other()):
        folder = Folder(tmp_path / product.name)
        folder.home.mkdir(exist_ok=True)
        product.upsert_superuser(folder.data)
        with folder.served_by(product) as server:
            for collection in COLLECTIONS[:3]:
                if collection["name"] == table or collection["name"] in ("tags", "members"):
                    _post_unless_there(server, collection)
        with closing(sqlite3.connect(folder.data / "data.db")) as db:
            shapes.append(db.execute(f"PRAGMA table_info(`{table}`)").fetchall())
    assert shapes[0], "PocketBase has no such table"
    assert shapes[0] == shapes[1]


def _post_unless_there(server: Server, collection: dict[str, Any]) -> None:
    if server.request("GET", f"/api/collections/{collection['id']}", token=server.super_token()).status == 404:
        server.admin("POST", "/api/collections", collection)
