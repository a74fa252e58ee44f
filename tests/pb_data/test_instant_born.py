"""Collections that were born through the Instant dialect, as the PocketBase dialect shows them:
by Ketch, by PocketBase when the folder is given back, and by Ketch again.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

from harness.server import Server, ketch, pocketbase

ANN = "00000000-0000-4000-8000-000000000001"
SAIL = "00000000-0000-4000-8000-000000000002"
BARE = "00000000-0000-4000-8000-000000000003"
WITH_TYPE = "00000000-0000-4000-8000-000000000004"
PLAIN = "00000000-0000-4000-8000-000000000005"
NOBODY = "00000000-0000-4000-8000-000000000009"
GOALS = "/api/collections/goals/records"


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder of Ketch with three namespaces, laid down as text so that the format is on record."""
    home = tmp_path_factory.mktemp("instant_born")
    ketch().upsert_superuser(home / "pb_data")
    script = (Path(__file__).parent / "instant_born.sql").read_text()
    with closing(sqlite3.connect(home / "pb_data" / "data.db")) as db:
        db.executescript(script)
    return home


def ids(server: Server, collection: str, query: str) -> list[str]:
    answer = server.admin("GET", f"/api/collections/{collection}/records?{query}")
    return [item["id"] for item in answer["items"]]


def matching(filter_text: str, sort: str = "id") -> str:
    return f"filter={quote(filter_text)}&sort={sort}"


def goal(server: Server, key: str, query: str = "") -> Any:
    return server.admin("GET", f"{GOALS}/{quote(key)}{query}")


def test_first_ketch_shows_links_as_relations(home: Path) -> None:
    with Server(ketch(), home) as server:
        fields = {item["name"]: item for item in server.admin("GET", "/api/collections/goals")["fields"]}
        assert fields["todos"]["type"] == "relation"
        assert fields["todos"]["maxSelect"] > 1
        assert fields["owner"]["cascadeDelete"] is True
        sail = goal(server, SAIL, "?expand=todos,owner")
        assert sail["todos"] == [WITH_TYPE, PLAIN]
        assert sail["anything"] == {"a": [1]}
        assert sail["slug"] == "sail"
        assert [todo["id"] for todo in sail["expand"]["todos"]] == [WITH_TYPE, PLAIN]
        assert sail["expand"]["owner"]["name"] == "Ann"
        bare = goal(server, BARE)
        assert (bare["title"], bare["priority"], bare["done"], bare["owner"], bare["todos"]) == (
            None,
            None,
            None,
            "",
            [],
        )
        # A link may point at nothing yet.
        assert goal(server, "todo-123")["todos"] == [PLAIN, NOBODY]

        assert ids(server, "goals", matching(f'todos.id ?= "{PLAIN}"')) == [SAIL, "todo-123"]
        assert ids(server, "goals", matching("todos:length = 0")) == [BARE]
        assert ids(server, "goals", matching("title = ''")) == [BARE, "todo-123"]
        assert ids(server, "todos", matching("goals_via_todos.title ?= 'Sail'")) == [WITH_TYPE, PLAIN]
        assert ids(server, "people", matching("goals_via_owner.todos.id ?= '" + WITH_TYPE + "'")) == [ANN]
        back = server.admin("GET", f"/api/collections/todos/records/{PLAIN}?expand=goals_via_todos")
        assert sorted(item["id"] for item in back["expand"]["goals_via_todos"]) == [SAIL, "todo-123"]

        changed = server.admin("PATCH", f"{GOALS}/{BARE}", {"todos+": WITH_TYPE, "title": "Now"})
        assert (changed["todos"], changed["title"]) == ([WITH_TYPE], "Now")
        changed = server.admin("PATCH", f"{GOALS}/{BARE}", {"todos": []})
        assert changed["todos"] == []
        refused = server.request("PATCH", f"{GOALS}/{BARE}", {"slug": "sail"}, token=server.super_token())
        assert refused.status == 400
        assert refused.json()["data"]["slug"]["code"] == "validation_not_unique"
        made = server.admin("POST", GOALS, {"title": "Made here", "todos": [PLAIN], "owner": ANN})
        assert made["todos"] == [PLAIN]
        # Closed to everybody else: no rule of this dialect was ever given.
        assert server.request("GET", GOALS).status == 403


def test_then_pocketbase_opens_the_folder(home: Path) -> None:
    with Server(pocketbase(), home) as server:
        names = {item["name"] for item in server.admin("GET", "/api/collections?perPage=200")["items"]}
        assert {"goals", "todos", "people", "users"} <= names
        sail = goal(server, SAIL, "?expand=owner")
        assert (sail["title"], sail["priority"], sail["done"]) == ("Sail", 3, True)
        assert (sail["anything"], sail["slug"]) == ({"a": [1]}, "sail")
        assert sail["expand"]["owner"]["name"] == "Ann"
        assert goal(server, "todo-123")["title"] == ""
        assert ids(server, "goals", matching("owner.name = 'Ann' && title = 'Sail'")) == [SAIL]
        changed = server.admin("PATCH", f"{GOALS}/{SAIL}", {"title": "Sail on"})
        assert changed["title"] == "Sail on"
        server.admin("POST", GOALS, {"id": "made-by-pocketbase", "title": "theirs"})
        # The schema of such a collection can be changed too.
        fields = server.admin("GET", "/api/collections/goals")["fields"]
        body = {"fields": [*fields, {"name": "extra", "type": "text"}]}
        assert any(item["name"] == "extra" for item in server.admin("PATCH", "/api/collections/goals", body)["fields"])
        server.admin("PATCH", f"{GOALS}/made-by-pocketbase", {"extra": "more"})


def test_at_last_ketch_has_its_links_again(home: Path) -> None:
    with Server(ketch(), home) as server:
        sail = goal(server, SAIL)
        assert (sail["title"], sail["todos"], sail["extra"]) == ("Sail on", [WITH_TYPE, PLAIN], "")
        assert goal(server, "made-by-pocketbase")["extra"] == "more"
        server.admin("DELETE", f"/api/collections/todos/records/{PLAIN}")
        assert goal(server, SAIL)["todos"] == [WITH_TYPE]
        # What points at one that goes, goes with it.
        server.admin("DELETE", f"/api/collections/people/records/{ANN}")
        assert server.request("GET", f"{GOALS}/{SAIL}", token=server.super_token()).status == 404
    with closing(sqlite3.connect(home / "pb_data" / "data.db")) as db:
        assert db.execute("PRAGMA integrity_check").fetchall() == [("ok",)]
        links = db.execute(
            "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE '!_ketch!_link!_%' ESCAPE '!'"
        )
        ((table,),) = links.fetchall()
        assert db.execute(f"SELECT source, target FROM `{table}`").fetchall() == [("todo-123", NOBODY)]
