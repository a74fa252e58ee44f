"""The few things that blocking and asynchronous code do differently: waiting, and writing files."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    import asyncio
    import threading

    from ketch._core import EventStream

ServerEvent = tuple[str, str, str]


class Signal:
    """Something that happens once, and that threads wait for."""

    def __init__(self) -> None:
        import threading

        self._event: threading.Event = threading.Event()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """It happened."""
        self._event.set()

    def wait(self, seconds: float) -> bool:
        """Waits at most so long; tells whether it happened."""
        return self._event.wait(seconds)


class AsyncSignal:
    """Something that happens once, and that tasks wait for."""

    def __init__(self) -> None:
        import asyncio

        self._event: asyncio.Event = asyncio.Event()

    @property
    def is_set(self) -> bool:
        return self._event.is_set()

    def set(self) -> None:
        """It happened."""
        self._event.set()

    async def wait(self, seconds: float) -> bool:
        """Waits at most so long; tells whether it happened."""
        import asyncio

        try:
            await asyncio.wait_for(self._event.wait(), seconds)
        except asyncio.TimeoutError:
            return False
        return True


class Events:
    """A stream of server-sent events for threads."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream

    def next(self, timeout: float | None) -> ServerEvent | None:
        """The next event; None at the end. `TimeoutError` after so many seconds, and nothing is lost."""
        return self._stream.next(timeout)

    def close(self) -> None:
        """Ends the stream, also for who waits in `next`."""
        self._stream.close()


class AsyncEvents:
    """A stream of server-sent events for tasks."""

    def __init__(self, stream: EventStream) -> None:
        self._stream = stream
        self._pending: asyncio.Future[ServerEvent | None] | None = None

    async def next(self, timeout: float | None) -> ServerEvent | None:
        """The next event; None at the end. `TimeoutError` after so many seconds, and nothing is lost."""
        import asyncio

        # The one that is waited for stays when the waiting ends: its event belongs to the next call.
        if self._pending is None:
            self._pending = self._stream.next_async()
        pending = self._pending
        await asyncio.wait({pending}, timeout=timeout)
        if not pending.done():
            raise TimeoutError
        self._pending = None
        return None if pending.cancelled() else pending.result()

    def close(self) -> None:
        """Ends the stream, also for who waits in `next`."""
        self._stream.close()
        if self._pending is not None:
            self._pending.cancel()


def write_chunk(target: BinaryIO, chunk: bytes) -> None:
    """Writes a piece of a file."""
    target.write(chunk)


async def async_write_chunk(target: BinaryIO, chunk: bytes) -> None:
    """Writes a piece of a file, on a thread: disks are slow."""
    import asyncio

    await asyncio.to_thread(target.write, chunk)
