"""Auth stores, their cookies and their files."""

from __future__ import annotations

import asyncio
import json
import stat
import threading
from base64 import b64encode
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from unittest.mock import Mock
from urllib.parse import quote, unquote

import pytest
from pocketbase.models import RecordModel
from pocketbase.stores import AsyncAuthStore, BaseAuthStore, FileAuthStore, MemoryAuthStore
from pocketbase.utils.jwt import get_token_payload, is_token_expired

from pocketbase_sdk.tokens import encoded, make_token

RECORD = {"id": "r1", "collectionId": "c1", "collectionName": "users", "email": "a;b=ü@x.org"}
State = tuple[str, Any]


def state(store: BaseAuthStore) -> State:
    return store.token, dict(store.record.items()) if store.record else None


def test_empty() -> None:
    store = MemoryAuthStore()
    assert isinstance(store, BaseAuthStore)
    assert state(store) == ("", None)
    assert not store.is_valid
    assert not store.is_superuser
    assert store.model is None


def test_save_and_clear() -> None:
    store = BaseAuthStore()
    store.save("t", RECORD)
    assert type(store.record) is RecordModel
    assert store.record.email == RECORD["email"]
    assert store.record["email"] == RECORD["email"]
    store.save("t2")
    assert state(store) == ("t2", None)
    store.save("t3", {})
    assert state(store) == ("t3", None)
    store.clear()
    assert state(store) == ("", None)


TOKENS: list[tuple[str, str, bool]] = [
    ("fresh", make_token(100_000), True),
    ("over", make_token(-1), False),
    ("no end", make_token(None), False),
    ("text as end", make_token(None, exp="9999999999"), False),
    ("true as end", make_token(None, exp=True), False),
    ("two parts", "a.b", False),
    ("four parts", f"{make_token()}.x", False),
    ("no JSON", f"a.{encoded(b'nope')}.c", False),
    ("a list", f"a.{encoded(b'[1]')}.c", False),
    ("not base64", "a.é%.c", False),
    ("empty", "", False),
]


@pytest.mark.parametrize(("token", "is_valid"), [row[1:] for row in TOKENS], ids=[row[0] for row in TOKENS])
def test_is_valid(token: str, is_valid: bool) -> None:
    store = BaseAuthStore()
    store.save(token)
    assert store.is_valid is is_valid
    assert is_token_expired(token) is not is_valid
    assert isinstance(get_token_payload(token), dict)


def test_threshold() -> None:
    token = make_token(50)
    assert not is_token_expired(token, 10)
    assert not is_token_expired(token, threshold_seconds=40)
    assert is_token_expired(token, 60)
    assert get_token_payload(token)["id"] == "r1"
    assert get_token_payload(None) == {}  # type: ignore[arg-type]


SUPERUSERS: list[tuple[str, dict[str, Any], dict[str, Any] | None, bool]] = [
    ("old type", {"type": "superuser"}, None, True),
    ("by collection id", {"collectionId": "pbc_3142635823"}, None, True),
    ("by name", {}, {"id": "1", "collectionName": "_superusers"}, True),
    ("name wins", {"collectionId": "pbc_3142635823"}, {"id": "1", "collectionName": "users"}, False),
    ("somebody", {}, RECORD, False),
    ("a file token", {"type": "file", "collectionId": "pbc_3142635823"}, None, False),
]


@pytest.mark.parametrize(
    ("claims", "record", "expected"), [row[1:] for row in SUPERUSERS], ids=[row[0] for row in SUPERUSERS]
)
def test_is_superuser(claims: dict[str, Any], record: Any, expected: bool) -> None:
    store = BaseAuthStore()
    store.save(make_token(**claims), record)
    assert store.is_superuser is store.is_admin is expected
    assert store.is_auth_record is (claims.get("type", "auth") == "auth" and not expected)


def test_listeners() -> None:
    store = BaseAuthStore()
    calls: list[Any] = []
    remove = store.on_change(lambda token, record: calls.append((token, record)))
    store.on_change(lambda token, record: calls.append("at once"), fire_immediately=True)
    bare = Mock()
    store.on_change(bare)
    store.on_change(lambda: calls.append("nothing"))
    assert calls == ["at once"]
    store.save("t", RECORD)
    assert calls == ["at once", ("t", RECORD), "at once", "nothing"]
    assert bare.call_count == 1
    remove()
    remove()
    calls.clear()
    store.clear()
    assert calls == ["at once", "nothing"]
    calls.clear()
    store.load_from_cookie("pb_auth=junk")
    assert calls == ["at once", "nothing"]


def test_listeners_that_change_the_list() -> None:
    store = BaseAuthStore()
    calls: list[str] = []
    removers: list[Any] = []

    def once(token: str, record: Any) -> None:
        calls.append("a")
        removers[0]()

    removers.append(store.on_change(once))
    store.on_change(lambda token, record: calls.append("b"))
    store.save("t")
    store.save("t")
    assert calls == ["a", "b", "b"]


