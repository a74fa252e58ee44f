"""A client of `/api/realtime` that keeps what it is sent."""

from __future__ import annotations

import contextlib
import http.client
import json
import socket
import threading
import time
from typing import Any
from urllib.parse import quote

CONNECT = "PB_CONNECT"
_TIMEOUT_S = 60


def options(*, headers: dict[str, Any] | None = None, **query: Any) -> str:
    """The suffix of a topic with options, as the SDKs write it."""
    given: dict[str, Any] = {"query": query}
    if headers:
        given["headers"] = headers
    return "?options=" + quote(json.dumps(given), safe="")


class Stream:
    """One connection. `events` holds (topic, decoded data); `frames` the lines of each frame."""

    def __init__(self, port: int, headers: dict[str, str] | None = None) -> None:
        self._connection = http.client.HTTPConnection("127.0.0.1", port, timeout=_TIMEOUT_S)
        self._connection.request("GET", "/api/realtime", headers=headers or {})
        self._socket = self._connection.sock
        self.answer = self._connection.getresponse()
        self.events: list[tuple[str, Any]] = []
        self.frames: list[list[str]] = []
        self.is_open = True
        self.client_id = ""
        self._changed = threading.Condition()
        threading.Thread(target=self._read, daemon=True).start()
        if not self.wait(lambda: self.client_id != ""):
            raise RuntimeError("the stream does not say who its client is")

    def _read(self) -> None:
        frame: list[str] = []
        try:
            while line := self.answer.readline():
                text = line.decode().removesuffix("\n")
                if text:
                    frame.append(text)
                    continue
                with self._changed:
                    self._take(frame)
                    self._changed.notify_all()
                frame = []
        except (OSError, http.client.HTTPException, AttributeError, ValueError):
            pass
        self._connection.close()
        with self._changed:
            self.is_open = False
            self._changed.notify_all()

    def _take(self, frame: list[str]) -> None:
        self.frames.append(frame)
        parts = dict(line.split(":", 1) for line in frame)
        data = json.loads(parts["data"])
        if parts["event"] == CONNECT:
            self.client_id = data["clientId"]
        else:
            self.events.append((parts["event"], data))

    def wait(self, condition: Any, seconds: float = 5) -> bool:
        """Waits until the condition holds; tells whether it does."""
        deadline = time.monotonic() + seconds
        with self._changed:
            while not condition():
                left = deadline - time.monotonic()
                if left <= 0 or not self.is_open:
                    return bool(condition())
                self._changed.wait(left)
        return True

    def close(self) -> None:
        # The reading thread sees the end and lets go of the connection.
        with contextlib.suppress(OSError):
            self._socket.shutdown(socket.SHUT_RDWR)
