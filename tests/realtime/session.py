"""A scripted session on one server, and the comparison of two."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from differential.redact import Redactor, differences
from harness import http
from harness.server import Server
from realtime.stream import Stream

MARKER = "zz_marker"
_RANDOM = re.compile(r"[a-z0-9]{15}|\d{4}-\d\d-\d\d .*")
"""Ids and times."""
_PATIENCE_S = 5
# PocketBase sends in the background: what comes too much comes within this time after the marker.
_LATE_S = 0.12


class Session:
    """What a script does and sees; `transcript` is what is compared."""

    def __init__(self, server: Server, prefix: str) -> None:
        self.server = server
        self.prefix = prefix
        """Put before the collection names of the script, which shares its server with others."""
        self.transcript: list[Any] = []
        self.tokens: dict[str, str] = {"": "", "super": server.super_token()}
        self._streams: dict[str, Stream] = {}
        self._read: dict[str, int] = {}
        self._subscribed: set[str] = set()

    def name(self, collection: str) -> str:
        return f"{self.prefix}_{collection}"

    # Set-up: fails the test unless it succeeds.

    def collection(self, name: str, fields: Sequence[Mapping[str, Any]] = (), **more: Any) -> str:
        rules = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
        body = {"name": self.name(name), "type": "base", **rules, "fields": list(fields), **more}
        return str(self.server.admin("POST", "/api/collections", body)["id"])

    def change_collection(self, name: str, **more: Any) -> None:
        self.server.admin("PATCH", f"/api/collections/{self.name(name)}", more)

    def user(self, name: str, collection: str = "people", **more: Any) -> str:
        """Creates an account, signs it in and answers its id."""
        email, password = f"{name}@{self.prefix}.com", "password123"
        body = {"email": email, "password": password, "passwordConfirm": password, **more}
        record = self.server.admin("POST", f"/api/collections/{self.name(collection)}/records", body)
        self.tokens[name] = self.server.login(self.name(collection), email, password)
        return str(record["id"])

    # Script: what happens is written down.

    def open(self, stream: str, headers: dict[str, str] | None = None) -> Stream:
        self._streams[stream] = Stream(self.server.port, headers)
        self._read[stream] = 0
        return self._streams[stream]

    def subscribe(self, stream: str, *topics: str, auth: str = "", marked: bool = True) -> None:
        """Subscribes to topics, in which `~` stands for the prefix of collection names."""
        if stream not in self._streams:
            self.open(stream)
        listed = [topic.replace("~", self.prefix + "_") for topic in topics]
        if marked:
            listed.append(f"{MARKER}/*")
        body = {"clientId": self._streams[stream].client_id, "subscriptions": listed}
        answer = self.server.request("POST", "/api/realtime", body, token=self.tokens[auth])
        if answer.status == 204 and marked:
            self._subscribed.add(stream)
        self.note("subscribe", answer.status, answer.json() if answer.body else None)

    def do(self, method: str, url: str, payload: Any = None, *, auth: str = "super") -> Any:
        url = url.replace("~", f"/api/collections/{self.prefix}_")
        answer = self.server.request(method, url, payload, token=self.tokens[auth])
        self.note(method, url, answer.status)
        return answer.json() if answer.body else None

    def create(self, collection: str, auth: str = "super", **values: Any) -> str:
        made = self.do("POST", f"~{collection}/records", values, auth=auth)
        return str((made or {}).get("id", "no-record"))

    def update(self, collection: str, record: str, auth: str = "super", **values: Any) -> None:
        self.do("PATCH", f"~{collection}/records/{record}", values, auth=auth)

    def delete(self, collection: str, record: str, auth: str = "super") -> None:
        self.do("DELETE", f"~{collection}/records/{record}", auth=auth)

    def note(self, *what: Any) -> None:
        self.transcript.append(what)

    def expect(self, title: str, count: int | None = None) -> None:
        """Writes down what every stream was sent since the last time.

        `count` is how many events PocketBase sends in all, so that a script cannot pass by watching nothing.
        """
        before = {name: len(self._markers(name)) for name in self._subscribed}
        self.server.admin("POST", f"/api/collections/{MARKER}/records", {})
        for name, known in before.items():
            stream = self._streams[name]
            stream.wait(lambda name=name, known=known: len(self._markers(name)) > known)
        deadline = time.monotonic() + _PATIENCE_S
        while self._waiting() < (count or 0) and time.monotonic() < deadline:
            time.sleep(_LATE_S)
        time.sleep(_LATE_S)
        total = 0
        for name, stream in self._streams.items():
            events = stream.events[self._read[name] :]
            self._read[name] += len(events)
            seen = [(topic, data) for topic, data in events if topic != f"{MARKER}/*"]
            total += len(seen)
            # Between topics and between changes the order is open.
            self.note(title, name, sorted(seen, key=_order))
        if self.server.product.name == "pocketbase" and count is not None:
            assert total == count, (
                f"{title}: PocketBase sends {total} events, the script says {count}: {self.transcript[-4:]}"
            )

    def _waiting(self) -> int:
        """How many events, markers aside, have come since the last `expect`."""
        new = (event for name, stream in self._streams.items() for event in stream.events[self._read[name] :])
        return sum(topic != f"{MARKER}/*" for topic, _ in new)

    def _markers(self, name: str) -> list[Any]:
        return [data for topic, data in self._streams[name].events if topic == f"{MARKER}/*"]

    def raw(self, method: str, url: str, body: bytes | None, **headers: str) -> http.Response:
        sent = {name.replace("_", "-"): value for name, value in headers.items()}
        return http.send(self.server.port, method, url, headers=sent, body=body)

    def close(self) -> None:
        for stream in self._streams.values():
            stream.close()


def compare(servers: tuple[Server, Server], prefix: str, script: Callable[[Session], None]) -> None:
    """Runs the script on both servers; what they did must be the same."""
    shapes = []
    for server in servers:
        session = Session(server, prefix)
        try:
            script(session)
        finally:
            session.close()
        redactor = Redactor(server.port)
        shapes.append(redactor.json(_lists(session.transcript)))
    found = list(differences(*shapes))
    assert not found, "PocketBase | Ketch\n" + "\n".join(found[:30])


def _order(event: tuple[str, Any]) -> tuple[str, str, str]:
    """An order that random ids and times have no part in."""
    topic, data = event
    return topic, data["action"], json.dumps(_settled(data["record"]), sort_keys=True)


def _settled(value: Any) -> Any:
    """The value without what differs from run to run."""
    if isinstance(value, dict):
        return {key: _settled(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_settled(item) for item in value]
    if isinstance(value, str) and _RANDOM.fullmatch(value):
        return ""
    return value


def _lists(value: Any) -> Any:
    if isinstance(value, tuple):
        return [_lists(item) for item in value]
    if isinstance(value, list):
        return [_lists(item) for item in value]
    if isinstance(value, dict):
        return {key: _lists(item) for key, item in value.items()}
    return value
