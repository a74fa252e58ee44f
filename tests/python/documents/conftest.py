from __future__ import annotations

from collections.abc import Iterator

import pytest
from pocketbase import PocketBase

from documents.prepared import Prepared, prepared
from support.places import EMBEDDED, KETCH, POCKETBASE


@pytest.fixture(scope="module", params=[KETCH, EMBEDDED, POCKETBASE])
def on(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Prepared]:
    """A prepared server: Ketch, Ketch inside of this process, the real PocketBase."""
    with prepared(request.param, tmp_path_factory.mktemp("documents") / "home") as made:
        yield made


@pytest.fixture
def pb(on: Prepared) -> Iterator[PocketBase]:
    """A client of nobody."""
    with PocketBase(on.url) as made:
        yield made


@pytest.fixture
def admin(on: Prepared) -> Iterator[PocketBase]:
    """A client of a superuser."""
    with on.admin() as made:
        yield made
