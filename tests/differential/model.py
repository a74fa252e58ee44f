"""The vocabulary of the tables: a table has seeds and groups, a group is an ordered list of request rows."""

from __future__ import annotations

import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from harness.http import Part


class _Unset:
    def __repr__(self) -> str:
        return "UNSET"


UNSET: Final = _Unset()


@dataclass(frozen=True)
class R:
    """One request and the status that PocketBase answers.

    Strings in `url`, `q`, `json`, `form`, `parts`, `headers` and `auth` may hold `{name}` of a value saved before;
    `{token_NAME}` is the token of a signed-in user.
    """

    name: str
    method: str
    url: str
    status: int = 200
    auth: str = ""
    """A signed-in user of the table, `super`, or the text of an Authorization header."""
    json: Any = UNSET
    form: Sequence[tuple[str, str]] | None = None
    parts: Sequence[Part] | None = None
    body: bytes | None = None
    q: Mapping[str, str] | None = None
    headers: Mapping[str, str] | None = None
    chunked: bool = False
    save: Mapping[str, str] | None = None
    """Variable name to dotted path in the answer, kept per server; the path `file:a.b` keeps a file name's tail."""
    redact: Sequence[str] = ()
    """Dotted paths of random values (`*` matches any key or index): only type and length are compared."""
    ordered: bool = False
    """Compare the order of object keys too."""
    ids: Sequence[str] | None = None
    """The record ids that PocketBase lists, so that a row cannot pass by finding nothing."""
    compare_body: bool = True


@dataclass(frozen=True)
class Group:
    """Rows that run in order, each seeing what the earlier ones changed."""

    name: str
    rows: Sequence[R]


@dataclass(frozen=True)
class User:
    """An auth record of the seed that rows name in `auth`."""

    collection: str
    identity: str
    password: str = "password123"


@dataclass(frozen=True)
class Table:
    """An area's requests. Each table gets its own pair of servers, seeded in the order of the fields below."""

    name: str
    groups: Sequence[Group]
    collections: Sequence[Mapping[str, Any]] = ()
    records: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)
    seed: Sequence[R] = ()
    users: Mapping[str, User] = field(default_factory=dict)
    public: Mapping[str, bytes] = field(default_factory=dict)
    """Files put into pb_public."""


def singles(rows: Sequence[R]) -> list[Group]:
    """Independent rows: a group of one for each."""
    return [Group(row.name, [row]) for row in rows]


def collection_id(name: str, kind: str = "base") -> str:
    """The id that a collection gets when none is given."""
    return f"pbc_{zlib.crc32((kind + name).encode())}"


def records(collection: str) -> str:
    return f"/api/collections/{collection}/records"
