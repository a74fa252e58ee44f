"""Who may see what: hidden entities and fields in lists, conditions, orders, nested forms and pages."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from instant.app import ADMIN, APP_ID, App
from instant.rules_app import RULES, World, filled, new_id

OWN = "auth.id != null && auth.id == data.owner"
MEMBER = "auth.id in data.ref('teams.members.id')"

# p1 ann's, open, team T (ann); p2 bob's, team U (bob); p3 nobody's, n missing; p4 ann's, no team.
# c1, c2 on p1, c3 on p2.
SEED: list[Any] = [
    ["create", "posts", "p1", {"title": "a", "owner": "ANN", "n": 1, "open": True, "meta": {"k": [1, "x"]}}],
    ["create", "posts", "p2", {"title": "b", "owner": "BOB", "n": 2, "open": False, "meta": "text"}],
    ["create", "posts", "p3", {"title": "c", "meta": 5}],
    ["create", "posts", "p4", {"title": "d", "owner": "ANN", "n": 4, "open": True, "meta": True}],
    ["create", "comments", "c1", {"text": "x"}],
    ["create", "comments", "c2", {"text": "y"}],
    ["create", "comments", "c3", {"text": "y"}],
    ["create", "teams", "T", {"name": "team"}],
    ["create", "teams", "U", {"name": "other"}],
    ["link", "posts", "p1", {"teams": "T", "comments": ["c1", "c2"]}],
    ["link", "posts", "p2", {"teams": "U", "comments": ["c3"]}],
    ["link", "teams", "T", {"members": "ANN"}],
    ["link", "teams", "U", {"members": "BOB"}],
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with App(tmp_path_factory.mktemp("permissions") / "home", superuser=True) as app:
        yield World(app)


@pytest.fixture(scope="module")
def names(world: World) -> dict[str, str]:
    labels = ["p1", "p2", "p3", "p4", "c1", "c2", "c3", "T", "U"]
    names = world.names({name: new_id() for name in labels})
    world.app.transact(["update", "$users", world.ann, {"nick": "annie"}], *filled(SEED, names))
    return names


def views(rule: Any, **more: Any) -> dict[str, Any]:
    return {"posts": {"allow": {"view": rule}, **more}}


ALL = "p1 p2 p3 p4"
# A view rule of posts, who asks, and which posts are seen.
VISIBLE: list[tuple[Any, str, str]] = [
    ("true", "guest", ALL),
    (True, "guest", ALL),
    ("false", "ann", ""),
    (False, "ann", ""),
    ("null", "ann", ""),
    ("auth.id != null", "guest", ""),
    ("auth.id != null", "ann", ALL),
    ("auth.id == null", "guest", ALL),
    (OWN, "ann", "p1 p4"),
    (OWN, "bob", "p2"),
    (OWN, "guest", ""),
    ("data.owner == auth.id", "guest", "p3"),
    ("data.owner != auth.id", "ann", "p2 p3"),
    ("!(data.owner == auth.id)", "ann", "p2 p3"),
    ("data.owner in [auth.id, null]", "ann", "p1 p3 p4"),
    ("!(data.owner in [auth.id])", "ann", "p2 p3"),
    ("data.title == 'a'", "guest", "p1"),
    ("data['title'] == 'a'", "guest", "p1"),
    ("data.title != 'a'", "guest", "p2 p3 p4"),
    ("data.title in ['a', 'c']", "guest", "p1 p3"),
    ("data.title > 'b'", "guest", "p3 p4"),
    ("data.title.startsWith('a')", "guest", "p1"),
    ("data.title.matches('^[ab]$')", "guest", "p1 p2"),
    ("size(data.title) == 1", "guest", ALL),
    ("data.n == 1", "guest", "p1"),
    ("data.n == 1.0", "guest", "p1"),
    ("data.n == '1'", "guest", ""),
    ("data.n == null", "guest", "p3"),
    ("data.n != null", "guest", "p1 p2 p4"),
    ("data.n != null && data.n > 1", "guest", "p2 p4"),
    ("data.n == null || data.n < 2", "guest", "p1 p3"),
    ("data.n != null && !(data.n <= 2)", "guest", "p4"),
    ("data.n in [1, 4]", "guest", "p1 p4"),
    ("data.open", "guest", "p1 p4"),
    ("data.open == true", "guest", "p1 p4"),
    ("data.open != true", "guest", "p2 p3"),
    ("data.open == null", "guest", "p3"),
    ("data.open == true || data.owner == auth.id", "bob", "p1 p2 p4"),
    ("data.open == true && data.n != null && data.n > 1", "guest", "p4"),
    ("data.open == true ? data.n == 1 : data.title == 'c'", "guest", "p1 p3"),
    ("data.meta == 'text'", "guest", "p2"),
    ("data.meta == 5", "guest", "p3"),
    ("data.meta == true", "guest", "p4"),
    ("data.title == 'a' && data.meta.k[1] == 'x'", "guest", "p1"),
    ("data.missing == null", "guest", ALL),
    ("data.missing == 1", "guest", ""),
    ("has(data.missing)", "guest", ALL),
    (MEMBER, "ann", "p1"),
    (MEMBER, "bob", "p2"),
    (MEMBER, "guest", ""),
    (f"!({MEMBER})", "ann", "p2 p3 p4"),
    (f"{MEMBER} || {OWN}", "ann", "p1 p4"),
    ("'x' in data.ref('comments.text')", "guest", "p1"),
    ("!('y' in data.ref('comments.text'))", "guest", "p3 p4"),
    ("size(data.ref('comments.id')) == 2", "guest", "p1"),
    ("data.ref('comments.text').exists(t, t == 'x')", "guest", "p1"),
    ("data.ref('nothing.id') == []", "guest", ALL),
    ("null in data.ref('teams.id')", "guest", ""),
    ("auth.ref('$user.teams.posts.id').exists(id, id == data.id)", "ann", "p1"),
    ("data.id in auth.ref('$user.teams.posts.id')", "bob", "p2"),
    ("'team' in auth.ref('$user.teams.name')", "ann", ALL),
    ("'team' in auth.ref('$user.teams.name')", "bob", ""),
    ("auth.nick == 'annie'", "ann", ALL),
    ("auth.email == 'ann@example.com' && data.n == 1", "ann", "p1"),
    ("request.time > timestamp('2020-01-01T00:00:00Z')", "guest", ALL),
    ("request.time < timestamp('2020-01-01T00:00:00Z')", "guest", ""),
    ("ruleParams.title == data.title", "guest", "p2"),
    ("ruleParams.missing == 'x'", "guest", ""),
]


def ask(world: World, names: dict[str, str], query: Any, rules: Any, who: str) -> Any:
    """The answer, once under rules in force and once as a check: both must be the same."""
    assert world.set_rules(rules).status == 200
    body = {"query": filled(query, names)}
    answer = world.app.call("POST", "/admin/query", body, world.headers(who))
    world.set_rules({})
    assert answer.status == 200, answer.text
    checked = world.app.ok("POST", "/admin/query_perms_check", {**body, "rules-override": rules}, world.headers(who))
    assert checked["result"] == answer.json()
    for check in checked["check-results"]:
        assert set(check) == {"id", "entity", "record", "check"}
    return answer.json()


def found(entities: list[Any], names: dict[str, str]) -> str:
    labels = {value: key for key, value in names.items()}
    return " ".join(labels[entity["id"]] for entity in entities)


@pytest.mark.parametrize(("rule", "who", "expected"), VISIBLE, ids=lambda value: str(value)[:60])
def test_view_rules(world: World, names: dict[str, str], rule: Any, who: str, expected: str) -> None:
    query = {"posts": {}, "$$ruleParams": {"title": "b"}}
    assert found(ask(world, names, query, views(rule), who)["posts"], names) == expected
    # As a bind, behind the default of all, and through a condition on what it hides.
    if isinstance(rule, str):
        bound = {"posts": {"allow": {"view": "rule"}, "bind": ["rule", rule]}}
        assert found(ask(world, names, query, bound, who)["posts"], names) == expected
    default = {"$default": {"allow": {"view": rule}}, "comments": {"allow": {"view": True}}}
    assert found(ask(world, names, query, default, who)["posts"], names) == expected
    through = {"comments": {"$": {"where": {"post.title": {"$in": ["a", "b", "c"]}}}}, **query}
    comments = ask(world, names, through, views(rule), who)["comments"]
    shown = [name for name, post in (("c1", "p1"), ("c2", "p1"), ("c3", "p2")) if post in expected.split()]
    assert found(comments, names) == " ".join(shown)


# Rules, who, query, answer: what is left of it, by paths of labels.
HIDES_P2 = "data.title != 'b'"
# The same, but nothing that could be said in SQL.
HIDES_P2_SLOWLY = "!data.title.startsWith('b')"
SHAPES: list[tuple[str, Any, Any]] = [
    ("children vanish, parents stay", {"comments": {"post": {}}}, {"comments": [["p1"], ["p1"], []]}),
    ("where through a hidden entity", {"comments": {"$": {"where": {"post.title": "b"}}}}, {"comments": []}),
    ("where of a hidden entity", {"posts": {"$": {"where": {"title": "b"}}}}, {"posts": []}),
    ("where not", {"posts": {"$": {"where": {"title": {"$not": "a"}}}}}, {"posts": ["p3", "p4"]}),
    ("where in", {"posts": {"$": {"where": {"title": {"$in": ["a", "b"]}}}}}, {"posts": ["p1"]}),
    ("where id", {"posts": {"$": {"where": {"id": "p2"}}}}, {"posts": []}),
    ("where or", {"posts": {"$": {"where": {"or": [{"title": "b"}, {"n": 4}]}}}}, {"posts": ["p4"]}),
    ("order", {"posts": {"$": {"order": {"title": "desc"}}}}, {"posts": ["p4", "p3", "p1"]}),
    ("nested both ways", {"teams": {"posts": {}}}, {"teams": [["p1"], []]}),
    ("two levels", {"teams": {"posts": {"comments": {}}}}, {"teams": [["p1"], []]}),
    (
        "where two links away",
        {"teams": {"$": {"where": {"posts.comments.text": "y"}}}},
        {"teams": ["T"]},
    ),
]


def shape(value: Any, names: dict[str, str]) -> Any:
    """Ids by name; entities with a nested list as the list."""
    labels = {text: name for name, text in names.items()}
    answer = []
    for entity in value:
        nested = [child for child in entity.values() if isinstance(child, list) and all("id" in c for c in child)]
        answer.append([labels[child["id"]] for child in nested[0]] if nested else labels[entity["id"]])
    return answer


@pytest.mark.parametrize("rule", [HIDES_P2, HIDES_P2_SLOWLY])
@pytest.mark.parametrize(
    ("name", "query", "expected"), SHAPES, ids=lambda value: value if isinstance(value, str) else ""
)
def test_hidden_entities(world: World, names: dict[str, str], rule: str, name: str, query: Any, expected: Any) -> None:
    answer = ask(world, names, query, views(rule), "guest")
    assert {key: shape(value, names) for key, value in answer.items()} == expected


def test_pages_are_full_where_rules_can_be_said_in_sql(world: World, names: dict[str, str]) -> None:
    for rule in (HIDES_P2, f"{MEMBER} || data.title in ['c', 'd']"):
        world.set_rules(views(rule))
        body = {"query": {"posts": {"$": {"limit": 2, "offset": 1}}}}
        answer = world.app.ok("POST", "/admin/query", body, world.headers("ann"))
        world.set_rules({})
        assert found(answer["posts"], names) == "p3 p4"


FIELD_RULES: list[tuple[str, str, Any, list[Any]]] = [
    ("true", "guest", {"posts": {}}, ["a", "b", "c", "d"]),
    ("false", "guest", {"posts": {}}, [None] * 4),
    (OWN, "ann", {"posts": {}}, ["a", None, None, "d"]),
    (MEMBER, "ann", {"posts": {}}, ["a", None, None, None]),
    ("data.n != null && data.n > 1", "guest", {"posts": {}}, [None, "b", None, "d"]),
    (OWN, "ann", {"posts": {"$": {"where": {"title": "b"}}}}, []),
    (OWN, "ann", {"posts": {"$": {"where": {"title": "a"}}}}, ["a"]),
    (OWN, "ann", {"posts": {"$": {"where": {"title": {"$like": "%"}}}}}, ["a", "d"]),
    (OWN, "ann", {"posts": {"$": {"order": {"title": "desc"}}}}, ["d", "a"]),
    (OWN, "ann", {"posts": {"$": {"fields": ["title"]}}}, ["a", None, None, "d"]),
]


@pytest.mark.parametrize(("rule", "who", "query", "titles"), FIELD_RULES)
def test_field_rules(world: World, names: dict[str, str], rule: str, who: str, query: Any, titles: list[Any]) -> None:
    answer = ask(world, names, query, {"posts": {"fields": {"title": rule}}}, who)
    assert [post.get("title") for post in answer["posts"]] == titles
    nested = ask(world, names, {"comments": {"post": {}}}, {"posts": {"fields": {"title": rule}}}, who)
    plain = ask(world, names, {"posts": {}}, {"posts": {"fields": {"title": rule}}}, who)
    shown = {post["id"]: post.get("title") for post in plain["posts"]}
    for comment in nested["comments"]:
        for post in comment["post"]:
            assert post.get("title") == shown[post["id"]]


def test_field_rules_come_after_view(world: World, names: dict[str, str]) -> None:
    rules = {"posts": {"allow": {"view": "data.n == 1"}, "fields": {"title": "data.n < 10"}}}
    assert ask(world, names, {"posts": {}}, rules, "guest")["posts"][0]["title"] == "a"


def test_only_admins_count(world: World, names: dict[str, str]) -> None:
    body = {"query": {"posts": {"$": {"aggregate": "count"}}}}
    assert world.app.call("POST", "/admin/query", body, world.headers("ann")).status == 400


@pytest.mark.parametrize(
    "rule",
    ["data.n > 1", "data.meta.k == 1", "data.open && data.n > 0", "1 / data.n > 0", "data.owner.x == 1"],
)
def test_one_bad_row_fails_the_query(world: World, names: dict[str, str], rule: str) -> None:
    world.set_rules(views(rule))
    answer = world.app.call("POST", "/admin/query", {"query": {"posts": {}}}, world.headers("guest"))
    fine = world.app.call(
        "POST", "/admin/query", {"query": {"posts": {"$": {"where": {"title": "none"}}}}}, world.headers("guest")
    )
    world.set_rules({})
    assert (answer.status, answer.json()["type"]) == (400, "permission-evaluation-failed"), answer.text
    assert answer.json()["hint"]["rule"] == ["posts", "view"]
    assert fine.status == 200
    checked = world.app.call(
        "POST",
        "/admin/query_perms_check",
        {"query": {"posts": {}}, "rules-override": views(rule)},
        world.headers("guest"),
    )
    assert checked.json()["type"] == "permission-evaluation-failed"


def test_check_results_of_a_query(world: World, names: dict[str, str]) -> None:
    body = {"query": {"posts": {}}, "rules-override": views(OWN)}
    answer = world.app.ok("POST", "/admin/query_perms_check", body, world.headers("ann"))
    labels = {value: key for key, value in names.items()}
    checks = {labels[check["id"]]: check for check in answer["check-results"]}
    assert {name: check["check"] for name, check in checks.items()} == {
        "p1": True,
        "p2": False,
        "p3": False,
        "p4": True,
    }
    assert checks["p2"]["record"]["title"] == "b"
    assert checks["p2"]["entity"] == "posts"


def test_accounts(world: World, names: dict[str, str]) -> None:
    query: dict[str, Any] = {"$users": {}}
    assert found(ask(world, names, query, {}, "ann")["$users"], names) == "ANN"
    assert ask(world, names, query, {}, "guest")["$users"] == []
    everybody = ask(world, names, query, {"$users": {"allow": {"view": "true"}}}, "guest")["$users"]
    assert found(everybody, names) == "ANN BOB"
    for user in everybody:
        assert not {"password", "tokenKey", "passwordHash"} & set(user)
    # Guests become somebody's, and may then be seen.
    guest = world.app.ok("POST", "/admin/sign_in_guest", {})["user"]["id"]
    world.app.transact(["update", "$users", guest, {"linkedPrimaryUser": world.ann}])
    seen = ask(world, names, query, {}, "ann")["$users"]
    assert {user["id"] for user in seen} == {world.ann, guest}
    world.app.ok("DELETE", f"/admin/users?id={guest}")


@pytest.mark.parametrize("rule", ["data.tokenKey != null", "data.password != null", "data.tokenKey.size() > 0"])
def test_secrets_are_null_in_rules(world: World, names: dict[str, str], rule: str) -> None:
    body = {"query": {"$users": {}}, "rules-override": {"$users": {"allow": {"view": rule}}}}
    answer = world.app.call("POST", "/admin/query_perms_check", body, world.headers("ann"))
    assert answer.status == 400 or answer.json()["result"]["$users"] == []


@pytest.mark.parametrize("namespace", ["$files", "$streams", "$magicCodes", "$userRefreshTokens", "$oauthClients"])
def test_system_namespaces_are_closed(world: World, names: dict[str, str], namespace: str) -> None:
    assert ask(world, names, {namespace: {}}, {}, "ann")[namespace] == []


def test_collections_of_the_other_front_are_closed(world: World, names: dict[str, str]) -> None:
    server = world.app.server
    fields = [{"type": "text", "name": "title"}, {"type": "bool", "name": "open"}]
    server.admin("POST", "/api/collections", {"name": "articles", "type": "base", "fields": fields})
    record = server.admin("POST", "/api/collections/articles/records", {"title": "x", "open": True})
    labels = {**names, "a1": record["id"]}
    query: dict[str, Any] = {"articles": {}}
    assert found(world.app.ok("POST", "/admin/query", {"query": query})["articles"], labels) == "a1"
    for who in ("guest", "ann"):
        assert ask(world, labels, query, {}, who)["articles"] == []
        # Rules of others, binds and field rules open nothing.
        assert ask(world, labels, query, {"posts": {"allow": {"$default": "true"}}}, who)["articles"] == []
        assert ask(world, labels, query, {"articles": {"fields": {"title": "true"}}}, who)["articles"] == []
        for steps in (
            [["update", "articles", "a1", {"title": "y"}]],
            [["create", "articles", new_id(), {"title": "y"}]],
            [["delete", "articles", "a1"]],
            [["update", "articles", "a1", {"brandnew": 1}]],
            [["link", "articles", "a1", {"posts": "p1"}]],
            [["link", "posts", "p1", {"articles": "a1"}]],
        ):
            answer = world.app.call("POST", "/admin/transact", {"steps": filled(steps, labels)}, world.headers(who))
            assert (answer.status, answer.json()["type"]) == (400, "permission-denied"), (steps, answer.text)
    open_ones = {"articles": {"allow": {"view": "data.open", "update": "true"}}}
    assert found(ask(world, labels, query, open_ones, "guest")["articles"], labels) == "a1"
    defaults = {"$default": {"allow": {"view": "true"}}}
    assert found(ask(world, labels, query, defaults, "guest")["articles"], labels) == "a1"


# Documents that are not taken, and where they are wrong.
WRONG: list[tuple[Any, list[str]]] = [
    ({"posts": {"allow": {"view": "data.title =="}}}, ["posts", "allow", "view"]),
    ({"posts": {"allow": {"view": "unknown == 1"}}}, ["posts", "allow", "view"]),
    ({"posts": {"allow": {"view": "newData.title == 'x'"}}}, ["posts", "allow", "view"]),
    ({"posts": {"allow": {"delete": "newData.title == 'x'"}}}, ["posts", "allow", "delete"]),
    ({"posts": {"allow": {"view": "'text'"}}}, ["posts", "allow", "view"]),
    ({"posts": {"allow": {"view": 7}}}, ["posts", "allow", "view"]),
    ({"posts": {"allow": {"view": "data.ref(data.path)"}}}, ["posts", "allow", "view"]),
    ({"posts": {"bind": ["a"]}}, ["posts", "bind"]),
    ({"posts": {"bind": ["a", "b", "b", "a"], "allow": {"view": "a"}}}, ["posts", "bind"]),
    ({"posts": {"bind": ["a", "true", "a", "false"]}}, ["posts", "bind"]),
    ({"posts": {"fields": {"id": "true"}}}, ["posts", "fields", "id"]),
    ({"posts": {"fields": {"title": "nothing"}}}, ["posts", "fields", "title"]),
    ({"$users": {"allow": {"delete": "true"}}}, ["$users", "allow", "delete"]),
    ({"$magicCodes": {"allow": {"view": "true"}}}, ["$magicCodes"]),
    ({"$rateLimits": {"a": {"limits": [{"capacity": 0}]}}}, ["$rateLimits", "a"]),
    ({"posts": {"allow": {"view": "rateLimit.none.limit('a')"}}}, ["posts", "allow", "view"]),
]


@pytest.mark.parametrize(("document", "place"), WRONG, ids=str)
def test_wrong_rules_are_refused(world: World, document: Any, place: list[str]) -> None:
    before = world.app.ok("GET", f"/dash/apps/{APP_ID}/perms/pull")
    answer = world.set_rules(document)
    body = answer.json()
    assert (answer.status, body["type"], body["hint"]["data-type"]) == (400, "validation-failed", "rule")
    assert body["hint"]["errors"][0]["in"][: len(place)] == place
    assert body["hint"]["errors"][0]["message"]
    assert world.app.ok("GET", f"/dash/apps/{APP_ID}/perms/pull") == before
    override = {"query": {"posts": {}}, "steps": [], "rules-override": document}
    for route in ("/admin/query_perms_check", "/admin/transact_perms_check"):
        refused = world.app.call("POST", route, override, world.headers("guest"))
        assert refused.json()["hint"]["data-type"] == "rule"


def test_rules_are_echoed_and_kept(tmp_path_factory: pytest.TempPathFactory) -> None:
    document = {"z": {"bind": ["x", "true"], "allow": {"view": "x", "read": "old"}}, "a": {"allow": {}}, "attrs": {}}
    with App(tmp_path_factory.mktemp("kept") / "home") as app:
        assert app.ok("GET", f"/dash/apps/{APP_ID}/perms/pull") == {"perms": None}
        answer = app.ok("POST", RULES, {"code": document})
        assert answer["rules"]["app_id"] == APP_ID
        assert list(answer["rules"]["code"]) == ["z", "a", "attrs"]
        app.server.stop()
        app.server.start()
        assert app.ok("GET", f"/dash/apps/{APP_ID}/perms/pull") == {"perms": document}
        assert app.ok("GET", f"/superadmin/apps/{APP_ID}/perms") == {"perms": document}
        app.ok("POST", f"/superadmin/apps/{APP_ID}/perms", {"code": {}})
        assert app.ok("GET", f"/superadmin/apps/{APP_ID}/perms") == {"perms": {}}
        for body in ({}, {"code": None}):
            assert app.call("POST", RULES, body).json()["type"] == "param-missing"
        assert app.call("POST", RULES, {"code": "x"}).json()["type"] == "param-malformed"
        stranger = {"authorization": f"Bearer {new_id()}"}
        assert app.call("POST", RULES, {"code": {}}, stranger).json()["type"] == "record-not-found"
        assert app.call("POST", RULES, {"code": {}}, {}).json()["type"] == "param-missing"


SIGN_UPS: list[tuple[Any, dict[str, Any], bool]] = [
    ({}, {}, True),
    ({}, {"nick": "x"}, False),
    ({"$users": {"allow": {"create": "true"}}}, {"nick": "x"}, True),
    ({"$users": {"allow": {"create": "false"}}}, {}, False),
    ({"$users": {"allow": {"create": "data.nick == 'x'"}}}, {"nick": "x"}, True),
    ({"$users": {"allow": {"create": "data.nick == 'x'"}}}, {"nick": "y"}, False),
    ({"$users": {"allow": {"create": "data.email.endsWith('@example.com')"}}}, {}, True),
    ({"$users": {"allow": {"create": "data.email.endsWith('@other.com')"}}}, {}, False),
    ({"$users": {"allow": {"create": "data.type == 'user'"}}}, {}, True),
    ({"$default": {"allow": {"create": "true"}}}, {"nick": "x"}, False),
    ({"$default": {"allow": {"create": "false"}}}, {}, False),
]


@pytest.mark.parametrize(("rules", "extra", "passes"), SIGN_UPS)
def test_sign_ups(world: World, rules: Any, extra: dict[str, Any], passes: bool) -> None:
    app = world.app
    email = f"{new_id()}@example.com"
    code = app.ok("POST", "/admin/magic_code", {"email": email})["code"]
    body = {"app-id": APP_ID, "email": email, "code": code, "extra-fields": extra}
    world.set_rules(rules)
    answer = app.call("POST", "/runtime/auth/verify_magic_code", body, {})
    world.set_rules({})
    if passes:
        user = answer.json()["user"]
        assert (answer.status, user.get("nick")) == (200, extra.get("nick"))
    else:
        assert (answer.status, answer.json()["type"]) == (400, "permission-denied"), answer.text
        # A refused sign-up leaves the code as it is.
        again = app.ok("POST", "/runtime/auth/verify_magic_code", {**body, "extra-fields": {}}, {})
        user = again["user"]
    app.ok("DELETE", f"/admin/users?id={user['id']}")


def test_guests_sign_up_by_the_same_rule(world: World) -> None:
    body = {"app-id": APP_ID}
    world.set_rules({"$users": {"allow": {"create": "data.type != 'guest'"}}})
    refused = world.app.call("POST", "/runtime/auth/sign_in_guest", body, {})
    by_admin = world.app.ok("POST", "/admin/sign_in_guest", {})
    world.set_rules({})
    assert refused.json()["type"] == "permission-denied"
    made = world.app.ok("POST", "/runtime/auth/sign_in_guest", body, {})
    for user in (by_admin["user"]["id"], made["user"]["id"]):
        world.app.ok("DELETE", f"/admin/users?id={user}")


def test_a_guest_who_signs_up_is_asked_about_as_the_guest(world: World) -> None:
    app = world.app
    guest = app.ok("POST", "/runtime/auth/sign_in_guest", {"app-id": APP_ID}, {})["user"]
    email = f"{new_id()}@example.com"
    code = app.ok("POST", "/admin/magic_code", {"email": email})["code"]
    body = {"app-id": APP_ID, "email": email, "code": code}
    world.set_rules({"$users": {"allow": {"create": "auth.type == 'guest' && auth.id != null"}}})
    refused = app.call("POST", "/runtime/auth/verify_magic_code", body, {})
    made = app.call("POST", "/runtime/auth/verify_magic_code", {**body, "refresh-token": guest["refresh_token"]}, {})
    world.set_rules({})
    assert refused.json()["type"] == "permission-denied"
    assert (made.status, made.json()["user"]["id"]) == (200, guest["id"]), made.text
    app.ok("DELETE", f"/admin/users?id={guest['id']}")


FILE_RULES = [
    ("request.ip == '127.0.0.1'", {}, True),
    ("request.ip == '127.0.0.2'", {}, False),
    ("request.origin == 'https://app.example.com'", {"origin": "https://app.example.com"}, True),
    ("request.origin == 'https://app.example.com'", {"origin": "https://evil.example.com"}, False),
    ("request.origin == null", {}, True),
]


@pytest.mark.parametrize(("rule", "headers", "passes"), FILE_RULES)
def test_rules_of_files_see_the_request(world: World, rule: str, headers: dict[str, str], passes: bool) -> None:
    app, path = world.app, f"rules/{new_id()}"
    guest = {"app-id": APP_ID, **headers}
    world.set_rules({"$files": {"allow": {"create": rule, "view": rule, "delete": rule}}})
    put = app.send("PUT", "/storage/upload", {**guest, "path": path}, b"bytes")
    ticket = app.call("POST", "/storage/signed-upload-url", {"app_id": APP_ID, "filename": path}, headers)
    url = app.send("GET", f"/storage/signed-download-url?filename={path}", guest)
    gone = app.send("DELETE", f"/storage/files?filename={path}", guest)
    many = app.call(
        "POST", "/admin/storage/files/delete", {"filenames": [path]}, {**ADMIN, "as-guest": "true", **headers}
    )
    world.set_rules({})
    expected = 200 if passes else 400
    assert [answer.status for answer in (put, ticket, url, gone, many)] == [expected] * 5, (put.text, ticket.text)
