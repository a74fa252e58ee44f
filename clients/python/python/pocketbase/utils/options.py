"""Types of the `options` that every call takes. Every key may be left out; unknown keys become query parameters."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypedDict


class SendOptions(TypedDict, total=False):
    """Options of any call."""

    method: str
    headers: Mapping[str, str]
    body: Any
    query: Mapping[str, Any]
    params: Mapping[str, Any]
    request_key: str | None
    timeout: float
    """Seconds."""


class RecordOptions(SendOptions, total=False):
    """Options of a call that returns records."""

    expand: str
    fields: str


class RecordListOptions(RecordOptions, total=False):
    """Options of a list."""

    page: int
    perPage: int
    sort: str
    filter: str
    skipTotal: bool


class RecordFullListOptions(RecordListOptions, total=False):
    """Options of a full list."""

    batch: int
    """Records a request."""


class RecordAuthOptions(RecordOptions, total=False):
    """Options of a sign-in."""

    auto_refresh_threshold: float
    """Seconds before a superuser's token ends at which it is renewed."""


class FileOptions(SendOptions, total=False):
    """Options of a file's address."""

    thumb: str
    download: bool
