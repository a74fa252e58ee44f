# Made by scripts/unasync.py out of async_settings_service.py: change that file.
"""The server's settings. For superusers only."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pocketbase._request import merged
from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options

_PATH = "/api/settings"
_MAIL_ARGUMENTS = ("collection_id_or_name", "to_email", "template")


class SettingsService(BaseService):
    """The settings of the server."""

    def get_all(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """All settings; secrets are left out."""
        data: dict[str, Any] = self.client.request("GET", _PATH, None, None, options, kwargs)
        return data

    def update(
        self, body_params: Any = None, options: Options = None, *, body: Any = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Changes what the body names; returns all settings."""
        chosen = body if body_params is None else body_params
        data: dict[str, Any] = self.client.request("PATCH", _PATH, None, chosen or {}, options, kwargs)
        return data

    def test_s3(self, filesystem: str = "storage", options: Options = None, **kwargs: Any) -> bool:
        """Tries the S3 storage: "storage" or "backups". Returns True; raises if it does not work."""
        self.client.request("POST", f"{_PATH}/test/s3", None, {"filesystem": filesystem}, options, kwargs)
        return True

    def test_email(self, *args: Any, **kwargs: Any) -> bool:
        """Sends a mail to try the mail server: `test_email(collection_id_or_name, to_email, template, options={})`.

        The template is "verification", "password-reset", "email-change", "otp" or "login-alert". Without a collection
        (`test_email(to_email, template)`) the superusers' templates are used. Returns True.
        """
        positional = list(args)
        options: Options = kwargs.pop("options", None)
        if positional and (positional[-1] is None or isinstance(positional[-1], Mapping)):
            options = positional.pop()
        if "email" in kwargs:
            kwargs["to_email"] = kwargs.pop("email")
        if "collection" in kwargs:
            kwargs["collection_id_or_name"] = kwargs.pop("collection")
        named = {name: kwargs.pop(name) for name in _MAIL_ARGUMENTS if name in kwargs}
        free = [name for name in _MAIL_ARGUMENTS if name not in named]
        # One that is missing is the collection.
        values = {**named, **dict(zip(free[max(0, len(free) - len(positional)) :], positional, strict=False))}
        if len(positional) > len(free) or not {"to_email", "template"} <= values.keys():
            raise TypeError("test_email takes (collection_id_or_name, to_email, template) or (to_email, template)")
        body = {"email": values["to_email"], "template": values["template"]}
        if values.get("collection_id_or_name"):
            body["collection"] = values["collection_id_or_name"]
        self.client.request("POST", f"{_PATH}/test/email", None, body, merged(options, kwargs))
        return True

    def generate_apple_client_secret(
        self,
        client_id: str,
        team_id: str,
        key_id: str,
        private_key: str,
        duration: int,
        options: Options = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Makes a client secret for the sign-in with Apple, good for `duration` seconds: `{"secret": …}`."""
        body = {
            "clientId": client_id,
            "teamId": team_id,
            "keyId": key_id,
            "privateKey": private_key,
            "duration": duration,
        }
        data: dict[str, Any] = self.client.request(
            "POST", f"{_PATH}/apple/generate-client-secret", None, body, options, kwargs
        )
        return data
