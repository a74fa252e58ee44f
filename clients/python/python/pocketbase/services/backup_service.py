# Made by scripts/unasync.py out of async_backup_service.py: change that file.
"""Backups of the whole server. For superusers only."""

from __future__ import annotations

import os
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pocketbase._bodies import file_part
from pocketbase._request import Request, merged
from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options
from pocketbase.utils.text import segment

if TYPE_CHECKING:
    from pocketbase.download import Download

_PATH = "/api/backups"


class BackupService(BaseService):
    """The backups of the server. Their names match `[a-z0-9_-]+.zip`."""

    def get_full_list(self, options: Options = None, **kwargs: Any) -> list[dict[str, Any]]:
        """All backups: `key`, `size` in bytes, `modified`."""
        data: list[dict[str, Any]] = self.client.request("GET", _PATH, None, None, options, kwargs)
        return data

    def create(self, basename: str = "", options: Options = None, *, name: str | None = None, **kwargs: Any) -> bool:
        """Makes a backup, by default with the time in its name. Returns True when it is done."""
        chosen = basename or name
        self.client.request("POST", _PATH, None, {"name": chosen} if chosen else {}, options, kwargs)
        return True

    def upload(self, file: Any, options: Options = None, **kwargs: Any) -> bool:
        """Uploads a backup: a path (text too), an open binary file, bytes, or `(filename, content)`. Returns True.

        Raises `FileNotFoundError` for a path that is not there.
        """
        if isinstance(file, Mapping):
            file = file.get("file")
        if isinstance(file, str):
            file = Path(file)
        if file is None:
            raise TypeError("there is no file to upload")
        body = {"file": file_part(file, "backup.zip")}
        self.client.request("POST", f"{_PATH}/upload", None, body, options, kwargs)
        return True

    def delete(self, key: str, options: Options = None, **kwargs: Any) -> bool:
        """Deletes a backup. Returns True."""
        self.client.request("DELETE", f"{_PATH}/{segment(key, 'backup key')}", None, None, options, kwargs)
        return True

    def restore(self, key: str, options: Options = None, **kwargs: Any) -> bool:
        """Starts to put the server back to a backup. Returns True; the server starts again soon after."""
        path = f"{_PATH}/{segment(key, 'backup key')}/restore"
        self.client.request("POST", path, None, None, options, kwargs)
        return True

    def get_download_url(self, *args: str, key: str | None = None, token: str | None = None) -> str:
        """The address of a backup: `get_download_url(token, key)`, with a superuser's file token (`files.get_token`).

        `get_download_url(key)` leaves the token out.
        """
        given = list(args)
        if len(given) == 2 and given[0].endswith(".zip") and given[1].count(".") == 2:
            given.reverse()
        if given and key is None:
            key = given.pop()
        if given and token is None:
            token = given.pop()
        if key is None or given:
            raise TypeError("get_download_url takes (token, key) or (key)")
        query = {"token": token} if token else {}
        return self.client.full_url(f"{_PATH}/{segment(key, 'backup key')}", query)

    def download(self, key: str, options: Options = None, **kwargs: Any) -> Download:
        """A backup, to be read piece by piece or to be saved. Asks for a file token unless `token` is one."""
        given = merged(options, kwargs)
        if not given.get("token"):
            given["token"] = self.client.files.get_token()
        request = Request("GET", f"{_PATH}/{segment(key, 'backup key')}")
        request.apply(given)
        return self.client.open(request)

    def save(self, key: str, path: str | os.PathLike[str], options: Options = None, **kwargs: Any) -> int:
        """Downloads a backup into a file; returns its size in bytes."""
        with self.download(key, options, **kwargs) as content:
            return content.save(path)
