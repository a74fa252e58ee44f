"""Forks, and what is left behind by calls: threads, sockets, memory."""

from __future__ import annotations

import asyncio
import gc
import os
import sys
import threading
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

import ketch
import pytest
from ketch._core import Connection, CoreError, FilePart

from core.conftest import Open
from support.bad import BadServer, answer, events
from support.usage import descriptors, sockets, threads, until

RECORDS = "/api/collections/posts/records"
pytestmark = pytest.mark.filterwarnings("ignore:This process .* is multi-threaded:DeprecationWarning")


def in_child(work: Callable[[], None]) -> None:
    """Runs `work` in a forked child, which must end well within its time."""
    child = os.fork()
    if child == 0:
        status = 1
        try:
            work()
            status = 0
        except BaseException:
            traceback.print_exc()
        finally:
            sys.stderr.flush()
            os._exit(status)
    done: list[int] = []

    def reaped() -> bool:
        number, status = os.waitpid(child, os.WNOHANG)
        if number:
            done.append(status)
        return bool(number)

    until(reaped, "the child ends")
    assert done == [0]


def test_a_child_connects_anew(server: ketch.Server, opened: Open) -> None:
    connection = opened(server.url)
    made = connection.send("POST", RECORDS, json={"title": "parent"})

    async def ask() -> Any:
        return await connection.send_async("GET", f"{RECORDS}/{made['id']}")

    assert asyncio.run(ask()) == made

    def work() -> None:
        for _ in range(3):
            assert connection.send("GET", f"{RECORDS}/{made['id']}") == made
        assert asyncio.run(ask()) == made

    for _ in range(2):
        in_child(work)
        assert connection.send("GET", f"{RECORDS}/{made['id']}") == made


def test_a_child_may_fork_while_others_call(server: ketch.Server, opened: Open) -> None:
    connection = opened(server.url)
    stop = threading.Event()

    def keep_calling() -> None:
        while not stop.is_set():
            connection.send("GET", "/api/health")

    callers = [threading.Thread(target=keep_calling) for _ in range(3)]
    for caller in callers:
        caller.start()
    try:
        for _ in range(5):
            in_child(lambda: connection.send("GET", "/api/health"))
    finally:
        stop.set()
        for caller in callers:
            caller.join()


def test_a_child_cannot_use_its_parents_folder(data_dir: Path, opened: Open) -> None:
    connection = opened(f"file:{data_dir}")
    connection.send("GET", "/api/health")

    def work() -> None:
        with pytest.raises(CoreError, match="forked from") as caught:
            connection.send("GET", "/api/health")
        assert caught.value.kind == "input"
        with pytest.raises(CoreError, match="open in another Ketch"):
            Connection(f"file:{data_dir}").send("GET", "/api/health")
        connection.close()

    in_child(work)
    # What the child does with its copy leaves the parent's folder alone.
    assert connection.send("GET", "/api/health")["code"] == 200
    in_child(work)


def exercise(url: str) -> None:
    """Calls of every kind, finished and given up."""
    connection = Connection(url, tries=0)
    for _ in range(5):
        connection.send("GET", "/api/health")
        connection.send("POST", RECORDS, json={"title": "a"}, files=[("files", FilePart(b"a" * 100_000, "a.bin"))])
        with pytest.raises(CoreError):
            connection.send("GET", "/nothing")
        connection.open("GET", "/api/health")
        stream = connection.events("GET", "/api/realtime")
        assert stream.next(10) is not None

    async def main() -> None:
        await asyncio.gather(*(connection.send_async("GET", "/api/health") for _ in range(20)))
        given_up = [asyncio.ensure_future(connection.send_async("GET", "/api/health")) for _ in range(20)]
        for call in given_up:
            call.cancel()
        await asyncio.gather(*given_up, return_exceptions=True)
        stream = await connection.events_async("GET", "/api/realtime")
        await stream.next_async()
        waiting = stream.next_async()
        await asyncio.sleep(0)
        waiting.cancel()
        assert len(asyncio.all_tasks()) == 1

    asyncio.run(main())
    connection.close()


def test_nothing_is_left_behind(server: ketch.Server) -> None:
    exercise(server.url)
    gc.collect()
    # Threads for blocking work come and go; those of the runtime stay.
    known = threads()
    open_sockets, open_files = sockets(), descriptors()
    for _ in range(5):
        exercise(server.url)
    until(lambda: sockets() <= open_sockets, f"sockets go back to {open_sockets}")
    until(lambda: descriptors() <= open_files, f"files go back to {open_files}")
    until(lambda: threads() <= known + 4, f"threads stay near {known}")


def test_embedded_folders_leave_nothing_open(data_dir: Path) -> None:
    def use() -> None:
        connection = Connection(f"file:{data_dir}")
        connection.send("GET", RECORDS)
        connection.close()

    use()
    known = descriptors()
    for _ in range(3):
        use()
    until(lambda: descriptors() <= known, f"files go back to {known}")


def test_bad_servers_leave_no_sockets() -> None:
    with BadServer(answer("200 OK", b"{}", length=50), events("1")) as bad:
        connection = Connection(bad.url, tries=0)
        known = sockets() - bad.held[1]
        for _ in range(10):
            with pytest.raises(CoreError):
                connection.send("GET", "/")
        connection.close()
        del connection
        until(lambda: sockets() - bad.held[1] <= known, "no socket is left")


def test_threads_share_a_connection(server: ketch.Server, opened: Open) -> None:
    connection = opened(server.url)
    wrong: list[Any] = []

    def work(number: int) -> None:
        for _ in range(25):
            made = connection.send("POST", RECORDS, json={"number": number})
            got = connection.send("GET", f"{RECORDS}/{made['id']}")
            if got["number"] != number:
                wrong.append(got)

    workers = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join()
    assert wrong == []
