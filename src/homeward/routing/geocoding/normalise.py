"""One spelling for every way to write the same street. Pure; applied to the index when it is loaded and to every query.

Every step maps its own result to itself, so normalising twice changes nothing.
"""

import re
import unicodedata
from functools import lru_cache
from typing import Final

from rapidfuzz.distance import OSA

from homeward.routing.geocoding.words import (
    DIRECTIONS,
    FILLERS,
    LEADING_TYPES,
    OTHER_WORDS,
    ROAD_PREFIXES,
    STREET_TYPES,
    TENS,
    TYPES,
    US_STATES,
)

_LETTERS: Final = str.maketrans(
    {"ß": "ss", "ø": "o", "æ": "a", "œ": "o", "ł": "l", "đ": "d", "ı": "i", "þ": "th", "ð": "d"}
)
_ELISION: Final = re.compile(r"\b[dl]['’`´](?=\w)")
_APOSTROPHES: Final = re.compile(r"['’`´ʼ]")
_ORDINAL_MARK: Final = re.compile(r"(\d+)\s?[ºª°]")
_ORDINAL: Final = re.compile(r"^(\d{1,3})(?:st|nd|rd|th|er|ere|re|eme)$")
_NOT_WORD: Final = re.compile(r"[^a-z0-9]+")
_UMLAUT_E: Final = re.compile(r"([aou])e+")
# German joins the type to the name: Hauptstrasse, Hauptstr. Three letters before it keep "astr" whole.
_JOINED: Final = re.compile(r"^([a-z]{3,}?)(strasse|strase|str)$")
_JOINED_ABBREVIATION: Final = re.compile(r"(?<=[^\W\d_]{3})(g|pl)\.(?=[\s,]|$)")
_LONGER: Final = {"g": "gasse", "pl": "platz"}
_ROUTE_NUMBER: Final = re.compile(r"^\d{1,4}[a-z]?$")
# These stay as they are: "avenue" has no umlaut.
_KNOWN: Final = frozenset({*STREET_TYPES, *OTHER_WORDS})
_BEFORE_ROUTE_NUMBER: Final = frozenset({"rte", "hwy", *ROAD_PREFIXES, *US_STATES})


def fold(text: str) -> str:
    """Lower case ASCII words: no accents, no punctuation."""
    text = _ORDINAL_MARK.sub(r"\1er", text)  # before NFKD turns the mark into a letter of the number
    text = _JOINED_ABBREVIATION.sub(lambda short: _LONGER[short[1]], text.casefold())
    text = unicodedata.normalize("NFKD", text).translate(_LETTERS)
    text = "".join(char for char in text if not unicodedata.combining(char))
    text = _APOSTROPHES.sub("", _ELISION.sub("", text))
    return _NOT_WORD.sub(" ", text).strip()


@lru_cache(maxsize=16_384)
def normalise(text: str) -> str:
    """The form in which streets and cities are stored and compared; empty if nothing in `text` is a letter or digit."""
    words = [
        part
        for word in fold(text).split()
        for part in _split_joined(plain_vowels(word) if word not in _KNOWN else word)
    ]
    words = [word for word in words if word not in FILLERS] or words
    return " ".join(_routes([_short(word) for word in _join_tens(words)]))


def core(norm_street: str) -> tuple[str, str, str]:
    """(name, type, direction) of a normalised street: "n main st" → ("main", "st", "n"). The name is never empty."""
    words = norm_street.split()
    direction = kind = ""
    for end in (-1, 0):
        rest = words[:-1] if end else words[1:]
        # In "North Street" the direction is the name.
        if words and words[end] in DIRECTIONS and not direction and any(word not in TYPES for word in rest):
            direction, words = words[end], rest
    if len(words) > 1 and words[0] != "rte":  # "rte 7" without its first word would be a bare number
        if words[-1] in TYPES:
            kind = words.pop()
        elif words[0] in LEADING_TYPES:
            kind = words.pop(0)
    return " ".join(words), kind, direction


def squeezed(norm: str) -> str:
    """Without spaces: "rosen weg" and "rosenweg" are the same to who types them."""
    return norm.replace(" ", "")


def normal_postcode(text: str) -> str:
    """Compared form: no spaces or dashes, no leading zeros (spreadsheets eat them), nine US digits cut to five."""
    code = re.sub(r"[^A-Z0-9]", "", text.upper())
    if len(code) == 9 and code.isdigit():
        code = code[:5]
    return code.lstrip("0")


def plain_vowels(word: str) -> str:
    """ä, ae and a become the same letter."""
    return _UMLAUT_E.sub(r"\1", word)


def _split_joined(word: str) -> list[str]:
    ends: list[str] = []
    while joined := _without_strasse(word):
        word = joined
        ends.append("strasse")
    return [word, *ends]


def _without_strasse(word: str) -> str:
    """The name before -strasse, -str or a -strasse with one typo in it; empty if there is none.

    The typo must be mended here: joined, it would hide the one word that tells where the name ends.
    """
    if joined := _JOINED.match(word):
        return joined[1]
    if len(word) < 9 or not word.isalpha():
        return ""
    best = min((7, 8, 6), key=lambda length: OSA.distance(word[-length:], "strasse"))
    return word[:-best] if OSA.distance(word[-best:], "strasse") == 1 else ""


def _short(word: str) -> str:
    if ordinal := _ORDINAL.match(word):
        return _ordinal(int(ordinal[1]))
    return STREET_TYPES.get(word) or OTHER_WORDS.get(word) or word


def _join_tens(words: list[str]) -> list[str]:
    """ "twenty second" → "22nd"."""
    joined: list[str] = []
    for word in words:
        ordinal = _ORDINAL.match(OTHER_WORDS.get(word, ""))
        if joined and joined[-1] in TENS and ordinal and int(ordinal[1]) < 10:
            joined[-1] = _ordinal(TENS[joined[-1]] + int(ordinal[1]))
        else:
            joined.append(word)
    return joined


def _ordinal(number: int) -> str:
    teens = 10 <= number % 100 <= 20
    return f"{number}{'th' if teens else {1: 'st', 2: 'nd', 3: 'rd'}.get(number % 10, 'th')}"


def _routes(words: list[str]) -> list[str]:
    """ "vt rte 100", "state hwy 100", "us 100" and "rte 100" name one road: `rte 100`."""
    result: list[str] = []
    for word in words:
        before = len(result)
        while _ROUTE_NUMBER.match(word) and result and result[-1] in _BEFORE_ROUTE_NUMBER:
            result.pop()
        result += [word] if len(result) == before else ["rte", word]
    return result
