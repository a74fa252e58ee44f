"""A file that is read while it arrives."""

from __future__ import annotations

from types import TracebackType

from instantdb_admin_client.errors import failure
from ketch._core import CoreError
from ketch._core import Download as CoreDownload

# Bytes that are asked for at a time.
_CHUNK = 256 * 1024


class AsyncDownload:
    """A file that is read while it arrives: in pieces, or as a whole. Close it, or use it in a `with`.

        async with await db.storage.download("photos/ada.jpg") as download:
            async for chunk in download:
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

    async def __aenter__(self) -> AsyncDownload:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    def __aiter__(self) -> AsyncDownload:
        return self

    async def __anext__(self) -> bytes:
        chunk = await self.read(_CHUNK)
        if not chunk:
            raise StopAsyncIteration
        return chunk

    async def read(self, size: int = -1) -> bytes:
        """At most so many bytes, or the whole rest; nothing at the end.

        Raises:
            InstantError: if the rest does not arrive.
        """
        try:
            return await self._download.aread(size)
        except CoreError as error:
            raise failure("Download", error) from error

    async def close(self) -> None:
        """Ends it, wherever it is."""
        self._download.close()
