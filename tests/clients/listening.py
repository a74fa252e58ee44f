"""Realtime events of the Python client of PocketBase."""

from __future__ import annotations

import queue
import time
from collections.abc import Callable

from pocketbase.client import Client
from pocketbase.services.realtime_service import MessageData

_ATTEMPTS = 10
_ATTEMPT_S = 3
_POLL_S = 0.05


def first_event(
    client: Client, subscribe: Callable[[], None], write: Callable[[], object], events: queue.Queue[MessageData]
) -> MessageData:
    """Subscribes, then writes until an event comes.

    The client subscribes in a thread of its own and does not tell when it has. It also starts to read before
    it listens: if the server's greeting is faster, it never subscribes, and has to be asked again.
    """
    for _ in range(_ATTEMPTS):
        subscribe()
        deadline = time.monotonic() + _ATTEMPT_S
        while time.monotonic() < deadline:
            write()
            try:
                return events.get(timeout=_POLL_S)
            except queue.Empty:
                continue
        client.realtime.unsubscribe()
    raise AssertionError(f"no event came in {_ATTEMPTS} attempts")
