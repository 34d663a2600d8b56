"""What is asked of a geocoder and what it answers. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final, Literal, Protocol

from homeward.kit.places import LatLon

Precision = Literal["exact", "near_number", "interpolated", "street", "city"]
"""How the place was found: the very door; the next door on the same street; between two doors; a middle point of the
street; a middle point of the city."""

CERTAIN: Final = 0.8
"""From this confidence on nobody is asked to confirm the pin."""

MAX_TEXT: Final = 300
"""Characters of one query, all fields together. The longest real addresses have about half of it."""


@dataclass(frozen=True, slots=True)
class AddressQuery:
    """An address as somebody wrote it: one text, or fields. Fields win where both are given."""

    text: str = ""
    street: str = ""  # may hold the number too
    number: str = ""
    unit: str = ""
    city: str = ""
    postcode: str = ""

    @property
    def length(self) -> int:
        return sum(map(len, (self.text, self.street, self.number, self.unit, self.city, self.postcode)))


@dataclass(frozen=True, slots=True)
class Match:
    """One place that the query may mean; `confidence` in [0, 1] is the chance that the door is within 50 m of it."""

    place: LatLon
    label: str
    street: str
    number: str
    unit: str
    city: str
    postcode: str
    confidence: float
    precision: Precision
    market_id: str | None

    @property
    def certain(self) -> bool:
        return self.confidence >= CERTAIN


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A completion of what was typed so far; `text` may be searched for as it stands. `place` is that of the number, or
    a middle point of the street."""

    text: str
    street: str
    number: str
    city: str
    postcode: str
    place: LatLon


class Geocoder(Protocol):
    """Ours and those of others. Raises AddressTooLong, and GeocoderFailed if an outside service does not answer."""

    async def find(
        self, market_id: str | None, query: AddressQuery, near: LatLon | None = None, limit: int = 5
    ) -> list[Match]:
        """Best first; empty if nothing is like it. `near` breaks ties between streets of one name."""
        ...

    async def suggest(
        self, market_id: str | None, text: str, near: LatLon | None = None, limit: int = 8
    ) -> list[Suggestion]: ...

    async def reverse(self, market_id: str, place: LatLon) -> Match | None:
        """The address nearest to a place, or None if there is none close by."""
        ...


@dataclass(frozen=True, slots=True)
class City:
    """A city of the index: `names` as written there; place and reach of its streets."""

    norm: str
    names: tuple[str, ...]
    place: LatLon
    streets: int
    market_id: str


@dataclass(frozen=True, slots=True)
class Gazetteer:
    """The cities and postcodes of one market (or of all): small enough to keep in memory, so that the parser can tell a
    city from a street and a postcode from a house number."""

    cities: Mapping[str, City] = field(default_factory=dict)  # by normalised name
    postcodes: frozenset[str] = frozenset()  # in normal form


def one_line(street: str, number: str, unit: str, city: str, postcode: str) -> str:
    """As it is written on an envelope of the place: the number goes behind where the postcode goes before the city."""
    # Four-digit postcodes are those of countries that write "Hauptstrasse 12, 9490 Vaduz"; an own rule of each
    # country would need to know the country.
    number_last = len(postcode) == 4
    door = " ".join(part for part in ((street, number) if number_last else (number, street)) if part)
    if unit:
        door += f" #{unit}" if not number_last else f"/{unit}"
    where = " ".join(part for part in ((postcode, city) if number_last else (city, postcode)) if part)
    return ", ".join(part for part in (door, where) if part)
