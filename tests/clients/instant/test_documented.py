"""The samples of the documented single-file client, in the document's order and with its ids."""

from __future__ import annotations

import asyncio
import io
from collections.abc import Callable, Coroutine
from typing import Any

import httpx
import pytest

from clients.instant.documented import Delete, InstantDBAdminAPI, Link, Merge, Unlink, Update

PHOTO = b"\xff\xd8\xff\xe0 a photo"
MISSING_TOKEN = "00000000-0000-4000-8000-000000000000"
PROFILE = "3c1a8f2e-1f55-4d0c-9b3b-0b8d8f0a6f01"


async def _get_user_profile_id(db: InstantDBAdminAPI, user_id: str) -> str:
    result = await db.query({"$users": {"$": {"where": {"id": user_id}}, "profile": {}}})
    return str(result.get("$users", [{}])[0].get("profile", {})[0].get("id"))


def test_the_samples_in_their_order(documented: InstantDBAdminAPI) -> None:
    asyncio.run(_samples(documented))


async def _samples(db: InstantDBAdminAPI) -> None:
    # Making queries.
    assert await db.query({"goals": {}}) == {"goals": []}
    assert await db.query({"goals": {"$": {"where": {"title": "Get Fit"}}}}) == {"goals": []}
    assert await db.query({"goals": {"todos": {}}}) == {"goals": []}

    # A user's profile.
    token = await db.auth.create_token("user@example.com")
    user = await db.auth.verify_token(token)
    await db.transact(
        [
            Update(collection="profile", id=PROFILE, data={"nickname": "Us"}),
            Link(collection="$users", id=user["id"], links={"profile": PROFILE}),
        ]
    )
    assert await _get_user_profile_id(db, user["id"]) == PROFILE

    # Making transactions.
    done = await db.transact(
        [
            Update(collection="todos", id="todo-123", data={"title": "Go running"}),
            Link(collection="goals", id="goal-123", links={"todos": "todo-123"}),
        ]
    )
    assert list(done) == ["tx-id"]
    await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
    goals = {"goals": [{"id": "goal-123", "title": "Get Fit", "todos": [{"id": "todo-123", "title": "Go running"}]}]}
    assert await db.query({"goals": {"todos": {}}}) == goals
    assert len((await db.query({"goals": {"$": {"where": {"title": "Get Fit"}}}}))["goals"]) == 1
    deleted = await db.transact([Delete(collection="goals", id="goal-123")])
    assert deleted["tx-id"] > done["tx-id"]
    assert await db.query({"goals": {"todos": {}}}) == {"goals": []}

    # Impersonating users.
    await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
    for client in (db.as_user(email="user@example.com"), db.as_user(token=token), db.as_user(guest=True)):
        assert [goal["id"] for goal in (await client.query({"goals": {}}))["goals"]] == ["goal-123"]

    # User management.
    new = await db.auth.create_token("new-user@example.com")
    assert (await db.auth.verify_token(new))["email"] == "new-user@example.com"
    found = await db.auth.get_user(email="user@example.com")
    assert found["id"] == user["id"]
    assert (await db.auth.delete_user(email="user@example.com"))["id"] == user["id"]
    assert await db.auth.get_user(email="user@example.com") is None
    # As on the original: nobody is left whom the sample's last line could sign out.
    with pytest.raises(RuntimeError, match="record-not-found"):
        await db.auth.sign_out("user@example.com")
    await db.auth.sign_out("new-user@example.com")
    with pytest.raises(RuntimeError, match="app-user"):
        await db.auth.verify_token(new)

    # File storage.
    result = await db.storage.uploadFile("photos/profile.jpg", io.BytesIO(PHOTO), {"contentType": "image/jpeg"})
    assert result["data"]["size"] == len(PHOTO)
    url = await db.storage.get_download_url("photos/profile.jpg")
    answer = httpx.get(url)
    assert (answer.content, answer.headers["content-type"]) == (PHOTO, "image/jpeg")
    await db.storage.upload("photos/old-profile.jpg", PHOTO, {"contentDisposition": "attachment"})
    for number in (1, 2, 3):
        await db.storage.uploadFile(f"photos/{number}.jpg", PHOTO)
    files = await db.storage.list()
    assert sorted((file.name, file.size) for file in files) == sorted(
        (f"photos/{name}.jpg", len(PHOTO)) for name in ("profile", "old-profile", "1", "2", "3")
    )
    await db.storage.delete("photos/old-profile.jpg")
    await db.storage.delete_many(["photos/1.jpg", "photos/2.jpg", "photos/3.jpg"])
    assert [file.name for file in await db.storage.list()] == ["photos/profile.jpg"]


