from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, SUPERUSERS

from pocketbase_sdk.both import Loop, open_client
from pocketbase_sdk.places import EVERYWHERE, Place, open_place, unique
from pocketbase_sdk.recorder import Recorder

Opening = Callable[..., Any]


@pytest.fixture(scope="session")
def loop() -> Iterator[Loop]:
    made = Loop()
    yield made
    made.stop()


@pytest.fixture(params=["sync", "async"])
def kind(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def opening(kind: str, loop: Loop) -> Iterator[Opening]:
    """Makes clients that are closed after the test."""
    with ExitStack() as stack:
        yield lambda *args, **kwargs: stack.enter_context(open_client(kind, loop, *args, **kwargs))


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    with Recorder() as made:
        yield made


@pytest.fixture
def client(opening: Opening, recorder: Recorder) -> Any:
    """A client of the recorder."""
    return opening(recorder.url)


@pytest.fixture(scope="module", params=EVERYWHERE)
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_place(request.param, tmp_path_factory.mktemp(request.param)) as made:
        yield made


@pytest.fixture
def guest(opening: Opening, place: Place) -> Any:
    return opening(place.base_url)


@pytest.fixture
def admin(opening: Opening, place: Place) -> Any:
    made = opening(place.base_url)
    made.collection(SUPERUSERS).auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
    return made


OPEN_RULES = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")


@pytest.fixture
def posts(admin: Any) -> str:
    """The name of a collection that everybody may use."""
    name = unique("posts")
    fields = [
        {"name": "title", "type": "text"},
        {"name": "n", "type": "number"},
        {"name": "done", "type": "bool"},
        {"name": "data", "type": "json"},
        {"name": "when", "type": "date"},
        {"name": "docs", "type": "file", "maxSelect": 5, "maxSize": 50_000_000},
    ]
    admin.collections.create({"name": name, "type": "base", "fields": fields, **OPEN_RULES})
    return name


@pytest.fixture
def recorder_url(recorder: Recorder) -> str:
    return recorder.url
