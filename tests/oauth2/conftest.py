from __future__ import annotations

from collections.abc import Callable, Iterator

import pytest

from differential.pair import products
from harness.server import Server
from oauth2.provider import FakeProvider
from oauth2.session import Script, compare

Compare = Callable[[Script], None]


@pytest.fixture(scope="module")
def provider() -> Iterator[FakeProvider]:
    with FakeProvider() as made:
        yield made


@pytest.fixture(scope="module")
def servers(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Server, Server]]:
    """The oracle and the server under test."""
    started = []
    try:
        for index, product in enumerate(products()):
            server = Server(product, tmp_path_factory.mktemp(f"oauth2-{index}"))
            product.upsert_superuser(server.data_dir)
            server.start()
            started.append(server)
        yield started[0], started[1]
    finally:
        for server in started:
            server.kill()


@pytest.fixture
def ketch_only(servers: tuple[Server, Server]) -> Server:
    """The server under test, for what PocketBase does otherwise."""
    if servers[1].product.name != "ketch":
        pytest.skip("PocketBase plays Ketch's part")
    return servers[1]


@pytest.fixture
def run(servers: tuple[Server, Server], provider: FakeProvider, request: pytest.FixtureRequest) -> Compare:
    """Runs a script on both servers and compares what they did."""
    name = request.node.name.removeprefix("test_")
    prefix = "".join(letter if letter.isalnum() else "_" for letter in name)[:60]
    return lambda script: compare(servers, provider, prefix, script)
