"""What calls return."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields
from enum import Enum
from typing import Any, Literal, TypedDict

from instantdb_admin_client.errors import InstantError


class User(TypedDict, total=False):
    """A user of an app. Fields of one's own and those of the server are there as well."""

    id: str
    email: str
    refresh_token: str
    app_id: str
    created_at: str
    type: str
    isGuest: bool
    imageURL: str
    linkedPrimaryUser: str


class QueryDebugResult(TypedDict):
    """What `debug_query` returns."""

    result: dict[str, Any]
    checkResults: list[DebugCheckResult]


class CardinalityKind(str, Enum):
    """How many entities a link leads to."""

    ONE = "one"
    MANY = "many"


@dataclass(frozen=True)
class Config:
    """Which app on which server a client asks."""

    app_id: str
    base_url: str

    def __getitem__(self, name: str) -> str:
        if name not in ("app_id", "base_url"):
            raise KeyError(name)
        return str(getattr(self, name))


@dataclass
class DebugCheckResult:
    """What a permission check of a query said about one entity.

    `check` is the value of the rule: True where it lets the entity through. `label` names the field of a rule for
    a field, `program` is the rule. What a server adds beyond these is in `extra`.
    """

    id: str
    entity: str
    record: dict[str, Any]
    check: Any
    label: str | None = None
    program: dict[str, Any] | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> DebugCheckResult:
        """A check as the server tells it."""
        known, extra = _split(cls, answer)
        return cls(
            id=known.get("id", ""),
            entity=known.get("entity", ""),
            record=known.get("record") or {},
            check=known.get("check"),
            label=known.get("label"),
            program=known.get("program"),
            extra=extra,
        )


@dataclass
class StorageFile:
    """A file of an app.

    `name` is its path, `size` its length in bytes, `key` where it lies in the store. `etag` and `last_modified` are
    None on today's servers. What a server adds beyond these is in `extra`.
    """

    key: str
    name: str
    size: int
    etag: str | None = None
    last_modified: int | None = None
    extra: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(cls, answer: Mapping[str, Any]) -> StorageFile:
        """A file as the server tells it."""
        known, extra = _split(cls, answer)
        return cls(
            key=known.get("key", ""),
            name=known.get("name", ""),
            size=known.get("size") or 0,
            etag=known.get("etag"),
            last_modified=known.get("last_modified"),
            extra=extra,
        )


def _split(cls: type[Any], answer: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    names = {each.name for each in fields(cls)} - {"extra"}
    known = {name: value for name, value in answer.items() if name in names}
    return known, {name: value for name, value in answer.items() if name not in names}


@dataclass(frozen=True)
class QueryEvent:
    """What a live query tells. Its fields are also there as `event["data"]`.

    `type` is one of

    - `"ok"`: `data` is the whole result as it is now, `page_info` and `aggregate` have an entry for each namespace
      that was asked for pages or counts.
    - `"gap"`: the connection is gone, and is being opened again; `error` says why, if that is known. Changes of the
      meantime are in the next `"ok"`.
    - `"error"`: the server refuses the query; `error` says why. It is the last event.
    """

    type: Literal["ok", "gap", "error"]
    data: dict[str, Any] | None = None
    page_info: dict[str, Any] = field(default_factory=dict)
    aggregate: dict[str, Any] = field(default_factory=dict)
    error: InstantError | None = None

    def __getitem__(self, name: str) -> Any:
        if name not in self.keys():
            raise KeyError(name)
        return getattr(self, name)

    def keys(self) -> Iterator[str]:
        """The names of the fields."""
        return iter(("type", "data", "page_info", "aggregate", "error"))
