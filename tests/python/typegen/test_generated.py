"""Types generated from a running server: they check, and real records fit them."""

from __future__ import annotations

import importlib.util
import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from harness.server import SUPERUSER_EMAIL, SUPERUSER_PASSWORD, Server
from instantdb_admin_client import Create, InstantDBAdmin, Link, id
from ketch.typegen import main

from support.apps import ADMIN_TOKEN, APP_ID, app_server

STYLES = ("typeddict", "dataclass", "pydantic")
FIELDS: list[dict[str, Any]] = [
    {"name": "title", "type": "text", "required": True},
    {"name": "code", "type": "text", "required": True, "autogeneratePattern": "[a-z]{8}"},
    {"name": "class", "type": "text"},
    {"name": "json", "type": "text"},
    {"name": "list", "type": "text"},
    {"name": "model_dump", "type": "text"},
    {"name": "_hidden", "type": "text"},
    {"name": "body", "type": "editor"},
    {"name": "link", "type": "url"},
    {"name": "count", "type": "number", "onlyInt": True},
    {"name": "ratio", "type": "number"},
    {"name": "done", "type": "bool"},
    {"name": "due", "type": "date"},
    {"name": "status", "type": "select", "values": ["new", 'in "work"', "done\\", "größe"], "maxSelect": 1},
    {"name": "tags", "type": "select", "values": ["a", "b"], "maxSelect": 2},
    {"name": "docs", "type": "file", "maxSelect": 3},
    {"name": "doc", "type": "file", "maxSelect": 1},
    {"name": "meta", "type": "json"},
    {"name": "spot", "type": "geoPoint"},
    {"name": "secret", "type": "text", "hidden": True},
    {"name": "created", "type": "autodate", "onCreate": True},
]
SCHEMA = {
    "entities": {
        "goals": {
            "attrs": {
                "title": {"valueType": "string", "required": True},
                "effort": {"valueType": "number", "required": False},
                "is done": {"valueType": "boolean", "required": False},
                "due": {"valueType": "date", "required": False},
                "any": {"valueType": "json", "required": False},
            }
        },
        "todos": {"attrs": {"title": {"valueType": "string", "required": False}}},
    },
    "links": {
        "goalsTodos": {
            "forward": {"on": "goals", "has": "many", "label": "todos"},
            "reverse": {"on": "todos", "has": "one", "label": "goal"},
        },
        "goalsOwner": {
            "forward": {"on": "goals", "has": "one", "label": "owner"},
            "reverse": {"on": "$users", "has": "many", "label": "goals"},
        },
    },
}


def _attrs(schema: dict[str, Any]) -> dict[str, Any]:
    """The schema with what its clients always send."""
    for entity in schema["entities"].values():
        entity["links"] = {}
        for attr in entity["attrs"].values():
            attr["config"] = {"indexed": False, "unique": False}
    return schema


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    with app_server(tmp_path_factory.mktemp("typegen") / "home", superuser=True) as made:
        authors = [{"name": "name", "type": "text", "required": True}]
        author = made.admin("POST", "/api/collections", {"name": "authors", "type": "base", "fields": authors})["id"]
        relations = [
            {"name": "author", "type": "relation", "collectionId": author, "maxSelect": 1},
            {"name": "readers", "type": "relation", "collectionId": author, "maxSelect": 9},
        ]
        made.admin("POST", "/api/collections", {"name": "tasks", "type": "base", "fields": [*FIELDS, *relations]})
        unique = ["CREATE UNIQUE INDEX `one_profile` ON `profiles` (`author`)"]
        profile = {"name": "profiles", "type": "base", "fields": relations[:1], "indexes": unique}
        made.admin("POST", "/api/collections", profile)
        view = {"name": "titles", "type": "view", "viewQuery": "SELECT id, title, count FROM tasks"}
        made.admin("POST", "/api/collections", view)
        yield made


