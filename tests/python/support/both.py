"""Runs the same calls on a blocking and on an asynchronous client."""

from __future__ import annotations

import asyncio
import inspect
from types import TracebackType
from typing import Any, Self


class Runner:
    """Finishes what a call returned: awaits it on a loop of its own, or hands it over."""

    def __init__(self, *, is_async: bool) -> None:
        self.is_async = is_async
        self._loop: asyncio.Runner | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._loop is not None:
            self._loop.close()

    def __call__(self, value: Any) -> Any:
        if not inspect.isawaitable(value):
            assert not self.is_async or not inspect.isasyncgen(value)
            return value
        assert self.is_async, "a blocking client returned something to await"
        if self._loop is None:
            self._loop = asyncio.Runner()

        async def finish() -> Any:
            return await value

        return self._loop.run(finish())

    def tasks(self) -> int:
        """Tasks that are left on the loop."""
        return len(asyncio.all_tasks(self._loop.get_loop())) if self._loop is not None else 0
