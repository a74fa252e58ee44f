"""The queue as a worker calls it."""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from typing import Any, TypeVar

from harness.server import Server

DEADLINE_S = 30
T = TypeVar("T")


def topic() -> str:
    """A topic that no other test has: all share one server."""
    return f"t-{uuid.uuid4().hex}"


def enqueue(server: Server, name: str, payload: object = None, **more: object) -> Any:
    return server.admin("POST", "/api/jobs/enqueue", {"topic": name, "payload": payload, **more})


def claim(server: Server, name: str, **more: object) -> list[Any]:
    return list(server.admin("POST", "/api/jobs/claim", {"topics": [name], **more})["items"])


def claim_one(server: Server, name: str, **more: object) -> Any:
    """Claims as soon as there is something to claim."""
    return until(lambda: claim(server, name, **more))[0]


def until(look: Callable[[], T]) -> T:
    """Looks again and again until there is something to see."""
    deadline = time.monotonic() + DEADLINE_S
    while not (seen := look()):
        assert time.monotonic() < deadline, "nothing happened in time"
        time.sleep(0.05)
    return seen


def end(server: Server, job: Any, how: str, status: int = 200, **more: object) -> Any:
    """Completes, fails or extends a job."""
    return server.admin("POST", f"/api/jobs/{job['id']}/{how}", {"lease": job["lease"], **more}, status=status)


def get(server: Server, job: Any) -> Any:
    return server.admin("GET", f"/api/jobs/{job['id']}")
