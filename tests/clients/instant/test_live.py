"""Live queries and presence with the asynchronous Python client of the package index."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
from instantdb import AsyncInstant, Instant, InstantAPIError, id

from instant.app import ADMIN_TOKEN, APP_ID, App

WAIT_S = 10
MISSING = "00000000-0000-4000-8000-000000000000"


def _client(app: App, token: str = ADMIN_TOKEN) -> AsyncInstant:
    return AsyncInstant(app_id=APP_ID, admin_token=token, api_uri=app.server.base_url)


async def _soon(awaited: Coroutine[Any, Any, Any]) -> Any:
    return await asyncio.wait_for(awaited, WAIT_S)


def test_a_query_stays_up_to_date(app: App) -> None:
    async def scenario() -> None:
        kind, one, two = id(), id(), id()
        query = {"watched": {"$": {"where": {"kind": kind}, "limit": 5}, "owners": {}}}
        async with _client(app) as db, db.subscribe_query(query) as live:

            async def titles() -> list[str]:
                payload = await _soon(live.__anext__())
                assert payload["type"] == "ok", payload
                return [row["title"] for row in payload["data"]["watched"]]

            assert await titles() == []
            assert live.ready_state == "open"
            assert live.session_info
            await db.transact(db.tx.watched[one].update({"kind": kind, "title": "a"}))
            assert await titles() == ["a"]
            # What the query does not show wakes nobody.
            await db.transact(db.tx.watched[id()].update({"kind": id(), "title": "unseen"}))
            await db.transact(db.tx.watched[two].update({"kind": kind, "title": "b"}))
            assert await titles() == ["a", "b"]
            await db.transact(db.tx.watched[one].update({"title": "c"}))
            assert await titles() == ["c", "b"]
            await db.transact(db.tx.owners[id()].update({"name": "O"}).link({"watched": one}))
            payload = await _soon(live.__anext__())
            assert payload["page_info"]["watched"]["has_next_page"] is False
            await db.transact(db.tx.watched[one].delete())
            assert await titles() == ["b"]
        assert live.is_closed

    asyncio.run(scenario())


@pytest.mark.usefixtures("ruled")
def test_rules_decide_what_is_seen(app: App) -> None:
    async def scenario() -> None:
        async with _client(app) as db:
            token = await db.auth.create_token(email=f"{id()}@example.com")
            me = (await db.auth.verify_token(token))["id"]
            async with db.as_user(token=token).subscribe_query({"secrets": {}}) as live:
                assert (await _soon(live.__anext__()))["data"] == {"secrets": []}
                mine = id()
                await db.transact(db.tx.secrets[id()].update({"owner": "another"}))
                await db.transact(db.tx.secrets[mine].update({"owner": me}))
                payload = await _soon(live.__anext__())
                assert [row["id"] for row in payload["data"]["secrets"]] == [mine]

    asyncio.run(scenario())


def test_records_of_the_other_front_appear(app: App) -> None:
    async def scenario() -> None:
        fields = [{"name": "title", "type": "text"}]
        made = app.server.admin("POST", "/api/collections", {"name": "posters", "type": "base", "fields": fields})
        async with _client(app) as db, db.subscribe_query({"posters": {}}) as live:
            assert (await _soon(live.__anext__()))["data"] == {"posters": []}
            url = f"/api/collections/{made['id']}/records"
            record = await asyncio.to_thread(app.server.admin, "POST", url, {"title": "hung up"})
            payload = await _soon(live.__anext__())
            assert [(row["id"], row["title"]) for row in payload["data"]["posters"]] == [(record["id"], "hung up")]

    asyncio.run(scenario())


def test_refusals_come_as_a_payload(app: App) -> None:
    async def refusal(db: AsyncInstant, query: dict[str, Any]) -> str:
        async with db, db.subscribe_query(query) as live:
            payload = await _soon(live.__anext__())
        assert payload["type"] == "error"
        error = payload["error"]
        assert isinstance(error, InstantAPIError)
        return str(error.body["type"])

    assert asyncio.run(refusal(_client(app, MISSING), {"watched": {}})) == "record-not-found"
    wrong = {"watched": {"$": {"limit": "five"}}}
    assert asyncio.run(refusal(_client(app), wrong)) == "validation-failed"


def test_an_empty_room(app: App, db: Instant) -> None:
    assert db.rooms.get_presence("chat", id()) == {}

    async def scenario() -> None:
        async with _client(app) as asynchronous:
            assert await asynchronous.rooms.get_presence("chat", id()) == {}
            # Whoever the client acts as, it asks as the admin.
            assert await asynchronous.as_user(guest=True).rooms.get_presence("chat", id()) == {}

    asyncio.run(scenario())
    with Instant(app_id=APP_ID, admin_token=id(), api_uri=app.server.base_url) as stranger:
        with pytest.raises(InstantAPIError) as refused:
            stranger.rooms.get_presence("chat", id())
        assert refused.value.body["type"] == "record-not-found"
