# Made by scripts/unasync.py out of async_transport.py: change that file.
"""Requests over a connection, and their failures."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

from instantdb_admin_client.constants import CONNECT_TIMEOUT, FOLDER, SILENCE, TIMEOUT
from instantdb_admin_client.download import Download
from instantdb_admin_client.errors import InstantInputError, failure, refused_input, wrong_answer
from instantdb_admin_client.waiting import Events
from ketch._core import Connection, CoreError

if TYPE_CHECKING:
    from ketch._core import FilePart

Query = Sequence[tuple[str, str]]


class Transport:
    """A pool of connections to one server. Clients of other users share it."""

    def __init__(
        self,
        base_url: str,
        app_id: str,
        admin_token: str,
        *,
        timeout: float = TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        """Connects at the first call. A folder that is opened gets the app, or tells which it has.

        Raises:
            InstantInputError: for what is no address of a server, and for times that are none.
        """
        if not isinstance(base_url, str):
            raise refused_input(f"base_url is a text, not {base_url!r}")
        is_folder = base_url.startswith(FOLDER)
        if not app_id and not is_folder:
            raise refused_input("no app: give app_id, or set INSTANT_APP_ID in the environment")
        own_app, own_token = (app_id or None, admin_token or None) if is_folder else (None, None)
        try:
            self.connection = Connection(
                base_url,
                timeout=timeout,
                connect_timeout=connect_timeout,
                app_id=own_app,
                admin_token=own_token,
            )
        except CoreError as error:
            told = error.message
            raise InstantInputError(told, type="input", message=told, url=base_url) from error
        self._app_id = app_id
        # What the folder's own app adds to the headers, where the program did not say which app it means.
        self._added: dict[str, str] | None = None if is_folder and not app_id else {}

    def send(
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
        safe: bool | None = None,
    ) -> dict[str, Any]:
        """Sends a request and returns the decoded answer, which is an object. `verb` names the call in errors.

        `timeout` is in seconds. A `safe` request, one that only reads, may be sent again when the connection broke.
        """
        # No body at all is something else than JSON's null.
        body = {} if json is None else {"json": json, "iso_dates": True}
        sent = {**headers, **self._own_headers(verb)}
        try:
            answer = self.connection.send(
                method, path, query=query, headers=sent, content=content, timeout=timeout, safe=safe, **body
            )
        except CoreError as error:
            raise failure(verb, error) from error
        if not isinstance(answer, dict):
            raise wrong_answer(verb, answer)
        return answer

    def open(
        self, verb: str, path: str, *, headers: Mapping[str, str], query: Query, timeout: float | None = None
    ) -> Download:
        """Gets what is read while it arrives."""
        try:
            download = self.connection.open("GET", path, query=query, headers=headers, timeout=timeout)
        except CoreError as error:
            raise failure(verb, error) from error
        return Download(download)

    def events(self, verb: str, path: str, *, headers: Mapping[str, str], query: Query, json: Any) -> Events:
        """Posts what is answered with events."""
        sent = {**headers, **self._own_headers(verb)}
        try:
            stream = self.connection.events(
                "POST", path, query=query, headers=sent, json=json, idle_timeout=SILENCE, iso_dates=True
            )
        except CoreError as error:
            raise failure(verb, error) from error
        return Events(stream)

    def app_id(self, verb: str) -> str:
        """The app that is asked."""
        self._own_headers(verb)
        return self._app_id

    def close(self) -> None:
        """Ends all connections and calls. Later calls fail."""
        self.connection.close()

    def _own_headers(self, verb: str) -> dict[str, str]:
        if self._added is None:
            try:
                self._app_id, admin_token = self.connection.credentials()
            except CoreError as error:
                raise failure(verb, error) from error
            self._added = {"App-Id": self._app_id, "Authorization": f"Bearer {admin_token}"}
        return self._added
