"""The operations of this dialect over quotes, deliveries and pickup points. No state of its own, nothing stored."""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Any, Final

from homeward.coverage.service import CoverageService
from homeward.deliveries.booking import choose
from homeward.deliveries.errors import ExternalIdTaken
from homeward.deliveries.model import BookRequest, Delivery, DeliveryFilter, DeliveryView, State, Step
from homeward.deliveries.service import DeliveriesService
from homeward.facades.golocal import render, wire
from homeward.facades.golocal.callers import BookedHere, Caller, require_client, wrong_client
from homeward.facades.golocal.checks import (
    changed_fields,
    locked_fields,
    parcel_of,
    wrong_spot,
    wrong_together,
    wrong_window,
)
from homeward.facades.golocal.errors import Refused, Wrong, refuse, wire_name
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said, read, read_part, unwrapped
from homeward.facades.golocal.translate import (
    DIALECT,
    MANUAL_ROBOT,
    Pickup,
    address_of,
    book_request,
    change_request,
    place_of,
    quote_request,
    remembered,
)
from homeward.kit.clock import Clock
from homeward.kit.ids import new_secret
from homeward.kit.problems import NotFound
from homeward.merchants.service import MerchantsService
from homeward.quotes.eligibility import DoorAsked, EligibilityService
from homeward.quotes.errors import QuoteExpired
from homeward.quotes.model import Quote, QuoteOption
from homeward.quotes.service import QuotesService

_WRAPPER: Final = "deliveries"


