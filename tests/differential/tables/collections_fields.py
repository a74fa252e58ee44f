"""Field definitions: the options of every type and how bad ones are refused."""

from __future__ import annotations

from itertools import count
from typing import Any

from differential.model import Group, R, Table, collection_id, singles

_URL = "/api/collections"
_NUMBERS = count(1)


def _field(title: str, status: int, /, **field: Any) -> R:
    """Creates a collection with one field."""
    return _fields(title, status, field)


def _fields(title: str, status: int, /, *fields: Any, kind: str = "base") -> R:
    body = {"name": f"made{next(_NUMBERS)}", "type": kind, "fields": list(fields)}
    # The message of a bad pattern quotes a value that it generated.
    examples = ["data.fields.*.autogeneratePattern.message"]
    return R(title, "POST", _URL, status, auth="super", json=body, redact=examples)


_TYPES: dict[str, dict[str, Any]] = {
    "text": {},
    "editor": {},
    "number": {},
    "bool": {},
    "email": {},
    "url": {},
    "date": {},
    "autodate": {"onCreate": True},
    "select": {"values": ["a"]},
    "file": {},
    "relation": {"collectionId": collection_id("targets")},
    "json": {},
    "geoPoint": {},
    "password": {},
}
_DEFAULTS = [_field(f"defaults of {kind}", 200, name="f", type=kind, **options) for kind, options in _TYPES.items()]
_COMMON = [
    _field("no name", 400, type="text"),
    _field("empty name", 400, name="", type="text"),
    _field("name with a space", 400, name="a b", type="text"),
    _field("name with a dash", 400, name="a-b", type="text"),
    _field("name with unicode", 400, name="žluť", type="text"),
    _field("name with a leading digit", 200, name="1st", type="text"),
    _field("name with a leading underscore", 200, name="_f", type="text"),
    _field("name with via", 400, name="a_via_b", type="text"),
    _field("name too long", 400, name="a" * 101, type="text"),
    _field("name at its limit", 200, name="a" * 100, type="text"),
    *[
        _field(f"name {name}", 400, name=name, type="text")
        for name in ("null", "true", "false", "_rowid_", "collectionId", "collectionName", "expand")
    ],
    _field("name NULL", 200, name="NULL", type="text"),
    _field("name Expand", 200, name="Expand", type="text"),
    _field("name rowid", 200, name="rowid", type="text"),
    _field("name of an SQL word", 200, name="order", type="text"),
    _field("name created", 200, name="created", type="text"),
    _field("name id of another type", 400, name="id", type="number"),
    _field("no type", 400, name="f"),
    _field("unknown type", 400, name="f", type="nope"),
    _field("type in another case", 400, name="f", type="Text"),
    _field("unknown options", 200, name="f", type="text", nope=1, values=["x"]),
    _field("wrong type of an option", 400, name="f", type="text", min="x"),
    _field("fraction for an integer option", 400, name="f", type="text", min=1.5),
    _field("null options", 200, name="f", type="text", min=None, pattern=None, required=None),
    _field("custom id", 200, name="f", type="text", id="my_field"),
    _field("id too long", 400, name="f", type="text", id="x" * 101),
    _field("help", 200, name="f", type="text", help="Say it."),
    _field("help too long", 400, name="f", type="text", help="x" * 301),
    _field("system flag", 200, name="f", type="text", system=True),
    _field(
        "presentable, hidden and required", 200, name="f", type="text", presentable=True, hidden=True, required=True
    ),
    _fields("two fields of one name", 200, {"name": "f", "type": "text"}, {"name": "f", "type": "text"}),
    _fields(
        "two fields of one name in another case", 400, {"name": "f", "type": "text"}, {"name": "F", "type": "number"}
    ),
    _fields(
        "two fields of one id", 200, {"id": "x", "name": "a", "type": "text"}, {"id": "x", "name": "b", "type": "text"}
    ),
    _fields(
        "several bad fields",
        400,
        {"name": "a b", "type": "text"},
        {"name": "ok", "type": "text"},
        {"name": "", "type": "select"},
    ),
    _fields("field is text", 400, "title"),
    _fields("field is null", 400, None),
]
_TEXTS = [
    _field("text min above max", 400, name="f", type="text", min=5, max=3),
    _field("text negative min", 400, name="f", type="text", min=-1),
    _field("text negative max", 400, name="f", type="text", max=-1),
    _field("text large max", 200, name="f", type="text", max=9007199254740991),
    _field("text too large max", 400, name="f", type="text", max=9007199254740992),
    _field("text broken pattern", 400, name="f", type="text", pattern="("),
    _field("text pattern with lookahead", 400, name="f", type="text", pattern="(?=a)"),
    _field("text pattern", 200, name="f", type="text", pattern="^[a-z]+$"),
    _field("text autogenerate", 200, name="f", type="text", autogeneratePattern="[a-z]{5}-\\d+"),
    _field("text broken autogenerate", 400, name="f", type="text", autogeneratePattern="["),
    _field("text autogenerate with anchors", 400, name="f", type="text", autogeneratePattern="^a$"),
    _field(
        "text autogenerate against the pattern",
        400,
        name="f",
        type="text",
        autogeneratePattern="[0-9]{5}",
        pattern="^[a-z]+$",
    ),
    _field("text autogenerate longer than max", 400, name="f", type="text", autogeneratePattern="[a-z]{5}", max=3),
    _field("text autogenerate shorter than min", 400, name="f", type="text", autogeneratePattern="[a-z]{5}", min=10),
    _field("second primary key", 400, name="f", type="text", primaryKey=True),
    _field("editor max", 200, name="f", type="editor", maxSize=10, convertURLs=True),
    _field("editor negative max", 400, name="f", type="editor", maxSize=-1),
    _field("json max", 200, name="f", type="json", maxSize=10),
    _field("json negative max", 400, name="f", type="json", maxSize=-1),
    _field("password options", 200, name="f", type="password", min=5, max=70, cost=5, pattern="^a"),
    _field("password max above 71", 400, name="f", type="password", max=72),
    _field("password min above 71", 400, name="f", type="password", min=72),
    _field("password min above max", 400, name="f", type="password", min=10, max=5),
    _field("password cost low", 400, name="f", type="password", cost=3),
    _field("password cost high", 400, name="f", type="password", cost=32),
    _field("password broken pattern", 400, name="f", type="password", pattern="("),
]
_OTHERS = [
    _field("number min above max", 400, name="f", type="number", min=5, max=3),
    _field("number min equals max", 200, name="f", type="number", min=5, max=5),
    _field("number range", 200, name="f", type="number", min=-1.5, max=0),
    _field("number fraction min with onlyInt", 400, name="f", type="number", min=1.5, onlyInt=True),
    _field("number fraction max with onlyInt", 400, name="f", type="number", max=1.5, onlyInt=True),
    _field("email only domains", 200, name="f", type="email", onlyDomains=["example.com"]),
    _field("email both lists", 400, name="f", type="email", onlyDomains=["a.com"], exceptDomains=["b.com"]),
    _field("email bad domain", 400, name="f", type="email", onlyDomains=["a.com", "not a domain", ""]),
    _field("email bad excepted domain", 400, name="f", type="email", exceptDomains=["https://a.com"]),
    _field("url both lists", 400, name="f", type="url", onlyDomains=["a.com"], exceptDomains=["b.com"]),
    _field("url bad domain", 400, name="f", type="url", onlyDomains=["-"]),
    _field("url domain with a port", 400, name="f", type="url", onlyDomains=["a.com:80"]),
    _field("date range", 200, name="f", type="date", min="2024-01-01", max="2024-02-01 10:00:00"),
    _field("date min above max", 200, name="f", type="date", min="2024-02-01", max="2024-01-01"),
    _field("date nonsense", 200, name="f", type="date", min="nonsense"),
    _field("autodate without a moment", 400, name="f", type="autodate"),
    _field("autodate on update", 200, name="f", type="autodate", onUpdate=True),
    _field("select without values", 400, name="f", type="select"),
    _field("select with empty values", 400, name="f", type="select", values=[]),
    _field("select with an empty value", 200, name="f", type="select", values=["a", ""]),
    _field("select with repeated values", 200, name="f", type="select", values=["a", "a"]),
    _field("select of more than there are", 400, name="f", type="select", values=["a", "b"], maxSelect=3),
    _field("select negative", 400, name="f", type="select", values=["a"], maxSelect=-1),
    _field("select numbers", 400, name="f", type="select", values=[1, 2]),
    _field("relation without a target", 400, name="f", type="relation"),
    _field("relation to an unknown target", 400, name="f", type="relation", collectionId="nope"),
    _field("relation by name", 400, name="f", type="relation", collectionId="targets"),
    _field("relation to a view", 400, name="f", type="relation", collectionId="viewcollection1"),
    _field("relation to an auth collection", 200, name="f", type="relation", collectionId="_pb_users_auth_"),
    _field(
        "relation min above max",
        400,
        name="f",
        type="relation",
        collectionId="_pb_users_auth_",
        minSelect=3,
        maxSelect=2,
    ),
    _field("relation min without max", 400, name="f", type="relation", collectionId="_pb_users_auth_", minSelect=2),
    _field(
        "relation negative", 400, name="f", type="relation", collectionId="_pb_users_auth_", minSelect=-1, maxSelect=-1
    ),
    _field(
        "relation options",
        200,
        name="f",
        type="relation",
        collectionId="_pb_users_auth_",
        minSelect=1,
        maxSelect=2,
        cascadeDelete=True,
    ),
    _field(
        "file options", 200, name="f", type="file", maxSelect=5, maxSize=10, mimeTypes=["image/png"], protected=True
    ),
    _field("file thumbs", 200, name="f", type="file", thumbs=["10x10", "10x0", "0x10", "5x5t", "5x5b", "5x5f"]),
    _field("file bad thumbs", 400, name="f", type="file", thumbs=["10x10", "0x0", "10", "10x10x", "axb", "5x5q"]),
    _field("file negative", 400, name="f", type="file", maxSelect=-1, maxSize=-1),
    _field("file unknown mime type", 200, name="f", type="file", mimeTypes=["nope/nope"]),
]


