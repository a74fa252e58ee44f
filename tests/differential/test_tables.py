"""Runs every group of every table against both servers."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import pytest

from differential import known, tables
from differential.conftest import SEED_GROUP
from differential.model import Group, Table
from differential.pair import Outcome, Pair
from harness.server import REPO

SELF = os.environ.get("DIFF_SELF") == "1"


class _Suite:
    """The tests of one table, a class of its own so that `--dist loadscope` keeps them on one worker."""

    table: ClassVar[Table]

    def test_answers_are_equal(self, pair: Pair, group: Group) -> None:
        if group is SEED_GROUP:
            assert not pair.seed_report, "the seed is answered differently:\n" + "\n".join(pair.seed_report)
            return
        outcomes = pair.run(group)
        _record(pair.table.name, group, outcomes)
        problems = list(_problems(pair.table.name, group, outcomes))
        if problems:
            pytest.fail("PocketBase | Ketch\n" + "\n".join(problems), pytrace=False)


for _table in tables.load_all():
    globals()[f"Test_{_table.name}"] = type(f"Test_{_table.name}", (_Suite,), {"table": _table})


def _names(table: str, group: Group) -> list[str]:
    """The scenario names of a group's rows; a row that repeats another's name gets a number."""
    seen: dict[str, int] = {}
    names = []
    for row in group.rows:
        seen[row.name] = seen.get(row.name, 0) + 1
        again = f" #{seen[row.name]}" if seen[row.name] > 1 else ""
        names.append(f"{table}/{group.name}/{row.name}{again}")
    return names


def _problems(table: str, group: Group, outcomes: list[Outcome]) -> Iterator[str]:
    accepted = set() if SELF else {entry.scenario for entry in known.load()}
    for scenario, outcome in zip(_names(table, group), outcomes, strict=True):
        lines = outcome.differences
        if scenario in accepted:
            if not lines:
                yield f"{scenario}: listed in {known.PATH.name} but does not differ"
            lines = []
        for line in [*outcome.unexpected, *lines[:20]]:
            yield f"{scenario}: {line}"


def _record(table: str, group: Group, outcomes: list[Outcome]) -> None:
    """With `DIFF_RECORD=FILE`, appends PocketBase's answers, to write and review rows by."""
    path = os.environ.get("DIFF_RECORD")
    if not path:
        return
    with Path(path).open("a") as out:
        for scenario, outcome in zip(_names(table, group), outcomes, strict=True):
            entry = {
                "scenario": scenario,
                "request": f"{outcome.row.method} {outcome.row.url}",
                "query": outcome.row.q,
                "status": outcome.oracle.status,
                "expected": outcome.row.status,
                "body": outcome.oracle.text[:2000],
            }
            out.write(json.dumps(entry, ensure_ascii=False, default=str) + "\n")


def _scenarios() -> list[str]:
    return [name for table in tables.load_all() for group in table.groups for name in _names(table.name, group)]


def test_names_are_unique() -> None:
    names = _scenarios()
    twice = {name for name in names if names.count(name) > 1}
    assert not twice


def test_known_differences_name_real_scenarios() -> None:
    missing = {entry.scenario for entry in known.load()} - set(_scenarios())
    assert not missing


def test_known_differences_are_in_compat() -> None:
    entries = known.load()
    text = (REPO / "COMPAT.md").read_text() if entries else ""
    missing = [entry.scenario for entry in entries if entry.compat not in text or not entry.reason]
    assert not missing, "say it in COMPAT.md with the words of `compat`"
