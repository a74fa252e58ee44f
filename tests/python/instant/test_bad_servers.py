"""Servers and networks at their worst: errors with their fields, in time, and nothing left behind."""

from __future__ import annotations

import asyncio
import json
import pickle
import time
from pathlib import Path
from typing import Any

import pytest
from harness.server import Server, free_port
from instantdb_admin_client import (
    InstantAPIError,
    InstantConnectionError,
    InstantDBAdmin,
    InstantDBAdminAPI,
    InstantError,
    InstantInputError,
    InstantTimeoutError,
    Update,
)

from support.apps import ADMIN_TOKEN, APP_ID
from support.bad import BadServer, Behaviour, answer, be_silent, events, hang_up
from support.both import Runner
from support.certificates import self_signed
from support.usage import sockets, threads, until

FIRST = json.dumps({"op": "add-query-ok", "result": {"goals": []}, "result-meta": None})
REFUSED = json.dumps(
    {"type": "permission-denied", "message": "No.", "hint": {"input": ["goals", "object"]}, "trace-id": "7f"}
)


def _failure(db: Any, run: Runner, call: Any = None) -> InstantError:
    with pytest.raises(InstantError) as caught:
        run(call(db) if call else db.query({"goals": {}}))
    error = caught.value
    assert isinstance(error, Exception)
    assert error.message
    assert str(error).startswith("Query failed: ") or call
    return error


def test_nobody_listens(make: Any, run: Runner) -> None:
    url = f"http://127.0.0.1:{free_port()}"
    error = _failure(make(url), run)
    assert isinstance(error, InstantConnectionError)
    assert isinstance(error, ConnectionError)
    assert (error.status, error.type, error.hint, error.trace_id) == (0, "connect", None, None)
    assert error.url.startswith(url)
    assert error.__cause__ is not None
    # Steps are sent once at most, and nothing was sent here.
    error = _failure(make(url), run, lambda db: db.transact(Update("goals", "goal-1", {})))
    assert str(error).startswith("Transaction failed: ")


def test_a_name_that_does_not_exist(make: Any, run: Runner) -> None:
    error = _failure(make("http://nowhere.invalid", timeout=5, connect_timeout=2), run)
    assert error.type in ("connect", "timeout")


def test_certificates_that_nobody_vouches_for(make: Any, run: Runner, tmp_path: Path) -> None:
    with BadServer(answer("200 OK", b"{}"), tls=self_signed(tmp_path)) as server:
        error = _failure(make(server.url), run)
        assert (error.type, error.status) == ("connect", 0)
        assert server.requests == 0
    with BadServer(answer("200 OK", b"{}")) as plain:
        error = _failure(make(plain.url.replace("http:", "https:"), connect_timeout=1), run)
        assert error.type in ("connect", "timeout")


def test_answers_that_do_not_come(make: Any, run: Runner) -> None:
    with BadServer(be_silent) as server:
        db = make(server.url, timeout=0.2)
        for call in (None, lambda db: db.query({}, timeout=0.1), lambda db: db.transact([], timeout=0.1)):
            started = time.monotonic()
            error = _failure(db, run, call)
            assert isinstance(error, InstantTimeoutError)
            assert isinstance(error, TimeoutError)
            assert (error.type, error.status) == ("timeout", 0)
            assert time.monotonic() - started < 5


@pytest.mark.parametrize(
    ("behaviour", "kind", "status", "words"),
    [
        (hang_up, "interrupted", 0, ""),
        (answer("200 OK", b'{"goals": [', length=1000), "interrupted", None, ""),
        (answer("200 OK", b'{"goals": ['), "decode", 200, ""),
        (answer("200 OK", b"<h1>Hello</h1>", "text/html"), "decode", 200, ""),
        (answer("200 OK", b"\xff\xfe"), "decode", 200, ""),
        (answer("400 Bad Request", REFUSED.encode()), "permission-denied", 400, "No."),
        (answer("401 Unauthorized", b'{"type": "oauth-error", "error": "no such client"}'), "oauth-error", 401, ""),
        (answer("404 Not Found", b'{"message": "nothing here"}'), "", 404, "nothing here"),
        (answer("502 Bad Gateway", b"<html>bad gateway</html>", "text/html"), "", 502, "bad gateway"),
        (answer("500 Internal Server Error", b""), "", 500, ""),
        (answer("500 Internal Server Error", b"[1]"), "", 500, ""),
        (answer("400 Bad Request", b'{"type": 7, "message": {}, "hint": "x"}'), "7", 400, ""),
    ],
)
def test_answers_of_the_wrong_kind(
    make: Any, run: Runner, behaviour: Behaviour, kind: str, status: int | None, words: str
) -> None:
    with BadServer(behaviour) as server:
        error = _failure(make(server.url, timeout=20), run)
        assert error.type == kind
        assert status is None or error.status == status
        assert words in str(error)
        assert isinstance(error, InstantConnectionError if kind == "interrupted" else InstantAPIError)
        if kind == "permission-denied":
            assert (error.hint, error.trace_id) == ({"input": ["goals", "object"]}, "7f")
            assert error.body == json.loads(REFUSED)
        if kind == "oauth-error":
            assert error.message == "no such client"


def test_answers_without_what_they_should_have(make: Any, run: Runner) -> None:
    for body, call in (
        (b"[]", lambda db: db.auth.get_user(email="a@example.com")),
        (b"{}", lambda db: db.auth.create_token("a@example.com")),
        (b'{"user": null}', lambda db: db.auth.verify_token("t")),
        (b'{"data": 7}', lambda db: db.storage.list()),
        (b'"x"', lambda db: db.as_user(guest=True).debug_query({})),
    ):
        with BadServer(answer("200 OK", body)) as server:
            error = _failure(make(server.url), run, call)
            assert (type(error), error.status, error.type) == (InstantAPIError, 200, "decode"), body


