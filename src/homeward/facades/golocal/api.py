"""The routes of this dialect: one application with every path after `/api-proxy/service`.

Production and sandbox are the same routes under two bases; a credential of live data opens the one, a credential of
test data the other.
"""

from collections.abc import Awaitable, Callable
from typing import Annotated, Any, Final
from uuid import UUID

import structlog
from fastapi import APIRouter, Depends, Header, Query, Request, Response
from fastapi.responses import JSONResponse

from homeward.facades.golocal import wire
from homeward.facades.golocal.aftercare import GoLocalAftercare
from homeward.facades.golocal.callers import Caller
from homeward.facades.golocal.description import request_body, token_form
from homeward.facades.golocal.errors import Refused, Wrong, refuse
from homeward.facades.golocal.names import NAMES
from homeward.facades.golocal.service import GoLocalService
from homeward.facades.golocal.simulator import GoLocalSimulator
from homeward.infra.auth import Mode
from homeward.infra.json_body import read_json
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService

PREFIX: Final = "/api-proxy/service"
LIVE: Final = f"{PREFIX}/supplychain/transportation/v1/daas"
SANDBOX: Final = f"{PREFIX}/supplychain/transportation/v1/sbx-daas"
SIMULATOR: Final = f"{PREFIX}/supplychain/transportation/v1/daas-simulator"
TOKEN: Final = f"{PREFIX}/identity/oauth/v1/token"

_UUID_LENGTH: Final = 36
_LONGEST_CORRELATION: Final = 128
_STATUSES: Final = (400, 401, 403, 404, 405, 413, 429, 500, 503)

ERRORS: Final[dict[int | str, dict[str, Any]]] = {
    status: {"model": wire.ErrorsOut, "description": "All that is wrong, one entry each"} for status in _STATUSES
}


Callers = Callable[..., Awaitable[Caller]]


def token_router(credentials: CredentialsService) -> APIRouter:
    routes = APIRouter(tags=["token"])

    @routes.post(TOKEN, response_model=wire.TokenOut, responses=ERRORS, openapi_extra=token_form())
    async def create_token(request: Request) -> Response:
        """Exchange consumer id and secret for a token of fifteen minutes."""
        form = {name: value for name, value in (await request.form()).items() if isinstance(value, str)}
        wanted = ("grant_type", "client_id", "client_secret")
        wrongs = [
            Wrong("missing", name, f"{name} is missing", "Send it as a form.") for name in wanted if not form.get(name)
        ]
        if not wrongs and form["grant_type"] != "client_credentials":
            wrongs = [Wrong("invalid", "grant_type", "This grant is not offered.", "Send client_credentials.")]
        if wrongs:
            raise Refused(wrongs)
        lifetime_s = NAMES.defaults["token_s"]
        token = await credentials.exchange(
            Dialect.GOLOCAL, form["client_id"], form["client_secret"], lifetime_s=lifetime_s
        )
        if token is None:
            raise refuse("unauthenticated", "", "Client id and secret do not belong together.", "Check both.")
        body = wire.TokenOut(expires_in=lifetime_s, access_token=token)
        return JSONResponse(body.model_dump(), headers={"Cache-Control": "no-store", "Pragma": "no-cache"})

    return routes


def callers(credentials: CredentialsService, mode: Mode) -> Callers:
    """The dependency that lets requests of one base in."""

    async def caller(
        authorization: Annotated[str | None, Header()] = None,
        authentication: Annotated[str | None, Header(description="tolerated for Authorization")] = None,
        consumer_id: Annotated[str | None, Header(alias="WM_CONSUMER.ID", description="the client id")] = None,
        correlation_id: Annotated[str | None, Header(alias="WM_QOS.CORRELATION_ID", description="for our log")] = None,
    ) -> Caller:
        if correlation_id:
            structlog.contextvars.bind_contextvars(correlation_id=correlation_id[:_LONGEST_CORRELATION])
        token = _bearer(authorization) or _bearer(authentication)
        found = await credentials.actor_of_token(Dialect.GOLOCAL, token)
        if found is None:
            raise refuse("unauthenticated", "", "The token is missing, wrong or too old.", "Ask for a new token.")
        if not _is_uuid(consumer_id) or str(consumer_id).lower() != found.client_id.lower():
            text = "WM_CONSUMER.ID must be the client id of the token."
            raise refuse("wrong_consumer", "", text, "Send the same UUID in both.")
        if found.mode != mode:
            text = "This credential belongs to the other environment."
            raise refuse("wrong_consumer", "", text, "Use its own base URL.")
        structlog.get_logger().info("golocal call", merchant=found.merchant_id, mode=mode)
        return Caller(found.merchant, found.account)

    return caller


