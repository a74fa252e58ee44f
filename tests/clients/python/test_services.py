"""The Python client from the package index: mails, OAuth2, realtime, files and what an operator asks.

Version 0.17.3 of it cannot do two things with PocketBase 0.40 either: its batch service writes a form into a
JSON body, and `list_auth_methods` does not know the `logo` of a provider.
"""

from __future__ import annotations

import queue
from collections.abc import Callable, Iterator
from datetime import datetime
from itertools import count
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from pocketbase.client import Client
from pocketbase.errors import ClientResponseError
from pocketbase.models import FileUpload
from pocketbase.services.realtime_service import MessageData

from clients.beside import Beside
from clients.listening import first_event
from files.images import encoded, picture, seen
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server

PASSWORD = "password123"
NEW = "new-password"
WAIT_S = 10
_NUMBERS = count(1)


def _unique(stem: str) -> str:
    return f"{stem}_{next(_NUMBERS)}"


def refused(status: int) -> Any:
    return pytest.raises(ClientResponseError, check=lambda error: error.status == status)


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
def posts(admin: Client) -> str:
    name = _unique("notes")
    rules = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
    fields = [{"name": "title", "type": "text", "required": True}, {"name": "n", "type": "number"}]
    admin.collections.create({"name": name, "type": "base", "fields": fields, **rules})
    return name


@pytest.fixture
def members(admin: Client, beside: Beside) -> str:
    name = _unique("people")
    options = {
        "authAlert": {"enabled": False},
        "oauth2": {"enabled": True, "providers": [beside.provider.settings()]},
        "createRule": "",
        "viewRule": "id = @request.auth.id",
    }
    admin.collections.create({"name": name, "type": "auth", **options})
    return name


def _mail(beside: Beside, address: str) -> str:
    mail = beside.mail(address)
    assert mail, f"no mail to {address}"
    return mail.token


def test_accounts_by_mail(client: Client, members: str, beside: Beside) -> None:
    service = client.collection(members)
    email = f"{members}@example.com"
    service.create({"email": email, "password": PASSWORD, "passwordConfirm": PASSWORD})
    service.auth_with_password(email, PASSWORD)
    service.request_verification(email)
    assert service.confirm_verification(_mail(beside, email))
    assert service.auth_refresh().record.verified is True
    service.request_email_change(f"moved-{email}")
    assert service.confirm_email_change(_mail(beside, f"moved-{email}"), PASSWORD)
    with refused(401):
        service.auth_refresh()
    service.request_password_reset(f"moved-{email}")
    assert service.confirm_password_reset(_mail(beside, f"moved-{email}"), NEW, NEW)
    assert service.auth_with_password(f"moved-{email}", NEW).is_valid


def test_oauth2(client: Client, members: str, beside: Beside) -> None:
    service = client.collection(members)
    code = beside.consent(_unique("code"), members)
    signed = service.auth_with_oauth2("oidc", code, "verifier", "http://localhost/back")
    assert signed.meta
    assert signed.meta["email"] == f"person{members}@example.com"
    assert client.auth_store.token == signed.token
    with refused(400):
        service.auth_with_oauth2("oidc", "unknown", "verifier", "http://localhost/back")


def test_realtime(server: Server, posts: str) -> None:
    client = Client(server.base_url)
    events: queue.Queue[MessageData] = queue.Queue()
    ones: queue.Queue[MessageData] = queue.Queue()
    service = client.collection(posts)
    record = service.create({"title": "x"})

    def subscribe() -> None:
        service.subscribe(events.put)
        service.subscribe_one(record.id, ones.put)

    first = first_event(client, subscribe, lambda: service.update(record.id, {"n+": 1}), events)
    assert (first.action, first.record.id) == ("update", record.id)
    assert ones.get(timeout=WAIT_S).record.id == record.id
    service.unsubscribe(record.id)
    other = service.create({"title": "y"})
    while (event := events.get(timeout=WAIT_S)).action != "create":
        pass
    assert event.record.id == other.id
    client.realtime.unsubscribe()
    client.http_client.close()


def test_files(admin: Client, client: Client) -> None:
    fields = [
        {"name": "picture", "type": "file", "maxSelect": 1, "thumbs": ["10x10"]},
        {"name": "secret", "type": "file", "maxSelect": 1, "protected": True},
    ]
    made = admin.collections.create({"name": _unique("pictures"), "type": "base", "fields": fields})
    uploads = {
        "picture": FileUpload(("a.png", encoded(picture(40, 20), "PNG"), "image/png")),
        "secret": FileUpload(("s.txt", b"hidden", "text/plain")),
    }
    record: Any = admin.collection(made.name).create(uploads)
    thumb = httpx.get(admin.files.get_url(record, record.picture, {"thumb": "10x10"})).content
    assert seen(thumb)[1] == (10, 10)
    assert httpx.get(admin.files.get_url(record, record.secret)).status_code == 404
    url = admin.files.get_url(record, record.secret, {"token": admin.files.get_token()})
    assert httpx.get(url).text == "hidden"
    with refused(401):
        client.files.get_token()


def test_settings(admin: Client, client: Client, members: str, beside: Beside) -> None:
    settings = admin.settings.get_all()
    name = _unique("App")
    assert admin.settings.update({"meta": {**settings["meta"], "appName": name}})["meta"]["appName"] == name
    with refused(400):
        admin.settings.test_s3()
    for template in ("verification", "password-reset", "email-change"):
        assert admin.settings.test_email(f"{template}@example.com", template)
        assert beside.mail(f"{template}@example.com")
    key = ec.generate_private_key(ec.SECP256R1()).private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
    secret = admin.settings.generate_apple_client_secret("client", "a" * 10, "b" * 10, key.decode(), 600)
    assert secret.count(".") == 2
    calls: list[Callable[[], object]] = [client.settings.get_all, lambda: client.settings.update({})]
    for call in calls:
        with refused(401):
            call()


def test_logs_and_crons(admin: Client, client: Client) -> None:
    assert admin.logs.get_list(1, 5).per_page == 5
    assert isinstance(admin.logs.get_stats(), list)
    with refused(404):
        admin.logs.get_one("missing")
    jobs = admin.crons.get_full_list()
    assert "__pbLogsCleanup__" in [job.id for job in jobs]
    assert admin.crons.run("__pbLogsCleanup__")
    with refused(404):
        admin.crons.run("missing")
    with refused(401):
        client.crons.get_full_list()


def test_backups(admin: Client, client: Client) -> None:
    name = "from_python.zip"
    assert admin.backups.create(name)
    [made] = [backup for backup in admin.backups.get_full_list() if backup.key == name]
    assert isinstance(made.modified, datetime)
    content = admin.backups.download(name)
    assert (len(content), content[:2]) == (made.size, b"PK")
    assert admin.backups.upload(FileUpload(("brought.zip", content, "application/zip")))
    for key in (name, "brought.zip"):
        assert admin.backups.delete(key)
    with refused(400):
        admin.backups.restore("missing.zip")
    with refused(401):
        client.backups.get_full_list()
