"""Offers, routes and reports for couriers; overrides and explanations for the operator."""

from base64 import b64decode
from collections.abc import Mapping
from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, Field, StringConstraints

from homeward.deliveries.errors import ActNotPossible, NotYoursToDo, PickedUpAlready, PinLocked, PinWrong, ProofMissing
from homeward.deliveries.model import Actor, Evidence, EvidenceKind, ProblemReason, Who
from homeward.deliveries.states import Act
from homeward.dispatch import explain
from homeward.dispatch.acceptance import Chance
from homeward.dispatch.errors import (
    CourierNotOnDuty,
    DrivesForAnother,
    InputsForgotten,
    NotReassignable,
    OfferExpired,
    OfferGone,
)
from homeward.dispatch.model import Explanation, Offer, Ruling
from homeward.dispatch.route_view import CourierRoute
from homeward.dispatch.service import DispatchService
from homeward.fleets.couriers.api import PlaceBody
from homeward.infra.auth import Auth, CourierActor, OperatorActor
from homeward.infra.http import responses
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, jsonable

# Three photos of a phone's camera, already made smaller by the app.
MAX_EVIDENCE = 6
MAX_EVIDENCE_CHARS = 12_000_000


class MoneyOut(BaseModel):
    minor: int
    currency: str


class PayTermOut(BaseModel):
    code: str
    label: str
    minor: int


class OfferStopOut(BaseModel):
    delivery_id: str
    kind: str
    name: str
    address: str
    place: PlaceBody
    eta: datetime
    latest: datetime | None
    take_over: bool = Field(False, description="from a courier or machine who cannot go on, and not at the store")


class SealOut(BaseModel):
    """What was shown, word for word, signed by us. Keep it: `POST /v1/courier/offers/verify` says that it is ours."""

    key_id: str
    text: str
    signature: str


class SealedBody(BaseModel):
    key_id: str = Field(max_length=60)
    text: str = Field(max_length=40_000)
    signature: str = Field(max_length=128)


class VerifiedOut(BaseModel):
    """Whether we signed this very text."""

    valid: bool


class OfferOut(BaseModel):
    """Everything that a courier needs to decide. The pay is binding; tips come on top."""

    id: str
    state: str
    pay: MoneyOut
    pay_terms: list[PayTermOut]
    distance_m: int
    duration_s: int
    stops: list[OfferStopOut]
    delivery_ids: list[str]
    goods: list[str] = Field(description="what is special about what is carried: alcohol, tobacco, …, heavy")
    weight_g: int = Field(description="of all of it")
    seal: SealOut | None = Field(description="what is shown here, signed; null for offers of an older release")
    created_at: datetime
    expires_at: datetime
    decision_s: int


class RouteStopOut(BaseModel):
    id: str
    delivery_id: str
    leg_id: str | None
    kind: str
    state: str
    acts: list[str]
    name: str
    phone: str | None
    address: str
    unit: str
    place: PlaceBody
    instructions: str
    eta: datetime | None
    latest: datetime | None
    ready_at: datetime | None
    parcel: dict[str, Any]
    requirements: dict[str, Any]
    delivery_state: str
    door: dict[str, str] = Field({}, description="company, building, spot, gate_code and neighbour, as far as said")
    tip: MoneyOut | None = Field(None, description="on top of the pay")
    take_over: bool = Field(False, description="a pickup from a courier or machine who cannot go on")


class WaitAtOut(BaseModel):
    """Near this store somebody will be needed soonest."""

    store_id: str
    name: str
    place: PlaceBody
    drive_s: int


class RouteOut(BaseModel):
    """The stops in order, and the way along roads from the courier through those left."""

    courier_id: str
    version: int
    stops: list[RouteStopOut]
    geometry: list[tuple[float, float]]
    distance_m: int
    duration_s: int
    pay: MoneyOut
    wait_at: WaitAtOut | None = Field(None, description="With nothing to do: a good place to wait, never an order")


class DeclineBody(BaseModel):
    reason: str = Field("", max_length=200)


DetailName = Annotated[str, StringConstraints(max_length=40)]
DetailText = Annotated[str, StringConstraints(max_length=120)]


class EvidenceBody(BaseModel):
    """A picture (photo, signature) as base64, or a text (PIN, code, scan, note, date of birth as YYYY-MM-DD).

    `details`: a signer's `name` and `relationship`, a scan's `format`, whether an age-checked person is `sober`.
    """

    kind: EvidenceKind
    content_base64: str | None = Field(None, max_length=MAX_EVIDENCE_CHARS)
    text: str | None = Field(None, max_length=2_000)
    details: dict[DetailName, bool | DetailText] = Field({}, max_length=10)


