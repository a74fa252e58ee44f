"""Accounts, sessions, codes and guests, through the admin routes and those of browsers."""

from __future__ import annotations

from typing import Any
from uuid import UUID, uuid4

import pytest

from instant.app import ADMIN, APP_ID, App, refusal

BROWSER: dict[str, str] = {}


def address() -> str:
    return f"u{uuid4().hex[:8]}@example.com"


def verified(app: App, token: str) -> Any:
    """The user of a refresh token, or the type of the error."""
    answer = app.call("POST", "/runtime/auth/verify_refresh_token", {"app-id": APP_ID, "refresh-token": token}, BROWSER)
    return answer.json()["user"] if answer.status == 200 else answer.json()["type"]


def code_for(app: App, email: str) -> str:
    return str(app.ok("POST", "/admin/magic_code", {"email": email})["code"])


def signed_in(app: App, email: str, code: str, **more: Any) -> Any:
    body = {"app-id": APP_ID, "email": email, "code": code, **more}
    return app.ok("POST", "/runtime/auth/verify_magic_code", body, BROWSER)


def guest(app: App) -> Any:
    return app.ok("POST", "/runtime/auth/sign_in_guest", {"app-id": APP_ID}, BROWSER)["user"]


def test_a_token_makes_the_user(app: App) -> None:
    email = address()
    first = app.ok("POST", "/admin/refresh_tokens", {"email": f"  {email.upper()} "})
    user = first["user"]
    assert (first["created"], user["email"], user["isGuest"], user["app_id"]) == (True, email, False, APP_ID)
    assert "type" not in user
    assert UUID(user["id"])
    assert UUID(user["refresh_token"])
    assert user["created_at"].endswith("Z")
    assert len(user["created_at"]) == 20
    second = app.ok("POST", "/admin/refresh_tokens", {"email": email})
    assert (second["created"], second["user"]["id"]) == (False, user["id"])
    assert second["user"]["refresh_token"] != user["refresh_token"]
    assert verified(app, user["refresh_token"])["refresh_token"] == user["refresh_token"]
    assert not {"password", "tokenKey"} & user.keys()


def test_users_by_id(app: App) -> None:
    id_ = str(uuid4())
    made = app.ok("POST", "/admin/refresh_tokens", {"id": id_})
    assert (made["created"], made["user"]["id"]) == (True, id_)
    assert "email" not in made["user"]
    assert app.ok("POST", "/admin/refresh_tokens", {"id": id_})["created"] is False


def test_finding_and_deleting(app: App) -> None:
    email = f"a+b{uuid4().hex[:6]}@example.com"
    id_, token = app.sign_in(email)
    quoted = email.replace("+", "%2B")
    for selector in [f"id={id_}", f"email={quoted}", f"email={email}", f"refresh_token={token}"]:
        assert app.ok("GET", f"/admin/users?{selector}")["user"]["id"] == id_, selector
    for selector in [f"id={uuid4()}", f"email={address()}", f"refresh_token={uuid4()}"]:
        assert app.ok("GET", f"/admin/users?{selector}") == {"user": None}
        assert app.ok("DELETE", f"/admin/users?{selector}") == {"deleted": None}
    code = code_for(app, email)
    assert app.ok("DELETE", f"/admin/users?email={quoted}")["deleted"]["id"] == id_
    assert app.ok("GET", f"/admin/users?id={id_}") == {"user": None}
    assert verified(app, token) == "record-not-found"
    answer = app.call("POST", "/admin/verify_magic_code", {"email": email, "code": code})
    assert answer.json()["hint"]["record-type"] == "app-user-magic-code"


def test_signing_out(app: App) -> None:
    email = address()
    id_, first = app.sign_in(email)
    _, second = app.sign_in(email)
    assert app.ok("POST", "/admin/sign_out", {"refresh_token": first}) == {"ok": True}
    assert verified(app, first) == "record-not-found"
    assert verified(app, second)["id"] == id_
    for body in [{"email": email}, {"id": id_}]:
        _, token = app.sign_in(email)
        assert app.ok("POST", "/admin/sign_out", body) == {"ok": True}
        assert verified(app, token) == "record-not-found"
    for body in [{"id": str(uuid4())}, {"refresh_token": str(uuid4())}]:
        assert app.ok("POST", "/admin/sign_out", body) == {"ok": True}
    answer = app.call("POST", "/admin/sign_out", {"email": address()})
    assert refusal(answer)[:2] == (400, "record-not-found")
    _, token = app.sign_in(email)
    assert app.ok("POST", "/runtime/signout", {"app_id": APP_ID, "refresh_token": token}, BROWSER) == {}
    assert app.ok("POST", "/runtime/signout", {"app_id": APP_ID, "refresh_token": token}, BROWSER) == {}
    assert verified(app, token) == "record-not-found"


