"""JSON in both directions, compared with Python's own."""

from __future__ import annotations

import dataclasses
import datetime as dt
import enum
import json
import random
import types
import uuid
from decimal import Decimal
from typing import Any

import pytest
from ketch._core import CoreError, decode_json, encode_json


class Color(enum.Enum):
    RED = "red"


class Level(enum.IntEnum):
    HIGH = 3


@dataclasses.dataclass
class Point:
    x: int
    label: str | None = None


class Hidden(dict[str, Any]):
    """Shows fewer keys than it has."""

    def keys(self) -> Any:
        return [key for key, _ in self.items() if key != "hidden"]

    def __iter__(self) -> Any:
        return iter(self.keys())


class Model:
    def model_dump(self, mode: str) -> dict[str, Any]:
        return {"mode": mode}


BERLIN = dt.timezone(dt.timedelta(hours=2))
CASES: list[tuple[Any, str]] = [
    (None, "null"),
    (True, "true"),
    (2**80, str(2**80)),
    (-(2**63), str(-(2**63))),
    (Level.HIGH, "3"),
    (Color.RED, '"red"'),
    ('a"\\\n\u2028é😀', '"a\\"\\\\\\n\u2028é😀"'),
    ((1, [2.5, {}]), "[1,[2.5,{}]]"),
    ({2: "a", None: "b", True: "c", 1.5: "d"}, '{"2":"a","null":"b","true":"c","1.5":"d"}'),
    (Point(1), '{"x":1,"label":null}'),
    (Model(), '{"mode":"json"}'),
    (types.MappingProxyType({"a": 1}), '{"a":1}'),
    (Hidden(a=1, hidden=2), '{"a":1,"hidden":2}'),
    (uuid.UUID(int=7), '"00000000-0000-0000-0000-000000000007"'),
    (Decimal("1.10"), "1.10"),
    (dt.datetime(2024, 1, 15, 10, 30, 0, 123999), '"2024-01-15 10:30:00.123Z"'),
    (dt.datetime(2024, 1, 15, 1, 30, tzinfo=BERLIN), '"2024-01-14 23:30:00.000Z"'),
    (dt.date(2024, 1, 15), '"2024-01-15 00:00:00.000Z"'),
]


@pytest.mark.parametrize(("value", "text"), CASES, ids=[str(index) for index in range(len(CASES))])
def test_written(value: Any, text: str) -> None:
    assert encode_json(value).decode() == text


def test_dates_may_be_those_of_iso() -> None:
    assert encode_json(dt.datetime(2024, 1, 15, 1, 30, tzinfo=BERLIN), iso_dates=True) == b'"2024-01-15T01:30:00+02:00"'
    assert encode_json({"day": dt.date(2024, 1, 15)}, iso_dates=True) == b'{"day":"2024-01-15"}'


def endless() -> list[Any]:
    value: list[Any] = []
    value.append(value)
    return value


@pytest.mark.parametrize(
    ("value", "part"),
    [
        (float("nan"), "NaN"),
        ([float("-inf")], "-inf"),
        (Decimal("NaN"), "NaN"),
        ({1, 2}, "set"),
        (b"bytes", "bytes"),
        (object(), "object"),
        (Point, "type"),
        ({(1,): 2}, "key"),
        ("\ud800", "surrogates"),
        (endless(), "contains itself"),
    ],
    ids=range(10),
)
def test_refused(value: Any, part: str) -> None:
    with pytest.raises(CoreError, match=part) as caught:
        encode_json(value)
    assert caught.value.kind == "input"


def test_read_as_python_reads() -> None:
    for text in (
        "1",
        "-0",
        "1e400",
        '"\\u00e9\\ud83d\\ude00"',
        "[]",
        " {} ",
        '{"a":{"a":{"a":[1.0,1e3]}}}',
        "18446744073709551615",
    ):
        if text == "1e400":
            with pytest.raises(ValueError, match="range"):
                decode_json(text)
        else:
            assert decode_json(text) == json.loads(text)
            assert decode_json(text.encode()) == json.loads(text)
    for bad in ("", "{", "[1,]", "NaN", '{"a":1}x', '{"a"', "\xff", "'a'"):
        with pytest.raises(ValueError, match="column"):
            decode_json(bad)
    with pytest.raises(ValueError, match="recursion"):
        decode_json("[" * 100_000)


def grown(random_numbers: random.Random, depth: int) -> Any:
    kind = random_numbers.randrange(8 if depth else 6)
    if kind == 6:
        return [grown(random_numbers, depth - 1) for _ in range(random_numbers.randrange(5))]
    if kind == 7:
        keys = ("id", "title", "ü", "", "collectionId", "a.b", 'q"')
        return {
            random_numbers.choice(keys): grown(random_numbers, depth - 1) for _ in range(random_numbers.randrange(6))
        }
    simple: list[Any] = [
        None,
        False,
        random_numbers.randrange(-(10**20), 10**18),
        random_numbers.uniform(-1e9, 1e-9),
        "",
        "é\0\n",
    ]
    return simple[kind]


def test_there_and_back() -> None:
    numbers = random.Random(7)
    for _ in range(500):
        value = grown(numbers, 5)
        text = encode_json(value)
        assert json.loads(text) == value
        if min(integers(value), default=0) >= -(2**63):
            assert decode_json(text) == value


def integers(value: Any) -> list[int]:
    if isinstance(value, dict):
        return [part for each in value.values() for part in integers(each)]
    if isinstance(value, list):
        return [part for each in value for part in integers(each)]
    return [value] if type(value) is int else []
