"""Runs the tests of PocketBase's JavaScript SDK in `node/` against a fresh server."""

from __future__ import annotations

from clients.beside import Beside
from clients.javascript import NODE, run_javascript
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server


def test_javascript_sdk(server: Server, beside: Beside) -> None:
    target = {
        "TARGET_URL": server.base_url,
        "TARGET_EMAIL": SUPERUSER_EMAIL,
        "TARGET_PASSWORD": SUPERUSER_PASSWORD,
        "BESIDE_URL": beside.url,
    }
    run_javascript(NODE, target)
