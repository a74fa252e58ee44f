"""Runs the tests of the JavaScript SDK in `node/` against a fresh server."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server

NODE = Path(__file__).with_name("node")
TIMEOUT_S = 300


def test_javascript_sdk(server: Server) -> None:
    assert (NODE / "node_modules" / "pocketbase").is_dir(), "run `npm ci` in tests/clients/node first"
    target = {
        "TARGET_URL": server.base_url,
        "TARGET_EMAIL": SUPERUSER_EMAIL,
        "TARGET_PASSWORD": SUPERUSER_PASSWORD,
    }
    done = subprocess.run(
        ["node", "--test"],
        cwd=NODE,
        env={**os.environ, **target},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