def test_an_upload_whose_answer_is_no_json(make: Any, run: Runner) -> None:
    with BadServer(answer("200 OK", b"OK", "text/plain")) as server:
        done = run(make(server.url).storage.uploadFile("a.jpg", b"x"))
        assert done == {"data": {"id": None}, "success": True}


def test_a_download_that_breaks_off(make: Any, run: Runner, tmp_path: Path) -> None:
    target = tmp_path / "copy"
    broken = answer("200 OK", b"x" * 100, "image/jpeg", length=1000)
    with BadServer(answer("200 OK", b'{"data": "http://127.0.0.1/storage/files/1"}'), broken) as server:
        error = _failure(make(server.url), run, lambda db: db.storage.download_to("a.jpg", target))
        assert error.type == "interrupted"
        assert str(error).startswith("Download failed: ")


def test_a_stream_that_dies_in_a_message(make: Any, run: Runner) -> None:
    refusal = answer("400 Bad Request", REFUSED.encode())
    with BadServer(events(FIRST), events(FIRST, FIRST), refusal) as server:
        live = make(server.url).subscribe_query({"goals": {}})
        seen = [run(live.next(20)) for _ in range(6)]
        assert [event.type for event in seen] == ["ok", "gap", "ok", "ok", "gap", "error"]
        assert seen[-1].error.type == "permission-denied"
        assert run(live.next()) is None


@pytest.mark.parametrize(
    ("message", "kind", "status"),
    [
        ("no json", "decode", 200),
        ("[]", "decode", 200),
        ('{"op": "refresh-ok", "computations": [7]}', "decode", 200),
        ('{"op": "error", "status": 400, "type": "timeout-of-op", "message": "No."}', "timeout-of-op", 400),
        ('{"op": "error", "status": "x", "type": "t"}', "t", 400),
    ],
)
def test_messages_that_make_no_sense(make: Any, run: Runner, message: str, kind: str, status: int) -> None:
    with BadServer(events('{"op": "sse-init"}', '{"op": "news"}', FIRST, message)) as server:
        live = make(server.url).subscribe_query({"goals": {}})
        assert run(live.next(20)).type == "ok"
        event = run(live.next(20))
        assert (event.type, event.error.type, event.error.status) == ("error", kind, status)
        assert live.is_closed


def test_tries_to_connect_again_grow_rarer(make: Any, run: Runner) -> None:
    with BadServer(events(FIRST), hang_up) as server:
        live = make(server.url).subscribe_query({"goals": {}})
        assert [run(live.next(20)).type for _ in range(2)] == ["ok", "gap"]
        with pytest.raises(TimeoutError):
            run(live.next(1.5))
        assert 2 <= server.requests <= 9
        run(live.close())


def test_errors_can_be_pickled() -> None:
    for error in (
        InstantAPIError(
            "Query failed: x", status=400, type="t", message="x", hint={"a": 1}, trace_id="7", body={"b": 2}
        ),
        InstantConnectionError("Query failed: x", type="connect", url="http://x"),
        InstantTimeoutError("Query failed: x", type="timeout"),
        InstantInputError("x", type="input"),
    ):
        again = pickle.loads(pickle.dumps(error))
        assert (type(again), str(again), vars(again)) == (type(error), str(error), vars(error))
        assert "Instant" in repr(again)


def _use(url: str, server: Server) -> None:
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, url, timeout=0.3) as db:
        for _ in range(2):
            with pytest.raises(InstantError):
                db.query({"goals": {}})
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        db.query({"goals": {}})
        for _ in range(2):
            live = db.subscribe_query({"goals": {}})
            assert live.next(20) is not None
            live.close()
        # This one is left open.
        assert db.subscribe_query({"goals": {}}).next(20) is not None


async def _use_async(url: str, server: Server) -> None:
    async with InstantDBAdminAPI(APP_ID, ADMIN_TOKEN, url, timeout=0.3) as db:
        for _ in range(2):
            with pytest.raises(InstantError):
                await db.query({"goals": {}})
        pending = asyncio.ensure_future(db.query({"goals": {}}))
        await asyncio.sleep(0.01)
        pending.cancel()
    async with InstantDBAdminAPI(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        await asyncio.gather(*(db.query({"goals": {}}) for _ in range(16)))
        live = db.subscribe_query({"goals": {}})
        assert await live.next(20) is not None
        with pytest.raises(TimeoutError):
            await live.next(0.01)
        await live.close()
        assert await db.subscribe_query({"goals": {}}).next(20) is not None
    await asyncio.sleep(0)
    assert asyncio.all_tasks() == {asyncio.current_task()}


def test_nothing_is_left_behind(server: Server) -> None:
    with BadServer(be_silent) as bad:

        def held() -> tuple[int, int]:
            """Threads and sockets without those of the bad server, which keeps them."""
            of_server = bad.held
            return threads() - of_server[0], sockets() - of_server[1]

        def use() -> None:
            for url in (bad.url, f"http://127.0.0.1:{free_port()}"):
                _use(url, server)
                asyncio.run(_use_async(url, server))

        # The first use starts what the process keeps for all clients.
        use()
        until(lambda: bad.held[0] == 1, "the silent server sees that its clients are gone")
        first = held()

        def is_as_before() -> bool:
            return all(now <= then for now, then in zip(held(), first, strict=True))

        for _ in range(5):
            use()
        until(is_as_before, f"threads and sockets: {held()}, after the first use {first}")
