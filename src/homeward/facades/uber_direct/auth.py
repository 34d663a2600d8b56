"""Who is asking: tokens given for a client's secret, with what they are good for."""

from collections.abc import Awaitable, Callable
from typing import Any, Final

from fastapi import APIRouter, Request, Response
from fastapi.responses import JSONResponse
from starlette.datastructures import FormData

from homeward.facades.uber_direct.answers import TokenFault, TokenOut
from homeward.facades.uber_direct.errors import CUSTOMER, Refused, unauthorized
from homeward.infra.auth import bearer
from homeward.kit.problems import NotFound
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService, DialectActor

TOKEN_LIFE_S: Final = 2_592_000
"""Thirty days. Source: their page about authentication (2026-09)."""

DELIVERIES: Final = "eats.deliveries"
ORGANIZATIONS: Final = "direct.organizations"
_SCOPES: Final = (ORGANIZATIONS, DELIVERIES)
_MOST_CHARACTERS: Final = 1_000

Authenticate = Callable[..., Awaitable[DialectActor]]


class UberAuth:
    """FastAPI dependencies, one for each scope."""

    def __init__(self, credentials: CredentialsService) -> None:
        self._credentials = credentials

    async def customer(self, request: Request, customer_id: str) -> DialectActor:
        """For paths of one customer: nobody's but the token's own."""
        actor = await self._actor(request, DELIVERIES)
        if customer_id != actor.account:
            raise NotFound(CUSTOMER, customer_id)
        return actor

    async def organization(self, request: Request) -> DialectActor:
        return await self._actor(request, ORGANIZATIONS)

    async def _actor(self, request: Request, scope: str) -> DialectActor:
        actor = await self._credentials.actor_of_token(Dialect.UBER_DIRECT, bearer(request))
        if actor is None:
            raise Refused(unauthorized())
        if scope not in actor.scope.split():
            raise Refused(unauthorized(f"The access token was not given for the scope {scope}."))
        return actor


def token_router(credentials: CredentialsService) -> APIRouter:
    """Where a client's secret becomes a token. A form, as text or in parts; the answers are those of OAuth 2."""
    routes = APIRouter(tags=["auth"])
    faults: dict[int | str, dict[str, Any]] = {
        400: {"model": TokenFault, "description": "A field is missing or wrong"},
        401: {"model": TokenFault, "description": "The secret is not that of the client"},
    }
    texts = {"type": "object", "properties": {name: {"type": "string"} for name in _FIELDS}, "required": list(_FIELDS)}
    form = {kind: {"schema": texts} for kind in ("application/x-www-form-urlencoded", "multipart/form-data")}

    @routes.post(
        "/oauth/v2/token",
        response_model=TokenOut,
        responses=faults,
        openapi_extra={"requestBody": {"content": form, "required": True}},
    )
    async def get_access_token(request: Request) -> Response:
        """Exchanges a client's id and secret for a token of thirty days."""
        async with request.form(max_files=0, max_fields=20) as form:
            asked = _asked(form)
        wrong = _wrong(asked)
        if wrong:
            return wrong
        scope = asked["scope"]
        token = await credentials.exchange(
            Dialect.UBER_DIRECT, asked["client_id"], asked["client_secret"], lifetime_s=TOKEN_LIFE_S, scope=scope
        )
        if token is None:
            return _fault(401, "invalid_client", "The client_id or the client_secret is wrong.")
        given = TokenOut(access_token=token, expires_in=TOKEN_LIFE_S, scope=scope)
        return JSONResponse(given.model_dump(), headers={"Cache-Control": "no-store"})

    return routes


_FIELDS: Final = ("client_id", "client_secret", "grant_type", "scope")


def _asked(form: FormData) -> dict[str, str]:
    return {name: value for name in _FIELDS if isinstance(value := form.get(name), str)}


def _wrong(asked: dict[str, str]) -> Response | None:
    missing = [name for name in _FIELDS if not asked.get(name)]
    if missing:
        return _fault(400, "invalid_request", f"Missing: {', '.join(missing)}.")
    if any(len(value) > _MOST_CHARACTERS or "\x00" in value for value in asked.values()):
        return _fault(400, "invalid_request", "A field is too long, or holds a NUL character.")
    if asked["grant_type"] != "client_credentials":
        return _fault(400, "invalid_request", "The grant_type must be client_credentials.")
    unknown = [scope for scope in asked["scope"].split() if scope not in _SCOPES]
    if unknown:
        return _fault(400, "invalid_scope", f"Unknown scope: {' '.join(unknown)}.")
    return None


def _fault(status: int, error: str, description: str) -> Response:
    return JSONResponse({"error": error, "error_description": description}, status)
