"""Fleets that break the contract, each by one named fault around a fleet that keeps it.

Faults of the log rewrite it as a whole, so that a reader meets them on whatever page they fall; all others stand in
front of one call. `FAULTS` names them all, with what each breaks.
"""

from abc import ABC, abstractmethod
from collections.abc import Mapping
from datetime import timedelta
from itertools import count
from typing import Final, cast

from fastapi.responses import JSONResponse

from homeward.fleets.contract.facts import FactSheet, Refusal, Vehicles
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
from homeward.fleets.contract.news import Event, Events
from homeward.fleets.contract.server import refuse
from homeward.fleets.contract.words import (
    Action,
    ActionOutcome,
    CompartmentState,
    EventKind,
    LegState,
    Limit,
)
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.life import end

_HOLDER_AT: Final = {
    LegState.AT_PICKUP: "store",
    LegState.AT_DROPOFF: "shopper",
    LegState.AT_RETURN: "store",
    LegState.RESCUE_NEEDED: "rescuer",
}


class Faulty:
    """Passes every call on. A fault overrides what it breaks."""

    def __init__(self, good: ReferenceFleet) -> None:
        self.good = good

    async def facts(self) -> FactSheet:
        return await self.good.facts()

    async def vehicles(self) -> Vehicles:
        return await self.good.vehicles()

    async def feasible(self, order: LegOrder) -> Feasibility:
        return await self.good.feasible(order)

    async def quote(self, order: LegOrder, key: str) -> Quote:
        return await self.good.quote(order, key)

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        return await self.good.reserve(quote_id, key)

    async def release(self, reservation_id: str) -> None:
        await self.good.release(reservation_id)

    async def commit(self, reservation_id: str, key: str) -> Leg:
        return await self.good.commit(reservation_id, key)

    async def leg(self, leg_id: str) -> Leg:
        return await self.good.leg(leg_id)

    async def find(self, reference: str) -> Leg | None:
        return await self.good.find(reference)

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        return await self.good.act(leg_id, asked, key)

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret:
        return await self.good.secret(leg_id, asked, key)

    async def revoke(self, leg_id: str, secret_id: str) -> None:
        await self.good.revoke(leg_id, secret_id)

    async def events(self, after: int, limit: int) -> Events:
        return await self.good.events(after, limit)


class _Rewritten(Faulty, ABC):
    """Tells another log than the one that it has: what `told` makes of it, in that order."""

    async def events(self, after: int, limit: int) -> Events:
        told = self.told(list(self.good.world.journal.events))
        later = [event for event in told if event.number > after]
        return Events(items=later[:limit], last=max((event.number for event in told), default=0))

    @abstractmethod
    def told(self, log: list[Event]) -> list[Event]: ...


class EventsDoubled(_Rewritten):
    """Tells each event twice, under its one number."""

    def told(self, log: list[Event]) -> list[Event]:
        return [event for event in log for _ in range(2)]


class EventsOutOfOrder(_Rewritten):
    """Tells each second event before the first."""

    def told(self, log: list[Event]) -> list[Event]:
        return sorted(log, key=lambda event: event.number + (3 if event.number % 2 else 0))


class NumberSkipped(_Rewritten):
    """Leaves out each fifth number."""

    def told(self, log: list[Event]) -> list[Event]:
        return [event for event in log if event.number % 5]


class SilentAfterPickup(_Rewritten):
    """Tells nothing of a leg once its goods are in, though contact is not lost."""

    def told(self, log: list[Event]) -> list[Event]:
        loaded: set[str | None] = set()
        kept: list[Event] = []
        for event in log:
            if event.leg_id is None or event.leg_id not in loaded:
                kept.append(event.model_copy(update={"number": len(kept) + 1}))
            if event.kind is EventKind.GOODS_IN:
                loaded.add(event.leg_id)
        return kept


class SecretInEvent(_Rewritten):
    """Tells in the log with which secret a compartment was opened."""

    def told(self, log: list[Event]) -> list[Event]:
        return [self._with_secret(event) for event in log]

    def _with_secret(self, event: Event) -> Event:
        if event.kind is not EventKind.OPENED or event.secret_id is None:
            return event
        secret = self.good.world.secrets[event.secret_id].secret.secret
        return event.model_copy(update={"said": f"opened with {secret}"})


class ForbiddenTransition(_Rewritten):
    """Tells that a leg was on its way to the door before it had been to the store."""

    def told(self, log: list[Event]) -> list[Event]:
        return [
            event.model_copy(update={"state": LegState.TO_DROPOFF}) if event.state is LegState.TO_PICKUP else event
            for event in log
        ]


class DoubledCustody(_Rewritten):
    """Tells twice, under two numbers, that it let go of the goods."""

    def told(self, log: list[Event]) -> list[Event]:
        doubled = [event for event in log for _ in range(2 if event.kind is EventKind.GOODS_OUT else 1)]
        return [event.model_copy(update={"number": number}) for number, event in enumerate(doubled, 1)]


class RefusesAfterAccept(Faulty):
    """Commits to every leg and takes each back at once."""

    async def commit(self, reservation_id: str, key: str) -> Leg:
        leg = await super().commit(reservation_id, key)
        carried = self.good.world.legs[leg.id]
        if not carried.ended:
            why = Refusal(limit=Limit.OPERATOR, said="We have thought better of it.")
            end(self.good.world, carried, LegState.REFUSED, why)
        return leg


