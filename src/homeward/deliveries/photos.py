"""Pictures from phones: checked before they are decoded, then encoded anew, so that nothing but the picture remains."""

import asyncio
from dataclasses import dataclass
from io import BytesIO
from typing import Final

from PIL import Image, ImageOps, UnidentifiedImageError

from homeward.deliveries.errors import PhotoRefused

MAX_BYTES: Final = 10_000_000
MAX_PIXELS: Final = 25_000_000
FORMATS: Final = ("JPEG", "PNG", "WEBP")
MEDIA_TYPE: Final = "image/jpeg"

_LONGEST_SIDE_PX: Final = 1_600  # a label stays readable, and a photo stays near 300 kB
_QUALITY: Final = 82
# Decoding is the only heavy thing the web process does; two at a time keep the rest answering.
_DECODERS: Final = asyncio.Semaphore(2)


@dataclass(frozen=True, slots=True)
class CleanPhoto:
    content: bytes
    width: int
    height: int


async def clean(content: bytes) -> CleanPhoto:
    """The picture as a plain JPEG, off the event loop. Raises PhotoRefused."""
    if len(content) > MAX_BYTES:
        raise PhotoRefused("bytes", MAX_BYTES, len(content))
    async with _DECODERS:
        return await asyncio.to_thread(reencode, content)


def reencode(content: bytes) -> CleanPhoto:
    """Only the pixels survive: no position, no camera, no thumbnail, no trailing data.

    Raises
    ------
    PhotoRefused
        For another format, more than 25 megapixels (read from the header, before decoding), or a broken file.
    """
    try:
        with Image.open(BytesIO(content), formats=FORMATS) as image:
            pixels = image.width * image.height
            if pixels > MAX_PIXELS:
                raise PhotoRefused("pixels", MAX_PIXELS, pixels)
            return _as_jpeg(image)
    except UnidentifiedImageError as cause:
        raise PhotoRefused("format", ", ".join(FORMATS), "something else") from cause
    except Image.DecompressionBombError as cause:
        raise PhotoRefused("pixels", MAX_PIXELS, "far more") from cause
    except (OSError, SyntaxError, ValueError) as cause:
        raise PhotoRefused("content", "an intact picture", "a broken one") from cause


def _as_jpeg(image: Image.Image) -> CleanPhoto:
    image.draft("RGB", (_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))
    upright = ImageOps.exif_transpose(image)
    upright.thumbnail((_LONGEST_SIDE_PX, _LONGEST_SIDE_PX))
    # A signature comes as ink on nothing: put paper under it.
    flat = Image.new("RGB", upright.size, "white")
    inked = upright.convert("RGBA")
    flat.paste(inked, mask=inked.getchannel("A"))
    out = BytesIO()
    flat.save(out, "JPEG", quality=_QUALITY)
    return CleanPhoto(out.getvalue(), flat.width, flat.height)
