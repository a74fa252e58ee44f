"""One set of records: what the clients of one front do, the clients of the other see."""

from __future__ import annotations

import asyncio
import queue
from collections.abc import Iterator
from typing import Any

import pytest
from instantdb import AsyncInstant, Instant, id
from pocketbase.client import Client
from pocketbase.errors import ClientResponseError
from pocketbase.services.realtime_service import MessageData

from clients.listening import first_event
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD
from instant.app import ADMIN_TOKEN, APP_ID, App

WAIT_S = 10


@pytest.fixture
def root(app: App) -> Iterator[Client]:
    made = Client(app.server.base_url)
    made.collection("_superusers").auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
    yield made
    made.realtime.unsubscribe()
    made.http_client.close()


@pytest.fixture
def person(app: App) -> Iterator[Client]:
    """Somebody who is not signed in."""
    made = Client(app.server.base_url)
    yield made
    made.http_client.close()


def test_a_namespace_is_a_collection(db: Instant, root: Client, person: Client) -> None:
    one, author = id(), id()
    db.transact(
        [
            db.tx.essays[one].update({"title": "both", "meta": {"a": [1]}}),
            db.tx.authors[author].update({"name": "Ann"}).link({"essays": one}),
        ]
    )
    record: Any = root.collection("essays").get_one(one)
    assert (record.title, record.meta) == ("both", {"a": [1]})
    root.collection("essays").update(one, {"title": "changed"})
    [seen] = db.query({"essays": {"$": {"where": {"id": one}}, "authors": {}}})["essays"]
    assert (seen["title"], [linked["id"] for linked in seen["authors"]]) == ("changed", [author])
    # Closed to everybody else at the front that it was not born at.
    with pytest.raises(ClientResponseError):
        person.collection("essays").get_one(one)
    root.collection("essays").delete(one)
    assert db.query({"essays": {}, "authors": {"essays": {}}}) == {
        "essays": [],
        "authors": [{"id": author, "name": "Ann", "essays": []}],
    }


def test_a_collection_is_a_namespace(db: Instant, root: Client) -> None:
    fields = [{"name": "title", "type": "text"}, {"name": "n", "type": "number"}]
    made = root.collections.create({"name": "notices", "type": "base", "fields": fields, "listRule": ""})
    record = root.collection("notices").create({"title": "first", "n": 2})
    related = [{"name": "notice", "type": "relation", "collectionId": made.id, "maxSelect": 1}]
    root.collections.create({"name": "answers", "type": "base", "fields": related})
    answer = root.collection("answers").create({"notice": record.id})
    [seen] = db.query({"answers": {"notice": {}}})["answers"]
    assert seen["id"] == answer.id
    assert [(linked["title"], linked["n"]) for linked in seen["notice"]] == [("first", 2)]
    db.transact(db.tx.notices[record.id].update({"n": 3}))
    changed: Any = root.collection("notices").get_one(record.id)
    assert changed.n == 3
    assert db.as_user(guest=True).query({"notices": {}}) == {"notices": []}
    db.transact(db.tx.notices[record.id].delete())
    assert root.collection("notices").get_list().total_items == 0


def test_a_person_is_one_account(db: Instant, root: Client, person: Client) -> None:
    password = {"password": "password123", "passwordConfirm": "password123"}
    email = f"{id()}@example.com"
    token = db.auth.create_token(email=email)
    user = db.auth.verify_token(token)
    assert root.collection("users").get_one(user["id"]).id == user["id"]
    root.collection("users").update(user["id"], password)
    assert person.collection("users").auth_with_password(email, "password123").is_valid

    other = f"{id()}@example.com"
    signed_up = root.collection("users").create({"email": other, **password})
    found = db.auth.get_user(email=other)
    assert found
    assert found["id"] == signed_up.id
    assert db.as_user(email=other).query({"$users": {}})["$users"][0]["email"] == other
    db.auth.delete_user(id=signed_up.id)
    with pytest.raises(ClientResponseError):
        root.collection("users").get_one(signed_up.id)


def test_transactions_are_events_of_the_other_front(db: Instant, root: Client) -> None:
    one = id()
    db.transact(db.tx.signals[one].update({"n": 0}))
    events: queue.Queue[MessageData] = queue.Queue()
    event = first_event(
        root,
        lambda: root.collection("signals").subscribe(events.put),
        lambda: db.transact(db.tx.signals[one].update({"stamp": id()})),
        events,
    )
    assert (event.action, event.record.id) == ("update", one)
    db.transact(db.tx.signals[one].delete())
    while (event := events.get(timeout=WAIT_S)).action != "delete":
        pass
    assert event.record.id == one


def test_many_at_once(app: App) -> None:
    """Transactions that meet at the same entities and at new names are all answered, each whole."""

    async def scenario() -> None:
        async with AsyncInstant(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url) as db:
            shared = id()

            async def write(number: int) -> None:
                chunks = [
                    db.tx.counters.lookup("slug", "one").update({f"from{number % 5}": number}),
                    db.tx.crowd[id()].update({"number": number}).link({"gatherings": shared}),
                    db.tx.gatherings[shared].update({"name": "all"}),
                ]
                await db.transact(chunks)

            await asyncio.gather(*(write(number) for number in range(40)))
            seen = await db.query({"counters": {}, "gatherings": {"crowd": {}}})
            [counter] = seen["counters"]
            assert {counter[f"from{number}"] % 5 for number in range(5)} == set(range(5))
            [gathering] = seen["gatherings"]
            assert sorted(row["number"] for row in gathering["crowd"]) == list(range(40))

    asyncio.run(scenario())
