"""Completing an address while it is typed. Pure."""

import re
from collections.abc import Sequence
from typing import Final

from rapidfuzz import fuzz

from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding.normalise import fold, normalise
from homeward.routing.geocoding.policy import Street
from homeward.routing.geocoding.words import OTHER_WORDS, STREET_TYPES

_NUMBER_FIRST: Final = re.compile(r"^\s*(\d{1,6}[a-z]?(?:-\d{1,5})?)[\s,]+(?=\S)", re.IGNORECASE)
_NUMBER_LAST: Final = re.compile(r"[\s,]+(\d{1,5}\s?[a-z]?)\s*$", re.IGNORECASE)
_ROUTE: Final = re.compile(r"\b(route|rte|rt|highway|hwy|us|vt)[\s-]+$", re.IGNORECASE)


def split_number(text: str) -> tuple[str, str]:
    """(house number, the words): "12 main" and "Hauptstr 12"; the 7 of "Route 7" is no house number."""
    street_part = text.split(",", maxsplit=1)[0]
    if first := _NUMBER_FIRST.match(text):
        return first[1].lower(), text[first.end() :]
    last = _NUMBER_LAST.search(street_part)
    if last and not _ROUTE.search(street_part[: last.start()] + " "):
        return last[1].replace(" ", "").lower(), street_part[: last.start()] + text[len(street_part) :]
    return "", text


def prefixes(words: str) -> list[str]:
    """Beginnings of normalised streets that the words may become; the last word may be unfinished."""
    street = words.split(",", maxsplit=1)[0]
    whole = normalise(street)
    done, _, last = fold(street).rpartition(" ")
    before = normalise(done) + " " if done else ""
    found = [whole, before + last]
    # "main stre" is on its way to "main street", which the index calls "main st".
    shorts = {short for table in (STREET_TYPES, OTHER_WORDS) for long, short in table.items() if long.startswith(last)}
    if len(last) >= 2:
        found += sorted(before + short for short in shorts)
    # German joins the type to the name: "hauptst" is on its way to "haupt st".
    for length in range(len(last) - 1, 2, -1):
        if "strasse".startswith(last[length:]):
            found.append(before + last[:length] + " st")
    return list(dict.fromkeys(prefix for prefix in found if prefix))


def completions(streets: Sequence[Street], words: str, near: LatLon | None, limit: int) -> list[Street]:
    """The likeliest streets, one per name and city, the nearest of equals first."""
    street, _, city = words.partition(",")
    wanted, wanted_city = normalise(street), normalise(city)

    def order(candidate: Street) -> tuple[float, float, str, str]:
        likeness = fuzz.partial_ratio(wanted, f"{candidate.norm_street} {candidate.norm_city}")
        begins = 25.0 if candidate.norm_street.startswith(wanted[:3]) else 0.0
        in_city = fuzz.partial_ratio(wanted_city, candidate.norm_city) if wanted_city else 0.0
        far_m = great_circle_m(candidate.place, near) if near else float(len(candidate.norm_street))
        return (-(likeness + begins + in_city), far_m, candidate.norm_street, candidate.city)

    chosen: dict[tuple[str, str], Street] = {}
    for candidate in sorted(streets, key=order):
        chosen.setdefault((candidate.norm_street, candidate.city), candidate)
    return list(chosen.values())[:limit]
