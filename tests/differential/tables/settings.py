"""Settings: who sees them, what may be saved, and settings that act at once."""

from __future__ import annotations

from typing import Any

from differential.model import Group, R, Table, singles
from differential.tables._auth import COLLECTIONS, RECORDS, USERS

_URL = "/api/settings"


def save(name: str, status: int, **settings: Any) -> R:
    return R(name, "PATCH", _URL, status, auth="super", json=settings)


_REFUSED = [
    R("change as guest", "PATCH", _URL, 401, json={}),
    R("change as a user", "PATCH", _URL, 403, auth="anna", json={}),
    R("show as guest", "GET", _URL, 401),
    R("show as a user", "GET", _URL, 403, auth="anna"),
    R("another verb", "POST", _URL, 404, auth="super", json={}),
    R("junk", "PATCH", _URL, 400, auth="super", body=b"junk", headers={"Content-Type": "application/json"}),
    save("no app name", 400, meta={"appName": ""}),
    save("long app name", 400, meta={"appName": "a" * 256}),
    save("app url", 400, meta={"appURL": "not a url"}),
    save("sender", 400, meta={"senderName": "", "senderAddress": "x"}),
    save("color", 400, meta={"accentColor": "red"}),
    save("color of the right length", 400, meta={"accentColor": "#12345g"}),
    save("smtp without a host", 400, smtp={"enabled": True, "host": "", "port": 0}),
    save("smtp host", 400, smtp={"host": "a b", "port": -1, "authMethod": "X", "localName": "a b"}),
    save("s3 without anything", 400, s3={"enabled": True}),
    save("s3 endpoint", 400, s3={"endpoint": "x y"}),
    save("s3 of backups", 400, backups={"s3": {"enabled": True}}),
    save("cron", 400, backups={"cron": "* * * *"}),
    save("cron out of range", 400, backups={"cron": "60 * * * *"}),
    save("kept backups", 400, backups={"cron": "@daily", "cronMaxKeep": 0}),
    save("batch", 400, batch={"enabled": True, "maxRequests": 0, "timeout": 0, "maxBodySize": -1}),
    save("logs", 400, logs={"maxDays": -1, "maxDataSize": -1}),
    save("addresses", 400, superuserIPs=["x", "127.0.0.1", "10.0.0.0/40"]),
    save("a text for a number", 400, smtp={"port": "x"}),
    save("a number for a group", 400, smtp=5),
    save("a list for a group", 400, meta=[]),
]

_CHANGES = Group(
    "changes",
    [
        save("nothing", 200),
        save("unknown keys", 200, nope=1, meta={"nope": 2}),
        save("one key stays beside others", 200, meta={"appName": "Äpp <b>"}),
        save("keys in another case", 200, META={"APPNAME": "Zed"}),
        save("a group of nothing", 400, meta=None),
        save("smtp of nothing", 200, smtp=None),
        save("a secret is kept and not shown", 200, smtp={"host": "127.0.0.1", "port": 25, "password": "secret"}),
        save("color", 200, meta={"accentColor": "#abcdef", "hideControls": True}),
        save("no color", 200, meta={"accentColor": ""}),
        save("backups", 200, backups={"cronMaxKeep": 5}),
        save("batch", 200, batch={"enabled": True, "maxRequests": 7, "timeout": 2, "maxBodySize": 1000}),
        save("proxies", 200, trustedProxy={"headers": ["X-Real-IP"], "useLeftmostIP": True}),
        save("logs", 200, logs={"maxDays": 7, "minLevel": 4, "logIP": False, "logAuthId": True}),
        R("all", "GET", _URL, auth="super", ordered=True),
        R("some", "GET", _URL, auth="super", q={"fields": "meta.appName,batch"}),
    ],
)

_PROXY = {"trustedProxy": {"headers": ["X-Real-IP"], "useLeftmostIP": False}}
_THERE, _ELSEWHERE = {"X-Real-IP": "10.1.2.3"}, {"X-Real-IP": "11.1.2.3"}
_LOGIN = {"identity": "root@example.com", "password": "root-password"}
_ADDRESSES = Group(
    "superusers are bound to addresses",
    [
        R("from anywhere", "PATCH", _URL, auth="super", json=_PROXY),
        R("from there", "PATCH", _URL, auth="super", headers=_THERE, json={"superuserIPs": ["10.0.0.0/8"]}),
        R("show from there", "GET", _URL, auth="super", headers=_THERE, q={"fields": "superuserIPs"}),
        R("show from elsewhere", "GET", _URL, 403, auth="super", headers=_ELSEWHERE),
        R("health from elsewhere", "GET", "/api/health", 403, auth="super", headers=_ELSEWHERE),
        R("static from elsewhere", "GET", "/x.txt", 403, auth="super", headers=_ELSEWHERE),
        R("a user from elsewhere", "GET", "/api/collections/own/records", auth="anna", headers=_ELSEWHERE),
        R(
            "sign-in from elsewhere",
            "POST",
            "/api/collections/_superusers/auth-with-password",
            403,
            headers=_ELSEWHERE,
            json=_LOGIN,
        ),
        R("back", "PATCH", _URL, auth="super", headers=_THERE, json={"superuserIPs": []}),
        R("from elsewhere again", "GET", _URL, auth="super", headers=_ELSEWHERE, q={"fields": "superuserIPs"}),
    ],
)

TABLE = Table(
    name="settings",
    collections=COLLECTIONS,
    records=RECORDS,
    users=USERS,
    groups=[*singles(_REFUSED), _CHANGES, _ADDRESSES],
)
