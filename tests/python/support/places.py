"""Where the packages work: on Ketch over HTTP, on a Ketch inside of this process, on the real PocketBase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from harness.server import Server, pocketbase

from support.apps import ketch_with_app

KETCH = "ketch"
EMBEDDED = "embedded"
POCKETBASE = "pocketbase"


@dataclass(frozen=True)
class Place:
    """A server's address. `server` is nothing for the embedded one."""

    name: str
    base_url: str
    data_dir: Path
    server: Server | None = None

    @property
    def is_ketch(self) -> bool:
        return self.name != POCKETBASE


@contextmanager
def open_place(name: str, home: Path) -> Iterator[Place]:
    """Starts the server, with a superuser and, on Ketch, the known app."""
    product = pocketbase() if name == POCKETBASE else ketch_with_app()
    server = Server(product, home)
    home.mkdir(parents=True, exist_ok=True)
    product.upsert_superuser(server.data_dir)
    if name == EMBEDDED:
        yield Place(name, f"file:{server.data_dir}", server.data_dir)
        return
    with server:
        yield Place(name, server.base_url, server.data_dir, server)
