"""Requests of Instant's clients are in the log, each in that of its own app, without secrets."""

from __future__ import annotations

import json

from instant.app import ADMIN, APP_ID, App


def test_requests_are_logged(app: App) -> None:
    id_, token = app.sign_in("logged@example.com")
    assert app.call("GET", f"/admin/users?refresh_token={token}").status == 200
    assert (
        app.call("POST", "/admin/query", {"query": {"logged": {}}}, {"app-id": APP_ID, "as-token": token}).status == 200
    )
    assert app.call("POST", "/admin/transact", {}).status == 400
    run = app.server.product.run
    other = json.loads(run("app", "create", "logged", "--json", data_dir=app.server.data_dir).stdout)
    headers = {"app-id": other["id"], "authorization": f"Bearer {other['adminToken']}"}
    assert app.call("POST", "/admin/query", {"query": {}, "of": "other"}, headers).status == 200

    rows = app.server.admin("GET", "/api/logs?perPage=200&sort=-@rowid")["items"]
    text = json.dumps(rows)
    assert token not in text
    assert ADMIN["authorization"].removeprefix("Bearer ") not in text
    (found,) = [row for row in rows if "/admin/users?refresh_token=" in row["message"]]
    assert found["data"]["url"] == "/admin/users?refresh_token=***"
    queries = [row["data"] for row in rows if row["message"] == "POST /admin/query"]
    assert [query["auth"] for query in queries] == ["users"]
    (refused,) = [row for row in rows if row["message"] == "POST /admin/transact" and row["data"]["status"] == 400]
    assert (refused["level"], refused["data"]["error"]) == (8, 'Missing parameter: ["body" "steps"]')
    assert id_
