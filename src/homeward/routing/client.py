"""Roads over HTTP: travel tables with a cache, routes with geometry, and snapping with a limit.

Speaks OSRM's HTTP interface (v1), so the same client serves our own child processes and an OSRM run by somebody else.
Any process may hold a client: it only needs to be told where the road servers are (`RoadServers`).
"""

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, Protocol

import numpy as np
import orjson
from prometheus_client import Counter, Histogram

from homeward.kit.places import LatLon
from homeward.routing.errors import NoRoute, RoadsUnavailable, TooFarFromRoad
from homeward.routing.model import (
    UNREACHABLE,
    Matrix,
    Profile,
    RoadServer,
    Route,
    RouteLeg,
    SnappedPlace,
    TravelTable,
)
from homeward.routing.travel_cache import UNKNOWN, TravelCache, blocks_to_fetch
from homeward.routing.wire import NoAnswer, Reply, Wire

# Both sides of one request; keeps its URL below 40 kB, and one answer from holding a road server for seconds.
_BLOCK: Final = 400
_RETRY_EVERY_S: Final = 0.1

_PAIRS = Counter("homeward_roads_cache_pairs", "Travel times asked for, by where they came from", ["market", "outcome"])
_SECONDS = Histogram(
    "homeward_roads_request_seconds",
    "Time until a road server answered",
    ["service"],
    buckets=(0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 10.0),
)


class RoadServers(Protocol):
    """Says where a market's roads answer. The answer may be remembered until `forget`."""

    async def find(self, market_id: str, profile: Profile) -> RoadServer | None: ...

    def forget(self, market_id: str, profile: Profile) -> None:
        """The place given did not answer: look it up afresh next time."""


class FixedRoadServers:
    """Road servers known beforehand, by market and profile."""

    def __init__(self, servers: Mapping[tuple[str, Profile], RoadServer]) -> None:
        self._servers = servers

    async def find(self, market_id: str, profile: Profile) -> RoadServer | None:
        return self._servers.get((market_id, profile))

    def forget(self, market_id: str, profile: Profile) -> None:
        """Nothing is remembered here."""


class Roads:
    """All markets' roads. `close` it when the process ends.

    Parameters
    ----------
    timeout_s
        For one request of at most 400 × 400 pairs.
    patience_s
        How long to keep trying a server that cannot be reached: long enough for a supervised one to restart.
    """

    def __init__(
        self, servers: RoadServers, *, timeout_s: float = 10.0, patience_s: float = 3.0, cache_places: int = 2_048
    ) -> None:
        self._servers = servers
        self._patience_s = patience_s
        self._cache_places = cache_places
        self._caches: dict[tuple[str, Profile], tuple[str, TravelCache]] = {}
        self._wire = Wire(timeout_s)
        self.cache_hits = 0
        self.cache_misses = 0

    async def close(self) -> None:
        await self._wire.close()

    def market(self, market_id: str) -> "MarketRoads":
        """The roads of one market."""
        return MarketRoads(self, market_id)

    def cache(self, market_id: str, profile: Profile, graph_version: str) -> TravelCache:
        """The memory of one graph; a new graph starts an empty one."""
        version, cache = self._caches.get((market_id, profile), ("", None))
        if cache is None or version != graph_version:
            cache = TravelCache(self._cache_places)
            self._caches[market_id, profile] = (graph_version, cache)
        return cache

    def count(self, market_id: str, *, hits: int, misses: int) -> None:
        self.cache_hits += hits
        self.cache_misses += misses
        _PAIRS.labels(market_id, "hit").inc(hits)
        _PAIRS.labels(market_id, "miss").inc(misses)

    async def server(self, market_id: str, profile: Profile) -> RoadServer:
        server = await self._servers.find(market_id, profile)
        if server is None:
            raise RoadsUnavailable("roads", market_id, f"no road server for {profile} is known")
        return server

    async def ask(self, market_id: str, profile: Profile, service: str, path: str) -> dict[str, Any]:
        """One answer of the road server, tried again while it restarts.

        Raises
        ------
        RoadsUnavailable
            If it cannot be reached within our patience, or answers what no road server should.
        """
        give_up_at = time.monotonic() + self._patience_s
        while True:
            server = await self.server(market_id, profile)
            started = time.perf_counter()
            try:
                reply = await self._wire.get(server.url, f"{service}/v1/driving/{path}")
            except (NoAnswer, TimeoutError) as failure:
                self._servers.forget(market_id, profile)
                # A server that takes longer than the time limit is overloaded: asking again would make it worse.
                if isinstance(failure, TimeoutError) or time.monotonic() > give_up_at:
                    reason = f"{service} for {profile} failed: {str(failure) or 'no answer in time'}"
                    raise RoadsUnavailable("roads", market_id, reason) from failure
                await asyncio.sleep(_RETRY_EVERY_S)
                continue
            _SECONDS.labels(service).observe(time.perf_counter() - started)
            return _answer(reply, market_id, service)


