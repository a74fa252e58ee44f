"""Messages from the server as things happen."""

from __future__ import annotations

import threading
import weakref
from collections.abc import Awaitable, Callable, Mapping
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from ketch._core import CoreError, Realtime
from pocketbase._errors import to_error
from pocketbase._request import Request, merged
from pocketbase.services.async_base_service import AsyncBaseService
from pocketbase.services.async_crud_service import Options
from pocketbase.utils.jwt import get_token_payload
from pocketbase.utils.text import json_text

if TYPE_CHECKING:
    from pocketbase.async_client import AsyncPocketBase
    from pocketbase.stores.base_auth_store import BaseAuthStore

Unsubscribe = Callable[[], Awaitable[None]]
_CONNECT_TIMEOUT_S = 15.0


class AsyncRealtimeService(AsyncBaseService):
    """Subscriptions over one connection, which is made at the first and comes back by itself when it breaks.

    Callbacks run one after the other; one that raises does not keep the others from being called. The topic
    `PB_CONNECT` tells of every connecting, `PB_GAP` of connections that broke: in between messages were missed.
    """

    def __init__(self, client: AsyncPocketBase) -> None:
        super().__init__(client)
        self.on_disconnect: Callable[[list[str]], Any] | None = None
        """Called with the topics that are still wanted when the connection breaks, and with none when it ends."""
        self._max_connect_timeout = _CONNECT_TIMEOUT_S
        self._max_reconnect_attempts = float("inf")
        self._core: Realtime | None = None
        # Guards what follows; nothing waits for it while it waits for the server.
        self._state = threading.Lock()
        # Topics as sent, with number and callback of each subscription.
        self._subscriptions: dict[str, list[tuple[int, Callable[[Any], Any]]]] = {}
        self._forget_store: Callable[[], None] | None = None
        self._watched: BaseAuthStore | None = None
        self._owner: tuple[Any, Any] = (None, None)

    @property
    def client_id(self) -> str:
        """The server's name of this connection; empty without one."""
        return self._core.client_id if self._core is not None else ""

    @property
    def is_connected(self) -> bool:
        """Whether the connection stands."""
        return self._core is not None and bool(self._core.is_connected)

    @property
    def max_connect_timeout(self) -> float:
        """Seconds that connecting may take; 15 by default."""
        return self._max_connect_timeout

    @max_connect_timeout.setter
    def max_connect_timeout(self, seconds: float) -> None:
        self._max_connect_timeout = seconds
        if self._core is not None:
            self._core.max_connect_timeout = seconds

    @property
    def max_reconnect_attempts(self) -> float:
        """How often a broken connection is tried again; without end by default."""
        return self._max_reconnect_attempts

    @max_reconnect_attempts.setter
    def max_reconnect_attempts(self, attempts: float) -> None:
        self._max_reconnect_attempts = attempts
        if self._core is not None:
            self._core.max_reconnect_attempts = attempts

    async def subscribe(
        self, topic: str, callback: Callable[[Any], Any], options: Options = None, **kwargs: Any
    ) -> Unsubscribe:
        """Calls `callback` with the data of every message of a topic; returns what ends this subscription.

        Returns when the server knows of it; raises if the first connection cannot be made. Options: `query` (unknown
        options too) and `headers`, which the rules of the collection see.
        """
        if not isinstance(topic, str) or not topic:
            raise ValueError("topic must be set")
        if not callable(callback):
            raise TypeError(f"the callback must be callable, not {type(callback).__name__}")
        full_topic = _with_options(topic, merged(options, kwargs))
        core = self._started()
        try:
            number = await core.subscribe_async(full_topic, callback)
        except CoreError as error:
            raise to_error(error) from error
        with self._state:
            self._subscriptions.setdefault(full_topic, []).append((number, callback))

        async def unsubscribe() -> None:
            await self._remove(lambda name, entry: entry[0] == number)

        return unsubscribe

    async def unsubscribe(self, topic: str | None = None) -> None:
        """Ends all subscriptions of a topic, whatever their options; of all topics without one."""
        await self._remove(lambda name, entry: not topic or _is_topic(name, topic))

    async def unsubscribe_by_prefix(self, topic_prefix: str) -> None:
        """Ends all subscriptions whose topics begin with a text."""
        await self._remove(lambda name, entry: name.startswith(topic_prefix))

    async def unsubscribe_by_topic_and_listener(self, topic: str, callback: Callable[[Any], Any]) -> None:
        """Ends the subscriptions of a topic with this callback."""
        await self._remove(lambda name, entry: _is_topic(name, topic) and entry[1] == callback)

    def close(self) -> None:
        """Ends the connection and forgets all subscriptions."""
        with self._state:
            core, self._core = self._core, None
            self._subscriptions.clear()
        if self._forget_store is not None:
            self._forget_store()
            self._forget_store = self._watched = None
        if core is not None:
            core.close()

    def _started(self) -> Realtime:
        with self._state:
            if self._core is None:
                core = Realtime(self.client.connection(), self.client.headers)
                core.max_connect_timeout = self._max_connect_timeout
                core.max_reconnect_attempts = self._max_reconnect_attempts
                core.on_disconnect = self._disconnected
                self._core = core
            self._watch_store()
            return self._core

    def _disconnected(self, topics: list[str]) -> Any:
        return self.on_disconnect(topics) if self.on_disconnect is not None else None

    def _watch_store(self) -> None:
        """A connection belongs to who was signed in when it was made: for somebody else it has to be made anew."""
        store = self.client.auth_store
        if store is self._watched:
            return
        if self._forget_store is not None:
            self._forget_store()
            self._forget_store = None
        self._watched = store
        self._owner = _owner(store.token)
        on_change = getattr(store, "on_change", None)
        if on_change is not None:
            # A store may outlive its clients.
            service = weakref.ref(self)
            self._forget_store = on_change(lambda token, record: _tell(service(), token))

    def _store_changed(self, token: str) -> None:
        """Tells the server the topics anew if somebody else is signed in now."""
        owner, self._owner = self._owner, _owner(token)
        if owner != self._owner and self._core is not None and self._subscriptions:
            self._core.refresh()

    async def _remove(self, matches: Callable[[str, tuple[int, Callable[[Any], Any]]], bool]) -> None:
        numbers: list[int] = []
        with self._state:
            for name, entries in list(self._subscriptions.items()):
                numbers += [entry[0] for entry in entries if matches(name, entry)]
                left = [entry for entry in entries if entry[0] not in numbers]
                if left:
                    self._subscriptions[name] = left
                else:
                    del self._subscriptions[name]
            core = self._core
        if not numbers or core is None:
            return
        try:
            await core.unsubscribe_async(numbers)
        except CoreError as error:
            raise to_error(error) from error


def _tell(service: AsyncRealtimeService | None, token: str) -> None:
    if service is not None:
        service._store_changed(token)


def _owner(token: str) -> tuple[Any, Any]:
    payload = get_token_payload(token)
    return payload.get("collectionId"), payload.get("id")


def _is_topic(name: str, topic: str) -> bool:
    return name == topic or name.startswith((f"{topic}?", f"{topic}&options=" if "?" in topic else f"{topic}?"))


def _with_options(topic: str, options: Mapping[str, Any]) -> str:
    """The topic as the server is to know it: with its options."""
    if not options:
        return topic
    request = Request("GET", "")
    request.apply(options)
    chosen: dict[str, Any] = {}
    if request.query:
        chosen["query"] = dict(request.pairs())
    if request.headers:
        chosen["headers"] = request.headers
    if not chosen:
        return topic
    return f"{topic}{'&' if '?' in topic else '?'}options={quote(json_text(chosen), safe='')}"
