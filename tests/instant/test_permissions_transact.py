"""Who may change what: every kind of step, allowed and refused, for real and as a dry run."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest

from instant.app import App
from instant.rules_app import World, filled, new_id

OWN = "auth.id != null && auth.id == data.owner"
MEMBER = "auth.id in data.ref('teams.members.id')"

# Rules, who, steps, and whether they pass. Ids: P is ann's post with the comment C, of the team T with ann
# in it; Q is bob's post, without team; X is nothing.
Row = tuple[dict[str, Any], str, list[Any], bool]


def posts(**allow: Any) -> dict[str, Any]:
    return {"posts": {"allow": allow}}


def rules(**namespaces: dict[str, Any]) -> dict[str, Any]:
    return {name: {"allow": allow} for name, allow in namespaces.items()}


UPDATE = ["update", "posts", "P", {"title": "t2"}]
CREATE = ["create", "posts", "X", {"title": "new", "owner": "ANN"}]
UNTITLED = ["update", "posts", "X", {}]
LINK = ["link", "posts", "P", {"comments": "D"}]
LINK_REVERSE = ["link", "comments", "D", {"post": "P"}]
UNLINK = ["unlink", "posts", "P", {"comments": "C"}]
DELETE = ["delete", "posts", "P"]

ROWS: dict[str, Row] = {
    # No rule is no refusal.
    "guest updates without rules": ({}, "guest", [UPDATE], True),
    "guest creates without rules": ({}, "guest", [CREATE], True),
    "guest deletes without rules": ({}, "guest", [DELETE], True),
    "guest links without rules": ({}, "guest", [LINK], True),
    "guest unlinks without rules": ({}, "guest", [UNLINK], True),
    "rules of others do not matter": (rules(comments={"update": "false"}), "guest", [UPDATE], True),
    # Lookup of rules.
    "own rule": (posts(update="false"), "ann", [UPDATE], False),
    "own rule as a bool": (posts(update=False), "ann", [UPDATE], False),
    "own rule true": (posts(update=True), "guest", [UPDATE], True),
    "default of the namespace": ({"posts": {"allow": {"$default": "false"}}}, "ann", [UPDATE], False),
    "default of the namespace gives way": (
        {"posts": {"allow": {"$default": "false", "update": "true"}}},
        "ann",
        [UPDATE],
        True,
    ),
    "default of all": ({"$default": {"allow": {"update": "false"}}}, "ann", [UPDATE], False),
    "default of defaults": ({"$default": {"allow": {"$default": "false"}}}, "ann", [UPDATE], False),
    "namespace before default of all": (
        {"$default": {"allow": {"$default": "false"}}, "posts": {"allow": {"$default": "true"}}},
        "ann",
        [UPDATE],
        True,
    ),
    "null denies": (posts(update="null"), "ann", [UPDATE], False),
    "unknown action is no rule": (posts(read="false"), "ann", [UPDATE], True),
    # Update: add and merge of what exists.
    "update own": (posts(update=OWN), "ann", [UPDATE], True),
    "update another's": (posts(update=OWN), "bob", [UPDATE], False),
    "update as guest": (posts(update=OWN), "guest", [UPDATE], False),
    "update by id alone": (posts(update=OWN), "bob", [["update", "posts", "P", {}]], False),
    "merge own": (posts(update=OWN), "ann", [["merge", "posts", "P", {"meta": {"a": 1}}]], True),
    "merge another's": (posts(update=OWN), "bob", [["merge", "posts", "P", {"meta": {"a": 1}}]], False),
    "data is the old state": (
        posts(update="data.title == 't1'"),
        "ann",
        [UPDATE],
        True,
    ),
    "owner cannot be taken": (posts(update=OWN), "bob", [["update", "posts", "P", {"owner": "BOB"}]], False),
    "newData is the new state": (posts(update="newData.title == 't2'"), "ann", [UPDATE], True),
    "newData has what stays": (posts(update="newData.owner == data.owner"), "ann", [UPDATE], True),
    "newData sees later steps": (
        posts(update="newData.n == 7"),
        "ann",
        [UPDATE, ["update", "posts", "P", {"n": 7}]],
        True,
    ),
    "newData sees merges": (
        posts(update="newData.meta.b == 2"),
        "ann",
        [["merge", "posts", "P", {"meta": {"b": 2}}]],
        True,
    ),
    "newData owner stays": (
        posts(update="newData.owner == data.owner"),
        "ann",
        [["update", "posts", "P", {"owner": "BOB"}]],
        False,
    ),
    "modified fields allowed": (
        posts(update="request.modifiedFields.all(f, f in ['title'])"),
        "guest",
        [UPDATE],
        True,
    ),
    "modified fields refused": (
        posts(update="request.modifiedFields.all(f, f in ['title'])"),
        "guest",
        [["update", "posts", "P", {"title": "x", "n": 3}]],
        False,
    ),
    "modified fields of all steps": (
        posts(update="request.modifiedFields.all(f, f in ['title'])"),
        "guest",
        [UPDATE, ["merge", "posts", "P", {"meta": {}}]],
        False,
    ),
    "modified fields leave the id out": (
        posts(update="size(request.modifiedFields) == 0"),
        "guest",
        [["update", "posts", "P", {}]],
        True,
    ),
    "ref allowed": (posts(update=MEMBER), "ann", [UPDATE], True),
    "ref refused": (posts(update=MEMBER), "bob", [UPDATE], False),
    "ref of nobody's": (posts(update=MEMBER), "ann", [["update", "posts", "Q", {"n": 1}]], False),
    "auth.ref allowed": (posts(update="'T' in auth.ref('$user.teams.id')"), "ann", [UPDATE], True),
    "auth.ref refused": (posts(update="'T' in auth.ref('$user.teams.id')"), "bob", [UPDATE], False),
    "auth.ref of a guest": (posts(update="'T' in auth.ref('$user.teams.id')"), "guest", [UPDATE], False),
    "auth has custom fields": (posts(update="auth.nick == 'annie'"), "ann", [UPDATE], True),
    "auth email": (posts(update="auth.email == 'bob@example.com'"), "bob", [UPDATE], True),
    "auth of a guest is null": (posts(update="auth.id == null && auth.email == null"), "guest", [UPDATE], True),
    "binds": (
        {"posts": {"allow": {"update": "mine"}, "bind": ["mine", OWN]}},
        "bob",
        [UPDATE],
        False,
    ),
    "binds as an object": ({"posts": {"allow": {"update": "mine"}, "bind": {"mine": OWN}}}, "ann", [UPDATE], True),
    "shared binds": (
        {"$default": {"bind": {"mine": OWN}}, "posts": {"allow": {"update": "mine"}}},
        "ann",
        [UPDATE],
        True,
    ),
    "one refused step refuses all": (
        posts(update=OWN),
        "ann",
        [UPDATE, ["update", "posts", "Q", {"n": 1}]],
        False,
    ),
    # Create.
    "create with rule": (posts(create=OWN), "ann", [CREATE], True),
    "create for another": (posts(create=OWN), "bob", [CREATE], False),
    "create as guest": (posts(create="auth.id != null"), "guest", [CREATE], False),
    "update of nothing creates": (posts(create="false", update="true"), "ann", [UNTITLED], False),
    "update of nothing asks no update": (posts(create="true", update="false"), "ann", [UNTITLED], True),
    "data is newData on create": (posts(create="data.title == newData.title"), "ann", [CREATE], True),
    "create sees its links": (
        posts(create=MEMBER),
        "ann",
        [CREATE, ["link", "posts", "X", {"teams": "T"}]],
        True,
    ),
    "create without its links": (posts(create=MEMBER), "ann", [CREATE], False),
    "create sees modified fields": (posts(create="'owner' in request.modifiedFields"), "ann", [CREATE], True),
    "create twice is one entity": (
        posts(create="data.n == 2"),
        "ann",
        [UNTITLED, ["update", "posts", "X", {"n": 2}]],
        True,
    ),
    # Delete.
    "delete own": (posts(delete=OWN), "ann", [DELETE], True),
    "delete another's": (posts(delete=OWN), "bob", [DELETE], False),
    "delete of nothing is asked": (posts(delete=OWN), "ann", [["delete", "posts", "X"]], False),
    "delete of nothing allowed": (posts(delete="data == null"), "ann", [["delete", "posts", "X"]], True),
    "delete and ref": (posts(delete=MEMBER), "ann", [DELETE], True),
    "cascade is asked": (rules(posts={"delete": "true"}, comments={"delete": "false"}), "ann", [DELETE], False),
    "cascade allowed": (
        rules(posts={"delete": "true"}, comments={"delete": "data.text == 'c'"}),
        "ann",
        [DELETE],
        True,
    ),
    "cascade inherits rule parameters": (
        rules(comments={"delete": "ruleParams.key == 'k'"}),
        "ann",
        [["ruleParams", "posts", "P", {"key": "k"}], DELETE],
        True,
    ),
    "cascade by a new link is asked": (
        rules(comments={"delete": "false", "link": {"post": "true"}}),
        "ann",
        [["update", "posts", "Q", {}], ["link", "comments", "D", {"post": "Q"}], ["delete", "posts", "Q"]],
        False,
    ),
    "other namespace with the same id": (
        rules(comments={"delete": "false"}),
        "ann",
        [["delete", "posts", "D"]],
        True,
    ),
    # Links without rules of their own: update of the forward side, view of the reverse side.
    "link: forward may be updated": (rules(comments={"update": "true"}), "ann", [LINK], True),
    "link: forward may not be updated": (rules(comments={"update": "false"}), "ann", [LINK], False),
    "link from the reverse side": (rules(comments={"update": "false"}), "ann", [LINK_REVERSE], False),
    "link: reverse update does not matter": (rules(posts={"update": "false"}), "ann", [LINK], True),
    "link: reverse may not be seen": (rules(posts={"view": "false"}), "ann", [LINK], False),
    "link: reverse view by ref": (rules(posts={"view": MEMBER}), "bob", [LINK], False),
    "link: forward view does not matter": (rules(comments={"view": "false"}), "ann", [LINK], True),
    "link of a new forward entity": (
        rules(comments={"create": "false", "update": "true"}),
        "ann",
        [["create", "comments", "X", {}], ["link", "comments", "X", {"post": "P"}]],
        False,
    ),
    "link of a new forward entity allowed": (
        rules(comments={"create": "true", "update": "false"}),
        "ann",
        [["create", "comments", "X", {}], ["link", "comments", "X", {"post": "P"}]],
        True,
    ),
    "link to a new reverse entity": (
        rules(posts={"view": OWN}),
        "ann",
        [CREATE, ["link", "comments", "D", {"post": "X"}]],
        True,
    ),
    "link counts as modified": (
        rules(comments={"update": "'post' in request.modifiedFields"}),
        "ann",
        [LINK],
        True,
    ),
    # Link rules.
    "link rule alone decides": (
        rules(comments={"update": "false", "link": {"post": "true"}}, posts={"view": "false"}),
        "ann",
        [LINK],
        True,
    ),
    "link rule refuses": (rules(comments={"link": {"post": "false"}}), "ann", [LINK], False),
    "link rule of the reverse side": (rules(posts={"link": {"comments": "false"}}), "ann", [LINK], False),
    "link rule of the reverse side alone decides": (
        rules(posts={"link": {"comments": "true"}, "view": "false"}, comments={"update": "false"}),
        "ann",
        [LINK_REVERSE],
        True,
    ),
    "both link rules must hold": (
        rules(posts={"link": {"comments": "true"}}, comments={"link": {"post": "false"}}),
        "ann",
        [LINK],
        False,
    ),
    "default link rule": (rules(comments={"link": {"$default": "false"}}), "ann", [LINK], False),
    "label before default link rule": (
        rules(comments={"link": {"$default": "false", "post": "true"}}),
        "ann",
        [LINK],
        True,
    ),
    "link rule of another label": (rules(comments={"link": {"other": "false"}}), "ann", [LINK], True),
    "linkedData": (rules(comments={"link": {"post": "linkedData.owner == auth.id"}}), "ann", [LINK], True),
    "linkedData refused": (rules(comments={"link": {"post": "linkedData.owner == auth.id"}}), "bob", [LINK], False),
    "linkedData.ref": (
        rules(comments={"link": {"post": "auth.id in linkedData.ref('teams.members.id')"}}),
        "ann",
        [LINK],
        True,
    ),
    "linkedData.ref refused": (
        rules(comments={"link": {"post": "auth.id in linkedData.ref('teams.members.id')"}}),
        "bob",
        [LINK],
        False,
    ),
    "actions of existing ones": (
        rules(comments={"link": {"post": "actions.data == 'update' && actions.linkedData == 'update'"}}),
        "ann",
        [LINK],
        True,
    ),
    "actions of a new one": (
        rules(comments={"link": {"post": "actions.data == 'create' && actions.linkedData == 'update'"}}),
        "ann",
        [["create", "comments", "X", {}], ["link", "comments", "X", {"post": "P"}]],
        True,
    ),
    "rule parameters of a link": (
        rules(comments={"link": {"post": "ruleParams.key == 'k'"}}),
        "ann",
        [["ruleParams", "comments", "D", {"key": "k"}], LINK],
        True,
    ),
    # Unlink.
    "unlink: forward may not be updated": (rules(comments={"update": "false"}), "ann", [UNLINK], False),
    "unlink: reverse may not be seen": (rules(posts={"view": "false"}), "ann", [UNLINK], False),
    "unlink rule alone decides": (
        rules(comments={"update": "false", "unlink": {"post": "true"}}, posts={"view": "false"}),
        "ann",
        [UNLINK],
        True,
    ),
    "unlink rule refuses": (rules(comments={"unlink": {"post": "false"}}), "ann", [UNLINK], False),
    "unlink rule of the reverse side": (rules(posts={"unlink": {"comments": "false"}}), "ann", [UNLINK], False),
    "link rule is no unlink rule": (rules(comments={"link": {"$default": "false"}}), "ann", [UNLINK], True),
    "default unlink rule": (rules(posts={"unlink": {"$default": "false"}}), "ann", [UNLINK], False),
    # Rule parameters.
    "rule parameters": (
        posts(update="ruleParams.key == 'k'"),
        "ann",
        [["ruleParams", "posts", "P", {"key": "k"}], UPDATE],
        True,
    ),
    "rule parameters of another": (
        posts(update="ruleParams.key == 'k'"),
        "ann",
        [["ruleParams", "posts", "Q", {"key": "k"}], UPDATE],
        False,
    ),
    "rule parameters missing": (posts(update="ruleParams.key == 'k'"), "ann", [UPDATE], False),
    # Attrs.
    "new attr by default": ({}, "guest", [["update", "posts", "P", {"fresh1": 1}]], True),
    "new attr refused": (
        {"attrs": {"allow": {"create": "false"}}},
        "ann",
        [["update", "posts", "P", {"fresh2": 1}]],
        False,
    ),
    "new attr refused by default rule": (
        {"attrs": {"allow": {"$default": "false"}}},
        "ann",
        [["update", "posts", "P", {"fresh2": 1}]],
        False,
    ),
    "known attrs need no rule": ({"attrs": {"allow": {"create": "false"}}}, "ann", [UPDATE], True),
    "new namespace refused": (
        {"attrs": {"allow": {"create": "false"}}},
        "ann",
        [["update", "things", "X", {"a": 1}]],
        False,
    ),
    # Accounts.
    "own row": ({}, "ann", [["update", "$users", "ANN", {"nick": "annie"}]], True),
    "another's row": ({}, "bob", [["update", "$users", "ANN", {"nick": "bobs"}]], False),
    "another's row by rule": (
        rules(**{"$users": {"update": "true"}}),
        "bob",
        [["update", "$users", "ANN", {"nick": "annie"}]],
        True,
    ),
    "link to an own row": ({}, "ann", [["link", "teams", "T", {"members": "ANN"}]], True),
    "link to another's row": ({}, "bob", [["link", "teams", "T", {"members": "ANN"}]], False),
}

SEED: list[Any] = [
    ["create", "posts", "P", {"title": "t1", "owner": "ANN", "n": 1, "open": True}],
    ["create", "posts", "Q", {"title": "q1", "owner": "BOB", "n": 2}],
    ["create", "comments", "C", {"text": "c"}],
    ["create", "comments", "D", {"text": "d"}],
    ["create", "teams", "T", {"name": "team"}],
    ["link", "posts", "P", {"teams": "T", "comments": "C"}],
    ["link", "teams", "T", {"members": "ANN"}],
]


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with App(tmp_path_factory.mktemp("permissions") / "home") as app:
        world = World(app)
        app.transact(["update", "$users", world.ann, {"nick": "annie"}])
        yield world


def seed(world: World) -> dict[str, str]:
    names = world.names({name: new_id() for name in "PQCDTX"})
    world.app.transact(*filled(SEED, names))
    return names


def everything(world: World, names: dict[str, str]) -> Any:
    ids = {"$in": list(names.values())}
    query = {
        "posts": {"$": {"where": {"id": ids}}, "comments": {}, "teams": {}},
        "comments": {"$": {"where": {"id": ids}}},
        "$users": {"$": {"where": {"id": ids}}},
    }
    return world.app.ok("POST", "/admin/query", {"query": query})


@pytest.mark.parametrize("name", ROWS)
def test_transact(world: World, name: str) -> None:
    document, who, steps, passes = ROWS[name]
    names = seed(world)
    # Ids inside expressions.
    document = json.loads(json.dumps(document).replace("'T'", f"'{names['T']}'"))
    body = {"steps": filled(steps, names)}
    headers = world.headers(who)
    before = everything(world, names)

    checked = world.app.ok("POST", "/admin/transact_perms_check", {**body, "rules-override": document}, headers)
    assert checked["all-checks-ok?"] is passes, checked["check-results"]
    assert checked["committed?"] is False
    assert isinstance(checked["tx-id"], int)
    assert everything(world, names) == before

    assert world.set_rules(document).status == 200
    answer = world.app.call("POST", "/admin/transact", body, headers)
    world.set_rules({})
    if passes:
        assert answer.status == 200, answer.text
        assert list(answer.json()) == ["tx-id"]
    else:
        refused = answer.json()
        assert (answer.status, refused["type"]) == (400, "permission-denied"), answer.text
        assert refused["hint"]["expected"] == "perms-pass?"
        assert everything(world, names) == before


# Steps that no rule allows.
ALL = {"$default": {"allow": {"$default": "true"}}, "$users": {"allow": {"$default": "true", "delete": "false"}}}
RESTRICTED: dict[str, list[Any]] = {
    "make a user": [["create", "$users", "X", {"nick": "x"}]],
    "make a user by update": [["update", "$users", "X", {}]],
    "delete oneself": [["delete", "$users", "ANN"]],
    "own email": [["update", "$users", "ANN", {"email": "new@example.com"}]],
    "own type": [["update", "$users", "ANN", {"type": "user"}]],
    "own picture": [["update", "$users", "ANN", {"imageURL": "http://x"}]],
    "own primary user": [["link", "$users", "ANN", {"linkedPrimaryUser": "BOB"}]],
    "own guests": [["link", "$users", "ANN", {"linkedGuestUsers": "BOB"}]],
    "verified": [["update", "$users", "ANN", {"verified": True}]],
    "email visibility": [["update", "$users", "ANN", {"emailVisibility": True}]],
    "codes": [["update", "$magicCodes", "X", {"email": "a@b.co"}]],
    "tokens": [["update", "$userRefreshTokens", "X", {}]],
    "streams": [["update", "$streams", "X", {"done": True}]],
    "unknown system namespace": [["update", "$other", "X", {"a": 1}]],
    "password": [["update", "$users", "ANN", {"password": "12345678"}]],
    "token key": [["update", "$users", "ANN", {"tokenKey": "x"}]],
    "delete of a lookup that finds nobody": [["delete", "posts", ["nobody", "x"]]],
}


@pytest.mark.parametrize("name", RESTRICTED)
def test_what_no_rule_allows(world: World, name: str) -> None:
    names = seed(world)
    world.set_rules(ALL)
    answer = world.app.call("POST", "/admin/transact", {"steps": filled(RESTRICTED[name], names)}, world.headers("ann"))
    world.set_rules({})
    assert answer.status == 400, answer.text
    assert answer.json()["type"] in {"validation-failed", "permission-denied"}, answer.text
    user = world.app.ok("GET", f"/admin/users?id={world.ann}")["user"]
    assert (user["email"], user.get("type")) == ("ann@example.com", None)


@pytest.mark.parametrize(
    ("rule", "kind"),
    [
        ("data.n < 'a'", "permission-evaluation-failed"),
        ("data.missing < 3", "permission-evaluation-failed"),
        ("data.meta.deep.deeper == 1", "permission-evaluation-failed"),
        ("[1, 2, 3][7] == 1", "permission-evaluation-failed"),
        ("1 / 0 == 1", "permission-evaluation-failed"),
    ],
)
def test_rules_that_raise(world: World, rule: str, kind: str) -> None:
    names = seed(world)
    document = posts(update=rule)
    if world.set_rules(document).status == 200:
        answer = world.app.call("POST", "/admin/transact", {"steps": filled([UPDATE], names)}, world.headers("ann"))
        world.set_rules({})
        assert (answer.status, answer.json()["type"]) == (400, kind), answer.text
        assert answer.json()["hint"]["rule"] == ["posts", "update"]


def test_broken_default_rules_are_found_when_needed(world: World) -> None:
    names = seed(world)
    assert world.set_rules(rules(comments={"link": {"post": "this is not a rule"}})).status == 200
    answer = world.app.call("POST", "/admin/transact", {"steps": filled([LINK], names)}, world.headers("ann"))
    world.set_rules({})
    assert (answer.status, answer.json()["type"]) == (400, "validation-failed"), answer.text
    assert answer.json()["hint"]["data-type"] == "permission"


def test_a_dry_run_commits_if_asked_and_allowed(world: World) -> None:
    names = seed(world)
    body = {"steps": filled([UPDATE], names), "dangerously-commit-tx": True}
    headers = world.headers("ann")
    refused = world.app.ok(
        "POST", "/admin/transact_perms_check", {**body, "rules-override": posts(update="false")}, headers
    )
    assert (refused["all-checks-ok?"], refused["committed?"]) == (False, False)
    assert everything(world, names)["posts"][0]["title"] == "t1"
    done = world.app.ok("POST", "/admin/transact_perms_check", {**body, "rules-override": None}, headers)
    assert (done["all-checks-ok?"], done["committed?"]) == (True, True)
    assert everything(world, names)["posts"][0]["title"] == "t2"


def test_check_results_of_a_transaction(world: World) -> None:
    names = seed(world)
    document = posts(update="data.title == 't1' && newData.title == 't2'")
    body = {"steps": filled([UPDATE], names), "rules-override": document}
    [check] = world.app.ok("POST", "/admin/transact_perms_check", body, world.headers("ann"))["check-results"]
    assert {key: check[key] for key in ("scope", "action", "etype", "eid", "check-result", "check-pass?")} == {
        "scope": "object",
        "action": "update",
        "etype": "posts",
        "eid": names["P"],
        "check-result": True,
        "check-pass?": True,
    }
    assert check["program"]["code"] == "data.title == 't1' && newData.title == 't2'"
    assert (check["bindings"]["data"]["title"], check["bindings"]["new-data"]["title"]) == ("t1", "t2")
    assert check["bindings"]["modified-fields"] == ["title"]


def test_rate_limits(world: World) -> None:
    names = seed(world)
    document = {
        "posts": {"allow": {"update": "rateLimit.writes.limit(auth.id)"}},
        "$rateLimits": {"writes": {"limits": [{"capacity": 2, "refill": {"period": "1 hour"}}]}},
    }
    assert world.set_rules(document).status == 200
    body = {"steps": filled([UPDATE], names)}
    answers = [world.app.call("POST", "/admin/transact", body, world.headers("ann")) for _ in range(3)]
    other = world.app.call("POST", "/admin/transact", body, world.headers("bob"))
    world.set_rules({})
    assert [answer.status for answer in answers] == [200, 200, 429]
    limited = answers[2].json()
    assert limited["type"] == "rate-limited"
    assert limited["hint"]["remaining-tokens"] == 0
    assert limited["hint"]["retry-after"] > 0
    assert other.status == 200


@pytest.mark.parametrize("route", ["/admin/query_perms_check", "/admin/transact_perms_check"])
def test_checks_are_for_impersonating_admins(world: World, route: str) -> None:
    body = {"query": {"posts": {}}, "steps": []}
    refused = world.app.call("POST", route, body)
    assert (refused.status, refused.json()["hint"]["data-type"]) == (400, "non-admin")
    guest = {"app-id": world.headers("guest")["app-id"], "as-guest": "true"}
    assert world.app.call("POST", route, body, guest).json()["type"] == "param-missing"


def test_request_context(world: World) -> None:
    names = seed(world)
    document = posts(update="request.ip == '10.1.2.3' && request.origin == 'https://x.example'")
    body = {"steps": filled([UPDATE], names), "rules-override": document}
    told = {"ip-override": "10.1.2.3", "origin-override": "https://x.example"}
    route = "/admin/transact_perms_check"
    assert world.app.ok("POST", route, {**body, **told}, world.headers("ann"))["all-checks-ok?"] is True
    assert world.app.ok("POST", route, body, world.headers("ann"))["all-checks-ok?"] is False
    document = posts(update="request.ip == '127.0.0.1' && request.origin == 'https://y.example'")
    world.set_rules(document)
    headers = {**world.headers("ann"), "origin": "https://y.example"}
    answer = world.app.call("POST", "/admin/transact", {"steps": filled([UPDATE], names)}, headers)
    world.set_rules({})
    assert answer.status == 200, answer.text


LOW_LEVEL: list[tuple[dict[str, Any], list[Any], bool]] = [
    (posts(update="data.title == 't1' && newData.title == 'x'"), ["add-triple", "P", "TITLE", "x"], True),
    (posts(update="false"), ["add-triple", "P", "TITLE", "x"], False),
    (posts(update="false"), ["deep-merge-triple", "P", "TITLE", "x"], False),
    (posts(create="data.title == 'x'", update="false"), ["add-triple", "X", "TITLE", "x"], True),
    (posts(create="false"), ["add-triple", "X", "TITLE", "x"], False),
    (posts(update="newData.title == null"), ["retract-triple", "P", "TITLE", "t1"], True),
    (posts(update="false"), ["retract-triple", "P", "TITLE", "t1"], False),
    (posts(delete="false"), ["delete-entity", "P", "posts"], False),
    (posts(delete=OWN), ["delete-entity", "P", "posts"], True),
    (posts(delete="false"), ["delete-entity", "P"], False),
    (posts(delete=OWN), ["delete-entity", "P"], True),
    ({}, ["delete-entity", "X"], True),
    ({}, ["delete-attr", "TITLE"], False),
    ({}, ["update-attr", {"id": "TITLE", "index?": False}], False),
]


@pytest.mark.parametrize(("document", "step", "passes"), LOW_LEVEL)
def test_low_level_steps(world: World, document: dict[str, Any], step: list[Any], passes: bool) -> None:
    names = {**seed(world), "TITLE": world.title_attr}
    world.set_rules(document)
    answer = world.app.call("POST", "/admin/transact", {"steps": [filled(step, names)]}, world.headers("ann"))
    world.set_rules({})
    if passes:
        assert answer.status == 200, answer.text
    else:
        assert (answer.status, answer.json()["type"]) == (400, "permission-denied"), answer.text


FILE_RULES: list[tuple[Any, str, bool]] = [
    ({}, "ann", False),
    ({"create": "true"}, "guest", True),
    ({"create": "data.path.startsWith(auth.id + '/')"}, "ann", True),
    ({"create": "data.path.startsWith(auth.id + '/')"}, "bob", False),
    ({"create": "'annie' in auth.ref('$user.nick')"}, "ann", True),
    ({"view": "true"}, "ann", False),
]


@pytest.mark.parametrize(("allow", "who", "passes"), FILE_RULES)
def test_rules_of_files(world: World, allow: dict[str, Any], who: str, passes: bool) -> None:
    path = f"{world.ann}/{new_id()}"
    world.set_rules({"$files": {"allow": allow}})
    answer = world.app.send("PUT", "/admin/storage/upload", {**world.headers(who), "path": path}, b"bytes")
    world.set_rules({"$files": {"allow": {"view": "data.path.endsWith('" + path[-12:] + "')"}}})
    query: dict[str, Any] = {"query": {"$files": {}}}
    seen = world.app.ok("POST", "/admin/query", query, world.headers("guest"))["$files"]
    world.set_rules({})
    assert world.app.ok("POST", "/admin/query", query, world.headers("ann"))["$files"] == []
    if passes:
        assert answer.status == 200, answer.text
        assert [file["path"] for file in seen] == [path]
    else:
        assert (answer.status, answer.json()["type"]) == (400, "permission-denied"), answer.text
        assert answer.json()["hint"]["input"] == ["$files", "create"]
