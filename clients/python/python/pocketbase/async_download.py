"""Files on their way here."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from types import TracebackType
from typing import TYPE_CHECKING

from ketch import _core
from ketch._core import CoreError
from pocketbase._async_runtime import open_file, write_file
from pocketbase._errors import to_error

if TYPE_CHECKING:
    from typing_extensions import Self


class AsyncDownload:
    """The content of a file, read as it comes: in one piece with `read()`, in pieces by iterating, to disk with `save`.

    To be closed, best by `async with`; reading it to its end closes it as well.
    """

    def __init__(self, answer: _core.Download) -> None:
        self._answer = answer
        self.status: int = answer.status
        """HTTP status of the answer."""
        self.headers: dict[str, str] = answer.headers
        """Headers of the answer, their names in lower case."""
        self.url: str = answer.url
        """Address of the file."""

    async def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or fewer at the end; all that is left by default."""
        try:
            return await self._answer.aread(size)
        except CoreError as error:
            raise to_error(error) from error

    def __aiter__(self) -> AsyncIterator[bytes]:
        return self

    async def __anext__(self) -> bytes:
        try:
            return await self._answer.__anext__()
        except CoreError as error:
            raise to_error(error) from error

    async def save(self, path: str | os.PathLike[str]) -> int:
        """Writes the rest into a file, which is made or replaced. Returns the number of bytes."""
        size = 0
        file = await open_file(path)
        try:
            async for piece in self:
                size += await write_file(file, piece)
        finally:
            file.close()
        return size

    async def close(self) -> None:
        """Ends the download."""
        self._answer.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()
