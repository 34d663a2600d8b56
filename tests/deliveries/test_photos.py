"""Pictures from phones: what is taken, what is refused, and that nothing but the picture is kept."""

import struct
import zlib
from io import BytesIO
from typing import Any

import numpy as np
import pytest
from PIL import Image, PngImagePlugin

from homeward.deliveries.errors import PhotoRefused
from homeward.deliveries.photos import MAX_BYTES, MAX_PIXELS, clean, reencode

SECRET = b"52.5200N 13.4050E secret"


def a_picture(kind: str, size: tuple[int, int] = (40, 20), **options: Any) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "red").save(out, kind, **options)
    return out.getvalue()


def an_empty_png(width: int, height: int) -> bytes:
    """A PNG whose header promises this size, with hardly any data behind it: a decompression bomb."""

    def chunk(name: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + name + data + struct.pack(">I", zlib.crc32(name + data))

    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"")) + chunk(b"IEND", b"")


def with_metadata(kind: str) -> bytes:
    exif = Image.Exif()
    exif[0x010E] = SECRET.decode()  # ImageDescription
    exif[0x0112] = 6  # turned by a quarter
    options: dict[str, Any] = {"exif": exif}
    if kind == "PNG":
        info = PngImagePlugin.PngInfo()
        info.add_text("Comment", SECRET.decode())
        options["pnginfo"] = info
    if kind == "JPEG":
        options["comment"] = SECRET
    if kind == "WEBP":
        options["xmp"] = SECRET
    return a_picture(kind, **options) + SECRET


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP"])
def test_nothing_but_the_picture_remains(kind: str) -> None:
    dirty = with_metadata(kind)
    assert SECRET in dirty
    photo = reencode(dirty)
    kept = Image.open(BytesIO(photo.content))
    assert kept.format == "JPEG"
    assert b"secret" not in photo.content
    assert not kept.getexif()
    assert kept.size == (20, 40), "the turn that the metadata asked for is made before it goes"


@pytest.mark.parametrize(
    ("content", "limit"),
    [
        (a_picture("GIF"), "format"),
        (a_picture("TIFF"), "format"),
        (a_picture("BMP"), "format"),
        (b"<svg xmlns='http://www.w3.org/2000/svg'/>", "format"),
        (b"%!PS-Adobe-3.0 EPSF-3.0", "format"),
        (b"", "format"),
        (a_picture("JPEG", (400, 400))[:700], "content"),
        (a_picture("PNG", (400, 400))[:60], "content"),
        (an_empty_png(5_001, 5_000), "pixels"),
        (an_empty_png(60_000, 60_000), "pixels"),
    ],
    ids=["gif", "tiff", "bmp", "svg", "postscript", "empty", "half a jpeg", "half a png", "just too large", "a bomb"],
)
def test_what_is_not_an_intact_picture_of_a_usual_kind_is_refused(content: bytes, limit: str) -> None:
    with pytest.raises(PhotoRefused) as refusal:
        reencode(content)
    assert refusal.value.limit == limit


def test_a_picture_at_the_limit_of_pixels_is_taken() -> None:
    assert MAX_PIXELS == 5_000 * 5_000
    photo = reencode(a_picture("JPEG", (5_000, 5_000), quality=1))
    assert max(photo.width, photo.height) == 1_600


async def test_too_many_bytes_are_refused_unread() -> None:
    with pytest.raises(PhotoRefused) as refusal:
        await clean(bytes(MAX_BYTES + 1))
    assert refusal.value.limit == "bytes"


def test_a_signature_on_nothing_becomes_ink_on_paper() -> None:
    ink = Image.new("RGBA", (30, 30), (0, 0, 0, 0))
    ink.paste((0, 0, 0, 255), (10, 10, 20, 20))
    out = BytesIO()
    ink.save(out, "PNG")
    kept = np.asarray(Image.open(BytesIO(reencode(out.getvalue()).content)).convert("L"))
    assert kept[2, 2] > 240
    assert kept[15, 15] < 40
