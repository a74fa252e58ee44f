"""Servers whose log was written by nobody but the test."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from harness.server import Product, Server, ketch, pocketbase

NOW = datetime.now(UTC)


def moment(**ago: float) -> str:
    """A date some time ago, as the database has it."""
    return (NOW - timedelta(**ago)).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3] + "Z"


# id, level, message, data, created
SEED = [
    (
        "seed00000000001",
        0,
        "seed one",
        {"type": "seed", "status": 200, "url": "/one", "tags": ["a", "b"]},
        moment(hours=3),
    ),
    ("seed00000000002", 8, "seed two", {"type": "seed", "status": 404, "auth": "users"}, moment(hours=3, seconds=-1)),
    ("seed00000000003", 4, "seed Three ü", {"type": "seed", "nested": {"deep": 1.5}, "flag": True}, moment(hours=2)),
    ("seed00000000004", 4, "seed four", {}, moment(hours=2, seconds=-1)),
    # Gone at the start: below the level of the settings, or too old.
    ("seed00000000006", -4, "seed six", {}, moment(hours=1)),
    ("seed00000000007", 8, "seed seven", {}, moment(days=6)),
    ("seed00000000005", 0, "seed five", {"type": "seed", "status": "200"}, moment(hours=2, seconds=-2)),
]


def write_seed(data_dir: Path) -> None:
    """Writes the seed as another program would, past both servers."""
    with closing(sqlite3.connect(data_dir / "auxiliary.db")) as database:
        database.execute("DELETE FROM _logs")
        database.executemany(
            "INSERT INTO _logs (id, level, message, data, created) VALUES (?, ?, ?, ?, ?)",
            [(row, level, message, json.dumps(data), created) for row, level, message, data, created in SEED],
        )
        database.commit()


def fresh(product: Product, home: Path) -> Server:
    """A server with a superuser that has not been started."""
    home.mkdir(parents=True, exist_ok=True)
    product.upsert_superuser(home / "pb_data")
    return Server(product, home)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """PocketBase and Ketch over the same seed."""
    home = tmp_path_factory.mktemp("logs")
    # The folders of both were made by PocketBase: Ketch takes its table as it is.
    servers = (fresh(pocketbase(), home / "pocketbase"), Server(ketch(), home / "ketch"))
    pocketbase().upsert_superuser(servers[1].data_dir)
    for server in servers:
        write_seed(server.data_dir)
    with servers[0], servers[1]:
        for server in servers:
            (server.public_dir / "folder").mkdir(parents=True, exist_ok=True)
            (server.public_dir / "hello.txt").write_text("hello")
        yield servers


@pytest.fixture
def server(tmp_path: Path) -> Iterator[Server]:
    """Ketch alone."""
    running = fresh(ketch(), tmp_path)
    with running:
        yield running
