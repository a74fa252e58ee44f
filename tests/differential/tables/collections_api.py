"""The collections API: create, read, change, rename, delete, and what it refuses."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, User, collection_id, records, singles

_URL = "/api/collections"
_TEXT = {"name": "title", "type": "text"}


def _create(title: str, status: int, /, **body: Any) -> R:
    return R(title, "POST", _URL, status, auth="super", json=body)


def _patch(title: str, collection: str, status: int = 200, /, **body: Any) -> R:
    return R(title, "PATCH", f"{_URL}/{collection}", status, auth="super", json=body)


def _get(collection: str, status: int = 200, name: str = "read") -> R:
    return R(f"{name} {collection}", "GET", f"{_URL}/{collection}", status, auth="super")


def _delete(collection: str, status: int = 204, name: str = "delete") -> R:
    return R(f"{name} {collection}", "DELETE", f"{_URL}/{collection}", status, auth="super")


_ACCESS = [
    R(f"{method} {path} as {auth or 'guest'}", method, path, 403 if auth else 401, auth=auth, json={})
    for auth in ("", "anna")
    for method, path in (
        ("GET", _URL),
        ("POST", _URL),
        ("GET", f"{_URL}/users"),
        ("PATCH", f"{_URL}/users"),
        ("DELETE", f"{_URL}/users"),
        ("DELETE", f"{_URL}/users/truncate"),
        ("PUT", f"{_URL}/import"),
        ("GET", f"{_URL}/meta/scaffolds"),
        ("GET", f"{_URL}/meta/oauth2-providers"),
        ("POST", f"{_URL}/meta/dry-run-view"),
    )
]

_LISTS = [
    R("list", "GET", _URL, auth="super", q={"sort": "name"}, ordered=True),
    R("list sorted", "GET", _URL, auth="super", q={"sort": "-name", "fields": "name", "perPage": "3"}),
    R("list by type", "GET", _URL, auth="super", q={"sort": "name", "filter": "type = 'auth'", "fields": "name"}),
    R("list system", "GET", _URL, auth="super", q={"sort": "name", "filter": "system = true", "fields": "name"}),
    R("list by name", "GET", _URL, auth="super", q={"filter": "name ~ 'sup'", "fields": "name"}),
    R("list by id", "GET", _URL, auth="super", q={"filter": "id = '_pb_users_auth_'", "fields": "name"}),
    R(
        "list by created",
        "GET",
        _URL,
        auth="super",
        q={"filter": "created > @yesterday", "sort": "name", "fields": "name"},
    ),
    R("list by a rule", "GET", _URL, 400, auth="super", q={"filter": "listRule = null"}),
    R("list by fields", "GET", _URL, 400, auth="super", q={"filter": "fields ~ 'x'"}),
    R("list sorted by options", "GET", _URL, 400, auth="super", q={"sort": "options"}),
    R("list page", "GET", _URL, auth="super", q={"sort": "name", "page": "2", "perPage": "2", "fields": "name"}),
    R("list without totals", "GET", _URL, auth="super", q={"sort": "name", "skipTotal": "1", "fields": "name"}),
    R("list bad page", "GET", _URL, 400, auth="super", q={"page": "x"}),
    R("view by name", "GET", f"{_URL}/users", auth="super", ordered=True),
    R("view by id", "GET", f"{_URL}/_pb_users_auth_", auth="super"),
    R("view in another case", "GET", f"{_URL}/USERS", auth="super"),
    R("view superusers", "GET", f"{_URL}/_superusers", auth="super"),
    R("view mfas", "GET", f"{_URL}/_mfas", auth="super"),
    R("view otps", "GET", f"{_URL}/_otps", auth="super"),
    R("view external auths", "GET", f"{_URL}/_externalAuths", auth="super"),
    R("view auth origins", "GET", f"{_URL}/_authOrigins", auth="super"),
    R("view unknown", "GET", f"{_URL}/nope", 404, auth="super"),
    R("patch unknown", "PATCH", f"{_URL}/nope", 404, auth="super", json={}),
    R("delete unknown", "DELETE", f"{_URL}/nope", 404, auth="super"),
    R("scaffolds", "GET", f"{_URL}/meta/scaffolds", auth="super", redact=["auth.indexes.*"]),
    R("oauth2 providers", "GET", f"{_URL}/meta/oauth2-providers", auth="super", redact=["*.logo"]),
]

_NAMES = [
    _create("without a name", 400),
    _create("empty name", 400, name=""),
    _create("name with a space", 400, name="a b"),
    _create("name with a dash", 400, name="a-b"),
    _create("name with a dot", 400, name="a.b"),
    _create("name with unicode", 400, name="žluť"),
    _create("name with a leading digit", 200, name="1abc"),
    _create("name with a leading underscore", 200, name="_under"),
    _create("name with via", 400, name="a_via_b"),
    _create("name too long", 400, name="a" * 256),
    _create("name at its limit", 200, name="a" * 255),
    _create("name taken", 400, name="users"),
    _create("name taken in another case", 400, name="Users"),
    _create("name of an id", 400, name="_pb_users_auth_"),
    _create("name of an internal table", 400, name="_params"),
    _create("name of a sqlite table", 400, name="sqlite_master"),
    _create("name of another internal table", 400, name="_collections"),
    _create("name is a number", 400, name=5),
    _create("name is an SQL word", 200, name="select"),
    _create("id given", 200, name="with_id", id="customid0000001"),
    _create("id taken", 400, name="with_id2", id="customid0000001"),
    _create("id with a dash", 400, name="with_id3", id="a-b"),
    _create("id of a name", 200, name="with_id4", id="with_id"),
    _create("id short", 200, name="with_id5", id="x"),
    _create("id too long", 400, name="with_id6", id="x" * 101),
    _create("type unknown", 400, name="typed", type="nope"),
    _create("type empty", 200, name="typed", type=""),
    _create("type missing", 200, name="typed2"),
    _create("system flag", 200, name="sys", system=True),
    _create("unknown keys", 200, name="unknown_keys", nope=1, created="2020-01-01", updated="2020-01-01"),
    R("broken JSON", "POST", _URL, 400, auth="super", body=b"{", headers={"Content-Type": "application/json"}),
    R("array", "POST", _URL, 400, auth="super", json=[]),
    R("empty", "POST", _URL, 400, auth="super", body=b""),
    R("wrong type of name", "POST", _URL, 400, auth="super", json={"name": ["x"]}),
    R("wrong type of fields", "POST", _URL, 400, auth="super", json={"name": "x", "fields": "y"}),
    R(
        "duplicate key",
        "POST",
        _URL,
        400,
        auth="super",
        body=b'{"name":"a","name":"b"}',
        headers={"Content-Type": "application/json"},
    ),
    _create("rule broken", 400, name="ruled", listRule="nope ="),
    _create("rule with an unknown field", 400, name="ruled", viewRule="nope = 1"),
    _create("several rules broken", 400, name="ruled", createRule="x", updateRule="y", deleteRule="z"),
    _create("rule over a later field", 200, name="ruled2", fields=[_TEXT], listRule="title = 'x'"),
    _create("auth options on a base", 200, name="based", authRule="id = 1", passwordAuth={"enabled": True}),
    _create("name in upper case", 200, name="UpperCase"),
]

_BASE = Group(
    "a base collection",
    [
        _create("create", 200, name="notes", fields=[_TEXT], listRule="", viewRule=None),
        _get("notes"),
        R("record", "POST", records("notes"), auth="super", json={"id": "note00000000001", "title": "kept"}),
        _patch("add a field", "notes", fields=[_TEXT, {"name": "n", "type": "number"}]),
        R("record after", "GET", f"{records('notes')}/note00000000001", auth="super"),
        _patch("rules only", "notes", listRule="title != ''", createRule=""),
        _patch("rule to null", "notes", listRule=None),
        _patch("drop a field", "notes", fields=[{"name": "n", "type": "number"}]),
        R("record without it", "GET", f"{records('notes')}/note00000000001", auth="super"),
        _patch("rule over a dropped field", "notes", 400, listRule="title != ''"),
        _patch("rename", "notes", name="papers"),
        _get("notes", 404, "old name"),
        _get("papers", name="new name"),
        _get(collection_id("notes"), name="by its id"),
        R("records by the new name", "GET", records("papers"), auth="super", q={"sort": "id"}),
        _patch("rename in case only", "papers", name="Papers"),
        _patch("rename to a taken name", "papers", 400, name="users"),
        _patch("rename to a bad name", "papers", 400, name="a b"),
        _patch("change the type", "papers", 400, type="auth"),
        _patch("change the id", "papers", 400, id="changed00000001"),
        _patch("change system", "papers", 400, system=True),
        _patch("empty change", "papers"),
        _patch("empty fields", "papers", fields=[]),
        R("record of id only", "GET", f"{records('papers')}/note00000000001", auth="super"),
        _delete("papers"),
        _get("papers", 404, "after"),
        R("records after", "GET", records("papers"), 404, auth="super"),
        _delete("papers", 404, "again"),
    ],
)

_FIELDS = Group(
    "changing fields",
    [
        _create(
            "create",
            200,
            name="shapes",
            fields=[
                {"name": "a", "type": "text", "id": "fielda"},
                {"name": "b", "type": "select", "values": ["x", "y", "z"], "maxSelect": 1, "id": "fieldb"},
                {"name": "c", "type": "number", "id": "fieldc"},
            ],
        ),
        R(
            "record",
            "POST",
            records("shapes"),
            auth="super",
            json={"id": "shape0000000001", "a": "1", "b": "y", "c": 3},
        ),
        _patch(
            "rename a field by id",
            "shapes",
            fields=[
                {"name": "renamed", "type": "text", "id": "fielda"},
                {"name": "b", "type": "select", "values": ["x", "y", "z"], "maxSelect": 1, "id": "fieldb"},
                {"name": "c", "type": "number", "id": "fieldc"},
            ],
        ),
        R("renamed", "GET", f"{records('shapes')}/shape0000000001", auth="super"),
        _patch(
            "select becomes multiple",
            "shapes",
            fields=[
                {"name": "renamed", "type": "text", "id": "fielda"},
                {"name": "b", "type": "select", "values": ["x", "y", "z"], "maxSelect": 2, "id": "fieldb"},
            ],
        ),
        R("multiple", "GET", f"{records('shapes')}/shape0000000001", auth="super"),
        R("two values", "PATCH", f"{records('shapes')}/shape0000000001", auth="super", json={"b": ["z", "x"]}),
        _patch(
            "select becomes single",
            "shapes",
            fields=[
                {"name": "renamed", "type": "text", "id": "fielda"},
                {"name": "b", "type": "select", "values": ["x", "y", "z"], "maxSelect": 1, "id": "fieldb"},
            ],
        ),
        R("single", "GET", f"{records('shapes')}/shape0000000001", auth="super"),
        _patch(
            "field type cannot change",
            "shapes",
            400,
            fields=[{"name": "renamed", "type": "number", "id": "fielda"}],
        ),
        _patch(
            "same name, other type, other id replaces the column",
            "shapes",
            fields=[{"name": "renamed", "type": "number", "id": "fieldnew"}],
        ),
        R("replaced", "GET", f"{records('shapes')}/shape0000000001", auth="super"),
        _patch("field without id", "shapes", fields=[{"name": "renamed", "type": "number"}]),
        _patch(
            "swap the order",
            "shapes",
            fields=[{"name": "two", "type": "text"}, {"name": "renamed", "type": "number"}],
        ),
        _patch("options merge by id", "shapes", fields=[{"name": "two", "type": "text", "max": 5}]),
        _patch(
            "fields in the list of a system one",
            "shapes",
            fields=[{"name": "id", "type": "text"}, {"name": "two", "type": "text"}],
        ),
        _patch("id without its type", "shapes", 400, fields=[{"name": "id", "type": "number"}]),
        _patch("id renamed", "shapes", 400, fields=[{"id": "text3208210256", "name": "key", "type": "text"}]),
        _get("shapes"),
        _delete("shapes"),
    ],
)

_REFERENCES = Group(
    "references between collections",
    [
        _create("target", 200, name="targets", fields=[_TEXT]),
        _create(
            "referrer",
            200,
            name="referrers",
            fields=[{"name": "rel", "type": "relation", "collectionId": collection_id("targets")}],
        ),
        _create(
            "second referrer",
            200,
            name="referrers2",
            fields=[{"name": "rel", "type": "relation", "collectionId": collection_id("targets")}],
        ),
        _delete("targets", 400, "referenced"),
        _patch(
            "relation cannot point elsewhere",
            "referrers",
            400,
            fields=[{"name": "rel", "type": "relation", "collectionId": "_pb_users_auth_"}],
        ),
        _delete("referrers"),
        _delete("referrers2"),
        _delete("targets", 204, "free"),
        _create(
            "self reference by a chosen id",
            400,
            name="selves",
            id="selfcollection1",
            fields=[{"name": "rel", "type": "relation", "collectionId": "selfcollection1"}],
        ),
        _create("selves", 200, name="selves", id="selfcollection1", fields=[]),
        _patch(
            "self reference", "selves", fields=[{"name": "rel", "type": "relation", "collectionId": "selfcollection1"}]
        ),
        _delete("selves"),
    ],
)

_SYSTEM = [
    _delete("_superusers", 400),
    _delete("_mfas", 400),
    _patch("rename superusers", "_superusers", 400, name="admins"),
    _patch("superusers rules", "_superusers", 400, listRule=""),
    _patch("superusers auth rule", "_superusers", 400, authRule="verified = true"),
    _patch("mfas rules", "_mfas", 400, listRule=None),
    _patch("mfas without fields", "_mfas", 400, fields=[]),
    _patch("otps drop a system field", "_otps", 400, fields=[{"name": "id", "type": "text"}]),
    _patch("superusers extra field alone", "_superusers", 400, fields=[{"name": "nick", "type": "text"}]),
    _patch("superusers not system", "_superusers", 400, system=False),
    _patch("superusers without password login", "_superusers", passwordAuth={"enabled": False}),
    _patch("superusers with oauth2", "_superusers", oauth2={"enabled": True}),
    R("superusers type", "PATCH", f"{_URL}/_superusers", 400, auth="super", json={"type": "base"}),
    R("mfas as records", "GET", records("_mfas"), auth="super"),
    R("superusers as records", "GET", records("_superusers"), auth="super", q={"fields": "email,verified"}),
    R("superusers as guest", "GET", records("_superusers"), 403),
    R("external auths as guest", "GET", records("_externalAuths")),
    R("otps as anna", "GET", records("_otps"), auth="anna"),
]

TABLE = Table(
    name="collections_api",
    seed=[
        R(
            "anna",
            "POST",
            records("users"),
            auth="super",
            json={
                "id": "anna00000000001",
                "email": "anna@example.com",
                "password": "password123",
                "passwordConfirm": "password123",
            },
        )
    ],
    users={"anna": User("users", "anna@example.com")},
    groups=[
        *singles([*_ACCESS, *_LISTS]),
        Group("names", _NAMES),
        _BASE,
        _FIELDS,
        _REFERENCES,
        Group("system collections", _SYSTEM),
    ],
)
