"""Runs the tests of the JavaScript SDK in `node/` against a fresh server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from clients.beside import Beside
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server

NODE = Path(__file__).with_name("node")
TIMEOUT_S = 120
TEST_TIMEOUT_S = 20


def test_javascript_sdk(server: Server, beside: Beside) -> None:
    assert (NODE / "node_modules" / "pocketbase").is_dir(), "run `npm ci` in tests/clients/node first"
    target = {
        "TARGET_URL": server.base_url,
        "TARGET_EMAIL": SUPERUSER_EMAIL,
        "TARGET_PASSWORD": SUPERUSER_PASSWORD,
        "BESIDE_URL": beside.url,
    }
    done = subprocess.run(
        ["node", "--test", "--test-force-exit", f"--test-timeout={TEST_TIMEOUT_S * 1000}"],
        cwd=NODE,
        env={**os.environ, **target},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
