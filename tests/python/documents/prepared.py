"""A server as the samples of the PocketBase document expect it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD
from mail.smtp import SmtpServer
from oauth2.provider import FakeProvider
from pocketbase import PocketBase

from support.places import Place, open_place

EMAIL, PASSWORD = "test@example.com", "123456"
SAMPLE_URL = "http://127.0.0.1:8090"
OPEN = dict.fromkeys(("listRule", "viewRule", "createRule", "updateRule", "deleteRule"), "")
# Ids as the samples have them, `RECORD_ID` among them.
ANY_ID = {"name": "id", "type": "text", "system": True, "primaryKey": True, "required": True, "min": 1, "max": 40}
ANY_ID |= {"pattern": "^[A-Za-z0-9_]+$", "autogeneratePattern": "[a-z0-9]{15}"}


@dataclass(frozen=True)
class Prepared:
    """The server with what stands beside it."""

    place: Place
    smtp: SmtpServer
    provider: FakeProvider

    @property
    def url(self) -> str:
        return self.place.base_url

    def admin(self) -> PocketBase:
        """A client of a superuser."""
        pb = PocketBase(self.url)
        pb.collection("_superusers").auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
        return pb


@contextmanager
def prepared(name: str, home: Path) -> Iterator[Prepared]:
    """Starts one of the `support.places` and gives it collections, users, mail and a provider."""
    with ExitStack() as stack:
        place = stack.enter_context(open_place(name, home))
        smtp, provider = stack.enter_context(SmtpServer()), stack.enter_context(FakeProvider())
        made = Prepared(place, smtp, provider)
        admin = made.admin()
        _settings(admin, smtp)
        _collections(admin)
        _users(admin, provider)
        admin.close()
        yield made


def _settings(admin: PocketBase, smtp: SmtpServer) -> None:
    through = {"enabled": True, "host": "127.0.0.1", "port": smtp.port, "tls": False}
    admin.settings.update({"smtp": through, "batch": {"enabled": True}, "logs": {"minLevel": -4, "maxDays": 5}})


def _collections(admin: PocketBase) -> None:
    related = admin.collections.create({"name": "related", "type": "base", "fields": [_field("name", "text")], **OPEN})
    fields = [
        _field("title", "text"),
        _field("status", "bool"),
        _field("totalA", "number"),
        _field("totalB", "number"),
        _field("document", "file", maxSelect=1),
        _field("someRel", "relation", maxSelect=1, collectionId=related.id),
        _field("created", "autodate", onCreate=True),
    ]
    admin.collections.create({"name": "example", "type": "base", "fields": fields, **OPEN})
    tasks = [ANY_ID, _field("name", "text"), _field("completed", "bool")]
    admin.collections.create({"name": "tasks", "type": "base", "fields": tasks, **OPEN})
    for number in range(1, 5):
        titled = [ANY_ID, _field("title", "text")]
        admin.collections.create({"name": f"example{number}", "type": "base", "fields": titled, **OPEN})


def _field(name: str, type: str, **more: Any) -> dict[str, Any]:
    return {"name": name, "type": type, **more}


def _users(admin: PocketBase, provider: FakeProvider) -> None:
    users = admin.collections.get_one("users")
    fields = [{**field, "min": 6} if field["name"] == "password" else field for field in users.fields]
    admin.collections.update(
        "users",
        {
            "fields": fields,
            "otp": {"enabled": True, "duration": 300, "length": 6},
            "oauth2": {"enabled": True, "providers": [provider.settings()]},
            "authAlert": {"enabled": False},
        },
    )
    user = {"email": EMAIL, "emailVisibility": True, "password": PASSWORD, "passwordConfirm": PASSWORD}
    admin.collection("users").create({**user, "name": "Test"})
