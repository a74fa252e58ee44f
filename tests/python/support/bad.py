"""Servers that answer wrongly, or not at all."""

from __future__ import annotations

import contextlib
import socket
import ssl
import threading
from collections.abc import Callable
from types import TracebackType
from typing import Self

#: What is done with a connection whose request has been read.
Behaviour = Callable[[socket.socket], None]


def answer(status: str, body: bytes, content_type: str = "application/json", length: int | None = None) -> Behaviour:
    """Answers, and says that the body has so many bytes."""
    told = len(body) if length is None else length
    head = f"HTTP/1.1 {status}\r\nContent-Type: {content_type}\r\nContent-Length: {told}"

    def behave(connection: socket.socket) -> None:
        connection.sendall(f"{head}\r\nConnection: close\r\n\r\n".encode() + body)

    return behave


def events(*messages: str) -> Behaviour:
    """Answers with a stream of events, and hangs up in the middle of the next."""

    def behave(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n")
        for message in messages:
            connection.sendall(f"data: {message}\n\n".encode())
        connection.sendall(b'data: {"op": "refr')

    return behave


def hang_up(connection: socket.socket) -> None:
    """Answers nothing."""
    connection.shutdown(socket.SHUT_RDWR)


def be_silent(connection: socket.socket) -> None:
    """Waits until the client goes."""
    with contextlib.suppress(OSError):
        while connection.recv(65536):
            pass


class BadServer:
    """Does the same with each connection, or one thing after the other. Use it in a `with`."""

    def __init__(self, *behaviours: Behaviour, tls: ssl.SSLContext | None = None) -> None:
        self._behaviours = list(behaviours)
        self._tls = tls
        self._listener = socket.create_server(("127.0.0.1", 0))
        self._connections: list[socket.socket] = []
        self._threads: list[threading.Thread] = []
        self.requests = 0
        scheme = "http" if tls is None else "https"
        self.url = f"{scheme}://127.0.0.1:{self._listener.getsockname()[1]}"

    def __enter__(self) -> Self:
        self._start(self._accept)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        # Closing alone would not wake who accepts.
        with contextlib.suppress(OSError):
            self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        for connection in self._connections:
            with contextlib.suppress(OSError):
                connection.shutdown(socket.SHUT_RDWR)
        for thread in self._threads:
            thread.join()
        for connection in self._connections:
            connection.close()

    @property
    def held(self) -> tuple[int, int]:
        """How many threads and sockets of this process are the server's."""
        return sum(thread.is_alive() for thread in self._threads), sum(each.fileno() >= 0 for each in self._connections)

    def _start(self, work: Callable[[], None]) -> None:
        thread = threading.Thread(target=work, daemon=True)
        self._threads.append(thread)
        thread.start()

    def _accept(self) -> None:
        while True:
            try:
                connection, _ = self._listener.accept()
            except OSError:
                return
            self._connections.append(connection)
            self._start(lambda connection=connection: self._serve(connection))  # type: ignore[misc]

    def _serve(self, connection: socket.socket) -> None:
        with contextlib.suppress(OSError):
            if self._tls is not None:
                connection = self._tls.wrap_socket(connection, server_side=True)
                self._connections.append(connection)
            if not _read_request(connection):
                return
            number = min(self.requests, len(self._behaviours) - 1)
            self.requests += 1
            self._behaviours[number](connection)
            connection.shutdown(socket.SHUT_WR)


def _read_request(connection: socket.socket) -> bool:
    """Reads the head, and a body of the length that it names; answers whether there was one."""
    read = b""
    while b"\r\n\r\n" not in read:
        more = connection.recv(65536)
        if not more:
            return False
        read += more
    head, _, body = read.partition(b"\r\n\r\n")
    lengths = [line.split(b":")[1] for line in head.split(b"\r\n") if line.lower().startswith(b"content-length:")]
    missing = int(lengths[0]) - len(body) if lengths else 0
    while missing > 0:
        more = connection.recv(65536)
        if not more:
            return True
        missing -= len(more)
    return True
