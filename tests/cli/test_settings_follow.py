"""What a command changes while the server runs is in force there a moment later."""

from __future__ import annotations

import time
from pathlib import Path

from harness.server import Product, Server, ketch, pocketbase

DEADLINE_S = 20


def _allowed(server: Server, token: str) -> bool:
    return server.request("GET", "/api/settings", token=token).status == 200


def _becomes(server: Server, token: str, *, allowed: bool) -> None:
    deadline = time.monotonic() + DEADLINE_S
    while _allowed(server, token) != allowed:
        assert time.monotonic() < deadline, f"allowed={allowed} was not in force in time"
        time.sleep(0.05)


def _addresses_reach_a_running_server(product: Product, home: Path) -> None:
    product.upsert_superuser(home / "pb_data")
    with Server(product, home) as server:
        token = server.super_token()
        assert _allowed(server, token)
        for addresses, allowed in ((["10.1.2.3"], False), (["127.0.0.1", "10.1.2.3"], True), (["10.9.9.9"], False)):
            done = product.run("superuser", "ips", *addresses, data_dir=server.data_dir)
            assert done.returncode == 0, done.stderr
            _becomes(server, token, allowed=allowed)
        product.run("superuser", "ips", data_dir=server.data_dir)
        _becomes(server, token, allowed=True)
        # The server's own changes come in between and are not undone.
        server.admin("PATCH", "/api/settings", {"meta": {"appName": "Mine"}})
        product.run("superuser", "ips", "127.0.0.1", data_dir=server.data_dir)
        deadline = time.monotonic() + DEADLINE_S
        while server.admin("GET", "/api/settings")["superuserIPs"] != ["127.0.0.1"]:
            assert time.monotonic() < deadline
            time.sleep(0.05)
        assert server.admin("GET", "/api/settings")["meta"]["appName"] == "Mine"


def test_addresses_reach_a_running_server(tmp_path: Path) -> None:
    _addresses_reach_a_running_server(ketch(), tmp_path)


def test_addresses_reach_a_running_pocketbase(tmp_path: Path) -> None:
    _addresses_reach_a_running_server(pocketbase(), tmp_path)
