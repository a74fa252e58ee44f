"""Analytics as the documented Python client calls them. Ketch alone: PocketBase has none."""

from __future__ import annotations

import json
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import http
from harness.server import Server, ketch
from telemetry.conftest import fresh

EVENTS = "/api/analytics/events"
CHROME = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/130.0 Safari/537.36"
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 17_0 like Mac OS X) Version/17.0 Mobile Safari/604"
READS = ["stats", "top-pages", "top-sources", "top-events", "devices", "config", "raw-logs", "raw-logs/2024-01-01"]


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with fresh(ketch(), tmp_path_factory.mktemp("analytics")) as server:
        yield server


def send(server: Server, payload: Any, agent: str = CHROME, **headers: str) -> http.Response:
    sent = {"Content-Type": "application/json", "User-Agent": agent, **headers}
    body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
    return http.send(server.port, "POST", EVENTS, headers=sent, body=body)


def track(server: Server, *events: dict[str, Any], agent: str = CHROME) -> Any:
    answer = send(server, {"events": list(events)}, agent)
    assert answer.status == 202, answer.text
    return answer.json()


def read(server: Server, what: str) -> Any:
    return server.admin("GET", f"/api/analytics/{what}")


def test_what_the_documented_client_sends_is_counted(server: Server) -> None:
    page = {"event": "page_view", "path": "/home/?utm=1#top", "referrer": "https://www.search.example/q?secret=1"}
    assert track(server, page) == {"accepted": 1, "total": 1}
    track(server, {**page, "sessionId": "s1", "title": "Home", "perfMs": 12.5, "timestamp": 1, "plan": "pro"})
    track(
        server, {"event": "click", "path": "/buy", "sid": "s1", "ts": 1, "perf_ms": 3, "props": {"n": 1}}, agent=IPHONE
    )
    stats = read(server, "stats?range=today")
    today = datetime.now(UTC).strftime("%Y-%m-%d")
    assert stats["startDate"] == stats["endDate"] == today
    assert stats["daily"] == [{"date": today, "pv": 3, "uv": 2}]
    assert stats["summary"]["totalPV"] == 3
    assert stats["summary"]["totalUV"] == 2
    assert stats["summary"]["sessions"] == 2
    assert stats["summary"]["bounceRate"] == 0.5
    assert read(server, "top-pages")["pages"] == [
        {"path": "/home", "pv": 2, "visitors": 2},
        {"path": "/buy", "pv": 1, "visitors": 1},
    ]
    assert read(server, "top-sources")["sources"] == [{"source": "search.example", "visitors": 2}]
    assert [entry["event"] for entry in read(server, "top-events")["events"]] == ["page_view", "click"]
    devices = read(server, "devices")
    assert {entry["name"] for entry in devices["browsers"]} == {"Chrome", "Safari"}
    assert {entry["name"] for entry in devices["os"]} == {"Windows", "iOS"}
    assert {entry["name"] for entry in devices["devices"]} == {"desktop", "mobile"}
    assert read(server, "raw-logs") == {"dates": [today]}
    lines = http.send(
        server.port, "GET", f"/api/analytics/raw-logs/{today}", headers={"Authorization": server.super_token()}
    )
    rows = [json.loads(line) for line in lines.text.splitlines()]
    assert [row["event"] for row in rows] == ["page_view", "page_view", "click"]
    assert rows[1]["props"] == {"plan": "pro"}
    assert rows[2]["props"] == {"n": 1}


@pytest.mark.parametrize(("name", "days"), [("today", 1), ("7d", 7), ("30d", 30), ("90d", 90), ("", 7), ("nope", 7)])
def test_ranges(shared: Server, name: str, days: int) -> None:
    stats = read(shared, f"stats?range={name}")
    dates = [day["date"] for day in stats["daily"]]
    today = datetime.now(UTC).date()
    assert dates == [str(today - timedelta(days=days - 1 - index)) for index in range(days)]
    assert (stats["startDate"], stats["endDate"]) == (dates[0], dates[-1])


