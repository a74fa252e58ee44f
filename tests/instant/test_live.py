"""Live queries over event streams: told of what changes the answer, and of nothing else."""

from __future__ import annotations

import uuid
from typing import Any

import pytest

from instant.app import ADMIN, APP_ID, GUEST, App
from instant.events import Events, refreshed

SUBSCRIBE = "/admin/subscribe-query"
UNKNOWN = "00000000-0000-4000-8000-00000000dead"


def new_id() -> str:
    return str(uuid.uuid4())


def fresh(app: App, **values: Any) -> tuple[str, str]:
    """A namespace of its own with one entity; answers both names."""
    namespace, entity = f"n{uuid.uuid4().hex}", new_id()
    app.transact(["update", namespace, entity, {"title": "one", **values}])
    return namespace, entity


def test_the_first_answer(app: App) -> None:
    namespace, entity = fresh(app)
    query = {namespace: {"$": {"limit": 5}}}
    with Events(app, query) as live:
        event = live.next()
        assert live.answer.getheader("content-type") == "text/event-stream"
        assert live.answer.getheader("cache-control") == "no-cache"
        assert set(live.init) == {"op", "machine-id", "session-id", "sse-token"}
        assert live.lines[0].startswith("retry: ")
        assert event["op"] == "add-query-ok"
        assert event["q"] == query
        assert event["result"] == {namespace: [{"id": entity, "title": "one"}]}
        assert event["result-meta"]["page-info"][namespace]["has-next-page?"] is False
        number = app.transact(["update", namespace, entity, {"title": "two"}])
        assert live.next(2)["processed-tx-id"] >= number > event["processed-tx-id"]


def test_a_change_of_the_answer_is_told_once_and_another_change_is_not(app: App) -> None:
    namespace, entity = fresh(app)
    other, _ = fresh(app)
    with Events(app, {namespace: {"$": {"where": {"title": "one"}}}}) as live:
        assert len(live.next()["result"][namespace]) == 1
        app.transact(["update", other, new_id(), {"title": "one"}])
        app.transact(["update", namespace, new_id(), {"title": "two"}])
        app.transact(["update", namespace, entity, {"title": "one"}])
        app.transact(["update", namespace, entity, {"title": "three"}])
        assert refreshed(live.next(2)) == {namespace: []}
        app.transact(["update", namespace, entity, {"title": "one"}])
        assert refreshed(live.next(3)) == {namespace: [{"id": entity, "title": "one"}]}
        assert len(live.events) == 3


@pytest.mark.parametrize("step", ["create", "update", "merge", "delete"])
def test_every_kind_of_step_is_seen(app: App, step: str) -> None:
    namespace, entity = fresh(app, meta={"a": 1})
    steps = {
        "create": ["update", namespace, new_id(), {"title": "new"}],
        "update": ["update", namespace, entity, {"title": "new"}],
        "merge": ["merge", namespace, entity, {"meta": {"b": 2}}],
        "delete": ["delete", namespace, entity],
    }
    with Events(app, {namespace: {}}) as live:
        first = live.next()["result"]
        app.transact(steps[step])
        assert refreshed(live.next(2)) != first


def test_links_are_followed(app: App) -> None:
    authors, author = fresh(app)
    books, book = fresh(app)
    app.transact(["link", authors, author, {books: book}])
    with Events(app, {authors: {books: {}}}) as live:
        assert live.next()["result"] == {
            authors: [{"id": author, "title": "one", books: [{"id": book, "title": "one"}]}]
        }
        app.transact(["update", books, book, {"title": "two"}])
        assert refreshed(live.next(2))[authors][0][books] == [{"id": book, "title": "two"}]
        app.transact(["unlink", authors, author, {books: book}])
        assert refreshed(live.next(3))[authors][0][books] == []
        app.transact(["link", authors, author, {books: book}])
        live.next(4)
        app.transact(["delete", books, book])
        assert refreshed(live.next(5))[authors][0][books] == []


