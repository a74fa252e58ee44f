"""Files: upload, replace, append, remove, names, serving, protection, thumbs."""

from __future__ import annotations

import base64
from typing import Any

from differential.model import Group, R, Table, User, collection_id, records
from harness.http import Part

# A 2x1 PNG and a 1x1 GIF.
_PNG = base64.b64decode(
    "iVBORw0KGgoAAAANSUhEUgAAAAIAAAABCAIAAAB7QOjdAAAAD0lEQVR4nGP8z8Dwn4EBAAoIAQEJrYk3AAAAAElFTkSuQmCC"
)
_GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///ywAAAAAAQABAAACAUwAOw==")
_ALL = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "people", "type": "auth", "fields": []},
    {
        "name": "docs",
        "type": "base",
        **_ALL,
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "one", "type": "file", "maxSelect": 1, "thumbs": ["10x10", "4x0"]},
            {"name": "many", "type": "file", "maxSelect": 3},
        ],
    },
    {
        "name": "guarded",
        "type": "base",
        **_ALL,
        "viewRule": "@request.auth.id != '' || @request.query.key = 'open'",
        "fields": [
            {"name": "file", "type": "file", "maxSelect": 1, "protected": True},
            {"name": "public", "type": "file", "maxSelect": 1},
        ],
    },
    {
        "name": "sealed",
        "type": "base",
        **_ALL,
        "viewRule": None,
        "fields": [{"name": "file", "type": "file", "maxSelect": 1, "protected": True}],
    },
    {
        "name": "doc_view",
        "type": "view",
        "listRule": "",
        "viewRule": "",
        "viewQuery": "select id, one, title from docs",
    },
]
_DOCS = records("docs")


def _file(field: str, name: str, content: bytes = b"content", kind: str = "text/plain") -> Part:
    return (field, name, kind, content)


def _doc(number: int) -> str:
    return f"doc{number:08}0000"


def _upload(name: str, number: int, *parts: Part, status: int = 200, save: dict[str, str] | None = None) -> R:
    return R(name, "POST", _DOCS, status, parts=[("id", _doc(number)), *parts], save=save)


def _change(name: str, number: int, status: int = 200, save: dict[str, str] | None = None, **how: Any) -> R:
    return R(name, "PATCH", f"{_DOCS}/{_doc(number)}", status, save=save, **how)


def _serve(name: str, path: str, status: int = 200, **how: Any) -> R:
    return R(name, "GET", f"/api/files/{path}", status, **how)


_SINGLE = Group(
    "single file",
    [
        _upload("upload", 1, _file("one", "first letter.txt"), save={"name": "one"}),
        R("read", "GET", f"{_DOCS}/{_doc(1)}"),
        _serve("serve", f"docs/{_doc(1)}/{{name}}"),
        _change("replace", 1, parts=[_file("one", "second_letter.txt", b"second")], save={"second": "one"}),
        _serve("serve the replaced", f"docs/{_doc(1)}/{{name}}", 404),
        _serve("serve the new", f"docs/{_doc(1)}/{{second}}"),
        _change("keep by name", 1, json={"one": "{second}"}),
        _change("unknown name", 1, 400, json={"one": "other.txt"}),
        _change("untouched by other fields", 1, json={"title": "x"}),
        _change("append replaces", 1, parts=[_file("one+", "third_letter.txt")], save={"third": "one"}),
        _change("remove another name", 1, json={"one-": "nope.txt"}),
        _change("remove by name", 1, json={"one-": "{third}"}),
        _serve("serve the removed", f"docs/{_doc(1)}/{{third}}", 404),
        _change("upload again", 1, parts=[_file("one", "fourth_letter.txt")]),
        _change("remove by empty text", 1, json={"one": ""}),
        _change("upload once more", 1, parts=[_file("one", "fifth_letter.txt")]),
        _change("remove by null", 1, json={"one": None}),
        _change("two uploads keep the last", 1, parts=[_file("one", "number_one.txt"), _file("one", "number_two.txt")]),
    ],
)

