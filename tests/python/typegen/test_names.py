"""Python names for whatever names a server has."""

from __future__ import annotations

import ast

import pytest
from ketch.typegen import collections, namespaces
from ketch.typegen.names import ClassNames, attribute_name, in_text, is_plain, quoted
from ketch.typegen.render import STYLES, render

ODD = [
    "",
    "1",
    "class",
    "None",
    "self",
    "__init__",
    "__x",
    "_x",
    "a b",
    "a-b",
    "größe",
    "ﬁ",
    "日本",
    "🙂",
    '"',
    "\\",
    "\n",
]
ODD += ["\u2028", "\ud800", "*/", '"""', "{}", "%s", "str", "list", "Any", "File", "from_record", "model_config", "id"]


@pytest.mark.parametrize("text", ODD)
def test_texts_survive_as_literals(text: str) -> None:
    assert ast.literal_eval(quoted(text)) == text
    assert "\n" not in quoted(text)
    assert ast.literal_eval(f'"""{in_text(text)} """') is not None


def test_attributes_are_distinct_identifiers() -> None:
    taken: list[str] = []
    for name in [*ODD, "a_b", "a_b_", "class_"]:
        made = attribute_name(name, taken, ["from_record", "model_config"])
        assert is_plain(made)
        assert not made.startswith("_")
        assert made not in taken
        assert made not in ("from_record", "model_config")
        taken.append(made)
    assert attribute_name("title") == "title"
    assert attribute_name("class") == "class_"


def test_classes_are_distinct() -> None:
    names = ClassNames(["Record", "Create"])
    made = [names.give(name) for name in ["tasks", "Tasks", "my_tasks", "my-tasks", "1st", "", "日本", "$users", "🙂"]]
    assert len(set(made)) == len(made)
    assert made[:4] == ["Tasks", "Tasks2", "MyTasks", "MyTasks2"]
    assert all(f"{each}Record".isidentifier() for each in made)


@pytest.mark.parametrize("style", sorted(STYLES))
def test_odd_names_give_python(style: str) -> None:
    fields = [{"name": name, "type": "select", "values": ODD, "maxSelect": 1} for name in ODD if name != "id"]
    things = [{"id": "c1", "name": '"""\n$', "type": "base", "fields": fields, "indexes": []}]
    document = collections.document(things)
    identity = ["x", "a b", "label"]
    attr = {"forward-identity": identity, "checked-data-type": "string", "inferred-types": None}
    ref = {
        "forward-identity": ["x", "a b", '"""'],
        "reverse-identity": ["y", "$secret", "back"],
        "cardinality": "one",
        "unique?": True,
    }
    schema = {"blobs": {"a b": dict.fromkeys(ODD, attr)}, "refs": {"r": ref}}
    document.extend(namespaces.document(schema))
    text = render(document, style)
    compile(text.encode("utf-8", "backslashreplace").decode(), "made.py", "exec")


@pytest.mark.parametrize("style", sorted(STYLES))
def test_nothing_gives_an_empty_file(style: str) -> None:
    text = render(collections.document([]), style)
    assert "import" in text
    assert "class" not in text
