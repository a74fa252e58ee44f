"""Signing in: passwords, identities, refresh, impersonation, tokens of the wrong kind."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

from differential.model import Group, R, Table, records, singles
from differential.tables._auth import ANNA, COLLECTIONS, PASSWORD, RECORDS, SECRET, USERS

_URL = "/api/collections"
_PEOPLE = records("people")


def _login(title: str, status: int, identity: Any, password: Any = PASSWORD, **more: Any) -> R:
    body = {"identity": identity, "password": password, **more}
    return R(title, "POST", f"{_URL}/people/auth-with-password", status, json=body)


_LOGINS = [
    R(
        "shape",
        "POST",
        f"{_URL}/people/auth-with-password",
        json={"identity": "anna@example.com", "password": PASSWORD},
        ordered=True,
    ),
    _login("by nick", 200, "Annie"),
    _login("by nick in another case", 200, "aNNIE"),
    _login("by code", 200, "A1"),
    _login("by code in another case", 400, "a1"),
    _login("email in another case is another's nick", 200, "ANNA@example.com"),
    _login("email in another case", 400, "BEN@example.com"),
    _login("nick of one, email of another", 200, "ben@example.com"),
    _login("wrong password", 400, "anna@example.com", "nope-nope"),
    _login("unknown", 400, "nobody@example.com"),
    _login("empty identity", 400, ""),
    _login("empty password", 400, "anna@example.com", ""),
    _login("nothing", 400, "", ""),
    _login("null", 400, None, None),
    _login("too long identity", 400, "a" * 256),
    _login("too long password", 400, "anna@example.com", "a" * 256),
    _login("password in another case", 400, "anna@example.com", PASSWORD.upper()),
    _login("identity field", 200, "Annie", identityField="nick"),
    _login("identity field decides", 200, "anna@example.com", identityField="nick"),
    _login("identity field of another value", 400, "ben@example.com", identityField="nick"),
    _login("identity field empty", 200, "anna@example.com", identityField=""),
    _login("identity field unknown", 400, "anna@example.com", identityField="nope"),
    _login("identity field not allowed", 400, ANNA, identityField="id"),
    _login("identity with spaces", 400, " anna@example.com "),
    _login("invisible email", 200, "ben@example.com"),
    R("empty body", "POST", f"{_URL}/people/auth-with-password", 400, body=b""),
    R("base collection", "POST", f"{_URL}/own/auth-with-password", 404, json={"identity": "a", "password": "b"}),
    R("unknown collection", "POST", f"{_URL}/nope/auth-with-password", 404, json={"identity": "a", "password": "b"}),
    R(
        "other collection",
        "POST",
        f"{_URL}/others/auth-with-password",
        400,
        json={"identity": "anna@example.com", "password": PASSWORD},
    ),
    R(
        "with fields",
        "POST",
        f"{_URL}/people/auth-with-password?fields=token,record.email",
        json={"identity": "anna@example.com", "password": PASSWORD},
    ),
    R(
        "while signed in as another",
        "POST",
        f"{_URL}/people/auth-with-password",
        auth="ben",
        json={"identity": "anna@example.com", "password": PASSWORD},
    ),
    R(
        "superuser",
        "POST",
        f"{_URL}/_superusers/auth-with-password",
        json={"identity": "root@example.com", "password": "root-password"},
        ordered=True,
    ),
    R(
        "superuser wrong password",
        "POST",
        f"{_URL}/_superusers/auth-with-password",
        400,
        json={"identity": "root@example.com", "password": "wrong"},
    ),
    R("GET", "GET", f"{_URL}/people/auth-with-password", 404),
]

_OFF = [
    R("otp request while off", "POST", f"{_URL}/people/request-otp", 403, json={"email": "anna@example.com"}),
    R("otp login while off", "POST", f"{_URL}/people/auth-with-otp", 403, json={"otpId": "x", "password": "y"}),
    R("oauth2 login while off", "POST", f"{_URL}/people/auth-with-oauth2", 403, json={}),
    R(
        "reset of an unknown email",
        "POST",
        f"{_URL}/people/request-password-reset",
        204,
        json={"email": "no@example.com"},
    ),
    R("reset of a bad email", "POST", f"{_URL}/people/request-password-reset", 400, json={"email": "nope"}),
    R("reset of nothing", "POST", f"{_URL}/people/request-password-reset", 400, json={}),
    R(
        "reset with broken JSON",
        "POST",
        f"{_URL}/people/request-password-reset",
        400,
        body=b"{",
        headers={"Content-Type": "application/json"},
    ),
    R("confirm reset of nothing", "POST", f"{_URL}/people/confirm-password-reset", 400, json={}),
    R(
        "confirm reset by a bad token",
        "POST",
        f"{_URL}/people/confirm-password-reset",
        400,
        json={"token": "bad", "password": "new-password", "passwordConfirm": "new-password"},
    ),
    R(
        "confirm reset with unequal passwords",
        "POST",
        f"{_URL}/people/confirm-password-reset",
        400,
        json={"token": "bad", "password": "new-password", "passwordConfirm": "other"},
    ),
    R(
        "confirm reset by an auth token",
        "POST",
        f"{_URL}/people/confirm-password-reset",
        400,
        json={"token": "{token_anna}", "password": "new-password", "passwordConfirm": "new-password"},
    ),
    R(
        "verification of an unknown email",
        "POST",
        f"{_URL}/people/request-verification",
        204,
        json={"email": "no@example.com"},
    ),
    R("verification of nothing", "POST", f"{_URL}/people/request-verification", 400, json={}),
    R("confirm verification by a bad token", "POST", f"{_URL}/people/confirm-verification", 400, json={"token": "bad"}),
    R(
        "confirm verification by an auth token",
        "POST",
        f"{_URL}/people/confirm-verification",
        400,
        json={"token": "{token_anna}"},
    ),
    R("confirm verification of nothing", "POST", f"{_URL}/people/confirm-verification", 400, json={}),
    R(
        "superuser verification",
        "POST",
        f"{_URL}/_superusers/request-verification",
        400,
        json={"email": "root@example.com"},
    ),
    R(
        "superuser email change",
        "POST",
        f"{_URL}/_superusers/request-email-change",
        400,
        auth="super",
        json={"newEmail": "x@example.com"},
    ),
    R("email change as guest", "POST", f"{_URL}/people/request-email-change", 401, json={"newEmail": "x@example.com"}),
    R(
        "email change as another collection",
        "POST",
        f"{_URL}/people/request-email-change",
        403,
        auth="oda",
        json={"newEmail": "x@example.com"},
    ),
    R(
        "email change to the same",
        "POST",
        f"{_URL}/people/request-email-change",
        400,
        auth="anna",
        json={"newEmail": "anna@example.com"},
    ),
    R(
        "email change to a taken one",
        "POST",
        f"{_URL}/people/request-email-change",
        400,
        auth="anna",
        json={"newEmail": "ben@example.com"},
    ),
    R(
        "email change to a bad one",
        "POST",
        f"{_URL}/people/request-email-change",
        400,
        auth="anna",
        json={"newEmail": "nope"},
    ),
    R("email change to nothing", "POST", f"{_URL}/people/request-email-change", 400, auth="anna", json={}),
    R(
        "confirm email change by a bad token",
        "POST",
        f"{_URL}/people/confirm-email-change",
        400,
        json={"token": "bad", "password": PASSWORD},
    ),
    R("confirm email change of nothing", "POST", f"{_URL}/people/confirm-email-change", 400, json={}),
]

_REFRESH = "/api/collections/people/auth-refresh"
_REFRESHES = [
    R("refresh", "POST", _REFRESH, auth="anna", ordered=True),
    R("refresh with bearer", "POST", _REFRESH, auth="Bearer {token_anna}"),
    R("refresh with a body", "POST", _REFRESH, auth="anna", json={"a": 1}),
    R("refresh as guest", "POST", _REFRESH, 401),
    R("refresh by a bad token", "POST", _REFRESH, 401, auth="nonsense"),
    R("refresh in another collection", "POST", f"{_URL}/others/auth-refresh", 403, auth="anna"),
    R("refresh in a base collection", "POST", f"{_URL}/own/auth-refresh", 403, auth="anna"),
    R("refresh in an unknown collection", "POST", f"{_URL}/nope/auth-refresh", 404, auth="anna"),
    R("refresh superuser in people", "POST", _REFRESH, 403, auth="super"),
    R("refresh superuser", "POST", f"{_URL}/_superusers/auth-refresh", auth="super"),
    R("refresh with fields", "POST", f"{_REFRESH}?fields=record.id", auth="anna"),
]

_IMPERSONATE = Group(
    "impersonate",
    [
        R(
            "as superuser",
            "POST",
            f"{_URL}/people/impersonate/{ANNA}",
            auth="super",
            save={"imp": "token"},
            ordered=True,
        ),
        R(
            "with a duration",
            "POST",
            f"{_URL}/people/impersonate/{ANNA}",
            auth="super",
            json={"duration": 600},
            save={"brief": "token"},
        ),
        R("with zero", "POST", f"{_URL}/people/impersonate/{ANNA}", auth="super", json={"duration": 0}),
        R(
            "with a negative duration",
            "POST",
            f"{_URL}/people/impersonate/{ANNA}",
            400,
            auth="super",
            json={"duration": -1},
        ),
        R("with text", "POST", f"{_URL}/people/impersonate/{ANNA}", 400, auth="super", json={"duration": "x"}),
        R("unknown record", "POST", f"{_URL}/people/impersonate/missing00000000", 404, auth="super"),
        R("unknown collection", "POST", f"{_URL}/nope/impersonate/{ANNA}", 404, auth="super"),
        R("base collection", "POST", f"{_URL}/own/impersonate/{ANNA}", 404, auth="super"),
        R("as guest", "POST", f"{_URL}/people/impersonate/{ANNA}", 401),
        R("as self", "POST", f"{_URL}/people/impersonate/{ANNA}", 403, auth="anna"),
        R("use it", "GET", records("own"), auth="{imp}"),
        R("refresh gives the same", "POST", _REFRESH, auth="{imp}"),
        R("refresh the brief one", "POST", _REFRESH, auth="{brief}"),
        R("impersonated is no superuser", "GET", _URL, 403, auth="{imp}"),
    ],
)


def _forge(claims: dict[str, Any], key: str = "x", header: dict[str, Any] | None = None) -> str:
    """A token that nobody has signed rightly."""

    def part(value: Any) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")

    body = f"{part(header or {'alg': 'HS256', 'typ': 'JWT'})}.{part(claims)}"
    mac = hmac.new(key.encode(), body.encode(), hashlib.sha256).digest()
    return f"{body}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


_CLAIMS = {"collectionId": "pbc_0", "exp": 4102444800, "id": ANNA, "refreshable": True, "type": "auth"}


def _token(title: str, token: str) -> list[R]:
    """A token that counts as none."""
    return [
        R(f"{title}: closed to it", "POST", records("own"), 400, auth=token, json={"title": "x"}),
        R(f"{title}: open stays open", "GET", _PEOPLE, auth=token, q={"sort": "id", "fields": "id", "perPage": "1"}),
        R(f"{title}: refresh", "POST", _REFRESH, 401, auth=token),
    ]


_TOKENS = Group(
    "bad tokens",
    [
        *_token("forged", _forge(_CLAIMS)),
        *_token("signed with the secret alone", _forge(_CLAIMS, SECRET)),
        *_token("unsigned", _forge(_CLAIMS, header={"alg": "none", "typ": "JWT"})),
        *_token("expired", _forge({**_CLAIMS, "exp": 1})),
        *_token("of another type", _forge({**_CLAIMS, "type": "file"})),
        *_token("without a type", _forge({"id": ANNA, "exp": 4102444800})),
        *_token("cut off", "{token_anna}"[:-1]),
        *_token("with a tail", "{token_anna}x"),
        *_token("only dots", ".."),
        *_token("bearer only", "Bearer "),
        R("file token", "POST", "/api/files/token", auth="anna", save={"file": "token"}),
        *_token("file token as auth", "{file}"),
        R("token in the query is ignored", "GET", f"{records('own')}?token={{token_anna}}", q={"sort": "id"}),
    ],
)


TABLE = Table(
    name="auth",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=[*singles([*_LOGINS, *_OFF, *_REFRESHES]), _IMPERSONATE, _TOKENS],
)
