"""Accounts: signing in and out, mails, OAuth2, codes."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx
import pytest
from mail.smtp import Mail, SmtpServer
from oauth2.provider import FakeProvider, person
from pocketbase import BadRequestError, ClientResponseError, NotFoundError, UnauthorizedError
from pocketbase.models import RecordAuthResponse, RecordModel
from pocketbase.stores import FileAuthStore

from pocketbase_sdk.conftest import Opening
from pocketbase_sdk.places import EMBEDDED, Place, unique

PASSWORD = "12345678"
RULE = "id = @request.auth.id"


class Post:
    """Takes the mails of a server."""

    def __init__(self, smtp: SmtpServer) -> None:
        self._smtp = smtp

    def to(self, address: str) -> Mail:
        deadline = time.monotonic() + 20
        while time.monotonic() < deadline:
            for mail in list(self._smtp.mails):
                if address in mail.recipients:
                    self._smtp.mails.remove(mail)
                    return mail
            time.sleep(0.02)
        raise AssertionError(f"no mail to {address}")


@pytest.fixture
def post(admin: Any) -> Iterator[Post]:
    with SmtpServer() as smtp:
        admin.settings.update({"smtp": {"enabled": True, "host": "127.0.0.1", "port": smtp.port, "tls": False}})
        yield Post(smtp)
        admin.settings.update({"smtp": {"enabled": False}})


@pytest.fixture
def members(admin: Any) -> str:
    name = unique("members")
    rules = {"listRule": RULE, "viewRule": RULE, "updateRule": RULE, "deleteRule": RULE, "createRule": ""}
    body = {"name": name, "type": "auth", **rules, "fields": [{"name": "name", "type": "text"}]}
    admin.collections.create({**body, "otp": {"enabled": True, "duration": 180, "length": 8}})
    return name


@pytest.fixture
def address(admin: Any, members: str) -> str:
    made = f"{unique('anna')}@example.com"
    body = {"email": made, "password": PASSWORD, "passwordConfirm": PASSWORD, "name": "Anna"}
    admin.collection(members).create(body)
    return made


def test_password(guest: Any, members: str, address: str) -> None:
    service = guest.collection(members)
    result = service.auth_with_password(address, PASSWORD)
    assert isinstance(result, RecordAuthResponse)
    assert result["token"] == result.token == guest.auth_store.token
    assert type(result.record) is RecordModel
    assert result.record["email"] == guest.auth_store.record.email == address
    assert guest.auth_store.is_valid
    assert not guest.auth_store.is_superuser
    assert service.get_one(result.record.id).email == address
    again = service.auth_refresh()
    assert again.record.id == result.record.id
    assert guest.auth_store.token == again.token
    guest.auth_store.clear()
    with pytest.raises(NotFoundError):
        service.get_one(result.record.id)
    with pytest.raises(BadRequestError):
        service.auth_with_password(address, "wrong password")
    assert guest.auth_store.token == ""
    with pytest.raises(UnauthorizedError):
        service.auth_refresh()


def test_methods(guest: Any, members: str) -> None:
    methods = guest.collection(members).list_auth_methods()
    assert methods["password"] == {"enabled": True, "identityFields": ["email"]}
    assert methods["otp"]["enabled"]
    assert {"mfa", "oauth2"} <= set(methods)


def test_file_store(opening: Opening, place: Place, members: str, address: str, tmp_path: Any) -> None:
    path = tmp_path / "pb_auth.json"
    first = opening(place.base_url, auth_store=FileAuthStore(path))
    first.collection(members).auth_with_password(address, PASSWORD)
    second = opening(place.base_url, auth_store=FileAuthStore(path))
    assert second.auth_store.record.email == address
    assert second.collection(members).auth_refresh().record.email == address


def test_own_record(guest: Any, admin: Any, members: str, address: str) -> None:
    """The store follows what happens to its record, and only to that."""
    service = guest.collection(members)
    me = service.auth_with_password(address, PASSWORD).record
    assert service.update(me.id, {"name": "Berta"}).name == "Berta"
    assert guest.auth_store.record.name == "Berta"
    assert guest.auth_store.record.email == address
    token = guest.auth_store.token
    # By the id of the collection too.
    guest.collection(me.collection_id).update(me.id, {"name": "Carla"})
    assert (guest.auth_store.record.name, guest.auth_store.token) == ("Carla", token)
    # A record of another collection with the same id is another record.
    other = unique("others")
    rules = dict.fromkeys(("viewRule", "updateRule", "deleteRule", "createRule"), "")
    admin.collections.create({"name": other, "type": "base", "fields": [{"name": "name", "type": "text"}], **rules})
    guest.collection(other).create({"id": me.id, "name": "x"})
    guest.collection(other).update(me.id, {"name": "y"})
    assert guest.auth_store.record.name == "Carla"
    guest.collection(other).delete(me.id)
    assert guest.auth_store.token == token
    assert service.delete(me.id)
    assert guest.auth_store.token == ""


def test_plain_dict_in_store(guest: Any, members: str, address: str) -> None:
    service = guest.collection(members)
    result = service.auth_with_password(address, PASSWORD)
    guest.auth_store.save(result.token, dict(result.record.items()))
    assert service.update(result.record.id, {"name": "Dora"}).name == "Dora"
    assert guest.auth_store.record.name == "Dora"


def test_verification(guest: Any, members: str, address: str, post: Post) -> None:
    service = guest.collection(members)
    service.auth_with_password(address, PASSWORD)
    assert not guest.auth_store.record.verified
    assert service.request_verification(address) is True
    assert service.confirm_verification(post.to(address).token) is True
    assert guest.auth_store.record.verified is True
    with pytest.raises(BadRequestError):
        service.confirm_verification("nope")


def test_password_reset(guest: Any, members: str, address: str, post: Post) -> None:
    service = guest.collection(members)
    assert service.request_password_reset(address) is True
    new = "another-password"
    assert service.confirm_password_reset(post.to(address).token, new, new) is True
    assert service.auth_with_password(address, new).record.email == address
    assert service.request_password_reset("nobody@example.com") is True


def test_email_change(guest: Any, members: str, address: str, post: Post) -> None:
    service = guest.collection(members)
    service.auth_with_password(address, PASSWORD)
    new = f"{unique('new')}@example.com"
    assert service.request_email_change(new) is True
    assert service.confirm_email_change(post.to(new).token, PASSWORD) is True
    # The session is over.
    assert guest.auth_store.token == ""
    assert service.auth_with_password(new, PASSWORD).record.email == new


def test_otp(guest: Any, members: str, address: str, post: Post) -> None:
    service = guest.collection(members)
    asked = service.request_otp(address)
    result = service.auth_with_otp(asked["otpId"], post.to(address).code)
    assert result.record.email == address
    assert guest.auth_store.token == result.token
    with pytest.raises(BadRequestError):
        service.auth_with_otp("nope", "12345678")


def test_two_steps(guest: Any, admin: Any, members: str, address: str, post: Post) -> None:
    admin.collections.update(members, {"mfa": {"enabled": True, "duration": 600}})
    service = guest.collection(members)
    with pytest.raises(UnauthorizedError) as caught:
        service.auth_with_password(address, PASSWORD)
    step = caught.value.response["mfaId"]
    assert guest.auth_store.token == ""
    asked = service.request_otp(address)
    result = service.auth_with_otp(asked["otpId"], post.to(address).code, {"mfaId": step})
    assert result.record.email == address


@pytest.fixture
def provider(admin: Any, members: str) -> Iterator[FakeProvider]:
    with FakeProvider() as made:
        admin.collections.update(members, {"oauth2": {"enabled": True, "providers": [made.settings()]}})
        yield made


def test_oauth2_code(guest: Any, members: str, provider: FakeProvider) -> None:
    code = provider.knows(unique("code"), person(unique("p")))
    service = guest.collection(members)
    listed = service.list_auth_methods()["oauth2"]["providers"][0]
    result = service.auth_with_oauth2_code(
        "oidc", code, listed["codeVerifier"], "http://127.0.0.1/back", {"name": "Eva"}
    )
    assert result.meta.is_new
    assert result.meta["isNew"] is True
    assert result.record.name == "Eva"
    me = result.record.id
    links = service.list_external_auths(me)
    assert [link.provider for link in links] == ["oidc"]
    with pytest.raises(NotFoundError):
        service.unlink_external_auth(me, "google")
    assert service.unlink_external_auth(me, "oidc") is True
    assert service.list_external_auths(me) == []


def test_oauth2_in_one_call(guest: Any, members: str, provider: FakeProvider, place: Place) -> None:
    if place.name == EMBEDDED:
        pytest.skip("there is no address to come back to")
    code = provider.knows(unique("code"), person(unique("p")))
    opened: list[str] = []

    def browse(url: str) -> None:
        opened.append(url)
        assert httpx.get(f"{url}&login_hint={code}", follow_redirects=True).status_code < 500

    result = guest.collection(members).auth_with_oauth2("oidc", browse, ["email", "x y"], {"name": "Eva"}, timeout=20)
    assert result.record.name == "Eva"
    assert guest.auth_store.token == result.token
    query = parse_qs(urlsplit(opened[0]).query)
    assert query["redirect_uri"] == [f"{place.base_url}/api/oauth2-redirect"]
    assert query["scope"] == ["email x y"]
    assert query["code_challenge_method"] == ["S256"]


def test_oauth2_that_fails(guest: Any, members: str, provider: FakeProvider, place: Place) -> None:
    service = guest.collection(members)
    with pytest.raises(NotFoundError, match="google"):
        service.auth_with_oauth2("google", lambda url: None)
    if place.name == EMBEDDED:
        return
    with pytest.raises(ClientResponseError, match=r"within 0\.2 s"):
        service.auth_with_oauth2("oidc", lambda url: None, timeout=0.2)

    def refuse(url: str) -> None:
        state = parse_qs(urlsplit(url).query)["state"][0]
        back = f"{place.base_url}/api/oauth2-redirect?state={state}&error=access_denied"
        httpx.get(back)

    with pytest.raises(ClientResponseError, match=r"access_denied|no code"):
        service.auth_with_oauth2("oidc", refuse, timeout=20)
    assert guest.auth_store.token == ""


def test_auto_refresh(guest: Any, place: Place) -> None:
    """Against a real server: a threshold longer than the token's life renews it before a call, once a call."""
    from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD

    superusers = guest.collection("_superusers")
    superusers.auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD, auto_refresh_threshold=10_000_000)
    sent: list[str] = []
    guest.before_send = lambda url, options: sent.append(url.rpartition("/")[2])
    guest.collections.get_list()
    assert sent == ["auth-refresh", "collections"]
    assert guest.auth_store.is_superuser
