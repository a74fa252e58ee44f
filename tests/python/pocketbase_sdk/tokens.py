"""Tokens that look like the server's."""

from __future__ import annotations

import json
import time
from base64 import urlsafe_b64encode
from typing import Any


def make_token(seconds: float | None = 3600, **claims: Any) -> str:
    """A token that ends in some seconds; None: it names no end."""
    payload: dict[str, Any] = {"id": "r1", "type": "auth", "collectionId": "c1", **claims}
    if seconds is not None:
        payload["exp"] = int(time.time() + seconds)
    parts = ({"alg": "HS256", "typ": "JWT"}, payload)
    return ".".join([*(encoded(json.dumps(part).encode()) for part in parts), "signature"])


def encoded(data: bytes) -> str:
    return urlsafe_b64encode(data).rstrip(b"=").decode()
