"""What filters and sorts may touch without being a superuser: hidden fields, emails, closed collections, `@request`."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, User, collection_id, records, singles

_ANNA, _BEN, _CID = "anna00000000001", "ben000000000001", "cid000000000001"
_TAG_A, _TAG_B = "tag00000000000a", "tag00000000000b"


def _relation(name: str, target: str, kind: str = "base", many: int = 1) -> dict[str, Any]:
    return {"name": name, "type": "relation", "collectionId": collection_id(target, kind), "maxSelect": many}


_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "people",
        "type": "auth",
        "listRule": "id = @request.auth.id || name = 'Cid'",
        "viewRule": "",
        "fields": [{"name": "name", "type": "text"}, {"name": "rank", "type": "number", "hidden": True}],
    },
    {"name": "secrets", "type": "base", "fields": [{"name": "code", "type": "text"}]},
    {
        "name": "open",
        "type": "base",
        "listRule": "",
        "fields": [{"name": "name", "type": "text"}, {"name": "hush", "type": "text", "hidden": True}],
    },
    {
        "name": "posts",
        "type": "base",
        "listRule": "",
        "viewRule": "",
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "hush", "type": "text", "hidden": True},
            _relation("owner", "people", "auth"),
            _relation("secret", "secrets"),
            _relation("tag", "open"),
            _relation("tags", "open", many=3),
        ],
    },
    {
        "name": "replies",
        "type": "base",
        "listRule": "text = 'public'",
        "fields": [{"name": "text", "type": "text"}, _relation("post", "posts")],
    },
    {
        "name": "closed_replies",
        "type": "base",
        "fields": [{"name": "text", "type": "text"}, _relation("post", "posts")],
    },
    {
        "name": "mine",
        "type": "base",
        "listRule": "owner = @request.auth.id",
        "fields": [{"name": "title", "type": "text"}, _relation("owner", "people", "auth")],
    },
]


def _person(key: str, name: str, *, visible: bool) -> dict[str, Any]:
    mail = f"{name.lower()}@example.com"
    secret = {"password": "password123", "passwordConfirm": "password123"}
    return {"id": key, "email": mail, "emailVisibility": visible, "name": name, "rank": 3, **secret}


_RECORDS: dict[str, list[dict[str, Any]]] = {
    "people": [
        _person(_ANNA, "Anna", visible=True),
        _person(_BEN, "Ben", visible=False),
        _person(_CID, "Cid", visible=True),
    ],
    "secrets": [{"id": "secret00000000a", "code": "alpha"}],
    "open": [{"id": _TAG_A, "name": "alpha", "hush": "h"}, {"id": _TAG_B, "name": "beta"}],
    "posts": [
        {
            "id": "post0000000000a",
            "title": "x",
            "hush": "h",
            "owner": _ANNA,
            "secret": "secret00000000a",
            "tag": _TAG_A,
            "tags": [_TAG_A, _TAG_B],
        },
        {"id": "post0000000000b", "title": "y", "owner": _BEN, "tag": _TAG_B, "tags": [_TAG_B]},
        {"id": "post0000000000c", "title": "z"},
        {"id": "post0000000000d", "title": "x", "owner": _CID},
    ],
    "replies": [
        {"id": "reply000000000a", "text": "public", "post": "post0000000000a"},
        {"id": "reply000000000b", "text": "hidden", "post": "post0000000000b"},
    ],
    "closed_replies": [{"id": "closed00000000a", "text": "public", "post": "post0000000000a"}],
    "mine": [
        {"id": "mine0000000000a", "title": "a", "owner": _ANNA},
        {"id": "mine0000000000b", "title": "b", "owner": _BEN},
        {"id": "mine0000000000c", "title": "none"},
    ],
}


def _ask(collection: str, auth: str, text: str, found: str | int, *, sort: str = "id") -> R:
    """`found` holds the last letters of the ids that PocketBase lists, or its error status."""
    query = {"sort": sort} | ({"filter": text} if text else {})
    name = f"{collection}, {auth or 'guest'}: {text} sort {sort}"
    url = records(collection)
    if isinstance(found, int):
        return R(name, "GET", url, found, auth=auth, q=query)
    stem = {"posts": "post0000000000", "mine": "mine0000000000"}
    known = {"A": _ANNA, "B": _BEN, "C": _CID}
    ids = [known.get(key) or stem[collection] + key for key in found.split()]
    return R(name, "GET", url, auth=auth, q=query, ids=ids)


_ROWS = [
    _ask("posts", "", "hush = 'h'", 400),
    _ask("posts", "anna", "hush = 'h'", 400),
    _ask("posts", "super", "hush = 'h'", "a"),
    _ask("posts", "", "hush:lower = 'h'", 400),
    _ask("posts", "", "tag.hush = 'h'", 400),
    _ask("posts", "", "tags.hush ?= 'h'", 400),
    _ask("posts", "", "", 400, sort="hush"),
    _ask("posts", "", "", 400, sort="tag.hush"),
    _ask("posts", "super", "", "a b c d", sort="-hush,id"),
    _ask("posts", "", "tag.name = 'alpha'", "a"),
    _ask("posts", "", "tags.name ?= 'beta'", "a b"),
    _ask("posts", "", "secret = 'secret00000000a'", "a"),
    _ask("posts", "", "secret.id = 'secret00000000a'", "a"),
    _ask("posts", "", "secret.code = 'alpha'", 400),
    _ask("posts", "anna", "secret.code = 'alpha'", 400),
    _ask("posts", "super", "secret.code = 'alpha'", "a"),
    _ask("posts", "", "", 400, sort="secret.code"),
    _ask("posts", "", "owner = 'anna00000000001'", "a"),
    _ask("posts", "", "owner.id = 'anna00000000001'", "a"),
    _ask("posts", "", "owner.name = 'Anna'", ""),
    _ask("posts", "anna", "owner.name = 'Anna'", "a"),
    _ask("posts", "", "owner.name = 'Cid'", "d"),
    _ask("posts", "", "owner.name != 'Nobody'", "c d"),
    _ask("posts", "", "owner.name = 'Anna' || title = 'x'", "d"),
    _ask("posts", "anna", "owner.name = 'Anna' || title = 'x'", "a d"),
    _ask("posts", "ben", "owner.name != 'Anna'", "b c d"),
    _ask("posts", "", "", "c d", sort="owner.name,id"),
    _ask("posts", "", "owner.email = 'anna@example.com'", ""),
    _ask("posts", "anna", "owner.email = 'anna@example.com'", "a"),
    _ask("posts", "ben", "owner.email = 'ben@example.com'", ""),
    _ask("posts", "super", "owner.email = 'ben@example.com'", "b"),
    _ask("posts", "", "owner.rank = 3", 400),
    _ask("posts", "", "owner.password = 'x'", 400),
    _ask("posts", "", "owner.tokenKey = 'x'", 400),
    _ask("posts", "", "replies_via_post.text ?= 'public'", "a"),
    _ask("posts", "", "replies_via_post.text ?= 'hidden'", ""),
    _ask("posts", "", "replies_via_post.text ?= 'hidden' || title = 'y'", ""),
    _ask("posts", "", "closed_replies_via_post.text ?= 'public'", 400),
    _ask("posts", "super", "closed_replies_via_post.text ?= 'public'", "a"),
    _ask("posts", "", "mine_via_owner.title ?= 'a'", 400),
    _ask("posts", "", "owner.mine_via_owner.title ?= 'a'", ""),
    _ask("posts", "anna", "owner.mine_via_owner.title ?= 'a'", "a"),
    _ask("people", "", "", "C"),
    _ask("people", "anna", "", "A C"),
    _ask("people", "super", "", "A B C"),
    _ask("people", "ben", "email = 'ben@example.com'", ""),
    _ask("people", "ben", "email != 'ben@example.com'", "C"),
    _ask("people", "ben", "email ~ 'example'", "C"),
    _ask("people", "ben", "email = ''", ""),
    _ask("people", "ben", "name = 'Ben' || email = 'ben@example.com'", "B"),
    _ask("people", "super", "email = 'ben@example.com'", "B"),
    _ask("people", "ben", "email:lower = 'cid@example.com'", "C"),
    _ask("people", "ben", "", "C B", sort="-email"),
    _ask("people", "ben", "password = 'x'", 400),
    _ask("people", "ben", "tokenKey != ''", 400),
    _ask("people", "super", "tokenKey != ''", "A B C"),
    _ask("people", "ben", "rank = 3", 400),
    _ask("people", "ben", "verified = false", "B C"),
    _ask("people", "ben", "emailVisibility = true", "C"),
    _ask("posts", "", "@request.auth.id = ''", 403),
    _ask("posts", "anna", "@request.auth.id = owner", 403),
    _ask("posts", "super", "@request.auth.id = owner", ""),
    _ask("posts", "", "@collection.open.name ?= 'alpha'", 403),
    _ask("posts", "super", "@collection.open.name ?= 'alpha'", "a b c d"),
    _ask("posts", "", "title = '@request.'", 403),
    _ask("posts", "", "title = '@collection.'", 403),
    _ask("posts", "", "title = '@request'", ""),
    _ask("posts", "", "title = '@REQUEST.x'", ""),
    _ask("posts", "", "", 403, sort="@request.auth.id"),
    _ask("posts", "", "", 403, sort="@collection.open.name"),
    _ask("posts", "super", "", 400, sort="@request.auth.id"),
    _ask("posts", "", "made <= @now", 400),
    _ask("posts", "", "@now != ''", "a b c d"),
    _ask("secrets", "", "", 403),
    _ask("secrets", "anna", "code = 'alpha'", 403),
    _ask("secrets", "anna", "broken =", 403),
    _ask("mine", "", "", "c"),
    _ask("mine", "anna", "", "a"),
    _ask("mine", "anna", "title = 'b'", ""),
    _ask("mine", "anna", "title = 'a' || title = 'b'", "a"),
    _ask("mine", "anna", "title = 'x') || (1 = 1", 400),
    _ask("mine", "anna", "1 = 1 || 1 = 1", "a"),
    _ask("mine", "anna", "owner.name = 'Anna'", "a"),
    _ask("mine", "super", "", "a b c"),
]

TABLE = Table(
    name="filter_access",
    collections=_COLLECTIONS,
    records=_RECORDS,
    users={"anna": User("people", "anna@example.com"), "ben": User("people", "ben@example.com")},
    groups=[
        *singles(_ROWS),
        Group(
            "encoded", [R("percent-encoded request", "GET", f"{records('posts')}?filter=%40request.auth.id%3D''", 403)]
        ),
    ],
)