@pytest.fixture(scope="module")
def entities(server: Server) -> list[dict[str, Any]]:
    """Entities of the app, as queries answer them."""
    from ketch._core import Connection

    connection = Connection(server.base_url)
    headers = {"App-Id": APP_ID, "Authorization": f"Bearer {ADMIN_TOKEN}"}
    body = {"schema": _attrs(SCHEMA), "check_types": True, "supports_background_updates": True}
    connection.send("POST", f"/dash/apps/{APP_ID}/schema/push/apply", headers=headers, json=body)
    connection.close()
    with InstantDBAdmin(APP_ID, ADMIN_TOKEN, server.base_url) as db:
        goal, todo = id(), id()
        owner = db.auth.verify_token(db.auth.create_token("owner@example.com"))["id"]
        full = {"title": "Get fit", "effort": 2.5, "is done": True, "due": "2026-01-02", "any": {"a": [1, None]}}
        db.transact(
            [
                Create("goals", goal, full),
                Create("goals", id(), {"title": "Rest"}),
                Create("todos", todo, {"title": "Run"}),
                Link("goals", goal, {"todos": todo, "owner": owner}),
            ]
        )
        found: list[dict[str, Any]] = db.query({"goals": {"todos": {}, "owner": {}}})["goals"]
        found += db.query({"goals": {}})["goals"]
        return found


@pytest.fixture(scope="module")
def records(server: Server) -> list[dict[str, Any]]:
    """Records as the server answers them: full and empty, seen by everybody and by a superuser, expanded and not."""
    url = "/api/collections/{}/records"
    author = server.admin("POST", url.format("authors"), {"name": "Ada"})["id"]
    server.admin("POST", url.format("profiles"), {"author": author})
    full = {
        "title": "Write",
        "class": "first",
        "json": "j",
        "count": 3,
        "ratio": 0.5,
        "done": True,
        "due": "2026-01-02 03:04:05.000Z",
        "status": 'in "work"',
        "tags": ["a", "b"],
        "meta": {"deep": [1, {"er": None}]},
        "spot": {"lon": 13.4, "lat": 52.5},
        "author": author,
        "readers": [author],
        "secret": "s",
    }
    first = server.admin("POST", url.format("tasks"), full)
    second = server.admin("POST", url.format("tasks"), {"title": "Rest"})
    expanded = server.admin("GET", f"{url.format('tasks')}/{first['id']}?expand=author.profiles_via_author,readers")
    return [first, second, expanded]


def _generate(server: Server, target: Path, style: str, *more: str) -> int:
    return main(
        [
            "--python",
            f"--url={server.base_url}",
            f"--superuser-email={SUPERUSER_EMAIL}",
            f"--superuser-password={SUPERUSER_PASSWORD}",
            f"--app-id={APP_ID}",
            f"--admin-token={ADMIN_TOKEN}",
            f"--style={style}",
            f"--out={target}",
            *more,
        ]
    )


def _load(path: Path) -> ModuleType:
    spec = importlib.util.spec_from_file_location(f"generated_{path.stem}", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


@pytest.fixture(params=STYLES)
def style(request: pytest.FixtureRequest) -> str:
    return str(request.param)


@pytest.fixture
def generated(server: Server, entities: list[Any], tmp_path: Path, style: str) -> Path:
    assert entities
    target = tmp_path / f"{style}.py"
    assert _generate(server, target, style) == 0
    return target


def _mypy(*paths: Path) -> str:
    command = [
        sys.executable,
        "-m",
        "mypy",
        "--strict",
        "--cache-dir",
        str(paths[0].parent / "cache"),
        *map(str, paths),
    ]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=300).stdout


