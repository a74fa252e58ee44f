"""The records that the filter tables search, and a compact form for their rows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from differential.model import Group, R, User, collection_id, records

Cases = Mapping[str, Sequence[tuple[str, str | int]]]
"""Topic to filters, each with the letters of the items that PocketBase finds, or its error status."""


def item(letter: str) -> str:
    return f"item0000000000{letter}"


def tag(letter: str) -> str:
    return f"tag00000000000{letter}"


_PREFIX = {"items": "item0000000000", "tags": "tag00000000000", "bundles": "bundle00000000"}


def groups(cases: Cases, collection: str = "items", auth: str = "super") -> list[Group]:
    out = []
    for topic, filters in cases.items():
        rows = []
        for text, expected in filters:
            query = {"filter": text, "sort": "id", "fields": "id"}
            url = records(collection)
            if isinstance(expected, int):
                rows.append(R(text, "GET", url, expected, auth=auth, q=query))
            else:
                found = [_PREFIX[collection] + letter for letter in expected.split()]
                rows.append(R(text, "GET", url, auth=auth, q=query, ids=found))
        out.append(Group(topic, rows))
    return out


USERS = {
    "anna": User("people", "anna@example.com"),
    "ben": User("people", "ben@example.com"),
}

_OPEN = {"listRule": "", "viewRule": ""}

COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "tags",
        "type": "base",
        **_OPEN,
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "weight", "type": "number"},
            {"name": "hidden_note", "type": "text", "hidden": True},
        ],
    },
    {
        "name": "people",
        "type": "auth",
        **_OPEN,
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "age", "type": "number"},
        ],
    },
    {
        "name": "items",
        "type": "base",
        **_OPEN,
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "note", "type": "text"},
            {"name": "n", "type": "number"},
            {"name": "flag", "type": "bool"},
            {"name": "when", "type": "date"},
            {"name": "mail", "type": "email"},
            {"name": "kind", "type": "select", "values": ["x", "y", "z"], "maxSelect": 1},
            {"name": "labels", "type": "select", "values": ["red", "green", "blue"], "maxSelect": 3},
            {"name": "tag", "type": "relation", "collectionId": collection_id("tags"), "maxSelect": 1},
            {"name": "tags", "type": "relation", "collectionId": collection_id("tags"), "maxSelect": 5},
            {"name": "owner", "type": "relation", "collectionId": collection_id("people", "auth"), "maxSelect": 1},
            {"name": "data", "type": "json"},
            {"name": "loc", "type": "geoPoint"},
            {"name": "hidden_note", "type": "text", "hidden": True},
            {"name": "made", "type": "autodate", "onCreate": True},
        ],
    },
    {
        "name": "comments",
        "type": "base",
        **_OPEN,
        "fields": [
            {"name": "text", "type": "text"},
            {"name": "stars", "type": "number"},
            {"name": "item", "type": "relation", "collectionId": collection_id("items"), "maxSelect": 1},
            {"name": "author", "type": "relation", "collectionId": collection_id("people", "auth"), "maxSelect": 1},
        ],
    },
    {
        "name": "details",
        "type": "base",
        **_OPEN,
        "fields": [
            {"name": "text", "type": "text"},
            {"name": "item", "type": "relation", "collectionId": collection_id("items"), "maxSelect": 1},
        ],
        "indexes": ["CREATE UNIQUE INDEX idx_details_item ON details (item)"],
    },
    {
        "name": "bundles",
        "type": "base",
        **_OPEN,
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "items", "type": "relation", "collectionId": collection_id("items"), "maxSelect": 5},
        ],
    },
    {"name": "nothing", "type": "base", **_OPEN, "fields": [{"name": "name", "type": "text"}]},
    {"name": "private", "type": "base", "fields": [{"name": "name", "type": "text"}]},
]

ANNA, BEN = "anna00000000001", "ben000000000001"


def _person(key: str, name: str, age: int, *, visible: bool) -> dict[str, Any]:
    mail = f"{name.lower()}@example.com"
    secret = {"password": "password123", "passwordConfirm": "password123"}
    return {"id": key, "email": mail, "emailVisibility": visible, "name": name, "age": age, **secret}


RECORDS: dict[str, list[dict[str, Any]]] = {
    "tags": [
        {"id": tag("a"), "name": "alpha", "weight": 1, "hidden_note": "secret"},
        {"id": tag("b"), "name": "beta", "weight": 2},
        {"id": tag("c"), "name": "", "weight": 0},
        {"id": tag("d"), "name": "Delta", "weight": 4.5},
    ],
    "people": [
        _person(ANNA, "Anna", 30, visible=True),
        _person(BEN, "Ben", 40, visible=False),
    ],
    "items": [
        {
            "id": item("a"),
            "title": "Apple pie",
            "note": "100% sweet",
            "n": 1,
            "flag": True,
            "when": "2024-01-01 00:00:00.000Z",
            "mail": "a@example.com",
            "kind": "x",
            "labels": ["red", "green"],
            "tag": tag("a"),
            "tags": [tag("a"), tag("b")],
            "owner": ANNA,
            "data": {"a": {"b": 5}, "list": [1, 2, {"k": "v"}], "s": "text", "t": True, "nil": None, "e": ""},
            "loc": {"lon": 14.42, "lat": 50.09},
            "hidden_note": "hush",
        },
        {
            "id": item("b"),
            "title": "banana",
            "note": 'it\'s "quoted" \\ slashed',
            "n": 2,
            "when": "2024-06-15 12:30:00.500Z",
            "mail": "b@example.com",
            "kind": "y",
            "labels": ["red"],
            "tag": tag("b"),
            "tags": [tag("a")],
            "owner": BEN,
            "data": "just text",
            "loc": {"lon": -0.13, "lat": 51.51},
        },
        {
            "id": item("c"),
            "title": "cherry_tart",
            "note": "line\nbreak\ttab",
            "n": -3,
            "flag": True,
            "kind": "x",
            "labels": [],
            "tags": [],
            "data": 12,
        },
        {
            "id": item("d"),
            "title": "cherryXtart",
            "n": 12.5,
            "when": "2023-12-31 23:59:59.999Z",
            "labels": ["red", "green", "blue"],
            "tag": tag("c"),
            "tags": [tag("b"), tag("c")],
            "owner": ANNA,
            "data": [1, 2, 3],
        },
        {"id": item("e"), "title": "", "data": {"a": {"b": "5"}, "s": "Text", "t": False}},
        {
            "id": item("f"),
            "title": "ŽLUŤ apple",
            "note": "// no comment",
            "n": 5,
            "kind": "z",
            "tag": tag("d"),
            "tags": [tag("d")],
            "data": True,
        },
        {"id": item("g"), "title": "true", "note": "title", "n": 0, "owner": BEN, "data": {"a": [{"b": 1}, {"b": 2}]}},
        {"id": item("h"), "title": "5", "note": "5", "n": 5, "flag": True, "data": "", "tags": [tag("a"), tag("c")]},
    ],
    "comments": [
        {"id": "comment0000000a", "text": "good", "stars": 5, "item": item("a"), "author": BEN},
        {"id": "comment0000000b", "text": "bad", "stars": 1, "item": item("a"), "author": ANNA},
        {"id": "comment0000000c", "text": "good", "stars": 4, "item": item("b"), "author": ANNA},
        {"id": "comment0000000d", "text": "", "stars": 0, "item": item("c")},
        {"id": "comment0000000e", "text": "orphan", "stars": 3},
    ],
    "details": [
        {"id": "detail00000000a", "text": "one", "item": item("a")},
        {"id": "detail00000000b", "text": "two", "item": item("b")},
    ],
    "bundles": [
        {"id": "bundle00000000a", "name": "breakfast", "items": [item("a"), item("b")]},
        {"id": "bundle00000000b", "name": "dinner", "items": [item("b"), item("c")]},
        {"id": "bundle00000000c", "name": "empty", "items": []},
    ],
    "private": [{"id": "private0000000a", "name": "alpha"}],
}
