"""What the dialect's calls do: each is quotes and deliveries, asked in our words and told in theirs."""

import asyncio
import base64
import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.deliveries.errors import ActNotPossible, ExternalIdTaken
from homeward.deliveries.model import Actor, DeliveryFilter, DeliveryView, EvidenceKind, Parcel, Proof, Who
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.service import MAX_PAGE, DeliveriesService
from homeward.deliveries.states import Act
from homeward.facades.remembered import FacadeQuotes, RememberedQuote, remember_in
from homeward.facades.uber_direct import asking, rules, sheet, states, telling
from homeward.facades.uber_direct.asking import DIALECT
from homeward.facades.uber_direct.errors import Refused, invalid, refused
from homeward.facades.uber_direct.wire import CancelBody, DeliveryBody, ProofBody, QuoteBody, Route, UpdateBody
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.db import Tx
from homeward.infra.idempotency import KeyReused
from homeward.kit.clock import Clock
from homeward.kit.ids import new_secret
from homeward.kit.money import Money
from homeward.kit.problems import NotFound
from homeward.merchants.credentials.service import DialectActor
from homeward.quotes.errors import QuoteExpired
from homeward.quotes.model import Quote, QuoteOption
from homeward.quotes.service import Beside, QuotesService

QUOTE_FOR: Final = timedelta(minutes=15)
KEY_FOR: Final = timedelta(minutes=60)
"""How long a quote and an idempotency key are good for. Source: their API description (2026-09)."""

MOST_LISTED: Final = 200
DEFAULT_LISTED: Final = 20
FARTHEST_OFFSET: Final = 10_000

_KEY: Final = "key "
_KINDS: Final[Mapping[str, EvidenceKind]] = {
    "picture": EvidenceKind.PHOTO,
    "signature": EvidenceKind.SIGNATURE,
    "pincode": EvidenceKind.PIN,
}


@dataclass(frozen=True, slots=True)
class Given:
    """The option of a quote that is to be booked."""

    quote: Quote
    option: QuoteOption

    @property
    def expires(self) -> datetime:
        return min(self.quote.created_at + QUOTE_FOR, self.quote.expires_at, self.option.book_by)


