"""The shapes of the namespaces of an Instant app."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from ketch.typegen.names import ClassNames
from ketch.typegen.shapes import Document, Member, Role, Shape

_SUFFIXES = ("Entity", "Data", "Links")
# A date is stored as it was written: a text, or milliseconds.
_CHECKED = {"string": "str", "number": "float", "boolean": "bool", "date": "str | float"}
# System namespaces that apps work with. The others keep the server's own books.
_USEFUL = frozenset(("$users", "$files"))

Attr = Mapping[str, Any]


def document(schema: Mapping[str, Any], *, with_system: bool = False) -> Document:
    """The shapes of a schema as `GET /admin/schema` tells it: `{"blobs": {namespace: {label: attr}}, "refs": …}`."""
    blobs: Mapping[str, Mapping[str, Attr]] = schema.get("blobs") or {}
    refs = sorted((schema.get("refs") or {}).values(), key=_ends)
    found = {*blobs, *(end[0] for ref in refs for end in _ends(ref))}
    # Names of one's own have the first choice of a class name.
    chosen = sorted((each for each in found if _is_chosen(each, with_system)), key=lambda each: (each[0] == "$", each))
    names = ClassNames(_SUFFIXES)
    class_names = {each: names.give(each) for each in chosen}
    made = Document()
    for namespace in chosen:
        made.shapes += _shapes(namespace, class_names, blobs.get(namespace) or {}, refs)
    return made


def _is_chosen(namespace: str, with_system: bool) -> bool:
    return with_system or not namespace.startswith("$") or namespace in _USEFUL


def _ends(ref: Attr) -> tuple[tuple[str, str], tuple[str, str]]:
    """Namespace and label of both ends of a link."""
    forward, reverse = ref["forward-identity"], ref["reverse-identity"]
    return (str(forward[1]), str(forward[2])), (str(reverse[1]), str(reverse[2]))


def _shapes(
    namespace: str, class_names: Mapping[str, str], attrs: Mapping[str, Attr], refs: Iterable[Attr]
) -> list[Shape]:
    class_name = class_names[namespace]
    fields = [_field(label, attr) for label, attr in sorted(attrs.items()) if label != "id"]
    links = [link for ref in refs for link in _links(namespace, ref, class_names)]
    shapes = [
        Shape(
            f"{class_name}Entity",
            f"An entity of the namespace `{namespace}`.",
            Role.RECORD,
            [Member("id", "str"), *fields, *(shown for shown, _ in links)],
        ),
        Shape(
            f"{class_name}Data",
            f"Fields of an entity of `{namespace}`, to be created or changed.",
            Role.BODY,
            [Member(each.key, each.type, is_required=False, note=each.note) for each in fields],
        ),
    ]
    if links:
        text = f"Links of an entity of `{namespace}`, to be made or taken away."
        members = [written for _, written in links]
        shapes.append(Shape(f"{class_name}Links", text, Role.BODY, members))
    return shapes


def _field(label: str, attr: Attr) -> Member:
    checked = attr.get("checked-data-type")
    if checked in _CHECKED:
        known = _CHECKED[checked]
        is_required = bool(attr.get("required?"))
        return Member(label, known if is_required else f"{known} | None", is_required)
    seen = ", ".join(sorted(map(str, attr.get("inferred-types") or [])))
    return Member(label, "Any", is_required=bool(attr.get("required?")), note=f"so far: {seen}" if seen else "")


def _links(namespace: str, ref: Attr, class_names: Mapping[str, str]) -> Iterable[tuple[Member, Member]]:
    """The link as it is read and as it is written, at each of its ends that lies in the namespace."""
    forward, reverse = _ends(ref)
    ends = (
        (forward, reverse, ref.get("cardinality") == "one", True),
        (reverse, forward, bool(ref.get("unique?")), False),
    )
    for (here, label), (there, _), has_one, is_forward in ends:
        if here != namespace:
            continue
        target = class_names.get(there)
        entity = f"{target}Entity" if target else "dict[str, Any]"
        # Queries answer lists. A link to one that was not asked for is there as an id.
        shown = f"str | list[{entity}]" if has_one and is_forward else f"list[{entity}]"
        note = f"to one of `{there}`" if has_one else f"to many of `{there}`"
        nested = entity if target else ""
        written = "str" if has_one else "str | Sequence[str]"
        yield (
            Member(label, f"{shown} | None" if has_one else shown, is_required=False, note=note, nested=nested),
            Member(label, written, is_required=False, note=note),
        )