_MANY = Group(
    "several files",
    [
        _upload(
            "upload two",
            2,
            _file("many", "alpha_file.txt", b"a"),
            _file("many", "beta_file.txt", b"b"),
            save={"a": "many.0", "b": "many.1"},
        ),
        _change("append", 2, parts=[_file("many+", "gamma_file.txt", b"c")], save={"c": "many.2"}),
        _change("append beyond the limit", 2, 400, parts=[_file("many+", "delta_file.txt")]),
        _change("reorder", 2, json={"many": ["{c}", "{a}", "{b}"]}),
        _change("reorder and drop", 2, json={"many": ["{b}", "{c}"]}),
        _serve("serve the dropped", f"docs/{_doc(2)}/{{a}}", 404),
        _serve("serve the kept", f"docs/{_doc(2)}/{{c}}"),
        _change("prepend", 2, parts=[_file("+many", "delta_file.txt", b"d")]),
        _change("remove one", 2, json={"many-": ["{b}"]}),
        _change("merge names and an upload", 2, parts=[("many", "{c}"), _file("many", "omega_file.txt", b"o")]),
        _change("upload without names replaces", 2, parts=[_file("many", "single_file.txt")]),
        _change("unknown names", 2, 400, json={"many": ["nope.txt", "other.txt"]}),
        _change("remove all", 2, json={"many": []}),
        R("read", "GET", f"{_DOCS}/{_doc(2)}"),
    ],
)

_NAMES = Group(
    "names",
    [
        _upload(f"name {name}", number, _file("one", name))
        for number, name in enumerate(
            (
                "My Photo (1).PNG",
                "a.txt",
                ".htaccess",
                "archive.of.files.tar.gz",
                "no_extension",
                "Žluťoučký kůň.txt",
                "UPPER CASE NAME.TXT",
                "dots...many....txt",
                "spaces   and\ttabs.txt",
                "path/to/some_file.txt",
                "..\\windows\\some_file.txt",
                "camelCaseFileName.txt",
                "kebab-case-file.txt",
                "quote'and,comma;file.txt",
                "percent%20file.txt",
                "long" * 40 + ".txt",
                "name." + "x" * 40,
                "trailing_dot.",
                "under__score___file.txt",
                "file2name10test.txt",
                "日本語.txt",
                "a_very_<bad>_|name|?.txt",
            ),
            start=10,
        )
    ],
)

_TYPES = Group(
    "types and headers",
    [
        row
        for number, (name, content) in enumerate(
            {
                "image_file.png": _PNG,
                "image_file.gif": _GIF,
                "text_file.txt": b"hello",
                "page_file.html": b"<!DOCTYPE html><html><body>x</body></html>",
                "vector_file.svg": b'<svg xmlns="http://www.w3.org/2000/svg"></svg>',
                "script_file.js": b"alert(1)",
                "module_file.mjs": b"export default 1",
                "style_file.css": b"body{}",
                "data_file.json": b'{"a":1}',
                "table_file.csv": b"a,b\n1,2\n",
                "page_file.pdf": b"%PDF-1.4\n%\xe2\xe3\xcf\xd3\n",
                "zip_file.zip": b"PK\x03\x04\x14\x00\x00\x00",
                "empty_file.txt": b"",
                "binary_file.bin": bytes(range(256)),
                "fake_image.png": b"not an image",
                "xml_file.xml": b'<?xml version="1.0"?><a/>',
            }.items(),
            start=50,
        )
        for row in (
            _upload(f"upload {name}", number, _file("one", name, content, "application/x-claimed"), save={"f": "one"}),
            _serve(f"serve {name}", f"docs/{_doc(number)}/{{f}}"),
        )
    ],
)

