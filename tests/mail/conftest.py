"""A server with an SMTP server beside it, and accounts to write to."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from harness.http import Response
from harness.server import Server, ketch
from mail.smtp import Behaviour, SmtpServer

PASSWORD = "password123"


class App:
    """The server under test, with short names for what the tests do to it."""

    def __init__(self, server: Server) -> None:
        self.server = server
        self._count = 0

    def mail_through(self, smtp: SmtpServer, **more: Any) -> None:
        """Sets up SMTP; `more` overrides settings of it."""
        settings = {
            "enabled": True,
            "host": "127.0.0.1",
            "port": smtp.port,
            "username": "",
            "password": "",
            "localName": "",
            **more,
        }
        self.server.admin("PATCH", "/api/settings", {"smtp": {"tls": False, "authMethod": "", **settings}})

    def mail_nowhere(self) -> None:
        self.server.admin("PATCH", "/api/settings", {"smtp": {"enabled": False}})

    def collection(self, name: str, **options: Any) -> None:
        """An auth collection with one-time passwords, without login alerts."""
        body = {"otp": {"enabled": True, "duration": 300, "length": 6}, "authAlert": {"enabled": False}, **options}
        self.server.admin("POST", "/api/collections", {"name": name, "type": "auth", **body})

    def person(self, collection: str = "people", **fields: Any) -> dict[str, Any]:
        """A new account with an address of its own."""
        self._count += 1
        body = {
            "email": f"person{self._count}@example.com",
            "password": PASSWORD,
            "passwordConfirm": PASSWORD,
            **fields,
        }
        return dict(self.server.admin("POST", f"/api/collections/{collection}/records", body))

    def look(self, person: dict[str, Any]) -> dict[str, Any]:
        """The account as it is now."""
        url = f"/api/collections/{person['collectionName']}/records/{person['id']}"
        return dict(self.server.admin("GET", url))

    def rows(self, collection: str, person: dict[str, Any]) -> list[dict[str, Any]]:
        """The rows that a system collection has of an account, the oldest first."""
        url = f"/api/collections/{collection}/records?sort=created&filter=recordRef='{person['id']}'"
        return list(self.server.admin("GET", url)["items"])

    def age(self, collection: str, row: str, seconds: int) -> None:
        """Makes a row look older than it is, so that nobody has to wait for its end."""
        with closing(sqlite3.connect(self.server.data_dir / "data.db", timeout=10)) as db, db:
            db.execute(
                f"UPDATE {collection} SET created = strftime('%Y-%m-%d %H:%M:%fZ', created, ?) WHERE id = ?",
                (f"-{seconds} seconds", row),
            )

    def post(self, action: str, body: Any = None, *, of: str = "people", token: str = "") -> Response:
        return self.server.request("POST", f"/api/collections/{of}/{action}", body, token=token)

    def login(self, person: dict[str, Any], password: str = PASSWORD, **more: Any) -> Response:
        body = {"identity": person["email"], "password": password, **more}
        return self.post("auth-with-password", body, of=person["collectionName"])

    def token(self, person: dict[str, Any], password: str = PASSWORD) -> str:
        answer = self.login(person, password)
        assert answer.status == 200, answer.text
        return str(answer.json()["token"])

    def otp(self, person: dict[str, Any]) -> str:
        """Asks for a one-time password and answers its id."""
        answer = self.post("request-otp", {"email": person["email"]}, of=person["collectionName"])
        assert answer.status == 200, answer.text
        return str(answer.json()["otpId"])

    @property
    def log(self) -> str:
        return self.server.log_text()


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    home: Path = tmp_path_factory.mktemp("mail")
    product = ketch()
    server = Server(product, home)
    product.upsert_superuser(server.data_dir)
    with server:
        app = App(server)
        app.collection("people", fields=[{"name": "nick", "type": "text"}])
        yield app


@pytest.fixture
def smtp(app: App) -> Iterator[SmtpServer]:
    """An SMTP server that the app mails through."""
    with SmtpServer(Behaviour()) as server:
        app.mail_through(server)
        yield server
