"""Administration: collections, settings, logs, backups, crons."""

from __future__ import annotations

import io
import time
import zipfile
from pathlib import Path
from typing import Any

import pytest
from harness.server import SUPERUSERS
from pocketbase import (
    BadRequestError,
    ClientResponseError,
    ForbiddenError,
    NotFoundError,
    ServerError,
    UnauthorizedError,
)
from pocketbase.models import CollectionModel

from pocketbase_sdk.places import POCKETBASE, Place, unique


def test_collections(admin: Any) -> None:
    name = unique("things")
    fields = [{"name": "title", "type": "text"}]
    made = admin.collections.create({"name": name, "type": "base", "fields": fields, "listRule": ""})
    assert type(made) is CollectionModel
    assert (made.name, made.type, made.system, made.list_rule, made.view_rule) == (name, "base", False, "", None)
    assert [field["name"] for field in made.fields] == ["id", "title"]
    assert admin.collections.get_one(made.id) == admin.collections.get_one(name)
    assert admin.collections.get_first_list_item(f"name = '{name}'").id == made.id
    assert admin.collections.get_list(1, 2).per_page == 2
    names = [collection.name for collection in admin.collections.get_full_list(2, {"sort": "name"})]
    assert names == sorted(names)
    assert name in names
    renamed = admin.collections.update(name, {"name": f"{name}_2"})
    assert renamed.id == made.id
    admin.collection(renamed.name).create({"title": "t"})
    assert admin.collections.truncate(renamed.name) is True
    assert admin.collection(renamed.name).get_full_list() == []
    assert admin.collections.delete(renamed.name) is True
    with pytest.raises(NotFoundError):
        admin.collections.get_one(made.id)


def test_import(admin: Any) -> None:
    name = unique("imported")
    assert admin.collections.import_collections(
        [{"name": name, "type": "base", "fields": [{"name": "title", "type": "text"}]}]
    )
    found = admin.collections.get_one(name)
    found.fields.append({"name": "more", "type": "bool"})
    assert admin.collections.import_collections([found], False)
    assert [field["name"] for field in admin.collections.get_one(name).fields][-1] == "more"


def test_meta(admin: Any) -> None:
    assert set(admin.collections.get_scaffolds()) == {"base", "auth", "view"}
    providers = admin.collections.get_all_oauth2_providers()
    assert {"name", "displayName"} <= set(providers[0])
    tried = admin.collections.dry_run_view_query("select id, email from _superusers")
    assert [field["name"] for field in tried["fields"]] == ["id", "email"]
    assert tried["sample"]


def test_superusers_only(guest: Any) -> None:
    for call in (
        guest.collections.get_list,
        guest.settings.get_all,
        guest.logs.get_list,
        guest.backups.get_full_list,
        guest.crons.get_full_list,
    ):
        with pytest.raises((UnauthorizedError, ForbiddenError)):
            call()


def test_settings(admin: Any) -> None:
    assert admin.settings.update({"meta": {"appName": "Mine"}})["meta"]["appName"] == "Mine"
    assert admin.settings.get_all()["meta"]["appName"] == "Mine"
    with pytest.raises(BadRequestError):
        admin.settings.test_s3()
    with pytest.raises(ClientResponseError):
        admin.settings.test_email("users", "not an address", "verification")
    with pytest.raises(BadRequestError):
        admin.settings.generate_apple_client_secret("c", "t", "k", "no key", 60)


def test_logs(admin: Any) -> None:
    admin.health.check()
    deadline = time.monotonic() + 20
    while not (found := admin.logs.get_list(1, 2, {"sort": "-created"}))["items"]:
        assert time.monotonic() < deadline
        time.sleep(0.1)
    assert found["perPage"] == 2
    entry = found["items"][0]
    assert admin.logs.get_one(entry["id"])["id"] == entry["id"]
    assert admin.logs.get_list(filter="level > 100")["totalItems"] == 0
    assert {"total", "date"} <= set(admin.logs.get_stats()[0])
    with pytest.raises(NotFoundError):
        admin.logs.get_one("nope")
    assert admin.logs.truncate() is True


def test_sql(admin: Any) -> None:
    found = admin.sql.run("select 1 as one, 'a' as two")
    assert [column["name"] for column in found["columns"]] == ["one", "two"]
    assert len(found["rows"]) == 1
    with pytest.raises(BadRequestError):
        admin.sql.run("selekt")


def test_crons(admin: Any) -> None:
    jobs = admin.crons.get_full_list()
    assert {"id", "expression"} <= set(jobs[0])
    assert admin.crons.run(jobs[0]["id"]) is True
    with pytest.raises(NotFoundError):
        admin.crons.run("nope")


def test_health(guest: Any, admin: Any) -> None:
    assert guest.health.check()["code"] == 200
    assert "canBackup" in admin.health.check()["data"]


