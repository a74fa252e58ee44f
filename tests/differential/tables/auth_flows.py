"""Password reset, verification, email change, one-time passwords and second factors, with tokens made here."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from differential.model import Group, R, Table, User, records, singles
from differential.tables._auth import PASSWORD, person

_ID = "pbc_0000000001"
_ANNA, _BEN, _DORA = "anna00000000001", "ben000000000001", "dora00000000001"
_KEY, _SECRET = "t" * 50, "k" * 50
_NEW = "new-password"
_PEOPLE = "/api/collections/people"
_TOKENS = ("verificationToken", "emailChangeToken", "passwordResetToken")

_COLLECTIONS: list[dict[str, Any]] = [
    {
        "id": _ID,
        "name": "people",
        "type": "auth",
        "fields": [],
        "otp": {"enabled": True, "duration": 300, "length": 6},
        **{name: {"secret": _SECRET, "duration": 1000} for name in _TOKENS},
    },
    {"name": "others", "type": "auth", "fields": [], "passwordAuth": {"enabled": False}, "otp": {"enabled": True}},
    {
        "name": "duo",
        "type": "auth",
        "fields": [],
        "otp": {"enabled": True, "duration": 300, "length": 6},
        "mfa": {"enabled": True, "duration": 300},
    },
    {"name": "base", "type": "base", "fields": []},
]
_RECORDS = {
    "people": [
        {**person(_ANNA, "anna@example.com"), "tokenKey": _KEY},
        {**person(_BEN, "ben@example.com"), "tokenKey": "b" * 50},
    ],
    "duo": [person(_DORA, "dora@example.com"), person("eve000000000001", "eve@example.com")],
}


def _forge(kind: str, *, key: str = _KEY + _SECRET, **claims: Any) -> str:
    """A token of Anna's as the server would sign it, unless another key is given."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    given = {"collectionId": _ID, "exp": 4102444800, "id": _ANNA, "type": kind, **claims}
    body = f"{part({'alg': 'HS256', 'typ': 'JWT'})}.{part(given)}"
    mac = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


_MAIL = "anna@example.com"
# Tokens that one or the other form refuses, each for its own reason.
_CLAIMS: dict[str, dict[str, Any]] = {
    "no email": {},
    "another email": {"email": "x@example.com"},
    "another key": {"email": _MAIL, "newEmail": "q@example.com", "key": "x"},
    "another key, no email": {"key": "x"},
    "another kind": {"email": _MAIL, "newEmail": "q@example.com", "type": "auth"},
    "ended": {"email": _MAIL, "newEmail": "q@example.com", "exp": 1},
    "new email is the old": {"email": _MAIL, "newEmail": _MAIL},
    "new email is taken": {"email": _MAIL, "newEmail": "ben@example.com"},
    "new email is none": {"email": _MAIL, "newEmail": "nope"},
    "unknown record": {"email": _MAIL, "newEmail": "q@example.com", "id": "nobody000000001"},
    "unknown collection": {"email": _MAIL, "newEmail": "q@example.com", "collectionId": "pbc_0000000009"},
}


def _refused(action: str, kind: str, body: dict[str, Any], names: list[str], where: str = _PEOPLE) -> list[R]:
    rows = [
        R(f"{action}: {name}", "POST", f"{where}/{action}", 400, json={"token": _forge(kind, **_CLAIMS[name]), **body})
        for name in names
    ]
    rows.append(R(f"{action}: broken", "POST", f"{where}/{action}", 400, json={"token": "a.b.c", **body}))
    rows.append(R(f"{action}: no text", "POST", f"{where}/{action}", 400, json={"token": 5, **body}))
    rows.append(
        R(
            f"{action}: another collection",
            "POST",
            f"/api/collections/others/{action}",
            400,
            json={"token": _forge(kind, email=_MAIL, newEmail="q@example.com"), **body},
        )
    )
    return rows


