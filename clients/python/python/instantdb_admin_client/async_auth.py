"""Users of an app."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from instantdb_admin_client.async_transport import AsyncTransport
from instantdb_admin_client.errors import InstantAPIError, refused_input
from instantdb_admin_client.models import User
from instantdb_admin_client.requests import is_unknown_user, maybe_user, part, user, user_key


class AsyncAuth:
    """Finds users, signs them in and out.

    Where a user is named by `email`, `id` or `refresh_token`, exactly one of them is given; the error otherwise is
    `InstantInputError`. What the server refuses is an `InstantAPIError`.
    """

    def __init__(self, transport: AsyncTransport, headers: dict[str, str]) -> None:
        self._transport = transport
        self._headers = headers

    async def generate_magic_code(self, email: str) -> dict[str, Any]:
        """A code to sign in with: `{"code": "123456"}`. It is up to you how it reaches the user."""
        return await self._post("Generate magic code", "/admin/magic_code", {"email": email})

    async def send_magic_code(self, email: str) -> dict[str, Any]:
        """As `generate_magic_code`; the server mails the code to the user as well."""
        return await self._post("Send magic code", "/admin/send_magic_code", {"email": email})

    async def check_magic_code(
        self, email: str, code: str, *, extra_fields: Mapping[str, Any] | None = None
    ) -> tuple[User, bool]:
        """Signs a user in with a code. Returns the user, with a new `refresh_token`, and whether the user is new.

        `extra_fields` are set on a new user.
        """
        body = _with_fields({"email": email, "code": code}, extra_fields)
        answer = await self._post("Check magic code", "/admin/verify_magic_code", body)
        return user("Check magic code", answer), bool(answer.get("created"))

    async def verify_magic_code(self, email: str, code: str) -> User:
        """Signs a user in with a code. Returns the user, with a new `refresh_token`."""
        signed_in, _ = await self.check_magic_code(email, code)
        return signed_in

    async def create_token(
        self,
        email: str | None = None,
        *,
        id: str | None = None,
        extra_fields: Mapping[str, Any] | None = None,
    ) -> str:
        """A new refresh token for a user, who is made if not there.

        `extra_fields` are set on a new user.
        """
        key, value = user_key("create_token", {"email": email, "id": id})
        body = _with_fields({key: value}, extra_fields)
        answer = await self._post("Create token", "/admin/refresh_tokens", body)
        return part("Create token", answer, "user", "refresh_token", kind=str)

    async def sign_in_guest(self, *, extra_fields: Mapping[str, Any] | None = None) -> User:
        """Makes a user without an address. Returns the user, with a `refresh_token`."""
        answer = await self._post("Sign in guest", "/admin/sign_in_guest", _with_fields({}, extra_fields))
        return user("Sign in guest", answer)

    async def verify_token(self, token: str) -> User:
        """The user that a refresh token belongs to. Needs no admin token.

        Raises:
            InstantAPIError: `record-not-found` for a token that is not good any more.
        """
        if not isinstance(token, str):
            raise refused_input(f"a refresh token is a text, not {token!r}")
        answer = await self._transport.send(
            "Verify token",
            "POST",
            "/runtime/auth/verify_refresh_token",
            headers={"Content-Type": "application/json"},
            json={"app-id": await self._transport.app_id("Verify token"), "refresh-token": token},
            safe=True,
        )
        return user("Verify token", answer)

    async def get_user(
        self, email: str | None = None, id: str | None = None, refresh_token: str | None = None
    ) -> User | None:
        """A user; None if there is no such one."""
        key = user_key("get_user", {"email": email, "id": id, "refresh_token": refresh_token})
        answer = await self._transport.send("Get user", "GET", "/admin/users", query=[key], headers=self._headers)
        return maybe_user("Get user", answer, "user")

    async def delete_user(
        self, email: str | None = None, id: str | None = None, refresh_token: str | None = None
    ) -> User | None:
        """Deletes a user. Returns who it was; None if there was no such one."""
        key = user_key("delete_user", {"email": email, "id": id, "refresh_token": refresh_token})
        answer = await self._transport.send("Delete user", "DELETE", "/admin/users", query=[key], headers=self._headers)
        return maybe_user("Delete user", answer, "deleted")

    async def sign_out(
        self, email: str | None = None, *, id: str | None = None, refresh_token: str | None = None
    ) -> None:
        """Makes the tokens of a user invalid; given a `refresh_token`, only that one.

        Nobody is signed in under an address that nobody has, so that this is no error either.
        """
        key, value = user_key("sign_out", {"email": email, "id": id, "refresh_token": refresh_token})
        try:
            await self._post("Sign out", "/admin/sign_out", {key: value})
        except InstantAPIError as error:
            if not is_unknown_user(error):
                raise

    async def _post(self, verb: str, path: str, body: dict[str, Any]) -> dict[str, Any]:
        return await self._transport.send(verb, "POST", path, headers=self._headers, json=body)


def _with_fields(body: dict[str, Any], extra_fields: Mapping[str, Any] | None) -> dict[str, Any]:
    return body if extra_fields is None else {**body, "extra-fields": dict(extra_fields)}
