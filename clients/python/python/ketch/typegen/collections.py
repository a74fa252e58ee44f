"""The shapes of PocketBase collections."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from ketch.typegen.names import ClassNames, quoted
from ketch.typegen.shapes import Document, Member, Role, Shape

_SUFFIXES = ("Record", "Expand", "Create", "Update")
_TEXT_TYPES = frozenset(("text", "editor", "email", "url", "date", "autodate", "password"))
# Never in an answer, nor to be set by this name.
_SECRET = frozenset(("password", "tokenKey"))

Collection = Mapping[str, Any]
Field = Mapping[str, Any]


def document(collections: Sequence[Collection], *, with_system: bool = False) -> Document:
    """The shapes of collections as `GET /api/collections` lists them.

    System collections are left out, unless asked for or where an expanded relation leads to them.
    """
    names = ClassNames(_SUFFIXES)
    chosen = [each for each in sorted(collections, key=lambda each: str(each["name"])) if _is_chosen(each, with_system)]
    by_id = {str(each["id"]): names.give(str(each["name"])) for each in chosen}
    made = Document()
    for collection in chosen:
        _Collection(collection, chosen, by_id, made).add()
    return made


def _is_chosen(collection: Collection, with_system: bool) -> bool:
    return with_system or not collection.get("system")


class _Collection:
    """Adds the shapes of one collection to a document."""

    def __init__(
        self, collection: Collection, others: Sequence[Collection], class_names: Mapping[str, str], made: Document
    ) -> None:
        self.collection = collection
        self.others = others
        self.class_names = class_names
        self.made = made
        self.name = str(collection["name"])
        self.class_name = class_names[str(collection["id"])]
        self.is_auth = collection.get("type") == "auth"
        self.fields: list[Field] = [each for each in collection.get("fields", []) if each["name"] != "id"]

    def add(self) -> None:
        expand = self._expand()
        if expand:
            text = f"Expanded relations of a record of `{self.name}`."
            self._shape("Expand", Role.EXPAND, text, expand)
        self._shape("Record", Role.RECORD, f"A record of the collection `{self.name}`.", self._record(bool(expand)))
        if self.collection.get("type") == "view":
            return
        self._shape("Create", Role.BODY, f"What makes a record of `{self.name}`.", self._create())
        self._shape("Update", Role.BODY, f"What changes a record of `{self.name}`.", self._update())

    def _shape(self, suffix: str, role: Role, text: str, members: list[Member]) -> None:
        self.made.shapes.append(Shape(f"{self.class_name}{suffix}", text, role, members))

    def _record(self, has_expand: bool) -> list[Member]:
        # Records show where they come from, except where they are spread into keywords.
        members = [
            Member("id", "str"),
            Member("collectionId", "str", is_required=False),
            Member("collectionName", "str", is_required=False),
        ]
        for field in self.fields:
            if self.is_auth and field["name"] in _SECRET:
                continue
            # Hidden fields are for superusers, addresses for who may see them.
            is_shown = not field.get("hidden") and not (self.is_auth and field["name"] == "email")
            members.append(Member(str(field["name"]), self._read_type(field), is_required=is_shown))
        if has_expand:
            expand = f"{self.class_name}Expand"
            members.append(Member("expand", expand, is_required=False, nested=expand))
        return members

    def _expand(self) -> list[Member]:
        members = []
        for field in self.fields:
            target = self.class_names.get(str(field.get("collectionId")))
            if field["type"] == "relation" and target:
                members.append(_expanded(str(field["name"]), f"{target}Record", is_list=_is_multiple(field)))
        for other in self.others:
            for field in other.get("fields", []):
                if field["type"] == "relation" and field.get("collectionId") == self.collection["id"]:
                    key = f"{other['name']}_via_{field['name']}"
                    source = f"{self.class_names[str(other['id'])]}Record"
                    members.append(_expanded(key, source, is_list=not _is_unique(other, str(field["name"]))))
        return members

    def _create(self) -> list[Member]:
        members = [Member("id", "str", is_required=False)]
        for field in self._written():
            is_required = bool(field.get("required")) and not field.get("autogeneratePattern")
            members.append(Member(str(field["name"]), self._written_type(field), is_required))
        if self.is_auth:
            members += [Member("password", "str"), Member("passwordConfirm", "str")]
        return members

    def _update(self) -> list[Member]:
        members = []
        for field in self._written():
            name, written = str(field["name"]), self._written_type(field)
            members.append(Member(name, written, is_required=False))
            if field["type"] == "number":
                members += [Member(f"{name}{sign}", written, is_required=False) for sign in "+-"]
            elif _is_multiple(field):
                added = f"{self._written_one(field)} | {written}"
                members.append(Member(f"{name}+", added, is_required=False))
                if field["type"] != "file":
                    members.append(Member(f"+{name}", added, is_required=False))
                removed = f"{self._read_one(field)} | Sequence[{self._read_one(field)}]"
                members.append(Member(f"{name}-", removed, is_required=False))
        if self.is_auth:
            names = ("oldPassword", "password", "passwordConfirm")
            members += [Member(name, "str", is_required=False) for name in names]
        return members

    def _written(self) -> list[Field]:
        secret = _SECRET if self.is_auth else frozenset()
        return [each for each in self.fields if each["type"] != "autodate" and each["name"] not in secret]

    def _read_type(self, field: Field) -> str:
        one = self._read_one(field)
        if _is_multiple(field):
            return f"list[{one}]"
        # A choice that was not made is an empty text, also in records that are older than the rule.
        if field["type"] == "select" and field.get("values"):
            return f'{one[:-1]}, ""]'
        return one

    def _read_one(self, field: Field) -> str:
        kind = field["type"]
        if kind == "select" and field.get("values"):
            return f"Literal[{', '.join(map(quoted, dict.fromkeys(map(str, field['values']))))}]"
        if kind in _TEXT_TYPES or kind in ("select", "relation", "file"):
            return "str"
        if kind == "number":
            return "int" if field.get("onlyInt") else "float"
        if kind == "bool":
            return "bool"
        if kind == "geoPoint":
            self.made.has_points = True
            return "GeoPoint"
        return "Any"

    def _written_type(self, field: Field) -> str:
        one = self._written_one(field)
        if _is_multiple(field):
            return f"Sequence[{one}]"
        if field["type"] == "file":
            return f"{one} | None"
        return self._read_type(field) if field["type"] == "select" else one

    def _written_one(self, field: Field) -> str:
        if field["type"] == "file":
            self.made.has_files = True
            return "File | str"
        return f"{self._read_one(field)} | datetime" if field["type"] == "date" else self._read_one(field)


def _expanded(key: str, record: str, *, is_list: bool) -> Member:
    return Member(key, f"list[{record}]" if is_list else record, is_required=False, nested=record)


def _is_multiple(field: Field) -> bool:
    return field["type"] in ("select", "relation", "file") and int(field.get("maxSelect") or 0) > 1


def _is_unique(collection: Collection, name: str) -> bool:
    """Whether an index lets each value of the field stand in one record only."""
    column = re.compile(rf"\(\s*[`\"\[]?{re.escape(name)}[`\"\]]?(\s+COLLATE\s+\w+)?(\s+(ASC|DESC))?\s*\)\s*$", re.I)
    unique = re.compile(r"^\s*CREATE\s+UNIQUE\s+INDEX\b", re.I)
    return any(unique.search(index) and column.search(index) for index in collection.get("indexes") or [])
