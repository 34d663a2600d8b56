"""Travel of a whole day, put together from the tables of its decisions, of the roads, and as the crow flies. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch.model import ProfileTable, TravelTables
from homeward.fleets.couriers.model import VEHICLES, VehicleKind
from homeward.kit.places import METRES_PER_DEGREE, LatLon, great_circle_m
from homeward.routing.model import Profile, TravelTable

Matrix = npt.NDArray[np.int32]

_UNKNOWN: Final = -2
_NO_ROAD: Final = -1
# Roads bend: where nothing is known, a guess beats leaving the courier where they are.
_DETOUR: Final = 1.4
_SPEED_MPS: Final[Mapping[Profile, float]] = {
    Profile.FOOT: VEHICLES[VehicleKind.FOOT].speed_mps,
    Profile.BICYCLE: VEHICLES[VehicleKind.BICYCLE].speed_mps,
    Profile.CAR: VEHICLES[VehicleKind.CAR].speed_mps,
}


@dataclass(frozen=True, slots=True)
class Sources:
    """Pairs of places by where their travel comes from."""

    recorded: int = 0
    roads: int = 0
    crow: int = 0

    def plus(self, other: "Sources") -> "Sources":
        return Sources(self.recorded + other.recorded, self.roads + other.roads, self.crow + other.crow)


@dataclass(frozen=True, slots=True)
class Underway:
    """A courier between two places: `share` of the way is done, and the place on the map where they are by now."""

    here: LatLon
    origin: LatLon
    goal: LatLon
    share: float


class DayWays:
    """From every stop of the day and every start of a courier to every stop, by profile.

    Eight bytes for each pair and profile: 2,000 stops in two profiles take 64 MB.
    """

    def __init__(self, stops: Iterable[LatLon]) -> None:
        columns = list(dict.fromkeys(stops))
        self._columns = {place: number for number, place in enumerate(columns)}
        self._rows = dict(self._columns)
        self._seconds: dict[Profile, Matrix] = {}
        self._metres: dict[Profile, Matrix] = {}
        self.sources = Sources()

    @property
    def profiles(self) -> tuple[Profile, ...]:
        return tuple(sorted(self._seconds))

    def start_at(self, place: LatLon, profile: Profile) -> None:
        """A courier begins here, by these roads."""
        if profile not in self._seconds:
            shape = (len(self._rows), len(self._columns))
            self._seconds[profile] = np.full(shape, _UNKNOWN, dtype=np.int32)
            self._metres[profile] = np.full(shape, _UNKNOWN, dtype=np.int32)
            for stop, column in self._columns.items():
                self._seconds[profile][self._rows[stop], column] = 0
                self._metres[profile][self._rows[stop], column] = 0
        if place not in self._rows:
            self._rows[place] = len(self._rows)
            more = np.full((1, len(self._columns)), _UNKNOWN, dtype=np.int32)
            for tables in (self._seconds, self._metres):
                for known, table in tables.items():
                    tables[known] = np.vstack((table, more))

    # ── learning ──

    def learn(self, tables: TravelTables) -> None:
        """What a decision knew; the first to tell a pair is believed, so that the day keeps to one map."""
        rows = [(at, self._rows[place]) for at, place in enumerate(tables.places) if place in self._rows]
        columns = [(at, self._columns[place]) for at, place in enumerate(tables.places) if place in self._columns]
        if not rows or not columns:
            return
        from_table = np.ix_([at for at, _ in rows], [at for at, _ in columns])
        to_ours = np.ix_([at for _, at in rows], [at for _, at in columns])
        known = {profile.value: profile for profile in self._seconds}
        for table in tables.profiles:
            profile = known.get(table.profile)
            if profile is None:
                continue
            told = np.asarray(table.durations_s, dtype=np.int32)[from_table]
            told_m = np.asarray(table.distances_m, dtype=np.int32)[from_table]
            # -1 in a stored table also stands for "nobody needed to know", so only what is known is taken over.
            new = (self._seconds[profile][to_ours] == _UNKNOWN) & (told >= 0)
            self._seconds[profile][to_ours] = np.where(new, told, self._seconds[profile][to_ours])
            self._metres[profile][to_ours] = np.where(new, told_m, self._metres[profile][to_ours])
            self.sources = self.sources.plus(Sources(recorded=int(new.sum())))

    def gaps(self, profile: Profile) -> tuple[list[LatLon], list[LatLon]]:
        """Places that pairs without an answer begin and end at."""
        unknown = self._seconds[profile] == _UNKNOWN
        rows, columns = np.flatnonzero(unknown.any(axis=1)), np.flatnonzero(unknown.any(axis=0))
        by_row, by_column = list(self._rows), list(self._columns)
        return [by_row[at] for at in rows], [by_column[at] for at in columns]

    def fill(self, profile: Profile, rows: Sequence[LatLon], columns: Sequence[LatLon], table: TravelTable) -> None:
        """What the roads of today say, where the recorded day said nothing."""
        cells = np.ix_([self._rows[place] for place in rows], [self._columns[place] for place in columns])
        new = self._seconds[profile][cells] == _UNKNOWN
        self._seconds[profile][cells] = np.where(new, table.durations_s, self._seconds[profile][cells])
        self._metres[profile][cells] = np.where(new, table.distances_m, self._metres[profile][cells])
        self.sources = self.sources.plus(Sources(roads=int(new.sum())))

    def bridge(self) -> None:
        """As the crow flies, where nobody knows better. After this every pair has an answer."""
        doors = np.array([(place.lat, place.lon) for place in self._columns]).reshape(-1, 2)
        for profile, seconds in self._seconds.items():
            for row, place in enumerate(self._rows):
                columns = np.flatnonzero(seconds[row] == _UNKNOWN)
                if not columns.size:
                    continue
                metres = _DETOUR * _great_circle_m(place, doors[columns])
                seconds[row, columns] = np.rint(metres / _SPEED_MPS[profile])
                self._metres[profile][row, columns] = np.rint(metres)
                self.sources = self.sources.plus(Sources(crow=int(columns.size)))

    # ── asking ──

    def way(self, profile: Profile, origin: LatLon, goal: LatLon) -> tuple[int, int]:
        """Seconds and metres; where no road leads, as the crow flies: a courier who was sent gets there somehow."""
        cell = self._rows[origin], self._columns[goal]
        seconds, metres = int(self._seconds[profile][cell]), int(self._metres[profile][cell])
        if seconds < 0:
            metres = round(_DETOUR * great_circle_m(origin, goal))
            seconds = round(metres / _SPEED_MPS[profile])
        return seconds, metres

    def tables(
        self, stops: Sequence[LatLon], standing: Iterable[LatLon], underway: Iterable[Underway], profiles: set[Profile]
    ) -> TravelTables:
        """Tables as a decision gets them: among `stops`, and from every courier to all of them."""
        moving = {each.here: each for each in underway if each.here not in self._rows}
        starts = [place for place in dict.fromkeys((*standing, *moving)) if place not in set(stops)]
        places = (*stops, *starts)
        columns = [self._columns[place] for place in stops]
        found = []
        for profile in sorted(profiles):
            seconds = np.full((len(places), len(places)), _NO_ROAD, dtype=np.int64)
            metres = seconds.copy()
            for at, place in enumerate(places):
                row_s, row_m = self._row(profile, place, moving.get(place), columns)
                seconds[at, : len(stops)], metres[at, : len(stops)] = row_s, row_m
            np.fill_diagonal(seconds, 0)
            np.fill_diagonal(metres, 0)
            found.append(ProfileTable(profile.value, seconds.tolist(), metres.tolist()))
        return TravelTables(places, tuple(found))

    def _row(
        self, profile: Profile, place: LatLon, underway: Underway | None, columns: Sequence[int]
    ) -> tuple[Matrix, Matrix]:
        if underway is None:
            row = self._rows[place]
            return self._seconds[profile][row, columns], self._metres[profile][row, columns]
        # Somewhere on the way: on to the goal and from there, or back to where they came from, whichever is nearer.
        whole_s, whole_m = self.way(profile, underway.origin, underway.goal)
        origin, goal = self._rows[underway.origin], self._rows[underway.goal]
        left_s, left_m = round(whole_s * (1 - underway.share)), round(whole_m * (1 - underway.share))
        on_s, back_s = self._seconds[profile][goal, columns], self._seconds[profile][origin, columns]
        on_m, back_m = self._metres[profile][goal, columns], self._metres[profile][origin, columns]
        on = np.where(on_s < 0, np.iinfo(np.int32).max, on_s + left_s)
        back = np.where(back_s < 0, np.iinfo(np.int32).max, back_s + whole_s - left_s)
        forward = on <= back
        nowhere = (on_s < 0) & (back_s < 0)
        seconds = np.where(nowhere, _NO_ROAD, np.minimum(on, back)).astype(np.int32)
        metres = np.where(nowhere, _NO_ROAD, np.where(forward, on_m + left_m, back_m + whole_m - left_m))
        return seconds, metres.astype(np.int32)


def _great_circle_m(origin: LatLon, places: npt.NDArray[np.float64]) -> npt.NDArray[np.float64]:
    """`great_circle_m` to many places at once, flat enough for a market: less than 0.1 % off within 100 km."""
    north_m = (places[:, 0] - origin.lat) * METRES_PER_DEGREE
    shrink = np.cos(np.radians((places[:, 0] + origin.lat) / 2))
    east_m = (places[:, 1] - origin.lon) * METRES_PER_DEGREE * shrink
    return np.hypot(north_m, east_m)
