"""Indexes of collections: how their text is kept, rewritten and refused."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table

_URL = "/api/collections"
_FIELDS = [
    {"name": "a", "type": "text"},
    {"name": "b", "type": "number"},
    {"name": "c", "type": "json"},
]


def _index(title: str, status: int, number: int, *indexes: str, **body: Any) -> R:
    """Creates the collection `tN` with indexes; `@` stands for its name."""
    name = f"t{number}"
    texts = [index.replace("@", name) for index in indexes]
    collection = {"name": name, "type": "base", "fields": _FIELDS, "indexes": texts, **body}
    return R(title, "POST", _URL, status, auth="super", json=collection)


_CREATES = [
    _index("plain", 200, 1, "CREATE INDEX idx_@ ON @ (a)"),
    _index("unique", 200, 2, "CREATE UNIQUE INDEX idx_@ ON @ (a)"),
    _index("back-ticks", 200, 3, "CREATE INDEX `idx_@` ON `@` (`a`, `b`)"),
    _index("double quotes", 200, 4, 'CREATE INDEX "idx_@" ON "@" ("a")'),
    _index("square brackets", 200, 5, "CREATE INDEX [idx_@] ON [@] ([a])"),
    _index("lower case", 200, 6, "create unique index idx_@ on @ (a)"),
    _index("spaces and lines", 200, 7, "  CREATE   INDEX\n idx_@\tON @\n(\n  a,\n  b\n)  "),
    _index("if not exists", 200, 8, "CREATE INDEX IF NOT EXISTS idx_@ ON @ (a)"),
    _index("collate and order", 200, 9, "CREATE INDEX idx_@ ON @ (a COLLATE NOCASE DESC, b ASC)"),
    _index("where", 200, 10, "CREATE INDEX idx_@ ON @ (a) WHERE b > 5 AND a != ''"),
    _index("expression", 200, 11, "CREATE INDEX idx_@ ON @ (lower(a))"),
    _index("json expression", 200, 12, "CREATE INDEX idx_@ ON @ (json_extract(c, '$.x'))"),
    _index(
        "other table is rewritten", 200, 13, "CREATE UNIQUE INDEX idx_@ ON other (a, b COLLATE NOCASE) WHERE a != ''"
    ),
    _index("missing table name", 400, 14, "CREATE INDEX idx_@ (a)"),
    _index("semicolon", 400, 15, "CREATE INDEX idx_@ ON @ (a);"),
    _index("several", 200, 16, "CREATE INDEX idx_@_a ON @ (a)", "CREATE INDEX idx_@_b ON @ (b)"),
    _index("not an index", 400, 20, "DROP TABLE users"),
    _index("empty", 400, 21, ""),
    _index("no columns", 400, 22, "CREATE INDEX idx_@ ON @ ()"),
    _index("unknown column", 400, 23, "CREATE INDEX idx_@ ON @ (nope)"),
    _index("no name", 400, 24, "CREATE INDEX ON @ (a)"),
    _index("broken where", 400, 25, "CREATE INDEX idx_@ ON @ (a) WHERE nope ="),
    _index("two of one name", 400, 26, "CREATE INDEX idx_@ ON @ (a)", "CREATE INDEX idx_@ ON @ (b)"),
    _index("two of one name in another case", 400, 27, "CREATE INDEX idx_@ ON @ (a)", "CREATE INDEX IDX_@ ON @ (b)"),
    _index("two of one definition", 400, 28, "CREATE INDEX idx_@_a ON @ (a)", "CREATE INDEX idx_@_b ON @ (a)"),
    _index("name of another collection's index", 400, 29, "CREATE INDEX idx_t1 ON @ (a)"),
    _index("name of a system index", 400, 30, "CREATE INDEX idx_email__pb_users_auth_ ON @ (a)"),
    _index("one good, one bad", 400, 31, "CREATE INDEX idx_@_a ON @ (a)", "nonsense"),
    _index(
        "on a view", 400, 32, "CREATE INDEX idx_@ ON @ (a)", type="view", viewQuery="select id from users", fields=[]
    ),
    _index("list is text", 400, 33, indexes="CREATE INDEX x ON y (z)"),
]


def _patch(title: str, status: int, /, **body: Any) -> R:
    return R(title, "PATCH", f"{_URL}/turning", status, auth="super", json=body)


_CHANGES = Group(
    "changes",
    [
        R(
            "create",
            "POST",
            _URL,
            auth="super",
            json={
                "name": "turning",
                "type": "base",
                "fields": [
                    {"id": "fielda", "name": "a", "type": "text"},
                    {"id": "fieldb", "name": "b", "type": "text"},
                ],
                "indexes": ["CREATE UNIQUE INDEX idx_turning_a ON turning (a)"],
            },
        ),
        R("first record", "POST", f"{_URL}/turning/records", auth="super", json={"id": "turn00000000001", "a": "x"}),
        R("clash", "POST", f"{_URL}/turning/records", 400, auth="super", json={"id": "turn00000000002", "a": "x"}),
        _patch("drop indexes", 200, indexes=[]),
        R("no clash", "POST", f"{_URL}/turning/records", auth="super", json={"id": "turn00000000002", "a": "x"}),
        _patch("unique over equal values", 400, indexes=["CREATE UNIQUE INDEX idx_turning_a ON turning (a)"]),
        _patch("plain index", 200, indexes=["CREATE INDEX idx_turning_a ON turning (a)"]),
        _patch("rename rewrites the table name", 200, name="turned"),
        R("rename back", "PATCH", f"{_URL}/turned", auth="super", json={"name": "turning"}),
        _patch(
            "renamed field keeps the old column in the index",
            400,
            fields=[{"id": "fielda", "name": "aa", "type": "text"}, {"id": "fieldb", "name": "b", "type": "text"}],
        ),
        _patch(
            "renamed field and index",
            200,
            fields=[{"id": "fielda", "name": "aa", "type": "text"}, {"id": "fieldb", "name": "b", "type": "text"}],
            indexes=["CREATE INDEX idx_turning_aa ON turning (aa)"],
        ),
        _patch("dropped field of an index", 400, fields=[{"id": "fieldb", "name": "b", "type": "text"}]),
        _patch("index of the id", 200, indexes=["CREATE UNIQUE INDEX idx_turning_id ON turning (id)"]),
        _patch("index taken elsewhere", 400, indexes=["CREATE INDEX idx_t1 ON turning (aa)"]),
        R("read", "GET", f"{_URL}/turning", auth="super"),
    ],
)


def _auth(title: str, status: int, /, **body: Any) -> R:
    return R(title, "PATCH", f"{_URL}/logins", status, auth="super", json=body)


_AUTH = Group(
    "auth collections",
    [
        R(
            "create",
            "POST",
            _URL,
            auth="super",
            json={"name": "logins", "type": "auth", "fields": [{"name": "nick", "type": "text"}]},
        ),
        _auth("own indexes come back", 200, indexes=[]),
        _auth("index of nick", 200, indexes=["CREATE UNIQUE INDEX idx_nick ON logins (nick) WHERE nick != ''"]),
        _auth("nick as identity", 200, passwordAuth={"enabled": True, "identityFields": ["email", "nick"]}),
        _auth("index of an identity cannot go", 400, indexes=[]),
        _auth("identity without an index", 400, passwordAuth={"identityFields": ["verified"]}),
        _auth("identity of an unknown field", 400, passwordAuth={"identityFields": ["nope"]}),
        _auth("no identities", 400, passwordAuth={"identityFields": []}),
        _auth("no identities while off", 200, passwordAuth={"enabled": False, "identityFields": []}),
        _auth(
            "plain index of the email",
            200,
            indexes=[
                "CREATE INDEX idx_email_x ON logins (email)",
                "CREATE UNIQUE INDEX idx_key_x ON logins (tokenKey)",
            ],
        ),
        _auth(
            "own names for the system indexes",
            200,
            indexes=[
                "CREATE UNIQUE INDEX idx_email_x ON logins (email COLLATE NOCASE) WHERE email != ''",
                "CREATE UNIQUE INDEX idx_key_x ON logins (tokenKey)",
            ],
        ),
        R("read", "GET", f"{_URL}/logins", auth="super"),
    ],
)

TABLE = Table(name="collections_indexes", groups=[Group("creating", _CREATES), _CHANGES, _AUTH])