def test_neither_address_nor_agent_is_stored(tmp_path: Path) -> None:
    server = fresh(ketch(), tmp_path)
    with server:
        server.admin("PATCH", "/api/settings", {"logs": {"maxDays": 0}, "trustedProxy": {"headers": ["X-Real-IP"]}})
        event = {"event": "page_view", "path": "/", "uid": "person-77", "referrer": "https://a.example/?mail=x@y.z"}
        for address in ("203.0.113.7", "203.0.113.8"):
            assert send(server, {"events": [{"event": "v", "path": "/"}]}, **{"X-Real-IP": address}).status == 202
        track(server, event)
        assert read(server, "stats")["summary"]["totalUV"] == 3
    content = b"".join(path.read_bytes() for path in server.data_dir.glob("auxiliary.db*"))
    for secret in (b"203.0.113", b"Mozilla", b"person-77", b"x@y.z"):
        assert secret not in content


def test_the_same_visitor_stays_the_same_over_a_restart(tmp_path: Path) -> None:
    server = fresh(ketch(), tmp_path)
    for _ in range(2):
        with server:
            track(server, {"event": "page_view", "path": "/"})
    with server:
        summary = read(server, "stats")["summary"]
        assert (summary["totalPV"], summary["totalUV"]) == (2, 1)


def test_old_events_and_salts_go(tmp_path: Path) -> None:
    server = fresh(ketch(), tmp_path)
    with server:
        track(server, {"event": "page_view", "path": "/"})
        assert read(server, "stats")["summary"]["totalPV"] == 1
    with closing(sqlite3.connect(server.data_dir / "auxiliary.db")) as database:
        database.execute("UPDATE _ketch_analytics_events SET day = day - 90")
        database.execute("UPDATE _ketch_analytics_salts SET day = day - 1")
        database.commit()
    with server:
        track(server, {"event": "page_view", "path": "/new"})
        assert read(server, "stats?range=90d")["summary"]["totalPV"] == 1
    with closing(sqlite3.connect(server.data_dir / "auxiliary.db")) as database:
        assert database.execute("SELECT count(*) FROM _ketch_analytics_events").fetchone() == (1,)
        assert database.execute("SELECT count(*) FROM _ketch_analytics_salts").fetchone() == (1,)


@pytest.mark.parametrize(
    ("payload", "status"),
    [
        ({"events": []}, 400),
        ({"events": "x"}, 400),
        ({"events": {}}, 400),
        ({}, 400),
        ([], 400),
        ("x", 400),
        (b"", 400),
        (b"{", 400),
        (b"\xff\xfe", 400),
        ({"events": [{"event": "a", "path": "/"}] * 501}, 400),
        ({"events": [{"event": "a", "path": "/", "title": "x" * 600_000}]}, 413),
    ],
)
def test_bad_lists(shared: Server, payload: Any, status: int) -> None:
    answer = send(shared, payload)
    assert answer.status == status, answer.text
    assert answer.json()["message"]


@pytest.mark.parametrize(
    ("event", "words"),
    [
        ({}, "event is missing"),
        ({"event": "a"}, "path is missing"),
        ({"event": " ", "path": "/"}, "event is missing"),
        ({"event": 1, "path": "/"}, "event must be a text"),
        ({"event": "a", "path": ["/"]}, "path must be a text"),
        ({"event": "a" * 201, "path": "/"}, "at most 200 bytes"),
        ({"event": "a", "path": "/" + "a" * 2000}, "at most 1000 bytes"),
        ({"event": "a", "path": "/", "sid": 5}, "sid must be a text"),
        ({"event": "a", "path": "/", "uid": "u" * 300}, "at most 256 bytes"),
        ({"event": "a", "path": "/", "timestamp": {}}, "timestamp must be"),
        ({"event": "a", "path": "/", "perfMs": "fast"}, "perf_ms must be a number"),
        ({"event": "a", "path": "/", "props": []}, "props must be an object"),
        ({"event": "a", "path": "/", "props": {"x": "y" * 3000}}, "at most 2000 bytes"),
        ("text", "must be an object"),
        (None, "must be an object"),
    ],
)
def test_bad_events_are_told_and_good_ones_beside_them_count(shared: Server, event: Any, words: str) -> None:
    answer = send(shared, {"events": [{"event": "good", "path": "/"}, event]})
    assert answer.status == 202
    assert (answer.json()["accepted"], answer.json()["total"]) == (1, 2)
    assert "Event 1: " in answer.json()["message"]
    assert words in answer.json()["message"]


