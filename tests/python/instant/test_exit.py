"""Processes end cleanly, whatever is still under way."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor

import pytest
from harness.server import Server

from support.apps import ADMIN_TOKEN, APP_ID

_RUNS = 20
_AT_WORK = 4
_CLIENT = "InstantDBAdminAPI(app_id, admin_token, base_url)"
PROGRAMS = {
    "closed": f"""
async def main():
    async with {_CLIENT} as db:
        for _ in range(10):
            await db.query({{"goals": {{}}}})
""",
    "left open": f"""
async def main():
    db = {_CLIENT}
    await asyncio.gather(*(db.query({{"goals": {{}}}}) for _ in range(16)))
""",
    "in the middle": f"""
async def main():
    db = {_CLIENT}
    live = db.subscribe_query({{"goals": {{}}}})
    await live.next()
    waiting = asyncio.ensure_future(live.next())
    calls = [asyncio.ensure_future(db.query({{"goals": {{}}}})) for _ in range(16)]
    await asyncio.sleep(0.002)
""",
}


@pytest.mark.parametrize("name", PROGRAMS)
def test_processes_end_cleanly(server: Server, name: str) -> None:
    program = (
        "import asyncio, sys\nfrom instantdb_admin_client import InstantDBAdminAPI\n"
        f"app_id, admin_token, base_url = sys.argv[1:]\n{PROGRAMS[name]}\nasyncio.run(main())\n"
    )
    command = [sys.executable, "-c", program, APP_ID, ADMIN_TOKEN, server.base_url]

    def run(_: int) -> tuple[int, str]:
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        return done.returncode, done.stderr

    with ThreadPoolExecutor(_AT_WORK) as pool:
        assert set(pool.map(run, range(_RUNS))) == {(0, "")}
