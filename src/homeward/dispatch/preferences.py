"""What it costs, beyond the way, that one courier and not another is asked about a delivery. Pure.

Two things: the delay to be expected because they may say no, and a small bonus for who has earned least this shift.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from homeward.dispatch import acceptance
from homeward.dispatch.acceptance import Chance
from homeward.dispatch.engine import LatenessCurve
from homeward.dispatch.model import CourierSeen, Inputs, OpenDelivery, PlanSettings
from homeward.dispatch.pay import sum_minor
from homeward.dispatch.policy_values import Fairness
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import LatLon

_Array = npt.NDArray[np.int64]
# Who was not asked within memory is as rested as can be.
_LONG_AGO_S: Final = 1_800
_NEVER: Final = 10**9


@dataclass(frozen=True, slots=True)
class Preference:
    """Of one delivery, by courier: whole costs, and the chances they come from (None: chances are not asked)."""

    refusal: _Array
    fairness: _Array
    per_mille: _Array | None = None
    terms: Mapping[str, Any] | None = None

    def total(self, courier: int) -> int:
        return int(self.refusal[courier] + self.fairness[courier])

    def chance(self, courier: int) -> Chance | None:
        if self.per_mille is None or self.terms is None:
            return None
        terms = {name: float(term[courier] if np.ndim(term) else term) for name, term in self.terms.items()}
        return Chance(int(self.per_mille[courier]), {name: term for name, term in terms.items() if term})


class Preferences:
    """All couriers of a snapshot as arrays, in its order."""

    def __init__(self, inputs: Inputs, settings: PlanSettings) -> None:
        self._inputs = inputs
        self._settings = settings
        self._couriers = inputs.snapshot.couriers
        self._place_of = {place: number for number, place in enumerate(inputs.tables.places)}
        self._seconds, self._metres = _reach(inputs, self._place_of)
        self._own = np.array([inputs.acceptance.couriers.get(c.id, 0.0) for c in self._couriers])
        self._fairness = fairness(self._couriers, inputs.policy.fairness)

    def of(self, delivery: OpenDelivery, curve: LatenessCurve, priority: int) -> Preference:
        """What asking each courier about this delivery alone would bring with it."""
        rules = self._inputs.policy.acceptance
        if not rules.use or not self._couriers:
            return Preference(np.zeros(len(self._couriers), dtype=np.int64), self._fairness)
        way_s, way_m = self._way(delivery.pickup, delivery.dropoff)
        approach_s, approach_m = self._approach(delivery.pickup)
        at_stops_s = self._settings.pickup_s + self._settings.door_s
        ready_s = int((delivery.ready_at - self._inputs.snapshot.now).total_seconds())
        work_s, distance_m = approach_s + way_s + at_stops_s, approach_m + way_m
        pay_minor = sum_minor(self._settings, deliveries=1, distance_m=distance_m, work_s=work_s)
        asked = self._features(pay_minor, work_s, distance_m, approach_s, 1)
        terms = acceptance.log_odds(self._inputs.acceptance, asked, self._own)
        per_mille = acceptance.per_mille(terms)
        delay_s = self._settings.decision_s + rules.replan_s
        soonest = max(delivery.window_earliest, delivery.ready_at)
        there_s = np.maximum(approach_s, ready_s) + at_stops_s + way_s
        late_s = np.maximum(0, there_s - int((soonest - self._inputs.snapshot.now).total_seconds()))
        dearer = priority * (_curve_cost(curve, late_s + delay_s) - _curve_cost(curve, late_s))
        refusal = np.where(there_s < _NEVER, (1_000 - per_mille) * dearer // 1_000, 0)
        return Preference(refusal, self._fairness, per_mille, terms)

    def offered(
        self, courier: int, first: LatLon, *, pay_minor: int, distance_m: int, work_s: int, deliveries: int
    ) -> tuple[Chance | None, Mapping[str, float]]:
        """The chance of an offer as it is made, with the features it rests on, which are learned from later."""
        approach_s, _ = self._approach(first)
        many = self._features(pay_minor, work_s, distance_m, approach_s, deliveries).by_name()
        one = {name: float(np.broadcast_to(v, len(self._couriers))[courier]) for name, v in many.items()}
        if not self._inputs.policy.acceptance.use:
            return None, one
        asked = acceptance.Features(**one)
        return acceptance.chance(self._inputs.acceptance, self._couriers[courier].id, asked), one

    def _features(
        self, pay: Any, work_s: Any, distance_m: Any, approach_s: _Array, deliveries: int
    ) -> acceptance.Features:
        couriers = self._couriers
        return acceptance.features(
            pay_minor=pay,
            floor_minor=self._settings.pay_floor_minor,
            work_s=work_s,
            distance_m=distance_m,
            approach_s=approach_s,
            deliveries=deliveries,
            busy=np.array([bool(c.route) for c in couriers]),
            muscle=np.array([acceptance.by_muscle(c.vehicle) for c in couriers]),
            noes=np.array([c.noes for c in couriers]),
            asked_s_ago=np.array([_LONG_AGO_S if c.asked_s_ago is None else c.asked_s_ago for c in couriers]),
        )

    def _approach(self, pickup: LatLon) -> tuple[_Array, _Array]:
        """To a store, from where each courier is or will be anyway."""
        place = self._place_of[pickup]
        return self._seconds[:, place], self._metres[:, place]

    def _way(self, pickup: LatLon, dropoff: LatLon) -> tuple[_Array, _Array]:
        """From the store to the door, as each courier travels."""
        cell = self._place_of[pickup], self._place_of[dropoff]
        by_profile = {
            table.profile: (table.durations_s[cell[0]][cell[1]], table.distances_m[cell[0]][cell[1]])
            for table in self._inputs.tables.profiles
        }
        ways = np.array([by_profile[VEHICLES[c.vehicle].profile.value] for c in self._couriers], dtype=np.int64)
        ways = np.where(ways < 0, _NEVER, ways)
        return ways[:, 0], ways[:, 1]


def _reach(inputs: Inputs, place_of: Mapping[LatLon, int]) -> tuple[_Array, _Array]:
    """Seconds and metres from each courier's way (where they are, and the stops they have promised) to each place."""
    doors = {d.id: (d.pickup, d.pickup if d.going_back else d.dropoff) for d in inputs.snapshot.deliveries}
    tables = {
        table.profile: (np.array(table.durations_s, dtype=np.int64), np.array(table.distances_m, dtype=np.int64))
        for table in inputs.tables.profiles
    }
    shape = len(inputs.snapshot.couriers), len(inputs.tables.places)
    seconds, metres = np.full(shape, _NEVER, dtype=np.int64), np.zeros(shape, dtype=np.int64)
    for number, courier in enumerate(inputs.snapshot.couriers):
        known = [doors[ref.delivery_id][ref.kind != "pickup"] for ref in courier.route if ref.delivery_id in doors]
        rows = [place_of[place] for place in (courier.place, *known)]
        durations_s, distances_m = tables[VEHICLES[courier.vehicle].profile.value]
        ways = np.where(durations_s[rows] < 0, _NEVER, durations_s[rows])
        nearest = ways.argmin(axis=0)
        seconds[number] = ways.min(axis=0)
        metres[number] = np.maximum(0, distances_m[rows][nearest, np.arange(shape[1])])
    return seconds, metres


