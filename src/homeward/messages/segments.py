"""How many text messages a text takes on its way. Pure. Source: 3GPP TS 23.038 (alphabets), TS 23.040 (long texts)."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

_BASIC: Final = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿"
    "abcdefghijklmnopqrstuvwxyzäöñüà"
)
_ESCAPED: Final = frozenset("\f^{}\\[~]|€")
"""Two places each: an escape and a character."""
_ROOM: Final[dict[str, tuple[int, int]]] = {"GSM-7": (160, 153), "UCS-2": (70, 67)}
"""Places in a text that goes alone, and in each part of a longer one, whose header takes seven (or three)."""


@dataclass(frozen=True, slots=True)
class Length:
    """`places` of the alphabet that a text fills, in so many `segments`; each of them is paid for.

    `outside` are the characters that no GSM telephone alphabet has, in order: one is enough for UCS-2.
    """

    alphabet: Literal["GSM-7", "UCS-2"]
    places: int
    segments: int
    outside: tuple[str, ...] = ()


def length_of(text: str) -> Length:
    """What `text` takes; an empty one is one segment, as networks bill it."""
    outside = tuple(dict.fromkeys(ch for ch in text if ch not in _BASIC and ch not in _ESCAPED))
    if outside:
        return _counted("UCS-2", [len(ch.encode("utf-16-be")) // 2 for ch in text], outside)
    return _counted("GSM-7", [2 if ch in _ESCAPED else 1 for ch in text], ())


def _counted(alphabet: Literal["GSM-7", "UCS-2"], widths: Sequence[int], outside: tuple[str, ...]) -> Length:
    alone, part = _ROOM[alphabet]
    places = sum(widths)
    if places <= alone:
        return Length(alphabet, places, 1, outside)
    segments, filled = 1, 0
    for width in widths:
        # A character of two places is never cut in half: it begins the next part.
        if filled + width > part:
            segments, filled = segments + 1, 0
        filled += width
    return Length(alphabet, places, segments, outside)
