"""Callbacks on an event loop: called in order, and awaited where they are coroutine functions."""

from __future__ import annotations

import asyncio
import inspect
from collections import deque
from collections.abc import Awaitable, Callable
from typing import Any


class Dispatcher:
    """Calls what it is given one after the other; the next one waits until a coroutine is done.

    A callback that raises is reported to the loop's exception handler, and stops nothing.
    """

    def __init__(self, loop: asyncio.AbstractEventLoop) -> None:
        self._loop = loop
        self._waiting: deque[tuple[Callable[[Any], Any], Any]] = deque()
        self._task: asyncio.Task[None] | None = None

    def put(self, callback: Callable[[Any], Any], data: Any) -> None:
        """Calls `callback(data)`, now or when its turn has come. To be called on the loop."""
        self._waiting.append((callback, data))
        if self._task is None:
            self._go_on()

    def _go_on(self) -> None:
        while self._waiting:
            callback, data = self._waiting.popleft()
            try:
                result = callback(data)
            except Exception as error:
                self._report(callback, error)
                continue
            if inspect.isawaitable(result):
                # Kept here, as the loop itself holds tasks weakly.
                self._task = self._loop.create_task(self._finish(callback, result))
                return

    async def _finish(self, callback: Callable[[Any], Any], result: Awaitable[Any]) -> None:
        try:
            await result
        except Exception as error:
            self._report(callback, error)
        finally:
            self._task = None
            self._go_on()

    def _report(self, callback: Callable[[Any], Any], error: Exception) -> None:
        self._loop.call_exception_handler({"message": f"the realtime callback {callback!r} failed", "exception": error})
