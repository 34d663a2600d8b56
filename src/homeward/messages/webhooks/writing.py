"""From events to messages, each in its endpoint's words. What cannot be written is kept as such and harms no other."""

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any, Final, Protocol

import orjson
import structlog
from prometheus_client import Counter
from psycopg import OperationalError

from homeward.infra.db import Row, Tx
from homeward.infra.event_log import LoggedEvent
from homeward.kit.ids import new_id
from homeward.messages.webhooks import repository
from homeward.messages.webhooks.dialects import NATIVE, Rendered, Story, WebhookDialect
from homeward.messages.webhooks.model import Endpoint, thin_body

log = structlog.get_logger()

UNWRITTEN: Final = Counter("homeward_webhook_unwritten", "Messages that could not be written", ["dialect"])


class Stories(Protocol):
    """Where other dialects get the delivery from that an event is about; `stories.DeliveryStories` is one."""

    async def story_in(self, tx: Tx, delivery_id: str) -> Story: ...


class Writer:
    """Writes one batch; remembers the stories of it."""

    def __init__(self, tx: Tx, stories: Stories | None, dialects: Mapping[str, WebhookDialect]) -> None:
        self._tx = tx
        self._stories = stories
        self._dialects = dialects
        self._told: dict[str, Story] = {}

    async def write(self, wanted: Sequence[tuple[LoggedEvent, Endpoint]], now: datetime) -> None:
        """One message for each event and endpoint that has something to say of it."""
        subjects = await repository.subjects(self._tx, list({event.delivery_id for event, _ in wanted}))
        written, unwritten = [], []
        for place, (event, endpoint) in enumerate(wanted):
            # Ids a millisecond apart, so that the log lists them in the order of what happened.
            common = _common(event, endpoint, now + timedelta(milliseconds=place))
            try:
                message = await self._message(event, endpoint, subjects.get(event.delivery_id))
            except OperationalError:
                raise  # the database is away: nothing is wrong with the event, and it is written when it is back
            except Exception as fault:
                log.exception("webhook not written", endpoint=endpoint.id, delivery_id=event.delivery_id, seq=event.seq)
                unwritten.append({**common, "reason": unwritten_reason(fault, endpoint.dialect)})
                continue
            if message is not None:
                written.append({**common, **message})
        if written:
            await repository.add_messages(self._tx, written)
        if unwritten:
            await repository.add_unwritten(self._tx, unwritten)

    async def _message(self, event: LoggedEvent, endpoint: Endpoint, subject: Row | None) -> dict[str, Any] | None:
        rendered = await self._rendered(event, endpoint, subject or {})
        if rendered is None:
            return None
        return {
            "type": rendered.type,
            "body": orjson.dumps(rendered.body).decode(),
            # What happens while an endpoint is off stays in its log as not sent, for a replay.
            "state": "pending" if endpoint.status == "active" else "failed",
        }

    async def _rendered(self, event: LoggedEvent, endpoint: Endpoint, subject: Row) -> Rendered | None:
        """The event in the endpoint's words. Another dialect speaks only of deliveries that were booked in it."""
        if endpoint.dialect == NATIVE:
            external_id = subject.get("external_id")
            body = thin_body(event.type, event.at, event.delivery_id, event.seq, external_id, event.data)
            return Rendered(event.type, body)
        dialect = self._dialects.get(endpoint.dialect)
        if dialect is None or self._stories is None or subject.get("door") != endpoint.dialect:
            return None
        story = await self._story(self._stories, event.delivery_id)
        rendered = dialect.event(event, story.at(event))
        return rendered if rendered and _chosen(endpoint, rendered) else None

    async def _story(self, stories: Stories, delivery_id: str) -> Story:
        if delivery_id not in self._told:
            # A query that fails would take the whole transaction with it, and with that everybody's news.
            async with self._tx.savepoint():
                self._told[delivery_id] = await stories.story_in(self._tx, delivery_id)
        return self._told[delivery_id]


def unwritten_reason(fault: Exception, dialect: str) -> str:
    """For the endpoint's log, and counted. Its kind only: what it says may quote what is not the merchant's."""
    UNWRITTEN.labels(dialect).inc()
    return f"not written: {type(fault).__name__}"


def _common(event: LoggedEvent, endpoint: Endpoint, at: datetime) -> dict[str, Any]:
    return {
        "id": new_id("whm", at),
        "merchant_id": event.merchant_id,
        "endpoint_id": endpoint.id,
        "delivery_id": event.delivery_id,
        "seq": event.seq,
        "type": event.type,
    }


def _chosen(endpoint: Endpoint, rendered: Rendered) -> bool:
    """Names are compared in any case: pages of one dialect print them in one, its senders write them in the other."""
    if not endpoint.event_types:
        return not rendered.opt_in
    return rendered.type.casefold() in {name.casefold() for name in endpoint.event_types}
