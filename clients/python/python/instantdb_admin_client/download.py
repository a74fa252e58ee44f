# Made by scripts/unasync.py out of async_download.py: change that file.
"""A file that is read while it arrives."""

from __future__ import annotations

from types import TracebackType

from instantdb_admin_client.errors import failure
from ketch._core import CoreError
from ketch._core import Download as CoreDownload

# Bytes that are asked for at a time.
_CHUNK = 256 * 1024


class Download:
    """A file that is read while it arrives: in pieces, or as a whole. Close it, or use it in a `with`.

        with db.storage.download("photos/ada.jpg") as download:
            for chunk in download:
                ...

    Attributes:
        status: The HTTP status.
        headers: The headers of the answer; names in lower case.
        url: Where it comes from.
    """

    def __init__(self, download: CoreDownload) -> None:
        self._download = download
        self.status = download.status
        self.url = download.url
        self.headers = {name.lower(): value for name, value in download.headers.items()}

    def __enter__(self) -> Download:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def __iter__(self) -> Download:
        return self

    def __next__(self) -> bytes:
        chunk = self.read(_CHUNK)
        if not chunk:
            raise StopIteration
        return chunk

    def read(self, size: int = -1) -> bytes:
        """At most so many bytes, or the whole rest; nothing at the end.

        Raises:
            InstantError: if the rest does not arrive.
        """
        try:
            return self._download.read(size)
        except CoreError as error:
            raise failure("Download", error) from error

    def close(self) -> None:
        """Ends it, wherever it is."""
        self._download.close()
