"""Servers in this process, the command line, and the fixtures for pytest."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import ketch
import pytest
from ketch._core import Connection, CoreError

from core.conftest import SUPERUSER, Open, sign_in


def test_a_folder_of_its_own_goes_with_the_server(opened: Open) -> None:
    with ketch.Server(superuser=SUPERUSER) as server:
        assert server.is_running
        assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
        folder = Path(server.dir)
        assert sign_in(opened(server.url))
        server.start()
    assert not folder.exists()
    assert not server.is_running
    server.close()
    with pytest.raises(RuntimeError, match="does not run"):
        _ = server.url


def test_it_can_be_started_again(tmp_path: Path, opened: Open) -> None:
    server = ketch.Server(tmp_path / "data", superuser=SUPERUSER)
    for _ in range(2):
        with server:
            assert sign_in(opened(server.url))
    assert "at rest" in repr(server)


def test_async_with() -> None:
    async def main() -> None:
        async with ketch.Server() as server:
            connection = Connection(server.url)
            assert (await connection.send_async("GET", "/api/health"))["code"] == 200
            await connection.close_async()

    asyncio.run(main())


def test_credentials_and_flags(opened: Open, tmp_path: Path) -> None:
    app_id, token = "7a1f6c52-0d5e-4d4c-9f61-2f4a7b8c9d10", "c0ffee00-1234-4abc-8def-000000000001"
    public = tmp_path / "public"
    public.mkdir()
    (public / "index.html").write_text("<p>Hello")
    with ketch.Server(app_id=app_id, admin_token=token, flags=[f"--publicDir={public}"]) as server:
        headers = {"App-Id": app_id, "Authorization": f"Bearer {token}"}
        assert opened(server.url).send("POST", "/admin/query", json={"query": {}}, headers=headers) == {}
        with opened(server.url).open("GET", "/") as page:
            assert page.read() == b"<p>Hello"
    with pytest.raises(CoreError, match="--nonsense"):
        ketch.Server(flags=["--nonsense"]).start()


def test_a_port_that_is_taken() -> None:
    with ketch.Server() as server:
        port = int(server.url.rsplit(":", 1)[1])
        with pytest.raises(CoreError, match=f"cannot listen on 127.0.0.1:{port}") as caught:
            ketch.Server(port=port).start()
        assert caught.value.kind == "connect"


def command_line() -> list[list[str]]:
    script = shutil.which("ketch", path=os.path.dirname(sys.executable))
    assert script is not None
    return [[sys.executable, "-m", "ketch"], [script]]


@pytest.mark.parametrize("program", command_line(), ids=["module", "script"])
@pytest.mark.parametrize("stop", [signal.SIGINT, signal.SIGTERM])
def test_ketch_serve(program: list[str], stop: signal.Signals, tmp_path: Path, opened: Open) -> None:
    serving = subprocess.Popen(
        [*program, "serve", "--http=127.0.0.1:0"],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    assert serving.stdout is not None
    first = serving.stdout.readline()
    url = re.search(r"http://127\.0\.0\.1:\d+", first)
    assert url is not None, first
    stream = opened(url[0]).events("GET", "/api/realtime")
    assert stream.next(10) is not None
    serving.send_signal(stop)
    # Not `communicate`, which knows nothing of what was read ahead with the first line.
    assert serving.stderr is not None
    output, errors = serving.stdout.read(), serving.stderr.read()
    assert (serving.wait(20), errors) == (0, "")
    serving.stdout.close()
    serving.stderr.close()
    called = "python -m ketch" if len(program) > 1 else "ketch"
    assert f"  {called} superuser upsert" in output
    assert (tmp_path / "pb_data" / "data.db").exists()
    assert not (tmp_path / "pb_data" / "data.db-wal").exists()


def test_commands_and_their_status(tmp_path: Path) -> None:
    def run(*arguments: str) -> tuple[int, str, str]:
        done = subprocess.run(
            [sys.executable, "-m", "ketch", *arguments], cwd=tmp_path, capture_output=True, text=True, timeout=60
        )
        return done.returncode, done.stdout, done.stderr

    status, output, errors = run("superuser", "upsert", *SUPERUSER)
    assert (status, errors) == (0, "")
    assert "Successfully saved" in output
    assert run("superuser", "upsert", "x")[0] == 1
    assert run("--version")[1].strip().endswith(ketch.__version__)
    status, _, errors = run("nonsense")
    assert status == 1
    assert "nonsense" in errors
    status, output, _ = run("typegen", "--help")
    assert status == 0
    assert "typegen" in output


FIXTURES = """
import pytest
from ketch._core import Connection


@pytest.fixture
def ketch_superuser():
    return ("mine@example.com", "1234567890")


def test_url(ketch_server, ketch_url, ketch_superuser, ketch_session_server):
    assert ketch_server.url == ketch_url != ketch_session_server.url
    connection = Connection(ketch_url)
    body = {"identity": ketch_superuser[0], "password": ketch_superuser[1]}
    assert connection.send("POST", "/api/collections/_superusers/auth-with-password", json=body)["token"]
    connection.close()
"""


def test_pytest_finds_the_fixtures(tmp_path: Path) -> None:
    (tmp_path / "test_mine.py").write_text(FIXTURES)
    environment = {name: value for name, value in os.environ.items() if not name.startswith("PYTEST_")}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-W", "error", "-p", "no:cacheprovider", "test_mine.py"],
        cwd=tmp_path,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )
    assert done.returncode == 0, done.stdout + done.stderr
