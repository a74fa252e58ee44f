"""View collections: inferred fields, refused queries, dry runs, records of views."""

from __future__ import annotations

from itertools import count
from typing import Any

from differential.model import Group, R, Table, collection_id, records, singles

_URL = "/api/collections"
_NUMBERS = count(1)
_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "tags", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "name": "items",
        "type": "base",
        "fields": [
            {"name": "title", "type": "text", "max": 50, "presentable": True},
            {"name": "n", "type": "number"},
            {"name": "flag", "type": "bool"},
            {"name": "mail", "type": "email"},
            {"name": "link", "type": "url"},
            {"name": "page", "type": "editor"},
            {"name": "when", "type": "date"},
            {"name": "made", "type": "autodate", "onCreate": True},
            {"name": "kind", "type": "select", "values": ["x", "y"], "maxSelect": 1},
            {"name": "kinds", "type": "select", "values": ["x", "y"], "maxSelect": 2},
            {"name": "tag", "type": "relation", "collectionId": collection_id("tags"), "maxSelect": 1},
            {"name": "tags", "type": "relation", "collectionId": collection_id("tags"), "maxSelect": 3},
            {"name": "doc", "type": "file", "maxSelect": 1},
            {"name": "data", "type": "json"},
            {"name": "loc", "type": "geoPoint"},
            {"name": "hush", "type": "text", "hidden": True},
            {"name": "secret", "type": "password"},
        ],
    },
]
_RECORDS: dict[str, list[dict[str, Any]]] = {
    "tags": [{"id": "tag000000000001", "name": "alpha"}, {"id": "tag000000000002", "name": "beta"}],
    "items": [
        {
            "id": "item00000000001",
            "title": "one",
            "n": 1.5,
            "flag": True,
            "kinds": ["x", "y"],
            "tag": "tag000000000001",
            "tags": ["tag000000000001", "tag000000000002"],
            "data": {"a": 1},
            "loc": {"lon": 1, "lat": 2},
            "when": "2024-01-01",
            "secret": "password",
            "hush": "h",
        },
        {"id": "item00000000002", "title": "two", "n": 2, "tag": "tag000000000002"},
    ],
}


def _view(query: str, status: int = 200, **body: Any) -> Group:
    """Creates a view and lists its records."""
    name = f"view{next(_NUMBERS)}"
    collection = {"name": name, "type": "view", "viewQuery": query, **body}
    rows = [R("create", "POST", _URL, status, auth="super", json=collection)]
    if status == 200:
        rows.append(R("records", "GET", records(name), auth="super", q={"sort": "id"}))
    return Group(f"view {query if query.strip() else repr(query)} {body or ''}".strip(), rows)


_VIEWS = [
    _view("select * from items", 400),
    _view("select id, title, n, flag, mail, link, page, `when`, made from items"),
    _view("select id, kind, kinds, tag, tags, doc, data, loc from items"),
    _view("select id, hush, secret from items"),
    _view("SELECT i.id, i.title AS name, t.name AS tag_name FROM items i LEFT JOIN tags t ON t.id = i.tag"),
    _view("select items.id, tags.name from items inner join tags on items.tag = tags.id"),
    _view(
        "select tag as id, count(id) as total, sum(n) as added, avg(n) as mean, max(n) as top from items group by tag"
    ),
    _view("select id, (n * 2) as twice, title || '!' as loud, 5 as five, 'x' as letter, null as nil from items", 400),
    _view(
        "select id, cast(n as text) as t, cast(n as int) as i, cast(n as real) as r, cast(n as bool) as b from items"
    ),
    _view("select id, json_extract(data, '$.a') as a, json_array(1) as arr, length(title) as len from items"),
    _view("select id, coalesce(title, '') as title, lower(title) as low, date('now') as day from items"),
    _view("select id, exists(select 1) as there, n > 1 as big from items", 400),
    _view("select id, (title || '!') as loud, (n > 1) as big, (null) as nil, (1 + 1) as two from items"),
    _view("select id, 5 as five, 'x' as letter, 1.5 as real, true as yes from items"),
    _view("select * from (select id, title from items union select id, name as title from tags)", 400),
    _view("select id, title from (select id, title from items union select id, name as title from tags)"),
    _view("select (row_number() over()) as id, title from items"),
    _view("with x as (select id, title from items) select id, title from x"),
    _view("select id, title from (select id, title from items where n > 1)"),
    _view("select id, title from items where n > 1 order by title desc limit 1"),
    _view("select id, title from items union select id, name from tags", 400),
    _view("select id from items -- comment", 400),
    _view("select id from items;"),
    _view("select\n\tid,\n\ttitle\nfrom\n\titems"),
    _view("select id, email, name from users"),
    _view("select id, title as created from items"),
    _view("select id, title as `two` from items"),
    _view("select id from items", listRule="", viewRule="id != ''"),
    _view("select 1 as id"),
    _view("select id, title from items where title = 'a;b'"),
    _view("", 400),
    _view("   ", 400),
    _view("nonsense", 400),
    _view("select title from items", 400),
    _view("select id from nope", 400),
    _view("select id, nope from items", 400),
    _view("select id, n * 2 from items", 400),
    _view("select id, title as `two words` from items", 400),
    _view("select id, title as `a-b` from items", 400),
    _view("select id, title as expand from items", 400),
    _view("select id, id from items", 400),
    _view("select id, title, title from items", 400),
    _view("select 'same' as id from items", 400),
    _view("select '' as id from items", 400),
    _view("select null as id from items", 400),
    _view("delete from items", 400),
    _view("insert into tags(id) values('x')", 400),
    _view("drop table items", 400),
    _view("select id from items; drop table items", 400),
    _view("select id from items; select id from tags", 400),
    _view("pragma table_info(items)", 400),
    _view("select id from items where id = :id", 400),
    _view("select id from items", 400, createRule=""),
    _view("select id from items", 400, updateRule="", deleteRule="id != ''"),
    _view("select id from items", 400, listRule="title = 'x'"),
]


