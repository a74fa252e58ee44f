"""Input that is made to hurt: each is refused in words, or answered, and the server goes on."""

from __future__ import annotations

import time
from typing import Any
from uuid import uuid4

import pytest

from instant.app import ADMIN, APP_ID, GUEST, App
from instant.rules_app import blob, link, new_id

# What one request may take on a busy machine that runs an unoptimised build.
PATIENCE_S = 20


@pytest.fixture(scope="module")
def space(app: App) -> str:
    """A namespace with a typed and a unique attr, and links that lead back into it."""
    name = "hostile"
    app.transact(
        blob(name, "id"),
        blob(name, "title", "string", index=True),
        blob(name, "number", "number", index=True),
        link((name, "next"), (name, "previous")),
        link((name, "owner"), ("$users", "hostiles"), many=False),
    )
    unique = blob(name, "slug", "string", index=True)
    unique[1]["unique?"] = True
    app.transact(unique)
    app.transact(["update", name, "one", {"title": "a", "slug": "taken"}], ["link", name, "one", {"next": "one"}])
    return name


def nested(form: Any, label: str, depth: int) -> Any:
    for _ in range(depth):
        form = {label: form}
    return form


def deep_where(depth: int) -> Any:
    where: Any = {"title": "a"}
    for _ in range(depth):
        where = {"or": [where, {"and": [where]}]} if depth < 12 else {"and": [where]}
    return where


QUERIES: list[tuple[str, Any, str | None]] = [
    ("a circle of links, as deep as allowed", nested({}, "next", 30), None),
    ("a circle of links, deeper", nested({}, "next", 40), "validation-failed"),
    ("a circle of links, absurdly deep", nested({}, "next", 100), "validation-failed"),
    ("a circle in both directions", nested({}, "previous", 15), None),
    (
        "an or of 10,000 values of one label",
        {"$": {"where": {"or": [{"title": f"x{n}"} for n in range(10_000)]}}},
        None,
    ),
    (
        "an or of 10,000 conditions of other kinds",
        {"$": {"where": {"or": [{"title": {"$like": f"x{n}%"}} for n in range(10_000)]}}},
        "validation-failed",
    ),
    ("10,000 values of $in", {"$": {"where": {"title": {"$in": [f"x{n}" for n in range(10_000)]}}}}, None),
    ("a where of many levels", {"$": {"where": deep_where(40)}}, None),
    ("a where that doubles with each level", {"$": {"where": deep_where(11)}}, "validation-failed"),
    ("a path of 100 links", {"$": {"where": {".".join(["next"] * 100): "x"}}}, "validation-failed"),
    ("a path around a circle", {"$": {"where": {".".join(["next"] * 8 + ["title"]): "a"}}}, None),
    ("a pattern of wildcards", {"$": {"where": {"title": {"$like": "%a" * 200 + "b"}}}}, None),
    ("a pattern without an end", {"$": {"where": {"title": {"$like": "%" * 5000}}}}, "validation-failed"),
    ("a limit beyond all numbers", {"$": {"limit": 10**30}}, "validation-failed"),
    ("a negative offset", {"$": {"offset": -1}}, "validation-failed"),
    ("a cursor of nothing", {"$": {"after": [1, 2, 3, 4], "limit": 1}}, "validation-failed"),
    ("SQL for a value", {"$": {"where": {"title": "a' OR 1=1; DROP TABLE hostile; --"}}}, None),
    ("SQL for a label", {"$": {"where": {'title" = 1 OR 1=1 --': "a"}}}, None),
]


@pytest.mark.parametrize(("form", "kind"), [row[1:] for row in QUERIES], ids=[row[0] for row in QUERIES])
@pytest.mark.parametrize("headers", [ADMIN, GUEST], ids=["admin", "guest"])
def test_queries(app: App, space: str, form: Any, kind: str | None, headers: dict[str, str]) -> None:
    started = time.monotonic()
    answer = app.call("POST", "/admin/query", {"query": {space: form}}, headers)
    assert time.monotonic() - started < PATIENCE_S
    if kind is None:
        assert answer.status == 200, answer.text[:500]
    else:
        assert (answer.status, answer.json()["type"]) == (400, kind), answer.text[:500]
        assert answer.json()["message"]


