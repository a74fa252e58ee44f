"""Requests over a connection, and their failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instantdb_admin_client.async_download import AsyncDownload
from instantdb_admin_client.constants import CONNECT_TIMEOUT, TIMEOUT
from instantdb_admin_client.errors import InstantInputError, failure, refused_input, wrong_answer
from instantdb_admin_client.waiting import AsyncEvents
from ketch._core import Connection, CoreError

if TYPE_CHECKING:
    from ketch._core import FilePart

Query = Sequence[tuple[str, str]]


class AsyncTransport:
    """A pool of connections to one server. Clients of other users share it."""

    def __init__(self, base_url: str, *, timeout: float = TIMEOUT, connect_timeout: float = CONNECT_TIMEOUT) -> None:
        """Connects at the first call.

        Raises:
            InstantInputError: for what is no address of a server, and for times that are none.
        """
        if not isinstance(base_url, str):
            raise refused_input(f"base_url is a text, not {base_url!r}")
        self.timeout = timeout
        self.connect_timeout = connect_timeout
        self.connection = _connection(base_url, timeout, connect_timeout)

    async def send(
        self,
        verb: str,
        method: str,
        path: str,
        *,
        headers: Mapping[str, str],
        query: Query = (),
        json: Any = None,
        content: FilePart | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Sends a request and returns the decoded answer, which is an object. `verb` names the call in errors.

        `timeout` is in seconds.
        """
        # No body at all is something else than JSON's null.
        body = {} if json is None else {"json": json, "iso_dates": True}
        try:
            answer = await self.connection.send_async(
                method, path, query=query, headers=headers, content=content, timeout=timeout, **body
            )
        except CoreError as error:
            raise failure(verb, error) from error
        if not isinstance(answer, dict):
            raise wrong_answer(verb, answer)
        return answer

    async def open(
        self, verb: str, path: str, *, headers: Mapping[str, str], query: Query, timeout: float | None = None
    ) -> AsyncDownload:
        """Gets what is read while it arrives."""
        try:
            download = await self.connection.open_async("GET", path, query=query, headers=headers, timeout=timeout)
        except CoreError as error:
            raise failure(verb, error) from error
        return AsyncDownload(download)

    async def events(self, verb: str, path: str, *, headers: Mapping[str, str], query: Query, json: Any) -> AsyncEvents:
        """Posts what is answered with events."""
        try:
            stream = await self.connection.events_async(
                "POST", path, query=query, headers=headers, json=json, iso_dates=True
            )
        except CoreError as error:
            raise failure(verb, error) from error
        return AsyncEvents(stream)

    async def close(self) -> None:
        """Ends all connections and calls. Later calls fail."""
        self.connection.close()


def _connection(base_url: str, timeout: float, connect_timeout: float) -> Connection:
    try:
        return Connection(base_url, timeout=timeout, connect_timeout=connect_timeout)
    except CoreError as error:
        told = error.message
        raise InstantInputError(told, type="input", message=told, url=base_url) from error
