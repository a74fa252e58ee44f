"""Import of collections: matching, merging, deleting what is missing, and failing as a whole."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, collection_id, records

_URL = "/api/collections/import"
_NAMES = {"sort": "name", "fields": "name,type", "filter": "system = false"}


def _text(name: str, key: str) -> dict[str, Any]:
    return {"id": key, "name": name, "type": "text"}


def _import(title: str, status: int, *collections: Any, missing: bool | None = None) -> R:
    body: dict[str, Any] = {"collections": list(collections)}
    if missing is not None:
        body["deleteMissing"] = missing
    return R(title, "PUT", _URL, status, auth="super", json=body, redact=_ERRORS if status == 400 else ())


# The message embeds the errors as indented JSON text.
_ERRORS = ["data.collections.message"]


def _read(name: str, status: int = 200) -> R:
    return R(f"read {name}", "GET", f"/api/collections/{name}", status, auth="super")


_BOOKS = {
    "id": "books0000000001",
    "name": "books",
    "type": "base",
    "listRule": "",
    "fields": [_text("title", "booktitle"), _text("author", "bookauthor")],
    "indexes": ["CREATE INDEX idx_books_title ON books (title)"],
}
_LIFE = Group(
    "importing",
    [
        _import(
            "new collections", 204, _BOOKS, {"name": "shelves", "type": "base", "fields": [_text("name", "shelfname")]}
        ),
        _read("books"),
        _read("shelves"),
        R(
            "record",
            "POST",
            records("books"),
            auth="super",
            json={"id": "book00000000001", "title": "T", "author": "A"},
        ),
        _import("the same again", 204, _BOOKS),
        R("record kept", "GET", f"{records('books')}/book00000000001", auth="super"),
        _import("fewer fields are kept", 204, {**_BOOKS, "fields": [_text("pages", "bookpages")]}),
        _read("books"),
        _import("without fields", 204, {"id": "books0000000001", "name": "books", "type": "base", "viewRule": ""}),
        _read("books"),
        _import("renamed by id", 204, {**_BOOKS, "name": "volumes", "indexes": []}),
        _read("volumes"),
        _read("books", 404),
        _import("matched by name", 204, {"name": "volumes", "type": "base", "fields": [_text("isbn", "bookisbn")]}),
        _read("volumes"),
        _import(
            "fewer fields are dropped",
            204,
            {"id": "books0000000001", "name": "volumes", "type": "base", "fields": [_text("title", "booktitle")]},
            {"id": "_pb_users_auth_", "name": "users", "type": "auth", "fields": []},
            missing=True,
        ),
        _read("volumes"),
        _read("users"),
        _read("shelves", 404),
        R("record after", "GET", f"{records('volumes')}/book00000000001", auth="super"),
        R("left", "GET", "/api/collections", auth="super", q=_NAMES),
    ],
)

_REFERENCES = Group(
    "references",
    [
        _import(
            "circle",
            204,
            {
                "id": "circle000000001",
                "name": "circle1",
                "type": "base",
                "fields": [{"name": "other", "type": "relation", "collectionId": "circle000000002"}],
            },
            {
                "id": "circle000000002",
                "name": "circle2",
                "type": "base",
                "fields": [{"name": "other", "type": "relation", "collectionId": "circle000000001"}],
            },
        ),
        _read("circle1"),
        _import(
            "view before its collection",
            204,
            {"name": "above", "type": "view", "viewQuery": "select id, a from below", "listRule": "a != ''"},
            {"name": "below", "type": "base", "fields": [_text("a", "belowa")]},
        ),
        _read("above"),
        _import(
            "relation to an unknown collection",
            400,
            {"name": "lost", "type": "base", "fields": [{"name": "r", "type": "relation", "collectionId": "nope"}]},
        ),
        _import(
            "rule over a later collection",
            204,
            {"name": "early", "type": "base", "listRule": "@collection.late.id ?= id", "fields": []},
            {"name": "late", "type": "base", "fields": []},
        ),
    ],
)

_REFUSED = Group(
    "refused",
    [
        _import("a collection", 204, {"name": "typed", "type": "base", "fields": [_text("a", "typedfield")]}),
        _import("nothing", 400),
        R("no body", "PUT", _URL, 400, auth="super", json={}),
        R("not a list", "PUT", _URL, 400, auth="super", json={"collections": {}}),
        R("broken JSON", "PUT", _URL, 400, auth="super", body=b"{", headers={"Content-Type": "application/json"}),
        _import("no name", 400, {"type": "base", "fields": []}),
        _import("unknown type", 400, {"name": "untyped", "type": "nope", "fields": []}),
        _import(
            "unknown field type", 400, {"name": "untyped", "type": "base", "fields": [{"name": "a", "type": "nope"}]}
        ),
        _import("broken rule", 400, {"name": "ruled", "type": "base", "listRule": "nope =", "fields": []}),
        _import("broken view", 400, {"name": "viewed", "type": "view", "viewQuery": "select nope"}),
        _import("change of type", 400, {"id": "_pb_users_auth_", "name": "users", "type": "base", "fields": []}),
        _import(
            "one good, one bad",
            400,
            {"name": "good", "type": "base", "fields": []},
            {"name": "bad name", "type": "base", "fields": []},
        ),
        _read("good", 404),
        _import(
            "field type changed",
            400,
            {"name": "typed", "type": "base", "fields": [{"id": "typedfield", "name": "a", "type": "number"}]},
        ),
        _read("typed"),
        _read("users"),
        _import(
            "rename of a system collection",
            400,
            {"id": collection_id("_superusers", "auth"), "name": "admins", "type": "auth"},
        ),
        R("guest", "PUT", _URL, 401, json={"collections": []}),
        R("left", "GET", "/api/collections", auth="super", q=_NAMES),
    ],
)

TABLE = Table(name="collections_import", groups=[_LIFE, _REFERENCES, _REFUSED])
