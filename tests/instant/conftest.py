from __future__ import annotations

from collections.abc import Iterator

import pytest

from files.s3 import S3Server
from instant.app import App


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with App(tmp_path_factory.mktemp("instant") / "home", superuser=True) as app:
        yield app


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "home") as server:
        yield server
