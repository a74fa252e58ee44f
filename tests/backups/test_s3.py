"""Backups that are kept in a bucket."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

from backups import support
from files.s3 import S3Server
from harness.server import ketch


def test_backups_live_in_the_bucket(tmp_path: Path) -> None:
    with S3Server(tmp_path / "s3") as s3:
        server = support.new_server(ketch(), tmp_path / "ketch")
        try:
            support.make_collection(server)
            early = support.add_record(server, "early")
            # More than one part of an upload.
            (server.data_dir / "padding.bin").write_bytes(bytes(range(256)) * 4096)
            support.create_backup(server, "local.zip")
            server.admin("PATCH", "/api/settings", {"backups": {"s3": s3.settings("backups")}})
            # The bucket comes into being with its first object.
            server.admin("POST", "/api/settings/test/s3", {"filesystem": "backups"}, status=204)
            assert support.listed(server) == []
            support.create_backup(server, "remote.zip")
            assert support.listed(server) == ["remote.zip"]
            assert len(s3.objects("backups")) == 1
            assert not (server.data_dir / "backups" / "remote.zip").exists()
            archive = support.download(server, "remote.zip")
            with zipfile.ZipFile(io.BytesIO(archive)) as opened:
                assert opened.testzip() is None
            support.upload(server, "brought.zip", archive)
            server.admin("DELETE", "/api/backups/brought.zip")
            assert server.request("DELETE", "/api/backups/brought.zip", token=server.super_token()).status == 400
            late = support.add_record(server, "late")
            support.restore(server, "remote.zip")
            support.wait_until(lambda: late not in support.stored(server).texts, "the late record is gone")
            found = support.stored(server)
            assert found.texts == {early: "early"}
            assert not found.broken
            # The settings are those of the backup: it was made when they named the bucket.
            support.wait_until(lambda: support.is_idle(server), "the restore has ended")
            assert support.listed(server) == ["remote.zip"]
            server.admin("PATCH", "/api/settings", {"backups": {"s3": {"enabled": False}}})
            assert support.listed(server) == ["local.zip"]
        finally:
            server.kill()


def test_a_bucket_that_refuses_is_told_of(tmp_path: Path) -> None:
    with S3Server(tmp_path / "s3") as s3:
        server = support.new_server(ketch(), tmp_path / "ketch")
        try:
            wrong = {**s3.settings("backups"), "secret": "wrong"}
            server.admin("PATCH", "/api/settings", {"backups": {"s3": wrong}})
            token = server.super_token()
            for method, url, body in (
                ("GET", "/api/backups", None),
                ("POST", "/api/backups", {"name": "x.zip"}),
                ("POST", "/api/backups", {}),
                ("POST", "/api/backups/x.zip/restore", None),
                ("DELETE", "/api/backups/x.zip", None),
            ):
                assert server.request(method, url, body, token=token).status == 400, (method, url)
            assert support.is_idle(server)
        finally:
            server.kill()
