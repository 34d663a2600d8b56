"""Deliveries, legs, events and proofs in the form that our API speaks. Pure."""

from typing import Any, Final

from homeward.deliveries.model import DeliveryEvent, DeliveryView, Leg, Proof, Requirements, StopDetails
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.proof_links import ProofLink
from homeward.deliveries.relay import CourierContact
from homeward.deliveries.states import Who, acts_open_to
from homeward.infra.event_log import LoggedEvent
from homeward.kit.problems import jsonable
from homeward.quotes.model import QuoteOption


def delivery_json(view: DeliveryView, base_url: str, contact: CourierContact | None = None) -> dict[str, Any]:
    """A delivery for its merchant (and the operator). Couriers and shoppers get views of their own."""
    d = view.delivery
    return {
        "id": d.id,
        "external_id": d.external_id,
        "mode": d.mode,
        "state": d.state,
        "attention": d.attention,
        "seq": d.seq,
        "merchant_id": d.merchant_id,
        "market_id": d.market_id,
        "store_id": d.store_id,
        "store_name": view.store_name,
        "quote_id": d.quote_id,
        "service_class": d.service_class,
        "pickup": {**_stop(d.pickup), "code": d.pickup.code},
        "dropoff": _dropoff(d.dropoff),
        "parcel": {**jsonable(d.parcel), "contents": jsonable(d.contents)},
        "proof": _proof(d.requirements),
        "handover": d.requirements.handover,
        "undeliverable": d.requirements.undeliverable,
        "machines": d.requirements.machines,
        "round_trip": list(d.requirements.round_trip),
        "handed_over_at": jsonable(d.handed_over_at),
        "outcome": jsonable(d.outcome),
        "times": {str(state): jsonable(at) for state, at in d.times.items()},
        "tip": jsonable(d.tip),
        "notify": d.notify,
        "redelivery_of": d.redelivery_of,
        "batch": jsonable(d.batch),
        "door": d.door.name,
        "ready_at": jsonable(d.ready_at),
        "search_from": jsonable(d.search_from),
        "window": {"earliest": jsonable(d.window_earliest), "latest": jsonable(d.promised_by)},
        "promised_by": jsonable(d.promised_by),
        "eta": jsonable(d.eta),
        "pickup_eta": jsonable(d.expected_at_pickup),
        "price": {name: value for name, value in d.price.items() if name != "fees"},
        "courier": _courier(view, contact),
        "leg_id": view.leg.id if view.leg else None,
        "tracking_url": tracking_url(base_url, view.tracking_domain, d.tracking_token),
        "possible": [str(act) for act in acts_open_to(d.state, Who.MERCHANT)],
        "metadata": dict(d.metadata),
        "created_at": jsonable(d.created_at),
        "updated_at": jsonable(d.updated_at),
        "ended_at": jsonable(d.ended_at),
    }


def _courier(view: DeliveryView, contact: CourierContact | None) -> dict[str, Any] | None:
    """Who has it now; after the end too, for as long as they can still be called."""
    card = view.leg.courier if view.leg and contact else view.courier
    return {**jsonable(card), "contact": jsonable(contact)} if card else None


def _stop(stop: StopDetails) -> dict[str, Any]:
    return {
        "place": jsonable(stop.place),
        "address": stop.address,
        "unit": stop.unit,
        "contact": jsonable(stop.contact),
        "instructions": stop.instructions,
        "company": stop.company,
    }


def _dropoff(stop: StopDetails) -> dict[str, Any]:
    return {
        **_stop(stop),
        "confidence": stop.confidence,
        "building": stop.building,
        "spot": stop.spot,
        "gate_code": stop.gate_code,
        "neighbour": stop.neighbour,
    }


def _proof(wanted: Requirements) -> dict[str, Any]:
    said = jsonable(wanted)
    return {name: said[name] for name in _PROOF}


_PROOF: Final = (
    "photo", "signature", "signer_name", "signer_relationship", "pin", "pin_strict", "age", "barcodes", "pickup_code",
    "at_pickup", "at_return", "return_pin", "return_code", "handshake", "confirmed",
)  # fmt: skip


def leg_json(leg: Leg) -> dict[str, Any]:
    """Without the courier's id and pay: those are between courier and operator."""
    return {
        "id": leg.id,
        "number": leg.number,
        "kind": leg.kind,
        "state": leg.state,
        "reason": leg.reason,
        "courier": jsonable(leg.courier),
        "created_at": jsonable(leg.created_at),
        "picked_up_at": jsonable(leg.picked_up_at),
        "ended_at": jsonable(leg.ended_at),
    }


def leg_json_for_operator(leg: Leg) -> dict[str, Any]:
    return {**leg_json(leg), "courier_id": leg.courier_id, "offer_id": leg.offer_id, "pay": jsonable(leg.pay)}


def event_json(event: DeliveryEvent | LoggedEvent) -> dict[str, Any]:
    return {
        "id": f"{event.delivery_id}:{event.seq}",
        "delivery_id": event.delivery_id,
        "seq": event.seq,
        "type": event.type,
        "at": jsonable(event.at),
        "recorded_at": jsonable(event.recorded_at),
        "actor": actor_kind(event.actor),
        "leg_id": event.leg_id,
        "data": dict(event.data),
    }


def actor_kind(label: str) -> str:
    """Merchants learn that a courier or the operator acted, not which person."""
    kind, _, _ = label.partition(":")
    return label if kind == "merchant" else kind


def proof_json(proof: Proof, link: ProofLink | None = None) -> dict[str, Any]:
    """With a `link` that opens its picture without a key."""
    return {
        "id": proof.id,
        "delivery_id": proof.delivery_id,
        "leg_id": proof.leg_id,
        "step": proof.step,
        "kind": proof.kind,
        "media_type": proof.media_type,
        "content_url": f"/v1/proofs/{proof.id}/content" if proof.media_type else None,
        "link": jsonable(link),
        "data": dict(proof.data),
        "place": jsonable(proof.place),
        "taken_at": jsonable(proof.taken_at),
        "recorded_at": jsonable(proof.recorded_at),
    }


def option_json(option: QuoteOption) -> dict[str, Any]:
    """Enough of an option to choose another one."""
    return {
        "id": option.id,
        "service_class": str(option.service_class),
        "window": jsonable(option.window),
        "price": jsonable(option.price.total),
    }
