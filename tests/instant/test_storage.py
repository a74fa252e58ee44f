"""Files by way of the Instant front: stored, listed, fetched, deleted; allowed and refused."""

from __future__ import annotations

import json
import socket
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from files.s3 import S3Server
from harness import http
from instant.app import ADMIN, APP_ID, BROWSER, GUEST, App, refusal

UPLOAD = "/admin/storage/upload"
FILES = "/admin/storage/files"
UNKNOWN_APP = "00000000-0000-4000-8000-00000000dead"
LARGE = bytes(range(256)) * (12 << 10)


@pytest.fixture(scope="module", params=["folder", "s3"])
def files(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    """A server that keeps its files in a folder, and one that keeps them in a bucket."""
    with App(tmp_path_factory.mktemp("files") / "home", superuser=True) as app:
        if request.param == "s3":
            s3: S3Server = request.getfixturevalue("s3")
            app.server.admin("PATCH", "/api/settings", {"s3": s3.settings("instant-files")})
        yield app


def put(app: App, path: str, content: bytes = b"bytes", **headers: str) -> http.Response:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return app.send("PUT", UPLOAD, {**ADMIN, "path": path, **named}, content)


def store(app: App, path: str, content: bytes = b"bytes", **headers: str) -> dict[str, Any]:
    answer = put(app, path, content, **headers)
    assert answer.status == 200, answer.text
    data: dict[str, Any] = answer.json()["data"]
    return data


def listed(app: App) -> dict[str, dict[str, Any]]:
    return {file["name"]: file for file in app.ok("GET", FILES)["data"]}


def url_of(app: App, path: str) -> str:
    """The signed URL of a file, without the origin."""
    url = app.ok("GET", f"/admin/storage/signed-download-url?filename={quote(path, safe='')}")["data"]
    assert url.startswith(f"http://127.0.0.1:{app.port}/storage/files/{APP_ID}/"), url
    parts = urlsplit(url)
    return f"{parts.path}?{parts.query}"


def fetch(app: App, path: str, method: str = "GET", **headers: str) -> http.Response:
    return app.send(method, url_of(app, path), {name.replace("_", "-"): value for name, value in headers.items()})


def test_an_upload_is_stored_listed_and_fetched(files: App) -> None:
    stored = store(files, "a/b c.txt", b"hello", content_type="text/plain", content_disposition='inline; filename="x"')
    assert set(stored) == {"id", "location-id", "size"}
    assert stored["size"] == 5
    entry = listed(files)["a/b c.txt"]
    assert set(entry) == {"key", "name", "size", "etag", "last_modified"}
    assert (entry["size"], entry["etag"], entry["last_modified"]) == (5, None, None)
    app_id, shelf, location = entry["key"].split("/")
    assert (app_id, location, shelf.isdigit()) == (APP_ID, stored["location-id"], True)
    answer = fetch(files, "a/b c.txt")
    assert (answer.status, answer.body) == (200, b"hello")
    assert answer.header("content-type") == "text/plain"
    assert answer.header("content-disposition") == 'inline; filename="x"'
    assert answer.header("x-content-type-options") == "nosniff"
    assert "sandbox" in (answer.header("content-security-policy") or "")


def test_storing_again_keeps_the_row_and_replaces_everything_else(files: App) -> None:
    first = store(files, "again", b"one", content_type="text/plain", content_disposition="attachment")
    old = url_of(files, "again")
    second = store(files, "again", b"three", content_type="undefined")
    assert second["id"] == first["id"]
    assert second["location-id"] != first["location-id"]
    answer = fetch(files, "again")
    assert answer.body == b"three"
    assert answer.header("content-type") == "application/octet-stream"
    assert answer.header("content-disposition") is None
    assert files.send("GET", old).status == 404
    assert listed(files)["again"]["size"] == 5


def test_a_large_file_in_pieces(files: App) -> None:
    """More than stays in memory on the way, also without a declared length."""
    answer = http.send(files.port, "PUT", UPLOAD, headers={**ADMIN, "path": "large"}, body=LARGE, chunked=True)
    assert answer.json()["data"]["size"] == len(LARGE)
    assert fetch(files, "large").body == LARGE
    part = fetch(files, "large", range="bytes=1000000-1000009")
    assert (part.status, part.body) == (206, LARGE[1000000:1000010])
    assert part.header("content-range") == f"bytes 1000000-1000009/{len(LARGE)}"
    last = fetch(files, "large", range="bytes=-5")
    assert (last.status, last.body) == (206, LARGE[-5:])
    assert fetch(files, "large", range=f"bytes={len(LARGE)}-").status == 416
    head = fetch(files, "large", method="HEAD")
    assert (head.status, head.body, head.header("content-length")) == (200, b"", str(len(LARGE)))


def test_an_empty_file(files: App) -> None:
    assert store(files, "empty", b"")["size"] == 0
    answer = fetch(files, "empty")
    assert (answer.status, answer.body) == (200, b"")


def test_a_type_that_says_json_is_not_read_as_json(files: App) -> None:
    store(files, "data.json", b"{no json", content_type="application/json")
    answer = fetch(files, "data.json")
    assert (answer.body, answer.header("content-type")) == (b"{no json", "application/json")


def test_deleting(files: App) -> None:
    ids = [store(files, f"gone/{number}")["id"] for number in range(4)]
    old = [url_of(files, f"gone/{number}") for number in range(4)]
    assert files.ok("DELETE", f"{FILES}?filename=gone%2F0") == {"data": {"id": ids[0]}}
    assert files.ok("DELETE", f"{FILES}?filename=gone%2F0") == {"data": {"id": None}}
    names = ["gone/2", "gone/no", "gone/1", "gone/2"]
    assert files.ok("POST", f"{FILES}/delete", {"filenames": names}) == {"data": {"ids": [ids[2], ids[1]]}}
    assert files.ok("POST", f"{FILES}/delete", {"filenames": []}) == {"data": {"ids": []}}
    assert "gone/3" in listed(files)
    assert [files.send("GET", url).status for url in old] == [404, 404, 404, 200]
    assert files.ok("GET", "/admin/storage/signed-download-url?filename=gone%2F0") == {"data": None}


@pytest.mark.parametrize(
    "path", ["/leading", "leading", "a//b", "a/../b", "%41%2f", "A/", ".", "ünïcode ÿ", "a" * 1000]
)
def test_paths_are_taken_as_they_are(app: App, path: str) -> None:
    """No two of these are one file; letters are those of Latin-1."""
    answer = raw_put(app, path.encode("latin-1"))
    assert b"200 OK" in answer, answer
    assert path in listed(app)
    url = app.ok("GET", f"/admin/storage/signed-download-url?filename={quote(path, safe='')}")["data"]
    assert url is not None


def raw_put(app: App, path: bytes) -> bytes:
    head = "".join(f"{name}: {value}\r\n" for name, value in ADMIN.items()).encode()
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as connection:
        connection.sendall(
            b"PUT " + UPLOAD.encode() + b" HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
            b"Content-Length: 2\r\n" + head + b"path: " + path + b"\r\n\r\nhi"
        )
        answer = b""
        while piece := connection.recv(4096):
            answer += piece
        return answer


def test_a_filename_may_hold_blanks_as_plus_or_escaped(app: App) -> None:
    store(app, "with blank")
    for written in ("with+blank", "with%20blank"):
        assert app.ok("GET", f"/admin/storage/signed-download-url?filename={written}")["data"] is not None


UPLOADS_REFUSED = [
    ("no path", {}, "param-missing", 'Missing parameter: ["headers" "path"]'),
    ("blank path", {"path": "  "}, "param-malformed", 'Malformed parameter: ["headers" "path"]'),
    ("empty path", {"path": ""}, "param-malformed", 'Malformed parameter: ["headers" "path"]'),
    ("path of a stream", {"path": "$stream/x/0"}, "validation-failed", "reserved for streams"),
    ("long path", {"path": "x" * 1100}, "validation-failed", "too large for a unique attribute"),
    ("long type", {"path": "x", "content-type": "a/" + "b" * 1100}, "validation-failed", "too large for an indexed"),
    ("no app", {"path": "x", "app-id": None}, "param-missing", 'Missing parameter: ["headers" "app-id"]'),
    ("no UUID", {"path": "x", "app-id": "x"}, "param-malformed", 'Malformed parameter: ["headers" "app-id"]'),
    ("other app", {"path": "x", "app-id": UNKNOWN_APP}, "record-not-found", "app-admin-token"),
    ("no token", {"path": "x", "authorization": None}, "param-missing", '["headers" "authorization"]'),
    ("wrong token", {"path": "x", "authorization": f"Bearer {UNKNOWN_APP}"}, "record-not-found", "app-admin-token"),
    ("guest", {"path": "x", "as-guest": "false"}, "permission-denied", "not has-storage-permission?"),
    ("unknown user", {"path": "x", "as-token": UNKNOWN_APP}, "record-not-found", "app-user"),
    ("unknown email", {"path": "x", "as-email": "no@example.com"}, "record-not-found", "app-user"),
]


@pytest.mark.parametrize(
    ("headers", "kind", "text"), [row[1:] for row in UPLOADS_REFUSED], ids=[row[0] for row in UPLOADS_REFUSED]
)
def test_refused_uploads(app: App, headers: dict[str, str | None], kind: str, text: str) -> None:
    sent = {name: value for name, value in {**ADMIN, **headers}.items() if value is not None}
    before = (listed(app), app.stored())
    status, found, message = refusal(app.send("PUT", UPLOAD, sent, b"bytes"))
    assert (status, found) == (400, kind)
    assert text in message
    assert (listed(app), app.stored()) == before


def test_a_huge_header_is_no_fault_of_the_server(app: App) -> None:
    answer = app.send("PUT", UPLOAD, {**ADMIN, "path": "x" * 300_000}, b"bytes")
    assert answer.status in (400, 431), answer.text


REFUSED = [
    ("list as guest", "GET", FILES, None, GUEST, "param-missing"),
    ("delete without name", "DELETE", FILES, None, ADMIN, "param-missing"),
    ("delete blank name", "DELETE", f"{FILES}?filename=+", None, ADMIN, "param-malformed"),
    ("delete as guest", "DELETE", f"{FILES}?filename=x", None, GUEST, "permission-denied"),
    ("delete many without names", "POST", f"{FILES}/delete", {}, ADMIN, "param-missing"),
    ("delete many with null", "POST", f"{FILES}/delete", {"filenames": None}, ADMIN, "param-missing"),
    ("delete many with a text", "POST", f"{FILES}/delete", {"filenames": "x"}, ADMIN, "param-malformed"),
    ("delete many with a number", "POST", f"{FILES}/delete", {"filenames": ["x", 1]}, ADMIN, "param-malformed"),
    ("delete many as guest", "POST", f"{FILES}/delete", {"filenames": ["x"]}, GUEST, "permission-denied"),
    ("upload url without name", "POST", "/admin/storage/signed-upload-url", {}, ADMIN, "param-missing"),
    ("upload url of blank", "POST", "/admin/storage/signed-upload-url", {"filename": ""}, ADMIN, "param-malformed"),
    ("upload url of number", "POST", "/admin/storage/signed-upload-url", {"filename": 1}, ADMIN, "param-malformed"),
    (
        "upload url of stream",
        "POST",
        "/admin/storage/signed-upload-url",
        {"filename": "$stream/a"},
        ADMIN,
        "validation-failed",
    ),
    ("upload url as guest", "POST", "/admin/storage/signed-upload-url", {"filename": "x"}, GUEST, "permission-denied"),
    ("download url without name", "GET", "/admin/storage/signed-download-url", None, ADMIN, "param-missing"),
    ("download url as guest", "GET", "/admin/storage/signed-download-url?filename=x", None, GUEST, "permission-denied"),
    ("browser's upload", "PUT", "/storage/upload", None, {**BROWSER, "path": "x"}, "permission-denied"),
    ("browser's delete", "DELETE", f"/storage/files?app_id={APP_ID}&filename=x", None, {}, "permission-denied"),
    ("browser's delete without app", "DELETE", "/storage/files?filename=x", None, {}, "param-missing"),
    (
        "browser's upload url",
        "POST",
        "/storage/signed-upload-url",
        {"app_id": APP_ID, "filename": "x"},
        {},
        "permission-denied",
    ),
    ("browser's upload url without app", "POST", "/storage/signed-upload-url", {"filename": "x"}, {}, "param-missing"),
    (
        "browser's upload url of no app",
        "POST",
        "/storage/signed-upload-url",
        {"app_id": UNKNOWN_APP, "filename": "x"},
        {},
        "record-not-found",
    ),
    (
        "browser's download url",
        "GET",
        f"/storage/signed-download-url?app_id={APP_ID}&filename=x",
        None,
        {},
        "permission-denied",
    ),
    ("unknown ticket", "PUT", f"/storage/{APP_ID}{'x' * 40}/consume-upload-url", None, {}, "record-not-found"),
    ("short ticket", "PUT", "/storage/x/consume-upload-url", None, {}, "record-not-found"),
    ("ticket of no app", "PUT", f"/storage/{UNKNOWN_APP}{'x' * 40}/consume-upload-url", None, {}, "record-not-found"),
    (
        "wrong user token",
        "PUT",
        "/storage/upload",
        None,
        {**BROWSER, "path": "x", "authorization": f"Bearer {UNKNOWN_APP}"},
        "record-not-found",
    ),
]


@pytest.mark.parametrize(
    ("method", "url", "body", "headers", "kind"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_refused(app: App, method: str, url: str, body: Any, headers: dict[str, str], kind: str) -> None:
    answer = app.call(method, url, body, headers)
    assert (answer.status, answer.json()["type"]) == (400, kind), answer.text
    assert answer.json()["message"]
    assert "hint" in answer.json()


def test_browsers_say_undefined_for_nobody(app: App) -> None:
    """Not a malformed token, but a guest, whom the rules refuse; the app may be named in either way."""
    for headers in ({"app-id": APP_ID}, {"app_id": APP_ID}):
        sent = {**headers, "path": "x", "authorization": "Bearer undefined"}
        assert refusal(app.send("PUT", "/storage/upload", sent, b"x"))[1] == "permission-denied"


def test_an_upload_url_is_good_once(files: App) -> None:
    url = files.ok("POST", "/admin/storage/signed-upload-url", {"filename": "by url", "app_id": APP_ID})["data"]
    parts = urlsplit(url)
    assert (parts.netloc, parts.query) == (f"127.0.0.1:{files.port}", "")
    assert parts.path.startswith("/storage/")
    assert parts.path.endswith("/consume-upload-url")
    first = files.send("PUT", parts.path, {"content-type": "image/png"}, b"picture")
    assert first.status == 200, first.text
    assert first.json()["data"]["size"] == 7
    assert fetch(files, "by url").header("content-type") == "image/png"
    again = files.send("PUT", parts.path, {}, b"other")
    assert refusal(again)[:2] == (400, "record-not-found")
    assert fetch(files, "by url").body == b"picture"


def test_an_upload_url_is_given_to_one_of_many(app: App) -> None:
    url = app.ok("POST", "/admin/storage/signed-upload-url", {"filename": "raced"})["data"]
    path = urlsplit(url).path
    with ThreadPoolExecutor(8) as pool:
        statuses = list(pool.map(lambda number: app.send("PUT", path, {}, str(number).encode()).status, range(8)))
    assert sorted(statuses) == [200] + [400] * 7


def test_signed_urls(app: App) -> None:
    store(app, "signed")
    url = url_of(app, "signed")
    assert url == url_of(app, "signed"), "the same all day"
    place, query = url.split("?")
    expires, signature = (pair.split("=")[1] for pair in query.split("&"))
    store(app, "other")
    other = url_of(app, "other").split("?")[0]
    for forged in (
        place,
        f"{place}?expires={expires}",
        f"{place}?expires={int(expires) + 1}&signature={signature}",
        f"{place}?expires=1&signature={signature}",
        f"{place}?expires={expires}&signature={'0' * 64}",
        f"{place}?expires={expires}&signature=x",
        f"{other}?{query}",
    ):
        answer = app.send("GET", forged)
        assert answer.status == 403, forged
        assert b"bytes" not in answer.body
    unknown = app.send("GET", url.replace(APP_ID, UNKNOWN_APP))
    assert refusal(unknown)[:2] == (400, "record-not-found")


def test_a_url_follows_the_address_that_the_operator_gave(tmp_path_factory: pytest.TempPathFactory) -> None:
    with App(tmp_path_factory.mktemp("origin") / "home", superuser=True) as app:
        store(app, "file")
        ask = "/admin/storage/signed-download-url?filename=file"
        behind = app.call("GET", ask, headers={**ADMIN, "x-forwarded-proto": "https"}).json()["data"]
        assert behind.startswith(f"https://127.0.0.1:{app.port}/")
        app.server.admin("PATCH", "/api/settings", {"meta": {"appURL": "https://files.example.com/"}})
        told = app.ok("GET", ask)["data"]
        assert told.startswith(f"https://files.example.com/storage/files/{APP_ID}/")


def test_bytes_go_with_their_row_whatever_its_way(app: App) -> None:
    before = set(app.stored())
    by_transact = store(app, "doomed/1")["id"]
    store(app, "doomed/2")
    owner = "3f1c2d4e-0000-4000-8000-000000000001"
    assert len(set(app.stored()) - before) == 2
    app.transact(["update", "albums", owner, {"title": "a"}], ["link", "albums", owner, {"cover": by_transact}])
    app.transact(["delete", "$files", by_transact])
    assert len(set(app.stored()) - before) == 1
    app.ok("DELETE", f"{FILES}?filename=doomed/2")
    assert set(app.stored()) == before


def test_a_failed_transaction_leaves_the_bytes(app: App) -> None:
    file = store(app, "stays")["id"]
    before = app.stored()
    steps = [["delete", "$files", file], ["create", "notes", "n", {}], ["create", "notes", "n", {}]]
    app.transact(["update", "notes", "n", {}])
    assert app.call("POST", "/admin/transact", {"steps": steps}).status == 400
    assert app.stored() == before
    assert fetch(app, "stays").body == b"bytes"


def test_an_upload_that_breaks_off_leaves_nothing(app: App) -> None:
    before = (listed(app), app.stored())
    head = "".join(f"{name}: {value}\r\n" for name, value in ADMIN.items())
    with socket.create_connection(("127.0.0.1", app.port), timeout=10) as connection:
        connection.sendall(
            f"PUT {UPLOAD} HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n{head}path: cut\r\n\r\nhal".encode()
        )
        connection.shutdown(socket.SHUT_WR)
        while connection.recv(4096):
            pass
    assert (listed(app), app.stored()) == before


def test_uploads_to_one_path_at_once_leave_one_file(app: App) -> None:
    before = len(app.stored())
    with ThreadPoolExecutor(8) as pool:
        stored = list(pool.map(lambda number: store(app, "one", str(number).encode()), range(16)))
    assert len({file["id"] for file in stored}) == 1
    assert len(app.stored()) == before + 1
    assert fetch(app, "one").status == 200


def test_preflight_of_an_upload(app: App) -> None:
    asked = {
        "origin": "http://page.example",
        "access-control-request-method": "PUT",
        "access-control-request-headers": "app-id,authorization,content-type,path",
    }
    answer = app.send("OPTIONS", "/storage/upload", asked)
    assert answer.status == 204
    assert "PUT" in (answer.header("access-control-allow-methods") or "")
    assert "path" in (answer.header("access-control-allow-headers") or "")
    store(app, "cors")
    assert fetch(app, "cors", origin="http://page.example").header("access-control-allow-origin") == "*"


def test_the_body_of_a_refusal_is_json(app: App) -> None:
    answer = app.send("PUT", UPLOAD, {**GUEST, "path": "x"}, b"x" * 200_000)
    assert json.loads(answer.body)["hint"] == {"input": ["$files", "create"], "expected": "has-storage-permission?"}
