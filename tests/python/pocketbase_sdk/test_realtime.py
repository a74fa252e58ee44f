"""Subscriptions."""

from __future__ import annotations

import queue
import threading
import time
from typing import Any

import pytest
from pocketbase import ClientResponseError
from pocketbase.models import RecordModel

from pocketbase_sdk.both import Blocking
from pocketbase_sdk.conftest import Opening
from pocketbase_sdk.places import Place, unique

_WAIT_S = 15


class Inbox:
    """What a callback got."""

    def __init__(self) -> None:
        self._queue: queue.Queue[Any] = queue.Queue()

    def __call__(self, data: Any) -> None:
        self._queue.put(data)

    def next(self) -> Any:
        return self._queue.get(timeout=_WAIT_S)

    def is_empty(self) -> bool:
        return self._queue.empty()


def test_records(guest: Any, admin: Any, posts: str) -> None:
    inbox = Inbox()
    service = guest.collection(posts)
    assert not guest.realtime.is_connected
    stop = service.subscribe("*", inbox)
    assert guest.realtime.is_connected
    assert guest.realtime.client_id
    made = admin.collection(posts).create({"title": "a"})
    event = inbox.next()
    assert (event["action"], event.action) == ("create", "create")
    assert type(event.record) is RecordModel
    assert event["record"]["id"] == event.record.id == made.id
    admin.collection(posts).update(made.id, {"title": "b"})
    assert inbox.next().record.title == "b"
    admin.collection(posts).delete(made.id)
    assert inbox.next().action == "delete"
    stop()
    assert not guest.realtime.is_connected
    assert guest.realtime.client_id == ""
    admin.collection(posts).create({"title": "c"})
    assert inbox.is_empty()


