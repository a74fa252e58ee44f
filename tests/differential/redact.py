"""Replaces what differs between any two servers (ids, times, tokens) by stable marks.

Equal values get equal numbers, so that references in an answer still have to line up.
Ids chosen by a table contain `0000` and are left alone.
"""

from __future__ import annotations

import base64
import binascii
import json
import re
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

_JWT = re.compile(r"eyJ[\w-]+\.([\w-]+)\.[\w-]+")
_DATE = re.compile(r"\d{4}-\d\d-\d\d[ T]\d\d:\d\d:\d\d(?:\.\d+)?(?:Z| [+]0000 UTC)?")
_HTTP_DATE = re.compile(r"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d\d \w{3} \d{4} \d\d:\d\d:\d\d GMT")
_FILE = re.compile(r"(?<!\w)(?P<base>\w+?)_(?P<tail>[a-z0-9]{10})(?=\.\w)")
_SHORT_BASE = re.compile(r"(\w{0,2})[a-z0-9]{10}")
_ID = re.compile(r"(?<![A-Za-z0-9_])[a-z0-9]{15}(?![A-Za-z0-9_])")
# Fields of views are named anew at every save.
_CLONE = re.compile(r"_clone_\w{4}")
# What follows is a message of the database or the parser, in the words of their libraries.
_RAW_ERROR = re.compile(r"(Raw error:|Invalid query -|Error parsing regexp:).*", re.DOTALL)
# PocketBase names the collections that refer to another one in any order.
_REFERENCES = re.compile(r"(?<=existing reference in )[\w, ]+")
_NEAR = timedelta(minutes=10)
_CHOSEN = "0000"


class Number(str):
    """A JSON number as written, so that `1` and `1.0` differ."""

    __slots__ = ()


def parse(body: bytes) -> Any:
    """Decodes JSON without losing how numbers are written. Object key order is kept."""
    return json.loads(body, parse_float=Number, parse_int=Number)


class Redactor:
    """One server's marks. Keep one for a group so that numbers carry over between its rows."""

    def __init__(self, port: int) -> None:
        self._host = f"127.0.0.1:{port}"
        self._ids: dict[str, str] = {}

    def text(self, value: str) -> str:
        value = value.replace(self._host, "<host>")
        value = _JWT.sub(lambda m: self._token(m.group(0), m.group(1)), value)
        value = _DATE.sub(lambda m: _date(m.group(0)), value)
        value = _RAW_ERROR.sub(r"\1 <text>", value)
        value = _REFERENCES.sub(lambda m: ", ".join(sorted(m.group(0).split(", "))), value)
        value = _HTTP_DATE.sub("<http-date>", value)
        value = _CLONE.sub("_clone_<rand>", value)
        value = _FILE.sub(_file, value)
        return _ID.sub(lambda m: self._id(m.group(0)), value)

    def json(self, value: Any) -> Any:
        if isinstance(value, Number):
            return value
        if isinstance(value, str):
            return self.text(value)
        if isinstance(value, list):
            return [self.json(item) for item in value]
        if isinstance(value, dict):
            # Sorted, so that numbering does not depend on the order in which a server writes keys.
            done = {key: self.json(value[key]) for key in sorted(value)}
            return {self.text(key): done[key] for key in value}
        return value

    def _id(self, found: str) -> str:
        if _CHOSEN in found or found.isdigit():
            return found
        return self._ids.setdefault(found, f"<id{len(self._ids) + 1}>")

    def _token(self, whole: str, payload: str) -> str:
        try:
            claims = json.loads(base64.urlsafe_b64decode(payload + "=" * (-len(payload) % 4)))
        except (ValueError, binascii.Error):
            return whole
        if "exp" in claims:
            left = claims["exp"] - datetime.now(UTC).timestamp()
            claims["exp"] = f"in {round(left / 60)} min"
        return f"<token {json.dumps(self.json(claims))}>"


def _date(found: str) -> str:
    try:
        when = datetime.fromisoformat(found[:19]).replace(tzinfo=UTC)
    except ValueError:
        return found
    if abs(datetime.now(UTC) - when) > _NEAR:
        return found
    return "<now" + re.sub(r"\d", "0", found[19:]) + ">"


def _file(match: re.Match[str]) -> str:
    base = match.group("base")
    if _CHOSEN in match.group("tail"):
        return match.group(0)
    # Names shorter than three characters get ten random ones appended.
    short = _SHORT_BASE.fullmatch(base)
    return f"{short.group(1)}<rand>_<rand>" if short else f"{base}_<rand>"


def mask(value: Any, paths: Sequence[str]) -> Any:
    """Replaces the values at dotted paths by their type and length."""
    for path in paths:
        value = _mask(value, path.split("."))
    return value


def _mask(value: Any, path: Sequence[str]) -> Any:
    if not path:
        if isinstance(value, str) and value.startswith("pbc_"):
            return "<collection id>"
        shape = f" of {len(value)}" if isinstance(value, str) and not isinstance(value, Number) else ""
        return f"<{type(value).__name__}{shape}>"
    head, rest = path[0], path[1:]
    if isinstance(value, dict):
        return {k: _mask(v, rest) if head in ("*", k) else v for k, v in value.items()}
    if isinstance(value, list):
        return [_mask(v, rest) if head in ("*", str(i)) else v for i, v in enumerate(value)]
    return value


def differences(left: Any, right: Any, *, ordered: bool = False, path: str = "") -> Iterator[str]:
    """Yields one line for each place where two redacted values differ."""
    if isinstance(left, dict) and isinstance(right, dict):
        for key in left.keys() - right.keys():
            yield f"{path}.{key}: {show(left[key])} | absent"
        for key in right.keys() - left.keys():
            yield f"{path}.{key}: absent | {show(right[key])}"
        for key in left:
            if key in right:
                yield from differences(left[key], right[key], ordered=ordered, path=f"{path}.{key}")
        if ordered and left.keys() == right.keys() and list(left) != list(right):
            yield f"{path}: key order {' '.join(left)} | {' '.join(right)}"
    elif isinstance(left, list) and isinstance(right, list):
        if len(left) != len(right):
            yield f"{path}: {len(left)} items | {len(right)} items: {show(left)} | {show(right)}"
            return
        for index, (a, b) in enumerate(zip(left, right, strict=True)):
            yield from differences(a, b, ordered=ordered, path=f"{path}[{index}]")
    elif type(left) is not type(right) or left != right:
        yield f"{path}: {show(left)} | {show(right)}"


def show(value: Any) -> str:
    text = str(value) if isinstance(value, Number) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 300 else text[:300] + "…"
