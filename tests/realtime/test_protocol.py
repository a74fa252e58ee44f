"""Headers, frames, refusals and limits."""

from __future__ import annotations

import json
import socket
import time

from harness import http
from harness.server import Server
from realtime.conftest import Compare
from realtime.session import Session
from realtime.stream import Stream

HEADERS = ("Content-Type", "Cache-Control", "X-Accel-Buffering", "Vary", "X-Frame-Options", "X-Content-Type-Options")


def test_headers_and_frames(run: Compare) -> None:
    def script(s: Session) -> None:
        s.collection("posts", [{"name": "title", "type": "text"}])
        stream = s.open("one", {"Authorization": s.tokens["super"], "Origin": "http://a.b"})
        s.note(stream.answer.status, {name: stream.answer.getheader(name) for name in HEADERS})
        s.note(stream.answer.getheader("Access-Control-Allow-Origin"))
        s.note(len(stream.client_id), stream.client_id.isalnum())
        s.subscribe("one", "~posts/*")
        s.create("posts", title='line\nbreak \u2028 <&> "quote"')
        s.expect("create", 1)
        for frame in stream.frames:
            text = [line.replace(stream.client_id, "<client>") for line in frame]
            if "zz_marker" not in text[1]:
                s.note(text)
        head = s.raw("HEAD", "/api/realtime", None)
        s.note(head.status, head.header("content-type"))

    run("frames", script)


def test_refusals(run: Compare) -> None:
    def script(s: Session) -> None:
        client = s.open("one").client_id
        bodies: list[object] = [
            {},
            {"clientId": ""},
            {"clientId": "x" * 256, "subscriptions": ["a" * 2501]},
            {"clientId": "nope", "subscriptions": ["a"]},
            {"clientId": client},
            {"clientId": 5},
            {"clientId": client, "subscriptions": "x"},
            {"clientId": client, "subscriptions": [1]},
            {"clientId": client, "subscriptions": None},
            {"clientId": client, "subscriptions": [None, ""]},
            {"clientId": client, "subscriptions": ["a"] * 1000},
            {"clientId": client, "subscriptions": ["a"] * 1001},
            {"clientId": client, "subscriptions": ["b", "a" * 2500, "a" * 2501, "é" * 1251]},
            {"CLIENTID": client, "Subscriptions": ["x"]},
            [],
            "x",
        ]
        for body in bodies:
            answer = s.raw("POST", "/api/realtime", json.dumps(body).encode(), Content_Type="application/json")
            s.note(str(body)[:60].replace(client, "<client>"), answer.status, answer.text)
        form = f"clientId={client}&subscriptions=a".encode()
        for kind, raw in (
            ("application/json", b"{bad"),
            ("text/plain", b"x"),
            ("application/x-www-form-urlencoded", form),
            ("application/x-www-form-urlencoded", form + b"&subscriptions=b"),
            ("application/json", b""),
        ):
            answer = s.raw("POST", "/api/realtime", raw, Content_Type=kind)
            s.note(kind, answer.status, answer.text)

    run("refusals", script)


def test_the_address_must_stay(run: Compare) -> None:
    def script(s: Session) -> None:
        s.server.admin("PATCH", "/api/settings", {"trustedProxy": {"headers": ["X-Client"]}})
        try:
            client = s.open("one", {"X-Client": "1.2.3.4"}).client_id
            body = json.dumps({"clientId": client, "subscriptions": ["a"]}).encode()
            for address in ("1.2.3.4", "1.2.3.5"):
                answer = s.raw("POST", "/api/realtime", body, Content_Type="application/json", X_Client=address)
                s.note(address, answer.status, answer.text)
        finally:
            s.server.admin("PATCH", "/api/settings", {"trustedProxy": {"headers": []}})

    run("address", script)


def test_a_closed_stream_is_forgotten(servers: tuple[Server, Server]) -> None:
    for server in servers:
        stream = Stream(server.port)
        stream.close()
        body = {"clientId": stream.client_id, "subscriptions": []}
        deadline = time.monotonic() + 5
        while server.request("POST", "/api/realtime", body).status != 404:
            assert time.monotonic() < deadline, f"{server.product.name} still knows the client"
            time.sleep(0.02)


def test_who_does_not_read_is_cut_and_delays_nobody(servers: tuple[Server, Server]) -> None:
    subject = servers[1]
    fields = [{"name": "text", "type": "text", "max": 2_000_000}]
    subject.admin("POST", "/api/collections", {"name": "large", "type": "base", "listRule": "", "fields": fields})
    with socket.create_connection(("127.0.0.1", subject.port)) as slow:
        slow.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        slow.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
        head = b""
        while b"clientId" not in head or not head.endswith(b"\n\n\r\n"):
            head += slow.recv(4096)
        client_id = head.split(b'"clientId":"')[1][:40].decode()
        quick = Stream(subject.port)
        for client in (client_id, quick.client_id):
            body = {"clientId": client, "subscriptions": ["large/*"]}
            assert subject.request("POST", "/api/realtime", body).status == 204
        text = "x" * 1_500_000
        for _ in range(40):
            answer = subject.request(
                "POST", "/api/collections/large/records", {"text": text}, token=subject.super_token()
            )
            assert answer.status == 200, answer.text
        assert quick.wait(lambda: len(quick.events) == 40, 30)
        deadline = time.monotonic() + 10
        body = {"clientId": client_id, "subscriptions": []}
        while subject.request("POST", "/api/realtime", body).status != 404:
            assert time.monotonic() < deadline, "the slow client was not cut"
            time.sleep(0.05)
        quick.close()


def test_stop_ends_streams(servers: tuple[Server, Server], tmp_path_factory: object) -> None:
    del tmp_path_factory
    subject = servers[1]
    streams = [Stream(subject.port) for _ in range(5)]
    assert http.send(subject.port, "GET", "/api/health").status == 200
    assert subject.stop() < 1.5
    assert all(stream.wait(lambda stream=stream: not stream.is_open) for stream in streams)
    subject.start()
