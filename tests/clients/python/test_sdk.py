"""The Python client from the package index: collections, records, auth, files."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import httpx
import pytest
from pocketbase.client import Client
from pocketbase.errors import ClientResponseError
from pocketbase.models import FileUpload
from pocketbase.models.collection import Collection
from pocketbase.models.record import Record

from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server

PASSWORD = "password123"
_NUMBERS = count(1)


def _unique(stem: str) -> str:
    return f"{stem}_{next(_NUMBERS)}"


@pytest.fixture
def client(server: Server) -> Iterator[Client]:
    made = Client(server.base_url)
    yield made
    made.http_client.close()


@pytest.fixture
def admin(server: Server) -> Iterator[Client]:
    made = Client(server.base_url)
    made.collection("_superusers").auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
    yield made
    made.http_client.close()


@pytest.fixture
def posts(admin: Client) -> Collection:
    rules = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
    fields = [
        {"name": "title", "type": "text", "required": True},
        {"name": "n", "type": "number"},
        {"name": "labels", "type": "select", "values": ["a", "b"], "maxSelect": 2},
        {"name": "doc", "type": "file", "maxSelect": 1},
        {"name": "created", "type": "autodate", "onCreate": True},
    ]
    return admin.collections.create({"name": _unique("posts"), "type": "base", "fields": fields, **rules})


@pytest.fixture
def members(admin: Client) -> str:
    name = _unique("members")
    rules = dict.fromkeys(("listRule", "viewRule", "updateRule", "deleteRule"), "id = @request.auth.id")
    admin.collections.create({"name": name, "type": "auth", "createRule": "", **rules})
    admin.collection(name).create({"email": "anna@example.com", "password": PASSWORD, "passwordConfirm": PASSWORD})
    return name


def _value(record: Record, name: str) -> Any:
    return getattr(record, name)


def test_crud(client: Client, posts: Collection) -> None:
    service = client.collection(posts.name)
    made = service.create({"title": "first", "n": 1, "labels": ["b", "a"]})
    assert _value(service.get_one(made.id), "labels") == ["b", "a"]
    changed = service.update(made.id, {"n+": 2})
    assert _value(changed, "n") == 3
    assert service.delete(made.id)
    with pytest.raises(ClientResponseError) as caught:
        service.get_one(made.id)
    assert caught.value.status == 404


def test_lists(client: Client, posts: Collection) -> None:
    service = client.collection(posts.name)
    ids = [service.create({"title": f"list {n}", "n": n}).id for n in range(7)]
    page = service.get_list(2, 3, {"sort": "n", "filter": "n >= 0"})
    assert (page.page, page.per_page, page.total_items, page.total_pages) == (2, 3, 7, 3)
    assert [item.id for item in page.items] == ids[3:6]
    assert [item.id for item in service.get_full_list(2, {"sort": "-n"})] == ids[::-1]
    assert service.get_first_list_item("n = 4").id == ids[4]
    with pytest.raises(ClientResponseError) as caught:
        service.get_first_list_item("n = 400")
    assert caught.value.status == 404


def test_filter(client: Client, posts: Collection) -> None:
    service = client.collection(posts.name)
    made = service.create({"title": 'it\'s "odd"', "n": 5})
    later = datetime.now(UTC) + timedelta(minutes=1)
    text = client.filter(
        "title = {:title} && n = {:n} && created < {:later}", {"title": 'it\'s "odd"', "n": 5, "later": later}
    )
    assert service.get_first_list_item(text).id == made.id


def test_upload(client: Client, posts: Collection) -> None:
    service = client.collection(posts.name)
    upload = FileUpload(("hello world.txt", b"hello", "text/plain"))
    made = service.create({"title": "file", "doc": upload})
    url = client.files.get_url(made, _value(made, "doc"))
    assert httpx.get(url).text == "hello"
    assert _value(service.update(made.id, {"doc": None}), "doc") == ""


def test_errors(client: Client, posts: Collection) -> None:
    with pytest.raises(ClientResponseError) as caught:
        client.collection(posts.name).create({"n": 1})
    assert caught.value.status == 400
    assert caught.value.data["data"]["title"]["code"] == "validation_required"


def test_auth(client: Client, members: str) -> None:
    service = client.collection(members)
    methods = service.list_auth_methods()
    assert methods.password.enabled
    assert methods.password.identity_fields == ["email"]
    signed = service.auth_with_password("anna@example.com", PASSWORD)
    assert signed.is_valid
    again = service.auth_refresh()
    assert again.record.id == signed.record.id
    changed = {"oldPassword": PASSWORD, "password": "new-password", "passwordConfirm": "new-password"}
    service.update(signed.record.id, changed)
    with pytest.raises(ClientResponseError) as caught:
        service.auth_refresh()
    assert caught.value.status == 401
    service.auth_with_password("anna@example.com", "new-password")
    assert service.delete(signed.record.id)
    assert not client.auth_store.token


def test_auth_by_mail(client: Client, members: str) -> None:
    service = client.collection(members)
    assert service.request_password_reset("nobody@example.com")
    assert service.request_verification("nobody@example.com")
    calls: list[Callable[[], object]] = [
        lambda: service.confirm_password_reset("bad", "new-password", "new-password"),
        lambda: service.confirm_verification("bad"),
        lambda: service.confirm_email_change("bad", PASSWORD),
    ]
    for call in calls:
        with pytest.raises(ClientResponseError) as caught:
            call()
        assert caught.value.status == 400


def test_impersonate(admin: Client, client: Client, members: str) -> None:
    """The library has no method for it, but sends what it is told."""
    record = admin.collection(members).get_first_list_item("email = 'anna@example.com'")
    answer = admin.send(
        f"/api/collections/{members}/impersonate/{record.id}", {"method": "POST", "body": {"duration": 60}}
    )
    client.auth_store.save(answer["token"], record)
    assert client.collection(members).get_one(record.id).id == record.id


def test_collections(admin: Client, posts: Collection) -> None:
    assert admin.collections.get_one(posts.id).name == posts.name
    listed = admin.collections.get_full_list(3, {"sort": "name"})
    assert posts.id in [collection.id for collection in listed]
    assert admin.collections.get_list(1, 2).per_page == 2
    assert admin.collections.get_first_list_item(f"name = '{posts.name}'").id == posts.id
    name = _unique("renamed")
    assert admin.collections.update(posts.id, {"name": name}).id == posts.id
    assert admin.collections.delete(name)


def test_import(admin: Client) -> None:
    name = _unique("imported")
    body: list[Any] = [{"name": name, "type": "base", "fields": [{"name": "title", "type": "text"}]}]
    assert admin.collections.import_collections(body)
    assert admin.collections.get_one(name).name == name


def test_superusers_only(client: Client) -> None:
    with pytest.raises(ClientResponseError) as caught:
        client.collections.get_list()
    assert caught.value.status == 401


def test_health(client: Client) -> None:
    assert client.health.check().code == 200
