from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from harness.server import Server
from instantdb_admin_client import InstantDBAdmin, InstantDBAdminAPI

from support.apps import ADMIN_TOKEN, APP_ID, app_server
from support.both import Runner
from support.places import EMBEDDED, KETCH

Make = Callable[..., Any]


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with app_server(tmp_path_factory.mktemp("instant") / "home", superuser=True) as made:
        yield made


@pytest.fixture(scope="module", params=[KETCH, EMBEDDED])
def base_url(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of the known app, on a server and in this process."""
    if request.param == KETCH:
        server: Server = request.getfixturevalue("server")
        yield server.base_url
        return
    # This one keeps the folder open until the last test.
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, f"file:{tmp_path_factory.mktemp('folder')}") as keeper:
        keeper.query({})
        yield keeper.config.base_url


@pytest.fixture(params=["async", "sync"])
def run(request: pytest.FixtureRequest) -> Iterator[Runner]:
    """Finishes calls: the asynchronous client's in one run, the blocking one's in the other."""
    with Runner(is_async=request.param == "async") as made:
        yield made


@pytest.fixture
def make(run: Runner) -> Iterator[Make]:
    """Makes clients of the kind that `run` runs, and closes them."""
    made: list[Any] = []

    def client(base_url: str, app_id: str | None = APP_ID, admin_token: str | None = ADMIN_TOKEN, **more: Any) -> Any:
        kind = InstantDBAdminAPI if run.is_async else InstantDBAdmin
        made.append(kind(app_id, admin_token, base_url, **more))
        return made[-1]

    yield client
    for each in made:
        run(each.close())


@pytest.fixture
def db(make: Make, base_url: str) -> Any:
    return make(base_url)
