"""The lists of the document of the PocketBase client: every line is called as it stands there.

Names in a line have the values given beside it. Where a line has `body_params={}` and the server wants more, the
test says so and gives more.
"""

from __future__ import annotations

import time
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from harness.server import SUPERUSER_EMAIL
from oauth2.provider import person
from pocketbase import ClientResponseError, PocketBase
from pocketbase.models import ListResult

from documents.prepared import EMAIL, PASSWORD, Prepared
from documents.running import call
from support.places import EMBEDDED, KETCH

WAIT_S = 20


def _until(condition: Callable[[], Any], what: str) -> Any:
    deadline = time.monotonic() + WAIT_S
    while not (found := condition()):
        assert time.monotonic() < deadline, f"not in {WAIT_S} s: {what}"
        time.sleep(0.05)
    return found


def _user(admin: PocketBase, **more: Any) -> Any:
    email = f"u{uuid.uuid4().hex}@example.com"
    body = {"email": email, "emailVisibility": True, "password": PASSWORD, "passwordConfirm": PASSWORD, **more}
    return admin.collection("users").create(body)


def test_records(pb: PocketBase) -> None:
    names: dict[str, Any] = {"pb": pb, "collection_id_or_name": "example"}
    line = "pb.collection(collection_id_or_name)"
    made = call(f"{line}.create(body_params={{}}, options={{}})", **names)
    names |= {"record_id": made["id"], "filter": pb.filter("id = {:id}", {"id": made["id"]})}
    listed = call(f"{line}.get_list(page=1, per_page=30, options={{}})", **names)
    assert isinstance(listed, ListResult)
    assert (listed.page, listed.per_page) == (1, 30)
    assert made["id"] in [record["id"] for record in call(f"{line}.get_full_list(options={{}})", **names)]
    assert call(f"{line}.get_first_list_item(filter, options={{}})", **names)["id"] == made["id"]
    assert call(f"{line}.get_one(record_id, options={{}})", **names)["id"] == made["id"]
    assert call(f"{line}.update(record_id, body_params={{}}, options={{}})", **names)["id"] == made["id"]
    assert call(f"{line}.delete(record_id, options={{}})", **names) is True
    for gone in ("get_one(record_id, options={})", "get_first_list_item(filter, options={})"):
        with pytest.raises(ClientResponseError) as caught:
            call(f"{line}.{gone}", **names)
        assert caught.value.status == 404


def test_events_of_records(pb: PocketBase) -> None:
    seen: list[Any] = []
    names: dict[str, Any] = {"pb": pb, "collection_id_or_name": "example", "topic": "*", "callback": seen.append}
    line = "pb.collection(collection_id_or_name)"
    unsubscribe = call(f"{line}.subscribe(topic, callback, options={{}})", **names)
    again = call(f"{line}.subscribe(topic, callback, options={{}})", **names)
    made = pb.collection("example").create({"title": "live"})
    _until(lambda: len(seen) == 2, f"two events: {seen}")
    assert [(event["action"], event["record"]["id"]) for event in seen] == [("create", made["id"])] * 2
    unsubscribe()
    pb.collection("example").update(made["id"], {"title": "changed"})
    _until(lambda: len(seen) == 3, f"three events: {seen}")
    again()
    call(f"{line}.subscribe(topic, callback, options={{}})", **{**names, "topic": made["id"]})
    call(f"{line}.unsubscribe(topic=None)", **names)
    assert pb.realtime.is_connected is False