def delivery_router(service: GoLocalService, aftercare: GoLocalAftercare, caller: Callers) -> APIRouter:
    """Quotes and deliveries of one base."""
    routes = APIRouter(responses=ERRORS)
    _before_the_order(routes, service, caller)
    _reading(routes, service, caller)
    _changing(routes, service, caller)
    _tips(routes, aftercare, caller)
    _feedback(routes, aftercare, caller)
    return routes


def _before_the_order(routes: APIRouter, service: GoLocalService, caller: Callers) -> None:
    who = Annotated[Caller, Depends(caller)]

    @routes.post(
        "/deliveries/location/eligibility",
        response_model=wire.EligibilityOut,
        openapi_extra=request_body("eligibility"),
    )
    async def check_eligibility(who: who, request: Request) -> Response:
        """Which of up to ten locations up to ten pickup points can deliver to."""
        return _json(await service.eligible(who, await body_of(request)))

    @routes.post("/deliveries/quote", response_model=wire.QuoteOut, openapi_extra=request_body("quote"))
    async def request_quote(who: who, request: Request) -> Response:
        """What a delivery in that window would cost."""
        return _json(await service.quote(who, await body_of(request)))

    @routes.post("/deliveries", response_model=wire.IdsOut, openapi_extra=request_body("book"))
    async def book_delivery(who: who, request: Request) -> Response:
        """Book, with a quote or without."""
        return _json(await service.book(who, await body_of(request)))

    @routes.post("/deliveries/search", response_model=wire.SearchOut, openapi_extra=request_body("search"))
    async def search_deliveries(who: who, request: Request) -> Response:
        """Deliveries by order, status, pickup point or time, the newest first."""
        return _json(await service.search(who, await body_of(request)))


def _reading(routes: APIRouter, service: GoLocalService, caller: Callers) -> None:
    who = Annotated[Caller, Depends(caller)]

    @routes.get("/deliveries", response_model=wire.DetailsOut)
    async def get_delivery_by_order(
        who: who,
        client_id: Annotated[str, Query(alias="clientId")] = "",
        external_order_id: Annotated[str, Query(alias="externalOrderId")] = "",
    ) -> Response:
        """A delivery by the merchant's own number of the order."""
        _require_query(client_id=client_id, external_order_id=external_order_id)
        return _json(await service.by_order(who, client_id, external_order_id))

    @routes.get("/deliveries/{delivery_id}", response_model=wire.DetailsOut)
    async def get_delivery(who: who, delivery_id: str) -> Response:
        """A delivery as it stands."""
        return _json(await service.by_id(who, delivery_id))


def _changing(routes: APIRouter, service: GoLocalService, caller: Callers) -> None:
    who = Annotated[Caller, Depends(caller)]

    @routes.put("/deliveries/{delivery_id}/update", response_model=wire.IdsOut, openapi_extra=request_body("update"))
    async def update_delivery(who: who, delivery_id: str, request: Request) -> Response:
        """Replace what is sent; at least one value must differ."""
        return _json(await service.update(who, delivery_id, await body_of(request)))

    @routes.put(
        "/deliveries/{delivery_id}/orderStatus",
        response_model=wire.IdsOut,
        openapi_extra=request_body("order_status"),
    )
    async def set_order_status(who: who, delivery_id: str, request: Request) -> Response:
        """Ready for pickup, or the driver's code confirmed."""
        return _json(await service.set_status(who, delivery_id, await body_of(request)))

    @routes.put("/deliveries/{delivery_id}/cancel", response_model=wire.IdsOut, openapi_extra=request_body("cancel"))
    async def cancel_delivery(who: who, delivery_id: str, request: Request) -> Response:
        """Until the driver has picked up."""
        return _json(await service.cancel(who, delivery_id, await body_of(request)))


