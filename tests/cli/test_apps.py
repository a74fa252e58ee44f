"""`ketch app …`: ids and admin tokens, further apps in folders of their own on the same port."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import pytest

from cli.test_cli import EMAIL, PASSWORD, check_done, check_error
from harness.server import Product, Server, ketch

pytestmark = pytest.mark.skipif(os.environ.get("DIFF_SELF") == "1", reason="apps are Ketch's own")


@pytest.fixture
def product() -> Product:
    return ketch()


def listed(product: Product, data_dir: Path) -> list[dict[str, Any]]:
    done = product.run("app", "list", "--json", data_dir=data_dir)
    check_done(done)
    apps: list[dict[str, Any]] = json.loads(done.stdout)
    return apps


def created(product: Product, data_dir: Path, title: str) -> dict[str, Any]:
    done = product.run("app", "create", title, "--json", data_dir=data_dir)
    check_done(done)
    app: dict[str, Any] = json.loads(done.stdout)
    return app


def test_the_main_app_keeps_its_identity(product: Product, tmp_path: Path) -> None:
    data_dir = tmp_path / "pb_data"
    (app,) = listed(product, data_dir)
    assert app.keys() == {"id", "adminToken", "title", "created"}
    assert UUID(app["id"]) != UUID(app["adminToken"])
    assert listed(product, data_dir) == [app]
    plain = product.run("app", "list", data_dir=data_dir)
    check_done(plain, app["id"], app["adminToken"])


def test_the_first_start_prints_id_and_token(product: Product, tmp_path: Path) -> None:
    with Server(product, tmp_path) as server:
        (app,) = listed(product, server.data_dir)
    shown = server.log_text()
    assert app["id"] in shown
    assert app["adminToken"] in shown
    server.log_path.unlink()
    with server:
        pass
    assert app["adminToken"] not in server.log_text()


def test_an_identity_may_be_fixed(product: Product, tmp_path: Path) -> None:
    data_dir = tmp_path / "pb_data"
    first, second = str(uuid4()), str(uuid4())
    flags = ["--app-id", first, "--admin-token", second]
    check_done(product.run("app", "list", *flags, data_dir=data_dir), first, second)
    (app,) = listed(product, data_dir)
    assert (app["id"], app["adminToken"]) == (first, second)
    variables = {**os.environ, "KETCH_APP_ID": second, "KETCH_ADMIN_TOKEN": first}
    command = [str(product.binary), "app", "list", "--json", "--dir", str(data_dir)]
    done = subprocess.run(command, capture_output=True, text=True, env=variables, check=True)
    (app,) = json.loads(done.stdout)
    assert (app["id"], app["adminToken"]) == (second, first)
    check_error(product.run("app", "list", "--app-id", "nonsense", data_dir=data_dir), "nonsense")


def test_a_further_app_is_served_beside_the_main_one(product: Product, tmp_path: Path) -> None:
    with Server(product, tmp_path) as server:
        app = created(product, server.data_dir, "second")
        prefix = f"/apps/{app['id']}/api"
        assert server.request("GET", f"{prefix}/health").status == 200
        assert server.request("GET", f"/apps/{uuid4()}/api/health").status == 404
        # What one app holds the other does not.
        product.upsert_superuser(server.data_dir, EMAIL, PASSWORD)
        credentials = {"identity": EMAIL, "password": PASSWORD}
        route = "/collections/_superusers/auth-with-password"
        assert server.request("POST", f"/api{route}", credentials).status == 200
        assert server.request("POST", f"{prefix}{route}", credentials).status == 400
        product.upsert_superuser(server.data_dir / "apps" / app["id"], EMAIL, PASSWORD)
        answer = server.request("POST", f"{prefix}{route}", credentials)
        assert answer.status == 200
        main_token = server.login("_superusers", EMAIL, PASSWORD)
        assert server.request("GET", f"{prefix}/settings", token=main_token).status == 401
        assert server.request("GET", f"{prefix}/settings", token=answer.json()["token"]).status == 200
        # Deleted by another process, it is gone for the server too.
        check_error(product.run("app", "delete", app["id"], data_dir=server.data_dir), "--yes")
        check_done(product.run("app", "delete", app["id"], "--yes", data_dir=server.data_dir), "deleted")
        assert server.request("GET", f"{prefix}/health").status == 404
        assert [entry["title"] for entry in listed(product, server.data_dir)] == ["Ketch"]


def test_tokens_are_rotated(product: Product, tmp_path: Path) -> None:
    data_dir = tmp_path / "pb_data"
    app = created(product, data_dir, "second")
    for before in [app, *listed(product, data_dir)]:
        check_done(product.run("app", "rotate-token", before["id"], data_dir=data_dir), before["id"])
    after = {entry["id"]: entry["adminToken"] for entry in listed(product, data_dir)}
    assert after.keys() >= {app["id"]}
    assert after[app["id"]] != app["adminToken"]


def test_what_cannot_be(product: Product, tmp_path: Path) -> None:
    data_dir = tmp_path / "pb_data"
    (main,) = listed(product, data_dir)
    check_error(product.run("app", "delete", main["id"], "--yes", data_dir=data_dir), "main app")
    for name in [str(uuid4()), "../../etc", ""]:
        check_error(product.run("app", "delete", name, "--yes", data_dir=data_dir), "no app with the id")
        check_error(product.run("app", "rotate-token", name, data_dir=data_dir), "no app with the id")