STEPS: list[tuple[str, list[Any], str | None]] = [
    ("a link to a record that is not there", [["link", "S", "one", {"next": "ghost"}]], None),
    ("a link from a record that is not there", [["link", "S", "ghost", {"next": "one"}]], None),
    ("a link to one that is not there", [["link", "S", "one", {"owner": str(uuid4())}]], None),
    ("an unlink of nothing", [["unlink", "S", "ghost", {"next": "phantom"}]], None),
    ("a delete of nothing", [["delete", "S", "ghost"]], None),
    ("a link to a lookup of nothing", [["link", "S", "one", {"next": 'lookup__slug__"nobody"'}]], "validation-failed"),
    ("a unique value twice", [["update", "S", "two", {"slug": "taken"}]], "record-not-unique"),
    (
        "a unique value twice in one transaction",
        [["update", "S", "x", {"slug": "new"}], ["update", "S", "y", {"slug": "new"}]],
        "record-not-unique",
    ),
    ("a large value where it is unique", [["update", "S", "two", {"slug": "x" * 5000}]], "validation-failed"),
    ("a large value where it is indexed", [["update", "S", "two", {"title": "x" * 5000}]], "validation-failed"),
    ("a large value where it is not", [["update", "S", "big", {"text": "x" * (2 << 20)}]], None),
    ("a number of another size", [["update", "S", "two", {"number": 1e308}]], None),
    ("a text for a number", [["update", "S", "two", {"number": "1"}]], "validation-failed"),
    ("an id of a megabyte", [["update", "S", "x" * (1 << 20), {}]], "validation-failed"),
    ("a label of a megabyte", [["update", "S", "two", {"x" * (1 << 20): 1}]], "validation-failed"),
    ("a value of many levels", [["update", "S", "two", {"text": nested(1, "k", 100)}]], None),
    (
        "labels beyond what a table holds",
        [["update", "wide", "a", {f"l{n}": n for n in range(5000)}]],
        "validation-failed",
    ),
    ("10,000 steps on one entity", [["update", "S", "many", {"text": n}] for n in range(10_000)], None),
    ("a step that is no step", [["explode", "S", "one", {}]], "validation-failed"),
    ("a step of nothing", [[]], "validation-failed"),
    ("no list of steps", [None], "validation-failed"),
]


@pytest.mark.parametrize(("steps", "kind"), [row[1:] for row in STEPS], ids=[row[0] for row in STEPS])
def test_steps(app: App, space: str, steps: list[Any], kind: str | None) -> None:
    named = [[space if part == "S" else part for part in step] if isinstance(step, list) else step for step in steps]
    before = app.ok("POST", "/admin/query", {"query": {space: {"$": {"where": {"slug": "taken"}}}}})
    answer = app.call("POST", "/admin/transact", {"steps": named})
    if kind is None:
        assert answer.status == 200, answer.text[:500]
    else:
        assert (answer.status, answer.json()["type"]) == (400, kind), answer.text[:500]
        after = app.ok("POST", "/admin/query", {"query": {space: {"$": {"where": {"slug": "taken"}}}}})
        assert after == before


def rules_of(view: Any, bind: Any = None) -> Any:
    rule = {"allow": {"view": view}}
    return {"hostile": {**rule, "bind": bind} if bind is not None else rule}


RULES: list[tuple[str, Any]] = [
    ("a rule that does not parse", rules_of("auth.id ==")),
    ("a rule with a bracket too many", rules_of("(" * 500 + "true" + ")" * 500)),
    ("a rule of a megabyte", rules_of("true" + " && true" * 150_000)),
    ("a bind that needs itself", rules_of("a", ["a", "a || true"])),
    ("binds in a circle", rules_of("a", {"a": "b", "b": "c", "c": "a"})),
    ("a bind without a value", rules_of("a", ["a"])),
    ("a name that nobody has", rules_of("nobody.id == 1")),
    ("new data where nothing is written", rules_of("newData.title == 'a'")),
    ("a rule that is a number", rules_of(7)),
    ("a reserved namespace", {"$magicCodes": {"allow": {"view": "true"}}}),
    ("a path that is no text", rules_of("auth.id in data.ref(data.title)")),
]


@pytest.mark.parametrize("rules", [row[1] for row in RULES], ids=[row[0] for row in RULES])
def test_rules_are_refused(app: App, space: str, rules: Any) -> None:
    url = f"/dash/apps/{APP_ID}/rules"
    app.ok("POST", url, {"code": {}})
    answer = app.call("POST", url, {"code": rules})
    assert answer.status == 400, answer.text[:300]
    assert answer.json()["type"] == "validation-failed", answer.text[:300]
    assert app.ok("POST", "/admin/query", {"query": {space: {"$": {"where": {"slug": "taken"}}}}}, GUEST)[space]


LOOPS: list[tuple[str, str]] = [
    ("loops in loops", "l.all(a, l.all(b, l.all(c, l.all(d, l.all(e, a + b + c + d + e > 0)))))"),
    ("texts that double", "s.matches('(a|a)*#')"),
]


@pytest.mark.parametrize(("name", "rule"), LOOPS, ids=[row[0] for row in LOOPS])
def test_rules_that_never_end_are_ended(app: App, space: str, name: str, rule: str) -> None:
    numbers = ", ".join(str(n) for n in range(1, 60))
    binds = ["l", f"[{numbers}]", "s", f"'{'a' * 500}' + data.id"]
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": rules_of(rule, binds)})
    started = time.monotonic()
    answer = app.call("POST", "/admin/query", {"query": {space: {}}}, GUEST)
    assert time.monotonic() - started < PATIENCE_S
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": {}})
    if name == "loops in loops":
        assert (answer.status, answer.json()["type"]) == (400, "permission-evaluation-failed")
    else:
        assert answer.json() == {space: []}


def test_a_token_of_another_app_opens_nothing(app: App, space: str) -> None:
    _, token = app.sign_in(f"{new_id()}@example.com")
    for headers in (
        {**ADMIN, "app-id": str(uuid4())},
        {"app-id": str(uuid4()), "as-token": token},
        {"app-id": APP_ID, "authorization": f"Bearer {uuid4()}"},
        {"app-id": APP_ID, "as-token": str(uuid4())},
    ):
        answer = app.call("POST", "/admin/query", {"query": {space: {}}}, headers)
        assert (answer.status, answer.json()["type"]) == (400, "record-not-found"), headers
