"""Reading the log: PocketBase and Ketch answer the same over the same rows."""

from __future__ import annotations

from collections.abc import Mapping

import pytest

from differential.redact import Redactor, differences, parse
from harness import http
from harness.server import Server
from telemetry.conftest import write_seed

ONLY_SEED = "id ~ 'seed000000000'"

FILTERS = [
    "level > 0",
    "level = 8 || level < 0",
    "data.status = 200",
    "data.status >= 400",
    "data.auth = 'users'",
    "data.auth = null",
    "data.auth != ''",
    "data.nested.deep = 1.5",
    "data.nested.deep > 1",
    "data.flag = true",
    "data.tags = 'a'",
    "data.tags.0 = 'a'",
    "data.tags:length = 2",
    "data.type:lower = 'seed'",
    "data ~ 'users'",
    "data = '{}'",
    "message ~ 'three'",
    "message !~ 'o'",
    "message = 'seed Three ü'",
    "id = 'seed00000000002'",
    "id ?= 'seed00000000002'",
    "created > '2020-01-01'",
    "created < '2020-01-01'",
    "created > @todayStart || created <= @now",
    "(level = 0 && data.status = 200) || level = 4",
]
REFUSED = [
    "nope = 1",
    "rowid > 0",
    "updated != ''",
    "level",
    "level = ",
    "(level = 1",
    "@request.auth.id != ''",
    "@request.query.a = ''",
    "@collection.users.id != ''",
    "level:lower = '0'",
    "message:length > 1",
    "id:each = 1",
    "type = 'seed'",
    "level.a = 1",
    "users_via_x.id = 1",
    "@rowid > 0",
    "a" * 3600,
]
SORTS = [
    "created",
    "-created",
    "@rowid",
    "-@rowid",
    "+level,-created",
    "level,id",
    "message",
    "-message",
    "data.status,id",
    "-data.nested.deep,id",
    "data,id",
]
SORTS_REFUSED = ["nope", "rowid", "created,", ",", "@request.auth.id", "id:lower", "@random()", "updated"]


def same(
    pair: tuple[Server, Server], method: str, url: str, query: Mapping[str, str], auth: bool = True
) -> http.Response:
    answers = []
    for server in pair:
        headers = {"Authorization": server.super_token()} if auth else {}
        answers.append(http.send(server.port, method, http.with_query(url, query), headers=headers))
    left, right = answers
    assert left.status == right.status, f"{left.status} {left.text[:300]} | {right.status} {right.text[:300]}"
    if left.body or right.body:
        shapes = [Redactor(server.port).json(parse(answer.body)) for server, answer in zip(pair, answers, strict=True)]
        assert not list(differences(*shapes))
    return right


@pytest.mark.parametrize("text", FILTERS)
def test_filters(pair: tuple[Server, Server], text: str) -> None:
    answer = same(pair, "GET", "/api/logs", {"filter": f"({text}) && {ONLY_SEED}", "sort": "created"})
    assert answer.status == 200


@pytest.mark.parametrize("text", REFUSED)
def test_filters_that_do_not_hold(pair: tuple[Server, Server], text: str) -> None:
    assert same(pair, "GET", "/api/logs", {"filter": text}).status == 400
    assert same(pair, "GET", "/api/logs/stats", {"filter": text}).status == 400


@pytest.mark.parametrize("text", SORTS)
def test_sorts(pair: tuple[Server, Server], text: str) -> None:
    answer = same(pair, "GET", "/api/logs", {"filter": ONLY_SEED, "sort": text})
    assert len(answer.json()["items"]) == 5


@pytest.mark.parametrize("text", SORTS_REFUSED)
def test_sorts_that_do_not_hold(pair: tuple[Server, Server], text: str) -> None:
    assert same(pair, "GET", "/api/logs", {"sort": text}).status == 400


@pytest.mark.parametrize(
    "query",
    [
        {},
        {"page": "2", "perPage": "2"},
        {"page": "9", "perPage": "2"},
        {"page": "-1", "perPage": "1"},
        {"perPage": "0"},
        {"perPage": "2000"},
        {"perPage": "2", "skipTotal": "1"},
        {"fields": "id,level"},
        {"fields": "data.status,message:excerpt(4,true)"},
        {"fields": "*,data.nope"},
        {"page": "x"},
        {"perPage": "1.5"},
        {"skipTotal": "maybe"},
        {"fields": "id:nope(1)"},
        {"expand": "nope"},
    ],
)
def test_pages(pair: tuple[Server, Server], query: dict[str, str]) -> None:
    same(pair, "GET", "/api/logs", {"filter": ONLY_SEED, "sort": "created", **query})


@pytest.mark.parametrize("path", ["seed00000000003", "seed00000000004", "nope", "SEED00000000003", "%20", "a%2Fb"])
def test_one(pair: tuple[Server, Server], path: str) -> None:
    same(pair, "GET", f"/api/logs/{path}", {})
    same(pair, "GET", f"/api/logs/{path}", {"fields": "id,data.nested"})


@pytest.mark.parametrize("text", ["", "level = 8", "data.status = 200", "level = 99", "message ~ 'four'"])
def test_stats(pair: tuple[Server, Server], text: str) -> None:
    scoped = f"({text}) && {ONLY_SEED}" if text else ONLY_SEED
    assert same(pair, "GET", "/api/logs/stats", {"filter": scoped}).status == 200
    same(pair, "GET", "/api/logs/stats", {"filter": scoped, "fields": "total"})


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/logs"),
        ("GET", "/api/logs/stats"),
        ("GET", "/api/logs/seed00000000001"),
        ("DELETE", "/api/logs"),
        ("DELETE", "/api/logs/seed00000000001"),
        ("POST", "/api/logs"),
        ("PATCH", "/api/logs/seed00000000001"),
    ],
)
def test_who_may_not(pair: tuple[Server, Server], method: str, path: str) -> None:
    assert same(pair, method, path, {}, auth=False).status in (401, 404)
    people = []
    for server in pair:
        account = {"email": f"a{abs(hash(method + path))}@example.com", "password": "password123"}
        server.admin("POST", "/api/collections/users/records", {**account, "passwordConfirm": "password123"})
        token = server.login("users", account["email"], account["password"])
        people.append(http.send(server.port, method, path, headers={"Authorization": token}))
    assert people[0].status == people[1].status
    assert people[0].body == people[1].body
    assert people[1].status in (403, 404)


def test_clearing(pair: tuple[Server, Server]) -> None:
    assert same(pair, "DELETE", "/api/logs", {}).status == 204
    assert same(pair, "GET", "/api/logs", {"filter": ONLY_SEED}).json()["totalItems"] == 0
    for server in pair:
        server.kill()
        write_seed(server.data_dir)
        server.start()
