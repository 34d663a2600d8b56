"""What the dialect's calls do: each is quotes and deliveries, asked in our words and told in theirs."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any, Final

from homeward.coverage.model import ParcelSize
from homeward.deliveries.errors import ActNotPossible, ExternalIdTaken, FieldsLocked, PickedUpAlready
from homeward.deliveries.model import Actor, ChangeRequest, DeliveryView, Parcel, Who
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.service import DeliveriesService
from homeward.facades.doordash_drive import asking, rules, telling
from homeward.facades.doordash_drive.asking import DIALECT
from homeward.facades.doordash_drive.businesses import DEFAULT, Businesses
from homeward.facades.doordash_drive.errors import QUOTED, Refused, answer_to, redelivery_refused
from homeward.facades.doordash_drive.orders import AcceptBody, CancelBody, Order, RedeliveryBody
from homeward.facades.remembered import FacadeQuotes, RememberedQuote, remember_in
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_secret
from homeward.kit.money import Money
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.merchants.credentials.service import DialectActor
from homeward.quotes.errors import QuoteAlreadyBooked, QuoteExpired
from homeward.quotes.model import Quote, QuoteOption
from homeward.quotes.service import Beside, QuotesService

QUOTE_FOR: Final = timedelta(minutes=5)
"""How long a quote of this dialect can be accepted. Source: their page about quotes (2026-09)."""

COMES_BACK: Final = "cold_chain"
"""Cancelled for this reason, goods that are under way are brought back. Source: description 2.1.59."""


@dataclass(frozen=True, slots=True)
class Given:
    """A quote that was given and is still good."""

    order: Order
    quote: Quote
    option: QuoteOption


class DriveService:
    """One for the process; every call is fenced to the merchant and mode of its actor."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        deliveries: DeliveriesService,
        quotes: QuotesService,
        businesses: Businesses,
        couriers: CouriersService,
        given: FacadeQuotes,
        relay_phone: str | None = None,
    ) -> None:
        self._db = db
        self._clock = clock
        self._deliveries = deliveries
        self._quotes = quotes
        self._businesses = businesses
        self._couriers = couriers
        self._given = given
        self._relay_phone = relay_phone

    # ── before there is a delivery ──

    async def quote(self, actor: DialectActor, order: Order) -> dict[str, Any]:
        """A price under the caller's own id. A new one for the same id takes the place of the old one."""
        rules.require_sound(order)
        external_id = _id_of(order)

        async def keep(tx: Tx, quote: Quote) -> None:
            await self._require_unused(tx, actor, external_id)
            option = asking.fastest(quote)
            until = min(quote.created_at + QUOTE_FOR, quote.expires_at, option.book_by)
            await remember_in(tx, actor, RememberedQuote(external_id, quote.id, option.id, order.said(), until))

        given = await self._ask(actor, order, keep)
        return telling.quote_answer(order, given.quote, given.option)

    async def serviceability(self, actor: DialectActor, order: Order) -> dict[str, Any]:
        """Whether it could be delivered, and why not."""
        rules.require_sound(order)
        try:
            await self._ask(actor, order)
        except MalformedRequest:
            raise
        except Problem as refusal:
            if refusal.status >= 500:
                raise
            reason = answer_to(refusal).more.get("reason", refusal.slug.replace("-", "_"))
            return {"is_serviceable": False, "reasons_not_serviceable": [reason]}
        return {"is_serviceable": True, "reasons_not_serviceable": []}

    async def accept(self, actor: DialectActor, external_id: str, body: AcceptBody) -> dict[str, Any]:
        """Book what was quoted. A repeat finds the delivery and answers it."""
        booked = await self._find(actor, external_id)
        if booked is not None:
            return await self._answer(booked)
        given = await self._good_quote(actor, external_id)
        if given is None:
            raise NotFound("delivery", external_id)
        order = _merged(given.order, body.model_dump(mode="json", exclude_none=True))
        rules.require_sound(order, booking=True)
        if _beyond(asking.parcel_of(given.order), asking.parcel_of(order)):
            message = "The items are more than was quoted; ask for a new quote"
            raise MalformedRequest([FieldError("/items", "beyond-quote", message)])
        view, _ = await self._book(actor, order, given)
        return await self._answer(view)

    async def create(self, actor: DialectActor, order: Order) -> dict[str, Any]:
        """Quote and book in one call. An id that was used before is refused, whatever it was used for."""
        rules.require_sound(order, booking=True)
        external_id = _id_of(order)
        await self._require_new(actor, external_id)
        return await self._create(actor, order, external_id)

    async def redeliver(self, actor: DialectActor, external_id: str, body: RedeliveryBody) -> dict[str, Any]:
        """Once more under a new id; what is not said is as it was, but for the times, which have passed."""
        earlier = await self._delivery(actor, external_id)
        await self._require_new(actor, body.external_delivery_id)
        before = telling.order_of(earlier.delivery).said()
        kept = {name: value for name, value in before.items() if name not in rules.PASSED}
        order = Order.model_validate({**kept, **body.said()})
        rules.require_sound(order, booking=True)
        try:
            return await self._create(actor, order, body.external_delivery_id, redelivery_of=earlier.delivery.id)
        except Problem as refusal:
            reason = _why_not_again(refusal)
            if reason is None:
                raise
            raise Refused(redelivery_refused(reason)) from refusal

    # ── the delivery ──

    async def get(self, actor: DialectActor, external_id: str) -> dict[str, Any]:
        """A delivery, or a quote that still waits for its acceptance."""
        view = await self._find(actor, external_id)
        if view is not None:
            return await self._answer(view)
        given = await self._good_quote(actor, external_id)
        if given is None:
            raise NotFound("delivery", external_id)
        return telling.quote_answer(given.order, given.quote, given.option)

    async def update(self, actor: DialectActor, external_id: str, body: Order) -> dict[str, Any]:
        """Change what the state still allows; another time or pickup at no higher price."""
        view = await self._delivery(actor, external_id, "change")
        before = telling.order_of(view.delivery)
        said = body.said()
        kept = {name: value for name, value in before.said().items() if name not in rules.outdated(said)}
        after = Order.model_validate({**kept, **said, "external_delivery_id": external_id})
        rules.require_updatable(before, after)
        rules.require_sound(after)
        self._require_unsettled(view, before, after)
        currency = view.delivery.total.currency
        by, mode, merchant_id, delivery_id = _by(actor), actor.mode, actor.merchant_id, view.delivery.id
        store_id = await self._store_id(actor, after) if asking.pickup_moves(before, after) else None
        change = asking.changes(before, after, currency, store_id)
        if change is not None or _without_tip(before) != _without_tip(after):
            asked = replace(change or ChangeRequest(), door_data=after.said())
            try:
                view = await self._deliveries.change(merchant_id, delivery_id, asked, by, mode=mode)
            except NotFound as unknown:
                if unknown.kind != "store":
                    raise
                raise _unknown_store() from unknown
        if body.tip is not None and body.tip != view.delivery.tip_minor:
            tip = Money(body.tip, currency)
            view = await self._deliveries.tip(merchant_id, delivery_id, tip, by, mode=mode)
        return await self._answer(view)

    async def cancel(self, actor: DialectActor, external_id: str, body: CancelBody) -> dict[str, Any]:
        """Before the pickup it ends; after it, it turns back if the caller asks for that, and is refused if not."""
        delivery = (await self._delivery(actor, external_id, "cancel")).delivery
        by, mode, merchant_id, reason = _by(actor), actor.mode, actor.merchant_id, body.reason_code or ""
        try:
            view = await self._deliveries.cancel(merchant_id, delivery.id, by, reason, mode=mode)
        except PickedUpAlready as refusal:
            if not (body.should_create_return_delivery or body.reason_code == COMES_BACK):
                raise
            try:
                view = await self._deliveries.return_to_store(merchant_id, delivery.id, by, reason, mode=mode)
            except ActNotPossible:
                raise refusal from None
        return await self._answer(view)

    async def require(self, actor: DialectActor, external_id: str) -> DeliveryView:
        """A delivery of this door. Raises NotFound."""
        return await self._delivery(actor, external_id)

    # ── how it is done ──

    async def _ask(self, actor: DialectActor, order: Order, beside: Beside | None = None) -> Given:
        store_id = await self._store_id(actor, order)
        try:
            quote = await self._quotes.quote(actor.merchant, asking.quote_request(order, store_id), beside)
        except NotFound as unknown:
            if unknown.kind != "store":
                raise
            raise _unknown_store() from unknown
        return Given(order, quote, asking.fastest(quote))

    async def _store_id(self, actor: DialectActor, order: Order) -> str | None:
        """Our id of the store that the order names by the number its business knows; None for any other."""
        if not order.pickup_external_store_id:
            return None
        business_id = order.pickup_external_business_id or DEFAULT
        return await self._businesses.store_of(actor, business_id, order.pickup_external_store_id)

    async def _create(
        self, actor: DialectActor, order: Order, external_id: str, *, redelivery_of: str | None = None
    ) -> dict[str, Any]:
        given = await self._ask(actor, order)
        view, new = await self._book(actor, order, given, redelivery_of=redelivery_of)
        if not new:  # a twin of this request was a moment faster
            raise ExternalIdTaken(external_id, view.delivery.id)
        return await self._answer(view)

    async def _book(
        self, actor: DialectActor, order: Order, given: Given, *, redelivery_of: str | None = None
    ) -> tuple[DeliveryView, bool]:
        """The delivery, and whether this call made it. The caller's own id is what keeps repeats apart."""
        external_id = _id_of(order)
        request = asking.booking(order, given.quote, given.option, redelivery_of=redelivery_of)
        try:
            booked = await self._deliveries.book(actor.merchant, request, new_secret())
        except QuoteExpired as late:
            raise NotFound("delivery", external_id) from late
        except QuoteAlreadyBooked as twin:
            view = await self._find(actor, external_id)
            if view is None:
                raise ExternalIdTaken(external_id, twin.delivery_id) from twin
            return view, False
        return booked.view or await self._delivery(actor, external_id), booked.view is not None

    async def _require_new(self, actor: DialectActor, external_id: str) -> None:
        async with self._db.merchant(actor.merchant_id) as tx:
            await self._require_unused(tx, actor, external_id)

    async def _require_unused(self, tx: Tx, actor: DialectActor, external_id: str) -> None:
        """Ids are unique over all doors of a merchant, as the native API has them."""
        holder = await self._deliveries.id_in(tx, actor.merchant_id, actor.mode, external_id)
        if holder:
            raise ExternalIdTaken(external_id, holder)

    async def _find(self, actor: DialectActor, external_id: str) -> DeliveryView | None:
        try:
            view = await self._deliveries.by_external_id(actor.merchant_id, actor.mode, external_id)
        except NotFound:
            return None
        return view if view.delivery.door.name == DIALECT else None

    async def _delivery(self, actor: DialectActor, external_id: str, act: str = "") -> DeliveryView:
        """Raises NotFound; with an `act`, ActNotPossible for what is quoted and not booked."""
        view = await self._find(actor, external_id)
        if view is not None:
            return view
        if act and await self._good_quote(actor, external_id):
            raise ActNotPossible(external_id, act, QUOTED, [])
        raise NotFound("delivery", external_id)

    async def _good_quote(self, actor: DialectActor, external_id: str) -> Given | None:
        """What was quoted under this id, while it can be accepted: an expired quote is as good as none."""
        found = await self._given.find(actor, external_id)
        if found is None or found.expires_at <= self._clock.now():
            return None
        quote = await self._quotes.get(actor.merchant_id, found.quote_id, actor.mode)
        option = next(each for each in quote.options if each.id == found.option_id)
        return Given(Order.model_validate(found.data), quote, option)

    @staticmethod
    def _require_unsettled(view: DeliveryView, before: Order, after: Order) -> None:
        touched = rules.settled(before, after)
        if _beyond(asking.parcel_of(before), asking.parcel_of(after)):
            touched.append("items")
        if touched:
            raise FieldsLocked(view.delivery.id, view.delivery.state, touched, [])

    async def _answer(self, view: DeliveryView) -> dict[str, Any]:
        return telling.delivery_answer(view, await self.seen(view))

    async def seen(self, view: DeliveryView) -> telling.Seen:
        """What is around the delivery now: its page, and its courier."""
        delivery, leg = view.delivery, view.leg
        place = None
        if delivery.courier_id:
            courier = await self._couriers.get(delivery.courier_id)
            lost = courier.contact_lost_at is not None
            place = telling.place_shown(delivery, courier.place, courier.position_at, lost, self._clock.now())
        relay = f"{self._relay_phone},{leg.relay_code}" if self._relay_phone and leg and leg.relay_code else None
        link = tracking_url(self._deliveries.base_url, view.tracking_domain, delivery.tracking_token)
        service = self._deliveries
        linked = await service.linked_proofs(delivery.merchant_id, delivery.id, mode=delivery.mode) if leg else ()
        pictures = {(proof.step, str(proof.kind)): opens.url for proof, opens in linked if opens}
        return telling.Seen(link, place, relay, pictures)


