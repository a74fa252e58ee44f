"""Steps of a transaction."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from instantdb_admin_client.errors import refused_input

__all__ = [
    "Create",
    "Delete",
    "EntityId",
    "Link",
    "LinkTarget",
    "Lookup",
    "Merge",
    "RuleParams",
    "Step",
    "Steps",
    "Unlink",
    "Update",
    "id",
    "lookup",
]


@dataclass(frozen=True)
class Lookup:
    """The entity whose unique attribute has this value, in place of an id. Made by `lookup`."""

    attribute: str
    value: Any


def lookup(attribute: str, value: Any) -> Lookup:
    """Names an entity by a unique attribute: `Update("profiles", lookup("handle", "ada"), {…})`."""
    return Lookup(attribute, value)


def id() -> str:
    """A new id for an entity: a random UUID."""
    import uuid

    return str(uuid.uuid4())


#: Which entity: its id, or a lookup; as the server takes them also `["attribute", value]` and `{"attribute": value}`.
EntityId = str | Lookup | Sequence[Any] | Mapping[str, Any]
#: What a label links to: one entity, or a list of them.
LinkTarget = EntityId | Sequence[EntityId]


def _subject(entity: Any) -> Any:
    return [entity.attribute, entity.value] if isinstance(entity, Lookup) else entity


def _target(target: Any) -> Any:
    """A list is several targets here, so that a lookup travels as text."""
    if isinstance(target, Lookup):
        return f"lookup__{target.attribute}__{json.dumps(target.value)}"
    if isinstance(target, (list, tuple)):
        return [_target(each) for each in target]
    return target


class Step:
    """A step of a transaction."""

    def to_list(self) -> list[Any]:
        """The step as it is on the wire: `["update", "goals", "ID", {"title": "…"}]`."""
        raise NotImplementedError(f"{type(self).__name__} is no step by itself: use Update, Link, Delete and so on")


@dataclass
class _Fields(Step):
    collection: str
    id: EntityId
    data: Mapping[str, Any]


@dataclass
class Create(_Fields):
    """Makes an entity; the transaction fails if it is there."""

    def to_list(self) -> list[Any]:
        return ["create", self.collection, _subject(self.id), self.data]


@dataclass
class Update(_Fields):
    """Sets fields of an entity. One that is not there is made, unless `upsert` is False: then it is an error."""

    upsert: bool | None = None

    def to_list(self) -> list[Any]:
        return ["update", self.collection, _subject(self.id), self.data, *_options(self.upsert)]


@dataclass
class Merge(_Fields):
    """As `Update`, but objects are merged into those that are there; None takes a key out of an object."""

    upsert: bool | None = None

    def to_list(self) -> list[Any]:
        return ["merge", self.collection, _subject(self.id), self.data, *_options(self.upsert)]


def _options(upsert: bool | None) -> list[dict[str, bool]]:
    return [] if upsert is None else [{"upsert": upsert}]


@dataclass
class Delete(Step):
    """Deletes an entity."""

    collection: str
    id: EntityId

    def to_list(self) -> list[Any]:
        return ["delete", self.collection, _subject(self.id)]


@dataclass
class _Links(Step):
    collection: str
    id: EntityId
    links: Mapping[str, LinkTarget]

    def _targets(self) -> Any:
        if not isinstance(self.links, Mapping):
            return self.links
        return {label: _target(target) for label, target in self.links.items()}


@dataclass
class Link(_Links):
    """Links an entity to others: `Link("goals", "ID", {"todos": ["ID", "ID"]})`."""

    def to_list(self) -> list[Any]:
        return ["link", self.collection, _subject(self.id), self._targets()]


@dataclass
class Unlink(_Links):
    """Takes links away."""

    def to_list(self) -> list[Any]:
        return ["unlink", self.collection, _subject(self.id), self._targets()]


@dataclass
class RuleParams(Step):
    """Parameters that the rules for an entity see in this transaction."""

    collection: str
    id: EntityId
    params: Mapping[str, Any]

    def to_list(self) -> list[Any]:
        return ["ruleParams", self.collection, _subject(self.id), self.params]


#: What a transaction takes: a step, a step as it is on the wire, steps of `db.tx`, or a list of these.
Steps = Step | Iterable[Any]


def encoded(steps: Steps) -> list[list[Any]]:
    """All steps as they are on the wire.

    Raises:
        InstantInputError: for what is no step.
    """
    if isinstance(steps, (str, bytes, Mapping)) or not isinstance(steps, (Step, Iterable)):
        raise refused_input(
            f"a transaction is a list of steps, not {steps!r}: use Update(…), Link(…) or lists such as "
            '["update", "goals", "ID", {…}]'
        )
    return list(_each(steps))


def _each(steps: Any) -> Iterator[list[Any]]:
    if isinstance(steps, Step):
        yield steps.to_list()
    elif isinstance(steps, (list, tuple)) and steps and isinstance(steps[0], str):
        # A step as it is on the wire; lookups in it as everywhere.
        yield [*steps[:2], *map(_subject, steps[2:3]), *steps[3:]]
    elif isinstance(steps, Iterable) and not isinstance(steps, (str, bytes, Mapping)):
        for step in steps:
            yield from _each(step)
    else:
        raise refused_input(
            f"{steps!r} is no step of a transaction: use Update(…), Link(…), Delete(…) or a list such as "
            '["update", "goals", "ID", {…}]'
        )
