"""Realtime: callbacks in order, connections that break, other people's errors."""

from __future__ import annotations

import asyncio
import gc
import sys
import threading
import weakref
from pathlib import Path
from typing import Any

import pytest
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server
from harness.server import ketch as product
from ketch._core import Connection, CoreError, Realtime

from core.conftest import POSTS, Open
from support.usage import until

RECORDS = "/api/collections/posts/records"


def titles(messages: list[Any]) -> list[str]:
    return [message["record"]["title"] for message in messages]


def test_callbacks_come_in_order_on_one_thread(connection: Connection) -> None:
    realtime = Realtime(connection, dict)
    seen: list[Any] = []
    threads: set[int] = set()

    def note(message: Any) -> None:
        seen.append(message)
        threads.add(threading.get_ident())

    number = realtime.subscribe("posts/*", note)
    assert realtime.is_connected
    assert realtime.client_id
    for index in range(20):
        connection.send("POST", RECORDS, json={"title": str(index)})
    until(lambda: len(seen) == 20, "all messages are there")
    assert titles(seen) == [str(index) for index in range(20)]
    assert len(threads) == 1
    assert threading.get_ident() not in threads
    realtime.unsubscribe([number])
    realtime.unsubscribe([number, 77])
    assert not realtime.is_connected
    connection.send("POST", RECORDS, json={"title": "unseen"})
    realtime.close()
    realtime.close()
    assert len(seen) == 20


def test_callbacks_may_raise_and_may_call(connection: Connection, monkeypatch: pytest.MonkeyPatch) -> None:
    reported: list[Any] = []
    monkeypatch.setattr(sys, "unraisablehook", reported.append)
    realtime = Realtime(connection, dict)
    seen: list[str] = []

    def failing(message: Any) -> None:
        raise ZeroDivisionError("mine")

    def calling(message: Any) -> None:
        title = message["record"]["title"]
        assert connection.send("GET", f"{RECORDS}/{message['record']['id']}")["title"] == title
        seen.append(title)
        numbers.append(realtime.subscribe("posts/*", lambda message: seen.append("second")))
        realtime.unsubscribe(numbers)

    numbers = [realtime.subscribe("posts/*", failing), realtime.subscribe("posts/*", calling)]
    connection.send("POST", RECORDS, json={"title": "a"})
    until(lambda: not realtime.is_connected, "the callback unsubscribes all")
    assert seen == ["a"]
    assert [type(report.exc_value) for report in reported] == [ZeroDivisionError]
    reported.clear()
    realtime.close()


def test_loops_get_their_callbacks(connection: Connection) -> None:
    async def main() -> None:
        realtime = Realtime(connection, dict)
        seen: list[str] = []
        failures: list[Any] = []
        loop = asyncio.get_running_loop()
        loop.set_exception_handler(lambda _, context: failures.append(context["exception"]))

        async def slowly(message: Any) -> None:
            assert asyncio.get_running_loop() is loop
            await asyncio.sleep(0.01 if message["record"]["title"] == "0" else 0)
            seen.append(message["record"]["title"])

        def failing(message: Any) -> None:
            raise ZeroDivisionError

        async def failing_later(message: Any) -> None:
            raise KeyError

        callbacks = [slowly, failing, failing_later]
        numbers = [await realtime.subscribe_async("posts/*", callback) for callback in callbacks]
        for index in range(5):
            await connection.send_async("POST", RECORDS, json={"title": str(index)})
        async with asyncio.timeout(10):
            while len(seen) < 5 or len(failures) < 10:
                await asyncio.sleep(0.01)
        assert seen == ["0", "1", "2", "3", "4"]
        assert {type(failure) for failure in failures} == {ZeroDivisionError, KeyError}
        await realtime.unsubscribe_async(numbers)
        assert not realtime.is_connected

    asyncio.run(main())