def test_one_record(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    one, other = service.create({"title": "1"}), service.create({"title": "2"})
    inbox, everything = Inbox(), Inbox()
    service.subscribe(one.id, inbox)
    service.subscribe("*", everything)
    service.update(other.id, {"title": "x"})
    service.update(one.id, {"title": "y"})
    assert inbox.next().record.title == "y"
    assert [everything.next().record.title for _ in range(2)] == ["x", "y"]
    service.unsubscribe(one.id)
    service.update(one.id, {"title": "z"})
    assert everything.next().record.title == "z"
    assert inbox.is_empty()
    service.unsubscribe()
    assert not guest.realtime.is_connected


def test_options(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    inbox = Inbox()
    service.subscribe("*", inbox, {"filter": "n > 5", "fields": "id,n", "headers": {"X-Y": "z"}})
    service.create({"title": "a", "n": 1})
    service.create({"title": "b", "n": 9})
    assert inbox.next().record.n == 9
    assert inbox.is_empty()
    # The topic stands for all of its options.
    service.unsubscribe("*")
    assert not guest.realtime.is_connected


def test_several_listeners(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    first, second, third = Inbox(), Inbox(), Inbox()
    stop = service.subscribe("*", first)
    service.subscribe("*", second)
    guest.realtime.subscribe(f"{posts}/*", third)
    service.create({"title": "a"})
    assert [inbox.next()["record"]["title"] for inbox in (first, second, third)] == ["a", "a", "a"]
    stop()
    stop()
    guest.realtime.unsubscribe_by_topic_and_listener(f"{posts}/*", second)
    service.create({"title": "b"})
    assert third.next()["record"]["title"] == "b"
    assert first.is_empty()
    assert second.is_empty()
    guest.realtime.unsubscribe_by_topic_and_listener(f"{posts}/*", third)
    assert not guest.realtime.is_connected


def test_prefix_of_a_name(guest: Any, admin: Any, posts: str) -> None:
    """Ending the subscriptions of a collection leaves one whose name begins alike."""
    archive = f"{posts}_archive"
    fields = [{"name": "title", "type": "text"}]
    admin.collections.create({"name": archive, "type": "base", "fields": fields, "listRule": "", "createRule": ""})
    inbox = Inbox()
    guest.collection(archive).subscribe("*", inbox)
    guest.collection(posts).subscribe("*", Inbox())
    guest.collection(posts).unsubscribe()
    guest.collection(archive).create({"title": "a"})
    assert inbox.next().record.title == "a"
    guest.realtime.unsubscribe_by_prefix(posts)
    assert not guest.realtime.is_connected


def test_connect_events(guest: Any, posts: str) -> None:
    inbox = Inbox()
    guest.realtime.subscribe("PB_CONNECT", inbox)
    assert inbox.next()["clientId"] == guest.realtime.client_id
    guest.realtime.unsubscribe("PB_CONNECT")


def test_disconnect(guest: Any, posts: str) -> None:
    inbox = Inbox()
    guest.realtime.on_disconnect = inbox
    guest.collection(posts).subscribe("*", Inbox())
    guest.realtime.unsubscribe()
    assert inbox.next() == []


def test_callback_that_raises(
    guest: Any, posts: str, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    import sys

    monkeypatch.setattr(sys, "unraisablehook", lambda unraisable: None)
    inbox = Inbox()
    service = guest.collection(posts)

    def broken(data: Any) -> None:
        raise LookupError("mine")

    service.subscribe("*", broken)
    service.subscribe("*", inbox)
    service.create({"title": "a"})
    service.create({"title": "b"})
    assert [inbox.next().record.title for _ in range(2)] == ["a", "b"]


def test_order_and_one_thread(guest: Any, posts: str, place: Place) -> None:
    seen: list[tuple[float, int]] = []
    done = threading.Event()

    def callback(event: Any) -> None:
        seen.append((event.record.n, threading.get_ident()))
        if len(seen) == 30:
            done.set()

    service = guest.collection(posts)
    service.subscribe("*", callback)
    for number in range(30):
        service.create({"n": number})
    assert done.wait(_WAIT_S)
    numbers = [number for number, _ in seen]
    # PocketBase itself does not keep the order.
    assert (numbers if place.is_ketch else sorted(numbers)) == list(range(30))
    assert len({thread for _, thread in seen}) == 1


def test_coroutine_callbacks(guest: Any, posts: str) -> None:
    if not isinstance(guest, Blocking):
        pytest.skip("only asyncio has coroutines")
    import asyncio

    inbox = Inbox()

    async def callback(event: Any) -> None:
        # The first takes longer, and still comes first.
        await asyncio.sleep(0.05 if event.record.n == 0 else 0)
        inbox(event.record.n)

    service = guest.collection(posts)
    service.subscribe("*", callback)
    for number in range(3):
        service.create({"n": number})
    assert [inbox.next() for _ in range(3)] == [0, 1, 2]


def test_subscribing_in_a_callback(guest: Any, posts: str) -> None:
    if isinstance(guest, Blocking):
        pytest.skip("a callback on the loop cannot wait")
    service = guest.collection(posts)
    inbox = Inbox()

    def callback(event: Any) -> None:
        if event.record.title == "first":
            service.subscribe(event.record.id, inbox)
            inbox(service.get_one(event.record.id).title)

    service.subscribe("*", callback)
    made = service.create({"title": "first"})
    assert inbox.next() == "first"
    service.update(made.id, {"title": "changed"})
    assert inbox.next().record.title == "changed"


def test_wrong_arguments(guest: Any, posts: str) -> None:
    for topic in ("", None):
        with pytest.raises(ValueError, match="topic must be set"):
            guest.realtime.subscribe(topic, print)
        with pytest.raises(ValueError, match="topic must be set"):
            guest.collection(posts).subscribe(topic, print)
    with pytest.raises(TypeError, match="callback"):
        guest.collection(posts).subscribe("*", None)
    guest.realtime.unsubscribe("nothing")
    guest.realtime.unsubscribe()
    guest.realtime.unsubscribe_by_prefix("nothing")
    assert not guest.realtime.is_connected


def test_unreachable(opening: Opening) -> None:
    client = opening("http://127.0.0.1:9")
    client.realtime.max_connect_timeout = 2.0
    assert client.realtime.max_connect_timeout == 2.0
    assert client.realtime.max_reconnect_attempts == float("inf")
    started = time.monotonic()
    with pytest.raises(ClientResponseError):
        client.realtime.subscribe("x", print)
    assert time.monotonic() - started < 10


def test_sign_in_and_out(guest: Any, admin: Any, posts: str) -> None:
    """The connection is that of who is signed in, from the moment of the sign-in."""
    name = unique("members")
    admin.collections.create({"name": name, "type": "auth"})
    body = {"email": f"{name}@example.com", "password": "12345678", "passwordConfirm": "12345678"}
    admin.collection(name).create(body)
    admin.collections.update(posts, {"listRule": "@request.auth.id != ''"})
    inbox, connects = Inbox(), Inbox()
    guest.realtime.subscribe("PB_CONNECT", connects)
    connects.next()
    guest.collection(posts).subscribe("*", inbox)
    admin.collection(posts).create({"title": "before"})
    guest.collection(name).auth_with_password(body["email"], "12345678")
    deadline = time.monotonic() + _WAIT_S
    while inbox.is_empty() and time.monotonic() < deadline:
        admin.collection(posts).create({"title": "after"})
        time.sleep(0.1)
    assert inbox.next().record.title == "after"
    guest.auth_store.clear()
    guest.collection(name).auth_with_password(body["email"], "12345678")
    while not inbox.is_empty():
        inbox.next()
    deadline = time.monotonic() + _WAIT_S
    while inbox.is_empty() and time.monotonic() < deadline:
        admin.collection(posts).create({"title": "again"})
        time.sleep(0.1)
    assert inbox.next().record.title in ("after", "again")


def test_close(opening: Opening, place: Place, posts: str, kind: str) -> None:
    client = opening(place.base_url)
    inbox = Inbox()
    client.collection(posts).subscribe("*", inbox)
    client.close()
    assert not client.realtime.is_connected
    with pytest.raises(ClientResponseError):
        client.collection(posts).create({"title": "x"})
