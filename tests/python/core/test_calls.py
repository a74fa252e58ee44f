"""Calls and their answers, over HTTP and without a socket."""

from __future__ import annotations

import asyncio
import io
import pickle
from pathlib import Path
from typing import Any

import pytest
from ketch._core import Connection, CoreError, FilePart

from core.conftest import Open
from support.bad import BadServer, answer

RECORDS = "/api/collections/posts/records"


def create(connection: Connection, **fields: Any) -> Any:
    return connection.send("POST", RECORDS, json=fields)


def test_answers_are_decoded(connection: Connection) -> None:
    made = create(connection, title="Grüße", number=1.5, extra={"a": [1, None, True]})
    got = connection.send("GET", f"{RECORDS}/{made['id']}")
    assert got == made
    assert (got["title"], got["number"], got["extra"]) == ("Grüße", 1.5, {"a": [1, None, True]})
    assert connection.send("DELETE", f"{RECORDS}/{made['id']}") == {}


def test_asyncio_gives_the_same(connection: Connection) -> None:
    async def main() -> None:
        made = await connection.send_async("POST", RECORDS, json={"title": "a"})
        paths = [f"{RECORDS}/{made['id']}"] * 40
        assert await asyncio.gather(*(connection.send_async("GET", path) for path in paths)) == [made] * 40
        with pytest.raises(CoreError) as caught:
            await connection.send_async("GET", f"{RECORDS}/nobody")
        assert (caught.value.kind, caught.value.status) == ("status", 404)

    asyncio.run(main())


def test_queries_are_encoded(connection: Connection) -> None:
    made = create(connection, title="a&b=c #1 ü")
    found = connection.send(
        "GET", RECORDS, query=[("filter", "title = 'a&b=c #1 ü'"), ("sort", "-@rowid"), ("perPage", "1")]
    )
    assert (found["items"], found["perPage"]) == ([made], 1)


def test_errors_say_what_the_server_said(connection: Connection) -> None:
    with pytest.raises(CoreError) as caught:
        connection.send("POST", "/api/collections/nothing/records", json={})
    error = caught.value
    assert (error.kind, error.status, error.retry_after) == ("status", 404, None)
    assert error.url.endswith("/api/collections/nothing/records")
    assert error.body["message"] == error.message == str(error)
    again = pickle.loads(pickle.dumps(error))
    assert (again.kind, again.status, again.body) == (error.kind, error.status, error.body)


def test_files_of_every_kind(connection: Connection, tmp_path: Path) -> None:
    path = tmp_path / "päth.txt"
    path.write_bytes(b"from a path")
    handle = io.BytesIO(b"skipped, from an object")
    handle.seek(9)

    class Endless(io.RawIOBase):
        """Cannot tell its length."""

        def __init__(self) -> None:
            self.left = [b"piece ", b"by ", b"piece"]

        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            return self.left.pop(0) if self.left else b""

    parts = [
        FilePart(path),
        FilePart(b"from memory", "memory.bin", "application/x-memory"),
        FilePart(handle, "object.txt"),
        FilePart(Endless(), "stream.txt"),
        FilePart(memoryview(b"view"), "view.txt"),
    ]
    made = connection.send("POST", RECORDS, json={"title": "007"}, files=[("files", part) for part in parts])
    assert made["title"] == "007"
    base = f"/api/files/posts/{made['id']}"
    contents = []
    for name in made["files"]:
        with connection.open("GET", f"{base}/{name}") as download:
            assert download.status == 200
            contents.append(download.read())
    assert contents == [b"from a path", b"from memory", b"from an object", b"piece by piece", b"view"]


def test_raw_bodies(connection: Connection) -> None:
    made = create(connection, title="x")
    path, headers = f"{RECORDS}/{made['id']}", {"Content-Type": "application/json"}
    for content in (
        b'{"title": "bytes"}',
        FilePart(b'{"title": "part"}'),
        FilePart(io.BytesIO(b'{"title": "object"}')),
    ):
        assert connection.send("PATCH", path, content=content, headers=headers)["title"] in {"bytes", "part", "object"}
    assert connection.send("GET", path)["title"] == "object"


