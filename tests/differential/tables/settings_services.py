"""Trying the storage, and Apple's client secret: forms and refusals. Real storages are in `tests/files`."""

from __future__ import annotations

from typing import Any

from differential.model import R, Table, singles
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_S3 = "/api/settings/test/s3"
_APPLE = "/api/settings/apple/generate-client-secret"
_REDIRECT = "/api/oauth2-redirect"
_FORM = {"clientId": "com.example.app", "teamId": "A" * 10, "keyId": "B" * 10, "privateKey": "junk", "duration": 100}


def _apple(name: str, status: int, **body: Any) -> R:
    return R(name, "POST", _APPLE, status, auth="super", json={**_FORM, **body})


_ROWS = [
    R("s3: nothing", "POST", _S3, 400, auth="super", json={}),
    R("s3: wrong", "POST", _S3, 400, auth="super", json={"filesystem": "nope"}),
    R("s3: storage is off", "POST", _S3, 400, auth="super", json={"filesystem": "storage"}),
    R("s3: backups are off", "POST", _S3, 400, auth="super", json={"filesystem": "backups"}),
    R("s3: number", "POST", _S3, 400, auth="super", json={"filesystem": 5}),
    R("s3: junk", "POST", _S3, 400, auth="super", body=b"junk", headers={"Content-Type": "application/json"}),
    R("s3: form", "POST", _S3, 400, auth="super", form=[("filesystem", "nope")]),
    R("s3: as guest", "POST", _S3, 401, json={"filesystem": "storage"}),
    R("s3: as a user", "POST", _S3, 403, auth="anna", json={"filesystem": "storage"}),
    R("s3: with GET", "GET", _S3, 404, auth="super"),
    R("apple: nothing", "POST", _APPLE, 400, auth="super", json={}),
    R("apple: null", "POST", _APPLE, 400, auth="super", json=dict.fromkeys(_FORM)),
    _apple("apple: no client", 400, clientId=""),
    _apple("apple: short team", 400, teamId="A"),
    _apple("apple: long team", 400, teamId="A" * 11),
    _apple("apple: short key", 400, keyId="B"),
    _apple("apple: no private key", 400, privateKey=""),
    _apple("apple: duration zero", 400, duration=0),
    _apple("apple: duration below zero", 400, duration=-1),
    _apple("apple: duration above half a year", 400, duration=15777001),
    R("apple: junk", "POST", _APPLE, 400, auth="super", body=b"junk", headers={"Content-Type": "application/json"}),
    R("apple: as guest", "POST", _APPLE, 401, json=_FORM),
    R("apple: as a user", "POST", _APPLE, 403, auth="anna", json=_FORM),
    R("apple: with GET", "GET", _APPLE, 404, auth="super"),
    R("redirect: nothing", "GET", _REDIRECT, 307),
    R("redirect: unknown state", "GET", _REDIRECT, 307, q={"state": "nope", "code": "x"}),
    R("redirect: an error", "GET", _REDIRECT, 307, q={"state": "nope", "error": "x"}),
    R("redirect: form", "POST", _REDIRECT, 303, form=[("state", "nope"), ("code", "x")]),
    R("redirect: JSON", "POST", _REDIRECT, 303, json={"state": "nope", "code": "x"}),
    R("redirect: no body", "POST", _REDIRECT, 303),
    R("redirect: as a user", "GET", _REDIRECT, 307, auth="anna", q={"state": "nope", "code": "x"}),
    R("redirect: with PUT", "PUT", _REDIRECT, 404, json={}),
]

TABLE = Table(
    name="settings_services",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=singles(_ROWS),
)
