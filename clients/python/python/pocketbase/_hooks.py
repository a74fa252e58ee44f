"""What a `before_send` hook sees, and what it may give back."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pocketbase._request import DEFAULT, Request, header_texts


def hook_options(request: Request) -> dict[str, Any]:
    """The request as the dictionary that the hook may change."""
    options = {
        "method": request.method,
        "headers": request.headers,
        "params": request.query,
        "body": request.body,
        "timeout": request.timeout,
    }
    if request.key is not DEFAULT:
        options["request_key"] = request.key
    return options


def take_hook_result(request: Request, url: str, options: dict[str, Any], result: Any) -> str:
    """Sets the request as the hook wants it; returns the address.

    The hook returns `(url, options)`, a dict with these two keys, new options, or nothing if it changed the options.
    """
    if isinstance(result, tuple) and len(result) == 2:
        url, options = result
    elif isinstance(result, Mapping) and ("url" in result or "options" in result):
        url, options = result.get("url", url), result.get("options", options)
    elif isinstance(result, Mapping):
        options = dict(result)
    elif result is not None:
        raise TypeError(f"before_send must return (url, options), not {type(result).__name__}")
    if not isinstance(url, str) or not isinstance(options, Mapping):
        raise TypeError("before_send must return (url, options): a str and a dict")
    request.method = str(options.get("method") or request.method).upper()
    request.headers = header_texts(options.get("headers") or {})
    request.query = {**(options.get("params") or {}), **(options.get("query") or {})}
    request.body = options.get("body")
    request.timeout = options.get("timeout")
    request.key = options.get("request_key", DEFAULT)
    return url
