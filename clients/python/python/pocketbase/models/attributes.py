"""Dictionaries whose entries are attributes as well."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, ClassVar, TypeVar

from pocketbase.utils.text import json_text

if TYPE_CHECKING:
    _M = TypeVar("_M", bound="AttributeDict")


def camel_case(name: str) -> str:
    """`list_rule` as `listRule`."""
    first, *others = name.split("_")
    return first + "".join(other[:1].upper() + other[1:] for other in others)


class AttributeDict(dict[str, Any]):
    """A JSON object: a plain dictionary with the server's keys, whose entries are attributes as well.

    Attributes may be written in snake case: `collection.list_rule` is `collection["listRule"]`.
    An entry named like a method of `dict` is reached as an entry only: `record["items"]`.
    """

    __slots__ = ()
    # Attributes that exist without an entry, with what makes their value.
    _defaults: ClassVar[dict[str, Callable[[], Any]]] = {}
    # Server keys that `model_dump` writes in another way.
    _dumped_names: ClassVar[dict[str, str]] = {}

    def __getattr__(self, name: str) -> Any:
        if name in self:
            return self[name]
        if not name.startswith("__"):
            key = camel_case(name)
            if key in self:
                return self[key]
            if key in self._defaults:
                return self._defaults[key]()
        raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")

    def __setattr__(self, name: str, value: Any) -> None:
        key = camel_case(name)
        self[key if name not in self and (key in self or key in self._defaults) else name] = value

    def __delattr__(self, name: str) -> None:
        key = name if name in self else camel_case(name)
        if key not in self:
            raise AttributeError(f"{type(self).__name__!r} object has no attribute {name!r}")
        del self[key]

    def __dir__(self) -> list[str]:
        return sorted({*super().__dir__(), *(key for key, _ in self.items()), *self._defaults})

    def __repr__(self) -> str:
        return f"{type(self).__name__}({dict(self.items())!r})"

    def copy(self: _M) -> _M:
        """A shallow copy of the same class."""
        return type(self)(self.items())

    @classmethod
    def model_validate(cls: type[_M], obj: Mapping[str, Any]) -> _M:
        """An object of this class with the entries of `obj`. Raises `TypeError` if `obj` is no mapping."""
        if not isinstance(obj, Mapping):
            raise TypeError(f"{cls.__name__} is made of a dict, not of {type(obj).__name__}")
        return cls(**dict(obj.items()))

    def model_dump(self) -> dict[str, Any]:
        """A plain dictionary with the names of the attributes: `collection_id` for `collectionId`."""
        names = self._dumped_names
        dumped = {names.get(key, key): make() for key, make in self._defaults.items()}
        dumped.update((names.get(key, key), value) for key, value in self.items())
        return dumped

    def model_dump_json(self) -> str:
        """`model_dump` as JSON text."""
        return json_text(self.model_dump())
