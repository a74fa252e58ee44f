"""Backups: who may, names, uploads, downloads by file token, refusals. Restores are in tests/backups."""

from __future__ import annotations

import io
import zipfile
from typing import Any

from differential.model import Group, R, Table, User
from harness.http import Part

_URL = "/api/backups"
_PRIVATE = ("*.size",)


def _zip() -> bytes:
    """The same bytes at every run."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr(zipfile.ZipInfo("a.txt"), "hello")
    return out.getvalue()


_ZIP = _zip()


def _create(name: str, body: Any, status: int = 204) -> R:
    return R(name, "POST", _URL, status, auth="super", json=body)


def _upload(name: str, file_name: str, status: int = 204, content: bytes = _ZIP, field: str = "file") -> R:
    part: Part = (field, file_name, "application/zip", content)
    return R(name, "POST", f"{_URL}/upload", status, auth="super", parts=[part])


def _list(name: str = "list") -> R:
    return R(name, "GET", _URL, auth="super", redact=_PRIVATE, ordered=True)


def _download(name: str, key: str, status: int = 200, token: str = "{file_token}", **how: Any) -> R:
    return R(name, "GET", f"{_URL}/{key}?token={token}", status, **how)


_TOKEN = R("file token", "POST", "/api/files/token", auth="super", save={"file_token": "token"})

_WHO = Group(
    "who may",
    [
        R("guest lists", "GET", _URL, 401),
        R("user lists", "GET", _URL, 403, auth="anna"),
        R("guest creates", "POST", _URL, 401, json={"name": "x.zip"}),
        R("user creates", "POST", _URL, 403, auth="anna", json={"name": "x.zip"}),
        R("guest uploads", "POST", f"{_URL}/upload", 401, parts=[("file", "x.zip", "application/zip", _ZIP)]),
        R("guest deletes", "DELETE", f"{_URL}/x.zip", 401),
        R("guest restores", "POST", f"{_URL}/x.zip/restore", 401),
        R("user restores", "POST", f"{_URL}/x.zip/restore", 403, auth="anna"),
        R("superuser lists nothing", "GET", _URL, auth="super"),
        R("health says whether", "GET", "/api/health", auth="super"),
    ],
)

_CREATE = Group(
    "create",
    [
        _create("named", {"name": "first_one-1.zip"}),
        _create("name taken", {"name": "first_one-1.zip"}, 400),
        *[
            _create(f"name {name!r}", {"name": name}, 400)
            for name in ("A.zip", "a b.zip", "a.txt", ".zip", "../x.zip", "@auto_pb_backup_x.zip", "a" * 147 + ".zip")
        ],
        _create("longest name", {"name": "a" * 146 + ".zip"}),
        _create("number as name", {"name": 5}, 400),
        _create("object as name", {"name": {}}, 400),
        _create("list as body", [1], 400),
        R("broken body", "POST", _URL, 400, auth="super", body=b"{", headers={"Content-Type": "application/json"}),
        R("plain text", "POST", _URL, 400, auth="super", body=b"x", headers={"Content-Type": "text/plain"}),
        R("by form", "POST", _URL, 204, auth="super", form=[("name", "by_form.zip")]),
        _list(),
        R("fields", "GET", f"{_URL}?fields=key", auth="super"),
        R("delete", "DELETE", f"{_URL}/by_form.zip", 204, auth="super"),
        R("delete again", "DELETE", f"{_URL}/by_form.zip", 400, auth="super"),
        R("delete outside", "DELETE", f"{_URL}/..%2fdata.db", 400, auth="super"),
        _list("list after delete"),
    ],
)

_GENERATED = Group(
    "generated names",
    [
        R("app name", "PATCH", "/api/settings", auth="super", json={"meta": {"appName": "My Äpp 2"}}),
        _create("no name", {}),
        R("listed", "GET", _URL, auth="super", redact=("*.size", "*.key")),
    ],
)

_UPLOAD = Group(
    "upload",
    [
        _upload("zip", "up.zip"),
        _upload("name taken", "up.zip", 400),
        _upload("spaces and brackets", "we ird (1).zip"),
        _upload("any ending", "archive.txt"),
        _upload("no ending", "archive"),
        _upload("hidden", ".hidden.zip"),
        _upload("other letters", "Ünï.zip"),
        _upload("in a folder", "dir/../inner.zip"),
        _upload("empty zip", "empty.zip", content=b"PK\x05\x06" + bytes(18)),
        _upload("dots", "..", 400),
        _upload("attributes of another", "up.zip.attrs", 400),
        _upload("name too long", "a" * 256 + ".zip", 400),
        _upload("text", "text-file.zip", 400, content=b"text"),
        _upload("nothing", "empty-file.zip", 400, content=b""),
        _upload("other field", "x.zip", 400, field="other"),
        R("text part", "POST", f"{_URL}/upload", 400, auth="super", parts=[("file", "text")]),
        R("json", "POST", f"{_URL}/upload", 400, auth="super", json={"file": "x"}),
        R("no body", "POST", f"{_URL}/upload", 400, auth="super"),
        R(
            "two files",
            "POST",
            f"{_URL}/upload",
            204,
            auth="super",
            parts=[("file", "one.zip", "application/zip", _ZIP), ("file", "two.zip", "application/zip", _ZIP)],
        ),
        _list(),
    ],
)

_DOWNLOAD = Group(
    "download",
    [
        _TOKEN,
        R("user's file token", "POST", "/api/files/token", auth="anna", save={"user_token": "token"}),
        _upload("archive", "down load.zip"),
        _download("whole", "down%20load.zip"),
        _download("part", "down%20load.zip", 206, headers={"Range": "bytes=2-5"}),
        _download("no such part", "down%20load.zip", 416, headers={"Range": "bytes=5000-"}),
        R("head", "HEAD", f"{_URL}/down%20load.zip?token={{file_token}}"),
        _download("missing", "missing.zip", 404),
        _download("outside", "..%2fdata.db", 404),
        _download("bad token", "down%20load.zip", 403, token="bad"),
        _download("session token", "down%20load.zip", 403, token="{token_super}"),
        _download("user's token", "down%20load.zip", 403, token="{user_token}"),
        _download("user's token, missing", "missing.zip", 403, token="{user_token}"),
        R("no token", "GET", f"{_URL}/down%20load.zip", 403),
        R("by header", "GET", f"{_URL}/down%20load.zip", 403, auth="super"),
    ],
)

_ROUTES = Group(
    "routes",
    [
        R("restore missing", "POST", f"{_URL}/missing.zip/restore", 400, auth="super"),
        R("restore outside", "POST", f"{_URL}/..%2fdata.db/restore", 400, auth="super"),
        R("restore by get", "GET", f"{_URL}/missing.zip/restore", 404, auth="super"),
        R("upload by get", "GET", f"{_URL}/upload", 403, auth="super"),
        R("post to a backup", "POST", f"{_URL}/x.zip", 404, auth="super"),
        R("delete all", "DELETE", _URL, 404, auth="super"),
    ],
)

_SCHEDULE = Group(
    "schedule",
    [
        R("off", "GET", "/api/crons", auth="super", compare_body=False),
        R("start what is off", "POST", "/api/crons/__pbAutoBackup__", 404, auth="super"),
        R("bad", "PATCH", "/api/settings", 400, auth="super", json={"backups": {"cron": "bad"}}),
        R(
            "none kept",
            "PATCH",
            "/api/settings",
            400,
            auth="super",
            json={"backups": {"cron": "@daily", "cronMaxKeep": 0}},
        ),
        R("on", "PATCH", "/api/settings", auth="super", json={"backups": {"cron": "0 0 1 1 *", "cronMaxKeep": 2}}),
        R("start what is on", "POST", "/api/crons/__pbAutoBackup__", 204, auth="super"),
        R("off again", "PATCH", "/api/settings", auth="super", json={"backups": {"cron": ""}}),
        R("start what is off again", "POST", "/api/crons/__pbAutoBackup__", 404, auth="super"),
    ],
)

TABLE = Table(
    name="backups",
    collections=[{"name": "people", "type": "auth", "fields": []}],
    records={
        "people": [
            {
                "id": "anna00000000000",
                "email": "anna@example.com",
                "password": "password123",
                "passwordConfirm": "password123",
            }
        ]
    },
    users={"anna": User("people", "anna@example.com")},
    groups=[_WHO, _CREATE, _UPLOAD, _DOWNLOAD, _ROUTES, _GENERATED, _SCHEDULE],
)