class OpensWithoutSecret(Faulty):
    """Opens to everybody."""

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        leg = await self.leg(leg_id)
        holder = _HOLDER_AT.get(leg.state)
        if asked.action is Action.OPEN and holder is not None:
            own = await self.secret(leg_id, AskSecret.model_validate({"holder": holder, "valid_s": 60}), f"own {key}")
            asked = asked.model_copy(update={"secret": own.secret})
        return await super().act(leg_id, asked, key)


class OpensTwice(Faulty):
    """Secrets stay good when they have opened."""

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        answer = await super().act(leg_id, asked, key)
        for kept in self.good.world.secrets.values():
            if kept.leg_id == leg_id and kept.secret.secret == asked.secret:
                kept.spent = False
        return answer


class ForgetsKeys(Faulty):
    """Takes each repeat for a new wish, and so makes a second leg."""

    def __init__(self, good: ReferenceFleet) -> None:
        super().__init__(good)
        self._fresh = count()

    def _key(self, key: str) -> str:
        return f"{key} {next(self._fresh)}"

    async def quote(self, order: LegOrder, key: str) -> Quote:
        return await super().quote(order, self._key(key))

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        return await super().reserve(quote_id, self._key(key))

    async def commit(self, reservation_id: str, key: str) -> Leg:
        kept = self.good.world.reservations.get(reservation_id)
        if kept is not None and kept.leg_id is not None:
            again = await self.quote(kept.quoted.order, key)
            reservation_id = (await self.reserve(again.id, key)).id
        return await super().commit(reservation_id, self._key(key))

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        return await super().act(leg_id, asked, self._key(key))

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret:
        return await super().secret(leg_id, asked, self._key(key))


class QuoteCutShort(Faulty):
    """Forgets quotes after a tenth of the time for which it said that it holds them."""

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        quoted = self.good.world.quotes.get(quote_id)
        held = timedelta(seconds=self.good.world.facts.quote_held_s)
        if quoted is not None and self.good.world.now > quoted.quote.held_until - held * 0.9:
            raise refuse(Limit.EXPIRED, "The quote is not held any more.")
        return await super().reserve(quote_id, key)


class HoldIgnored(Faulty):
    """Commits to reservations that have run out."""

    async def commit(self, reservation_id: str, key: str) -> Leg:
        world = self.good.world
        kept = world.reservations.get(reservation_id)
        if kept is not None:
            kept.reservation = kept.reservation.model_copy(update={"held_until": world.now + timedelta(seconds=1)})
        return await super().commit(reservation_id, key)


class NoLimitsInNo(Faulty):
    """Says no, and not why."""

    async def feasible(self, order: LegOrder) -> Feasibility:
        answer = await super().feasible(order)
        # As bytes: the type itself would not have it.
        bare = JSONResponse({"feasible": False, "limits": []})
        return answer if answer.feasible else cast("Feasibility", bare)


class NeverQuotes(Faulty):
    """Calls legs feasible and quotes none."""

    async def quote(self, order: LegOrder, key: str) -> Quote:
        raise refuse(Limit.OPERATOR, "Not today.")


class ActsInWordsOnly(Faulty):
    """Answers that it is done, and does nothing."""

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        await self.leg(leg_id)
        return ActionAnswer(outcome=ActionOutcome.DONE)


class LateHeartbeat(Faulty):
    """Its vehicles are heard of three times less often than it says."""

    async def vehicles(self) -> Vehicles:
        now = await super().vehicles()
        late = timedelta(seconds=3 * self.good.world.facts.heartbeat_s)
        return Vehicles(items=[car.model_copy(update={"seen_at": car.seen_at - late}) for car in now.items])


class ClaimsFree(Faulty):
    """Calls compartments free that have goods in them."""

    async def vehicles(self) -> Vehicles:
        cars = []
        for car in (await super().vehicles()).items:
            rooms = [
                room.model_copy(update={"state": CompartmentState.FREE, "leg_id": None})
                if room.state is CompartmentState.LOADED
                else room
                for room in car.compartments
            ]
            cars.append(car.model_copy(update={"compartments": rooms}))
        return Vehicles(items=cars)


class SharesARoom(Faulty):
    """Promises the first compartment of a vehicle to each of its legs."""

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        made = await super().reserve(quote_id, key)
        first = self.good.world.cars[made.vehicle_id].rooms[0]
        return made.model_copy(update={"compartment_id": first.spec.id})


FAULTS: Final[Mapping[str, type[Faulty]]] = {
    "events-doubled": EventsDoubled,
    "events-out-of-order": EventsOutOfOrder,
    "number-skipped": NumberSkipped,
    "silent-after-pickup": SilentAfterPickup,
    "shares-a-room": SharesARoom,
    "secret-in-event": SecretInEvent,
    "forbidden-transition": ForbiddenTransition,
    "doubled-custody": DoubledCustody,
    "refuses-after-accept": RefusesAfterAccept,
    "opens-without-secret": OpensWithoutSecret,
    "opens-twice": OpensTwice,
    "forgets-keys": ForgetsKeys,
    "quote-cut-short": QuoteCutShort,
    "hold-ignored": HoldIgnored,
    "no-limits-in-no": NoLimitsInNo,
    "never-quotes": NeverQuotes,
    "acts-in-words-only": ActsInWordsOnly,
    "late-heartbeat": LateHeartbeat,
    "claims-free": ClaimsFree,
}
