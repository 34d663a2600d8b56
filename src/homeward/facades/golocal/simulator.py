"""The simulator of the sandbox: which steps a test delivery may take now, and taking one of them."""

from typing import Any, Final

from homeward.deliveries.model import DeliveryView
from homeward.deliveries.robots.model import Possible, Simulation, Step
from homeward.deliveries.robots.service import RobotsService
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import ON_THE_WAY
from homeward.facades.golocal import render, wire
from homeward.facades.golocal.callers import BookedHere, Caller
from homeward.facades.golocal.errors import refuse
from homeward.facades.golocal.ids import to_uuid
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.reading import Said, read

_WHY_BACK: Final = NAMES.simulator["turn_back"]["reasons"].split()
"""Their step has no word for why a driver turns back, ours needs one."""


class GoLocalSimulator:
    """Test deliveries of this door; their robot waits to be told (`translate.MANUAL_ROBOT`)."""

    def __init__(self, deliveries: DeliveriesService, robots: RobotsService) -> None:
        self._robots = robots
        self._booked_here = BookedHere(deliveries)

    async def steps(self, caller: Caller, body: Any) -> wire.StepsOut:
        """What may happen now; nothing happens."""
        view = await self._asked_for(caller, read(body, "steps"))
        return _told(await self._robots.steps(caller.actor.merchant_id, view.delivery.id))

    async def execute(self, caller: Caller, body: Any) -> wire.StepsOut:
        """Make one step happen. Answers when it has happened: nobody need ask again until it shows."""
        said = read(body, "execute")
        view = await self._asked_for(caller, said)
        step = NAMES.simulator["actions"].get(said["sim_action"].upper())
        if step is None:
            raise refuse("invalid", "sim_action", "There is no such step.", "Ask for the available steps.")
        _require_actor(said, step)
        now = await self._robots.steps(caller.actor.merchant_id, view.delivery.id)
        reason = next((_why(each) for each in now.possible if each.step == step), None)
        done = await self._robots.perform(
            caller.actor.merchant_id, view.delivery.id, Step(step), caller.by, reason=reason
        )
        return _told(done)

    async def _asked_for(self, caller: Caller, said: Said) -> DeliveryView:
        if "sim_delivery_id" in said:
            return await self._booked_here.by_id(caller, said["sim_delivery_id"])
        if "sim_order_id" in said:
            return await self._booked_here.by_order(caller, said["sim_order_id"])
        raise refuse("missing", "sim_delivery_id", "Say which delivery.", "Send the delivery's id.")


def _told(simulation: Simulation) -> wire.StepsOut:
    """Only steps that have a word there; the store's own steps are calls of the client API."""
    possible = {str(each.step) for each in simulation.possible if not each.reasons or _why(each)}
    if simulation.view.delivery.state not in ON_THE_WAY:
        possible.discard(Step.PROBLEM)
    steps = [
        wire.StepOut(action=action, actor=_actor_of(step))
        for action, step in NAMES.simulator["actions"].items()
        if step in possible
    ]
    delivery = simulation.view.delivery
    return wire.StepsOut(
        payload=wire.StepsBody(
            delivery_id=to_uuid(delivery.id),
            order_id=delivery.external_id,
            status=render.status_of(delivery),
            next_steps=steps,
        )
    )


def _why(possible: Possible) -> str | None:
    return next((reason for reason in _WHY_BACK if reason in possible.reasons), None)


def _actor_of(step: str) -> str:
    actors = NAMES.simulator["actors"]
    return actors.get(step, actors[""])


def _require_actor(said: Said, step: str) -> None:
    if said.get("sim_actor", _actor_of(step)) != _actor_of(step):
        raise refuse("invalid", "sim_actor", "This step is somebody else's.", f"It is a step of {_actor_of(step)}.")