def _dry(query: Any, status: int = 200) -> R:
    return R(
        f"dry run {str(query)[:60]}",
        "POST",
        f"{_URL}/meta/dry-run-view",
        status,
        auth="super",
        json={"query": query},
        redact=["sample.*.collectionId", "sample.*.collectionName"],
    )


_DRY = [
    _dry("select id, title from items order by id"),
    _dry("select count(*) as id from items"),
    _dry("select title from items", 400),
    _dry("nonsense", 400),
    _dry("", 400),
    _dry("select id from items where id = '" + "a" * 5000 + "'", 400),
    R("dry run without a query", "POST", f"{_URL}/meta/dry-run-view", 400, auth="super", json={}),
]


def _patch(title: str, collection: str, status: int = 200, /, **body: Any) -> R:
    return R(title, "PATCH", f"{_URL}/{collection}", status, auth="super", json=body)


_LIFE = Group(
    "life of a view",
    [
        R(
            "create",
            "POST",
            _URL,
            auth="super",
            json={"name": "living", "type": "view", "viewQuery": "select id, title, tag from items", "listRule": ""},
        ),
        R("filter", "GET", records("living"), q={"sort": "id", "filter": "title = 'one'"}),
        R("relation", "GET", records("living"), auth="super", q={"sort": "id", "filter": "tag.name = 'beta'"}),
        R("expand", "GET", records("living"), auth="super", q={"sort": "id", "expand": "tag"}),
        R("one", "GET", f"{records('living')}/item00000000001", auth="super"),
        R("one as guest", "GET", f"{records('living')}/item00000000001", 403),
        _patch("change the query", "living", viewQuery="select id, n from items"),
        R("changed", "GET", records("living"), q={"sort": "id"}),
        _patch("fields are ignored", "living", fields=[{"name": "extra", "type": "text"}]),
        _patch("broken query", "living", 400, viewQuery="select id, nope from items"),
        _patch("rename", "living", name="lived"),
        R("renamed", "GET", records("lived"), q={"sort": "id"}),
        R(
            "view over a view",
            "POST",
            _URL,
            auth="super",
            json={"name": "second", "type": "view", "viewQuery": "select id, n from lived"},
        ),
        R("records of the second", "GET", records("second"), auth="super", q={"sort": "id"}),
        R("delete the first", "DELETE", f"{_URL}/lived", 400, auth="super"),
        R("delete the second", "DELETE", f"{_URL}/second", 204, auth="super"),
        R("delete the first again", "DELETE", f"{_URL}/lived", 204, auth="super"),
    ],
)

_BELOW = Group(
    "changing what a view shows",
    [
        R(
            "base",
            "POST",
            _URL,
            auth="super",
            json={"name": "below", "fields": [{"id": "f1", "name": "a", "type": "text"}]},
        ),
        R(
            "view",
            "POST",
            _URL,
            auth="super",
            json={"name": "above", "type": "view", "viewQuery": "select id, a from below"},
        ),
        _patch(
            "add a field below",
            "below",
            fields=[{"id": "f1", "name": "a", "type": "text"}, {"id": "f2", "name": "b", "type": "number"}],
        ),
        R("above follows", "GET", f"{_URL}/above", auth="super"),
        _patch("rename a field below", "below", fields=[{"id": "f1", "name": "aa", "type": "text"}]),
        R("above follows again", "GET", f"{_URL}/above", auth="super"),
        R("delete below", "DELETE", f"{_URL}/below", 400, auth="super"),
        R("delete above", "DELETE", f"{_URL}/above", 204, auth="super"),
        R("delete below now", "DELETE", f"{_URL}/below", 204, auth="super"),
    ],
)

TABLE = Table(
    name="collections_views",
    collections=_COLLECTIONS,
    records=_RECORDS,
    groups=[*_VIEWS, *singles(_DRY), _LIFE, _BELOW],
)