class GoLocalService:
    def __init__(
        self,
        clock: Clock,
        deliveries: DeliveriesService,
        quotes: QuotesService,
        eligibility: EligibilityService,
        merchants: MerchantsService,
        coverage: CoverageService,
    ) -> None:
        self._clock = clock
        self._deliveries = deliveries
        self._quotes = quotes
        self._eligibility = eligibility
        self._merchants = merchants
        self._coverage = coverage
        self._base_url = deliveries.base_url
        self._booked_here = BookedHere(deliveries)

    # ── before the order ──

    async def quote(self, caller: Caller, body: Any) -> wire.QuoteOut:
        """A price for the window asked for. Members of a booking that a quote does not need are not looked at."""
        said, pickup = await self._said(caller, body, "quote", wrong_window)
        quote = await self._quotes.quote(caller.actor, quote_request(said, pickup))
        option = quote.options[0]
        return wire.QuoteOut(
            deliveries=wire.QuoteBody(
                quote_id=quote.id,
                client_id=caller.client_id,
                quote_validity=wire.Validity(
                    valid_from=quote.created_at, valid_to=min(quote.expires_at, option.book_by)
                ),
                delivery_price=render.amount(option.price.total),
                window_from=said["window_from"],
                window_to=said["window_to"],
            )
        )

    async def eligible(self, caller: Caller, body: Any) -> wire.EligibilityOut:
        """Which of the locations some pickup point can deliver to; an empty list is an answer too."""
        said = read(body, "eligibility")
        require_client(caller, said)
        points = _listed(said, "pickup_points", "pickup_location")
        places = _listed(said, "delivery_locations", "delivery_location")
        stores = [(await self._pickup(caller, point["pickup_point"])).store_id for point in points]
        doors = [DoorAsked(address_of(place), place_of(place)) for place in places]
        pairs = await self._eligibility.check(caller.actor, list(dict.fromkeys(stores)), doors)
        reached = {(pair.store_id, pair.door): pair.distance_m for pair in pairs if pair.eligible}
        found = []
        for index, place in enumerate(places):
            near = [
                wire.EligiblePickup(
                    external_pickup_point_id=point["pickup_point"],
                    distance_in_miles=render.miles(reached[store_id, index] or 0),
                )
                for point, store_id in zip(points, stores, strict=True)
                if (store_id, index) in reached
            ]
            if near:
                found.append(wire.EligibleLocation(index=index, address=render.address(place), pickup_locations=near))
        return wire.EligibilityOut(
            deliveries=wire.EligibilityBody(client_id=caller.client_id, eligible_locations=found)
        )

    # ── booking ──

    async def book(self, caller: Caller, body: Any) -> wire.IdsOut:
        """Book. The same order with the same content again is answered with the delivery that it made."""
        said, pickup = await self._said(caller, body, "book", wrong_together)
        request = book_request(said, pickup)
        if caller.actor.mode == "test":
            request = replace(request, robot=MANUAL_ROBOT)
        earlier = await self._earlier(caller, request) if "quote_id" in said else None
        if earlier is None:
            earlier = await self._booked(caller, said, pickup, request)
        return render.booked(earlier, self._base_url)

    async def _booked(self, caller: Caller, said: Said, pickup: Pickup, request: BookRequest) -> DeliveryView:
        if "quote_id" in said:
            request = await self._at_quoted_price(caller, said, pickup, request)
        try:
            made = await self._deliveries.book(caller.actor, request, new_secret(80))
        except ExternalIdTaken:
            # By a twin of this request that was a moment faster, perhaps with a quote of its own.
            earlier = await self._earlier(caller, request)
            if earlier is None:
                raise
            return earlier
        delivery_id = str(made.body["id"])
        merchant_id, mode = caller.actor.merchant_id, caller.actor.mode
        if said.get("order_status") == "ready" and made.view:
            return await self._deliveries.mark_ready(merchant_id, delivery_id, caller.by, mode=mode)
        return made.view or await self._deliveries.get(merchant_id, delivery_id, mode=mode)

    async def _earlier(self, caller: Caller, request: BookRequest) -> DeliveryView | None:
        """The delivery that this very request has made before."""
        assert request.external_id
        try:
            view = await self._booked_here.by_order(caller, request.external_id)
        except NotFound:
            return None
        return view if view.delivery.door.data.get("said") == request.door.data["said"] else None

    async def _at_quoted_price(self, caller: Caller, said: Said, pickup: Pickup, request: BookRequest) -> BookRequest:
        """The booking for the price of its quote: by the quote itself, or by a new one that is no dearer.

        A quote knows neither when the order is ready nor, often, how large it is; the booking does.
        """
        quote, option = await self._quoted(caller, said, pickup)
        if quote.parcel == request.parcel and said["ready_at"] <= option.ready_at:
            return replace(request, quote_id=quote.id, option_id=option.id)
        over = min(quote.expires_at, option.book_by)
        if self._clock.now() > over:
            raise QuoteExpired(quote.id, over)
        again = await self._quotes.quote(caller.actor, quote_request(said, pickup))
        fresh = choose(again, request)
        if option.price.total < fresh.price.total:
            text = f"The order as booked costs {fresh.price.total}, the quote was for {option.price.total}."
            raise refuse(
                "quote_does_not_fit", "quote_id", text, "Ask for a quote with the order's size and ready time."
            )
        return replace(request, quote_id=again.id, option_id=fresh.id)

    async def _quoted(self, caller: Caller, said: Said, pickup: Pickup) -> tuple[Quote, QuoteOption]:
        """The quote that a booking names. Raises Refused if it is not there or not for these details."""
        try:
            quote = await self._quotes.get(caller.actor.merchant_id, said["quote_id"], caller.actor.mode)
        except NotFound:
            raise refuse("quote_does_not_fit", "quote_id", "There is no such quote.", "Ask for a new one.") from None
        option = quote.options[0]
        pin = place_of(said)
        differs = {
            "pickup_point": quote.store_id != pickup.store_id,
            "line1": quote.dropoff.address != address_of(said),
            "latitude": pin not in (None, quote.dropoff.place) or (pin is None) is (quote.dropoff.precision == "pin"),
            "window_from": option.window.earliest < said["window_from"],
            "window_to": option.window.latest > said["window_to"],
        }
        wrongs = [
            Wrong("quote_does_not_fit", wire_name(name), "This differs from what was quoted.", "Ask for a new quote.")
            for name, is_other in differs.items()
            if is_other
        ]
        if wrongs:
            raise Refused(wrongs)
        return quote, option

    # ── reading ──

    async def by_id(self, caller: Caller, uuid: str) -> wire.DetailsOut:
        return self._details(caller, await self._booked_here.by_id(caller, uuid))

    async def by_order(self, caller: Caller, client_id: str, external_order_id: str) -> wire.DetailsOut:
        require_client(caller, {"client_id": client_id})
        return self._details(caller, await self._booked_here.by_order(caller, external_order_id))

    async def search(self, caller: Caller, body: Any) -> wire.SearchOut:
        """The newest first. Statuses narrow a page after it was read, so that it may come short but not wrong."""
        said = read(body, "search")
        require_client(caller, said)
        views, cursor = await self._found(caller, said)
        wanted = said.get("search_statuses")
        shown = [view for view in views if not wanted or render.status_of(view.delivery) in wanted]
        return wire.SearchOut(
            deliveries=[render.details(view, caller.client_id, self._base_url) for view in shown], next_cursor=cursor
        )

    async def _found(self, caller: Caller, said: Said) -> tuple[Sequence[DeliveryView], str | None]:
        if "search_order_ids" in said or "search_delivery_ids" in said:
            by_order = [
                await _or_none(self._booked_here.by_order(caller, each)) for each in said.get("search_order_ids", ())
            ]
            by_id = [
                await _or_none(self._booked_here.by_id(caller, each)) for each in said.get("search_delivery_ids", ())
            ]
            return [view for view in (*by_order, *by_id) if view], None
        store_id = None
        if "search_pickup_point" in said:
            store_id = (await self._pickup(caller, said["search_pickup_point"])).store_id
        wanted = DeliveryFilter(
            states=_states_of(said.get("search_statuses", ())),
            store_id=store_id,
            created_from=said.get("search_from"),
            created_to=said.get("search_to"),
            door=DIALECT,
        )
        page = await self._deliveries.list(
            caller.actor.merchant_id,
            wanted,
            mode=caller.actor.mode,
            cursor=said.get("search_cursor"),
            limit=said.get("search_limit", 50),
        )
        return page.items, page.next_cursor

    def _details(self, caller: Caller, view: DeliveryView) -> wire.DetailsOut:
        return wire.DetailsOut(deliveries=render.details(view, caller.client_id, self._base_url))

    # ── changing ──

    async def update(self, caller: Caller, uuid: str, body: Any) -> wire.IdsOut:
        """Change what differs; one forbidden change fails the whole."""
        said = read(body, "update")
        require_client(caller, said)
        view = await self._booked_here.by_id(caller, uuid)
        _require_order(view.delivery, said)
        before = _as_said(view.delivery)
        sent = {name: value for name, value in said.items() if name not in ("client_id", "external_order_id")}
        changed = changed_fields(before, sent)
        if not changed:
            raise refuse("nothing_changes", "", "Nothing that was sent differs from what is known.", "Send a change.")
        after = {**before, **sent}
        wrongs = [*locked_fields(view.delivery, changed), *wrong_spot(after), *wrong_window(after)]
        wrongs += _impossible(view.delivery, after, changed)
        if wrongs:
            raise Refused(wrongs)
        pickup = await self._pickup(caller, after["pickup_point"]) if "pickup_point" in changed else None
        request = change_request(after, changed, view.delivery.total.currency, pickup)
        actor = caller.actor
        made = await self._deliveries.change(actor.merchant_id, view.delivery.id, request, caller.by, mode=actor.mode)
        return render.ids_only(made.delivery)

    async def set_status(self, caller: Caller, uuid: str, body: Any) -> wire.IdsOut:
        """Ready for pickup, or a handshake confirmed."""
        said = read(body, "order_status")
        require_client(caller, said)
        view = await self._booked_here.by_id(caller, uuid)
        _require_order(view.delivery, said)
        merchant_id, mode = caller.actor.merchant_id, caller.actor.mode
        if said["order_status"] == "ready":
            made = await self._deliveries.mark_ready(merchant_id, view.delivery.id, caller.by, mode=mode)
        else:
            step = Step(said["order_status"])
            made = await self._deliveries.confirm_handshake(merchant_id, view.delivery.id, step, caller.by, mode=mode)
        return render.ids_only(made.delivery)

    async def cancel(self, caller: Caller, uuid: str, body: Any) -> wire.IdsOut:
        """Until the driver has picked up."""
        said = read(body, "cancel")
        require_client(caller, said)
        view = await self._booked_here.by_id(caller, uuid)
        _require_order(view.delivery, said)
        made = await self._deliveries.cancel(
            caller.actor.merchant_id, view.delivery.id, caller.by, _why(said), mode=caller.actor.mode
        )
        return render.ids_only(made.delivery)

    # ── what requests have in common ──

    async def _said(
        self, caller: Caller, body: Any, operation: str, check: Callable[[Said], list[Wrong]]
    ) -> tuple[Said, Pickup]:
        """Read, and checked in every way that needs no quote: all that is wrong comes in one answer."""
        said, wrongs = read_part(unwrapped(body, _WRAPPER), operation)
        wrongs += wrong_client(caller, said)
        wrongs += check(said)
        pickup = None
        if "pickup_point" in said:
            try:
                pickup = await self._pickup(caller, said["pickup_point"])
            except Refused as refusal:
                wrongs += refusal.wrongs
        if not wrongs and parcel_of(said) is None:
            wrongs.append(Wrong("size_not_carried", wire_name("order_size"), "An order of this size is not carried."))
        if wrongs:
            raise Refused(wrongs)
        assert pickup, "it is required of every operation that comes here"
        return said, pickup

    async def _pickup(self, caller: Caller, number: str) -> Pickup:
        """By the merchant's own number of it, else by ours, whichever was agreed."""
        merchant_id = caller.actor.merchant_id
        try:
            store = await self._merchants.store_named(merchant_id, number)
        except NotFound:
            text = "This pickup point is none of this client's."
            raise refuse("pickup_point_of_another", "pickup_point", text, "Check its id.") from None
        return Pickup(store.id, await self._coverage.currency(store.market_id))


