"""Runs the samples as they stand in the documents; only addresses and credentials are put in their place."""

from __future__ import annotations

import ast
import inspect
from collections.abc import Mapping
from typing import Any


def run(
    sample: str, names: Mapping[str, Any] | None = None, changes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """Runs a sample as a module that has these names. Returns all names afterwards."""
    space = _space(names)
    exec(compile(changed(sample, changes), "<sample>", "exec"), space)
    return space


async def run_async(
    sample: str, names: Mapping[str, Any] | None = None, changes: Mapping[str, str] | None = None
) -> dict[str, Any]:
    """As `run`, for samples that await outside of functions, as notebooks and `python -m asyncio` allow."""
    space = _space(names)
    code = compile(changed(sample, changes), "<sample>", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    # With something to await in it, the code is that of a coroutine.
    result = eval(code, space)
    if inspect.isawaitable(result):
        await result
    return space


def call(line: str, **names: Any) -> Any:
    """Runs a line of the lists of services, with values for the names in it. Returns what it returns."""
    return eval(compile(line, "<sample>", "eval"), {**names})


def changed(sample: str, changes: Mapping[str, str] | None) -> str:
    """The sample with texts in place of others, each of which is in it."""
    for old, new in (changes or {}).items():
        assert old in sample, f"the sample does not have {old!r}"
        sample = sample.replace(old, new)
    return sample


def _space(names: Mapping[str, Any] | None) -> dict[str, Any]:
    # Dataclasses look up the module of their class.
    return {"__name__": __name__, **(names or {})}
