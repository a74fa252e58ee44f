"""`POST /admin/transact`: what steps do, and what is refused with nothing done."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from instant.app import ADMIN, APP_ID, App, refusal


def entity(app: App, namespace: str, id_: str, *links: str) -> Any:
    """The entity as a query shows it, or `None`."""
    query = {namespace: {"$": {"where": {"id": id_}}, **{link: {} for link in links}}}
    found = app.ok("POST", "/admin/query", {"query": query})[namespace]
    return found[0] if found else None


def name() -> str:
    """A namespace of a test's own."""
    return f"n{uuid4().hex[:8]}"


# Each: steps over a namespace `N`, and what is then found under the ids.
SCENARIOS: list[tuple[str, list[Any], dict[str, Any]]] = [
    ("create", [["create", "N", "a", {"t": 1}]], {"a": {"t": 1}}),
    ("update makes", [["update", "N", "a", {"t": 1}]], {"a": {"t": 1}}),
    (
        "update keeps other values",
        [["update", "N", "a", {"t": 1, "u": 2}], ["update", "N", "a", {"t": 3}]],
        {"a": {"t": 3, "u": 2}},
    ),
    ("the last write wins", [["update", "N", "a", {"t": 1}], ["update", "N", "a", {"t": 2}]], {"a": {"t": 2}}),
    ("an empty payload makes the bare entity", [["update", "N", "a", {}]], {"a": {}}),
    (
        "ids of any kind",
        [["update", "N", "todo-123", {}], ["update", "N", "Ünï code/7", {}]],
        {"todo-123": {}, "Ünï code/7": {}},
    ),
    ("an id among the values is passed over", [["update", "N", "a", {"id": "b", "t": 1}]], {"a": {"t": 1}, "b": None}),
    ("null is a value", [["update", "N", "a", {"t": None}]], {"a": {"t": None}}),
    (
        "all of JSON",
        [["update", "N", "a", {"t": {"x": [1, 2.5, "s", None, True]}}]],
        {"a": {"t": {"x": [1, 2.5, "s", None, True]}}},
    ),
    (
        "texts that look like JSON stay texts",
        [["update", "N", "a", {"t": '{"x":1}', "u": "1", "v": "null"}]],
        {"a": {"t": '{"x":1}', "u": "1", "v": "null"}},
    ),
    (
        "merge",
        [["update", "N", "a", {"t": {"x": 1, "y": {"z": 1}}}], ["merge", "N", "a", {"t": {"y": {"w": 2}}}]],
        {"a": {"t": {"x": 1, "y": {"z": 1, "w": 2}}}},
    ),
    (
        "merge takes keys away by null",
        [["update", "N", "a", {"t": {"x": 1, "y": 2}}], ["merge", "N", "a", {"t": {"x": None}}]],
        {"a": {"t": {"y": 2}}},
    ),
    (
        "merge replaces lists",
        [["update", "N", "a", {"t": {"x": [1, 2]}}], ["merge", "N", "a", {"t": {"x": [3]}}]],
        {"a": {"t": {"x": [3]}}},
    ),
    ("merge of null", [["update", "N", "a", {"t": {"x": 1}}], ["merge", "N", "a", {"t": None}]], {"a": {"t": None}}),
    ("merge makes", [["merge", "N", "a", {"t": {"x": 1}}]], {"a": {"t": {"x": 1}}}),
    (
        "several merges in order",
        [
            ["merge", "N", "a", {"t": {"x": 1}}],
            ["merge", "N", "a", {"t": {"y": 2}}],
            ["merge", "N", "a", {"t": {"x": None}}],
        ],
        {"a": {"t": {"y": 2}}},
    ),
    ("delete", [["update", "N", "a", {"t": 1}], ["delete", "N", "a"]], {"a": None}),
    ("delete with four parts", [["update", "N", "a", {"t": 1}], ["delete", "N", "a", None]], {"a": None}),
    ("what is not there is deleted without a word", [["delete", "N", "a"], ["delete", "N", ["k", "x"]]], {"a": None}),
    (
        "kinds of steps run in the order of their first",
        [["delete", "N", "a"], ["update", "N", "a", {"t": 1}], ["delete", "N", "a"]],
        {"a": {"t": 1}},
    ),
    ("a lookup that finds nobody makes", [["update", "N", ["k", "x"], {"t": 1}]], {}),
    (
        "rule parameters change nothing",
        [["ruleParams", "N", "a", {"x": 1}], ["update", "N", "a", {"t": 1}]],
        {"a": {"t": 1}},
    ),
]


