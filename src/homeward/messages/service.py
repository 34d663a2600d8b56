"""Texts and e-mails: written from the event log or with what they tell, sent by the worker."""

import asyncio
import tomllib
from collections.abc import Iterator, Mapping
from datetime import timedelta
from functools import cache
from importlib.resources import files
from itertools import count
from typing import Any, Final

import structlog
from prometheus_client import Counter

from homeward.deliveries.policy import tracking_url
from homeward.infra.db import Database, Row, Tx
from homeward.infra.event_log import LoggedEvent, consume
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.messages import repository
from homeward.messages.channels import MOST_AT_ONCE, Channel, NotSent
from homeward.messages.model import ChannelKind, Message, MessageState
from homeward.messages.policy import AGAIN, Told, Words, fill, kinds_of, language
from homeward.messages.repository import LeasedMessage
from homeward.messages.under_way import UnderWay

log = structlog.get_logger()

LANGUAGES: Final = ("en", "es")
# News of a delivery is of no use a day later.
RETRY_AFTER_S: Final = (10, 60, 300, 1_800, 7_200)
# A sign-in code lives for ten minutes; after these it would arrive too late.
_TRIES_FOR_CODES: Final = 3
# Well inside the lease: what takes longer counts as not sent.
_SEND_TIMEOUT_S: Final = 40.0

_SENT: Final = Counter("homeward_messages", "Texts and e-mails by channel and outcome", ["channel", "outcome"])
_UNWRITTEN: Final = Counter("homeward_messages_unwritten", "Events of which no message could be written")
_FORGET_AT_ONCE: Final = 5_000


