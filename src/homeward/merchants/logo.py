"""Logos are drawn anew from their pixels, so that nothing a file may carry besides reaches a shopper's browser.

SVG is refused: it can hold scripts and links, and a page in the merchant's name must not load anything from elsewhere.
"""

import base64
import binascii
import io
import re
import warnings
from dataclasses import dataclass
from typing import Final

from PIL import Image, UnidentifiedImageError

from homeward.merchants.errors import LogoUnusable
from homeward.merchants.policy import contrast

MOST_BYTES: Final = 512 * 1024
_MOST_SIDE: Final = 4096
_SHOWN_WIDTH: Final = 480
_SHOWN_HEIGHT: Final = 160
_DATA_URL: Final = re.compile(r"data:image/(png|jpeg|webp);base64,([A-Za-z0-9+/=\s]+)")


_LOOKED_AT: Final = (96, 32)
_SEEN_FROM: Final = 128
_LEAST_MARK: Final = 3.0
"""WCAG 2.2, criterion 1.4.11: what a picture says must differ from the ground so much."""


@dataclass(frozen=True, slots=True)
class LogoLook:
    """How a logo stands on the white ground that the pages give it, by day and by night.

    `seen` is the part of its visible pixels, 0 to 1, that differs enough from white.
    """

    width: int
    height: int
    transparent: bool
    seen: float


def look_of(data_url: str) -> LogoLook:
    """Of a logo as `redrawn` leaves it."""
    picture = Image.open(io.BytesIO(base64.b64decode(data_url.partition(",")[2]))).convert("RGBA")
    small = picture.copy()
    small.thumbnail(_LOOKED_AT)
    counted = small.getcolors(_LOOKED_AT[0] * _LOOKED_AT[1]) or []
    visible = [(count, pixel) for count, pixel in counted if isinstance(pixel, tuple) and pixel[3] >= _SEEN_FROM]
    differing = sum(
        count
        for count, (red, green, blue, _) in visible
        if contrast(f"#{red:02x}{green:02x}{blue:02x}", "#ffffff") >= _LEAST_MARK
    )
    whole = sum(count for count, _ in visible)
    transparent = any(picture.getchannel("A").point(lambda alpha: 255 - alpha).tobytes())
    return LogoLook(picture.width, picture.height, transparent, differing / whole if whole else 0.0)


def redrawn(data_url: str) -> str:
    """A PNG of at most 480 × 160 pixels as a data URL, without any metadata. "" stays "".

    Raises
    ------
    LogoUnusable
        If it is no picture of the allowed kinds and sizes.
    """
    if not data_url:
        return ""
    # About a third longer than the bytes it holds; checked before anything is decoded.
    if len(data_url) > MOST_BYTES * 4 // 3 + 64:
        raise LogoUnusable(f"it has more than {MOST_BYTES // 1024} kB")
    parts = _DATA_URL.fullmatch(data_url)
    if parts is None:
        raise LogoUnusable("it is no data URL of a PNG, JPEG or WebP picture")
    try:
        content = base64.b64decode(parts[2], validate=False)
        with warnings.catch_warnings():
            warnings.simplefilter("error", Image.DecompressionBombWarning)
            picture = Image.open(io.BytesIO(content), formats=("PNG", "JPEG", "WEBP"))
        if max(picture.size) > _MOST_SIDE:
            raise LogoUnusable(f"it is larger than {_MOST_SIDE} pixels a side")
        pixels = picture.convert("RGBA")
    except (binascii.Error, UnidentifiedImageError, OSError, SyntaxError, ValueError, Image.DecompressionBombWarning,
            Image.DecompressionBombError) as cause:  # fmt: skip
        raise LogoUnusable("it is damaged or no picture") from cause
    pixels.thumbnail((_SHOWN_WIDTH, _SHOWN_HEIGHT))
    # A new picture: `save` would carry text chunks of the old one over.
    clean = Image.new("RGBA", pixels.size)
    clean.paste(pixels)
    out = io.BytesIO()
    clean.save(out, format="PNG", optimize=True)
    return "data:image/png;base64," + base64.b64encode(out.getvalue()).decode()
