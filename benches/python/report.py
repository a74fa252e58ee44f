"""Figures as a table, with their ratios."""

from __future__ import annotations

import statistics
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

#: Calls in a second, of each round, by case, client and calls in flight.
Rates = Mapping[tuple[str, str, int], list[float]]


@dataclass(frozen=True)
class Row:
    """One line: a client on a server with so many calls in flight, and whom it is compared with."""

    client: str
    in_flight: int
    title: str


ROWS = (
    Row("ours", 1, "pocketbase (Ketch)"),
    Row("ours", 32, "pocketbase (Ketch), 32 threads"),
    Row("pypi", 1, "pocketbase 0.17 (PyPI)"),
    Row("pypi", 32, "pocketbase 0.17 (PyPI), 32 threads"),
    Row("httpx", 1, "httpx"),
    Row("httpx", 32, "httpx, 32 threads"),
    Row("ours-async", 1, "pocketbase (Ketch), async"),
    Row("ours-async", 32, "pocketbase (Ketch), async, 32 in flight"),
    Row("httpx-async", 1, "httpx, async"),
    Row("httpx-async", 32, "httpx, async, 32 in flight"),
    Row("rust", 1, "Rust client"),
    Row("rust", 32, "Rust client, async, 32 in flight"),
    Row("embedded", 1, "pocketbase (Ketch), embedded"),
    Row("embedded-async", 1, "pocketbase (Ketch), embedded, async"),
    Row("embedded-async", 32, "pocketbase (Ketch), embedded, async, 32 in flight"),
)


def table(case: str, rates: Rates) -> str:
    """The figures of a case: the median of the rounds, and the ratio to the others over HTTP."""
    lines = [f"{case:<52}{'calls/s':>10}{'of PyPI':>10}{'of httpx':>10}{'of Rust':>10}"]
    for row in ROWS:
        own = _median(rates.get((case, row.client, row.in_flight)))
        if own is None:
            continue
        is_async = row.client.endswith("async")
        # The package on PyPI has no asynchronous client: its blocking one is what a program would use.
        pypi = _median(rates.get((case, "pypi", 1 if is_async else row.in_flight)))
        httpx = _median(rates.get((case, "httpx-async" if is_async else "httpx", row.in_flight)))
        rust = _median(rates.get((case, "rust", row.in_flight)))
        ratios = "".join(f"{_ratio(own, other):>10}" for other in (pypi, httpx, rust))
        lines.append(f"  {row.title:<50}{own:>10,.0f}{ratios}".rstrip())
    return "\n".join(lines)


def imports(times: Mapping[str, Iterable[float]]) -> str:
    """What `import pocketbase` takes."""
    lines = [f"{'import pocketbase':<52}{'ms':>10}"]
    lines += [f"  {name:<50}{statistics.median(found):>10.1f}" for name, found in times.items()]
    return "\n".join(lines)


def _median(found: list[float] | None) -> float | None:
    return statistics.median(found) if found else None


def _ratio(own: float, other: float | None) -> str:
    return "" if not other else f"{own / other:.2f}x"
