"""What subscriptions do when their connection breaks, and what is told to the server."""

from __future__ import annotations

import json
import queue
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import unquote

import pytest
from pocketbase.stores import MemoryAuthStore

from pocketbase_sdk.conftest import Opening
from pocketbase_sdk.streams import RealtimeServer
from pocketbase_sdk.tokens import make_token

_WAIT_S = 20


@pytest.fixture
def server() -> Iterator[RealtimeServer]:
    with RealtimeServer() as made:
        yield made


@pytest.fixture
def pb(opening: Opening, server: RealtimeServer) -> Any:
    return opening(server.url)


def take(inbox: queue.Queue[Any]) -> Any:
    return inbox.get(timeout=_WAIT_S)


def wanted(topics: list[str]) -> list[str]:
    """The topics that are not about the connection itself."""
    return sorted(topic for topic in topics if not topic.startswith("PB_"))


def test_topics(pb: Any, server: RealtimeServer) -> None:
    """The server is told the whole set, exactly as it is to know it, with the token."""
    pb.auth_store.save(make_token())
    pb.realtime.subscribe("custom", print)
    assert server.submitted[-1].topics == ["custom"]
    assert server.submitted[-1].client_id == "client1" == pb.realtime.client_id
    assert server.submitted[-1].headers["authorization"] == pb.auth_store.token
    pb.collection("posts").subscribe("*", print, {"filter": "n > 1", "headers": {"X-Y": "z"}}, expand="a")
    topic = next(topic for topic in server.submitted[-1].topics if topic != "custom")
    path, _, options = topic.partition("?options=")
    assert path == "posts/*"
    assert json.loads(unquote(options)) == {"query": {"filter": "n > 1", "expand": "a"}, "headers": {"X-Y": "z"}}
    pb.realtime.subscribe("with?query=1", print, query={"a": True}, request_key="never", timeout=5)
    third = next(topic for topic in server.submitted[-1].topics if topic.startswith("with"))
    assert third.startswith("with?query=1&options=")
    assert json.loads(unquote(third.partition("&options=")[2])) == {"query": {"a": "true"}}
    # What the server knows already is not told again.
    count = len(server.submitted)
    pb.realtime.subscribe("custom", print)
    assert len(server.submitted) == count
    pb.realtime.unsubscribe("with?query=1")
    assert sorted(server.submitted[-1].topics) == sorted(["custom", topic])
    assert len(server.streams) == 1
    pb.realtime.unsubscribe()
    assert not pb.realtime.is_connected


def test_similar_topics(pb: Any, server: RealtimeServer) -> None:
    """Ending a topic ends its forms with options, and not topics that only begin alike."""
    for topic, options in (("topic", {}), ("topic", {"a": 1}), ("topicX", {}), ("topic/more", {})):
        pb.realtime.subscribe(topic, print, options)
    pb.realtime.unsubscribe("topic")
    server.wait_until(lambda: sorted(server.submitted[-1].topics) == ["topic/more", "topicX"])


def test_comes_back(pb: Any, server: RealtimeServer) -> None:
    messages: queue.Queue[Any] = queue.Queue()
    connects: queue.Queue[Any] = queue.Queue()
    gaps: queue.Queue[Any] = queue.Queue()
    breaks: queue.Queue[Any] = queue.Queue()
    pb.realtime.on_disconnect = breaks.put
    pb.realtime.subscribe("PB_CONNECT", connects.put)
    pb.realtime.subscribe("PB_GAP", gaps.put)
    pb.realtime.subscribe("a", messages.put)
    pb.realtime.subscribe("b", messages.put, {"x": 1})
    topics = wanted(server.submitted[-1].topics)
    assert take(connects)["clientId"] == "client1"
    server.send("a", '{"n":1}')
    assert take(messages) == {"n": 1}
    for number in (2, 3):
        server.drop()
        assert wanted(take(breaks)) == topics
        server.wait_until(lambda number=number: server.submitted[-1].client_id == f"client{number}")  # type: ignore[misc]
        assert wanted(server.submitted[-1].topics) == topics
        assert take(connects)["clientId"] == f"client{number}"
        assert wanted(take(gaps)["topics"]) == topics
        server.send("a", f'{{"n":{number}}}')
        assert take(messages) == {"n": number}
    pb.realtime.unsubscribe()
    assert take(breaks) == []
    assert breaks.empty()


