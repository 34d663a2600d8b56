"""From our quote or delivery to the dialect's answer. Pure.

The fee is what the merchant owes with the tip in it, for so the dialect counts. What was sent is told again as it was.
"""

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.deliveries.model import CourierCard, Delivery, DeliveryView, Proof, StopDetails
from homeward.deliveries.states import BEFORE_COURIER, TERMINAL, State
from homeward.facades.uber_direct import asking, states
from homeward.facades.uber_direct.verified import captured, requirements_at
from homeward.facades.uber_direct.wire import DeliveryBody, Route
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from homeward.quotes.model import Quote, QuoteOption

FRESH: Final = timedelta(minutes=5)
"""An older fix says where the courier was, and not where it is."""

FORWARD, BACK, QUOTE = "del_", "ret_", "dqt_"
_OURS: Final = "dlv_"

_VEHICLES: Final[Mapping[str, str]] = {"foot": "walker"}
"""Where their word differs from ours."""


@dataclass(frozen=True, slots=True)
class Seen:
    """What the answer needs besides the delivery itself.

    `relay_phone` is the number that reaches the courier, as "+41441234567,8123" with the code to dial.
    """

    tracking_url: str
    place: LatLon | None = None
    relay_phone: str | None = None
    proofs: Sequence[Proof] = ()
    pictures: Mapping[str, str] = field(default_factory=dict)


# ── ids ──


def outward_id(delivery_id: str, prefix: str = FORWARD) -> str:
    return prefix + delivery_id.partition("_")[2]


def inward_id(outward: str) -> tuple[str, bool] | None:
    """Our id, and whether the way back is meant; None for what is no id of the dialect."""
    for prefix, way_back in ((FORWARD, False), (BACK, True)):
        if outward.startswith(prefix):
            return _OURS + outward.removeprefix(prefix), way_back
    return None


def body_of(delivery: Delivery) -> DeliveryBody:
    """The request as it was sent, with the changes that came later."""
    return DeliveryBody.model_validate(delivery.door.data)


# ── answers ──


def quote_id(quote: Quote) -> str:
    return outward_id(quote.id, QUOTE)


def quote_answer(quote: Quote, option: QuoteOption, expires: datetime) -> dict[str, Any]:
    """A price, and how long it holds."""
    total = option.price.total
    return {
        "kind": "delivery_quote",
        "id": quote_id(quote),
        "created": jsonable(quote.created_at),
        "expires": jsonable(expires),
        "fee": total.minor,
        "currency": total.currency.lower(),
        "currency_type": total.currency,
        "dropoff_eta": jsonable(option.promised_by),
        "duration": _minutes(option.promised_by - quote.created_at),
        "pickup_duration": _minutes(option.ready_at - quote.created_at),
        "dropoff_deadline": jsonable(option.promised_by),
    }


def delivery_answer(view: DeliveryView, seen: Seen, *, way_back: bool = False) -> dict[str, Any]:
    """A delivery as it stands; with `way_back` the second one that carries the goods back."""
    delivery = view.delivery
    body = body_of(delivery)
    status = states.status_of(delivery, way_back=way_back)
    return {
        "kind": "delivery",
        "id": outward_id(delivery.id, BACK if way_back else FORWARD),
        "uuid": hashlib.sha256(f"{way_back} {delivery.id}".encode()).hexdigest()[:32],
        "quote_id": None if way_back else body.quote_id or _quote_id(delivery),
        "status": status,
        "complete": status in states.COMPLETE,
        "courier": _courier(view, seen, way_back=way_back),
        "courier_imminent": states.imminent(delivery, seen.place, way_back=way_back),
        "created": jsonable(delivery.times.get(State.RETURNING) if way_back else delivery.created_at),
        "updated": jsonable(delivery.updated_at),
        "currency": delivery.total.currency.lower(),
        "fee": _return_fee(delivery) if way_back else fee_of(delivery),
        "tip": 0 if way_back else delivery.tip_minor,
        **_actions(delivery, body, way_back=way_back),
        **_waypoints(delivery, body, seen, way_back=way_back),
        **_times(delivery, body, way_back=way_back),
        "dropoff_identifier": "",
        "external_id": body.external_id,
        "manifest": _manifest(body),
        "manifest_items": [{"size": "small", **item.said()} for item in body.manifest_items],
        "related_deliveries": _related(delivery, way_back=way_back),
        "live_mode": delivery.mode == "live",
        "tracking_url": seen.tracking_url,
        "batch_id": f"bat_{delivery.batch.id.partition('_')[2]}" if delivery.batch else None,
        **_cancelation(delivery, status),
    }


