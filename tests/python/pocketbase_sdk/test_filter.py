"""Values in filters."""

from __future__ import annotations

import json
from datetime import date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any
from uuid import UUID

import pytest
from pocketbase import AsyncPocketBase, PocketBase
from pocketbase.utils.filter import build_filter


class Colour(Enum):
    RED = "r'ed"


class Level(str, Enum):  # noqa: UP042
    HIGH = "high"


class Custom:
    def __str__(self) -> str:
        return "it's \\"


VALUES: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (False, "false"),
    (123, "123"),
    (-1, "-1"),
    (10**30, "1" + "0" * 30),
    (1.5, "1.5"),
    (1e20, "100000000000000000000"),
    (1e-7, "0.0000001"),
    (Decimal("1.10"), "1.10"),
    ("te'st", r"'te\'st'"),
    ("", "''"),
    ("ü\n", "'ü\n'"),
    ("end\\", r"'end\\'"),
    ("\\'", r"'\\\''"),
    (datetime(2024, 1, 15, 10, 30), "'2024-01-15 10:30:00.000Z'"),
    (datetime(2024, 1, 15, 10, 30, 0, 123999), "'2024-01-15 10:30:00.123Z'"),
    (datetime(2024, 1, 15, 10, 30, tzinfo=timezone(timedelta(hours=2))), "'2024-01-15 08:30:00.000Z'"),
    (date(2024, 1, 15), "'2024-01-15 00:00:00.000Z'"),
    (["a", "b", "c'"], r"['a', 'b', 'c\'']"),
    ((1, None), "[1, null]"),
    ({"a": "b'c"}, r"""'{"a":"b\'c"}'"""),
    (Colour.RED, r"'r\'ed'"),
    (Level.HIGH, "'high'"),
    (UUID(int=1), "'00000000-0000-0000-0000-000000000001'"),
    (Custom(), r"'it\'s \\'"),
]


@pytest.mark.parametrize(("value", "text"), VALUES, ids=[repr(row[0])[:30] for row in VALUES])
def test_value(value: Any, text: str) -> None:
    assert build_filter("x = {:v}", {"v": value}) == f"x = {text}"


def test_placeholders() -> None:
    assert build_filter("a = 1") == "a = 1"
    assert build_filter("a = {:x}", {}) == "a = {:x}"
    assert build_filter("a = {:x} || b = {:y}", {"x": 1}) == "a = 1 || b = {:y}"
    assert build_filter("{:x} {:x}{:x}", {"x": 1}) == "1 11"
    assert build_filter("{:a b}", {"a b": 1}) == "1"
    expected = r"title ~ 'te\'st' && (totalA = 123 || totalB = 123)"
    text, values = "title ~ {:title} && (totalA = {:num} || totalB = {:num})", {"title": "te'st", "num": 123}
    assert PocketBase("http://127.0.0.1:1").filter(text, values) == expected
    assert AsyncPocketBase("http://127.0.0.1:1").filter(text, params=values) == expected


def test_one_pass() -> None:
    """A value that looks like a placeholder is only a value."""
    assert build_filter("{:a} {:b}", {"a": "{:b}", "b": "x"}) == "'{:b}' 'x'"


@pytest.mark.parametrize("number", [float("nan"), float("inf"), -float("inf"), Decimal("NaN"), [float("nan")]])
def test_no_number(number: Any) -> None:
    with pytest.raises(ValueError, match="no number"):
        build_filter("x = {:v}", {"v": number})
    with pytest.raises(ValueError, match="JSON"):
        build_filter("x = {:v}", {"v": {"n": float("nan")}})


HOSTILE = ["\\", " || 1=1 //", "'", "\\'", "' || 1=1 || '", "{:b}", '"', "\n", "\\\\'", "%", "é'"]


def test_nothing_breaks_out(admin: Any, posts: str) -> None:
    """A filter with hostile values finds the record that has them, and no other."""
    service = admin.collection(posts)
    service.create({"title": "plain", "data": "other"})
    for first in HOSTILE:
        for second in HOSTILE[:5]:
            values = {"a": first, "b": second}
            text = admin.filter("title = {:a} && data = {:b}", values)
            assert service.get_list(1, 30, {"filter": text}).items == [], text
    for value in HOSTILE:
        made = service.create({"title": value})
        found = service.get_full_list(filter=admin.filter("title = {:a}", {"a": value}))
        assert [record.id for record in found] == [made.id], value
        service.delete(made.id)


def test_moments(admin: Any, posts: str) -> None:
    service = admin.collection(posts)
    at = datetime(2024, 1, 15, 12, 30, 0, 250000, tzinfo=timezone(timedelta(hours=2)))
    made = service.create({"when": at})
    assert made.when == "2024-01-15 10:30:00.250Z"
    text = admin.filter("when = {:w}", {"w": at})
    assert service.get_first_list_item(text).id == made.id


def test_json_text_is_json() -> None:
    text = build_filter("{:v}", {"v": {"a": [1, None, True]}})
    assert json.loads(text[1:-1]) == {"a": [1, None, True]}
