"""Writes the file: the same shapes always give the same text."""

from __future__ import annotations

import re
from types import ModuleType

from ketch.typegen import style_dataclass, style_pydantic, style_typeddict
from ketch.typegen.shapes import Document

STYLES: dict[str, ModuleType] = {
    "typeddict": style_typeddict,
    "dataclass": style_dataclass,
    "pydantic": style_pydantic,
}

_TITLE = '''\
"""Types of the records of a server.

Written by `ketch typegen`: change the server's collections, then write this file again.
"""

# ruff: noqa

from __future__ import annotations
'''
# Where names come from; those of the standard library first.
_STANDARD = (
    ("collections.abc", ("Mapping", "Sequence")),
    ("dataclasses", ("MISSING", "dataclass", "fields")),
    ("datetime", ("datetime",)),
    ("pathlib", ("Path",)),
    ("typing", ("Any", "BinaryIO", "ClassVar", "Literal", "TypedDict", "TypeVar")),
)
# Pydantic wants the newer `TypedDict`, and brings it with it.
_OTHERS = (("pydantic", ("BaseModel", "ConfigDict", "Field")), ("typing_extensions", ("TypedDict",)))
_FILE = "File = Path | BinaryIO | bytes | tuple[str, bytes] | tuple[str, bytes, str]"
_POINT = '''\
class GeoPoint(TypedDict):
    """A place, in degrees."""

    lon: float
    lat: float'''
_TEXT = re.compile(r'"(?:[^"\\]|\\.)*"')
_WORD = re.compile(r"[A-Za-z]\w*")


def render(document: Document, style: str) -> str:
    """The text of a file in one of the `STYLES`."""
    module = STYLES[style]
    parts = [_FILE] if document.has_files else []
    parts += [_POINT] if document.has_points else []
    if document.shapes:
        parts += [text for text in (module.head(),) if text]
    parts += [module.write(shape) for shape in document.shapes]
    used = _used(document) | (module.used(document.shapes) if document.shapes else set())
    sections = [_imports(_STANDARD, used - module.BROUGHT), _imports(_OTHERS, used & module.BROUGHT)]
    imports = "".join(f"\n{section}" for section in sections if section)
    body = "\n\n\n".join(parts)
    # A constant stands near the imports, classes do not.
    gap = "\n" if document.has_files else "\n\n"
    return f"{_TITLE}{imports}" + (f"{gap}{body}\n" if body else "")


def _used(document: Document) -> set[str]:
    """The names in the types of the shapes. A choice in a `Literal` is no name."""
    types = [member.type for shape in document.shapes for member in shape.members]
    types += [_FILE] if document.has_files else []
    used = {name for type in types for name in _WORD.findall(_TEXT.sub("", type))}
    return used | ({"TypedDict"} if document.has_points else set())


def _imports(places: tuple[tuple[str, tuple[str, ...]], ...], used: set[str]) -> str:
    lines = []
    for module, names in places:
        chosen = [name for name in names if name in used]
        if chosen:
            lines.append(f"from {module} import {', '.join(chosen)}\n")
    return "".join(lines)
