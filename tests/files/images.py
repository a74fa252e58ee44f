"""Images made for tests, and what is found in an answer."""

from __future__ import annotations

import io
import struct
import zlib
from typing import Any

from PIL import Image

ORIENTATION = 0x0112


def picture(width: int, height: int, mode: str = "RGB") -> Image.Image:
    """Gets redder to the right, greener to the bottom."""
    colors = bytes(
        channel
        for y in range(height)
        for x in range(width)
        for channel in (x * 255 // max(1, width - 1), y * 255 // max(1, height - 1), 128)
    )
    return Image.frombytes("RGB", (width, height), colors).convert(mode)


def encoded(image: Image.Image, kind: str, **options: Any) -> bytes:
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def photo(orientation: int, width: int = 120, height: int = 60) -> bytes:
    """A JPEG whose EXIF data tell how it is to be turned."""
    exif = Image.Exif()
    exif[ORIENTATION] = orientation
    return encoded(picture(width, height), "JPEG", exif=exif, quality=90)


def bomb(width: int, height: int) -> bytes:
    """A small PNG that is very large when it is unpacked: one bit a pixel, all of them black."""
    packer = zlib.compressobj(9)
    line = bytes(1 + (width + 7) // 8)
    data = b"".join(packer.compress(line) for _ in range(height)) + packer.flush()

    def chunk(kind: bytes, content: bytes) -> bytes:
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))

    header = struct.pack(">IIBBBBB", width, height, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", data) + chunk(b"IEND", b"")


def seen(content: bytes) -> tuple[str, tuple[int, int], int]:
    """Format, size and number of pictures."""
    with Image.open(io.BytesIO(content)) as image:
        image.load()
        return str(image.format), image.size, int(getattr(image, "n_frames", 1))


def corner(content: bytes) -> tuple[int, int, int]:
    """The color near the upper left corner."""
    with Image.open(io.BytesIO(content)) as image:
        red, green, blue = image.convert("RGB").getpixel((1, 1))  # type: ignore[misc]
        return int(red), int(green), int(blue)
