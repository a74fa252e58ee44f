# Made by scripts/unasync.py out of async_storage.py: change that file.
"""Files of an app."""

from __future__ import annotations

import io
import os
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, BinaryIO

from instantdb_admin_client.download import Download
from instantdb_admin_client.errors import InstantAPIError, refused_input
from instantdb_admin_client.models import StorageFile
from instantdb_admin_client.requests import (
    file_path,
    file_paths,
    fits_header,
    no_such_file,
    part,
    split_url,
    stored_files,
    upload_headers,
    without_type,
)
from instantdb_admin_client.transport import Transport
from instantdb_admin_client.waiting import write_chunk

if TYPE_CHECKING:
    from ketch._core import FilePart

#: What can be uploaded: bytes, a path on disk, or an open file.
Source = bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | io.TextIOBase


#: Files, for the signatures of a class that has a method `list`.
Files = list[StorageFile]


class Storage:
    """Uploads, lists, fetches and deletes files. What the server refuses is an `InstantAPIError`."""

    def __init__(self, transport: Transport, headers: dict[str, str]) -> None:
        self._transport = transport
        self._headers = headers

    def upload_file(
        self,
        path: str,
        file: Source,
        options: Mapping[str, str] | None = None,
        *,
        content_type: str | None = None,
        content_disposition: str | None = None,
        timeout: float | None = None,
    ) -> dict[str, Any]:
        """Stores a file under a path, in place of what was there.

        Args:
            path: Where in the storage.
            file: Bytes, a path on disk (`str` or `Path`), or an open file, which is read from where it stands while
                it is sent. Files opened as text are sent as UTF-8.
            options: `{"contentType": …, "contentDisposition": …}`; the keywords say the same.
            content_type: `application/octet-stream` unless told.
            content_disposition: What browsers are to do with the file.
            timeout: Seconds for the whole upload; the client's unless told.

        Returns:
            `{"data": {"id": …, …}}`: the id of the file's entity in `$files`.

        Raises:
            FileNotFoundError: and the like, for a path on disk that cannot be read. Nothing was sent.
        """
        path, content = file_path(path), _part(file)
        headers = upload_headers(options, content_type, content_disposition)
        try:
            return self._upload(path, content, headers, timeout)
        except InstantAPIError as error:
            # Stored all the same.
            if error.type != "decode" or error.status != 200:
                raise
            return {"data": {"id": None}, "success": True}

    def uploadFile(self, path: str, file: Source, options: Mapping[str, str] | None = None) -> dict[str, Any]:
        """As `upload_file`."""
        return self.upload_file(path, file, options)

    def upload(
        self,
        path: str,
        file: Source,
        content_type: str | Mapping[str, str] | None = None,
        metadata: Mapping[str, str] | None = None,
    ) -> dict[str, Any]:
        """The former name of `upload_file`. Of `metadata`, only `contentDisposition` means something."""
        if isinstance(content_type, Mapping):
            return self.upload_file(path, file, content_type)
        return self.upload_file(path, file, metadata, content_type=content_type)

    def get_download_url(self, path: str) -> str | None:
        """An address that the file can be fetched from for some time. None if there is no such file."""
        return self._url("Get download URL", path)

    def download(self, path: str, *, timeout: float | None = None) -> Download:
        """Opens a file to be read while it arrives. Close it, or use it in a `with`.

        `timeout` is in seconds, and for the whole download.

        Raises:
            InstantAPIError: status 404, type `record-not-found`, if there is no such file.
        """
        url = self._url("Download", file_path(path))
        if url is None:
            raise no_such_file(path)
        _, location, query = split_url(url)
        return self._transport.open("Download", location, query=query, headers={}, timeout=timeout)

    def download_to(self, path: str, target: str | os.PathLike[str] | BinaryIO, *, timeout: float | None = None) -> int:
        """Fetches a file into a path on disk or an open binary file. Returns its length in bytes.

        What arrived until an error stays where it was written.
        """
        download = self.download(path, timeout=timeout)
        try:
            if isinstance(target, (str, os.PathLike)):
                with open(target, "wb") as file:
                    return self._copy(download, file)
            return self._copy(download, target)
        finally:
            download.close()

    def list(self) -> Files:
        """All files."""
        answer = self._transport.send("List files", "GET", "/admin/storage/files", headers=self._headers)
        return stored_files("List files", answer)

    def delete(self, path: str) -> None:
        """Deletes a file. One that is not there is no error."""
        query = [("filename", file_path(path))]
        self._transport.send("Delete file", "DELETE", "/admin/storage/files", query=query, headers=self._headers)

    def delete_many(self, paths: Sequence[str]) -> None:
        """Deletes files. Those that are not there are no error."""
        body = {"filenames": file_paths(paths)}
        self._transport.send("Delete files", "POST", "/admin/storage/files/delete", headers=self._headers, json=body)

    def _upload(self, path: str, content: FilePart, headers: dict[str, str], timeout: float | None) -> dict[str, Any]:
        if fits_header(path):
            sent = {**without_type(self._headers), **headers, "path": path}
            return self._transport.send(
                "Upload", "PUT", "/admin/storage/upload", headers=sent, content=content, timeout=timeout
            )
        # A header has no letters for this path; a ticket for the upload has.
        answer = self._transport.send(
            "Upload", "POST", "/admin/storage/signed-upload-url", headers=self._headers, json={"filename": path}
        )
        _, location, query = split_url(part("Upload", answer, "data", kind=str))
        return self._transport.send(
            "Upload", "PUT", location, query=query, headers=headers, content=content, timeout=timeout
        )

    def _url(self, verb: str, path: str) -> str | None:
        query = [("app_id", self._transport.app_id(verb)), ("filename", file_path(path))]
        answer = self._transport.send(
            verb, "GET", "/admin/storage/signed-download-url", query=query, headers=self._headers
        )
        return None if answer.get("data") is None else part(verb, answer, "data", kind=str)

    def _copy(self, download: Download, target: BinaryIO) -> int:
        length = 0
        for chunk in download:
            write_chunk(target, chunk)
            length += len(chunk)
        return length


def _part(file: Any) -> FilePart:
    from ketch._core import FilePart

    if isinstance(file, io.TextIOBase):
        file = file.read().encode()
    readable = isinstance(file, (bytes, bytearray, memoryview, str, os.PathLike)) or hasattr(file, "read")
    if not readable:
        raise refused_input(f"a file is bytes, a path on disk or an open file, not {file!r}")
    return FilePart(file)
