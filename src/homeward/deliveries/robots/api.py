"""The simulator: with a test key, make happen to a test delivery what couriers, store and merchant would do."""

from typing import Any

from fastapi import APIRouter, Depends
from pydantic import BaseModel, Field

from homeward.deliveries.errors import ActNotPossible, HandshakeMissing
from homeward.deliveries.model import Actor, Who
from homeward.deliveries.robots.errors import StepNeedsReason, StepNotPossible
from homeward.deliveries.robots.model import Pace, Player, Simulation, Step
from homeward.deliveries.robots.service import RobotsService
from homeward.deliveries.schemas import Name, Strict
from homeward.deliveries.states import State
from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import Forbidden, MalformedRequest, NotFound, Unauthenticated, Unavailable, jsonable


class PossibleOut(BaseModel):
    step: Step
    actor: Player = Field(description="whose part it is")
    reasons: list[str] = Field(description="where not empty, the step needs one of them")


class NextOut(BaseModel):
    """What the robot does by itself, and when."""

    step: Step
    at: str
    reason: str | None


class StepsOut(BaseModel):
    delivery_id: str
    state: State
    attention: str | None
    mode: Pace = Field(description="of the robot: auto, custom or manual")
    next: NextOut | None
    steps: list[PossibleOut]


class StepIn(Strict):
    step: Step
    reason: Name | None = None


def robots_router(service: RobotsService, auth: Auth) -> APIRouter:
    """Routes of a test key."""
    routes = APIRouter(prefix="/v1/test", tags=["Test mode"])
    merchant = Depends(auth.merchant())
    always = (Unauthenticated, Forbidden, MalformedRequest, Unavailable, NotFound)

    @routes.get("/deliveries/{delivery_id}/steps", response_model=StepsOut, responses=responses(*always))
    async def list_steps(delivery_id: str, actor: MerchantActor = merchant) -> dict[str, Any]:
        """What may happen to this test delivery now, and by whom."""
        found = await service.steps(actor.merchant_id, delivery_id)
        _require_test(actor)
        return steps_json(found)

    @routes.post(
        "/deliveries/{delivery_id}/steps",
        response_model=StepsOut,
        responses=responses(*always, StepNotPossible, StepNeedsReason, ActNotPossible, HandshakeMissing),
    )
    async def perform_step(delivery_id: str, wanted: StepIn, actor: MerchantActor = merchant) -> dict[str, Any]:
        """Make one of them happen now; answers the new state and what may happen then."""
        await service.steps(actor.merchant_id, delivery_id)
        _require_test(actor)
        by = Actor(Who.MERCHANT, actor.actor_id)
        found = await service.perform(actor.merchant_id, delivery_id, wanted.step, by, reason=wanted.reason)
        return steps_json(found)

    return routes


def steps_json(found: Simulation) -> dict[str, Any]:
    delivery = found.view.delivery
    return {
        "delivery_id": delivery.id,
        "state": delivery.state,
        "attention": delivery.attention,
        "mode": found.script.pace,
        "next": jsonable(found.next),
        "steps": [{"step": each.step, "actor": each.player, "reasons": list(each.reasons)} for each in found.possible],
    }


def _require_test(actor: MerchantActor) -> None:
    """After the look-up, so that nobody learns of a stranger's delivery from which refusal they get."""
    if actor.mode != "test":
        raise Forbidden("a test key")
