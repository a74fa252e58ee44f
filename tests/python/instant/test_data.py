"""Queries, transactions and permissions, of both clients."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Any

import pytest
from harness.server import Server
from instantdb_admin_client import (
    Create,
    DebugCheckResult,
    Delete,
    InstantAPIError,
    InstantError,
    InstantInputError,
    Link,
    Merge,
    RuleParams,
    Unlink,
    Update,
    id,
    lookup,
)

from support.apps import ADMIN_TOKEN, APP_ID
from support.both import Runner

RULES = {"goals": {"allow": {"view": "auth.id != null"}}}


def test_steps_of_all_kinds(db: Any, run: Runner) -> None:
    goal, first, second = id(), id(), id()
    space = f"a{uuid.uuid4().hex}"
    todos = f"{space}todos"
    done = run(
        db.transact(
            [
                Create(space, goal, {"title": "Get fit", "meta": {"a": 1, "b": {"c": 2}}}),
                Update(todos, first, {"title": "Run"}),
                Update(todos, second, {"title": "Swim"}, upsert=True),
                Link(space, goal, {todos: [first, second]}),
            ]
        )
    )
    assert list(done) == ["tx-id"]
    run(db.transact(Merge(space, goal, {"meta": {"a": None, "b": {"d": 3}}})))
    run(db.transact([Unlink(space, goal, {todos: first})]))
    assert run(db.query({space: {todos: {}}})) == {
        space: [
            {
                "id": goal,
                "title": "Get fit",
                "meta": {"b": {"c": 2, "d": 3}},
                todos: [{"id": second, "title": "Swim"}],
            }
        ]
    }
    run(db.transact([Delete(space, goal), ["delete", todos, first], (step for step in [Delete(todos, second)])]))
    assert run(db.query({space: {}, todos: {}})) == {space: [], todos: []}


def test_entities_by_lookup(db: Any, run: Runner) -> None:
    people, handle = f"p{uuid.uuid4().hex}", uuid.uuid4().hex
    run(db.transact([Update(people, lookup("handle", handle), {"name": "Ada"})]))
    run(db.transact(db.tx[people][lookup("handle", handle)].merge({"name": "Ada L."})))
    other = id()
    run(db.transact([Update("posts", other, {"t": 1}), Link("posts", other, {people: lookup("handle", handle)})]))
    [post] = run(db.query({"posts": {"$": {"where": {"id": other}}, people: {}}}))["posts"]
    assert [person["name"] for person in post[people]] == ["Ada L."]


def test_upsert_can_be_refused(db: Any, run: Runner) -> None:
    with pytest.raises(InstantAPIError, match=r"Transaction failed: .*don't exist") as caught:
        run(db.transact(Update("goals", id(), {"title": "x"}, upsert=False)))
    assert (caught.value.status, caught.value.type) == (400, "validation-failed")
    goal = id()
    run(db.transact(Create("goals", goal, {"title": "x"})))
    with pytest.raises(InstantAPIError, match="exist"):
        run(db.transact(Create("goals", goal, {"title": "x"})))


def test_the_builder(db: Any, run: Runner) -> None:
    space, one, two = f"b{uuid.uuid4().hex}", id(), id()
    chunk = db.tx[space][one].create({"n": 1}).merge({"n": 2}, {"upsert": False})
    assert [step.to_list()[0] for step in chunk] == ["create", "merge"]
    assert (len(chunk), len(chunk.delete())) == (2, 3)
    assert [*chunk][1].to_list() == ["merge", space, one, {"n": 2}, {"upsert": False}]
    run(db.transact([db.tx[space][one].update({"n": 2}), db.tx[space][two].update({"n": 3}).link({"others": one})]))
    run(db.transact(db.tx[space][two].unlink({"others": one})))
    assert sorted(row["n"] for row in run(db.query({space: {}}))[space]) == [2, 3]
    assert "delete" in repr(db.tx.goals[one].delete())
    assert not hasattr(db.tx, "__wrapped__")


def test_times_are_iso_texts(db: Any, run: Runner) -> None:
    space, one = f"d{uuid.uuid4().hex}", id()
    zone = dt.timezone(dt.timedelta(hours=2))
    values = {
        "naive": dt.datetime(2026, 1, 2, 3, 4, 5),
        "aware": dt.datetime(2026, 1, 2, 3, 4, 5, 678000, tzinfo=zone),
        "day": dt.date(2026, 1, 2),
        "inside": {"when": [dt.datetime(2026, 1, 2, tzinfo=dt.UTC)]},
    }
    run(db.transact(Update(space, one, values)))
    [row] = run(db.query({space: {}}))[space]
    assert row == {
        "id": one,
        "naive": "2026-01-02T03:04:05",
        "aware": "2026-01-02T03:04:05.678000+02:00",
        "day": "2026-01-02",
        "inside": {"when": ["2026-01-02T00:00:00+00:00"]},
    }
    where = {"naive": dt.datetime(2026, 1, 2, 3, 4, 5)}
    assert len(run(db.query({space: {"$": {"where": where}}}))[space]) == 1


def test_impersonation(db: Any, make: Any, run: Runner, base_url: str) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    token = run(db.auth.create_token(email))
    run(db.transact(Update("goals", id(), {"title": "x"})))
    for user, sees in (
        (db.as_user(email=email), True),
        (db.as_user(token=token), True),
        (db.as_user(guest=True), False),
    ):
        assert bool(run(user.debug_query({"goals": {}}, rules=RULES))["result"]["goals"]) is sees
        assert run(user.query({"goals": {}}))["goals"]
    assert "as-guest" not in db.headers
    again = db.as_user(guest=True).as_user(email=email)
    assert [name for name in again.headers if name.startswith("as-")] == ["as-email"]
    # A user's token is enough.
    assert run(make(base_url, APP_ID, "").as_user(token=token).query({"goals": {}}))["goals"]


@pytest.mark.parametrize(
    "arguments",
    [
        {},
        {"guest": False},
        {"email": "a@example.com", "guest": True},
        {"email": "a@example.com", "token": "x"},
        {"email": ""},
        {"token": " "},
        {"email": 7},
    ],
)
def test_impersonation_takes_one_argument(db: Any, arguments: dict[str, Any]) -> None:
    with pytest.raises(InstantInputError) as caught:
        db.as_user(**arguments)
    assert (caught.value.status, caught.value.type) == (0, "input")


def test_permission_checks(db: Any, run: Runner) -> None:
    goal = id()
    run(db.transact(Update("goals", goal, {"title": "Get fit"})))
    guest = db.as_user(guest=True)
    seen = run(guest.debug_query({"goals": {"$": {"where": {"id": goal}}}}, RULES))
    assert seen["result"] == {"goals": []}
    [check] = seen["checkResults"]
    assert isinstance(check, DebugCheckResult)
    assert (check.id, check.entity, check.check, check.record["title"]) == (goal, "goals", False, "Get fit")
    refused = {"goals": {"allow": {"update": "false"}}}
    for steps in (
        [["update", "goals", goal, {"title": "x"}]],
        [Update("goals", goal, {"title": "x"})],
        db.tx.goals[goal].update({"title": "x"}),
    ):
        assert run(guest.debug_transact(steps))["all-checks-ok?"] is True
        assert run(guest.debug_transact(steps, rules=refused))["all-checks-ok?"] is False
    [row] = run(db.query({"goals": {"$": {"where": {"id": goal}}}}))["goals"]
    assert row["title"] == "Get fit"
    with pytest.raises(InstantAPIError, match=r"Debug query failed: .*admin"):
        run(db.debug_query({"goals": {}}))
    with pytest.raises(InstantAPIError, match=r"Debug transaction failed: .*admin"):
        run(db.debug_transact([["update", "goals", goal, {}]]))


def test_parameters_of_rules(db: Any, run: Runner) -> None:
    goal = id()
    run(db.transact(Update("goals", goal, {"key": "k"})))
    rules = {"goals": {"allow": {"view": "ruleParams.key == data.key", "update": "ruleParams.key == data.key"}}}
    guest, query = db.as_user(guest=True), {"goals": {"$": {"where": {"id": goal}}}}
    for given, sees in (({"key": "k"}, True), ({"key": "other"}, False)):
        seen = run(guest.debug_query(query, rules, rule_params=given))
        assert bool(seen["result"]["goals"]) is sees
        steps = [RuleParams("goals", goal, given), Update("goals", goal, {"title": "x"})]
        assert run(guest.debug_transact(steps, rules))["all-checks-ok?"] is sees
        chunk = db.tx.goals[goal].rule_params(given).update({"title": "x"})
        assert run(guest.debug_transact(chunk, rules))["all-checks-ok?"] is sees
    assert run(db.query(query, rule_params={"key": "k"}))["goals"]
    assert "$$ruleParams" not in query


def test_checks_with_keys_that_are_not_known() -> None:
    answer = {"id": "1", "entity": "goals", "record": {}, "check": True, "label": "f", "program": {}, "new": 1}
    check = DebugCheckResult.of(answer)
    assert (check.label, check.program, check.extra) == ("f", {}, {"new": 1})
    assert DebugCheckResult("1", "goals", {}, True).extra == {}
    assert DebugCheckResult.of({}).check is None


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda db: db.query([]), "a query is a dictionary"),
        (lambda db: db.query("goals"), "a query is a dictionary"),
        (lambda db: db.query({"goals": {}}, rule_params=3), "rule_params"),
        (lambda db: db.transact("update"), "a transaction is a list of steps"),
        (lambda db: db.transact(None), "a transaction is a list of steps"),
        (lambda db: db.transact({"update": 1}), "a transaction is a list of steps"),
        (lambda db: db.transact([7]), "7 is no step"),
        (lambda db: db.transact([{"update": 1}]), "is no step"),
        (lambda db: db.debug_transact(7), "a transaction is a list of steps"),
        (lambda db: db.transact(Update("goals", "goal-1", {"n": float("nan")})), "nan|NaN"),
        (lambda db: db.transact(Update("goals", "goal-1", {"n": object()})), "object"),
        (lambda db: db.auth.get_user(), "exactly one of email, id, refresh_token; given: none"),
        (lambda db: db.auth.get_user(email="a@example.com", id="1"), "given: email, id"),
        (lambda db: db.auth.delete_user(), "exactly one"),
        (lambda db: db.auth.create_token(), "exactly one"),
        (lambda db: db.auth.sign_out(), "exactly one"),
        (lambda db: db.auth.sign_out(7), "email is a text"),
        (lambda db: db.auth.verify_token(7), "a refresh token is a text"),
        (lambda db: db.storage.uploadFile("", b"x"), "the path of a file"),
        (lambda db: db.storage.uploadFile(7, b"x"), "the path of a file"),
        (lambda db: db.storage.uploadFile("a", 7), "a file is bytes"),
        (lambda db: db.storage.uploadFile("a", b"x", "image/jpeg"), "options is a dictionary"),
        (lambda db: db.storage.delete_many("a.jpg"), "a list of texts"),
        (lambda db: db.storage.delete(None), "the path of a file"),
    ],
)
def test_arguments_of_the_wrong_type(db: Any, run: Runner, call: Any, words: str) -> None:
    with pytest.raises(InstantInputError, match=words) as caught:
        run(call(db))
    assert isinstance(caught.value, ValueError)
    assert (caught.value.status, caught.value.type, caught.value.hint) == (0, "input", None)
    assert caught.value.message


@pytest.mark.parametrize(
    ("call", "verb", "kind"),
    [
        (lambda db: db.query({"goals": []}), "Query", "validation-failed"),
        (lambda db: db.transact([["fly", "goals", "goal-1"]]), "Transaction", "validation-failed"),
        (lambda db: db.as_user(email="nobody@example.com").query({"goals": {}}), "Query", "record-not-found"),
        (lambda db: db.as_user(token="user-refresh-token").query({"goals": {}}), "Query", "param-malformed"),
        (lambda db: db.auth.verify_token("user-refresh-token"), "Verify token", "param-malformed"),
        (lambda db: db.auth.create_token("no address"), "Create token", "param-malformed"),
        (lambda db: db.auth.check_magic_code("a@example.com", "1"), "Check magic code", "record-not-found"),
    ],
)
def test_what_the_server_refuses(db: Any, run: Runner, call: Any, verb: str, kind: str) -> None:
    run(db.transact(Update("goals", "goal-1", {"title": "x"})))
    with pytest.raises(InstantAPIError) as caught:
        run(call(db))
    error = caught.value
    assert str(error).startswith(f'{verb} failed: {{"')
    assert kind in str(error)
    assert (error.status, error.type) == (400, kind)
    assert error.message == error.body["message"]
    assert error.hint == error.body["hint"]
    assert error.url.startswith(db.config.base_url)


def test_wrong_credentials(make: Any, run: Runner, server: Server) -> None:
    missing = "00000000-0000-4000-8000-000000000000"
    for app_id, token in ((APP_ID, missing), (missing, ADMIN_TOKEN)):
        with pytest.raises(InstantAPIError, match="app-admin-token") as caught:
            run(make(server.base_url, app_id, token).query({"goals": {}}))
        assert caught.value.hint["record-type"] == "app-admin-token"


def test_settings_from_the_environment(db: Any, server: Server, run: Runner, monkeypatch: pytest.MonkeyPatch) -> None:
    kind = type(db)
    monkeypatch.delenv("INSTANT_APP_ID", raising=False)
    with pytest.raises(InstantInputError, match="INSTANT_APP_ID"):
        kind(base_url=server.base_url)
    monkeypatch.setenv("INSTANT_APP_ID", APP_ID)
    monkeypatch.setenv("INSTANT_APP_ADMIN_TOKEN", ADMIN_TOKEN)
    made = kind(base_url=f"{server.base_url}/")
    assert made.config.base_url == made.config["base_url"] == server.base_url
    assert made.config.app_id == APP_ID
    assert made.headers["Authorization"] == f"Bearer {ADMIN_TOKEN}"
    assert ADMIN_TOKEN not in repr(made)
    run(made.query({"goals": {}}))
    run(made.close())
    with pytest.raises(InstantError, match="closed"):
        run(made.query({"goals": {}}))
    run(made.close())
    for wrong in ("", "not an address", "ftp://example.com", 7):
        with pytest.raises(InstantInputError):
            kind(base_url=wrong)


def test_headers_that_a_program_adds_are_sent(db: Any, run: Runner) -> None:
    db.headers["as-guest"] = "true"
    with pytest.raises(InstantAPIError) as caught:
        run(db.transact([["create", "$users", id(), {"email": "x@example.com"}]]))
    assert caught.value.status == 400
    del db.headers["as-guest"]
    run(db.query({"goals": {}}))
