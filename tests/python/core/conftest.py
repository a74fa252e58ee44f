from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import ketch
import pytest
from ketch._core import Connection

SUPERUSER = ("root@example.com", "1234567890")
POSTS = {
    "name": "posts",
    "type": "base",
    "listRule": "",
    "viewRule": "",
    "createRule": "",
    "updateRule": "",
    "deleteRule": "",
    "fields": [
        {"name": "title", "type": "text"},
        {"name": "number", "type": "number"},
        {"name": "extra", "type": "json"},
        {"name": "files", "type": "file", "maxSelect": 5, "maxSize": 2 << 30},
    ],
}

Open = Callable[..., Connection]


@pytest.fixture
def opened() -> Iterator[Open]:
    """Makes connections, and closes them."""
    made: list[Connection] = []

    def connection(base_url: str, **options: Any) -> Connection:
        made.append(Connection(base_url, **options))
        return made[-1]

    yield connection
    for each in made:
        each.close()


def sign_in(connection: Connection) -> dict[str, str]:
    """Headers of the superuser."""
    body = {"identity": SUPERUSER[0], "password": SUPERUSER[1]}
    answer = connection.send("POST", "/api/collections/_superusers/auth-with-password", json=body)
    return {"Authorization": answer["token"]}


def prepare(connection: Connection) -> None:
    """Makes the collection `posts`, which everybody may use."""
    connection.send("POST", "/api/collections", headers=sign_in(connection), json=POSTS)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ketch.Server]:
    """A server in this process, with the collection `posts`."""
    with ketch.Server(tmp_path_factory.mktemp("core") / "data", superuser=SUPERUSER) as made:
        connection = Connection(made.url)
        prepare(connection)
        connection.close()
        yield made


@pytest.fixture
def data_dir(tmp_path: Path) -> Path:
    """A data folder with a superuser and the collection `posts`, which nobody has open."""
    folder = tmp_path / "data"
    with ketch.Server(folder, superuser=SUPERUSER) as made:
        connection = Connection(made.url)
        prepare(connection)
        connection.close()
    return folder


@pytest.fixture(params=["http", "embedded"])
def connection(request: pytest.FixtureRequest, server: ketch.Server, opened: Open) -> Connection:
    """A connection over HTTP, and one to the same folder without a socket."""
    return opened(server.url if request.param == "http" else f"file:{server.dir}")
