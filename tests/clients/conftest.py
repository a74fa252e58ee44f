from __future__ import annotations

import os
from collections.abc import Iterator

import pytest

from harness.server import Server, ketch, pocketbase


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    product = pocketbase() if os.environ.get("DIFF_SELF") == "1" else ketch()
    made = Server(product, tmp_path_factory.mktemp("server"))
    product.upsert_superuser(made.data_dir)
    with made:
        yield made
