"""What stays in the log and what goes: stops, restarts, floods, clearing. Ketch alone."""

from __future__ import annotations

import sqlite3
import threading
import time
from contextlib import closing
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

from harness import http
from harness.server import Server, ketch
from telemetry.conftest import fresh, write_seed


def rows(data_dir: Path) -> list[tuple[Any, ...]]:
    with closing(sqlite3.connect(data_dir / "auxiliary.db")) as database:
        return database.execute("SELECT level, message, data FROM _logs ORDER BY rowid").fetchall()


def total(server: Server, text: str) -> int:
    return int(server.admin("GET", http.with_query("/api/logs", {"filter": text, "perPage": "1"}))["totalItems"])


def test_a_stop_writes_what_waits_and_a_start_finds_it(tmp_path: Path) -> None:
    server = fresh(ketch(), tmp_path)
    with server:
        assert http.send(server.port, "GET", "/api/health?before-the-stop").status == 200
    messages = [message for _, message, _ in rows(server.data_dir)]
    assert "GET /api/health?before-the-stop" in messages
    with server:
        assert total(server, "message ~ 'before-the-stop'") == 1


def test_reading_shows_what_was_logged_just_now(server: Server) -> None:
    for index in range(5):
        http.send(server.port, "GET", f"/api/health?now={index}")
        assert total(server, f"message ~ 'now={index}'") == 1


def test_old_and_low_rows_go_at_the_start_and_with_the_settings(tmp_path: Path) -> None:
    server = fresh(ketch(), tmp_path)
    write_seed(server.data_dir)
    with server:
        wait_for(lambda: total(server, "id ~ 'seed0000'") == 5)
        server.admin("PATCH", "/api/settings", {"logs": {"minLevel": 5}})
        wait_for(lambda: total(server, "id ~ 'seed0000'") == 1)
        server.admin("PATCH", "/api/settings", {"logs": {"maxDays": 0}})
        wait_for(lambda: total(server, "id != ''") == 0)
        http.send(server.port, "GET", "/api/nope")
        assert total(server, "id != ''") == 0


def wait_for(condition: Any, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def test_clearing_takes_what_waits_along(server: Server) -> None:
    http.send(server.port, "GET", "/api/health?gone")
    server.admin("DELETE", "/api/logs")
    assert total(server, "message ~ 'gone'") == 0


def test_the_servers_own_errors_are_logged(server: Server) -> None:
    account = {"email": "a@example.com", "password": "password123", "passwordConfirm": "password123"}
    server.admin("POST", "/api/collections/users/records", account)
    settings = {"enabled": True, "host": "127.0.0.1", "port": 1}
    server.admin("PATCH", "/api/settings", {"smtp": settings})
    server.admin("POST", "/api/collections/users/request-password-reset", {"email": "a@example.com"}, status=204)
    wait_for(lambda: total(server, "level >= 4 && data.type = null && message ~ 'mail'") >= 1)
    text = server.admin("GET", "/api/logs?perPage=500")
    assert "password123" not in str(text)


def test_no_secret_is_logged(server: Server) -> None:
    token = server.super_token()
    http.send(server.port, "GET", "/api/collections", headers={"Authorization": token})
    http.send(server.port, "GET", "/api/nope", headers={"Authorization": f"Bearer {token}", "Cookie": "session=abc"})
    text = str(server.admin("GET", "/api/logs?perPage=500"))
    assert token not in text
    assert "session=abc" not in text


def test_a_flood_loses_log_rows_and_not_requests(server: Server) -> None:
    """More requests between two writings than the log holds: failures stay, and the loss is told."""
    errors: list[int] = []

    def load(count: int) -> None:
        connection = HTTPConnection("127.0.0.1", server.port, timeout=60)
        for _ in range(count):
            connection.request("GET", "/api/health?flood")
            answer = connection.getresponse()
            answer.read()
            if answer.status != 200:
                errors.append(answer.status)
        connection.close()

    http.send(server.port, "GET", "/api/nope?kept")
    threads = [threading.Thread(target=load, args=(2500,)) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert not errors
    assert total(server, "message ~ 'kept'") == 1
    logged = total(server, "message ~ 'flood'")
    told = server.admin("GET", http.with_query("/api/logs", {"filter": "data.dropped > 0"}))["items"]
    # The health checks and the login of the test itself may be among the lost.
    assert 20_000 <= logged + sum(item["data"]["dropped"] for item in told) <= 20_010


def test_hostile_requests_are_logged_and_harm_nothing(server: Server) -> None:
    bad = {
        "User-Agent": "\x01\x7f'\"; DROP TABLE _logs; --".replace("\x01", "").replace("\x7f", ""),
        "Referer": "\xff\xfe",
    }
    for path in ["/api/%00", "/api/nope?%F0%9F%92%A9=%", "/api/health?" + "%2525" * 500, "/api/nope/\u202e"]:
        assert http.send(server.port, "GET", path, headers=bad).status < 500
    assert total(server, "data.userAgent ~ 'DROP TABLE'") >= 3
