"""The wire form: the contract as HTTP routes over whoever keeps it.

The published description is made from these routes, the reference fleets are served by them, and a fleet that is
written in Python may use them as they are. What is not in the types:

- every call carries `Authorization: Bearer …`, a token that the fleet gave to its client;
- every call that makes something carries an `Idempotency-Key`; the same key again gets the first answer again;
- a no of the fleet is 409 with a `Refusal`, an unknown id 404 with one; a body that is no such body is 422.
"""

import secrets
from collections.abc import Awaitable, Callable, Mapping
from typing import Annotated, Any, Final, Protocol

from fastapi import APIRouter, Depends, FastAPI, Header, Query, Request, Response
from fastapi.responses import JSONResponse
from pydantic import BaseModel

from homeward.fleets.contract import VERSION
from homeward.fleets.contract.facts import FactSheet, Refusal, Vehicles
from homeward.fleets.contract.legs import (
    ActionAnswer,
    AskAction,
    AskLeg,
    AskReservation,
    AskSecret,
    Feasibility,
    Leg,
    LegOrder,
    Quote,
    Reservation,
    Secret,
)
from homeward.fleets.contract.news import MOST_EVENTS, Events
from homeward.fleets.contract.sandbox import (
    ActOfPerson,
    Advance,
    LostContact,
    Mishap,
    Repair,
    SetHours,
    SetWeather,
)
from homeward.fleets.contract.words import Limit


class Refused(Exception):
    """The fleet says no."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.limit)
        self.refusal = refusal


def refuse(limit: Limit, said: str = "", **more: Any) -> Refused:
    return Refused(Refusal(limit=limit, said=said, **more))


class Fleet(Protocol):
    """Who keeps the contract. Every method may raise Refused; those with a `key` answer a repeat as the first time."""

    async def facts(self) -> FactSheet: ...

    async def vehicles(self) -> Vehicles: ...

    async def feasible(self, order: LegOrder) -> Feasibility: ...

    async def quote(self, order: LegOrder, key: str) -> Quote: ...

    async def reserve(self, quote_id: str, key: str) -> Reservation: ...

    async def release(self, reservation_id: str) -> None:
        """Also of one that is not held any more, and twice: what matters is that it is free afterwards."""

    async def commit(self, reservation_id: str, key: str) -> Leg: ...

    async def leg(self, leg_id: str) -> Leg: ...

    async def find(self, reference: str) -> Leg | None:
        """By our name for it: what a client asks that never got its answer."""

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer: ...

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret: ...

    async def revoke(self, leg_id: str, secret_id: str) -> None: ...

    async def events(self, after: int, limit: int) -> Events: ...


class Sandbox(Protocol):
    """What a fleet's sandbox can do besides."""

    async def advance(self, asked: Advance) -> None: ...

    async def person(self, asked: ActOfPerson) -> None: ...

    async def mishap(self, asked: Mishap) -> None: ...

    async def lose_contact(self, asked: LostContact) -> None: ...

    async def set_weather(self, asked: SetWeather) -> None: ...

    async def repair(self, asked: Repair) -> None: ...

    async def set_hours(self, asked: SetHours) -> None: ...


Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]
_NO: Final[dict[int | str, dict[str, Any]]] = {
    409: {"model": Refusal, "description": "The fleet says no"},
    404: {"model": Refusal, "description": "There is no such thing"},
    401: {"description": "The token is not good"},
}


def fleet_app(fleet: Fleet, token: str, sandbox: Sandbox | None = None) -> FastAPI:
    """A fleet's whole server. Without a `sandbox` its calls are not there."""
    app = FastAPI(title="Fleet contract", version=VERSION, docs_url=None, redoc_url=None)
    app.include_router(_fleet_routes(fleet), dependencies=[Depends(_token_check(token))])
    if sandbox is not None:
        app.include_router(_sandbox_routes(sandbox), dependencies=[Depends(_token_check(token))])

    async def say_no(_: Request, refused: Exception) -> Response:
        assert isinstance(refused, Refused)
        status = 404 if refused.refusal.limit is Limit.UNKNOWN else 409
        return JSONResponse(refused.refusal.model_dump(mode="json"), status)

    async def stranger(_: Request, __: Exception) -> Response:
        return JSONResponse({"said": "The token is not good."}, 401, {"WWW-Authenticate": "Bearer"})

    app.add_exception_handler(Refused, say_no)
    app.add_exception_handler(_Stranger, stranger)
    return app


class _Stranger(Exception):
    pass


def _token_check(token: str) -> Callable[[Request], Awaitable[None]]:
    async def check(request: Request) -> None:
        given = request.headers.get("authorization", "")
        if not secrets.compare_digest(given.encode(), f"Bearer {token}".encode()):
            raise _Stranger

    return check