USES = {
    "typeddict": """
from typeddict import GoalsData, GoalsEntity, TasksCreate, TasksRecord, TasksUpdate
from pathlib import Path

def use(task: TasksRecord, goal: GoalsEntity) -> list[str]:
    create: TasksCreate = {"title": "x", "doc": Path("a"), "docs": [b"x", "kept.txt"], "status": "new", "class": "c"}
    update: TasksUpdate = {"count+": 2, "tags-": "a", "readers+": ["r"], "title": "y"}
    data: GoalsData = {"is done": True, "effort": 1}
    expand = task.get("expand")
    names = [reader["name"] for reader in expand.get("readers", [])] if expand else []
    return [task["title"], task["class"], goal["title"], *task["tags"], *names]
""",
    "dataclass": """
from dataclass import GoalsEntity, TasksCreate, TasksRecord

def use(task: TasksRecord, goal: GoalsEntity) -> list[str]:
    create: TasksCreate = {"title": "x"}
    again = TasksRecord.from_record(task.to_record())
    names = [reader.name for reader in (task.expand.readers if task.expand else None) or []]
    return [again.title, again.class_, goal.title, *task.tags, *names]
""",
    "pydantic": """
from pydantic_ import GoalsEntity, TasksRecord

def use(task: TasksRecord, goal: GoalsEntity) -> list[str]:
    names = [reader.name for reader in (task.expand.readers if task.expand else None) or []]
    return [task.title, task.class_, goal.title, *task.tags, *names]
""",
}
MISUSES = {
    "typeddict": ('task["count"] + "x"', 'TasksCreate(title="x", status="old")', 'task["nothing"]', "TasksCreate()"),
    "dataclass": ('task.count + "x"', "task.nothing", 'task.status == "old"'),
    "pydantic": ('task.count + "x"', "task.nothing", 'task.status == "old"'),
}


def test_the_types_check(generated: Path, style: str) -> None:
    # A module may not have the name of the package that it imports.
    module = generated.rename(generated.with_name("pydantic_.py")) if style == "pydantic" else generated
    use = module.with_name("use.py")
    use.write_text(USES[style], encoding="utf-8")
    assert "Success" in _mypy(module, use), _mypy(module, use)
    lines = "".join(f"    {line}\n" for line in MISUSES[style])
    more = "from typeddict import TasksCreate\n" if style == "typeddict" else ""
    text = f"{more}from {module.stem} import TasksRecord\n\ndef misuse(task: TasksRecord) -> None:\n{lines}"
    misuse = module.with_name("misuse.py")
    misuse.write_text(text, encoding="utf-8")
    told = _mypy(module, misuse)
    for number in range(len(MISUSES[style])):
        assert f"misuse.py:{number + text.count('import') + 3}: error" in told, told


def _spread(record: Mapping[str, Any]) -> dict[str, Any]:
    """As `**record` gives it: records of the SDK leave these two out there."""
    return {key: value for key, value in record.items() if key not in ("collectionId", "collectionName")}


def test_records_fit_dataclasses(server: Server, records: list[Any], entities: list[Any], tmp_path: Path) -> None:
    assert _generate(server, tmp_path / "made.py", "dataclass") == 0
    made = _load(tmp_path / "made.py")
    for record in records:
        task = made.TasksRecord.from_record(record)
        assert (task.title, task.class_, task.list_) == (record["title"], record["class"], record["list"])
        assert task.to_record() == record
        assert made.TasksRecord.from_record({**record, "new": 1}) == task
    expanded = made.TasksRecord.from_record(records[2]).expand
    assert isinstance(expanded.author, made.AuthorsRecord)
    assert expanded.readers[0].name == "Ada"
    assert isinstance(expanded.author.expand.profiles_via_author, made.ProfilesRecord)
    author = records[2]["expand"]["author"]
    assert made.AuthorsRecord(**author) == made.AuthorsRecord.from_record(author)
    assert made.AuthorsRecord(**_spread(author)).name == "Ada"
    goals = [made.GoalsEntity.from_record(entity) for entity in entities]
    assert [goal.title for goal in goals] == ["Get fit", "Rest"] * 2
    assert isinstance(goals[0].todos[0], made.TodosEntity)
    assert isinstance(goals[0].owner[0], made.UsersEntity)
    assert isinstance(goals[2].owner, str)
    assert goals[0].is_done_ is True


