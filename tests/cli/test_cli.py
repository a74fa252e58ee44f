"""Exit codes and one-sentence errors of the command line. `DIFF_SELF=1` tries the tests on PocketBase."""

from __future__ import annotations

import os
import re
import socket
import sqlite3
import subprocess
from contextlib import closing
from pathlib import Path

import pytest

from harness.server import Product, Server, free_port, ketch, pocketbase

EMAIL, PASSWORD = "root@example.com", "root-password"
# A server that should have refused to start would otherwise run on.
TIMEOUT_S = 20
Done = subprocess.CompletedProcess[str]


@pytest.fixture
def product() -> Product:
    return pocketbase() if os.environ.get("DIFF_SELF") == "1" else ketch()


def serve(product: Product, data_dir: Path, *, port: int | None = None) -> Done:
    """Runs `serve` where it is expected to fail."""
    command = [str(product.binary), "serve", f"--http=127.0.0.1:{port or free_port()}", f"--dir={data_dir}"]
    return subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)


def check_error(done: Done, *words: str) -> None:
    """The command failed and said why in one sentence on stderr."""
    lines = [line for line in done.stderr.splitlines() if line.strip()]
    assert done.returncode == 1, (done.returncode, done.stdout, done.stderr)
    assert len(lines) == 1, done.stderr
    assert not re.search(r"panick|RUST_BACKTRACE|traceback|goroutine", done.stderr, re.IGNORECASE), done.stderr
    assert any(word.lower() in lines[0].lower() for word in words), lines[0]
    assert done.stdout.strip() == ""


def check_done(done: Done, *words: str) -> None:
    assert done.returncode == 0, (done.stdout, done.stderr)
    said = (done.stdout + done.stderr).lower()
    assert all(word.lower() in said for word in words), said


def signs_in(product: Product, home: Path, email: str, password: str) -> bool:
    with Server(product, home) as server:
        body = {"identity": email, "password": password}
        return server.request("POST", "/api/collections/_superusers/auth-with-password", body).status == 200


def test_version(product: Product) -> None:
    done = product.run("--version")
    assert done.returncode == 0
    assert re.fullmatch(rf"{product.name} version \d+\.\d+\.\d+\S*\n", done.stdout), done.stdout


@pytest.mark.parametrize("arguments", [("--help",), ("serve", "--help"), ("superuser", "--help")])
def test_help(product: Product, arguments: tuple[str, ...]) -> None:
    done = product.run(*arguments)
    check_done(done, "usage", product.name)


def test_unknown_command(product: Product) -> None:
    done = product.run("nope")
    assert done.returncode != 0
    assert "nope" in done.stderr