def test_a_namespace_that_is_made_later(app: App) -> None:
    namespace, entity = f"n{uuid.uuid4().hex}", new_id()
    with Events(app, {namespace: {}}) as live:
        assert live.next()["result"] == {namespace: []}
        app.transact(["update", namespace, entity, {"title": "one"}])
        assert refreshed(live.next(2)) == {namespace: [{"id": entity, "title": "one"}]}


def test_records_of_the_other_front_are_seen(tmp_path_factory: pytest.TempPathFactory) -> None:
    with App(tmp_path_factory.mktemp("live") / "home", superuser=True) as app:
        fields = [{"name": "title", "type": "text"}]
        app.server.admin("POST", "/api/collections", {"name": "posts", "type": "base", "fields": fields})
        with Events(app, {"posts": {}}) as live:
            live.next()
            made = app.server.admin("POST", "/api/collections/posts/records", {"title": "hello"})
            assert refreshed(live.next(2))["posts"][0]["id"] == made["id"]
            renamed = [{"name": "title", "type": "text"}, {"name": "note", "type": "text"}]
            app.server.admin("PATCH", "/api/collections/posts", {"fields": renamed})
            app.server.admin("PATCH", f"/api/collections/posts/records/{made['id']}", {"title": "two"})
            live.wait(lambda: refreshed(live.events[-1])["posts"][0]["title"] == "two")


def test_many_changes_end_in_the_last_state(app: App) -> None:
    namespace, entity = fresh(app, count=0)
    with Events(app, {namespace: {}}) as live:
        live.next()
        for count in range(1, 101):
            app.transact(["update", namespace, entity, {"count": count}])
        live.wait(lambda: len(live.events) > 1 and refreshed(live.events[-1])[namespace][0]["count"] == 100)
        counts = [refreshed(event)[namespace][0]["count"] for event in live.events[1:]]
        assert counts == sorted(set(counts))


def test_who_asks_the_same_gets_the_same(app: App) -> None:
    namespace, entity = fresh(app)
    with Events(app, {namespace: {}}) as one, Events(app, {namespace: {}}) as other:
        one.next(), other.next()
        app.transact(["update", namespace, entity, {"title": "two"}])
        assert refreshed(one.next(2)) == refreshed(other.next(2))
        with Events(app, {namespace: {}}) as late:
            assert late.next()["result"][namespace][0]["title"] == "two"
            app.transact(["update", namespace, entity, {"title": "three"}])
            assert {
                refreshed(live.next(count))[namespace][0]["title"] for live, count in ((one, 3), (other, 3), (late, 2))
            } == {"three"}


def test_after_a_reconnect_the_answer_is_the_newest(app: App) -> None:
    namespace, entity = fresh(app)
    with Events(app, {namespace: {}}) as live:
        live.next()
    app.transact(["update", namespace, entity, {"title": "meanwhile"}])
    with Events(app, {namespace: {}}) as live:
        assert live.next()["result"][namespace][0]["title"] == "meanwhile"


def test_files_are_part_of_answers(app: App) -> None:
    path = f"live/{new_id()}"
    with Events(app, {"$files": {"$": {"where": {"path": path}}}}) as live:
        assert live.next()["result"] == {"$files": []}
        stored = app.send("PUT", "/admin/storage/upload", {**ADMIN, "path": path}, b"bytes").json()["data"]
        file = refreshed(live.next(2))["$files"][0]
        assert (file["id"], file["path"], file["size"]) == (stored["id"], path, 5)
        place = file["url"].removeprefix(f"http://127.0.0.1:{app.port}")
        assert app.send("GET", place).body == b"bytes"
        app.transact(["delete", "$files", stored["id"]])
        assert refreshed(live.next(3)) == {"$files": []}
        assert app.send("GET", place).status == 404


def test_a_query_that_does_not_hold(app: App) -> None:
    query = {"posts": {"$": {"nonsense": 1}}}
    with Events(app, query) as live:
        event = live.next()
        assert (event["op"], event["status"], event["type"]) == ("error", 400, "validation-failed")
        assert event["original-event"] == {"op": "add-query", "q": query}
        assert event["message"]
        assert event["hint"]["data-type"] == "query"


