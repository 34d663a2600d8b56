"""A recorded day lived again, event by event, with the planner's own `decide`. Pure: the same day, the same lives.

    known ─► decide ─► offer ─► answer ─► drive ─► stop ─► … ─► delivered

What people did is taken from the record wherever it says something: who said no to what, when a parcel really was
ready, how long a door took, who was on duty from where until when. What it cannot say is assumed, the same for every
policy: a courier asked about something new says yes, ways take as long as that courier's ways took on the day, and
whoever is free waits where the last stop was.
"""

from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from functools import partial
from heapq import heappop, heappush
from typing import Final

from homeward.dispatch import explain, policy
from homeward.dispatch.decide import decide
from homeward.dispatch.model import CourierSeen, Inputs, OfferDraft, Outcome, StopKind, StopRef
from homeward.dispatch.pay import split_pay
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.problem_of import snapshot_places
from homeward.dispatch.whatif.crew import OnTheRoad, Parcel, moment, second, stop_place
from homeward.dispatch.whatif.model import Answer, Day, DayLived
from homeward.dispatch.whatif.ways import DayWays

# As the planner does while something is open: time alone can change the answer.
_LOOK_AGAIN_S: Final = 30
# What is still open so long after the day is left open.
_SETTLES: Final = timedelta(hours=4)

Seen = Callable[[int], None]
"""Told at every decision how many seconds of the day are over."""


def live(day: Day, ways: DayWays, rules: DispatchPolicy | None = None, seen: Seen = lambda t: None) -> DayLived:
    """The whole day with the given policy, or with the one that was in force at each of its moments."""
    return _Model(day, ways, rules, seen).run()


@dataclass(frozen=True, slots=True)
class _Offer:
    """One courier is being asked; how it will be answered is known already."""

    draft: OfferDraft
    answer: str  # 'accepted', 'declined', 'expired'


