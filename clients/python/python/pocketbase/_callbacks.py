"""Callbacks of subscriptions to records."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pocketbase.models.auth import RecordEvent


class RecordCallback:
    """Hands on what a callback for messages gets as a change of a record. Equal to another one of the same callback."""

    def __init__(self, callback: Callable[[Any], Any]) -> None:
        self._callback = callback

    def __call__(self, data: Any) -> Any:
        return self._callback(RecordEvent(data) if isinstance(data, dict) else data)

    def __eq__(self, other: object) -> bool:
        return self._callback == (other._callback if isinstance(other, RecordCallback) else other)

    def __hash__(self) -> int:
        return hash(self._callback)
