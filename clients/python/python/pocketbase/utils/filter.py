"""Filters with values put in safely."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Any

from pocketbase.utils.text import json_text, moment

_PLACEHOLDER = re.compile(r"\{:([^{}]*)\}")


def build_filter(expression: str, params: Mapping[str, Any] | None = None) -> str:
    """Puts values into the placeholders of a filter, such as `{:title}`, quoted so that none can break out.

    Texts are quoted, numbers and booleans written plainly, `None` is `null`, moments are in UTC with milliseconds
    (without a time zone: taken as UTC), mappings are JSON text. Placeholders without a value stay as they are.

    Raises `ValueError` for a number that is infinite or none.
    """
    if not params:
        return expression

    def filled(match: re.Match[str]) -> str:
        name = match.group(1)
        return _literal(params[name], name) if name in params else match.group()

    # One pass: what a value brings in is not looked at again.
    return _PLACEHOLDER.sub(filled, expression)


def _quoted(text: str) -> str:
    # The backslash first: one at the end of a value would take the closing quote with it.
    return "'" + text.replace("\\", "\\\\").replace("'", "\\'") + "'"


def _literal(value: Any, name: str) -> str:
    if value is None:
        return "null"
    if isinstance(value, Enum):
        return _literal(value.value, name)
    if isinstance(value, str):
        return _quoted(value)
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, int):
        return str(int(value))
    if isinstance(value, float | Decimal):
        if not math.isfinite(value):
            raise ValueError(f"the value {value} for {{:{name}}} is no number that a filter can hold")
        text = str(value)
        # The language knows no exponents.
        return format(Decimal(text), "f") if "e" in text.lower() else text
    if isinstance(value, date):
        return _quoted(moment(value))
    if isinstance(value, list | tuple):
        return "[" + ", ".join(_literal(item, name) for item in value) + "]"
    try:
        return _quoted(json_text(value))
    except TypeError:
        return _quoted(str(value))
