"""Connections that are used again: what a refusal leaves unread must not end them."""

from __future__ import annotations

import select
import socket

import pytest

from instant.app import APP_ID, App


@pytest.mark.parametrize("url", ["/admin/query", "/admin/sse", f"/dash/apps/{APP_ID}/webhooks", "/api/nothing"])
def test_a_body_behind_its_head(app: App, url: str) -> None:
    """Many clients send head and body apart, and take the connection again after the answer."""
    body = b'{"query":{}}'
    head = [f"POST {url} HTTP/1.1", "host: x", "content-type: application/json", f"content-length: {len(body)}", "", ""]
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as connection:
        for _ in range(3):
            connection.sendall("\r\n".join(head).encode())
            # Longer than it takes to refuse.
            select.select([connection], [], [], 0.1)
            connection.sendall(body)
            answer = connection.recv(65536)
            assert answer.startswith(b"HTTP/1.1 4"), answer
