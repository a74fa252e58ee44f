"""What answers leave out: hidden fields, invisible emails; and what managers may do."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, User, collection_id, records

_ANNA, _BEN, _CID = "anna00000000001", "ben000000000001", "cid000000000001"
_SECRET = {"password": "password123", "passwordConfirm": "password123"}

_COLLECTIONS: list[dict[str, Any]] = [
    {
        "name": "people",
        "type": "auth",
        "listRule": "",
        "viewRule": "",
        "createRule": "",
        "updateRule": "",
        "deleteRule": "",
        "manageRule": "@request.auth.role = 'admin' || @request.query.manage = '1'",
        "fields": [
            {"name": "name", "type": "text"},
            {"name": "role", "type": "select", "values": ["admin", "user"], "maxSelect": 1},
            {"name": "hush", "type": "text", "hidden": True},
        ],
    },
    {
        "name": "plain",
        "type": "auth",
        "listRule": "",
        "viewRule": "",
        "createRule": "",
        "updateRule": "",
        "fields": [{"name": "name", "type": "text"}],
    },
    {
        "name": "notes",
        "type": "base",
        "listRule": "",
        "viewRule": "",
        "createRule": "",
        "updateRule": "",
        "fields": [
            {"name": "title", "type": "text"},
            {"name": "hush", "type": "text", "hidden": True},
            {"name": "need", "type": "text", "hidden": True, "required": True},
            {"name": "password", "type": "password"},
            {
                "name": "owner",
                "type": "relation",
                "collectionId": collection_id("people", "auth"),
                "maxSelect": 1,
            },
        ],
    },
]


def _person(key: str, name: str, *, visible: bool, **fields: Any) -> dict[str, Any]:
    mail = {"email": f"{name.lower()}@example.com", "emailVisibility": visible}
    return {"id": key, "name": name, **mail, **_SECRET, **fields}


_PEOPLE = records("people")
_LISTING = {"sort": "id", "fields": "id,email,emailVisibility,hush", "filter": "id ~ '00000000001'"}

_SEEING = Group(
    "seeing emails and hidden fields",
    [
        R("list as guest", "GET", _PEOPLE, q=_LISTING),
        R("list as self", "GET", _PEOPLE, auth="ben", q=_LISTING),
        R("list as manager", "GET", _PEOPLE, auth="admin", q=_LISTING),
        R("list as superuser", "GET", _PEOPLE, auth="super", q=_LISTING),
        R("list as guest satisfying the manage rule", "GET", _PEOPLE, q={**_LISTING, "manage": "1"}),
        R("list as another collection's record", "GET", _PEOPLE, auth="stranger", q=_LISTING),
        R("view as guest", "GET", f"{_PEOPLE}/{_BEN}", ordered=True),
        R("view as self", "GET", f"{_PEOPLE}/{_BEN}", auth="ben"),
        R("view as superuser", "GET", f"{_PEOPLE}/{_BEN}", auth="super", ordered=True),
        R("view visible as guest", "GET", f"{_PEOPLE}/{_ANNA}"),
        R(
            "fields cannot ask for a hidden email",
            "GET",
            f"{_PEOPLE}/{_BEN}",
            q={"fields": "email,hush,password,tokenKey"},
        ),
        R(
            "fields cannot ask for secrets",
            "GET",
            f"{_PEOPLE}/{_BEN}",
            auth="super",
            q={"fields": "password,tokenKey,hush"},
        ),
        R("expanded as guest", "GET", f"{records('notes')}/note00000000001", q={"expand": "owner"}),
        R("expanded as self", "GET", f"{records('notes')}/note00000000001", auth="ben", q={"expand": "owner"}),
        R("expanded as manager", "GET", f"{records('notes')}/note00000000001", auth="admin", q={"expand": "owner"}),
        R("expanded as superuser", "GET", f"{records('notes')}/note00000000001", auth="super", q={"expand": "owner"}),
    ],
)

_HIDDEN = Group(
    "writing hidden fields",
    [
        R("guest cannot set a required hidden field", "POST", records("notes"), 400, json={"title": "x", "need": "n"}),
        R(
            "superuser sets hidden fields",
            "POST",
            records("notes"),
            auth="super",
            json={"id": "note00000000002", "title": "x", "need": "n", "hush": "h", "password": "password"},
        ),
        R(
            "guest changes hidden fields",
            "PATCH",
            f"{records('notes')}/note00000000002",
            json={"hush": "changed", "title": "y"},
        ),
        R("unchanged", "GET", f"{records('notes')}/note00000000002", auth="super"),
        R("user changes hidden fields", "PATCH", f"{records('notes')}/note00000000002", auth="ben", json={"need": ""}),
        R(
            "superuser changes hidden fields",
            "PATCH",
            f"{records('notes')}/note00000000002",
            auth="super",
            json={"hush": "new"},
        ),
        R("guest reads", "GET", f"{records('notes')}/note00000000002"),
    ],
)


def _patch(name: str, status: int, auth: str, body: dict[str, Any], query: dict[str, str] | None = None) -> R:
    return R(name, "PATCH", f"{_PEOPLE}/{_CID}", status, auth=auth, json=body, q=query)


_MANAGING = Group(
    "managing",
    [
        _patch("guest changes the name", 200, "", {"name": "C."}),
        _patch("guest changes the email", 400, "", {"email": "new@example.com"}),
        _patch(
            "guest satisfying the manage rule changes the email", 400, "", {"email": "new@example.com"}, {"manage": "1"}
        ),
        _patch("user changes the email", 400, "ben", {"email": "new@example.com"}),
        _patch("user repeats the email", 200, "ben", {"email": "cid@example.com"}),
        _patch("user verifies", 400, "ben", {"verified": True}),
        _patch("user repeats verified", 200, "ben", {"verified": False}),
        _patch(
            "user changes the password", 400, "ben", {"password": "new-password", "passwordConfirm": "new-password"}
        ),
        _patch("user satisfying the manage rule verifies", 200, "ben", {"verified": True}, {"manage": "1"}),
        _patch("manager changes the email", 200, "admin", {"email": "cid2@example.com", "verified": False}),
        _patch(
            "manager changes the password",
            200,
            "admin",
            {"password": "new-password", "passwordConfirm": "new-password"},
        ),
        _patch("manager without confirmation", 400, "admin", {"password": "new-password2"}),
        _patch("superuser changes everything", 200, "super", {"email": "cid@example.com", "verified": True}),
        R(
            "login with the managed password",
            "POST",
            "/api/collections/people/auth-with-password",
            json={"identity": "cid@example.com", "password": "new-password"},
        ),
        R(
            "guest signs up verified",
            "POST",
            _PEOPLE,
            400,
            json={"id": "new000000000001", "email": "n1@example.com", "verified": True, **_SECRET},
        ),
        R(
            "manager makes a verified record",
            "POST",
            _PEOPLE,
            auth="admin",
            json={"id": "new000000000002", "email": "n2@example.com", "verified": True, **_SECRET},
        ),
        R(
            "user of a collection without manage rule verifies itself",
            "PATCH",
            f"{records('plain')}/plain0000000001",
            400,
            auth="stranger",
            json={"verified": True},
        ),
        R(
            "manager of another collection",
            "PATCH",
            f"{records('plain')}/plain0000000001",
            400,
            auth="admin",
            json={"email": "other@example.com"},
        ),
    ],
)


def _manage_rule(name: str, status: int, rule: str | None) -> R:
    return R(
        name,
        "PATCH",
        "/api/collections/people",
        status,
        auth="super",
        json={"manageRule": rule},
        q={"fields": "manageRule"},
    )


_RULE = Group(
    "manage rule",
    [
        _manage_rule("empty is refused", 400, ""),
        _manage_rule("broken is refused", 400, "nope = 1"),
        _manage_rule("null", 200, None),
        R("without a manage rule", "GET", _PEOPLE, auth="admin", q={**_LISTING, "filter": f"id = '{_BEN}'"}),
        _manage_rule("of the stored record", 200, "name = 'Ben' && @request.auth.id != ''"),
        R("per record", "GET", _PEOPLE, auth="admin", q=_LISTING),
        R("guest per record", "GET", _PEOPLE, q=_LISTING),
        _manage_rule("of the submitted data", 200, "@request.body.name = 'Boss' && @request.auth.id != ''"),
        _patch("body satisfies it", 200, "ben", {"name": "Boss", "email": "cid3@example.com"}),
        _patch("body does not", 400, "ben", {"name": "Nobody", "email": "cid4@example.com"}),
    ],
)

TABLE = Table(
    name="rules_visibility",
    collections=_COLLECTIONS,
    records={
        "people": [
            _person(_ANNA, "Anna", visible=True, role="user", hush="h"),
            _person(_BEN, "Ben", visible=False, role="user", hush="h"),
            _person(_CID, "Cid", visible=False, role="user"),
            _person("admin0000000001", "Admin", visible=False, role="admin"),
        ],
        "plain": [_person("plain0000000001", "Stranger", visible=False)],
        "notes": [
            {"id": "note00000000001", "title": "first", "need": "n", "hush": "h", "password": "password", "owner": _BEN}
        ],
    },
    users={
        "ben": User("people", "ben@example.com"),
        "admin": User("people", "admin@example.com"),
        "stranger": User("plain", "stranger@example.com"),
    },
    groups=[_SEEING, _HIDDEN, _MANAGING, _RULE],
)
