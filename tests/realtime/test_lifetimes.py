"""How long streams live, with limits that a test can wait for."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from harness.server import Server, ketch
from realtime.stream import Stream

# Streams that are over are looked for once in a second.
_SLACK_S = 3


@contextmanager
def _server(home: Path, *flags: str) -> Iterator[Server]:
    product = replace(ketch(), serve_flags=flags)
    product.upsert_superuser(home / "pb_data")
    with Server(product, home) as server:
        server.admin("POST", "/api/collections", {"name": "posts", "type": "base", "listRule": "", "fields": []})
        yield server


def _watch(server: Server) -> Stream:
    stream = Stream(server.port)
    body = {"clientId": stream.client_id, "subscriptions": ["posts/*"]}
    assert server.request("POST", "/api/realtime", body).status == 204
    return stream


def _post(server: Server) -> None:
    server.admin("POST", "/api/collections/posts/records", {})


def test_a_silent_stream_ends_and_a_busy_one_goes_on(tmp_path: Path) -> None:
    with _server(tmp_path, "--realtimeIdle=2") as server:
        silent, busy = Stream(server.port), _watch(server)
        began = time.monotonic()
        while silent.is_open and time.monotonic() - began < 2 + _SLACK_S:
            _post(server)
            silent.wait(lambda: not silent.is_open, 0.3)
        assert not silent.is_open
        assert time.monotonic() - began > 1.5
        assert busy.is_open
        assert server.request("POST", "/api/realtime", {"clientId": silent.client_id}).status == 404
        assert busy.wait(lambda: not busy.is_open, 2 + _SLACK_S)


def test_no_stream_lives_for_ever(tmp_path: Path) -> None:
    with _server(tmp_path, "--realtimeLongest=2") as server:
        busy = _watch(server)
        began = time.monotonic()
        while busy.is_open and time.monotonic() - began < 2 + _SLACK_S:
            _post(server)
            busy.wait(lambda: not busy.is_open, 0.2)
        assert not busy.is_open
        assert time.monotonic() - began > 1.5
        # Whoever comes back starts anew.
        assert _watch(server).is_open
