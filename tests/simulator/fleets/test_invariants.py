"""Whatever is asked of a fleet in whatever order, these things stay true."""

import asyncio
from collections.abc import Coroutine
from typing import Any

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from homeward.fleets.contract.legs import AskAction, AskSecret, Holder, LegOrder
from homeward.fleets.contract.sandbox import ActOfPerson, Advance, LostContact, Mishap, PersonAct, Repair
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import ON_BOARD, Action, IncidentKind, LegState
from homeward.simulator.fleets.engine import ReferenceFleet
from homeward.simulator.fleets.kinds import KINDS
from tests.simulator.fleets.world import a_fleet, an_order, north_of, wrong_in

PLAIN = [action for action in Action if action not in (Action.OPEN, Action.CLOSE, Action.DIVERT)]

HOLDERS = {
    LegState.AT_PICKUP: Holder.STORE,
    LegState.AT_DROPOFF: Holder.SHOPPER,
    LegState.AT_RETURN: Holder.STORE,
    LegState.RESCUE_NEEDED: Holder.RESCUER,
}


class Life(RuleBasedStateMachine):
    """Two fleets of one seed get the same calls."""

    @initialize(kind=st.sampled_from(sorted(KINDS)), seed=st.integers(0, 5))
    def begin(self, kind: str, seed: int) -> None:
        self.kind, self.calls = kind, 0
        self.twins = a_fleet(kind, seed), a_fleet(kind, seed)

    def both(self, call: Any) -> None:
        self.calls += 1
        for fleet in self.twins:
            _tried(call(fleet, f"key-{self.calls}"))

    def some_leg(self, pick: int) -> str:
        legs = list(self.twins[0].world.legs)
        return legs[pick % len(legs)]

    @rule(metres=st.integers(-400, 400), vehicle=st.integers(1, 2))
    def order(self, metres: int, vehicle: int) -> None:
        now = self.twins[0].world.now
        place = north_of(metres)
        changes = {"reference": f"ref-{self.calls}", "vehicle_id": f"{self.kind}-{vehicle}", "ready_at": now}
        order = an_order(self.kind, **changes)
        order["dropoff"] |= {"place": place, "spot": place}
        asked = LegOrder.model_validate(order | {"latest": now.replace(hour=23, minute=59)})

        async def carried(fleet: ReferenceFleet, key: str) -> None:
            quote = await fleet.quote(asked, f"{key}-q")
            reservation = await fleet.reserve(quote.id, f"{key}-r")
            await fleet.commit(reservation.id, f"{key}-c")

        self.both(carried)

    @rule(seconds=st.sampled_from([1, 7, 60, 400, 900]))
    def time_passes(self, seconds: int) -> None:
        self.both(lambda fleet, _: fleet.advance(Advance(seconds=seconds)))

    @precondition(lambda self: self.twins[0].world.legs)
    @rule(pick=st.integers(0, 9), holder=st.sampled_from(Holder))
    def somebody_opens(self, pick: int, holder: Holder) -> None:
        leg_id = self.some_leg(pick)

        async def opened(fleet: ReferenceFleet, key: str) -> None:
            secret = await fleet.secret(leg_id, AskSecret(holder=holder, valid_s=60), f"{key}-s")
            action = Action.HAND_TO_RESCUE if holder is Holder.RESCUER else Action.OPEN
            asked = AskAction(action=action, compartment_id=secret.compartment_id, secret=secret.secret)
            await fleet.act(leg_id, asked, f"{key}-o")

        self.both(opened)

    @precondition(lambda self: self.twins[0].world.legs)
    @rule(pick=st.integers(0, 9), act=st.sampled_from(PersonAct))
    def a_person_acts(self, pick: int, act: PersonAct) -> None:
        self.both(lambda fleet, _: fleet.person(ActOfPerson(leg_id=self.some_leg(pick), act=act)))

    @precondition(lambda self: self.twins[0].world.legs)
    @rule(pick=st.integers(0, 9), act=st.sampled_from([PersonAct.PUT_IN, PersonAct.TAKE_OUT, PersonAct.CLOSE_EMPTY]))
    def a_leg_goes_on(self, pick: int, act: PersonAct) -> None:
        """The next thing that usually happens to it: random calls alone seldom get so far."""
        state = self.twins[0].world.legs[self.some_leg(pick)].state
        if state in HOLDERS:
            self.somebody_opens(pick, HOLDERS[state])
            self.a_person_acts(pick, PersonAct.PUT_IN if state is LegState.AT_PICKUP else PersonAct.TAKE_OUT)
        elif state in (LegState.LOADING, LegState.HANDING_OVER):
            self.a_person_acts(pick, act)
            self.time_passes(30)
        else:
            self.time_passes(300)

    @precondition(lambda self: self.twins[0].world.legs)
    @rule(pick=st.integers(0, 9))
    def a_leg_goes_on_twice(self, pick: int) -> None:
        for _ in range(2):
            self.a_leg_goes_on(pick, PersonAct.PUT_IN)

    @precondition(lambda self: self.twins[0].world.legs)
    @rule(pick=st.integers(0, 9), action=st.sampled_from(PLAIN))
    def something_is_asked(self, pick: int, action: Action) -> None:
        self.both(lambda fleet, key: fleet.act(self.some_leg(pick), AskAction(action=action), key))

    @rule(vehicle=st.integers(1, 3), kind=st.sampled_from(IncidentKind), ends=st.sampled_from([None, 30, 500]))
    def something_goes_wrong(self, vehicle: int, kind: IncidentKind, ends: int | None) -> None:
        mishap = Mishap(vehicle_id=f"{self.kind}-{vehicle}", kind=kind, ends_after_s=ends)
        self.both(lambda fleet, _: fleet.mishap(mishap))

    @rule(vehicle=st.integers(1, 2), seconds=st.sampled_from([5, 300]))
    def contact_is_lost(self, vehicle: int, seconds: int) -> None:
        lost = LostContact(vehicle_id=f"{self.kind}-{vehicle}", seconds=seconds)
        self.both(lambda fleet, _: fleet.lose_contact(lost))

    @rule(vehicle=st.sampled_from([None, 1, 2]))
    def somebody_repairs(self, vehicle: int | None) -> None:
        repair = Repair(vehicle_id=vehicle and f"{self.kind}-{vehicle}")
        self.both(lambda fleet, _: fleet.repair(repair))

    @invariant()
    def the_log_is_sound_and_the_same_for_the_same_seed_and_calls(self) -> None:
        first, second = (fleet.world.journal.events for fleet in self.twins)
        assert first == second
        assert wrong_in(first) == []

    @invariant()
    def a_compartment_is_of_one_leg_and_goods_are_in_one_place(self) -> None:
        world = self.twins[0].world
        rooms = [(leg.car.id, leg.room.spec.id) for leg in world.legs.values() if not leg.ended]
        assert len(rooms) == len(set(rooms))
        for leg in world.legs.values():
            if leg.state in ON_BOARD - {LegState.HANDING_OVER, LegState.AT_RETURN}:
                assert leg.room.loaded
            if not leg.ended:
                assert leg.room.leg_id == leg.id


def _tried(call: Coroutine[Any, Any, Any]) -> None:
    try:
        asyncio.run(call)
    except Refused:
        return


LifeOfAFleet = Life.TestCase
LifeOfAFleet.settings = settings(
    max_examples=40,
    stateful_step_count=40,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
)
