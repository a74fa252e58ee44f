"""Kills the server in the middle of backups and restores: nothing is lost, nothing is mixed.

`BACKUP_KILL_ROUNDS` sets the number of kills of each, `BACKUP_KILL_SEED` repeats a run.
"""

from __future__ import annotations

import contextlib
import io
import os
import random
import threading
import zipfile
from functools import partial
from http.client import HTTPException
from pathlib import Path

import pytest

from backups import support
from harness.server import ketch

ROUNDS = int(os.environ.get("BACKUP_KILL_ROUNDS", "5"))


@pytest.fixture
def chance() -> random.Random:
    seed = int(os.environ.get("BACKUP_KILL_SEED", str(random.SystemRandom().randrange(1 << 32))))
    print(f"BACKUP_KILL_SEED={seed}")
    return random.Random(seed)


def test_a_cut_backup_leaves_nothing_behind(tmp_path: Path, chance: random.Random) -> None:
    server = support.new_server(ketch(), tmp_path)
    try:
        support.make_collection(server)
        (server.data_dir / "padding.bin").write_bytes(chance.randbytes(24 << 20))
        acknowledged: dict[str, str] = {}
        for number in range(ROUNDS):
            with support.writing(server) as writers:
                while len(support.kept(writers)) < 20:
                    threading.Event().wait(0.01)
                making = support.Background(partial(support.create_backup, server, f"cut{number}.zip"))
                threading.Event().wait(chance.random() * 1.2)
                acknowledged |= support.kept(writers)
                server.kill()
            # Whether it was made in time is not the question.
            with contextlib.suppress(OSError, HTTPException):
                making.join()
            server.start()
            found = support.stored(server)
            assert not found.broken, found.broken[:10]
            assert acknowledged.items() <= found.texts.items()
            assert not (server.data_dir / ".pb_temp_to_delete").exists()
            for name in support.listed(server):
                with zipfile.ZipFile(io.BytesIO(support.download(server, name))) as archive:
                    assert archive.testzip() is None, name
    finally:
        server.kill()


def test_a_cut_restore_is_whole_or_was_never_begun(tmp_path: Path, chance: random.Random) -> None:
    server = support.new_server(ketch(), tmp_path)
    try:
        support.make_collection(server)
        early = {support.add_record(server, text): text for text in ("one", "two", "three")}
        support.create_backup(server, "early.zip")
        outcomes = set()
        for number in range(ROUNDS * 2):
            text = f"late {number}"
            late = {support.add_record(server, text): text}
            before = support.stored(server).texts
            assert late.items() <= before.items()
            support.restore(server, "early.zip")
            # The folders change places a good second after the answer.
            threading.Event().wait(chance.uniform(0.9, 1.5))
            server.kill()
            server.start()
            found = support.stored(server)
            assert not found.broken, found.broken
            assert found.texts in (before, early), f"mixed after kill {number}"
            outcomes.add(found.texts == early)
            assert not (server.data_dir / ".ketch_restore").exists()
            assert support.listed(server) == ["early.zip"]
        print(f"restored: {outcomes}")
    finally:
        server.kill()
