"""A whole Ketch without a socket, and who may have a folder."""

from __future__ import annotations

import asyncio
import gc
import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import ketch
import pytest
from harness.server import Server
from harness.server import ketch as product
from ketch._core import Connection, CoreError

from core.conftest import SUPERUSER, Open, sign_in
from support.usage import until

RECORDS = "/api/collections/posts/records"


def test_it_needs_no_server(opened: Open, data_dir: Path) -> None:
    connection = opened(f"file:{data_dir}")
    assert connection.is_embedded
    assert connection.base_url == f"file:{data_dir}"
    made = connection.send("POST", RECORDS, json={"title": "a"})
    assert connection.send("GET", RECORDS)["items"] == [made]
    app_id, token = connection.credentials()
    headers = {"App-Id": app_id, "Authorization": f"Bearer {token}"}
    assert connection.send("POST", "/admin/query", json={"query": {"posts": {}}}, headers=headers)["posts"]


def test_relative_addresses_and_missing_folders(opened: Open, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    relative = opened("file:./new/data")
    monkeypatch.chdir("/")
    assert relative.send("GET", "/api/health")["code"] == 200
    assert opened(f"file://{tmp_path}/new/data").send("GET", "/api/health")["code"] == 200
    assert (tmp_path / "new" / "data" / "data.db").exists()
    (tmp_path / "file").write_text("")
    with pytest.raises(CoreError, match="cannot be used") as caught:
        opened(f"file:{tmp_path}/file").send("GET", "/")
    assert caught.value.kind == "connect"


def test_the_last_one_closes_the_folder(data_dir: Path) -> None:
    first, second = Connection(f"file:{data_dir}"), Connection(f"file:{data_dir}/")
    made = first.send("POST", RECORDS, json={"title": "a"})
    assert second.send("GET", f"{RECORDS}/{made['id']}") == made
    first.close()
    assert second.send("GET", f"{RECORDS}/{made['id']}") == made
    second.close()
    # Closed in order: nothing is left to be written into the database.
    assert not (data_dir / "data.db-wal").exists()
    third = Connection(f"file:{data_dir}")
    assert third.send("GET", f"{RECORDS}/{made['id']}") == made
    del third
    until(lambda: not (data_dir / "data.db-wal").exists(), "a connection that is let go closes its folder")


def test_credentials_can_be_given(opened: Open, tmp_path: Path) -> None:
    app_id, token = "7a1f6c52-0d5e-4d4c-9f61-2f4a7b8c9d10", "c0ffee00-1234-4abc-8def-000000000001"
    given = opened(f"file:{tmp_path}/data", app_id=app_id, admin_token=token)
    assert given.credentials() == (app_id, token)

    async def main() -> tuple[str, str]:
        return await opened(f"file:{tmp_path}/data").credentials_async()

    assert asyncio.run(main()) == (app_id, token)


def test_events_come_without_a_socket(opened: Open, data_dir: Path) -> None:
    connection = opened(f"file:{data_dir}")
    stream = connection.events("GET", "/api/realtime")
    first = stream.next(10)
    assert first is not None
    name, client_id, data = first
    assert (name, json.loads(data)) == ("PB_CONNECT", {"clientId": client_id})
    connection.send("POST", "/api/realtime", json={"clientId": client_id, "subscriptions": ["posts/*"]})
    made = connection.send("POST", RECORDS, json={"title": "a"})
    second = stream.next(10)
    assert second is not None
    assert json.loads(second[2]) == {"action": "create", "record": made}
    stream.close()


def test_many_threads_share_it(opened: Open, data_dir: Path) -> None:
    connection = opened(f"file:{data_dir}")
    found: list[Any] = []

    def work(number: int) -> None:
        for _ in range(10):
            made = connection.send("POST", RECORDS, json={"number": number})
            found.append(connection.send("GET", f"{RECORDS}/{made['id']}")["number"] == number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert found == [True] * 80


def test_backups_are_restored_in_place(opened: Open, data_dir: Path) -> None:
    connection = opened(f"file:{data_dir}")
    headers = sign_in(connection)
    connection.send("POST", RECORDS, json={"title": "before"})
    connection.send("POST", "/api/backups", json={"name": "one.zip"}, headers=headers)
    connection.send("POST", RECORDS, json={"title": "after"})
    assert connection.send("POST", "/api/backups/one.zip/restore", headers=headers) == {}
    until(lambda: connection.send("GET", RECORDS)["totalItems"] == 1, "the backup is restored")
    assert connection.send("GET", RECORDS)["items"][0]["title"] == "before"


OTHER = """
import sys
from ketch._core import Connection, CoreError
connection = Connection(sys.argv[1])
try:
    print(connection.send("GET", "/api/health")["code"], connection.is_embedded)
except CoreError as error:
    print(error.kind, error)
"""


def other_process(address: str) -> str:
    done = subprocess.run([sys.executable, "-c", OTHER, address], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout.strip()


def test_a_second_process_is_sent_on_or_turned_away(opened: Open, data_dir: Path, tmp_path: Path) -> None:
    address = f"file:{data_dir}"
    connection = opened(address)
    assert connection.send("GET", "/api/health")["code"] == 200
    assert "does not listen" in other_process(address)
    with ketch.Server(data_dir) as server:
        # It shares the folder of this process, and listens.
        assert other_process(address) == "200 False"
        assert opened(server.url).send("GET", "/api/health")["code"] == 200
    assert "does not listen" in other_process(address)
    connection.close()
    assert other_process(address) == "200 True"


def test_a_folder_that_ketch_serve_has(opened: Open, tmp_path: Path) -> None:
    with Server(product(), tmp_path / "home") as server:
        connection = opened(f"file:{server.data_dir}")
        assert connection.send("GET", "/api/health")["code"] == 200
        assert not connection.is_embedded
        with pytest.raises(CoreError, match="only the server"):
            connection.credentials()
        with pytest.raises(CoreError, match=f"listens at {server.base_url}: use that address"):
            ketch.Server(server.data_dir).start()
        second = subprocess.run(
            [server.product.binary, "serve", "--http=127.0.0.1:0", f"--dir={server.data_dir}"],
            capture_output=True,
            text=True,
            timeout=60,
        )
        assert second.returncode == 1
        assert f"listens at {server.base_url}" in second.stderr
        # Commands work beside a running server.
        product().upsert_superuser(server.data_dir)
        # A server that was killed does not keep its folder.
        server.kill()
        assert opened(f"file:{server.data_dir}").send("GET", "/api/health")["code"] == 200


def test_what_is_open_at_the_end_is_closed(data_dir: Path) -> None:
    code = (
        "import sys; from ketch._core import Connection;"
        f"c = Connection(sys.argv[1]); print(c.send('POST', '{RECORDS}', json={{'title': 'last'}})['title'])"
    )
    done = subprocess.run([sys.executable, "-c", code, f"file:{data_dir}"], capture_output=True, text=True, timeout=60)
    assert (done.stdout, done.stderr) == ("last\n", "")
    assert not (data_dir / "data.db-wal").exists()


def test_a_failed_superuser_leaves_nothing_open(data_dir: Path) -> None:
    with pytest.raises(CoreError, match="password"):
        ketch.Server(data_dir, superuser=(SUPERUSER[0], "short")).start()
    gc.collect()
    assert other_process(f"file:{data_dir}") == "200 True"
