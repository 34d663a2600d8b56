"""One fleet under trial: its sandbox's time, its log so far, and what a story needs to get a leg going."""

import secrets
from collections.abc import Awaitable, Callable, Collection
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

import httpx

from homeward.fleets.carriers.contract import CarrierFailure
from homeward.fleets.conformance.exchanges import Exchange, Recorder
from homeward.fleets.conformance.judging import Broken, NotOffered, NotReached
from homeward.fleets.conformance.orders import CALM, Trip, order_for, trips, weather_of
from homeward.fleets.contract.client import HttpFleet
from homeward.fleets.contract.facts import Compartment, FactSheet, Model, Refusal, Vehicle
from homeward.fleets.contract.legs import ActionAnswer, AskAction, Leg, LegOrder, Quote, Reservation, Secret
from homeward.fleets.contract.news import Event, gap
from homeward.fleets.contract.sandbox import Advance, Repair, SetWeather
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import ENDED, ON_BOARD, Action, ActionOutcome, LegState, Limit, VehicleState

PAUSE_S: Final = 0.2
MOST_WAIT_S: Final = 4 * 3_600
_STEP_S: Final = 30
_PAGE: Final = 200
# A fleet may be shut for the night, or charge: both pass within a day.
_PASSES: Final = frozenset({Limit.CLOSED, Limit.DAYLIGHT, Limit.NO_VEHICLE, Limit.RANGE, Limit.WEATHER})
_PATIENCE_S: Final = 1_200
_PATIENT_TRIES: Final = 80
USUAL: Final = "delivered"
"""The name of the story that all others are like in their beginning."""
FAILURES: Final = (Broken, Refused, CarrierFailure)
"""What a fleet can do to a trial; anything else is a bug of ours."""


@dataclass
class Story:
    """What one leg lived through, for as many clauses as want to judge it."""

    order: LegOrder
    quote: Quote
    reservation: Reservation
    leg: Leg
    room: Compartment
    secrets: list[Secret] = field(default_factory=list)
    marks: dict[str, Any] = field(default_factory=dict)
    """What the story saw on its way, by a name that its clauses know."""


Telling = Callable[["Trial"], Awaitable[Story]]


@dataclass(frozen=True, slots=True)
class _Ending:
    story: Story | None
    failure: Exception | None


