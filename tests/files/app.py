"""A server with a collection of files."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness import http
from harness.server import Product, Server

OPEN = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
RECORDS = "/api/collections/docs/records"


class App:
    """A running server whose collection `docs` has a field `file`, `files` and `title`, open to all."""

    def __init__(self, product: Product, home: Path, thumbs: Sequence[str], *, is_new: bool = True) -> None:
        self.server = Server(product, home)
        self._thumbs = thumbs
        self._is_new = is_new

    def __enter__(self) -> Self:
        if self._is_new:
            self.server.home.mkdir(parents=True, exist_ok=True)
            self.server.product.upsert_superuser(self.server.data_dir)
        self.server.start()
        if self._is_new:
            fields = [
                {"name": "title", "type": "text", "max": 20},
                {"name": "file", "type": "file", "maxSelect": 1, "maxSize": 64 << 20, "thumbs": list(self._thumbs)},
                {"name": "files", "type": "file", "maxSelect": 5, "maxSize": 64 << 20},
            ]
            self.server.admin("POST", "/api/collections", {"name": "docs", "type": "base", **OPEN, "fields": fields})
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.stop()

    @property
    def storage(self) -> Path:
        return self.server.data_dir / "storage"

    def stored(self) -> list[str]:
        """The files on disk, without what is known of them."""
        found = {path for path in self.storage.rglob("*") if path.is_file()}
        # A file may itself be called so.
        known = {path for path in found if path.suffix == ".attrs" and path.with_suffix("") in found}
        return sorted(str(path.relative_to(self.storage)) for path in found - known)

    def send(self, method: str, url: str, *parts: http.Part, timeout: float = 60) -> http.Response:
        body, content_type = http.encode_multipart(parts)
        headers = {"Content-Type": content_type}
        return http.send(self.server.port, method, url, headers=headers, body=body, timeout=timeout)

    def create(self, *parts: http.Part, timeout: float = 60) -> http.Response:
        return self.send("POST", RECORDS, *parts, timeout=timeout)

    def upload(self, name: str, content: bytes) -> tuple[str, str]:
        """Makes a record of a file; answers the file's URL and its stored name."""
        answer = self.create(("file", name, "application/octet-stream", content))
        assert answer.status == 200, answer.text
        record = answer.json()
        return f"/api/files/docs/{record['id']}/{record['file']}", str(record["file"])

    def get(self, url: str, headers: Mapping[str, str] | None = None) -> http.Response:
        return http.send(self.server.port, "GET", url, headers=headers)

    def head(self, url: str) -> http.Response:
        return http.send(self.server.port, "HEAD", url)

    def set_s3(self, **s3: Any) -> None:
        self.server.admin("PATCH", "/api/settings", {"s3": s3})

    def memory_kib(self) -> int:
        """The greatest memory that the process had at once."""
        assert self.server.process is not None
        status = Path(f"/proc/{self.server.process.pid}/status").read_text()
        found = re.search(r"VmHWM:\s+(\d+) kB", status)
        assert found is not None
        return int(found.group(1))
