"""The core, written in Rust. All input and output happens here, with the interpreter's lock released."""

import asyncio
import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from types import TracebackType
from typing import Any, BinaryIO, Final, Protocol, final, type_check_only

from typing_extensions import Self

__all__ = [
    "NOTHING",
    "Connection",
    "CoreError",
    "Download",
    "EventStream",
    "FilePart",
    "Realtime",
    "Server",
    "_Nothing",
    "__version__",
    "decode_json",
    "encode_json",
    "run_cli",
]

__version__: Final[str]

@type_check_only
class _Readable(Protocol):
    def read(self, size: int, /) -> bytes | None: ...

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
        source: bytes | bytearray | memoryview | str | os.PathLike[str] | BinaryIO | _Readable,
        filename: str | None = None,
        content_type: str | None = None,
    ) -> Self: ...
    @property
    def filename(self) -> str: ...
    @property
    def content_type(self) -> str | None: ...

@final
class Connection:
    """A pool of connections to one server; with `file:DIR` a whole Ketch in this process, without a socket.

    The folder is opened at the first call and is shared by all connections and servers of this process that
    name it; the last one that is closed closes its databases. If another process serves the folder and
    listens, that one is called instead; if it does not listen, calls raise `CoreError` of the kind `connect`.

    Threads and event loops may share it. It may be used after `fork`: the child connects anew. Only an
    embedded folder stays with the process that opened it: its children get a `CoreError`.

    `timeout`: seconds that a call may take, further tries included; an upload may take longer while
    something of it is being sent. `connect_timeout`: seconds for opening a connection. `tries`: how often
    a call is tried again that changes nothing (after a broken connection and the statuses 429, 502, 503
    and 504), or for which no connection came about. `app_id`, `admin_token`: the credentials that a folder's
    main app gets for Instant's clients, where this connection is the first to open it.
    """

    def __new__(
        cls,
        base_url: str,
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
        tries: int = 2,
        user_agent: str | None = None,
        app_id: str | None = None,
        admin_token: str | None = None,
    ) -> Self: ...
    @property
    def base_url(self) -> str:
        """Without a slash at the end; a `file:` address as it was given."""
    @property
    def is_embedded(self) -> bool:
        """Whether the server is in this process."""
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
        safe: bool | None = None,
        iso_dates: bool = False,
    ) -> Any:
        """Sends a request and waits for the JSON of its answer; an empty body is `{}`.

        `path` begins with `/`, is percent-encoded and has no query. `json` may hold dicts, lists, tuples,
        texts, numbers, bools, None, datetimes and dates (as `2024-01-15 10:30:00.000Z` in UTC, for which those
        without a zone are taken; with `iso_dates` as `isoformat()` has them), UUIDs, Decimals,
        enums (their value), dataclasses, mappings and objects with `model_dump`. `files` makes it a form,
        `json` its part `@jsonPayload`. `content` is a raw body, whose Content-Type is among the headers.
        `timeout` in seconds holds for the whole call. A pending call of this connection with the same `key`
        is aborted. `safe` tells that sending it twice is as good as once, for a POST that only reads.
        Headers are sent as Latin-1.

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
        safe: bool | None = None,
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
        safe: bool | None = None,
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
        safe: bool | None = None,
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
        idle_timeout: float | None = None,
        safe: bool | None = None,
        iso_dates: bool = False,
    ) -> EventStream:
        """Sends a request whose answer is a stream of server-sent events. It is not opened again when it ends.

        `timeout` ends with the answer's head; `idle_timeout` is the longest time without a byte (330 s unless told).
        """
    def events_async(
        self,
        method: str,
        path: str,
        *,
        query: Sequence[tuple[str, str]] | None = None,
        headers: Mapping[str, str] | None = None,
        json: object = ...,
        timeout: float | None = None,
        idle_timeout: float | None = None,
        safe: bool | None = None,
        iso_dates: bool = False,
    ) -> asyncio.Future[EventStream]: ...
    def cancel(self, key: str) -> None:
        """Aborts the pending call with this key, if there is one."""
    def cancel_all(self) -> None:
        """Aborts all pending calls that have a key."""
    def close(self) -> None:
        """Aborts what is pending and closes. Later calls raise `CoreError` of the kind `input`. May be repeated.

        Of an embedded folder the last connection that is closed waits until its databases are.
        """
    def close_async(self) -> asyncio.Future[None]: ...
    def credentials(self) -> tuple[str, str]:
        """Id and admin token of the main app of a folder that is open in this process. Raises `CoreError`."""
    def credentials_async(self) -> asyncio.Future[tuple[str, str]]: ...

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
        """The next event; None at the end, and once it is closed.

        Raises `TimeoutError` after `timeout` seconds, after which it may be called again, and `CoreError` of the
        kind `interrupted` when the connection broke or was silent for too long.
        """
    def next_async(self) -> asyncio.Future[tuple[str, str, str] | None]: ...
    def close(self) -> None:
        """Ends the exchange; whoever waits gets None. May be repeated."""
    def __iter__(self) -> Iterator[tuple[str, str, str]]: ...
    def __next__(self) -> tuple[str, str, str]: ...
    def __enter__(self) -> Self: ...
    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None, /
    ) -> None: ...

@final
class Realtime:
    """PocketBase's realtime connection: opened with the first subscription, closed with the last.

    When it breaks it is opened again after 0.2, 0.3, 0.5, 1, 1.2, 1.5, 2, 2 … seconds (less jitter) and
    told all topics anew. `headers` gives the headers of the requests that tell topics, such as Authorization;
    it is called on a thread of its own.

    Callbacks of `subscribe` are called one after the other on one thread, those of `subscribe_async` on the
    loop that subscribed, where coroutine functions are awaited one after the other. One that raises is
    reported (`sys.unraisablehook`, the loop's exception handler) and stops nothing.
    """

    def __new__(cls, connection: Connection, headers: Callable[[], Mapping[str, str]]) -> Self: ...
    @property
    def client_id(self) -> str:
        """The server's name for the connection; empty without one."""
    @property
    def is_connected(self) -> bool: ...
    max_connect_timeout: float
    """Seconds that opening the connection may take; 15 unless told."""
    max_reconnect_attempts: float
    """How often it is tried to reconnect before all subscriptions are let go; endless unless told."""
    on_disconnect: Callable[[list[str]], Any] | None
    """Called with the topics when the connection breaks, with none when it closes after the last subscription."""
    def subscribe(self, topic: str, callback: Callable[[Any], Any]) -> int:
        """Has `callback` called with the data of each message of `topic`, which is as the server knows it, with
        `?options=…`. Waits until the server knows, and returns a number for `unsubscribe`. Raises `CoreError`.

        `PB_CONNECT` is told at every connection, with `{"clientId": …}`. `PB_GAP` is told when the connection was
        away and is back, with `{"topics": […]}`: messages may have been missed.
        """
    def subscribe_async(self, topic: str, callback: Callable[[Any], Any]) -> asyncio.Future[int]: ...
    def unsubscribe(self, ids: Sequence[int]) -> None:
        """Ends subscriptions; unknown numbers are fine."""
    def unsubscribe_async(self, ids: Sequence[int]) -> asyncio.Future[None]: ...
    def refresh(self) -> None:
        """Somebody else has signed in or out: tells the server the topics once more, in the background."""
    def close(self) -> None:
        """Ends all subscriptions without waiting for the server. It can be used again."""

@final
class Server:
    """A Ketch in this process that listens; `ketch.Server` is more comfortable.

    `port` 0 is any free one. `superuser` (email, password) is made, or given this password. `flags` are those of
    `ketch serve`. Flags, `app_id` and `admin_token` count for the first in this process that opens the folder.
    """

    def __new__(
        cls,
        dir: str | os.PathLike[str],
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        app_id: str | None = None,
        admin_token: str | None = None,
        superuser: tuple[str, str] | None = None,
        flags: Sequence[str] | None = None,
    ) -> Self: ...
    @property
    def url(self) -> str:
        """Where it listens. Raises `CoreError` of the kind `input` before `start`."""
    @property
    def dir(self) -> str: ...
    @property
    def is_running(self) -> bool: ...
    def start(self) -> None:
        """Opens the folder and listens. Does nothing when it does already. Raises `CoreError`."""
    def close(self) -> None:
        """Ends streams, lets requests finish for a moment, closes the databases. May be repeated."""

def run_cli(args: Sequence[str]) -> int:
    """Runs a command line of `ketch` to its end and returns the exit status.

    The first argument is how the program is called. Folders that no flag names are in the working directory.
    """

def decode_json(text: str | bytes | bytearray, /) -> Any:
    """Reads JSON as answers are read. Raises `ValueError`."""

def encode_json(value: object, /, *, iso_dates: bool = False) -> bytes:
    """Writes JSON as bodies are written. Raises `CoreError` of the kind `input`."""
