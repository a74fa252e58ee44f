"""Every kind of rule, for every action and every kind of requester."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from differential.model import Group, R, Table, User, collection_id, records

_ANNA = "anna00000000001"
_EXPRESSION = "owner = @request.auth.id && @request.auth.id != ''"
_RULES: dict[str, str | None] = {"nobody": None, "everybody": "", "owners": _EXPRESSION}
_ACTORS = ("", "anna", "ben", "super")


def _allowed(rule: str, actor: str) -> bool:
    return actor == "super" or rule == "everybody" or (rule == "owners" and actor == "anna")


def _status(rule: str, actor: str, action: str) -> int:
    if _allowed(rule, actor):
        return 204 if action == "delete" else 200
    if rule == "nobody":
        return 403
    return {"list": 200, "view": 404, "create": 400, "update": 404, "delete": 404}[action]


def _record(actor: str, number: int) -> str:
    return f"{actor or 'guest':x<9}{number:02}0000"[:15]


def _groups() -> Iterator[Group]:
    for rule in _RULES:
        url = records(rule)
        for actor in _ACTORS:
            own = f"{url}/{_record(actor, 1)}"
            # A guest's or a stranger's record still belongs to Anna.
            body: dict[str, Any] = {"id": _record(actor, 2), "title": "made", "owner": _ANNA}
            list_query = {"sort": "id", "filter": f"id = '{_record(actor, 1)}'"}
            rows = [
                R("list", "GET", url, _status(rule, actor, "list"), auth=actor, q=list_query),
                R("view", "GET", own, _status(rule, actor, "view"), auth=actor),
                R("view missing", "GET", f"{url}/missing00000000", _missing(rule, actor), auth=actor),
                R("create", "POST", url, _status(rule, actor, "create"), auth=actor, json=body),
                R("update", "PATCH", own, _status(rule, actor, "update"), auth=actor, json={"title": "new"}),
                R("update missing", "PATCH", f"{url}/missing00000000", _missing(rule, actor), auth=actor, json={}),
                R("read as superuser", "GET", own, auth="super"),
                R("delete", "DELETE", own, _status(rule, actor, "delete"), auth=actor),
                R("delete missing", "DELETE", f"{url}/missing00000000", _missing(rule, actor), auth=actor),
                R(
                    "left",
                    "GET",
                    url,
                    auth="super",
                    q={"sort": "id", "fields": "id,title", "filter": f"id ~ '{(actor or 'guest')[:5]}'"},
                ),
            ]
            yield Group(f"{rule} / {actor or 'guest'}", rows)


def _missing(rule: str, actor: str) -> int:
    return 403 if rule == "nobody" and actor != "super" else 404


def _person(key: str, name: str) -> dict[str, Any]:
    return {
        "id": key,
        "email": f"{name}@example.com",
        "password": "password123",
        "passwordConfirm": "password123",
    }


_PEOPLE = [_person(_ANNA, "anna"), _person("ben000000000001", "ben")]
_SEEDED = [{"id": _record(actor, 1), "title": "seeded", "owner": _ANNA} for actor in _ACTORS]

TABLE = Table(
    name="rules_actions",
    collections=[
        {"name": "people", "type": "auth", "fields": []},
        *(
            {
                "name": name,
                "type": "base",
                "listRule": rule,
                "viewRule": rule,
                "createRule": rule,
                "updateRule": rule,
                "deleteRule": rule,
                "fields": [
                    {"name": "title", "type": "text"},
                    {
                        "name": "owner",
                        "type": "relation",
                        "collectionId": collection_id("people", "auth"),
                        "maxSelect": 1,
                    },
                ],
            }
            for name, rule in _RULES.items()
        ),
    ],
    records={"people": _PEOPLE, **dict.fromkeys(_RULES, _SEEDED)},
    users={"anna": User("people", "anna@example.com"), "ben": User("people", "ben@example.com")},
    groups=list(_groups()),
)