def test_bad_data(pb: Any, server: RealtimeServer) -> None:
    messages: queue.Queue[Any] = queue.Queue()
    pb.realtime.subscribe("a", messages.put)
    for data, expected in (("nope", {}), ("[1]", [1]), ('"x"', "x"), ("null", None)):
        server.send("a", data)
        assert take(messages) == expected


def test_gives_up(pb: Any, server: RealtimeServer) -> None:
    breaks: queue.Queue[Any] = queue.Queue()
    pb.realtime.max_reconnect_attempts = 1
    pb.realtime.subscribe("a", print)
    pb.realtime.on_disconnect = breaks.put
    server.refuses = True
    server.drop()
    assert take(breaks) == ["a"]
    assert not pb.realtime.is_connected
    server.refuses = False
    # It can be used again.
    pb.realtime.subscribe("b", print)
    assert pb.realtime.is_connected
    assert "b" in server.submitted[-1].topics


def test_token_of_the_moment(pb: Any, server: RealtimeServer) -> None:
    """A reconnect sends the token of then."""
    pb.auth_store.save(make_token(nonce=1))
    pb.realtime.subscribe("a", print)
    pb.auth_store.save(make_token(nonce=2))
    server.drop()
    server.wait_until(lambda: server.submitted[-1].client_id == "client2")
    assert server.submitted[-1].headers["authorization"] == pb.auth_store.token


def test_somebody_else(pb: Any, server: RealtimeServer) -> None:
    """Signing in tells the server the topics anew; a new token of the same record does not."""
    pb.realtime.subscribe("a", print)
    pb.auth_store.save(make_token(id="one", nonce=1))
    server.wait_until(lambda: server.submitted[-1].headers.get("authorization") == pb.auth_store.token)
    count = len(server.submitted)
    pb.auth_store.save(make_token(id="one", nonce=2))
    pb.realtime.subscribe("b", print)
    assert len(server.submitted) == count + 1
    pb.auth_store.save(make_token(id="two"))
    server.wait_until(lambda: server.submitted[-1].headers.get("authorization") == pb.auth_store.token)
    assert sorted(server.submitted[-1].topics) == ["a", "b"]


def test_threads(pb: Any, server: RealtimeServer) -> None:
    """Subscribing and unsubscribing from many threads leaves what is still wanted."""

    def work(number: int) -> None:
        for turn in range(5):
            stop = pb.realtime.subscribe(f"t{number}", print)
            if turn < 4:
                stop()

    with ThreadPoolExecutor(6) as pool:
        list(pool.map(work, range(6)))
    server.wait_until(lambda: sorted(server.submitted[-1].topics) == [f"t{number}" for number in range(6)])
    pb.realtime.unsubscribe()
    assert not pb.realtime.is_connected


def test_other_store(pb: Any, server: RealtimeServer) -> None:
    """The store that counts is the one that the client has now, and no store keeps a client alive."""
    old = pb.auth_store
    pb.realtime.subscribe("a", print)
    pb.auth_store = MemoryAuthStore()
    pb.realtime.subscribe("b", print)
    count = len(server.submitted)
    old.save(make_token(id="old"))
    pb.auth_store.save(make_token(id="new"))
    server.wait_until(lambda: server.submitted[-1].headers.get("authorization") == pb.auth_store.token)
    assert len(server.submitted) == count + 1
    assert old._listeners == []
    store = pb.auth_store
    pb.close()
    assert store._listeners == []


def test_connected_in_callbacks(pb: Any, server: RealtimeServer) -> None:
    seen: queue.Queue[Any] = queue.Queue()
    pb.realtime.subscribe("PB_CONNECT", lambda data: seen.put((data["clientId"], pb.realtime.client_id)))
    assert take(seen) == ("client1", "client1")
