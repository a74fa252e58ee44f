"""Options, headers and hooks."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from pocketbase.models import RecordModel
from pocketbase.stores import MemoryAuthStore

from pocketbase_sdk.both import Blocking
from pocketbase_sdk.conftest import Opening
from pocketbase_sdk.recorder import EMPTY_LIST, Answer, Recorder


def query(recorder: Recorder) -> str:
    return recorder.last.target.partition("?")[2]


def test_values(client: Any, recorder: Recorder) -> None:
    client.send(
        "/api/x",
        {
            "none": None,
            "yes": True,
            "no": False,
            "list": ["a", 1, None],
            "map": {"a": [1]},
            "at": datetime(2024, 1, 15, 10, 30, tzinfo=UTC),
            "n": 1.5,
        },
    )
    expected = "yes=true&no=false&list=a&list=1&map=%7B%22a%22%3A%5B1%5D%7D&at=2024-01-15%2010%3A30%3A00.000Z&n=1.5"
    assert query(recorder) == expected


def test_never_in_the_address(client: Any, recorder: Recorder) -> None:
    options = {
        "request_key": "k",
        "requestKey": "l",
        "$autoCancel": False,
        "$cancelKey": "m",
        "timeout": 5,
        "headers": {"X-Y": "z"},
        "fetch": None,
        "method": "GET",
        "body": None,
        "q": 1,
    }
    client.collection("a").get_one("1", options)
    assert query(recorder) == "q=1"
    assert recorder.last.headers["x-y"] == "z"
    recorder.answering = lambda asked: Answer(EMPTY_LIST)
    client.collection("a").get_full_list({"batch": 5, "request_key": None, "page": 7, "perPage": 3})
    assert query(recorder) == "page=1&perPage=5&skipTotal=1"


def test_query_wins_over_params(client: Any, recorder: Recorder) -> None:
    client.send("/api/x", {"a": 1, "params": {"a": 2, "b": 2}, "query": {"b": 3}})
    assert query(recorder) == "a=2&b=3"


def test_headers(client: Any, recorder: Recorder) -> None:
    client.lang = "de"
    client.health.check()
    assert recorder.last.headers["accept-language"] == "de"
    assert "authorization" not in recorder.last.headers
    client.auth_store.save("a.b.c")
    client.health.check()
    assert recorder.last.headers["authorization"] == "a.b.c"
    client.health.check({"headers": {"X-None": None, "X-Number": 5}})
    assert "x-none" not in recorder.last.headers
    assert recorder.last.headers["x-number"] == "5"
    given = {"authorization": "mine", "ACCEPT-LANGUAGE": "fr", "X": "1"}
    client.health.check({"headers": given})
    assert recorder.last.headers["authorization"] == "mine"
    assert recorder.last.headers["accept-language"] == "fr"
    # What the caller gave stays as it was.
    assert given == {"authorization": "mine", "ACCEPT-LANGUAGE": "fr", "X": "1"}
    client.auth_store.clear()
    client.health.check({"headers": {"X": "1"}})
    assert "authorization" not in recorder.last.headers
    client.auth_store = MemoryAuthStore()
    client.auth_store.save("d.e.f")
    client.health.check()
    assert recorder.last.headers["authorization"] == "d.e.f"


def test_options_are_not_changed(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer(EMPTY_LIST)
    options = {"batch": 5, "filter": "x", "headers": {"A": "b"}, "query": {"c": 1}}
    before = {**options, "headers": {"A": "b"}, "query": {"c": 1}}
    client.collection("a").get_full_list(options)
    client.collection("a").get_list(1, 2, options)
    assert options == before


def test_bodies(client: Any, recorder: Recorder) -> None:
    record = RecordModel({"id": "1", "collectionId": "c", "collectionName": "n", "title": "t"})
    client.collection("a").create(record)
    assert recorder.last.json() == dict(record.items())
    client.collection("a").create({"data": record, "list": [record, (1, 2)]})
    assert recorder.last.json() == {"data": dict(record.items()), "list": [dict(record.items()), [1, 2]]}
    client.send("/api/x", method="POST", body="text")
    assert recorder.last.json() == "text"
    client.send("/api/x", method="POST", body=b"\x00raw", headers={"Content-Type": "application/x-raw"})
    assert (recorder.last.body, recorder.last.headers["content-type"]) == (b"\x00raw", "application/x-raw")


def test_before_send(client: Any, recorder: Recorder) -> None:
    seen: list[Any] = []

    def hook(url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        seen.append((url, options["method"], dict(options["params"]), options["body"], dict(options["headers"])))
        options.setdefault("headers", {})
        options["headers"]["X-Custom-Header"] = "example"
        return url, options

    client.before_send = hook
    client.collection("a").create({"t": 1}, {"expand": "x"})
    url, method, params, body, headers = seen[0]
    assert (url, method, params, body) == (
        f"{recorder.url}/api/collections/a/records",
        "POST",
        {"expand": "x"},
        {"t": 1},
    )
    assert headers["Accept-Language"] == "en-US"
    assert recorder.last.headers["x-custom-header"] == "example"
    assert recorder.last.json() == {"t": 1}


def test_before_send_changes(client: Any, recorder: Recorder) -> None:
    def changed(options: dict[str, Any]) -> dict[str, Any]:
        return {**options, "params": {"p": 1}, "body": {"b": 2}, "method": "PUT"}

    results: list[Any] = [
        lambda url, options: (f"{url}/more?x=1", changed(options)),
        lambda url, options: {"url": f"{url}/more?x=1", "options": changed(options)},
    ]
    for hook in results:
        client.before_send = hook
        client.send("/api/x", method="POST", body={"b": 1})
        assert recorder.last.line == "PUT /api/x/more?x=1&p=1"
        assert recorder.last.json() == {"b": 2}
    client.before_send = lambda url, options: changed(options)
    client.send("/api/x")
    assert recorder.last.line == "PUT /api/x?p=1"
    client.before_send = lambda url, options: options["params"].update(q=2)
    client.send("/api/x")
    assert recorder.last.line == "GET /api/x?q=2"
    client.before_send = lambda url, options: "nonsense"
    with pytest.raises(TypeError, match="before_send"):
        client.send("/api/x")


def test_before_send_elsewhere(client: Any, recorder: Recorder) -> None:
    with Recorder() as other:
        client.before_send = lambda url, options: (url.replace(recorder.url, other.url), options)
        client.collection("a").get_one("1")
        assert other.lines() == ["GET /api/collections/a/records/1"]
        assert recorder.asked == []


def test_after_send(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer({"id": "1"})
    seen: list[Any] = []

    def hook(response: dict[str, Any]) -> dict[str, Any]:
        seen.append(dict(response))
        response["additional_field"] = 123
        return response

    client.after_send = hook
    assert client.collection("a").get_one("1").additional_field == 123
    assert client.send("/api/x", {"q": 1})["additional_field"] == 123
    assert seen == [{"id": "1"}, {"id": "1"}]
    client.after_send = lambda response: {"other": 1}
    assert client.send("/api/x") == {"other": 1}
    client.after_send = seen.append
    assert client.send("/api/x") == {"id": "1"}


def test_after_send_not_on_errors(client: Any, recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer({}, 400)
    client.after_send = lambda response: pytest.fail("called")
    with pytest.raises(Exception, match="400"):
        client.health.check()


def test_hook_errors(client: Any, recorder: Recorder) -> None:
    """What a hook raises comes out as it is."""

    def broken(*args: Any) -> Any:
        raise LookupError("mine")

    client.before_send = broken
    with pytest.raises(LookupError, match="mine"):
        client.health.check()
    client.before_send, client.after_send = None, broken
    with pytest.raises(LookupError, match="mine"):
        client.health.check()


def test_coroutine_hooks(client: Any, recorder: Recorder) -> None:
    if not isinstance(client, Blocking):
        pytest.skip("only asyncio has coroutines")

    async def before(url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        options["headers"]["X-Y"] = "z"
        return url, options

    async def after(response: Any) -> Any:
        return {"changed": True}

    client.before_send, client.after_send = before, after
    assert client.health.check() == {"changed": True}
    assert recorder.last.headers["x-y"] == "z"


def test_full_list_pages(opening: Opening, recorder: Recorder) -> None:
    """All pages come, also where the server counts nothing and gives fewer than it was asked for."""

    def answering(asked: Any) -> Answer:
        page = int(asked.target.partition("page=")[2].partition("&")[0])
        items = [{"id": f"{page}-{n}"} for n in range(3 if page < 3 else 1)]
        return Answer({"page": page, "perPage": 3, "totalItems": -1, "totalPages": -1, "items": items})

    recorder.answering = answering
    client = opening(recorder.url)
    found = client.collection("a").get_full_list({"batch": 5000, "skipTotal": True})
    assert [record.id for record in found] == ["1-0", "1-1", "1-2", "2-0", "2-1", "2-2", "3-0"]
    assert len(recorder.asked) == 3
