"""Servers whose main app has a known id and admin token."""

from __future__ import annotations

import dataclasses
from pathlib import Path

from harness.server import Product, Server, ketch

APP_ID = "7a1f6c52-0d5e-4d4c-9f61-2f4a7b8c9d10"
ADMIN_TOKEN = "c0ffee00-1234-4abc-8def-000000000001"


def ketch_with_app() -> Product:
    """The server under test with the known app."""
    return dataclasses.replace(ketch(), serve_flags=(f"--app-id={APP_ID}", f"--admin-token={ADMIN_TOKEN}"))


def app_server(home: Path, *, superuser: bool = False) -> Server:
    """A server with the known app, to be used in a `with`."""
    product = ketch_with_app()
    server = Server(product, home)
    if superuser:
        home.mkdir(parents=True, exist_ok=True)
        product.upsert_superuser(server.data_dir)
    return server