def test_realtime(pb: PocketBase) -> None:
    seen: list[Any] = []
    names: dict[str, Any] = {"pb": pb, "callback": seen.append}
    call("pb.realtime.subscribe(topic, callback, options={})", **names, topic="PB_CONNECT")
    call("pb.realtime.subscribe(topic, callback, options={})", **names, topic="example/*")
    assert call("pb.realtime.is_connected", **names) is True
    _until(lambda: seen, "the first event")
    assert list(seen[0]) == ["clientId"]
    pb.collection("example").create({"title": "live"})
    _until(lambda: len(seen) == 2, "the second event")
    call("pb.realtime.unsubscribe_by_topic_and_listener(topic, callback)", **names, topic="example/*")
    call("pb.realtime.subscribe(topic, callback, options={})", **names, topic="example/*")
    call("pb.realtime.unsubscribe_by_prefix(topic_prefix)", **names, topic_prefix="exam")
    call("pb.realtime.unsubscribe(topic=None)", **names)
    assert call("pb.realtime.is_connected", **names) is False


def test_signing_in(pb: PocketBase, admin: PocketBase, on: Prepared) -> None:
    names: dict[str, Any] = {"pb": pb, "collection_id_or_name": "users"}
    line = "pb.collection(collection_id_or_name)"
    methods = call(f"{line}.list_auth_methods(options={{}})", **names)
    assert methods["password"]["enabled"] is True
    assert methods["otp"]["enabled"] is True
    line_password = f"{line}.auth_with_password(username_or_email, password, options={{}})"
    answer = call(line_password, **names, username_or_email=EMAIL, password=PASSWORD)
    assert answer.record["email"] == pb.auth_store.record["email"] == EMAIL  # type: ignore[index]
    refreshed = call(f"{line}.auth_refresh(options={{}})", **names)
    assert refreshed["token"] == pb.auth_store.token

    user = _user(admin)
    asked = call(f"{line}.request_otp(email, options={{}})", **names, email=user["email"])
    code = _mail(on, user["email"]).code
    line_otp = f"{line}.auth_with_otp(otp_id, password, options={{}})"
    answer = call(line_otp, **names, otp_id=asked["otpId"], password=code)
    assert answer.record["id"] == user["id"]

    # Who is signed in would get the provider's account linked.
    pb.auth_store.clear()
    name = uuid.uuid4().hex
    line_oauth = (
        f"{line}.auth_with_oauth2_code(provider, code, code_verifier, redirect_url, create_data={{}}, options={{}})"
    )
    answer = call(
        line_oauth,
        **names,
        provider="oidc",
        code=on.provider.knows(uuid.uuid4().hex, person(name)),
        code_verifier="v" * 43,
        redirect_url="http://127.0.0.1/redirect",
    )
    assert answer.record["email"] == f"person{name}@example.com"
    assert answer["meta"]["id"] == f"sub-{name}"
    record_id = answer.record["id"]
    linked = call(f"{line}.list_external_auths(record_id, options={{}})", **names, record_id=record_id)
    assert [auth["provider"] for auth in linked] == ["oidc"]
    line_unlink = f"{line}.unlink_external_auth(record_id, provider, options={{}})"
    assert call(line_unlink, **names, record_id=record_id, provider="oidc") is True
    assert call(f"{line}.list_external_auths(record_id, options={{}})", **names, record_id=record_id) == []

    names["pb"] = admin
    as_user = call(f"{line}.impersonate(record_id, duration, options={{}})", **names, record_id=user["id"], duration=60)
    assert isinstance(as_user, PocketBase)
    assert as_user.auth_store.record["id"] == user["id"]  # type: ignore[index]
    assert admin.auth_store.is_superuser
    as_user.close()


def _mail(on: Prepared, address: str) -> Any:
    return _until(
        lambda: next((mail for mail in reversed(on.smtp.mails) if address in mail.recipients), None),
        f"a mail to {address}",
    )


