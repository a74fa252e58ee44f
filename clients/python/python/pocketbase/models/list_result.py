"""Pages of a list."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from pocketbase.models.record import RecordModel
from pocketbase.utils.text import json_text

T = TypeVar("T")
_NAMES = {
    "page": "page",
    "perPage": "per_page",
    "totalItems": "total_items",
    "totalPages": "total_pages",
    "items": "items",
}


class ListResult(Generic[T]):
    """One page of a list. Iterating over it is iterating over its items."""

    __slots__ = ("items", "page", "per_page", "total_items", "total_pages")

    page: int
    """Number of this page, from 1."""
    per_page: int
    """Items a page."""
    total_items: int
    """Items of all pages; -1 if the request said not to count (`skipTotal`)."""
    total_pages: int
    """Pages; -1 if the request said not to count."""
    items: list[T]
    """Items of this page."""

    def __init__(
        self,
        page: int = 1,
        per_page: int = 30,
        total_items: int = 0,
        total_pages: int = 0,
        items: list[T] | None = None,
    ) -> None:
        self.page = page
        self.per_page = per_page
        self.total_items = total_items
        self.total_pages = total_pages
        self.items = [] if items is None else items

    @classmethod
    def _item(cls, item: Any) -> Any:
        return RecordModel.model_validate(item) if isinstance(item, Mapping) else item

    @classmethod
    def model_validate(cls, obj: Mapping[str, Any] | ListResult[T]) -> ListResult[T]:
        """A page out of the server's answer; its items become what stands in `ListResult[…]`, records by default."""
        if isinstance(obj, ListResult):
            return obj
        if not isinstance(obj, Mapping):
            raise TypeError(f"ListResult is made of a dict, not of {type(obj).__name__}")
        values = {name: obj.get(key, obj.get(name)) for key, name in _NAMES.items()}
        values["items"] = [cls._item(item) for item in values["items"] or ()]
        return cls(**{name: value for name, value in values.items() if value is not None})

    if not TYPE_CHECKING:

        def __class_getitem__(cls, params):
            found = _TYPED.get(params)
            if found is None:
                found = super().__class_getitem__(params)
                validate = getattr(params, "model_validate", None)
                if validate is not None:
                    made = type(cls.__name__, (cls,), {"__slots__": (), "_item": staticmethod(validate)})
                    found = _TYPED[params] = made
            return found

    def __iter__(self) -> Iterator[T]:
        return iter(self.items)

    def __getitem__(self, key: str) -> Any:
        """The entry of the server's answer: `result["totalItems"]`."""
        if key in _NAMES or key in _NAMES.values():
            return getattr(self, _NAMES.get(key, key))
        raise KeyError(key)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, ListResult):
            return NotImplemented
        return all(getattr(self, name) == getattr(other, name) for name in _NAMES.values())

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"ListResult({', '.join(f'{name}={getattr(self, name)!r}' for name in _NAMES.values())})"

    def model_dump(self) -> dict[str, Any]:
        """A plain dictionary with the names of the attributes."""
        dumped = {name: getattr(self, name) for name in _NAMES.values()}
        dumped["items"] = [item.model_dump() if hasattr(item, "model_dump") else item for item in self.items]
        return dumped

    def model_dump_json(self) -> str:
        """`model_dump` as JSON text."""
        return json_text(self.model_dump())


_TYPED: dict[Any, Any] = {}


def to_list(data: dict[str, Any], items: list[T]) -> ListResult[T]:
    """A page out of the server's answer, whose items are there already."""
    return ListResult(data["page"], data["perPage"], data["totalItems"], data["totalPages"], items)
