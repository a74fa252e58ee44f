"""Webhooks: who may manage them, what is told of which changes, and what happens to those who do not listen."""

from __future__ import annotations

import base64
import json
import re
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from harness import http
from instant.app import ADMIN, ADMIN_TOKEN, APP_ID, GUEST, App, refusal
from instant.receiver import Delivery, Receiver, wait_for

ALL = ["create", "update", "delete"]
MISSING = "00000000-0000-4000-8000-000000000000"
HOOKS = f"/dash/apps/{APP_ID}/webhooks"
BARE = {"authorization": f"Bearer {ADMIN_TOKEN}"}


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with App(tmp_path_factory.mktemp("webhooks") / "home", superuser=True, flags=("--webhookRetry=1",)) as app:
        yield app


@pytest.fixture(scope="module")
def receiver() -> Iterator[Receiver]:
    with Receiver() as made:
        yield made


class Hook:
    """A webhook on namespaces of its own, told at a path of its own."""

    def __init__(self, app: App, receiver: Receiver, **more: Any) -> None:
        self.app, self.receiver = app, receiver
        self.path = f"/{uuid.uuid4()}"
        self.namespace = f"ns_{uuid.uuid4().hex[:12]}"
        body = {"url": receiver.url + self.path, "namespaces": [self.namespace], "actions": ALL, **more}
        self.info = app.ok("POST", HOOKS, body)["webhook"]
        self.url = f"{HOOKS}/{self.info['id']}"

    def wait(self, count: int = 1) -> list[Delivery]:
        return self.receiver.wait(self.path, count)

    def fetch(self, delivery: Delivery) -> http.Response:
        """What the receiver of a delivery fetches."""
        body = delivery.json()
        url = body["payloadUrl"].removeprefix(self.app.server.base_url)
        return self.app.send("GET", url, {"authorization": f"Bearer {body['token']}"})

    def told(self, count: int) -> list[dict[str, Any]]:
        """The records of so many deliveries, without the keys that are always others."""
        records = []
        for delivery in self.wait(count):
            answer = self.fetch(delivery)
            assert answer.status == 200, answer.text
            payload = answer.json()
            assert payload["idempotencyKey"] == delivery.headers["idempotency-key"]
            for record in payload["data"]:
                assert uuid.UUID(record.pop("idempotencyKey"))
                records.append(record)
        return records

    def events(self) -> list[dict[str, Any]]:
        found = self.app.ok("GET", f"{self.url}/events")["events"]
        assert isinstance(found, list)
        return found

    def event(self, status: str) -> dict[str, Any]:
        """Waits until the newest event has a status."""
        found = wait_for(lambda: [event for event in self.events()[:1] if event["status"] == status])
        assert isinstance(found[0], dict)
        return found[0]


def test_managing(app: App, receiver: Receiver) -> None:
    body = {"url": "https://example.com/hook", "namespaces": ["goals", "goals"], "actions": ["delete", "create"]}
    made = app.ok("POST", HOOKS, body)["webhook"]
    assert uuid.UUID(made["id"])
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ", made["created_at"])
    assert made == {
        "id": made["id"],
        "sink": {"url": "https://example.com/hook"},
        "namespaces": ["goals"],
        "actions": ["delete", "create"],
        "status": "active",
        "disabled_reason": None,
        "created_at": made["created_at"],
        "updated_at": made["created_at"],
    }
    assert made in app.ok("GET", HOOKS)["webhooks"]
    url = f"{HOOKS}/{made['id']}"
    changed = app.ok("POST", url, {"url": "http://10.0.0.1/other", "actions": ["update"]})["webhook"]
    assert (changed["sink"]["url"], changed["namespaces"], changed["actions"]) == (
        "http://10.0.0.1/other",
        ["goals"],
        ["update"],
    )
    assert app.ok("POST", url, {})["webhook"]["actions"] == ["update"]
    off = app.ok("POST", f"{url}/disable", {"reason": "for now"})["webhook"]
    assert (off["status"], off["disabled_reason"]) == ("disabled", "for now")
    assert app.ok("POST", f"{url}/disable", {})["webhook"]["disabled_reason"] is None
    on = app.ok("POST", f"{url}/enable", {})["webhook"]
    assert (on["status"], on["disabled_reason"]) == ("active", None)
    empty = {"startCursor": None, "endCursor": None, "hasNextPage": False}
    assert app.ok("GET", f"{url}/events") == {"events": [], "pageInfo": empty}
    assert app.ok("DELETE", url)["webhook"]["id"] == made["id"]
    assert refusal(app.call("DELETE", url))[:2] == (400, "record-not-found")
    assert made["id"] not in [hook["id"] for hook in app.ok("GET", HOOKS)["webhooks"]]


