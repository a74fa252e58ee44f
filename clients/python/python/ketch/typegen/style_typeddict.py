"""Shapes as `TypedDict`s: the records stay the dictionaries that they are."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from ketch.typegen.names import in_text, is_plain, quoted
from ketch.typegen.shapes import Member, Shape

#: Names that come from other packages.
BROUGHT = frozenset[str]()


def head() -> str:
    """What stands before the shapes."""
    return ""


def used(shapes: Iterable[Shape]) -> set[str]:
    """The names that are used beside those in types."""
    return {"TypedDict"} if any(True for _ in shapes) else set()


def write(shape: Shape) -> str:
    """A shape as classes. Keys that are no names in Python stand in a base of their own."""
    plain = [each for each in shape.members if is_plain(each.key)]
    odd = [each for each in shape.members if not is_plain(each.key)]
    parts: list[str] = []
    bases: list[str] = []
    for is_required, suffix in ((True, "Keys"), (False, "OptionalKeys")):
        members = [each for each in odd if each.is_required == is_required]
        if members:
            bases.append(f"_{shape.name}{suffix}")
            parts.append(_functional(bases[-1], members, is_required))
    required = [each for each in plain if each.is_required]
    optional = [each for each in plain if not each.is_required]
    if required and optional:
        parts.append(_class(f"_{shape.name}Required", "", bases, required, is_total=True))
        bases = [f"_{shape.name}Required"]
    is_total = not optional
    parts.append(_class(shape.name, shape.text, bases, optional or required, is_total=is_total))
    return "\n\n\n".join(parts)


def _functional(name: str, members: Sequence[Member], is_total: bool) -> str:
    keys = "".join(f"        {quoted(each.key)}: {quoted(each.type)},\n" for each in members)
    total = "" if is_total else "    total=False,\n"
    return f"{name} = TypedDict(\n    {quoted(name)},\n    {{\n{keys}    }},\n{total})"


def _class(name: str, text: str, bases: Sequence[str], members: Sequence[Member], *, is_total: bool) -> str:
    arguments = [*(bases or ["TypedDict"]), *([] if is_total else ["total=False"])]
    lines = [f"class {name}({', '.join(arguments)}):"]
    if text:
        lines.append(f'    """{in_text(text)}"""')
    if text and members:
        lines.append("")
    lines += [f"    {each.key}: {each.type}{comment(each)}" for each in members]
    if len(lines) == 1:
        lines.append("    pass")
    return "\n".join(lines)


def comment(member: Member) -> str:
    """The note of a member behind its line."""
    return f"  # {in_text(member.note)}" if member.note else ""
