"""The official Python client (PyPI `instantdb`) against the server."""

from __future__ import annotations

import asyncio
import uuid
from typing import Any

from instantdb import AsyncInstant, Instant

from instant.app import ADMIN_TOKEN, APP_ID, App, refusal

PATIENCE_S = 20


def test_a_live_query(app: App) -> None:
    namespace, entity = f"n{uuid.uuid4().hex}", str(uuid.uuid4())
    app.transact(["update", namespace, entity, {"title": "one"}])

    async def run() -> list[Any]:
        async with (
            AsyncInstant(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url) as client,
            client.subscribe_query({namespace: {"$": {"first": 5}}}) as live,
        ):
            first = await asyncio.wait_for(anext(live), PATIENCE_S)
            await asyncio.to_thread(app.transact, ["update", namespace, entity, {"title": "two"}])
            second = await asyncio.wait_for(anext(live), PATIENCE_S)
            return [first, second]

    first, second = asyncio.run(run())
    assert first["type"] == second["type"] == "ok"
    assert first["data"] == {namespace: [{"id": entity, "title": "one"}]}
    assert first["page_info"][namespace]["has_next_page"] is False
    assert second["data"] == {namespace: [{"id": entity, "title": "two"}]}
    assert set(first["session_info"]) == {"machine_id", "session_id"}


def test_a_live_query_that_is_refused(app: App) -> None:
    async def run() -> Any:
        async with (
            AsyncInstant(app_id=APP_ID, admin_token=str(uuid.uuid4()), api_uri=app.server.base_url) as client,
            client.subscribe_query({"notes": {}}) as live,
        ):
            return await asyncio.wait_for(anext(live), PATIENCE_S)

    event = asyncio.run(run())
    assert event["type"] == "error"
    assert event["error"].body["type"] == "record-not-found"


def test_an_upload_and_presence(app: App) -> None:
    with Instant(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url) as client:
        stored = client.storage.upload_file("by client.txt", b"hello", content_type="text/plain")
        assert stored["data"]["size"] == 5
        files = client.query({"$files": {"$": {"where": {"path": "by client.txt"}}}})["$files"]
        assert files[0]["content-type"] == "text/plain"
        place = files[0]["url"].removeprefix(app.server.base_url)
        assert app.send("GET", place).body == b"hello"
        assert client.rooms.get_presence("chat", "1") == {}
    assert refusal(app.send("GET", place + "0"))[0] == 403
