"""A Ketch inside of the process: `base_url="file:DIR"`."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from instantdb_admin_client import InstantConnectionError, InstantInputError, QueryEvent, Update, id

from support.apps import ADMIN_TOKEN, APP_ID, app_server
from support.both import Runner

WAIT_S = 20


def test_a_folder_of_its_own(make: Any, run: Runner, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("INSTANT_APP_ID", "INSTANT_APP_ADMIN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.chdir(tmp_path)
    db = make("file:./data", None, None)
    assert db.config.app_id == ""
    run(db.transact(Update("goals", "goal-123", {"title": "Get fit"})))
    assert run(db.query({"goals": {}})) == {"goals": [{"id": "goal-123", "title": "Get fit"}]}
    token = run(db.auth.create_token("ada@example.com"))
    assert run(db.auth.verify_token(token))["email"] == "ada@example.com"
    guest = db.as_user(guest=True)
    assert run(guest.debug_query({"goals": {}}, {"goals": {"allow": {"view": "false"}}}))["result"] == {"goals": []}
    run(db.storage.upload_file("größe.txt", b"x"))
    download = run(db.storage.download("größe.txt"))
    assert run(download.read()) == b"x"
    run(download.close())
    run(db.close())
    assert (tmp_path / "data").is_dir()
    again = make("file:./data", None, None)
    assert len(run(again.query({"goals": {}}))["goals"]) == 1
    run(again.close())


def test_live_queries_across_clients(make: Any, run: Runner, tmp_path: Path) -> None:
    writer, reader = make(f"file:{tmp_path}"), make(f"file:{tmp_path}")
    live = reader.subscribe_query({"goals": {}})

    def rows() -> list[Any]:
        event = run(live.next(WAIT_S))
        assert isinstance(event, QueryEvent)
        assert event.data is not None, event
        return [row["id"] for row in event.data["goals"]]

    assert rows() == []
    run(writer.transact(Update("goals", "goal-123", {})))
    assert rows() == ["goal-123"]
    run(writer.close())
    # The folder is open as long as one of them is.
    other = make(f"file:{tmp_path}")
    run(other.transact(Update("goals", "goal-124", {})))
    assert rows() == ["goal-123", "goal-124"]
    run(live.close())


def test_a_folder_that_a_server_has(make: Any, run: Runner, tmp_path: Path) -> None:
    with app_server(tmp_path / "home") as server:
        there, here = make(server.base_url), make(f"file:{server.data_dir}")
        goal = id()
        run(there.transact(Update("goals", goal, {"title": "x"})))
        assert [row["id"] for row in run(here.query({"goals": {}}))["goals"]] == [goal]


def test_addresses_of_folders_that_are_none(make: Any, run: Runner, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("no folder", encoding="ascii")
    with pytest.raises((InstantConnectionError, InstantInputError)) as caught:
        run(make(f"file:{tmp_path}/file", APP_ID, ADMIN_TOKEN).query({"goals": {}}))
    assert str(tmp_path) in str(caught.value)