class _Model:
    """The state of the day and its next events. Handlers are named for what happens."""

    def __init__(self, day: Day, ways: DayWays, rules: DispatchPolicy | None, seen: Seen) -> None:
        self._day, self._ways, self._rules, self._seen = day, ways, rules, seen
        self._parcels = {told.id: Parcel(told) for told in day.deliveries}
        self._couriers: dict[str, OnTheRoad] = {}
        self._gone: list[OnTheRoad] = []
        self._offers: dict[int, _Offer] = {}
        self._answers = {who: deque[Answer](given) for who, given in day.answers.items()}
        self._earlier: dict[str, tuple[StopRef, ...]] = {}
        self._said: dict[str, str] = {}
        self._events: list[tuple[int, int, Callable[[int], None]]] = []
        self._count = 0
        self._decide_at: int | None = None
        self._decisions = 0

    def run(self) -> DayLived:
        self._prepare()
        last = second(self._day, self._day.ends + _SETTLES)
        t = 0
        while self._events and self._events[0][0] <= last:
            t, _, happen = heappop(self._events)
            happen(t)
        for courier in self._couriers.values():
            courier.work_ends(t)
        names = {told.id: told.name for told in self._day.couriers}
        metres, busy_s = dict.fromkeys(names, 0), dict.fromkeys(names, 0)
        for courier in (*self._gone, *self._couriers.values()):
            metres[courier.told.id] += courier.metres
            busy_s[courier.told.id] += courier.busy_s
        lives = tuple(parcel.life(names) for parcel in self._parcels.values())
        return DayLived(lives, metres, busy_s, self._decisions)

    def _prepare(self) -> None:
        for number, told in enumerate(self._day.couriers):
            self._at(second(self._day, told.begins), partial(self._comes_on, number))
            for ends in sorted({told.ends, *(ends for _, ends in told.shift if ends is not None)}):
                self._at(second(self._day, ends), partial(self._may_leave, told.id))
            for spell in told.away:
                self._at(second(self._day, spell.until), self._want_decision)
        for delivery in self._day.deliveries:
            self._at(second(self._day, delivery.known_at), partial(self._becomes_known, delivery.id))
            if delivery.doors.cancelled_at is not None:
                at = second(self._day, delivery.doors.cancelled_at)
                self._at(at, partial(self._is_cancelled, delivery.id))

    def _at(self, t: int, happen: Callable[[int], None]) -> None:
        # The count breaks ties in the order of planning, so that the same day always goes the same way.
        self._count += 1
        heappush(self._events, (max(0, t), self._count, happen))

    # ── what happens to deliveries and couriers ──

    def _becomes_known(self, delivery_id: str, t: int) -> None:
        parcel = self._parcels[delivery_id]
        if parcel.state == "scheduled":
            parcel.state = "searching"
            self._want_decision(t)

    def _is_cancelled(self, delivery_id: str, t: int) -> None:
        """Once on board it is too late, in the model as in the record."""
        parcel = self._parcels[delivery_id]
        if parcel.ended or parcel.picked_up_at is not None:
            return
        for number, offer in list(self._offers.items()):
            if delivery_id in offer.draft.delivery_ids:
                self._may_leave(self._close(number).told.id, t)
        if parcel.courier_id is not None:
            courier = self._couriers[parcel.courier_id]
            courier.route = [ref for ref in courier.route if ref.delivery_id != delivery_id]
            if courier.idle:
                self._goes_on(courier, t)
        parcel.state, parcel.courier_id, parcel.pay_minor = "cancelled", None, 0
        self._want_decision(t)

    def _comes_on(self, number: int, t: int) -> None:
        told = self._day.couriers[number]
        courier = self._couriers.get(told.id)
        if courier is not None:
            courier.told = told  # still busy with the last spell: the shift goes on
        else:
            self._couriers[told.id] = OnTheRoad(told, self._ways, told.place, on_duty_since=t)
        self._want_decision(t)

    def _may_leave(self, courier_id: str, t: int) -> None:
        courier = self._couriers.get(courier_id)
        if courier is not None and courier.idle and courier.offer is None and self._over(courier, t):
            self._gone.append(self._couriers.pop(courier_id))
            self._want_decision(t)

    def _over(self, courier: OnTheRoad, t: int) -> bool:
        now = moment(self._day, t)
        ends = courier.told.shift_ends(now)
        return now >= courier.told.ends or (ends is not None and ends <= now)

    # ── on the road ──

    def _goes_on(self, courier: OnTheRoad, t: int) -> None:
        """To the next stop, or idle where they are."""
        if not courier.route:
            courier.work_ends(t)
            self._may_leave(courier.told.id, t)
            return
        ref = courier.route[0]
        parcel = self._parcels[ref.delivery_id]
        parcel.state = {"pickup": "to_pickup", "dropoff": "to_dropoff", "return": "returning"}[ref.kind.value]
        drive = courier.set_off(t, stop_place(parcel, ref.kind))
        self._at(drive.arrives, partial(self._arrives, courier))

    def _arrives(self, courier: OnTheRoad, t: int) -> None:
        ref = courier.arrive()
        if courier.route[:1] != [ref]:  # cancelled under way
            self._goes_on(courier, t)
            return
        courier.at = ref
        parcel = self._parcels[ref.delivery_id]
        parcel.state = {"pickup": "at_pickup", "dropoff": "at_dropoff", "return": "at_return"}[ref.kind.value]
        if ref.kind is StopKind.PICKUP:
            parcel.at_store_since = moment(self._day, t)
        self._at(self._done_at(parcel, ref.kind, t), partial(self._is_done, courier))

    def _done_at(self, parcel: Parcel, kind: StopKind, t: int) -> int:
        told = parcel.told
        if kind is StopKind.PICKUP:
            return max(t, second(self._day, told.doors.parcel_at)) + told.doors.store_s
        if kind is StopKind.DROPOFF:
            return max(t, second(self._day, told.window_earliest)) + told.doors.door_s
        return t + told.doors.store_s

    def _is_done(self, courier: OnTheRoad, t: int) -> None:
        ref, courier.at = courier.at, None
        assert ref is not None, "who is done stood at a stop"
        if courier.route[:1] == [ref]:  # else it was cancelled while they waited
            courier.route.pop(0)
            self._stop_made(courier, self._parcels[ref.delivery_id], ref.kind, t)
        self._goes_on(courier, t)
        self._want_decision(t)

    def _stop_made(self, courier: OnTheRoad, parcel: Parcel, kind: StopKind, t: int) -> None:
        now = moment(self._day, t)
        if kind is StopKind.PICKUP:
            parcel.state, parcel.picked_up_at = "picked_up", now
        elif kind is StopKind.DROPOFF and parcel.told.doors.comes_back:
            parcel.state, parcel.going_back = "returning", True
            courier.route.append(StopRef(parcel.told.id, StopKind.RETURN))
        elif kind is StopKind.DROPOFF:
            parcel.state, parcel.delivered_at = "delivered", now
        else:
            parcel.state = "returned"

    # ── asking ──

    def _ask(self, draft: OfferDraft, sentences: dict[str, str], inputs: Inputs, t: int) -> None:
        courier, parcels = self._couriers[draft.courier_id], [self._parcels[i] for i in draft.delivery_ids]
        self._count += 1
        answer, after_s = self._answer(courier, draft, inputs.snapshot.settings.decision_s)
        courier.offer, courier.asked_at = self._count, t
        self._offers[self._count] = _Offer(draft, answer)
        for parcel in parcels:
            parcel.offered_to, parcel.offered_at = draft.courier_id, moment(self._day, t)
            parcel.offers += 1
            parcel.sentence = sentences[parcel.told.id]
        self._at(t + after_s, partial(self._is_answered, self._count, inputs))

    def _answer(self, courier: OnTheRoad, draft: OfferDraft, decision_s: int) -> tuple[str, int]:
        """As recorded for any of the deliveries, the first time they are asked again; else yes."""
        given = [
            queue.popleft()
            for delivery_id in draft.delivery_ids
            if (queue := self._answers.get((draft.courier_id, delivery_id)))
        ]
        no = next((answer for answer in given if answer.state == "declined"), None)
        if no is not None:
            return "declined", min(no.after_s, decision_s)
        if given:
            return "expired", decision_s
        return "accepted", min(courier.told.answer_s, decision_s)

    def _is_answered(self, number: int, inputs: Inputs, t: int) -> None:
        offer = self._offers.get(number)
        if offer is None:
            return  # withdrawn meanwhile
        courier = self._close(number)
        if offer.answer == "accepted":
            self._takes(courier, offer.draft, t)
        else:
            courier.noes.append(t)
            offers = inputs.policy.offers
            remembered_s = offers.decline_remembered_s if offer.answer == "declined" else offers.expiry_remembered_s
            for delivery_id in offer.draft.delivery_ids:
                self._parcels[delivery_id].no_until[courier.told.id] = t + remembered_s
            self._at(t + remembered_s, self._want_decision)
        self._may_leave(courier.told.id, t)
        self._want_decision(t)

    def _close(self, number: int) -> OnTheRoad:
        draft = self._offers.pop(number).draft
        courier = self._couriers[draft.courier_id]
        courier.offer = None
        for delivery_id in draft.delivery_ids:
            self._parcels[delivery_id].offered_to = None
        return courier

    def _takes(self, courier: OnTheRoad, draft: OfferDraft, t: int) -> None:
        shares = split_pay(draft.pay.total, draft.delivery_ids)
        for delivery_id in draft.delivery_ids:
            parcel = self._parcels[delivery_id]
            parcel.state, parcel.courier_id = "assigned", courier.told.id
            parcel.pay_minor, parcel.together = shares[delivery_id].minor, len(draft.delivery_ids)
        courier.earned_minor += draft.pay.total.minor
        courier.carried += len(draft.delivery_ids)
        idle = courier.idle
        courier.route = list(policy.with_accepted(courier.route, draft.route, draft.delivery_ids))
        courier.work_begins(t)
        if idle:
            self._goes_on(courier, t)

    # ── deciding ──

    def _want_decision(self, t: int) -> None:
        """At the planner's next round."""
        every_s = self._day.planner_every_s
        self._decide_by((t // every_s + 1) * every_s)

    def _decide_by(self, t: int) -> None:
        if self._decide_at is None or t < self._decide_at:
            self._decide_at = t
            self._at(t, self._decides)

    def _decides(self, t: int) -> None:
        if self._decide_at != t:
            return
        self._decide_at = None
        if not self._couriers or not self._worth_it():
            return  # what follows from nobody being there needs no planner
        inputs = self._inputs(t)
        outcome = decide(inputs)
        self._decisions += 1
        self._apply(outcome, inputs, t)
        if any(parcel.searching and parcel.offered_to is None for parcel in self._parcels.values()):
            self._decide_by(t + _LOOK_AGAIN_S)
        self._seen(t)

    def _worth_it(self) -> bool:
        """Something to offer, or an order of stops that could be another one: the next stop is fixed."""
        searching = any(parcel.searching and parcel.offered_to is None for parcel in self._parcels.values())
        return searching or any(len(courier.route) > 2 for courier in self._couriers.values())

    def _apply(self, outcome: Outcome, inputs: Inputs, t: int) -> None:
        for courier_id, order in outcome.resequenced.items():
            courier = self._couriers[courier_id]
            if policy.same_order_after_next(order, courier.route):
                courier.route = list(order)
        for delivery_id, eta in outcome.etas.items():
            self._parcels[delivery_id].eta = eta
        names = {courier.id: courier.name for courier in inputs.snapshot.couriers}
        sentences = {
            one.delivery_id: explain.round_sentence(one.rule, names.get(one.courier_id or ""))
            for one in outcome.considered
        }
        for draft in outcome.offers:
            self._ask(draft, sentences, inputs, t)
        self._earlier = dict(outcome.planned)
        searching = {i for i, parcel in self._parcels.items() if parcel.searching}
        kept = {i: key for i, key in self._said.items() if i in searching}
        self._said = {**kept, **{one.delivery_id: one.key for one in outcome.considered}}

    # ── what the planner sees ──

    def _inputs(self, t: int) -> Inputs:
        now = moment(self._day, t)
        frame = self._frame(t)
        deliveries = tuple(
            parcel.seen(t)
            for _, parcel in sorted(self._parcels.items())
            if parcel.state != "scheduled" and not parcel.ended
        )
        couriers = [self._couriers[courier_id] for courier_id in sorted(self._couriers)]
        snapshot = replace(
            frame.snapshot,
            now=now,
            seed=int(now.timestamp()),
            deliveries=deliveries,
            couriers=tuple(self._as_seen(courier, t, frame.policy.acceptance.noes_s) for courier in couriers),
            earlier=self._earlier,
            said=self._said,
        )
        underway = [each for courier in couriers if (each := courier.underway(t)) is not None]
        tables = self._ways.tables(
            snapshot_places(deliveries),
            [courier.place for courier in couriers if courier.underway(t) is None],
            underway,
            {courier.profile for courier in couriers},
        )
        return replace(frame, snapshot=snapshot, tables=tables)

    def _frame(self, t: int) -> Inputs:
        """The rules of that moment."""
        now = moment(self._day, t)
        frames: Sequence[Inputs] = [frame for since, frame in self._day.frames if since <= now]
        frame = frames[-1] if frames else self._day.frames[0][1]
        rules = self._rules or frame.policy
        # Nobody knows who would have gone to wait elsewhere: the model's couriers stay, and are not told to go.
        return replace(frame, policy=replace(rules, positions=replace(rules.positions, use=False)))

    def _as_seen(self, courier: OnTheRoad, t: int, noes_s: int) -> CourierSeen:
        told, now = courier.told, moment(self._day, t)
        underway = courier.underway(t)
        closed = told.closed(now)
        if closed is None and self._over(courier, t):
            closed = "shift_over"
        if closed is None and courier.offer is not None:
            closed = "asked_about_another"
        return CourierSeen(
            id=told.id,
            name=told.name,
            vehicle=told.vehicle,
            place=underway.here if underway else courier.place,
            capacity_g=told.capacity_g,
            capacity_l=told.capacity_l,
            max_deliveries=told.max_deliveries,
            skills=told.skills,
            shift_ends=told.shift_ends(now),
            route=tuple(courier.route),
            closed=closed,
            noes=sum(1 for at in courier.noes if at >= t - noes_s),
            asked_s_ago=t - courier.asked_at if courier.asked_at is not None else None,
            on_duty_s=t - courier.on_duty_since,
            earned_minor=courier.earned_minor,
            carried=courier.carried,
            engagement=told.engagement,
            employer_id=told.employer_id,
        )
