"""Apps managed over HTTP: who may, what happens, and which paths there are."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from harness.server import Server
from instant.app import ADMIN, ADMIN_TOKEN, APP_ID, App
from instant.schemas import DASH, PLATFORM, attr, push, schema

WRONG = {"authorization": f"Bearer {uuid4()}"}


@pytest.fixture(scope="module")
def own(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server with a superuser, and apps that come and go."""
    with App(tmp_path_factory.mktemp("apps") / "home", superuser=True) as app:
        yield app


def superuser(app: App) -> dict[str, str]:
    return {"authorization": f"Bearer {app.server.super_token()}"}


def made(app: App, **more: Any) -> tuple[str, dict[str, str]]:
    """A new app: its id, and the headers of whoever has its token."""
    body = app.ok("POST", "/superadmin/apps", {"title": "one more", **more}, superuser(app))["app"]
    return str(body["id"]), {"authorization": f"Bearer {body['admin-token']}"}


OF_AN_APP: list[tuple[str, str, Any]] = [
    ("GET", "/dash/apps/{}", None),
    ("GET", "/dash/apps/{}/schema/pull", None),
    ("POST", "/dash/apps/{}/schema/push/plan", {"schema": {}}),
    ("POST", "/dash/apps/{}/schema/push/apply", {"schema": {}}),
    ("POST", "/dash/apps/{}/schema/steps/apply", {"steps": []}),
    ("GET", "/dash/apps/{}/indexing-jobs/group/x", None),
    ("GET", "/dash/apps/{}/auth", None),
    ("GET", "/dash/apps/{}/test_users", None),
    ("POST", "/dash/apps/{}/track-import", {}),
    ("POST", "/dash/apps/{}/rename", {"title": "renamed"}),
    ("POST", "/dash/apps/{}/clear", {}),
    ("GET", "/dash/apps/{}/perms/pull", None),
    ("POST", "/superadmin/apps/{}/perms", {"code": {}}),
    ("GET", "/superadmin/apps/{}", None),
    ("POST", "/superadmin/apps/{}", {"title": "renamed"}),
    ("GET", "/superadmin/apps/{}/schema", None),
    ("POST", "/superadmin/apps/{}/schema/push/plan", {"schema": {}}),
    ("POST", "/superadmin/apps/{}/schema/push/apply", {"schema": {}}),
    ("POST", "/dash/apps/{}/tokens", {}),
    ("DELETE", "/dash/apps/{}", None),
]


@pytest.mark.parametrize(("method", "path", "body"), OF_AN_APP)
def test_who_manages_an_app(own: App, method: str, path: str, body: Any) -> None:
    for root in (False, True):
        app_id, token = made(own)
        url = path.format(app_id)
        for headers, kind in [
            (WRONG, "record-not-found"),
            (ADMIN, "record-not-found"),
            ({}, "param-missing"),
            ({"authorization": "Bearer nonsense"}, "param-malformed"),
        ]:
            answer = own.call(method, url, body, headers)
            assert (answer.status, answer.json()["type"]) == (400, kind), answer.text
        assert own.call(method, path.format("nonsense"), body, token).json()["type"] == "param-malformed"
        assert own.call(method, path.format(uuid4()), body, token).json()["type"] == "record-not-found"
        own.ok(method, url, body, superuser(own) if root else token)


OF_THE_SERVER: list[tuple[str, str, Any]] = [
    ("GET", "/dash", None),
    ("GET", "/dash/me", None),
    ("GET", "/superadmin/apps", None),
    ("GET", "/superadmin/apps?include=schema,perms", None),
    ("POST", "/superadmin/apps", {"title": "t"}),
    ("POST", "/dash/apps", {"title": "t"}),
]


@pytest.mark.parametrize(("method", "path", "body"), OF_THE_SERVER)
def test_who_manages_the_server(own: App, method: str, path: str, body: Any) -> None:
    own.ok(method, path, body, superuser(own))
    for headers, kind in [(ADMIN, "permission-denied"), (WRONG, "permission-denied"), ({}, "param-missing")]:
        answer = own.call(method, path, body, headers)
        assert (answer.status, answer.json()["type"]) == (400, kind), answer.text


