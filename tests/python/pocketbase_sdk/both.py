"""The blocking client and the one for asyncio behind one face, so that a test is written once."""

from __future__ import annotations

import asyncio
import inspect
import threading
from collections.abc import Awaitable
from typing import Any, TypeVar

from pocketbase import AsyncPocketBase, PocketBase

T = TypeVar("T")


class Loop:
    """An event loop in a thread of its own: callbacks run while a test waits."""

    def __init__(self) -> None:
        self.loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self.loop.run_forever, daemon=True)
        self._thread.start()

    def wait(self, pending: Awaitable[T], timeout: float = 60) -> T:
        async def waited() -> T:
            return await pending

        return asyncio.run_coroutine_threadsafe(waited(), self.loop).result(timeout)

    def call(self, function: Any, *args: Any, **kwargs: Any) -> Any:
        """Calls on the loop's thread, where the client is used; waits for a coroutine."""

        async def called() -> Any:
            result = function(*args, **kwargs)
            return await result if inspect.isawaitable(result) else result

        return asyncio.run_coroutine_threadsafe(called(), self.loop).result(60)

    def stop(self) -> None:
        self.loop.call_soon_threadsafe(self.loop.stop)
        self._thread.join(10)
        self.loop.close()


class Blocking:
    """An object of the asyncio client whose coroutines are waited for."""

    def __init__(self, inner: Any, loop: Loop) -> None:
        object.__setattr__(self, "inner", inner)
        object.__setattr__(self, "loop", loop)

    def __getattr__(self, name: str) -> Any:
        return self._wrapped(getattr(self.inner, name))

    def __setattr__(self, name: str, value: Any) -> None:
        setattr(self.inner, name, value)

    def __enter__(self) -> Blocking:
        self.loop.wait(self.inner.__aenter__())
        return self

    def __exit__(self, *error: Any) -> None:
        self.loop.wait(self.inner.__aexit__(*error))

    def __iter__(self) -> Any:
        return self

    def __next__(self) -> Any:
        try:
            return self.loop.wait(self.inner.__anext__())
        except StopAsyncIteration:
            raise StopIteration from None

    def _wrapped(self, value: Any) -> Any:
        if inspect.isroutine(value) or inspect.isfunction(value):
            return lambda *args, **kwargs: self._wrapped(self.loop.call(value, *args, **kwargs))
        module = type(value).__module__
        is_part = module.startswith(("pocketbase.services", "pocketbase.async_"))
        return Blocking(value, self.loop) if is_part and not isinstance(value, type) else value


def open_client(kind: str, loop: Loop | None, base_url: str, *args: Any, **kwargs: Any) -> Any:
    """A client of the kind "sync" or "async"."""
    if kind == "sync":
        return PocketBase(base_url, *args, **kwargs)
    assert loop is not None
    return Blocking(AsyncPocketBase(base_url, *args, **kwargs), loop)