def test_debug_tools(documented: InstantDBAdminAPI) -> None:
    asyncio.run(_debug(documented))


async def _debug(db: InstantDBAdminAPI) -> None:
    await db.transact([Update("goals", "goal-123", {"title": "Get Fit"})])
    guest = db.as_user(guest=True)
    rules = {"goals": {"allow": {"read": "auth.id != null"}}}
    seen = await guest.debug_query({"goals": {}}, rules=rules)
    # `read` is the document's word; the rules know `view`, so that nothing is hidden.
    assert [goal["id"] for goal in seen["result"]["goals"]] == ["goal-123"]
    assert [check.id for check in seen["checkResults"]] == ["goal-123"]
    hidden = await guest.debug_query({"goals": {}}, rules={"goals": {"allow": {"view": "auth.id != null"}}})
    assert hidden["result"] == {"goals": []}
    assert [(check.entity, check.check) for check in hidden["checkResults"]] == [("goals", False)]
    result = await guest.debug_transact([["update", "goals", "goal-123", {"title": "Get fit"}]])
    assert result["all-checks-ok?"] is True
    refused = await guest.debug_transact(
        [["update", "goals", "goal-123", {"title": "Get fit"}]], rules={"goals": {"allow": {"update": "false"}}}
    )
    assert refused["all-checks-ok?"] is False
    assert (await db.query({"goals": {}}))["goals"][0]["title"] == "Get Fit"
    with pytest.raises(RuntimeError, match="admin"):
        await db.debug_query({"goals": {}})


def test_what_the_document_has_no_sample_of(documented: InstantDBAdminAPI) -> None:
    asyncio.run(_beyond(documented))


async def _beyond(db: InstantDBAdminAPI) -> None:
    await db.transact([Update("books", "book-1", {"title": "A", "meta": {"a": 1, "b": {"c": 2}}})])
    await db.transact([Merge("books", "book-1", {"meta": {"a": None, "b": {"d": 3}}})])
    await db.transact(
        [Update("authors", "author-1", {"name": "Ann"}), Link("books", "book-1", {"authors": "author-1"})]
    )
    assert await db.query({"books": {"authors": {}}}) == {
        "books": [
            {
                "id": "book-1",
                "title": "A",
                "meta": {"b": {"c": 2, "d": 3}},
                "authors": [{"id": "author-1", "name": "Ann"}],
            }
        ]
    }
    await db.transact([Unlink("books", "book-1", {"authors": ["author-1"]})])
    assert (await db.query({"books": {"authors": {}}}))["books"][0]["authors"] == []
    code = (await db.auth.generate_magic_code("coded@example.com"))["code"]
    assert len(code) == 6
    token = await db.auth.create_token("by@example.com")
    by_token = await db.auth.get_user(refresh_token=token)
    assert (await db.auth.get_user(id=by_token["id"]))["email"] == "by@example.com"
    assert (await db.auth.delete_user(id=by_token["id"]))["email"] == "by@example.com"
    assert await db.auth.delete_user(id=by_token["id"]) is None


Call = Callable[[InstantDBAdminAPI], Coroutine[Any, Any, Any]]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda db: db.query({"goals": []}), "validation-failed"),
        (lambda db: db.query([]), "param-malformed"),
        (lambda db: db.transact([Link("goals", "goal-1", {"title": "x"})]), "validation-failed"),
        (lambda db: db.as_user(email="nobody@example.com").query({"goals": {}}), "record-not-found"),
        (lambda db: db.as_user(token=MISSING_TOKEN).query({"goals": {}}), "record-not-found"),
        (lambda db: db.as_user(token="user-refresh-token").query({"goals": {}}), "param-malformed"),
        (lambda db: db.auth.verify_token("user-refresh-token"), "param-malformed"),
        (lambda db: db.auth.create_token("no address"), "param-malformed"),
        (lambda db: db.auth.get_user(), "validation-failed"),
        (lambda db: db.storage.uploadFile(" ", b"x"), "param-m"),
    ],
)
def test_errors_show_the_answer(documented: InstantDBAdminAPI, call: Call, words: str) -> None:
    asyncio.run(documented.transact([Update("goals", "goal-1", {"title": "x"})]))
    with pytest.raises(RuntimeError, match=words):
        asyncio.run(call(documented))


def test_wrong_credentials(documented: InstantDBAdminAPI) -> None:
    app_id, _, base_url = documented._arguments
    for stranger in (
        InstantDBAdminAPI(app_id, MISSING_TOKEN, base_url),
        InstantDBAdminAPI(MISSING_TOKEN, MISSING_TOKEN, base_url),
    ):
        with pytest.raises(RuntimeError, match="app-admin-token"):
            asyncio.run(stranger.query({"goals": {}}))
