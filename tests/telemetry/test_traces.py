"""Request spans and dyed users as the documented Python client calls them. Ketch alone: PocketBase has none."""

from __future__ import annotations

import json
import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import replace
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from harness import http
from harness.server import Server, ketch
from telemetry.conftest import fresh

BASE = "/api/_/trace"
TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = "00f067aa0ba902b7"


def with_flags(home: Path, *flags: str) -> Server:
    return fresh(replace(ketch(), serve_flags=flags), home)


@pytest.fixture(scope="module")
def everything(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    """Traces every request."""
    with with_flags(tmp_path_factory.mktemp("traces"), "--traceSampling=1") as server:
        yield server


def spans(server: Server, **query: str) -> Any:
    return server.admin("GET", http.with_query(f"{BASE}/spans", query))


def get(server: Server, path: str, **headers: str) -> int:
    return http.send(server.port, "GET", path, headers=headers).status


def test_a_request_leaves_a_span(everything: Server) -> None:
    headers = {"traceparent": f"00-{TRACE}-{PARENT}-01", "User-Agent": "tracer", "Referer": "http://a.example/?token=x"}
    get(everything, "/api/health?q=1&token=secret", **headers)
    found = everything.admin("GET", f"{BASE}/spans/{TRACE}")
    assert len(found) == 1
    span = found[0]
    assert (span["traceId"], span["parentId"]) == (TRACE, PARENT)
    assert (span["name"], span["kind"], span["status"]) == ("GET /api/health", "server", "ok")
    assert abs(span["startTime"] / 1e6 - time.time()) < 60
    assert span["duration"] > 0
    assert span["attributes"]["http.status_code"] == 200
    assert span["attributes"]["http.user_agent"] == "tracer"
    assert "secret" not in json.dumps(span)
    assert "token=x" not in json.dumps(span)
    assert everything.admin("GET", f"{BASE}/spans/{TRACE}/{span['spanId']}") == span
    everything.admin("DELETE", f"{BASE}/spans/{TRACE}")
    assert everything.admin("GET", f"{BASE}/spans/{TRACE}") == []
    everything.admin("DELETE", f"{BASE}/spans/{TRACE}", status=404)


def test_lists_filter_sort_and_page(everything: Server) -> None:
    for index in range(5):
        get(everything, f"/api/listed-{index}")
    found = spans(everything, name="LISTED-", orderBy="name", orderDir="asc")
    assert [span["name"] for span in found["items"]] == [f"GET /api/listed-{index}" for index in range(5)]
    assert found["totalCount"] == 5
    assert [span["name"] for span in spans(everything, name="listed-", limit="2", page="2")["items"]] == [
        "GET /api/listed-2",
        "GET /api/listed-1",
    ]
    assert spans(everything, name="listed-", minDuration="100000")["totalCount"] == 0
    assert spans(everything, name="listed-", maxDuration="100000")["totalCount"] == 5
    assert spans(everything, name="listed-", status="ok,error")["totalCount"] == 5
    assert spans(everything, name="listed-", status="error")["totalCount"] == 0
    assert spans(everything, name="listed-", startTimeFrom="2020-01-01 00:00:00Z")["totalCount"] == 5
    assert spans(everything, name="listed-", startTimeTo="1577836800000")["totalCount"] == 0
    assert spans(everything, name="100%_'\"")["totalCount"] == 0
    stats = everything.admin("GET", f"{BASE}/stats?name=listed-")
    assert (stats["total"], stats["errors"], len(stats["names"])) == (5, 0, 5)


@pytest.mark.parametrize(
    "query",
    [
        "page=x",
        "limit=1.5",
        "minDuration=fast",
        "maxDuration=nan",
        "status=broken",
        "orderBy=secret",
        "orderDir=up",
        "startTimeFrom=yesterday",
    ],
)
def test_parameters_that_cannot_be_read_are_named(everything: Server, query: str) -> None:
    answer = everything.request("GET", f"{BASE}/spans?{query}", token=everything.super_token())
    assert answer.status == 400
    assert query.split("=")[0] in answer.json()["message"]


ROUTES = [
    ("GET", "/spans"),
    ("GET", f"/spans/{TRACE}"),
    ("GET", f"/spans/{TRACE}/{PARENT}"),
    ("DELETE", f"/spans/{TRACE}"),
    ("GET", "/stats"),
    ("GET", "/dyed-users"),
    ("POST", "/dyed-users"),
    ("DELETE", "/dyed-users/x"),
    ("PUT", "/dyed-users/x/ttl"),
]


@pytest.fixture(scope="module")
def user(everything: Server) -> tuple[str, str]:
    """Id and token of somebody who is no superuser."""
    account = {"email": "a@example.com", "password": "password123", "passwordConfirm": "password123"}
    made = everything.admin("POST", "/api/collections/users/records", account)
    return made["id"], everything.login("users", "a@example.com", "password123")


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_superusers_only(everything: Server, user: tuple[str, str], method: str, path: str) -> None:
    body = {"userId": "x", "ttl": 60} if method in ("POST", "PUT") else None
    assert everything.request(method, BASE + path, body).status == 401
    assert everything.request(method, BASE + path, body, token=user[1]).status == 403


def test_dyed_users_are_always_traced_until_their_time_ends(tmp_path: Path) -> None:
    server = with_flags(tmp_path, "--traceSampling=0")
    with server:
        account = {"email": "a@example.com", "password": "password123", "passwordConfirm": "password123"}
        person = server.admin("POST", "/api/collections/users/records", account)["id"]
        token = server.login("users", "a@example.com", "password123")

        def asked(path: str) -> int:
            get(server, path, Authorization=token)
            return int(spans(server, name=path)["totalCount"])

        assert asked("/api/health") == 0
        dyed = server.admin("POST", f"{BASE}/dyed-users", {"userId": person, "ttl": 600, "reason": "why"}, status=201)
        assert (dyed["userId"], dyed["reason"], dyed["ttl"]) == (person, "why", 600)
        assert asked("/api/health") == 1
        assert spans(server)["items"][0]["attributes"]["trace.dyed"] is True
        assert spans(server)["items"][0]["attributes"]["user.id"] == person
    # It is remembered over a restart, and so are the spans.
    with server:
        listed = server.admin("GET", f"{BASE}/dyed-users")
        assert (listed["count"], listed["items"][0]["userId"]) == (1, person)
        assert asked("/api/health") == 2
        shortened = server.request("PUT", f"{BASE}/dyed-users/{person}/ttl", {"ttl": "1s"}, token=server.super_token())
        assert shortened.json()["ttl"] == 1
        deadline = time.monotonic() + 10
        while server.admin("GET", f"{BASE}/dyed-users")["count"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert asked("/api/health") == 2
        server.admin("POST", f"{BASE}/dyed-users", {"userId": person, "ttl": "1h30m"}, status=201)
        server.admin("DELETE", f"{BASE}/dyed-users/{person}")
        server.admin("DELETE", f"{BASE}/dyed-users/{person}", status=404)
        assert asked("/api/health") == 2


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({}, "userId"),
        ({"userId": ""}, "userId"),
        ({"userId": 5}, "userId"),
        ({"userId": "x" * 300}, "userId"),
        ({"userId": "x", "ttl": 0}, "ttl"),
        ({"userId": "x", "ttl": -5}, "ttl"),
        ({"userId": "x", "ttl": 1e18}, "ttl"),
        ({"userId": "x", "ttl": "soon"}, "ttl"),
        ({"userId": "x", "ttl": []}, "ttl"),
        ({"userId": "x", "ttl": 60, "reason": "y" * 600}, "reason"),
    ],
)
def test_dyes_that_cannot_be(everything: Server, body: dict[str, Any], words: str) -> None:
    answer = everything.request("POST", f"{BASE}/dyed-users", body, token=everything.super_token())
    assert answer.status == 400
    assert words in answer.json()["message"]


