"""S3 beyond the good days: switched at run time, refusing, silent, breaking off."""

from __future__ import annotations

import time
from collections.abc import Iterator

import pytest

from files.app import RECORDS, App
from files.s3 import Cut, S3Server, Silent
from harness.http import Part, Response
from harness.server import free_port

# Ketch gives a silent server 20 seconds; the rest is for a busy machine.
PATIENCE_S = 45
FILE: Part = ("file", "a_file.txt", "text/plain", b"content")


@pytest.fixture(autouse=True)
def _back_to_the_folder(app: App) -> Iterator[None]:
    yield
    app.set_s3(enabled=False)


def _count(app: App) -> int:
    return int(app.server.admin("GET", RECORDS)["totalItems"])


def _test(app: App, which: str = "storage") -> Response:
    token = app.server.super_token()
    return app.server.request("POST", "/api/settings/test/s3", {"filesystem": which}, token=token)


def test_settings_switch_without_a_restart(app: App, s3: S3Server) -> None:
    local, _ = app.upload("local_file.txt", b"local")
    app.set_s3(**s3.settings("first"))
    first, _ = app.upload("first_file.txt", b"first")
    assert app.get(local).status == 404
    app.set_s3(**s3.settings("second"))
    second, _ = app.upload("second_file.txt", b"second")
    assert app.get(first).status == 404
    assert (len(s3.objects("first")), len(s3.objects("second"))) == (1, 1)
    app.set_s3(**s3.settings("first"))
    assert app.get(first).body == b"first"
    app.set_s3(enabled=False)
    assert app.get(local).body == b"local"
    assert app.get(second).status == 404


def test_the_test_of_settings(app: App, s3: S3Server) -> None:
    app.set_s3(**s3.settings("tested"))
    assert _test(app).status == 204
    assert s3.objects("tested") == []
    assert "is not enabled" in _test(app, "backups").text
    app.server.admin("PATCH", "/api/settings", {"backups": {"s3": s3.settings("backups")}})
    assert _test(app, "backups").status == 204
    app.server.admin("PATCH", "/api/settings", {"backups": {"s3": {"enabled": False}}})
    for wrong, told in (
        ({"secret": "wrong"}, "SignatureDoesNotMatch"),
        ({"accessKey": "wrong"}, "InvalidAccessKeyId"),
        ({"endpoint": f"http://127.0.0.1:{free_port()}"}, "onnection refused"),
        ({"endpoint": f"127.0.0.1:{s3.port}"}, "storing pb_settings_test_"),
        ({"endpoint": "ftp://127.0.0.1"}, "Raw error"),
        ({"forcePathStyle": False, "endpoint": "http://no.such.host.invalid"}, "dns error"),
    ):
        app.set_s3(**s3.settings("tested", **wrong))
        answer = _test(app)
        assert answer.status == 400
        message = answer.json()["message"]
        assert message.startswith("Failed to test the S3 filesystem. Raw error: \n")
        assert told in message, message
        assert "ketch-secret" not in message


@pytest.mark.parametrize("wrong", ["secret", "port"])
def test_a_server_that_refuses_leaves_nothing_half_done(app: App, s3: S3Server, wrong: str) -> None:
    kept = app.create(("title", "kept")).json()["id"]
    before = _count(app)
    change = {"secret": "wrong"} if wrong == "secret" else {"endpoint": f"http://127.0.0.1:{free_port()}"}
    app.set_s3(**s3.settings("refusing", **change))
    answer = app.create(("title", "new"), FILE)
    assert (answer.status, answer.json()["message"]) == (400, "Failed to create record.")
    answer = app.send("PATCH", f"{RECORDS}/{kept}", ("title", "changed"), FILE)
    assert (answer.status, answer.json()["message"]) == (400, "Failed to update record.")
    assert _count(app) == before
    record = app.server.admin("GET", f"{RECORDS}/{kept}")
    assert (record["title"], record["file"]) == ("kept", "")
    # What has no files is not held up.
    assert app.create(("title", "none")).status == 200
    assert "could not be stored" in app.server.log_text()
    assert "ketch-secret" not in app.server.log_text()


def test_a_silent_server_is_given_up_and_holds_nobody_up(app: App, s3: S3Server) -> None:
    before = _count(app)
    with Silent() as silent:
        app.set_s3(**s3.settings("silent", endpoint=f"http://127.0.0.1:{silent.port}"))
        started = time.monotonic()
        answer = app.create(("title", "new"), FILE, timeout=PATIENCE_S)
        assert answer.status == 400
        assert time.monotonic() - started < PATIENCE_S
        assert _count(app) == before


def test_deletes_do_not_wait_for_a_silent_server(app: App, s3: S3Server) -> None:
    app.set_s3(**s3.settings("deleted"))
    url, _ = app.upload("a_file.txt", b"content")
    with Silent() as silent:
        app.set_s3(**s3.settings("deleted", endpoint=f"http://127.0.0.1:{silent.port}"))
        started = time.monotonic()
        app.server.admin("DELETE", f"{RECORDS}/{url.split('/')[-2]}")
        assert time.monotonic() - started < 10


def test_an_upload_that_breaks_off_is_taken_back(app: App, s3: S3Server) -> None:
    before = _count(app)
    content = bytes(12 << 20)
    with Cut(s3.port, 8 << 20) as cut:
        app.set_s3(**s3.settings("cut", endpoint=f"http://127.0.0.1:{cut.port}"))
        answer = app.create(("file", "large_file.bin", "application/octet-stream", content))
        assert answer.status == 400
        assert _count(app) == before
        # No object; parts of an upload that could not even be taken back are the server's to expire.
        assert [key for key in s3.objects("cut") if not key.startswith(".uploads/")] == []
        cut.mend()
        assert app.create(("file", "large_file.bin", "application/octet-stream", content)).status == 200


def test_a_download_that_breaks_off_is_seen_as_broken(app: App, s3: S3Server) -> None:
    with Cut(s3.port, 1 << 60) as cut:
        app.set_s3(**s3.settings("broken", endpoint=f"http://127.0.0.1:{cut.port}"))
        url, _ = app.upload("a_file.txt", b"content" * 20_000)
        assert app.get(url).status == 200
    # The connection is gone with its server; a refusal of the storage is no missing file.
    app.set_s3(**s3.settings("broken", endpoint=f"http://127.0.0.1:{free_port()}"))
    assert app.get(url).status == 500
