"""A delivery in the words of this dialect: statuses, details, notices. Pure."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.deliveries.model import Delivery, DeliveryView, EvidenceKind, Handover, Proof, State, Step
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.states import GOING_BACK, Act, Who
from homeward.facades.golocal import wire
from homeward.facades.golocal.ids import to_uuid
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said
from homeward.facades.golocal.translate import remembered
from homeward.fleets.couriers.model import Whereabouts
from homeward.kit.money import Money

_CODES_TOLD_WITH: Final = frozenset({NAMES.statuses["searching"], NAMES.statuses["to_dropoff"]})
_SCANNED_BY: Final = {State.TO_DROPOFF: Step.PICKUP, State.DELIVERED: Step.DROPOFF}
_RETURNED: Final = GOING_BACK | {State.RETURNED}
_METRES_PER_MILE: Final = 1_609.344


# ── statuses ──


def status_of(delivery: Delivery) -> str:
    """Where it stands, in their word."""
    match delivery.state:
        case State.FAILED:
            on_the_way = State.PICKED_UP in delivery.times
            return NAMES.statuses_of_events["failed_on_the_way" if on_the_way else "failed_before_pickup"]
        case State.CANCELLED if delivery.outcome.by is not Who.MERCHANT:
            return NAMES.statuses_of_events["cancelled_by_operator"]
        case state:
            return NAMES.statuses[state]


def status_of_event(kind: str, data: Mapping[str, Any], actor: str, delivery: Delivery) -> str | None:
    """The status that an event tells of; None if it is no news in this dialect.

    A booking is told once, not again as its first state; that a planned search begins is our own affair. That it is
    batched is news beside where it stands: a delivery gets into a batch with its courier or later.
    """
    name = kind.removeprefix("delivery.")
    match name:
        case "booked":
            return NAMES.statuses["searching"]
        case "scheduled" | "searching":
            given_back = data.get("previous") not in (None, State.SCHEDULED)
            return NAMES.statuses["searching"] if given_back else None
        case "changed":
            return NAMES.statuses_of_events["updated"] if actor.startswith(f"{Who.MERCHANT}:") else None
        case "batched" if data["previous_batch_id"] == data["batch_id"]:
            return None  # only its place on the trip is another
        case "batched" | "unbatched":
            return NAMES.statuses_of_events[name]
        case "cancelled" | "failed":
            return status_of(delivery)
        case _:
            return NAMES.statuses.get(name)


# ── details ──


def details(view: DeliveryView, client_id: str, base_url: str) -> wire.Details:
    d = view.delivery
    said = remembered(d.door.data)
    return wire.Details(
        client_id=client_id,
        external_order_id=d.external_id,
        delivery_id=to_uuid(d.id),
        status=status_of(d),
        status_history=_history(d),
        tracking_url=_tracking(view, base_url),
        delivery_method=NAMES.value_of("delivery_method", "window") or "",
        window_from=said.get("window_from", d.window_earliest),
        window_to=said.get("window_to", d.promised_by),
        ready_at=said.get("ready_at", d.ready_at),
        estimated_delivery_time=d.eta,
        pickup_details=wire.PickupDetails(
            external_pickup_point_id=said.get("pickup_point", d.store_id),
            pickup_instructions=d.pickup.instructions or None,
        ),
        delivery_details=_delivery_details(d, said),
        customer=_customer(d, said),
        total_items=d.contents.count,
        order_manifest=wire.Manifest(summary=wire.Summary(order_size=said.get("order_size", ""))),
        add_on_services=_add_ons(d, said),
        delivery_price=amount(d.total),
        tip=amount(d.tip) if d.tip_minor else None,
        driver=_driver(view),
        batch_id=d.batch.id if d.batch else None,
        batching_details=_batching(d),
        scan_details=_scans(_due_scans(d)),
        passcode=d.requirements.pin,
        pickup_code=d.pickup.code,
        return_code=d.requirements.return_code,
        return_reason=return_reason(d),
    )


def booked(view: DeliveryView, base_url: str) -> wire.IdsOut:
    d = view.delivery
    ids = wire.Ids(external_order_id=d.external_id, delivery_id=to_uuid(d.id), tracking_url=_tracking(view, base_url))
    return wire.IdsOut(deliveries=ids)


def ids_only(delivery: Delivery) -> wire.IdsOut:
    """The answer to an update, a status and a cancellation."""
    return wire.IdsOut(deliveries=wire.Ids(external_order_id=delivery.external_id, delivery_id=to_uuid(delivery.id)))


def amount(money: Money) -> wire.Amount:
    return wire.Amount(amount=money.minor / 10**money.exponent, currency=money.currency)


def miles(metres: int) -> float:
    return round(metres / _METRES_PER_MILE, 2)


def address(said: Said) -> wire.Address:
    """As it was sent."""
    rest = ("line2", "city", "state", "zip_code", "country_code")
    return wire.Address(line1=said.get("line1", ""), **{name: said.get(name) or None for name in rest})


def return_reason(delivery: Delivery) -> str | None:
    """Why it comes back, while it does and after."""
    if delivery.state not in _RETURNED or delivery.outcome.act is not Act.TURN_BACK:
        return None
    words = NAMES.return_reasons
    return words.get(delivery.outcome.reason or "", words[""])


def _delivery_details(d: Delivery, said: Said) -> wire.DeliveryDetails:
    return wire.DeliveryDetails(
        address=address(said),
        coordinates=wire.Coordinates(latitude=d.dropoff.place.lat, longitude=d.dropoff.place.lon),
        property_type=_property_type(d),
        location_preference=_location_preference(d, said),
        gate_code=d.dropoff.gate_code or None,
        delivery_instructions=d.dropoff.instructions or None,
    )


def _customer(d: Delivery, said: Said) -> wire.Customer:
    return wire.Customer(
        first_name=said.get("customer_first_name", ""),
        last_name=said.get("customer_last_name", ""),
        phone=d.dropoff.contact.phone,
    )


def _add_ons(d: Delivery, said: Said) -> wire.AddOns:
    wanted = d.requirements
    return wire.AddOns(
        proof_of_delivery=said.get("proof_of_delivery", False) or wanted.photo or wanted.signature,
        signature=wanted.signature,
        attended_delivery=wanted.handover is Handover.TO_PERSON,
        passcode_required=wanted.pin is not None,
        capture_photo_proof=wanted.photo,
        chain_of_custody=bool(wanted.barcodes),
    )


def _history(d: Delivery) -> list[wire.StatusAt]:
    reached = [(d.created_at, NAMES.statuses["searching"])]
    for state, at in sorted(d.times.items(), key=lambda pair: pair[1]):
        status = status_of(d) if state is d.state else NAMES.statuses.get(state, "")
        if status and status != reached[-1][1]:
            reached.append((at, status))
    return [wire.StatusAt(status=status, time=at) for at, status in reached]


def _property_type(d: Delivery) -> str | None:
    return NAMES.value_of("property_type", d.dropoff.building) if d.dropoff.building else None


def _location_preference(d: Delivery, said: Said) -> str | None:
    if d.dropoff.spot:
        return NAMES.value_of("location_preference", d.dropoff.spot)
    return NAMES.value_of("location_preference", "") if said.get("location_preference") == "" else None


def _driver(view: DeliveryView) -> wire.Driver | None:
    card = view.courier
    if card is None:
        return None
    return wire.Driver(first_name=card.first_name, last_name=card.initial or None, vehicle_type=card.vehicle.upper())


def _batching(d: Delivery) -> wire.Batching | None:
    if d.batch is None:
        return None
    return wire.Batching(route_id=d.batch.id, drop_sequence=d.batch.position, count=d.batch.count)


def _scans(labels: Sequence[str]) -> wire.Scans | None:
    return wire.Scans(scan_ids=list(labels)) if labels else None


def _due_scans(d: Delivery) -> Sequence[str]:
    """The labels scanned so far: a step with labels cannot be taken without every one of them."""
    if d.state is State.DELIVERED:
        return [barcode.value for barcode in d.requirements.barcodes]
    if State.PICKED_UP in d.times:
        return [barcode.value for barcode in d.requirements.at_pickup.barcodes]
    return ()


def _scanned(d: Delivery, proofs: Sequence[Proof], step: Step) -> Sequence[str]:
    """What was scanned at a stop, in the order of the booking: scans of one moment have no order of their own."""
    barcodes = d.requirements.at_pickup.barcodes if step is Step.PICKUP else d.requirements.barcodes
    order = {barcode.value: place for place, barcode in enumerate(barcodes)}
    texts = [
        str(proof.data.get("text", "")) for proof in proofs if (proof.kind, proof.step) == (EvidenceKind.SCAN, step)
    ]
    return sorted(filter(None, texts), key=lambda text: (order.get(text, len(order)), text))


def _tracking(view: DeliveryView, base_url: str) -> str:
    return tracking_url(base_url, view.tracking_domain, view.delivery.tracking_token)


# ── notices ──


def status_notice(
    view: DeliveryView,
    status: str,
    *,
    event_id: str,
    at: datetime,
    state: State | None,
    scans: Sequence[Proof],
    client_id: str,
    base_url: str,
) -> wire.StatusNotice:
    """`state` is the one that the event tells of, if it tells of one: by now the delivery may have gone on."""
    d = view.delivery
    tells_codes = status in _CODES_TOLD_WITH
    turned = state is State.RETURNING
    update = wire.DeliveryUpdate(
        client_id=client_id,
        external_order_id=d.external_id,
        delivery_id=to_uuid(d.id),
        status=status,
        status_time=at,
        tracking_url=_tracking(view, base_url),
        estimated_delivery_time=d.eta,
        driver=_driver(view),
        property_type=_property_type(d),
        location_preference=_location_preference(d, remembered(d.door.data)),
        gate_code=d.dropoff.gate_code or None,
        batch_id=d.batch.id if d.batch else None,
        batching_details=_batching(d),
        scan_details=_scans(_scanned(d, scans, _SCANNED_BY[state])) if state in _SCANNED_BY else None,
        passcode=d.requirements.pin if tells_codes else None,
        pickup_code=d.pickup.code if status == NAMES.statuses["searching"] else None,
        return_code=d.requirements.return_code if turned else None,
        return_reason=return_reason(d) if turned else None,
    )
    return wire.StatusNotice(
        event_id=event_id, event_time=at, notice_details=wire.StatusNoticeDetails(delivery_updates=update)
    )


def location_notice(
    view: DeliveryView, seen: Whereabouts, *, event_id: str, client_id: str, base_url: str
) -> wire.LocationNotice:
    d = view.delivery
    update = wire.LocationUpdate(
        client_id=client_id,
        external_order_id=d.external_id,
        delivery_id=to_uuid(d.id),
        latitude=seen.place.lat,
        longitude=seen.place.lon,
        time=seen.at,
        tracking_url=_tracking(view, base_url),
    )
    return wire.LocationNotice(
        event_id=event_id, event_time=seen.at, notice_details=wire.LocationNoticeDetails(driver_location_updates=update)
    )
