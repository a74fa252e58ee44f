"""Normalisation of submitted values, for each field type: every row creates a record with one value."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from differential.model import Group, R, Table, collection_id, records

_TARGETS = ["target000000001", "target000000002", "target000000003"]
_ONE, _TWO, _THREE = _TARGETS

_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "targets", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "name": "kinds",
        "type": "base",
        "fields": [
            {"name": "text", "type": "text"},
            {"name": "editor", "type": "editor"},
            {"name": "number", "type": "number"},
            {"name": "bool", "type": "bool"},
            {"name": "email", "type": "email"},
            {"name": "url", "type": "url"},
            {"name": "date", "type": "date"},
            {"name": "made", "type": "autodate", "onCreate": True},
            {"name": "touched", "type": "autodate", "onCreate": True, "onUpdate": True},
            {"name": "one", "type": "select", "values": ["a", "b", "c"], "maxSelect": 1},
            {"name": "many", "type": "select", "values": ["a", "b", "c"], "maxSelect": 3},
            {"name": "rel", "type": "relation", "collectionId": collection_id("targets"), "maxSelect": 1},
            {"name": "rels", "type": "relation", "collectionId": collection_id("targets"), "maxSelect": 3},
            {"name": "json", "type": "json"},
            {"name": "geo", "type": "geoPoint"},
            {"name": "secret", "type": "password", "min": 1},
        ],
    },
]


@dataclass(frozen=True)
class Refused:
    """A value that is answered with 400 instead of being normalised."""

    value: Any


_SCALARS: list[Any] = ["plain", "", None, True, False, 0, 5, -1.5, 1e21, 1e-7, [], ["x", "y"], {"a": 1}]

_VALUES: dict[str, list[Any]] = {
    "text": [
        *_SCALARS,
        "  spaced  ",
        "line\nbreak",
        "<b>&amp;</b>",
        "žluťoučký 🐎",
        "\u2028",
        "null",
        123456789012345678,
    ],
    "editor": [*_SCALARS, "<p>hi</p>"],
    "email": ["user@example.com", "", None, "USER@Example.COM"],
    "url": ["https://example.com", "", None, "http://localhost:8090/a?b=c#d", "ftp://files.example.com"],
    "number": [
        *_SCALARS,
        "1.5",
        "1e3",
        "007",
        "0x10",
        " 5",
        "5 ",
        "+5",
        ".5",
        "5.",
        Refused("Infinity"),
        Refused("NaN"),
        "-0",
        -0.0,
        0.1,
        1e300,
        9007199254740993,
        123456789012345678901234567890,
        "1_000",
        "1,5",
        "true",
    ],
    "bool": [*_SCALARS, "1", "t", "T", "TRUE", "true", "True", "yes", "on", "0", "f", "false", "tRuE", " true", 2, -1],
    "date": [
        *_SCALARS,
        "2024-01-02",
        "2024-01-02 03:04:05",
        "2024-01-02 03:04:05Z",
        "2024-01-02 03:04:05.1",
        "2024-01-02 03:04:05.123Z",
        "2024-01-02 03:04:05.123456789Z",
        "2024-01-02 03:04:05.9999Z",
        "2024-01-02 03:04:05 +0200",
        "2024-01-02 03:04:05+02:00",
        "2024-01-02 03:04:05 +02:00",
        "2024-01-02 03:04:05 +0000 UTC",
        "2024-01-02T03:04:05",
        "2024-01-02T03:04:05Z",
        "2024-01-02T03:04:05.5Z",
        "2024-01-02T03:04:05+02:00",
        "2024-01-02T03:04:05+0200",
        "2024-01-02T03:04:05-11:30",
        "02 Jan 2024",
        "Tue, 02 Jan 2024 03:04:05 UTC",
        "Tue, 02 Jan 2024 03:04:05 +0200",
        "02 Jan 24 03:04 UTC",
        "Tue Jan  2 03:04:05 2024",
        "3:04PM",
        "Jan  2 03:04:05",
        "0001-01-01",
        "2024-01-02T03:04",
        "2024-01-02 03:04",
        "2024-01-02t03:04:05z",
        "2024-1-2",
        "2024-01-02 ",
        " 2024-01-02",
        "2024-01-02 24:00:00",
        "2024-02-30",
        "2024-02-29",
        "2023-02-29",
        "12024-01-02",
        "2024-13-01",
        "1704164645",
        1704164645,
        "today",
        "9999-12-31 23:59:59.999Z",
        "20240102",
        "2024/01/02",
        "2024-01-02 03:04:60",
    ],
    "made": ["2020-01-01 00:00:00.000Z", "", None],
    "touched": ["2020-01-01 00:00:00.000Z"],
    "one": [
        "a",
        "",
        None,
        [],
        ["a"],
        ["a", "b"],
        ["b", "a"],
        '["c","b"]',
        ["", "a", ""],
        Refused("["),
        "[]",
        Refused('"a"'),
    ],
    "many": [
        "a",
        "",
        None,
        [],
        ["a"],
        ["b", "a"],
        ["a", "a", "b"],
        ["", "c", None],
        '["c","a"]',
        "[]",
        Refused("a,b"),
        [["a"]],
    ],
    "rel": [_ONE, "", None, [], [_ONE, _TWO], [_TWO, _ONE], f'["{_THREE}"]'],
    "rels": [_ONE, "", None, [], [_THREE, _ONE], [_ONE, _ONE], f'["{_TWO}","{_ONE}"]', ["", _ONE]],
    "json": [
        *_SCALARS,
        "null",
        "true",
        "false",
        "12",
        "1e5",
        "-1",
        "-",
        '"quoted"',
        "[1,2",
        "[1, 2]",
        '{"b":1,"a":2}',
        "{bad}",
        " 12",
        "007",
        "1.50",
        12345678901234567890,
        1e5,
        {"z": 1, "a": {"y": [1, {"k": None}], "b": 2.50}},
        [1, "two", None, True, {"x": 1}],
        {"": "empty key", "a.b": 1},
        {"unicode": "ž🐎", "html": "<&>"},
        "true ",
        "nullish",
        '""',
    ],
    "geo": [
        {"lon": 10, "lat": 20},
        {"lon": 10.5, "lat": -20.25, "extra": 1},
        {"lon": 10},
        {"lat": 20},
        {},
        None,
        "",
        '{"lon":1,"lat":2}',
        {"lon": "10", "lat": "20"},
        [10, 20],
        "10,20",
        5,
        True,
        {"LON": 1, "LAT": 2},
    ],
    "secret": ["hunter22", "", None, 12345, True, ["x"]],
}


def _rows() -> Iterator[Group]:
    number = 0
    for field, values in _VALUES.items():
        rows = []
        for entry in values:
            number += 1
            status = 400 if isinstance(entry, Refused) else 200
            value = entry.value if isinstance(entry, Refused) else entry
            record = {"id": f"value{number:05}0000x", field: value}
            title = json.dumps(value, ensure_ascii=False)
            rows.append(R(title, "POST", records("kinds"), status, auth="super", json=record))
        # What was stored, not only what was answered.
        stored = {"filter": f"id >= 'value{number - len(values) + 1:05}' && id <= 'value{number:05}z'"}
        stored |= {"sort": "id", "perPage": "500", "fields": f"id,{field}"}
        rows.append(R("stored", "GET", records("kinds"), auth="super", q=stored))
        yield Group(field, rows)


TABLE = Table(
    name="records_values",
    collections=_COLLECTIONS,
    records={"targets": [{"id": target, "name": target} for target in _TARGETS]},
    groups=list(_rows()),
)