def test_records_of_the_sdk_fit(server: Server, records: list[Any], tmp_path: Path) -> None:
    from pocketbase import PocketBase

    for style in ("dataclass", "pydantic"):
        assert _generate(server, tmp_path / f"sdk_{style}.py", style) == 0
    dataclasses, models = (_load(tmp_path / f"sdk_{style}.py") for style in ("dataclass", "pydantic"))
    with PocketBase(server.base_url) as pb:
        pb.collection("_superusers").auth_with_password(SUPERUSER_EMAIL, SUPERUSER_PASSWORD)
        author = pb.collection("authors").get_one(records[2]["author"], {"expand": "profiles_via_author"})
        for made in (dataclasses, models):
            one = made.AuthorsRecord(**author)
            assert (one.id, one.name) == (author.id, "Ada")
            assert one.expand.profiles_via_author.author == author.id
        task = pb.collection("tasks").get_one(records[0]["id"], {"expand": "author,readers"})
        assert dataclasses.TasksRecord.from_record(task).class_ == "first"
        assert models.TasksRecord.model_validate(task).class_ == "first"
        body: dict[str, Any] = {"title": "From a generated body", "doc": ("a.txt", b"x"), "status": "new"}
        assert pb.collection("tasks").create(body)["status"] == "new"


def test_records_fit_models(server: Server, records: list[Any], entities: list[Any], tmp_path: Path) -> None:
    assert _generate(server, tmp_path / "made.py", "pydantic") == 0
    made = _load(tmp_path / "made.py")
    for record in records:
        task = made.TasksRecord.model_validate(record)
        assert made.TasksRecord(**_spread(record)).title == record["title"]
        assert task.class_ == record["class"]
        assert json.loads(task.model_dump_json(by_alias=True, exclude_unset=True)) == record
    assert isinstance(
        made.TasksRecord.model_validate(records[2]).expand.author.expand.profiles_via_author, made.ProfilesRecord
    )
    for wrong in ({"count": "many"}, {"status": "old"}, {"tags": "a"}, {"title": None}):
        with pytest.raises(ValueError, match="validation error"):
            made.TasksRecord.model_validate({**records[0], **wrong})
    for entity in entities:
        goal = made.GoalsEntity.model_validate(entity)
        assert json.loads(goal.model_dump_json(by_alias=True, exclude_unset=True)) == entity


def test_records_fit_typed_dictionaries(
    server: Server, records: list[Any], entities: list[Any], tmp_path: Path
) -> None:
    from pydantic import TypeAdapter

    assert _generate(server, tmp_path / "made.py", "typeddict") == 0
    text = (tmp_path / "made.py").read_text(encoding="utf-8")
    # Pydantic, which checks here, wants the newer `TypedDict`.
    text = text.replace("Literal, TypedDict", "Literal").replace(
        "\nFile =", "from typing_extensions import TypedDict\nFile ="
    )
    (tmp_path / "checked.py").write_text(text, encoding="utf-8")
    made = _load(tmp_path / "checked.py")
    config = {"extra": "forbid"}
    for kind, found in (("TasksRecord", records), ("GoalsEntity", entities)):
        typed = getattr(made, kind)
        typed.__pydantic_config__ = config
        for each in found:
            assert TypeAdapter(typed).validate_python(each) == each
    assert made.TasksRecord.__required_keys__ >= {"id", "title", "class"}
    assert made.TasksRecord.__optional_keys__ >= {"expand", "collectionId", "secret"}


def test_bodies_follow_the_rules_of_fields(server: Server, entities: list[Any], tmp_path: Path) -> None:
    assert entities
    assert _generate(server, tmp_path / "made.py", "typeddict") == 0
    made = _load(tmp_path / "made.py")
    assert made.TasksCreate.__required_keys__ == {"title"}
    assert not {"created", "collectionId"} & made.TasksCreate.__optional_keys__
    update = made.TasksUpdate.__optional_keys__
    assert {"count+", "count-", "tags+", "+tags", "tags-", "docs+", "docs-", "readers+"} <= update
    assert not {"+docs", "title+", "doc+", "author+"} & update
    assert made.TasksUpdate.__required_keys__ == frozenset()
    assert {"email", "password", "passwordConfirm"} <= made.UsersCreate.__required_keys__
    assert "tokenKey" not in made.UsersCreate.__optional_keys__ | made.UsersRecord.__optional_keys__
    assert "password" not in made.UsersRecord.__required_keys__ | made.UsersRecord.__optional_keys__
    assert "email" in made.UsersRecord.__optional_keys__
    assert made.TitlesRecord.__required_keys__ >= {"title", "count"}
    assert not hasattr(made, "TitlesCreate")
    assert made.AuthorsExpand.__annotations__["profiles_via_author"].__forward_arg__ == "ProfilesRecord"
    assert made.AuthorsExpand.__annotations__["tasks_via_author"].__forward_arg__ == "list[TasksRecord]"
    assert made.GoalsLinks.__annotations__["owner"].__forward_arg__ == "str"
    assert made.GoalsLinks.__annotations__["todos"].__forward_arg__ == "str | Sequence[str]"


