"""Where couriers with nothing to do might wait: a suggestion, never an order. Pure; the choice is `positioning`'s."""

from collections.abc import Mapping, Sequence
from typing import Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch import engine
from homeward.dispatch.model import CourierSeen, Inputs, StoreDemand, WaitAt
from homeward.dispatch.policy_values import Positions
from homeward.dispatch.positioning import PositionSettings, where_to_wait
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import LatLon

_Array = npt.NDArray[np.int64]
_FAR: Final = 10**6


def wait_at(inputs: Inputs, promised: engine.Plan) -> dict[str, WaitAt]:
    """By courier, where they would be of most use next. Who is well placed, or busy, or about to end, has none.

    Parameters
    ----------
    inputs
        Its tables know the busiest stores while somebody is idle; stores they do not know are no places to wait at.
    promised
        The routes of the snapshot's couriers, in its order: who is free soon counts as near to where they end.
    """
    rules, couriers = inputs.policy.positions, inputs.snapshot.couriers
    place_of = {place: number for number, place in enumerate(inputs.tables.places)}
    stores = [store for store in inputs.snapshot.demand if store.place in place_of and store.per_h > 0]
    movers = [number for number, courier in enumerate(couriers) if _idle(courier, inputs, rules)]
    if not (rules.use and movers and stores):
        return {}
    columns = [place_of[store.place] for store in stores]
    tables = {t.profile: np.array(t.durations_s, dtype=np.int64) for t in inputs.tables.profiles}
    tables = {profile: np.where(table < 0, _FAR, table) for profile, table in tables.items()}
    rows, ways_s, busy_s = _ways(couriers, promised, tables, place_of, columns, rules)
    between = np.minimum.reduce(list(tables.values()))[np.ix_(columns, columns)]
    moves = where_to_wait(
        ways_s,
        busy_s,
        between,
        np.array([store.per_h * rules.look_ahead_s / 3_600 for store in stores]),
        [store.notice_s for store in stores],
        [rows.index(number) for number in movers],
        _settings(rules),
    )
    return {couriers[rows[m.courier]].id: _told(stores[m.store], m.drive_s, round(m.saves_s)) for m in moves}


def _idle(courier: CourierSeen, inputs: Inputs, rules: Positions) -> bool:
    ends = courier.shift_ends
    stays = ends is None or (ends - inputs.snapshot.now).total_seconds() > rules.look_ahead_s
    return courier.closed is None and not courier.route and courier.journey is None and stays


def _ways(
    couriers: Sequence[CourierSeen],
    promised: engine.Plan,
    tables: Mapping[str, _Array],
    place_of: Mapping[LatLon, int],
    columns: Sequence[int],
    rules: Positions,
) -> tuple[list[int], _Array, _Array]:
    """Who is free now or soon; from where they are then to each store; and how soon that is."""
    rows, ways, busy = [], [], []
    for number, courier in enumerate(couriers):
        route = promised.routes[number]
        free_at = route.ends_at if route.stops else 0
        if courier.closed is None and free_at <= rules.look_ahead_s:
            start = route.stops[-1].place if route.stops else place_of[courier.place]
            rows.append(number)
            ways.append(tables[VEHICLES[courier.vehicle].profile.value][start, columns])
            busy.append(free_at)
    return rows, np.array(ways, dtype=np.int64), np.array(busy, dtype=np.int64)


def _settings(rules: Positions) -> PositionSettings:
    return PositionSettings(
        look_ahead_s=rules.look_ahead_s,
        second_pct=rules.second_pct,
        per_drive_s=rules.per_drive_pct / 100,
        least_saving_s=rules.least_saving_s,
        most_stores=rules.most_stores,
    )


def _told(store: StoreDemand, drive_s: int, saves_s: int) -> WaitAt:
    return WaitAt(store.store_id, store.name, store.place, drive_s, saves_s)
