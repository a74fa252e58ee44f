"""The auth collections and records that the auth tables share."""

from __future__ import annotations

from typing import Any

from differential.model import User

PASSWORD = "password123"
SECRET = "known-secret-of-the-auth-tokens-of-this-collection"
ANNA, BEN = "anna00000000001", "ben000000000001"


def person(key: str, email: str, **fields: Any) -> dict[str, Any]:
    return {"id": key, "email": email, "password": PASSWORD, "passwordConfirm": PASSWORD, **fields}


_OPEN = {"listRule": "", "viewRule": "", "createRule": "", "updateRule": "", "deleteRule": ""}
COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "people",
        "type": "auth",
        **_OPEN,
        "fields": [{"name": "nick", "type": "text"}, {"name": "code", "type": "text"}, {"name": "n", "type": "number"}],
        "indexes": [
            "CREATE UNIQUE INDEX idx_people_nick ON people (nick COLLATE NOCASE) WHERE nick != ''",
            "CREATE UNIQUE INDEX idx_people_code ON people (code) WHERE code != ''",
        ],
        "passwordAuth": {"enabled": True, "identityFields": ["email", "nick", "code"]},
        "authToken": {"secret": SECRET, "duration": 3600},
    },
    {"name": "others", "type": "auth", **_OPEN, "fields": []},
    {
        "name": "own",
        "type": "base",
        **dict.fromkeys(_OPEN, "@request.auth.id != ''"),
        "fields": [{"name": "title", "type": "text"}],
    },
]


RECORDS: dict[str, list[dict[str, Any]]] = {
    "people": [
        person(ANNA, "anna@example.com", nick="Annie", code="A1", emailVisibility=True),
        person(BEN, "ben@example.com", nick="anna@example.com"),
    ],
    "others": [person("oda000000000001", "oda@example.com")],
    "own": [{"id": "own000000000001", "title": "t"}],
}
USERS = {
    "anna": User("people", "anna@example.com"),
    "ben": User("people", "ben@example.com"),
    "oda": User("others", "oda@example.com"),
}
