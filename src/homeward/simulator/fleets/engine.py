"""A reference fleet: the contract over its records. All that it does is decided by the seed and the calls."""

from collections.abc import Callable
from datetime import datetime, timedelta
from hashlib import sha256
from random import Random
from typing import TypeVar

from pydantic import BaseModel

from homeward.fleets.contract.facts import FactSheet, Place, Refusal, Vehicles
from homeward.fleets.contract.legs import (
    ActionAnswer,
    AskAction,
    AskSecret,
    Feasibility,
    Leg,
    LegOrder,
    Quote,
    Reservation,
    Secret,
)
from homeward.fleets.contract.news import Events
from homeward.fleets.contract.sandbox import (
    ActOfPerson,
    Advance,
    LostContact,
    Mishap,
    Repair,
    SetHours,
    SetWeather,
)
from homeward.fleets.contract.server import Refused, refuse
from homeward.fleets.contract.words import EventKind, Limit
from homeward.simulator.fleets import acts, mischief, people, promises, trouble
from homeward.simulator.fleets.kinds import Kind, fact_sheet
from homeward.simulator.fleets.life import second
from homeward.simulator.fleets.records import Car, Carried, Habits, Room, World
from homeward.simulator.fleets.telling import leg_view, lose_sight, tell_of_vehicle, vehicle_view

Answer = TypeVar("Answer", bound=BaseModel)
_HOME_SPREAD = 0.1
"""Of the reach: how far from the centre its vehicles are at home."""