REFUSED = [
    ("no query", {}, ADMIN, "param-missing"),
    ("null", {"query": None}, ADMIN, "param-missing"),
    ("a text", {"query": "posts"}, ADMIN, "param-malformed"),
    ("a list", {"query": []}, ADMIN, "param-malformed"),
    ("no token", {"query": {}}, {"app-id": APP_ID}, "param-missing"),
    ("wrong token", {"query": {}}, {**ADMIN, "authorization": f"Bearer {UNKNOWN}"}, "record-not-found"),
    ("unknown user", {"query": {}}, {**ADMIN, "as-token": UNKNOWN}, "record-not-found"),
    ("broken user", {"query": {}}, {**ADMIN, "as-token": "x"}, "param-malformed"),
    ("unknown email", {"query": {}}, {**ADMIN, "as-email": "no@example.com"}, "record-not-found"),
]


@pytest.mark.parametrize(("body", "headers", "kind"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_refused_before_the_stream(app: App, body: Any, headers: dict[str, str], kind: str) -> None:
    answer = app.call("POST", SUBSCRIBE, body, headers)
    assert (answer.status, answer.json()["type"]) == (400, kind), answer.text


@pytest.mark.parametrize("ending", ["sign out", "delete"])
def test_a_session_ends(app: App, ending: str) -> None:
    user, token = app.sign_in(f"{uuid.uuid4().hex}@example.com")
    with Events(app, {"notes": {}}, {"app-id": APP_ID, "as-token": token}) as live:
        live.next()
        if ending == "sign out":
            app.ok("POST", "/admin/sign_out", {"refresh_token": token})
        else:
            app.ok("DELETE", f"/admin/users?id={user}")
        live.wait_end()
        assert live.events[-1]["type"] == "record-not-found"
        assert live.events[-1]["hint"]["record-type"] == "app-user"


def test_a_user_shown_by_the_admin_ends_with_the_user(app: App) -> None:
    email = f"{uuid.uuid4().hex}@example.com"
    user, _ = app.sign_in(email)
    with Events(app, {"notes": {}}, {**ADMIN, "as-email": email}) as live:
        live.next()
        app.ok("DELETE", f"/admin/users?id={user}")
        live.wait_end()
        assert live.events[-1]["hint"]["record-type"] == "app-user"


def test_a_stop_of_the_server_ends_streams(tmp_path_factory: pytest.TempPathFactory) -> None:
    with App(tmp_path_factory.mktemp("stop") / "home") as app, Events(app, {"notes": {}}) as live:
        live.next()
        assert app.server.stop() < 10
        live.wait_end()


def test_answers_follow_the_rules_and_what_they_ask(tmp_path_factory: pytest.TempPathFactory) -> None:
    with App(tmp_path_factory.mktemp("rules") / "home") as app:
        user, token = app.sign_in("anna@example.com")
        note = new_id()
        app.transact(["update", "notes", note, {"owner": user, "title": "one"}])
        mine = {"notes": {"allow": {"view": "auth.id == data.owner"}}}
        app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": mine})
        with (
            Events(app, {"notes": {}}, {"app-id": APP_ID, "as-token": token}) as anna,
            Events(app, {"notes": {}}, GUEST) as guest,
        ):
            assert len(anna.next()["result"]["notes"]) == 1
            assert guest.next()["result"] == {"notes": []}
            app.transact(["update", "notes", note, {"owner": "nobody"}])
            assert refreshed(anna.next(2)) == {"notes": []}
            app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": {"notes": {"allow": {"view": "true"}}}})
            assert len(refreshed(guest.next(2))["notes"]) == 1
            assert len(refreshed(anna.next(3))["notes"]) == 1


PRESENCE = "/admin/rooms/presence"


def test_nobody_is_in_a_room(app: App) -> None:
    assert app.ok("GET", f"{PRESENCE}?room-type=chat&room-id=1") == {"sessions": None}
    for url, headers in [
        (PRESENCE, ADMIN),
        (f"{PRESENCE}?room-type=chat", ADMIN),
        (f"{PRESENCE}?room-id=1", ADMIN),
        (f"{PRESENCE}?room-type=a&room-id=1", GUEST),
    ]:
        assert app.call("GET", url, headers=headers).json()["type"] == "param-missing", url


def test_changes_of_the_schema_alone_are_seen(app: App) -> None:
    """They write no record: shown values change, names get a meaning and lose it."""
    namespace, entity = fresh(app)
    authors = f"{namespace}_authors"
    blob = {
        "id": new_id(),
        "value-type": "blob",
        "cardinality": "one",
        "forward-identity": [new_id(), namespace, "note"],
        "unique?": False,
        "index?": True,
    }
    link = {
        "id": new_id(),
        "value-type": "ref",
        "cardinality": "many",
        "forward-identity": [new_id(), namespace, "authors"],
        "reverse-identity": [new_id(), authors, "works"],
        "unique?": False,
        "index?": False,
    }
    with (
        Events(app, {namespace: {}}) as shown,
        Events(app, {namespace: {"authors": {}}}) as linked,
        Events(app, {authors: {"$": {"order": {"name": "asc"}}}}) as unknown,
    ):
        assert shown.next()["result"] == {namespace: [{"id": entity, "title": "one"}]}
        assert linked.next()["result"] == {namespace: [{"id": entity, "title": "one", "authors": []}]}
        assert unknown.next()["result"] == {authors: []}
        app.transact(["add-attr", blob])
        assert refreshed(shown.next(2)) == {namespace: [{"id": entity, "title": "one", "note": None}]}
        app.transact(["add-attr", link])
        # Whatever a namespace that was not there is ordered by, it is known now that this cannot be.
        assert unknown.next(2)["op"] == "error"
        app.transact(["delete-attr", blob["id"]])
        assert refreshed(shown.next(3)) == {namespace: [{"id": entity, "title": "one"}]}
        # What was made last is followed like all else.
        author = new_id()
        app.transact(["update", authors, author, {"name": "Ann"}], ["link", namespace, entity, {"authors": author}])
        tree = {"id": entity, "title": "one", "authors": [{"id": author, "name": "Ann"}]}
        linked.wait(lambda: refreshed(linked.events[-1]) == {namespace: [tree]})


def test_the_first_entity_of_a_namespace_is_seen(app: App) -> None:
    """Its namespace is made by the same transaction, or just before it."""
    namespace = f"n{uuid.uuid4().hex}"
    first, second = new_id(), new_id()
    with Events(app, {namespace: {}}) as live:
        assert live.next()["result"] == {namespace: []}
        attr = {"value-type": "blob", "cardinality": "one", "unique?": True, "index?": False}
        app.transact(["add-attr", {**attr, "id": new_id(), "forward-identity": [new_id(), namespace, "id"]}])
        app.transact(["update", namespace, first, {}])
        app.transact(["update", namespace, second, {}])
        live.wait(lambda: len(refreshed(live.events[-1]).get(namespace, [])) == 2 if len(live.events) > 1 else False)


def test_rate_limits_of_rules_are_not_taken_from_by_the_server(app: App) -> None:
    namespace, entity = fresh(app)
    rules = {
        namespace: {"allow": {"view": f"rateLimit.views.limit('{namespace}')"}},
        "$rateLimits": {"views": {"limits": [{"capacity": 3, "refill": {"period": "1 hour"}}]}},
    }
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": rules})
    try:
        with Events(app, {namespace: {}}, GUEST) as live:
            assert live.next()["result"] == {namespace: [{"id": entity, "title": "one"}]}
            for count in range(2, 8):
                app.transact(["update", namespace, entity, {"title": f"{count}"}])
                assert refreshed(live.next(count)) == {namespace: [{"id": entity, "title": f"{count}"}]}
        asked = [app.call("POST", "/admin/query", {"query": {namespace: {}}}, GUEST).status for _ in range(3)]
        assert asked == [200, 200, 429], "one of three was taken by the first answer"
    finally:
        app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": {}})
