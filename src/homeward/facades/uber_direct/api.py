"""The calls of the dialect: `/v1/customers/{customer_id}` for deliveries, `/v1/direct` for organizations.

Every success is 200 with a JSON object, cancellations and bookings too: clients read nothing else.
"""

from typing import Annotated, Any, Final, Literal

from fastapi import APIRouter, Depends, Query

from homeward.facades.uber_direct import answers
from homeward.facades.uber_direct.answers import Fault
from homeward.facades.uber_direct.auth import UberAuth
from homeward.facades.uber_direct.organizations import Organizations
from homeward.facades.uber_direct.service import DEFAULT_LISTED, FARTHEST_OFFSET, MOST_LISTED, UberService
from homeward.facades.uber_direct.wire import (
    CancelBody,
    DeliveryBody,
    InviteBody,
    OrganizationBody,
    ProofBody,
    QuoteBody,
    UpdateBody,
)
from homeward.merchants.credentials.service import DialectActor

CUSTOMERS: Final = "/v1/customers"
DIRECT: Final = "/v1/direct"

_WORDS: Final[dict[int | str, str]] = {
    400: "It cannot be done so; `code` says why, `metadata` which fields",
    401: "The access token is missing, wrong, too old, or not for this",
    403: "These credentials may not do that",
    404: "No such customer, delivery or organization",
    409: "It exists already; `metadata.delivery_id` names it",
    429: "Too many requests",
    500: "Ours; safe to repeat",
    503: "Nobody is free, or a part of the service does not answer; try again",
    "default": "Anything else",
}
# With a `default` the description does not claim the framework's own 422: wrong fields are 400 in this dialect.
_FAULTS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": Fault, "description": words} for status, words in _WORDS.items()
}
_SHOWN: Final[dict[str, Any]] = {"response_model_exclude_unset": True}


def customer_router(service: UberService, auth: UberAuth) -> APIRouter:
    """Quotes and deliveries of one customer."""
    routes = APIRouter(tags=["deliveries"], prefix=CUSTOMERS + "/{customer_id}", responses=_FAULTS)
    _booking_routes(routes, service, auth)
    _delivery_routes(routes, service, auth)
    return routes


def _booking_routes(routes: APIRouter, service: UberService, auth: UberAuth) -> None:
    customer = Annotated[DialectActor, Depends(auth.customer)]

    @routes.post("/delivery_quotes", response_model=answers.QuoteOut, **_SHOWN)
    async def create_quote(body: QuoteBody, actor: customer) -> dict[str, Any]:
        """What a delivery would cost; it can be booked within fifteen minutes."""
        return await service.quote(actor, body)

    @routes.post("/deliveries", response_model=answers.DeliveryOut, **_SHOWN)
    async def create_delivery(body: DeliveryBody, actor: customer) -> dict[str, Any]:
        """Books, with the quote named or without one before."""
        return await service.create(actor, body)


def _delivery_routes(routes: APIRouter, service: UberService, auth: UberAuth) -> None:
    customer = Annotated[DialectActor, Depends(auth.customer)]
    one = "/deliveries/{delivery_id}"

    @routes.get("/deliveries", response_model=answers.DeliveriesOut, **_SHOWN)
    async def list_deliveries(
        actor: customer,
        wanted: Annotated[_Filter | None, Query(alias="filter")] = None,
        limit: Annotated[int, Query(ge=1, le=MOST_LISTED)] = DEFAULT_LISTED,
        offset: Annotated[int, Query(ge=0, le=FARTHEST_OFFSET)] = 0,
        capital: Annotated[int, Query(alias="Offset", ge=0, le=FARTHEST_OFFSET)] = 0,
    ) -> dict[str, Any]:
        """The newest first. What goes back is told by the delivery it belongs to, and read by its own id.

        `Offset` is the same as `offset`: their description writes it one way, their library the other.
        """
        return await service.list(actor, wanted, limit, offset or capital)

    @routes.get(one, response_model=answers.DeliveryOut, **_SHOWN)
    async def get_delivery(delivery_id: str, actor: customer) -> dict[str, Any]:
        """A delivery as it stands."""
        return await service.get(actor, delivery_id)

    @routes.post(one, response_model=answers.DeliveryOut, **_SHOWN)
    async def update_delivery(delivery_id: str, body: UpdateBody, actor: customer) -> dict[str, Any]:
        """Changes what is sent, as far as the state allows."""
        return await service.update(actor, delivery_id, body)

    # The library sends no body at all and calls it JSON.
    @routes.post(one + "/cancel", response_model=answers.DeliveryOut, **_SHOWN)
    async def cancel_delivery(delivery_id: str, actor: customer, body: CancelBody | None = None) -> dict[str, Any]:
        """Ends it, as long as nothing was picked up."""
        return await service.cancel(actor, delivery_id, body or CancelBody())

    @routes.post(one + "/proof-of-delivery", response_model=answers.DocumentOut)
    async def prove_delivery(delivery_id: str, body: ProofBody, actor: customer) -> dict[str, Any]:
        """A sheet with what was captured at a stop, as a picture."""
        return await service.proof_of_delivery(actor, delivery_id, body)


_Filter = Literal["pending", "pickup", "pickup_complete", "dropoff", "delivered", "canceled", "returned", "ongoing"]


def organization_router(organizations: Organizations, auth: UberAuth) -> APIRouter:
    """The merchant itself, and its people."""
    routes = APIRouter(tags=["organizations"], prefix=DIRECT + "/organizations", responses=_FAULTS)
    holder = Annotated[DialectActor, Depends(auth.organization)]

    @routes.post("", response_model=answers.OrganizationOut)
    async def create_organization(body: OrganizationBody, actor: holder) -> dict[str, Any]:
        """Finds your own organization by your own name; others are opened by the operator."""
        return await organizations.create(actor, body)

    @routes.get("/{organization_id}", response_model=answers.OrganizationDetails)
    async def get_organization(organization_id: str, actor: holder) -> dict[str, Any]:
        """Your own organization."""
        return await organizations.get(actor, organization_id)

    @routes.post("/{organization_id}/memberships/invite", response_model=answers.MembershipOut)
    async def invite_member(organization_id: str, body: InviteBody, actor: holder) -> dict[str, Any]:
        """Makes an account for one of your people; an owner sets its first password in the portal."""
        return await organizations.invite(actor, organization_id, body)

    return routes
