"""Travel tables for a snapshot. No transaction is open while roads are asked."""

from collections.abc import Mapping, Sequence
from typing import Final, Protocol

import numpy as np
import numpy.typing as npt

from homeward.dispatch.machines import MachineSeen
from homeward.dispatch.model import ProfileTable, Snapshot, TravelTables
from homeward.dispatch.problem_of import snapshot_places
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import METRES_PER_DEGREE, LatLon
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


_ROADS: Final = {"foot": Profile.FOOT, "car": Profile.CAR}
"""What a machine that does not fly travels on."""


def rounded(place: LatLon) -> LatLon:
    """To about ten metres: a courier who stands still keeps their cached travel times although the fix dances."""
    return LatLon(round(place.lat, 4), round(place.lon, 4))


def _somebody_is_idle(snapshot: Snapshot) -> bool:
    return any(
        courier.closed is None and not courier.route and courier.journey is None for courier in snapshot.couriers
    )


async def tables(roads: MarketTravel, snapshot: Snapshot, *, most_stores: int) -> TravelTables:
    """Among all stops, the busiest stores and journeys' ends, and from each courier to all of these, by profile."""
    # Couriers with nothing to do may be sent to stores that have nothing to send yet.
    stores = [store.place for store in snapshot.demand[:most_stores]] if _somebody_is_idle(snapshot) else []
    ends = [courier.journey.to for courier in snapshot.couriers if courier.journey is not None]
    stops = tuple(dict.fromkeys([*snapshot_places(snapshot.deliveries), *stores, *ends]))
    machines = [machine.place for machine in snapshot.machines]
    places = list(dict.fromkeys([*stops, *(courier.place for courier in snapshot.couriers), *machines]))
    starts = _starts(snapshot)
    roads_of = {
        profile: await _profile(roads, places, len(stops), profile, starts[profile]) for profile in sorted(starts)
    }
    used = {VEHICLES[courier.vehicle].profile for courier in snapshot.couriers}
    found = [roads_of[profile] for profile in sorted(used)]
    ways = {machine.profile: machine for machine in snapshot.machines}
    found += [_by_machine(ways[name], places, roads_of) for name in sorted(ways)]
    return TravelTables(tuple(places), tuple(found))


def _starts(snapshot: Snapshot) -> dict[Profile, set[LatLon]]:
    """From where each kind of road is left: whoever travels on it, courier or machine."""
    starts: dict[Profile, set[LatLon]] = {}
    for courier in snapshot.couriers:
        starts.setdefault(VEHICLES[courier.vehicle].profile, set()).add(courier.place)
    for machine in snapshot.machines:
        if machine.way in _ROADS:
            starts.setdefault(_ROADS[machine.way], set()).add(machine.place)
    return starts


async def _profile(
    roads: MarketTravel, places: list[LatLon], stops: int, profile: Profile, leaves: set[LatLon]
) -> ProfileTable:
    size = len(places)
    durations_s = np.full((size, size), -1, dtype=np.int64)
    distances_m = np.full((size, size), -1, dtype=np.int64)
    number_of = {place: number for number, place in enumerate(places)}
    starts = {number_of[place] for place in leaves}
    rows = [*range(stops), *sorted(starts - set(range(stops)))]
    if stops:
        table = await roads.table(places, sources=rows, destinations=range(stops), profile=profile)
        cells = np.ix_(rows, range(stops))
        durations_s[cells], distances_m[cells] = table.durations_s, table.distances_m
    np.fill_diagonal(durations_s, 0)
    np.fill_diagonal(distances_m, 0)
    return ProfileTable(profile.value, durations_s.tolist(), distances_m.tolist())


def _by_machine(
    machine: MachineSeen, places: Sequence[LatLon], roads_of: Mapping[Profile, ProfileTable]
) -> ProfileTable:
    """The same roads at the machine's own pace, never faster than they allow; or straight through the air."""
    if machine.way in _ROADS:
        table = roads_of[_ROADS[machine.way]]
        distances = np.array(table.distances_m, dtype=np.int64).reshape(len(places), len(places))
        roads_s = np.array(table.durations_s, dtype=np.int64).reshape(len(places), len(places))
        own_s = np.ceil(distances / machine.speed_m_s).astype(np.int64)
        # People on foot are no measure for what a pavement allows; other traffic is one for a road.
        durations = np.maximum(own_s, roads_s) if machine.way == "car" else own_s
        durations = np.where(roads_s < 0, -1, durations)
    else:
        distances = _as_the_crow_flies(places)
        durations = np.ceil(distances / machine.speed_m_s).astype(np.int64)
    return ProfileTable(machine.profile, durations.tolist(), distances.tolist())


def _as_the_crow_flies(places: Sequence[LatLon]) -> npt.NDArray[np.int64]:
    """Metres among all places at once. A market is so small that the earth is flat in it: below 0.1 % off in 100 km."""
    lat = np.array([place.lat for place in places])
    lon = np.array([place.lon for place in places])
    north = (lat[:, None] - lat[None, :]) * METRES_PER_DEGREE
    middle = np.radians((lat[:, None] + lat[None, :]) / 2)
    east = (lon[:, None] - lon[None, :]) * METRES_PER_DEGREE * np.cos(middle)
    metres: npt.NDArray[np.int64] = np.hypot(north, east).round().astype(np.int64)
    return metres
