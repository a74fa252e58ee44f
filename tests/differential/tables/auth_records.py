"""Auth records: creating them, changing passwords and emails, and what that does to their tokens; superusers."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, records
from differential.tables._auth import ANNA, COLLECTIONS, PASSWORD, RECORDS, USERS, person

_URL = "/api/collections"
_PEOPLE = records("people")
_REFRESH = "/api/collections/people/auth-refresh"


def _update(title: str, status: int, auth: str, key: str = ANNA, **body: Any) -> R:
    return R(title, "PATCH", f"{_PEOPLE}/{key}", status, auth=auth, json=body)


def _sign_in(title: str, status: int, identity: str, password: str, token: str) -> R:
    return R(
        title,
        "POST",
        f"{_URL}/people/auth-with-password",
        status,
        json={"identity": identity, "password": password},
        save={token: "token"} if status == 200 else None,
    )


def _works(title: str, token: str, status: int = 200) -> R:
    return R(title, "POST", _REFRESH, status, auth=f"{{{token}}}")


_EVE = "eve000000000001"
_CHANGES = Group(
    "changing passwords and emails",
    [
        R("make eve", "POST", _PEOPLE, auth="super", json=person(_EVE, "eve@example.com")),
        _sign_in("sign in", 200, "eve@example.com", PASSWORD, "eve1"),
        _update(
            "password without the old one", 400, "{eve1}", _EVE, password="new-password", passwordConfirm="new-password"
        ),
        _update(
            "password with a wrong old one",
            400,
            "{eve1}",
            _EVE,
            oldPassword="wrong",
            password="new-password",
            passwordConfirm="new-password",
        ),
        _update(
            "unequal confirmation",
            400,
            "{eve1}",
            _EVE,
            oldPassword=PASSWORD,
            password="new-password",
            passwordConfirm="x",
        ),
        _update("no confirmation", 400, "{eve1}", _EVE, oldPassword=PASSWORD, password="new-password"),
        _update("only the old one", 400, "{eve1}", _EVE, oldPassword=PASSWORD),
        _update("only a confirmation", 400, "{eve1}", _EVE, passwordConfirm="new-password"),
        _update("too short", 400, "{eve1}", _EVE, oldPassword=PASSWORD, password="short", passwordConfirm="short"),
        _update("too long", 400, "{eve1}", _EVE, oldPassword=PASSWORD, password="a" * 72, passwordConfirm="a" * 72),
        _works("token still works", "eve1"),
        _update(
            "password changed",
            200,
            "{eve1}",
            _EVE,
            oldPassword=PASSWORD,
            password="new-password",
            passwordConfirm="new-password",
        ),
        _works("old token is dead", "eve1", 401),
        _sign_in("old password", 400, "eve@example.com", PASSWORD, "x"),
        _sign_in("new password", 200, "eve@example.com", "new-password", "eve2"),
        _update("own email", 400, "{eve2}", _EVE, email="eve2@example.com"),
        _update("own email repeated", 200, "{eve2}", _EVE, email="eve@example.com"),
        _update("own verified", 400, "{eve2}", _EVE, verified=True),
        _update("own email visibility", 200, "{eve2}", _EVE, emailVisibility=True),
        _update("tokenKey is ignored", 200, "{eve2}", _EVE, tokenKey="a" * 50),
        _works("token works after", "eve2"),
        _update("email by superuser", 200, "super", _EVE, email="eve2@example.com"),
        _works("token dead after the email", "eve2", 401),
        _sign_in("new email", 200, "eve2@example.com", "new-password", "eve3"),
        _update("verified by superuser", 200, "super", _EVE, verified=True),
        _works("token works after verification", "eve3"),
        _update("taken email", 400, "super", _EVE, email="ben@example.com"),
        _update("bad email", 400, "super", _EVE, email="nope"),
        _update("no email", 400, "super", _EVE, email=""),
        _update(
            "password by superuser", 200, "super", _EVE, password="super-password", passwordConfirm="super-password"
        ),
        _works("token dead after superuser", "eve3", 401),
        _sign_in("superuser's password", 200, "eve2@example.com", "super-password", "eve4"),
        R("delete", "DELETE", f"{_PEOPLE}/{_EVE}", 204, auth="{eve4}"),
        _works("token of a deleted record", "eve4", 401),
        _sign_in("deleted", 400, "eve2@example.com", "super-password", "x"),
    ],
)


def _create(title: str, status: int, auth: str = "", collection: str = "people", **body: Any) -> R:
    return R(title, "POST", records(collection), status, auth=auth, json=body)


_CREATES = Group(
    "creating auth records",
    [
        _create("nothing", 400),
        _create("nothing as superuser", 400, "super"),
        _create("no confirmation", 400, email="n@example.com", password=PASSWORD),
        _create("unequal confirmation", 400, email="n@example.com", password=PASSWORD, passwordConfirm="x"),
        _create("short password", 400, email="n@example.com", password="short", passwordConfirm="short"),
        _create("long password", 400, email="n@example.com", password="a" * 72, passwordConfirm="a" * 72),
        _create("long password of many bytes", 400, email="n@example.com", password="ž" * 40, passwordConfirm="ž" * 40),
        _create("no email", 400, password=PASSWORD, passwordConfirm=PASSWORD),
        _create("bad email", 400, **{**person("", "nope"), "id": "bad000000000001"}),
        _create("verified", 400, **person("ver000000000001", "ver@example.com", verified=True)),
        _create("verified false", 200, **person("ver000000000002", "ver2@example.com", verified=False)),
        _create("verified by superuser", 200, "super", **person("ver000000000003", "ver3@example.com", verified=True)),
        _create("taken email", 400, **person("new000000000001", "anna@example.com")),
        _create("taken email in another case", 200, **person("new000000000002", "ANNA@example.com")),
        _create("taken nick in another case", 400, **person("new000000000003", "n3@example.com", nick="ANNIE")),
        _create("taken id", 400, **person(ANNA, "n4@example.com")),
        _create("id of another auth collection", 400, **person("oda000000000001", "n5@example.com")),
        _create(
            "password as number",
            200,
            **person("num000000000001", "num@example.com", password=12345678, passwordConfirm=12345678),
        ),
        _create(
            "hash as password",
            200,
            **person(
                "has000000000001",
                "hash@example.com",
                password="$2a$10$" + "a" * 20,
                passwordConfirm="$2a$10$" + "a" * 20,
            ),
        ),
        _create("tokenKey given", 200, **person("key000000000001", "key@example.com", tokenKey="k" * 50)),
        _create("oldPassword given", 200, **person("old000000000001", "old@example.com", oldPassword="x")),
        R("list as superuser", "GET", _PEOPLE, auth="super", q={"sort": "id"}),
    ],
)

_ROTATION = Group(
    "invalidating a whole collection",
    [
        R(
            "sign in",
            "POST",
            f"{_URL}/others/auth-with-password",
            json={"identity": "oda@example.com", "password": PASSWORD},
            save={"oda1": "token"},
        ),
        R("works", "POST", f"{_URL}/others/auth-refresh", auth="{oda1}"),
        R(
            "other options",
            "PATCH",
            f"{_URL}/others",
            auth="super",
            json={"authAlert": {"enabled": False}},
            q={"fields": "id"},
        ),
        R("still works", "POST", f"{_URL}/others/auth-refresh", auth="{oda1}"),
        R(
            "auth rule changed",
            "PATCH",
            f"{_URL}/others",
            auth="super",
            json={"authRule": "id != ''"},
            q={"fields": "id"},
        ),
        R("dead after the rule", "POST", f"{_URL}/others/auth-refresh", 401, auth="{oda1}"),
        R(
            "sign in again",
            "POST",
            f"{_URL}/others/auth-with-password",
            json={"identity": "oda@example.com", "password": PASSWORD},
            save={"oda2": "token"},
        ),
        R(
            "duration changed",
            "PATCH",
            f"{_URL}/others",
            auth="super",
            json={"authToken": {"duration": 7200}},
            q={"fields": "id"},
        ),
        R("works after the duration", "POST", f"{_URL}/others/auth-refresh", auth="{oda2}"),
        R(
            "secret changed",
            "PATCH",
            f"{_URL}/others",
            auth="super",
            json={"authToken": {"secret": "z" * 40}},
            q={"fields": "id"},
        ),
        R("dead after the secret", "POST", f"{_URL}/others/auth-refresh", 401, auth="{oda2}"),
    ],
)

_SUPERUSERS = Group(
    "superusers",
    [
        R(
            "delete the last one",
            "GET",
            records("_superusers"),
            auth="super",
            q={"sort": "email"},
            save={"root": "items.0.id"},
        ),
        R("refused", "DELETE", f"{records('_superusers')}/{{root}}", 400, auth="super"),
        _create("second", 200, "super", "_superusers", **person("root00000000002", "second@example.com")),
        _create("as guest", 403, "", "_superusers", **person("root00000000003", "third@example.com")),
        _create("as user", 403, "anna", "_superusers", **person("root00000000003", "third@example.com")),
        _create(
            "unverified stays verified",
            200,
            "super",
            "_superusers",
            **person("root00000000004", "fourth@example.com", verified=False),
        ),
        R(
            "sign in as the second",
            "POST",
            f"{_URL}/_superusers/auth-with-password",
            json={"identity": "second@example.com", "password": PASSWORD},
            save={"second": "token"},
        ),
        R(
            "second lists collections",
            "GET",
            _URL,
            auth="{second}",
            q={"fields": "name", "sort": "name", "perPage": "1"},
        ),
        R(
            "change own email",
            "PATCH",
            f"{records('_superusers')}/root00000000002",
            auth="{second}",
            json={"email": "two@example.com"},
        ),
        R("token dead", "GET", _URL, 401, auth="{second}"),
        R("delete the second", "DELETE", f"{records('_superusers')}/root00000000002", 204, auth="super"),
        R("delete the fourth", "DELETE", f"{records('_superusers')}/root00000000004", 204, auth="super"),
        R("view as user", "GET", f"{records('_superusers')}/{{root}}", 403, auth="anna"),
    ],
)

TABLE = Table(
    name="auth_records",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=[_CHANGES, _CREATES, _ROTATION, _SUPERUSERS],
)
