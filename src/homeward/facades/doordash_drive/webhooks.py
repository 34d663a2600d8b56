"""What is sent to a merchant's endpoint in this dialect: flat JSON, one name for each thing that happens. Pure.

Names: their page about webhooks (2026-09); those on the way are opt-in there, and so they are here. There is none for
a delivery that was just booked, nor for one that its courier gave back. The body carries no id of the event: whoever
wants to know a repeat compares id, name and moment.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from homeward.deliveries.model import DeliveryView
from homeward.deliveries.policy import tracking_url
from homeward.deliveries.proof_links import link_to
from homeward.deliveries.states import State
from homeward.facades.doordash_drive.asking import DIALECT
from homeward.facades.doordash_drive.telling import Seen, delivery_answer
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.event_log import LoggedEvent
from homeward.kit.problems import jsonable
from homeward.messages.webhooks.dialects import Rendered, Signing, Story
from homeward.messages.webhooks.model import RetryPlan

BATCHED: Final = "delivery.batched"

EVENT_NAMES: Final[Mapping[str, str]] = {
    f"delivery.{State.ASSIGNED}": "DASHER_CONFIRMED",
    f"delivery.{State.TO_PICKUP}": "DASHER_ENROUTE_TO_PICKUP",
    f"delivery.{State.AT_PICKUP}": "DASHER_CONFIRMED_PICKUP_ARRIVAL",
    f"delivery.{State.PICKED_UP}": "DASHER_PICKED_UP",
    f"delivery.{State.TO_DROPOFF}": "DASHER_ENROUTE_TO_DROPOFF",
    f"delivery.{State.AT_DROPOFF}": "DASHER_CONFIRMED_DROPOFF_ARRIVAL",
    BATCHED: "DELIVERY_BATCHED",
    "delivery.handed_over": "DASHER_DROPPED_OFF",
    f"delivery.{State.DELIVERED}": "DASHER_DROPPED_OFF",
    f"delivery.{State.RETURNING}": "DELIVERY_RETURN_INITIALIZED",
    f"delivery.{State.AT_RETURN}": "DASHER_CONFIRMED_RETURN_ARRIVAL",
    f"delivery.{State.RETURNED}": "DELIVERY_RETURNED",
    f"delivery.{State.CANCELLED}": "DELIVERY_CANCELLED",
    f"delivery.{State.FAILED}": "DELIVERY_CANCELLED",
}
OPT_IN: Final = frozenset({"DASHER_ENROUTE_TO_PICKUP", "DASHER_ENROUTE_TO_DROPOFF"})
"""Sent only to endpoints that name them."""

# The answer to a question says how things stand; an event says what happened, and may be read late.
_NOT_IN_EVENTS: Final = frozenset({"delivery_status", "updated_at"})


def event_name(event_type: str, previous: str | None) -> str | None:
    """The dialect's name for one of our events; None for what it does not tell."""
    coming_back = previous in (State.RETURNING, State.AT_RETURN)
    if event_type == f"delivery.{State.DELIVERED}" and coming_back:
        return None  # a round trip was dropped off long ago
    return EVENT_NAMES.get(event_type)


def body_of(
    event_type: str, at: datetime, previous: str | None, view: DeliveryView, seen: Seen
) -> dict[str, Any] | None:
    """The body, with everything known of the delivery and nothing empty; None if there is nothing to send."""
    name = event_name(event_type, previous)
    if name is None or view.delivery.door.name != DIALECT:
        return None
    known = {
        field: value
        for field, value in delivery_answer(view, seen).items()
        if value is not None and field not in _NOT_IN_EVENTS
    }
    batch = {"force_batch_id": view.delivery.batch.id} if event_type == BATCHED and view.delivery.batch else {}
    return {"event_name": name, "created_at": jsonable(at), **known, **batch}


class DriveWebhooks:
    """The dialect for the sender. A receiver lets us in by a header that it chose; nothing is signed."""

    # Three tries in all. Source: their page about webhooks (2026-09).
    plan = RetryPlan(pauses_s=(5, 60), give_up_after_s=0)

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        delivery = story.view.delivery
        if event.type == BATCHED and event.data["previous_batch_id"] == event.data["batch_id"]:
            return None  # only its place in the batch is another, and there is no word for that
        link = tracking_url(story.base_url, story.view.tracking_domain, delivery.tracking_token)
        links = [(proof, link_to(proof, story.view, story.base_url, event.at)) for proof in story.proofs]
        pictures = {(proof.step, str(proof.kind)): opens.url for proof, opens in links if opens}
        seen = Seen(link, proofs=pictures)
        body = body_of(event.type, event.at, event.data.get("previous"), story.view, seen)
        return Rendered(body["event_name"], body, opt_in=body["event_name"] in OPT_IN) if body else None

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        """The dialect has none: where the courier is stands in the answer to a GET."""
        return None

    def headers(self, signing: Signing) -> dict[str, str]:
        return {signing.auth.header or "Authorization": signing.auth.value} if signing.auth.value else {}
