"""From our quote or delivery to the dialect's answer. Pure.

The fee is what the merchant owes us without the tip, which is the courier's. Where the dialect has one word for two of
our states, the states of a courier near by stay what they were before: an arrival is told when it is reported.
"""

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.deliveries.model import Delivery, DeliveryView
from homeward.deliveries.states import BEFORE_COURIER, GOING_BACK, TERMINAL, State, Who
from homeward.facades.doordash_drive.asking import address_of
from homeward.facades.doordash_drive.orders import INPUT_ONLY, Order
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from homeward.quotes.model import Quote, QuoteOption

STATUS: Final[Mapping[State, str]] = {
    State.SCHEDULED: "created",
    State.SEARCHING: "created",
    State.ASSIGNED: "confirmed",
    State.TO_PICKUP: "enroute_to_pickup",
    State.AT_PICKUP: "arrived_at_pickup",
    State.PICKED_UP: "picked_up",
    State.TO_DROPOFF: "enroute_to_dropoff",
    State.AT_DROPOFF: "arrived_at_dropoff",
    State.DELIVERED: "delivered",
    State.RETURNING: "enroute_to_return",
    State.AT_RETURN: "arrived_at_return",
    State.RETURNED: "returned",
    State.CANCELLED: "cancelled",
    State.FAILED: "cancelled",
}
"""A courier who gives it back before pickup leaves it `searching`, and so `created` again."""

# Distance is what the base of our tariffs goes by; what the dialect has no word for is `other`.
_FEE_TYPES: Final[Mapping[str, str]] = {
    "base": "distance_based_fee",
    "service": "service_fee",
    "window": "service_fee",
    "size": "package_fee",
    "weight": "package_fee",
}
_ASKED_OF_US: Final = frozenset({Who.MERCHANT, Who.SHOPPER})

FRESH: Final = timedelta(minutes=5)
"""An older fix says where the courier was, and not where it is."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the answer needs besides the delivery itself. `proofs`: the newest link by step and kind."""

    tracking_url: str
    place: LatLon | None = None
    relay_phone: str | None = None
    proofs: Mapping[tuple[str, str], str] = field(default_factory=dict)


def order_of(delivery: Delivery) -> Order:
    """The order as it was sent, with the changes that came later."""
    return Order.model_validate(delivery.door.data)


def quote_answer(order: Order, quote: Quote, option: QuoteOption) -> dict[str, Any]:
    """A price that waits for its acceptance."""
    total = option.price.total
    return {
        **_again(order),
        "external_delivery_id": order.external_delivery_id,
        "delivery_status": "quote",
        "fee": total.minor,
        "currency": total.currency,
        "fee_components": _components([(each.code, each.minor) for each in option.price.components]),
        "updated_at": jsonable(quote.created_at),
        "pickup_time_estimated": jsonable(option.ready_at),
        "pickup_time_actual": None,
        "dropoff_time_estimated": jsonable(option.promised_by),
        "dropoff_time_actual": None,
        "dropoff_time_estimated_lower_bound": jsonable(option.window.earliest),
        "dropoff_time_estimated_upper_bound": jsonable(option.window.latest),
        "support_reference": quote.id,
    }


def delivery_answer(view: DeliveryView, seen: Seen) -> dict[str, Any]:
    """A delivery as it stands."""
    delivery = view.delivery
    order = order_of(delivery)
    fee, components = charged(delivery)
    return {
        **_again(order),
        "external_delivery_id": delivery.external_id,
        "delivery_status": STATUS[delivery.state],
        **_reason(delivery),
        "fee": fee,
        "currency": delivery.total.currency,
        "fee_components": components,
        **({"tip": delivery.tip_minor} if delivery.tip_minor or order.tip is not None else {}),
        "updated_at": jsonable(delivery.updated_at),
        **_times(delivery),
        "return_address": delivery.pickup.address,
        "support_reference": delivery.id,
        "tracking_url": seen.tracking_url,
        **_proofs(seen),
        **courier_fields(view, seen),
    }


def charged(delivery: Delivery) -> tuple[int, list[dict[str, Any]]]:
    """What is owed by now, and of what it is made: a cancelled delivery costs its cancellation and nothing else."""
    price = delivery.price
    if delivery.state is State.CANCELLED:
        parts = [("cancellation", _minor(price.get("cancellation_fee")))]
    else:
        parts = [(str(each["code"]), int(each["minor"])) for each in price.get("components", ())]
        parts.append(("return", _minor(price.get("return_fee"))))
    components = _components(parts)
    return sum(int(each["amount"]) for each in components), components