GOOD = {"url": "https://example.com", "namespaces": ["a"], "actions": ["create"]}


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "param-missing"),
        ({**GOOD, "url": None}, "param-missing"),
        ({**GOOD, "url": 5}, "param-malformed"),
        ({**GOOD, "url": "no address"}, "validation-failed"),
        ({**GOOD, "url": "ftp://example.com"}, "validation-failed"),
        ({**GOOD, "url": "file:///etc/passwd"}, "validation-failed"),
        ({**GOOD, "url": "https://example.com/" + "x" * 2048}, "validation-failed"),
        ({**GOOD, "namespaces": None}, "param-missing"),
        ({**GOOD, "namespaces": "a"}, "param-malformed"),
        ({**GOOD, "namespaces": []}, "validation-failed"),
        ({**GOOD, "namespaces": [" "]}, "validation-failed"),
        ({**GOOD, "namespaces": [{}]}, "param-malformed"),
        ({**GOOD, "actions": None}, "param-missing"),
        ({**GOOD, "actions": []}, "validation-failed"),
        ({**GOOD, "actions": ["view"]}, "validation-failed"),
        ({**GOOD, "actions": {"create": True}}, "param-malformed"),
    ],
)
def test_refused_webhooks(app: App, body: Any, kind: str) -> None:
    assert refusal(app.call("POST", HOOKS, body))[:2] == (400, kind)


ROUTES = [
    ("GET", ""),
    ("POST", ""),
    ("POST", f"/{MISSING}"),
    ("DELETE", f"/{MISSING}"),
    ("POST", f"/{MISSING}/enable"),
    ("POST", f"/{MISSING}/disable"),
    ("GET", f"/{MISSING}/events"),
    ("GET", f"/{MISSING}/events/0/1"),
    ("POST", f"/{MISSING}/events/0/1"),
]


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_only_admins_manage(app: App, method: str, path: str) -> None:
    body = GOOD if method == "POST" else None
    for headers, kind in (
        ({}, "param-missing"),
        (GUEST, "param-missing"),
        ({"authorization": f"Bearer {MISSING}"}, "record-not-found"),
    ):
        answer = app.call(method, HOOKS + path, body, headers)
        assert refusal(answer)[:2] == (400, kind), headers
    other = f"/dash/apps/{MISSING}/webhooks{path}"
    assert refusal(app.call(method, other, body, BARE))[:2] == (400, "record-not-found")
    if path:
        assert refusal(app.call(method, HOOKS + path, body, BARE))[:2] == (400, "record-not-found")
        malformed = HOOKS + path.replace(MISSING, "no-id")
        assert refusal(app.call(method, malformed, body, BARE))[:2] == (400, "param-malformed")


def test_what_is_told(app: App, receiver: Receiver) -> None:
    hook = Hook(app, receiver)
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    app.transact(["update", hook.namespace, one, {"title": "a"}], ["update", hook.namespace, two, {"n": 1}])
    app.transact(["update", hook.namespace, one, {"title": "b"}], ["update", f"un{hook.namespace}", one, {"x": 1}])
    app.transact(["update", f"un{hook.namespace}", one, {"x": 2}])
    app.transact(["delete", hook.namespace, two])
    told = hook.told(3)
    assert told[0:2] == [
        {
            "namespace": hook.namespace,
            "id": one,
            "action": "create",
            "before": None,
            "after": {"id": one, "title": "a"},
        },
        {"namespace": hook.namespace, "id": two, "action": "create", "before": None, "after": {"id": two, "n": 1}},
    ]
    by_action = {record["action"]: record for record in told[2:]}
    before, after = {"id": one, "title": "a"}, {"id": one, "title": "b"}
    change = {"namespace": hook.namespace, "id": one, "action": "update", "before": before, "after": after}
    gone = {"namespace": hook.namespace, "id": two, "action": "delete", "before": {"id": two, "n": 1}, "after": None}
    assert by_action == {"update": change, "delete": gone}
    assert len(hook.events()) == 3


