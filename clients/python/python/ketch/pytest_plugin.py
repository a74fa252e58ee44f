"""Fixtures for tests that need a backend: `ketch_server`, `ketch_url`, `ketch_superuser`.

pytest finds them when the package is installed. Each test gets a server of its own with an empty folder, which
takes some hundredths of a second; `ketch_session_server` is one for all tests.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    import ketch

SUPERUSER = ("root@example.com", "1234567890")
"""Email and password of the superuser of the fixtures' servers."""


@pytest.fixture
def ketch_superuser() -> tuple[str, str]:
    """Email and password of the superuser of `ketch_server`; may be overridden."""
    return SUPERUSER


@pytest.fixture
def ketch_server(ketch_superuser: tuple[str, str]) -> Iterator[ketch.Server]:
    """A running server with an empty data folder and a superuser."""
    # Imported here: a plugin is loaded by every run of pytest.
    import ketch

    with ketch.Server(superuser=ketch_superuser) as server:
        yield server


@pytest.fixture
def ketch_url(ketch_server: ketch.Server) -> str:
    """The address of `ketch_server`."""
    return ketch_server.url


@pytest.fixture(scope="session")
def ketch_session_server() -> Iterator[ketch.Server]:
    """One server for all tests of the session, with the superuser `SUPERUSER`."""
    import ketch

    with ketch.Server(superuser=SUPERUSER) as server:
        yield server
