"""A client for the admin interface of InstantDB and Ketch.

    from instantdb_admin_client import InstantDBAdminAPI, Update

    async with InstantDBAdminAPI(app_id="…", admin_token="…", base_url="http://127.0.0.1:8090") as db:
        await db.transact([Update("goals", "goal-1", {"title": "Get fit"})])
        print(await db.query({"goals": {}}))

`InstantDBAdmin` is the same client for code without `async`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from instantdb_admin_client.async_auth import AsyncAuth
    from instantdb_admin_client.async_auth import AsyncAuth as Auth
    from instantdb_admin_client.async_client import AsyncInstantDBAdmin
    from instantdb_admin_client.async_client import AsyncInstantDBAdmin as InstantDBAdminAPI
    from instantdb_admin_client.async_download import AsyncDownload
    from instantdb_admin_client.async_live import AsyncLiveQuery
    from instantdb_admin_client.async_rooms import AsyncRooms
    from instantdb_admin_client.async_storage import AsyncStorage
    from instantdb_admin_client.async_storage import AsyncStorage as Storage
    from instantdb_admin_client.auth import Auth as SyncAuth
    from instantdb_admin_client.builder import Chunk
    from instantdb_admin_client.client import InstantDBAdmin
    from instantdb_admin_client.constants import CORE_VERSION, VERSION
    from instantdb_admin_client.download import Download
    from instantdb_admin_client.errors import (
        InstantAPIError,
        InstantConnectionError,
        InstantError,
        InstantInputError,
        InstantTimeoutError,
    )
    from instantdb_admin_client.live import LiveQuery
    from instantdb_admin_client.models import (
        CardinalityKind,
        Config,
        DebugCheckResult,
        QueryDebugResult,
        QueryEvent,
        StorageFile,
        User,
    )
    from instantdb_admin_client.rooms import Rooms
    from instantdb_admin_client.steps import (
        Create,
        Delete,
        Link,
        Lookup,
        Merge,
        RuleParams,
        Step,
        Unlink,
        Update,
        id,
        lookup,
    )
    from instantdb_admin_client.storage import Storage as SyncStorage

# Where each name is, and what it is called there.
_PLACES: dict[str, tuple[str, str]] = {
    "AsyncAuth": ("async_auth", "AsyncAuth"),
    "AsyncDownload": ("async_download", "AsyncDownload"),
    "AsyncInstantDBAdmin": ("async_client", "AsyncInstantDBAdmin"),
    "AsyncLiveQuery": ("async_live", "AsyncLiveQuery"),
    "AsyncRooms": ("async_rooms", "AsyncRooms"),
    "AsyncStorage": ("async_storage", "AsyncStorage"),
    "Auth": ("async_auth", "AsyncAuth"),
    "CORE_VERSION": ("constants", "CORE_VERSION"),
    "CardinalityKind": ("models", "CardinalityKind"),
    "Chunk": ("builder", "Chunk"),
    "Config": ("models", "Config"),
    "Create": ("steps", "Create"),
    "DebugCheckResult": ("models", "DebugCheckResult"),
    "Delete": ("steps", "Delete"),
    "Download": ("download", "Download"),
    "InstantAPIError": ("errors", "InstantAPIError"),
    "InstantConnectionError": ("errors", "InstantConnectionError"),
    "InstantDBAdmin": ("client", "InstantDBAdmin"),
    "InstantDBAdminAPI": ("async_client", "AsyncInstantDBAdmin"),
    "InstantError": ("errors", "InstantError"),
    "InstantInputError": ("errors", "InstantInputError"),
    "InstantTimeoutError": ("errors", "InstantTimeoutError"),
    "Link": ("steps", "Link"),
    "LiveQuery": ("live", "LiveQuery"),
    "Lookup": ("steps", "Lookup"),
    "Merge": ("steps", "Merge"),
    "QueryDebugResult": ("models", "QueryDebugResult"),
    "QueryEvent": ("models", "QueryEvent"),
    "Rooms": ("rooms", "Rooms"),
    "RuleParams": ("steps", "RuleParams"),
    "Step": ("steps", "Step"),
    "Storage": ("async_storage", "AsyncStorage"),
    "StorageFile": ("models", "StorageFile"),
    "SyncAuth": ("auth", "Auth"),
    "SyncStorage": ("storage", "Storage"),
    "Unlink": ("steps", "Unlink"),
    "Update": ("steps", "Update"),
    "User": ("models", "User"),
    "VERSION": ("constants", "VERSION"),
    "id": ("steps", "id"),
    "lookup": ("steps", "lookup"),
}

__all__ = [
    "CORE_VERSION",
    "VERSION",
    "AsyncAuth",
    "AsyncDownload",
    "AsyncInstantDBAdmin",
    "AsyncLiveQuery",
    "AsyncRooms",
    "AsyncStorage",
    "Auth",
    "CardinalityKind",
    "Chunk",
    "Config",
    "Create",
    "DebugCheckResult",
    "Delete",
    "Download",
    "InstantAPIError",
    "InstantConnectionError",
    "InstantDBAdmin",
    "InstantDBAdminAPI",
    "InstantError",
    "InstantInputError",
    "InstantTimeoutError",
    "Link",
    "LiveQuery",
    "Lookup",
    "Merge",
    "QueryDebugResult",
    "QueryEvent",
    "Rooms",
    "RuleParams",
    "Step",
    "Storage",
    "StorageFile",
    "SyncAuth",
    "SyncStorage",
    "Unlink",
    "Update",
    "User",
    "id",
    "lookup",
]


def __getattr__(name: str) -> Any:
    place = _PLACES.get(name)
    if place is None:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    import importlib

    value = getattr(importlib.import_module(f"{__name__}.{place[0]}"), place[1])
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted({*globals(), *_PLACES})
