"""Tokens that are renewed by themselves."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pocketbase import AsyncPocketBase, PocketBase

from pocketbase_sdk.both import Blocking
from pocketbase_sdk.recorder import EMPTY_LIST, Answer, Asked, Recorder
from pocketbase_sdk.tokens import make_token

SUPERUSER = {"id": "s1", "collectionId": "pbc_3142635823", "collectionName": "_superusers"}
CLAIMS = {"id": "s1", "collectionId": "pbc_3142635823"}


class Server:
    """Hands out tokens and counts."""

    def __init__(self, recorder: Recorder, *, first: float = 30, later: float = 3600) -> None:
        self.refreshed = 0
        self.signed_in = 0
        self.refuses = False
        self.seconds = [first, later]
        self.lock = threading.Lock()
        recorder.answering = self.answer

    def answer(self, asked: Asked) -> Answer:
        with self.lock:
            if asked.target.endswith("/auth-refresh"):
                self.refreshed += 1
                return Answer({}, 401) if self.refuses else self.auth()
            if asked.target.endswith("/auth-with-password"):
                self.signed_in += 1
                return self.auth()
            return Answer(EMPTY_LIST)

    def auth(self) -> Answer:
        seconds = self.seconds.pop(0) if len(self.seconds) > 1 else self.seconds[0]
        token = make_token(seconds, **CLAIMS, nonce=self.refreshed + self.signed_in)
        return Answer({"token": token, "record": SUPERUSER})


def sign_in(client: Any, threshold: float = 60) -> None:
    client.collection("_superusers").auth_with_password("a@b.c", "password", auto_refresh_threshold=threshold)


def test_one_refresh(client: Any, recorder: Recorder) -> None:
    """The refresh does not refresh itself, and happens once."""
    server = Server(recorder)
    sign_in(client)
    old = client.auth_store.token
    assert "auto_refresh" not in recorder.last.target
    client.collection("a").get_list()
    client.collection("a").get_list()
    assert (server.refreshed, server.signed_in) == (1, 1)
    assert client.auth_store.token != old
    assert recorder.last.headers["authorization"] == client.auth_store.token


def test_refresh_that_stays_short(client: Any, recorder: Recorder) -> None:
    """A token that is short again is renewed once for every call, no more."""
    server = Server(recorder, first=30, later=30)
    sign_in(client)
    for count in (1, 2, 3):
        client.collection("a").get_list()
        assert server.refreshed == count


def test_signs_in_again(client: Any, recorder: Recorder) -> None:
    server = Server(recorder)
    server.refuses = True
    sign_in(client)
    client.collection("a").get_list()
    assert (server.refreshed, server.signed_in) == (1, 2)
    assert client.auth_store.is_valid


def test_only_superusers(client: Any, recorder: Recorder) -> None:
    server = Server(recorder)
    client.collection("users").auth_with_password("a@b.c", "password", {"auto_refresh_threshold": 60})
    client.collection("a").get_list()
    assert server.refreshed == 0
    assert "refresh" not in recorder.asked[0].target


def test_ends_with_the_session(client: Any, recorder: Recorder) -> None:
    changes: list[Callable[[], Any]] = [
        lambda: client.auth_store.clear(),
        lambda: client.auth_store.save(make_token(10, id="other"), {"id": "other"}),
        lambda: client.reset_auto_refresh(),
        lambda: client.collection("users").auth_with_password("a@b.c", "password"),
    ]
    for change in changes:
        server = Server(recorder, first=30, later=30)
        sign_in(client)
        change()
        client.collection("a").get_list()
        client.collection("a").get_list()
        assert server.refreshed == 0


def test_own_authorization(client: Any, recorder: Recorder) -> None:
    server = Server(recorder)
    sign_in(client)
    client.collection("a").get_list(headers={"authorization": "mine"})
    assert server.refreshed == 0
    assert recorder.last.headers["authorization"] == "mine"


def test_callback(client: Any, recorder: Recorder) -> None:
    server = Server(recorder)
    client.auth_store.save(make_token(10))
    calls: list[int] = []
    inner = client.inner if isinstance(client, Blocking) else client

    if isinstance(client, Blocking):

        async def refresh() -> None:
            calls.append(1)
            await inner.collection("_superusers").auth_refresh()

        client.set_auto_refresh(60, refresh)
    else:

        def refresh_now() -> None:
            calls.append(1)
            client.collection("_superusers").auth_refresh()

        client.set_auto_refresh(60, refresh_now)
    server.seconds = [3600]
    client.collection("a").get_list()
    client.collection("a").get_list()
    assert (calls, server.refreshed) == ([1], 1)
    client.reset_auto_refresh()
    client.auth_store.save(make_token(10))
    client.collection("a").get_list()
    assert calls == [1]


def test_errors_of_the_callback(client: Any, recorder: Recorder) -> None:
    """What the server refuses is swallowed, a mistake of the program is not."""
    server = Server(recorder)
    server.refuses = True
    client.auth_store.save(make_token(10))
    inner = client.inner if isinstance(client, Blocking) else client
    client.set_auto_refresh(60, inner.collection("_superusers").auth_refresh)
    assert client.collection("a").get_list().items == []
    assert server.refreshed == 1

    def broken() -> Any:
        raise LookupError("mine")

    client.set_auto_refresh(60, broken)
    with pytest.raises(LookupError, match="mine"):
        client.collection("a").get_list()


def test_single_flight_threads(recorder: Recorder) -> None:
    server = Server(recorder)
    with PocketBase(recorder.url) as pb:
        pb.auto_cancellation(False)
        sign_in(pb)
        with ThreadPoolExecutor(8) as pool:
            for done in [pool.submit(pb.collection("a").get_list) for _ in range(16)]:
                done.result(20)
    assert server.refreshed == 1


def test_single_flight_tasks(recorder: Recorder) -> None:
    server = Server(recorder)

    async def run() -> None:
        async with AsyncPocketBase(recorder.url) as pb:
            pb.auto_cancellation(False)
            await pb.collection("_superusers").auth_with_password("a@b.c", "password", auto_refresh_threshold=60)
            await asyncio.gather(*(pb.collection("a").get_list() for _ in range(16)))

    asyncio.run(run())
    assert server.refreshed == 1
