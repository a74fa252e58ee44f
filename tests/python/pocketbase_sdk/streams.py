"""A realtime server that drops its connections when told."""

from __future__ import annotations

import contextlib
import json
import queue
import threading
from collections.abc import Callable
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Any, Self

_WAIT_S = 20


@dataclass
class Submitted:
    """Topics as a client told them."""

    client_id: str
    topics: list[str]
    headers: dict[str, str]


@dataclass
class _Stream:
    client_id: str
    # Text to send; None ends the stream.
    waiting: queue.Queue[str | None] = field(default_factory=queue.Queue)


class RealtimeServer:
    """Use as a context manager."""

    def __init__(self) -> None:
        self.submitted: list[Submitted] = []
        self.streams: list[_Stream] = []
        self.refuses = False
        self._changed = threading.Condition()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, format: str, *args: Any) -> None:
                pass

            def do_GET(self) -> None:
                if outer.refuses:
                    self.send_error(503)
                    return
                stream = outer._opened()
                self.send_response(200)
                self.send_header("Content-Type", "text/event-stream")
                self.send_header("Connection", "close")
                self.end_headers()
                self.close_connection = True
                with contextlib.suppress(OSError):
                    while (text := stream.waiting.get(timeout=_WAIT_S * 3)) is not None:
                        self.wfile.write(text.encode())
                        self.wfile.flush()

            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
                headers = {name.lower(): value for name, value in self.headers.items()}
                outer._take(Submitted(body["clientId"], body["subscriptions"], headers))
                self.send_response(204)
                self.end_headers()

        class Listening(ThreadingHTTPServer):
            daemon_threads = True

            def handle_error(self, request: Any, client_address: Any) -> None:
                """A client that hangs up is part of the tests."""

        self._server = Listening(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self._server.server_address[1]}"

    def _opened(self) -> _Stream:
        with self._changed:
            stream = _Stream(f"client{len(self.streams) + 1}")
            self.streams.append(stream)
            self._changed.notify_all()
        connect = json.dumps({"clientId": stream.client_id})
        stream.waiting.put(f"id:{stream.client_id}\nevent:PB_CONNECT\ndata:{connect}\n\n")
        return stream

    def _take(self, submitted: Submitted) -> None:
        with self._changed:
            self.submitted.append(submitted)
            self._changed.notify_all()

    def wait_until(self, condition: Callable[[], bool]) -> None:
        with self._changed:
            assert self._changed.wait_for(condition, _WAIT_S)

    def send(self, topic: str, data: str) -> None:
        stream = self.streams[-1]
        stream.waiting.put(f"id:{stream.client_id}\nevent:{topic}\ndata:{data}\n\n")

    def drop(self) -> None:
        """Ends the present connection."""
        self.streams[-1].waiting.put(None)

    def __enter__(self) -> Self:
        threading.Thread(target=self._server.serve_forever, args=(0.02,), daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        for stream in self.streams:
            stream.waiting.put(None)
        self._server.shutdown()
        self._server.server_close()
