"""Sessions of `/admin/sse` and the commands that they are given: streams of text, letter by letter."""

from __future__ import annotations

import http.client
import json
import sqlite3
import time
import uuid
from collections.abc import Mapping
from contextlib import closing
from typing import Any

import pytest

from harness.http import Response
from instant.app import ADMIN, ADMIN_TOKEN, APP_ID, GUEST, App, refusal
from instant.events import EventStream

TOKEN = "11111111-2222-4333-8444-555555555555"
MISSING = "00000000-0000-4000-8000-000000000000"


class Session(EventStream):
    """A session; commands are numbered, and their numbers are their event ids."""

    def __init__(self, app: App, headers: Mapping[str, str] = ADMIN) -> None:
        super().__init__(app, "/admin/sse", {"versions": {}, "inference?": False}, headers)
        self._app = app
        self._sent = 0

    def push(self, *messages: Any, headers: Mapping[str, str] | None = None, **more: Any) -> Response:
        self.wait(lambda: self.init)
        who = {f"{name}_id": self.init[f"{name}-id"] for name in ("machine", "session")}
        body = {**who, "sse_token": self.init["sse-token"], "messages": list(messages), **more}
        given = {key: value for key, value in body.items() if value is not None}
        url = f"/admin/sse/push?app_id={APP_ID}"
        return self._app.call("POST", url, given, headers={} if headers is None else headers)

    def command(self, op: str, **fields: Any) -> str:
        """Sends a command and answers its event id."""
        self._sent += 1
        name = f"event-{self._sent}"
        named = {key.replace("_", "-"): value for key, value in fields.items()}
        answer = self.push({"op": op, "client-event-id": name, **named})
        assert (answer.status, answer.json()) == (200, {}), answer.text
        return name

    def of(self, name: str, count: int = 1) -> list[dict[str, Any]]:
        """Waits for so many events of a command."""
        self.wait(lambda: len(self._of(name)) >= count)
        return self._of(name)[:count]

    def _of(self, name: str) -> list[dict[str, Any]]:
        return [event for event in self.events if event.get("client-event-id") == name]

    def start(self, name: str, token: str = TOKEN) -> dict[str, Any]:
        [event] = self.of(self.command("start-stream", client_id=name, reconnect_token=token))
        return event

    def append(self, stream: str, offset: int, *chunks: str, **more: Any) -> str:
        return self.command("append-stream", stream_id=stream, chunks=list(chunks), offset=offset, **more)

    def flushed(self, offset: int, *, done: bool = False) -> None:
        def is_there(event: dict[str, Any]) -> bool:
            return (event["op"], event.get("offset"), event.get("done")) == ("stream-flushed", offset, done)

        self.wait(lambda: any(is_there(event) for event in self.events))

    def read(self, name: str, count: int = 1, **options: Any) -> list[dict[str, Any]]:
        return self.of(self.command("subscribe-stream", client_id=name, **options), count)

    def text(self, name: str, **options: Any) -> str:
        """Waits for the end of a stream."""
        event = self.command("subscribe-stream", client_id=name, **options)
        self.wait(lambda: any("done" in seen or "error" in seen for seen in self._of(event)))
        return "".join(seen.get("content", "") for seen in self._of(event))


def fresh() -> str:
    return f"stream {uuid.uuid4()}"


def row(app: App, name: str) -> dict[str, Any]:
    query = {"query": {"$streams": {"$": {"where": {"clientId": name}}}}}
    [found] = app.ok("POST", "/admin/query", query)["$streams"]
    assert isinstance(found, dict)
    return found


def pieces(app: App, stream: str) -> int:
    """The rows of bytes that are stored of a stream."""
    with closing(sqlite3.connect(app.server.data_dir / "data.db")) as db:
        [count] = db.execute("SELECT count(*) FROM _ketch_stream_chunks WHERE stream = ?", [stream]).fetchone()
    return int(count)


