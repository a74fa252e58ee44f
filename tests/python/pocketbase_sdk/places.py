"""Where the client works: on Ketch, on a Ketch inside of this process, and on PocketBase."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import count
from pathlib import Path

from harness.server import Server, ketch, pocketbase

KETCH = "ketch"
EMBEDDED = "embedded"
POCKETBASE = "pocketbase"
EVERYWHERE = (KETCH, EMBEDDED, POCKETBASE)
_NUMBERS = count(1)


def unique(stem: str) -> str:
    """A name that no other test uses."""
    return f"{stem}_{next(_NUMBERS)}"


@dataclass(frozen=True)
class Place:
    """A server's address."""

    name: str
    base_url: str
    data_dir: Path

    @property
    def is_ketch(self) -> bool:
        return self.name != POCKETBASE


@contextmanager
def open_place(name: str, home: Path) -> Iterator[Place]:
    """Starts the server, with a superuser."""
    product = pocketbase() if name == POCKETBASE else ketch()
    server = Server(product, home)
    product.upsert_superuser(server.data_dir)
    if name == EMBEDDED:
        yield Place(name, f"file:{server.data_dir}", server.data_dir)
        return
    with server:
        yield Place(name, server.base_url, server.data_dir)
