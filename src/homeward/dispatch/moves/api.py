"""What a move would do, and doing it, for the operator's own programs."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from homeward.deliveries.model import Actor, Who
from homeward.dispatch import explain
from homeward.dispatch.errors import CourierNotOnDuty, DrivesForAnother, NotReassignable
from homeward.dispatch.model import Ruling, StopKind, StopRef
from homeward.dispatch.moves.errors import PlanChanged
from homeward.dispatch.moves.model import Effect, Lane, Move
from homeward.dispatch.moves.service import Moves
from homeward.infra.auth import Auth, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound

MOST_TOGETHER = 20


class MoveBody(BaseModel):
    """Deliveries to move: to a courier, to another place on the route of the one who has them, or (null) to nobody."""

    delivery_ids: list[str] = Field(min_length=1, max_length=MOST_TOGETHER)
    courier_id: str | None = None
    at: int | None = Field(None, ge=0, description="stops left that come before; null: where it costs least")


class StopBody(BaseModel):
    delivery_id: str
    kind: StopKind


class ConfirmBody(MoveBody):
    """`order` and `basis` exactly as the effect gave them."""

    order: list[StopBody] = Field(max_length=400)
    basis: str = Field(max_length=64)
    reason: str = Field(min_length=3, max_length=500)


class PromiseEffectOut(BaseModel):
    """Arrivals are null where nobody is expected to bring it."""

    delivery_id: str
    moved: bool
    earliest: datetime
    promised_by: datetime
    eta_before: datetime | None
    eta_after: datetime | None
    late_before_s: int
    late_after_s: int


class BrokenLimitOut(BaseModel):
    limit: str
    subject: str
    needed: int | None
    allowed: int | None
    sentence: str


class VisitOut(BaseModel):
    delivery_id: str
    kind: str
    arrival: datetime
    start: datetime
    departure: datetime


class LaneOut(BaseModel):
    courier_id: str
    stops: list[VisitOut]


class EffectOut(BaseModel):
    """What a move would do. Differences count against now; `cost` is in the planner's points, by term in `costs`."""

    delivery_ids: list[str]
    courier_id: str | None
    order: list[StopBody]
    basis: str
    promises: list[PromiseEffectOut]
    limits: list[BrokenLimitOut]
    before: list[LaneOut]
    after: list[LaneOut]
    distance_m: int
    driving_s: int
    cost: int
    costs: dict[str, int]


class MovedOut(BaseModel):
    delivery_ids: list[str]
    courier_id: str | None


def router(service: Moves, auth: Auth) -> APIRouter:
    """`/v1/operator/moves`."""
    api = APIRouter(prefix="/v1/operator/moves", tags=["operator"])
    anyone = Annotated[OperatorActor, Depends(auth.operator())]
    dispatcher = Annotated[OperatorActor, Depends(auth.operator("dispatcher"))]

    @api.post("/effect", response_model=EffectOut, responses=responses(NotFound, NotReassignable, CourierNotOnDuty))
    async def effect(body: MoveBody, actor: anyone) -> EffectOut:
        """What the move would do to every promise on the routes that it touches. Changes nothing."""
        return effect_json(await service.effect(move_of(body)))

    @api.post(
        "",
        response_model=MovedOut,
        responses=responses(NotFound, NotReassignable, DrivesForAnother, CourierNotOnDuty, PlanChanged),
    )
    async def confirm(body: ConfirmBody, actor: dispatcher) -> MovedOut:
        """Moves as the effect showed it; refused with the new effect if the plan has changed meanwhile."""
        order = [StopRef(stop.delivery_id, stop.kind) for stop in body.order]
        by = Actor(Who.OPERATOR, actor.user_id)
        await service.confirm(move_of(body), order, body.basis, by, body.reason)
        return MovedOut(delivery_ids=body.delivery_ids, courier_id=body.courier_id)

    return api


def move_of(body: MoveBody) -> Move:
    return Move(tuple(dict.fromkeys(body.delivery_ids)), body.courier_id, body.at)


def effect_json(effect: Effect) -> EffectOut:
    return EffectOut(
        delivery_ids=list(effect.move.delivery_ids),
        courier_id=effect.move.courier_id,
        order=[StopBody(delivery_id=ref.delivery_id, kind=ref.kind) for ref in effect.order],
        basis=effect.basis,
        promises=[
            PromiseEffectOut(
                delivery_id=one.delivery_id,
                moved=one.moved,
                earliest=one.earliest,
                promised_by=one.promised_by,
                eta_before=one.before,
                eta_after=one.after,
                late_before_s=one.late_before_s,
                late_after_s=one.late_after_s,
            )
            for one in effect.promises
        ],
        limits=[_limit_json(ruling) for ruling in effect.limits],
        before=[_lane_json(lane) for lane in effect.before],
        after=[_lane_json(lane) for lane in effect.after],
        distance_m=effect.distance_m,
        driving_s=effect.driving_s,
        cost=effect.cost,
        costs=dict(effect.costs),
    )


def _limit_json(ruling: Ruling) -> BrokenLimitOut:
    return BrokenLimitOut(
        limit=ruling.limit or "",
        subject=ruling.subject,
        needed=ruling.needed,
        allowed=ruling.allowed,
        sentence=explain.ruling_sentence(ruling),
    )


def _lane_json(lane: Lane) -> LaneOut:
    stops: list[dict[str, Any]] = [
        {
            "delivery_id": visit.ref.delivery_id,
            "kind": visit.ref.kind.value,
            "arrival": visit.arrival,
            "start": visit.start,
            "departure": visit.departure,
        }
        for visit in lane.visits
    ]
    return LaneOut(courier_id=lane.courier_id, stops=[VisitOut(**stop) for stop in stops])