@pytest.mark.parametrize(("steps", "expected"), [s[1:] for s in SCENARIOS], ids=[s[0] for s in SCENARIOS])
def test_steps(app: App, steps: list[Any], expected: dict[str, Any]) -> None:
    namespace = name()
    number = app.transact(*[[step[0], namespace, *step[2:]] for step in steps])
    assert number > 0
    for id_, values in expected.items():
        found = entity(app, namespace, id_)
        assert found == (None if values is None else {"id": id_, **values})


def test_numbers_grow(app: App) -> None:
    namespace = name()
    numbers = [app.transact(["update", namespace, "a", {"t": turn}]) for turn in range(5)]
    assert numbers == sorted(set(numbers))


def test_lookups_are_one_entity_in_all_steps(app: App) -> None:
    posts, authors = name(), name()
    app.transact(
        ["update", posts, ["slug", "intro"], {"title": "Intro"}],
        ["merge", posts, {"slug": "intro"}, {"meta": {"a": 1}}],
        ["update", authors, "ada", {"name": "Ada"}],
        ["link", posts, 'lookup__slug__"intro"', {authors: "ada"}],
    )
    app.transact(["update", posts, ["slug", "intro"], {"title": "Again", "slug": "start"}])
    (post,) = app.ok("POST", "/admin/query", {"query": {posts: {authors: {}}}})[posts]
    assert (post["title"], post["slug"], post["meta"]) == ("Again", "start", {"a": 1})
    assert [author["name"] for author in post[authors]] == ["Ada"]
    # A target may be looked up where it is there.
    app.transact(["link", authors, "ada", {posts: 'lookup__slug__"start"'}])
    answer = app.call("POST", "/admin/transact", {"steps": [["link", authors, "ada", {posts: 'lookup__slug__"x"'}]]})
    assert refusal(answer)[:2] == (400, "validation-failed")


class TestLinks:
    def test_both_ways(self, app: App) -> None:
        goals, todos = name(), name()
        app.transact(
            ["update", goals, "g1", {"t": "fit"}],
            ["update", todos, "t1", {"t": "run"}],
            ["update", todos, "t2", {"t": "swim"}],
            ["link", goals, "g1", {todos: ["t1", "t2"]}],
            ["link", goals, "g1", {todos: "t1"}],
        )
        assert {todo["id"] for todo in entity(app, goals, "g1", todos)[todos]} == {"t1", "t2"}
        assert [goal["id"] for goal in entity(app, todos, "t1", goals)[goals]] == ["g1"]
        app.transact(["unlink", todos, "t1", {goals: "g1"}])
        assert [todo["id"] for todo in entity(app, goals, "g1", todos)[todos]] == ["t2"]
        app.transact(["delete", todos, "t2"])
        assert entity(app, goals, "g1", todos)[todos] == []
        # An entity of the same id that comes later is another one.
        app.transact(["update", todos, "t2", {"t": "again"}])
        assert entity(app, goals, "g1", todos)[todos] == []

    def test_of_what_is_not_there_yet(self, app: App) -> None:
        goals, todos = name(), name()
        app.transact(["link", goals, "g1", {todos: "t1"}])
        assert entity(app, goals, "g1") is None
        app.transact(["update", todos, "t1", {"t": 1}])
        app.transact(["update", goals, "g1", {"t": 1}])
        assert [todo["id"] for todo in entity(app, goals, "g1", todos)[todos]] == ["t1"]

    def test_lists_and_texts_in_values_tie_too(self, app: App) -> None:
        goals, todos = name(), name()
        app.transact(["link", goals, "g1", {todos: "t1"}], ["update", goals, "g1", {}], ["update", todos, "t1", {}])
        app.transact(["update", goals, "g1", {todos: ["t2"]}], ["update", todos, "t2", {}])
        assert {todo["id"] for todo in entity(app, goals, "g1", todos)[todos]} == {"t1", "t2"}


