"""Single steps and indexing jobs: what data let through and what they do not."""

from __future__ import annotations

from typing import Any
from uuid import uuid4

import pytest

from instant.app import APP_ID, App
from instant.schemas import DASH, PLATFORM, attr, blob, link, pull, push, refused, schema, side, steps


def namespace(app: App, **described: Any) -> tuple[str, str]:
    """A new namespace with one attr `a`; answers its name and the attr's id."""
    name = f"n{uuid4().hex}"
    push(app, schema({name: {"a": attr(**(described or {"value_type": "any"}))}}))
    return name, str(blob(app, name, "a")["id"])


def fill(app: App, name: str, *values: Any) -> list[str]:
    ids = [str(uuid4()) for _ in values]
    app.transact(*(["update", name, entity, {"a": value}] for entity, value in zip(ids, values, strict=True)))
    return ids


def stored(app: App, name: str) -> dict[str, Any]:
    rows = app.ok("POST", "/admin/query", {"query": {name: {}}})[name]
    return {row["id"]: row.get("a") for row in rows}


def new_attr(name: str, label: str, **more: Any) -> dict[str, Any]:
    return {
        "id": str(uuid4()),
        "value-type": "blob",
        "cardinality": "one",
        "forward-identity": [str(uuid4()), name, label],
        "unique?": False,
        "index?": None,
        "isUnsynced": True,
        **more,
    }


JOBS: list[tuple[str, dict[str, Any], list[Any], str | None, Any]] = [
    ("check-data-type string", {"checked-data-type": "string"}, ["a", "b", None], None, None),
    ("check-data-type string", {"checked-data-type": "string"}, ["a", 7], "invalid-triple-error", [(7, "number")]),
    ("check-data-type number", {"checked-data-type": "number"}, [1, 2.5, 1e300, -0.1], None, None),
    ("check-data-type number", {"checked-data-type": "number"}, [1, "2"], "invalid-triple-error", [("2", "string")]),
    ("check-data-type boolean", {"checked-data-type": "boolean"}, [True, False], None, None),
    (
        "check-data-type boolean",
        {"checked-data-type": "boolean"},
        [{"x": 1}],
        "invalid-triple-error",
        [({"x": 1}, "object")],
    ),
    ("check-data-type date", {"checked-data-type": "date"}, ["2025-01-01", 7, "epoch"], None, None),
    (
        "check-data-type date",
        {"checked-data-type": "date"},
        ["2025-01-0"],
        "invalid-triple-error",
        [("2025-01-0", "string")],
    ),
    ("unique", {}, [1, 2, "1", None, None], None, None),
    ("unique", {}, ["x", "y", "x"], "triple-not-unique-error", [("x", "string"), ("x", "string")]),
    ("unique", {}, ["z" * 2000], "triple-too-large-error", [("z" * 2000, "string")]),
    ("index", {}, ["x", "x", 1, {"y": 2}], None, None),
    ("index", {}, ["z" * 2000], "triple-too-large-error", [("z" * 2000, "string")]),
    ("required", {}, ["x", 0, False, ""], None, None),
    ("required", {}, ["x", None], "missing-required-error", [(None, "null")]),
    ("remove-index", {}, [1], None, None),
    ("remove-data-type", {}, [1, "x"], None, None),
]


@pytest.mark.parametrize(("kind", "more", "values", "error", "sample"), JOBS)
def test_jobs(app: App, kind: str, more: dict[str, Any], values: list[Any], error: str | None, sample: Any) -> None:
    name, attr_id = namespace(app)
    ids = fill(app, name, *values)
    before, data = blob(app, name, "a"), stored(app, name)
    job_type = kind.split()[0]
    answer = steps(app, [job_type, {"attr-id": attr_id, "forward-identity": before["forward-identity"], **more}])
    group = answer["indexing-jobs"]
    (job,) = group["jobs"]
    assert answer["steps"][0][1]["job-id"] == job["id"]
    assert (job["job_type"], job["attr_id"], job["attr_name"]) == (job_type, attr_id, f"{name}.a")
    assert (job["app_id"], job["group_id"]) == (APP_ID, group["group-id"])
    assert app.ok("GET", f"{DASH}/indexing-jobs/group/{group['group-id']}")["jobs"] == [job]
    assert app.ok("GET", f"{DASH}/indexing-jobs/{job['id']}")["job"] == job
    assert stored(app, name) == data, "no value changes"
    if error is None:
        assert (job["job_status"], "error" in job) == ("completed", False)
        return
    assert (job["job_status"], job["error"]) == ("errored", error)
    assert [(it["value"], it["json_type"]) for it in job["invalid_triples_sample"]] == sample
    assert {it["entity_id"] for it in job["invalid_triples_sample"]} <= set(ids)
    if error == "triple-not-unique-error":
        assert job["invalid_unique_value"] == "x"
    assert blob(app, name, "a") == before, "the attr is as it was"


