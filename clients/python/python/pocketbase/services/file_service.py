# Made by scripts/unasync.py out of async_file_service.py: change that file.
"""Files of records."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from pocketbase._request import Request, merged
from pocketbase.client_response_error import not_found
from pocketbase.services.base_service import BaseService
from pocketbase.services.crud_service import Options
from pocketbase.utils.text import segment

if TYPE_CHECKING:
    from pocketbase.download import Download


class FileService(BaseService):
    """The files of records."""

    def get_url(self, record: Mapping[str, Any], filename: str, options: Options = None, **kwargs: Any) -> str:
        """The address of a file; empty if the record or the name is missing.

        Options: `thumb` ("100x100"), `download` (True: the browser saves it), `token` (`get_token`).
        """
        path = _path(record, filename)
        if not path:
            return ""
        query = merged(options, kwargs)
        request = Request("GET", path)
        request.apply(query)
        return self.client.full_url(path, _shaped(request.query))

    def get_token(self, options: Options = None, **kwargs: Any) -> str:
        """A token, good for some minutes, for files that only who is signed in may see."""
        data = self.client.request("POST", "/api/files/token", None, None, options, kwargs)
        return str(data.get("token") or "")

    def download(self, record: Mapping[str, Any], filename: str, options: Options = None, **kwargs: Any) -> Download:
        """A file, to be read piece by piece or to be saved. Options as in `get_url`, and `timeout` in seconds."""
        path = _path(record, filename)
        if not path:
            raise not_found(self.client.build_url("/api/files"), "Missing record or file name.")
        request = Request("GET", path)
        request.apply(merged(options, kwargs))
        request.query = _shaped(request.query)
        return self.client.open(request)

    def save(
        self,
        record: Mapping[str, Any],
        filename: str,
        path: str | os.PathLike[str],
        options: Options = None,
        **kwargs: Any,
    ) -> int:
        """Downloads a file of a record into a file here; returns its size in bytes."""
        with self.download(record, filename, options, **kwargs) as content:
            return content.save(path)


def _path(record: Mapping[str, Any], filename: str) -> str:
    if not record or not filename or not record.get("id"):
        return ""
    collection = record.get("collectionId") or record.get("collectionName") or ""
    if not collection:
        return ""
    parts = (collection, "collection"), (record["id"], "record id"), (filename, "file name")
    return "/api/files/" + "/".join(segment(text, what) for text, what in parts)


def _shaped(query: Mapping[str, Any]) -> dict[str, Any]:
    shaped = dict(query)
    download = shaped.get("download")
    if download is True:
        shaped["download"] = "1"
    elif not download:
        shaped.pop("download", None)
    return shaped