async def _or_none(asking: Awaitable[DeliveryView]) -> DeliveryView | None:
    try:
        return await asking
    except NotFound:
        return None


def _require_order(delivery: Delivery, said: Said) -> None:
    if said.get("external_order_id", delivery.external_id) != delivery.external_id:
        raise refuse("invalid", "external_order_id", "The delivery is for another order.", "Check both ids.")


def _listed(said: Said, name: str, part: str) -> list[Said]:
    """The locations of a question about eligibility: one to ten of each kind."""
    most = NAMES.defaults["most_locations"]
    entries = said.get(name, ())
    if not entries:
        raise refuse("missing", name, f"{wire_name(name)} is missing", f"Send one to {most}.")
    if len(entries) > most:
        raise refuse("too_many_locations", name, f"{len(entries)} locations were sent.", f"Send at most {most}.")
    found, wrongs = [], []
    for index, entry in enumerate(entries):
        whole = {"deliveryDetails": entry if "address" in entry else {"address": entry}, **entry}
        one, wrong = read_part(whole, part)
        found.append(one)
        wrongs += [replace(each, field=f"{wire_name(name)}[{index}].{_last(each.field)}") for each in wrong]
    if wrongs:
        raise Refused(wrongs)
    return found


def _last(path: str) -> str:
    return path.rpartition(".")[2]


