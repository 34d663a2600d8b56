"""From the dialect's requests to our quote, booking and change. Pure.

What the dialect leaves open is settled here, once: goods without weights count as two kilos, goods without sizes as a
courier's backpack. Units: grams, centimetres and cents come in; grams, millimetres and minor units go on.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import orjson

from homeward.coverage.model import ParcelSize
from homeward.deliveries.contents import Contents, Item
from homeward.deliveries.model import (
    BookRequest,
    ChangeRequest,
    Contact,
    Door,
    DropoffRequest,
    ProblemReason,
    ProofRequest,
)
from homeward.deliveries.requirements import AgeCheck, Barcode, Handover, StepProof, Undeliverable
from homeward.facades.uber_direct.wire import (
    DeliveryBody,
    LabelToScan,
    ManifestItem,
    Pin,
    RoboCourier,
    Route,
    UpdateBody,
    Verification,
)
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable
from homeward.kit.units import Grams, Millimetres
from homeward.kit.windows import Window
from homeward.merchants.model import PickupPlace
from homeward.quotes.model import AddressAsked, Parcel, Quote, QuoteOption, QuoteRequest

DIALECT: Final = "uber_direct"

UNSAID_WEIGHT_G: Final = Grams(2_000)
UNSAID_SIZE: Final = ParcelSize.MEDIUM
UNSAID_AGE: Final = 18
WITHIN: Final = timedelta(hours=12)
"""Who names only the beginning of the drop-off time is offered what begins within this time."""

# Litres of one piece: more than ten small, four medium or one large then need more than a bicycle carries, which is
# when the dialect takes a car. Source: the published sample programmes (2026-09).
_LITRES: Final[Mapping[str, int]] = {"small": 4, "medium": 30, "large": 100, "big": 100, "xlarge": 300}
_MM_PER_CM: Final = 10
_CM3_PER_LITRE: Final = 1_000

UNDELIVERABLE: Final[Mapping[str | None, Undeliverable]] = {
    None: Undeliverable.RETURN,
    "return": Undeliverable.RETURN,
    "leave_at_door": Undeliverable.LEAVE_AT_DOOR,
    "discard": Undeliverable.DISPOSE,
}
_ROBOT_MOMENTS: Final[Mapping[str, str]] = {
    "to_pickup": "enroute_for_pickup_at",
    "at_pickup": "pickup_imminent_at",
    "picked_up": "pickup_at",
    "at_dropoff": "dropoff_imminent_at",
    "done": "dropoff_at",
}
ROBOT_REASONS: Final[Mapping[str, ProblemReason]] = {
    "cannot_access_customer_location": ProblemReason.CANNOT_REACH,
    "cannot_find_customer_address": ProblemReason.WRONG_ADDRESS,
    "customer_rejected_order": ProblemReason.REFUSED,
    "customer_unavailable": ProblemReason.NOBODY_THERE,
}


# ── the quote ──


def quote_request(route: Route, parcel: Parcel) -> QuoteRequest:
    """For a store of the merchant by its number, or else for the place that the request describes."""
    return QuoteRequest(
        store_id="",
        store_external_id=route.external_store_id or None,
        pickup=pickup_of(route),
        parcel=parcel,
        address=address_of(route.dropoff_address),
        place=dropoff_pin(route.dropoff_latitude, route.dropoff_longitude),
        ready_at=route.pickup_ready_dt,
        window=window_of(route),
    )


def pickup_of(route: Route) -> PickupPlace:
    line = address_of(route.pickup_address).line
    name = phone = None
    if isinstance(route, DeliveryBody):
        name, phone = route.pickup_business_name or route.pickup_name, route.pickup_phone_number
    pin = dropoff_pin(route.pickup_latitude, route.pickup_longitude)
    return PickupPlace(name=name or line.partition(",")[0], address=line, place=pin, phone=phone)


def address_of(said: str) -> AddressAsked:
    """The parts where they were given, for they need no guessing; else the line."""
    parts = address_parts(said)
    if parts is None:
        return AddressAsked(text=said.strip())
    street, *more = _street_lines(parts)
    return AddressAsked(
        street=street,
        unit=", ".join(more),
        city=_text(parts, "city"),
        postcode=_text(parts, "zip_code"),
    )


def address_parts(said: str) -> Mapping[str, Any] | None:
    """The object in the text; None if it is a plain line, or an object without a street."""
    if not said.lstrip().startswith("{"):
        return None
    try:
        parts = orjson.loads(said)
    except orjson.JSONDecodeError:
        return None
    return parts if _street_lines(parts) else None


def _street_lines(parts: Mapping[str, Any]) -> list[str]:
    street = parts.get("street_address")
    lines: Sequence[Any] = [street] if isinstance(street, str) else street if isinstance(street, list) else []
    if not lines:
        lines = [parts.get("street_address_1"), parts.get("street_address_2")]
    return [line.strip() for line in lines if isinstance(line, str) and line.strip()]


def _text(parts: Mapping[str, Any], name: str) -> str:
    value = parts.get(name)
    return str(value).strip() if isinstance(value, str | int) else ""


def dropoff_pin(latitude: float | None, longitude: float | None) -> LatLon | None:
    return None if latitude is None or longitude is None else LatLon(latitude, longitude)


def window_of(route: Route) -> Window | None:
    """When it shall be at the door. Who names only an end gets whatever option keeps it (`fitting`)."""
    begins, ends = route.dropoff_ready_dt, route.dropoff_deadline_dt
    if begins is None:
        return None
    return Window(begins, ends or begins + WITHIN)


def fitting(options: Sequence[QuoteOption], deadline: datetime | None) -> QuoteOption | None:
    """The dialect knows one service: the fastest that keeps the deadline, of equally fast ones the cheapest."""
    kept = [option for option in options if deadline is None or option.promised_by <= deadline]
    return min(kept, key=lambda option: (option.promised_by, option.price.total.minor), default=None)


# ── what is carried ──

UNSAID_PARCEL: Final = Parcel(UNSAID_WEIGHT_G, UNSAID_SIZE)
"""What a quote of this dialect is for: it names no goods."""


def parcel_of(body: DeliveryBody) -> Parcel:
    needs = ("age_check",) if age_check(body) else ()
    return Parcel(weight_g(body.manifest_items), size_of(body.manifest_items), needs)


def weight_g(items: Sequence[ManifestItem]) -> Grams:
    said = [item.weight * item.quantity for item in items if item.weight]
    return Grams(sum(said)) if said else UNSAID_WEIGHT_G


def size_of(items: Sequence[ManifestItem]) -> ParcelSize:
    """The smallest that holds all items together; measures win over a size."""
    litres = sum(_litres(item) * item.quantity for item in items)
    return next((size for size in ParcelSize if litres <= size.litres), ParcelSize.EXTRA_LARGE)


def _litres(item: ManifestItem) -> float:
    if item.dimensions:
        return item.dimensions.length * item.dimensions.height * item.dimensions.depth / _CM3_PER_LITRE
    return _LITRES[item.size or "small"]


def beyond(priced: Parcel, asked: Parcel) -> bool:
    """Whether more is to be carried than the price is for."""
    larger = asked.size.rank > priced.size.rank
    return larger or asked.weight_g > priced.weight_g or not set(asked.needs) <= set(priced.needs)


def contents_of(body: DeliveryBody, currency: str) -> Contents:
    value = body.manifest_total_value
    return Contents(
        description=", ".join(item.name for item in body.manifest_items)[:500],
        count=min(1_000, sum(item.quantity for item in body.manifest_items)),
        value=Money(value, currency) if value is not None else None,
        items=tuple(_item(item, currency) for item in body.manifest_items),
    )


def _item(item: ManifestItem, currency: str) -> Item:
    measures = item.dimensions
    return Item(
        name=item.name,
        quantity=item.quantity,
        weight_g=Grams(item.weight) if item.weight else None,
        length_mm=Millimetres(measures.length * _MM_PER_CM) if measures else None,
        width_mm=Millimetres(measures.depth * _MM_PER_CM) if measures else None,
        height_mm=Millimetres(measures.height * _MM_PER_CM) if measures else None,
        price=Money(item.price, currency) if item.price is not None else None,
        upright=bool(item.must_be_upright),
    )


# ── what is to be proven ──


def age_check(body: DeliveryBody) -> AgeCheck | None:
    wanted = body.dropoff_verification.identification if body.dropoff_verification else None
    if wanted is not None:
        return AgeCheck(wanted.min_age or UNSAID_AGE, sober=wanted.no_sobriety_check is False)
    return AgeCheck(UNSAID_AGE) if body.requires_id else None


def signature_wanted(body: DeliveryBody) -> bool:
    asked = body.dropoff_verification
    return bool(body.requires_dropoff_signature or (asked and asked.signature_wanted))


def pin_wanted(body: DeliveryBody) -> bool:
    return bool(body.dropoff_verification and body.dropoff_verification.pin_wanted)


def handover_of(body: DeliveryBody) -> Handover:
    left = body.deliverable_action == "deliverable_action_leave_at_door"
    return Handover.AT_DOOR if left else Handover.TO_PERSON


def proof_of(body: DeliveryBody) -> ProofRequest:
    asked = body.dropoff_verification or Verification()
    back = body.return_verification or Verification()
    to_a_person = signature_wanted(body) or pin_wanted(body) or age_check(body) is not None
    signer = asked.signature_requirement
    return ProofRequest(
        # Where nothing else proves the hand-over and nothing was said, a photo does.
        photo=asked.picture if asked.picture is not None else not to_a_person,
        signature=signature_wanted(body),
        signer_name=bool(signer and signer.enabled and signer.collect_signer_name),
        signer_relationship=bool(signer and signer.enabled and signer.collect_signer_relationship),
        pin=pin_of(asked.pincode),
        age=age_check(body),
        barcodes=barcodes_of(asked.barcodes),
        at_pickup=_at_stop(body.pickup_verification or Verification()),
        at_return=_at_stop(back),
        return_pin=pin_of(back.pincode),
    )


def _at_stop(asked: Verification) -> StepProof:
    return StepProof(bool(asked.picture), asked.signature_wanted, barcodes_of(asked.barcodes))


def pin_of(asked: Pin | None) -> bool | str:
    if asked is None or not asked.enabled:
        return False
    return asked.value if asked.type == "merchant_provided" and asked.value else True


def barcodes_of(labels: Sequence[LabelToScan] | None) -> tuple[Barcode, ...]:
    return tuple(Barcode(label.value, (label.type or "").lower()) for label in labels or ())


# ── the booking ──


def booking(body: DeliveryBody, quote: Quote, option: QuoteOption, *, external_id: str | None) -> BookRequest:
    """Book this option of this quote; what the request asks for besides travels with it."""
    currency = option.price.total.currency
    return BookRequest(
        quote_id=quote.id,
        option_id=option.id,
        dropoff=dropoff_of(body),
        contents=contents_of(body, currency),
        external_id=external_id,
        pickup=pickup_of(body),
        pickup_instructions=body.pickup_notes,
        proof=proof_of(body),
        undeliverable=UNDELIVERABLE[body.undeliverable_action],
        handover=handover_of(body),
        metadata={"manifest_reference": body.manifest_reference} if body.manifest_reference else {},
        tip=Money(body.tip, currency) if body.tip else None,
        robot=robot_of(body),
        door=Door(DIALECT, body.said()),
    )


def dropoff_of(body: DeliveryBody) -> DropoffRequest:
    address = address_of(body.dropoff_address)
    return DropoffRequest(
        address=address,
        place=dropoff_pin(body.dropoff_latitude, body.dropoff_longitude),
        unit=address.unit,
        contact=Contact(body.dropoff_name, body.dropoff_phone_number),
        instructions=notes(body.dropoff_notes, body.dropoff_seller_notes),
        company=body.dropoff_business_name or "",
    )


def notes(*said: str | None) -> str:
    return " · ".join(filter(None, said))


def robot_of(body: DeliveryBody) -> Mapping[str, Any] | None:
    """How the robot that carries it in test mode shall behave; None leaves it to the test mode itself."""
    asked = body.test_specifications.robo_courier_specification if body.test_specifications else None
    if asked is None:
        return None
    moments = _robot_moments(asked) if asked.mode == "custom" else {}
    robot: dict[str, Any] = {"mode": "custom", "at": moments} if moments else {"mode": "auto"}
    if asked.cancel_reason:
        robot |= {"outcome": "returned", "reason": str(ROBOT_REASONS[asked.cancel_reason])}
    return robot


def _robot_moments(asked: RoboCourier) -> dict[str, str]:
    said = {ours: getattr(asked, theirs) for ours, theirs in _ROBOT_MOMENTS.items()}
    return {step: jsonable(moment) for step, moment in said.items() if moment is not None}


# ── changes ──


def merged(before: DeliveryBody, body: UpdateBody) -> DeliveryBody:
    """The request as it would have been with this change; a verification is changed member by member."""
    said = before.said()
    for name, value in body.said().items():
        if name == "tip_by_customer":
            said["tip"] = value
        elif name.endswith("_verification"):
            said[name] = {**said.get(name, {}), **value}
        else:
            said[name] = value
    return DeliveryBody.model_validate(said)


def change_of(before: DeliveryBody, after: DeliveryBody) -> ChangeRequest | None:
    """What the caller changes, in our words; None if there is nothing to change."""
    was, now = dropoff_of(before), dropoff_of(after)
    old, new = proof_of(before), proof_of(after)
    proof_changed = (old.photo, old.signature, old.age, old.pin) != (new.photo, new.signature, new.age, new.pin)
    door_times = (after.dropoff_ready_dt, after.dropoff_deadline_dt)
    times_changed = door_times != (before.dropoff_ready_dt, before.dropoff_deadline_dt)
    window = window_of(after)
    request = ChangeRequest(
        window=window if times_changed else None,
        # Who names only the end gets whatever service keeps it, as at a booking.
        deliver_by=after.dropoff_deadline_dt if times_changed and window is None else None,
        instructions=now.instructions if now.instructions != was.instructions else None,
        place=now.place if now.place != was.place else None,
        pickup_instructions=(after.pickup_notes or "") if after.pickup_notes != before.pickup_notes else None,
        ready_at=after.pickup_ready_dt if after.pickup_ready_dt != before.pickup_ready_dt else None,
        barcodes=new.barcodes if new.barcodes != old.barcodes else None,
        pickup_barcodes=new.at_pickup.barcodes if new.at_pickup.barcodes != old.at_pickup.barcodes else None,
        proof=new if proof_changed else None,
        metadata={"manifest_reference": after.manifest_reference or ""}
        if after.manifest_reference != before.manifest_reference
        else None,
    )
    return None if request == ChangeRequest() else request
