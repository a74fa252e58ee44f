"""The names that programs import, and what importing them costs."""

from __future__ import annotations

import dataclasses
import importlib.resources
import subprocess
import sys
from typing import Any

import instantdb_admin_client as package
import pytest
from instantdb_admin_client import (
    CORE_VERSION,
    VERSION,
    Auth,
    CardinalityKind,
    Create,
    Delete,
    InstantDBAdminAPI,
    Link,
    Merge,
    RuleParams,
    Step,
    Storage,
    Unlink,
    Update,
    User,
    lookup,
)


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (Create("g", "1", {"a": 1}), ["create", "g", "1", {"a": 1}]),
        (Update("g", "1", {"a": 1}), ["update", "g", "1", {"a": 1}]),
        (Update(collection="g", id="1", data={}, upsert=False), ["update", "g", "1", {}, {"upsert": False}]),
        (Merge("g", "1", {}, upsert=True), ["merge", "g", "1", {}, {"upsert": True}]),
        (Update("g", lookup("slug", "s"), {}), ["update", "g", ["slug", "s"], {}]),
        (Update("g", ["slug", "s"], {}), ["update", "g", ["slug", "s"], {}]),
        (Delete(collection="g", id="1"), ["delete", "g", "1"]),
        (Link(collection="g", id="1", links={"todos": "2"}), ["link", "g", "1", {"todos": "2"}]),
        (
            Unlink("g", "1", {"m": ["2", lookup("slug", 's"')]}),
            ["unlink", "g", "1", {"m": ["2", 'lookup__slug__"s\\""']}],
        ),
        (RuleParams("g", "1", {"k": 1}), ["ruleParams", "g", "1", {"k": 1}]),
    ],
)
def test_steps_are_dataclasses_and_lists(step: Step, expected: list[Any]) -> None:
    assert isinstance(step, Step)
    assert step.to_list() == expected
    assert dataclasses.is_dataclass(step)
    assert dataclasses.replace(step) == step
    assert step != Create("other", "1", {})


def test_a_step_by_itself_is_none() -> None:
    with pytest.raises(NotImplementedError, match="use Update"):
        Step().to_list()


def test_the_documented_names() -> None:
    assert VERSION == CORE_VERSION == "v0.17.31"
    assert {kind.name: kind.value for kind in CardinalityKind} == {"ONE": "one", "MANY": "many"}
    assert {"id", "email", "refresh_token"} <= User.__annotations__.keys()
    db = InstantDBAdminAPI(app_id="your-app-id", admin_token="your-admin-token")
    assert (db.config.app_id, db.config.base_url) == ("your-app-id", "https://api.instantdb.com")
    assert db.headers == {
        "Content-Type": "application/json",
        "Authorization": "Bearer your-admin-token",
        "App-Id": "your-app-id",
        "Instant-Admin-Version": VERSION,
        "Instant-Core-Version": CORE_VERSION,
    }
    assert isinstance(db.auth, Auth)
    assert isinstance(db.storage, Storage)


def test_all_names_are_there() -> None:
    for name in package.__all__:
        assert getattr(package, name) is not None
    assert set(package.__all__) <= set(dir(package))
    assert set(package.__all__) == package._PLACES.keys()
    with pytest.raises(AttributeError, match="has no attribute 'nothing'"):
        package.nothing  # noqa: B018
    assert (importlib.resources.files(package) / "py.typed").is_file()


@pytest.mark.parametrize(
    ("statement", "unwanted"),
    [
        ("import instantdb_admin_client", ["asyncio", "dataclasses", "ketch._core", "typing_extensions"]),
        ("from instantdb_admin_client import InstantDBAdmin", ["asyncio", "random", "urllib.parse", "pydantic"]),
        ("from instantdb_admin_client import InstantDBAdminAPI", ["random", "urllib.parse", "http.client", "ssl"]),
    ],
)
def test_importing_loads_little(statement: str, unwanted: list[str]) -> None:
    code = f"import sys; {statement}; print(*(name for name in {unwanted!r} if name in sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout.split() == []
