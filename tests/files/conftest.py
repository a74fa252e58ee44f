from __future__ import annotations

from collections.abc import Iterator

import pytest

from files.app import App
from files.s3 import S3Server
from harness.server import ketch


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    with S3Server(tmp_path_factory.mktemp("s3") / "home") as server:
        yield server


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with App(ketch(), tmp_path_factory.mktemp("files") / "home", ("70x50", "0x50")) as app:
        yield app
