"""What all auth stores have in common."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from typing import Any

from pocketbase.models.record import RecordModel, as_record
from pocketbase.stores.cookie import parse_cookie, write_cookie
from pocketbase.utils.jwt import get_token_payload, is_token_expired

_SUPERUSERS = "_superusers"
_SUPERUSERS_ID = "pbc_3142635823"
Listener = Callable[..., Any]


class BaseAuthStore:
    """Who is signed in: a token and the record that it belongs to. Safe to share between threads.

    Subclasses extend `save` and `clear`; the client goes through these two only.
    """

    def __init__(self) -> None:
        self._state: tuple[str, RecordModel | None] = ("", None)
        self._listeners: list[Listener] = []
        self._listeners_lock = threading.Lock()

    @property
    def token(self) -> str:
        """The token; empty if nobody is signed in."""
        return self._state[0]

    @property
    def record(self) -> RecordModel | None:
        """The record that is signed in, if there is one."""
        return self._state[1]

    @property
    def model(self) -> RecordModel | None:
        """The same as `record`."""
        return self.record

    @property
    def is_valid(self) -> bool:
        """Whether there is a token that has not ended. One that names no end counts as ended."""
        return not is_token_expired(self.token)

    @property
    def is_superuser(self) -> bool:
        """Whether a superuser is signed in."""
        payload = get_token_payload(self.token)
        if payload.get("type") == "superuser":
            return True
        if payload.get("type") != "auth":
            return False
        record = self.record
        name = record.get("collectionName") if record else ""
        return name == _SUPERUSERS if name else payload.get("collectionId") == _SUPERUSERS_ID

    @property
    def is_admin(self) -> bool:
        """The same as `is_superuser`."""
        return self.is_superuser

    @property
    def is_auth_record(self) -> bool:
        """Whether somebody is signed in who is no superuser."""
        return get_token_payload(self.token).get("type") == "auth" and not self.is_superuser

    def save(self, token: str, record: dict[str, Any] | None = None) -> None:
        """Signs in: keeps the token and its record, and tells the listeners."""
        self._set(token, record)
        self._changed()

    def clear(self) -> None:
        """Signs out, and tells the listeners."""
        self._set("", None)
        self._changed()

    def _set(self, token: str, record: Mapping[str, Any] | None) -> None:
        self._state = (token or "", as_record(record))

    def on_change(self, callback: Listener, fire_immediately: bool = False) -> Callable[[], None]:
        """Calls `callback(token, record)` after every `save` and `clear`, with `fire_immediately` also at once.

        A callback that takes no arguments gets none. Returns what takes the callback away again.
        """
        listener = _with_arguments(callback)
        with self._listeners_lock:
            self._listeners.append(listener)
        if fire_immediately:
            listener(self.token, self.record)

        def remove() -> None:
            with self._listeners_lock:
                self._listeners[:] = [other for other in self._listeners if other is not listener]

        return remove

    def _changed(self) -> None:
        with self._listeners_lock:
            listeners = list(self._listeners)
        for listener in listeners:
            listener(self.token, self.record)

    def load_from_cookie(self, cookie_header: str, key: str = "pb_auth") -> None:
        """Takes the state from a `Cookie` header, or from any other form that `export_to_cookie` has passed through.

        Where nothing can be read, nobody is signed in afterwards; no form of text raises an error.
        """
        self.save(*parse_cookie(cookie_header, key))

    def export_to_cookie(self, key: str = "pb_auth", **options: Any) -> str:
        """The state as the value of a `Set-Cookie` header, `pb_auth=…; Path=/; …`.

        Options: `http_only`, `secure` (both True by default), `same_site` (True: Strict, False: none, or a text),
        `path` ("/"), `domain`, `max_age` (seconds), `expires` (`datetime`; the token's end by default), `priority`,
        `encode` (a function on the text of the value). Over 4096 bytes the record shrinks to its id, address and
        collection.
        """
        return write_cookie(self.token, self.record, key, options)


def _with_arguments(callback: Listener) -> Listener:
    """The callback as a new function of token and record."""
    import inspect

    try:
        inspect.signature(callback).bind("", None)
    except TypeError:
        return lambda token, record: callback()
    except ValueError:
        # Some built-in functions have no signature to look at.
        pass
    return lambda token, record: callback(token, record)
