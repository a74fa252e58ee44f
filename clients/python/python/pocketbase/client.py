# Made by scripts/unasync.py out of async_client.py: change that file.
"""The client of a server."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping
from importlib import import_module
from types import TracebackType
from typing import TYPE_CHECKING, Any
from urllib.parse import parse_qsl, quote, urlsplit

from ketch._core import Connection, CoreError
from pocketbase._bodies import split_body
from pocketbase._errors import to_error
from pocketbase._hooks import hook_options, take_hook_result
from pocketbase._request import DEFAULT, Request, merged, own_key
from pocketbase._runtime import settle
from pocketbase.client_response_error import ClientResponseError
from pocketbase.services.record_service import RecordService
from pocketbase.stores.base_auth_store import BaseAuthStore
from pocketbase.stores.memory_auth_store import MemoryAuthStore
from pocketbase.utils.filter import build_filter
from pocketbase.utils.text import encode_query, query_pairs

if TYPE_CHECKING:
    from typing_extensions import Self

    from pocketbase.auto_refresh import AutoRefresh
    from pocketbase.download import Download
    from pocketbase.services.analytics_service import AnalyticsService
    from pocketbase.services.backup_service import BackupService
    from pocketbase.services.batch_service import BatchService
    from pocketbase.services.collection_service import CollectionService
    from pocketbase.services.cron_service import CronService
    from pocketbase.services.file_service import FileService
    from pocketbase.services.health_service import HealthService
    from pocketbase.services.jobs_service import JobsService
    from pocketbase.services.log_service import LogService
    from pocketbase.services.realtime_service import RealtimeService
    from pocketbase.services.secrets_service import SecretsService
    from pocketbase.services.settings_service import SettingsService
    from pocketbase.services.sql_service import SqlService
    from pocketbase.services.trace_service import TraceService

# Loaded when first used: a program that reads records needs none of them.
_SERVICES = {
    "analytics": ("analytics_service", "AnalyticsService"),
    "backups": ("backup_service", "BackupService"),
    "collections": ("collection_service", "CollectionService"),
    "crons": ("cron_service", "CronService"),
    "files": ("file_service", "FileService"),
    "health": ("health_service", "HealthService"),
    "jobs": ("jobs_service", "JobsService"),
    "logs": ("log_service", "LogService"),
    "realtime": ("realtime_service", "RealtimeService"),
    "secrets": ("secrets_service", "SecretsService"),
    "settings": ("settings_service", "SettingsService"),
    "sql": ("sql_service", "SqlService"),
    "traces": ("trace_service", "TraceService"),
}
_PATH_SAFE = "/%:@!$&'()*+,;=~-._"
_OWN_HEADERS = frozenset({"authorization", "accept-language"})


class PocketBase:
    """A client of one server. One that blocks may be shared by threads, one for asyncio belongs to a loop.

    `base_url` is the address of the server, or `file:DIR` for a Ketch inside of this process that keeps its data in
    the folder DIR. Every call raises `ClientResponseError` if it fails.

    Of calls with the same method and path that are under way at the same time only the last one gets its answer: see
    `auto_cancellation`.
    """

    if TYPE_CHECKING:
        analytics: AnalyticsService
        backups: BackupService
        collections: CollectionService
        crons: CronService
        files: FileService
        health: HealthService
        jobs: JobsService
        logs: LogService
        realtime: RealtimeService
        secrets: SecretsService
        settings: SettingsService
        sql: SqlService
        traces: TraceService

    auth_store: BaseAuthStore
    """Who is signed in."""
    lang: str
    """Language of the server's messages, sent as `Accept-Language`."""
    before_send: Callable[[str, dict[str, Any]], Any] | None
    """Called with address and options of every request before it is sent; returns both, changed or not."""
    after_send: Callable[[Any], Any] | None
    """Called with the data of every answer; what it returns takes its place."""

    def __init__(
        self,
        base_url: str,
        auth_store: BaseAuthStore | None = None,
        lang: str = "en-US",
        *,
        timeout: float = 30.0,
        connect_timeout: float = 10.0,
    ) -> None:
        """`timeout` and `connect_timeout` in seconds, for every call and for its connecting. Connects at the first."""
        if not isinstance(base_url, str):
            raise TypeError(f"base_url must be a str, not {type(base_url).__name__}")
        self._base_url = base_url.rstrip("/")
        self.auth_store = MemoryAuthStore() if auth_store is None else auth_store
        self.lang = lang
        self.before_send = None
        self.after_send = None
        self._timeout = timeout
        self._connect_timeout = connect_timeout
        self._auto_cancel = True
        self._auto_refresh: AutoRefresh | None = None
        self._collections: dict[str, RecordService] = {}
        self._connection: Connection | None = None
        self._others: dict[str, Connection] = {}
        self._connect_lock = threading.Lock()
        self._closed = False
        self._own_headers: tuple[str, str, dict[str, str]] = ("", "", {})

    def __getattr__(self, name: str) -> Any:
        found = _SERVICES.get(name)
        if found is None:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        module, service = found
        made = getattr(import_module(f"pocketbase.services.{module}"), service)(self)
        return self.__dict__.setdefault(name, made)

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self._base_url!r})"

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """Ends subscriptions, pending calls and connections. Later calls fail; closing again does nothing."""
        realtime = self.__dict__.get("realtime")
        if realtime is not None:
            realtime.close()
        with self._connect_lock:
            self._closed = True
            connections = [*self._others.values(), *([self._connection] if self._connection else [])]
        for connection in connections:
            connection.close()

    @property
    def base_url(self) -> str:
        """Address of the server, without a slash at its end."""
        return self._base_url

    @base_url.setter
    def base_url(self, base_url: str) -> None:
        with self._connect_lock:
            old, self._connection = self._connection, None
            self._base_url = base_url.rstrip("/")
        if old is not None:
            old.close()

    @property
    def auto_cancellation_enabled(self) -> bool:
        """Whether a newer call cancels a pending one with the same key."""
        return self._auto_cancel

    def collection(self, id_or_name: str) -> RecordService:
        """The records of a collection. The same object every time."""
        found = self._collections.get(id_or_name)
        if found is None:
            found = self._collections.setdefault(id_or_name, RecordService(self, id_or_name))
        return found

    def create_batch(self) -> BatchService:
        """A new, empty batch: several writes in one transaction."""
        from pocketbase.services.batch_service import BatchService

        return BatchService(self)

    def sibling(self) -> PocketBase:
        """A new client of the same server in which nobody is signed in."""
        return PocketBase(self._base_url, lang=self.lang, timeout=self._timeout, connect_timeout=self._connect_timeout)

    def build_url(self, path: str) -> str:
        """The full address of a path."""
        return f"{self._base_url}/{path.lstrip('/')}"

    def filter(self, expr: str, params: Mapping[str, Any] | None = None) -> str:
        """Puts values into the placeholders of a filter, such as `{:title}`, so that none of them can break out.

        See `pocketbase.utils.filter.build_filter`.
        """
        return build_filter(expr, params)

    def auto_cancellation(self, enable: bool) -> Self:
        """Sets whether a call cancels a pending one with its key, which is "METHOD /path" or the option `request_key`.

        On by default. A client shared by the users of a web server should not have it: their equal calls would cancel
        each other.
        """
        self._auto_cancel = bool(enable)
        return self

    def cancel_request(self, request_key: str) -> Self:
        """Cancels the pending call with a key, such as "GET /api/health", if there is one."""
        connection = self._connection
        if connection is not None:
            connection.cancel(own_key(request_key))
        return self

    def cancel_all_requests(self) -> Self:
        """Cancels all pending calls."""
        connection = self._connection
        if connection is not None:
            connection.cancel_all()
        return self

    def set_auto_refresh(self, threshold: float, callback: Callable[[], Any]) -> Self:
        """Calls `callback` before a call if the token ends within `threshold` seconds; it should renew the token."""
        from pocketbase.auto_refresh import AutoRefresh

        self._auto_refresh = AutoRefresh(self, threshold, callback)
        return self

    def reset_auto_refresh(self) -> Self:
        """Stops to renew the token."""
        self._auto_refresh = None
        return self

    def end_auto_refresh(self, refresh: AutoRefresh) -> None:
        """Stops this renewal, unless there is another one by now."""
        if self._auto_refresh is refresh:
            self._auto_refresh = None

    def start_auto_refresh(
        self,
        threshold: float,
        refresh: Callable[[], Any],
        sign_in_again: Callable[[], Any],
    ) -> None:
        """Renews the token of this session `threshold` seconds before it ends, in one of two ways."""
        from pocketbase.auto_refresh import AutoRefresh

        self._auto_refresh = AutoRefresh(self, threshold, refresh, sign_in_again)

    def send(self, path: str, options: Mapping[str, Any] | str | None = None, **kwargs: Any) -> Any:
        """Sends a request to any path of the server and returns the JSON of its answer; `{}` if it is empty or no JSON.

        `options`, as a dict or as keyword arguments: `method`, `headers`, `body`, `query` (or `params`), `request_key`
        (see `auto_cancellation`), `timeout` (seconds). Others become query parameters. A text as second argument is
        the method.
        """
        if isinstance(options, str):
            kwargs.setdefault("method", options)
            options = None
        path, query = _split_path(path)
        try:
            return self.request("GET", path, query, None, options, kwargs)
        except ClientResponseError as error:
            if getattr(error.original_error, "kind", "") == "decode":
                return {}
            raise

    def request(
        self,
        method: str,
        path: str,
        query: Mapping[str, Any] | None = None,
        body: Any = None,
        options: Mapping[str, Any] | None = None,
        extra: Mapping[str, Any] | None = None,
    ) -> Any:
        """Sends what a service asks for. `path` is percent-encoded; `options` and `extra` are those of the caller."""
        if self._auto_refresh is not None and not _names_authorization(options, extra):
            self._auto_refresh.before_request()
        if options or extra or self.before_send is not None:
            request = Request(method, path, query, body)
            if options is not None or extra:
                request.apply(merged(options, extra or {}))
            return self._send_request(request)
        arguments: dict[str, Any] = {"headers": self.headers()}
        if query:
            arguments["query"] = query_pairs(query)
        if body is not None:
            arguments["json"], files = split_body(body)
            if files:
                arguments["files"] = files
        if self._auto_cancel:
            arguments["key"] = f"{method} {path}"
        try:
            data = (self._connection or self._connect()).send(method, path, **arguments)
        except CoreError as error:
            raise to_error(error) from error
        return data if self.after_send is None else self._after(data)

    def open(self, request: Request) -> Download:
        """Sends a request whose answer is a file, and returns that to be read piece by piece."""
        from pocketbase.download import Download

        if request.key is DEFAULT:
            # Two may read the same file.
            request.key = None
        if self._auto_refresh is not None and not _names_authorization({"headers": request.headers}):
            self._auto_refresh.before_request()
        connection, method, path, arguments = self._prepare(request)
        try:
            return Download(connection.open(method, path, **arguments))
        except CoreError as error:
            raise to_error(error) from error

    def _send_request(self, request: Request) -> Any:
        connection, method, path, arguments = self._prepare(request)
        try:
            data = connection.send(method, path, **arguments)
        except CoreError as error:
            raise to_error(error) from error
        return data if self.after_send is None else self._after(data)

    def _prepare(self, request: Request) -> tuple[Connection, str, str, dict[str, Any]]:
        """Lets the hook see a request and writes it for the connection."""
        connection = self._connection or self._connect()
        given = {name.lower() for name in request.headers}
        if not given >= _OWN_HEADERS:
            request.headers.update(item for item in self.headers().items() if item[0].lower() not in given)
        path = request.path
        pairs: list[tuple[str, str]] = []
        if self.before_send is not None:
            options, url = hook_options(request), self.build_url(path)
            wanted = take_hook_result(request, url, options, settle(self.before_send(url, options)))
            if wanted != url:
                connection, path, pairs = self._place(wanted, connection)
        arguments: dict[str, Any] = {"query": [*pairs, *request.pairs()], "headers": request.headers}
        body = request.body
        if isinstance(body, bytes | bytearray):
            arguments["content"] = bytes(body)
        elif body is not None:
            arguments["json"], files = split_body(body)
            if files:
                arguments["files"] = files
        if request.timeout is not None:
            arguments["timeout"] = request.timeout
        if self._auto_cancel and request.key is not None:
            arguments["key"] = f"{request.method} {path}" if request.key is DEFAULT else own_key(request.key)
        return connection, request.method, path, arguments

    def _place(self, url: str, own: Connection) -> tuple[Connection, str, list[tuple[str, str]]]:
        """Where a request goes whose address a hook changed."""
        if url.startswith(f"{self._base_url}/"):
            path, query = _split_path(url[len(self._base_url) :])
            return own, path, query_pairs(query)
        parts = urlsplit(url)
        origin = f"{parts.scheme}://{parts.netloc}"
        found = self._others.get(origin)
        if found is None:
            found = self._others.setdefault(origin, self._open(origin))
        path, query = _split_path(f"{parts.path}?{parts.query}")
        return found, path, query_pairs(query)

    def _connect(self) -> Connection:
        with self._connect_lock:
            if self._closed:
                raise ClientResponseError(self._base_url, 0, {"message": "The client is closed."})
            if self._connection is None:
                self._connection = self._open(self._base_url)
            return self._connection

    def _open(self, base_url: str) -> Connection:
        try:
            return Connection(base_url, timeout=self._timeout, connect_timeout=self._connect_timeout)
        except CoreError as error:
            raise to_error(error) from error

    def connection(self) -> Connection:
        """The connections of this client, made if they are not yet."""
        return self._connection or self._connect()

    def _after(self, data: Any) -> Any:
        hook = self.after_send
        changed = settle(hook(data)) if hook is not None else None
        # A hook that only looks returns nothing.
        return data if changed is None else changed

    def headers(self) -> dict[str, str]:
        """The headers of every call. The same object until the token changes: not to be changed."""
        token, lang = self.auth_store.token, self.lang
        old_token, old_lang, headers = self._own_headers
        if token != old_token or lang != old_lang or not headers:
            headers = {"Accept-Language": lang}
            if token:
                headers["Authorization"] = token
            self._own_headers = (token, lang, headers)
        return headers

    def full_url(self, path: str, query: Mapping[str, Any]) -> str:
        """The address of a path with query parameters."""
        pairs = query_pairs(query)
        return self.build_url(path) + (f"?{encode_query(pairs)}" if pairs else "")


def _names_authorization(*options: Mapping[str, Any] | None) -> bool:
    for given in options:
        headers = given.get("headers") if given else None
        if isinstance(headers, Mapping) and any(str(name).lower() == "authorization" for name in headers):
            return True
    return False


def _split_path(path: str) -> tuple[str, dict[str, Any]]:
    """A path as a caller wrote it: percent-encoded, begins with one slash; and its query."""
    if not isinstance(path, str):
        raise TypeError(f"the path must be a str, not {type(path).__name__}")
    path, _, text = path.partition("#")[0].partition("?")
    query: dict[str, Any] = {}
    for name, value in parse_qsl(text, keep_blank_values=True):
        query.setdefault(name, []).append(value)
    return "/" + quote(path.lstrip("/"), safe=_PATH_SAFE), query
