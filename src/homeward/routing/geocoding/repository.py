"""The SQL of the address index. Addresses are open data and the same for all merchants."""

from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final

from homeward.infra.db import Database, Row, Tx
from homeward.kit.places import LatLon
from homeward.routing.geocoding.doors import Point
from homeward.routing.geocoding.model import City, Gazetteer
from homeward.routing.geocoding.normalise import normal_postcode, normalise
from homeward.routing.geocoding.policy import Street

_COLUMNS: Final = "s.id, s.market_id, s.street, s.city, s.postcode, s.norm_street, s.lat, s.lon, s.extent_m"
_MOST_ALIKE: Final = 120  # streets kept per reading: a state may have two hundred Main Streets, the order decides
# The expression keeps the planner from reading a whole market by its own index: what we look for is always narrower,
# and without statistics (only the owner may gather them) it cannot know.
_IN_MARKET: Final = "(%(market)s::text IS NULL OR s.market_id || '' = %(market)s::text)"

# Trigrams of the bare name: with the type, "lk rd" would be like every other short road, at 20 ms a search. Short
# misspelt names fall below; where the city is known they are found by comparing all its streets.
_THRESHOLD: Final = "0.3"

# In a short list of equals the given cities, postcodes and neighbourhood decide who stays.
_ORDER: Final = """
    + CASE WHEN s.city = ANY(%(cities)s::text[]) THEN 0.4 ELSE 0 END
    + CASE WHEN s.postcode = ANY(%(postcodes)s::text[]) THEN 0.3 ELSE 0 END
    - CASE WHEN %(near_lat)s::float8 IS NULL THEN 0
           ELSE least(0.2, abs(s.lat - %(near_lat)s::float8) + abs(s.lon - %(near_lon)s::float8)) END
"""

_NAMED: Final = f"""
    SELECT {_COLUMNS} FROM address_street s
    WHERE s.norm_street = ANY(%(names)s::text[])
        AND (%(market)s::text IS NULL OR s.market_id = %(market)s::text)
    ORDER BY 0 {_ORDER} DESC, s.id
    LIMIT 2 * {_MOST_ALIKE}
"""

_LIKE_A_STREET: Final = f"""
    SELECT DISTINCT {_COLUMNS}
    FROM unnest(%(names)s::text[]) AS q(text)
    CROSS JOIN LATERAL (
        SELECT * FROM address_street s
        WHERE s.name %% q.text AND {_IN_MARKET}
        ORDER BY similarity(s.name, q.text) {_ORDER} DESC, s.id
        LIMIT {_MOST_ALIKE}
    ) s
"""

_NAMES_IN_PLACE: Final = f"""
    SELECT array_agg(s.id) AS ids, array_agg(s.norm_street) AS names FROM (
        SELECT s.id, s.norm_street FROM address_street s
        WHERE (s.city = ANY(%(cities)s::text[]) OR s.postcode = ANY(%(postcodes)s::text[])) AND {_IN_MARKET}
        LIMIT %(most)s
    ) s
"""

_DOORS: Final = """
    SELECT w.i, p.number, p.number_n, p.unit, p.lat, p.lon
    FROM unnest(%(streets)s::bigint[], %(numbers)s::int[]) WITH ORDINALITY AS w(street_id, n, i)
    CROSS JOIN LATERAL (
        (SELECT * FROM address_point WHERE street_id = w.street_id AND number_n = w.n LIMIT 100)
        UNION ALL
        (SELECT * FROM address_point WHERE street_id = w.street_id AND number_n < w.n ORDER BY number_n DESC LIMIT 3)
        UNION ALL
        (SELECT * FROM address_point WHERE street_id = w.street_id AND number_n > w.n ORDER BY number_n LIMIT 3)
    ) p
"""

_NEAREST: Final = f"""
    SELECT p.number, p.unit, p.lat AS door_lat, p.lon AS door_lon, {_COLUMNS}
    FROM (
        SELECT * FROM address_point ORDER BY point(lon, lat) <-> point(%(lon)s::float8, %(lat)s::float8) LIMIT 60
    ) p JOIN address_street s ON s.id = p.street_id
    WHERE {_IN_MARKET}
"""

_BEGINS: Final = f"""
    SELECT DISTINCT ON (s.norm_street, s.city) {_COLUMNS}
    FROM unnest(%(prefixes)s::text[]) AS q(text)
    CROSS JOIN LATERAL (
        SELECT * FROM address_street s
        WHERE (%(market)s::text IS NULL OR s.market_id = %(market)s::text)
            AND s.norm_street ~>=~ q.text AND s.norm_street ~<~ (q.text || chr(1114111))
        ORDER BY abs(s.lat - %(near_lat)s::float8) + abs(s.lon - %(near_lon)s::float8), s.norm_street USING ~<~
        LIMIT 200
    ) s
"""

_HAS_WORDS: Final = f"""
    SELECT {_COLUMNS} FROM address_street s
    WHERE %(text)s <%% s.norm AND {_IN_MARKET}
    ORDER BY word_similarity(%(text)s, s.norm) DESC, s.id LIMIT 60
"""


@dataclass(frozen=True, slots=True)
class Where:
    """What the query says about the place, in the spellings of the index."""

    cities: list[str]
    postcodes: list[str]
    near: LatLon | None

    def params(self) -> dict[str, Any]:
        return {
            "cities": self.cities,
            "postcodes": self.postcodes,
            "near_lat": self.near.lat if self.near else None,
            "near_lon": self.near.lon if self.near else None,
        }