class TestMagicCodes:
    def test_a_code_signs_up_and_in(self, app: App) -> None:
        email = address()
        code, other = code_for(app, email), code_for(app, email)
        assert len(code) == 6
        assert set(code) <= set("012345678")
        made = signed_in(app, email.upper(), f" {code} ")
        assert (made["created"], made["user"]["email"], made["user"]["type"]) == (True, email, "user")
        answer = app.call(
            "POST", "/runtime/auth/verify_magic_code", {"app-id": APP_ID, "email": email, "code": code}, BROWSER
        )
        assert refusal(answer) == (400, "record-not-found", "Record not found: app-user-magic-code")
        again = signed_in(app, email, other)
        assert (again["created"], again["user"]["id"]) == (False, made["user"]["id"])
        assert verified(app, again["user"]["refresh_token"])["id"] == made["user"]["id"]

    def test_by_the_admin(self, app: App) -> None:
        email = address()
        body = {"email": email, "code": code_for(app, email), "extra-fields": {"name": "Ada"}}
        made = app.ok("POST", "/admin/verify_magic_code", body)
        assert (made["created"], made["user"]["name"]) == (True, "Ada")

    def test_wrong_codes_in_bursts(self, app: App) -> None:
        email = address()
        code = code_for(app, email)
        wrong = "000000" if code != "000000" else "111111"
        body = {"email": email, "code": wrong}
        statuses = [app.call("POST", "/admin/verify_magic_code", body).status for _ in range(12)]
        assert statuses == [400] * 10 + [429] * 2
        answer = app.call("POST", "/admin/verify_magic_code", {"email": email, "code": code})
        assert refusal(answer)[:2] == (429, "rate-limited")

    def test_codes_are_of_one_address(self, app: App) -> None:
        code = code_for(app, address())
        answer = app.call("POST", "/admin/verify_magic_code", {"email": address(), "code": code})
        assert answer.status == 400

    def test_mails_that_cannot_be_sent(self, app: App) -> None:
        answer = app.call("POST", "/admin/send_magic_code", {"email": address()})
        assert refusal(answer)[:2] == (500, "email-send-failed")

    def test_too_many(self, app: App) -> None:
        email = address()
        statuses = [app.call("POST", "/admin/magic_code", {"email": email}).status for _ in range(21)]
        assert statuses == [200] * 20 + [429]


class TestGuests:
    def test_a_guest_becomes_a_user(self, app: App) -> None:
        visitor = guest(app)
        assert (visitor["type"], visitor["isGuest"]) == ("guest", True)
        assert "email" not in visitor
        email = address()
        made = signed_in(app, email, code_for(app, email), **{"refresh-token": visitor["refresh_token"]})
        assert (made["created"], made["user"]["id"]) == (True, visitor["id"])
        assert (made["user"]["email"], made["user"]["type"], made["user"]["isGuest"]) == (email, "user", False)

    def test_a_guest_of_a_user(self, app: App) -> None:
        email = address()
        id_, token = app.sign_in(email)
        visitor = guest(app)
        made = signed_in(app, email, code_for(app, email), **{"refresh-token": visitor["refresh_token"]})
        assert (made["created"], made["user"]["id"]) == (False, id_)
        assert app.ok("GET", f"/admin/users?id={visitor['id']}")["user"]["linkedPrimaryUser"] == id_
        # Somebody's own token is no guest's, and ties nobody.
        other = signed_in(app, email, code_for(app, email), **{"refresh-token": token})
        assert other["user"]["id"] == id_
        app.ok("DELETE", f"/admin/users?id={id_}")
        assert app.ok("GET", f"/admin/users?id={visitor['id']}") == {"user": None}

    def test_by_the_admin(self, app: App) -> None:
        made = app.ok("POST", "/admin/sign_in_guest", {"extra-fields": {"name": "Visitor"}})["user"]
        assert (made["isGuest"], made["name"]) == (True, "Visitor")


