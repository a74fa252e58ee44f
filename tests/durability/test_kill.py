"""Kills the server at random moments under write load: every acknowledged write is there afterwards, whole.

`DURABILITY_ROUNDS` sets the number of kills, `DURABILITY_SEED` repeats a run, `DIFF_SELF=1` tries it on PocketBase.
"""

from __future__ import annotations

import json
import os
import random
import sqlite3
import threading
import time
from collections.abc import Sequence
from contextlib import closing
from http.client import HTTPException
from pathlib import Path

from harness import http
from harness.server import Server, ketch, pocketbase

ROUNDS = int(os.environ.get("DURABILITY_ROUNDS", "20"))
WRITERS = 8
URL = "/api/collections/writes/records"


class Writer(threading.Thread):
    """Creates records one after the other until the server is gone; keeps the ids that were acknowledged."""

    def __init__(self, server: Server, round_number: int, number: int) -> None:
        super().__init__(daemon=True)
        self._port = server.port
        self._prefix = f"r{round_number:02}w{number}"
        self.acknowledged: list[str] = []
        self.sent: list[str] = []
        self.refused: list[str] = []

    def run(self) -> None:
        while True:
            key = f"{self._prefix}x{len(self.sent):09}"[:15]
            self.sent.append(key)
            try:
                answer = http.send_json(self._port, "POST", URL, _record(key), timeout=20)
            except (OSError, HTTPException):
                return
            if answer.status != 200:
                self.refused.append(f"{key}: {answer.status} {answer.text}")
                return
            self.acknowledged.append(key)


def _record(key: str) -> dict[str, object]:
    # Long enough to spread over pages; `copy` must always equal `text`.
    text = f"{key} " * 200
    return {"id": key, "text": text, "copy": text, "data": {"key": key, "list": list(range(50))}}


def _kill_under_load(server: Server, round_number: int, chance: random.Random) -> Sequence[Writer]:
    writers = [Writer(server, round_number, number) for number in range(WRITERS)]
    for writer in writers:
        writer.start()
    wanted = chance.randint(1, 400)
    deadline = time.monotonic() + 10
    while sum(len(writer.acknowledged) for writer in writers) < wanted and time.monotonic() < deadline:
        if all(not writer.is_alive() for writer in writers):
            break
        threading.Event().wait(chance.random() / 200)
    server.kill()
    for writer in writers:
        writer.join()
    return writers


def _check_rows(database: Path, acknowledged: set[str], sent: set[str]) -> None:
    with closing(sqlite3.connect(database)) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        rows = db.execute("SELECT id, text, copy, data FROM writes").fetchall()
    found = {row[0] for row in rows}
    assert acknowledged <= found, f"lost: {sorted(acknowledged - found)[:10]}"
    assert found <= sent, f"never sent: {sorted(found - sent)[:10]}"
    broken = [key for key, text, copy, data in rows if text != f"{key} " * 200 or copy != text or _key(data) != key]
    assert not broken, f"half-written: {broken[:10]}"


def _key(data: str) -> object:
    return json.loads(data)["key"]


def _make_collection(server: Server) -> None:
    fields = [{"name": name, "type": kind} for name, kind in (("text", "text"), ("copy", "text"), ("data", "json"))]
    server.admin("POST", "/api/collections", {"name": "writes", "type": "base", "createRule": "", "fields": fields})


def test_no_acknowledged_write_is_lost(tmp_path: Path) -> None:
    product = pocketbase() if os.environ.get("DIFF_SELF") == "1" else ketch()
    seed = int(os.environ.get("DURABILITY_SEED", str(random.SystemRandom().randrange(1 << 32))))
    chance = random.Random(seed)
    print(f"DURABILITY_SEED={seed}")
    server = Server(product, tmp_path)
    product.upsert_superuser(server.data_dir)
    server.start()
    _make_collection(server)
    acknowledged: set[str] = set()
    sent: set[str] = set()
    for round_number in range(ROUNDS):
        writers = _kill_under_load(server, round_number, chance)
        refused = [text for writer in writers for text in writer.refused]
        assert not refused, refused[0]
        acknowledged |= {key for writer in writers for key in writer.acknowledged}
        sent |= {key for writer in writers for key in writer.sent}
        server.start()
        answer = server.admin("GET", "/api/collections/writes/records?perPage=1&fields=id")
        assert answer["totalItems"] >= len(acknowledged)
        _check_rows(server.data_dir / "data.db", acknowledged, sent)
    assert acknowledged, "no write was ever acknowledged"
    server.stop()
    _check_rows(server.data_dir / "data.db", acknowledged, sent)
