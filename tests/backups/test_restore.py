"""Backups under write load, restores, and archives of one server restored by the other."""

from __future__ import annotations

import io
import json
import os
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from backups import support
from backups.support import COLLECTION, RECORDS
from harness import http
from harness.server import Product, Server, ketch, pocketbase


@pytest.fixture
def servers() -> Iterator[list[Server]]:
    """Put servers in; they are stopped at the end."""
    made: list[Server] = []
    yield made
    for server in made:
        server.kill()


def _server(servers: list[Server], product: Product, home: Path) -> Server:
    server = support.new_server(product, home)
    servers.append(server)
    return server


def _restore_into(server: Server, archive: bytes) -> None:
    """Restores into a server that has no such collection yet."""
    support.upload(server, "brought.zip", archive)
    support.restore(server, "brought.zip")
    support.wait_until(lambda: server.request("GET", RECORDS).status == 200, "the restored collection is there")


def test_a_backup_under_load_holds_everything_acknowledged_before(servers: list[Server], tmp_path: Path) -> None:
    source = _server(servers, ketch(), tmp_path / "source")
    support.make_collection(source)
    with support.writing(source) as writers:
        support.wait_until(lambda: len(support.kept(writers)) >= 150, "there is something to back up")
        before = support.kept(writers)
        support.create_backup(source, "loaded.zip")
        done = support.kept(writers)
        support.wait_until(lambda: len(support.kept(writers)) > len(done), "writing goes on")
    refused = [text for writer in writers for text in writer.refused]
    assert not refused, refused[0]
    archive = support.download(source, "loaded.zip")
    empty = _server(servers, ketch(), tmp_path / "empty")
    _restore_into(empty, archive)
    found = support.stored(empty)
    assert not found.broken, found.broken[:10]
    lost = {key for key, text in before.items() if found.texts.get(key) != text}
    assert not lost, f"{len(lost)} of {len(before)} lost"
    # What was put off for the backup is done: every file in the source belongs to a record.
    whole = support.stored(source)
    assert not whole.broken, whole.broken[:10]
    wanted = len(whole.texts)
    storage = source.data_dir / "storage"
    support.wait_until(
        lambda: sum(1 for path in storage.rglob("*.bin") if path.is_file()) == wanted, "removed files are gone"
    )
    assert not list((source.data_dir / ".pb_temp_to_delete").iterdir())


def test_a_restore_brings_back_what_was_and_takes_what_came_after(servers: list[Server], tmp_path: Path) -> None:
    server = _server(servers, ketch(), tmp_path)
    support.make_collection(server)
    early = support.add_record(server, "early")
    support.create_backup(server, "one.zip")
    assert server.request("DELETE", f"{RECORDS}/{early}").status == 204
    late = support.add_record(server, "late")
    pid = server.process.pid if server.process else 0
    support.restore(server, "one.zip")
    support.restore(server, "one.zip", status=400)
    support.wait_until(lambda: early in support.stored(server).texts, "the early record is back")
    found = support.stored(server)
    assert not found.broken
    assert late not in found.texts
    assert server.process is not None
    assert server.process.poll() is None
    assert server.process.pid == pid
    support.wait_until(lambda: support.is_idle(server), "backups can be made again")
    assert support.listed(server) == ["one.zip"]
    support.create_backup(server, "two.zip")
    assert not (server.data_dir / ".ketch_restore").exists()


@pytest.mark.parametrize(
    ("maker", "taker"), [(ketch, pocketbase), (pocketbase, ketch)], ids=["to PocketBase", "from PocketBase"]
)
def test_archives_of_one_server_are_restored_by_the_other(
    maker: Callable[[], Product], taker: Callable[[], Product], servers: list[Server], tmp_path: Path
) -> None:
    source = _server(servers, maker(), tmp_path / "source")
    support.make_collection(source)
    texts = {support.add_record(source, text): text for text in ("one", "two", "three")}
    support.create_backup(source, "made.zip")
    target = _server(servers, taker(), tmp_path / "target")
    _restore_into(target, support.download(source, "made.zip"))
    found = support.stored(target)
    assert found.texts == texts
    assert not found.broken
    key = next(iter(texts))
    file = target.request("GET", f"{RECORDS}/{key}").json()["file"]
    served = http.send(target.port, "GET", f"/api/files/{COLLECTION}/{key}/{file}")
    assert served.status == 200
    assert served.body == support.content(texts[key])
    support.add_record(target, "written after the restore")


def _archives() -> dict[str, bytes]:
    link = zipfile.ZipInfo("storage")
    link.create_system, link.external_attr = 3, 0o120777 << 16
    linked = io.BytesIO()
    with zipfile.ZipFile(linked, "w") as archive:
        archive.writestr("data.db", b"x")
        archive.writestr(link, "/etc")
    return {
        "no-database.zip": support.make_zip({"a.txt": b"hello"}),
        "deeper.zip": support.make_zip({"pb_data/data.db": b"x"}),
        "outside.zip": support.make_zip({"data.db": b"x", "../outside.txt": b"x"}),
        "absolute.zip": support.make_zip({"data.db": b"x", "/tmp/outside.txt": b"x"}),
        "backslash.zip": support.make_zip({"data.db": b"x", "a\\..\\..\\b": b"x"}),
        "link.zip": linked.getvalue(),
        "bomb.zip": support.make_zip({"data.db": bytes(400 << 20)}),
        "cut.zip": support.make_zip({"data.db": b"x"})[:-10],
    }