def fee_of(delivery: Delivery) -> int:
    """All that is owed for the way there, the tip in it; a cancelled delivery costs its cancellation alone."""
    if delivery.state is State.CANCELLED:
        return _minor(delivery.price.get("cancellation_fee"))
    return delivery.total.minor + delivery.tip_minor


def place_shown(
    delivery: Delivery, place: LatLon | None, seen_at: datetime | None, lost: bool, now: datetime
) -> LatLon | None:
    """Where the courier is, while it has this delivery and the fix is fresh."""
    with_courier = delivery.state not in BEFORE_COURIER | TERMINAL
    fresh = seen_at is not None and now - seen_at <= FRESH
    return place if with_courier and fresh and not lost else None


# ── parts of an answer ──


def _quote_id(delivery: Delivery) -> str | None:
    return outward_id(delivery.quote_id, QUOTE) if delivery.quote_id else None


def _return_fee(delivery: Delivery) -> int:
    return _minor(delivery.price.get("return_fee"))


def _minor(money: Any) -> int:
    return int(money["minor"]) if isinstance(money, Mapping) else 0


def _minutes(length: timedelta) -> int:
    return max(0, round(length.total_seconds() / 60))


def _actions(delivery: Delivery, body: DeliveryBody, *, way_back: bool) -> dict[str, Any]:
    became, why = ("", "") if way_back else states.undeliverable_of(delivery)
    return {
        "deliverable_action": body.deliverable_action or "deliverable_action_meet_at_door",
        "undeliverable_action": became,
        "undeliverable_reason": why,
    }


def _cancelation(delivery: Delivery, status: str) -> dict[str, Any]:
    reason = states.cancelation_reason(delivery) if status == "canceled" else None
    return {"cancelation_reason": reason} if reason else {}


def _related(delivery: Delivery, *, way_back: bool) -> list[dict[str, str]]:
    if way_back:
        return [{"id": outward_id(delivery.id), "relationship": "original"}]
    if states.went_back(delivery):
        return [{"id": outward_id(delivery.id, BACK), "relationship": "return"}]
    return []


def _manifest(body: DeliveryBody) -> dict[str, Any]:
    return {
        "reference": body.manifest_reference or "",
        "description": "\n".join(f"{item.quantity} {item.name}" for item in body.manifest_items),
        "total_value": body.manifest_total_value or 0,
    }


def _times(delivery: Delivery, body: DeliveryBody, *, way_back: bool) -> dict[str, Any]:
    """An estimate until the thing is done, the moment itself from then on."""
    reached = delivery.times
    if way_back:
        fetched, there = reached.get(State.RETURNING), reached.get(State.RETURNED)
        ready, due = fetched, there or delivery.eta
        pickup_deadline, dropoff_ready = fetched, fetched
        pickup_eta, dropoff_eta = fetched, there or delivery.eta
    else:
        ready, due = delivery.ready_at, delivery.promised_by
        pickup_deadline, dropoff_ready = body.pickup_deadline_dt or due, delivery.window_earliest
        pickup_eta = reached.get(State.PICKED_UP) or delivery.expected_at_pickup or delivery.ready_at
        dropoff_eta = reached.get(State.DELIVERED) or delivery.eta or due
    times = {
        "pickup_ready": ready,
        "pickup_eta": pickup_eta,
        "pickup_deadline": pickup_deadline,
        "dropoff_ready": dropoff_ready,
        "dropoff_eta": dropoff_eta,
        "dropoff_deadline": due,
    }
    return {name: jsonable(moment) for name, moment in times.items()}


