"""A server whose main app has a known id and admin token."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness import http
from harness.server import Server, ketch

APP_ID = "7a1f6c52-0d5e-4d4c-9f61-2f4a7b8c9d10"
ADMIN_TOKEN = "c0ffee00-1234-4abc-8def-000000000001"
ADMIN = {"app-id": APP_ID, "authorization": f"Bearer {ADMIN_TOKEN}"}
GUEST = {"app-id": APP_ID, "as-guest": "true"}
BROWSER = {"app-id": APP_ID}


class App:
    """A running server. Requests carry the headers they are given and nothing else."""

    def __init__(self, home: Path, *, superuser: bool = False, flags: tuple[str, ...] = ()) -> None:
        fixed = (f"--app-id={APP_ID}", f"--admin-token={ADMIN_TOKEN}")
        product = dataclasses.replace(ketch(), serve_flags=(*fixed, *flags))
        self.server = Server(product, home)
        self._superuser = superuser

    def __enter__(self) -> Self:
        if self._superuser:
            self.server.home.mkdir(parents=True, exist_ok=True)
            self.server.product.upsert_superuser(self.server.data_dir)
        self.server.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.server.stop()

    @property
    def port(self) -> int:
        return self.server.port

    def send(
        self, method: str, url: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
    ) -> http.Response:
        return http.send(self.port, method, url, headers=headers, body=body)

    def call(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] = ADMIN) -> http.Response:
        """A JSON request; the admin's unless other headers are given."""
        sent = {"content-type": "application/json", **headers}
        return self.send(method, url, sent, None if body is None else json.dumps(body).encode())

    def ok(self, method: str, url: str, body: Any = None, headers: Mapping[str, str] = ADMIN) -> Any:
        answer = self.call(method, url, body, headers)
        assert answer.status == 200, f"{method} {url}: {answer.status} {answer.text}"
        return answer.json()

    def transact(self, *steps: Any) -> int:
        return int(self.ok("POST", "/admin/transact", {"steps": list(steps)})["tx-id"])

    def sign_in(self, email: str) -> tuple[str, str]:
        """Makes a user if there is none; answers the id and a refresh token."""
        user = self.ok("POST", "/admin/refresh_tokens", {"email": email})["user"]
        return str(user["id"]), str(user["refresh_token"])

    def stored(self) -> list[Path]:
        """The files of the storage folder, without what is known of them."""
        storage = self.server.data_dir / "storage"
        return sorted(path for path in storage.rglob("*") if path.is_file() and path.suffix != ".attrs")


def refusal(answer: http.Response) -> tuple[int, str, str]:
    """Status, type and message of an error."""
    body = answer.json()
    return answer.status, body["type"], body["message"]
