"""A gigabyte goes through without being held in memory."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import ketch
import pytest

GIGABYTE = 1 << 30

TRANSFER = """
import io, sys
from ketch._core import Connection, FilePart

address, kind, size = sys.argv[1], sys.argv[2], int(sys.argv[3])
connection = Connection(address, timeout=600)


class Zeros(io.RawIOBase):
    def __init__(self):
        self.left = size

    def readable(self):
        return True

    def read(self, count=-1):
        count = min(count, self.left)
        self.left -= count
        return bytes(count)


def peak():
    with open("/proc/self/status") as status:
        return next(int(line.split()[1]) for line in status if line.startswith("VmHWM"))


connection.send("GET", "/api/health")
before = peak()
part = FilePart(Zeros(), "zeros.bin") if kind == "object" else FilePart(kind)
made = connection.send("POST", "/api/collections/posts/records", files=[("files", part)])
after_upload = peak()
total = 0
with connection.open("GET", f"/api/files/posts/{made['id']}/{made['files'][0]}") as download:
    for piece in download:
        total += len(piece)
print(total, (after_upload - before) // 1024, (peak() - before) // 1024)
"""


@pytest.mark.parametrize("kind", ["path", "object"])
def test_a_gigabyte_up_and_down(kind: str, server: ketch.Server, tmp_path: Path) -> None:
    sparse = tmp_path / "sparse.bin"
    with sparse.open("wb") as handle:
        handle.truncate(GIGABYTE)
    source = str(sparse) if kind == "path" else kind
    done = subprocess.run(
        [sys.executable, "-c", TRANSFER, server.url, source, str(GIGABYTE)],
        capture_output=True,
        text=True,
        timeout=570,
    )
    assert done.returncode == 0, done.stderr
    figures = re.fullmatch(r"(\d+) (\d+) (\d+)\n", done.stdout)
    assert figures is not None
    total, upload, both = map(int, figures.groups())
    assert total == GIGABYTE
    assert upload < 64, f"{upload} MB more for the upload"
    assert both < 64, f"{both} MB more for both"
