"""Auth stores: where a client keeps who is signed in."""

from __future__ import annotations

from pocketbase.stores.base_auth_store import BaseAuthStore
from pocketbase.stores.external_auth_store import AsyncAuthStore
from pocketbase.stores.file_auth_store import FileAuthStore
from pocketbase.stores.memory_auth_store import MemoryAuthStore

__all__ = ["AsyncAuthStore", "BaseAuthStore", "FileAuthStore", "MemoryAuthStore"]