def test_what_is_not_told(app: App, receiver: Receiver) -> None:
    """Links alone, changes that change nothing, actions and moments that nobody wants to know of."""
    hook = Hook(app, receiver, actions=["update", "delete"])
    one, two = str(uuid.uuid4()), str(uuid.uuid4())
    app.transact(["update", hook.namespace, one, {"n": 1}], ["update", "others", two, {}])
    app.transact(["link", hook.namespace, one, {"others": two}])
    app.transact(["update", hook.namespace, one, {"n": 1}])
    app.ok("POST", f"{hook.url}/disable", {})
    app.transact(["update", hook.namespace, one, {"n": 2}])
    app.ok("POST", f"{hook.url}/enable", {})
    refused = app.call("POST", "/admin/transact", {"steps": [["update", hook.namespace, one, {"n": 3}], ["x"]]})
    assert refused.status == 400
    # Made and gone in one transaction.
    app.transact(["update", hook.namespace, two, {}], ["delete", hook.namespace, two])
    app.transact(["update", hook.namespace, one, {"n": 4}])
    [record] = hook.told(1)
    assert (record["before"], record["after"]) == ({"id": one, "n": 2}, {"id": one, "n": 4})
    assert len(hook.events()) == 1


def test_the_other_front(app: App, receiver: Receiver) -> None:
    """Records that PocketBase clients change are told as well."""
    hook = Hook(app, receiver)
    fields = [{"name": "title", "type": "text"}, {"name": "secret", "type": "text", "hidden": True}]
    app.server.admin("POST", "/api/collections", {"name": hook.namespace, "type": "base", "fields": fields})
    made = app.server.admin("POST", f"/api/collections/{hook.namespace}/records", {"title": "t", "secret": "s"})
    record_id = made["id"]
    app.server.admin("PATCH", f"/api/collections/{hook.namespace}/records/{record_id}", {"secret": "other"})
    app.server.admin("DELETE", f"/api/collections/{hook.namespace}/records/{record_id}")
    told = sorted(hook.told(2), key=lambda record: record["action"])
    assert [record["action"] for record in told] == ["create", "delete"]
    assert told[0]["after"]["title"] == "t"
    assert "secret" not in told[0]["after"]


def test_signatures(app: App, receiver: Receiver) -> None:
    hook = Hook(app, receiver)
    app.transact(["update", hook.namespace, MISSING, {}])
    [delivery] = hook.wait()
    assert delivery.headers["content-type"] == "application/json"
    assert delivery.headers["user-agent"].startswith("ketch-webhooks/")
    parts = dict(part.split("=", 1) for part in delivery.headers["instant-signature"].split(","))
    assert [*parts] == ["t", "kid", "v1"]
    [key] = app.ok("GET", "/.well-known/webhooks/jwks.json", headers={})["keys"]
    assert (key["kty"], key["crv"], key["kid"]) == ("OKP", "Ed25519", parts["kid"])
    padded = key["x"] + "=" * (-len(key["x"]) % 4)
    public = Ed25519PublicKey.from_public_bytes(base64.urlsafe_b64decode(padded))
    public.verify(bytes.fromhex(parts["v1"]), f"{parts['t']}.{delivery.body}".encode())