@pytest.mark.parametrize("stamp", [-1, 0, 1e300, -1e300, 32503680000000, "nonsense", "2024-01-01 00:00:00Z", None])
def test_clocks_of_visitors_are_not_believed(shared: Server, stamp: Any) -> None:
    before = read(shared, "stats?range=today")["summary"]["totalPV"]
    track(shared, {"event": "a", "path": "/", "ts": stamp})
    assert read(shared, "stats?range=today")["summary"]["totalPV"] == before + 1


def test_robots_are_not_counted(shared: Server) -> None:
    answer = track(shared, {"event": "a", "path": "/robots"}, agent="Mozilla/5.0 (compatible; Googlebot/2.1)")
    assert answer["accepted"] == 0
    assert "/robots" not in str(read(shared, "top-pages?limit=100"))


@pytest.mark.parametrize("path", READS)
def test_who_may_not_read(shared: Server, path: str) -> None:
    account = {"email": f"u{abs(hash(path))}@example.com", "password": "password123"}
    shared.admin("POST", "/api/collections/users/records", {**account, "passwordConfirm": "password123"})
    user = shared.login("users", account["email"], account["password"])
    assert shared.request("GET", f"/api/analytics/{path}").status == 401
    assert shared.request("GET", f"/api/analytics/{path}", token=user).status == 403


@pytest.mark.parametrize(
    ("path", "status"),
    [
        ("top-pages?limit=x", 400),
        ("top-pages?limit=1.5", 400),
        ("top-pages?limit=-3", 200),
        ("top-pages?limit=100000", 200),
        ("raw-logs/2024-13-01", 400),
        ("raw-logs/x", 400),
        ("raw-logs/..%2F..%2Fdata.db", 400),
        ("raw-logs/2001-01-01", 404),
        ("stats?range=%27;DROP", 200),
    ],
)
def test_bad_questions(shared: Server, path: str, status: int) -> None:
    assert shared.request("GET", f"/api/analytics/{path}", token=shared.super_token()).status == status


def test_a_flood_from_one_address_is_refused(server: Server) -> None:
    batch = {"events": [{"event": "flood", "path": "/"}] * 500}
    statuses = [send(server, batch).status for _ in range(16)]
    assert set(statuses) <= {202, 429}
    assert 429 in statuses
    assert server.request("GET", "/api/health").status == 200


def test_switched_off(tmp_path: Path) -> None:
    product = ketch()
    server = fresh(replace(product, serve_flags=("--analytics=false",)), tmp_path)
    with server:
        assert send(server, {"events": []}).status == 404
        assert send(server, {"events": [{"event": "a", "path": "/"}]}).status == 404
        assert read(server, "config")["enabled"] is False


def test_served_pages_count_when_asked(tmp_path: Path) -> None:
    server = fresh(replace(ketch(), serve_flags=("--analyticsPageViews",)), tmp_path)
    with server:
        server.public_dir.mkdir(exist_ok=True)
        (server.public_dir / "about.html").write_text("<p>about</p>")
        (server.public_dir / "app.js").write_text("1")
        for path in ("/about.html", "/app.js", "/api/health", "/missing.html"):
            http.send(server.port, "GET", path, headers={"User-Agent": CHROME})
        pages: list[Any] = []
        for _ in range(100):
            pages = read(server, "top-pages")["pages"]
            if pages:
                break
        assert pages == [{"path": "/about.html", "pv": 1, "visitors": 1}]
