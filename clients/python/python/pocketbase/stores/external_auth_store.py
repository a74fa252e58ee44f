"""A store that hands its state to functions."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pocketbase.stores.base_auth_store import BaseAuthStore
from pocketbase.stores.cookie import parse_cookie
from pocketbase.utils.text import json_text


class AsyncAuthStore(BaseAuthStore):
    """Keeps the state as text wherever the given functions put it, such as a keyring.

    `save(text)` is called after every change, `clear()` (else `save("")`) at sign-out; `initial` is the text of the
    last run. Coroutine functions run as tasks of the running loop, one after the other.
    """

    def __init__(
        self,
        save: Callable[[str], Any],
        clear: Callable[[], Any] | None = None,
        initial: str = "",
    ) -> None:
        super().__init__()
        self._save_text = save
        self._clear_text = clear
        self._last: Any = None
        if initial:
            self._set(*parse_cookie(initial, "pb_auth"))

    def save(self, token: str, record: dict[str, Any] | None = None) -> None:
        """Signs in, hands over the new state and tells the listeners."""
        self._set(token, record)
        text = json_text({"token": self.token, "record": self.record})
        self._hand_over(lambda: self._save_text(text))
        self._changed()

    def clear(self) -> None:
        """Signs out, hands that over and tells the listeners."""
        self._set("", None)
        self._hand_over(self._clear_text or (lambda: self._save_text("")))
        self._changed()

    def _hand_over(self, call: Callable[[], Any]) -> None:
        import asyncio
        import inspect

        before = self._last

        async def in_order(result: Any) -> None:
            if before is not None and not before.done():
                await asyncio.wait([before])
            await result

        result = call()
        if inspect.isawaitable(result):
            # Kept, so that the task is not collected and the next one waits for it.
            self._last = asyncio.get_running_loop().create_task(in_order(result))
