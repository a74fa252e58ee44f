"""Runs tests in JavaScript against a server that stands."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

import pytest

NODE = Path(__file__).with_name("node")
TIMEOUT_S = 120
TEST_TIMEOUT_S = 20


def run_javascript(folder: Path, target: Mapping[str, str]) -> None:
    """Runs the `*.test.js` of one folder, which read what they need to know from `target`."""
    assert (NODE / "node_modules" / "pocketbase").is_dir(), "run `npm ci` in tests/clients/node first"
    files = sorted(str(path) for path in folder.glob("*.test.js"))
    assert files, f"no tests in {folder}"
    # A test that fails must not leave the process waiting for its open connections.
    flags = ["--test", "--test-force-exit", f"--test-timeout={TEST_TIMEOUT_S * 1000}"]
    done = subprocess.run(
        ["node", *flags, *files],
        cwd=NODE,
        env={**os.environ, **target},
        capture_output=True,
        text=True,
        timeout=TIMEOUT_S,
        check=False,
    )
    if done.returncode != 0:
        pytest.fail(done.stdout + done.stderr, pytrace=False)
