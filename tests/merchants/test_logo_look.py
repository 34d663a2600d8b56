"""What a merchant is told of a logo before recipients see it."""

import base64
import io

import pytest
from PIL import Image

from homeward.merchants.logo import LogoLook, look_of, redrawn

CLEAR = (0, 0, 0, 0)


def a_logo(ground: tuple[int, int, int, int], mark: tuple[int, int, int, int]) -> str:
    picture = Image.new("RGBA", (200, 100), ground)
    picture.paste(Image.new("RGBA", (100, 50), mark), (50, 25))
    out = io.BytesIO()
    picture.save(out, "PNG")
    return redrawn("data:image/png;base64," + base64.b64encode(out.getvalue()).decode())


def test_a_white_mark_on_nothing_cannot_be_seen_on_white() -> None:
    assert look_of(a_logo(CLEAR, (255, 255, 255, 255))) == LogoLook(200, 100, True, 0.0)


def test_a_dark_mark_on_nothing_is_seen() -> None:
    look = look_of(a_logo(CLEAR, (20, 30, 60, 255)))
    assert look.transparent
    assert look.seen > 0.9


def test_a_mark_on_its_own_dark_ground_is_seen_whatever_its_colour() -> None:
    look = look_of(a_logo((20, 30, 60, 255), (255, 255, 255, 255)))
    assert not look.transparent
    assert look.seen == pytest.approx(0.75, abs=0.08)


def test_an_empty_logo_is_not_seen() -> None:
    assert look_of(a_logo(CLEAR, CLEAR)).seen == 0
