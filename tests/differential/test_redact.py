"""The comparison must hide what is random and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from differential.redact import Redactor, differences, mask, parse


def redacted(value: Any) -> Any:
    return Redactor(1234).json(value)


def test_equal_ids_get_equal_numbers() -> None:
    value = redacted({"a": "k3j9x0q2m5n8b1z", "b": ["p0o9i8u7y6t5r4e", "k3j9x0q2m5n8b1z"]})
    assert value == {"a": "<id1>", "b": ["<id2>", "<id1>"]}


@pytest.mark.parametrize("text", ["rec000000000001", "pbc_1234567890", "short", "a-longer-text-without-ids"])
def test_chosen_values_stay(text: str) -> None:
    assert redacted(text) == text


def test_only_dates_near_now_are_hidden() -> None:
    now = datetime.now(UTC).strftime("%Y-%m-%d %H:%M:%S.123Z")
    assert redacted(now) == "<now.000Z>"
    assert redacted("2020-01-02 03:04:05.123Z") == "2020-01-02 03:04:05.123Z"
    assert redacted(now[:-5] + "Z") != redacted(now)


def test_file_suffixes_are_hidden() -> None:
    assert redacted("my_photo_1_p67bmixrje.PNG") == "my_photo_1_<rand>.PNG"
    assert redacted("asr2hodcmda_vuimlifrsy.txt") == "a<rand>_<rand>.txt"
    assert redacted("long_enough_vuimlifrsyx.txt") == "long_enough_vuimlifrsyx.txt"
    assert redacted("long_enough_0000000001.txt") == "long_enough_0000000001.txt"


def test_differences_are_found() -> None:
    def lines(left: bytes, right: bytes, ordered: bool = False) -> list[str]:
        return list(differences(parse(left), parse(right), ordered=ordered))

    assert lines(b'{"a":1}', b'{"a":1}') == []
    assert lines(b'{"a":1}', b'{"a":1.0}') == [".a: 1 | 1.0"]
    assert lines(b'{"a":1}', b'{"a":"1"}') == ['.a: 1 | "1"']
    assert lines(b'{"a":null}', b"{}") == [".a: null | absent"]
    assert lines(b"[1]", b"[1,2]") == [': 1 items | 2 items: ["1"] | ["1", "2"]']
    assert lines(b'{"a":1,"b":2}', b'{"b":2,"a":1}') == []
    assert lines(b'{"a":1,"b":2}', b'{"b":2,"a":1}', ordered=True) == [": key order a b | b a"]


def test_mask_keeps_type_and_length() -> None:
    assert mask({"a": ["xyz"], "b": 1}, ["a.*"]) == {"a": ["<str of 3>"], "b": 1}
