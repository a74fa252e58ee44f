"""Records."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, ClassVar

from pocketbase.models.attributes import AttributeDict

if TYPE_CHECKING:
    from _collections_abc import dict_keys

_HIDDEN = ("collectionId", "collectionName")
_SNAKE = {"collection_id": "collectionId", "collection_name": "collectionName"}


class RecordModel(AttributeDict):
    """A record: a dictionary of its fields, whose entries are attributes as well.

        record["title"], record.title, record.get("title")

    `**record`, `dict(record)` and a loop over the keys leave out `collectionId` and `collectionName`, so that
    `Task(**record)` works for a class with the fields of the collection. They are there in every other way:
    `record["collectionId"]`, `record.collection_id`, `in`, `items()`, JSON and `model_dump()`.
    """

    __slots__ = ()
    _defaults: ClassVar = dict.fromkeys(("id", "collectionId", "collectionName", "created", "updated"), str)
    _dumped_names: ClassVar = {key: name for name, key in _SNAKE.items()}

    if TYPE_CHECKING:
        id: str
        collection_id: str
        collection_name: str
        collectionId: str
        collectionName: str
        created: str
        updated: str

    def __init__(self, *args: Any, **fields: Any) -> None:
        super().__init__(*(arg.items() if isinstance(arg, AttributeDict) else arg for arg in args), **fields)
        for name, key in _SNAKE.items():
            if name in self and key not in self:
                self[key] = self.pop(name)

    def __iter__(self) -> Iterator[str]:
        return (key for key in super().__iter__() if key not in _HIDDEN)

    def keys(self) -> dict_keys[str, Any]:
        """The names of the record's own fields: without `collectionId` and `collectionName`."""
        return {key: None for key in super().__iter__() if key not in _HIDDEN}.keys()

    def __or__(self, other: Mapping[str, Any]) -> RecordModel:  # type: ignore[override]
        merged = self.copy()
        merged.update(other.items())
        return merged


def to_record(data: dict[str, Any]) -> RecordModel:
    """A record out of the server's answer. The short way: a list has many of them."""
    record = RecordModel.__new__(RecordModel)
    dict.update(record, data)
    return record


def to_records(items: list[dict[str, Any]]) -> list[RecordModel]:
    """Records out of the server's answer."""
    make, fill = RecordModel.__new__, dict.update
    records = [make(RecordModel) for _ in items]
    for record, data in zip(records, items, strict=True):
        fill(record, data)
    return records


def as_record(record: Mapping[str, Any] | None) -> RecordModel | None:
    """What a caller gave as a record; None for nothing and for an empty one."""
    if isinstance(record, RecordModel):
        return record or None
    return RecordModel(record.items()) if record else None
