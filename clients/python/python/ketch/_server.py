"""A server in this process."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import Sequence
from types import TracebackType
from typing import TYPE_CHECKING, Any

from ketch import _core

if TYPE_CHECKING:
    from typing_extensions import Self


class Server:
    """A Ketch in this process that listens: for programs that bring their backend, and for tests.

    It starts with `with` or `async with`, or with `start()`, and ends with them, with `close()`, or with the
    process. Its data is in `dir`; without one it is in a folder of its own that is removed at the end.

    `host`, `port`: where it listens; port 0 is any free one, and `url` tells which. `superuser`: email and
    password of a superuser who is made, or given this password, before it answers. `app_id`, `admin_token`: what
    Instant's clients use; made at the first start unless given. `flags`: more flags of `ketch serve`.

    Raises `ketch._core.CoreError` when the port is taken, or when another process has the folder.
    """

    def __init__(
        self,
        dir: str | os.PathLike[str] | None = None,
        *,
        host: str = "127.0.0.1",
        port: int = 0,
        superuser: tuple[str, str] | None = None,
        app_id: str | None = None,
        admin_token: str | None = None,
        flags: Sequence[str] = (),
    ) -> None:
        self._dir = dir
        self._options: dict[str, Any] = {
            "host": host,
            "port": port,
            "superuser": superuser,
            "app_id": app_id,
            "admin_token": admin_token,
            "flags": list(flags),
        }
        self._temporary: tempfile.TemporaryDirectory[str] | None = None
        self._server: _core.Server | None = None

    @property
    def url(self) -> str:
        """Where it listens, such as `http://127.0.0.1:8090`. Only while it runs."""
        return self._running().url

    @property
    def dir(self) -> str:
        """Its data folder. One of its own is there only while it runs."""
        return os.fspath(self._dir) if self._dir is not None else self._running().dir

    @property
    def is_running(self) -> bool:
        """Whether it answers requests."""
        return self._server is not None and self._server.is_running

    def start(self) -> None:
        """Starts it; returns when it answers. Does nothing if it runs."""
        if self._server is not None:
            return
        folder = self._dir
        if folder is None:
            self._temporary = tempfile.TemporaryDirectory(prefix="ketch-")
            folder = os.path.join(self._temporary.name, "data")
        try:
            server = _core.Server(folder, **self._options)
            server.start()
        except BaseException:
            self._clean_up()
            raise
        self._server = server

    def close(self) -> None:
        """Stops it: streams end, requests under way may finish for a moment, the databases are closed."""
        server, self._server = self._server, None
        try:
            if server is not None:
                server.close()
        finally:
            self._clean_up()

    def _running(self) -> _core.Server:
        if self._server is None:
            raise RuntimeError("the server does not run: call start(), or use it in a `with`")
        return self._server

    def _clean_up(self) -> None:
        temporary, self._temporary = self._temporary, None
        if temporary is not None:
            temporary.cleanup()

    async def start_async(self) -> None:
        """As `start`, without holding up the event loop."""
        await asyncio.to_thread(self.start)

    async def aclose(self) -> None:
        """As `close`, without holding up the event loop."""
        await asyncio.to_thread(self.close)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        await self.start_async()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.aclose()

    def __repr__(self) -> str:
        if self._server is None:
            return f"<Server at rest, dir={self._dir!r}>"
        return f"<Server at {self._server.url}, dir={self._server.dir!r}>"
