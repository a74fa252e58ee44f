"""What waiting means in the blocking client. `_async_runtime` is the twin for asyncio."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable
from typing import Any, BinaryIO, Generic, TypeVar

T = TypeVar("T")
Lock = threading.RLock


def settle(value: Any) -> Any:
    """The result of a hook."""
    return value


def open_file(path: str | os.PathLike[str]) -> BinaryIO:
    """Opens a file to write."""
    return open(path, "wb")


def write_file(file: BinaryIO, data: bytes) -> int:
    """Writes to a file; returns the number of bytes."""
    return file.write(data)


class SingleFlight:
    """Runs a function for all who ask while it runs, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._runs = 0

    def run(self, function: Callable[[], Any]) -> None:
        """Runs the function, or waits for the one that runs and leaves it at that."""
        before = self._runs
        with self._lock:
            if self._runs != before:
                return
            try:
                function()
            finally:
                self._runs += 1


class Mailbox(Generic[T]):
    """Takes one value from a callback."""

    def __init__(self) -> None:
        self._ready = threading.Event()
        self._value: list[T] = []

    def put(self, value: T) -> None:
        """Hands the value over; only the first one counts."""
        self._value.append(value)
        self._ready.set()

    def get(self, timeout: float) -> T:
        """Waits for the value. Raises `TimeoutError` after `timeout` seconds."""
        if not self._ready.wait(timeout):
            raise TimeoutError(f"nothing came within {timeout:g} s")
        return self._value[0]
