"""What a call asks for, out of its arguments."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from pocketbase.models.attributes import AttributeDict
from pocketbase.utils.text import query_pairs


class Default:
    """Stands for an argument that was not given where None means something."""

    def __repr__(self) -> str:
        return "…"


DEFAULT: Final = Default()
_METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS")
# Options that are no query parameters, with the field of `Request` that they set.
_KNOWN = {
    "method": "method",
    "headers": "headers",
    "body": "body",
    "query": "query",
    "params": "params",
    "request_key": "key",
    "requestKey": "key",
    "$cancelKey": "key",
    "$autoCancel": "auto_cancel",
    "timeout": "timeout",
    # A way to send of the JavaScript client, which has no meaning here.
    "fetch": "fetch",
}


def merged(options: Mapping[str, Any] | None, extra: Mapping[str, Any]) -> dict[str, Any]:
    """All options of a call: those in `options` and the keyword arguments, which win.

    Raises `TypeError` if `options` is no mapping.
    """
    if options is None:
        return dict(extra)
    if not isinstance(options, Mapping):
        raise TypeError(f"the options must be a dict, not {type(options).__name__}")
    return {**_plain(options), **extra}


def _plain(mapping: Mapping[str, Any]) -> dict[str, Any]:
    # A record leaves out two of its keys when it is unpacked.
    return dict(mapping.items()) if isinstance(mapping, AttributeDict) else dict(mapping)


def header_texts(headers: Mapping[str, Any]) -> dict[str, str]:
    """Headers as text; those that are None are left out."""
    return {str(name): str(value) for name, value in headers.items() if value is not None}


class Request:
    """One request before it is written: what hooks see and may change."""

    __slots__ = ("body", "headers", "key", "method", "path", "query", "timeout")

    def __init__(self, method: str, path: str, query: Mapping[str, Any] | None = None, body: Any = None) -> None:
        self.method = method
        self.path = path
        self.query: dict[str, Any] = dict(query) if query else {}
        self.body = body
        self.headers: dict[str, str] = {}
        self.key: Any = DEFAULT
        self.timeout: float | None = None

    def apply(self, options: Mapping[str, Any]) -> None:
        """Sets what the options say. A body of theirs is merged into one that is there."""
        given: dict[str, Any] = {}
        for name, value in options.items():
            known = _KNOWN.get(name)
            if known is None:
                self.query[name] = value
            else:
                given[known] = value
        if not given:
            return
        if given.get("method"):
            self.method = str(given["method"]).upper()
        for known in ("params", "query"):
            query = given.get(known)
            if query is not None:
                if not isinstance(query, Mapping):
                    raise TypeError(f"the option {known!r} must be a dict, not {type(query).__name__}")
                self.query.update(query)
        headers = given.get("headers")
        if headers is not None:
            if not isinstance(headers, Mapping):
                raise TypeError(f"the option 'headers' must be a dict, not {type(headers).__name__}")
            self.headers = header_texts(headers)
        if "body" in given:
            self._merge_body(given["body"])
        if given.get("auto_cancel") is False:
            self.key = None
        if "key" in given:
            key = given["key"]
            if key is not None and not isinstance(key, str):
                raise TypeError(f"the option 'request_key' must be a str or None, not {type(key).__name__}")
            self.key = key
        timeout = given.get("timeout")
        if timeout is not None:
            if isinstance(timeout, bool) or not isinstance(timeout, int | float):
                raise TypeError(f"the option 'timeout' must be a number of seconds, not {type(timeout).__name__}")
            self.timeout = float(timeout)

    def _merge_body(self, body: Any) -> None:
        if isinstance(self.body, Mapping) and isinstance(body, Mapping):
            self.body = {**_plain(self.body), **_plain(body)}
        elif body is not None:
            self.body = body

    def pairs(self) -> list[tuple[str, str]]:
        """The query as text."""
        return query_pairs(self.query) if self.query else []


def own_key(key: str) -> str:
    """The key of a request as this client writes it: `GET /api/users`, also for `GET/api/users`."""
    for method in _METHODS:
        if key.startswith(f"{method}/"):
            return f"{method} {key[len(method) :]}"
    return key
