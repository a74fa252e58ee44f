"""Several apps on one port: what one holds the other neither shows nor lets in."""

from __future__ import annotations

import json
from uuid import uuid4

import pytest

from instant.app import ADMIN, APP_ID, App, refusal


@pytest.fixture(scope="module")
def second(app: App) -> dict[str, str]:
    """Headers of the admin of another app, made while the server runs."""
    done = app.server.product.run("app", "create", "second", "--json", data_dir=app.server.data_dir)
    made = json.loads(done.stdout)
    return {"app-id": made["id"], "authorization": f"Bearer {made['adminToken']}"}


def test_entities_are_an_apps_own(app: App, second: dict[str, str]) -> None:
    app.transact(["update", "things", "a", {"of": "first"}])
    app.ok("POST", "/admin/transact", {"steps": [["update", "things", "a", {"of": "second"}]]}, second)
    for headers, owner in [(ADMIN, "first"), (second, "second")]:
        assert app.ok("POST", "/admin/query", {"query": {"things": {}}}, headers) == {
            "things": [{"id": "a", "of": owner}]
        }


def test_tokens_are_an_apps_own(app: App, second: dict[str, str]) -> None:
    for headers in [
        {"app-id": second["app-id"], "authorization": ADMIN["authorization"]},
        {"app-id": APP_ID, "authorization": second["authorization"]},
        {"app-id": str(uuid4()), "authorization": ADMIN["authorization"]},
    ]:
        answer = app.call("POST", "/admin/query", {"query": {}}, headers)
        assert refusal(answer)[:2] == (400, "record-not-found")
        assert answer.json()["hint"]["record-type"] == "app-admin-token"


def test_people_are_an_apps_own(app: App, second: dict[str, str]) -> None:
    id_, token = app.sign_in("ada@example.com")
    assert app.ok("GET", f"/admin/users?id={id_}", headers=second) == {"user": None}
    body = {"app-id": second["app-id"], "refresh-token": token}
    assert refusal(app.call("POST", "/runtime/auth/verify_refresh_token", body, {}))[:2] == (400, "record-not-found")
    headers = {"app-id": second["app-id"], "as-token": token}
    assert refusal(app.call("POST", "/admin/query", {"query": {}}, headers))[:2] == (400, "record-not-found")
    other = app.ok("POST", "/admin/refresh_tokens", {"email": "ada@example.com"}, second)
    assert (other["created"], other["user"]["app_id"]) == (True, second["app-id"])


def test_a_new_token_ends_the_old_one_at_once(app: App) -> None:
    run = app.server.product.run
    made = json.loads(run("app", "create", "third", "--json", data_dir=app.server.data_dir).stdout)
    headers = {"app-id": made["id"], "authorization": f"Bearer {made['adminToken']}"}
    assert app.call("POST", "/admin/query", {"query": {}}, headers).status == 200
    assert run("app", "rotate-token", made["id"], data_dir=app.server.data_dir).returncode == 0
    assert refusal(app.call("POST", "/admin/query", {"query": {}}, headers))[:2] == (400, "record-not-found")
    assert run("app", "delete", made["id"], "--yes", data_dir=app.server.data_dir).returncode == 0
    assert refusal(app.call("GET", "/admin/users?id=x", headers=headers))[:2] == (400, "record-not-found")


def test_both_fronts_of_a_further_app(app: App, second: dict[str, str]) -> None:
    """Its records through the PocketBase front, under its own path."""
    folder = app.server.data_dir / "apps" / second["app-id"]
    app.server.product.upsert_superuser(folder)
    app.ok("POST", "/admin/transact", {"steps": [["update", "notes", "n", {"text": "x"}]]}, second)
    base = f"/apps/{second['app-id']}/api"
    credentials = {"identity": "root@example.com", "password": "root-password"}
    token = app.server.request("POST", f"{base}/collections/_superusers/auth-with-password", credentials).json()[
        "token"
    ]
    assert app.server.request("GET", f"{base}/collections/notes/records/n", token=token).json()["text"] == "x"
    assert app.server.request("GET", "/api/collections/notes/records/n", token=app.server.super_token()).status == 404