def test_the_same_server_gives_the_same_text(generated: Path, server: Server, style: str) -> None:
    text = generated.read_text(encoding="utf-8")
    assert _generate(server, generated, style, "--check") == 0
    assert _generate(server, generated, style) == 0
    assert generated.read_text(encoding="utf-8") == text
    assert server.base_url not in text
    generated.write_text(f"{text}\n", encoding="utf-8")
    assert _generate(server, generated, style, "--check") == 1


def test_system_collections_on_demand(server: Server, tmp_path: Path) -> None:
    assert _generate(server, tmp_path / "made.py", "dataclass", "--system") == 0
    made = _load(tmp_path / "made.py")
    assert made.SuperusersRecord
    assert "Success" in _mypy(tmp_path / "made.py")


def test_one_interface_alone(server: Server, capsys: pytest.CaptureFixture[str]) -> None:
    token = server.super_token()
    assert main([f"--url={server.base_url}", f"--token={token}"]) == 0
    assert "Entity(" not in capsys.readouterr().out
    assert main([f"--url={server.base_url}", f"--app-id={APP_ID}", f"--admin-token={ADMIN_TOKEN}"]) == 0
    assert "Record(" not in capsys.readouterr().out


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        ([], 2, "nothing to ask for"),
        (["--superuser-email=a@example.com"], 2, "--superuser-password"),
        (["--app-id=x"], 2, "--admin-token"),
        (["--token=x", "--check"], 2, "--check needs --out"),
        (["--token=x", "--style=cobol"], 2, "invalid choice"),
        (["--token=x"], 1, "did not tell its types"),
        (["--superuser-email=a@example.com", "--superuser-password=x"], 1, "did not tell its types"),
        (["--app-id=x", "--admin-token=x"], 1, "did not tell its types"),
        (["--url=nonsense", "--token=x"], 1, "did not tell its types"),
        (["--url=http://127.0.0.1:1", "--token=x"], 1, "did not tell its types"),
        (["--help"], 0, ""),
    ],
)
def test_what_cannot_work_says_why(
    server: Server,
    capsys: pytest.CaptureFixture[str],
    monkeypatch: pytest.MonkeyPatch,
    arguments: list[str],
    code: int,
    words: str,
) -> None:
    for name in ("KETCH_SUPERUSER_PASSWORD", "KETCH_TOKEN", "INSTANT_APP_ADMIN_TOKEN"):
        monkeypatch.delenv(name, raising=False)
    url = [] if any(argument.startswith("--url") for argument in arguments) else [f"--url={server.base_url}"]
    assert main([*url, *arguments]) == code
    assert words in capsys.readouterr().err


def test_the_command(server: Server, tmp_path: Path) -> None:
    target = tmp_path / "made.py"
    command = [sys.executable, "-m", "ketch", "typegen", "--python", f"--url={server.base_url}", f"--out={target}"]
    environment = {**os.environ, "KETCH_TOKEN": server.super_token()}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False, timeout=60)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")
    assert "class TasksRecord(" in target.read_text(encoding="utf-8")


def test_a_folder_that_is_not_there(server: Server, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert _generate(server, tmp_path / "none" / "made.py", "typeddict") == 1
    assert "cannot be written" in capsys.readouterr().err
