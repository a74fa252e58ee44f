"""Types for Python, generated from a running server: `python -m ketch typegen --python …`."""

from __future__ import annotations

from collections.abc import Sequence


def main(arguments: Sequence[str] | None = None) -> int:
    """Runs the command with the arguments behind `typegen`, or those of the process. Returns the exit code."""
    from ketch.typegen.command import run

    return run(arguments)


__all__ = ["main"]
