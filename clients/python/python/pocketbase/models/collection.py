"""Collections and their fields."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

from pocketbase.models.attributes import AttributeDict

COLLECTION_TYPE_BASE = "base"
COLLECTION_TYPE_AUTH = "auth"
COLLECTION_TYPE_VIEW = "view"

_RULES = {
    "listRule": "list_rule",
    "viewRule": "view_rule",
    "createRule": "create_rule",
    "updateRule": "update_rule",
    "deleteRule": "delete_rule",
}


def _nothing() -> None:
    return None


def _base() -> str:
    return COLLECTION_TYPE_BASE


class FieldSchema(AttributeDict):
    """A field of a collection; every key of the server is kept."""

    __slots__ = ()
    _defaults: ClassVar = {"id": str, "name": str, "type": str, "system": bool, "required": bool, "options": dict}

    if TYPE_CHECKING:
        id: str
        name: str
        type: str
        system: bool
        required: bool
        options: dict[str, Any]


class CollectionModel(AttributeDict):
    """A collection. A rule that is None lets only superusers in; an empty one lets in everybody."""

    __slots__ = ()
    _defaults: ClassVar = {
        "id": str,
        "name": str,
        "type": _base,
        "system": bool,
        "fields": list,
        "indexes": list,
        "created": str,
        "updated": str,
        **dict.fromkeys(_RULES, _nothing),
    }
    _dumped_names: ClassVar = {**_RULES, "schema": "schema_fields"}

    if TYPE_CHECKING:
        id: str
        name: str
        type: str
        system: bool
        fields: list[dict[str, Any]]
        indexes: list[str]
        created: str
        updated: str
        list_rule: str | None
        view_rule: str | None
        create_rule: str | None
        update_rule: str | None
        delete_rule: str | None

    def __init__(self, *args: Any, **values: Any) -> None:
        super().__init__(*args, **values)
        for key, name in _RULES.items():
            if name in self and key not in self:
                self[key] = self.pop(name)

    @property
    def schema_fields(self) -> list[dict[str, Any]]:
        """The fields as servers before 0.23 sent them."""
        fields: list[dict[str, Any]] = self.get("schema") or []
        return fields
