"""Records as dataclasses: `TasksRecord(**record)`, or `TasksRecord.from_record(record)`."""

from __future__ import annotations

from collections.abc import Iterable

from ketch.typegen import style_typeddict
from ketch.typegen.names import attribute_name, in_text, quoted
from ketch.typegen.shapes import Member, Role, Shape
from ketch.typegen.style_typeddict import comment

_RESERVED = ("from_record", "to_record")

_HEAD = '''\
_R = TypeVar("_R", bound="_Record")


@dataclass(kw_only=True)
class _Record:
    # Names of the server that are no names in Python, by the name of the attribute.
    _keys: ClassVar[Mapping[str, str]] = {}

    @classmethod
    def from_record(cls: type[_R], record: Mapping[str, Any]) -> _R:
        """Made of a record as the server answers it. What is in it beyond the attributes is left out."""
        names = {cls._keys.get(each.name, each.name): each.name for each in fields(cls)}
        return cls(**{names[key]: value for key, value in record.items() if key in names})

    def to_record(self) -> dict[str, Any]:
        """A dictionary with the server's names. What has no value is left out."""
        values = ((each, getattr(self, each.name)) for each in fields(self))
        shown = {each: value for each, value in values if value is not None or each.default is MISSING}
        return {self._keys.get(each.name, each.name): _plain(value) for each, value in shown.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, _Record):
        return value.to_record()
    return [_plain(each) for each in value] if isinstance(value, list) else value


def _nested(kind: type[_R], value: Any) -> Any:
    if isinstance(value, Mapping):
        return kind.from_record(value)
    return [_nested(kind, each) for each in value] if isinstance(value, list) else value'''


#: Names that come from other packages.
BROUGHT = frozenset[str]()


def head() -> str:
    """What stands before the shapes."""
    return _HEAD


def used(shapes: Iterable[Shape]) -> set[str]:
    """The names that are used beside those in types."""
    own = {"Any", "ClassVar", "MISSING", "Mapping", "TypeVar", "dataclass", "fields"}
    return own | style_typeddict.used(each for each in shapes if each.role is Role.BODY)


def write(shape: Shape) -> str:
    """A shape as a class; what is sent stays a dictionary."""
    if shape.role is Role.BODY:
        return style_typeddict.write(shape)
    names: dict[str, str] = {}
    for member in shape.members:
        names[member.key] = attribute_name(member.key, names.values(), _RESERVED)
    lines = ["@dataclass(kw_only=True)", f"class {shape.name}(_Record):", f'    """{in_text(shape.text)}"""', ""]
    renamed = {name: key for key, name in names.items() if key != name}
    if renamed:
        pairs = ", ".join(f"{quoted(name)}: {quoted(key)}" for name, key in renamed.items())
        lines += [f"    _keys: ClassVar[Mapping[str, str]] = {{{pairs}}}", ""]
    lines += [f"    {names[each.key]}: {_type(each)}{comment(each)}" for each in shape.members]
    nested = [each for each in shape.members if each.nested]
    if nested:
        lines += ["", "    def __post_init__(self) -> None:"]
        for each in nested:
            name = names[each.key]
            lines.append(f"        self.{name} = _nested({each.nested}, self.{name})")
    return "\n".join(lines)


def _type(member: Member) -> str:
    return member.type if member.is_required else f"{or_none(member.type)} = None"


def or_none(type: str) -> str:
    """The type of what may be missing."""
    return type if type == "Any" or type.endswith("| None") else f"{type} | None"
