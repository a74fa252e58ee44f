"""The cookie of an auth store."""

from __future__ import annotations

import json
import re
from base64 import b64decode, urlsafe_b64decode
from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, timezone
from typing import Any
from urllib.parse import quote, unquote

from pocketbase.models.attributes import camel_case
from pocketbase.models.record import RecordModel
from pocketbase.utils.jwt import get_token_payload
from pocketbase.utils.text import json_text

_MAX_BYTES = 4096
_KEPT_FIELDS = ("id", "email", "collectionId", "collectionName", "verified")
_QUOTED = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_ESCAPED = re.compile(r"\\([0-3][0-7]{2}|.)", re.DOTALL)
# The samples of web frameworks put an exported cookie into a cookie; more layers than this are junk.
_MAX_DEPTH = 4
_OPTIONS = {"encode", "maxAge", "domain", "path", "expires", "httpOnly", "secure", "priority", "sameSite"}


def write_cookie(token: str, record: RecordModel | None, key: str, options: Mapping[str, Any]) -> str:
    """The state as the value of a `Set-Cookie` header."""
    given = {camel_case(name): value for name, value in options.items()}
    unknown = sorted(given.keys() - _OPTIONS)
    if unknown:
        raise TypeError(f"a cookie has no option {unknown[0]!r}; there are {', '.join(sorted(_OPTIONS))}")
    end = get_token_payload(token).get("exp")
    values = {
        "httpOnly": True,
        "secure": True,
        "sameSite": True,
        "path": "/",
        "expires": _moment(end) if isinstance(end, int | float) else _moment(0),
        **given,
    }
    encode: Callable[[str], str] = values.get("encode") or _encode
    cookie = _written(key, {"token": token, "record": record}, values, encode)
    if record and len(cookie.encode()) > _MAX_BYTES:
        small = {name: record[name] for name in _KEPT_FIELDS if name in record}
        cookie = _written(key, {"token": token, "record": small}, values, encode)
    return cookie


def _encode(text: str) -> str:
    return quote(text, safe="!'()*~")


def _moment(seconds: float) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone.utc)
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, timezone.utc)


def _written(key: str, state: dict[str, Any], options: Mapping[str, Any], encode: Callable[[str], str]) -> str:
    parts = [f"{key}={encode(json_text(state))}"]
    if options.get("maxAge") is not None:
        parts.append(f"Max-Age={int(options['maxAge'])}")
    for name in ("domain", "path"):
        if options.get(name):
            parts.append(f"{name.capitalize()}={options[name]}")
    expires = options.get("expires")
    if isinstance(expires, datetime):
        if expires.tzinfo is None:
            expires = expires.replace(tzinfo=timezone.utc)
        from email.utils import format_datetime

        expires = format_datetime(expires.astimezone(timezone.utc), usegmt=True)
    if expires:
        parts.append(f"Expires={expires}")
    if options.get("httpOnly"):
        parts.append("HttpOnly")
    if options.get("secure"):
        parts.append("Secure")
    if options.get("priority"):
        parts.append(f"Priority={str(options['priority']).capitalize()}")
    same_site = options.get("sameSite")
    if same_site:
        parts.append(f"SameSite={'Strict' if same_site is True else str(same_site).capitalize()}")
    return "; ".join(parts)


def parse_cookie(text: str, key: str) -> tuple[str, RecordModel | None]:
    """Token and record out of a cookie in any of the forms that travel; ("", None) where there are none."""
    if isinstance(text, bytes):
        text = text.decode("utf-8", "replace")
    state = _state(text, key, 0) if isinstance(text, str) else None
    if state is None:
        return "", None
    token, record = state.get("token"), state.get("record") or state.get("model")
    if not isinstance(token, str):
        return "", None
    return token, RecordModel.model_validate(record) if isinstance(record, dict) and record else None


def _state(text: str, key: str, depth: int) -> dict[str, Any] | None:
    """A header or `Set-Cookie` with the key, the same as the value of a cookie, or the bare value."""
    if depth > _MAX_DEPTH:
        return None
    for name, value in _pairs(text):
        if name == key:
            value = _unquoted(value)
            nested = unquote(value) if "%" in value else value
            return _value(value) or _state(value, key, depth + 1) or _state(nested, key, depth + 1)
    # Only a whole text can be a bare value: the value of another cookie must not count.
    return _value(_unquoted(text.strip()))


def _pairs(text: str) -> Iterator[tuple[str, str]]:
    """Names and values of a header, in time that grows with its length only. Quotes may hold semicolons."""
    position, equals = 0, text.find("=")
    while equals >= 0:
        name = text[max(position, text.rfind(";", position, equals) + 1) : equals].strip()
        start = equals + 1
        while text[start : start + 1].isspace():
            start += 1
        quoted = _QUOTED.match(text, start)
        end = text.find(";", quoted.end() if quoted else start)
        end = len(text) if end < 0 else end
        yield name, quoted.group() if quoted else text[start:end].strip()
        position = end + 1
        equals = text.find("=", position)


def _unquoted(value: str) -> str:
    if len(value) < 2 or value[0] != '"' or value[-1] != '"':
        return value
    return _ESCAPED.sub(lambda m: chr(int(m[1], 8)) if len(m[1]) == 3 else m[1], value[1:-1])


def _value(text: str) -> dict[str, Any] | None:
    """URL-encoded JSON, JSON or base64 of JSON."""
    for decode in (unquote, str, _base64):
        try:
            state = json.loads(decode(text))
        except (ValueError, RecursionError):
            continue
        if isinstance(state, dict):
            return state
    return None


def _base64(text: str) -> str:
    padded = text + "=" * (-len(text) % 4)
    decode = urlsafe_b64decode if "-" in text or "_" in text else b64decode
    return decode(padded.encode("ascii")).decode()