def test_backups(admin: Any, tmp_path: Path, kind: str, place: Place) -> None:
    key = f"made_{kind}.zip"
    assert admin.backups.create(key) is True
    listed = {backup["key"]: backup for backup in admin.backups.get_full_list()}
    assert listed[key]["size"] > 0
    assert listed[key]["modified"]
    target = tmp_path / "backup.zip"
    assert admin.backups.save(key, target) == listed[key]["size"]
    assert zipfile.ZipFile(target).namelist()
    with admin.backups.download(key) as answer:
        assert answer.read(2) == b"PK"
    url = admin.backups.get_download_url(admin.files.get_token(), key)
    assert url.startswith(f"{place.base_url}/api/backups/{key}?token=")
    assert admin.backups.delete(key) is True
    with pytest.raises(ClientResponseError):
        admin.backups.delete(key)
    for number, given in enumerate(
        (target, str(target), {"file": target}, ("tuple.zip", target.read_bytes()), io.BytesIO(target.read_bytes()))
    ):
        assert admin.backups.upload(given) is True
        left = [backup["key"] for backup in admin.backups.get_full_list()]
        assert len(left) == 1, number
        assert admin.backups.delete(left[0])
    with pytest.raises(FileNotFoundError):
        admin.backups.upload("/nope/backup.zip")
    with pytest.raises(ClientResponseError):
        admin.backups.restore("nope.zip")


def test_impersonate(admin: Any, guest: Any, place: Place) -> None:
    name = unique("members")
    admin.collections.create({"name": name, "type": "auth", "viewRule": "id = @request.auth.id"})
    member = admin.collection(name).create({"email": "a@b.org", "password": "12345678", "passwordConfirm": "12345678"})
    before = admin.auth_store.token
    admin.after_send = lambda data: pytest.fail("a hook of the old client")
    other = admin.collection(name).impersonate(member.id, 60)
    admin.after_send = None
    assert type(getattr(other, "inner", other)) is type(getattr(admin, "inner", admin))
    assert (other.base_url, other.lang) == (admin.base_url, admin.lang)
    assert other.auth_store.record.id == member.id
    assert not other.auth_store.is_superuser
    assert other.collection(name).get_one(member.id).email == "a@b.org"
    assert admin.auth_store.token == before
    assert admin.auth_store.is_superuser
    other.close()
    with pytest.raises(ClientResponseError):
        guest.collection(name).impersonate(member.id, 60)


def test_superuser_session(admin: Any) -> None:
    assert admin.auth_store.is_superuser
    assert admin.auth_store.is_valid
    assert admin.auth_store.record.collection_name == SUPERUSERS
    assert admin.collection(SUPERUSERS).auth_refresh().record.id == admin.auth_store.record.id


def test_own_services(admin: Any, place: Place) -> None:
    """Jobs, secrets, analytics and traces: there on Ketch, missing on PocketBase."""
    if place.name == POCKETBASE:
        for call in (admin.jobs.get_list, admin.secrets.get_list, admin.analytics.get_stats, admin.traces.list_spans):
            with pytest.raises(NotFoundError):
                call()
        assert admin.analytics.is_enabled() is False
        return
    topic = unique("topic")
    job = admin.jobs.enqueue(topic, {"a": [1]}, max_retries=1)
    assert (job["topic"], job["payload"], job["max_retries"], job["status"]) == (topic, {"a": [1]}, 1, "pending")
    assert admin.jobs.get_one(job["id"])["id"] == job["id"]
    assert admin.jobs.get_list(topic=topic)["total"] == 1
    claimed = admin.jobs.claim([topic])
    assert [one["id"] for one in claimed] == [job["id"]]
    lease = claimed[0]["lease"]
    lease = lease if isinstance(lease, str) else lease["token"]
    assert admin.jobs.extend(job["id"], lease, 30)
    assert admin.jobs.claim([topic]) == []
    admin.jobs.fail(job["id"], lease, "went wrong", 0)
    admin.jobs.fail(job["id"], _lease(admin.jobs.claim([topic])), "again")
    assert admin.jobs.get_one(job["id"])["status"] == "failed"
    assert admin.jobs.requeue(job["id"])["status"] == "pending"
    admin.jobs.complete(job["id"], _lease(admin.jobs.claim([topic])))
    assert admin.jobs.get_stats()["completed"] >= 1
    other = admin.jobs.enqueue(topic, run_at="2050-01-01 00:00:00.000Z")
    assert admin.jobs.delete(other["id"]) is True

    tracked = admin.analytics.track_event("page_view", "/pricing", "https://example.org/", {})
    assert tracked == {"accepted": 1, "total": 1}
    assert admin.analytics.track_event("buy", "/pay", session_id="s", perf_ms=5, plan="pro")["accepted"] == 1
    assert admin.analytics.is_enabled() is True
    assert {"summary", "daily"} <= set(admin.analytics.get_stats())
    for part in (
        admin.analytics.get_top_pages(),
        admin.analytics.get_top_sources("today", 3),
        admin.analytics.get_devices(),
        admin.analytics.get_config(),
        admin.analytics.get_raw_logs(),
    ):
        assert isinstance(part, dict)

    user = "u" * 15
    assert admin.traces.add_dyed_user(user, 60, reason="why")["userId"] == user
    assert [one["userId"] for one in admin.traces.list_dyed_users()["items"]] == [user]
    admin.traces.update_dyed_user_ttl(user, 120)
    assert admin.traces.remove_dyed_user(user) is True
    assert "items" in admin.traces.list_spans(min_duration=0, options={})


def _lease(claimed: list[dict[str, Any]]) -> str:
    lease = claimed[0]["lease"]
    return str(lease if isinstance(lease, str) else lease["token"])


def test_secrets(admin: Any, place: Place) -> None:
    if place.name == POCKETBASE:
        pytest.skip("PocketBase has no secrets")
    # Without a master key there is no place for them.
    for call in (admin.secrets.get_list, lambda: admin.secrets.create("k", "v")):
        with pytest.raises(ServerError) as caught:
            call()
        assert caught.value.status == 503
