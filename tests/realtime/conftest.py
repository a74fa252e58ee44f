from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from differential.pair import products
from harness.server import Server
from realtime.session import MARKER, Session, compare

Compare = Callable[[str, Callable[[Session], None]], None]


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The oracle and the server under test, with a collection whose events mark the end of a step."""
    started = []
    try:
        for index, product in enumerate(products()):
            server = Server(product, tmp_path_factory.mktemp(f"realtime-{index}"))
            product.upsert_superuser(server.data_dir)
            server.start()
            started.append(server)
            server.admin("POST", "/api/collections", {"name": MARKER, "type": "base", "listRule": "", "fields": []})
            server.admin("PATCH", "/api/settings", {"batch": {"enabled": True}})
        yield started[0], started[1]
    finally:
        for server in started:
            server.kill()


@pytest.fixture
def run(servers: tuple[Server, Server]) -> Compare:
    """Runs a script on both servers and compares what they did."""
    return lambda prefix, script: compare(servers, prefix, script)