def test_who_may_fetch(app: App, receiver: Receiver) -> None:
    hook, other = Hook(app, receiver), Hook(app, receiver)
    for one in (hook, other):
        app.transact(["update", one.namespace, MISSING, {}])
    [delivery], [stranger] = hook.wait(), other.wait()
    url = delivery.json()["payloadUrl"].removeprefix(app.server.base_url)
    assert url.startswith(f"/webhooks/payload/{APP_ID}/{hook.info['id']}/0/")
    assert hook.fetch(delivery).status == 200
    assert app.ok("GET", url, headers=BARE) == hook.fetch(delivery).json()
    token = delivery.json()["token"]
    expires, signature = token.removeprefix("whp_").split("_")
    for bearer, kind in (
        (stranger.json()["token"], "record-not-found"),
        ("whp_", "record-not-found"),
        (f"whp_{int(expires) + 1}_{signature}", "record-not-found"),
        (token[:-1], "record-not-found"),
        (MISSING, "record-not-found"),
        ("x", "param-malformed"),
    ):
        answer = app.send("GET", url, {"authorization": f"Bearer {bearer}"})
        assert refusal(answer)[:2] == (400, kind), bearer
    assert refusal(app.send("GET", url, {}))[:2] == (400, "param-missing")
    elsewhere = url.replace(APP_ID, MISSING)
    assert refusal(app.send("GET", elsewhere, {"authorization": f"Bearer {token}"}))[:2] == (400, "record-not-found")


def test_tried_again(app: App, receiver: Receiver) -> None:
    """An answer of another kind than success, a redirect, and none at all: each time once more, later."""
    hook = Hook(app, receiver)
    receiver.answers = [500]
    app.transact(["update", hook.namespace, MISSING, {}])
    first = hook.event("success")
    assert [attempt["success?"] for attempt in first["attempts"]] == [False, True]
    failed, done = first["attempts"]
    assert (failed["status-code"], failed["response-text"], failed["error-type"]) == (500, "ok", "invalid-status")
    assert (done["status-code"], done["error-type"], done["error-message"]) == (200, None, None)
    assert isinstance(done["duration-ms"], int)
    assert first["next_attempt_after"] is None
    one, two = hook.wait(2)
    assert one.headers["idempotency-key"] == two.headers["idempotency-key"]
    for status, told in ((302, "invalid-status"), (0, "request")):
        receiver.answers, receiver.headers = [status], {"location": f"{receiver.url}/elsewhere"}
        app.transact(["update", hook.namespace, str(uuid.uuid4()), {}])
        event = hook.event("error")
        receiver.headers = {}
        [attempt] = event["attempts"]
        assert (attempt["success?"], attempt["error-type"]) == (False, told)
        assert event["next_attempt_after"]
        hook.event("success")
    assert receiver.of("/elsewhere") == []


def test_nobody_there(app: App, receiver: Receiver) -> None:
    """410 switches a webhook off; its event is not tried again."""
    hook = Hook(app, receiver)
    receiver.answers = [410]
    app.transact(["update", hook.namespace, MISSING, {}])
    event = hook.event("failed")
    assert (len(event["attempts"]), event["next_attempt_after"]) == (1, None)
    [info] = wait_for(
        lambda: [
            info
            for info in app.ok("GET", HOOKS)["webhooks"]
            if info["id"] == hook.info["id"] and info["status"] == "disabled"
        ]
    )
    assert "410" in info["disabled_reason"]
    refused = app.call("POST", f"{hook.url}/events/{event['isn']}", {})
    assert refusal(refused)[:2] == (400, "validation-failed")
    app.ok("POST", f"{hook.url}/enable", {})
    again = app.ok("POST", f"{hook.url}/events/{event['isn']}", {})["event"]
    assert (again["isn"], again["status"]) == (event["isn"], "pending")
    assert len(hook.event("success")["attempts"]) == 2
    assert len(hook.wait(2)) == 2


