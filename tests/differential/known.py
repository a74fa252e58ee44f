"""Accepted differences, read from known_differences.toml."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from pathlib import Path

PATH = Path(__file__).with_name("known_differences.toml")


@dataclass(frozen=True)
class Known:
    scenario: str
    """`table/group/row`."""
    reason: str
    compat: str
    """Text that COMPAT.md must contain."""


def load() -> list[Known]:
    data = tomllib.loads(PATH.read_text())
    return [Known(**entry) for entry in data.get("difference", [])]