def test_no_more_than_a_hundred_dyed_users(server: Server) -> None:
    for index in range(100):
        server.admin("POST", f"{BASE}/dyed-users", {"userId": f"user{index}", "ttl": 60}, status=201)
    server.admin("POST", f"{BASE}/dyed-users", {"userId": "user5", "ttl": 90}, status=201)
    server.admin("POST", f"{BASE}/dyed-users", {"userId": "one-more", "ttl": 60}, status=400)


def test_slow_requests_are_always_traced(tmp_path: Path) -> None:
    with with_flags(tmp_path, "--traceSampling=0", "--traceSlow=1") as server:
        # Hashing a password takes longer than that.
        server.request("POST", "/api/collections/_superusers/auth-with-password", {"identity": "x", "password": "y"})
        token = server.super_token()
        assert token
        assert spans(server, name="auth-with-password", minDuration="1")["totalCount"] >= 1


def test_bad_flags_are_refused(tmp_path: Path) -> None:
    for flag in ("--traceSampling=2", "--traceSampling=x", "--traceSlow=-1", "--otlpEndpoint=nonsense"):
        done = ketch().run("serve", "--http=127.0.0.1:0", flag, data_dir=tmp_path / "pb_data")
        assert done.returncode != 0
        assert done.stderr


class Collector:
    """Takes OTLP requests and keeps them."""

    def __init__(self) -> None:
        self.bodies: list[Any] = []
        collector = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                collector.bodies.append((self.path, self.headers["Content-Type"], json.loads(body)))
                self.send_response(200)
                self.end_headers()

            def log_message(self, format: str, *args: Any) -> None:
                pass

        self.server = HTTPServer(("127.0.0.1", 0), Handler)
        self.port = self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever)
        self.thread.start()

    def close(self) -> None:
        self.server.shutdown()
        self.thread.join()
        self.server.server_close()


def test_spans_go_to_a_collector(tmp_path: Path) -> None:
    collector = Collector()
    try:
        flags = ("--traceSampling=1", f"--otlpEndpoint=http://127.0.0.1:{collector.port}")
        with with_flags(tmp_path, *flags) as server:
            get(server, "/api/health?exported", traceparent=f"00-{TRACE}-{PARENT}-01")
            assert spans(server)["totalCount"] >= 1
            deadline = time.monotonic() + 10
            while not collector.bodies:
                assert time.monotonic() < deadline
                time.sleep(0.02)
    finally:
        collector.close()
    path, content_type, body = collector.bodies[0]
    assert (path, content_type) == ("/v1/traces", "application/json")
    sent = body["resourceSpans"][0]["scopeSpans"][0]["spans"]
    mine = next(span for span in sent if span["traceId"] == TRACE)
    assert mine["parentSpanId"] == PARENT
    assert int(mine["endTimeUnixNano"]) > int(mine["startTimeUnixNano"])
    assert mine["kind"] == 2


def test_a_collector_that_never_answers_costs_nothing(tmp_path: Path) -> None:
    """The socket takes connections and says nothing."""
    with socket.socket() as silent:
        silent.bind(("127.0.0.1", 0))
        silent.listen()
        flags = ("--traceSampling=1", f"--otlpEndpoint=http://127.0.0.1:{silent.getsockname()[1]}")
        with with_flags(tmp_path, *flags) as server:
            for _ in range(50):
                started = time.monotonic()
                assert get(server, "/api/health") == 200
                assert time.monotonic() - started < 2
            assert spans(server)["totalCount"] >= 50
            assert server.stop() < 5
