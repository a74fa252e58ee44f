"""What this process holds: threads, sockets, tasks."""

from __future__ import annotations

import gc
import os
import time
from collections.abc import Callable
from pathlib import Path

_PATIENCE_S = 10
_POLL_S = 0.01


def threads() -> int:
    """All threads of the process, those of native code too."""
    return len(list(Path("/proc/self/task").iterdir()))


def sockets() -> int:
    """Open sockets of the process."""
    count = 0
    for entry in Path("/proc/self/fd").iterdir():
        try:
            count += str(entry.readlink()).startswith("socket:")
        except OSError:
            continue
    return count


def descriptors() -> int:
    """Open files of any kind of the process."""
    return len(os.listdir("/proc/self/fd"))


def until(condition: Callable[[], bool], what: str) -> None:
    """Waits until a condition holds."""
    deadline = time.monotonic() + _PATIENCE_S
    while not condition():
        assert time.monotonic() < deadline, f"not in {_PATIENCE_S} s: {what}"
        gc.collect()
        time.sleep(_POLL_S)
