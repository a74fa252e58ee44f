"""Streams, written and read by the asynchronous Python client."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any

import pytest
from instantdb import AsyncInstant, InstantAPIError, InstantError, id
from instantdb._async.streams import AsyncStreamReader, AsyncStreamWriter

from instant.app import ADMIN_TOKEN, APP_ID, App


@asynccontextmanager
async def client(app: App) -> AsyncIterator[AsyncInstant]:
    made = AsyncInstant(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url)
    try:
        yield made
    finally:
        await made.aclose()


async def read(db: AsyncInstant, **options: Any) -> str:
    async with db.streams.read(**options) as reader:
        return "".join([chunk async for chunk in reader])


async def row(db: AsyncInstant, name: str) -> dict[str, Any]:
    [found] = (await db.query({"$streams": {"$": {"where": {"clientId": name}}}}))["$streams"]
    assert isinstance(found, dict)
    return found


def test_written_then_read(app: App) -> None:
    async def scenario() -> None:
        name = id()
        async with client(app) as db:
            async with db.streams.write(client_id=name) as writer:
                stream = await writer.stream_id
                for chunk in ("Hëllo, ", "", "wörld ", "🌍"):
                    await writer.write(chunk)
            assert writer.error is None
            text = "Hëllo, wörld 🌍"
            assert await read(db, client_id=name) == text
            assert await read(db, stream_id=stream) == text
            assert await read(db, client_id=name, byte_offset=8) == "wörld 🌍"
            assert await read(db, client_id=name, byte_offset=len(text.encode())) == ""
            found = await row(db, name)
            assert (found["id"], found["done"], found["size"]) == (stream, True, len(text.encode()))
            with pytest.raises(InstantAPIError, match="another writer"):
                async with db.streams.write(client_id=name) as again:
                    await again.write("more")

    asyncio.run(scenario())


def test_followed_while_written(app: App) -> None:
    async def scenario() -> None:
        name = id()
        async with client(app) as db, db.streams.write(client_id=name) as writer:
            await writer.write("before;")
            async with db.streams.read(client_id=name) as early:
                assert await anext(early) == "before;"
                for number in range(50):
                    await writer.write(f"{number};")
                    if number == 25:
                        late = asyncio.create_task(read(db, client_id=name))
                await writer.__aexit__(None, None, None)
                expected = "".join(f"{number};" for number in range(50))
                assert "".join([chunk async for chunk in early]) == expected
                assert await late == f"before;{expected}"

    asyncio.run(scenario())


def test_aborted(app: App) -> None:
    async def scenario() -> None:
        name = id()
        async with client(app) as db:

            async def give_up() -> None:
                async with db.streams.write(client_id=name) as writer:
                    await writer.write("as far as it came")
                    raise ZeroDivisionError("no more")

            with pytest.raises(ZeroDivisionError):
                await give_up()
            assert await read(db, client_id=name) == "as far as it came"
            found = await row(db, name)
            assert (found["done"], found["abortReason"]) == (True, "no more")

    asyncio.run(scenario())


def test_large_and_many(app: App) -> None:
    async def scenario() -> None:
        async with client(app) as db:
            names = [id() for _ in range(8)]
            text = "0123456789äöü☃🌍\n\0" * 20_000

            async def write(name: str) -> None:
                async with db.streams.write(client_id=name) as writer:
                    for start in range(0, len(text), 50_001):
                        await writer.write(text[start : start + 50_001])
                assert writer.error is None

            first, *others = names
            await write(first)
            await asyncio.gather(*(write(name) for name in others[:3]))
            read_back = await asyncio.gather(*(read(db, client_id=name) for name in names[:4]))
            assert read_back == [text] * 4

    asyncio.run(scenario())


async def reconnected(*sides: AsyncStreamWriter | AsyncStreamReader) -> Callable[[], Awaitable[None]]:
    """Answers what waits until the sides have connected again."""
    before = [_connection(side)._init_params for side in sides]

    async def wait() -> None:
        async with asyncio.timeout(20):
            for side, params in zip(sides, before, strict=True):
                connection = _connection(side)
                while connection._init_params in (None, params) or not connection._ready_event.is_set():
                    await asyncio.sleep(0.01)

    return wait


def _connection(side: AsyncStreamWriter | AsyncStreamReader) -> Any:
    assert side._connection is not None
    return side._connection


def test_lost_connections(app: App) -> None:
    """The writer resumes where it was, readers go on, and nothing is lost or there twice."""

    async def scenario() -> None:
        name = id()
        async with client(app) as db, db.streams.write(client_id=name) as writer:
            await writer.write("one;")
            async with db.streams.read(client_id=name) as reader:
                assert await anext(reader) == "one;"
                for number in range(3):
                    again = await reconnected(writer, reader)
                    await writer.write(f"{number} before;")
                    await _connection(writer).force_reconnect()
                    await _connection(reader).force_reconnect()
                    await again()
                    await writer.write(f"{number} after;")
                await writer.__aexit__(None, None, None)
                assert writer.error is None
                expected = "".join(f"{number} before;{number} after;" for number in range(3))
                assert "".join([chunk async for chunk in reader]) == expected
            assert await read(db, client_id=name) == f"one;{expected}"

    asyncio.run(scenario())


def test_restart(app: App) -> None:
    """What was told as flushed outlives the process, and both sides go on with the next one."""

    def restart() -> None:
        port = app.server.port
        app.server.kill()
        app.server.start(port)

    async def scenario() -> None:
        name = id()
        async with client(app) as db, db.streams.write(client_id=name) as writer:
            await writer.write("one;")
            async with db.streams.read(client_id=name) as reader:
                assert await anext(reader) == "one;"
                again = await reconnected(writer, reader)
                await asyncio.to_thread(restart)
                await again()
                await writer.write("two;")
                await writer.write("three;")
                await writer.__aexit__(None, None, None)
                assert writer.error is None
                assert "".join([chunk async for chunk in reader]) == "two;three;"
            assert await read(db, client_id=name) == "one;two;three;"

    asyncio.run(scenario())


def test_rules(app: App) -> None:
    async def scenario() -> None:
        rules = {
            "$streams": {
                "allow": {
                    "create": "auth.id != null && data.clientId == newData.clientId && ruleParams.key == 'k'",
                    "view": "data.clientId.startsWith('public') || ruleParams.key == 'k'",
                }
            }
        }
        name = f"private-{id()}"
        async with client(app) as db:
            guest = db.as_user(guest=True)
            token = await db.auth.create_token(email=f"{id()}@example.com")
            user = db.as_user(token=token)

            async def begin(who: AsyncInstant, stream: str, **options: Any) -> None:
                async with who.streams.write(client_id=stream, **options) as writer:
                    await writer.write("text")

            for who in (guest, user):
                with pytest.raises(InstantAPIError, match="Permission denied"):
                    await begin(who, id())
            await asyncio.to_thread(app.ok, "POST", f"/dash/apps/{APP_ID}/rules", {"code": rules})
            for who, options in ((guest, {"rule_params": {"key": "k"}}), (user, {}), (user, {"rule_params": {}})):
                with pytest.raises(InstantAPIError, match="Permission denied"):
                    await begin(who, id(), **options)
            await begin(user, name, rule_params={"key": "k"})
            public = f"public-{id()}"
            await begin(db, public)
            assert await read(guest, client_id=public) == "text"
            assert await read(guest, client_id=name, rule_params={"key": "k"}) == "text"
            for missing in (name, f"private-{id()}"):
                with pytest.raises(InstantAPIError, match="Permission denied"):
                    await read(guest, client_id=missing)

    asyncio.run(scenario())


def test_refusals(app: App) -> None:
    async def scenario() -> None:
        async with client(app) as db:
            with pytest.raises(InstantAPIError, match="no such stream") as refused:
                await read(db, client_id=id())
            assert refused.value.body["type"] == "validation-failed"
            with pytest.raises(InstantError, match="Must provide"):
                db.streams.read()
            with pytest.raises(InstantAPIError) as malformed:
                async with db.streams.write(client_id=" ") as writer:
                    await writer.write("x")
            assert malformed.value.body["type"] == "param-malformed"
            stranger = AsyncInstant(app_id=APP_ID, admin_token=id(), api_uri=app.server.base_url)
            with pytest.raises(InstantAPIError, match="app-admin-token"):
                await read(stranger, client_id="x")
            await stranger.aclose()

    asyncio.run(scenario())