def test_headers_are_asked_for_at_every_post(connection: Connection) -> None:
    asked: list[int] = []

    def headers() -> dict[str, str]:
        asked.append(1)
        return {"X-Mine": "1"}

    realtime = Realtime(connection, headers)
    first = realtime.subscribe("posts/a", print)
    second = realtime.subscribe("posts/b", print)
    assert len(asked) == 2
    realtime.refresh()
    until(lambda: len(asked) == 3, "the topics are told once more")
    realtime.unsubscribe([first, second])

    def bad() -> dict[str, str]:
        raise ZeroDivisionError("no headers")

    broken = Realtime(connection, bad)
    with pytest.raises(CoreError, match="no headers"):
        broken.subscribe("posts/*", print)


def test_refusals_reach_who_subscribes(opened: Open, connection: Connection) -> None:
    with pytest.raises(CoreError) as caught:
        Realtime(connection, dict).subscribe("x" * 3000, print)
    assert (caught.value.kind, caught.value.status) == ("status", 400)
    with pytest.raises(CoreError) as caught:
        Realtime(opened("http://127.0.0.1:1", tries=0), dict).subscribe("posts/*", print)
    assert caught.value.kind == "connect"


def test_a_server_that_goes_and_comes_back(opened: Open, tmp_path: Path) -> None:
    server = Server(product(), tmp_path / "home")
    (tmp_path / "home").mkdir()
    product().upsert_superuser(server.data_dir)
    server.start()
    connection = opened(server.base_url)
    body = {"identity": SUPERUSER_EMAIL, "password": SUPERUSER_PASSWORD}
    token = connection.send("POST", "/api/collections/_superusers/auth-with-password", json=body)["token"]
    connection.send("POST", "/api/collections", json=POSTS, headers={"Authorization": token})
    realtime = Realtime(connection, dict)
    lost: list[list[str]] = []
    gaps: list[Any] = []
    connects: list[Any] = []
    seen: list[Any] = []
    realtime.on_disconnect = lost.append
    assert realtime.on_disconnect is not None
    numbers = [
        realtime.subscribe("PB_CONNECT", connects.append),
        realtime.subscribe("PB_GAP", gaps.append),
        realtime.subscribe("posts/*", seen.append),
    ]
    assert len(connects) == 1
    port = server.port
    server.kill()
    until(lambda: bool(lost), "the end is told")
    assert lost == [["PB_CONNECT", "posts/*"]]
    server.start(port)
    until(lambda: bool(gaps), "the gap is told")
    assert gaps == [{"topics": ["PB_CONNECT", "posts/*"]}]
    assert [connect["clientId"] for connect in connects[1:]] == [realtime.client_id]
    opened(server.base_url).send("POST", RECORDS, json={"title": "back"})
    until(lambda: bool(seen), "messages come again")
    realtime.unsubscribe(numbers)
    until(lambda: len(lost) == 2, "the end is told")
    assert lost[1] == []
    server.stop()


def test_attempts_can_be_bounded(opened: Open, tmp_path: Path) -> None:
    with Server(product(), tmp_path / "home") as server:
        realtime = Realtime(opened(server.base_url, tries=0), dict)
        assert (realtime.max_connect_timeout, realtime.max_reconnect_attempts) == (15.0, float("inf"))
        realtime.max_connect_timeout = 2.5
        realtime.max_reconnect_attempts = 2
        realtime.subscribe("posts/*", print)
        port = server.port
        server.kill()
        until(lambda: not realtime.is_connected, "the connection is gone")
        server.start(port)


def test_cycles_are_collected(connection: Connection) -> None:
    class Holder:
        def __init__(self) -> None:
            self.realtime = Realtime(connection, self.headers)
            self.realtime.on_disconnect = self.headers

        def headers(self, topics: object = None) -> dict[str, str]:
            return {}

    holder = Holder()
    holder.realtime.unsubscribe([holder.realtime.subscribe("posts/*", print)])
    alive = weakref.ref(holder)
    del holder
    until(lambda: gc.collect() >= 0 and alive() is None, "the cycle is collected")