def _tips(routes: APIRouter, service: GoLocalAftercare, caller: Callers) -> None:
    who = Annotated[Caller, Depends(caller)]

    @routes.post("/clients/tips", openapi_extra=request_body("tip"), response_class=Response)
    async def add_tip(who: who, request: Request) -> Response:
        """Once for each order."""
        await service.add_tip(who, await body_of(request))
        return Response(status_code=200)

    async def get_tip(who: who, client_id: str, external_order_id: str) -> Response:
        """The tip of an order."""
        return _json(await service.tip(who, client_id, external_order_id))

    # The reference names the first, pages that refer to it the second.
    one = "{client_id}/externalorder/{external_order_id:path}"
    routes.get(f"/clients/tips/client/{one}", response_model=wire.TipOut)(get_tip)
    routes.post(f"/clients/tips/{one}", response_model=wire.TipOut, include_in_schema=False)(get_tip)


def _feedback(routes: APIRouter, service: GoLocalAftercare, caller: Callers) -> None:
    who = Annotated[Caller, Depends(caller)]

    @routes.post("/feedbacks", response_model=wire.FeedbackMade, openapi_extra=request_body("feedback"))
    async def add_feedback(who: who, request: Request) -> Response:
        """The shopper's word, when the delivery has ended."""
        return _json(await service.add_feedback(who, await body_of(request)))

    @routes.get("/feedbacks", response_model=wire.FeedbackOut)
    async def get_feedback(
        who: who,
        client_id: Annotated[str, Query(alias="clientId")] = "",
        external_order_id: Annotated[str, Query(alias="externalOrderId")] = "",
    ) -> Response:
        """All feedback on an order, the oldest first."""
        _require_query(client_id=client_id, external_order_id=external_order_id)
        return _json(await service.feedback(who, client_id, external_order_id))


def simulator_router(simulator: GoLocalSimulator, caller: Callers) -> APIRouter:
    """With credentials of the sandbox only."""
    routes = APIRouter(responses=ERRORS)
    who = Annotated[Caller, Depends(caller)]

    @routes.post("/available-step", response_model=wire.StepsOut, openapi_extra=request_body("steps"))
    async def list_steps(who: who, request: Request) -> Response:
        """What may happen to a delivery now, and whose part it is."""
        return _json(await simulator.steps(who, await body_of(request)))

    @routes.post("/available-step/execute", response_model=wire.StepsOut, openapi_extra=request_body("execute"))
    async def execute_step(who: who, request: Request) -> Response:
        """Make one of these steps happen."""
        return _json(await simulator.execute(who, await body_of(request)))

    return routes


async def body_of(request: Request) -> Any:
    """The body as JSON, whatever it calls itself. Raises MalformedRequest."""
    return read_json(await request.body())


def _require_query(**given: str) -> None:
    wrongs = [
        Wrong(NAMES.fields[name].missing, NAMES.fields[name].wire, f"{NAMES.fields[name].wire} is missing")
        for name, value in given.items()
        if not value
    ]
    if wrongs:
        raise Refused(wrongs)


def _json(answer: wire.Wire) -> Response:
    return JSONResponse(answer.as_json())


def _bearer(header: str | None) -> str | None:
    scheme, _, token = (header or "").partition(" ")
    return token.strip() or None if scheme.lower() == "bearer" else None


def _is_uuid(text: str | None) -> bool:
    if text is None or len(text) != _UUID_LENGTH:
        return False
    try:
        UUID(text)
    except ValueError:
        return False
    return True
