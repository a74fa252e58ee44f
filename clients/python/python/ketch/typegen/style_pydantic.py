"""Records as models of pydantic: `TasksRecord.model_validate(record)`."""

from __future__ import annotations

from collections.abc import Iterable

from ketch.typegen import style_typeddict
from ketch.typegen.names import attribute_name, in_text, quoted
from ketch.typegen.shapes import Member, Role, Shape
from ketch.typegen.style_dataclass import or_none
from ketch.typegen.style_typeddict import comment

# Attributes of every model.
_RESERVED = (
    *("construct", "copy", "dict", "from_orm", "json", "parse_file", "parse_obj", "parse_raw", "schema"),
    *("schema_json", "update_forward_refs", "validate"),
    *("model_computed_fields", "model_config", "model_construct", "model_copy", "model_dump", "model_dump_json"),
    *("model_extra", "model_fields", "model_fields_set", "model_json_schema", "model_parametrized_name"),
    *("model_post_init", "model_rebuild", "model_validate", "model_validate_json", "model_validate_strings"),
)

_HEAD = """\
class _Record(BaseModel):
    model_config = ConfigDict(extra="allow", populate_by_name=True, protected_namespaces=())"""


#: Names that come from other packages.
BROUGHT = frozenset(("BaseModel", "ConfigDict", "Field", "TypedDict"))


def head() -> str:
    """What stands before the shapes."""
    return _HEAD


def used(shapes: Iterable[Shape]) -> set[str]:
    """The names that are used beside those in types."""
    all_shapes = list(shapes)
    names = {"BaseModel", "ConfigDict"} | style_typeddict.used(each for each in all_shapes if each.role is Role.BODY)
    models = [each for each in all_shapes if each.role is not Role.BODY]
    has_aliases = any(key != name for each in models for key, name in _names(each).items())
    return names | ({"Field"} if has_aliases else set())


def write(shape: Shape) -> str:
    """A shape as a class; what is sent stays a dictionary."""
    if shape.role is Role.BODY:
        return style_typeddict.write(shape)
    names = _names(shape)
    lines = [f"class {shape.name}(_Record):", f'    """{in_text(shape.text)}"""', ""]
    lines += [f"    {names[each.key]}: {_type(each, names[each.key])}{comment(each)}" for each in shape.members]
    return "\n".join(lines)


def _names(shape: Shape) -> dict[str, str]:
    """The attribute of each key."""
    names: dict[str, str] = {}
    for member in shape.members:
        names[member.key] = attribute_name(member.key, names.values(), _RESERVED)
    return names


def _type(member: Member, name: str) -> str:
    alias = "" if member.key == name else f"alias={quoted(member.key)}"
    if member.is_required:
        return f"{member.type} = Field({alias})" if alias else member.type
    default = f"Field(default=None, {alias})" if alias else "None"
    return f"{or_none(member.type)} = {default}"
