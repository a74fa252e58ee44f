from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from clients.beside import Beside
from harness.server import Server, ketch, pocketbase
from mail.smtp import SmtpServer
from oauth2.provider import FakeProvider


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    product = pocketbase() if os.environ.get("DIFF_SELF") == "1" else ketch()
    made = Server(product, tmp_path_factory.mktemp("server"))
    product.upsert_superuser(made.data_dir)
    with made:
        yield made


@pytest.fixture(scope="module")
def beside(server: Server) -> Iterator[Beside]:
    """What stands beside the server, which allows batches as well."""
    with SmtpServer() as smtp, FakeProvider() as provider, Beside(smtp, provider) as made:
        through = {"enabled": True, "host": "127.0.0.1", "port": smtp.port, "tls": False}
        server.admin("PATCH", "/api/settings", {"smtp": through, "batch": {"enabled": True}})
        yield made