@pytest.mark.parametrize(("jobs", "status"), [(True, 200), (False, 400)])
def test_a_failing_change_leaves_the_rest_standing_only_as_a_job(app: App, jobs: bool, status: int) -> None:
    name, _ = namespace(app)
    fill(app, name, 1, 1, "text")
    wanted = schema({name: {"a": attr("number", unique=True), "b": attr()}})
    answer = refused(app, wanted, jobs=jobs)
    assert answer.status == status, answer.text
    assert ("b" in pull(app)["blobs"][name]) == jobs
    if jobs:
        found = {job["job_type"]: job.get("error") for job in answer.json()["indexing-jobs"]["jobs"]}
        assert found == {"check-data-type": "invalid-triple-error", "unique": "triple-not-unique-error"}


def test_a_new_required_attr_of_entities_that_lack_it(app: App) -> None:
    name, _ = namespace(app)
    (entity,) = fill(app, name, 1)
    answer = push(app, schema({name: {"a": attr("any"), "b": attr(required=True)}}))
    (job,) = answer["indexing-jobs"]["jobs"]
    assert job["error"] == "missing-required-error"
    assert not blob(app, name, "b")["required?"]
    app.transact(["update", name, entity, {"b": "there"}])
    (job,) = push(app, schema({name: {"a": attr("any"), "b": attr(required=True)}}))["indexing-jobs"]["jobs"]
    assert job["job_status"] == "completed"
    assert blob(app, name, "b")["required?"]
    answer = app.call(
        "POST", f"{DASH}/schema/steps/apply", {"steps": [["add-attr", new_attr(name, "c", **{"required?": True})]]}
    )
    assert answer.status == 400
    assert "has entities already" in answer.json()["message"]


def test_types_there_and_back_keep_every_value(app: App) -> None:
    name, attr_id = namespace(app)
    fill(app, name, 0, 1.5, 9007199254740991, None, -1e-300)
    data = stored(app, name)
    for step in (
        ["check-data-type", {"attr-id": attr_id, "checked-data-type": "number"}],
        ["remove-data-type", {"attr-id": attr_id}],
    ):
        steps(app, step)
        assert stored(app, name) == data


def test_one_job_alone(app: App) -> None:
    name, attr_id = namespace(app)
    fill(app, name, "x", "x")
    job = app.ok("POST", f"{DASH}/indexing-jobs", {"attr-id": attr_id, "job-type": "unique"})["job"]
    assert (job["job_status"], job["invalid_unique_value"]) == ("errored", "x")
    job = app.ok(
        "POST",
        f"{DASH}/indexing-jobs",
        {"attr-id": attr_id, "job-type": "check-data-type", "checked-data-type": "string"},
    )["job"]
    assert (job["job_status"], job["checked_data_type"]) == ("completed", "string")
    for body, kind in [
        ({"attr-id": attr_id, "job-type": "explode"}, "validation-failed"),
        ({"attr-id": attr_id, "job-type": "check-data-type"}, "validation-failed"),
        ({"attr-id": str(uuid4()), "job-type": "index"}, "record-not-found"),
        ({"job-type": "index"}, "param-missing"),
        ({"attr-id": attr_id}, "param-missing"),
    ]:
        answer = app.call("POST", f"{DASH}/indexing-jobs", body)
        assert (answer.status, answer.json()["type"]) == (400, kind), answer.text
    for path in (str(uuid4()), "nonsense"):
        assert app.call("GET", f"{DASH}/indexing-jobs/{path}").json()["type"] == "record-not-found"
        assert app.ok("GET", f"{DASH}/indexing-jobs/group/{path}") == {"jobs": []}


def test_a_systems_attr_cannot_be_changed(app: App) -> None:
    email = pull(app)["blobs"]["$users"]["email"]
    (job,) = steps(app, ["remove-unique", {"attr-id": email["id"]}])["indexing-jobs"]["jobs"]
    assert (job["job_status"], job["error"]) == ("errored", "invalid-attr-state-error")
    for step in (["update-attr", {"id": email["id"], "unique?": False}], ["delete-attr", email["id"]]):
        assert app.call("POST", f"{DASH}/schema/steps/apply", {"steps": [step]}).status == 400
    assert blob(app, "$users", "email") == email


def test_attrs_added_twice_and_renamed(app: App) -> None:
    name, attr_id = namespace(app)
    (entity,) = fill(app, name, "kept")
    added = new_attr(name, "b")
    first = steps(app, ["add-attr", added])
    assert first["indexing-jobs"] is None
    steps(app, ["add-attr", added])
    other = app.call("POST", f"{DASH}/schema/steps/apply", {"steps": [["add-attr", new_attr(name, "b")]]})
    assert (other.status, other.json()["type"]) == (400, "record-not-unique")
    assert other.json()["hint"]["record-type"] == "ident"
    identity = blob(app, name, "a")["forward-identity"]
    steps(app, ["update-attr", {"id": attr_id, "forward-identity": [identity[0], name, "renamed"]}])
    assert app.ok("POST", "/admin/query", {"query": {name: {}}})[name] == [{"id": entity, "renamed": "kept"}]
    assert blob(app, name, "renamed")["forward-identity"][0] == identity[0]
    taken = app.call(
        "POST",
        f"{DASH}/schema/steps/apply",
        {"steps": [["update-attr", {"id": attr_id, "forward-identity": [identity[0], name, "b"]}]]},
    )
    assert (taken.status, taken.json()["type"]) == (400, "record-not-unique")


