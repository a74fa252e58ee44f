"""A client of the event streams of the Instant front that keeps what it is sent."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from collections.abc import Callable, Mapping
from types import TracebackType
from typing import Any, Self

from instant.app import ADMIN, App

_TIMEOUT_S = 60
_PATIENCE_S = 20


class EventStream:
    """An event stream. `events` holds the decoded events after the first, which says who the session is."""

    def __init__(self, app: App, url: str, body: Any, headers: Mapping[str, str] = ADMIN) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", app.port, timeout=_TIMEOUT_S)
        sent = {"content-type": "application/json", **headers}
        self._connection.request("POST", url, body=json.dumps(body), headers=sent)
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self.events: list[dict[str, Any]] = []
        self.lines: list[str] = []
        self.init: dict[str, Any] = {}
        self.is_open = True
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)

    def _read(self) -> None:
        try:
            while line := self.answer.readline():
                self._take(line.decode().removesuffix("\n"))
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass
        self._connection.close()
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    def _take(self, line: str) -> None:
        with self._changed:
            self.lines.append(line)
            if line.startswith("data: "):
                event = json.loads(line.removeprefix("data: "))
                if event["op"] == "sse-init":
                    self.init = event
                else:
                    self.events.append(event)
            self._changed.notify_all()

    def wait(self, condition: Callable[[], Any]) -> None:
        """Waits until the condition holds."""
        deadline = time.monotonic() + _PATIENCE_S
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                assert left > 0, f"not in time; events so far: {self.events}"
                assert self.is_open or condition(), f"the stream ended; events so far: {self.events}"
                self._changed.wait(left)

    def next(self, count: int = 1) -> dict[str, Any]:
        """Waits until there are so many events; answers the last of them."""
        self.wait(lambda: len(self.events) >= count)
        return self.events[count - 1]

    def wait_end(self) -> None:
        deadline = time.monotonic() + _PATIENCE_S
        with self._changed:
            while self.is_open:
                left = deadline - time.monotonic()
                assert left > 0, f"the stream goes on; events so far: {self.events}"
                self._changed.wait(left)


class Events(EventStream):
    """One live query."""

    def __init__(self, app: App, query: Any, headers: Mapping[str, str] = ADMIN, **more: Any) -> None:
        body = {"query": query, "versions": {}, **more}
        super().__init__(app, "/admin/subscribe-query?local_connection_id=x", body, headers)


def refreshed(event: dict[str, Any]) -> Any:
    """The tree of a refresh of one query."""
    assert event["op"] == "refresh-ok", event
    assert len(event["computations"]) == 1
    return event["computations"][0]["instaql-result"]
