# Made by scripts/unasync.py out of async_download.py: change that file.
"""Files on their way here."""

from __future__ import annotations

import os
from collections.abc import Iterator
from types import TracebackType
from typing import TYPE_CHECKING

from ketch import _core
from ketch._core import CoreError
from pocketbase._errors import to_error
from pocketbase._runtime import open_file, write_file

if TYPE_CHECKING:
    from typing_extensions import Self


class Download:
    """The content of a file, read as it comes: in one piece with `read()`, in pieces by iterating, to disk with `save`.

    To be closed, best by `with`; reading it to its end closes it as well.
    """

    def __init__(self, answer: _core.Download) -> None:
        self._answer = answer
        self.status: int = answer.status
        """HTTP status of the answer."""
        self.headers: dict[str, str] = answer.headers
        """Headers of the answer, their names in lower case."""
        self.url: str = answer.url
        """Address of the file."""

    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, or fewer at the end; all that is left by default."""
        try:
            return self._answer.read(size)
        except CoreError as error:
            raise to_error(error) from error

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        try:
            return self._answer.__next__()
        except CoreError as error:
            raise to_error(error) from error

    def save(self, path: str | os.PathLike[str]) -> int:
        """Writes the rest into a file, which is made or replaced. Returns the number of bytes."""
        size = 0
        file = open_file(path)
        try:
            for piece in self:
                size += write_file(file, piece)
        finally:
            file.close()
        return size

    def close(self) -> None:
        """Ends the download."""
        self._answer.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()
