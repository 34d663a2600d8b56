"""A sheet that shows a proof of delivery: what was delivered, when, and the picture that proves it."""

from collections.abc import Sequence
from io import BytesIO
from typing import Final

from PIL import Image, ImageDraw, ImageFont, ImageOps

WIDTH: Final = 1_000
_MARGIN: Final = 50
_PICTURE_HEIGHT: Final = 900
_TITLE_SIZE, _TEXT_SIZE = 40, 26
_INK, _GREY, _PAPER = "#1a1a1a", "#666666", "#ffffff"


def drawn(title: str, lines: Sequence[tuple[str, str]], picture: bytes | None) -> bytes:
    """A PNG. It names no company: neither the shop's nor ours.

    `picture` was checked and encoded anew when the courier handed it in. Takes some tenths of a second: not for the
    event loop.
    """
    shown = _fitted(picture) if picture else None
    height = 2 * _MARGIN + 2 * _TITLE_SIZE + len(lines) * 2 * _TEXT_SIZE + (shown.height + _MARGIN if shown else 0)
    sheet = Image.new("RGB", (WIDTH, height), _PAPER)
    pen = ImageDraw.Draw(sheet)
    pen.text((_MARGIN, _MARGIN), title, fill=_INK, font=ImageFont.load_default(_TITLE_SIZE))
    font = ImageFont.load_default(_TEXT_SIZE)
    y = _MARGIN + 2 * _TITLE_SIZE
    for label, value in lines:
        pen.text((_MARGIN, y), label, fill=_GREY, font=font)
        pen.text((WIDTH // 3, y), value, fill=_INK, font=font)
        y += 2 * _TEXT_SIZE
    if shown:
        sheet.paste(shown, ((WIDTH - shown.width) // 2, y))
    png = BytesIO()
    sheet.save(png, "PNG", optimize=True)
    return png.getvalue()


def _fitted(picture: bytes) -> Image.Image:
    with Image.open(BytesIO(picture)) as image:
        upright = ImageOps.exif_transpose(image).convert("RGB")
    return ImageOps.contain(upright, (WIDTH - 2 * _MARGIN, _PICTURE_HEIGHT))
