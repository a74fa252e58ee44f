"""Transactions in the way of the official clients: `db.tx.goals[id()].update({…}).link({…})`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from instantdb_admin_client.steps import (
    Create,
    Delete,
    EntityId,
    Link,
    LinkTarget,
    Merge,
    RuleParams,
    Step,
    Unlink,
    Update,
)


class Chunk:
    """Steps on one entity. Each method returns a longer one; the one at hand stays as it is."""

    __slots__ = ("_collection", "_id", "_steps")

    def __init__(self, collection: str, id: EntityId, steps: tuple[Step, ...] = ()) -> None:
        self._collection = collection
        self._id = id
        self._steps = steps

    def __iter__(self) -> Iterator[Step]:
        return iter(self._steps)

    def __len__(self) -> int:
        return len(self._steps)

    def __repr__(self) -> str:
        return f"Chunk({[step.to_list() for step in self._steps]!r})"

    def create(self, data: Mapping[str, Any]) -> Chunk:
        """Makes the entity; the transaction fails if it is there."""
        return self._with(Create(self._collection, self._id, data))

    def update(self, data: Mapping[str, Any], opts: Mapping[str, bool] | None = None) -> Chunk:
        """Sets fields. `opts={"upsert": False}`: fails if the entity is not there."""
        return self._with(Update(self._collection, self._id, data, (opts or {}).get("upsert")))

    def merge(self, data: Mapping[str, Any], opts: Mapping[str, bool] | None = None) -> Chunk:
        """Merges objects into those that are there."""
        return self._with(Merge(self._collection, self._id, data, (opts or {}).get("upsert")))

    def link(self, links: Mapping[str, LinkTarget]) -> Chunk:
        """Links the entity to others."""
        return self._with(Link(self._collection, self._id, links))

    def unlink(self, links: Mapping[str, LinkTarget]) -> Chunk:
        """Takes links away."""
        return self._with(Unlink(self._collection, self._id, links))

    def delete(self) -> Chunk:
        """Deletes the entity."""
        return self._with(Delete(self._collection, self._id))

    def rule_params(self, params: Mapping[str, Any]) -> Chunk:
        """Parameters that the rules for the entity see in this transaction."""
        return self._with(RuleParams(self._collection, self._id, params))

    def _with(self, step: Step) -> Chunk:
        return Chunk(self._collection, self._id, (*self._steps, step))


class Entities:
    """The entities of one namespace: `entities["ID"]`, `entities[lookup("handle", "ada")]`."""

    __slots__ = ("_collection",)

    def __init__(self, collection: str) -> None:
        self._collection = collection

    def __getitem__(self, id: EntityId) -> Chunk:
        return Chunk(self._collection, id)


class Transactions:
    """The namespaces of an app: `tx.goals`, `tx["$users"]`."""

    __slots__ = ()

    def __getattr__(self, collection: str) -> Entities:
        if collection.startswith("__"):
            raise AttributeError(f"'Transactions' object has no attribute {collection!r}")
        return Entities(collection)

    def __getitem__(self, collection: str) -> Entities:
        return Entities(collection)