def test_mails(pb: PocketBase, admin: PocketBase, on: Prepared) -> None:
    user = _user(admin)
    email = user["email"]
    names: dict[str, Any] = {"pb": pb, "collection_id_or_name": "users", "email": email}
    line = "pb.collection(collection_id_or_name)"
    assert call(f"{line}.request_verification(email, options={{}})", **names) is True
    token = _mail(on, email).token
    assert call(f"{line}.confirm_verification(verification_token, options={{}})", **names, verification_token=token)
    assert admin.collection("users").get_one(user["id"])["verified"] is True

    on.smtp.mails.clear()
    assert call(f"{line}.request_password_reset(email, options={{}})", **names) is True
    line_reset = f"{line}.confirm_password_reset(reset_token, new_password, new_password_confirm, options={{}})"
    new = {"new_password": "654321", "new_password_confirm": "654321"}
    assert call(line_reset, **names, reset_token=_mail(on, email).token, **new) is True
    pb.collection("users").auth_with_password(email, "654321")

    on.smtp.mails.clear()
    other = f"new{email}"
    assert call(f"{line}.request_email_change(new_email, options={{}})", **names, new_email=other) is True
    line_change = f"{line}.confirm_email_change(email_change_token, user_password, options={{}})"
    token = _mail(on, other).token
    assert call(line_change, **names, email_change_token=token, user_password="654321") is True
    pb.collection("users").auth_with_password(other, "654321")


def test_files(pb: PocketBase, admin: PocketBase) -> None:
    record = admin.collection("example").create({"document": ("a.txt", b"x")})
    url = call("pb.files.get_url(record, filename, options={})", pb=pb, record=record, filename=record["document"])
    assert url.endswith(f"/api/files/{record['collectionId']}/{record['id']}/{record['document']}")
    assert call("pb.files.get_token(options={})", pb=admin).count(".") == 2


def test_collections(admin: PocketBase) -> None:
    name = f"made_{uuid.uuid4().hex}"
    names: dict[str, Any] = {"pb": admin, "id_or_name": name, "filter": f"name = '{name}'"}
    with pytest.raises(ClientResponseError) as caught:
        call("pb.collections.create(body_params={}, options={})", **names)
    assert caught.value.status == 400
    body = {"name": name, "type": "base", "fields": [{"name": "title", "type": "text"}]}
    made = call("pb.collections.create(body_params=body, options={})", **names, body=body)
    assert made.name == name
    assert made.id in [each.id for each in call("pb.collections.get_full_list(options={})", **names)]
    assert call("pb.collections.get_list(page=1, per_page=30, options={})", **names).page == 1
    assert call("pb.collections.get_first_list_item(filter, options={})", **names).id == made.id
    assert call("pb.collections.get_one(id_or_name, options={})", **names).id == made.id
    assert call("pb.collections.update(id_or_name, body_params={}, options={})", **names).id == made.id
    admin.collection(name).create({"title": "x"})
    assert call("pb.collections.truncate(id_or_name, options={})", **names) is True
    assert admin.collection(name).get_list(1, 1).total_items == 0
    line = "pb.collections.import_collections(collections, delete_missing=False, options={})"
    assert call(line, **names, collections=[{**body, "id": made.id, "listRule": ""}]) is True
    assert admin.collections.get_one(name).listRule == ""
    assert set(call("pb.collections.get_scaffolds(options={})", **names)) == {"auth", "base", "view"}
    assert call("pb.collections.delete(id_or_name, options={})", **names) is True


def test_logs(admin: PocketBase) -> None:
    def listed() -> Any:
        return call("pb.logs.get_list(page=1, per_page=30, options={})", pb=admin)["items"]

    found = _until(listed, "a log entry")
    assert call("pb.logs.get_one(id, options={})", pb=admin, id=found[0]["id"])["id"] == found[0]["id"]
    assert {"date", "total"} <= call("pb.logs.get_stats(options={})", pb=admin)[0].keys()


