"""A client that sends what the documented single-file Python client of InstantDB sends.

That client is a file to be copied from its project, on no package index. This one is written after its
document: the same names, requests and dataclasses. It serves the tests only, and checks nothing itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, BinaryIO
from urllib.parse import urlencode

import aiohttp

VERSION = "v0.17.31"
_TIMEOUT = aiohttp.ClientTimeout(total=20)


@dataclass
class Update:
    collection: str
    id: str
    data: dict[str, Any]

    def to_list(self) -> list[Any]:
        return ["update", self.collection, self.id, self.data]


@dataclass
class Merge:
    collection: str
    id: str
    data: dict[str, Any]

    def to_list(self) -> list[Any]:
        return ["merge", self.collection, self.id, self.data]


@dataclass
class Link:
    collection: str
    id: str
    links: dict[str, Any]

    def to_list(self) -> list[Any]:
        return ["link", self.collection, self.id, self.links]


@dataclass
class Unlink:
    collection: str
    id: str
    links: dict[str, Any]

    def to_list(self) -> list[Any]:
        return ["unlink", self.collection, self.id, self.links]


@dataclass
class Delete:
    collection: str
    id: str

    def to_list(self) -> list[Any]:
        return ["delete", self.collection, self.id]


Step = Update | Merge | Link | Unlink | Delete


@dataclass
class DebugCheckResult:
    """Exactly these keys: more of them are a `TypeError`, as in the documented client."""

    id: str
    entity: str
    record: dict[str, Any]
    check: Any


@dataclass
class StorageFile:
    """Exactly these keys."""

    key: str
    name: str
    size: int
    etag: str | None
    last_modified: int | None


class _Http:
    """One session a call; whatever is not 200 is an exception with the raw body in its text."""

    def __init__(self, base_url: str, app_id: str, headers: dict[str, str]) -> None:
        self.base_url = base_url
        self.app_id = app_id
        # Shared by the helpers: impersonation reaches all of them.
        self.headers = headers

    async def send(
        self,
        method: str,
        path: str,
        *,
        json: Any = None,
        data: bytes | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Any:
        sent = self.headers if headers is None else headers
        async with (
            aiohttp.ClientSession(timeout=_TIMEOUT) as session,
            session.request(method, f"{self.base_url}{path}", json=json, data=data, headers=sent) as answer,
        ):
            if answer.status != 200:
                raise RuntimeError(f"{method} {path} failed: {await answer.text()}")
            return await answer.json()


class Auth:
    def __init__(self, http: _Http) -> None:
        self._http = http

    async def generate_magic_code(self, email: str) -> Any:
        return await self._http.send("POST", "/admin/magic_code", json={"email": email})

    async def create_token(self, email: str) -> str:
        answer = await self._http.send("POST", "/admin/refresh_tokens", json={"email": email})
        return str(answer["user"]["refresh_token"])

    async def verify_token(self, token: str) -> Any:
        body = {"app-id": self._http.app_id, "refresh-token": token}
        # The one request without the headers of the admin.
        plain = {"Content-Type": "application/json"}
        answer = await self._http.send("POST", "/runtime/auth/verify_refresh_token", json=body, headers=plain)
        return answer["user"]

    async def get_user(self, **by: str) -> Any:
        return (await self._http.send("GET", f"/admin/users?{_raw(by)}"))["user"]

    async def delete_user(self, **by: str) -> Any:
        return (await self._http.send("DELETE", f"/admin/users?{_raw(by)}"))["deleted"]

    async def sign_out(self, email: str) -> None:
        await self._http.send("POST", "/admin/sign_out", json={"email": email})


class Storage:
    def __init__(self, http: _Http) -> None:
        self._http = http

    async def uploadFile(self, path: str, file: BinaryIO | bytes, options: Mapping[str, str] | None = None) -> Any:
        options = options or {}
        headers = {name: value for name, value in self._http.headers.items() if name != "Content-Type"}
        headers["path"] = path
        headers["content-type"] = options.get("contentType", "application/octet-stream")
        if "contentDisposition" in options:
            headers["content-disposition"] = options["contentDisposition"]
        content = file if isinstance(file, bytes) else file.read()
        return await self._http.send("PUT", "/admin/storage/upload", data=content, headers=headers)

    upload = uploadFile

    async def get_download_url(self, path: str) -> str:
        query = urlencode({"app_id": self._http.app_id, "filename": path})
        return str((await self._http.send("GET", f"/admin/storage/signed-download-url?{query}"))["data"])

    async def list(self) -> list[StorageFile]:
        answer = await self._http.send("GET", "/admin/storage/files")
        return [StorageFile(**file) for file in answer["data"]]

    async def delete(self, path: str) -> None:
        await self._http.send("DELETE", f"/admin/storage/files?{urlencode({'filename': path})}")

    async def delete_many(self, paths: Any) -> None:
        await self._http.send("POST", "/admin/storage/files/delete", json={"filenames": paths})


class InstantDBAdminAPI:
    def __init__(
        self, app_id: str, admin_token: str, base_url: str, *, acting: Mapping[str, str] | None = None
    ) -> None:
        self._arguments = (app_id, admin_token, base_url)
        headers = {
            "Content-Type": "application/json",
            "Authorization": f"Bearer {admin_token}",
            "App-Id": app_id,
            "Instant-Admin-Version": VERSION,
            "Instant-Core-Version": VERSION,
            **(acting or {}),
        }
        self._http = _Http(base_url, app_id, headers)
        self.auth = Auth(self._http)
        self.storage = Storage(self._http)

    def as_user(self, email: str | None = None, token: str | None = None, guest: bool = False) -> InstantDBAdminAPI:
        if email:
            acting = {"as-email": email}
        elif token:
            acting = {"as-token": token}
        else:
            acting = {"as-guest": "true"} if guest else {}
        return InstantDBAdminAPI(*self._arguments, acting=acting)

    async def query(self, query: Any) -> Any:
        return await self._http.send("POST", "/admin/query", json={"query": query})

    async def transact(self, steps: list[Step]) -> Any:
        return await self._http.send("POST", "/admin/transact", json={"steps": [step.to_list() for step in steps]})

    async def debug_query(self, query: Any, rules: Any = None) -> dict[str, Any]:
        body = {"query": query, "rules-override": rules}
        answer = await self._http.send("POST", "/admin/query_perms_check", json=body)
        return {
            "result": answer["result"],
            "checkResults": [DebugCheckResult(**check) for check in answer["check-results"]],
        }

    async def debug_transact(self, steps: list[list[Any]], rules: Any = None) -> Any:
        body = {"steps": steps, "rules-override": rules}
        return await self._http.send("POST", "/admin/transact_perms_check", json=body)


def _raw(by: Mapping[str, str]) -> str:
    """Written into the URL as they are."""
    return "&".join(f"{name}={value}" for name, value in by.items())