class TestSuperuser:
    def test_create(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        check_done(product.run("superuser", "create", EMAIL, PASSWORD, data_dir=data_dir), "success", EMAIL)
        assert signs_in(product, tmp_path, EMAIL, PASSWORD)
        again = product.run("superuser", "create", EMAIL, PASSWORD, data_dir=data_dir)
        check_error(again, "unique", "exists")

    def test_upsert(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        check_done(product.run("superuser", "upsert", EMAIL, PASSWORD, data_dir=data_dir), "success", EMAIL)
        check_done(product.run("superuser", "upsert", EMAIL, "another-password", data_dir=data_dir), "success", EMAIL)
        assert signs_in(product, tmp_path, EMAIL, "another-password")
        assert not signs_in(product, tmp_path, EMAIL, PASSWORD)

    def test_update(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        check_error(
            product.run("superuser", "update", EMAIL, PASSWORD, data_dir=data_dir), "doesn't exist", "does not exist"
        )
        product.upsert_superuser(data_dir, EMAIL, PASSWORD)
        check_done(product.run("superuser", "update", EMAIL, "another-password", data_dir=data_dir), "success", EMAIL)
        assert signs_in(product, tmp_path, EMAIL, "another-password")

    def test_delete(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        product.upsert_superuser(data_dir, EMAIL, PASSWORD)
        check_done(product.run("superuser", "delete", "nobody@example.com", data_dir=data_dir), "missing")
        check_error(product.run("superuser", "delete", EMAIL, data_dir=data_dir), "only existing superuser")
        product.upsert_superuser(data_dir, "second@example.com", PASSWORD)
        check_done(product.run("superuser", "delete", EMAIL, data_dir=data_dir), "success", EMAIL)
        assert not signs_in(product, tmp_path, EMAIL, PASSWORD)

    def test_otp(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        product.upsert_superuser(data_dir, EMAIL, PASSWORD)
        check_error(product.run("superuser", "otp", data_dir=data_dir), "missing email")
        check_error(product.run("superuser", "otp", "not-an-email", data_dir=data_dir), "invalid")
        check_error(product.run("superuser", "otp", "nobody@example.com", data_dir=data_dir), "doesn't exist")
        # Superusers have no one-time passwords until their collection is told so.
        check_error(product.run("superuser", "otp", EMAIL, data_dir=data_dir), "not")
        with Server(product, tmp_path) as server:
            change = {"otp": {"enabled": True, "duration": 120}, "mfa": {"enabled": True, "duration": 600}}
            server.admin("PATCH", "/api/collections/_superusers", change)
            done = product.run("superuser", "otp", EMAIL, data_dir=data_dir)
            check_done(done, "success", EMAIL, "120s")
            found = re.search(r"Id:\s+(\w+)\s.*Pass:\s+(\d{8})\s", done.stdout, re.DOTALL)
            assert found, done.stdout
            url = "/api/collections/_superusers"
            login = {"otpId": found.group(1), "password": found.group(2)}
            first = server.request("POST", f"{url}/auth-with-otp", login)
            assert first.status == 401, first.text
            second = {"identity": EMAIL, "password": PASSWORD, **first.json()}
            assert server.request("POST", f"{url}/auth-with-password", second).status == 200
            # It is used up.
            assert server.request("POST", f"{url}/auth-with-otp", login).status == 400

    @pytest.mark.parametrize("command", ["create", "upsert", "update"])
    def test_bad_arguments(self, product: Product, tmp_path: Path, command: str) -> None:
        data_dir = tmp_path / "pb_data"
        for arguments in ([], [EMAIL], ["not-an-email", PASSWORD]):
            check_error(
                product.run("superuser", command, *arguments, data_dir=data_dir), "missing", "invalid", "required"
            )

    def test_short_password(self, product: Product, tmp_path: Path) -> None:
        data_dir = tmp_path / "pb_data"
        check_error(product.run("superuser", "create", EMAIL, "short", data_dir=data_dir), "at least 8 character")

    def test_while_serving(self, product: Product, tmp_path: Path) -> None:
        """The server accepts a superuser who was made by another process meanwhile."""
        with Server(product, tmp_path) as server:
            product.upsert_superuser(server.data_dir, EMAIL, PASSWORD)
            assert server.login("_superusers", EMAIL, PASSWORD)


class TestServe:
    def test_port_in_use(self, product: Product, tmp_path: Path) -> None:
        with socket.socket() as taken:
            taken.bind(("127.0.0.1", 0))
            taken.listen()
            port = int(taken.getsockname()[1])
            check_error(serve(product, tmp_path / "pb_data", port=port), "in use")

    def test_bad_address(self, product: Product, tmp_path: Path) -> None:
        command = [str(product.binary), "serve", "--http=nonsense", f"--dir={tmp_path / 'pb_data'}"]
        done = subprocess.run(command, capture_output=True, text=True, timeout=TIMEOUT_S, check=False)
        check_error(done, "nonsense")

    def test_folder_is_a_file(self, product: Product, tmp_path: Path) -> None:
        path = tmp_path / "file"
        path.write_text("not a folder")
        check_error(serve(product, path), "directory", "folder")

    def test_folder_below_a_file(self, product: Product, tmp_path: Path) -> None:
        if product.name == "pocketbase":
            pytest.skip("PocketBase panics here")
        (tmp_path / "file").write_text("not a folder")
        check_error(serve(product, tmp_path / "file" / "pb_data"), "directory", "folder")

    def test_folder_that_cannot_be_written(self, product: Product) -> None:
        # Even root cannot make folders there.
        check_error(serve(product, Path("/proc/pb_data")), "/proc/pb_data")

    @pytest.mark.parametrize(
        "content", [b"this is no database, not even nearly one", b"SQLite format 3\0" + b"\xff" * 4096]
    )
    def test_corrupt_database(self, product: Product, tmp_path: Path, content: bytes) -> None:
        (tmp_path / "data.db").write_bytes(content)
        check_error(serve(product, tmp_path), "database", "malformed")
        assert (tmp_path / "data.db").read_bytes() == content

    def test_corrupt_database_for_commands(self, product: Product, tmp_path: Path) -> None:
        (tmp_path / "data.db").write_bytes(b"this is no database, not even nearly one")
        check_error(product.run("superuser", "upsert", EMAIL, PASSWORD, data_dir=tmp_path), "database")

    def test_folder_of_an_old_version(self, product: Product, tmp_path: Path) -> None:
        """Folders from before 0.23 are refused and left alone."""
        with closing(sqlite3.connect(tmp_path / "data.db")) as db:
            db.executescript(OLD_SCHEMA)
        check_error(serve(product, tmp_path), "0.23")
        with closing(sqlite3.connect(tmp_path / "data.db")) as db:
            tables = {row[0] for row in db.execute("SELECT name FROM sqlite_master WHERE type = 'table'")}
        assert tables == {"_admins", "_collections", "_migrations", "_params"}

    def test_interrupt(self, product: Product, tmp_path: Path) -> None:
        server = Server(product, tmp_path)
        server.start()
        process = server.process
        assert process is not None
        assert server.stop() < 2
        assert process.returncode == 0

    def test_interrupt_with_an_open_stream(self, product: Product, tmp_path: Path) -> None:
        server = Server(product, tmp_path)
        server.start()
        with socket.create_connection(("127.0.0.1", server.port)) as stream:
            stream.sendall(b"GET /api/realtime HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n")
            assert b"200" in stream.recv(4096)
            assert server.stop() < 2

    def test_restart_on_the_same_folder(self, product: Product, tmp_path: Path) -> None:
        product.upsert_superuser(tmp_path / "pb_data", EMAIL, PASSWORD)
        for _ in range(3):
            assert signs_in(product, tmp_path, EMAIL, PASSWORD)


OLD_SCHEMA = """
CREATE TABLE _migrations (file VARCHAR(255) PRIMARY KEY NOT NULL, applied INTEGER NOT NULL);
INSERT INTO _migrations VALUES ('1640988000_init.go', 1700000000);
CREATE TABLE _admins (
    id TEXT PRIMARY KEY NOT NULL, avatar INTEGER DEFAULT 0 NOT NULL, email TEXT UNIQUE NOT NULL,
    tokenKey TEXT UNIQUE NOT NULL, passwordHash TEXT NOT NULL, lastResetSentAt TEXT DEFAULT '' NOT NULL,
    created TEXT, updated TEXT
);
CREATE TABLE _collections (
    id TEXT PRIMARY KEY NOT NULL, system BOOLEAN DEFAULT FALSE NOT NULL, type TEXT DEFAULT 'base' NOT NULL,
    name TEXT UNIQUE NOT NULL, schema JSON DEFAULT '[]' NOT NULL, indexes JSON DEFAULT '[]' NOT NULL,
    listRule TEXT DEFAULT NULL, viewRule TEXT DEFAULT NULL, createRule TEXT DEFAULT NULL,
    updateRule TEXT DEFAULT NULL, deleteRule TEXT DEFAULT NULL, options JSON DEFAULT '{}' NOT NULL,
    created TEXT, updated TEXT
);
CREATE TABLE _params (
    id TEXT PRIMARY KEY NOT NULL, key TEXT UNIQUE NOT NULL, value JSON DEFAULT NULL, created TEXT, updated TEXT
);
"""
