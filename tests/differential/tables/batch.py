"""Batch requests: one transaction, the single requests' rules and errors, limits, files."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from differential.model import UNSET, Group, R, Table, User, records, singles
from harness.http import Part

_ALL = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
_POSTS = records("posts")
_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "people", "type": "auth", "fields": [], "createRule": "", "updateRule": "id = @request.auth.id"},
    {
        "name": "posts",
        "type": "base",
        **_ALL,
        "fields": [
            {"name": "title", "type": "text", "required": True},
            {"name": "n", "type": "number"},
            {"name": "tags", "type": "select", "values": ["a", "b"], "maxSelect": 2},
            {"name": "files", "type": "file", "maxSelect": 5},
            {"name": "secret", "type": "text", "hidden": True},
        ],
    },
    {
        "name": "context",
        "type": "base",
        **_ALL,
        "createRule": "@request.context = 'batch' && @request.method = 'POST' && @request.query.q = '1'"
        " && @request.headers.x_a = 'in'",
        "updateRule": "@request.context = 'batch' && @request.method = 'PATCH'",
        "fields": [{"name": "title", "type": "text"}],
    },
    {"name": "sealed", "type": "base", "fields": [{"name": "title", "type": "text"}]},
    {
        "name": "mine",
        "type": "base",
        **_ALL,
        "createRule": "@request.auth.id = title",
        "fields": [{"name": "title", "type": "text"}],
    },
    {"name": "posts_view", "type": "view", "listRule": "", "viewQuery": "select id, title from posts"},
]


def _step(method: str, url: str, body: Any = UNSET, headers: Mapping[str, str] | None = None) -> dict[str, Any]:
    step: dict[str, Any] = {"method": method, "url": url}
    if body is not UNSET:
        step["body"] = body
    if headers is not None:
        step["headers"] = headers
    return step


def _batch(name: str, *steps: Any, status: int = 200, auth: str = "", **more: Any) -> R:
    return R(name, "POST", "/api/batch", status, auth=auth, json={"requests": list(steps)}, **more)


def _form(name: str, steps: Sequence[Any], *files: Part, status: int = 200) -> R:
    payload = ("@jsonPayload", json.dumps({"requests": list(steps)}))
    # The first of the two random parts of a name is no mark of the redactor's.
    return R(name, "POST", "/api/batch", status, parts=[payload, *files], redact=["*.body.files.*"])


def _titles(title: str) -> R:
    return R(f"titled {title}", "GET", _POSTS, q={"filter": f"title ~ '{title}'", "sort": "title", "fields": "title,n"})


def _file(field: str, name: str, content: bytes = b"content") -> Part:
    return (field, name, "text/plain", content)


_NEW = _step("POST", _POSTS, {"title": "new"})
_GROUPS = [
    Group(
        "steps",
        [
            _batch(
                "all four",
                _step("POST", _POSTS, {"id": "post00000000001", "title": "one", "n": 1}),
                _step("PATCH", f"{_POSTS}/post00000000001?fields=n,title", {"n+": 5}),
                _step("PUT", _POSTS, {"id": "post00000000001", "title": "put", "tags+": "a"}),
                _step("PUT", f"{_POSTS}?fields=id,title", {"id": "post00000000002", "title": "new by put"}),
                _step("PUT", f"{_POSTS}?fields=title", {"title": "new without an id"}),
                _step("DELETE", f"{_POSTS}/post00000000002"),
            ),
            R("kept", "GET", f"{_POSTS}/post00000000001"),
            R("deleted", "GET", f"{_POSTS}/post00000000002", 404),
        ],
    ),
    Group(
        "rollback",
        [
            _batch("second fails", _step("POST", _POSTS, {"title": "undone"}), _step("POST", _POSTS, {}), status=400),
            _titles("undone"),
            _batch(
                "unique",
                _step("POST", _POSTS, {"title": "undone", "id": "post00000000009"}),
                _step("POST", _POSTS, {"title": "undone", "id": "post00000000009"}),
                status=400,
            ),
            _batch("first of two", _step("POST", _POSTS, {}), _step("POST", _POSTS, {"n": "x"}), status=400),
            _batch("delete of nothing", _NEW, _step("DELETE", f"{_POSTS}/nope"), status=400),
            _titles("undone"),
            _titles("new"),
        ],
    ),
    Group(
        "rules",
        [
            _batch("superusers only", _step("POST", records("sealed"), {"title": "a"}), status=400),
            _batch("as superuser", _step("POST", records("sealed"), {"title": "a"}), auth="super"),
            _batch("context", _step("POST", f"{records('context')}?q=1", {"title": "a"}, {"X-A": "in"})),
            _batch("no header", _step("POST", f"{records('context')}?q=1", {"title": "a"}), status=400),
            _batch("outer header", _step("POST", f"{records('context')}?q=1", {"title": "a"}), headers={"X-A": "in"}),
            _batch("put creates", _step("PUT", f"{records('context')}?q=1", {"id": "context00000001"}, {"X-A": "in"})),
            _batch("put updates", _step("PUT", records("context"), {"id": "context00000001", "title": "b"})),
            _batch("hidden field", _step("POST", f"{_POSTS}?fields=title,secret", {"title": "h", "secret": "s"})),
            _batch(
                "hidden field of a superuser",
                _step("POST", f"{_POSTS}?fields=title,secret", {"title": "h", "secret": "s"}),
                auth="super",
            ),
            _batch(
                "no token of its own",
                _step(
                    "POST",
                    f"{_POSTS}?fields=title,secret",
                    {"title": "t", "secret": "s"},
                    {"Authorization": "{token_super}"},
                ),
            ),
            _batch("somebody", _step("POST", records("mine"), {"title": "person000000001"}), auth="anna"),
            _batch(
                "somebody else", _step("POST", records("mine"), {"title": "person000000002"}), auth="anna", status=400
            ),
        ],
    ),
    Group(
        "accounts",
        [
            _batch(
                "create",
                _step(
                    "POST",
                    records("people"),
                    {
                        "id": "person000000003",
                        "email": "c@x.com",
                        "password": "password123",
                        "passwordConfirm": "password123",
                    },
                ),
            ),
            _batch(
                "old password needed",
                _step(
                    "PATCH",
                    f"{records('people')}/person000000001",
                    {"password": "password124", "passwordConfirm": "password124"},
                ),
                auth="anna",
                status=400,
            ),
            _batch(
                "put with the old password",
                _step(
                    "PUT",
                    records("people"),
                    {
                        "id": "person000000001",
                        "oldPassword": "password123",
                        "password": "password124",
                        "passwordConfirm": "password124",
                    },
                ),
                auth="anna",
            ),
        ],
    ),
    Group(
        "files",
        [
            _form(
                "two steps",
                [
                    _step("POST", _POSTS, {"title": "f1"}),
                    _step("POST", _POSTS, {"id": "files0000000001", "title": "f2"}),
                ],
                _file("requests.0.files", "hello.txt"),
                _file("requests[1].files", "a b.txt"),
                _file("requests[1].files+", "long name.txt"),
            ),
            _form(
                "appended",
                [_step("PATCH", f"{_POSTS}/files0000000001", {"title": "f3"})],
                _file("requests.0.files+", "third.txt"),
            ),
            _form(
                "put",
                [_step("PUT", _POSTS, {"id": "files0000000001", "title": "f4"})],
                _file("requests.0.files", "only.txt"),
            ),
            _form(
                "files of nobody",
                [_step("POST", _POSTS, {"title": "m"})],
                _file("requests.5.files", "a.txt"),
                _file("files", "b.txt"),
                _file("requests.x.files", "c.txt"),
            ),
            _form(
                "too many",
                [_step("POST", _POSTS, {"title": "m"})],
                *[_file("requests.0.files", f"file{i}.txt") for i in range(6)],
                status=400,
            ),
            R(
                "no payload",
                "POST",
                "/api/batch",
                400,
                parts=[("requests.0.method", "POST"), ("requests.0.url", _POSTS)],
            ),
            R("text for a list", "POST", "/api/batch", 400, parts=[("requests", json.dumps([_NEW]))]),
        ],
    ),
    *singles(
        [
            R("nothing", "POST", "/api/batch", 400, json={}),
            R("empty body", "POST", "/api/batch", 400),
            _batch("no requests", status=400),
            R("requests of another type", "POST", "/api/batch", 400, json={"requests": "x"}),
            R("broken json", "POST", "/api/batch", 400, body=b"{bad", headers={"Content-Type": "application/json"}),
            R("text", "POST", "/api/batch", 400, body=b"x", headers={"Content-Type": "text/plain"}),
            R("get", "GET", "/api/batch", 404),
            _batch("a number", 1, status=400),
            _batch("empty request", {}, status=400),
            _batch("unknown method", _step("FOO", _POSTS), status=400),
            _batch("lower case method", _step("post", _POSTS, {"title": "a"}), status=400),
            _batch("long url", _NEW, _step("POST", "x" * 2001), status=400),
            _batch("empty url", _step("POST", ""), status=400),
            _batch("too many", *[_NEW] * 7, status=400),
            _batch("body is text", _step("POST", _POSTS, "x"), status=400),
            _batch("body is null", _step("POST", _POSTS, None), status=400),
            _batch("header is a number", {**_NEW, "headers": {"a": 1}}, status=400),
            _batch("unknown keys", {**_NEW, "foo": 1}),
            R(
                "keys in any case",
                "POST",
                "/api/batch",
                200,
                json={"Requests": [{"METHOD": "POST", "Url": _POSTS, "Body": {"title": "c"}}]},
            ),
            _batch("get of a list", _step("GET", _POSTS), status=400),
            _batch("delete of a list", _step("DELETE", _POSTS), status=400),
            _batch("put of a record", _step("PUT", f"{_POSTS}/x", {"title": "a"}), status=400),
            _batch("post of a record", _step("POST", f"{_POSTS}/x", {"title": "a"}), status=400),
            _batch("another endpoint", _step("POST", "/api/collections", {}), status=400),
            _batch("absolute url", _step("POST", f"http://localhost{_POSTS}", {"title": "a"}), status=400),
            _batch("relative url", _step("POST", _POSTS[1:], {"title": "a"}), status=400),
            _batch("slash at the end", _step("POST", f"{_POSTS}/", {"title": "a"}), status=400),
            _batch("unknown collection", _step("POST", records("nope"), {}), status=400),
            _batch("view", _step("POST", records("posts_view"), {}), status=400),
            _batch("collection in capitals", _step("POST", f"{records('POSTS')}?fields=title", {"title": "a"})),
            _batch("missing record", _step("PATCH", f"{_POSTS}/nope", {"title": "a"}), status=400),
            _batch("bad fields", _step("POST", f"{_POSTS}?fields=a:bad(", {"title": "a"}), status=400),
            _batch("bad expand", _step("POST", f"{_POSTS}?expand=a.b,c&fields=title", {"title": "a"})),
            _batch("escaped id", _step("DELETE", f"{_POSTS}/..%2Fposts"), status=400),
            R("outer fields", "POST", "/api/batch?fields=status", 200, json={"requests": [_NEW, _NEW]}),
            R("outer fields of bodies", "POST", "/api/batch?fields=body.title", 200, json={"requests": [_NEW]}),
        ]
    ),
    Group(
        "limits",
        [
            R(
                "small body",
                "PATCH",
                "/api/settings",
                auth="super",
                json={"batch": {"maxBodySize": 100}},
                compare_body=False,
            ),
            _batch("declared", _step("POST", _POSTS, {"title": "a" * 100}), status=413),
            R(
                "chunked",
                "POST",
                "/api/batch",
                400,
                chunked=True,
                body=json.dumps({"requests": [_step("POST", _POSTS, {"title": "a" * 100})]}).encode(),
                headers={"Content-Type": "application/json"},
            ),
            R(
                "disabled",
                "PATCH",
                "/api/settings",
                auth="super",
                json={"batch": {"maxBodySize": 0, "enabled": False}},
                compare_body=False,
            ),
            _batch("not allowed", _NEW, status=403),
            _batch("not allowed to superusers", _NEW, status=403, auth="super"),
        ],
    ),
]

_ANNA = {
    "id": "person000000001",
    "email": "anna@x.com",
    "password": "password123",
    "passwordConfirm": "password123",
}


def _settings(name: str, **batch: object) -> R:
    return R(name, "PATCH", "/api/settings", auth="super", json={"batch": batch}, compare_body=False)


# Hashing fifty passwords takes longer than the one second that the batch gets.
_SLOW = [
    {
        "method": "POST",
        "url": "/api/collections/people/records",
        "body": {"email": f"slow{n}@x.com", "password": "password123", "passwordConfirm": "password123"},
    }
    for n in range(50)
]
_GROUPS.append(
    Group(
        "no time left",
        [
            _settings("one second", timeout=1, maxRequests=50, enabled=True),
            R("too slow", "POST", "/api/batch", 400, auth="super", json={"requests": _SLOW}),
            R(
                "nothing is kept",
                "GET",
                "/api/collections/people/records",
                auth="super",
                q={"filter": "email ~ 'slow'", "fields": "id"},
            ),
            _settings("no time at all is the default", timeout=0, enabled=False),
            _settings("as before", timeout=3, maxRequests=6, enabled=True),
        ],
    )
)

TABLE = Table(
    name="batch",
    groups=_GROUPS,
    collections=_COLLECTIONS,
    records={"people": [_ANNA]},
    seed=[
        R(
            "enable",
            "PATCH",
            "/api/settings",
            auth="super",
            json={"batch": {"enabled": True, "maxRequests": 6}},
            compare_body=False,
        )
    ],
    users={"anna": User("people", "anna@x.com")},
)
