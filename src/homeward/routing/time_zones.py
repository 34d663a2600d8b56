"""A first guess of the time zone of a place."""

import math
import re
from functools import cache
from importlib import resources

from homeward.kit.places import LatLon, great_circle_m

# Zones of single counties, which differ from their neighbours only in the past, would catch half of Ohio.
_OF_A_COUNTY = re.compile(r"America/(Indiana/(?!Indianapolis)|Kentucky/|North_Dakota/)")
_COORDINATE = re.compile(r"([+-]\d{4,6})([+-]\d{5,7})")


def nearest_time_zone(place: LatLon) -> str:
    """The zone whose principal town lies nearest. Near the border of two zones this may be the neighbour's."""
    zones = _zones()
    return min(zones, key=lambda zone: great_circle_m(place, zones[zone]))


@cache
def _zones() -> dict[str, LatLon]:
    """IANA zones by their principal town: the table `zone.tab` of the time zone database."""
    table = resources.files("tzdata.zoneinfo").joinpath("zone.tab").read_text(encoding="utf-8")
    rows = (line.split("\t") for line in table.splitlines() if line and not line.startswith("#"))
    return {row[2]: _place(row[1]) for row in rows if not _OF_A_COUNTY.match(row[2])}


def _place(iso6709: str) -> LatLon:
    match = _COORDINATE.fullmatch(iso6709)
    assert match is not None, iso6709
    return LatLon(_degrees(match[1], whole=2), _degrees(match[2], whole=3))


def _degrees(text: str, whole: int) -> float:
    """±DDMM[SS] or ±DDDMM[SS]."""
    sign, digits = text[0], text[1:]
    minutes = int(digits[whole : whole + 2]) + int(digits[whole + 2 :] or 0) / 60
    return math.copysign(int(digits[:whole]) + minutes / 60, -1.0 if sign == "-" else 1.0)
