"""Thumbnails: the same pictures go to Ketch and to the real PocketBase, and the answers are compared.

The bytes of thumbnails differ, since no two encoders write the same; what a client sees of them does not.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from files.app import App
from files.images import bomb, corner, encoded, photo, picture, seen
from harness import http
from harness.server import Product, ketch, pocketbase

SIZES = (
    "0x50",
    "50x0",
    "70x50",
    "70x50t",
    "70x50b",
    "70x50f",
    "300x300",
    "300x300f",
    "0x300",
    "1x1",
    "10x1000",
    "1000x10f",
    "33x17f",
)
NOT_OFFERED = ("1x2", "100x100f", "100X100", "070x50", "70x50x", "nonsense", "")
COMPARED = (
    "content-type",
    "content-disposition",
    "cache-control",
    "content-security-policy",
    "accept-ranges",
    "x-frame-options",
    "vary",
)

_IMAGES = {
    "plain.png": encoded(picture(200, 100), "PNG"),
    "alpha.png": encoded(picture(200, 100, "RGBA"), "PNG"),
    "palette.png": encoded(picture(200, 100, "P"), "PNG"),
    "deep.png": encoded(picture(200, 100, "L").convert("I;16"), "PNG"),
    "tall.png": encoded(picture(60, 180), "PNG"),
    "point.png": encoded(picture(1, 1), "PNG"),
    "plain.jpg": encoded(picture(201, 101), "JPEG"),
    "grey.jpg": encoded(picture(200, 100, "L"), "JPEG"),
    "press.jpg": encoded(picture(200, 100, "CMYK"), "JPEG"),
    "progressive.jpg": encoded(picture(200, 100), "JPEG", progressive=True),
    "plain.gif": encoded(picture(200, 100, "P"), "GIF"),
    "moving.gif": encoded(
        picture(200, 100, "P"), "GIF", save_all=True, append_images=[picture(200, 100, "P").rotate(180)]
    ),
    "plain.webp": encoded(picture(200, 100), "WEBP"),
    "exact.webp": encoded(picture(200, 100, "RGBA"), "WEBP", lossless=True),
    "moving.webp": encoded(picture(200, 100), "WEBP", save_all=True, append_images=[picture(200, 100).rotate(180)]),
    "other.bmp": encoded(picture(200, 100), "BMP"),
    "other.tiff": encoded(picture(200, 100), "TIFF"),
    "really_png.jpg": encoded(picture(200, 100), "PNG"),
    "really_jpg.webp": encoded(picture(200, 100), "JPEG"),
    "text.png": b"not an image",
    "cut.png": encoded(picture(200, 100), "PNG")[:200],
    "cut.jpg": encoded(picture(200, 100), "JPEG")[:900],
    "cut.gif": encoded(picture(200, 100, "P"), "GIF")[:3000],
    "cut.webp": encoded(picture(200, 100), "WEBP")[:600],
    **{f"turned_{orientation}.jpg": photo(orientation) for orientation in range(10)},
}


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[App, App]]:
    """PocketBase and Ketch."""

    def start(product: Product) -> App:
        return App(product, tmp_path_factory.mktemp(product.name) / "home", SIZES)

    with start(pocketbase()) as oracle, start(ketch()) as subject:
        yield oracle, subject


@pytest.fixture(scope="module")
def app(pair: tuple[App, App]) -> App:
    return pair[1]


def _shape(answer: http.Response, name: str, original: bytes) -> dict[str, object]:
    headers = {header: (answer.header(header) or "").replace(name, "NAME") for header in COMPARED}
    what: object = "the file" if answer.body == original else seen(answer.body)
    return {"status": answer.status, "what": what, "length": int(answer.header("content-length") or -1) > 0, **headers}


@pytest.mark.parametrize("image", _IMAGES)
def test_thumbs_are_those_of_pocketbase(pair: tuple[App, App], image: str) -> None:
    content = _IMAGES[image]
    shapes = []
    for app in pair:
        url, name = app.upload(f"image_{image}", content)
        asked = ["100x100", *SIZES, *NOT_OFFERED, "70x50&download=1"]
        shapes.append({size: _shape(app.get(f"{url}?thumb={size}"), name, content) for size in asked})
    assert shapes[1] == shapes[0]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_photos_are_turned_as_pocketbase_turns_them(pair: tuple[App, App], orientation: int) -> None:
    corners = []
    for app in pair:
        url, _ = app.upload("photo.jpg", photo(orientation))
        corners.append(corner(app.get(f"{url}?thumb=70x50").body))
    assert all(abs(one - other) < 24 for one, other in zip(*corners, strict=True)), corners


@pytest.mark.parametrize(("size", "green"), [("70x50", 128), ("70x50t", 30), ("70x50b", 225)])
def test_crops_keep_the_same_part(pair: tuple[App, App], size: str, green: int) -> None:
    for app in pair:
        url, _ = app.upload("tall.png", _IMAGES["tall.png"])
        thumb = app.get(f"{url}?thumb={size}").body
        assert abs(corner(thumb)[1] - green) < 40, app.server.product.name


def test_thumbs_lie_where_pocketbase_keeps_them(pair: tuple[App, App]) -> None:
    """What one server made, the other serves: folders can be exchanged."""
    for app in pair:
        url, name = app.upload("kept.jpg", _IMAGES["plain.jpg"])
        thumb = app.get(f"{url}?thumb=70x50")
        folder = next(app.storage.rglob(f"thumbs_{name}"))
        assert folder.parent / name in set(folder.parent.iterdir())
        assert (folder / f"70x50_{name}").read_bytes() == thumb.body
        assert '"user.content_type":"image/jpeg","user.metadata":{}' in (folder / f"70x50_{name}.attrs").read_text()
        (folder / f"70x50_{name}").write_bytes(b"made before")
        assert app.get(f"{url}?thumb=70x50").body == b"made before"


def test_thumbs_answer_parts_and_conditions(app: App) -> None:
    url, _ = app.upload("parts.png", _IMAGES["plain.png"])
    whole = app.get(f"{url}?thumb=70x50")
    part = app.get(f"{url}?thumb=70x50", {"Range": "bytes=2-9"})
    assert (part.status, part.body) == (206, whole.body[2:10])
    modified = whole.header("last-modified") or ""
    assert app.get(f"{url}?thumb=70x50", {"If-Modified-Since": modified}).status == 304
    assert app.head(f"{url}?thumb=70x50").header("content-length") == str(len(whole.body))


def test_one_thumb_for_all_who_ask_at_once(app: App) -> None:
    url, name = app.upload("wanted.jpg", encoded(picture(1500, 1000), "JPEG"))
    with ThreadPoolExecutor(12) as pool:
        answers = list(pool.map(lambda _: app.get(f"{url}?thumb=70x50"), range(12)))
    assert {answer.status for answer in answers} == {200}
    assert len({answer.body for answer in answers}) == 1
    assert len({answer.header("last-modified") for answer in answers}) == 1
    folder = next(app.storage.rglob(f"thumbs_{name}"))
    assert sorted(path.name for path in folder.iterdir()) == [f"70x50_{name}", f"70x50_{name}.attrs"]


def test_bombs_are_served_as_they_are(app: App) -> None:
    """A few kilobytes that would take gigabytes: nothing is unpacked."""
    content = bomb(60_000, 60_000)
    url, name = app.upload("bomb.png", content)
    before = app.memory_kib()
    for _ in range(3):
        answer = app.get(f"{url}?thumb=70x50")
        assert (answer.status, answer.body) == (200, content)
    assert app.memory_kib() - before < 64 << 10
    assert not list(app.storage.rglob(f"thumbs_{name}"))


def test_thumbs_go_with_their_file(app: App) -> None:
    url, name = app.upload("gone.png", _IMAGES["plain.png"])
    app.get(f"{url}?thumb=70x50")
    record = url.split("/")[-2]
    folder = next(app.storage.rglob(name)).parent
    assert (folder / f"thumbs_{name}").is_dir()
    app.server.admin("PATCH", f"/api/collections/docs/records/{record}", {"file": None})
    assert not (folder / f"thumbs_{name}").exists()
    assert app.get(f"{url}?thumb=70x50").status == 404


def test_a_folder_moves_between_the_servers(pair: tuple[App, App], tmp_path: Path) -> None:
    """PocketBase serves the thumbs that Ketch made, out of the same folder."""
    _, subject = pair
    url, _ = subject.upload("moved.webp", _IMAGES["plain.webp"])
    made = subject.get(f"{url}?thumb=70x50")
    subject.server.stop()
    try:
        home = tmp_path / "home"
        shutil.copytree(subject.server.data_dir, home / "pb_data")
        with App(pocketbase(), home, (), is_new=False) as other:
            served = other.get(f"{url}?thumb=70x50")
            assert (served.body, served.header("content-type")) == (made.body, "image/png")
    finally:
        subject.server.start()
