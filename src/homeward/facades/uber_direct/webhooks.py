"""What is sent to a merchant's endpoint in this dialect: an envelope with the whole delivery in it. Pure.

A status is told when it or its imminence changes, a courier's place as often as the endpoint asks. The signature is
the hex HMAC-SHA256 of the body, under the name of today and under the earlier one. Source: their page about webhooks
(2026-09). Their number of tries is not published; ours go on for three days, as everywhere here.
"""

import hashlib
import hmac
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from homeward.deliveries.policy import tracking_url
from homeward.deliveries.proof_links import link_to
from homeward.deliveries.states import State
from homeward.facades.uber_direct import states, telling
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.event_log import LoggedEvent
from homeward.kit.problems import jsonable
from homeward.messages.webhooks.dialects import Rendered, Signing, Story
from homeward.messages.webhooks.model import RetryPlan

STATUS: Final = "event.delivery_status"
COURIER: Final = "event.courier_update"
SIGNATURES: Final = ("X-Uber-Signature", "X-Postmates-Signature")

_STATES: Final[Mapping[str, State]] = {f"delivery.{state}": state for state in State}
_ON_THE_WAY_BACK: Final = frozenset({State.AT_RETURN, State.RETURNED})


class UberWebhooks:
    """The dialect's `WebhookDialect`."""

    plan = RetryPlan()

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        state = _STATES.get(event.type)
        if state is None:
            return None
        previous = State(event.data["previous"]) if event.data.get("previous") else None
        way_back = state in _ON_THE_WAY_BACK or (state is State.FAILED and states.went_back(story.view.delivery))
        now = states.told_by(state, way_back=way_back)
        if previous and now == states.told_by(previous, way_back=way_back):
            return None
        data = _told(story, event.at, way_back=way_back, place=None)
        envelope = _envelope(STATUS, f"{event.delivery_id} {event.seq}", event.at, story, data)
        return Rendered(STATUS, {**envelope, "status": data["status"]})

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        way_back = states.went_back(story.view.delivery)
        data = _told(story, seen.at, way_back=way_back, place=seen)
        place = {"lat": seen.place.lat, "lng": seen.place.lon}
        return Rendered(COURIER, {**_envelope(COURIER, message_id, seen.at, story, data), "location": place})

    def headers(self, signing: Signing) -> dict[str, str]:
        key = signing.auth.signing_key or next(iter(signing.secrets), "")
        return dict.fromkeys(SIGNATURES, signature(key, signing.body))


def signature(key: str, body: str) -> str:
    return hmac.new(key.encode(), body.encode(), hashlib.sha256).hexdigest()


def _told(story: Story, at: datetime, *, way_back: bool, place: Whereabouts | None) -> dict[str, Any]:
    view = story.view
    links = {proof.id: link_to(proof, view, story.base_url, at) for proof in story.proofs}
    seen = telling.Seen(
        tracking_url=tracking_url(story.base_url, view.tracking_domain, view.delivery.tracking_token),
        place=place.place if place else None,
        proofs=story.proofs,
        pictures={proof_id: link.url for proof_id, link in links.items() if link},
    )
    return telling.delivery_answer(view, seen, way_back=way_back)


def _envelope(kind: str, source: str, at: datetime, story: Story, data: Mapping[str, Any]) -> dict[str, Any]:
    """The id is made of what is told, so that a message that is written again is the same message."""
    return {
        "id": "evt_" + hashlib.sha256(f"{kind} {source}".encode()).hexdigest()[:24],
        "kind": kind,
        "created": jsonable(at),
        "live_mode": story.view.delivery.mode == "live",
        "delivery_id": data["id"],
        "customer_id": story.account,
        "developer_id": story.account,
        "account_id": story.account,
        "data": data,
    }
