"""The store of a client that is given none."""

from __future__ import annotations

from pocketbase.stores.base_auth_store import BaseAuthStore


class MemoryAuthStore(BaseAuthStore):
    """Keeps the state in memory: after the program's end one has to sign in again."""