def _states_of(statuses: Sequence[str]) -> tuple[State, ...]:
    """States that may stand behind these statuses; the pages are looked through again by status."""
    words = NAMES.statuses_of_events
    special = {
        words["cancelled_by_operator"]: {State.CANCELLED},
        words["failed_before_pickup"]: {State.FAILED},
        words["failed_on_the_way"]: {State.FAILED},
    }
    found: set[State] = set()
    for status in statuses:
        found |= {State(state) for state, word in NAMES.statuses.items() if word == status}
        found |= special.get(status, set())
    return tuple(sorted(found))


def _as_said(delivery: Delivery) -> Said:
    """The booking as it stands after every change; how to reach the shopper is kept with the delivery itself."""
    contact = delivery.dropoff.contact
    said = remembered(delivery.door.data)
    return {**said, "customer_phone": contact.phone or "", "customer_email": contact.email or ""}


def _impossible(delivery: Delivery, after: Said, changed: Sequence[str]) -> list[Wrong]:
    """Changes that the network makes by another booking only."""
    if parcel_of(after) == delivery.parcel or not {"order_size", "order_weight_lb", "order_volume_cuft"} & set(changed):
        return []
    hint = "Cancel the delivery and book it again."
    return [Wrong("size_not_carried", wire_name("order_size"), "The parcel is not changed.", hint)]


def _why(said: Said) -> str:
    """The reasons as one text: by their code, with whatever was said besides."""
    told = []
    for reason in said.get("reasons", ()):
        code = str(next((reason[name] for name in NAMES.reasons["code"] if reason.get(name)), ""))
        comment = str(next((reason[name] for name in NAMES.reasons["comment"] if reason.get(name)), ""))
        told.append(" ".join(filter(None, [NAMES.cancel_reasons.get(code, code), comment])))
    return "; ".join(filter(None, told)).replace("\x00", "")[:500]
