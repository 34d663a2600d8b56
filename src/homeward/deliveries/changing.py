"""Changing a delivery: one shape for whatever a merchant changes. Roads and prices are asked before it is locked."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any

from homeward.deliveries import booking, booking_policy, change_policy, documents, policy
from homeward.deliveries.booking import Quotes, new_pin
from homeward.deliveries.custody import locked
from homeward.deliveries.errors import ActNotPossible, NewQuoteNeeded
from homeward.deliveries.merchant_acts import MerchantActs, seen
from homeward.deliveries.model import Actor, ChangeRequest, Delivery, DeliveryView, NewEvent, StopDetails, Who
from homeward.deliveries.policy import Facts, Standing
from homeward.deliveries.relay import Relay
from homeward.deliveries.states import OPEN, Act, State, acts_open_to
from homeward.infra.auth import MerchantActor
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import Problem
from homeward.quotes.model import CONFIRM_ADDRESS, BookableOption, Quote, QuoteOption, QuoteRequest


@dataclass(frozen=True, slots=True)
class _Road:
    """What the quotes say about the delivery as it would be; `option` is the new promise, if one is wanted."""

    stands_on: tuple[object, ...]
    quote: Quote
    option: QuoteOption | None


class Changing(MerchantActs):
    """A change is one transaction; what it needs from outside is asked before, and again if that was too early."""

    def __init__(self, db: Database, clock: Clock, quotes: Quotes, relay: Relay) -> None:
        super().__init__(db, clock, relay)
        self._quotes = quotes

    async def change(
        self, merchant_id: str, delivery_id: str, request: ChangeRequest, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """Change what the state still allows.

        Raises FieldsLocked, NewQuoteNeeded, PriceRises, NoOptionFits and the quote's refusals.
        """
        _grant(change_policy.check_request(request))
        while True:
            road = await self._road(merchant_id, delivery_id, request, mode)
            async with self._db.merchant(merchant_id) as tx:
                delivery = await locked(tx, delivery_id, mode)
                _grant(change_policy.check_change(delivery, request))
                if road is None or road.stands_on == change_policy.stands_on(delivery):
                    await self._change_in(tx, delivery, request, road, by)
                    return await seen(tx, delivery_id)
            # Another change was faster, and the road was asked for what is no more: ask again.

    async def confirm_address(
        self, merchant_id: str | None, delivery_id: str, place: LatLon, by: Actor, *, mode: str | None = None
    ) -> DeliveryView:
        """A person has set the pin. A pin far from the priced one must not cost more road than was priced."""
        view = await self._seen_by(merchant_id, delivery_id, mode)
        if great_circle_m(await self._priced_pin(view.delivery), place) > change_policy.PIN_MOVE_FREE_M:
            await self._ask(view.delivery, ChangeRequest(place=place))
        async with self._scope(merchant_id) as tx:
            delivery = await locked(tx, delivery_id, mode)
            if delivery.state not in OPEN:
                possible = [str(act) for act in acts_open_to(delivery.state, by.who)]
                raise ActNotPossible(delivery_id, "confirm_address", delivery.state, possible)
            attention = None if delivery.attention == CONFIRM_ADDRESS else delivery.attention
            events = [
                NewEvent("delivery.address_confirmed", {}),
                *policy.attention_events(delivery.attention, attention),
            ]
            dropoff = replace(delivery.dropoff, place=place, confidence=1.0)
            await self.write(tx, delivery, events, at=self._clock.now(), by=by, dropoff=dropoff, attention=attention)
            return await seen(tx, delivery_id)

    async def other_times(
        self, merchant_id: str, delivery_id: str, *, mode: str | None = None
    ) -> Sequence[QuoteOption]:
        """What could be promised instead, at the price of now. Raises FieldsLocked and the quote's refusals."""
        delivery = (await self._seen_by(merchant_id, delivery_id, mode)).delivery
        request = ChangeRequest(deliver_by=delivery.promised_by)
        _grant(change_policy.check_change(delivery, request))
        return (await self._quotes.quote(_asker(delivery), self._question(delivery, request))).options

    # ── the road ──

    async def _road(self, merchant_id: str, delivery_id: str, request: ChangeRequest, mode: str | None) -> _Road | None:
        """None if the change leaves way and time alone. What is refused anyway is refused before a quote is asked."""
        if not change_policy.touches_road(request):
            return None
        delivery = (await self._seen_by(merchant_id, delivery_id, mode)).delivery
        _grant(change_policy.check_change(delivery, request))
        return await self._ask(delivery, request)

    async def _ask(self, delivery: Delivery, request: ChangeRequest) -> _Road:
        """The way and the price as they would be; refuses what goes beyond the quote that holds now."""
        assert delivery.quote_id, "every delivery is booked by a quote"
        held = await self._quotes.get(delivery.merchant_id, delivery.quote_id)
        quote = await self._quotes.quote(_asker(delivery), self._question(delivery, request))
        stands_on = change_policy.stands_on(delivery)
        if quote.market_id != delivery.market_id:
            raise NewQuoteNeeded(delivery.id, "market_id", delivery.market_id, quote.market_id)
        if not change_policy.promises_anew(request):
            _grant(change_policy.check_new_distance(delivery, held.distance_m, quote.distance_m))
            return _Road(stands_on, quote, None)
        option = change_policy.chosen(quote, request)
        _grant(change_policy.check_new_price(delivery, option.price.total, request.accept_price))
        return _Road(stands_on, quote, option)

    def _question(self, delivery: Delivery, request: ChangeRequest) -> QuoteRequest:
        return change_policy.road_question(delivery, request, self._clock.now())

    async def _priced_pin(self, delivery: Delivery) -> LatLon:
        """The pin as found. Once a person has moved it, the quote's: many short moves would be a long one."""
        if delivery.dropoff.confidence < 1 or delivery.quote_id is None:
            return delivery.dropoff.place
        return (await self._quotes.get(delivery.merchant_id, delivery.quote_id)).dropoff.place

    # ── the change itself ──

    async def _change_in(
        self, tx: Tx, delivery: Delivery, request: ChangeRequest, road: _Road | None, by: Actor
    ) -> None:
        now = self._clock.now()
        _grant(change_policy.check_wishes(delivery, request))
        bookable = await self._rebooked(tx, delivery, road)
        changes = {**_plain_changes(delivery, request, road), **_new_times(delivery, request, bookable, now)}
        pickup = await self._new_pickup(tx, delivery, request, road)
        if pickup != delivery.pickup:
            changes["pickup"] = pickup
        if not changes:
            return
        events = [NewEvent("delivery.changed", {"fields": change_policy.asked_fields(request)})]
        if bookable:
            events.append(change_policy.promise_event(delivery, bookable))
        await self._write_change(tx, delivery, events, changes, by, now)

    async def _write_change(
        self, tx: Tx, delivery: Delivery, events: list[NewEvent], changes: dict[str, Any], by: Actor, now: datetime
    ) -> None:
        """A search that would begin too early for the new time waits again."""
        after = {**changes}
        if delivery.state is State.SEARCHING and changes.get("search_from", now) > now:
            facts = Facts(None, changes["promised_by"])
            decision = policy.decide(Standing(delivery.id, delivery.state), Act.POSTPONE, Who.SYSTEM, facts)
            if isinstance(decision, Problem):
                raise decision
            events += decision.events
            after |= {"state": decision.state, "times": policy.times_after(delivery, decision.state, now)}
            raised = changes.get("attention", delivery.attention)
            after["attention"] = policy.attention_after(raised, delivery.state, decision.state, None)
        events += policy.attention_events(delivery.attention, after.get("attention", delivery.attention))
        await self.write(tx, delivery, events, at=now, by=by, **after)

    async def _rebooked(self, tx: Tx, delivery: Delivery, road: _Road | None) -> BookableOption | None:
        """The new promise, bound to this delivery as a booking binds it."""
        if road is None or road.option is None:
            return None
        return await self._quotes.option_for_booking(
            tx,
            merchant_id=delivery.merchant_id,
            mode=delivery.mode,
            quote_id=road.quote.id,
            option_id=road.option.id,
            delivery_id=delivery.id,
        )

    async def _new_pickup(self, tx: Tx, delivery: Delivery, request: ChangeRequest, road: _Road | None) -> StopDetails:
        """Another place has its own people and its own words for couriers; the code stays, for it may be printed."""
        stop = delivery.pickup
        if road and request.moves_pickup:
            store = await booking.store_row(tx, delivery.merchant_id, road.quote.store_id)
            stop = booking.pickup_stop(store, request.pickup, None, stop.code)
        return change_policy.new_pickup(stop, request)

    async def _seen_by(self, merchant_id: str | None, delivery_id: str, mode: str | None) -> DeliveryView:
        async with self._scope(merchant_id) as tx:
            return await seen(tx, delivery_id, mode)


