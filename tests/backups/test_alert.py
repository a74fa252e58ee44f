"""Superusers learn by mail that a scheduled backup failed: PocketBase and Ketch alike."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.server import Product, Server, ketch, pocketbase
from mail.smtp import SmtpServer

# Nobody listens there.
BUCKET = {
    **{"enabled": True, "bucket": "backups", "region": "here", "endpoint": "http://127.0.0.1:1"},
    **{"accessKey": "key", "secret": "s3-secret", "forcePathStyle": True},
}


@pytest.mark.parametrize("product", [pocketbase(), ketch()], ids=lambda product: product.name)
def test_a_scheduled_backup_fails(product: Product, tmp_path: Path) -> None:
    product.upsert_superuser(tmp_path / "pb_data")
    product.upsert_superuser(tmp_path / "pb_data", "zoe@example.com", "zoe-password")
    with SmtpServer() as smtp, Server(product, tmp_path) as server:
        body = {"email": "ada@example.com", "password": "ada-password", "passwordConfirm": "ada-password"}
        server.admin("POST", "/api/collections/users/records", body)
        mail = {"enabled": True, "host": "127.0.0.1", "port": smtp.port, "tls": False}
        backups = {"cron": "0 0 1 1 *", "cronMaxKeep": 1, "s3": BUCKET}
        settings = {"meta": {"appName": "Tom & Jerry <x>"}, "smtp": mail, "backups": backups}
        server.admin("PATCH", "/api/settings", settings)
        server.admin("POST", "/api/crons/__pbAutoBackup__", status=204)
        mails = smtp.wait(2, timeout=60)
        assert sorted(mail.recipients for mail in mails) == [("root@example.com",), ("zoe@example.com",)]
        for sent in mails:
            assert sent.subject == "[Tom & Jerry <x> system alert] Autobackup failure"
            assert "Tom &amp; Jerry &lt;x&gt;" in sent.part("html")
            assert "backup" in sent.part("plain")
            assert "s3-secret" not in str(sent.raw)
        # One that somebody asks for is told to whoever asks.
        server.admin("POST", "/api/backups", {"name": "mine.zip"}, status=400)
        assert smtp.stays_empty() is False
        assert len(smtp.mails) == 2