def _id(title: str, status: int, /, **options: Any) -> R:
    return _fields(title, status, {"name": "id", "type": "text", **options})


_KEYS = [
    _id("id with nothing", 200),
    _id("id with its flags", 200, primaryKey=True, required=True, system=True),
    _id(
        "id of other lengths",
        200,
        primaryKey=True,
        required=True,
        min=3,
        max=40,
        pattern="^[A-Z]+$",
        autogeneratePattern="[A-Z]{5}",
    ),
    _id("id pattern without matching generation", 200, primaryKey=True, required=True, pattern="^[A-Z]+$"),
    _id("id without generation", 200, primaryKey=True, required=True, autogeneratePattern=""),
    _id("id hidden", 200, primaryKey=True, required=True, hidden=True),
    _id("id optional", 200, primaryKey=True, required=False),
    _id("id not primary", 200, primaryKey=False),
    _id("id min above max", 400, primaryKey=True, required=True, min=20, max=10),
    _fields("id field of another name", 400, {"name": "key", "type": "text", "primaryKey": True, "required": True}),
    _fields(
        "password field in an auth collection of another type", 200, {"name": "password", "type": "text"}, kind="auth"
    ),
    _fields("email hidden in an auth collection", 200, {"name": "email", "type": "email", "hidden": True}, kind="auth"),
    _fields(
        "email optional in an auth collection", 200, {"name": "email", "type": "email", "required": False}, kind="auth"
    ),
    _fields(
        "password rules in an auth collection",
        200,
        {"name": "password", "type": "password", "min": 12, "cost": 6},
        kind="auth",
    ),
    _fields("reserved passwordConfirm", 400, {"name": "passwordConfirm", "type": "text"}, kind="auth"),
    _fields("reserved oldPassword", 400, {"name": "oldPassword", "type": "text"}, kind="auth"),
    _fields("passwordConfirm in a base collection", 200, {"name": "passwordConfirm", "type": "text"}),
    _fields("verified of another type", 200, {"name": "verified", "type": "text"}, kind="auth"),
    _fields("tokenKey shorter", 200, {"name": "tokenKey", "type": "text", "min": 10}, kind="auth"),
    _fields("tokenKey visible", 200, {"name": "tokenKey", "type": "text", "hidden": False}, kind="auth"),
]

TABLE = Table(
    name="collections_fields",
    collections=[
        {"name": "targets", "type": "base", "fields": []},
        {"name": "target_view", "id": "viewcollection1", "type": "view", "viewQuery": "select id from targets"},
    ],
    groups=[
        *singles([*_DEFAULTS, *_COMMON, *_TEXTS, *_OTHERS]),
        Group("system fields", _KEYS),
    ],
)
