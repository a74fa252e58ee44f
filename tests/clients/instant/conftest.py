from __future__ import annotations

import asyncio
from collections.abc import Iterator

import pytest
from instantdb import AsyncInstant, Instant

from clients.instant.documented import InstantDBAdminAPI
from clients.instant.halves import Client, Run, Scenario
from instant.app import ADMIN_TOKEN, APP_ID, App
from mail.smtp import SmtpServer


@pytest.fixture(scope="module")
def app(tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    with App(tmp_path_factory.mktemp("clients") / "home", superuser=True) as made:
        yield made


@pytest.fixture
def documented(app: App) -> InstantDBAdminAPI:
    return InstantDBAdminAPI(app_id=APP_ID, admin_token=ADMIN_TOKEN, base_url=app.server.base_url)


@pytest.fixture
def db(app: App) -> Iterator[Instant]:
    """The client of the package index; the asynchronous one is made where a loop runs."""
    with Instant(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url) as made:
        yield made


@pytest.fixture(scope="module")
def mailbox(app: App) -> Iterator[SmtpServer]:
    """The SMTP server that the app mails through."""
    with SmtpServer() as made:
        smtp = {"enabled": True, "host": "127.0.0.1", "port": made.port, "tls": False}
        app.server.admin("PATCH", "/api/settings", {"smtp": smtp})
        yield made


@pytest.fixture(scope="module")
def ruled(app: App) -> None:
    """Rules of the namespaces `secrets` and `keyed`; the others stay open."""
    rules = {
        "secrets": {
            "allow": {
                "view": "data.owner == auth.id",
                "create": "auth.id != null && newData.owner == auth.id",
                "update": "false",
                "delete": "data.owner == auth.id",
            }
        },
        "keyed": {"allow": {"view": "ruleParams.key == data.key", "update": "ruleParams.key == data.key"}},
    }
    app.ok("POST", f"/dash/apps/{APP_ID}/rules", {"code": rules})


@pytest.fixture(params=["sync", "async"])
def run(app: App, request: pytest.FixtureRequest) -> Run:
    """Runs a scenario with one half of the library."""

    async def with_client(scenario: Scenario) -> None:
        half: type[Client] = Instant if request.param == "sync" else AsyncInstant
        client = half(app_id=APP_ID, admin_token=ADMIN_TOKEN, api_uri=app.server.base_url)
        try:
            await scenario(client)
        finally:
            if isinstance(client, AsyncInstant):
                await client.aclose()
            else:
                client.close()

    return lambda scenario: asyncio.run(with_client(scenario))