# Each: steps over a namespace `N` that holds `a` with k = 1 (unique) and t = {"x": 1}; type of the error; words in it.
REFUSALS: list[tuple[str, Any, str, str]] = [
    ("no list", "steps", "param-malformed", "steps"),
    ("no step", [7], "validation-failed", "step"),
    ("an unknown kind", [["drop", "N", "a", {}]], "validation-failed", "drop"),
    ("a namespace that is no text", [["update", 7, "a", {}]], "validation-failed", "namespace"),
    ("an empty namespace", [["update", "", "a", {}]], "validation-failed", "empty"),
    ("a reserved namespace", [["update", "$nope", "a", {}]], "validation-failed", "reserved"),
    ("a namespace of the server", [["update", "$magicCodes", "a", {}]], "validation-failed", "magicCodes"),
    ("an id that is a number", [["update", "N", 7, {}]], "validation-failed", "Entity IDs"),
    ("an empty id", [["update", "N", "", {}]], "validation-failed", "Entity IDs"),
    ("values that are a list", [["update", "N", "a", []]], "validation-failed", "object"),
    ("no values", [["update", "N", "a"]], "validation-failed", "object"),
    ("options that are a list", [["update", "N", "a", {}, []]], "validation-failed", "Options"),
    ("create of what is there", [["create", "N", "a", {}]], "validation-failed", "exist: a"),
    ("update of what is not there", [["update", "N", "z", {}, {"upsert": False}]], "validation-failed", "exist: z"),
    ("merge of what is not there", [["merge", "N", "z", {}, {"upsert": False}]], "validation-failed", "exist: z"),
    ("a value twice", [["update", "N", "z", {"k": 1}]], "record-not-unique", "unique"),
    (
        "a value twice in one transaction",
        [["update", "N", "y", {"k": 2}], ["update", "N", "z", {"k": 2}]],
        "record-not-unique",
        "unique",
    ),
    ("a lookup by what is not unique", [["update", "N", ["t", 1], {}]], "validation-failed", "unique"),
    ("a lookup along two dots", [["update", "N", ["a.b.c", 1], {}]], "validation-failed", "lookup"),
    ("a lookup without a value", [["update", "N", "lookup__k", {}]], "validation-failed", "lookup"),
    ("a lookup whose value is no JSON", [["update", "N", "lookup__k__{", {}]], "validation-failed", "lookup"),
    ("a lookup that changes what it looks up", [["update", "N", ["k", 5], {"k": 6}]], "validation-failed", "k"),
    ("a link by what is none", [["link", "N", "a", {"t": "b"}]], "validation-failed", "not a link"),
    ("a link to a number", [["link", "N", "a", {"l": 7}]], "validation-failed", "Entity IDs"),
    ("NUL in a text", [["update", "N", "a", {"t": "a\0b"}]], "validation-failed", "NUL"),
    ("a large unique value", [["update", "N", "a", {"k": "x" * 2000}]], "validation-failed", "too large"),
    ("a label with a dot", [["update", "N", "a", {"x.y": 1}]], "validation-failed", "x.y"),
    ("a label that differs in case", [["update", "N", "a", {"K": 1}]], "validation-failed", "case"),
    ("an attr that nobody has", [["add-triple", "a", str(uuid4()), 1]], "sql-raise", "Raised Exception"),
    ("an attr without identity", [["add-attr", {"id": str(uuid4())}]], "validation-failed", ""),
    ("rule parameters that are a text", [["ruleParams", "N", "a", "x"]], "validation-failed", "object"),
]


@pytest.fixture(scope="module")
def taken(app: App) -> str:
    namespace = name()
    app.transact(["update", namespace, ["k", 1], {}], ["update", namespace, "a", {"t": {"x": 1}}])
    (holder,) = app.ok("POST", "/admin/query", {"query": {namespace: {"$": {"where": {"k": 1}}}}})[namespace]
    app.transact(["delete", namespace, holder["id"]], ["update", namespace, "a", {}])
    app.transact(["update", namespace, "a", {"k": 1}])
    return namespace