def test_downloads_are_read_bit_by_bit(connection: Connection) -> None:
    content = bytes(range(256)) * 4000
    made = connection.send("POST", RECORDS, json={}, files=[("files", FilePart(content, "a.bin"))])
    path = f"/api/files/posts/{made['id']}/{made['files'][0]}"
    with connection.open("GET", path) as download:
        assert download.headers["content-length"] == str(len(content))
        assert download.read(0) == b""
        assert download.read(10) == content[:10]
        assert b"".join(download) == content[10:]
        assert download.read() == b""
    with pytest.raises(ValueError, match="closed"):
        download.read()

    async def main() -> bytes:
        async with await connection.open_async("GET", path) as stream:
            first = await stream.aread(3)
            return first + b"".join([piece async for piece in stream])

    assert asyncio.run(main()) == content


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        ({"path": "api"}, "slash"),
        ({"method": "GE T"}, "no HTTP method"),
        ({"timeout": -1.0}, "seconds"),
        ({"timeout": float("nan")}, "seconds"),
        ({"headers": {"X-A": "a\nb"}}, "header"),
        ({"headers": {"X A": "b"}}, "header"),
        ({"headers": {"X-A": "€"}}, "Latin-1"),
        ({"json": 1, "content": b""}, "not both"),
        ({"content": b"", "files": [("a", FilePart(b""))]}, "not both"),
    ],
)
def test_what_cannot_be_sent(opened: Open, arguments: dict[str, Any], part: str) -> None:
    given = {"method": "GET", "path": "/api/health", **arguments}
    method, path = given.pop("method"), given.pop("path")
    with pytest.raises(CoreError, match=part) as caught:
        opened("http://127.0.0.1:1").send(method, path, **given)
    assert (caught.value.kind, caught.value.status) == ("input", 0)


def test_addresses_that_are_none() -> None:
    for address in ("", "/", "ftp://a", "http://", "http://a?b", "file:", "file:///"):
        with pytest.raises(CoreError) as caught:
            Connection(address)
        assert caught.value.kind == "input"


def test_files_that_are_none(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError) as caught:
        FilePart(tmp_path / "missing")
    assert caught.value.filename == str(tmp_path / "missing")
    with pytest.raises(IsADirectoryError):
        FilePart(tmp_path)
    with pytest.raises(TypeError, match="read"):
        FilePart(7)  # type: ignore[arg-type]
    text = tmp_path / "text"
    text.write_text("a")
    with text.open() as handle, pytest.raises(TypeError, match='"rb"'):
        FilePart(handle)  # type: ignore[arg-type]


def test_a_file_object_that_fails_fails_the_call(connection: Connection) -> None:
    class Broken(io.RawIOBase):
        def readable(self) -> bool:
            return True

        def read(self, size: int = -1) -> bytes:
            raise ZeroDivisionError("in the file")

    with pytest.raises(ZeroDivisionError, match="in the file"):
        connection.send("POST", RECORDS, files=[("files", FilePart(Broken(), "a"))])

    async def main() -> None:
        await connection.send_async("POST", RECORDS, files=[("files", FilePart(Broken(), "a"))])

    with pytest.raises(ZeroDivisionError, match="in the file"):
        asyncio.run(main())


def test_a_safe_post_is_tried_again(opened: Open) -> None:
    with BadServer(answer("503 Busy", b"{}"), answer("200 OK", b'{"a": 1}')) as server:
        connection = opened(server.url)
        with pytest.raises(CoreError, match="503"):
            connection.send("POST", "/")
        server.requests = 0
        assert connection.send("POST", "/", safe=True) == {"a": 1}
        server.requests = 0
        with pytest.raises(CoreError, match="503"):
            connection.send("GET", "/", safe=False)


def test_a_closed_connection_says_so(server: Any) -> None:
    connection = Connection(server.url)
    download = connection.open("GET", "/api/health")
    connection.close()
    connection.close()
    for call in (lambda: connection.send("GET", "/"), lambda: connection.open("GET", "/")):
        with pytest.raises(CoreError, match="closed") as caught:
            call()
        assert caught.value.kind == "input"
    with pytest.raises(ValueError, match="closed"):
        download.read()
