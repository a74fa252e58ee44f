"""What the server's answers become."""

from __future__ import annotations

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
