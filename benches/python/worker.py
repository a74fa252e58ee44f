"""One client under load: runs one case for a while and prints `{"calls", "seconds"}`.

Each run is a process of its own, as clients of different packages have the same import name.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import random
import sys
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

Call = Callable[[], Any]
AsyncCall = Callable[[], Awaitable[Any]]
_RECORD = {"title": "A record of a load test", "n": 7, "done": True}


def main() -> int:
    """Runs it; the arguments are the load tool's."""
    parser = argparse.ArgumentParser()
    parser.add_argument("client", choices=sorted(CLIENTS))
    parser.add_argument("case", choices=("get_one", "get_list", "create"))
    parser.add_argument("--url", required=True)
    parser.add_argument("--ids", required=True, help="a file with the ids of records, one a line")
    parser.add_argument("--in-flight", type=int, required=True)
    parser.add_argument("--seconds", type=float, required=True)
    options = parser.parse_args()
    with open(options.ids, encoding="ascii") as file:
        ids = file.read().split()
    calls, seconds = CLIENTS[options.client](options, ids)
    json.dump({"calls": calls, "seconds": seconds}, sys.stdout)
    return 0


def _blocking(call: Call, options: argparse.Namespace) -> tuple[int, float]:
    """Calls from as many threads as there are to be calls in flight."""
    call()
    counts = [0] * options.in_flight
    started = time.perf_counter()
    end = started + options.seconds

    def work(number: int) -> None:
        count = 0
        while time.perf_counter() < end:
            call()
            count += 1
        counts[number] = count

    if options.in_flight == 1:
        work(0)
    else:
        threads = [threading.Thread(target=work, args=(number,)) for number in range(options.in_flight)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return sum(counts), time.perf_counter() - started


async def _asynchronous(call: AsyncCall, options: argparse.Namespace) -> tuple[int, float]:
    """Calls from as many tasks."""
    await call()
    started = time.perf_counter()
    end = started + options.seconds

    async def work() -> int:
        count = 0
        while time.perf_counter() < end:
            await call()
            count += 1
        return count

    counts = await asyncio.gather(*(work() for _ in range(options.in_flight)))
    return sum(counts), time.perf_counter() - started


def _of_collection(pb: Any, case: str, ids: list[str]) -> Call:
    """The case with a client that has the documented interface, blocking or not."""
    posts, made = pb.collection("posts"), pb.collection("made")
    if case == "get_one":
        return lambda: posts.get_one(random.choice(ids))
    if case == "get_list":
        return lambda: posts.get_list(1, 30)
    return lambda: made.create(_RECORD)


def _ours(options: argparse.Namespace, ids: list[str]) -> tuple[int, float]:
    from pocketbase import PocketBase

    with PocketBase(options.url) as pb:
        pb.auto_cancellation(False)
        return _blocking(_of_collection(pb, options.case, ids), options)


def _ours_async(options: argparse.Namespace, ids: list[str]) -> tuple[int, float]:
    from pocketbase import AsyncPocketBase

    async def load() -> tuple[int, float]:
        async with AsyncPocketBase(options.url) as pb:
            pb.auto_cancellation(False)
            return await _asynchronous(_of_collection(pb, options.case, ids), options)

    return asyncio.run(load())


def _pypi(options: argparse.Namespace, ids: list[str]) -> tuple[int, float]:
    from pocketbase import PocketBase

    return _blocking(_of_collection(PocketBase(options.url), options.case, ids), options)


def _request(client: Any, url: str, case: str, ids: list[str]) -> Call:
    """The case with a bare HTTP client."""
    posts, made = f"{url}/api/collections/posts/records", f"{url}/api/collections/made/records"
    if case == "get_one":
        return lambda: client.get(f"{posts}/{random.choice(ids)}")
    if case == "get_list":
        return lambda: client.get(posts, params={"page": 1, "perPage": 30})
    return lambda: client.post(made, json=_RECORD)


def _httpx(options: argparse.Namespace, ids: list[str]) -> tuple[int, float]:
    import httpx

    with httpx.Client() as client:
        send = _request(client, options.url, options.case, ids)
        return _blocking(lambda: send().raise_for_status().json(), options)


def _httpx_async(options: argparse.Namespace, ids: list[str]) -> tuple[int, float]:
    import httpx

    async def load() -> tuple[int, float]:
        async with httpx.AsyncClient() as client:
            send = _request(client, options.url, options.case, ids)

            async def call() -> Any:
                return (await send()).raise_for_status().json()

            return await _asynchronous(call, options)

    return asyncio.run(load())


CLIENTS: dict[str, Callable[[argparse.Namespace, list[str]], tuple[int, float]]] = {
    "ours": _ours,
    "ours-async": _ours_async,
    "pypi": _pypi,
    "httpx": _httpx,
    "httpx-async": _httpx_async,
}

if __name__ == "__main__":
    sys.exit(main())