def test_an_apps_life(own: App) -> None:
    app_id, token = made(own, schema=schema({"posts": {"title": attr()}}))
    headers = {**token, "app-id": app_id}
    assert "posts" in own.ok("GET", "/admin/schema", headers=headers)["schema"]["blobs"]
    assert own.ok("POST", f"/dash/apps/{app_id}/rename", {"title": " new "}, token)["app"]["title"] == "new"
    shown = own.ok("GET", f"/superadmin/apps/{app_id}", headers=token)["app"]
    assert (shown["id"], shown["title"], shown["status"]) == (app_id, "new", "active")
    assert "admin-token" not in shown
    assert len(shown["created_at"]) == len("2026-01-02T03:04:05Z")
    assert app_id in {it["id"] for it in own.ok("GET", "/superadmin/apps", headers=superuser(own))["apps"]}
    entity = str(uuid4())
    own.ok("POST", "/admin/transact", {"steps": [["update", "posts", entity, {"title": "x"}]]}, headers)
    own.ok("POST", f"/dash/apps/{app_id}/clear", {}, token)
    assert "posts" not in own.ok("GET", "/admin/schema", headers=headers)["schema"]["blobs"]
    assert own.ok("POST", "/admin/query", {"query": {"posts": {}}}, headers) == {"posts": []}
    assert own.ok("GET", "/admin/soft_deleted_attrs", headers=headers)["attrs"] != []
    fresh = own.ok("POST", f"/dash/apps/{app_id}/tokens", {}, token)["token"]
    assert own.call("GET", f"/dash/apps/{app_id}", headers=token).json()["type"] == "record-not-found"
    now = {"authorization": f"Bearer {fresh}"}
    assert own.ok("DELETE", f"/superadmin/apps/{app_id}", headers=now)["app"]["id"] == app_id
    assert own.call("GET", f"/dash/apps/{app_id}", headers=now).status == 400
    assert not (own.server.data_dir / "apps" / app_id).exists()


def test_an_app_with_an_id_and_a_token_of_the_clients_choice(own: App) -> None:
    app_id, token = str(uuid4()), str(uuid4())
    body = {"id": app_id, "title": "mine", "admin_token": token, "org_id": None, "rules": None}
    app = own.ok("POST", "/dash/apps", body, superuser(own))["app"]
    assert (app["id"], app["admin-token"]) == (app_id, token)
    own.ok("GET", f"/dash/apps/{app_id}", headers={"authorization": f"Bearer {token}"})
    again = own.call("POST", "/dash/apps", body, superuser(own))
    assert (again.status, again.json()["type"]) == (400, "record-not-unique")


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ({}, "param-missing"),
        ({"title": " "}, "validation-failed"),
        ({"title": "x" * 300}, "validation-failed"),
        ({"title": 7}, "param-malformed"),
        ({"title": "t", "id": "../../etc"}, "param-malformed"),
        ({"title": "t", "admin_token": "secret"}, "param-malformed"),
        ({"title": "t", "schema": schema({"a": {"b": attr("uuid")}})}, "validation-failed"),
        ({"title": "t", "schema": schema({"a.b": {}})}, "validation-failed"),
        ({"title": "t", "rules": {"code": {"posts": {"allow": {"view": "(("}}}}}, "validation-failed"),
        ({"title": "t", "rules": {"code": "all"}}, "param-malformed"),
    ],
)
def test_a_refused_app_leaves_nothing(own: App, body: Any, kind: str) -> None:
    before = sorted((own.server.data_dir / "apps").iterdir()) if (own.server.data_dir / "apps").exists() else []
    answer = own.call("POST", "/dash/apps", body, superuser(own))
    assert (answer.status, answer.json()["type"]) == (400, kind), answer.text
    after = sorted((own.server.data_dir / "apps").iterdir()) if (own.server.data_dir / "apps").exists() else []
    assert before == after


def test_the_main_app_stays(own: App) -> None:
    answer = own.call("DELETE", DASH)
    assert (answer.status, answer.json()["type"]) == (400, "validation-failed")
    assert "main app" in answer.json()["message"]


def test_the_server_itself(own: App) -> None:
    assert own.ok("GET", "/health/system", headers={}) == {"wal": "ok"}
    assert own.ok("GET", "/dash/cli/version", headers={})["min-version"]["major"] == 0
    user = own.ok("GET", "/dash/me", headers=superuser(own))["user"]
    assert user["email"] == "root@example.com"
    settings = own.ok("GET", f"{DASH}/auth")
    assert settings["oauth_clients"] == settings["oauth_service_providers"] == []


