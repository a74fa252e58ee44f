"""How values are written into addresses and filters."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import date, datetime, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from urllib.parse import quote

from pocketbase.client_response_error import not_found


def moment(value: date) -> str:
    """A moment as PocketBase writes it, in UTC: `2024-01-15 10:30:00.000Z`. Without a time zone it counts as UTC."""
    if not isinstance(value, datetime):
        return f"{value.isoformat()} 00:00:00.000Z"
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)
    return f"{value.isoformat(' ', 'milliseconds')}Z"


def segment(value: object, what: str) -> str:
    """One segment of a path, percent-encoded. `what` names the argument in errors.

    Raises `TypeError` for what is neither text nor a whole number, and the error of a missing thing (404)
    for a text that can name nothing, without asking the server: the address would mean something else.
    """
    if not isinstance(value, str):
        if not isinstance(value, int) or isinstance(value, bool):
            raise TypeError(f"the {what} must be a str, not {type(value).__name__}")
        value = str(value)
    if value.isascii() and value.isalnum():
        return value
    if value in ("", ".", ".."):
        raise not_found("", f"Missing required {what}." if not value else f"No {what} can be {value!r}.")
    return quote(value, safe="")


def _scalar(value: Any) -> str:
    if isinstance(value, str):
        return str(value.value) if isinstance(value, Enum) else value
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, date):
        return moment(value)
    if isinstance(value, Enum):
        return _scalar(value.value)
    if isinstance(value, Mapping):
        return json_text(value)
    return str(value)


def query_pairs(query: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Query parameters as text: None is left out, a list repeats its key, a mapping becomes JSON."""
    pairs: list[tuple[str, str]] = []
    for key, value in query.items():
        if value is None:
            continue
        if isinstance(value, list | tuple | set | frozenset):
            pairs += [(key, _scalar(item)) for item in value if item is not None]
        else:
            pairs.append((key, _scalar(value)))
    return pairs


def encode_query(pairs: Iterable[tuple[str, str]]) -> str:
    """The part of an address after its question mark."""
    return "&".join(f"{quote(key, safe='')}={quote(value, safe='')}" for key, value in pairs)


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return moment(value)
    if isinstance(value, Decimal):
        return float(value)
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, set | frozenset):
        return list(value)
    if isinstance(value, Mapping):
        return dict(value.items())
    raise TypeError(f"{type(value).__name__} has no form in JSON")


def json_text(value: Any) -> str:
    """Compact JSON. Raises `TypeError` or `ValueError` for what has no form in it, such as NaN."""
    return json.dumps(value, default=_plain, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