def test_events(app: App) -> None:
    """What a writer and a reader are told, word by word."""
    name = fresh()
    with Session(app) as writer, Session(app) as reader:
        started = writer.start(name)
        stream = started["stream-id"]
        assert started == {
            "op": "start-stream-ok",
            "client-event-id": "event-1",
            "stream-id": stream,
            "client-id": name,
            "offset": 0,
        }
        writer.append(stream, 0, "é", "x")
        assert writer.next(2) == {"op": "stream-flushed", "stream-id": stream, "offset": 3, "done": False}
        event = reader.command("subscribe-stream", stream_id=stream)
        expected = {"op": "stream-append", "client-event-id": event, "stream-id": stream, "client-id": name}
        assert reader.of(event) == [{**expected, "offset": 0, "content": "éx", "retry": False}]
        writer.append(stream, 3, "end", done=True, abort_reason="why")
        writer.flushed(6, done=True)
        reader.wait(lambda: any("done" in seen for seen in reader._of(event)))
        # The end comes with the last bytes, or behind them.
        *before, last = reader._of(event)[1:]
        assert "".join(seen["content"] for seen in [*before, last]) == "end"
        ended = {**expected, "offset": 6 - len(last["content"]), "content": last["content"]}
        assert last == {**ended, "retry": False, "done": True, "abort-reason": "why"}
        found = row(app, name)
        told = {key: found[key] for key in ("id", "clientId", "done", "size", "abortReason")}
        assert told == {"id": stream, "clientId": name, "done": True, "size": 6, "abortReason": "why"}
        assert TOKEN not in json.dumps(found)


def test_reading_from_a_place(app: App) -> None:
    name, text = fresh(), "aé🌍z"
    with Session(app) as session:
        stream = session.start(name)["stream-id"]
        session.append(stream, 0, *text, done=True)
        session.flushed(8, done=True)
        whole = text.encode()
        for offset in range(9):
            [event] = session.read(name, offset=offset)
            start, content = event["offset"], event.get("content", "").encode()
            assert start <= offset
            # What stands before the place is the beginning of the character that it is in.
            assert content[offset - start :] == whole[offset:], offset
        for wrong, kind in ((9, "validation-failed"), (-1, "param-malformed"), ("0", "param-malformed")):
            [event] = session.read(name, offset=wrong)
            assert (event["op"], event["type"]) == ("error", kind), wrong


def test_letters_and_books(app: App) -> None:
    """Small chunks share rows, large ones are divided, and both come back as they were."""
    name = fresh()
    with Session(app) as session, Session(app) as reader:
        stream = session.start(name)["stream-id"]
        letters, book = "ä" * 3000, '🌍☃\0\n"\\' * 30_000
        offset = 0
        for letter in letters[:300]:
            session.append(stream, offset, letter)
            offset += 2
        session.flushed(offset)
        assert pieces(app, stream) == 1
        session.append(stream, offset, *letters[300:])
        session.append(stream, 6000, book)
        session.append(stream, 6000 + len(book.encode()), done=True)
        assert reader.text(name) == letters + book
        assert reader.text(name, offset=6000) == book
        assert pieces(app, stream) < 12


def test_taking_over(app: App) -> None:
    """Who shows the secret goes on; the connection before may not any more."""
    name = fresh()
    with Session(app) as first, Session(app) as second, Session(app) as reader:
        stream = first.start(name)["stream-id"]
        first.append(stream, 0, "one")
        first.flushed(3)
        event = reader.command("subscribe-stream", client_id=name)
        assert second.start(name)["offset"] == 3
        [refused] = first.of(first.append(stream, 3, "lost"))
        assert (refused["type"], refused["original-event"]["op"]) == ("validation-failed", "append-stream")
        assert "chunks" not in refused["original-event"]
        second.append(stream, 3, "two", done=True)
        reader.wait(lambda: any("done" in seen for seen in reader._of(event)))
        assert "".join(seen["content"] for seen in reader._of(event)) == "onetwo"
        assert reader.text(name) == "onetwo"


def test_a_writer_that_goes(app: App) -> None:
    """The stream stays open, and the row tells how far it came."""
    name = fresh()
    with Session(app) as writer:
        writer.append(writer.start(name)["stream-id"], 0, "abc")
        writer.flushed(3)
    deadline = time.monotonic() + 10
    while row(app, name)["size"] != 3:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    assert row(app, name)["done"] is False
    with Session(app) as again:
        assert again.start(name)["offset"] == 3


