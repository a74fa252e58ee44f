"""What the server's answers become."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pocketbase.models.auth import (
        AuthMethodsList,
        AuthProviderInfo,
        MFAConfig,
        OAuth2Config,
        OAuthMeta,
        OTPConfig,
        PasswordConfig,
        RecordAuthResponse,
        RecordEvent,
    )
    from pocketbase.models.collection import (
        COLLECTION_TYPE_AUTH,
        COLLECTION_TYPE_BASE,
        COLLECTION_TYPE_VIEW,
        CollectionModel,
        FieldSchema,
    )
    from pocketbase.models.list_result import ListResult
    from pocketbase.models.record import RecordModel

__all__ = [
    "COLLECTION_TYPE_AUTH",
    "COLLECTION_TYPE_BASE",
    "COLLECTION_TYPE_VIEW",
    "AuthMethodsList",
    "AuthProviderInfo",
    "CollectionModel",
    "FieldSchema",
    "ListResult",
    "MFAConfig",
    "OAuth2Config",
    "OAuthMeta",
    "OTPConfig",
    "PasswordConfig",
    "RecordAuthResponse",
    "RecordEvent",
    "RecordModel",
]

# Loaded when first asked for.
_HOMES = {
    "AuthMethodsList": "auth",
    "AuthProviderInfo": "auth",
    "COLLECTION_TYPE_AUTH": "collection",
    "COLLECTION_TYPE_BASE": "collection",
    "COLLECTION_TYPE_VIEW": "collection",
    "CollectionModel": "collection",
    "FieldSchema": "collection",
    "ListResult": "list_result",
    "MFAConfig": "auth",
    "OAuth2Config": "auth",
    "OAuthMeta": "auth",
    "OTPConfig": "auth",
    "PasswordConfig": "auth",
    "RecordAuthResponse": "auth",
    "RecordEvent": "auth",
    "RecordModel": "record",
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