class ReferenceFleet:
    """Keeps the whole contract, in memory, and is its own sandbox.

    Parameters
    ----------
    start
        The moment at which its time stands until it is moved; whole seconds.
    """

    def __init__(
        self, kind: Kind, centre: Place, start: datetime, habits: Habits, time_zone: str = "UTC", currency: str = "EUR"
    ) -> None:
        facts = fact_sheet(kind, centre, time_zone, currency)
        self.world = World(kind, facts, start.replace(microsecond=0), Random(habits.seed), habits)
        self.world.journal.first = habits.log_from
        self._answers: dict[str, tuple[str, BaseModel | Refusal]] = {}
        for number in range(1, kind.vehicles + 1):
            car = _built(self.world, centre, number)
            self.world.cars[car.id] = car

    async def facts(self) -> FactSheet:
        return self.world.facts

    async def vehicles(self) -> Vehicles:
        return Vehicles(items=[vehicle_view(self.world, car) for car in self.world.cars.values()])

    async def feasible(self, order: LegOrder) -> Feasibility:
        return promises.feasible(self.world, order)

    async def quote(self, order: LegOrder, key: str) -> Quote:
        return self._once(key, f"quote {order.model_dump_json()}", lambda: promises.quote(self.world, order))

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        return self._once(key, f"reserve {quote_id}", lambda: promises.reserve(self.world, quote_id))

    async def release(self, reservation_id: str) -> None:
        promises.release(self.world, reservation_id)
        self._tell_of_vehicles()

    async def commit(self, reservation_id: str, key: str) -> Leg:
        return self._once(
            key, f"commit {reservation_id}", lambda: leg_view(promises.commit(self.world, reservation_id))
        )

    async def leg(self, leg_id: str) -> Leg:
        return leg_view(self._carried(leg_id))

    async def find(self, reference: str) -> Leg | None:
        """The newest, where one name was given twice."""
        legs = (leg for leg in reversed(self.world.legs.values()) if leg.order.reference == reference)
        found = next(legs, None)
        return leg_view(found) if found else None

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        leg = self._carried(leg_id)
        return self._once(key, f"act {leg_id} {asked.model_dump_json()}", lambda: acts.act(self.world, leg, asked))

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret:
        leg = self._carried(leg_id)
        body = f"secret {leg_id} {asked.model_dump_json()}"
        return self._once(key, body, lambda: acts.make_secret(self.world, leg, asked))

    async def revoke(self, leg_id: str, secret_id: str) -> None:
        kept = self.world.secrets.get(secret_id)
        if kept is None or kept.leg_id != self._carried(leg_id).id:
            raise refuse(Limit.UNKNOWN, "No such secret.")
        kept.spent = True

    async def events(self, after: int, limit: int) -> Events:
        page = self.world.journal.page(after, limit)
        return mischief.as_told(self.world, page, limit) if self.world.habits.faults_share else page

    # ── the sandbox ──────────────────────────────────────────────────────────────────────────────────────────────────

    async def advance(self, asked: Advance) -> None:
        self.let_pass(asked.seconds)

    def let_pass(self, seconds: int) -> None:
        """Second by second, so that everything falls due in order."""
        for _ in range(seconds):
            self.world.now += timedelta(seconds=1)
            promises.let_go_of_expired(self.world)
            for car in self.world.cars.values():
                trouble.pass_or_end(self.world, car)
                second(self.world, car)
                if self.world.habits.people:
                    people.come_and_act(self.world, car)
                mischief.strike(self.world, car)
                tell_of_vehicle(self.world, car)

    def catch_up(self, moment: datetime) -> None:
        """Let time pass until then, in whole seconds; nothing if it is past that already."""
        self.let_pass(max(0, int((moment - self.world.now).total_seconds())))

    async def person(self, asked: ActOfPerson) -> None:
        acts.person(self.world, self._carried(asked.leg_id), asked.act)
        self._tell_of_vehicles()

    async def mishap(self, asked: Mishap) -> None:
        car = self._car(asked.vehicle_id)
        if car.broken:
            raise refuse(Limit.STATE, "It is broken already.")
        trouble.befall(self.world, car, asked.kind, asked.ends_after_s)
        self._tell_of_vehicles()

    async def lose_contact(self, asked: LostContact) -> None:
        lose_sight(self.world, self._car(asked.vehicle_id), asked.seconds)

    async def set_weather(self, asked: SetWeather) -> None:
        self.world.weather = asked.weather

    async def repair(self, asked: Repair) -> None:
        for car in [self._car(asked.vehicle_id)] if asked.vehicle_id else self.world.cars.values():
            trouble.repair(self.world, car)
        self._tell_of_vehicles()

    async def set_hours(self, asked: SetHours) -> None:
        """Raises Refused if it has no such model."""
        world = self.world
        if asked.model != world.domain.model:
            raise refuse(Limit.UNKNOWN, "No such model.")
        domain = world.domain.model_copy(update={"hours": asked.hours})
        world.facts = world.facts.model_copy(update={"domains": [domain], "revision": world.facts.revision + 1})
        world.journal.tell(EventKind.FACTS_CHANGED, world.now, world.now, revision=world.facts.revision)

    # ── inside ───────────────────────────────────────────────────────────────────────────────────────────────────────

    def _once(self, key: str, body: str, make: Callable[[], Answer]) -> Answer:
        """The first answer to this key again, be it a yes or a no. Another body under the same key is refused."""
        # Only its print is kept: a body may hold a secret.
        body = sha256(body.encode()).hexdigest()
        if key in self._answers:
            first, answer = self._answers[key]
            if first != body:
                raise refuse(Limit.STATE, "This key was used for something else.")
        else:
            try:
                answer = make()
            except Refused as no:
                answer = no.refusal
            self._answers[key] = body, answer
            self._tell_of_vehicles()
        if isinstance(answer, Refusal):
            raise Refused(answer)
        return answer  # type: ignore[return-value]  # what this body once made

    def _carried(self, leg_id: str) -> Carried:
        if leg_id not in self.world.legs:
            raise refuse(Limit.UNKNOWN, "No such leg.")
        return self.world.legs[leg_id]

    def _car(self, vehicle_id: str) -> Car:
        if vehicle_id not in self.world.cars:
            raise refuse(Limit.UNKNOWN, "No such vehicle.")
        return self.world.cars[vehicle_id]

    def _tell_of_vehicles(self) -> None:
        for car in self.world.cars.values():
            tell_of_vehicle(self.world, car)


def _built(world: World, centre: Place, number: int) -> Car:
    model, spread = world.facts.models[0], world.kind.reach_m * _HOME_SPREAD / 111_195
    north, east = (world.rng.uniform(-spread, spread) for _ in range(2))
    home = Place(lat=centre.lat + north, lon=centre.lon + east)
    return Car(
        id=f"{world.kind.name}-{number}",
        model=model,
        home=home,
        place=home,
        range_left_m=float(model.range_m or 0),
        rooms=[Room(spec) for spec in model.compartments],
    )