def _asker(delivery: Delivery) -> MerchantActor:
    return MerchantActor(delivery.merchant_id, "test" if delivery.mode == "test" else "live", "change", "key")


def _plain_changes(delivery: Delivery, request: ChangeRequest, road: _Road | None) -> dict[str, Any]:
    """The fields that become different, but for times and the pickup stop."""
    changes: dict[str, Any] = {}
    door = road.quote if road and (request.address or request.place) else None
    dropoff = change_policy.new_dropoff(delivery.dropoff, request, door)
    if dropoff != delivery.dropoff:
        changes["dropoff"] = dropoff
    requirements = change_policy.new_requirements(delivery.requirements, request, new_pin)
    if requirements != delivery.requirements:
        changes["requirements"] = requirements
    if request.metadata is not None:
        changes["metadata"] = dict(request.metadata)
    if request.contents is not None:
        _grant(booking_policy.check_currency(request.contents, delivery.total.currency))
        changes["contents"] = request.contents
    if request.door_data is not None:
        changes["door"] = replace(delivery.door, data=request.door_data)
    if road and road.quote.store_id != delivery.store_id:
        changes["store_id"] = road.quote.store_id
    if door:
        changes["attention"] = change_policy.attention_at(delivery, door)
    return changes


def _new_times(
    delivery: Delivery, request: ChangeRequest, bookable: BookableOption | None, now: datetime
) -> Mapping[str, Any]:
    """With a new promise all times are its own; else only the parcel's, as far as the promise allows."""
    if bookable:
        price = documents.price_document(bookable.price, bookable.fees)
        return change_policy.repromised(delivery, bookable, price, now)
    if request.ready_at is None:
        return {}
    _grant(change_policy.check_new_ready_at(delivery, request.ready_at))
    # What was ready long ago is ready now; the search for a courier must not move into the past with it.
    ready_at = max(request.ready_at, now)
    return {"ready_at": ready_at, "search_from": policy.moved_search(delivery, ready_at)}


def _grant(refusal: Problem | None) -> None:
    if refusal:
        raise refusal
