"""`/v1/webhook-endpoints`: where events go, how that went, and once more please."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Response
from pydantic import AwareDatetime, BaseModel, Field

from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import NotFound
from homeward.messages.webhooks.dialects import ReceiverAuth
from homeward.messages.webhooks.errors import DialectUnknown, HeaderRefused, TooManyEndpoints, UrlRefused
from homeward.messages.webhooks.model import Endpoint, LoggedMessage, NewEndpoint
from homeward.messages.webhooks.service import WebhooksService

# Ours have a dot (delivery.delivered); those of other dialects look as they do there.
EventType = Annotated[str, Field(pattern=r"^[A-Za-z_]+(\.[a-z_]+)*$", max_length=60, examples=["delivery.delivered"])]


class AuthBody(BaseModel):
    """What your receiver expects in another dialect: a header as it is, or a key that signs. Never shown again."""

    header: str = Field("", max_length=100, pattern=r"^[A-Za-z0-9-]*$", examples=["Authorization"])
    value: str = Field("", max_length=2_000, pattern=r"^[\x20-\x7e]*$", repr=False)
    signing_key: str = Field("", max_length=500, repr=False)


class NewEndpointBody(BaseModel):
    url: str = Field(max_length=2_000, examples=["https://shop.example/hooks/delivery"])
    event_types: list[EventType] = Field(default_factory=list, max_length=50, description="Empty: all of them")
    dialect: str = Field(
        "native", max_length=40, description="In whose words; others tell of deliveries booked in theirs"
    )
    auth: AuthBody = Field(default_factory=AuthBody)
    location_every_s: int | None = Field(None, ge=5, le=3600, description="Also tell where couriers are, this often")

    def asked(self) -> NewEndpoint:
        auth = ReceiverAuth(**self.auth.model_dump()).to_json()
        return NewEndpoint(self.url, tuple(self.event_types), self.dialect, auth, self.location_every_s)


class ChangeEndpointBody(BaseModel):
    url: str | None = Field(None, max_length=2_000)
    event_types: list[EventType] | None = Field(None, max_length=50)
    active: bool | None = None
    auth: AuthBody | None = None
    location_every_s: int | None = Field(None, ge=0, le=3600, description="0 switches it off")


class ReplayBody(BaseModel):
    """Exactly what to send again. With nothing given: everything that failed."""

    message_id: str | None = None
    since: AwareDatetime | None = None
    until: AwareDatetime | None = None
    failed_only: bool | None = None


class EndpointOut(BaseModel):
    """`secrets` are shown when the endpoint is made and when its secret is rotated, and never again."""

    id: str
    url: str
    event_types: list[str]
    status: str
    disabled_reason: str | None
    failing_since: datetime | None
    created_at: datetime
    dialect: str
    location_every_s: int | None
    secrets: list[str] | None = Field(None, repr=False)


class EndpointsOut(BaseModel):
    items: list[EndpointOut]


class AttemptOut(BaseModel, from_attributes=True):
    at: datetime
    status: int | None
    took_ms: int
    answer: str
    sent_headers: dict[str, str] = Field(description="Signatures as sent; of anything else only that it was there")


class MessageOut(BaseModel, from_attributes=True):
    """One event on its way to one endpoint. `id` is the `webhook-id` of every try."""

    id: str
    delivery_id: str
    seq: int | None = Field(description="Of the event; null for a courier's position")
    type: str
    state: str
    tries: int
    created_at: datetime
    sent_at: datetime | None
    next_try_at: datetime | None
    attempts: list[AttemptOut]
    body: str = Field(description="Exactly what is sent, on every try; empty if it could not be written")


class LogOut(BaseModel):
    items: list[MessageOut]
    next_cursor: str | None


class ReplayedOut(BaseModel):
    messages: int


def webhooks_router(service: WebhooksService, auth: Auth) -> APIRouter:
    """Routes of a merchant's key or signed-in user. Live and test endpoints are apart, as their events are."""
    routes = APIRouter(prefix="/v1/webhook-endpoints", tags=["Webhooks"])
    anyone = Annotated[MerchantActor, Depends(auth.merchant())]
    developer = Annotated[MerchantActor, Depends(auth.merchant("owner", "developer"))]

    @routes.post("", status_code=201, responses=responses(UrlRefused, HeaderRefused, TooManyEndpoints, DialectUnknown))
    async def create_endpoint(body: NewEndpointBody, actor: developer) -> EndpointOut:
        """The answer holds the signing secret: keep it, it is not shown again."""
        return _out(await service.create(actor, body.asked()), with_secrets=True)

    @routes.get("")
    async def list_endpoints(actor: anyone) -> EndpointsOut:
        return EndpointsOut(items=[_out(endpoint) for endpoint in await service.all(actor)])

    @routes.get("/{endpoint_id}", responses=responses(NotFound))
    async def get_endpoint(endpoint_id: str, actor: anyone) -> EndpointOut:
        return _out(await service.get(actor, endpoint_id))

    @routes.patch("/{endpoint_id}", responses=responses(NotFound, UrlRefused, HeaderRefused))
    async def change_endpoint(endpoint_id: str, body: ChangeEndpointBody, actor: developer) -> EndpointOut:
        """Change the address or the events, or switch it off and on again."""
        changed = await service.change(
            actor,
            endpoint_id,
            url=body.url,
            event_types=body.event_types,
            active=body.active,
            auth=ReceiverAuth(**body.auth.model_dump()).to_json() if body.auth else None,
            location_every_s=body.location_every_s,
        )
        return _out(changed)

    @routes.delete("/{endpoint_id}", status_code=204, response_class=Response, responses=responses(NotFound))
    async def remove_endpoint(endpoint_id: str, actor: developer) -> None:
        """With its log."""
        await service.remove(actor, endpoint_id)

    @routes.post("/{endpoint_id}/rotate-secret", responses=responses(NotFound))
    async def rotate_secret(endpoint_id: str, actor: developer) -> EndpointOut:
        """A new secret; the one before goes on signing beside it until the next rotation."""
        return _out(await service.rotate_secret(actor, endpoint_id), with_secrets=True)

    @routes.get("/{endpoint_id}/attempts", responses=responses(NotFound))
    async def endpoint_log(
        endpoint_id: str,
        actor: anyone,
        cursor: Annotated[str | None, Query(max_length=100)] = None,
        state: Annotated[str | None, Query(pattern="^(pending|sent|failed)$")] = None,
        limit: Annotated[int, Query(ge=1, le=200)] = 50,
    ) -> LogOut:
        """Messages with all their tries, newest first."""
        found = await service.log(actor, endpoint_id, before=cursor, state=state, limit=limit)
        return LogOut(items=[_logged(m) for m in found], next_cursor=found[-1].id if len(found) == limit else None)

    @routes.post("/{endpoint_id}/replay", responses=responses(NotFound))
    async def replay(endpoint_id: str, body: ReplayBody, actor: developer) -> ReplayedOut:
        """Send again: one message, a range of time, or all that failed."""
        nothing_named = body.message_id is None and body.since is None and body.until is None
        count = await service.replay(
            actor,
            endpoint_id,
            message_id=body.message_id,
            since=body.since,
            until=body.until,
            failed_only=nothing_named if body.failed_only is None else body.failed_only,
        )
        return ReplayedOut(messages=count)

    return routes


def _out(endpoint: Endpoint, *, with_secrets: bool = False) -> EndpointOut:
    return EndpointOut(
        id=endpoint.id,
        url=endpoint.url,
        event_types=list(endpoint.event_types),
        status=endpoint.status,
        disabled_reason=endpoint.disabled_reason,
        failing_since=endpoint.failing_since,
        created_at=endpoint.created_at,
        dialect=endpoint.dialect,
        location_every_s=endpoint.location_every_s,
        secrets=list(endpoint.secrets) if with_secrets else None,
    )


def _logged(message: LoggedMessage) -> MessageOut:
    return MessageOut.model_validate(message)
