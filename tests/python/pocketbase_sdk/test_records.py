"""Records: made, found, changed, deleted; their files."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import Enum
from pathlib import Path
from typing import Any

import pytest
from pocketbase import BadRequestError, NotFoundError
from pocketbase.models import ListResult, RecordModel

from pocketbase_sdk.places import Place


def test_crud(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    made = service.create({"title": "007", "n": 1.5, "done": True, "data": {"a": [1, None]}})
    assert type(made) is RecordModel
    assert (made.title, made["n"], made.done, made.data) == ("007", 1.5, True, {"a": [1, None]})
    assert made.collection_name == posts
    assert service.get_one(made.id) == made
    assert service.get_one(made.id, {"fields": "id,title"}) == {"id": made.id, "title": "007"}
    changed = service.update(made.id, {"n+": 2})
    assert changed.n == 3.5
    assert service.delete(made.id) is True
    with pytest.raises(NotFoundError) as caught:
        service.get_one(made.id)
    assert caught.value.response["message"]
    with pytest.raises(NotFoundError):
        service.delete(made.id)


def test_lists(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    ids = [service.create({"title": f"list {n}", "n": n}).id for n in range(7)]
    page = service.get_list(2, 3, {"sort": "n"})
    assert isinstance(page, ListResult)
    assert (page.page, page.per_page, page.total_items, page.total_pages) == (2, 3, 7, 3)
    assert [record.id for record in page.items] == ids[3:6]
    assert all(type(record) is RecordModel for record in page)
    some = service.get_list(1, 2, {"sort": "n", "fields": "id"})
    assert (some.total_items, some.items) == (7, [{"id": ids[0]}, {"id": ids[1]}])
    uncounted = service.get_list(1, 2, {"sort": "n", "skipTotal": True})
    assert (uncounted.total_items, uncounted.total_pages) == (-1, -1)
    for options in ({"batch": 2}, {"batch": 7}, {"batch": 3, "skipTotal": True}, {}):
        assert [record.id for record in service.get_full_list({"sort": "-n", **options})] == ids[::-1]
    assert service.get_first_list_item("n = 4").id == ids[4]
    assert service.get_first_list_item("n > 2", {"sort": "-n"}).id == ids[6]
    with pytest.raises(NotFoundError):
        service.get_first_list_item("n = 400")
    with pytest.raises(BadRequestError):
        service.get_list(1, 2, {"filter": "nope ="})


def test_errors(guest: Any, admin: Any, posts: str) -> None:
    with pytest.raises(NotFoundError):
        guest.collection("nope").get_list()
    admin.collections.update(posts, {"fields": [{"name": "title", "type": "text", "required": True}]})
    with pytest.raises(BadRequestError) as caught:
        guest.collection(posts).create({"title": ""})
    assert caught.value.data["data"]["title"]["code"] == "validation_required"
    assert "title" in caught.value.hint


def test_odd_ids(admin: Any, posts: str) -> None:
    """Ids that mean something in an address are only ids."""
    found = admin.collections.get_one(posts)
    own_id, *fields = found.fields
    fields = [{**own_id, "pattern": "^.+$", "min": 1, "max": 30}, *fields]
    admin.collections.update(posts, {"fields": fields})
    service = admin.collection(posts)
    for odd in ("#1", "é", "a&b=c", "a+b", "a;b", "@x"):
        service.create({"id": odd, "title": odd})
        assert service.get_one(odd).title == odd
        assert service.update(odd, {"n": 2}).n == 2
        assert service.delete(odd)


class Level(Enum):
    HIGH = "high"


@dataclass
class Post:
    title: str
    n: int


def test_bodies(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    at = datetime(2024, 1, 15, 10, 30, tzinfo=UTC)
    made = service.create({"title": Level.HIGH, "when": at, "data": (1, {"a": None})})
    assert (made.title, made.when, made.data) == ("high", "2024-01-15 10:30:00.000Z", [1, {"a": None}])
    assert service.create(Post("p", 3)).n == 3
    # A record may be sent back as it came.
    assert service.update(made.id, made) == made
    nested = service.create({"data": {"copy": made}})
    assert nested.data["copy"] == dict(made.items())


def pdf(tmp_path: Path) -> Path:
    path = tmp_path / "document ü.txt"
    path.write_bytes(b"from a path")
    return path


UPLOADS: list[tuple[str, Callable[[Path], Any], list[tuple[str, bytes]]]] = [
    ("path", lambda path: path, [("document", b"from a path")]),
    ("file", lambda path: path.open("rb"), [("document", b"from a path")]),
    ("two", lambda path: ("a.txt", b"two"), [("a", b"two")]),
    ("three", lambda path: ("a.txt", b"three", "text/plain"), [("a", b"three")]),
    ("tuple of a path", lambda path: ("b.txt", path), [("b", b"from a path")]),
    ("tuple of a file", lambda path: ("c.txt", io.BytesIO(b"in memory")), [("c", b"in memory")]),
    ("bytes", lambda path: b"bytes", [("docs", b"bytes")]),
    ("bytearray", lambda path: bytearray(b"array"), [("docs", b"array")]),
    ("memory", lambda path: io.BytesIO(b"io"), [("docs", b"io")]),
    ("list", lambda path: [path, ("d.txt", b"d")], [("document", b"from a path"), ("d", b"d")]),
    ("empty", lambda path: ("e.txt", b""), [("e", b"")]),
]


@pytest.mark.parametrize(("make", "expected"), [row[1:] for row in UPLOADS], ids=[row[0] for row in UPLOADS])
def test_upload(
    guest: Any, posts: str, tmp_path: Path, make: Callable[[Path], Any], expected: list[tuple[str, bytes]]
) -> None:
    value = make(pdf(tmp_path))
    body = {"title": "007", "n": 7, "done": True, "data": {"a": ["x"]}, "docs": value}
    made = guest.collection(posts).create(body)
    assert (made.title, made.n, made.done, made.data) == ("007", 7, True, {"a": ["x"]})
    assert len(made.docs) == len(expected)
    for name, (stem, content) in zip(made.docs, expected, strict=True):
        assert name.startswith(stem)
        with guest.files.download(made, name) as answer:
            assert answer.read() == content
    if hasattr(value, "close"):
        value.close()


def test_upload_from_position(guest: Any, posts: str) -> None:
    file = io.BytesIO(b"skipped and kept")
    file.seek(12)
    made = guest.collection(posts).create({"docs": ("a.txt", file)})
    with guest.files.download(made, made.docs[0]) as answer:
        assert answer.read() == b"kept"


def test_upload_adds_and_removes(guest: Any, posts: str) -> None:
    service = guest.collection(posts)
    made = service.create({"docs": [("a.txt", b"a"), ("b.txt", b"b")]})
    first, second = made.docs
    more = service.update(made.id, {"docs+": ("c.txt", b"c")})
    assert more.docs[:2] == [first, second]
    assert len(more.docs) == 3
    # Names that are kept and a new file in one list.
    mixed = service.update(made.id, {"docs": [first, ("d.txt", b"d")], "title": "t"})
    assert mixed.docs[0] == first
    assert mixed.docs[1].startswith("d")
    assert (len(mixed.docs), mixed.title) == (2, "t")
    assert service.update(made.id, {"docs-": [first]}).docs == mixed.docs[1:]
    assert service.update(made.id, {"docs": None}).docs == []


def test_upload_errors(guest: Any, posts: str, tmp_path: Path) -> None:
    service = guest.collection(posts)
    with pytest.raises(FileNotFoundError):
        service.create({"docs": tmp_path / "nope"})
    with pytest.raises(FileNotFoundError):
        service.create({"docs": ("a.txt", tmp_path / "nope")})
    with pytest.raises(IsADirectoryError):
        service.create({"docs": tmp_path})
    path = pdf(tmp_path)
    with path.open(encoding="utf-8") as text, pytest.raises(TypeError, match="'rb'"):
        service.create({"docs": text})

    class Broken(io.BytesIO):
        def read(self, size: int | None = -1, /) -> bytes:
            raise OSError("the disk is gone")

    with pytest.raises(Exception, match="the disk is gone"):
        service.create({"docs": ("a.txt", Broken(b"x"))})
    # A text is never a path.
    with pytest.raises(BadRequestError):
        service.create({"docs": str(path)})


def test_large_file(guest: Any, posts: str, tmp_path: Path) -> None:
    path = tmp_path / "large.bin"
    piece = bytes(range(256)) * 4096
    with path.open("wb") as file:
        for _ in range(20):
            file.write(piece)
    made = guest.collection(posts).create({"docs": path})
    size = path.stat().st_size
    with guest.files.download(made, made.docs[0]) as answer:
        assert answer.status == 200
        assert answer.headers["content-length"] == str(size)
        assert answer.read(10) == piece[:10]
        assert 10 + sum(len(part) for part in answer) == size
    target = tmp_path / "copy.bin"
    assert guest.files.save(made, made.docs[0], target) == size
    assert target.read_bytes() == path.read_bytes()
    # Two at once, and one left in the middle.
    with guest.files.download(made, made.docs[0]) as answer, guest.files.download(made, made.docs[0]) as other:
        assert answer.read(5) == other.read(5)
    with guest.files.download(made, made.docs[0]) as answer:
        assert len(answer.read(1000)) == 1000


def test_download_errors(guest: Any, posts: str, tmp_path: Path) -> None:
    made = guest.collection(posts).create({"docs": ("a.txt", b"a")})
    with pytest.raises(NotFoundError):
        guest.files.download(made, "nope.txt")
    with pytest.raises(NotFoundError):
        guest.files.download({}, "a.txt")
    with pytest.raises(NotFoundError):
        guest.files.save(made, "nope.txt", tmp_path / "x")
    assert not (tmp_path / "x").exists()


def test_protected_files(guest: Any, admin: Any, posts: str) -> None:
    fields = [{"name": "docs", "type": "file", "maxSelect": 5, "protected": True}]
    admin.collections.update(posts, {"fields": fields, "viewRule": None})
    made = admin.collection(posts).create({"docs": ("a.txt", b"secret")})
    with pytest.raises(NotFoundError):
        guest.files.download(made, made.docs[0])
    token = admin.files.get_token()
    assert token.count(".") == 2
    with guest.files.download(made, made.docs[0], token=token) as answer:
        assert answer.read() == b"secret"


def test_batch(guest: Any, admin: Any, posts: str, tmp_path: Path) -> None:
    admin.settings.update({"batch": {"enabled": True}})
    service = guest.collection(posts)
    old, gone = service.create({"title": "old"}), service.create({"title": "gone"})
    batch = guest.create_batch()
    assert batch.collection(posts).create({"title": "007", "docs": pdf(tmp_path)}, {"fields": "id,title,docs"}) is None
    batch.collection(posts).update(old.id, {"title": "new", "docs": [("a.txt", b"a"), ("b.txt", b"b")]})
    batch.collection(posts).delete(gone.id)
    batch.collection(posts).upsert({"id": "u" * 15, "title": "upserted"})
    batch.collection(posts).upsert({"id": old.id, "n": 3})
    results = batch.send()
    assert [result["status"] for result in results] == [200, 200, 204, 200, 200]
    first = results[0]["body"]
    assert set(first) == {"id", "title", "docs"}
    assert first["title"] == "007"
    with guest.files.download(service.get_one(first["id"]), first["docs"][0]) as answer:
        assert answer.read() == b"from a path"
    changed = service.get_one(old.id)
    assert (changed.title, changed.n, len(changed.docs)) == ("new", 3, 2)
    with pytest.raises(NotFoundError):
        service.get_one(gone.id)


def test_batch_all_or_nothing(guest: Any, admin: Any, posts: str) -> None:
    admin.settings.update({"batch": {"enabled": True}})
    batch = guest.create_batch()
    batch.collection(posts).create({"title": "first"})
    batch.collection(posts).update("nope", {"title": "second"})
    with pytest.raises(BadRequestError):
        batch.send()
    assert guest.collection(posts).get_full_list() == []
    broken = guest.create_batch()
    broken.collection(posts).create({"docs": Path("/nope/nope")})
    with pytest.raises(FileNotFoundError):
        broken.send()


def test_expand(guest: Any, admin: Any, posts: str, place: Place) -> None:
    target = admin.collections.get_one(posts)
    name = f"{posts}_notes"
    fields = [{"name": "post", "type": "relation", "collectionId": target.id, "maxSelect": 1}]
    admin.collections.create({"name": name, "type": "base", "fields": fields, "viewRule": "", "listRule": ""})
    post = guest.collection(posts).create({"title": "t"})
    note = admin.collection(name).create({"post": post.id})
    found = guest.collection(name).get_one(note.id, {"expand": "post"})
    assert type(found.expand) is dict
    assert found.expand["post"]["title"] == "t"
    assert guest.collection(name).get_list(expand="post").items[0].expand["post"]["id"] == post.id
