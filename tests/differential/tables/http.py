"""HTTP manners: unknown routes, HEAD and OPTIONS, CORS, security headers, redirects, body limits."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, records, singles

_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "posts",
        "type": "base",
        "listRule": "",
        "viewRule": "",
        "createRule": "",
        "updateRule": "",
        "deleteRule": "",
        "fields": [{"name": "title", "type": "text"}, {"name": "data", "type": "json"}],
    }
]
_POSTS = records("posts")
_ONE = f"{_POSTS}/post00000000001"
_ORIGIN = {"Origin": "https://app.example.com"}
_TOO_LARGE = {"Content-Type": "application/json", "Content-Length": "50000000"}

_ROUTES = [
    R("health", "GET", "/api/health", ordered=True),
    R("health as superuser", "GET", "/api/health", auth="super"),
    R("health with a bad token", "GET", "/api/health", auth="nonsense"),
    R("health with fields", "GET", "/api/health?fields=code"),
    R("HEAD health", "HEAD", "/api/health"),
    R("HEAD list", "HEAD", _POSTS),
    R("HEAD record", "HEAD", _ONE),
    R("HEAD missing record", "HEAD", f"{_POSTS}/nope", 404),
    R("unknown GET below api", "GET", "/api/nope", 404),
    R("api root", "GET", "/api", 404),
    R("api root with slash", "GET", "/api/", 404),
    R("trailing slash is another path", "GET", "/api/health/", 404),
    R("trailing slash on a list", "GET", f"{_POSTS}/", 404),
    R("unknown POST below api", "POST", "/api/nope", 404, json={}),
    R("POST to health", "POST", "/api/health", 404),
    R("PUT to records", "PUT", _POSTS, 404, json={}),
    R("DELETE on records", "DELETE", _POSTS, 404),
    R("POST on a record", "POST", _ONE, 404, json={}),
    R("PATCH outside api", "PATCH", "/somewhere", 404),
    R("upper case path", "GET", "/API/health", 404),
    R("unknown collection list", "GET", records("nope"), 404),
    R("unknown collection view", "GET", f"{records('nope')}/x", 404),
    R("unknown collection create", "POST", records("nope"), 404, json={}),
    R("unknown collection update", "PATCH", f"{records('nope')}/x", 404, json={}),
    R("unknown collection delete", "DELETE", f"{records('nope')}/x", 404),
    R("missing record view", "GET", f"{_POSTS}/missing00000000", 404),
    R("collection name in another case", "GET", records("PoStS"), q={"fields": "id"}),
    R("collection by id", "GET", records("pbc_1125843985"), q={"fields": "id"}),
    R("collection by id in another case", "GET", records("PBC_1125843985"), 404),
    R("double slash", "GET", "/api//health", 307),
    R("double slash with query", "GET", "/api//health?a=1&b=%20", 307),
    R("double slash on POST", "POST", "//api/collections/posts/records", 307, json={}),
    R("dot segments", "GET", "/api/x/../health", 307),
    R("dot segments above the root", "GET", "/../api/health", 307),
    R("single dot segment", "GET", "/api/./health", 307),
    R("encoded slash in a record id", "GET", f"{_POSTS}/a%2Fb", 404),
    R("encoded record id", "GET", f"{_POSTS}/post0000000000%31"),
    R("encoded collection name", "GET", "/api/collections/p%6Fsts/records", q={"fields": "id"}),
    R("fragment sign in the query", "GET", f"{_POSTS}?fields=id%23"),
]

_CORS = [
    R("CORS with origin", "GET", "/api/health", headers=_ORIGIN),
    R("CORS on an error", "GET", f"{_POSTS}/nope", 404, headers=_ORIGIN),
    R("CORS on an unknown route", "POST", "/api/nope", 404, headers=_ORIGIN),
    R("CORS on a static path", "GET", "/app.js", 404, headers=_ORIGIN),
    R("OPTIONS without origin", "OPTIONS", "/api/health", 204),
    R(
        "preflight",
        "OPTIONS",
        _POSTS,
        204,
        headers={
            **_ORIGIN,
            "Access-Control-Request-Method": "POST",
            "Access-Control-Request-Headers": "authorization,content-type",
        },
    ),
    R("preflight without requested headers", "OPTIONS", _POSTS, 204, headers=_ORIGIN),
    R("preflight on an unknown route", "OPTIONS", "/api/nope", 204, headers=_ORIGIN),
    R("OPTIONS on the root", "OPTIONS", "/", 204),
    R("null origin", "GET", "/api/health", headers={"Origin": "null"}),
]

_BODIES = [
    R("declared length above the limit", "POST", "/api/collections", 413, auth="super", body=b"", headers=_TOO_LARGE),
    R(
        "declared length above the limit on login",
        "POST",
        "/api/collections/users/auth-with-password",
        413,
        body=b"",
        headers=_TOO_LARGE,
    ),
    R("declared length above the record limit", "POST", _POSTS, 413, body=b"", headers=_TOO_LARGE),
    R(
        "declared length above the limit, guest on a superuser route",
        "POST",
        "/api/collections",
        413,
        body=b"",
        headers=_TOO_LARGE,
    ),
    R(
        "record bodies may exceed the default limit by their fields' sizes",
        "POST",
        _POSTS,
        400,
        json={"id": "x", "title": "a" * 33_600_000},
    ),
    R(
        "chunked overflow on record create",
        "POST",
        _POSTS,
        413,
        headers={"Content-Type": "application/json"},
        chunked=True,
        body=b'{"title":"' + b"a" * 34_700_000 + b'"}',
    ),
    R(
        "chunked body",
        "POST",
        _POSTS,
        headers={"Content-Type": "application/json"},
        chunked=True,
        body=b'{"id":"chunked00000001","title":"in chunks"}',
    ),
]

_AUTHORIZATION = [
    R("no token on a superuser route", "GET", "/api/collections", 401),
    R("bad token on a superuser route", "GET", "/api/collections", 401, auth="abc.def.ghi"),
    R("bearer prefix", "GET", "/api/collections", auth="Bearer {token_super}", q={"fields": "id", "filter": "id=''"}),
    R("bearer prefix in lower case", "GET", "/api/collections", auth="bearer {token_super}", q={"filter": "id=''"}),
    R("basic prefix", "GET", "/api/collections", 401, auth="Basic {token_super}"),
    R("two bearer prefixes", "GET", "/api/collections", 401, auth="Bearer Bearer {token_super}"),
]

TABLE = Table(
    name="http",
    collections=_COLLECTIONS,
    records={"posts": [{"id": "post00000000001", "title": "first"}]},
    groups=[
        *singles([*_ROUTES, *_CORS, *_AUTHORIZATION]),
        Group("bodies", _BODIES),
    ],
)
