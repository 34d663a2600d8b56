"""Texts and e-mails: queued in the transaction of what they tell, sent by the worker."""

from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.messages import repository
from homeward.messages.model import ChannelKind, Message


class MessagesService:
    """One for the process."""

    def __init__(self, db: Database, clock: Clock) -> None:
        self._db = db
        self._clock = clock

    async def send_login_code(self, tx: Tx, *, phone: str, code: str) -> None:
        """A courier's one-time code (`fleets.couriers.CodeSender`). It leaves with the commit of `tx`."""
        await repository.add(
            tx,
            id=new_id("msg", self._clock.now()),
            channel=ChannelKind.TEXT,
            recipient=phone,
            sender_name="Courier app",
            body=f"{code} is your sign-in code. It works once, for ten minutes. Nobody will ever ask you for it.",
        )

    async def recent(
        self, *, recipient: str | None = None, delivery_id: str | None = None, limit: int = 100
    ) -> list[Message]:
        """The newest messages of all merchants; for the console and the demo's mailbox."""
        async with self._db.operator() as tx:
            return await repository.recent(tx, recipient=recipient, delivery_id=delivery_id, limit=limit)
