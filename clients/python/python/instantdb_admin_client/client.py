# Made by scripts/unasync.py out of async_client.py: change that file.
"""The client itself: queries and transactions."""

from __future__ import annotations

from collections.abc import Mapping
from types import TracebackType
from typing import Any

from instantdb_admin_client.auth import Auth
from instantdb_admin_client.builder import Transactions
from instantdb_admin_client.constants import CONNECT_TIMEOUT, DEFAULT_BASE_URL, TIMEOUT
from instantdb_admin_client.live import LiveQuery
from instantdb_admin_client.models import Config, QueryDebugResult
from instantdb_admin_client.requests import (
    admin_headers,
    check_results,
    debug_body,
    given_admin_token,
    given_app_id,
    impersonating,
    impersonation,
    query_body,
)
from instantdb_admin_client.rooms import Rooms
from instantdb_admin_client.steps import Steps, encoded
from instantdb_admin_client.storage import Storage
from instantdb_admin_client.transport import Transport


class InstantDBAdmin:
    """A client of one app, with the rights of its administrator.

    It may be used by many tasks at a time and keeps its connections: make one and close it at the end, or use it in
    a `with`. Failures are `InstantError`s. Dates and times in queries and steps are sent as ISO 8601 texts.

    Attributes:
        config: The app's id, empty where a folder's own app is asked, and the server's address.
        headers: The headers of every call.
        auth: The users of the app.
        storage: The files of the app.
        rooms: Who is in its rooms.
        tx: Builds transactions: `db.tx.goals[id()].update({…})`.
    """

    def __init__(
        self,
        app_id: str | None = None,
        admin_token: str | None = None,
        base_url: str = DEFAULT_BASE_URL,
        *,
        timeout: float = TIMEOUT,
        connect_timeout: float = CONNECT_TIMEOUT,
    ) -> None:
        """Sends nothing yet.

        Args:
            app_id: The app; `INSTANT_APP_ID` of the environment unless given.
            admin_token: Its admin token; `INSTANT_APP_ADMIN_TOKEN` of the environment unless given. Without one only
                guests and users with their tokens can ask.
            base_url: The server's address, or `file:DIR` for a Ketch in this process whose data is in DIR. That needs
                neither app nor token: it then asks the folder's own app, as its administrator.
            timeout: Seconds that a call may take unless it says otherwise.
            connect_timeout: Seconds of them for connecting.

        Raises:
            InstantInputError: for arguments that are no good.
        """
        app_id, admin_token = given_app_id(app_id), given_admin_token(admin_token)
        transport = Transport(base_url, app_id, admin_token, timeout=timeout, connect_timeout=connect_timeout)
        self._set_up(transport, Config(app_id, base_url.rstrip("/")), admin_headers(app_id, admin_token))
        self._owns_transport = True

    def _set_up(self, transport: Transport, config: Config, headers: dict[str, str]) -> None:
        self._transport = transport
        self._owns_transport = False
        self.config = config
        self.headers = headers
        self.auth = Auth(transport, headers)
        self.storage = Storage(transport, headers)
        self.rooms = Rooms(transport, headers)
        self.tx = Transactions()

    def __repr__(self) -> str:
        # No token in logs.
        return f"{type(self).__name__}(app_id={self.config.app_id!r}, base_url={self.config.base_url!r})"

    def __enter__(self) -> InstantDBAdmin:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends connections, calls and live queries. Clients of `as_user` live on the one that they come from."""
        if self._owns_transport:
            self._transport.close()

    def as_user(self, email: str | None = None, token: str | None = None, guest: bool = False) -> InstantDBAdmin:
        """A client that asks as somebody else: the app's permissions apply to it. This one stays as it is.

        Args:
            email: The user with this address. Needs the admin token.
            token: The user with this refresh token.
            guest: True: a visitor who has not signed in.

        Raises:
            InstantInputError: unless exactly one is given.
        """
        header = impersonation(email, token, guest)
        client = object.__new__(type(self))
        client._set_up(self._transport, self.config, impersonating(self.headers, header))
        return client

    def query(
        self,
        query: Mapping[str, Any],
        *,
        rule_params: Mapping[str, Any] | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Runs a query. Returns a list of entities for each namespace asked for.

        Args:
            query: Such as `{"goals": {"$": {"where": {"title": "Get Fit"}}, "todos": {}}}`.
            rule_params: Parameters that the rules see.
            timeout: Seconds; the client's unless given.
        """
        body = query_body(query, rule_params)
        return self._post("Query", "/admin/query", body, timeout, safe=True)

    def transact(self, steps: Steps, *, timeout: float | None = None) -> dict[str, Any]:
        """Runs steps in one transaction, all or none. Returns `{"tx-id": number}`.

        Args:
            steps: `Update(…)`, `Link(…)` and so on, steps as lists, steps of `db.tx`; one of these or a list of them.
            timeout: Seconds; the client's unless given.
        """
        body = {"steps": encoded(steps)}
        return self._post("Transaction", "/admin/transact", body, timeout)

    def debug_query(
        self,
        query: Mapping[str, Any],
        rules: Mapping[str, Any] | None = None,
        *,
        rule_params: Mapping[str, Any] | None = None,
        ip: str | None = None,
        origin: str | None = None,
        timeout: float | None = None,
    ) -> QueryDebugResult:
        """Runs a query as a user and tells what the permissions said. Only for clients of `as_user`.

        Args:
            query: The query.
            rules: Rules to apply in place of the app's.
            rule_params: Parameters that the rules see.
            ip: The address that the user is taken to ask from.
            origin: The web site that the user is taken to ask from.
            timeout: Seconds; the client's unless given.

        Returns:
            `{"result": what the user sees, "checkResults": a list of DebugCheckResult}`.
        """
        body = debug_body(query_body(query, rule_params), rules, ip, origin)
        answer = self._post("Debug query", "/admin/query_perms_check", body, timeout, safe=True)
        return check_results("Debug query", answer)

    def debug_transact(
        self,
        steps: Steps,
        rules: Mapping[str, Any] | None = None,
        *,
        ip: str | None = None,
        origin: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Tries a transaction as a user, takes it back, and tells what the permissions said.

        Only for clients of `as_user`. Arguments as of `transact` and `debug_query`.

        Returns:
            `{"tx-id", "all-checks-ok?", "committed?", "check-results"}`.
        """
        body = debug_body({"steps": encoded(steps)}, rules, ip, origin)
        return self._post("Debug transaction", "/admin/transact_perms_check", body, timeout, safe=True)

    def subscribe_query(self, query: Mapping[str, Any], *, rule_params: Mapping[str, Any] | None = None) -> LiveQuery:
        """Follows the result of a query: the result as it is now, then after every change."""
        return LiveQuery(self._transport, self.headers, query_body(query, rule_params))

    def _post(
        self, verb: str, path: str, body: dict[str, Any], timeout: float | None, *, safe: bool | None = None
    ) -> dict[str, Any]:
        return self._transport.send(verb, "POST", path, headers=self.headers, json=body, timeout=timeout, safe=safe)