def _fleet_routes(fleet: Fleet) -> APIRouter:
    routes = APIRouter(tags=["fleet"], responses=_NO)
    _what_it_is(routes, fleet)
    _how_a_leg_begins(routes, fleet)
    _what_a_leg_does(routes, fleet)
    return routes


def _what_it_is(routes: APIRouter, fleet: Fleet) -> None:
    @routes.get("/facts")
    async def facts() -> FactSheet:
        """What the fleet is."""
        return await fleet.facts()

    @routes.get("/vehicles")
    async def vehicles() -> Vehicles:
        """Every vehicle as it is now."""
        return await fleet.vehicles()

    @routes.get("/events")
    async def events(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=MOST_EVENTS)] = 100
    ) -> Events:
        """What happened since, in order of number. Asked for again and again; nothing is ever taken out."""
        return await fleet.events(after, limit)


def _how_a_leg_begins(routes: APIRouter, fleet: Fleet) -> None:
    @routes.post("/feasible")
    async def feasible(order: LegOrder) -> Feasibility:
        """Whether it could be carried at all, and if not, by which limits. Promises nothing and holds nothing."""
        return await fleet.feasible(order)

    @routes.post("/quotes", status_code=201)
    async def quote(order: LegOrder, key: Key) -> Quote:
        """Price and times, held for as long as the fact sheet says."""
        return await fleet.quote(order, key)

    @routes.post("/reservations", status_code=201)
    async def reserve(asked: AskReservation, key: Key) -> Reservation:
        """Keep a compartment of one vehicle for us."""
        return await fleet.reserve(asked.quote_id, key)

    @routes.delete("/reservations/{reservation_id}", status_code=204)
    async def release(reservation_id: str) -> None:
        """We do not want it after all."""
        await fleet.release(reservation_id)

    @routes.post("/legs", status_code=201)
    async def commit(asked: AskLeg, key: Key) -> Leg:
        """Carry it. With a reservation that was committed before: the same leg, never a second one."""
        return await fleet.commit(asked.reservation_id, key)


def _what_a_leg_does(routes: APIRouter, fleet: Fleet) -> None:
    @routes.get("/legs")
    async def find(reference: Annotated[str, Query(min_length=1, max_length=120)]) -> Leg:
        """A leg by our name for it."""
        found = await fleet.find(reference)
        if found is None:
            raise refuse(Limit.UNKNOWN, "No leg has this reference.")
        return found

    @routes.get("/legs/{leg_id}")
    async def leg(leg_id: str) -> Leg:
        """A leg as it is now."""
        return await fleet.leg(leg_id)

    @routes.post("/legs/{leg_id}/actions")
    async def act(leg_id: str, asked: AskAction, key: Key) -> ActionAnswer:
        """Ask for something to be done. A no is an answer here, and not an error."""
        return await fleet.act(leg_id, asked, key)

    @routes.post("/legs/{leg_id}/secrets", status_code=201)
    async def secret(leg_id: str, asked: AskSecret, key: Key) -> Secret:
        """What opens the leg's compartment once, for one holder."""
        return await fleet.secret(leg_id, asked, key)

    @routes.delete("/legs/{leg_id}/secrets/{secret_id}", status_code=204)
    async def revoke(leg_id: str, secret_id: str) -> None:
        """It opens nothing from now on. Twice is fine."""
        await fleet.revoke(leg_id, secret_id)


def _sandbox_routes(sandbox: Sandbox) -> APIRouter:
    routes = APIRouter(prefix="/sandbox", tags=["sandbox"], responses=_NO)
    calls: Mapping[str, tuple[type[BaseModel], Callable[[Any], Awaitable[None]]]] = {
        "advance": (Advance, sandbox.advance),
        "person": (ActOfPerson, sandbox.person),
        "mishap": (Mishap, sandbox.mishap),
        "contact": (LostContact, sandbox.lose_contact),
        "weather": (SetWeather, sandbox.set_weather),
        "repair": (Repair, sandbox.repair),
        "hours": (SetHours, sandbox.set_hours),
    }
    for name, (body, call) in calls.items():
        routes.add_api_route(f"/{name}", _taking(body, call), methods=["POST"], status_code=204, summary=body.__doc__)
    return routes


def _taking(body: type[BaseModel], call: Callable[[Any], Awaitable[None]]) -> Callable[..., Awaitable[None]]:
    async def endpoint(asked: Any) -> None:
        await call(asked)

    endpoint.__annotations__["asked"] = body
    endpoint.__name__ = f"sandbox_{body.__name__.lower()}"
    return endpoint
