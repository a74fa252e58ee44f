"""What the server tells of its collections and namespaces."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from ketch._core import Connection

_PAGE = 200


class Server:
    """A server that is asked. Use it in a `with`. Failures are `CoreError`s."""

    def __init__(self, url: str) -> None:
        self._connection = Connection(url)

    def __enter__(self) -> Server:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def sign_in(self, email: str, password: str) -> str:
        """The token of a superuser."""
        path = "/api/collections/_superusers/auth-with-password"
        answer = self._connection.send("POST", path, json={"identity": email, "password": password})
        return str(answer["token"])

    def collections(self, token: str) -> list[Mapping[str, Any]]:
        """All collections. `token` is a superuser's."""
        found: list[Mapping[str, Any]] = []
        while True:
            page = len(found) // _PAGE + 1
            query = [("page", str(page)), ("perPage", str(_PAGE)), ("sort", "name"), ("skipTotal", "1")]
            answer = self._connection.send("GET", "/api/collections", query=query, headers={"Authorization": token})
            found += answer["items"]
            if len(answer["items"]) < _PAGE:
                return found

    def schema(self, app_id: str, admin_token: str) -> Mapping[str, Any]:
        """The schema of an Instant app."""
        headers = {"App-Id": app_id, "Authorization": f"Bearer {admin_token}"}
        schema: Mapping[str, Any] = self._connection.send("GET", "/admin/schema", headers=headers)["schema"]
        return schema
