"""Calls that are cancelled: by newer ones, by the program, with their task."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from pocketbase import AbortedError, AsyncPocketBase, ClientResponseError, PocketBase

from pocketbase_sdk.recorder import EMPTY_LIST, Answer, Asked, Recorder

_WAIT_S = 20


class Gate(Recorder):
    """Answers nothing until it is opened."""

    def __init__(self) -> None:
        super().__init__(self._late)
        self._open = threading.Event()
        self._came = threading.Condition()

    def _late(self, asked: Asked) -> Answer:
        with self._came:
            self._came.notify_all()
        self._open.wait(_WAIT_S)
        page = dict(part.split("=") for part in asked.target.partition("?")[2].split("&") if part).get("page", "0")
        return Answer({**EMPTY_LIST, "page": int(page)})

    def open(self) -> None:
        self._open.set()

    def wait_for(self, count: int) -> None:
        """Waits until so many requests have come."""
        with self._came:
            assert self._came.wait_for(lambda: len(self.asked) >= count, _WAIT_S)

    async def wait_async(self, count: int) -> None:
        await asyncio.to_thread(self.wait_for, count)


@pytest.fixture
def gate() -> Iterator[Gate]:
    with Gate() as made:
        yield made
        made.open()


def run_one_after_the_other(gate: Gate, calls: list[Any], cancelled: set[int]) -> list[Any]:
    """Starts calls in threads, each when the one before has arrived; returns results or errors.

    Those whose numbers are in `cancelled` have to end before any answer comes.
    """

    def outcome(call: Any) -> Any:
        try:
            return call()
        except ClientResponseError as error:
            return error

    with ThreadPoolExecutor(len(calls)) as pool:
        pending = []
        try:
            for number, call in enumerate(calls):
                pending.append(pool.submit(outcome, call))
                gate.wait_for(number + 1)
            for number in cancelled:
                pending[number].result(_WAIT_S)
        finally:
            gate.open()
        return [one.result(_WAIT_S) for one in pending]


async def run_as_tasks(gate: Gate, calls: list[Any], cancelled: set[int]) -> list[Any]:
    tasks = []
    for number, call in enumerate(calls):
        tasks.append(asyncio.ensure_future(call()))
        await gate.wait_async(number + 1)
    if cancelled:
        await asyncio.wait([tasks[number] for number in cancelled], timeout=_WAIT_S)
    gate.open()
    return list(await asyncio.gather(*tasks, return_exceptions=True))


def run(gate: Gate, kind: str, calls: list[Any], cancelled: set[int], *, enabled: bool = True) -> list[Any]:
    """Results or errors of calls that are under way at the same time."""
    if kind == "sync":
        with PocketBase(gate.url) as pb:
            pb.auto_cancellation(enabled)
            return run_one_after_the_other(gate, [lambda call=call: call(pb) for call in calls], cancelled)

    async def with_tasks() -> list[Any]:
        async with AsyncPocketBase(gate.url) as pb:
            pb.auto_cancellation(enabled)
            return await run_as_tasks(gate, [lambda call=call: call(pb) for call in calls], cancelled)

    return asyncio.run(with_tasks())


def check(gate: Gate, kind: str, calls: list[Any], expected: list[Any], *, enabled: bool = True) -> None:
    """Expects page numbers, or "aborted"."""
    cancelled = {number for number, result in enumerate(expected) if result == "aborted"}
    results = run(gate, kind, calls, cancelled, enabled=enabled)
    for result in results:
        if isinstance(result, BaseException):
            assert isinstance(result, AbortedError), result
            assert (result.status, result.is_abort) == (0, True)
            assert "cancelled" in str(result)
    assert ["aborted" if isinstance(result, BaseException) else result.page for result in results] == expected


def test_last_one_wins(gate: Gate, kind: str) -> None:
    pages: list[Any] = [lambda pb, page=page: pb.collection("a").get_list(page, 20) for page in (1, 2, 3)]
    check(gate, kind, pages, ["aborted", "aborted", 3])


def test_keys(gate: Gate, kind: str) -> None:
    calls: list[Any] = [
        lambda pb: pb.collection("a").get_list(1, 20),
        lambda pb: pb.collection("a").get_list(2, 20),
        lambda pb: pb.collection("a").get_list(3, 20, {"request_key": "test"}),
        lambda pb: pb.collection("a").get_list(4, 20, {"request_key": "test"}),
        lambda pb: pb.collection("a").get_list(5, 20, {"request_key": None}),
        lambda pb: pb.collection("a").get_list(6, 20, request_key=None),
        lambda pb: pb.collection("a").get_list(7, 20, {"$autoCancel": False}),
        lambda pb: pb.collection("b").get_list(8, 20),
    ]
    check(gate, kind, calls, ["aborted", 2, "aborted", 4, 5, 6, 7, 8])


def test_switched_off(gate: Gate, kind: str) -> None:
    pages: list[Any] = [lambda pb, page=page: pb.collection("a").get_list(page, 20) for page in (1, 2, 3)]
    check(gate, kind, pages, [1, 2, 3], enabled=False)


def test_gather(gate: Gate) -> None:
    """The last of calls that begin together gets its answer."""

    async def run() -> list[Any]:
        async with AsyncPocketBase(gate.url) as pb:
            gate.open()
            service = pb.collection("a")
            return await asyncio.gather(*(service.get_list(page) for page in (1, 2, 3)), return_exceptions=True)

    first, second, third = asyncio.run(run())
    assert isinstance(first, AbortedError)
    assert isinstance(second, AbortedError)
    assert third.page == 3


def test_one_after_the_other(client: Any, recorder: Recorder) -> None:
    """Nothing is pending when the next line runs."""
    recorder.answering = lambda asked: Answer(EMPTY_LIST)
    for page in (1, 2, 3):
        assert client.collection("a").get_list(page, 20).items == []
    client.collection("a").get_full_list()
    assert len(recorder.asked) == 4


def test_different_filters(gate: Gate, kind: str) -> None:
    """Searches for one thing cancel each other only if they search for the same."""
    calls: list[Any] = [
        lambda pb: pb.collection("a").get_first_list_item("n = 1"),
        lambda pb: pb.collection("a").get_first_list_item("n = 2"),
        lambda pb: pb.collection("a").get_first_list_item("n = 2"),
    ]
    results = run(gate, kind, calls, {1})
    assert [error.status for error in results] == [404, 0, 404]
    assert [error.is_abort for error in results] == [False, True, False]


@pytest.mark.parametrize("key", ["GET /api/health", "GET/api/health", None, "mine"])
def test_by_the_program(gate: Gate, kind: str, key: str | None) -> None:
    options = {"request_key": key} if key == "mine" else {}

    def cancel(pb: Any) -> None:
        assert (pb.cancel_all_requests() if key is None else pb.cancel_request(key)) is pb

    if kind == "sync":
        with PocketBase(gate.url) as pb, ThreadPoolExecutor(1) as pool:
            pending = pool.submit(pb.health.check, options)
            gate.wait_for(1)
            cancel(pb)
            with pytest.raises(AbortedError):
                pending.result(_WAIT_S)
        return

    async def run() -> None:
        async with AsyncPocketBase(gate.url) as pb:
            task = asyncio.ensure_future(pb.health.check(options))
            await gate.wait_async(1)
            cancel(pb)
            with pytest.raises(AbortedError):
                await task

    asyncio.run(run())


def test_task(gate: Gate) -> None:
    """Cancelling a task ends its request."""

    async def run() -> None:
        async with AsyncPocketBase(gate.url) as pb:
            task = asyncio.ensure_future(pb.collection("a").get_list())
            await gate.wait_async(1)
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            with pytest.raises(asyncio.TimeoutError):
                await asyncio.wait_for(pb.collection("a").get_list(2), 0.1)
            gate.open()
            assert (await pb.collection("a").get_list(3)).page == 3

    asyncio.run(run())


def test_close_ends_calls(gate: Gate, kind: str) -> None:
    if kind == "sync":
        pb = PocketBase(gate.url)
        with ThreadPoolExecutor(1) as pool:
            pending = pool.submit(pb.health.check)
            gate.wait_for(1)
            pb.close()
            with pytest.raises(ClientResponseError):
                pending.result(_WAIT_S)
        return

    async def run() -> None:
        pb = AsyncPocketBase(gate.url)
        task = asyncio.ensure_future(pb.health.check())
        await gate.wait_async(1)
        await pb.close()
        with pytest.raises(ClientResponseError):
            await task

    asyncio.run(run())


def test_several_loops(recorder: Recorder) -> None:
    """A client may be used by one loop after another."""
    pb = AsyncPocketBase(recorder.url)
    for _ in range(3):
        assert asyncio.run(pb.health.check()) == {}
    asyncio.run(pb.close())


def test_threads(recorder: Recorder) -> None:
    """Threads share a client."""
    recorder.answering = lambda asked: Answer({"id": asked.target.rpartition("/")[2]})
    with PocketBase(recorder.url) as pb, ThreadPoolExecutor(8) as pool:
        ids = [f"id{number}" for number in range(200)]
        found = list(pool.map(lambda one: pb.collection("a").get_one(one).id, ids))
    assert found == ids


def test_many_tasks(recorder: Recorder) -> None:
    recorder.answering = lambda asked: Answer({"id": asked.target.rpartition("/")[2]})

    async def run() -> list[str]:
        async with AsyncPocketBase(recorder.url) as pb:
            found = await asyncio.gather(*(pb.collection("a").get_one(f"id{number}") for number in range(200)))
            return [record.id for record in found]

    assert asyncio.run(run()) == [f"id{number}" for number in range(200)]
