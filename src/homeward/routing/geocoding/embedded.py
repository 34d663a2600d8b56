"""Our own geocoder, over the address index of the installation's markets."""

import time
from collections.abc import Callable, Sequence
from math import inf
from typing import Final

from rapidfuzz import fuzz, process

from homeward.infra.db import Database
from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding import policy
from homeward.routing.geocoding.doors import Door, find_door, leading_integer
from homeward.routing.geocoding.errors import AddressTooLong
from homeward.routing.geocoding.model import MAX_TEXT, AddressQuery, Gazetteer, Match, Precision, Suggestion, one_line
from homeward.routing.geocoding.normalise import core, fold, normalise
from homeward.routing.geocoding.parse import Reading, readings
from homeward.routing.geocoding.policy import Candidate, Located, Street
from homeward.routing.geocoding.repository import AddressIndex, Where, address_index
from homeward.routing.geocoding.suggestions import completions, prefixes, split_number

_GAZETTEER_FOR_S: Final = 30.0  # an import shows in queries after at most this long
_ALMOST_AS_WRITTEN: Final = 1.0  # above this cost it is worth comparing all streets of the city
_GOOD_ENOUGH: Final = 3.5  # above this cost it is worth looking at the whole market
_MOST_STREETS_OF_A_CITY: Final = 6_000
_LOCATED: Final = 50  # candidates whose doors are looked up
_WITHIN: Final = 7.0  # candidates that cost this much more than the best do not matter
_REVERSE_REACH_M: Final = 300.0
_CITY_CONFIDENCE: Final = 0.2


