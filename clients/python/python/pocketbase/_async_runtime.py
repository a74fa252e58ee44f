"""What waiting means in the client for asyncio. `_runtime` is the twin of the blocking one."""

from __future__ import annotations

import asyncio
import inspect
import os
from collections.abc import Awaitable, Callable
from typing import Any, BinaryIO, Generic, TypeVar
from weakref import WeakKeyDictionary

T = TypeVar("T")


class AsyncLock:
    """A lock for the tasks of one loop at a time; a client may outlive a loop."""

    def __init__(self) -> None:
        self._locks: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Lock] = WeakKeyDictionary()

    def _own(self) -> asyncio.Lock:
        return self._locks.setdefault(asyncio.get_running_loop(), asyncio.Lock())

    async def __aenter__(self) -> None:
        await self._own().acquire()

    async def __aexit__(self, *error: object) -> None:
        self._own().release()


async def settle(value: Any) -> Any:
    """The result of a hook, which may be a coroutine function."""
    return await value if inspect.isawaitable(value) else value


async def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file to write, without holding up the loop."""
    return await asyncio.to_thread(open, path, "wb")


async def write_file(file: BinaryIO, data: bytes) -> int:
    """Writes to a file, without holding up the loop; returns the number of bytes."""
    return await asyncio.to_thread(file.write, data)


class AsyncSingleFlight:
    """Runs a function for all who ask while it runs, once."""

    def __init__(self) -> None:
        self._lock = AsyncLock()
        self._runs = 0

    async def run(self, function: Callable[[], Awaitable[Any]]) -> None:
        """Runs the function, or waits for the one that runs and leaves it at that."""
        before = self._runs
        async with self._lock:
            if self._runs != before:
                return
            try:
                await function()
            finally:
                self._runs += 1


class AsyncMailbox(Generic[T]):
    """Takes one value from a callback on the loop."""

    def __init__(self) -> None:
        self._ready = asyncio.Event()
        self._value: list[T] = []

    def put(self, value: T) -> None:
        """Hands the value over; only the first one counts."""
        self._value.append(value)
        self._ready.set()

    async def get(self, timeout: float) -> T:
        """Waits for the value. Raises `TimeoutError` after `timeout` seconds."""
        try:
            await asyncio.wait_for(self._ready.wait(), timeout)
        except asyncio.TimeoutError:
            raise TimeoutError(f"nothing came within {timeout:g} s") from None
        return self._value[0]
