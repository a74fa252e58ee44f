"""Who makes the first namespaces of an app: the id of a folder that only PocketBase clients use opens nothing."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from typing import Any
from uuid import uuid4

import pytest

from harness import http
from harness.server import Server, ketch


class Folder:
    """A server whose main app got its id by itself, as one of an existing data folder does."""

    def __init__(self, home: Path, flags: tuple[str, ...] = ()) -> None:
        self.server = Server(dataclasses.replace(ketch(), serve_flags=flags), home)

    def identity(self) -> dict[str, Any]:
        listed = self.server.product.run("app", "list", "--json", data_dir=self.server.data_dir)
        first: dict[str, Any] = json.loads(listed.stdout)[0]
        return first

    def call(self, url: str, body: Any, **headers: str) -> http.Response:
        sent = {"content-type": "application/json", "app-id": self.identity()["id"]}
        sent |= {name.replace("_", "-"): value for name, value in headers.items()}
        return http.send(self.server.port, "POST", url, headers=sent, body=json.dumps(body).encode())

    def admin(self, url: str, body: Any, **headers: str) -> http.Response:
        return self.call(url, body, authorization=f"Bearer {self.identity()['adminToken']}", **headers)

    def as_guest(self, namespace: str) -> http.Response:
        steps = [["update", namespace, str(uuid4()), {"text": "hello"}]]
        return self.call("/admin/transact", {"steps": steps}, as_guest="true")


@pytest.mark.parametrize("opens", ["a namespace of the admin", "a schema that is pushed", "rules"])
def test_an_app_that_nobody_used_through_instant(tmp_path: Path, opens: str) -> None:
    folder = Folder(tmp_path)
    with folder.server:
        code = folder.admin("/admin/magic_code", {"email": "ann@example.com"}).json()["code"]
        signed_in = folder.call(
            "/runtime/auth/verify_magic_code",
            {"app-id": folder.identity()["id"], "email": "ann@example.com", "code": code},
        )
        token = signed_in.json()["user"]["refresh_token"]
        refused = folder.as_guest("notes")
        assert (refused.status, refused.json()["type"]) == (400, "permission-denied"), refused.text
        assert "--app-id" in refused.json()["message"]
        steps = [["update", "notes", str(uuid4()), {"text": "hello"}]]
        by_user = folder.call("/admin/transact", {"steps": steps}, as_token=token)
        assert by_user.json()["type"] == "permission-denied"
        tried = folder.admin("/admin/transact_perms_check", {"steps": steps}, as_guest="true").json()
        assert tried["all-checks-ok?"] is False
        assert folder.admin("/admin/query", {"query": {"notes": {}}}).json() == {"notes": []}
        app_id = folder.identity()["id"]
        match opens:
            case "a namespace of the admin":
                assert folder.admin("/admin/transact", {"steps": steps}).status == 200
            case "a schema that is pushed":
                attr = {"valueType": "string", "required": False, "config": {"indexed": False, "unique": False}}
                schema = {"entities": {"posts": {"attrs": {"title": attr}}}, "links": {}, "rooms": {}}
                pushed = folder.admin(f"/superadmin/apps/{app_id}/schema/push/apply", {"schema": schema})
                assert pushed.status == 200, pushed.text
            case _:
                assert folder.admin(f"/dash/apps/{app_id}/rules", {"code": {}}).status == 200
        opened = folder.as_guest("others")
        assert opened.status == 200, opened.text


def test_apps_that_are_made_for_instant(tmp_path: Path) -> None:
    folder = Folder(tmp_path, (f"--app-id={uuid4()}",))
    with folder.server:
        assert folder.as_guest("notes").status == 200
        made = folder.server.product.run("app", "create", "second", "--json", data_dir=folder.server.data_dir)
        steps = [["update", "notes", str(uuid4()), {"text": "hello"}]]
        other = folder.call("/admin/transact", {"steps": steps}, app_id=json.loads(made.stdout)["id"], as_guest="true")
        assert other.status == 200, other.text
