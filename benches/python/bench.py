"""Loads a Ketch with its own Python package and with others, and compares them.

    python benches/python/bench.py --ketch target/release/ketch --others .venv/bin/python

Runs in the environment that the built wheel is installed in; `--others` names the interpreter of one with the
package `pocketbase` of PyPI and `httpx`. All clients load the same server, one after the other in every round, so that
whatever else the machine does hits all of them.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path

from report import ROWS, imports, table
from seeded import Seeded, seeded

CASES = ("get_one", "get_list", "create")
_WORKER = Path(__file__).with_name("worker.py")
_IMPORT = "import time; started = time.perf_counter(); import pocketbase; pocketbase.PocketBase; " + (
    "print((time.perf_counter() - started) * 1000)"
)
_IMPORTS = 9


def main() -> int:
    """Runs all rounds and prints the tables."""
    options = _options()
    rates: dict[tuple[str, str, int], list[float]] = defaultdict(list)
    with (
        tempfile.TemporaryDirectory(prefix="ketch-bench-") as home,
        seeded(options.ketch.resolve(), Path(home), options.records) as at,
    ):
        rows = [row for row in ROWS if not options.only or any(name in row.client for name in options.only)]
        rows = [row for row in rows if row.client != "rust" or options.rust]
        for number in range(options.rounds):
            for case in options.case or CASES:
                for row in rows:
                    rate = _run(row.client, case, row.in_flight, at, options)
                    rates[case, row.client, row.in_flight].append(rate)
            print(f"round {number + 1} of {options.rounds}", file=sys.stderr)
        times = {
            "Ketch's package": _imports(sys.executable, options.rounds),
            "PyPI's package, 0.17": _imports(options.others, options.rounds),
        }
    for case in options.case or CASES:
        print(table(case, rates), end="\n\n")
    print(imports(times))
    if options.json:
        found = [
            {"case": case, "client": client, "in_flight": in_flight, "calls_per_second": values}
            for (case, client, in_flight), values in rates.items()
        ]
        options.json.write_text(json.dumps({"rates": found, "imports_ms": times}, indent=1), encoding="utf-8")
    return 0


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--ketch", type=Path, default=Path("target/release/ketch"), help="the server")
    parser.add_argument("--others", default=".venv/bin/python", help="an interpreter with PyPI's package and httpx")
    parser.add_argument("--rust", type=Path, help="the example `rate` of the Rust client, if it is to take part")
    parser.add_argument("--only", action="append", metavar="NAME", help="only clients whose name has this in it")
    parser.add_argument("--case", action="append", choices=CASES, help="only this case")
    parser.add_argument("--seconds", type=float, default=1.0, help="length of a round; %(default)s")
    parser.add_argument("--rounds", type=int, default=5, help="rounds of each client and case; %(default)s")
    parser.add_argument("--records", type=int, default=1000, help="records to read; %(default)s")
    parser.add_argument("--json", type=Path, metavar="FILE", help="writes all figures to a file")
    parser.add_argument("--quick", action="store_true", help="a smoke run, whose figures mean nothing")
    options = parser.parse_args()
    if options.quick:
        options.seconds, options.rounds, options.records = 0.05, 1, 40
    return options


def _run(client: str, case: str, in_flight: int, at: Seeded, options: argparse.Namespace) -> float:
    """Calls in a second of one client in one round."""
    is_ours = client.startswith(("ours", "embedded"))
    worker = [sys.executable if is_ours else options.others, str(_WORKER), client.replace("embedded", "ours")]
    if client == "rust":
        worker = [str(options.rust.resolve())]
    command = [
        *worker,
        case,
        f"--url={f'file:{at.copy}' if client.startswith('embedded') else at.url}",
        f"--ids={at.ids}",
        f"--in-flight={in_flight}",
        f"--seconds={options.seconds}",
    ]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60 + 10 * options.seconds)
    if done.returncode != 0:
        raise SystemExit(f"{client}, {case}, {in_flight} in flight:\n{done.stderr}")
    found = json.loads(done.stdout)
    return float(found["calls"] / found["seconds"])


def _imports(interpreter: str, rounds: int) -> list[float]:
    """Milliseconds of importing the package with its client, each time in a new process."""
    runs = [
        subprocess.run([interpreter, "-c", _IMPORT], capture_output=True, text=True, check=True, timeout=60)
        for _ in range(_IMPORTS if rounds > 1 else 1)
    ]
    return [float(run.stdout) for run in runs]


if __name__ == "__main__":
    sys.exit(main())
