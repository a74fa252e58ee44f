"""Live queries of both clients: results, gaps, errors, ends."""

from __future__ import annotations

import asyncio
import contextlib
import threading
import time
from pathlib import Path
from typing import Any

import pytest
from harness.server import Server
from instantdb_admin_client import (
    Delete,
    InstantAPIError,
    InstantConnectionError,
    InstantDBAdmin,
    InstantDBAdminAPI,
    Link,
    QueryEvent,
    Update,
    id,
)

from support.apps import ADMIN_TOKEN, APP_ID, app_server
from support.both import Runner
from support.usage import until

WAIT_S = 20
RULES = {
    "secrets": {"allow": {"view": "data.owner == auth.id"}},
    "counted": {"allow": {"view": "ruleParams.key == data.key"}},
}


def _next(live: Any, run: Runner) -> QueryEvent:
    event = run(live.next(timeout=WAIT_S))
    assert isinstance(event, QueryEvent)
    return event


def _rows(live: Any, run: Runner, space: str, label: str = "title") -> list[Any]:
    event = _next(live, run)
    assert event.type == "ok", event
    assert event.data is not None
    return [row[label] for row in event.data[space]]


def test_results_stay_up_to_date(db: Any, run: Runner) -> None:
    space, owners, one, two = f"l{id()}", f"o{id()}", id(), id()
    live = db.subscribe_query({space: {owners: {}}})
    assert (live.is_connected, live.is_closed) == (False, False)
    assert _rows(live, run, space) == []
    assert live.is_connected
    run(db.transact(Update(space, one, {"title": "a"})))
    assert _rows(live, run, space) == ["a"]
    run(db.transact(Update(f"other{space}", id(), {"title": "unseen"})))
    run(db.transact(Update(space, two, {"title": "b"})))
    assert _rows(live, run, space) == ["a", "b"]
    run(db.transact([Update(owners, two, {"name": "O"}), Link(space, one, {owners: two})]))
    event = _next(live, run)
    assert event["data"][space][0][owners] == [{"id": two, "name": "O"}]
    run(db.transact([Delete(space, one)]))
    assert _rows(live, run, space) == ["b"]
    run(live.close())
    assert (live.is_connected, live.is_closed) == (False, True)
    assert run(live.next()) is None
    run(live.close())


def test_nothing_is_lost_by_not_waiting_long_enough(db: Any, run: Runner) -> None:
    space = f"t{id()}"
    live = db.subscribe_query({space: {}})
    assert _rows(live, run, space) == []
    for number in range(3):
        with pytest.raises(TimeoutError):
            run(live.next(timeout=0.01))
        run(db.transact(Update(space, id(), {"title": number})))
        assert _rows(live, run, space) == list(range(number + 1))
    run(live.close())


def test_pages_and_counts(db: Any, run: Runner) -> None:
    space = f"p{id()}"
    run(db.transact([Update(space, id(), {"title": number}) for number in range(3)]))
    live = db.subscribe_query({space: {"$": {"limit": 2}}})
    event = _next(live, run)
    assert event.page_info[space]
    assert event.aggregate == {}
    assert dict(event)["type"] == "ok"
    with pytest.raises(KeyError):
        event["nothing"]
    run(live.close())
    live = db.subscribe_query({space: {"$": {"aggregate": "count"}}})
    assert _next(live, run).aggregate == {space: {"count": 3}}
    run(live.close())


def test_users_see_what_is_theirs(db: Any, run: Runner, base_url: str) -> None:
    _set_rules(base_url, RULES)
    token = run(db.auth.create_token(f"{id()}@example.com"))
    me = run(db.auth.verify_token(token))["id"]
    live = db.as_user(token=token).subscribe_query({"secrets": {}})
    counted = db.as_user(guest=True).subscribe_query({"counted": {}}, rule_params={"key": me})
    assert _rows(live, run, "secrets") == []
    assert _rows(counted, run, "counted") == []
    run(db.transact([Update("secrets", id(), {"owner": "another"}), Update("counted", id(), {"key": "another"})]))
    run(db.transact([Update("secrets", id(), {"owner": me}), Update("counted", id(), {"key": me, "title": "x"})]))
    assert _rows(live, run, "secrets", "owner") == [me]
    assert _rows(counted, run, "counted") == ["x"]
    run(live.close())
    run(counted.close())


