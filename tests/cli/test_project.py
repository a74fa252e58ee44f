"""What a project of PocketBase brings that this server does not run, and flags of the database."""

from __future__ import annotations

import sqlite3
import subprocess
import time
from contextlib import closing
from dataclasses import replace
from pathlib import Path

import pytest

from harness.server import Server, ketch, pocketbase

MIGRATION = """migrate((app) => {
  app.save(new Collection({ type: "base", name: "%s", fields: [{ type: "text", name: "title" }] }));
}, (app) => {});
"""


def history(home: Path) -> set[str]:
    with closing(sqlite3.connect(home / "pb_data" / "data.db")) as db:
        return {row[0] for row in db.execute("SELECT file FROM _migrations")}


def test_hooks_and_migrations_are_named(tmp_path: Path) -> None:
    migrations, hooks = tmp_path / "pb_migrations", tmp_path / "pb_hooks"
    migrations.mkdir()
    hooks.mkdir()
    (migrations / "1700000001_first.js").write_text(MIGRATION % "first")
    # The original applies what is there; what comes later only it could apply.
    done = pocketbase().run("migrate", "up", data_dir=tmp_path / "pb_data")
    assert done.returncode == 0, done.stderr
    (migrations / "1700000002_second.js").write_text(MIGRATION % "second")
    (hooks / "main.pb.js").write_text("onBootstrap((e) => { e.next() })")
    (hooks / "notes.txt").write_text("no hook")
    before = history(tmp_path)
    assert "1700000001_first.js" in before

    product = ketch()
    product.upsert_superuser(tmp_path / "pb_data")
    with Server(product, tmp_path) as server:
        assert server.admin("GET", "/api/collections/first")["name"] == "first"
        assert server.request("GET", "/api/collections/second", token=server.super_token()).status == 404
        said = _said(server, "not applied")
        assert "will not run: main.pb.js\n" in said
        assert "not applied: 1700000002_second.js\n" in said
        assert "notes.txt" not in said
    assert before <= history(tmp_path)
    assert "1700000002_second.js" not in history(tmp_path)
    # Back with the original the migration is applied as if nothing had been in between.
    done = pocketbase().run("migrate", "up", data_dir=tmp_path / "pb_data")
    assert done.returncode == 0, done.stderr
    assert "1700000002_second.js" in history(tmp_path)


def _said(server: Server, words: str) -> str:
    deadline = time.monotonic() + 10
    while words not in server.log_text() and time.monotonic() < deadline:
        time.sleep(0.02)
    return server.log_text()


@pytest.mark.parametrize("mode", ["normal", "full"])
def test_synchronous(tmp_path: Path, mode: str) -> None:
    product = replace(ketch(), serve_flags=(f"--synchronous={mode}",))
    product.upsert_superuser(tmp_path / "pb_data")
    with Server(product, tmp_path) as server:
        server.admin("POST", "/api/collections", {"name": "posts", "type": "base", "fields": []})
        server.admin("POST", "/api/collections/posts/records", {})
        # A reader tells the mode of its own connection: the writer's is asked by a statement that writes.
        text = "WITH x AS (SELECT 1) INSERT INTO posts SELECT 'id' || synchronous FROM pragma_synchronous RETURNING id"
        answer = server.admin("POST", "/api/sql", {"query": text})
        assert answer["rows"] == [["id1" if mode == "normal" else "id2"]]


def test_synchronous_of_another_kind(tmp_path: Path) -> None:
    command = [str(ketch().binary), "serve", "--synchronous=off", f"--dir={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, timeout=20, check=False)
    assert done.returncode != 0
    assert "off" in done.stderr


def test_a_statement_that_never_ends(tmp_path: Path) -> None:
    product = replace(ketch(), serve_flags=("--queryTimeout=1",))
    product.upsert_superuser(tmp_path / "pb_data")
    endless = "WITH RECURSIVE c (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM c) SELECT count(*) FROM c"
    with Server(product, tmp_path) as server:
        server.admin("POST", "/api/collections", {"name": "posts", "type": "base", "fields": []})
        for text in (endless, f"INSERT INTO posts {endless}"):
            began = time.monotonic()
            answer = server.admin("POST", "/api/sql", {"query": text}, status=400)
            assert "time limit" in answer["message"]
            assert time.monotonic() - began < 10
        # Nothing of it holds anybody up.
        assert server.admin("POST", "/api/collections/posts/records", {})["id"]
