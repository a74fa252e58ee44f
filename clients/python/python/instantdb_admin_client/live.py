# Made by scripts/unasync.py out of async_live.py: change that file.
"""Queries whose results are kept up to date."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from instantdb_admin_client.errors import (
    InstantAPIError,
    InstantConnectionError,
    InstantError,
    failure,
    of_answer,
    wrong_answer,
)
from instantdb_admin_client.models import QueryEvent
from instantdb_admin_client.steps import id as new_id
from instantdb_admin_client.transport import Transport
from instantdb_admin_client.waiting import Events, Signal
from ketch._core import CoreError

_VERB = "Subscribe query"
# Waits before the first tries to connect again, in seconds; jitter takes up to half of each away.
_WAITS = (0.2, 0.3, 0.5, 1.0, 1.2, 1.5, 2.0)
# A stream that ended sooner, in seconds, counts as a failed try, so that tries grow rarer.
_STABLE = 5.0
_RATE_LIMITED = 429
_BAD_REQUEST = 400


class LiveQuery:
    """The results of a query: the current one, then one after every change of it.

    Iterate over it, or ask for the `next` event; each is a `QueryEvent`. It connects at the first event that is asked
    for, which is an error event if that fails. Later a broken connection is opened again, and a gap event says so.
    Close it, or use it in a `with`.

        with db.subscribe_query({"goals": {}}) as live:
            for event in live:
                print(event.type, event.data)
    """

    def __init__(self, transport: Transport, headers: Mapping[str, str], body: dict[str, Any]) -> None:
        self._transport = transport
        self._headers = {**headers, "Accept": "text/event-stream"}
        self._connection_id = new_id()
        self._body = body
        self._events: Events | None = None
        self._closed = Signal()
        self._since = 0.0
        self._failures = 0
        # When to connect; nothing before the first time.
        self._reconnect_at: float | None = None

    @property
    def is_closed(self) -> bool:
        """Whether no event will come any more."""
        return self._closed.is_set

    @property
    def is_connected(self) -> bool:
        """Whether a connection stands."""
        return self._events is not None

    def __enter__(self) -> LiveQuery:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> LiveQuery:
        return self

    def __next__(self) -> QueryEvent:
        event = self.next()
        if event is None:
            raise StopIteration
        return event

    def next(self, timeout: float | None = None) -> QueryEvent | None:
        """The next event; None when there will be none.

        Raises:
            TimeoutError: if none comes in `timeout` seconds, connecting aside. No event is lost by that.
        """
        deadline = None if timeout is None else time.monotonic() + timeout
        while not self.is_closed:
            event = self._step(deadline)
            if event is not None:
                return event
        return None

    def close(self) -> None:
        """Ends it. Who waits for an event is given none."""
        self._closed.set()
        events, self._events = self._events, None
        if events is not None:
            events.close()

    def _step(self, deadline: float | None) -> QueryEvent | None:
        """One event of the server, or one try to connect; nothing if that brought no event."""
        events = self._events
        if events is None:
            return self._connect(deadline)
        try:
            told = events.next(_left(deadline))
        except CoreError as error:
            return self._gap(failure(_VERB, error))
        if told is None:
            return None if self.is_closed else self._gap(None)
        return self._read(told[2])

    def _connect(self, deadline: float | None) -> QueryEvent | None:
        is_first = self._reconnect_at is None
        if self._reconnect_at is not None:
            wait = self._reconnect_at - time.monotonic()
            left = _left(deadline)
            if left is not None and left < wait:
                self._closed.wait(left)
                raise TimeoutError
            if wait > 0 and self._closed.wait(wait):
                return None
        try:
            app_id = self._transport.app_id(_VERB)
            events = self._transport.events(
                _VERB,
                "/admin/subscribe-query",
                headers=self._headers,
                query=[("app_id", app_id), ("local_connection_id", self._connection_id)],
                json=self._body,
            )
        except InstantError as error:
            if is_first or not _is_passing(error):
                return self._end(error)
            self._wait_longer(error.retry_after)
            return None
        if self.is_closed:
            events.close()
            return None
        self._events, self._since = events, time.monotonic()
        return None

    def _read(self, data: str) -> QueryEvent | None:
        """A message of the server; nothing for those that bring no result."""
        try:
            message = json.loads(data)
            operation = message.get("op")
            if operation == "error":
                return self._end(of_answer(_VERB, _status(message), message))
            if operation == "add-query-ok":
                return _result(message["result"], message.get("result-meta"))
            if operation == "refresh-ok" and message["computations"]:
                told = message["computations"][0]
                return _result(told["instaql-result"], told.get("result-meta"))
        except (ValueError, LookupError, TypeError, AttributeError):
            return self._end(wrong_answer(_VERB, data))
        return None

    def _gap(self, error: InstantError | None) -> QueryEvent:
        events, self._events = self._events, None
        if events is not None:
            events.close()
        if time.monotonic() - self._since >= _STABLE:
            self._failures = 0
        self._wait_longer(None)
        told = "the server ended the connection"
        broken = InstantConnectionError(f"{_VERB} failed: {told}", type="interrupted", message=told)
        return QueryEvent("gap", error=error or broken)

    def _wait_longer(self, asked: float | None) -> None:
        # Imported here: few programs come to need it.
        import random

        wait = _WAITS[min(self._failures, len(_WAITS) - 1)] * random.uniform(0.5, 1.0)
        self._failures += 1
        self._reconnect_at = time.monotonic() + max(wait, asked or 0.0)

    def _end(self, error: InstantError) -> QueryEvent:
        self.close()
        return QueryEvent("error", error=error)


def _left(deadline: float | None) -> float | None:
    return None if deadline is None else max(0.0, deadline - time.monotonic())


def _is_passing(error: InstantError) -> bool:
    """Whether a later try may succeed."""
    if error.type == "aborted":
        return False
    if isinstance(error, InstantAPIError):
        return error.status >= 500 or error.status == _RATE_LIMITED
    return error.type in ("connect", "interrupted", "timeout")


def _status(message: dict[str, Any]) -> int:
    status = message.get("status")
    return status if isinstance(status, int) else _BAD_REQUEST


def _result(result: dict[str, Any], meta: dict[str, Any] | None) -> QueryEvent:
    told = meta or {}
    return QueryEvent("ok", data=result, page_info=told.get("page-info") or {}, aggregate=told.get("aggregate") or {})