def test_deleting(app: App) -> None:
    """The bytes go with the row, and who reads or writes is told."""
    name = fresh()
    with Session(app) as session:
        stream = session.start(name)["stream-id"]
        session.append(stream, 0, "x" * 300_000)
        event = session.command("subscribe-stream", client_id=name)
        session.wait(lambda: sum(len(seen["content"]) for seen in session._of(event)) == 300_000)
        assert pieces(app, stream) > 1
        app.transact(["delete", "$streams", stream])
        session.wait(lambda: "error" in session._of(event)[-1])
        last = session._of(event)[-1]
        assert (last["error"], last["retry"]) == ("The stream was deleted.", False)
        [refused] = session.of(session.append(stream, 300_000, "more"))
        assert refused["type"] == "validation-failed"
        deadline = time.monotonic() + 10
        while pieces(app, stream):
            assert time.monotonic() < deadline
            time.sleep(0.01)
        # The name is free again.
        assert session.start(name, str(uuid.uuid4()))["offset"] == 0


def test_unsubscribing(app: App) -> None:
    name = fresh()
    with Session(app) as session:
        stream = session.start(name)["stream-id"]
        session.append(stream, 0, "seen")
        event = session.command("subscribe-stream", client_id=name)
        session.of(event)
        session.command("unsubscribe-stream", subscribe_event_id=event)
        session.command("unsubscribe-stream", subscribe_event_id="nothing of the kind")
        session.append(stream, 4, "unseen", done=True)
        assert session.text(name) == "seenunseen"
        assert len(session._of(event)) == 1


START = {"op": "start-stream", "client-id": "refused", "reconnect-token": TOKEN}
APPEND = {"op": "append-stream", "stream-id": MISSING, "chunks": ["x"], "offset": 0}
READ = {"op": "subscribe-stream", "client-id": "there is none"}


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("no object", "param-malformed"),
        ({}, "param-missing"),
        ({"op": 1}, "param-malformed"),
        ({"op": "init"}, "param-malformed"),
        ({**START, "client-id": None}, "param-missing"),
        ({**START, "client-id": "  "}, "param-malformed"),
        ({**START, "client-id": 5}, "param-malformed"),
        ({**START, "client-id": "x" * 2000}, "validation-failed"),
        ({**START, "client-id": "nul \0"}, "validation-failed"),
        ({**START, "reconnect-token": None}, "param-missing"),
        ({**START, "reconnect-token": "secret"}, "param-malformed"),
        ({**START, "rule-params": []}, "param-malformed"),
        ({**APPEND}, "validation-failed"),
        ({**APPEND, "stream-id": None}, "param-missing"),
        ({**APPEND, "chunks": None}, "param-missing"),
        ({**APPEND, "chunks": "x"}, "param-malformed"),
        ({**APPEND, "chunks": [1]}, "param-malformed"),
        ({**APPEND, "offset": None}, "param-missing"),
        ({**APPEND, "offset": 0.5}, "param-malformed"),
        ({**APPEND, "done": "yes"}, "param-malformed"),
        ({**READ}, "validation-failed"),
        ({**READ, "client-id": None}, "param-missing"),
        ({**READ, "stream-id": MISSING}, "validation-failed"),
        ({**READ, "stream-id": "no id"}, "validation-failed"),
        ({"op": "unsubscribe-stream"}, "param-missing"),
    ],
)
def test_refused_commands(app: App, message: Any, kind: str) -> None:
    with Session(app) as session:
        sent = {**message, "client-event-id": "e"} if isinstance(message, dict) else message
        answer = session.push(sent)
        assert (answer.status, answer.json()) == (200, {})
        event = session.next()
        assert (event["op"], event["type"], event["status"]) == ("error", kind, 400), event
        assert event["client-event-id"] == ("e" if isinstance(message, dict) else None)
        assert event["message"]
        if isinstance(sent, dict):
            assert event["original-event"] == {key: value for key, value in sent.items() if key != "chunks"}
        # The session goes on.
        assert session.start(fresh())["op"] == "start-stream-ok"


def test_refused_writers(app: App) -> None:
    name = fresh()
    with Session(app) as session, Session(app) as other:
        stream = session.start(name)["stream-id"]
        assert other.start(name, str(uuid.uuid4()))["type"] == "validation-failed"
        assert session.start(name.upper())["op"] == "start-stream-ok", "names differ by every letter"
        [foreign] = other.of(other.append(stream, 0, "x"))
        assert foreign["type"] == "validation-failed"
        for offset in (1, -1, 2**40):
            [event] = session.of(session.append(stream, offset, "x"))
            assert event["type"] == "validation-failed", offset
        session.append(stream, 0, "x", done=True)
        session.flushed(1, done=True)
        [ended] = session.of(session.append(stream, 1, "y"))
        assert ended["type"] == "validation-failed"
        assert session.start(name)["type"] == "validation-failed"
        assert session.text(name) == "x"


