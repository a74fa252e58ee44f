"""The rows that requests leave in the log: the same on PocketBase and on Ketch."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import pytest

from differential.redact import Redactor, differences
from harness import http
from harness.server import Server

POSTS = "/api/collections/posts/records"
DEADLINE_S = 15
# What PocketBase has from Go or SQLite differs in its words.
WORDS = ("execTime", "details", "authId")


def logged(server: Server, marker: str, count: int) -> list[dict[str, Any]]:
    """The rows of requests whose user agent is the marker, once there are that many."""
    deadline = time.monotonic() + DEADLINE_S
    while True:
        query = {"filter": f"data.userAgent = '{marker}'", "sort": "@rowid", "perPage": "500"}
        items: list[dict[str, Any]] = server.admin("GET", http.with_query("/api/logs", query))["items"]
        if len(items) >= count or time.monotonic() > deadline:
            return items
        time.sleep(0.05)


def shape(server: Server, row: dict[str, Any]) -> dict[str, Any]:
    data = dict(row["data"])
    for key in WORDS:
        if key in data:
            data[key] = f"<{type(data[key]).__name__}>" if key != "details" else "<details>"
    redacted: dict[str, Any] = Redactor(server.port).json({**row, "data": data})
    return redacted


Request = tuple[str, str, str, Any]

# method, url, who ("" for nobody), body. What is not logged stands between what is.
REQUESTS: list[Request] = [
    ("GET", "/api/health", "", None),
    ("GET", "/api/health?a=1&b=%20x%C3%A9+y%2B", "", None),
    ("GET", "/api/health?bad=%zz", "", None),
    ("GET", "/api/health?latin=%E9", "", None),
    ("HEAD", "/api/health", "user", None),
    ("OPTIONS", "/api/health", "", None),
    ("GET", "/api//health", "", None),
    ("GET", "/hello.txt", "", None),
    ("GET", "/hello.txt?x=1", "super", None),
    ("GET", "/folder", "", None),
    ("GET", "/missing.txt", "", None),
    ("GET", "/missing.txt", "user", None),
    ("GET", "/_", "", None),
    ("GET", "/_/missing.js", "", None),
    ("GET", "/api/nope", "super", None),
    ("POST", "/api/nope", "", {}),
    ("GET", POSTS, "", None),
    ("GET", f"{POSTS}?filter=title%3D%22a%20b%22&sort=-title", "user", None),
    ("GET", f"{POSTS}?filter=nope%3D1", "", None),
    ("GET", "/api/collections/nope/records", "", None),
    ("GET", f"{POSTS}/nope", "super", None),
    ("POST", POSTS, "", {"title": ""}),
    ("POST", POSTS, "user", {"title": "x"}),
    ("POST", POSTS, "", "not an object"),
    ("DELETE", f"{POSTS}/nope", "", None),
    ("GET", "/api/collections", "", None),
    ("GET", "/api/collections", "user", None),
    ("GET", "/api/collections", "super", None),
    ("GET", "/api/logs", "", None),
    ("GET", "/api/logs", "super", None),
    ("GET", "/api/logs?filter=nope", "super", None),
    ("GET", "/api/logs/nope", "super", None),
    ("GET", "/api/logs/stats", "super", None),
    ("GET", "/api/logs/stats", "user", None),
    ("POST", "/api/collections/users/auth-with-password", "", {"identity": "a@example.com", "password": "wrong-one"}),
    ("POST", "/api/collections/users/auth-refresh", "user", None),
    ("POST", "/api/batch", "super", {"requests": []}),
    ("POST", "/api/batch", "", {"requests": [{"method": "POST", "url": POSTS, "body": {"title": "a"}}]}),
    ("POST", "/api/batch", "", {"requests": [{"method": "POST", "url": POSTS, "body": {"title": ""}}]}),
    ("POST", "/api/realtime", "", {"clientId": "nope"}),
    ("PATCH", "/api/settings", "super", {"logs": {"maxDays": -1}}),
    ("GET", f"/api/health?long={'x' * 3100}", "", None),
    ("GET", f"/api/health?long={'%C3%BC' * 600}", "", None),
]


def prepare(server: Server) -> dict[str, str]:
    """A collection and an account; who may be whom in the requests."""
    posts = {"name": "posts", "type": "base", "listRule": "", "viewRule": "", "createRule": ""}
    server.admin("POST", "/api/collections", {**posts, "fields": [{"name": "title", "type": "text", "required": True}]})
    server.admin("PATCH", "/api/settings", {"batch": {"enabled": True}})
    account = {"email": "a@example.com", "password": "password123", "passwordConfirm": "password123"}
    server.admin("POST", "/api/collections/users/records", account)
    return {"": "", "super": server.super_token(), "user": server.login("users", "a@example.com", "password123")}


def send(server: Server, request: Request, token: str, headers: Mapping[str, str]) -> http.Response:
    method, url, _, payload = request
    sent = dict(headers)
    if token:
        sent["Authorization"] = token
    if payload is None:
        return http.send(server.port, method, url, headers=sent)
    body = json.dumps(payload).encode()
    return http.send(server.port, method, url, headers={**sent, "Content-Type": "application/json"}, body=body)


@pytest.fixture(scope="module")
def tokens(pair: tuple[Server, Server]) -> list[dict[str, str]]:
    return [prepare(server) for server in pair]


def place(row: dict[str, Any]) -> int:
    """The place of a row's request among all. Rows of one millisecond have no order of their own."""
    referer = str(row["data"]["referer"])
    return int(referer.split("/")[-1].split("?")[0]) if referer else len(REQUESTS)