def test_settings(admin: PocketBase, on: Prepared) -> None:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    settings = call("pb.settings.get_all(options={})", pb=admin)
    assert call("pb.settings.update(body_params={}, options={})", pb=admin)["meta"] == settings["meta"]
    with pytest.raises(ClientResponseError) as caught:
        call('pb.settings.test_s3(filesystem="storage", options={})', pb=admin)
    # No such storage is set up.
    assert caught.value.status == 400
    line = "pb.settings.test_email(collection_id_or_name, to_email, template, options={})"
    names = {"pb": admin, "collection_id_or_name": "users", "template": "verification"}
    assert call(line, **names, to_email="tested@example.com") is True
    assert _mail(on, "tested@example.com")
    key = ec.generate_private_key(ec.SECP256R1())
    pem = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
    line = "pb.settings.generate_apple_client_secret(client_id, team_id, key_id, private_key, duration, options={})"
    values = {"client_id": "com.example", "team_id": "A" * 10, "key_id": "B" * 10, "private_key": pem, "duration": 60}
    assert call(line, pb=admin, **values)["secret"].count(".") == 2


def test_backups(admin: PocketBase, tmp_path: Path) -> None:
    def names() -> list[str]:
        return [backup["key"] for backup in call("pb.backups.get_full_list(options={})", pb=admin)]

    assert call('pb.backups.create(basename="", options={})', pb=admin) is True
    [key] = _until(names, "the backup")
    token = admin.files.get_token()
    url = call("pb.backups.get_download_url(token, key)", pb=admin, token=token, key=key)
    assert url.endswith(f"/api/backups/{key}?token={token}")
    from ketch._core import Connection

    connection = Connection(admin.base_url)
    copy = tmp_path / "copy.zip"
    with connection.open("GET", f"/api/backups/{key}", query=[("token", token)]) as download:
        copy.write_bytes(download.read())
    connection.close()
    assert call("pb.backups.delete(key, options={})", pb=admin, key=key) is True
    assert names() == []
    with copy.open("rb") as file:
        assert call("pb.backups.upload(file, options={})", pb=admin, file=file) is True
    assert names() == ["copy.zip"]
    # What was made since is gone when the copy is in its place.
    admin.collection("example").create({"id": "sincethebackup0"})
    assert call("pb.backups.restore(key, options={})", pb=admin, key="copy.zip") is True

    def is_restored() -> bool:
        try:
            admin.collection("example").get_one("sincethebackup0")
        except ClientResponseError as error:
            return error.status == 404
        return False

    _until(is_restored, "the restored data")


def test_crons_and_health(admin: PocketBase, pb: PocketBase) -> None:
    jobs = call("pb.crons.get_full_list(options={})", pb=admin)
    assert {"id", "expression"} <= jobs[0].keys()
    assert call("pb.crons.run(job_id, options={})", pb=admin, job_id=jobs[0]["id"]) is True
    assert call("pb.health.check(options={})", pb=pb)["code"] == 200


#: PocketBase has neither of the next two.
ONLY_KETCH = pytest.mark.parametrize("on", [KETCH, EMBEDDED], indirect=True)


@ONLY_KETCH
def test_analytics(pb: PocketBase, admin: PocketBase) -> None:
    line = 'pb.analytics.track_event(event, path, referrer="", options={})'
    assert call(line, pb=pb, event="view", path="/about")["accepted"] == 1
    stats = call('pb.analytics.get_stats(range="7d", options={})', pb=admin)
    assert "summary" in stats


@ONLY_KETCH
def test_traces(admin: PocketBase) -> None:
    user = admin.collection("users").get_first_list_item(f"email = '{EMAIL}'")["id"]
    names = {"pb": admin, "user_id": user}
    assert "items" in call("pb.traces.list_spans(min_duration=0, options={})", **names)
    added = call("pb.traces.add_dyed_user(user_id, ttl_seconds=3600, options={})", **names)
    assert added["userId"] == user
    listed = call("pb.traces.list_dyed_users(options={})", **names)
    assert [each["userId"] for each in listed["items"]] == [user]
    call("pb.traces.remove_dyed_user(user_id, options={})", **names)
    assert call("pb.traces.list_dyed_users(options={})", **names)["items"] == []


def test_superusers_know_themselves(admin: PocketBase) -> None:
    assert admin.auth_store.record is not None
    assert admin.auth_store.record["email"] == SUPERUSER_EMAIL
