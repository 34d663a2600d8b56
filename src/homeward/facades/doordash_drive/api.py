"""The calls of the dialect: `/drive/v2` for deliveries, `/developer/v1` for businesses and stores.

Every success is 200, bookings too: that is what the description says and what clients compare with.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final

from fastapi import APIRouter, Depends, Query, Request

from homeward.facades.doordash_drive import answers
from homeward.facades.doordash_drive.addresses import complete
from homeward.facades.doordash_drive.answers import Fault, ValidationFault
from homeward.facades.doordash_drive.businesses import (
    Businesses,
    BusinessPatch,
    DriveStorePatch,
    NewBusiness,
    NewDriveStore,
)
from homeward.facades.doordash_drive.orders import (
    AcceptBody,
    AuditBody,
    AutoCompleteBody,
    CancelBody,
    CreateBody,
    Order,
    QuoteBody,
    RedeliveryBody,
    RefundBody,
    ServiceabilityBody,
    SubstitutionBody,
)
from homeward.facades.doordash_drive.refunds import refund
from homeward.facades.doordash_drive.service import DriveService
from homeward.finance.claims.service import ClaimsService
from homeward.merchants.credentials.service import DialectActor
from homeward.routing.geocoding.model import Geocoder

Authenticate = Callable[[Request], Awaitable[DialectActor]]

_WORDS: Final = {
    401: "The token is missing, wrong or too old",
    403: "These credentials may not do that",
    404: "No such thing of this merchant",
    409: "The state of things does not allow it; `reason` says why",
    413: "The request is too large",
    422: "It cannot be delivered so; `reason` says why",
    429: "Too many requests",
    500: "Ours; safe to repeat",
}


def _faults(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """The refusals of a call; a malformed or impossible value is 400 everywhere."""
    always: dict[int | str, dict[str, Any]] = {
        400: {"model": ValidationFault, "description": "Values that cannot stand, by field"}
    }
    several: dict[int | str, dict[str, Any]] = {
        status: {"model": Fault, "description": _WORDS[status]} for status in (401, 403, *statuses, 413, 429, 500)
    }
    return {**always, **several}


def drive_router(
    service: DriveService, claims: ClaimsService, geocoder: Geocoder, authenticate: Authenticate
) -> APIRouter:
    """Deliveries and what goes with them."""
    routes = APIRouter(tags=["drive"])
    _quote_routes(routes, service, authenticate)
    _delivery_routes(routes, service, authenticate)
    _aftercare_routes(routes, service, claims, authenticate)
    _other_routes(routes, service, geocoder, authenticate)
    return routes


def _quote_routes(routes: APIRouter, service: DriveService, authenticate: Authenticate) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]
    shown: dict[str, Any] = {"response_model": answers.DeliveryResponse, "response_model_exclude_unset": True}

    @routes.post("/quotes", **shown, responses=_faults(409, 422))
    async def create_quote(body: QuoteBody, actor: merchant) -> dict[str, Any]:
        """What a delivery would cost; to be accepted within five minutes."""
        return await service.quote(actor, body)

    @routes.post("/quotes/{external_delivery_id:path}/accept", **shown, responses=_faults(404, 409))
    async def accept_quote(
        external_delivery_id: str, actor: merchant, body: AcceptBody | None = None
    ) -> dict[str, Any]:
        """Books what was quoted, for the price that was quoted."""
        return await service.accept(actor, external_delivery_id, body or AcceptBody())

    @routes.post("/serviceability", response_model=answers.Serviceability, responses=_faults())
    async def check_serviceability(body: ServiceabilityBody, actor: merchant) -> dict[str, Any]:
        """Whether it could be delivered; nothing is booked."""
        return await service.serviceability(actor, body)


def _delivery_routes(routes: APIRouter, service: DriveService, authenticate: Authenticate) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]
    shown: dict[str, Any] = {"response_model": answers.DeliveryResponse, "response_model_exclude_unset": True}

    @routes.post("/deliveries", **shown, responses=_faults(409, 422))
    async def create_delivery(body: CreateBody, actor: merchant) -> dict[str, Any]:
        """Books without a quote before."""
        return await service.create(actor, body)

    @routes.get("/deliveries/{external_delivery_id:path}", **shown, responses=_faults(404))
    async def get_delivery(external_delivery_id: str, actor: merchant) -> dict[str, Any]:
        """A delivery as it stands, or a quote that waits for its acceptance."""
        return await service.get(actor, external_delivery_id)

    @routes.patch("/deliveries/{external_delivery_id:path}", **shown, responses=_faults(404, 409, 422))
    async def update_delivery(external_delivery_id: str, body: Order, actor: merchant) -> dict[str, Any]:
        """Changes what is sent, as far as the state allows."""
        return await service.update(actor, external_delivery_id, body)

    # The library sends no body and calls it a form.
    @routes.put("/deliveries/{external_delivery_id:path}/cancel", **shown, responses=_faults(404, 409))
    async def cancel_delivery(
        external_delivery_id: str, actor: merchant, body: CancelBody | None = None
    ) -> dict[str, Any]:
        """Ends it before the pickup; after it, `should_create_return_delivery` brings it back."""
        return await service.cancel(actor, external_delivery_id, body or CancelBody())


def _aftercare_routes(
    routes: APIRouter, service: DriveService, claims: ClaimsService, authenticate: Authenticate
) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]

    @routes.post(
        "/deliveries/{external_delivery_id:path}/redelivery",
        response_model=answers.DeliveryResponse,
        response_model_exclude_unset=True,
        responses=_faults(404, 409, 422),
    )
    async def create_redelivery(external_delivery_id: str, body: RedeliveryBody, actor: merchant) -> dict[str, Any]:
        """Once more what came back or never arrived, under a new id."""
        return await service.redeliver(actor, external_delivery_id, body)

    @routes.post(
        "/deliveries/{external_delivery_id:path}/refunds",
        response_model=answers.Refund,
        responses=_faults(404, 409, 422),
    )
    async def create_refund(external_delivery_id: str, body: RefundBody, actor: merchant) -> dict[str, Any]:
        """Asks for money back. What a person has to decide is `could_not_determine` until then."""
        view = await service.require(actor, external_delivery_id)
        return await refund(claims, actor, view, body.refund_reason)


def _other_routes(routes: APIRouter, service: DriveService, geocoder: Geocoder, authenticate: Authenticate) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]

    @routes.post("/address/auto_complete", response_model=answers.AddressResults, responses=_faults())
    async def complete_address(body: AutoCompleteBody, actor: merchant) -> dict[str, Any]:
        """Addresses that begin like this one."""
        return await complete(geocoder, body)

    @routes.post("/items_substitution_recommendation", response_model=answers.Substitutions, responses=_faults())
    async def recommend_substitutions(body: SubstitutionBody, actor: merchant) -> dict[str, Any]:
        """Nothing to recommend: the store packs the order itself, and knows its shelves better than we do."""
        return {"items": []}

    @routes.post("/checkout_audit_signal", response_model=answers.SignalReceived, responses=_faults(404))
    async def receive_audit_signal(body: AuditBody, actor: merchant) -> dict[str, Any]:
        """Heard for a delivery of ours and of no consequence: nobody shops here whose basket could be checked."""
        await service.require(actor, body.external_delivery_id)
        return {"signal_received": True}


def developer_router(businesses: Businesses, authenticate: Authenticate) -> APIRouter:
    """Businesses and stores."""
    routes = APIRouter(tags=["developer"], prefix="/businesses")
    _business_routes(routes, businesses, authenticate)
    _store_routes(routes, businesses, authenticate)
    return routes


def _business_routes(routes: APIRouter, businesses: Businesses, authenticate: Authenticate) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]

    @routes.post("", response_model=answers.Business, responses=_faults())
    async def create_business(body: NewBusiness, actor: merchant) -> dict[str, Any]:
        return await businesses.create(actor, body)

    @routes.get("", response_model=answers.Businesses, response_model_exclude_unset=True, responses=_faults())
    async def list_businesses(
        actor: merchant,
        standing: Annotated[str | None, Query(alias="activationStatus")] = None,
        token: Annotated[str | None, Query(alias="continuationToken")] = None,
    ) -> dict[str, Any]:
        return await businesses.page(actor, standing, token)

    @routes.get("/{external_business_id}", response_model=answers.Business, responses=_faults(404))
    async def get_business(external_business_id: str, actor: merchant) -> dict[str, Any]:
        return await businesses.get(actor, external_business_id)

    @routes.patch("/{external_business_id}", response_model=answers.Business, responses=_faults(404))
    async def update_business(external_business_id: str, body: BusinessPatch, actor: merchant) -> dict[str, Any]:
        return await businesses.change(actor, external_business_id, body)


def _store_routes(routes: APIRouter, businesses: Businesses, authenticate: Authenticate) -> None:
    merchant = Annotated[DialectActor, Depends(authenticate)]
    one = "/{external_business_id}/stores/{external_store_id}"

    @routes.post("/{external_business_id}/stores", response_model=answers.DriveStore, responses=_faults(404, 422))
    async def create_store(external_business_id: str, body: NewDriveStore, actor: merchant) -> dict[str, Any]:
        return await businesses.create_store(actor, external_business_id, body)

    @routes.get(
        "/{external_business_id}/stores",
        response_model=answers.DriveStores,
        response_model_exclude_unset=True,
        responses=_faults(404),
    )
    async def list_stores(
        external_business_id: str,
        actor: merchant,
        standing: Annotated[str | None, Query(alias="activationStatus")] = None,
        token: Annotated[str | None, Query(alias="continuationToken")] = None,
    ) -> dict[str, Any]:
        return await businesses.page_of_stores(actor, external_business_id, standing, token)

    @routes.get(one, response_model=answers.DriveStore, responses=_faults(404))
    async def get_store(external_business_id: str, external_store_id: str, actor: merchant) -> dict[str, Any]:
        return await businesses.get_store(actor, external_business_id, external_store_id)

    @routes.patch(one, response_model=answers.DriveStore, responses=_faults(404, 422))
    async def update_store(
        external_business_id: str, external_store_id: str, body: DriveStorePatch, actor: merchant
    ) -> dict[str, Any]:
        return await businesses.change_store(actor, external_business_id, external_store_id, body)
