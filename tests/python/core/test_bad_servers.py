"""Servers that answer wrongly, late or not at all; ends that come too soon."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
from ketch._core import Connection, CoreError

from core.conftest import Open
from support.bad import BadServer, answer, be_silent, events, hang_up
from support.certificates import self_signed
from support.usage import until


def failure(connection: Connection, method: str = "GET", **options: float) -> CoreError:
    with pytest.raises(CoreError) as caught:
        connection.send(method, "/x", timeout=options.get("timeout", 20.0))
    return caught.value


def test_nobody_is_there(opened: Open) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    error = failure(opened(f"http://127.0.0.1:{port}", tries=1))
    assert (error.kind, error.status, error.body) == ("connect", 0, {})
    assert "refused" in error.message
    assert error.url == f"http://127.0.0.1:{port}/x"
    assert failure(opened("http://ketch-test.invalid", tries=0)).kind == "connect"


def test_what_is_no_json(opened: Open) -> None:
    with BadServer(answer("200 OK", b"<html>hello", "text/html")) as server:
        error = failure(opened(server.url))
    assert (error.kind, error.status, error.body) == ("decode", 200, {"message": "<html>hello"})
    with BadServer(answer("502 Bad Gateway", b"<html>proxy", "text/html")) as server:
        error = failure(opened(server.url, tries=0))
    assert (error.kind, error.status, error.body) == ("status", 502, {"message": "<html>proxy"})
    with BadServer(answer("200 OK", b" \n")) as server:
        assert opened(server.url).send("GET", "/") == {}


def test_truncated_answers(opened: Open) -> None:
    with BadServer(answer("200 OK", b'{"a": 1', length=100)) as server:
        error = failure(opened(server.url, tries=0))
        assert (error.kind, error.status) == ("interrupted", 200)
        with opened(server.url).open("GET", "/") as download:
            with pytest.raises(CoreError) as caught:
                download.read()
            assert caught.value.kind == "interrupted"


def test_broken_connections_are_tried_again_where_that_is_safe(opened: Open) -> None:
    with BadServer(hang_up, hang_up, answer("200 OK", b"[1]")) as server:
        connection = opened(server.url)
        assert failure(connection, "POST").kind == "interrupted"
        assert server.requests == 1
        assert connection.send("GET", "/") == [1]


def test_retry_after_is_told(opened: Open) -> None:
    def busy(connection: socket.socket) -> None:
        connection.sendall(b"HTTP/1.1 429 Busy\r\nRetry-After: 77\r\nContent-Length: 2\r\nConnection: close\r\n\r\n{}")

    with BadServer(busy) as server:
        assert failure(opened(server.url)).retry_after == 77.0


def test_silence_ends_with_the_time_limit(opened: Open) -> None:
    with BadServer(be_silent) as server:
        connection = opened(server.url)
        began = time.monotonic()
        error = failure(connection, timeout=0.3)
        assert (error.kind, error.status) == ("timeout", 0)
        assert 0.25 < time.monotonic() - began < 10
        assert failure(opened(server.url, timeout=0.2, tries=0)).kind == "timeout"


def test_certificates_that_nobody_vouches_for(opened: Open, tmp_path: Path) -> None:
    with BadServer(answer("200 OK", b"{}"), tls=self_signed(tmp_path)) as server:
        error = failure(opened(server.url, tries=0))
    assert error.kind == "connect"
    assert "certificate" in error.message.lower() or "issuer" in error.message.lower()


def test_event_streams_that_break_or_fall_silent(opened: Open) -> None:
    def broken(connection: socket.socket) -> None:
        head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nTransfer-Encoding: chunked\r\n\r\n"
        connection.sendall(head + b"9\r\ndata: 1\n\n\r\n")

    with BadServer(broken) as server:
        stream = opened(server.url).events("GET", "/")
        assert stream.next() == ("", "", "1")
        with pytest.raises(CoreError) as caught:
            stream.next()
        assert caught.value.kind == "interrupted"

    def silent(connection: socket.socket) -> None:
        events("1")(connection)
        be_silent(connection)

    with BadServer(silent) as server:
        stream = opened(server.url).events("GET", "/", idle_timeout=0.2)
        assert stream.next() == ("", "", "1")
        with pytest.raises(CoreError, match="came for") as caught:
            stream.next()
        assert caught.value.kind == "interrupted"
        stream.close()
        patient = opened(server.url).events("GET", "/")
        assert patient.next(5) == ("", "", "1")
        with pytest.raises(TimeoutError):
            patient.next(0.05)
        threading.Timer(0.1, patient.close).start()
        assert patient.next() is None

    with BadServer(events("1", "2")) as server:
        assert [data for _, _, data in opened(server.url).events("GET", "/")] == ["1", "2"]


class Watching:
    """Is silent, and tells when the client has gone."""

    def __init__(self) -> None:
        self.reached = threading.Event()
        self.left = threading.Event()

    def __call__(self, connection: socket.socket) -> None:
        self.reached.set()
        be_silent(connection)
        self.left.set()


def test_a_cancelled_task_hangs_up(opened: Open) -> None:
    watching = Watching()
    with BadServer(watching) as server:
        connection = opened(server.url)

        async def main() -> None:
            call = asyncio.ensure_future(connection.send_async("GET", "/"))
            await asyncio.to_thread(watching.reached.wait, 10)
            call.cancel()
            with pytest.raises(asyncio.CancelledError):
                await call
            await asyncio.to_thread(watching.left.wait, 10)

        asyncio.run(main())
        assert watching.left.is_set()


def test_calls_end_by_key_and_with_the_connection(opened: Open) -> None:
    def ended_by(end: object, key: str | None) -> str:
        watching = Watching()
        with BadServer(watching) as server:
            connection = opened(server.url)
            kinds: list[str] = []

            def call() -> None:
                try:
                    connection.send("GET", "/", key=key)
                except CoreError as error:
                    kinds.append(error.kind)

            thread = threading.Thread(target=call)
            thread.start()
            assert watching.reached.wait(10)
            assert callable(end)
            end(connection)
            thread.join(10)
            assert watching.left.wait(10)
            return kinds[0]

    assert ended_by(lambda connection: connection.cancel("k"), "k") == "aborted"
    assert ended_by(lambda connection: connection.cancel_all(), "k") == "aborted"
    assert ended_by(lambda connection: connection.close(), None) == "aborted"


def test_the_last_call_with_a_key_wins(opened: Open) -> None:
    with BadServer(answer("200 OK", b"1")) as server:
        connection = opened(server.url)

        async def main() -> list[object]:
            calls = [connection.send_async("GET", "/", key="k") for _ in range(3)]
            results: list[object] = await asyncio.gather(*calls, return_exceptions=True)
            return results

        for _ in range(30):
            first, second, third = asyncio.run(main())
            assert isinstance(first, CoreError)
            assert isinstance(second, CoreError)
            assert (first.kind, second.kind, third) == ("aborted", "aborted", 1)


INTERRUPTED = """
import sys
from ketch._core import Connection
connection = Connection(sys.argv[1])
print("calling", flush=True)
try:
    connection.send("GET", "/")
except KeyboardInterrupt:
    print("interrupted", flush=True)
"""


def test_control_c_ends_a_call() -> None:
    watching = Watching()
    with BadServer(watching) as server:
        child = subprocess.Popen([sys.executable, "-c", INTERRUPTED, server.url], stdout=subprocess.PIPE, text=True)
        assert watching.reached.wait(20)
        os.kill(child.pid, signal.SIGINT)
        output, _ = child.communicate(timeout=20)
        assert (output, child.returncode) == ("calling\ninterrupted\n", 0)
        until(watching.left.is_set, "the server sees that the client has gone")
