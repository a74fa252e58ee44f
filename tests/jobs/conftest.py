"""Ketch alone: PocketBase has neither jobs nor secrets."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from harness import http
from harness.server import Server, ketch

USER = "ada@example.com"
PASSWORD = "ada-password"


@dataclass(frozen=True)
class Callers:
    """Who asks: a server and the tokens of everybody who may knock."""

    server: Server
    tokens: dict[str, str]

    def ask(self, who: str, method: str, url: str, payload: object = None) -> http.Response:
        return self.server.request(method, url, payload, token=self.tokens[who])


def with_flags(home: Path, *flags: str) -> Server:
    """A server with a superuser that has not been started."""
    home.mkdir(parents=True, exist_ok=True)
    product = replace(ketch(), serve_flags=flags)
    product.upsert_superuser(home / "pb_data")
    return Server(product, home)


def callers(server: Server) -> Callers:
    body = {"email": USER, "password": PASSWORD, "passwordConfirm": PASSWORD}
    server.admin("POST", "/api/collections/users/records", body)
    tokens = {"guest": "", "user": server.login("users", USER, PASSWORD), "root": server.super_token()}
    return Callers(server, tokens)


@pytest.fixture(scope="module")
def everybody(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callers]:
    with with_flags(tmp_path_factory.mktemp("jobs")) as server:
        yield callers(server)


@pytest.fixture
def server(everybody: Callers) -> Server:
    return everybody.server
