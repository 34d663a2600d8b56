"""The demo's mailbox: what would have been sent. Mounted in demo mode only."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Query
from pydantic import BaseModel

from homeward.messages.service import MessagesService


class MessageOut(BaseModel):
    """One text or e-mail."""

    id: str
    channel: str
    recipient: str
    sender_name: str
    subject: str
    body: str
    state: str
    created_at: datetime
    delivery_id: str | None


class MailboxOut(BaseModel):
    items: list[MessageOut]


def mailbox_router(service: MessagesService) -> APIRouter:
    """`/demo/mailbox`: open to everybody on a demo, which holds nobody's real data."""
    routes = APIRouter(prefix="/demo", tags=["Demo"])

    @routes.get("/mailbox")
    async def mailbox(
        recipient: Annotated[str | None, Query(description="a telephone number or e-mail address")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> MailboxOut:
        """The newest messages first."""
        found = await service.recent(recipient=recipient, limit=limit)
        return MailboxOut(
            items=[
                MessageOut(
                    id=message.id,
                    channel=message.channel,
                    recipient=message.recipient,
                    sender_name=message.sender_name,
                    subject=message.subject,
                    body=message.body,
                    state=message.state,
                    created_at=message.created_at,
                    delivery_id=message.delivery_id,
                )
                for message in found
            ]
        )

    return routes
