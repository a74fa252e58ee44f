"""What ends by itself: codes and apps for a time. Their ends are moved into the past where they are stored."""

from __future__ import annotations

import contextlib
import dataclasses
import json
import sqlite3
import time
from pathlib import Path

from harness.server import Server
from instant.app import APP_ID, BROWSER, App, refusal

DAY_MS = 24 * 3600 * 1000


def change(data_dir: Path, statement: str, *values: object) -> None:
    with contextlib.closing(sqlite3.connect(data_dir / "data.db", timeout=10)) as database, database:
        assert database.execute(statement, values).rowcount == 1, statement


def test_a_code_is_good_for_a_day(app: App) -> None:
    email = "late@example.com"
    code = app.ok("POST", "/admin/magic_code", {"email": email})["code"]
    ends = "UPDATE _ketch_magic_codes SET expires = ? WHERE email = ?"
    now = int(time.time() * 1000)
    body = {"app-id": APP_ID, "email": email, "code": code}
    change(app.server.data_dir, ends, now - 1000, email)
    late = app.call("POST", "/runtime/auth/verify_magic_code", body, BROWSER)
    assert refusal(late)[:2] == (400, "record-expired")
    assert app.ok("GET", f"/admin/users?email={email}") == {"user": None}
    change(app.server.data_dir, ends, now + DAY_MS, email)
    assert app.ok("POST", "/runtime/auth/verify_magic_code", body, BROWSER)["created"] is True


def test_a_session_does_not_end_by_itself(app: App) -> None:
    _, token = app.sign_in("old@example.com")
    user = app.ok("GET", f"/admin/users?refresh_token={token}")["user"]
    change(app.server.data_dir, "UPDATE _ketch_refresh_tokens SET created = 1 WHERE account = ?", user["id"])
    body = {"app-id": APP_ID, "refresh-token": token}
    assert app.ok("POST", "/runtime/auth/verify_refresh_token", body, BROWSER)["user"]["id"] == user["id"]


def test_apps_for_a_time_go_when_it_is_over(tmp_path: Path) -> None:
    with App(tmp_path / "home", superuser=True) as app:
        server: Server = app.server
        server.stop()
        flags = (*server.product.serve_flags, "--ephemeral-apps")
        server.product = dataclasses.replace(server.product, serve_flags=flags)
        server.start()
        made = [app.ok("POST", "/dash/apps/ephemeral", {"title": "t"}, {})["app"] for _ in range(2)]
        over, stays = (one["id"] for one in made)
        folder = server.data_dir / "apps" / over
        read = sqlite3.connect(folder / "data.db", timeout=10)
        with contextlib.closing(read):
            (text,) = read.execute("SELECT value FROM _params WHERE id = 'ketchApp'").fetchone()
        identity = json.loads(text)
        assert identity["expires"] > identity["created"]
        identity["expires"] = "2020-01-01 00:00:00.000Z"
        change(folder, "UPDATE _params SET value = ? WHERE id = 'ketchApp'", json.dumps(identity))
        server.admin("POST", "/api/crons/__ketchExpiredApps__", status=204)
        deadline = time.monotonic() + 20
        while folder.exists():
            assert time.monotonic() < deadline, "the app is still there"
            time.sleep(0.05)
        for one, status in ((made[0], 400), (made[1], 200)):
            headers = {"app-id": one["id"], "authorization": f"Bearer {one['admin-token']}"}
            assert app.call("POST", "/admin/query", {"query": {}}, headers).status == status
        assert (server.data_dir / "apps" / stays).is_dir()