@pytest.mark.parametrize(("steps", "kind", "words"), [r[1:] for r in REFUSALS], ids=[r[0] for r in REFUSALS])
def test_refusals(app: App, taken: str, steps: Any, kind: str, words: str) -> None:
    if isinstance(steps, list):
        steps = [
            [step[0], taken if step[1] == "N" else step[1], *step[2:]]
            if isinstance(step, list) and len(step) > 1
            else step
            for step in steps
        ]
        # Whatever stands beside what is refused is undone with it.
        steps = [["update", taken, "beside", {"t": 1}], *steps]
    answer = app.call("POST", "/admin/transact", {"steps": steps})
    status, found, message = refusal(answer)
    assert (status, found) == (400, kind)
    assert words in message
    assert "hint" in answer.json()
    assert entity(app, taken, "a") == {"id": "a", "k": 1, "t": {"x": 1}}
    assert entity(app, taken, "beside") is None


def test_not_unique_names_the_attr(app: App, taken: str) -> None:
    body = app.call("POST", "/admin/transact", {"steps": [["update", taken, "z", {"k": 1}]]}).json()
    assert body["message"] == (
        f"`k` is a unique attribute on `{taken}` and an entity already exists with `{taken}.k` = 1"
    )
    assert {key: body["hint"][key] for key in ("record-type", "etype", "label", "value")} == {
        "record-type": "triple",
        "etype": taken,
        "label": "k",
        "value": "1",
    }


def test_missing_attrs_may_be_an_error(app: App) -> None:
    namespace = name()
    body = {"steps": [["update", namespace, "a", {"t": 1, "u": 2}]], "throw-on-missing-attrs?": True}
    answer = app.call("POST", "/admin/transact", body)
    assert refusal(answer)[:2] == (400, "validation-failed")
    attributes = answer.json()["hint"]["errors"][0]["hint"]["attributes"]
    assert {f"{namespace}.t", f"{namespace}.u"} <= set(attributes)
    assert app.ok("POST", "/admin/query", {"query": {namespace: {}}}) == {namespace: []}


def test_low_level_steps(app: App) -> None:
    namespace, id_attr, title, parent = name(), str(uuid4()), str(uuid4()), str(uuid4())

    def attr(id_: str, label: str, **more: Any) -> Any:
        forward = [str(uuid4()), namespace, label]
        blob = {"id": id_, "forward-identity": forward, "value-type": "blob", "cardinality": "one"}
        return ["add-attr", {**blob, "unique?": label == "id", "index?": False, "isUnsynced": True, **more}]

    link = {"value-type": "ref", "cardinality": "one", "reverse-identity": [str(uuid4()), namespace, "children"]}
    added = [attr(id_attr, "id"), attr(title, "title"), attr(parent, "parent", **link)]
    app.transact(
        *added,
        ["add-triple", "a", id_attr, "a", {"mode": "create"}],
        ["add-triple", "a", title, {"x": 1}],
        ["deep-merge-triple", "a", title, {"y": 2}],
        ["add-triple", "b", id_attr, "b"],
        ["add-triple", "b", parent, "a"],
    )
    assert entity(app, namespace, "a", "children") == {
        "id": "a",
        "title": {"x": 1, "y": 2},
        "children": [{"id": "b", "parent": "a"}],
    }
    # Clients send attrs again; the same id is the same attr.
    app.transact(added[0], added[1], ["retract-triple", "b", parent, "a"], ["retract-triple", "a", title, "other"])
    assert entity(app, namespace, "b", "parent") == {"id": "b", "parent": []}
    assert entity(app, namespace, "a")["title"] == {"x": 1, "y": 2}
    app.transact(["delete-entity", "a", namespace])
    assert entity(app, namespace, "a") is None
    answer = app.call("POST", "/admin/transact", {"steps": [attr(str(uuid4()), "title")]})
    assert refusal(answer)[:2] == (400, "record-not-unique")
    assert answer.json()["hint"] == {"record-type": "ident", "etype": namespace, "label": "title"}
    answer = app.call("POST", "/admin/transact", {"steps": [["add-triple", "a", id_attr, "a", {"mode": "update"}]]})
    assert refusal(answer)[:2] == (400, "validation-failed")