def test_same_listener_twice() -> None:
    store = BaseAuthStore()
    listener = Mock()
    remove = store.on_change(listener)
    store.on_change(listener)
    remove()
    store.save("t")
    assert listener.call_count == 1


def test_custom_store() -> None:
    seen: list[Any] = []

    class Custom(BaseAuthStore):
        def save(self, token: str, record: Any = None) -> None:
            super().save(token, record)
            seen.append(token)

        def clear(self) -> None:
            super().clear()
            seen.append(None)

    store = Custom()
    store.save("t", RECORD)
    store.clear()
    store.load_from_cookie("pb_auth=%7B%22token%22%3A%22u%22%7D")
    assert seen == ["t", None, "u"]


def test_threads() -> None:
    store = BaseAuthStore()
    broken: list[Any] = []

    def work(number: int) -> None:
        for _ in range(300):
            remove = store.on_change(lambda token, record: None)
            store.save(f"t{number}", {"id": f"t{number}"})
            remove()
            token, record = store._state
            if record and record.id != token:
                broken.append((token, record.id))

    threads = [threading.Thread(target=work, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert broken == []


# Cookies.


def saved(token: str = "", record: Any = RECORD) -> BaseAuthStore:
    store = BaseAuthStore()
    store.save(token or make_token(), record)
    return store


def test_export() -> None:
    token = make_token(None, exp=2524604400)
    text = saved(token).export_to_cookie()
    value, *attributes = text.split("; ")
    assert json.loads(unquote(value.removeprefix("pb_auth="))) == {"token": token, "record": RECORD}
    assert attributes == ["Path=/", "Expires=Fri, 31 Dec 2049 23:00:00 GMT", "HttpOnly", "Secure", "SameSite=Strict"]
    assert BaseAuthStore().export_to_cookie().startswith("pb_auth=%7B%22token%22%3A%22%22%2C%22record%22%3Anull%7D; ")
    assert "Expires=Thu, 01 Jan 1970 00:00:00 GMT" in BaseAuthStore().export_to_cookie()


def test_export_options() -> None:
    store = saved()
    text = store.export_to_cookie(
        "other",
        http_only=False,
        secure=False,
        same_site="lax",
        path="/x",
        domain="x.org",
        max_age=60,
        expires=datetime(2030, 1, 2, 3, 4, 5, tzinfo=UTC),
        priority="high",
    )
    expected = "; Max-Age=60; Domain=x.org; Path=/x; Expires=Wed, 02 Jan 2030 03:04:05 GMT; Priority=High; SameSite=Lax"
    assert text.startswith("other=%7B")
    assert text.endswith(expected)
    assert store.export_to_cookie(key="k", httpOnly=False, sameSite=False).endswith("; Secure")
    assert store.export_to_cookie(encode=lambda text: "encoded").startswith("pb_auth=encoded; ")
    with pytest.raises(TypeError, match="nope"):
        store.export_to_cookie(nope=1)


def test_large_records_shrink() -> None:
    record = {**RECORD, "verified": True, "text": "x" * 5000}
    text = saved(record=record).export_to_cookie()
    assert len(text.encode()) <= 4096
    store = BaseAuthStore()
    store.load_from_cookie(text)
    assert state(store)[1] == {**RECORD, "verified": True}


TOKEN = make_token()
JSON = json.dumps({"token": TOKEN, "record": RECORD})
URL = quote(JSON, safe="")
EXPORTED = saved(TOKEN).export_to_cookie()
OCTAL = EXPORTED.replace(";", "\\073").replace(",", "\\054")

FORMS: dict[str, str] = {
    "exported": EXPORTED,
    "header": f"a=b; pb_auth={URL}; c=d",
    "no spaces": f"a=b;pb_auth={URL};c=d",
    "quoted": f'pb_auth="{URL}"',
    "nested": f"pb_auth={EXPORTED}",
    "nested in header": f"x=y; pb_auth=pb_auth={URL}; z=1",
    "nested and quoted": f'pb_auth="{OCTAL}"',
    "nested and encoded": f"pb_auth={quote(EXPORTED, safe='')}",
    "twice": f"pb_auth=pb_auth=pb_auth={URL}",
    "bare encoded": URL,
    "bare JSON": JSON,
    "bare base64": b64encode(JSON.encode()).decode(),
    "bare base64 unpadded": b64encode(JSON.encode()).decode().rstrip("="),
    "base64": f"pb_auth={b64encode(JSON.encode()).decode()}",
    "model": "pb_auth=" + quote(json.dumps({"token": TOKEN, "model": RECORD})),
}


@pytest.mark.parametrize("form", FORMS)
def test_import(form: str) -> None:
    store = BaseAuthStore()
    store.load_from_cookie(FORMS[form])
    assert state(store) == (TOKEN, RECORD)
    assert type(store.record) is RecordModel


JUNK = [
    "", ";", "=", "pb_auth", "pb_auth=", "pb_auth=%", "pb_auth=%7B", "junk", "[1]", "pb_auth=[1]", '"', "pb_auth=null",
    "pb_auth=5", 'pb_auth="', f"other={URL}", "pb_auth=" * 500, "{" * 100_000, "pb_auth=" + "[" * 100_000, "é", "\x00",
    'pb_auth={"token": 5}', 'pb_auth={"token": null, "record": {}}', "pb_auth=%FF%FE", "=" * 999, "pb_auth=a.b.c",
]  # fmt: skip


@pytest.mark.parametrize("text", JUNK, ids=[str(n) for n in range(len(JUNK))])
def test_import_junk(text: str) -> None:
    store = saved()
    store.load_from_cookie(text)
    assert state(store) == ("", None)


def test_import_strange_records() -> None:
    store = BaseAuthStore()
    records: list[Any] = [[1], "x", 5, {}]
    for record in records:
        store.load_from_cookie("pb_auth=" + quote(json.dumps({"token": "t", "record": record})))
        assert state(store) == ("t", None)


def test_import_other_key() -> None:
    store = BaseAuthStore()
    store.load_from_cookie(f"pb_auth=x; mine={URL}", key="mine")
    assert store.token == TOKEN
    again = BaseAuthStore()
    again.load_from_cookie(saved(TOKEN).export_to_cookie("mine"), "mine")
    assert state(again) == (TOKEN, RECORD)


# Files.


def test_file(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "er" / "auth.json"
    store = FileAuthStore(path)
    assert store.file_path == path
    assert not path.parent.exists()
    store.save(TOKEN, RECORD)
    assert json.loads(path.read_text(encoding="utf-8")) == {"token": TOKEN, "record": RECORD}
    assert path.read_text(encoding="utf-8").startswith('{\n  "token"')
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert state(FileAuthStore(str(path))) == (TOKEN, RECORD)
    store.save("t")
    assert json.loads(path.read_text(encoding="utf-8")) == {"token": "t"}
    store.clear()
    assert json.loads(path.read_text(encoding="utf-8")) == {"token": ""}
    assert list(path.parent.iterdir()) == [path]


@pytest.mark.parametrize("content", ["", "nope", "[1]", "null", '{"token": 5}', "{" * 100_000, "\ufeff", "5"])
def test_file_junk(tmp_path: Path, content: str) -> None:
    path = tmp_path / "auth.json"
    path.write_text(content, encoding="utf-8")
    assert state(FileAuthStore(path)) == ("", None)


def test_file_of_older_versions(tmp_path: Path) -> None:
    path = tmp_path / "auth.json"
    old = {"token": "t", "record": {"id": "1", "collection_id": "c", "collection_name": "n", "created": ""}}
    path.write_text(json.dumps(old), encoding="utf-8")
    record = FileAuthStore(path).record
    assert record is not None
    assert (record.collection_id, record["collectionName"]) == ("c", "n")


def test_file_that_cannot_be_written(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("x", encoding="utf-8")
    store = FileAuthStore(tmp_path / "file" / "auth.json")
    store.save("t", RECORD)
    assert store.token == "t"


def test_file_in_home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    FileAuthStore("~/auth.json").save("t")
    assert (tmp_path / "auth.json").exists()


def test_file_listeners(tmp_path: Path) -> None:
    """A listener finds the file written."""
    path = tmp_path / "auth.json"
    store = FileAuthStore(path)
    seen: list[str] = []
    store.on_change(lambda token, record: seen.append(json.loads(path.read_text(encoding="utf-8"))["token"]))
    store.save("t")
    store.clear()
    assert seen == ["t", ""]


# Stores of one's own.


def test_external_store() -> None:
    kept: list[str] = []
    store = AsyncAuthStore(save=kept.append)
    store.save(TOKEN, RECORD)
    assert state(AsyncAuthStore(save=kept.append, initial=kept[0])) == (TOKEN, RECORD)
    store.clear()
    assert kept[1] == ""
    cleared: list[bool] = []
    AsyncAuthStore(save=kept.append, clear=lambda: cleared.append(True), initial="junk").clear()
    assert cleared == [True]


def test_external_store_with_coroutines() -> None:
    kept: list[str] = []

    async def save(text: str) -> None:
        await asyncio.sleep(0.02 if not kept else 0)
        kept.append(text)

    async def check() -> None:
        store = AsyncAuthStore(save=save)
        store.save("a")
        store.save("b")
        store.clear()
        while len(kept) < 3:
            await asyncio.sleep(0.005)

    asyncio.run(check())
    assert [json.loads(text)["token"] if text else "" for text in kept] == ["a", "b", ""]