class MarketRoads:
    """The roads of one market; cheap to make, holds nothing of its own."""

    def __init__(self, roads: Roads, market_id: str) -> None:
        self._roads = roads
        self._market_id = market_id

    async def table(
        self,
        places: Sequence[LatLon],
        sources: Sequence[int] | None = None,
        destinations: Sequence[int] | None = None,
        profile: Profile = Profile.CAR,
    ) -> TravelTable:
        """Travel from each source to each destination, given as indices into `places` (all by default).

        Each place is taken to its nearest road, however far: refuse far ones beforehand with `snap`.
        """
        rows = [places[i] for i in sources] if sources is not None else list(places)
        columns = [places[i] for i in destinations] if destinations is not None else list(places)
        if not rows or not columns:
            empty = np.zeros((len(rows), len(columns)), dtype=np.int32)
            return TravelTable(empty, empty.copy())
        server = await self._roads.server(self._market_id, profile)
        cache = self._roads.cache(self._market_id, profile, server.graph_version)
        slots = cache.slots([*rows, *columns])
        if slots is None:
            self._roads.count(self._market_id, hits=0, misses=len(rows) * len(columns))
            return await self._fetch(rows, columns, profile)
        grid = np.ix_(slots[: len(rows)], slots[len(rows) :])
        durations_s, distances_m = cache.durations_s[grid], cache.distances_m[grid]
        unknown = durations_s == UNKNOWN
        missing = int(unknown.sum())
        self._roads.count(self._market_id, hits=unknown.size - missing, misses=missing)
        for block_rows, block_columns in blocks_to_fetch(unknown):
            block = await self._fetch([rows[i] for i in block_rows], [columns[j] for j in block_columns], profile)
            inner = np.ix_(block_rows, block_columns)
            durations_s[inner], distances_m[inner] = block.durations_s, block.distances_m
            self._remember(cache, [rows[i] for i in block_rows], [columns[j] for j in block_columns], block)
        return TravelTable(durations_s, distances_m)

    @staticmethod
    def _remember(cache: TravelCache, rows: list[LatLon], columns: list[LatLon], block: TravelTable) -> None:
        # Slots are asked for again: while we waited for the road server another request may have taken ours.
        slots = cache.slots([*rows, *columns])
        if slots is not None:
            grid = np.ix_(slots[: len(rows)], slots[len(rows) :])
            cache.durations_s[grid], cache.distances_m[grid] = block.durations_s, block.distances_m

    async def _fetch(self, rows: list[LatLon], columns: list[LatLon], profile: Profile) -> TravelTable:
        durations_s: Matrix = np.empty((len(rows), len(columns)), dtype=np.int32)
        distances_m: Matrix = np.empty_like(durations_s)
        for top in range(0, len(rows), _BLOCK):
            for left in range(0, len(columns), _BLOCK):
                part_rows, part_columns = rows[top : top + _BLOCK], columns[left : left + _BLOCK]
                path = _table_path(part_rows, part_columns)
                answer = await self._roads.ask(self._market_id, profile, "table", path)
                area = np.s_[top : top + _BLOCK, left : left + _BLOCK]
                durations_s[area] = _whole_numbers(answer["durations"])
                distances_m[area] = _whole_numbers(answer["distances"])
        return TravelTable(durations_s, distances_m)

    async def route(self, places: Sequence[LatLon], profile: Profile = Profile.CAR) -> Route:
        """The fastest way through all places in their order, with its geometry.

        Raises
        ------
        NoRoute
            If no road leads from one place to the next.
        ValueError
            If fewer than two places are given.
        """
        if len(places) < 2:
            raise ValueError("a route needs at least two places")
        path = f"{_path(places)}?overview=full&geometries=geojson&steps=false&generate_hints=false&skip_waypoints=true"
        answer = await self._roads.ask(self._market_id, profile, "route", path)
        if answer["code"] != "Ok":
            raise NoRoute(list(places))
        best = answer["routes"][0]
        return Route(
            geometry=tuple((lat, lon) for lon, lat in best["geometry"]["coordinates"]),
            legs=tuple(RouteLeg(round(leg["duration"]), round(leg["distance"])) for leg in best["legs"]),
        )

    async def snap(self, place: LatLon, profile: Profile = Profile.CAR, limit_m: float = 200) -> SnappedPlace:
        """The nearest point on a road.

        Raises
        ------
        TooFarFromRoad
            If that point is more than `limit_m` metres away.
        """
        path = f"{_path([place])}?number=1&generate_hints=false"
        answer = await self._roads.ask(self._market_id, profile, "nearest", path)
        nearest = answer["waypoints"][0]
        distance_m = float(nearest["distance"])
        if distance_m > limit_m:
            raise TooFarFromRoad(distance_m=round(distance_m), limit_m=round(limit_m))
        lon, lat = nearest["location"]
        return SnappedPlace(LatLon(lat, lon), distance_m, nearest.get("name", ""))


