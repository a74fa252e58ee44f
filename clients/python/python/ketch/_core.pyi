"""The core, written in Rust. All input and output happens here, with the interpreter's lock released."""

import asyncio
import os
from collections.abc import AsyncIterator, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Final, final

from typing_extensions import Self

__version__: Final[str]

@final
class _Nothing: ...

NOTHING: Final[_Nothing]
"""No JSON body; `None` would be the body `null`."""

class CoreError(Exception):
    """A call that failed."""

    kind: str
    """`input` (nothing was sent), `connect` (no connection), `timeout`, `interrupted` (the connection broke),
    `status` (an answer of 400 or more), `decode` (an answer below 400 that is no JSON), `aborted`."""
    status: int
    """The HTTP status; 0 when no answer came."""
    url: str
    """The address that was called; empty when none was."""
    message: str
    """What the server said, or what went wrong."""
    body: dict[str, Any]
    """The server's JSON error; text that is no JSON as `{"message": text}`; empty if there was none."""
    retry_after: float | None
    """Seconds that the server asks to wait."""

@final
class FilePart:
    """One file of a form, or a raw body.

    Nothing is read before it is sent, and never all of it into memory. A path is opened at once, so the
    usual `FileNotFoundError`, `PermissionError` and `IsADirectoryError` come from here. A file object is
    read from its current position with `read()`, in slices; what that raises, the call raises.
    """

    def __new__(
        cls,
        source: bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Self: ...
    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str | None: ...

@final
class Connection:
    """A pool of connections to one server.

    Threads and event loops may share it. It may be used after `fork`: the child connects anew.

    `timeout`: seconds that a call may take, further tries included; an upload may take longer while
    something of it is being sent. `connect_timeout`: seconds for opening a connection. `tries`: how often
    a call is tried again that changes nothing (after a broken connection and the statuses 429, 502, 503
    and 504), or for which no connection came about.
    """

    def __new__(
        cls,
        base_url: str,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        tries: int = 2,
        user_agent: str | None = None,
    ) -> Self: ...
    @property
    def base_url(self) -> str:
        """Without a slash at the end."""
    @property
    def is_embedded(self) -> bool: ...
    def send(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        files: Sequence[tuple[str, FilePart]] | None = None,
        content: bytes | bytearray | memoryview | FilePart | None = None,
        timeout: float | None = None,
        key: str | None = None,
        iso_dates: bool = False,
    ) -> Any:
        """Sends a request and waits for the JSON of its answer; an empty body is `{}`.

        `path` begins with `/`, is percent-encoded and has no query. `json` may hold dicts, lists, tuples,
        texts, numbers, bools, None, datetimes and dates (as `2024-01-15 10:30:00.000Z`, with `iso_dates` as
        `2024-01-15T10:30:00.000Z` and `2024-01-15`; without a zone they count as UTC), UUIDs, Decimals,
        enums (their value), dataclasses, mappings and objects with `model_dump`. `files` makes it a form,
        `json` its part `@jsonPayload`. `content` is a raw body, whose Content-Type is among the headers.
        `timeout` in seconds holds for the whole call. A pending call of this connection with the same `key`
        is aborted.

        Raises `CoreError`. Ctrl-C works meanwhile.
        """
    def send_async(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        files: Sequence[tuple[str, FilePart]] | None = None,
        content: bytes | bytearray | memoryview | FilePart | None = None,
        timeout: float | None = None,
        key: str | None = None,
        iso_dates: bool = False,
    ) -> asyncio.Future[Any]:
        """As `send`, on the running event loop. Cancelling the future aborts the request."""
    def open(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        content: bytes | bytearray | memoryview | FilePart | None = None,
        timeout: float | None = None,
        key: str | None = None,
        iso_dates: bool = False,
    ) -> Download:
        """As `send`, for an answer that is read while it arrives. `timeout` ends with the answer's head."""
    def open_async(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        content: bytes | bytearray | memoryview | FilePart | None = None,
        timeout: float | None = None,
        key: str | None = None,
        iso_dates: bool = False,
    ) -> asyncio.Future[Download]: ...
    def events(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        timeout: float | None = None,
        iso_dates: bool = False,
    ) -> EventStream:
        """Sends a request whose answer is a stream of server-sent events. It is not opened again when it ends."""
    def events_async(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        timeout: float | None = None,
        iso_dates: bool = False,
    ) -> asyncio.Future[EventStream]: ...
    def cancel(self, key: str) -> None:
        """Aborts the pending call with this key, if there is one."""
    def cancel_all(self) -> None:
        """Aborts all pending calls that have a key."""
    def close(self) -> None:
        """Aborts what is pending and closes. Later calls raise `CoreError` of the kind `input`. May be repeated."""

@final
class Download:
    """An answer while it arrives. Closing it, or letting it go, ends the exchange."""

    @property
    def status(self) -> int: ...
    @property
    def headers(self) -> dict[str, str]:
        """Names are in lower case."""
    @property
    def url(self) -> str: ...
    def read(self, size: int = -1) -> bytes:
        """The next `size` bytes, fewer only at the end; all of the rest with -1."""
    def aread(self, size: int = -1) -> asyncio.Future[bytes]: ...
    def __iter__(self) -> Iterator[bytes]: ...
    def __next__(self) -> bytes: ...
    def __aiter__(self) -> AsyncIterator[bytes]: ...
    def __anext__(self) -> asyncio.Future[bytes]: ...
    def close(self) -> None: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...
    def __aenter__(self) -> asyncio.Future[Self]: ...
    def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> asyncio.Future[None]: ...

@final
class EventStream:
    """The events of one answer, each as `(event, id, data)`."""

    def next(self, timeout: float | None = None) -> tuple[str, str, str] | None:
        """The next event; None at the end. Raises `TimeoutError` after `timeout` seconds, and can go on then."""
    def next_async(self) -> asyncio.Future[tuple[str, str, str] | None]: ...
    def close(self) -> None:
        """Ends the exchange; whoever waits gets None. May be repeated."""
    def __iter__(self) -> Iterator[tuple[str, str, str]]: ...
    def __next__(self) -> tuple[str, str, str]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

def decode_json(text: str | bytes | bytearray, /) -> Any:
    """Reads JSON as answers are read. Raises `ValueError`."""

def encode_json(value: object, /, *, iso_dates: bool = False) -> bytes:
    """Writes JSON as bodies are written. Raises `CoreError` of the kind `input`."""
