"""Expand: nested relations, back-relations, permissions, and what is silently left out."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, User, collection_id, records, singles

_ANNA, _BEN = "anna00000000001", "ben000000000001"


def _relation(name: str, target: str, kind: str = "base", many: int = 1) -> dict[str, Any]:
    return {"name": name, "type": "relation", "collectionId": collection_id(target, kind), "maxSelect": many}


def _text(name: str = "name") -> dict[str, Any]:
    return {"name": name, "type": "text"}


_OPEN = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": ""}
_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "people",
        "type": "auth",
        "viewRule": "id = @request.auth.id || @request.context = 'expand' && name = 'Ben'",
        "fields": [_text()],
    },
    {"name": "sealed", "type": "base", "fields": [_text()]},
    {"name": "cities", "type": "base", **_OPEN, "fields": [_text(), {"name": "hush", "type": "text", "hidden": True}]},
    {"name": "tags", "type": "base", **_OPEN, "fields": [_text(), _relation("city", "cities")]},
    {
        "name": "posts",
        "type": "base",
        **_OPEN,
        "fields": [
            _text("title"),
            _relation("tag", "tags"),
            _relation("tags", "tags", many=4),
            _relation("owner", "people", "auth"),
            _relation("owners", "people", "auth", many=3),
            _relation("sealed", "sealed"),
        ],
    },
    {
        "name": "replies",
        "type": "base",
        **_OPEN,
        "viewRule": "text != 'secret'",
        "fields": [_text("text"), _relation("post", "posts"), _relation("author", "people", "auth")],
    },
    {
        "name": "covers",
        "type": "base",
        **_OPEN,
        "fields": [_text(), _relation("post", "posts")],
        "indexes": ["CREATE UNIQUE INDEX idx_covers_post ON covers (post)"],
    },
    {"name": "boxes", "type": "base", **_OPEN, "fields": [_text(), _relation("posts", "posts", many=3)]},
]


def _person(key: str, name: str) -> dict[str, Any]:
    secret = {"password": "password123", "passwordConfirm": "password123"}
    return {"id": key, "email": f"{name.lower()}@example.com", "name": name, **secret}


_POST_A, _POST_B = "post0000000000a", "post0000000000b"
_TAG_A, _TAG_B, _TAG_C = "tag00000000000a", "tag00000000000b", "tag00000000000c"
_RECORDS: dict[str, list[dict[str, Any]]] = {
    "people": [_person(_ANNA, "Anna"), _person(_BEN, "Ben")],
    "sealed": [{"id": "sealed00000000a", "name": "closed"}],
    "cities": [{"id": "city0000000000a", "name": "Prague", "hush": "h"}],
    "tags": [
        {"id": _TAG_A, "name": "alpha", "city": "city0000000000a"},
        {"id": _TAG_B, "name": "beta"},
        {"id": _TAG_C, "name": "gamma", "city": "city0000000000a"},
    ],
    "posts": [
        {
            "id": _POST_A,
            "title": "a",
            "tag": _TAG_A,
            "tags": [_TAG_C, _TAG_A, _TAG_B],
            "owner": _ANNA,
            "owners": [_ANNA, _BEN],
            "sealed": "sealed00000000a",
        },
        {"id": _POST_B, "title": "b"},
    ],
    "replies": [
        {"id": "reply000000000a", "text": "one", "post": _POST_A, "author": _BEN},
        {"id": "reply000000000b", "text": "secret", "post": _POST_A, "author": _BEN},
        {"id": "reply000000000c", "text": "two", "post": _POST_A, "author": _ANNA},
    ],
    "covers": [{"id": "cover000000000a", "name": "front", "post": _POST_A}],
    "boxes": [
        {"id": "box00000000000a", "name": "left", "posts": [_POST_A, _POST_B]},
        {"id": "box00000000000b", "name": "right", "posts": [_POST_A]},
    ],
}


def _view(expand: str, auth: str = "", post: str = _POST_A) -> R:
    name = f"{expand} of {post} as {auth or 'guest'}"
    return R(name, "GET", f"{records('posts')}/{post}", auth=auth, q={"expand": expand})


_VIEWS = [
    _view("tag"),
    _view("tags"),
    _view("tag,tags"),
    _view(" tag , tags "),
    _view("tag.city"),
    _view("tags.city"),
    _view("tag,tag.city"),
    _view("tag.city,tags.city"),
    _view("tag.city", "super"),
    _view("owner"),
    _view("owner", "anna"),
    _view("owner", "ben"),
    _view("owner", "super"),
    _view("owners"),
    _view("owners", "anna"),
    _view("owners", "super"),
    _view("sealed"),
    _view("sealed", "super"),
    _view("sealed,tag"),
    _view("nope"),
    _view("nope,tag"),
    _view("title"),
    _view("tag.nope"),
    _view("tag.name"),
    _view(""),
    _view(","),
    _view("tag,,tags"),
    _view("Tag"),
    _view("tag.city.tags_via_city"),
    _view("tag.city.tags_via_city.posts_via_tag"),
    _view("tag", post=_POST_B),
    _view("tag,tags,owner", post=_POST_B),
    _view("covers_via_post"),
    _view("covers_via_post.post"),
    _view("covers_via_post", post=_POST_B),
    _view("covers(post)"),
    _view("replies(post)"),
    _view("replies_via_nope"),
    _view("nope_via_post"),
    _view("replies_via_text"),
    _view("covers_via_post.post.covers_via_post.post.covers_via_post.post"),
    _view("covers_via_post.post.covers_via_post.post.covers_via_post.post.covers_via_post"),
]
# The order of back-related records is unspecified: only their number and shape count.
_BACK = [
    R(
        f"{expand} as {auth or 'guest'}",
        "GET",
        f"{records('posts')}/{_POST_A}",
        auth=auth,
        q={"expand": expand, "fields": f"id,expand.{expand.split('.')[0]}.collectionName,{fields}"},
    )
    for expand, auth, fields in (
        ("replies_via_post", "", "expand"),
        ("replies_via_post", "super", "expand.replies_via_post.post"),
        ("replies_via_post.author", "ben", "expand.replies_via_post.post"),
        ("boxes_via_posts", "", "expand.boxes_via_posts.collectionId"),
        ("boxes_via_posts.posts", "", "expand.boxes_via_posts.collectionId"),
    )
]

_LISTS = Group(
    "lists and writes",
    [
        R("list", "GET", records("posts"), q={"sort": "id", "expand": "tags.city,owner"}),
        R("list as anna", "GET", records("posts"), auth="anna", q={"sort": "id", "expand": "owner,owners"}),
        R("list of replies", "GET", records("replies"), q={"sort": "id", "expand": "post.tag.city,author"}),
        R(
            "create",
            "POST",
            records("covers"),
            json={"id": "cover000000000b", "post": _POST_B},
            q={"expand": "post.tag"},
        ),
        R("update", "PATCH", f"{records('covers')}/cover000000000b", json={"name": "x"}, q={"expand": "post"}),
        R("update a relation", "PATCH", f"{records('posts')}/{_POST_B}", json={"tag": _TAG_B}, q={"expand": "tag"}),
        R(
            "login",
            "POST",
            "/api/collections/people/auth-with-password",
            json={"identity": "anna@example.com", "password": "password123"},
            q={"expand": "posts_via_owner.tag"},
        ),
        R("with fields", "GET", records("posts"), q={"sort": "id", "expand": "tags", "fields": "id,expand.tags.name"}),
        R(
            "broken expand never fails",
            "GET",
            records("posts"),
            q={"sort": "id", "expand": "tag..city,.,(x),a(b", "fields": "id,expand"},
        ),
    ],
)

TABLE = Table(
    name="expand",
    collections=_COLLECTIONS,
    records=_RECORDS,
    users={"anna": User("people", "anna@example.com"), "ben": User("people", "ben@example.com")},
    groups=[*singles([*_VIEWS, *_BACK]), _LISTS],
)
