"""Auth stores: where a client keeps who is signed in."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbase.stores.base_auth_store import BaseAuthStore
    from pocketbase.stores.external_auth_store import AsyncAuthStore
    from pocketbase.stores.file_auth_store import FileAuthStore
    from pocketbase.stores.memory_auth_store import MemoryAuthStore

__all__ = ["AsyncAuthStore", "BaseAuthStore", "FileAuthStore", "MemoryAuthStore"]

# Loaded when first asked for.
_HOMES = {
    "AsyncAuthStore": "external_auth_store",
    "BaseAuthStore": "base_auth_store",
    "FileAuthStore": "file_auth_store",
    "MemoryAuthStore": "memory_auth_store",
}


def __getattr__(name: str) -> object:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    value: object = getattr(import_module(f"{__name__}.{_HOMES[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