def test_a_large_transaction(app: App) -> None:
    namespace = name()
    app.transact(*[["update", namespace, f"e{number}", {"n": number, "t": "x" * 50}] for number in range(2_000)])
    query = {namespace: {"$": {"aggregate": {"count": True}}}}
    assert app.call("POST", "/admin/query", {"query": query}).status == 200
    assert entity(app, namespace, "e1999")["n"] == 1999


def test_both_fronts_see_one_sea(app: App) -> None:
    """A record made by one front is an entity of the other."""
    namespace = name()
    app.transact(["update", namespace, "a", {"title": "Hello"}], ["link", namespace, "a", {"tags": "t1"}])
    app.transact(["update", "tags", "t1", {"name": "news"}])
    records = f"/api/collections/{namespace}/records"
    shown = app.server.admin("GET", f"{records}/a?expand=tags")
    assert (shown["title"], shown["expand"]["tags"][0]["name"]) == ("Hello", "news")
    assert app.server.request("GET", records).status == 403
    app.server.admin("PATCH", f"{records}/a", {"title": "Changed"})
    assert entity(app, namespace, "a")["title"] == "Changed"
    born = name()
    fields = [{"name": "title", "type": "text"}, {"name": "score", "type": "number"}]
    app.server.admin("POST", "/api/collections", {"name": born, "type": "base", "fields": fields})
    made = app.server.admin("POST", f"/api/collections/{born}/records", {"title": "PocketBase", "score": 3})
    assert entity(app, born, made["id"])["score"] == 3
    app.transact(["update", born, made["id"], {"score": 4}], ["link", born, made["id"], {namespace: "a"}])
    assert [other["id"] for other in entity(app, born, made["id"], namespace)[namespace]] == ["a"]
    assert app.server.admin("GET", f"/api/collections/{born}/records/{made['id']}")["score"] == 4
    wrong = app.call("POST", "/admin/transact", {"steps": [["update", born, made["id"], {"score": "many"}]]})
    assert refusal(wrong)[:2] == (400, "validation-failed")


def test_the_app_is_named_in_header_or_query(app: App) -> None:
    steps = {"steps": [["update", name(), "a", {}]]}
    bearer = {"authorization": ADMIN["authorization"]}
    assert app.call("POST", f"/admin/transact?app_id={APP_ID}", steps, bearer).status == 200
    for headers, kind, place in [
        (bearer, "param-missing", ["headers", "app-id"]),
        ({**bearer, "app-id": "nonsense"}, "param-malformed", ["headers", "app-id"]),
        ({"app-id": APP_ID}, "param-missing", ["headers", "authorization"]),
        ({"app-id": APP_ID, "authorization": "Bearer nonsense"}, "param-malformed", ["headers", "authorization"]),
    ]:
        answer = app.call("POST", "/admin/transact", steps, headers)
        assert (answer.status, answer.json()["type"], answer.json()["hint"]["in"]) == (400, kind, place)
    for headers in [
        {**ADMIN, "authorization": f"Bearer {uuid4()}"},
        {**ADMIN, "app-id": str(uuid4())},
        {**ADMIN, "authorization": "Bearer eyJhbGciOiJub25lIn0.e30."},
    ]:
        answer = app.call("POST", "/admin/transact", steps, headers)
        assert refusal(answer)[:2] == (400, "record-not-found")
        assert answer.json()["hint"]["record-type"] == "app-admin-token"


def test_bodies(app: App) -> None:
    answer = app.call("POST", "/admin/transact", {})
    assert (answer.status, answer.json()["hint"]["in"]) == (400, ["body", "steps"])
    answer = app.send("POST", "/admin/transact", {**ADMIN, "content-type": "text/plain"}, b'{"steps":[]}')
    assert answer.json()["type"] == "param-missing"
    answer = app.send("POST", "/admin/transact", {**ADMIN, "content-type": "application/json"}, b'{"steps":[')
    assert (answer.status, answer.text[:14]) == (400, "Malformed JSON")
    answer = app.send("POST", "/admin/transact", {**ADMIN, "content-type": "application/json"}, b"[1]")
    assert answer.json()["type"] == "param-malformed"
    deep = b'{"steps":' + b"[" * 5_000 + b"]" * 5_000 + b"}"
    answer = app.send("POST", "/admin/transact", {**ADMIN, "content-type": "application/json"}, deep)
    assert answer.status == 400