def test_what_is_no_backup_changes_nothing(servers: list[Server], tmp_path: Path) -> None:
    server = _server(servers, ketch(), tmp_path)
    support.make_collection(server)
    key = support.add_record(server, "mine")
    for name, archive in _archives().items():
        support.upload(server, name, archive)
        support.restore(server, name, status=400)
        assert support.is_idle(server), name
    # Only opening it shows that this is no database.
    support.upload(server, "junk.zip", support.make_zip({"data.db": b"no database" * 1000, "auxiliary.db": b""}))
    support.restore(server, "junk.zip")
    support.wait_until(lambda: support.is_idle(server), "the restore is given up")
    assert support.stored(server).texts == {key: "mine"}
    assert "was not restored" in server.log_text()
    assert server.log_text().count("is ready at") == 1
    assert not (server.data_dir / ".ketch_restore").exists()
    assert not (tmp_path / "outside.txt").exists()
    assert not (server.data_dir.parent / "outside.txt").exists()


def test_only_one_at_a_time_and_what_is_used_stays(servers: list[Server], tmp_path: Path) -> None:
    server = _server(servers, ketch(), tmp_path)
    support.create_backup(server, "small.zip")
    # Takes a while to pack.
    (server.data_dir / "big.bin").write_bytes(os.urandom(200 << 20))
    making = support.Background(lambda: support.create_backup(server, "big.zip"))
    support.wait_until(lambda: not support.is_idle(server), "the backup is being made")
    busy = "Try again later - another backup/restore process has already been started."
    token = server.super_token()
    for method, url, body, message in [
        ("POST", "/api/backups", {"name": "other.zip"}, busy),
        ("POST", "/api/backups", {"name": "BAD"}, busy),
        ("POST", "/api/backups/small.zip/restore", None, busy),
        ("POST", "/api/backups/missing.zip/restore", None, busy),
        ("DELETE", "/api/backups/big.zip", None, "The backup is currently being used and cannot be deleted."),
    ]:
        answer = server.request(method, url, body, token=token)
        assert (answer.status, answer.json()["message"]) == (400, message), (method, url)
    support.upload(server, "meanwhile.zip", support.make_zip({"a": b"x"}))
    assert server.request("DELETE", "/api/backups/small.zip", token=token).status == 204
    making.join()
    assert support.listed(server) == ["big.zip", "meanwhile.zip"]
    with zipfile.ZipFile(io.BytesIO(support.download(server, "big.zip"))) as archive:
        assert archive.testzip() is None
        assert {"data.db", "auxiliary.db", "big.bin"} <= set(archive.namelist())


def test_scheduled_backups_make_room_for_themselves_only(servers: list[Server], tmp_path: Path) -> None:
    server = _server(servers, ketch(), tmp_path)
    support.create_backup(server, "mine.zip")
    server.admin("PATCH", "/api/settings", {"backups": {"cron": "0 0 1 1 *", "cronMaxKeep": 2}})
    job = {"id": "__pbAutoBackup__", "expression": "0 0 1 1 *"}
    assert job in server.admin("GET", "/api/crons")

    def automatic() -> list[str]:
        return [key for key in support.listed(server) if key.startswith("@auto_pb_backup_acme_")]

    seen: set[str] = set()

    def one_more() -> bool:
        # Names tell seconds: of two turns in one the later takes the place of the earlier.
        if support.is_idle(server):
            server.admin("POST", "/api/crons/__pbAutoBackup__", status=204)
        return bool(set(automatic()) - seen)

    while len(seen) < 4:
        support.wait_until(one_more, "a backup more")
        seen |= set(automatic())
    support.wait_until(lambda: support.is_idle(server) and len(automatic()) == 2, "two are kept")
    assert automatic()[0] >= sorted(seen)[-2]
    assert "mine.zip" in support.listed(server)
    server.stop()
    server.start()
    assert job in server.admin("GET", "/api/crons")
    server.admin("PATCH", "/api/settings", {"backups": {"cron": ""}})
    assert job not in server.admin("GET", "/api/crons")


def test_further_apps_have_backups_of_their_own(servers: list[Server], tmp_path: Path) -> None:
    made = ketch().run("app", "create", "second", data_dir=tmp_path / "pb_data")
    assert made.returncode == 0, made.stderr
    server = _server(servers, ketch(), tmp_path)
    support.make_collection(server)
    support.add_record(server, "of the main app")
    support.create_backup(server, "main.zip")
    with zipfile.ZipFile(io.BytesIO(support.download(server, "main.zip"))) as archive:
        assert not [name for name in archive.namelist() if name.startswith(("apps/", "backups/", "."))]
    apps = [path.name for path in (server.data_dir / "apps").iterdir()]
    support.restore(server, "main.zip")
    support.wait_until(lambda: server.log_text().count("is ready at") == 2, "the server is back")
    assert [path.name for path in (server.data_dir / "apps").iterdir()] == apps
    assert json.dumps(sorted(support.stored(server).texts.values())) == '["of the main app"]'