class AddressIndex:
    """Reads the address tables in one transaction."""

    def __init__(self, tx: Tx) -> None:
        self._tx = tx

    async def gazetteer(self, market_id: str | None) -> Gazetteer:
        rows = await self._tx.all(
            f"SELECT market_id, city, count(*) AS streets, avg(lat) AS lat, avg(lon) AS lon "
            f"FROM address_street s WHERE city <> '' AND {_IN_MARKET} GROUP BY market_id, city ORDER BY streets",
            market=market_id,
        )
        postcodes = await self._tx.all(
            f"SELECT DISTINCT postcode FROM address_street s WHERE postcode <> '' AND {_IN_MARKET}",
            market=market_id,
        )
        return _gazetteer(rows, [row["postcode"] for row in postcodes])

    async def streets_named(self, market_id: str | None, names: Sequence[str], where: Where) -> list[Street]:
        """The streets with exactly one of these names, those of the given place first."""
        rows = await self._tx.all(_NAMED, names=list(names), market=market_id, **where.params())
        return [_street(row) for row in rows]

    async def streets_like(self, market_id: str | None, names: Sequence[str], where: Where) -> list[Street]:
        """The streets most like each of the names, those of the given place first."""
        await _use_trigrams(self._tx, "pg_trgm.similarity_threshold", _THRESHOLD)
        rows = await self._tx.all(_LIKE_A_STREET, names=list(names), market=market_id, **where.params())
        return [_street(row) for row in rows]

    async def names_in(self, market_id: str | None, where: Where, most: int) -> list[tuple[int, str]]:
        """(id, normalised name) of the streets in these cities and postcodes, at most `most`."""
        row = await self._tx.one(
            _NAMES_IN_PLACE, cities=where.cities, postcodes=where.postcodes, market=market_id, most=most
        )
        return list(zip(row["ids"], row["names"], strict=True)) if row and row["ids"] else []

    async def streets(self, ids: Sequence[int]) -> list[Street]:
        rows = await self._tx.all(
            f"SELECT {_COLUMNS} FROM address_street s WHERE s.id = ANY(%(ids)s::bigint[])",
            ids=list(ids),
        )
        return [_street(row) for row in rows]

    async def doors(self, wanted: Sequence[tuple[int, int]]) -> list[list[Point]]:
        """For each (street, number): all doors of that number, and the three nearest below and above."""
        rows = await self._tx.all(
            _DOORS, streets=[street for street, _ in wanted], numbers=[number for _, number in wanted]
        )
        found: list[list[Point]] = [[] for _ in wanted]
        for row in rows:
            place = LatLon(row["lat"], row["lon"])
            found[row["i"] - 1].append(Point(row["number"], row["number_n"], row["unit"], place))
        return found

    async def nearest(self, market_id: str, place: LatLon) -> list[tuple[Street, str, str, LatLon]]:
        """(street, number, unit, place) of the doors around, nearest first in degrees."""
        rows = await self._tx.all(_NEAREST, market=market_id, lat=place.lat, lon=place.lon)
        return [(_street(row), row["number"], row["unit"], LatLon(row["door_lat"], row["door_lon"])) for row in rows]

    async def beginning_with(self, market_id: str | None, prefixes: Sequence[str], near: LatLon | None) -> list[Street]:
        """Streets with one of these beginnings, the nearest ones if there are many."""
        where = Where([], [], near).params()
        rows = await self._tx.all(_BEGINS, market=market_id, prefixes=list(prefixes), **where)
        return [_street(row) for row in rows]

    async def having_words(self, market_id: str | None, text: str) -> list[Street]:
        await _use_trigrams(self._tx, "pg_trgm.word_similarity_threshold", "0.6")
        rows = await self._tx.all(_HAS_WORDS, market=market_id, text=text)
        return [_street(row) for row in rows]


@asynccontextmanager
async def address_index(db: Database) -> AsyncIterator[AddressIndex]:
    """All questions of one call in one transaction: each more would cost four messages to the database and back."""
    async with db.operator() as tx:
        yield AddressIndex(tx)


async def _use_trigrams(tx: Tx, setting: str, threshold: str) -> None:
    # Without statistics, as right after an import, the planner would rather read the whole table.
    await tx.run(
        "SELECT set_config(%(setting)s, %(threshold)s, true), set_config('enable_seqscan', 'off', true)",
        setting=setting,
        threshold=threshold,
    )


def _street(row: Row) -> Street:
    return Street(
        row["id"], row["market_id"], row["street"], row["city"], row["postcode"], row["norm_street"],
        LatLon(row["lat"], row["lon"]), row["extent_m"],
    )  # fmt: skip


def _gazetteer(rows: Sequence[Row], postcodes: Sequence[str]) -> Gazetteer:
    cities: dict[str, City] = {}
    for row in rows:  # the one with most streets comes last and gives place and market
        norm = normalise(row["city"])
        names: tuple[str, ...] = cities[norm].names if norm in cities else ()
        if norm:
            cities[norm] = City(
                norm, (*names, row["city"]), LatLon(row["lat"], row["lon"]), row["streets"], row["market_id"]
            )
    return Gazetteer(cities, frozenset(normal_postcode(code) for code in postcodes))
