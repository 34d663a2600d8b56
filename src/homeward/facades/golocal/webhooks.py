"""Notices in this dialect: one for each status, and where the driver is. Pure."""

import base64
import hashlib
import hmac
from typing import Final

from homeward.deliveries.model import State
from homeward.deliveries.states import GOING_BACK
from homeward.facades.golocal import render
from homeward.facades.golocal.names import NAMES
from homeward.fleets.couriers.model import Whereabouts
from homeward.infra.event_log import LoggedEvent
from homeward.messages.webhooks.dialects import LOCATION, Rendered, Signing, Story
from homeward.messages.webhooks.model import RetryPlan
from homeward.messages.webhooks.sending import native_headers

_TELLS_WHERE: Final = frozenset({State.PICKED_UP, State.TO_DROPOFF, State.AT_DROPOFF}) | GOING_BACK


class GoLocalWebhooks:
    """Retries are ours: how theirs were is not known, and more of them lose less."""

    plan = RetryPlan()

    def event(self, event: LoggedEvent, story: Story) -> Rendered | None:
        """One notice for each status, none for what has no word there."""
        delivery = story.view.delivery
        status = render.status_of_event(event.type, event.data, event.actor, delivery)
        if status is None:
            return None
        told = event.data.get("state")
        notice = render.status_notice(
            story.view,
            status,
            event_id=f"{event.delivery_id}:{event.seq}",
            at=event.at,
            state=State(told) if told else None,
            scans=story.proofs,
            client_id=story.account,
            base_url=story.base_url,
        )
        return Rendered(status, notice.as_json())

    def location(self, story: Story, seen: Whereabouts, message_id: str) -> Rendered | None:
        """From the pickup on: their two texts name the trip's start and the way to the door; this holds for both."""
        if story.view.delivery.state not in _TELLS_WHERE:
            return None
        notice = render.location_notice(
            story.view, seen, event_id=message_id, client_id=story.account, base_url=story.base_url
        )
        return Rendered(LOCATION, notice.as_json())

    def headers(self, signing: Signing) -> dict[str, str]:
        """What the receiver was set up for: a header as it is, a signature over the body, and ours besides."""
        headers = native_headers(signing.message_id, signing.timestamp, signing.body, signing.secrets)
        if signing.auth.value:
            headers[signing.auth.header or "Authorization"] = signing.auth.value
        if signing.auth.signing_key:
            mac = hmac.new(signing.auth.signing_key.encode(), signing.body.encode(), hashlib.sha256).digest()
            headers[NAMES.defaults["signature_header"]] = base64.b64encode(mac).decode()
        return headers
