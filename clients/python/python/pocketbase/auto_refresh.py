# Made by scripts/unasync.py out of async_auto_refresh.py: change that file.
"""Renews a token before it ends."""

from __future__ import annotations

from collections.abc import Callable
from contextvars import ContextVar
from typing import TYPE_CHECKING, Any

from pocketbase._runtime import SingleFlight, settle
from pocketbase.client_response_error import ClientResponseError
from pocketbase.utils.jwt import get_token_payload, is_token_expired

if TYPE_CHECKING:
    from pocketbase.client import PocketBase

# What renews a token makes calls itself: those must not renew again.
_renewing: ContextVar[bool] = ContextVar("pocketbase_renewing", default=False)


class AutoRefresh:
    """Renews the token of a client before a call if it ends soon. One renewal at a time: others wait for it."""

    def __init__(
        self,
        client: PocketBase,
        threshold: float,
        refresh: Callable[[], Any],
        sign_in_again: Callable[[], Any] | None = None,
    ) -> None:
        """`sign_in_again` is the way out when `refresh` fails; with it the renewal ends with the session.

        A session ends when the store is cleared or somebody else signs in.
        """
        self._client = client
        self._threshold = threshold
        self._refresh = refresh
        self._sign_in_again = sign_in_again
        self._owner = _owner(client.auth_store.token) if sign_in_again else None
        self._flight = SingleFlight()

    def before_request(self) -> None:
        """Renews the token if it ends within the threshold. An error of the server is not raised: the call tells."""
        if _renewing.get():
            return
        token = self._client.auth_store.token
        if self._owner is not None and _owner(token) != self._owner:
            self._client.end_auto_refresh(self)
        elif token and is_token_expired(token, self._threshold):
            self._flight.run(self._renew)

    def _renew(self) -> None:
        if not is_token_expired(self._client.auth_store.token, self._threshold):
            return
        mark = _renewing.set(True)
        try:
            try:
                settle(self._refresh())
            except ClientResponseError:
                if self._sign_in_again is not None:
                    self._sign_in_again()
        except ClientResponseError:
            pass
        finally:
            _renewing.reset(mark)


def _owner(token: str) -> tuple[Any, Any]:
    payload = get_token_payload(token)
    return payload.get("collectionId"), payload.get("id")
