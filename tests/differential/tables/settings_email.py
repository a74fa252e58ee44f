"""The form of the mail by which superusers try their set-up. What is sent is in `tests/mail`."""

from __future__ import annotations

from typing import Any

from differential.model import R, Table, singles
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_URL = "/api/settings/test/email"


def _try(name: str, status: int, **body: Any) -> R:
    return R(name, "POST", _URL, status, auth="super", json=body)


# Nobody listens there; what either server says of it is its own.
_NOWHERE = {"smtp": {"enabled": True, "host": "127.0.0.1", "port": 1, "tls": False}}
_GOOD = {"email": "a@example.com", "template": "verification"}

_ROWS = [
    _try("nothing", 400),
    _try("wrong", 400, email="x", template="nope", collection="nope"),
    _try("empty", 400, email="", template="", collection=""),
    _try("null", 400, email=None, template=None, collection=None),
    _try("numbers", 400, email=5),
    _try("template number", 400, email="a@example.com", template=5),
    _try("long address", 400, **{**_GOOD, "email": "a" * 250 + "@b.co"}),
    _try("template in another case", 400, **{**_GOOD, "template": "Verification"}),
    _try("unknown collection", 400, **_GOOD, collection="nope"),
    _try("base collection", 400, **_GOOD, collection="own"),
    _try("collection by id", 400, **_GOOD, collection="_pb_users_auth_"),
    _try("keys in another case", 400, EMAIL="x", Template="otp"),
    *(
        _try(f"nobody takes {name}", 400, **{**_GOOD, "template": name})
        for name in ("verification", "password-reset", "email-change", "otp", "login-alert")
    ),
    R("no body", "POST", _URL, 400, auth="super"),
    R("junk", "POST", _URL, 400, auth="super", body=b"junk", headers={"Content-Type": "application/json"}),
    R("form", "POST", _URL, 400, auth="super", form=[("email", "x"), ("template", "otp")]),
    R("as guest", "POST", _URL, 401, json=_GOOD),
    R("as a user", "POST", _URL, 403, auth="anna", json=_GOOD),
    R("with GET", "GET", _URL, 404, auth="super"),
]

TABLE = Table(
    name="settings_email",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    seed=[R("nowhere", "PATCH", "/api/settings", auth="super", json=_NOWHERE)],
    groups=singles(_ROWS),
)