_WRONG = {"password": "p", "passwordConfirm": "q"}
_BAD_TOKENS = [
    *_refused("confirm-password-reset", "passwordReset", _WRONG, list(_CLAIMS)),
    *_refused(
        "confirm-verification",
        "verification",
        {},
        [name for name in _CLAIMS if not name.startswith("new email")],
    ),
    *_refused("confirm-email-change", "emailChange", {"password": PASSWORD}, list(_CLAIMS)),
    R("verify a superuser", "POST", "/api/collections/_superusers/confirm-verification", 400, json={}),
    R("change a superuser's email", "POST", "/api/collections/_superusers/confirm-email-change", 400, json={}),
    R("verify in a base collection", "POST", "/api/collections/base/confirm-verification", 404, json={}),
    R("verify nowhere", "POST", "/api/collections/nope/confirm-verification", 404, json={}),
    R("reset without passwords", "POST", "/api/collections/others/request-password-reset", 400, json={"email": "x"}),
    R("reset of a long email", "POST", f"{_PEOPLE}/request-password-reset", 400, json={"email": "a" * 251 + "@e.co"}),
    R("reset of a number", "POST", f"{_PEOPLE}/request-password-reset", 400, json={"email": 5}),
    R("email change nowhere", "POST", "/api/collections/nope/request-email-change", 404, auth="ben", json={}),
    R("email change in a base", "POST", "/api/collections/base/request-email-change", 403, auth="ben", json={}),
    R(
        "email change without mail",
        "POST",
        f"{_PEOPLE}/request-email-change",
        400,
        auth="ben",
        json={"newEmail": "q@e.co"},
    ),
]


def _reset(name: str, status: int, password: str, confirm: str | None = None, **claims: Any) -> R:
    body = {"token": _forge("passwordReset", **claims), "password": password}
    confirmed = {"passwordConfirm": password if confirm is None else confirm}
    return R(name, "POST", f"{_PEOPLE}/confirm-password-reset", status, json={**body, **confirmed})


_LOOK = R("look", "GET", f"{records('people')}/{_ANNA}", auth="super")
# Puts Anna's key back, so that the tokens made here are good again.
_RENEW = R("renew", "PATCH", f"{records('people')}/{_ANNA}", auth="super", json={"tokenKey": _KEY})


def _login(name: str, status: int, password: str, **more: Any) -> R:
    body = {"identity": "dora@example.com", "password": password, **more}
    return R(name, "POST", "/api/collections/duo/auth-with-password", status, json=body)


_RESETS = Group(
    "password resets",
    [
        _reset("empty", 400, "", email=_MAIL),
        _reset("short", 400, "short", email=_MAIL),
        _reset("short in letters", 400, "ž" * 4, email=_MAIL),
        _reset("long", 400, "a" * 72, email=_MAIL),
        _reset("too long to hash", 400, "a" * 73, email=_MAIL),
        _reset("too long", 400, "a" * 256, email=_MAIL),
        _reset("unequal", 400, _NEW, "other", email=_MAIL),
        _reset("unconfirmed", 400, _NEW, "", email=_MAIL),
        _reset("of another email", 204, _NEW, email="x@example.com"),
        _LOOK,
        _reset("by a used token", 400, _NEW, email=_MAIL),
        _RENEW,
        _reset("of no email", 204, _NEW),
        _LOOK,
        _RENEW,
        _reset("of the email", 204, _NEW, email=_MAIL),
        _LOOK,
    ],
)

_CHANGE = {"token": _forge("emailChange", email=_MAIL, newEmail="moved@example.com")}
_CHANGES = Group(
    "verification and email change",
    [
        _RENEW,
        R("forget", "PATCH", f"{records('people')}/{_ANNA}", auth="super", json={"verified": False}),
        R(
            "verify",
            "POST",
            f"{_PEOPLE}/confirm-verification",
            204,
            json={"token": _forge("verification", email=_MAIL)},
        ),
        _LOOK,
        R("again", "POST", f"{_PEOPLE}/confirm-verification", 204, json={"token": _forge("verification", email=_MAIL)}),
        R("without a password", "POST", f"{_PEOPLE}/confirm-email-change", 400, json=_CHANGE),
        R("wrong password", "POST", f"{_PEOPLE}/confirm-email-change", 400, json={**_CHANGE, "password": "wrong"}),
        R("long password", "POST", f"{_PEOPLE}/confirm-email-change", 400, json={**_CHANGE, "password": "a" * 101}),
        R("change", "POST", f"{_PEOPLE}/confirm-email-change", 204, json={**_CHANGE, "password": _NEW}),
        _LOOK,
        R("change again", "POST", f"{_PEOPLE}/confirm-email-change", 400, json={**_CHANGE, "password": _NEW}),
    ],
)