class Trial:
    """`log` has every event since the trial began, in the order of the pages that told them.

    `models` says of each model of the fact sheet how far it got.
    """

    def __init__(self, http: httpx.AsyncClient, base_url: str, token: str) -> None:
        self.recorder = Recorder()
        self.recorder.watch(http)
        self.fleet = HttpFleet(http, base_url, token, PAUSE_S)
        self.log: list[Event] = []
        self.stories: list[Story] = []
        self.gaps: list[str] = []
        self.models: dict[str, str] = {}
        self.facts: FactSheet
        self.began_after = 0
        self._http, self._base_url, self._token = http, base_url.rstrip("/"), token
        self._told: dict[str, _Ending] = {}
        self._now: datetime
        self._trips: dict[str | None, Trip] = {}
        self._made = 0
        self._run = secrets.token_hex(4)  # references name legs for ever, also across trials

    async def begin(self) -> None:
        """Read the fact sheet, the time, and how long the log is already. Raises NotOffered if it is no sandbox."""
        self.facts = await self.fleet.facts()
        if not self.facts.sandbox:
            raise NotOffered(
                "this is no sandbox: its fact sheet does not say sandbox: true. The kit moves vehicles, opens them and "
                "lets them break down, and does so in sandboxes only."
            )
        # What an earlier run has left behind would be held against this one. That it can be asked for, a clause says.
        with suppress(*FAILURES):
            await self.fleet.repair(Repair())
        self.began_after = (await self.fleet.events(0, 1)).last
        seen = [vehicle.seen_at for vehicle in (await self.fleet.vehicles()).items]
        if not seen:
            raise NotReached("a vehicle at least", "GET /vehicles with none")
        self._now = max(seen)
        await self.fleet.set_weather(SetWeather(weather=weather_of(self._now, CALM)))

    @property
    def now(self) -> datetime:
        """The sandbox's time, as far as it has told."""
        return self._now

    def key(self) -> str:
        self._made += 1
        return f"{self._run}-{self._made}"

    async def raw(self, method: str, path: str, **options: Any) -> httpx.Response:
        """A call as written, with the token unless `headers` say otherwise; nothing is tried again."""
        headers = {"Authorization": f"Bearer {self._token}", **options.pop("headers", {})}
        try:
            return await self._http.request(method, self._base_url + path, headers=headers, timeout=10, **options)
        except httpx.HTTPError as cause:
            raise Broken("an answer", f"none: {type(cause).__name__}") from cause

    async def advance(self, seconds: int) -> None:
        await self.fleet.advance(Advance(seconds=max(1, seconds)))
        self._now += timedelta(seconds=max(1, seconds))

    async def news(self) -> list[Event]:
        """What the log has told since this was asked last. Stops at a page that brings nothing new."""
        fresh: list[Event] = []
        while True:
            known = self.log[-1].number if self.log else self.began_after
            page = await self.fleet.events(known, _PAGE)
            wrong = gap(known, page)
            if wrong:
                self.gaps.append(wrong)
            self.log += page.items
            fresh += page.items
            self._now = max([self._now, *(event.recorded_at for event in page.items)])
            if not page.items or page.items[-1].number <= known or page.items[-1].number >= page.last:
                return fresh

    async def reread(self) -> list[Event]:
        """The log once more, from where the trial began."""
        again: list[Event] = []
        after = self.began_after
        while True:
            page = await self.fleet.events(after, _PAGE)
            again += page.items
            if not page.items or page.items[-1].number <= after or page.items[-1].number >= page.last:
                return again
            after = page.items[-1].number

    def events_of(self, leg_id: str) -> list[Event]:
        return [event for event in self.log if event.leg_id == leg_id]

    async def told(self, telling: Telling) -> Story:
        """The story, lived once; whoever asks again gets the same, or the same failure."""
        name = telling.__name__
        if name not in self._told:
            self._told[name] = await self._live(telling)
        ending = self._told[name]
        if ending.story is None:
            failure = ending.failure
            assert failure is not None
            if isinstance(failure, NotOffered):
                raise failure
            expected = failure.expected if isinstance(failure, Broken) else "answers as the contract has them"
            raise NotReached(expected, str(getattr(failure, "came", failure)))
        return ending.story

    async def own(self, telling: Telling) -> Story:
        """The story that a clause is about: where it breaks off the clause is broken, unless the usual life is, too."""
        try:
            return await self.told(telling)
        except NotReached as stuck:
            usual = self._told.get(USUAL)
            if telling.__name__ != USUAL and usual is not None and usual.failure is not None:
                raise
            raise Broken(stuck.expected, stuck.came) from stuck

    async def lived(self, telling: Telling) -> None:
        """Told as far as it goes: what the log has of a story that broke off can be judged, too."""
        try:
            await self.told(telling)
        except NotReached:
            await self.news()
            if not self.log:
                raise

    async def _live(self, telling: Telling) -> _Ending:
        before = len(self.stories)
        try:
            story = await telling(self)
            await self.news()
            return _Ending(story, None)
        except NotOffered as none:
            return _Ending(None, none)
        except FAILURES as failure:
            return _Ending(None, failure)
        finally:
            for story in self.stories[before:]:
                await self.let_go(story.leg.id)

    async def let_go(self, leg_id: str) -> None:
        """So that a leg which is of no use any more leaves its vehicle to the next one."""
        try:
            leg = await self.fleet.leg(leg_id)
            ways = [each for each in (Action.CANCEL, Action.RETURN) if each in self.facts.actions]
            if leg.state not in ENDED and ways:
                wanted = Action.RETURN if leg.state in ON_BOARD and Action.RETURN in ways else ways[0]
                await self.fleet.act(leg_id, AskAction(action=wanted), self.key())
        except FAILURES:
            return

    async def order(self, model: Model | None = None, **changes: Any) -> LegOrder:
        """One that the fleet calls feasible, by this model or by any; finds out where and when that is, once."""
        name = None if model is None else model.id
        if model is not None:
            changes = {"vehicle_id": (await self.vehicle_of(model)).id, **changes}
        if name not in self._trips:
            self._trips[name] = await self._feasible_trip(model, changes.get("vehicle_id") if model else None)
        return order_for(self._trips[name], self.reference(), self._now, **changes)

    async def vehicle_of(self, model: Model) -> Vehicle:
        """One that is available, if there is one. Raises Broken if there is none at all."""
        mine = [vehicle for vehicle in (await self.fleet.vehicles()).items if vehicle.model == model.id]
        if not mine:
            raise Broken(f"a vehicle of {model.name} ({model.id}) in the sandbox", "none")
        return next((vehicle for vehicle in mine if vehicle.state is VehicleState.AVAILABLE), mine[0])

    def reference(self) -> str:
        self._made += 1
        return f"kit-{self._run}-{self._made}"

    async def _feasible_trip(self, model: Model | None, vehicle_id: str | None) -> Trip:
        limits: list[Refusal] = []
        for _ in range(_PATIENT_TRIES):
            for trip in trips(self.facts):
                if model is not None and trip.model.id != model.id:
                    continue
                asked = order_for(trip, self.reference(), self._now, vehicle_id=vehicle_id)
                answer = await self.fleet.feasible(asked)
                if answer.feasible:
                    return trip
                limits = answer.limits
                if any(each.limit in _PASSES for each in limits):
                    break
            else:
                break
            await self.advance(_PATIENCE_S)
        said = ", ".join(f"{each.limit} {each.said}".strip() for each in limits)
        raise NotReached("a feasible leg inside the domain of the fact sheet", f"a no to each that was tried: {said}")

    async def other_trip(self) -> Trip:
        """Another door that the fleet can reach as well. Raises NotOffered if it knows only one."""
        known = (await self.order()).dropoff.place
        for trip in trips(self.facts):
            if trip.dropoff == known or trip.pickup != self._trips[None].pickup:
                continue
            if (await self.fleet.feasible(order_for(trip, self.reference(), self._now))).feasible:
                return trip
        raise NotOffered("no second door was found that is feasible from the same store")

    async def quoted(self, **changes: Any) -> tuple[LegOrder, Quote]:
        """With patience: vehicles come back, charge and open again."""
        for _ in range(_PATIENT_TRIES):
            order = await self.order(**changes)
            try:
                return order, await self.fleet.quote(order, self.key())
            except Refused as refused:
                if refused.refusal.limit not in _PASSES:
                    raise NotReached("a quote for a leg that is feasible", said(refused.refusal)) from refused
                last = refused
            await self.advance(_PATIENCE_S)
        raise NotReached("a quote within a day", said(last.refusal))

    async def reserved(self, **changes: Any) -> tuple[LegOrder, Quote, Reservation]:
        for _ in range(_PATIENT_TRIES):
            order, quote = await self.quoted(**changes)
            try:
                return order, quote, await self.fleet.reserve(quote.id, self.key())
            except Refused as refused:
                if refused.refusal.limit not in _PASSES:
                    raise
                last = refused
            await self.advance(_PATIENCE_S)
        raise NotReached("a reservation within a day", said(last.refusal))

    async def committed(self, **changes: Any) -> Story:
        """A leg that has just begun."""
        order, quote, reservation = await self.reserved(**changes)
        leg = await self.fleet.commit(reservation.id, self.key())
        story = Story(order, quote, reservation, leg, await self.room_of(reservation))
        self.stories.append(story)
        return story

    async def room_of(self, reservation: Reservation) -> Compartment:
        model_id = (await self.vehicle(reservation.vehicle_id)).model
        for model in self.facts.models:
            for room in model.compartments:
                if (model.id, room.id) == (model_id, reservation.compartment_id):
                    return room
        raise Broken(
            "a reservation of a compartment that the vehicle's model has",
            f"{reservation.compartment_id} of a {model_id}",
        )

    async def vehicle(self, vehicle_id: str) -> Vehicle:
        for vehicle in (await self.fleet.vehicles()).items:
            if vehicle.id == vehicle_id:
                return vehicle
        raise Broken(f"vehicle {vehicle_id} among the vehicles", "not there")

    async def until(
        self, story: Story, *wanted: LegState, within_s: int = MOST_WAIT_S, step_s: int | None = None
    ) -> Leg:
        """Let time go on until the leg is in one of these states. Raises NotReached if it ends elsewhere."""
        step = step_s or max(1, min(_STEP_S, self.facts.waits.at_pickup_s // 6, self.facts.waits.at_dropoff_s // 6))
        passed = 0
        while True:
            leg = await self.fleet.leg(story.leg.id)
            if leg.state in wanted:
                await self.news()
                return leg
            if leg.state in ENDED or passed >= within_s:
                raise NotReached(f"the leg {_words(wanted)} within {within_s} s", f"{leg.state} after {passed} s")
            await self.advance(step)
            passed += step

    async def act(self, story: Story, action: Action, key: str | None = None, **more: Any) -> ActionAnswer:
        return await self.fleet.act(story.leg.id, AskAction(action=action, **more), key or self.key())

    async def done(self, story: Story, action: Action, **more: Any) -> ActionAnswer:
        """An action that the fleet offers and must not refuse here."""
        if action not in self.facts.actions:
            raise NotOffered(f"the fact sheet does not list {action}")
        answer = await self.act(story, action, **more)
        if answer.outcome is ActionOutcome.REFUSED:
            raise NotReached(f"{action} accepted or done", f"refused: {said(answer.refusal)}")
        return answer

    def exchanges(self) -> list[Exchange]:
        return self.recorder.tail()


def said(refusal: Refusal | None) -> str:
    return "no refusal" if refusal is None else f"{refusal.limit} {refusal.said}".strip()


def _words(states: Collection[LegState]) -> str:
    return " or ".join(states)