class MessagesService:
    """One for the process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        channels: Mapping[ChannelKind, Channel],
        base_url: str,
        *,
        kept: timedelta = timedelta(days=30),
    ) -> None:
        self._db = db
        self._clock = clock
        self._channels = channels
        self._base_url = base_url
        self._kept = kept
        self._under_way = UnderWay()

    @property
    def under_way(self) -> int:
        """Sends that have not ended yet."""
        return self._under_way.count()

    async def send_login_code(self, tx: Tx, *, phone: str, code: str) -> None:
        """A courier's one-time code (`fleets.couriers.CodeSender`). It leaves with the commit of `tx`."""
        await repository.add(
            tx,
            id=new_id("msg", self._clock.now()),
            at=self._clock.now(),
            channel=ChannelKind.TEXT,
            recipient=phone,
            sender_name="Courier app",
            body=f"{code} is your sign-in code. It works once, for ten minutes. Nobody will ever ask you for it.",
        )

    async def send_courier_notice(self, tx: Tx, *, phone: str, text: str) -> None:
        """Something for a courier to read (`standing.NoticeSender`). It leaves with the commit of `tx`."""
        await repository.add(
            tx,
            id=new_id("msg", self._clock.now()),
            at=self._clock.now(),
            channel=ChannelKind.TEXT,
            recipient=phone,
            sender_name="Courier app",
            body=text,
        )

    async def recent(
        self, *, recipient: str | None = None, delivery_id: str | None = None, limit: int = 100
    ) -> list[Message]:
        """The newest messages of all merchants; for the console and the demo's mailbox."""
        async with self._db.operator() as tx:
            return await repository.recent(tx, recipient=recipient, delivery_id=delivery_id, limit=limit)

    # ── loops ──

    async def forget_old(self) -> int:
        """Loop body: what was settled longer ago than messages are kept; a part at a time."""
        first_kept = new_id("msg", self._clock.now() - self._kept)
        async with self._db.operator() as tx:
            return await repository.forget_before(tx, first_kept, _FORGET_AT_ONCE)

    async def write_messages(self) -> int:
        """Loop body: from the event log to messages for shoppers."""
        return await consume(self._db, "messages", self._write)

    async def send_messages_due(self) -> int:
        """Loop body: claim what is due and start sending it. How many were claimed or have ended since.

        Each channel has its own places: a mail server that hangs does not hold up texts.
        """
        claimed = 0
        for channel in self._channels:
            room = MOST_AT_ONCE - self._under_way.count(channel)
            if room <= 0:
                continue
            async with self._db.operator() as tx:
                due = await repository.lease_due(tx, channel, room)
            for leased in due:
                self._under_way.start(self._send(leased), channel)
            claimed += len(due)
        return claimed + await self._under_way.progress()

    async def _write(self, tx: Tx, events: list[LoggedEvent]) -> None:
        shoppers = await repository.shoppers(tx, list({event.delivery_id for event in events}))
        # Ids a millisecond apart: a shopper's messages leave in the order of the story.
        places = count()
        now = self._clock.now()
        for event in events:
            row = shoppers.get(event.delivery_id)
            if row is None:  # test deliveries tell nobody
                continue
            ids = (new_id("msg", now + timedelta(milliseconds=place)) for place in places)
            try:
                written = self._written(event, row, ids)
            except Exception:
                # One shopper's news that has no words must not keep back everybody else's.
                log.exception("message not written", delivery_id=event.delivery_id, seq=event.seq)
                _UNWRITTEN.inc()
                continue
            for message in written:
                await repository.add(tx, **message)

    def _written(self, event: LoggedEvent, row: Row, ids: Iterator[str]) -> list[dict[str, Any]]:
        """What the event means for the shopper, for each way to reach them."""
        told = _told(row, self._base_url)
        words = words_in(language(told.locale, LANGUAGES))
        contact = row["dropoff"]["contact"]
        messages = []
        for kind in kinds_of(event.type, event.data, told):
            which = f"{kind}:{event.seq}" if kind in AGAIN else kind
            for channel, recipient in ((ChannelKind.TEXT, contact["phone"]), (ChannelKind.EMAIL, contact["email"])):
                if not recipient:
                    continue
                is_mail = channel is ChannelKind.EMAIL
                messages.append(
                    {
                        "id": next(ids),
                        "at": event.at,
                        "merchant_id": row["merchant_id"],
                        "delivery_id": row["id"],
                        "channel": channel,
                        "recipient": recipient,
                        "sender_name": told.merchant,
                        "subject": fill(words, kind, "subject", told, event.at) if is_mail else "",
                        "body": fill(words, kind, "body" if is_mail else "text", told, event.at),
                        "dedupe_key": f"{row['id']}:{which}:{channel}",
                    }
                )
        return messages

    async def _send(self, leased: LeasedMessage) -> None:
        channel = leased.message.channel
        try:
            async with asyncio.timeout(_SEND_TIMEOUT_S):
                await self._channels[channel].send(leased.message)
        except TimeoutError:
            await self._not_sent(leased, NotSent("it took too long"))
        except NotSent as failure:
            await self._not_sent(leased, failure)
        except Exception as bug:
            log.exception("channel broke", message=leased.message.id)
            await self._not_sent(leased, NotSent(type(bug).__name__))
        else:
            _SENT.labels(channel, "sent").inc()
            async with self._db.operator() as tx:
                await repository.finish(tx, leased, MessageState.SENT, at=self._clock.now())

    async def _not_sent(self, leased: LeasedMessage, failure: NotSent) -> None:
        is_code = leased.message.merchant_id is None
        most_tries = _TRIES_FOR_CODES if is_code else len(RETRY_AFTER_S) + 1
        last = failure.final or leased.tries >= most_tries
        _SENT.labels(leased.message.channel, "failed" if last else "retried").inc()
        log.warning("message not sent", message=leased.message.id, why=str(failure), tries=leased.tries, last=last)
        pause_s = 0 if last else RETRY_AFTER_S[leased.tries - 1]
        state = MessageState.FAILED if last else MessageState.PENDING
        async with self._db.operator() as tx:
            await repository.finish(tx, leased, state, at=self._clock.now(), pause_s=pause_s, failure=str(failure))


def _told(row: Row, base_url: str) -> Told:
    return Told(
        merchant=row["brand"].get("display_name") or row["merchant_name"],
        store=row["store"],
        shopper=row["dropoff"]["contact"]["name"],
        address=row["dropoff"]["address"],
        link=tracking_url(base_url, row["tracking_domain"], row["tracking_token"]),
        pin=row["pin"],
        earliest=row["window_earliest"],
        promised_by=row["promised_by"],
        eta=row["eta"],
        locale=row["locale"],
        time_zone=row["time_zone"],
    )


@cache
def words_in(code: str) -> Words:
    words: Words = tomllib.loads((files("homeward.messages") / "words" / f"{code}.toml").read_text("utf-8"))
    return words
