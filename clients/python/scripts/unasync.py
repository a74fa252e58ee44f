"""Makes the blocking modules of the Python packages out of the ones for asyncio: `async_X.py` gives `X.py`.

    python scripts/unasync.py            writes them
    python scripts/unasync.py --check    fails if one of them is not what would be written

Needs `ruff` for the layout. A twin that does not begin with the line that this script puts there was written by
hand and is left alone.
"""

from __future__ import annotations

import argparse
import difflib
import io
import re
import subprocess
import sys
import tokenize
from pathlib import Path

SOURCES = Path(__file__).resolve().parents[1] / "python"
HEADER = "# Made by scripts/unasync.py out of {name}: change that file.\n"
NAMES = {
    "__aenter__": "__enter__",
    "__aexit__": "__exit__",
    "__aiter__": "__iter__",
    "__anext__": "__next__",
    "StopAsyncIteration": "StopIteration",
    "aclose": "close",
    "aread": "read",
    "asynccontextmanager": "contextmanager",
    "aclosing": "closing",
    "AsyncExitStack": "ExitStack",
    "AbstractAsyncContextManager": "AbstractContextManager",
}
# `Awaitable[X]` is `X`; of the others the last parameter counts.
UNWRAPPED = ("Awaitable", "Coroutine", "Future")
RUFF = [sys.executable, "-m", "ruff"]
LAYOUT = ["--isolated", "--target-version", "py310", "--line-length", "120"]

Token = tuple[int, str]


def renamed(name: str) -> str:
    """A name of the blocking twin: `AsyncX` -> `X`, `async_x` -> `x`, `x_async` -> `x`."""
    if name in NAMES:
        return NAMES[name]
    if name.endswith("_async"):
        name = name[: -len("_async")]
    name = re.sub(r"^(_?)async_(?=\w)", r"\1", name)
    return re.sub(r"^(_?)Async(?=[A-Z])", r"\1", name)


def rewritten_text(text: str) -> str:
    """The same for what stands in texts and comments, such as examples."""
    text = re.sub(r"\basync (?=with\b|for\b|def\b)", "", text)
    text = re.sub(r"\bawait (?=\w+[.(\[])", "", text)
    text = re.sub(r"^(\s*)await (?=\w)", r"\1", text, flags=re.MULTILINE)
    return re.sub(r"\b_?(?:A|a)sync_?\w+|\b\w+_async\b|\b__a\w+__\b", lambda match: renamed(match.group()), text)


def rewritten(source: str) -> str:
    """The blocking twin of a module, before its layout is put right."""
    lines = source.splitlines(keepends=True)
    edits: list[tuple[tuple[int, int], tuple[int, int], str]] = []
    tokens = list(tokenize.generate_tokens(io.StringIO(source).readline))
    texts = {tokenize.STRING, tokenize.COMMENT, getattr(tokenize, "FSTRING_MIDDLE", -1)}
    for index, token in enumerate(tokens):
        if token.type == tokenize.NAME and token.string in ("async", "await"):
            edits.append((token.start, tokens[index + 1].start, ""))
        elif token.type == tokenize.NAME and token.string in UNWRAPPED and tokens[index + 1].string == "[":
            first, last = parameter(tokens, index + 1)
            edits.append((token.start, tokens[first].start, ""))
            edits.append((tokens[last].start, tokens[last].end, ""))
        elif token.type == tokenize.NAME and renamed(token.string) != token.string:
            edits.append((token.start, token.end, renamed(token.string)))
        elif token.type in texts and rewritten_text(token.string) != token.string:
            edits.append((token.start, token.end, rewritten_text(token.string)))
    for start, end, text in sorted(edits, reverse=True):
        if start[0] == end[0]:
            line = lines[start[0] - 1]
            lines[start[0] - 1] = line[: start[1]] + text + line[end[1] :]
        else:
            first_line, last_line = lines[start[0] - 1], lines[end[0] - 1]
            lines[start[0] - 1 : end[0]] = [first_line[: start[1]] + text + last_line[end[1] :]]
    return "".join(lines)


def parameter(tokens: list[tokenize.TokenInfo], opening: int) -> tuple[int, int]:
    """Index of the last parameter of a subscript, and of its closing bracket."""
    depth, first = 0, opening + 1
    for index in range(opening, len(tokens)):
        if tokens[index].string in "([{" and tokens[index].type == tokenize.OP:
            depth += 1
        elif tokens[index].string in ")]}" and tokens[index].type == tokenize.OP:
            depth -= 1
            if depth == 0:
                return first, index
        elif tokens[index].string == "," and depth == 1:
            first = index + 1
    raise SyntaxError("a bracket is not closed")


def laid_out(source: str, path: Path) -> str:
    """The source in the layout of the repository, unused imports gone."""
    name = ["--stdin-filename", str(path)]
    known = ["--config", 'lint.isort.known-first-party=["ketch","pocketbase","instantdb_admin_client"]']
    checked = [*RUFF, "check", *LAYOUT, *known, "--select", "I,F401", "--fix", "--exit-zero", "--quiet", *name, "-"]
    for command in (checked, [*RUFF, "format", *LAYOUT, *name, "-"]):
        done = subprocess.run(command, input=source, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            raise SystemExit(f"{path}: {' '.join(command[:4])} failed: {done.stderr or done.stdout}")
        source = done.stdout
    return source


def twins() -> list[tuple[Path, Path]]:
    """Modules for asyncio with the modules that are made of them."""
    found = []
    for source in sorted([*SOURCES.rglob("async_*.py"), *SOURCES.rglob("_async_*.py")]):
        twin = source.with_name(source.name.replace("async_", "", 1))
        if not twin.exists() or twin.read_text(encoding="utf-8").startswith(HEADER.split("{")[0]):
            found.append((source, twin))
    return found


def main() -> int:
    """Writes or checks all twins; returns the exit code."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--check", action="store_true", help="write nothing; fail if a module is out of date")
    check = parser.parse_args().check
    stale = 0
    for source, twin in twins():
        made = HEADER.format(name=source.name) + laid_out(rewritten(source.read_text(encoding="utf-8")), twin)
        old = twin.read_text(encoding="utf-8") if twin.exists() else ""
        if made == old:
            continue
        stale += 1
        name = twin.relative_to(SOURCES)
        if check:
            changes = difflib.unified_diff(old.splitlines(), made.splitlines(), f"{name}", f"{name} (new)", lineterm="")
            print("\n".join(list(changes)[:40]))
        else:
            twin.write_text(made, encoding="utf-8")
            print(f"wrote {name}")
    if check and stale:
        print(f"{stale} modules are out of date: run python clients/python/scripts/unasync.py")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