def compare(pair: tuple[Server, Server], rows: list[list[dict[str, Any]]]) -> None:
    left, right = ([shape(server, row) for row in found] for server, found in zip(pair, rows, strict=True))
    assert [row["message"] for row in left] == [row["message"] for row in right]
    for one, other in zip(left, right, strict=True):
        assert not list(differences(one, other)), one["message"]


def test_rows_of_requests(pair: tuple[Server, Server], tokens: list[dict[str, str]]) -> None:
    for index, request in enumerate(REQUESTS):
        answers = [
            send(server, request, token[request[2]], {"User-Agent": "rows", "Referer": f"http://a.example/{index}?q=ü"})
            for server, token in zip(pair, tokens, strict=True)
        ]
        assert answers[0].status == answers[1].status, request
    # The last request of all is logged, so that everything before it is, too.
    rows = []
    for server in pair:
        assert http.send(server.port, "GET", "/api/health?last", headers={"User-Agent": "rows"}).status == 200
        found = sorted(logged(server, "rows", 38), key=place)
        assert found[-1]["message"] == "GET /api/health?last"
        rows.append(found)
    compare(pair, rows)
    for row in rows[1]:
        assert row["data"]["execTime"] > 0
        assert len(row["id"]) == 15


@pytest.mark.parametrize(
    ("settings", "requests"),
    [
        ({"logIP": False}, [REQUESTS[0], REQUESTS[14]]),
        ({"logAuthId": True}, [REQUESTS[0], REQUESTS[4], REQUESTS[26], REQUESTS[11]]),
        ({"minLevel": 5}, [REQUESTS[0], REQUESTS[14]]),
        ({"minLevel": 9}, [REQUESTS[0], REQUESTS[14]]),
        ({"maxDays": 0}, [REQUESTS[0], REQUESTS[14]]),
    ],
    ids=lambda value: str(value) if isinstance(value, dict) else "",
)
def test_settings(
    pair: tuple[Server, Server], tokens: list[dict[str, str]], settings: dict[str, Any], requests: list[Request]
) -> None:
    marker = f"settings-{next(iter(settings))}-{next(iter(settings.values()))}"
    default = {"logIP": True, "logAuthId": False, "minLevel": 0, "maxDays": 5, "maxDataSize": 0}
    rows = []
    for server, token in zip(pair, tokens, strict=True):
        server.admin("PATCH", "/api/settings", {"logs": {**default, **settings}})
        for request in requests:
            send(server, request, token[request[2]], {"User-Agent": marker})
        expected = {"minLevel": 1 if settings.get("minLevel") == 5 else 0, "maxDays": 0}
        wanted = expected.get(next(iter(settings)), len(requests))
        found = logged(server, marker, wanted)
        assert len(found) == wanted
        server.admin("PATCH", "/api/settings", {"logs": default})
        rows.append(sorted(found, key=lambda row: str(row["message"])))
    compare(pair, rows)


def test_data_is_cut_to_size(pair: tuple[Server, Server], tokens: list[dict[str, str]]) -> None:
    rows = []
    for server in pair:
        server.admin("PATCH", "/api/settings", {"logs": {"maxDataSize": 130}})
        http.send(server.port, "GET", "/api/health?cut", headers={"User-Agent": "cut"})
        query = {"filter": "message ~ '?cut'"}
        deadline = time.monotonic() + DEADLINE_S
        while not (found := server.admin("GET", http.with_query("/api/logs", query))["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        server.admin("PATCH", "/api/settings", {"logs": {"maxDataSize": 0}})
        rows.append(found[0]["data"])
    assert rows[0].keys() == rows[1].keys()
    assert rows[1]["__pb_truncated__"] is True
    assert "userAgent" not in rows[1]


def test_long_headers_are_cut(pair: tuple[Server, Server], tokens: list[dict[str, str]]) -> None:
    rows = []
    for server in pair:
        headers = {"User-Agent": "u" * 2100, "Referer": "é".encode().decode("latin-1") * 1001}
        http.send(server.port, "GET", "/api/health?headers", headers=headers)
        query = {"filter": "message ~ '?headers'"}
        deadline = time.monotonic() + DEADLINE_S
        while not (found := server.admin("GET", http.with_query("/api/logs", query))["items"]):
            assert time.monotonic() < deadline
            time.sleep(0.05)
        rows.append(found)
    compare(pair, rows)
    assert rows[1][0]["data"]["userAgent"] == "u" * 2000 + "..."
