"""Request bodies: content types, malformed JSON, form values and their inference, @jsonPayload."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from differential.model import Group, R, Table, records, singles
from harness.http import Part

_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "bodies",
        "type": "base",
        "createRule": "",
        "updateRule": "",
        "viewRule": "",
        "fields": [
            {"name": "text", "type": "text"},
            {"name": "n", "type": "number"},
            {"name": "b", "type": "bool"},
            {"name": "json", "type": "json"},
            {"name": "many", "type": "select", "values": ["a", "b", "1", "true"], "maxSelect": 4},
            {"name": "geo", "type": "geoPoint"},
            {"name": "file", "type": "file", "maxSelect": 3},
        ],
    },
    {"name": "closed", "type": "base", "fields": [{"name": "text", "type": "text"}]},
]
_URL = records("bodies")
_JSON = "application/json"


def _raw(name: str, status: int, body: bytes, content_type: str | None = _JSON) -> R:
    headers = {} if content_type is None else {"Content-Type": content_type}
    return R(name, "POST", _URL, status, body=body, headers=headers, redact=["id"])


def _form(name: str, status: int, *pairs: tuple[str, str]) -> R:
    return R(name, "POST", _URL, status, form=pairs, redact=["id"])


def _multi(name: str, status: int, parts: Sequence[Part]) -> R:
    return R(name, "POST", _URL, status, parts=parts, redact=["id"])


_RAW = [
    _raw("plain object", 200, b'{"text":"a"}'),
    _raw("charset in the content type", 200, b'{"text":"a"}', "application/json; charset=utf-8"),
    _raw("content type in upper case", 400, b'{"text":"a"}', "APPLICATION/JSON"),
    _raw("whitespace around", 200, b' \r\n\t{"text" : "a"} \n'),
    _raw("byte order mark", 400, b'\xef\xbb\xbf{"text":"a"}'),
    _raw("empty body", 200, b""),
    _raw("empty body without content type", 200, b"", None),
    _raw("empty body of another type", 200, b"", "text/plain"),
    _raw("whitespace only", 400, b"  "),
    _raw("no content type", 400, b'{"text":"a"}', None),
    _raw("unsupported content type", 400, b'{"text":"a"}', "text/plain"),
    _raw("csv content type", 400, b"text\na", "text/csv"),
    _raw("broken content type", 400, b'{"text":"a"}', "nonsense"),
    _raw("cut off", 400, b'{"text":"a"'),
    _raw("not JSON", 400, b"hello"),
    _raw("single quotes", 400, b"{'text':'a'}"),
    _raw("trailing comma", 400, b'{"text":"a",}'),
    _raw("comment", 400, b'{/* c */"text":"a"}'),
    _raw("unquoted key", 400, b'{text:"a"}'),
    _raw("bytes after the object", 200, b'{"text":"a"} trailing'),
    _raw("second object", 200, b'{"text":"a"}{"text":"b"}'),
    _raw("duplicate key", 400, b'{"text":"a","text":"b"}'),
    _raw("duplicate key in a nested object", 400, b'{"json":{"a":1,"a":2}}'),
    _raw("keys differing in case", 200, b'{"text":"a","TEXT":"b"}'),
    _raw("invalid UTF-8", 400, b'{"text":"\xff\xfe"}'),
    _raw("lone surrogate", 400, b'{"text":"\\ud800"}'),
    _raw("surrogate pair", 200, b'{"text":"\\ud83d\\udc0e"}'),
    _raw("null character", 200, b'{"text":"a\\u0000b"}'),
    _raw("raw control character", 400, b'{"text":"a\nb"}'),
    _raw("array", 400, b'[{"text":"a"}]'),
    _raw("null", 200, b"null"),
    _raw("number", 400, b"5"),
    _raw("string", 400, b'"text"'),
    _raw("number too large", 400, b'{"n":1e400}'),
    _raw("number with leading zero", 400, b'{"n":01}'),
    _raw("number with plus", 400, b'{"n":+1}'),
    _raw("NaN", 400, b'{"n":NaN}'),
    _raw("number spellings", 200, b'{"json":[1.0,1E2,-0,0.10,1e-5,12345678901234567890,-0.0]}'),
    _raw("deep nesting", 200, b'{"json":' + b"[" * 200 + b"]" * 200 + b"}"),
    _raw("nesting beyond any limit", 400, b'{"json":' + b"[" * 20000 + b"]" * 20000 + b"}"),
    _raw("unknown keys", 200, b'{"text":"a","nope":1,"collectionId":"x","collectionName":"y","expand":{"a":1}}'),
    _raw("keys with modifiers on unknown names", 200, b'{"text":"a","nope+":1,"nope:each":2,"":3}'),
]

_FORMS = [
    _form("form text", 200, ("text", "a"), ("n", "5")),
    _form("form booleans", 200, ("b", "true"), ("json", "false")),
    _form("form boolean in another case", 200, ("json", "True")),
    _form("form minimal number", 200, ("json", "-1.5")),
    _form("form number with zeros", 200, ("json", "007")),
    _form("form number with a trailing zero", 200, ("json", "1.50")),
    _form("form number with exponent", 200, ("json", "1e3")),
    _form("form number in text", 200, ("text", "5")),
    _form("form long number in text", 200, ("text", "123456789012345678901234567890")),
    _form("form null text", 200, ("text", "null"), ("json", "null")),
    _form("form empty values", 200, ("text", ""), ("n", ""), ("b", ""), ("json", ""), ("many", "")),
    _form("form object text", 200, ("json", '{"a":1}'), ("geo", '{"lon":1,"lat":2}')),
    _form("form repeated key", 200, ("many", "a"), ("many", "b")),
    _form("form repeated key of inferred values", 200, ("many", "1"), ("many", "true")),
    _form("form repeated key on text", 200, ("text", "a"), ("text", "b")),
    _form("form list text", 200, ("many", '["a","b"]')),
    _form("form key with brackets", 200, ("many[]", "a")),
    _form("form key with a dot", 200, ("geo.lon", "1"), ("geo.lat", "2")),
    _form("form modifier", 200, ("n+", "5")),
    _form("form payload", 200, ("@jsonPayload", '{"text":"p","n":1}'), ("text", "f")),
    _form("form payloads merge", 200, ("@jsonPayload", '{"text":"p","n":1}'), ("@jsonPayload", '{"n":2}')),
    _form("form payload broken", 400, ("@jsonPayload", "{broken")),
    _form("form payload array", 400, ("@jsonPayload", "[1]")),
    _form("form unicode", 200, ("text", "žluť & = +%")),
    _raw("form plus is a space", 200, b"text=a+b", "application/x-www-form-urlencoded"),
    _raw("form bad escape", 400, b"text=%zz", "application/x-www-form-urlencoded"),
    _raw("form semicolon", 400, b"text=a;n=1", "application/x-www-form-urlencoded"),
    _raw("form invalid UTF-8", 200, b"text=%ff", "application/x-www-form-urlencoded"),
    _raw("form key without value", 200, b"text&n=3", "application/x-www-form-urlencoded"),
    _multi("multipart text", 200, [("text", "a"), ("n", "5"), ("b", "true")]),
    _multi("multipart payload", 200, [("@jsonPayload", '{"text":"p","json":{"a":[1]}}')]),
    _multi("multipart payload over fields", 200, [("text", "f"), ("@jsonPayload", '{"text":"p"}')]),
    _multi("multipart payload and repeated field", 400, [("many", "a"), ("@jsonPayload", '{"many":["b"]}')]),
    _multi("multipart repeated key", 200, [("many", "a"), ("many", "b")]),
    _multi("multipart file", 200, [("text", "a"), ("file", "hello_file.txt", "text/plain", b"hello")]),
    _multi("multipart file for an unknown field", 200, [("nope", "hello_file.txt", "text/plain", b"hello")]),
    _multi("multipart file for a text field", 200, [("text", "hello_file.txt", "text/plain", b"hello")]),
    _multi("multipart file with modifier", 200, [("file+", "hello_file.txt", "text/plain", b"hello")]),
    _multi("multipart without parts", 200, []),
    _raw("multipart without boundary", 400, b"--x\r\n\r\n--x--", "multipart/form-data"),
    _raw(
        "multipart cut off",
        400,
        b'--x\r\nContent-Disposition: form-data; name="text"\r\n\r\na',
        "multipart/form-data; boundary=x",
    ),
    _raw("multipart of another boundary", 400, b"--y\r\n\r\n--y--", "multipart/form-data; boundary=x"),
]

_XML = [
    _raw("xml body", 400, b"<r><text>a</text></r>", "application/xml"),
    _raw("text xml body", 400, b"<r><text>a</text></r>", "text/xml"),
]

_ORDER = [
    R("bad JSON on a closed collection", "POST", records("closed"), 400, body=b"{", headers={"Content-Type": _JSON}),
    R("good JSON on a closed collection", "POST", records("closed"), 403, json={}),
    R(
        "bad JSON on a missing record",
        "PATCH",
        f"{_URL}/missing00000000",
        400,
        body=b"{",
        headers={"Content-Type": _JSON},
    ),
    R("good JSON on a missing record", "PATCH", f"{_URL}/missing00000000", 404, json={}),
    R("closed collection, missing record", "PATCH", f"{records('closed')}/missing00000000", 403, json={}),
    R("bad JSON on a missing collection", "POST", records("nope"), 404, body=b"{", headers={"Content-Type": _JSON}),
    R("broken body on GET", "GET", f"{_URL}/body00000000001", 400, body=b"{", headers={"Content-Type": _JSON}),
    R("PATCH with form", "PATCH", f"{_URL}/body00000000001", form=[("n", "7"), ("json", "x")]),
    R("PATCH with multipart", "PATCH", f"{_URL}/body00000000001", parts=[("text", "multi")]),
    R("PATCH with an empty body", "PATCH", f"{_URL}/body00000000001", body=b""),
    R(
        "login with form",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        form=[("identity", "root@example.com"), ("password", "root-password")],
        redact=["record.id"],
    ),
    R(
        "login with broken JSON",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        400,
        body=b"{",
        headers={"Content-Type": _JSON},
    ),
    R(
        "login with keys in another case",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        json={"IDENTITY": "root@example.com", "Password": "root-password"},
    ),
    R(
        "login with a duplicate key",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        400,
        body=b'{"identity":"a","identity":"b"}',
        headers={"Content-Type": _JSON},
    ),
    R(
        "login with a wrong type",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        400,
        json={"identity": 5, "password": True},
    ),
    R(
        "login with xml",
        "POST",
        "/api/collections/_superusers/auth-with-password",
        400,
        body=b"<x><identity>root@example.com</identity></x>",
        headers={"Content-Type": "application/xml"},
    ),
]

TABLE = Table(
    name="records_bodies",
    collections=_COLLECTIONS,
    records={"bodies": [{"id": "body00000000001", "text": "first", "n": 1}]},
    groups=[*singles([*_RAW, *_FORMS, *_XML]), Group("order of checks", _ORDER)],
)
