"""Whether a brand can be read wherever the shopper's pages use it, and the nearest colour that can. Pure.

The pages mix the brand with the surface below and the ink upon it (`tracking.css`); the same mixing is done here. A
test reads the style sheets and fails when the two part.
"""

import colorsys
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from homeward.merchants.policy import LEAST_CONTRAST, contrast, readable_text_colour

LEAST_MARK: Final = 3.0
"""WCAG 2.2, criterion 1.4.11: marks and focus rings."""

DAY: Final = {"bg": "#f6f7f9", "surface": "#ffffff", "ink": "#161b26"}
NIGHT: Final = {"bg": "#0f1218", "surface": "#171b23", "ink": "#eceff5"}
INK_DAY: Final = 82
FOCUS_DAY: Final = 75
INK_NIGHT: Final = 35
MARK_NIGHT: Final = 55
"""Hundredths of the brand in a mix, the rest is ink."""

_STEPS: Final = 250


@dataclass(frozen=True, slots=True)
class Check:
    """One use of the brand: the ratio there and the least that can be read."""

    use: str
    ratio: float
    least: float
    front: str
    back: str

    @property
    def passes(self) -> bool:
        return self.ratio >= self.least


@dataclass(frozen=True, slots=True)
class Colours:
    colour: str
    text_colour: str


def mixed(colour: str, other: str, hundredths: int) -> str:
    """So much of `colour`, the rest of `other`, as `color-mix(in srgb, …)` does."""
    pairs = zip(_channels(colour), _channels(other), strict=True)
    return _hex(*((a * hundredths + b * (100 - hundredths)) / 100 for a, b in pairs))


def checks_of(colours: Colours) -> tuple[Check, ...]:
    """Every use on the shopper's pages, day and night, in the order in which one sees them."""
    brand, on = colours.colour, colours.text_colour
    return (
        _check("Words on the band and on buttons", on, brand, LEAST_CONTRAST),
        _check("Links, by day", mixed(brand, DAY["ink"], INK_DAY), DAY["bg"], LEAST_CONTRAST),
        _check("Links, by night", mixed(brand, NIGHT["ink"], INK_NIGHT), NIGHT["surface"], LEAST_CONTRAST),
        _check("Steps, by day", brand, DAY["surface"], LEAST_MARK),
        _check("Steps, by night", mixed(brand, NIGHT["ink"], MARK_NIGHT), NIGHT["surface"], LEAST_MARK),
        _check("Frame of what has the focus, by day", mixed(brand, DAY["ink"], FOCUS_DAY), DAY["bg"], LEAST_MARK),
        _check("Frame of what has the focus, by night", mixed(brand, NIGHT["ink"], INK_NIGHT), NIGHT["bg"], LEAST_MARK),
    )


def nearest_that_passes(colours: Colours) -> Colours | None:
    """The same hue, as little lighter or darker as is needed; the text is kept where any lightness suits it.

    None if nothing has to change.
    """
    if all(check.passes for check in checks_of(colours)):
        return None
    kept = _nearest(colours.colour, lambda _: colours.text_colour)
    return kept or _nearest(colours.colour, readable_text_colour)


def _nearest(colour: str, text_on: Callable[[str], str]) -> Colours | None:
    hue, lightness, saturation = colorsys.rgb_to_hls(*(channel / 255 for channel in _channels(colour)))
    for lighter in sorted((step / _STEPS for step in range(_STEPS + 1)), key=lambda asked: abs(asked - lightness)):
        found = _hex(*(channel * 255 for channel in colorsys.hls_to_rgb(hue, lighter, saturation)))
        if all(check.passes for check in checks_of(Colours(found, text_on(found)))):
            return Colours(found, text_on(found))
    return None


def _check(use: str, front: str, back: str, least: float) -> Check:
    return Check(use, contrast(front, back), least, front, back)


def _channels(colour: str) -> tuple[int, int, int]:
    return int(colour[1:3], 16), int(colour[3:5], 16), int(colour[5:7], 16)


def _hex(*channels: float) -> str:
    return "#" + "".join(f"{round(channel):02x}" for channel in channels)