class ReportBody(BaseModel):
    act: Act
    at: AwareDatetime | None = None
    place: PlaceBody | None = None
    reason: ProblemReason | None = None
    evidence: list[EvidenceBody] = Field(default_factory=list, max_length=MAX_EVIDENCE)


class ReasonBody(BaseModel):
    reason: str = Field(min_length=3, max_length=500)


class ReassignBody(ReasonBody):
    courier_id: str | None = None


class DeliveryStateOut(BaseModel):
    delivery_id: str
    state: str
    courier_id: str | None


def router(service: DispatchService, auth: Auth) -> APIRouter:
    """`/v1/courier/*`: offers, the route, reports."""
    api = APIRouter(prefix="/v1/courier", tags=["courier"])
    signed_in = Annotated[CourierActor, Depends(auth.courier())]

    @api.get("/offer", response_model=OfferOut, responses={204: {"description": "No offer at the moment."}})
    async def offer(
        actor: signed_in,
        wait_s: Annotated[float, Query(ge=0, le=25, description="Wait so long for an offer")] = 0,
    ) -> Any:
        """The offer to be answered now."""
        found = await service.open_offer(actor.courier_id, wait_s)
        return offer_json(found) if found is not None else Response(status_code=204)

    @api.post(
        "/offers/{offer_id}/accept",
        response_model=RouteOut,
        responses=responses(OfferGone, OfferExpired, CourierNotOnDuty, NotFound),
    )
    async def accept(offer_id: str, actor: signed_in) -> RouteOut:
        """Takes all of the offer; the answer is the route with it."""
        return route_json(await service.accept_offer(actor.courier_id, offer_id))

    @api.post("/offers/{offer_id}/decline", status_code=204, responses=responses(OfferGone, OfferExpired, NotFound))
    async def decline(offer_id: str, actor: signed_in, body: DeclineBody | None = None) -> Response:
        """No harm in it: somebody else is asked."""
        await service.decline_offer(actor.courier_id, offer_id, body.reason if body else "")
        return Response(status_code=204)

    @api.post("/offers/verify", response_model=VerifiedOut)
    async def verify(body: SealedBody, actor: signed_in) -> VerifiedOut:
        """Whether what somebody was shown is ours, word for word, however long ago."""
        return VerifiedOut(valid=await service.is_ours(body.key_id, body.text, body.signature))

    @api.get("/route", response_model=RouteOut)
    async def route(actor: signed_in) -> RouteOut:
        """The stops in order, the next one marked, with the acts that each takes now."""
        return route_json(await service.route(actor.courier_id))

    @api.post(
        "/legs/{leg_id}/reports",
        response_model=RouteOut,
        responses=responses(NotFound, NotYoursToDo, ProofMissing, PinWrong, PinLocked, ActNotPossible),
    )
    async def report(leg_id: str, body: ReportBody, actor: signed_in) -> RouteOut:
        """What happened, with its evidence. A repeated or late report changes nothing and is kept."""
        await service.report(
            actor.courier_id,
            leg_id,
            act=body.act,
            at=body.at,
            reason=body.reason.value if body.reason else None,
            evidence=[_evidence(number, piece) for number, piece in enumerate(body.evidence)],
            place=LatLon(body.place.lat, body.place.lon) if body.place else None,
        )
        return route_json(await service.route(actor.courier_id))

    return api


def operator_router(service: DispatchService, auth: Auth) -> APIRouter:
    """`/v1/operator/*`: why, and over the planner's head."""
    api = APIRouter(prefix="/v1/operator", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]

    @api.get("/deliveries/{delivery_id}/explanation", responses=responses(NotFound))
    async def explanation(delivery_id: str, actor: anyone) -> dict[str, Any]:
        """Who was considered, what each scored, which rule decided: from the stored decisions."""
        return explanation_json(await service.explain(delivery_id))

    @api.get("/decisions/{decision_id}", responses=responses(NotFound, InputsForgotten))
    async def decision(decision_id: str, actor: anyone) -> dict[str, Any]:
        """A decision with the snapshot it was made from and its outcome."""
        return await service.decision(decision_id)

    @api.post("/decisions/{decision_id}/replay", responses=responses(NotFound, InputsForgotten))
    async def replay(decision_id: str, actor: anyone) -> dict[str, Any]:
        """Makes the decision again from its stored inputs; changes nothing."""
        again = await service.replay(decision_id)
        return {"decision_id": decision_id, "equal": again.equal, "stored": again.stored, "again": again.again}

    @api.post(
        "/deliveries/{delivery_id}/reassign",
        response_model=DeliveryStateOut,
        responses=responses(NotFound, NotReassignable, DrivesForAnother, CourierNotOnDuty),
    )
    async def reassign(delivery_id: str, body: ReassignBody, actor: dispatcher) -> DeliveryStateOut:
        """Gives the delivery to a courier, or (null) lets the planner search again."""
        by = Actor(Who.OPERATOR, actor.user_id)
        delivery = (await service.reassign(delivery_id, body.courier_id, by, body.reason)).delivery
        return DeliveryStateOut(delivery_id=delivery.id, state=delivery.state.value, courier_id=delivery.courier_id)

    @api.post(
        "/deliveries/{delivery_id}/cancel",
        response_model=DeliveryStateOut,
        responses=responses(NotFound, PickedUpAlready, ActNotPossible),
    )
    async def cancel(delivery_id: str, body: ReasonBody, actor: dispatcher) -> DeliveryStateOut:
        """Cancels for the merchant, before pickup."""
        by = Actor(Who.OPERATOR, actor.user_id)
        delivery = (await service.cancel(delivery_id, by, body.reason)).delivery
        return DeliveryStateOut(delivery_id=delivery.id, state=delivery.state.value, courier_id=delivery.courier_id)

    return api


