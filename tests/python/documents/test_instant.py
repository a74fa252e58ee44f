"""The samples of the document of the Instant admin client, with their ids, over HTTP and embedded."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from instantdb_admin_client import DebugCheckResult, InstantAPIError, InstantDBAdmin, InstantDBAdminAPI, Update

from documents import instant_samples as samples
from documents.running import run, run_async
from support.apps import ADMIN_TOKEN, APP_ID
from support.places import EMBEDDED, KETCH, Place, open_place

PHOTO = b"\xff\xd8\xff\xe0 a photo"
Scenario = Callable[[Any], Awaitable[None]]


@pytest.fixture(scope="module", params=[KETCH, EMBEDDED])
def place(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    with open_place(request.param, tmp_path_factory.mktemp("documents") / "home") as made:
        yield made


@pytest.fixture
def play(place: Place) -> Callable[[Scenario], None]:
    """Plays a scenario with the client that the first sample makes."""

    def play(scenario: Scenario) -> None:
        async def with_client() -> None:
            credentials = {
                "your-app-id": APP_ID,
                'admin_token="your-admin-token"': f'admin_token="{ADMIN_TOKEN}", base_url="{place.base_url}"',
            }
            db = run(samples.INIT, changes=credentials)["db"]
            assert isinstance(db, InstantDBAdminAPI)
            try:
                await scenario(db)
            finally:
                await db.close()

        asyncio.run(with_client())

    return play


def test_the_first_sample_sends_nothing() -> None:
    assert run(samples.INIT)["db"].config.base_url == "https://api.instantdb.com"


def test_queries(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        space = await run_async(samples.QUERIES, {"db": db})
        assert list(space["result"]) == ["goals"]

    play(scenario)


def test_a_users_profile(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        get_user_profile_id = run(samples.PROFILE, {"db": db})["get_user_profile_id"]
        user = await db.auth.verify_token(await db.auth.create_token("profiled@example.com"))
        # Nobody's profile is an error, as in the sample's own words.
        with pytest.raises(IndexError):
            await get_user_profile_id(user["id"])
        await db.transact(
            [
                Update(collection="profile", id="profile-1", data={"nickname": "Us"}),
                ["link", "$users", user["id"], {"profile": "profile-1"}],
            ]
        )
        assert await get_user_profile_id(user["id"]) == "profile-1"

    play(scenario)


def test_transactions(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        first, second = samples.TRANSACTIONS.split("# Delete an object")
        space = await run_async(first, {"db": db})
        await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
        todos = [{"id": "todo-123", "title": "Go running"}]
        [goal] = (await db.query({"goals": {"todos": {}}}))["goals"]
        assert goal == {"id": "goal-123", "title": "Get Fit", "todos": todos}
        assert len((await run_async(samples.QUERIES, {"db": db}))["result"]["goals"]) == 1
        await run_async(second, space)
        assert await db.query({"goals": {}, "todos": {}}) == {"goals": [], "todos": todos}
        # The block in one go.
        await run_async(samples.TRANSACTIONS, {"db": db})
        assert await db.query({"goals": {}}) == {"goals": []}

    play(scenario)


def test_impersonation(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        token = await db.auth.create_token("user@example.com")
        await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
        space = await run_async(samples.IMPERSONATION, {"db": db}, {"user-refresh-token": token})
        assert space["result"]["goals"][0]["id"] == "goal-123"
        assert {**space["user_client"].headers}["as-token"] == token
        assert {**space["guest_client"].headers}["as-guest"] == "true"
        with pytest.raises(InstantAPIError):
            await run_async(samples.IMPERSONATION, {"db": db})

    play(scenario)


def test_users(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        token = await db.auth.create_token("user@example.com")
        space = await run_async(samples.USERS, {"db": db}, {"user-refresh-token": token})
        assert space["user"]["email"] == space["deleted_user"]["email"] == "user@example.com"
        assert (await db.auth.verify_token(space["token"]))["email"] == "new-user@example.com"
        with pytest.raises(InstantAPIError):
            await db.auth.verify_token(token)

    play(scenario)


def test_storage(
    play: Callable[[Scenario], None],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(PHOTO)

    async def scenario(db: Any) -> None:
        others = ["photos/old-profile.jpg", *(f"photos/{number}.jpg" for number in (1, 2, 3))]
        for path in others:
            await db.storage.uploadFile(path, PHOTO)
        space = await run_async(samples.STORAGE, {"db": db})
        assert space["result"]["data"]["size"] == len(PHOTO)
        assert "/storage/files/" in space["url"]
        assert {file.name for file in space["files"]} == {"photos/profile.jpg", *others}
        told = capsys.readouterr().out
        assert f"File: photos/profile.jpg, Size: {len(PHOTO)}" in told
        async with await db.storage.download("photos/profile.jpg") as download:
            assert download.headers["content-type"] == "image/jpeg"
            assert await download.read() == PHOTO
        assert [file.name for file in await db.storage.list()] == ["photos/profile.jpg"]

    play(scenario)


def test_debug_tools(play: Callable[[Scenario], None]) -> None:
    async def scenario(db: Any) -> None:
        await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
        first, second = samples.DEBUG.split("# Debug a transaction")
        result = (await run_async(first, {"db": db}))["result"]
        # `read` is the document's word; the rules know `view`, so that nothing is hidden.
        assert [goal["id"] for goal in result["result"]["goals"]] == ["goal-123"]
        assert all(isinstance(check, DebugCheckResult) for check in result["checkResults"])
        assert [check.id for check in result["checkResults"]] == ["goal-123"]
        result = (await run_async(second, {"db": db}))["result"]
        assert (result["all-checks-ok?"], result["committed?"]) == (True, False)

    play(scenario)


def test_the_samples_without_async(place: Place, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The blocking client takes the same calls, without the word `await`."""
    monkeypatch.chdir(tmp_path)
    Path("photo.jpg").write_bytes(PHOTO)
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, place.base_url) as db:
        token = db.auth.create_token("user@example.com")
        for sample in (
            samples.QUERIES,
            samples.TRANSACTIONS,
            samples.IMPERSONATION,
            samples.USERS,
            samples.STORAGE,
            samples.DEBUG,
        ):
            tokens = {"user-refresh-token": token} if "user-refresh-token" in sample else {}
            run(sample.replace("await ", ""), {"db": db}, tokens)
