"""Records: ids, repeated writes, cascades on delete, views, autodates, following every write with a read."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, collection_id, records


def _relation(name: str, target: str, **options: Any) -> dict[str, Any]:
    return {"name": name, "type": "relation", "collectionId": collection_id(target), "maxSelect": 1, **options}


_ALL = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
_NAME = {"name": "name", "type": "text"}
_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "things",
        "type": "base",
        **_ALL,
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "n", "type": "number"},
            {"name": "made", "type": "autodate", "onCreate": True},
            {"name": "touched", "type": "autodate", "onCreate": True, "onUpdate": True},
            {"name": "changed", "type": "autodate", "onUpdate": True},
        ],
    },
    {"name": "roots", "type": "base", **_ALL, "fields": [_NAME]},
    {"name": "loose", "type": "base", **_ALL, "fields": [_NAME, _relation("root", "roots")]},
    {
        "name": "cascading",
        "type": "base",
        **_ALL,
        "fields": [_NAME, _relation("root", "roots", cascadeDelete=True)],
    },
    {"name": "needing", "type": "base", **_ALL, "fields": [_NAME, _relation("root", "roots", required=True)]},
    {
        "name": "many_cascading",
        "type": "base",
        **_ALL,
        "fields": [_NAME, _relation("roots", "roots", maxSelect=3, cascadeDelete=True)],
    },
    {
        "name": "many_needing",
        "type": "base",
        **_ALL,
        "fields": [_NAME, _relation("roots", "roots", maxSelect=3, required=True, minSelect=2)],
    },
    {
        "name": "grandchildren",
        "type": "base",
        **_ALL,
        "fields": [_NAME, _relation("parent", "cascading", cascadeDelete=True)],
    },
    {
        "name": "blockers",
        "type": "base",
        **_ALL,
        "fields": [_NAME, _relation("parent", "cascading", required=True)],
    },
    {
        "name": "thing_view",
        "type": "view",
        "listRule": "",
        "viewRule": "",
        "viewQuery": "select id, title, n, (n * 2) as twice from things",
    },
]

_THINGS = records("things")
_ONE = f"{_THINGS}/thing0000000001"

_LIFE = Group(
    "life of a record",
    [
        R("create", "POST", _THINGS, json={"id": "thing0000000001", "title": "first", "n": 1}, ordered=True),
        R("view", "GET", _ONE, ordered=True),
        R("create with the same id", "POST", _THINGS, 400, json={"id": "thing0000000001"}),
        R("update", "PATCH", _ONE, json={"title": "second"}),
        R("view updated", "GET", _ONE),
        R("update nothing", "PATCH", _ONE, json={}),
        R("update autodates is ignored", "PATCH", _ONE, json={"made": "2020-01-01", "touched": "2020-01-01"}),
        R("update the id", "PATCH", _ONE, 400, json={"id": "thing0000000002"}),
        R("update to the same id", "PATCH", _ONE, json={"id": "thing0000000001", "n": 2}),
        R("update to an empty id", "PATCH", _ONE, 400, json={"id": ""}),
        R("list", "GET", _THINGS, q={"sort": "id"}),
        R("view of the view", "GET", f"{records('thing_view')}/thing0000000001", ordered=True),
        R("list of the view", "GET", records("thing_view"), q={"sort": "id", "filter": "twice = 4"}),
        R("view sorted by rowid", "GET", records("thing_view"), 400, q={"sort": "@rowid"}),
        R("create in the view", "POST", records("thing_view"), 400, json={"title": "x"}),
        R("update in the view", "PATCH", f"{records('thing_view')}/thing0000000001", 400, json={}),
        R("delete in the view", "DELETE", f"{records('thing_view')}/thing0000000001", 400),
        R("create in the view as superuser", "POST", records("thing_view"), 400, auth="super", json={}),
        R("delete", "DELETE", _ONE, 204),
        R("view deleted", "GET", _ONE, 404),
        R("delete again", "DELETE", _ONE, 404),
        R("update deleted", "PATCH", _ONE, 404, json={}),
        R("list of the view after", "GET", records("thing_view"), q={"sort": "id"}),
        R("create with a free id again", "POST", _THINGS, json={"id": "thing0000000001"}),
        R("generated id", "POST", _THINGS, json={"title": "generated"}, save={"made": "id"}),
        R("view generated", "GET", f"{_THINGS}/{{made}}"),
        R("delete generated", "DELETE", f"{_THINGS}/{{made}}", 204),
        R("delete with a body", "DELETE", _ONE, 204, json={"a": 1}),
    ],
)


def _make(collection: str, key: str, **fields: Any) -> R:
    return R(f"make {collection} {key}", "POST", records(collection), json={"id": key, "name": key, **fields})


def _drop(collection: str, key: str, status: int = 204) -> R:
    return R(f"delete {collection} {key}", "DELETE", f"{records(collection)}/{key}", status)


def _left(*collections: str) -> list[R]:
    return [R(f"left in {name}", "GET", records(name), q={"sort": "id"}) for name in collections]


_ROOT, _OTHER = "root00000000001", "root00000000002"
_CASCADES = [
    Group(
        "delete clears optional references",
        [
            _make("roots", _ROOT),
            _make("loose", "loose0000000001", root=_ROOT),
            _drop("roots", _ROOT),
            *_left("roots", "loose"),
            _drop("loose", "loose0000000001"),
        ],
    ),
    Group(
        "delete cascades",
        [
            _make("roots", _ROOT),
            _make("cascading", "child0000000001", root=_ROOT),
            _make("cascading", "child0000000002"),
            _make("grandchildren", "grand0000000001", parent="child0000000001"),
            _make("grandchildren", "grand0000000002", parent="child0000000002"),
            _drop("roots", _ROOT),
            *_left("roots", "cascading", "grandchildren"),
            _drop("cascading", "child0000000002"),
            *_left("grandchildren"),
        ],
    ),
    Group(
        "a required reference blocks",
        [
            _make("roots", _ROOT),
            _make("needing", "needy0000000001", root=_ROOT),
            _make("cascading", "child0000000003", root=_ROOT),
            _drop("roots", _ROOT, 400),
            *_left("roots", "needing", "cascading"),
            _drop("needing", "needy0000000001"),
            _drop("roots", _ROOT),
            *_left("roots", "cascading"),
        ],
    ),
    Group(
        "a required reference further down blocks",
        [
            _make("roots", _ROOT),
            _make("cascading", "child0000000004", root=_ROOT),
            _make("blockers", "block0000000001", parent="child0000000004"),
            _drop("roots", _ROOT, 400),
            *_left("roots", "cascading", "blockers"),
            _drop("blockers", "block0000000001"),
            _drop("roots", _ROOT),
            *_left("roots", "cascading"),
        ],
    ),
    Group(
        "multiple references shrink first",
        [
            _make("roots", _ROOT),
            _make("roots", _OTHER),
            _make("many_cascading", "multi0000000001", roots=[_ROOT, _OTHER]),
            _make("many_needing", "multi0000000002", roots=[_OTHER, _ROOT]),
            _drop("roots", _ROOT),
            *_left("many_cascading", "many_needing"),
            _drop("roots", _OTHER, 400),
            _drop("many_needing", "multi0000000002"),
            _drop("roots", _OTHER),
            *_left("many_cascading", "roots"),
        ],
    ),
    Group(
        "truncate",
        [
            _make("roots", _ROOT),
            _make("needing", "needy0000000002", root=_ROOT),
            R("truncate blocked", "DELETE", "/api/collections/roots/truncate", 400, auth="super"),
            *_left("roots"),
            R("truncate the blocker", "DELETE", "/api/collections/needing/truncate", 204, auth="super"),
            R("truncate", "DELETE", "/api/collections/roots/truncate", 204, auth="super"),
            *_left("roots", "needing"),
            R("truncate an empty collection", "DELETE", "/api/collections/roots/truncate", 204, auth="super"),
            R("truncate a view", "DELETE", "/api/collections/thing_view/truncate", 400, auth="super"),
            R("truncate as guest", "DELETE", "/api/collections/roots/truncate", 401),
            R("truncate unknown", "DELETE", "/api/collections/nope/truncate", 404, auth="super"),
        ],
    ),
]

TABLE = Table(name="records_crud", collections=_COLLECTIONS, groups=[_LIFE, *_CASCADES])