def test_pages_of_events(app: App, receiver: Receiver) -> None:
    hook = Hook(app, receiver)
    for _ in range(60):
        app.transact(["update", hook.namespace, str(uuid.uuid4()), {}])
    hook.wait(60)
    first = app.ok("GET", f"{hook.url}/events")
    assert (len(first["events"]), first["pageInfo"]["hasNextPage"]) == (50, True)
    isns = [event["isn"] for event in first["events"]]
    assert (first["pageInfo"]["startCursor"], first["pageInfo"]["endCursor"]) == (isns[0], isns[-1])
    rest = app.ok("GET", f"{hook.url}/events?after={isns[-1]}")
    assert (len(rest["events"]), rest["pageInfo"]["hasNextPage"]) == (10, False)
    assert len({*isns, *(event["isn"] for event in rest["events"])}) == 60
    one = app.ok("GET", f"{hook.url}/events/{isns[0]}")["event"]
    assert one["isn"] == isns[0]
    for wrong, kind in (("0/999999", "record-not-found"), ("999", "param-malformed"), ("0/x", "param-malformed")):
        assert refusal(app.call("GET", f"{hook.url}/events/{wrong}"))[:2] == (400, kind), wrong
    assert refusal(app.call("GET", f"{hook.url}/events?after=x"))[:2] == (400, "param-malformed")


def test_a_slow_receiver(app: App, receiver: Receiver) -> None:
    """It gets a few deliveries at a time, holds up no write, and no other webhook."""
    with Receiver() as slow:
        slow.release.clear()
        held, free = Hook(app, slow), Hook(app, receiver)
        for _ in range(20):
            app.transact(["update", held.namespace, str(uuid.uuid4()), {}])
        app.transact(["update", free.namespace, MISSING, {}])
        free.wait()
        slow.wait(held.path, 4)
        states = [event["status"] for event in held.events()]
        assert (states.count("processing"), states.count("pending")) == (4, 16)
        assert len(slow.of(held.path)) == 4
        slow.release.set()
        slow.wait(held.path, 20)


def test_killed(tmp_path: Path, receiver: Receiver) -> None:
    """What was committed is delivered by the next process, with the same key."""
    with App(tmp_path / "home", flags=("--webhookRetry=1",)) as app:
        hook = Hook(app, receiver)
        receiver.answers = [503] * 3
        app.transact(["update", hook.namespace, MISSING, {"n": 1}])
        hook.wait()
        keys = app.ok("GET", "/.well-known/webhooks/jwks.json", headers={})
        app.server.kill()
        app.server.start(app.server.port)
        receiver.answers = []
        event = hook.event("success")
        assert len(event["attempts"]) >= 1
        first, *_, last = hook.wait(2)
        assert first.headers["idempotency-key"] == last.headers["idempotency-key"]
        assert app.ok("GET", "/.well-known/webhooks/jwks.json", headers={}) == keys
        assert hook.fetch(last).json()["data"][0]["after"] == {"id": MISSING, "n": 1}


def test_public_addresses_only(tmp_path: Path, receiver: Receiver) -> None:
    with App(tmp_path / "home", flags=("--publicWebhooks",)) as app:
        app.ok("POST", HOOKS, GOOD)
        for url in (receiver.url, "http://example.com", "https://127.0.0.1/x", "https://[::1]/", "https://10.1.2.3"):
            assert refusal(app.call("POST", HOOKS, {**GOOD, "url": url}))[:2] == (400, "validation-failed"), url


def test_apps_of_strangers(tmp_path: Path, receiver: Receiver) -> None:
    """Who may make an app without being asked reaches public addresses only; other apps sign with the same key."""
    with App(tmp_path / "home", flags=("--ephemeral-apps",)) as app:
        made = app.ok("POST", "/dash/apps/ephemeral", {"title": "t"}, headers={})["app"]
        bearer: Mapping[str, str] = {"authorization": f"Bearer {made['admin-token']}"}
        url = f"/dash/apps/{made['id']}/webhooks"
        refused = app.call("POST", url, {**GOOD, "url": receiver.url}, bearer)
        assert refusal(refused)[:2] == (400, "validation-failed")
        assert app.ok("POST", url, GOOD, bearer)["webhook"]["status"] == "active"
        assert app.ok("GET", HOOKS, headers=ADMIN) == {"webhooks": []}


def test_most(tmp_path: Path) -> None:
    with App(tmp_path / "home") as app:
        for _ in range(100):
            app.ok("POST", HOOKS, GOOD)
        assert refusal(app.call("POST", HOOKS, GOOD))[:2] == (400, "parameter-limit-exceeded")
        assert len(json.dumps(app.ok("GET", HOOKS))) > 100