# ── our words as JSON ──


def offer_json(offer: Offer) -> OfferOut:
    return OfferOut(
        **{
            **jsonable(offer),
            "state": offer.state.value,
            "decision_s": round((offer.expires_at - offer.created_at).total_seconds()),
        }
    )


def route_json(route: CourierRoute) -> RouteOut:
    stops = [
        RouteStopOut(
            **{
                **jsonable(stop),
                "id": stop.ref.id,
                "delivery_id": stop.ref.delivery_id,
                "kind": stop.ref.kind.value,
            }
        )
        for stop in route.stops
    ]
    return RouteOut(
        courier_id=route.courier_id,
        version=route.version,
        stops=stops,
        geometry=list(route.geometry),
        distance_m=route.distance_m,
        duration_s=route.duration_s,
        pay=MoneyOut(minor=route.pay.minor, currency=route.pay.currency),
        wait_at=WaitAtOut(**jsonable(route.wait_at)) if route.wait_at else None,
    )


def explanation_json(why: Explanation) -> dict[str, Any]:
    """As shown by the console."""
    return {
        "delivery_id": why.delivery_id,
        "rounds": [
            {
                "decision_id": one.decision_id,
                "at": jsonable(one.at),
                "outcome": one.outcome,
                "rule": one.rule,
                "sentence": one.sentence,
                "timing": one.timing,
                "numbers": dict(one.numbers),
                "candidates": [_ruling_json(ruling) for ruling in one.rulings],
            }
            for one in why.rounds
        ],
        "offers": [_asked_json(offer, why.courier_names) for offer in why.offers],
        "text": why.text,
    }


def _ruling_json(ruling: Ruling) -> dict[str, Any]:
    who = {"courier_id": ruling.courier_id, "name": ruling.name, "sentence": explain.ruling_sentence(ruling)}
    if ruling.limit is not None:
        refusal = {"limit": ruling.limit, "subject": ruling.subject, "needed": ruling.needed, "allowed": ruling.allowed}
        return {**who, "refusal": {**refusal, "sentence": who["sentence"]}}
    return {
        **who,
        "total": ruling.total,
        "terms": dict(ruling.terms),
        "pickup_eta": jsonable(ruling.pickup_eta),
        "dropoff_eta": jsonable(ruling.dropoff_eta),
        "late_s": ruling.late_s,
        "chance": _chance_json(ruling.chance),
    }


def _chance_json(chance: Chance | None) -> dict[str, Any] | None:
    """Of a yes: per thousand, and the log-odds it is the sum of."""
    if chance is None:
        return None
    sentence = explain.chance_sentence(chance)
    return {"per_mille": chance.per_mille, "terms": dict(chance.terms), "sentence": sentence}


def _asked_json(offer: Offer, names: Mapping[str, str]) -> dict[str, Any]:
    name = names.get(offer.courier_id, offer.courier_id)
    return {
        **offer_json(offer).model_dump(mode="json"),
        "decision_id": offer.decision_id,
        "courier_id": offer.courier_id,
        "name": name,
        "answered_at": jsonable(offer.answered_at),
        "reason": offer.reason,
        "chance": _chance_json(offer.chance),
        "sentence": explain.offer_sentence(offer, name),
    }


def _evidence(number: int, piece: EvidenceBody) -> Evidence:
    if piece.content_base64 is None:
        return Evidence(piece.kind, text=piece.text, details=piece.details)
    try:
        content = b64decode(piece.content_base64, validate=True)
        return Evidence(piece.kind, content=content, text=piece.text, details=piece.details)
    except ValueError as cause:  # binascii.Error is one; text that is not ASCII is another
        pointer = f"/evidence/{number}/content_base64"
        raise MalformedRequest([FieldError(pointer, "not-base64", "send the picture as base64")]) from cause