class UberService:
    """One for the process; every call is fenced to the merchant and mode of its actor, and to this door."""

    def __init__(
        self,
        clock: Clock,
        deliveries: DeliveriesService,
        quotes: QuotesService,
        couriers: CouriersService,
        given: FacadeQuotes,
        relay_phone: str | None = None,
    ) -> None:
        self._clock = clock
        self._deliveries = deliveries
        self._quotes = quotes
        self._couriers = couriers
        self._given = given
        self._relay_phone = relay_phone

    # ── before there is a delivery ──

    async def quote(self, actor: DialectActor, body: QuoteBody) -> dict[str, Any]:
        """A price that holds for a quarter of an hour. The dialect names no goods here, so that it is for a few."""
        rules.require_windows(body, self._clock.now())

        async def keep(tx: Tx, quote: Quote) -> None:
            given = _chosen(quote, body)
            name, data = telling.quote_id(quote), {"route": body.said()}
            await remember_in(tx, actor, RememberedQuote(name, quote.id, given.option.id, data, given.expires))

        given = await self._ask(actor, body, asking.UNSAID_PARCEL, keep)
        return telling.quote_answer(given.quote, given.option, given.expires)

    async def create(self, actor: DialectActor, body: DeliveryBody) -> dict[str, Any]:
        """Book what was quoted, or quote and book in one call. A repeated idempotency key answers the first one."""
        now = self._clock.now()
        earlier = await self._booked_with_key(actor, body, now)
        if earlier is not None:
            return await self._answer(earlier)
        rules.require_windows(body, now)
        rules.require_sound(body)
        external_id = await self._reference(actor, body)
        given = await (self._quoted(actor, body, body.quote_id, now) if body.quote_id else self._for_goods(actor, body))
        view = await self._book(actor, body, given, external_id)
        await self._keep(actor, body, given, view.delivery.id)
        return await self._answer(view)

    # ── the delivery ──

    async def get(self, actor: DialectActor, outward_id: str) -> dict[str, Any]:
        view, way_back = await self._find(actor, outward_id)
        return await self._answer(view, way_back=way_back)

    async def list(self, actor: DialectActor, wanted: str | None, limit: int, offset: int) -> dict[str, Any]:
        """The newest first. The dialect counts pages by how many deliveries to leave out."""
        chosen = DeliveryFilter(states=states.FILTERS[wanted] if wanted else (), door=DIALECT)
        left_out, cursor = offset, None
        found: list[DeliveryView] = []
        while True:
            size = min(MAX_PAGE, left_out + limit + 1 - len(found))
            page = await self._deliveries.list(
                actor.merchant_id, chosen, mode=actor.mode, cursor=cursor, limit=max(1, size)
            )
            found += page.items[left_out:]
            left_out, cursor = max(0, left_out - len(page.items)), page.next_cursor
            if cursor is None or len(found) > limit:
                break
        narrowed = f"filter={wanted}&" if wanted else ""
        more = f"/v1/customers/{actor.account}/deliveries?{narrowed}limit={limit}&offset={offset + limit}"
        answers = [await self._answer(view) for view in found[:limit]]
        return {"data": answers, "next_href": more if len(found) > limit else "", "total_count": -1}

    async def update(self, actor: DialectActor, outward_id: str, body: UpdateBody) -> dict[str, Any]:
        """Change what the state still allows; a tip goes only up."""
        view = await self._forward(actor, outward_id, "change")
        rules.require_updatable(body)
        before = telling.body_of(view.delivery)
        after = asking.merged(before, body)
        rules.require_sound(after)
        rules.require_new_windows(body, after, self._clock.now())
        by, mode, delivery_id = _by(actor), actor.mode, view.delivery.id
        change = asking.change_of(before, after)
        if change is not None:
            asked = replace(change, door_data=after.said())
            view = await self._deliveries.change(actor.merchant_id, delivery_id, asked, by, mode=mode)
        if body.tip_by_customer is not None and body.tip_by_customer != view.delivery.tip_minor:
            tip = Money(body.tip_by_customer, view.delivery.total.currency)
            view = await self._deliveries.tip(actor.merchant_id, delivery_id, tip, by, mode=mode)
        return await self._answer(view)

    async def cancel(self, actor: DialectActor, outward_id: str, body: CancelBody) -> dict[str, Any]:
        """Only before the pickup: the dialect knows no way to call a parcel back."""
        view = await self._forward(actor, outward_id, Act.CANCEL)
        reason = body.reason or body.cancel_reason or ""
        view = await self._deliveries.cancel(actor.merchant_id, view.delivery.id, _by(actor), reason, mode=actor.mode)
        return await self._answer(view)

    async def proof_of_delivery(self, actor: DialectActor, outward_id: str, body: ProofBody) -> dict[str, Any]:
        """A sheet with what was captured at a stop."""
        view, way_back = await self._find(actor, outward_id)
        step = "return" if way_back and body.waypoint == "dropoff" else body.waypoint
        proofs = await self._deliveries.proofs(actor.merchant_id, view.delivery.id, mode=actor.mode)
        fitting = [proof for proof in proofs if proof.step == step and proof.kind is _KINDS[body.type]]
        if not fitting:
            raise Refused(invalid({"type": f"No {body.type} was captured at the {body.waypoint}."}))
        newest = max(fitting, key=lambda proof: proof.recorded_at)
        picture = None
        if newest.media_type:
            _, picture = await self._deliveries.proof_content(
                actor.merchant_id, newest.id, delivery_id=view.delivery.id, mode=actor.mode
            )
        title, lines = _sheet_text(view, newest, outward_id, body)
        document = await asyncio.to_thread(sheet.drawn, title, lines, picture)
        return {"document": base64.b64encode(document).decode()}

    # ── how a booking comes about ──

    async def _ask(self, actor: DialectActor, route: Route, parcel: Parcel, beside: Beside | None = None) -> Given:
        """From the store of that number; a number that we do not know is the caller's own affair."""
        request = asking.quote_request(route, parcel)
        try:
            quote = await self._quotes.quote(actor.merchant, request, beside)
        except NotFound as unknown:
            if unknown.kind != "store":
                raise
            described = replace(request, store_external_id=None)
            quote = await self._quotes.quote(actor.merchant, described, beside)
        return _chosen(quote, route)

    async def _for_goods(self, actor: DialectActor, body: DeliveryBody) -> Given:
        return await self._ask(actor, body, asking.parcel_of(body))

    async def _quoted(self, actor: DialectActor, body: DeliveryBody, quote_id: str, now: datetime) -> Given:
        """What was quoted. If more is asked than the price was for, a new quote must come to the same price."""
        found = await self._given.find(actor, quote_id)
        if found is None:
            raise Refused(invalid({"quote_id": "No such quote was given."}))
        if found.data.get("used"):
            raise refused("used_quote", "The quote has been used; ask for a new one.")
        if found.expires_at <= now:
            raise QuoteExpired(found.quote_id, found.expires_at)
        before = QuoteBody.model_validate(found.data["route"])
        _require_same_way(before, body)
        quote = await self._quotes.get(actor.merchant_id, found.quote_id, actor.mode)
        option = next(each for each in quote.options if each.id == found.option_id)
        if not (asking.beyond(quote.parcel, asking.parcel_of(body)) or _other_times(before, body)):
            return Given(quote, option)
        again = await self._for_goods(actor, body)
        if again.option.price.total != option.price.total:
            raise refused("mismatched_price_quote", "These goods or times cost another price than was quoted.")
        await self._given.remember(actor, replace(found, quote_id=again.quote.id, option_id=again.option.id))
        return again

    async def _reference(self, actor: DialectActor, body: DeliveryBody) -> str | None:
        """How this delivery is named towards all doors: no two of a merchant's have the same name.

        The dialect wants the pair of external_id and manifest_reference to be unique, or else a new idempotency key.
        """
        if not body.external_id:
            return None
        holder = await self._holder(actor, body.external_id)
        if holder is None:
            return body.external_id
        if body.manifest_reference and _manifest_of(holder) != body.manifest_reference:
            pair = f"{body.external_id} {body.manifest_reference}"
            holder = await self._holder(actor, pair) or holder
            if holder.delivery.external_id != pair:
                return pair
        if body.idempotency_key:
            return f"{body.external_id} {body.manifest_reference or ''} {body.idempotency_key}"
        raise ExternalIdTaken(body.external_id, holder.delivery.id)

    async def _holder(self, actor: DialectActor, external_id: str) -> DeliveryView | None:
        try:
            return await self._deliveries.by_external_id(actor.merchant_id, actor.mode, external_id)
        except NotFound:
            return None

    async def _book(
        self, actor: DialectActor, body: DeliveryBody, given: Given, external_id: str | None
    ) -> DeliveryView:
        request = asking.booking(body, given.quote, given.option, external_id=external_id)
        key = _key_for_an_hour(body.idempotency_key, self._clock.now()) if body.idempotency_key else new_secret()
        try:
            booked = await self._deliveries.book(actor.merchant, request, key)
        except KeyReused:
            # Every request brings a quote of its own, so that twins which come at the same moment are not alike.
            twin = await self._booked_with_key(actor, body, self._clock.now())
            if twin is None:
                raise
            return twin
        delivery_id = str(booked.body["id"])
        if booked.status != 201 and not booked.replayed:  # a twin of this request was a moment faster
            raise ExternalIdTaken(external_id or "", delivery_id)
        return booked.view or await self._deliveries.get(actor.merchant_id, delivery_id, mode=actor.mode)

    async def _keep(self, actor: DialectActor, body: DeliveryBody, given: Given, delivery_id: str) -> None:
        """The quote is used, and the key answers this delivery for an hour."""
        used = RememberedQuote("", given.quote.id, given.option.id, {"used": True}, given.quote.expires_at)
        if body.quote_id:
            await self._given.remember(actor, replace(used, reference=body.quote_id))
        if body.idempotency_key:
            until = self._clock.now() + KEY_FOR
            kept = replace(used, reference=_KEY + body.idempotency_key, data={"delivery_id": delivery_id})
            await self._given.remember(actor, replace(kept, expires_at=until))

    async def _booked_with_key(self, actor: DialectActor, body: DeliveryBody, now: datetime) -> DeliveryView | None:
        key = body.idempotency_key
        if not key:
            return None
        found = await self._given.find(actor, _KEY + key)
        if found is None:
            # A twin may have booked a moment ago, and not have come to keeping its key yet.
            holder = await self._holder(actor, body.external_id) if body.external_id else None
            return holder if holder and _is_twin(holder, key, now) else None
        if found.expires_at <= now:
            return None
        return await self._deliveries.get(actor.merchant_id, found.data["delivery_id"], mode=actor.mode)

    # ── how a delivery is found and told ──

    async def _find(self, actor: DialectActor, outward_id: str) -> tuple[DeliveryView, bool]:
        """Of this door only, and whether the way back is meant. Raises NotFound."""
        meant = telling.inward_id(outward_id)
        if meant is None:
            raise NotFound("delivery", outward_id)
        delivery_id, way_back = meant
        view = await self._deliveries.get(actor.merchant_id, delivery_id, mode=actor.mode)
        if view.delivery.door.name != DIALECT or (way_back and not states.went_back(view.delivery)):
            raise NotFound("delivery", outward_id)
        return view, way_back

    async def _forward(self, actor: DialectActor, outward_id: str, act: str) -> DeliveryView:
        """A way back takes its course: nobody changes or cancels it."""
        view, way_back = await self._find(actor, outward_id)
        if way_back:
            raise ActNotPossible(view.delivery.id, act, view.delivery.state, [])
        return view

    async def _answer(self, view: DeliveryView, *, way_back: bool = False) -> dict[str, Any]:
        return telling.delivery_answer(view, await self._seen(view), way_back=way_back)

    async def _seen(self, view: DeliveryView) -> telling.Seen:
        """What is around the delivery now: its page, its proofs, and its courier."""
        delivery, leg = view.delivery, view.leg
        service = self._deliveries
        linked = await service.linked_proofs(delivery.merchant_id, delivery.id, mode=delivery.mode) if leg else ()
        place = None
        if delivery.courier_id:
            courier = await self._couriers.get(delivery.courier_id)
            lost = courier.contact_lost_at is not None
            place = telling.place_shown(delivery, courier.place, courier.position_at, lost, self._clock.now())
        return telling.Seen(
            tracking_url=tracking_url(self._deliveries.base_url, view.tracking_domain, delivery.tracking_token),
            place=place,
            relay_phone=f"{self._relay_phone},{leg.relay_code}"
            if self._relay_phone and leg and leg.relay_code
            else None,
            proofs=[proof for proof, _ in linked],
            pictures={proof.id: link.url for proof, link in linked if link},
        )