_OTPS = Group(
    "one-time passwords",
    [
        R("no email", "POST", f"{_PEOPLE}/request-otp", 400, json={}),
        R("bad email", "POST", f"{_PEOPLE}/request-otp", 400, json={"email": "x"}),
        R("long email", "POST", f"{_PEOPLE}/request-otp", 400, json={"email": "a" * 250 + "@example.com"}),
        R("number", "POST", f"{_PEOPLE}/request-otp", 400, json={"email": 5}),
        R("unknown email", "POST", f"{_PEOPLE}/request-otp", json={"email": "no@example.com"}),
        R("fields", "POST", f"{_PEOPLE}/request-otp?fields=x", json={"email": "no@example.com"}),
        R("base collection", "POST", "/api/collections/base/request-otp", 404, json={}),
        R("nothing", "POST", f"{_PEOPLE}/auth-with-otp", 400, json={}),
        R("too long", "POST", f"{_PEOPLE}/auth-with-otp", 400, json={"otpId": "a" * 256, "password": "1" * 72}),
        R("code as a number", "POST", f"{_PEOPLE}/auth-with-otp", 400, json={"otpId": "x", "password": 123}),
        R("unknown code", "POST", f"{_PEOPLE}/auth-with-otp", 400, json={"otpId": "x" * 15, "password": "1"}),
        R("off", "POST", "/api/collections/_superusers/auth-with-otp", 403, json={}),
    ],
)


def _code(key: str, account: str, code: str = "123456", collection: str = "people") -> R:
    """A superuser may make codes by hand."""
    ref = _ID if collection == "people" else "{duo}"
    body = {"id": key, "collectionRef": ref, "recordRef": account, "password": code, "sentTo": ""}
    return R(f"make {key}", "POST", records("_otps"), auth="super", json=body)


def _use(name: str, status: int, key: str, code: str, where: str = "people", **more: Any) -> R:
    url = f"/api/collections/{where}/auth-with-otp"
    return R(name, "POST", url, status, json={"otpId": key, "password": code, **more})


_CODES = Group(
    "codes",
    [
        _code("otp000000000001", _BEN, "12345678"),
        _use("in another collection", 400, "otp000000000001", "12345678", "others"),
        _use("wrong", 400, "otp000000000001", "1"),
        _use("right", 200, "otp000000000001", "12345678"),
        _use("used", 400, "otp000000000001", "12345678"),
        _code("otp000000000002", _BEN, "12345678"),
        *(_use(f"guess {number}", 400, "otp000000000002", "1") for number in range(3)),
        _use("one too many", 429, "otp000000000002", "1"),
        _use("right but late", 429, "otp000000000002", "12345678"),
    ],
)

_FACTORS = Group(
    "second factors",
    [
        R("duo", "GET", "/api/collections/duo", auth="super", save={"duo": "id"}),
        _login("first factor", 401, PASSWORD),
        R(
            "its row",
            "GET",
            records("_mfas"),
            auth="super",
            q={"filter": f"recordRef='{_DORA}'"},
            save={"mfa": "items.0.id"},
        ),
        _login("the same factor", 400, PASSWORD, mfaId="{mfa}"),
        _login("unknown session", 400, PASSWORD, mfaId="x"),
        _login("session as a number", 400, PASSWORD, mfaId=5),
        _code("otp000000000003", "eve000000000001", "12345678", "duo"),
        _use("another account's session", 400, "otp000000000003", "12345678", "duo", mfaId="{mfa}"),
        _code("otp000000000004", _DORA, "12345678", "duo"),
        _use("second factor", 200, "otp000000000004", "12345678", "duo", mfaId="{mfa}"),
        R("no row", "GET", records("_mfas"), auth="super", q={"filter": f"recordRef='{_DORA}'"}),
        _code("otp000000000005", _DORA, "12345678", "duo"),
        _use("used session", 400, "otp000000000005", "12345678", "duo", mfaId="{mfa}"),
    ],
)

TABLE = Table(
    name="auth_flows",
    collections=_COLLECTIONS,
    records=_RECORDS,
    users={"ben": User("people", "ben@example.com")},
    groups=[*singles(_BAD_TOKENS), _RESETS, _CHANGES, _OTPS, _CODES, _FACTORS],
)