_SERVING = Group(
    "serving",
    [
        _upload("upload", 80, _file("one", "served_file.txt", b"0123456789"), save={"f": "one"}),
        _serve("by collection id", f"{collection_id('docs')}/{_doc(80)}/{{f}}"),
        _serve("collection in another case", f"DOCS/{_doc(80)}/{{f}}"),
        R("HEAD", "HEAD", f"/api/files/docs/{_doc(80)}/{{f}}"),
        _serve("download", f"docs/{_doc(80)}/{{f}}?download=1"),
        _serve("download true", f"docs/{_doc(80)}/{{f}}?download=true"),
        _serve("download by a bad flag", f"docs/{_doc(80)}/{{f}}?download=yes"),
        _serve("download empty", f"docs/{_doc(80)}/{{f}}?download="),
        _serve("range", f"docs/{_doc(80)}/{{f}}", 206, headers={"Range": "bytes=2-5"}),
        _serve("open range", f"docs/{_doc(80)}/{{f}}", 206, headers={"Range": "bytes=7-"}),
        _serve("suffix range", f"docs/{_doc(80)}/{{f}}", 206, headers={"Range": "bytes=-3"}),
        _serve("range out of bounds", f"docs/{_doc(80)}/{{f}}", 416, headers={"Range": "bytes=100-"}),
        _serve("broken range", f"docs/{_doc(80)}/{{f}}", 416, headers={"Range": "bytes=b-a"}),
        _serve(
            "not modified",
            f"docs/{_doc(80)}/{{f}}",
            304,
            headers={"If-Modified-Since": "Fri, 01 Jan 2100 00:00:00 GMT"},
        ),
        _serve("with origin", f"docs/{_doc(80)}/{{f}}", headers={"Origin": "https://a.example.com"}),
        _serve("thumb of a text", f"docs/{_doc(80)}/{{f}}?thumb=100x100"),
        _serve("unknown file", f"docs/{_doc(80)}/nope.txt", 404),
        _serve("unknown record", "docs/missing00000000/nope.txt", 404),
        _serve("unknown collection", "nope/missing00000000/nope.txt", 404),
        _serve("climbing", f"docs/{_doc(80)}/..%2f..%2fdata.db", 404),
        _serve("attributes are not served", f"docs/{_doc(80)}/{{f}}.attrs", 404),
        _serve("through a view", f"doc_view/{_doc(80)}/{{f}}"),
        R("POST", "POST", f"/api/files/docs/{_doc(80)}/{{f}}", 404),
        R("delete the record", "DELETE", f"{_DOCS}/{_doc(80)}", 204),
        _serve("after the record", f"docs/{_doc(80)}/{{f}}", 404),
    ],
)


def _thumb(size: str) -> R:
    return _serve(f"thumb {size}", f"docs/{_doc(90)}/{{f}}?thumb={size}", compare_body=False)


_THUMBS = Group(
    "thumbs",
    [
        _upload("upload", 90, _file("one", "thumb_source.png", _PNG, "image/png"), save={"f": "one"}),
        *[_thumb(size) for size in ("100x100", "10x10", "4x0", "20x20", "100x100t", "0x0", "abc", "10x10f", "")],
        _serve("thumb download", f"docs/{_doc(90)}/{{f}}?thumb=10x10&download=1", compare_body=False),
    ],
)

_GUARD = "guarded/guard0000000001"
_PROTECTED = Group(
    "protected files",
    [
        R(
            "upload",
            "POST",
            records("guarded"),
            parts=[
                ("id", "guard0000000001"),
                _file("file", "guarded_file.txt"),
                _file("public", "public_file.txt"),
            ],
            save={"f": "file", "p": "public"},
        ),
        R(
            "upload sealed",
            "POST",
            records("sealed"),
            parts=[("id", "sealed000000001"), _file("file", "sealed_file.txt")],
            save={"s": "file"},
        ),
        _serve("guest", f"{_GUARD}/{{f}}", 404),
        _serve("guest on the unprotected field", f"{_GUARD}/{{p}}"),
        _serve("guest satisfying the rule", f"{_GUARD}/{{f}}?key=open"),
        _serve("auth header is ignored", f"{_GUARD}/{{f}}", 404, auth="anna"),
        _serve("auth token in the query", f"{_GUARD}/{{f}}?token={{token_anna}}", 404),
        _serve("bad token", f"{_GUARD}/{{f}}?token=nonsense", 404),
        R("file token as guest", "POST", "/api/files/token", 401),
        R("file token as user", "POST", "/api/files/token", auth="anna", save={"t": "token"}),
        R("file token as superuser", "POST", "/api/files/token", auth="super", save={"st": "token"}),
        R("file token by GET", "GET", "/api/files/token", 404, auth="anna"),
        _serve("user", f"{_GUARD}/{{f}}?token={{t}}"),
        _serve("superuser", f"{_GUARD}/{{f}}?token={{st}}"),
        _serve("sealed, user", "sealed/sealed000000001/{s}?token={t}", 404),
        _serve("sealed, superuser", "sealed/sealed000000001/{s}?token={st}"),
        _serve("sealed, guest", "sealed/sealed000000001/{s}", 404),
        R("file token is no auth token", "GET", "/api/collections", 401, auth="{st}"),
    ],
)

TABLE = Table(
    name="files",
    collections=_COLLECTIONS,
    records={
        "people": [
            {
                "id": "anna00000000001",
                "email": "anna@example.com",
                "password": "password123",
                "passwordConfirm": "password123",
            }
        ]
    },
    users={"anna": User("people", "anna@example.com")},
    groups=[_SINGLE, _MANY, _NAMES, _TYPES, _SERVING, _THUMBS, _PROTECTED],
)
