"""Python names for names of servers, which may be anything."""

from __future__ import annotations

import json
import keyword
import re
import unicodedata
from collections.abc import Iterable

_WORD = re.compile(r"[^\W_]+", re.UNICODE)
# Names that stand in classes of the generated file: a field of such a name would be in their way.
TYPE_NAMES = frozenset(
    (
        "Any",
        "ClassVar",
        "Field",
        "File",
        "GeoPoint",
        "Literal",
        "Mapping",
        "Sequence",
        "bool",
        "bytes",
        "datetime",
        "dict",
        "float",
        "int",
        "list",
        "str",
    )
)


def is_plain(name: str) -> bool:
    """Whether a name can stand in a class as it is, and means itself there."""
    is_normal = unicodedata.normalize("NFKC", name) == name
    # In a class, `__name` becomes `_Class__name`, and `__name__` is Python's.
    is_own = not name.startswith("__") and name not in TYPE_NAMES
    return is_normal and is_own and name.isidentifier() and not keyword.iskeyword(name)


def attribute_name(name: str, taken: Iterable[str] = (), reserved: Iterable[str] = ()) -> str:
    """A name for an attribute of a class: the name itself where that works."""
    forbidden = {*taken, *reserved}
    if is_plain(name) and not name.startswith("_") and name not in forbidden:
        return name
    base = re.sub(r"\W", "_", unicodedata.normalize("NFKC", name)).strip("_") or "field"
    if not base.isidentifier():
        base = f"field_{base}"
    base = f"{base}_"
    made, number = base, 2
    while made in forbidden:
        made = f"{base}{number}"
        number += 1
    return made


class ClassNames:
    """Gives each collection or namespace the beginning of its class names."""

    def __init__(self, suffixes: Iterable[str]) -> None:
        self._suffixes = tuple(suffixes)
        self._taken: set[str] = set()

    def give(self, name: str) -> str:
        """The beginning for a name; deterministic if names are given in the same order."""
        words = _WORD.findall(unicodedata.normalize("NFKC", name))
        base = "".join(word[0].upper() + word[1:] for word in words) or "Unnamed"
        if not base.isidentifier():
            base = f"X{base}"
        if not base.isidentifier():
            base = "Unnamed"
        made, number = base, 2
        while any(f"{made}{suffix}" in self._taken for suffix in self._suffixes):
            made = f"{base}{number}"
            number += 1
        self._taken.update(f"{made}{suffix}" for suffix in self._suffixes)
        return made


def quoted(text: str) -> str:
    """A text as a Python literal with double quotes."""
    escaped = json.dumps(text, ensure_ascii=False)
    # What an editor shows as the end of a line, or not at all, is written as an escape; so are lone surrogates.
    return "".join(
        letter if letter.isprintable() else letter.encode("unicode_escape", "surrogatepass").decode("ascii")
        for letter in escaped
    )


def in_text(text: str) -> str:
    """A text for comments and docstrings: one line that ends nothing."""
    shown = "".join(letter if letter.isprintable() else " " for letter in text)
    return shown.replace("\\", "/").replace('"', "'")
