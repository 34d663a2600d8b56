"""Logos are drawn anew; nothing but pixels survives."""

import base64
import io

import pytest
from PIL import Image, PngImagePlugin

from homeward.merchants.errors import LogoUnusable
from homeward.merchants.logo import redrawn


def data_url(picture: Image.Image, kind: str = "png", **options: object) -> str:
    out = io.BytesIO()
    picture.save(out, format=kind.upper(), **options)
    return f"data:image/{kind};base64,{base64.b64encode(out.getvalue()).decode()}"


def pixels_of(url: str) -> Image.Image:
    return Image.open(io.BytesIO(base64.b64decode(url.partition(",")[2])))


@pytest.mark.parametrize("kind", ["png", "jpeg", "webp"])
def test_pictures_of_all_kinds_become_png(kind: str) -> None:
    clean = redrawn(data_url(Image.new("RGB", (100, 50), "#336699"), kind))
    assert clean.startswith("data:image/png;base64,")
    assert pixels_of(clean).size == (100, 50)


def test_text_and_other_luggage_stays_behind() -> None:
    info = PngImagePlugin.PngInfo()
    info.add_text("Comment", "<script>alert(1)</script>")
    dirty = data_url(Image.new("RGB", (10, 10)), pnginfo=info)
    assert b"script" in base64.b64decode(dirty.partition(",")[2])
    clean = redrawn(dirty)
    assert b"script" not in base64.b64decode(clean.partition(",")[2])
    assert pixels_of(clean).info == {}


def test_a_see_through_logo_stays_see_through() -> None:
    kept = pixels_of(redrawn(data_url(Image.new("RGBA", (10, 10), (1, 2, 3, 0)))))
    assert kept.getchannel("A").getpixel((5, 5)) == 0


def test_a_large_logo_is_made_small() -> None:
    assert pixels_of(redrawn(data_url(Image.new("L", (4096, 1024))))).size == (480, 120)


def test_no_logo_stays_no_logo() -> None:
    assert redrawn("") == ""


@pytest.mark.parametrize(
    "url",
    [
        "https://elsewhere.example/logo.png",
        "data:image/svg+xml;base64,PHN2Zy8+",
        "data:text/html;base64,PGI+",
        "data:image/png;base64,AAAA",
        "data:image/png;base64,",
        "javascript:alert(1)",
        "data:image/png;base64," + "A" * 800_000,
    ],
)
def test_what_is_no_picture_is_refused(url: str) -> None:
    with pytest.raises(LogoUnusable):
        redrawn(url)


def test_a_picture_with_too_many_pixels_is_refused() -> None:
    with pytest.raises(LogoUnusable, match="4096"):
        redrawn(data_url(Image.new("1", (4097, 1))))


def test_a_picture_that_is_cut_off_is_refused() -> None:
    whole = base64.b64decode(data_url(Image.effect_noise((200, 200), 50)).partition(",")[2])
    cut = base64.b64encode(whole[: len(whole) // 2]).decode()
    with pytest.raises(LogoUnusable):
        redrawn("data:image/png;base64," + cut)