# ── pure ──


def _chosen(quote: Quote, route: Route) -> Given:
    """The option that is told: the first that keeps the deadline."""
    deadline = None if asking.window_of(route) else route.dropoff_deadline_dt
    option = asking.fitting(quote.options, deadline)
    if option is None:
        raise refused("dropoff_deadline_too_early", "Nothing can be at the door by dropoff_deadline_dt.")
    return Given(quote, option)


def _by(actor: DialectActor) -> Actor:
    return Actor(Who.MERCHANT, actor.merchant.actor_id)


def _is_twin(view: DeliveryView, key: str, now: datetime) -> bool:
    delivery = view.delivery
    if delivery.door.name != DIALECT or now - delivery.created_at >= KEY_FOR:
        return False
    return telling.body_of(delivery).idempotency_key == key


def _manifest_of(view: DeliveryView) -> str | None:
    if view.delivery.door.name != DIALECT:
        return None
    return telling.body_of(view.delivery).manifest_reference


def _key_for_an_hour(key: str, now: datetime) -> str:
    """What keeps twins apart that come at the same moment; the core remembers for longer than the dialect does."""
    hour = int(now.timestamp() // KEY_FOR.total_seconds())
    return f"{hashlib.sha256(key.encode()).hexdigest()}-{hour}"


def _require_same_way(before: QuoteBody, body: DeliveryBody) -> None:
    """The price was for a way: another door or another store is another price."""
    wrong = {
        name: "The delivery location has changed since the quote."
        for name in ("pickup_address", "dropoff_address")
        if _line(getattr(before, name)) != _line(getattr(body, name))
    }
    if before.external_store_id != body.external_store_id:
        wrong["external_store_id"] = "Send the same store in the quote and the delivery."
    if wrong:
        raise Refused(invalid(wrong))


def _line(address: str) -> str:
    return asking.address_of(address).line.casefold()


def _other_times(before: QuoteBody, body: DeliveryBody) -> bool:
    asked = ("pickup_ready_dt", "dropoff_ready_dt", "dropoff_deadline_dt")
    return any(getattr(body, name) not in (None, getattr(before, name)) for name in asked)


def _sheet_text(
    view: DeliveryView, proof: Proof, outward_id: str, body: ProofBody
) -> tuple[str, tuple[tuple[str, str], ...]]:
    delivery = view.delivery
    sent = telling.body_of(delivery)
    status = states.status_of(delivery, way_back=outward_id.startswith(telling.BACK))
    stop = delivery.dropoff.address if body.waypoint == "dropoff" else delivery.pickup.address
    lines = (
        ("Delivery", outward_id),
        ("External id", sent.external_id or "-"),
        ("Manifest", sent.manifest_reference or "-"),
        ("Status", status),
        ("Stop", f"{body.waypoint}: {stop}"),
        ("Proof", body.type),
        ("Captured", proof.taken_at.strftime("%Y-%m-%d %H:%M:%S UTC")),
    )
    signer = proof.data.get("name")
    return "Proof of delivery", (*lines, ("Signed by", str(signer))) if signer else lines
