"""Webhooks, managed and received with the Python client, in both its halves."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import Any

import pytest
from instantdb import Instant, InstantError, id

from clients.instant.halves import Run, got, refused
from instant.app import APP_ID, App
from instant.receiver import Receiver, wait_for

ALL = ["create", "update", "delete"]


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


def test_managing(run: Run, receiver: Receiver) -> None:
    async def scenario(db: Any) -> None:
        manager = db.webhooks.manager
        made = await got(manager.create(url=f"{receiver.url}/managed", namespaces=["managed"], actions=ALL))
        assert (made["sink"], made["status"], made["actions"]) == (
            {"url": f"{receiver.url}/managed"},
            "active",
            ALL,
        )
        assert made["createdAt"] == made["updatedAt"]
        assert made in await got(manager.list())
        changed = await got(manager.update(made["id"], namespaces=["others"], actions=["delete"]))
        assert (changed["namespaces"], changed["actions"], changed["sink"]) == (
            ["others"],
            ["delete"],
            made["sink"],
        )
        off = await got(manager.disable(made["id"], reason="for now"))
        assert (off["status"], off["disabledReason"]) == ("disabled", "for now")
        assert (await got(manager.enable(made["id"])))["disabledReason"] is None
        assert (await got(manager.delete(made["id"])))["id"] == made["id"]
        for call in (manager.delete, manager.enable, manager.disable, manager.update, manager.list_events):
            with refused(400, "record-not-found"):
                await got(call(made["id"]))
        for call in (manager.get_event, manager.get_payload, manager.resend_event):
            with refused(400, "record-not-found"):
                await got(call(made["id"], isn="0/1"))
        with refused(400, "validation-failed"):
            await got(manager.create(url="nowhere", namespaces=["a"], actions=ALL))
        with refused(400, "validation-failed"):
            await got(manager.create(url=receiver.url, namespaces=["a"], actions=["read"]))

    run(scenario)


def test_receiving(run: Run, app: App, receiver: Receiver) -> None:
    async def scenario(db: Any) -> None:
        manager, one = db.webhooks.manager, id()
        name = f"received_{one[:8]}"
        hook = await got(manager.create(url=f"{receiver.url}/{one}", namespaces=[name], actions=ALL))
        await got(db.transact(db.tx[name][one].update({"title": "a"})))
        [delivery] = await asyncio.to_thread(receiver.wait, f"/{one}")
        header = delivery.headers["instant-signature"]
        body = await got(db.webhooks.validate(signature_header=header, body=delivery.body))
        payload = await got(db.webhooks.fetch_payloads(body))
        [record] = payload["data"]
        told = {key: record[key] for key in ("namespace", "id", "action", "before", "after")}
        after = {"id": one, "title": "a"}
        assert told == {"namespace": name, "id": one, "action": "create", "before": None, "after": after}

        seen: list[Any] = []
        if asyncio.iscoroutinefunction(db.webhooks.process_payload):

            async def handler(record: Any) -> None:
                seen.append(record)
        else:

            def handler(record: Any) -> None:  # type: ignore[misc]
                seen.append(record)

        await got(db.webhooks.process_payload({name: {"create": handler}}, payload))
        await got(db.webhooks.process_payload({name: {"delete": handler}}, payload))
        await got(db.webhooks.process_payload({"$default": handler}, payload))
        assert seen == [record, record]

        for wrong in (delivery.body + " ", delivery.body.replace("token", "Token")):
            with pytest.raises(InstantError, match="did not validate"):
                await got(db.webhooks.validate(signature_header=header, body=wrong))
        with pytest.raises(InstantError, match="too old"):
            await got(db.webhooks.validate(signature_header=header, body=delivery.body, received_at=2**40))
        unknown = header.replace("kid=", "kid=1")
        with pytest.raises(InstantError, match="matching signing key"):
            await got(db.webhooks.validate(signature_header=unknown, body=delivery.body))
        with refused(400, "record-not-found"):
            await got(db.webhooks.fetch_payloads({**body, "token": body["token"] + "0"}))

        await asyncio.to_thread(
            wait_for, lambda: app.ok("GET", f"/dash/apps/{db._app_id}/webhooks/{hook['id']}/events")["events"]
        )
        page = await got(manager.list_events(hook["id"]))
        [event] = page["events"]
        assert page["pageInfo"] == {"startCursor": event["isn"], "endCursor": event["isn"], "hasNextPage": False}
        assert (await got(manager.list_events(hook["id"], after=event["isn"])))["events"] == []
        assert await got(manager.get_payload(hook["id"], isn=event["isn"])) == payload
        await got(manager.resend_event(hook["id"], isn=event["isn"]))
        again = (await asyncio.to_thread(receiver.wait, f"/{one}", 2))[1]
        assert again.headers["idempotency-key"] == payload["idempotencyKey"]
        assert (await got(manager.get_event(hook["id"], isn=event["isn"])))["isn"] == event["isn"]
        await got(manager.delete(hook["id"]))

    run(scenario)


def test_strangers(app: App) -> None:
    with Instant(app_id=APP_ID, admin_token=id(), api_uri=app.server.base_url) as stranger:
        manager = stranger.webhooks.manager
        hook = id()
        for call in (
            manager.list,
            lambda: manager.create(url="https://example.com", namespaces=["a"], actions=ALL),
            lambda: manager.update(hook, url="https://example.com"),
            lambda: manager.delete(hook),
            lambda: manager.enable(hook),
            lambda: manager.disable(hook),
            lambda: manager.list_events(hook),
            lambda: manager.get_event(hook, isn="0/1"),
            lambda: manager.get_payload(hook, isn="0/1"),
            lambda: manager.resend_event(hook, isn="0/1"),
        ):
            with refused(400, "record-not-found"):
                call()