def _courier(view: DeliveryView, seen: Seen, *, way_back: bool) -> dict[str, Any] | None:
    """From the moment that somebody has it to the end; both numbers are the relay's, for no phone is told."""
    card, delivery = view.courier, view.delivery
    if card is None or states.went_back(delivery) is not way_back:
        return None
    said: dict[str, Any] = {
        "name": f"{card.first_name} {card.initial}." if card.initial else card.first_name,
        "vehicle_type": vehicle_of(card),
        "img_href": "",
    }
    if seen.place:
        said["location"] = {"lat": seen.place.lat, "lng": seen.place.lon}
    if seen.relay_phone:
        number, _, pin = seen.relay_phone.partition(",")
        said["phone_number"] = number
        said["public_phone_info"] = {
            "phone_number": number,
            "pin_code": pin,
            "formatted_phone_number": seen.relay_phone,
        }
    return said


def vehicle_of(card: CourierCard) -> str:
    return _VEHICLES.get(card.vehicle, card.vehicle)


# ── stops ──


def _waypoints(delivery: Delivery, body: DeliveryBody, seen: Seen, *, way_back: bool) -> dict[str, Any]:
    store = _at_store(delivery, body, seen, "return" if way_back else "pickup")
    door = _at_door(delivery, body, seen)
    if way_back:
        taken = {"status": "completed", "status_timestamp": jsonable(delivery.times.get(State.RETURNING))}
        return {"pickup": {**door, **taken}, "dropoff": store}
    back = {"return": _at_store(delivery, body, seen, "return")} if states.went_back(delivery) else {}
    return {"pickup": store, "dropoff": door, **back}


def _at_store(delivery: Delivery, body: DeliveryBody, seen: Seen, step: str) -> dict[str, Any]:
    done_at = delivery.times.get(State.PICKED_UP if step == "pickup" else State.RETURNED)
    return {
        "name": body.pickup_business_name or body.pickup_name,
        "phone_number": body.pickup_phone_number,
        "notes": (body.return_notes if step == "return" else body.pickup_notes) or "",
        "external_store_id": body.external_store_id or "",
        **_place(delivery.pickup, body, "pickup"),
        **_proven(delivery, seen, step),
        **({"status": "completed", "status_timestamp": jsonable(done_at)} if done_at else {}),
    }


def _at_door(delivery: Delivery, body: DeliveryBody, seen: Seen) -> dict[str, Any]:
    delivered, turned = delivery.times.get(State.DELIVERED), delivery.times.get(State.RETURNING)
    said: dict[str, Any] = {
        "name": shortened(body.dropoff_business_name or body.dropoff_name),
        "phone_number": body.dropoff_phone_number,
        "notes": body.dropoff_notes or "",
        "seller_notes": body.dropoff_seller_notes or "",
        "courier_notes": "",
        **_place(delivery.dropoff, body, "dropoff"),
        **_proven(delivery, seen, "dropoff"),
    }
    if delivered or turned:
        said |= {"status": "completed" if delivered else "failed", "status_timestamp": jsonable(delivered or turned)}
    return said


def shortened(name: str) -> str:
    """First name and initial: enough to recognise whom the parcel is for."""
    # Of signs that only separate there is no first name; what was sent is told as it is.
    first, *more = name.split() or [name]
    return f"{first} {more[-1][0]}." if more else first


def _place(stop: StopDetails, route: Route, side: str) -> dict[str, Any]:
    said = str(getattr(route, f"{side}_address"))
    parts = asking.address_parts(said) or {}
    asked = asking.address_of(said)
    return {
        "address": asked.line,
        "detailed_address": {
            "street_address_1": asked.street or asked.line,
            "street_address_2": asked.unit,
            "city": asked.city,
            "state": str(parts.get("state") or ""),
            "zip_code": asked.postcode,
            "country": str(parts.get("country") or ""),
        },
        "location": {"lat": stop.place.lat, "lng": stop.place.lon},
    }


def _proven(delivery: Delivery, seen: Seen, step: str) -> dict[str, Any]:
    at_step = [proof for proof in seen.proofs if proof.step == step]
    return {
        "verification_requirements": requirements_at(delivery.requirements, step),
        "verification": captured(delivery.requirements, at_step, seen.pictures),
    }