def test_test_users(app: App) -> None:
    body = {"email": " Reviewer@Example.com", "code": "424242"}
    user = app.ok("POST", f"{DASH}/test_users", body)["test_user"]
    assert user["email"] == "reviewer@example.com"
    assert app.ok("GET", f"{DASH}/test_users")["test_users"] == [user]
    sign_in = {"app-id": APP_ID, "email": "reviewer@example.com"}
    assert app.ok("POST", "/runtime/auth/send_magic_code", sign_in, {}) == {"sent": True}, "no mail is sent"
    for _ in range(12):
        answer = app.ok("POST", "/runtime/auth/verify_magic_code", {**sign_in, "code": "424242"}, {})
    assert answer["user"]["email"] == "reviewer@example.com"
    changed = app.ok("POST", f"{DASH}/test_users", {**body, "code": "111111"})["test_user"]
    assert (changed["id"], changed["code"]) == (user["id"], "111111")
    wrong = app.call("POST", "/runtime/auth/verify_magic_code", {**sign_in, "code": "424242"}, {})
    assert wrong.json()["type"] == "record-not-found"
    assert app.ok("DELETE", f"{DASH}/test_users", {"id": user["id"]})["test_user"]["id"] == user["id"]
    assert app.call("DELETE", f"{DASH}/test_users", {"id": user["id"]}).json()["type"] == "record-not-found"
    for _ in range(12):
        gone = app.call("POST", "/runtime/auth/verify_magic_code", {**sign_in, "code": "111111"}, {})
    assert gone.status == 429, "guesses are counted"
    for code in ("12345", "abcdef", "1234567"):
        answer = app.call("POST", f"{DASH}/test_users", {**body, "code": code})
        assert (answer.status, answer.json()["type"]) == (400, "validation-failed")
    assert app.call("POST", f"{DASH}/test_users", {"email": "x", "code": "123456"}).json()["type"] == "param-malformed"


def test_strangers_make_apps_only_where_they_may(app: App, tmp_path: Path) -> None:
    answer = app.call("POST", "/dash/apps/ephemeral", {"title": "t"}, {})
    assert (answer.status, answer.json()["type"]) == (400, "validation-failed")
    assert "--ephemeral-apps" in answer.json()["message"]
    with App(tmp_path / "home") as open_app:
        server: Server = open_app.server
        server.stop()
        flags = (*server.product.serve_flags, "--ephemeral-apps")
        server.product = dataclasses.replace(server.product, serve_flags=flags)
        server.start()
        rules = {"posts": {"allow": {"view": "false"}}}
        body = {"title": "t", "schema": schema({"posts": {"title": attr()}}), "rules": {"code": rules}}
        made = open_app.ok("POST", "/dash/apps/ephemeral", body, {})
        app_id, token = made["app"]["id"], made["app"]["admin-token"]
        headers = {"app-id": app_id, "authorization": f"Bearer {token}"}
        assert "posts" in open_app.ok("GET", "/admin/schema", headers=headers)["schema"]["blobs"]
        assert open_app.ok("GET", f"/dash/apps/{app_id}/perms/pull", headers=headers) == {"perms": rules}
        shown = open_app.ok("GET", f"/dash/apps/ephemeral/{app_id}", headers={})
        assert (shown["app"]["id"], shown["expires_ms"]) == (app_id, made["expires_ms"])
        assert "admin-token" not in shown["app"]
        assert open_app.call("GET", f"/dash/apps/ephemeral/{APP_ID}", headers={}).json()["type"] == "record-not-found"
        for refused in ({}, {"title": ""}, {"title": "t", "schema": []}):
            assert open_app.call("POST", "/dash/apps/ephemeral", refused, {}).status == 400


UNKNOWN = [
    ("GET", "/dash/nonsense"),
    ("POST", "/dash/apps/x/y/z"),
    ("GET", "/superadmin/orgs"),
    ("POST", "/admin/explode"),
    ("GET", "/admin/transact"),
    ("GET", "/runtime/nonsense"),
    ("GET", "/health/other"),
]


@pytest.mark.parametrize(("method", "path"), UNKNOWN)
def test_unknown_routes(app: App, method: str, path: str) -> None:
    answer = app.call(method, path)
    assert answer.status == 404
    assert answer.json() == {"message": f"There is no route {method} {path}."}


def test_a_site_may_have_folders_of_these_names(app: App) -> None:
    public = app.server.public_dir
    (public / "admin").mkdir(parents=True)
    (public / "index.html").write_text("the site")
    (public / "admin" / "page.html").write_text("a page")
    assert app.send("GET", "/admin/page.html").text == "a page"
    assert app.send("GET", "/elsewhere").text == "the site"
    assert app.send("GET", "/admin/elsewhere").status == 404
    assert app.send("POST", "/admin/page.html").status == 404


def test_identities_are_no_secrets_of_others(own: App) -> None:
    push(own, schema({"posts": {"title": attr()}}))
    answer = own.call("GET", f"{PLATFORM}/schema", headers=WRONG)
    assert ADMIN_TOKEN not in answer.text
    assert "posts" not in answer.text
