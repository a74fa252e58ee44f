"""Schemas pushed as a whole: planned, applied, pulled back."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any
from uuid import uuid4

import pytest

from instant.app import APP_ID, App
from instant.schemas import DASH, PLATFORM, attr, blob, kinds, link, pull, push, push_body, refused, schema, side

BLOG = schema(
    {
        "posts": {
            "title": attr(required=True, indexed=True),
            "slug": attr(unique=True),
            "score": attr("number", indexed=True),
            "draft": attr("boolean"),
            "published": attr("date"),
            "extra": attr("json"),
            "anything": attr("any", metadata={"note": "kept"}),
        },
        "comments": {"text": attr()},
        "$users": {"email": attr(unique=True), "nickname": attr()},
    },
    {
        "postComments": {
            "forward": side("comments", "one", "post", onDelete="cascade"),
            "reverse": side("posts", "many", "comments"),
        },
        "postAuthor": {"forward": side("posts", "one", "author"), "reverse": side("$users", "many", "posts")},
    },
)


def test_a_push_comes_back_as_it_went(app: App) -> None:
    planned = app.ok("POST", f"{DASH}/schema/push/plan", push_body(BLOG))
    assert {step[0] for step in planned["steps"]} == {"add-attr"}
    assert "posts" not in pull(app)["blobs"], "a plan changes nothing"
    assert planned["new-schema"]["blobs"]["posts"]["title"]["id"] is None
    pushed = push(app, BLOG)
    assert pushed["transaction"]["id"] > 0
    assert pushed["indexing-jobs"] is None
    assert {"new-schema", "current-schema", "current-attrs", "steps"} <= pushed.keys()
    blobs = pull(app)["blobs"]
    assert set(blobs["posts"]) == {"id", "title", "slug", "score", "draft", "published", "extra", "anything"}
    title = blobs["posts"]["title"]
    assert (title["required?"], title["index?"], title["unique?"]) == (True, True, False)
    assert title["checked-data-type"] == "string"
    assert blobs["posts"]["slug"]["unique?"]
    types = {label: it.get("checked-data-type") for label, it in blobs["posts"].items()}
    assert types["score"], types["draft"] == ("number", "boolean")
    assert (types["published"], types["extra"], types["anything"]) == ("date", None, None)
    assert blobs["posts"]["anything"]["metadata"] == {"note": "kept"}
    assert blobs["$users"]["nickname"]["catalog"] == "user"
    post = link(app, "comments", "post")
    assert (post["cardinality"], post["unique?"], post["on-delete"]) == ("one", False, "cascade")
    assert post["reverse-identity"][1:] == ["posts", "comments"]


@pytest.mark.parametrize("jobs", [True, False])
def test_the_same_push_again_does_nothing(app: App, jobs: bool) -> None:
    push(app, BLOG)
    before = pull(app)
    again = push(app, BLOG, jobs=jobs)
    assert (again["steps"], again["transaction"], again["indexing-jobs"]) == ([], {}, None)
    assert pull(app) == before


def test_nothing_is_deleted_by_a_push(app: App) -> None:
    name = f"n{uuid4().hex}"
    push(app, schema({name: {"a": attr(), "b": attr()}}))
    assert push(app, schema({name: {"a": attr()}}))["steps"] == []
    assert set(pull(app)["blobs"][name]) == {"id", "a", "b"}


def test_every_form_of_the_schema_agrees_and_hides_the_servers_own(app: App) -> None:
    push(app, BLOG)
    pulled = app.ok("GET", f"{DASH}/schema/pull")
    admin = app.ok("GET", "/admin/schema")["schema"]
    platform = app.ok("GET", f"{PLATFORM}/schema")["schema"]
    assert platform == pulled["schema"]
    assert admin["blobs"] == platform["blobs"]
    assert '["comments" "post" "posts" "comments"]' in platform["refs"]
    assert "comments-post-posts-comments" in admin["refs"]
    assert not {"$magicCodes", "$userRefreshTokens", "$oauthClients"} & admin["blobs"].keys()
    assert set(admin["blobs"]["$files"]) == {"id", "path", "url"}
    assert admin["blobs"]["$files"]["url"]["required?"]
    assert not {"machineId", "hashedReconnectToken"} & admin["blobs"]["$streams"].keys()
    everything = {it["forward-identity"][1] for it in pulled["attrs"]}
    assert {"$magicCodes", "$oauthCodes", "posts"} <= everything
    assert isinstance(pulled["app-title"], str)


CHANGES: list[tuple[str, dict[str, Any], dict[str, Any], list[str], dict[str, Any]]] = [
    ("index", {}, {"indexed": True}, ["index"], {"index?": True}),
    ("no index", {"indexed": True}, {}, ["remove-index"], {"index?": False}),
    ("unique", {}, {"unique": True}, ["unique"], {"unique?": True}),
    ("not unique", {"unique": True}, {}, ["remove-unique"], {"unique?": False}),
    ("required", {}, {"required": True}, ["required"], {"required?": True}),
    ("not required", {"required": True}, {}, ["remove-required"], {"required?": False}),
    ("type", {"value_type": "any"}, {"value_type": "string"}, ["check-data-type"], {"checked-data-type": "string"}),
    ("no type", {}, {"value_type": "json"}, ["remove-data-type"], {"checked-data-type": None}),
    ("metadata", {}, {"metadata": {"a": 1}}, ["update-attr"], {"metadata": {"a": 1}}),
    (
        "all",
        {},
        {"indexed": True, "unique": True, "required": True},
        ["index", "unique", "required"],
        {"unique?": True},
    ),
]


@pytest.mark.parametrize("jobs", [True, False])
@pytest.mark.parametrize(
    ("before", "after", "expected", "flags"), [row[1:] for row in CHANGES], ids=[r[0] for r in CHANGES]
)
def test_changed_flags(
    app: App, before: dict[str, Any], after: dict[str, Any], expected: list[str], flags: dict[str, Any], jobs: bool
) -> None:
    name = f"n{uuid4().hex}"
    push(app, schema({name: {"a": attr(**before)}}))
    entity = str(uuid4())
    app.transact(["update", name, entity, {"a": "kept"}])
    answer = push(app, schema({name: {"a": attr(**after)}}), jobs=jobs)
    assert kinds(answer) == (expected if jobs else ["update-attr"])
    if jobs and expected != ["update-attr"]:
        assert {job["job_status"] for job in answer["indexing-jobs"]["jobs"]} == {"completed"}
        assert [step[1]["job-id"] for step in answer["steps"]] == [job["id"] for job in answer["indexing-jobs"]["jobs"]]
    now = blob(app, name, "a")
    assert {key: now.get(key) for key in flags} == flags
    assert app.ok("POST", "/admin/query", {"query": {name: {}}})[name] == [{"id": entity, "a": "kept"}]


def test_changed_links(app: App) -> None:
    a, b = f"a{uuid4().hex}", f"b{uuid4().hex}"

    def tied(forward: dict[str, Any], reverse: dict[str, Any]) -> dict[str, Any]:
        return schema({a: {}, b: {}}, {"tie": {"forward": forward, "reverse": reverse}})

    push(app, tied(side(a, "many", "bs"), side(b, "many", "as")))
    one, two = str(uuid4()), str(uuid4())
    app.transact(["update", a, one, {}], ["update", b, two, {}], ["link", a, one, {"bs": two}])
    changed = push(app, tied(side(a, "one", "bs", onDelete="cascade"), side(b, "one", "as", onDelete="cascade")))
    assert kinds(changed) == ["update-attr"]
    now = link(app, a, "bs")
    assert (now["cardinality"], now["unique?"]) == ("one", True)
    assert (now["on-delete"], now["on-delete-reverse"]) == ("cascade", "cascade")
    (row,) = app.ok("POST", "/admin/query", {"query": {a: {"bs": {}}}})[a]
    assert [it["id"] for it in row["bs"]] == [two]
    app.transact(["delete", b, two])
    assert app.ok("POST", "/admin/query", {"query": {a: {}}})[a] == [], "what pointed at it went along"
    push(app, tied(side(a, "one", "bs"), side(b, "one", "as")))
    assert "on-delete" not in link(app, a, "bs")


NOT_A_SCHEMA: list[tuple[str, Any, str]] = [
    ("a text", "nonsense", "must be an object"),
    ("a list", [], "must be an object"),
    ("entities", {"entities": []}, "`entities` must be an object"),
    ("an entity", {"entities": {"a": 1}}, "An entity must be an object"),
    ("an attr", {"entities": {"a": {"attrs": {"b": 1}}}}, "An attr must be an object"),
    ("a type", schema({"a": {"b": attr("uuid")}}), '"uuid"'),
    ("a flag", schema({"a": {"b": {"valueType": "string", "required": "yes"}}}), "true or false"),
    ("a reserved namespace", schema({"$magicCodes": {"b": attr()}}), "reserved"),
    ("a namespace of nobody", schema({"$mine": {"b": attr()}}), "reserved"),
    ("required of users", schema({"$users": {"b": attr(required=True)}}), "cannot be required"),
    ("a link without a side", schema({"a": {}}, {"l": {"forward": side("a", "one", "b")}}), "must be an object"),
    ("has", schema({"a": {}}, {"l": {"forward": side("a", "two", "b"), "reverse": side("a", "one", "c")}}), '"two"'),
    (
        "a cascade towards many",
        schema(
            {"a": {}}, {"l": {"forward": side("a", "many", "b", onDelete="cascade"), "reverse": side("a", "one", "c")}}
        ),
        "cannot cascade",
    ),
    (
        "a reverse cascade towards many",
        schema(
            {"a": {}}, {"l": {"forward": side("a", "one", "b"), "reverse": side("a", "many", "c", onDelete="cascade")}}
        ),
        "cannot cascade",
    ),
    (
        "a cascade of another kind",
        schema(
            {"a": {}}, {"l": {"forward": side("a", "one", "b", onDelete="restrict"), "reverse": side("a", "one", "c")}}
        ),
        "restrict",
    ),
    (
        "a label twice",
        schema({"a": {"b": attr()}}, {"l": {"forward": side("a", "one", "b"), "reverse": side("a", "one", "c")}}),
        "label `b` twice",
    ),
    (
        "a link in both directions",
        schema(
            {"a": {}, "z": {}},
            {
                "l": {"forward": side("a", "one", "b"), "reverse": side("z", "many", "c")},
                "m": {"forward": side("z", "many", "c"), "reverse": side("a", "one", "b")},
            },
        ),
        "in each direction",
    ),
    (
        "one name for both sides",
        schema({}, {"l": {"forward": side("a", "one", "b"), "reverse": side("a", "one", "b")}}),
        "twice",
    ),
]


@pytest.mark.parametrize(("wanted", "words"), [row[1:] for row in NOT_A_SCHEMA], ids=[row[0] for row in NOT_A_SCHEMA])
@pytest.mark.parametrize("route", ["plan", "apply"])
def test_what_is_no_schema(app: App, wanted: Any, words: str, route: str) -> None:
    answer = app.call("POST", f"{PLATFORM}/schema/push/{route}", push_body(wanted))
    body = answer.json()
    assert (answer.status, body["type"]) == (400, "validation-failed"), answer.text
    assert words in body["message"]
    assert body["hint"]["data-type"] == "schema"
    assert body["hint"]["errors"][0]["in"][0] == "schema"


def test_bodies_without_a_schema(app: App) -> None:
    for route in ("plan", "apply"):
        answer = app.call("POST", f"{DASH}/schema/push/{route}", {})
        assert (answer.status, answer.json()["type"]) == (400, "param-missing")
    answer = app.call("POST", f"{DASH}/schema/push/apply", {"schema": schema({}), "check_types": "yes"})
    assert (answer.status, answer.json()["type"]) == (400, "param-malformed")


def test_contradictions_with_what_is_there(app: App) -> None:
    a, b = f"a{uuid4().hex}", f"b{uuid4().hex}"
    tie = {"forward": side(a, "one", "b"), "reverse": side(b, "many", "as")}
    push(app, schema({a: {"x": attr()}, b: {}}, {"tie": tie}))
    turned = {"forward": tie["reverse"], "reverse": tie["forward"]}
    elsewhere = {"forward": side(a, "one", "b"), "reverse": side(b, "many", "others")}
    over = {"forward": side(a, "one", "x"), "reverse": side(b, "many", "xs")}
    for wanted, words in [
        (schema({}, {"tie": turned}), "declare it in that direction"),
        (schema({}, {"tie": elsewhere}), "rename or delete it first"),
        (schema({}, {"tie": over}), "cannot become a link"),
        (schema({a: {"b": attr()}}), "cannot become a value"),
        (schema({b: {"as": attr()}}), "declare it in that direction"),
    ]:
        answer = refused(app, wanted)
        assert answer.status == 400, answer.text
        assert words in answer.json()["message"]


NAMES = [
    "with space",
    "ünïcödé",
    "emoji🎉",
    'quo"te',
    "a'b",
    "semi;colon",
    "select",
    "a-b",
    "1",
    "_x",
    "per%cent",
    "new\nline",
    "a\\b",
    "(x)",
]
IMPOSSIBLE = ["", "a.b", "a`b", "nul\0", "x" * 300]


@pytest.mark.parametrize("name", NAMES)
def test_odd_names(app: App, name: str) -> None:
    namespace = f"{name}{uuid4().hex}"
    push(app, schema({namespace: {name: attr()}}))
    assert blob(app, namespace, name)["checked-data-type"] == "string"
    entity = str(uuid4())
    app.transact(["update", namespace, entity, {name: "here"}])
    assert app.ok("POST", "/admin/query", {"query": {namespace: {}}})[namespace] == [{"id": entity, name: "here"}]
    assert push(app, schema({namespace: {name: attr()}}))["steps"] == []
    answer = refused(app, schema({namespace: {name: attr(indexed=True)}}))
    # A name that no index can have is refused in words, and nothing else happens.
    assert answer.status == 200, answer.text
    assert answer.json()["indexing-jobs"]["jobs"][0]["job_status"] in ("completed", "errored")


@pytest.mark.parametrize("name", IMPOSSIBLE)
def test_impossible_names(app: App, name: str) -> None:
    fine = f"n{uuid4().hex}"
    for wanted in (schema({name: {}}), schema({fine: {name: attr()}})):
        answer = refused(app, wanted)
        assert (answer.status, answer.json()["type"]) == (400, "validation-failed"), answer.text
    assert fine not in pull(app)["blobs"], "nothing is kept of a refused push"


def test_cyclic_cascades_end(app: App) -> None:
    a, b = f"a{uuid4().hex}", f"b{uuid4().hex}"
    circle = {
        "there": {"forward": side(a, "one", "b", onDelete="cascade"), "reverse": side(b, "many", "from")},
        "back": {"forward": side(b, "one", "a", onDelete="cascade"), "reverse": side(a, "many", "from")},
        "self": {
            "forward": side(a, "one", "next", onDelete="cascade"),
            "reverse": side(a, "one", "previous", onDelete="cascade"),
        },
    }
    push(app, schema({a: {}, b: {}}, circle))
    one, two = str(uuid4()), str(uuid4())
    app.transact(
        ["update", a, one, {}],
        ["update", b, two, {}],
        ["link", a, one, {"b": two, "next": one}],
        ["link", b, two, {"a": one}],
    )
    app.transact(["delete", a, one])
    assert app.ok("POST", "/admin/query", {"query": {a: {}, b: {}}}) == {a: [], b: []}


def test_a_huge_schema_is_refused_and_a_large_one_is_not(app: App) -> None:
    huge = schema({f"h{n}": {f"a{m}": attr() for m in range(100)} for n in range(101)})
    answer = refused(app, huge)
    assert (answer.status, answer.json()["type"]) == (400, "validation-failed")
    assert "10100" in answer.json()["message"]
    wide = refused(app, schema({f"w{uuid4().hex}": {f"a{m}": attr() for m in range(1500)}}))
    assert wide.status == 400, "a collection cannot have so many fields"
    assert "1000" in wide.json()["message"]
    many = {f"m{n}": {f"a{m}": attr() for m in range(49)} for n in range(30)}
    assert len(push(app, schema(many))["steps"]) == 1500
    large = f"l{uuid4().hex}"
    push(app, schema({large: {f"a{m}": attr() for m in range(900)}}))
    assert len(pull(app)["blobs"][large]) == 901


def test_concurrent_pushes(app: App) -> None:
    name = f"n{uuid4().hex}"
    wanted = schema({name: {f"a{n}": attr() for n in range(10)}})
    with ThreadPoolExecutor(8) as pool:
        same = list(pool.map(lambda _: refused(app, wanted), range(8)))
        others = list(pool.map(lambda n: refused(app, schema({name: {f"own{n}": attr()}})), range(8)))
    assert {answer.status for answer in same + others} == {200}
    assert sum(1 for answer in same if answer.json()["steps"]) == 1
    assert len(pull(app)["blobs"][name]) == 1 + 10 + 8


def test_collections_of_the_other_front_are_pulled_and_linked(tmp_path_factory: pytest.TempPathFactory) -> None:
    with App(tmp_path_factory.mktemp("both") / "home", superuser=True) as app:
        fields = [
            {"name": "name", "type": "text", "required": True},
            {"name": "size", "type": "number"},
            {"name": "kind", "type": "select", "values": ["a", "b"]},
        ]
        app.server.admin("POST", "/api/collections", {"name": "plants", "type": "base", "fields": fields})
        record = app.server.admin("POST", "/api/collections/plants/records", {"name": "oak", "kind": "a"})
        pulled = app.ok("GET", f"/dash/apps/{APP_ID}/schema/pull")["schema"]["blobs"]["plants"]
        assert {"id", "name", "size", "kind"} <= pulled.keys()
        assert (pulled["name"]["checked-data-type"], pulled["name"]["required?"]) == ("string", True)
        tie = {"forward": side("leaves", "one", "plant"), "reverse": side("plants", "many", "leaves")}
        answer = push(app, schema({"leaves": {"colour": attr()}}, {"tie": tie}))
        assert kinds(answer) == ["add-attr"] * 3
        leaf = str(uuid4())
        app.transact(["update", "leaves", leaf, {"colour": "green"}], ["link", "leaves", leaf, {"plant": record["id"]}])
        (plant,) = app.ok("POST", "/admin/query", {"query": {"plants": {"leaves": {}}}})["plants"]
        assert [it["id"] for it in plant["leaves"]] == [leaf]
        assert push(app, schema({"plants": {"height": attr("number")}}))["steps"][0][0] == "add-attr"
        app.transact(["update", "plants", record["id"], {"height": 3}])
        assert app.server.admin("GET", f"/api/collections/plants/records/{record['id']}")["height"] == 3