def test_update_attr_without_cascades_ends_them(app: App) -> None:
    a, b = f"a{uuid4().hex}", f"b{uuid4().hex}"
    tie = {"forward": side(a, "one", "b", onDelete="cascade"), "reverse": side(b, "many", "as")}
    push(app, schema({a: {}, b: {}}, {"tie": tie}))
    known = link(app, a, "b")
    app.transact(["update-attr", {"id": known["id"], "index?": True}])
    changed = link(app, a, "b")
    assert "on-delete" not in changed
    assert changed["index?"]


def test_deleted_attrs_come_back_with_their_data(app: App) -> None:
    name, attr_id = namespace(app)
    other = f"o{uuid4().hex}"
    tie = {"forward": side(name, "many", "others"), "reverse": side(other, "many", "back")}
    push(app, schema({name: {"a": attr("any")}, other: {}}, {"tie": tie}))
    link_id = link(app, name, "others")["id"]
    (entity,) = fill(app, name, "kept")
    target = str(uuid4())
    app.transact(["update", other, target, {}], ["link", name, entity, {"others": target}])
    steps(app, ["delete-attr", attr_id], ["delete-attr", link_id])
    assert stored(app, name) == {entity: None}
    assert set(pull(app)["blobs"][name]) == {"id"}
    deleted = app.ok("GET", "/admin/soft_deleted_attrs")
    assert deleted["grace-period-days"] == 2
    found = {it["id"]: it for it in deleted["attrs"]}
    assert {attr_id, link_id} <= found.keys()
    assert found[attr_id]["deletion-marked-at"]
    steps(app, ["restore-attr", attr_id], ["restore-attr", link_id])
    assert stored(app, name) == {entity: "kept"}
    (row,) = app.ok("POST", "/admin/query", {"query": {name: {"others": {}}}})[name]
    assert [it["id"] for it in row["others"]] == [target]
    left = {it["id"] for it in app.ok("GET", "/admin/soft_deleted_attrs")["attrs"]}
    assert not {attr_id, link_id} & left


def test_a_deleted_namespace_comes_back(app: App) -> None:
    name, attr_id = namespace(app)
    (entity,) = fill(app, name, "kept")
    id_attr = blob(app, name, "id")["id"]
    app.transact(["delete-attr", id_attr])
    assert name not in pull(app)["blobs"]
    assert app.ok("POST", "/admin/query", {"query": {name: {}}}) == {name: []}
    app.transact(["restore-attr", id_attr])
    assert stored(app, name) == {entity: "kept"}
    steps(app, ["delete-attr", attr_id])
    push(app, schema({name: {"a": attr()}}))
    taken = app.call("POST", f"{DASH}/schema/steps/apply", {"steps": [["restore-attr", attr_id]]})
    assert (taken.status, taken.json()["type"]) == (400, "record-not-unique")


WRONG_STEPS: list[tuple[Any, str]] = [
    ("nonsense", "[kind, payload]"),
    ([], "[kind, payload]"),
    (["explode", {}], "`explode`"),
    (["index"], "object"),
    (["index", {}], "attr-id"),
    (["check-data-type", {"attr-id": "x", "checked-data-type": "uuid"}], "uuid"),
    (["add-attr", {}], "uuid"),
    (
        ["add-attr", {"id": str(uuid4()), "value-type": "ref", "forward-identity": [str(uuid4()), "a", "b"]}],
        "reverse-identity",
    ),
    (["update-attr", {}], "`id`"),
    (["update-attr", {"id": str(uuid4())}], "no attribute"),
    (["delete-attr", str(uuid4())], "no attr"),
    (["restore-attr", str(uuid4())], "no deleted attr"),
]


@pytest.mark.parametrize(("step", "words"), WRONG_STEPS)
@pytest.mark.parametrize("prefix", [DASH, PLATFORM])
def test_wrong_steps_change_nothing(app: App, step: Any, words: str, prefix: str) -> None:
    fine = new_attr(f"n{uuid4().hex}", "a")
    answer = app.call("POST", f"{prefix}/schema/steps/apply", {"steps": [["add-attr", fine], step]})
    assert answer.status == 400, answer.text
    assert words in answer.json()["message"]
    assert fine["forward-identity"][1] not in pull(app)["blobs"]


def test_no_steps(app: App) -> None:
    nothing: dict[str, Any] = {"transaction": {}, "steps": [], "indexing-jobs": None}
    assert app.ok("POST", f"{DASH}/schema/steps/apply", {"steps": []}) == nothing
    assert app.call("POST", f"{DASH}/schema/steps/apply", {}).json()["type"] == "param-missing"
    assert app.call("POST", f"{DASH}/schema/steps/apply", {"steps": {}}).json()["type"] == "param-malformed"