# ── pure ──


def _id_of(order: Order) -> str:
    assert order.external_delivery_id, "every call that gets here names the delivery"
    return order.external_delivery_id


def _unknown_store() -> MalformedRequest:
    return MalformedRequest([FieldError("/pickup_external_store_id", "unknown", "Unknown store id")])


def _by(actor: DialectActor) -> Actor:
    return Actor(Who.MERCHANT, actor.merchant.actor_id)


def _merged(before: Order, said: Mapping[str, Any]) -> Order:
    return Order.model_validate({**before.said(), **said})


def _without_tip(order: Order) -> dict[str, Any]:
    return {name: value for name, value in order.said().items() if name != "tip"}


def _beyond(priced: Parcel, asked: Parcel) -> bool:
    """Whether more is to be carried than the price is for."""
    larger = list(ParcelSize).index(asked.size) > list(ParcelSize).index(priced.size)
    return larger or asked.weight_g > priced.weight_g or not set(asked.needs) <= set(priced.needs)


def _why_not_again(refusal: Problem) -> str | None:
    """The reason in the dialect's words; None if the refusal is about something else."""
    if refusal.slug == "redelivery-not-possible":
        ended = getattr(refusal, "state", "") == "delivered"
        return "delivery_not_valid_for_redelivery" if ended else "delivery_not_completed_or_cancelled"
    error = answer_to(refusal)
    return str(error.more["reason"]) if error.status == 422 else None