@pytest.mark.parametrize(
    ("headers", "kind"),
    [
        ({}, "param-missing"),
        ({"app-id": APP_ID}, "param-missing"),
        ({"app-id": APP_ID, "authorization": "Bearer x"}, "param-malformed"),
        ({"app-id": APP_ID, "authorization": f"Bearer {MISSING}"}, "record-not-found"),
        ({"app-id": MISSING, "authorization": f"Bearer {ADMIN_TOKEN}"}, "record-not-found"),
        ({**ADMIN, "as-email": "nobody@example.com"}, "record-not-found"),
        ({"app-id": APP_ID, "as-token": MISSING}, "record-not-found"),
        ({"app-id": APP_ID, "as-token": "x"}, "param-malformed"),
    ],
)
def test_refused_sessions(app: App, headers: Mapping[str, str], kind: str) -> None:
    assert refusal(app.call("POST", "/admin/sse", {}, headers))[:2] == (400, kind)


def test_who_may_push(app: App) -> None:
    with Session(app) as session, Session(app) as other:
        other.wait(lambda: other.init)
        for more, kind in (
            ({"session_id": MISSING}, "session-missing"),
            ({"sse_token": MISSING}, "session-missing"),
            ({"session_id": other.init["session-id"]}, "session-missing"),
            ({"session_id": None}, "param-missing"),
            ({"sse_token": None}, "param-missing"),
            ({"machine_id": None}, "param-missing"),
            ({"messages": None}, "param-missing"),
            ({"messages": {}}, "param-malformed"),
            ({"sse_token": 5}, "param-malformed"),
        ):
            assert refusal(session.push(**more))[:2] == (400, kind), more
        too_many = session.push(*[{"op": "x"}] * 10_001)
        assert refusal(too_many)[:2] == (400, "parameter-limit-exceeded")
        # Which app it is has to be said; who pushes is known by the secret.
        answer = app.call("POST", "/admin/sse/push", {"messages": []}, {})
        assert refusal(answer)[:2] == (400, "param-missing")
        assert session.push().json() == {}
        session.wait(lambda: session.init)
        init = session.init
        assert {*init} == {"op", "machine-id", "session-id", "sse-token"}
        assert session.lines[0] == "retry: 500"
    deadline = time.monotonic() + 10
    while session.push().status == 200:
        assert time.monotonic() < deadline, "the session has ended"
        time.sleep(0.01)
    assert refusal(session.push())[1] == "session-missing"


def test_a_user_who_goes(app: App) -> None:
    """Who somebody is, is asked again for each command."""
    rules = {"$streams": {"allow": {"create": "auth.id != null", "view": "true"}}}
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": rules})
    _, token = app.sign_in("streams@example.com")
    with Session(app, {"app-id": APP_ID, "as-token": token}) as session, Session(app, GUEST) as guest:
        assert session.start(fresh())["op"] == "start-stream-ok"
        assert guest.start(fresh())["type"] == "permission-denied"
        app.ok("POST", "/admin/sign_out", {"refresh_token": token})
        assert session.start(fresh())["type"] == "record-not-found"
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": {}})


def test_a_reader_that_does_not_read(app: App) -> None:
    """It costs the others nothing, and what it did not take yet is there when it reads on."""
    name, chunk, count = fresh(), "0123456789" * 50_000, 40
    with Session(app) as writer, closing(http.client.HTTPConnection("127.0.0.1", app.port, timeout=20)) as slow:
        stream = writer.start(name)["stream-id"]
        slow.request("POST", "/admin/sse", body="{}", headers={"content-type": "application/json", **ADMIN})
        lines = slow.getresponse()

        def event() -> Any:
            while not (line := lines.readline().decode()).startswith("data: "):
                assert line, "the stream ended"
            return json.loads(line.removeprefix("data: "))

        init = event()
        command = {"op": "subscribe-stream", "client-id": name, "client-event-id": "slow"}
        assert writer.push(command, session_id=init["session-id"], sse_token=init["sse-token"]).status == 200
        for number in range(count):
            writer.append(stream, number * len(chunk), chunk)
        writer.append(stream, count * len(chunk), done=True)
        writer.flushed(count * len(chunk), done=True)
        got, is_over = "", False
        while not is_over:
            seen = event()
            assert seen["offset"] == len(got)
            got += seen["content"]
            is_over = seen.get("done", False)
        assert got == chunk * count