def _set_rules(base_url: str, rules: dict[str, Any]) -> None:
    """Gives the app rules."""
    from ketch._core import Connection

    connection = Connection(base_url)
    headers = {"App-Id": APP_ID, "Authorization": f"Bearer {ADMIN_TOKEN}"}
    connection.send("POST", f"/dash/apps/{APP_ID}/rules", headers=headers, json={"code": rules})
    connection.close()


@pytest.mark.parametrize(
    ("arguments", "query", "kind"),
    [
        ({"admin_token": "00000000-0000-4000-8000-000000000000"}, {"goals": {}}, "record-not-found"),
        ({}, {"goals": {"$": {"limit": "five"}}}, "validation-failed"),
    ],
)
def test_refusals_are_the_last_event(
    make: Any, run: Runner, server: Server, arguments: dict[str, Any], query: dict[str, Any], kind: str
) -> None:
    live = make(server.base_url, **arguments).subscribe_query(query)
    event = _next(live, run)
    assert event.type == "error"
    assert isinstance(event.error, InstantAPIError)
    assert (event.error.type, event.error.status) == (kind, 400)
    assert str(event.error).startswith("Subscribe query failed: ")
    assert live.is_closed
    assert run(live.next()) is None


def test_a_server_that_is_not_there(make: Any, run: Runner) -> None:
    live = make("http://127.0.0.1:1").subscribe_query({"goals": {}})
    event = _next(live, run)
    assert (event.type, live.is_closed) == ("error", True)
    assert isinstance(event.error, InstantConnectionError)
    assert event.error.type == "connect"


def test_a_server_that_dies_and_comes_back(make: Any, run: Runner, tmp_path: Path) -> None:
    server = app_server(tmp_path / "home")
    with server:
        db, space = make(server.base_url), "goals"
        live = db.subscribe_query({space: {}})
        assert _rows(live, run, space) == []
        run(db.transact(Update(space, "goal-1", {"title": "kept"})))
        assert _rows(live, run, space) == ["kept"]
        server.kill()
        event = _next(live, run)
        assert event.type == "gap"
        assert isinstance(event.error, InstantConnectionError)
        assert event.error.type == "interrupted"
        assert (live.is_connected, live.is_closed) == (False, False)
        with pytest.raises(TimeoutError):
            run(live.next(timeout=0.3))
        _restart(server)
        assert _rows(live, run, space) == ["kept"]
        run(db.transact(Update(space, "goal-2", {"title": "new"})))
        assert _rows(live, run, space) == ["kept", "new"]
        run(live.close())


def _restart(server: Server) -> None:
    """Starts the server where it was."""
    import harness.server

    port, keep = server.port, harness.server.free_port
    harness.server.free_port = lambda: port
    try:
        server.start()
    finally:
        harness.server.free_port = keep


def test_a_token_that_is_signed_out_under_way(db: Any, run: Runner) -> None:
    email = f"{id()}@example.com"
    live = db.as_user(token=run(db.auth.create_token(email))).subscribe_query({"goals": {}})
    assert _next(live, run).type == "ok"
    run(db.auth.sign_out(email))
    run(db.transact(Update("goals", id(), {"title": "not for them"})))
    event = _next(live, run)
    assert isinstance(event.error, InstantAPIError)
    assert (event.type, event.error.type, event.error.status) == ("error", "record-not-found", 400)
    assert event.error.hint["record-type"] == "app-user"
    assert run(live.next()) is None