def fairness(couriers: Sequence[CourierSeen], rules: Fairness) -> _Array:
    """A bonus (a negative cost) for who earns less per hour on duty than the others; the whole of it for nothing yet.

    Where nobody is paid by the offer, what each has carried counts; beside those who are, others have no part in it.
    """
    paid = any(courier.earned_minor for courier in couriers)
    counted = [courier for courier in couriers if courier.engagement.paid_by_offer or not paid]
    rates = {c.id: (c.earned_minor if paid else c.carried) / max(c.on_duty_s, rules.least_duty_s) for c in counted}
    usual = sum(rates.values()) / len(rates) if rates else 0.0
    if not usual:
        return np.zeros(len(couriers), dtype=np.int64)
    shares = (min(1.0, max(0.0, 1 - rates.get(courier.id, usual) / usual)) for courier in couriers)
    return np.array([-round(rules.bonus * share) for share in shares], dtype=np.int64)


def _curve_cost(curve: LatenessCurve, late_s: _Array) -> _Array:
    """`curve.cost` of many seconds at once."""
    cost = np.zeros_like(late_s)
    ends = [*(start for start, _ in curve.pieces[1:]), None]
    for (begins, rate), end in zip(curve.pieces, ends, strict=True):
        within = late_s - begins if end is None else np.minimum(late_s, end) - begins
        cost += rate * np.maximum(0, within)
    return cost
