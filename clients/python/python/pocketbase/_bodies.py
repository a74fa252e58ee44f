"""Splits the body of a call into JSON and files."""

from __future__ import annotations

import os
from collections.abc import Mapping
from typing import Any

from ketch._core import FilePart

Files = list[tuple[str, FilePart]]
_BYTES = (bytes, bytearray, memoryview)
# What most values are: none of them holds a file.
_PLAIN = frozenset({str, int, float, bool, type(None)})


def is_file(value: object) -> bool:
    """Whether a value of a body is to be uploaded: a path object, bytes, an open file or a tuple that names one."""
    if isinstance(value, FilePart | os.PathLike | bytes | bytearray | memoryview):
        return True
    if isinstance(value, tuple):
        return 2 <= len(value) <= 3 and isinstance(value[0], str) and is_file(value[1])
    return not isinstance(value, type) and callable(getattr(value, "read", None))


def file_part(value: Any, name: str) -> FilePart:
    """A file to be sent. `name` is the file name of one that has none itself.

    Raises `OSError` for a path that cannot be opened and `TypeError` for a text file.
    """
    if isinstance(value, FilePart):
        return value
    if isinstance(value, tuple):
        filename, source, *others = value
        content_type = others[0] if others else None
        return FilePart(source, filename, content_type) if content_type else FilePart(source, filename)
    if isinstance(value, os.PathLike):
        return FilePart(value)
    if isinstance(value, _BYTES):
        return FilePart(value, name)
    if isinstance(value, _TextFile):
        raise TypeError(f"the file {getattr(value, 'name', name)!r} is open as text: open it with mode 'rb'")
    given = getattr(value, "name", None)
    return FilePart(value, os.path.basename(given) if isinstance(given, str) and given else name)


class _TextFileMeta(type):
    def __instancecheck__(cls, value: object) -> bool:
        return hasattr(value, "encoding") and hasattr(value, "newlines")


class _TextFile(metaclass=_TextFileMeta):
    """Any file object that reads text."""


def as_mapping(body: Any) -> Mapping[str, Any]:
    """A body as a mapping: of a dict, a model (`model_dump`) or a dataclass. Raises `TypeError` for others."""
    if isinstance(body, Mapping):
        return body
    if body is None:
        return {}
    fields = getattr(body, "__dataclass_fields__", None)
    if fields is not None and not isinstance(body, type):
        return {name: getattr(body, name) for name in fields}
    dump = getattr(body, "model_dump", None)
    if callable(dump):
        dumped: Mapping[str, Any] = dump()
        return dumped
    raise TypeError(f"the body must be a dict, not {type(body).__name__}")


def split_body(body: Any, prefix: str = "") -> tuple[Any, Files]:
    """The JSON of a body and its files, whose names get the prefix.

    A list with names of files and new files goes apart: the names stay in the JSON, new ones are sent as `field+`,
    which adds them.
    """
    if type(body) is not dict:
        if body is None or isinstance(body, str | list):
            return body, []
        if isinstance(body, BatchBody):
            return body.split()
        body = dict(as_mapping(body).items())
    for value in body.values():
        if type(value) not in _PLAIN and (is_file(value) or _has_file(value)):
            break
    else:
        return body, []
    kept: dict[str, Any] = {}
    files: Files = []
    for name, value in body.items():
        if is_file(value):
            files.append((prefix + name, file_part(value, name)))
        elif _has_file(value):
            others = [item for item in value if not is_file(item)]
            sent_as = name
            if others:
                kept[name] = others
                if name[-1:] not in "+-" and name[:1] != "+":
                    sent_as = f"{name}+"
            files += [(prefix + sent_as, file_part(item, name)) for item in value if is_file(item)]
        else:
            kept[name] = value
    return kept, files


def _has_file(value: object) -> bool:
    return isinstance(value, list | tuple) and any(type(item) not in _PLAIN and is_file(item) for item in value)


class BatchBody(dict[str, Any]):
    """The body of a batch, `{"requests": […]}`: the files of its requests are named after their number."""

    def split(self) -> tuple[dict[str, Any], Files]:
        """The JSON of the batch and its files."""
        written: list[dict[str, Any]] = []
        files: Files = []
        for number, request in enumerate(self["requests"]):
            if "body" in request:
                body, own = split_body(request["body"], f"requests.{number}.")
                request = {**request, "body": body}
                files += own
            written.append(request)
        return {"requests": written}, files
