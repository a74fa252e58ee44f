"""Validation of record values: one error code and message per broken option."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, collection_id, records, singles

_ONE, _TWO, _THREE = "target000000001", "target000000002", "target000000003"


def _required(kind: str, **options: Any) -> dict[str, Any]:
    return {"name": f"need_{kind.lower()}", "type": kind, "required": True, **options}


_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "targets", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "name": "limits",
        "type": "base",
        "fields": [
            {"name": "text", "type": "text", "min": 3, "max": 5},
            {"name": "pattern", "type": "text", "pattern": "^[a-z]+$"},
            {"name": "editor", "type": "editor", "maxSize": 10},
            {"name": "number", "type": "number", "min": -2, "max": 10.5},
            {"name": "int", "type": "number", "onlyInt": True, "min": 2},
            {"name": "email", "type": "email"},
            {"name": "email_only", "type": "email", "onlyDomains": ["example.com"]},
            {"name": "email_except", "type": "email", "exceptDomains": ["example.com"]},
            {"name": "url", "type": "url"},
            {"name": "url_only", "type": "url", "onlyDomains": ["example.com"]},
            {"name": "url_except", "type": "url", "exceptDomains": ["example.com"]},
            {"name": "date", "type": "date", "min": "2024-01-01 00:00:00.000Z", "max": "2024-12-31 00:00:00.000Z"},
            {"name": "one", "type": "select", "values": ["a", "b", "c"], "maxSelect": 1},
            {"name": "many", "type": "select", "values": ["a", "b", "c"], "maxSelect": 2},
            {"name": "rel", "type": "relation", "collectionId": collection_id("targets"), "maxSelect": 1},
            {
                "name": "rels",
                "type": "relation",
                "collectionId": collection_id("targets"),
                "minSelect": 2,
                "maxSelect": 2,
            },
            {"name": "json", "type": "json", "maxSize": 10},
            {"name": "geo", "type": "geoPoint"},
            {"name": "secret", "type": "password", "min": 4, "max": 8, "pattern": "^[a-z0-9]+$"},
            {"name": "file", "type": "file", "maxSelect": 1, "maxSize": 10},
            {"name": "files", "type": "file", "maxSelect": 2, "mimeTypes": ["text/plain"]},
        ],
    },
    {
        "name": "needs",
        "type": "base",
        "fields": [
            _required("text"),
            _required("editor"),
            _required("number"),
            _required("bool"),
            _required("email"),
            _required("url"),
            _required("date"),
            _required("select", values=["a"], maxSelect=1),
            _required("relation", collectionId=collection_id("targets"), maxSelect=2),
            _required("json"),
            _required("geoPoint"),
            _required("password"),
            _required("file", maxSelect=1),
        ],
    },
    {
        "name": "keys",
        "type": "base",
        "fields": [
            {
                "name": "id",
                "type": "text",
                "primaryKey": True,
                "required": True,
                "system": True,
                "min": 2,
                "max": 20,
                "pattern": "^.+$",
                "autogeneratePattern": "[a-z]{5}",
            }
        ],
    },
    {
        "name": "uniques",
        "type": "base",
        "fields": [{"name": "a", "type": "text"}, {"name": "b", "type": "text"}, {"name": "c", "type": "text"}],
        "indexes": [
            "CREATE UNIQUE INDEX idx_uniques_a ON uniques (a) WHERE a != ''",
            "CREATE UNIQUE INDEX idx_uniques_bc ON uniques (b, c) WHERE b != ''",
        ],
    },
]


def _limit(name: str, status: int, **values: Any) -> R:
    return R(name, "POST", records("limits"), status, auth="super", json=values, redact=["id"])


_LIMITS = [
    _limit("text too short", 400, text="ab"),
    _limit("text too long", 400, text="abcdef"),
    _limit("text counts characters", 200, text="žžžžž"),
    _limit("text empty skips min", 200, text=""),
    _limit("text pattern", 400, pattern="ABC"),
    _limit("text default max", 400, pattern="a" * 5001),
    _limit("text at default max", 200, pattern="a" * 5000),
    _limit("editor too large", 400, editor="12345678901"),
    _limit("editor counts bytes", 400, editor="žžžžžž"),
    _limit("number below min", 400, number=-3),
    _limit("number above max", 400, number=10.6),
    _limit("number at max", 200, number=10.5),
    _limit("number zero skips min", 200, int=0),
    _limit("number not an integer", 400, int=2.5),
    _limit("number integer below min", 400, int=1),
    _limit("number as text below min", 400, number="-3"),
    _limit("email without domain", 400, email="user"),
    _limit("email with a display name", 400, email="User <user@example.com>"),
    _limit("email with spaces", 400, email="us er@example.com"),
    _limit("email unicode local part", 200, email="žluť@example.com"),
    _limit("email without dot in the domain", 400, email="user@localhost"),
    _limit("email with plus", 200, email="user+tag@example.com"),
    _limit("email with quotes", 400, email='"a b"@example.com'),
    _limit("email with two ats", 400, email="a@b@example.com"),
    _limit("email with a trailing dot", 200, email="a@example.com."),
    _limit("email other domain", 400, email_only="user@example.org"),
    _limit("email allowed domain", 200, email_only="user@example.com"),
    _limit("email domain is case-sensitive", 400, email_only="user@EXAMPLE.com"),
    _limit("email subdomain is another domain", 400, email_only="user@mail.example.com"),
    _limit("email excluded domain", 400, email_except="user@example.com"),
    _limit("email not excluded domain", 200, email_except="user@example.org"),
    _limit("url without scheme", 200, url="example.com"),
    _limit("url with spaces", 400, url="https://exa mple.com"),
    _limit("url scheme only", 400, url="https://"),
    _limit("url javascript", 400, url="javascript:alert(1)"),
    _limit("url mailto", 200, url="mailto:a@example.com"),
    _limit("url ip with port", 200, url="http://127.0.0.1:80/x"),
    _limit("url with user", 200, url="https://user:pass@example.com"),
    _limit("url unicode host", 400, url="https://žluť.example.com"),
    _limit("url other domain", 400, url_only="https://example.org"),
    _limit("url allowed domain", 200, url_only="https://example.com/path"),
    _limit("url host with a port is another domain", 400, url_only="https://example.com:443"),
    _limit("url excluded domain", 400, url_except="https://example.com"),
    _limit("date before min", 400, date="2023-12-31 23:59:59.999Z"),
    _limit("date after max", 400, date="2024-12-31 00:00:00.001Z"),
    _limit("date at min", 200, date="2024-01-01"),
    _limit("select unknown value", 400, one="z"),
    _limit("select number", 400, one=1),
    _limit("select values are case-sensitive", 400, one="A"),
    _limit("select several unknown values", 400, many=["a", "x", "y"]),
    _limit("select too many values", 400, many=["a", "b", "c"]),
    _limit("relation missing record", 400, rel="missing00000000"),
    _limit("relation several missing records", 400, rels=[_ONE, "missing00000000"]),
    _limit("relation too few", 400, rels=[_ONE]),
    _limit("relation too many", 400, rels=[_ONE, _TWO, _THREE]),
    _limit("relation empty skips min", 200, rels=[]),
    _limit("relation number", 400, rel=5),
    _limit("json too large", 400, json={"key": "12345"}),
    _limit("json at its limit", 200, json="12345678"),
    _limit("geo latitude", 400, geo={"lon": 0, "lat": 90.5}),
    _limit("geo longitude", 400, geo={"lon": -180.5, "lat": 0}),
    _limit("geo at the border", 200, geo={"lon": 180, "lat": -90}),
    _limit("password too short", 400, secret="abc"),
    _limit("password too long", 400, secret="abcdefghi"),
    _limit("password pattern", 400, secret="ABCDE"),
    _limit("file by an unknown name", 400, file="nothing.txt"),
    _limit("files by unknown names", 400, files=["b.txt", "a.txt"]),
    _limit("several fields at once", 400, text="a", number=99, one="z", email="x"),
    _limit("id too short", 400, id="short"),
    _limit("id too long", 400, id="toolong0000000001"),
    _limit("id upper case", 400, id="UPPER0000000001"),
    _limit("id with a dash", 400, id="dash-0000000001"),
    _limit("id number", 400, id=5),
    _limit("id empty is generated", 200, id=""),
    _limit("id null is generated", 200, id=None),
]

_FILES = [
    R(
        "file too large",
        "POST",
        records("limits"),
        400,
        auth="super",
        parts=[("file", "large.txt", "text/plain", b"12345678901")],
    ),
    R(
        "file of another type",
        "POST",
        records("limits"),
        400,
        auth="super",
        parts=[("files", "image.txt", "text/plain", b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR")],
    ),
    R(
        "too many files",
        "POST",
        records("limits"),
        400,
        auth="super",
        parts=[("files", f"number_{i}.txt", "text/plain", b"x") for i in range(3)],
    ),
    R(
        "several bad files",
        "POST",
        records("limits"),
        400,
        auth="super",
        parts=[
            ("file", "large.txt", "text/plain", b"12345678901"),
            ("files", "page.html", "text/html", b"<!DOCTYPE html><html></html>"),
            ("text", "a"),
        ],
    ),
]

_REQUIRED = [
    R("nothing given", "POST", records("needs"), 400, auth="super", json={}, ordered=True),
    R(
        "zero values",
        "POST",
        records("needs"),
        400,
        auth="super",
        json={
            "need_text": "",
            "need_editor": "",
            "need_number": 0,
            "need_bool": False,
            "need_email": "",
            "need_url": "",
            "need_date": "not a date",
            "need_select": [],
            "need_relation": [],
            "need_json": None,
            "need_geopoint": {"lon": 0, "lat": 0},
            "need_password": "",
            "need_file": "",
        },
    ),
    R("empty json object", "POST", records("needs"), 400, auth="super", json={"need_json": {}}),
    R("empty json array", "POST", records("needs"), 400, auth="super", json={"need_json": []}),
    R("empty json text", "POST", records("needs"), 400, auth="super", json={"need_json": ""}),
    R("json false", "POST", records("needs"), 400, auth="super", json={"need_json": False}),
    R(
        "everything given",
        "POST",
        records("needs"),
        auth="super",
        redact=["id"],
        parts=[
            (
                "@jsonPayload",
                '{"need_text":"a","need_editor":"a","need_number":1,"need_bool":true,"need_email":"a@example.com",'
                '"need_url":"https://example.com","need_date":"2024-01-01","need_select":"a",'
                f'"need_relation":"{_ONE}","need_json":1,"need_geopoint":{{"lon":1,"lat":1}},'
                '"need_password":"hunter22"}',
            ),
            ("need_file", "required.txt", "text/plain", b"x"),
        ],
    ),
]


def _key(name: str, status: int, value: Any) -> R:
    return R(name, "POST", records("keys"), status, auth="super", json={"id": value})


_KEYS = Group(
    "custom primary key",
    [
        _key("mixed case, dash and underscore", 200, "Ab-C_0000"),
        _key("same id in another case", 400, "aB-c_0000"),
        _key("same id", 400, "Ab-C_0000"),
        _key("too short", 400, "a"),
        _key("too long", 400, "a" * 21),
        _key("slash", 400, "a/b0000"),
        _key("backslash", 400, "a\\b0000"),
        _key("space", 400, "a b0000"),
        _key("quote", 400, "a'b0000"),
        _key("percent", 400, "a%b0000"),
        _key("dot", 400, "a.b0000"),
        _key("reserved name", 400, "con"),
        _key("unicode", 200, "žluť0000"),
        R("view by odd id", "GET", f"{records('keys')}/Ab-C_0000", auth="super"),
        R("view by id in another case", "GET", f"{records('keys')}/ab-c_0000", 404, auth="super"),
        R("view by unicode id", "GET", f"{records('keys')}/žluť0000", auth="super"),
        R("generated", "POST", records("keys"), auth="super", json={}, redact=["id"]),
    ],
)


def _unique(name: str, status: int, number: int, **values: Any) -> R:
    return R(name, "POST", records("uniques"), status, auth="super", json={"id": f"unique{number:04}00000", **values})


_UNIQUES = Group(
    "unique indexes",
    [
        _unique("first", 200, 1, a="one", b="x", c="y"),
        _unique("same id", 400, 1),
        _unique("same a", 400, 2, a="one"),
        _unique("same a in another case", 200, 2, a="ONE"),
        _unique("same b and c", 400, 3, b="x", c="y"),
        _unique("same b only", 200, 3, b="x", c="z"),
        _unique("both broken", 400, 4, a="one", b="x", c="y"),
        _unique("empty is outside the partial index", 200, 4),
        _unique("empty again", 200, 5),
        R(
            "update into a clash",
            "PATCH",
            f"{records('uniques')}/unique000300000",
            400,
            auth="super",
            json={"c": "y"},
        ),
        R("update to itself", "PATCH", f"{records('uniques')}/unique000100000", auth="super", json={"a": "one"}),
        R("after", "GET", records("uniques"), auth="super", q={"sort": "id"}),
    ],
)

TABLE = Table(
    name="records_validation",
    collections=_COLLECTIONS,
    records={"targets": [{"id": target, "name": target} for target in (_ONE, _TWO, _THREE)]},
    groups=[*singles([*_LIMITS, *_FILES, *_REQUIRED]), _KEYS, _UNIQUES],
)
