"""Reads tokens. Nothing here checks a signature: that is the server's part."""

from __future__ import annotations

import binascii
import json
import time
from base64 import urlsafe_b64decode
from typing import Any


def get_token_payload(token: str) -> dict[str, Any]:
    """The claims of a JSON web token; empty if `token` is none."""
    parts = token.split(".") if isinstance(token, str) else []
    if len(parts) != 3:
        return {}
    part = parts[1]
    try:
        payload = json.loads(urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    except (ValueError, binascii.Error, RecursionError):
        return {}
    return payload if isinstance(payload, dict) else {}


def is_token_expired(token: str, threshold_seconds: float = 0) -> bool:
    """Whether a token is over within `threshold_seconds`. One that names no end counts as expired."""
    end = get_token_payload(token).get("exp")
    if isinstance(end, bool) or not isinstance(end, int | float):
        return True
    return time.time() + threshold_seconds >= end