class EmbeddedGeocoder:
    """Implements `Geocoder`. Needs nothing but the database; safe to share between requests."""

    def __init__(self, db: Database, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._db = db
        self._monotonic = monotonic
        self._gazetteers: dict[str | None, tuple[float, Gazetteer]] = {}

    async def find(
        self, market_id: str | None, query: AddressQuery, near: LatLon | None = None, limit: int = 5
    ) -> list[Match]:
        if query.length > MAX_TEXT:
            raise AddressTooLong(query.length, MAX_TEXT)
        async with address_index(self._db) as index:
            return await self._find(index, market_id, query, near, limit)

    async def _find(
        self, index: AddressIndex, market_id: str | None, query: AddressQuery, near: LatLon | None, limit: int
    ) -> list[Match]:
        known = await self._gazetteer(index, market_id)
        read = readings(query, known)
        with_street = [reading for reading in read if reading.street]
        if read and not read[0].street:
            cities = _city_matches(read[0], known)
            if cities:
                return cities[:limit]
        if not with_street:
            return []
        candidates = await _candidates(index, market_id, with_street, known, near)
        located = await _locate(index, policy.with_near(candidates, near))
        return _matches(located, limit)

    async def suggest(
        self, market_id: str | None, text: str, near: LatLon | None = None, limit: int = 8
    ) -> list[Suggestion]:
        if len(text) > MAX_TEXT:
            raise AddressTooLong(len(text), MAX_TEXT)
        number, words = split_number(text)
        if len(fold(words)) < 2:
            return []
        async with address_index(self._db) as index:
            streets = await index.beginning_with(market_id, prefixes(words), near)
            if len(streets) < limit:
                more = await index.having_words(market_id, normalise(words))
                streets += [street for street in more if street not in streets]
            chosen = completions(streets, words, near, limit)
            doors = await _doors(index, [(street, number, "") for street in chosen])
        if chosen:
            return [_suggestion(street, number, door) for street, door in zip(chosen, doors, strict=True)]
        # Nothing begins like this: perhaps a slip of the pen, which the search forgives and completing does not.
        meant = await self.find(market_id, AddressQuery(text=text), near, limit)
        return [_suggested(match) for match in meant if match.precision != "city"]

    async def reverse(self, market_id: str, place: LatLon) -> Match | None:
        async with address_index(self._db) as index:
            around = await index.nearest(market_id, place)
        if not around:
            return None
        street, number, unit, at = min(around, key=lambda door: great_circle_m(door[3], place))
        distance_m = great_circle_m(at, place)
        if distance_m > _REVERSE_REACH_M:
            return None
        label = one_line(street.street, number, unit, street.city, street.postcode)
        confidence = round(max(0.05, 1 - distance_m / _REVERSE_REACH_M), 3)
        precision: Precision = "exact" if distance_m <= 50 else "near_number"
        return Match(
            at, label, street.street, number, unit, street.city, street.postcode, confidence, precision,
            street.market_id,
        )  # fmt: skip

    def forget(self) -> None:
        """Read cities and postcodes anew: called after an import in this process."""
        self._gazetteers.clear()

    async def _gazetteer(self, index: AddressIndex, market_id: str | None) -> Gazetteer:
        read_at, known = self._gazetteers.get(market_id, (-inf, Gazetteer()))
        if self._monotonic() - read_at > _GAZETTEER_FOR_S:
            known = await index.gazetteer(market_id)
            self._gazetteers[market_id] = (self._monotonic(), known)
        return known


async def _candidates(
    index: AddressIndex, market_id: str | None, read: Sequence[Reading], known: Gazetteer, near: LatLon | None
) -> list[Candidate]:
    """Streets that may be meant, cheapest search first: the very name, any name in the place, any like name at all."""
    where = Where(
        sorted({name for r in read if r.city in known.cities for name in known.cities[r.city].names})
        or _alike_cities(read, known),
        _spellings({r.postcode for r in read if r.postcode}),
        near,
    )
    names = list(dict.fromkeys(reading.street for reading in read))
    found = _costed(read, await index.streets_named(market_id, names, where), known)
    if _least(found) > _ALMOST_AS_WRITTEN and (where.cities or where.postcodes):
        found += _costed(read, await _streets_of_place(index, market_id, names, where), known)
    if _least(found) > _GOOD_ENOUGH:
        found += _costed(read, await index.streets_like(market_id, _plausible(names), where), known)
    once = {(c.street.id, c.reading): c for c in found}
    return sorted(once.values(), key=lambda c: (c.cost, c.street.id))


async def _streets_of_place(
    index: AddressIndex, market_id: str | None, names: Sequence[str], where: Where
) -> list[Street]:
    """Trigrams miss a short name with a typo, so here every street of the city is compared letter by letter."""
    there = await index.names_in(market_id, where, _MOST_STREETS_OF_A_CITY)
    indexed = [name for _, name in there]
    chosen: set[int] = set()
    for name in names:
        hits = process.extract(name, indexed, scorer=fuzz.ratio, score_cutoff=55, limit=12)
        chosen.update(there[i][0] for _, _, i in hits)
    return await index.streets(sorted(chosen)) if chosen else []


def _least(candidates: Sequence[Candidate]) -> float:
    return min((c.cost for c in candidates), default=inf)


def _plausible(names: Sequence[str]) -> list[str]:
    """Few bare names, since each costs a search of the whole index; those that still hold a house number come last."""
    bare = dict.fromkeys(core(name)[0] for name in names)
    return sorted(bare, key=lambda name: name[:1].isdigit())[:4]


async def _locate(index: AddressIndex, candidates: Sequence[Candidate]) -> list[Located]:
    least = _least(candidates)
    worth = [c for c in candidates if c.cost <= least + _WITHIN]
    worth = sorted(worth, key=lambda c: (c.cost, c.street.id))[:_LOCATED]
    doors = await _doors(index, [(c.street, c.reading.number, c.reading.unit) for c in worth])
    return [Located(c, door, c.cost + policy.door_cost(c.reading, door)) for c, door in zip(worth, doors, strict=True)]


async def _doors(index: AddressIndex, wanted: Sequence[tuple[Street, str, str]]) -> list[Door | None]:
    """The door of each (street, number, unit); None where there is no number or the street has no doors."""
    numbered = [(i, street.id, n) for i, (street, number, _) in enumerate(wanted) if (n := leading_integer(number))]
    doors: list[Door | None] = [None] * len(wanted)
    if numbered:
        points = await index.doors([(street_id, n) for _, street_id, n in numbered])
        for (i, _, _), found in zip(numbered, points, strict=True):
            doors[i] = find_door(wanted[i][1], wanted[i][2], found)
    return doors


def _costed(read: Sequence[Reading], streets: Sequence[Street], known: Gazetteer) -> list[Candidate]:
    return [
        Candidate(street, reading, cost)
        for order, reading in enumerate(read)
        for street in streets
        if (cost := policy.candidate_cost(reading, order, street, known)) < policy.NOT_HERE + _GOOD_ENOUGH
    ]


def _alike_cities(read: Sequence[Reading], known: Gazetteer) -> list[str]:
    names: list[str] = []
    for city in dict.fromkeys(r.city for r in read if r.city):
        for _, _, norm in process.extract(
            city, {norm: norm for norm in known.cities}, scorer=fuzz.ratio, score_cutoff=75, limit=2
        ):
            names += known.cities[norm].names
    return sorted(set(names))


def _spellings(normal: set[str]) -> list[str]:
    """Postcodes as the index may have written them: with the zeros that the normal form leaves out."""
    return sorted({spelling for code in normal for spelling in (code, code.zfill(5), code.zfill(4))})


def _matches(located: Sequence[Located], limit: int) -> list[Match]:
    matches: list[Match] = []
    for one, chance in policy.ranked(located):
        confidence = chance * policy.reliability(one)
        if chance >= policy.REFUSED_BELOW or (matches and chance >= 0.3 * policy.REFUSED_BELOW):
            matches.append(_match(one, confidence))
    matches.sort(key=lambda match: -match.confidence)
    return matches[:limit]


def _match(one: Located, confidence: float) -> Match:
    street, reading, door = one.candidate.street, one.candidate.reading, one.door
    number = door.number if door else ""
    unit = reading.unit or (door.unit if door else "")
    label = one_line(street.street, number, unit, street.city, street.postcode)
    precision = door.precision if door else "street"
    return Match(
        one.place, label, street.street, number, unit, street.city, street.postcode, round(confidence, 3), precision,
        street.market_id,
    )  # fmt: skip


def _city_matches(reading: Reading, known: Gazetteer) -> list[Match]:
    city = known.cities.get(reading.city)
    if city is None:
        return []
    name = city.names[-1]
    return [Match(city.place, name, "", "", "", name, "", _CITY_CONFIDENCE, "city", city.market_id)]


def _suggestion(street: Street, number: str, door: Door | None) -> Suggestion:
    place = door.place if door else street.place
    text = one_line(street.street, number, "", street.city, street.postcode)
    return Suggestion(text, street.street, number, street.city, street.postcode, place)


def _suggested(match: Match) -> Suggestion:
    """What a search found, as a completion."""
    text = one_line(match.street, match.number, "", match.city, match.postcode)
    return Suggestion(text, match.street, match.number, match.city, match.postcode, match.place)
