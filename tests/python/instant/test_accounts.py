"""Users of an app."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
from instantdb_admin_client import InstantAPIError, User, id

from support.both import Runner


def _address() -> str:
    return f"a+b&c#{uuid.uuid4().hex}@example.com".replace("&", ".").replace("#", "-")


def test_users_come_and_go(db: Any, run: Runner) -> None:
    email = _address()
    assert "+" in email
    token = run(db.auth.create_token(email))
    user: User = run(db.auth.verify_token(token))
    assert user["email"] == email
    assert run(db.auth.get_user(email=email))["id"] == user["id"]
    assert run(db.auth.get_user(email))["id"] == user["id"]
    assert run(db.auth.get_user(id=user["id"]))["email"] == email
    assert run(db.auth.get_user(refresh_token=token))["id"] == user["id"]
    run(db.auth.sign_out(refresh_token=token))
    with pytest.raises(InstantAPIError, match="app-user"):
        run(db.auth.verify_token(token))
    assert run(db.auth.delete_user(email=email))["id"] == user["id"]
    assert run(db.auth.delete_user(email=email)) is None
    assert run(db.auth.get_user(id=user["id"])) is None


def test_what_would_break_out_of_a_query_is_encoded(db: Any, run: Runner) -> None:
    with pytest.raises(InstantAPIError) as caught:
        run(db.auth.get_user(email="a&id=1#x"))
    assert caught.value.type == "param-malformed"
    assert "a&id=1#x" in str(caught.value.hint)


def test_users_without_an_address(db: Any, run: Runner) -> None:
    wanted = id()
    token = run(db.auth.create_token(id=wanted))
    assert run(db.auth.verify_token(token))["id"] == wanted
    run(db.auth.sign_out(id=wanted))
    with pytest.raises(InstantAPIError):
        run(db.auth.verify_token(token))
    guest = run(db.auth.sign_in_guest())
    assert guest["isGuest"] is True
    assert run(db.auth.verify_token(guest["refresh_token"]))["id"] == guest["id"]


def test_codes(db: Any, run: Runner) -> None:
    email = _address()
    code = run(db.auth.generate_magic_code(email))["code"]
    user, is_new = run(db.auth.check_magic_code(email, code))
    assert (user["email"], is_new) == (email, True)
    code = run(db.auth.generate_magic_code(email))["code"]
    again = run(db.auth.verify_magic_code(email, code))
    assert again["id"] == user["id"]
    assert run(db.auth.verify_token(again["refresh_token"]))["email"] == email
    with pytest.raises(InstantAPIError) as caught:
        run(db.auth.verify_magic_code(email, "000000" if code != "000000" else "111111"))
    assert caught.value.status == 400


def test_signing_out_whom_nobody_knows(db: Any, run: Runner) -> None:
    assert run(db.auth.sign_out(_address())) is None
    with pytest.raises(InstantAPIError, match="Sign out failed"):
        run(db.auth.sign_out("no address"))


def test_empty_rooms(db: Any, run: Runner) -> None:
    assert run(db.rooms.get_presence("chat", id())) == {}