def cancellation_reason(delivery: Delivery) -> str | None:
    """Why it ended without a delivery, as far along as it had come."""
    if delivery.state not in (State.CANCELLED, State.FAILED):
        return None
    if delivery.state is State.CANCELLED and delivery.outcome.by in _ASKED_OF_US:
        return "cancelled_by_creator"
    reached = delivery.times
    if State.RETURNING in reached:
        return "failed_to_return"
    if State.PICKED_UP in reached:
        return "failed_to_deliver"
    return "failed_to_pickup" if State.ASSIGNED in reached else "failed_to_assign_and_refunded"


def courier_fields(view: DeliveryView, seen: Seen) -> dict[str, Any]:
    """The courier, from the moment that one has it to the end. Both numbers are the relay's: no phone is told."""
    card, courier_id = view.courier, view.delivery.courier_id
    if card is None or courier_id is None:
        return {}
    said: dict[str, Any] = {
        "dasher_id": _number_of(view.delivery.merchant_id, courier_id),
        "dasher_name": f"{card.first_name} {card.initial}." if card.initial else card.first_name,
    }
    if seen.relay_phone:
        said["dasher_dropoff_phone_number"] = said["dasher_pickup_phone_number"] = seen.relay_phone
    if seen.place:
        said["dasher_location"] = {"lat": seen.place.lat, "lng": seen.place.lon}
    return said


def place_shown(
    delivery: Delivery, place: LatLon | None, seen_at: datetime | None, lost: bool, now: datetime
) -> LatLon | None:
    """Where the courier is, while it has this delivery and the fix is fresh."""
    with_courier = delivery.state not in BEFORE_COURIER | TERMINAL
    fresh = seen_at is not None and now - seen_at <= FRESH
    return place if with_courier and fresh and not lost else None


def _number_of(merchant_id: str, courier_id: str) -> int:
    # The dialect wants a number. It stays the same for this merchant and tells two merchants nothing about each other.
    digest = hashlib.sha256(f"{merchant_id} {courier_id}".encode()).digest()
    return int.from_bytes(digest[:4], "big") >> 1


def _again(order: Order) -> dict[str, Any]:
    said = {name: value for name, value in order.said().items() if name not in INPUT_ONLY}
    if "dropoff_address" not in said:
        parts = address_of(None, order.dropoff_address_components)
        said.update({"dropoff_address": parts.line} if parts else {})
    return said


def _reason(delivery: Delivery) -> dict[str, Any]:
    reason = cancellation_reason(delivery)
    return {"cancellation_reason": reason} if reason else {}


def _times(delivery: Delivery) -> dict[str, Any]:
    """An estimate until the thing is done, the moment itself from then on."""
    reached, ended = delivery.times, delivery.state in TERMINAL
    fetched = reached.get(State.PICKED_UP)
    delivered = delivery.handed_over_at or reached.get(State.DELIVERED)
    back = reached.get(State.RETURNED)
    going_back = delivery.state in GOING_BACK
    arrival = None if ended or delivered or going_back else delivery.eta or delivery.promised_by
    times = {
        "pickup_time_estimated": None if ended or fetched else delivery.expected_at_pickup or delivery.ready_at,
        "pickup_time_actual": fetched,
        "dropoff_time_estimated": arrival,
        "dropoff_time_actual": delivered,
        "dropoff_time_estimated_lower_bound": delivery.window_earliest if arrival else None,
        "dropoff_time_estimated_upper_bound": delivery.promised_by if arrival else None,
        "return_time_estimated": delivery.eta if going_back else None,
        "return_time_actual": back,
    }
    return {name: jsonable(moment) for name, moment in times.items()}


def _proofs(seen: Seen) -> dict[str, Any]:
    links = {
        "dropoff_verification_image_url": seen.proofs.get(("dropoff", "photo")),
        "pickup_verification_image_url": seen.proofs.get(("pickup", "photo")),
        "dropoff_signature_image_url": seen.proofs.get(("dropoff", "signature")),
    }
    return {name: link for name, link in links.items() if link}


def _components(parts: list[tuple[str, int]]) -> list[dict[str, Any]]:
    return [{"type": _FEE_TYPES.get(code, "other"), "amount": minor} for code, minor in parts if minor]


def _minor(money: Any) -> int:
    return int(money["minor"]) if isinstance(money, Mapping) else 0
