"""Modifiers in record bodies: `+`, `-`, prepend and `:autogenerate`; each write is followed by a read."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, collection_id, records

_ONE, _TWO, _THREE = "target000000001", "target000000002", "target000000003"

_COLLECTIONS: list[dict[str, Any]] = [
    {"name": "targets", "type": "base", "fields": [{"name": "name", "type": "text"}]},
    {
        "name": "mods",
        "type": "base",
        "fields": [
            {"name": "text", "type": "text"},
            {"name": "auto", "type": "text", "autogeneratePattern": "[a-c]{4}"},
            {"name": "n", "type": "number"},
            {"name": "int", "type": "number", "onlyInt": True, "max": 10},
            {"name": "one", "type": "select", "values": ["a", "b", "c", "d"], "maxSelect": 1},
            {"name": "many", "type": "select", "values": ["a", "b", "c", "d"], "maxSelect": 3},
            {"name": "rel", "type": "relation", "collectionId": collection_id("targets"), "maxSelect": 1},
            {"name": "rels", "type": "relation", "collectionId": collection_id("targets"), "maxSelect": 3},
            {"name": "json", "type": "json"},
            {"name": "bool", "type": "bool"},
        ],
    },
]
_BASE: dict[str, Any] = {
    "text": "t",
    "n": 10,
    "int": 5,
    "one": "b",
    "many": ["a", "b"],
    "rel": _TWO,
    "rels": [_ONE, _TWO],
}


class _Numbers:
    """Gives every group a record of its own."""

    last = 0


def _changes(name: str, changes: dict[str, Any], status: int = 200) -> Group:
    """Creates a record from the base values, applies the changes, reads it back."""
    _Numbers.last += 1
    record = f"mods{_Numbers.last:05}00000x"[:15]
    url = f"{records('mods')}/{record}"
    return Group(
        name,
        [
            R("create", "POST", records("mods"), auth="super", json={"id": record, **_BASE}, redact=["auto"]),
            R("update", "PATCH", url, status, auth="super", json=changes, redact=["auto"]),
            R("read", "GET", url, auth="super", redact=["auto"]),
        ],
    )


def _create(name: str, values: dict[str, Any], status: int = 200) -> Group:
    _Numbers.last += 1
    record = f"mods{_Numbers.last:05}00000x"[:15]
    row = R("create", "POST", records("mods"), status, auth="super", json={"id": record, **values}, redact=["auto"])
    return Group(name, [row])


TABLE = Table(
    name="records_modifiers",
    collections=_COLLECTIONS,
    records={"targets": [{"id": target, "name": target} for target in (_ONE, _TWO, _THREE)]},
    groups=[
        _changes("add", {"n+": 2.5}),
        _changes("subtract", {"n-": 12}),
        _changes("add number text", {"n+": "3"}),
        _changes("add nonsense", {"n+": "abc"}),
        _changes("add null", {"n+": None}),
        _changes("add negative", {"n+": -4}),
        _changes("prepend to a number is no modifier", {"+n": 4}),
        _changes("set, add and subtract", {"n-": 10, "n+": 2, "n": 1}),
        _changes("add beyond max", {"int+": 6}, 400),
        _changes("add a fraction to an integer", {"int+": 0.5}, 400),
        _changes("append to select", {"many+": "c"}),
        _changes("append several", {"many+": ["d", "c", "a"]}, 400),
        _changes("append a present value", {"many+": "a"}),
        _changes("append an unknown value", {"many+": "z"}, 400),
        _changes("prepend to select", {"+many": "c"}),
        _changes("prepend a present value", {"+many": "b"}),
        _changes("prepend several", {"+many": ["d", "b"]}),
        _changes("remove from select", {"many-": "a"}),
        _changes("remove several", {"many-": ["a", "b", "x"]}),
        _changes("remove nothing", {"many-": []}),
        _changes("remove null", {"many-": None}),
        _changes("append, prepend and remove", {"many+": "c", "+many": "d", "many-": "a"}),
        _changes("set and append", {"many": ["d"], "many+": ["a"]}),
        _changes("append to a single select replaces", {"one+": "c"}),
        _changes("prepend to a single select keeps", {"+one": "c"}),
        _changes("remove from a single select", {"one-": "b"}),
        _changes("remove another value from a single select", {"one-": "c"}),
        _changes("append a relation", {"rels+": _THREE}),
        _changes("prepend a relation", {"+rels": _THREE}),
        _changes("remove a relation", {"rels-": _ONE}),
        _changes("append a missing relation", {"rels+": "missing00000000"}, 400),
        _changes("append as list text", {"rels+": f'["{_THREE}"]'}),
        _changes("append to a single relation replaces", {"rel+": _ONE}),
        _changes("prepend to a single relation keeps", {"+rel": _ONE}),
        _changes("remove a single relation", {"rel-": _TWO}),
        _changes("modifiers on text are unknown keys", {"text+": "x", "text-": "t", "+text": "y"}),
        _changes("modifiers on bool and json are unknown keys", {"bool+": True, "json+": {"a": 1}}),
        _changes("autogenerate", {"auto:autogenerate": "pre-"}),
        _changes("autogenerate without prefix", {"auto:autogenerate": ""}),
        _changes("autogenerate without pattern", {"text:autogenerate": "fixed"}),
        _changes("clearing an autogenerated text", {"auto": ""}),
        _changes("unknown modifier", {"n:each": 5, "n:isset": 1, "n*": 2}),
        _changes("empty body", {}),
        _changes("same id", {"id": "mods0004500000"[:15]}, 400),
        _create("create with add", {"n+": 3}),
        _create("create with set and subtract", {"n": 3, "n-": 1}),
        _create("create with append", {"many+": ["a", "c"]}),
        _create("create with prepend", {"many": ["a"], "+many": "b"}),
        _create("create with remove", {"many": ["a", "b"], "many-": "a"}),
        _create("create with relations appended", {"rels+": _ONE, "rel+": _TWO}),
        _create("create with autogenerate", {"auto:autogenerate": "id-"}),
        _create("create with an own value for an autogenerated text", {"auto": "mine"}),
    ],
)
