"""The `ketch` command line: `ketch serve`, `python -m ketch serve`."""

from __future__ import annotations

import os
import signal
import sys

from ketch._core import run_cli


def main() -> None:
    """Runs the command line of this process and ends the process with its exit status."""
    if sys.argv[1:2] == ["typegen"]:
        from ketch.typegen import main as typegen

        sys.exit(typegen(sys.argv[2:]))
    # Signals go straight to the server: Python's own handlers would wait for Python code that never runs.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    called_as_module = os.path.basename(sys.argv[0]) == "__main__.py"
    program = "python -m ketch" if called_as_module else os.path.basename(sys.argv[0])
    sys.stdout.flush()
    sys.exit(run_cli([program, *sys.argv[1:]]))


if __name__ == "__main__":
    main()