def _path(places: Sequence[LatLon]) -> str:
    return ";".join(f"{place.lon:.6f},{place.lat:.6f}" for place in places)


def _table_path(rows: list[LatLon], columns: list[LatLon]) -> str:
    """Each distinct place once, so that a square table sends n places and not 2n."""
    index: dict[LatLon, int] = {}
    for place in (*rows, *columns):
        index.setdefault(place, len(index))
    sources = ";".join(str(index[place]) for place in rows)
    destinations = ";".join(str(index[place]) for place in columns)
    # OSRM wants two coordinates even for a table of one place.
    places = list(index) if len(index) > 1 else list(index) * 2
    options = "annotations=duration,distance&generate_hints=false&skip_waypoints=true"
    return f"{_path(places)}?sources={sources}&destinations={destinations}&{options}"


def _answer(reply: Reply, market_id: str, service: str) -> dict[str, Any]:
    try:
        answer: dict[str, Any] = orjson.loads(reply.body)
    except orjson.JSONDecodeError as failure:
        raise RoadsUnavailable("roads", market_id, f"{service} answered {reply.status} without JSON") from failure
    # NoRoute is an answer of the roads; every other code means that we asked wrongly or the graph is broken.
    if answer.get("code") not in ("Ok", "NoRoute"):
        raise RoadsUnavailable("roads", market_id, f"{service} answered {answer.get('code')}: {answer.get('message')}")
    return answer


def _whole_numbers(rows: list[list[float | None]]) -> Matrix:
    values = np.array(rows, dtype=np.float64)  # None becomes NaN
    # Between doors on one piece of road the road server tells distances of up to a metre below nothing.
    travelled = np.maximum(0, np.rint(np.nan_to_num(values)))
    return np.where(np.isnan(values), UNREACHABLE, travelled).astype(np.int32)