def test_a_token_that_ends_while_the_server_is_away(make: Any, run: Runner, tmp_path: Path) -> None:
    server = app_server(tmp_path / "home")
    with server:
        db = make(server.base_url)
        token = run(db.auth.create_token("ada@example.com"))
        live = db.as_user(token=token).subscribe_query({"goals": {}})
        assert _rows(live, run, "goals") == []
        run(db.auth.sign_out("ada@example.com"))
        server.kill()
        _restart(server)
        events = [_next(live, run)]
        while events[-1].type != "error":
            events.append(_next(live, run))
        assert isinstance(events[-1].error, InstantAPIError)
        assert (events[-1].error.type, events[-1].error.hint["record-type"]) == ("record-not-found", "app-user")
        assert live.is_closed


def test_an_asynchronous_loop(server: Server) -> None:
    async def scenario() -> list[Any]:
        seen: list[Any] = []
        async with InstantDBAdminAPI(APP_ID, ADMIN_TOKEN, server.base_url) as db:
            space = f"a{id()}"
            async with db.subscribe_query({space: {}}) as live:
                async for event in live:
                    assert event.data is not None
                    seen.append(len(event.data[space]))
                    if seen[-1] == 3:
                        break
                    await db.transact(Update(space, id(), {"n": 1}))
            assert live.is_closed
            async for _ in live:
                raise AssertionError("an event after the end")
        return seen

    assert asyncio.run(asyncio.wait_for(scenario(), WAIT_S)) == [0, 1, 2, 3]


def test_a_blocking_loop(server: Server) -> None:
    seen: list[Any] = []
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        space = f"s{id()}"
        with db.subscribe_query({space: {}}) as live:
            for event in live:
                assert event.data is not None
                seen.append(len(event.data[space]))
                if seen[-1] == 3:
                    break
                db.transact(Update(space, id(), {"n": 1}))
        assert list(live) == []
    assert seen == [0, 1, 2, 3]


def test_closing_wakes_who_waits_in_a_thread(server: Server) -> None:
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        live = db.subscribe_query({"goals": {}})
        assert live.next(WAIT_S) is not None
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(live.next()))
        thread.start()
        time.sleep(0.05)
        live.close()
        thread.join(WAIT_S)
        assert ended == [None]


def test_closing_wakes_who_waits_in_a_task(server: Server) -> None:
    async def scenario() -> None:
        async with InstantDBAdminAPI(APP_ID, ADMIN_TOKEN, server.base_url) as db:
            live = db.subscribe_query({"goals": {}})
            assert await live.next(WAIT_S) is not None
            waiting = asyncio.ensure_future(live.next())
            await asyncio.sleep(0.05)
            await live.close()
            assert await waiting is None
            # A task that is cancelled loses nothing of a live query that goes on.
            space = f"c{id()}"
            live = db.subscribe_query({space: {}})
            assert await live.next(WAIT_S) is not None
            waiting = asyncio.ensure_future(live.next())
            await asyncio.sleep(0.05)
            waiting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await waiting
            await db.transact(Update(space, id(), {"n": 1}))
            event = await live.next(WAIT_S)
            assert event is not None
            assert event.data is not None
            assert len(event.data[space]) == 1
            await live.close()

    asyncio.run(asyncio.wait_for(scenario(), WAIT_S * 2))


def test_closing_while_the_server_is_away(tmp_path: Path) -> None:
    with app_server(tmp_path / "home") as server, InstantDBAdmin(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        live = db.subscribe_query({"goals": {}})
        assert live.next(WAIT_S) is not None
        server.kill()
        event = live.next(WAIT_S)
        assert event is not None
        assert event.type == "gap"
        ended: list[Any] = []
        thread = threading.Thread(target=lambda: ended.append(live.next()))
        thread.start()
        time.sleep(0.5)
        live.close()
        until(lambda: bool(ended), "the waiting thread ends")
        assert ended == [None]
        thread.join()
