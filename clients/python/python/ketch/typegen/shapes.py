"""What types are generated from: the shapes of records and of the bodies that make them."""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import Enum


class Role(Enum):
    """What a shape is there for."""

    #: What the server answers. Written in the chosen style.
    RECORD = "record"
    #: Records inside a record, by the name of the relation. Written in the chosen style.
    EXPAND = "expand"
    #: What is sent. Always a `TypedDict`: clients take dictionaries.
    BODY = "body"


@dataclass(frozen=True)
class Member:
    """One key of a shape.

    `type` is a Python expression. `nested` names the shape whose records are inside, whether one or a list.
    """

    key: str
    type: str
    is_required: bool = True
    note: str = ""
    nested: str = ""


@dataclass
class Shape:
    """A class to be written. `name` is a Python identifier that no other shape of the file has."""

    name: str
    text: str
    role: Role
    members: list[Member] = field(default_factory=list)


@dataclass
class Document:
    """A file to be written. `file_type` says whether bodies take files, `point_type` whether there are places."""

    shapes: list[Shape] = field(default_factory=list)
    has_files: bool = False
    has_points: bool = False

    def extend(self, other: Document) -> None:
        """Adds all of another file."""
        self.shapes.extend(other.shapes)
        self.has_files = self.has_files or other.has_files
        self.has_points = self.has_points or other.has_points
