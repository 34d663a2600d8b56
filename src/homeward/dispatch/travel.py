"""Travel tables for a snapshot. No transaction is open while roads are asked."""

from collections.abc import Sequence
from typing import Protocol

import numpy as np

from homeward.dispatch.model import ProfileTable, Snapshot, TravelTables
from homeward.dispatch.problem_of import snapshot_places
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import LatLon
from homeward.routing.model import Profile, Route, TravelTable


class MarketTravel(Protocol):
    """What dispatch asks of one market's roads (`routing.client.MarketRoads`)."""

    async def table(
        self,
        places: Sequence[LatLon],
        sources: Sequence[int] | None = None,
        destinations: Sequence[int] | None = None,
        profile: Profile = Profile.CAR,
    ) -> TravelTable: ...

    async def route(self, places: Sequence[LatLon], profile: Profile = Profile.CAR) -> Route: ...


class Travel(Protocol):
    """All markets' roads (`routing.client.Roads`)."""

    def market(self, market_id: str) -> MarketTravel: ...


def rounded(place: LatLon) -> LatLon:
    """To about ten metres: a courier who stands still keeps their cached travel times although the fix dances."""
    return LatLon(round(place.lat, 4), round(place.lon, 4))


def _somebody_is_idle(snapshot: Snapshot) -> bool:
    return any(courier.closed is None and not courier.route for courier in snapshot.couriers)


async def tables(roads: MarketTravel, snapshot: Snapshot, *, most_stores: int) -> TravelTables:
    """Among all stops and the busiest stores, and from each courier to all of these, for every profile in use."""
    # Couriers with nothing to do may be sent to stores that have nothing to send yet.
    stores = [store.place for store in snapshot.demand[:most_stores]] if _somebody_is_idle(snapshot) else []
    stops = tuple(dict.fromkeys([*snapshot_places(snapshot.deliveries), *stores]))
    places = list(dict.fromkeys([*stops, *(courier.place for courier in snapshot.couriers)]))
    profiles = sorted({VEHICLES[courier.vehicle].profile for courier in snapshot.couriers})
    found = [await _profile(roads, snapshot, places, len(stops), profile) for profile in profiles]
    return TravelTables(tuple(places), tuple(found))


async def _profile(
    roads: MarketTravel, snapshot: Snapshot, places: list[LatLon], stops: int, profile: Profile
) -> ProfileTable:
    size = len(places)
    durations_s = np.full((size, size), -1, dtype=np.int64)
    distances_m = np.full((size, size), -1, dtype=np.int64)
    number_of = {place: number for number, place in enumerate(places)}
    starts = {number_of[c.place] for c in snapshot.couriers if VEHICLES[c.vehicle].profile is profile}
    rows = [*range(stops), *sorted(starts - set(range(stops)))]
    if stops:
        table = await roads.table(places, sources=rows, destinations=range(stops), profile=profile)
        cells = np.ix_(rows, range(stops))
        durations_s[cells], distances_m[cells] = table.durations_s, table.distances_m
    np.fill_diagonal(durations_s, 0)
    np.fill_diagonal(distances_m, 0)
    return ProfileTable(profile.value, durations_s.tolist(), distances_m.tolist())
