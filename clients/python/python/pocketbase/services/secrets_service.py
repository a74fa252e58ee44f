# Made by scripts/unasync.py out of async_secrets_service.py: change that file.
"""Secrets that the server keeps encrypted. For superusers only; servers other than Ketch may not have them."""

from __future__ import annotations

from typing import Any

from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options
from pocketbase.utils.text import segment

_PATH = "/api/secrets"


class SecretsService(BaseService):
    """The secrets of the server."""

    def get_list(self, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """All secrets, their values masked: `items`, `total`."""
        return self._call("GET", _PATH, None, options, kwargs)

    def get(self, key: str, options: Options = None, **kwargs: Any) -> dict[str, Any]:
        """A secret with its value: `key`, `value`."""
        return self._call("GET", f"{_PATH}/{segment(key, 'secret key')}", None, options, kwargs)

    def create(
        self,
        key: str,
        value: str,
        env: str = "",
        description: str = "",
        options: Options = None,
        **kwargs: Any,
    ) -> dict[str, Any]:
        """Keeps a secret of at most 4 KB; one with this key is replaced. Returns `key`, `env`, `message`."""
        body = {"key": key, "value": value}
        if env:
            body["env"] = env
        if description:
            body["description"] = description
        return self._call("POST", _PATH, body, options, kwargs)

    def update(
        self, key: str, value: str, description: str = "", options: Options = None, **kwargs: Any
    ) -> dict[str, Any]:
        """Changes the value of a secret. Returns `key`, `message`."""
        body = {"value": value}
        if description:
            body["description"] = description
        return self._call("PUT", f"{_PATH}/{segment(key, 'secret key')}", body, options, kwargs)

    def delete(self, key: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes a secret. Returns True."""
        self._call("DELETE", f"{_PATH}/{segment(key, 'secret key')}", None, options, kwargs)
        return True

    def _call(self, method: str, path: str, body: Any, options: Options, extra: dict[str, Any]) -> dict[str, Any]:
        data: dict[str, Any] = self.client.request(method, path, None, body, options, extra)
        return data
