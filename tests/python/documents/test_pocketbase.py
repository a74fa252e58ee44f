"""The samples of the document of the PocketBase client."""

from __future__ import annotations

import json
import uuid
from pathlib import Path
from typing import Any

import pytest
from pocketbase import AsyncPocketBase, ClientResponseError, PocketBase
from pocketbase.stores import BaseAuthStore, FileAuthStore, MemoryAuthStore

from documents import pocketbase_samples as samples
from documents.prepared import EMAIL, PASSWORD, SAMPLE_URL, Prepared
from documents.running import run

PDF = b"%PDF-1.4 not much of a document"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The folder that samples with files run in."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "document.pdf").write_bytes(PDF)
    return tmp_path


def _at(on: Prepared) -> dict[str, str]:
    return {SAMPLE_URL: on.url}


def _signed_in(pb: PocketBase) -> PocketBase:
    pb.collection("users").auth_with_password(EMAIL, PASSWORD)
    return pb


def test_sync_client(on: Prepared) -> None:
    space = run(samples.SYNC_CLIENT, changes=_at(on))
    assert space["user_data"].record["email"] == EMAIL
    assert space["user_data"]["token"] == space["pb"].auth_store.token
    assert space["result"].page == 1
    space["pb"].close()


def test_async_client(on: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    run(samples.ASYNC_CLIENT, changes=_at(on))
    assert capsys.readouterr().out == f"Logged in as: {EMAIL}\n"


def test_binding_filter_parameters(pb: PocketBase) -> None:
    title = f"a te'st {uuid.uuid4().hex}"
    made = pb.collection("example").create({"title": title, "totalB": 123})
    records = run(samples.FILTER, {"pb": pb})["records"]
    assert made["id"] in [record["id"] for record in records.items]
    assert pb.filter("title ~ {:title} && (totalA = {:num} || totalB = {:num})", {"title": "te'st", "num": 123}) == (
        "title ~ 'te\\'st' && (totalA = 123 || totalB = 123)"
    )


@pytest.mark.parametrize("sample", [samples.UPLOAD_PATH, samples.UPLOAD_FILE, samples.UPLOAD_TUPLE])
def test_file_upload(on: Prepared, pb: PocketBase, here: Path, sample: str) -> None:
    assert here == Path.cwd()
    run(sample, {"pb": pb})
    [record] = pb.collection("example").get_list(1, 1, {"sort": "-created,-@rowid"}).items
    assert record["title"] == "lorem ipsum..."
    assert record["document"].startswith("document_")
    assert record["document"].endswith(".pdf")
    url = pb.files.get_url(record, record["document"])
    assert record["document"] in url
    from ketch._core import Connection

    connection = Connection(on.url)
    with connection.open("GET", url[url.index("/api/files/") :]) as download:
        assert download.read() == PDF
        assert download.headers["content-type"] == "application/pdf"
    connection.close()


def test_error_handling(on: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    run(samples.ERRORS, changes=_at(on))["pb"].close()
    assert capsys.readouterr().out.startswith("Result: ")
    run(samples.ERRORS, changes={**_at(on), "'example'": "'nothing'"})["pb"].close()
    assert capsys.readouterr().out.startswith("Error: ClientResponseError 404: ")


def test_fields_of_errors(pb: PocketBase) -> None:
    with pytest.raises(ClientResponseError) as caught:
        pb.collection("nothing").get_list(1, 50)
    error = caught.value
    assert error.url.endswith("/api/collections/nothing/records?page=1&perPage=50") or "/nothing/records" in error.url
    assert (error.status, error.is_abort) == (404, False)
    assert error.response["message"]
    made = ClientResponseError(url="u", status=400, response={"a": 1}, is_abort=True, original_error=ValueError())
    assert (made.url, made.status, made.response, made.is_abort) == ("u", 400, {"a": 1}, True)
    assert isinstance(made.original_error, ValueError)


def test_memory_store(on: Prepared) -> None:
    with run(samples.MEMORY_STORE, changes=_at(on))["pb"] as pb:
        assert isinstance(pb.auth_store, MemoryAuthStore)


def test_file_store(on: Prepared, here: Path) -> None:
    space = run(samples.FILE_STORE, changes=_at(on))
    space["pb"].close()
    stored = json.loads((here / "pb_auth.json").read_text(encoding="utf-8"))
    assert stored["token"] == space["store"].token
    again = FileAuthStore("./pb_auth.json")
    assert again.is_valid
    assert again.record is not None
    assert again.record["email"] == EMAIL


def test_custom_store(on: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    with run(samples.CUSTOM_STORE, changes=_at(on))["pb"] as pb:
        _signed_in(pb)
        assert capsys.readouterr().out == f"Auth saved: {pb.auth_store.token[:20]}...\n"
        pb.auth_store.clear()
        assert capsys.readouterr().out == "Auth cleared\n"
        pb.auth_store.save(token="x")
        assert capsys.readouterr().out == "Auth saved: x...\n"


def test_members_of_stores(pb: PocketBase, admin: PocketBase) -> None:
    store = _signed_in(pb).auth_store
    assert isinstance(store, BaseAuthStore)
    assert (store.is_valid, store.is_superuser, admin.auth_store.is_superuser) == (True, False, True)
    assert store.record is not None
    token, record = store.token, store.record
    calls: list[Any] = []
    remove = store.on_change(lambda token, record: calls.append((token, record)), fire_immediately=False)
    store.clear()
    assert (pb.auth_store.token, pb.auth_store.record, pb.auth_store.is_valid) == ("", None, False)
    store.save(token, record)
    assert [call[0] for call in calls] == ["", token]
    remove()
    cookie = store.export_to_cookie(key="pb_auth")
    store.clear()
    store.load_from_cookie(cookie, key="pb_auth")
    assert store.record is not None
    assert (store.token, store.record["email"]) == (token, EMAIL)
    assert len(calls) == 2


def test_listening_to_stores(pb: PocketBase, capsys: pytest.CaptureFixture[str]) -> None:
    _signed_in(pb)
    token = pb.auth_store.token
    before, after = samples.ON_CHANGE.split("# (optional)")
    space = run(before, {"pb": pb})
    assert capsys.readouterr().out.startswith(f"New store data 2: {token}, ")
    pb.auth_store.clear()
    assert capsys.readouterr().out == "New store data 1: , None\nNew store data 2: , None\n"
    run(f"#{after}", space)
    _signed_in(pb)
    assert capsys.readouterr().out == ""


def test_auto_cancellation(pb: PocketBase) -> None:
    # In blocking code nothing is pending when the next line runs: every line is executed.
    run(samples.CANCEL_DUPLICATES, {"pb": pb})
    run(samples.CANCEL_KEYS, {"pb": pb})
    assert pb.cancel_all_requests() is pb
    assert pb.cancel_request("test") is pb


def test_auto_cancellation_in_tasks(on: Prepared) -> None:
    import asyncio

    async def scenario() -> list[Any]:
        async with AsyncPocketBase(on.url) as pb:
            lists = [pb.collection("example").get_list(page, 20) for page in (1, 2, 3)]
            results: list[Any] = await asyncio.gather(*lists, return_exceptions=True)
            return results

    first, second, third = asyncio.run(scenario())
    for cancelled in (first, second):
        assert isinstance(cancelled, ClientResponseError)
        assert cancelled.is_abort
    assert third.page == 3


@pytest.fixture
def task(admin: PocketBase) -> None:
    """The record of the samples."""
    if not admin.collection("tasks").get_full_list({"filter": "id = 'RECORD_ID'"}):
        admin.collection("tasks").create({"id": "RECORD_ID", "name": "Write", "completed": True})


@pytest.mark.usefixtures("task")
def test_type_hints(on: Prepared) -> None:
    space = run(samples.TYPED_DICT, changes=_at(on))
    assert space["task"]["name"] == space["tasks"][0]["name"] == "Write"
    space["pb"].close()


@pytest.mark.usefixtures("task")
def test_dataclasses(on: Prepared) -> None:
    space = run(samples.DATACLASS, changes=_at(on))
    assert space["task"] == space["Task"]("RECORD_ID", "Write", True)
    space["pb"].close()


def test_custom_request_options(pb: PocketBase, admin: PocketBase) -> None:
    related = admin.collection("related").create({"name": "r"})
    admin.collection("example").create({"title": "x", "someRel": related["id"]})
    seen: list[Any] = []

    def watch(url: str, options: dict[str, Any]) -> tuple[str, dict[str, Any]]:
        seen.append((url, options))
        return url, options

    pb.before_send = watch
    run(samples.OPTIONS, {"pb": pb})
    [(url, options)] = seen
    assert url.endswith("/api/collections/example/records")
    assert options["headers"]["X-Custom-Header"] == "example"
    sent = options.get("params") or options.get("query")
    assert (sent["expand"], sent["other_query_param"]) == ("someRel", "123")
    assert "timeout" not in sent


def test_before_send(on: Prepared) -> None:
    with run(samples.BEFORE_SEND, changes=_at(on))["pb"] as pb:
        seen: list[Any] = []
        given = pb.before_send

        def watch(url: str, options: dict[str, Any]) -> Any:
            result = given(url, options)
            seen.append(result[1]["headers"])
            return result

        pb.before_send = watch
        pb.collection("example").get_list(1, 1)
        assert seen[0]["X-Custom-Header"] == "example"


def test_after_send(on: Prepared, capsys: pytest.CaptureFixture[str]) -> None:
    with run(samples.AFTER_SEND, changes=_at(on))["pb"] as pb:
        health = pb.health.check()
        assert health["additional_field"] == 123
        assert capsys.readouterr().out.startswith("Response received: {")


def test_cookies(pb: PocketBase) -> None:
    _signed_in(pb)
    token, cookie = pb.auth_store.token, pb.auth_store.export_to_cookie(http_only=False)
    assert cookie.startswith("pb_auth=")
    assert "HttpOnly" not in cookie
    assert "HttpOnly" in pb.auth_store.export_to_cookie()
    run(samples.COOKIES, {"pb": pb})
    # `pb_auth=...` is no session.
    assert not pb.auth_store.is_valid
    pb.auth_store.load_from_cookie(cookie)
    assert pb.auth_store.token == token


def test_new_clients(on: Prepared) -> None:
    import asyncio

    from documents.running import run_async

    names = {"PocketBase": PocketBase, "AsyncPocketBase": AsyncPocketBase, "MemoryAuthStore": MemoryAuthStore}
    space = asyncio.run(run_async(samples.NEW_CLIENT, names, {f"{SAMPLE_URL}/": f"{on.url}/"}))
    assert isinstance(space["pb"], AsyncPocketBase)
    sync, _ = samples.NEW_CLIENT.split("# Async client")
    with run(sync, names, {f"{SAMPLE_URL}/": f"{on.url}/"})["pb"] as pb:
        assert pb.base_url == on.url
        assert pb.health.check()["code"] == 200


def test_batches(pb: PocketBase, admin: PocketBase) -> None:
    for name in ("example2", "example3"):
        admin.collection(name).create({"id": "RECORD_ID", "title": "old"})
    # The document's `{...}` stands for a body.
    space = run(samples.BATCH.replace("{...}", "{'title': 'new'}"), {"pb": pb})
    assert [answer["status"] for answer in space["result"]] == [200, 200, 204, 200]
    assert pb.collection("example2").get_one("RECORD_ID")["title"] == "new"
    with pytest.raises(ClientResponseError):
        pb.collection("example3").get_one("RECORD_ID")
    admin.collection("example2").delete("RECORD_ID")


def test_instance_methods(pb: PocketBase, on: Prepared) -> None:
    path = "/api/health"
    assert pb.send(path, {})["code"] == 200
    assert pb.send(path, options={"method": "GET", "query": {"fields": "code"}}) == {"code": 200}
    made = pb.send(
        "/api/collections/example/records",
        options={"method": "POST", "body": {"title": "sent"}, "headers": {"X-A": "1"}, "request_key": None},
    )
    assert made["title"] == "sent"
    assert pb.auto_cancellation(False) is pb
    assert pb.cancel_all_requests() is pb
    assert pb.cancel_request("GET /api/users") is pb
    assert pb.build_url("/api/health") == pb.build_url("api/health") == f"{on.url}/api/health"
    assert pb.filter("a = {:b}", {"b": "c"}) == "a = 'c'"