# Each: method, path, body, whether the admin asks, type of the error.
REFUSALS: list[tuple[str, str, Any, bool, str]] = [
    ("POST", "/admin/refresh_tokens", {}, True, "validation-failed"),
    ("POST", "/admin/refresh_tokens", {"email": "nonsense"}, True, "param-malformed"),
    ("POST", "/admin/refresh_tokens", {"email": 7}, True, "param-malformed"),
    ("POST", "/admin/refresh_tokens", {"id": ""}, True, "param-malformed"),
    ("POST", "/admin/refresh_tokens", {"email": "new@example.com", "extra-fields": 7}, True, "param-malformed"),
    (
        "POST",
        "/admin/refresh_tokens",
        {"email": "new@example.com", "extra-fields": {"nope": 7}},
        True,
        "validation-failed",
    ),
    (
        "POST",
        "/admin/refresh_tokens",
        {"email": "new@example.com", "extra-fields": {"type": "x"}},
        True,
        "validation-failed",
    ),
    (
        "POST",
        "/admin/refresh_tokens",
        {"email": "new@example.com", "extra-fields": {"verified": True}},
        True,
        "validation-failed",
    ),
    (
        "POST",
        "/admin/refresh_tokens",
        {"email": "new@example.com", "extra-fields": {"tokenKey": "x"}},
        True,
        "validation-failed",
    ),
    (
        "POST",
        "/admin/refresh_tokens",
        {"email": "new@example.com", "extra-fields": {"name": 7}},
        True,
        "validation-failed",
    ),
    ("POST", "/admin/sign_out", {}, True, "validation-failed"),
    ("POST", "/admin/sign_out", {"email": "nonsense"}, True, "param-malformed"),
    ("POST", "/admin/magic_code", {}, True, "param-missing"),
    ("POST", "/admin/magic_code", {"email": "a@b"}, True, "param-malformed"),
    ("POST", "/admin/send_magic_code", {}, True, "param-missing"),
    ("POST", "/admin/verify_magic_code", {"email": "new@example.com"}, True, "param-missing"),
    ("POST", "/admin/verify_magic_code", {"code": "123456"}, True, "param-missing"),
    ("POST", "/admin/verify_magic_code", {"email": "new@example.com", "code": 123456}, True, "param-malformed"),
    ("POST", "/admin/verify_magic_code", {"email": "new@example.com", "code": "123456"}, True, "record-not-found"),
    ("GET", "/admin/users", None, True, "validation-failed"),
    ("GET", "/admin/users?email=nonsense", None, True, "param-malformed"),
    ("DELETE", "/admin/users", None, True, "validation-failed"),
    ("POST", "/admin/refresh_tokens", {"email": "new@example.com"}, False, "param-missing"),
    ("POST", "/admin/sign_out", {"email": "new@example.com"}, False, "param-missing"),
    ("POST", "/admin/magic_code", {"email": "new@example.com"}, False, "param-missing"),
    ("POST", "/admin/sign_in_guest", {}, False, "param-missing"),
    ("GET", "/admin/users?id=x", None, False, "param-missing"),
    ("POST", "/runtime/auth/verify_refresh_token", {"refresh-token": str(uuid4())}, False, "param-missing"),
    ("POST", "/runtime/auth/verify_refresh_token", {"app-id": "x", "refresh-token": "x"}, False, "param-malformed"),
    ("POST", "/runtime/auth/verify_refresh_token", {"app-id": APP_ID, "refresh-token": "x"}, False, "param-malformed"),
    ("POST", "/runtime/auth/verify_refresh_token", {"app-id": APP_ID}, False, "param-missing"),
    (
        "POST",
        "/runtime/auth/verify_refresh_token",
        {"app-id": APP_ID, "refresh-token": str(uuid4())},
        False,
        "record-not-found",
    ),
    (
        "POST",
        "/runtime/auth/verify_refresh_token",
        {"app-id": str(uuid4()), "refresh-token": str(uuid4())},
        False,
        "record-not-found",
    ),
    (
        "POST",
        "/runtime/auth/verify_magic_code",
        {"app-id": APP_ID, "email": "x@example.com", "code": "1"},
        False,
        "record-not-found",
    ),
    ("POST", "/runtime/auth/send_magic_code", {"app-id": APP_ID}, False, "param-missing"),
    ("POST", "/runtime/auth/send_magic_code", {"email": "x@example.com"}, False, "param-missing"),
    ("POST", "/runtime/auth/sign_in_guest", {}, False, "param-missing"),
    (
        "POST",
        "/runtime/auth/sign_in_guest",
        {"app-id": APP_ID, "extra-fields": {"name": "x"}},
        False,
        "permission-denied",
    ),
    ("POST", "/runtime/signout", {"refresh_token": "x"}, False, "param-missing"),
]


@pytest.mark.parametrize(("method", "path", "body", "admin", "kind"), REFUSALS)
def test_refusals(app: App, method: str, path: str, body: Any, admin: bool, kind: str) -> None:
    headers = ADMIN if admin else {"app-id": APP_ID}
    answer = app.call(method, path, body, headers)
    assert refusal(answer)[:2] == (400, kind)
    assert "hint" in answer.json()


def test_a_refused_sign_up_does_not_use_the_code_up(app: App) -> None:
    email = address()
    code = code_for(app, email)
    body = {"app-id": APP_ID, "email": email, "code": code, "extra-fields": {"name": "x"}}
    answer = app.call("POST", "/runtime/auth/verify_magic_code", body, BROWSER)
    assert refusal(answer)[:2] == (400, "permission-denied")
    assert signed_in(app, email, code)["created"] is True


def test_a_new_password_ends_sessions(app: App) -> None:
    """Sessions of both fronts hang on the same key."""
    id_, token = app.sign_in(address())
    password = {"password": "another-password", "passwordConfirm": "another-password"}
    app.server.admin("PATCH", f"/api/collections/users/records/{id_}", password)
    assert verified(app, token) == "record-not-found"


def test_nobody_signs_in_without_a_password(app: App) -> None:
    email = address()
    app.sign_in(email)
    for password in ["", "*", "x"]:
        body = {"identity": email, "password": password}
        assert app.server.request("POST", "/api/collections/users/auth-with-password", body).status == 400


def test_a_superuser_is_an_admin(app: App) -> None:
    headers = {"app-id": APP_ID, "authorization": f"Bearer {app.server.super_token()}"}
    assert app.call("GET", "/admin/users?id=x", headers=headers).status == 200
    email = address()
    app.sign_in(email)
    people = app.server.request("POST", "/api/collections/users/impersonate/x", {}, token="")
    assert people.status in (401, 403, 404)
