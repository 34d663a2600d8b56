"""`/v1/mds/{market_id}`: MDS 2.0 Provider for cities. `/v1/operator/markets/{id}/city-tokens`: who may read it.

Source of paths, parameters and answers: Open Mobility Foundation, MDS 2.0, provider and general-information.
"""

from collections.abc import Callable, Coroutine
from datetime import datetime
from typing import Annotated, Any, Final

import orjson
from fastapi import APIRouter, Depends, Query, Request, Response
from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import BaseModel, ConfigDict, Field

from homeward.fleets.city_reports import policy
from homeward.fleets.city_reports.errors import BadReportQuery, HourSettling, ReportVersionUnknown
from homeward.fleets.city_reports.model import CityToken
from homeward.fleets.city_reports.render import Json, milliseconds
from homeward.fleets.city_reports.service import CityReportsService, Report
from homeward.fleets.city_reports.words import CONTENT_TYPE, MDS_VERSION
from homeward.infra.auth import Auth, OperatorActor, bearer
from homeward.infra.http import responses
from homeward.kit.problems import Forbidden, NotFound, Problem

_TTL_MS: Final = 60_000
_OURS: Final = "application/vnd.mds+json"


class NewCityTokenBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    name: str = Field("", max_length=120, description="who gets it")


class CityTokenOut(BaseModel, from_attributes=True):
    id: str
    market_id: str
    name: str
    hint: str
    created_by: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewCityTokenOut(CityTokenOut):
    """`secret` is shown this once."""

    secret: str = Field(repr=False)


class CityTokensOut(BaseModel):
    items: list[CityTokenOut]


def operator_router(service: CityReportsService, auth: Auth) -> APIRouter:
    """Only an administrator lets a city in."""
    api = APIRouter(prefix="/v1/operator/markets/{market_id}/city-tokens", tags=["operator"])
    admin = Annotated[OperatorActor, Depends(auth.operator("admin"))]
    refused = responses(Forbidden, NotFound)

    @api.get("", response_model=CityTokensOut, responses=refused)
    async def list_city_tokens(market_id: str, actor: admin) -> CityTokensOut:
        """All of them, the newest first, without their secrets."""
        return CityTokensOut(items=[_token(each) for each in await service.tokens(market_id)])

    @api.post("", status_code=201, response_model=NewCityTokenOut, responses=refused)
    async def make_city_token(
        market_id: str, body: NewCityTokenBody, actor: admin, response: Response
    ) -> NewCityTokenOut:
        """Makes a token that reads this market's reports for its city and opens nothing else. It is shown this once."""
        response.headers["Cache-Control"] = "no-store"
        new = await service.make_token(market_id, body.name, by=actor.label)
        return NewCityTokenOut(**_token(new.token).model_dump(), secret=new.secret)

    @api.delete("/{token_id}", response_model=CityTokenOut, responses=refused)
    async def revoke_city_token(market_id: str, token_id: str, actor: admin) -> CityTokenOut:
        """Revokes it for good."""
        return _token(await service.revoke_token(market_id, token_id, by=actor.label))

    return api


def city_router(service: CityReportsService) -> APIRouter:
    """In another standard's words, its refusals too; so it is described by that standard and not by our own API."""
    api = APIRouter(prefix="/v1/mds/{market_id}", route_class=_MdsRoute, include_in_schema=False)

    async def city(market_id: str, request: Request) -> None:
        await service.require(market_id, bearer(request))
        _require_version(request)

    let_in = [Depends(city)]

    @api.get("/vehicles", dependencies=let_in)
    async def vehicles(market_id: str, request: Request, page: _Page = 1) -> Response:
        return _paged(request, "vehicles", await service.vehicles(market_id), page)

    @api.get("/vehicles/status", dependencies=let_in)
    async def status(market_id: str, request: Request, page: _Page = 1) -> Response:
        return _paged(request, "vehicles_status", await service.status(market_id), page)

    @api.get("/trips", dependencies=let_in)
    async def trips(market_id: str, end_time: str | None = None) -> Response:
        return _whole("trips", await service.trips(market_id, end_time))

    @api.get("/events/historical", dependencies=let_in)
    async def historical(market_id: str, event_time: str | None = None) -> Response:
        return _whole("events", await service.historical(market_id, event_time))

    @api.get("/events/recent", dependencies=let_in)
    async def recent(
        market_id: str, request: Request, start_time: int | None = None, end_time: int | None = None, page: _Page = 1
    ) -> Response:
        return _paged(request, "events", await service.recent(market_id, start_time, end_time), page)

    return api


_Page = Annotated[int, Query(ge=1, le=100_000)]


class _MdsRoute(APIRoute):
    """Refuses in MDS's own shape."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        answer = super().get_route_handler()

        async def answered(request: Request) -> Response:
            try:
                return await answer(request)
            except RequestValidationError as wrong:
                first = wrong.errors()[0]
                return _refused(BadReportQuery(str(first["loc"][-1]), str(first["msg"])))
            except HourSettling as settling:
                return _settling(settling.ready_at)
            except Problem as problem:
                return _refused(problem)

        return answered


def _refused(problem: Problem) -> Response:
    detail = problem.detail()
    body = {
        "error": problem.slug.replace("-", "_"),
        "error_description": problem.title,
        "error_details": [detail] if detail else [],
    }
    return _json(body, problem.status, problem.headers())


def _settling(ready_at: datetime) -> Response:
    body = {
        "error": "hour_settling",
        "error_description": "This hour is over, and news of it may still come in; ask again when it is ready.",
        "error_details": [f"ready at {ready_at:%Y-%m-%dT%H:%M:%SZ}"],
    }
    return _json(body, 202)


def _whole(name: str, report: Report) -> Response:
    return _json(_payload(name, report, report.items))


def _paged(request: Request, name: str, report: Report, page: int) -> Response:
    last = max(1, -(-len(report.items) // policy.PAGE))
    items = report.items[(page - 1) * policy.PAGE : page * policy.PAGE]

    def link(to: int) -> str | None:
        return str(request.url.include_query_params(page=to)) if 1 <= to <= last else None

    links = {"first": link(1), "last": link(last), "prev": link(page - 1), "next": link(page + 1)}
    return _json({**_payload(name, report, items), "links": links})


def _payload(name: str, report: Report, items: Any) -> Json:
    return {
        "version": MDS_VERSION,
        "last_updated": milliseconds(report.last_updated),
        "ttl": _TTL_MS,
        name: list(items),
    }


def _json(body: Json, status: int = 200, headers: dict[str, str] | None = None) -> Response:
    kept = {**(headers or {}), "Cache-Control": "no-store"}
    return Response(orjson.dumps(body), status, kept, media_type=CONTENT_TYPE)


def _require_version(request: Request) -> None:
    """Who names a version must name ours; who names none gets it. Raises ReportVersionUnknown."""
    asked = [part.strip().replace(" ", "") for part in request.headers.get("accept", "").split(",")]
    named = [part for part in asked if part.startswith(_OURS) and "version=" in part]
    if named and not any(f"{_OURS};version=2.0" in part for part in named):
        raise ReportVersionUnknown()


def _token(token: CityToken) -> CityTokenOut:
    return CityTokenOut.model_validate(token)
