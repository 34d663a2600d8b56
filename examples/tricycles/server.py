"""Serve the tricycles: `python examples/tricycles/server.py --port 9470 --token … --sandbox`.

Written from docs/reference/fleet-contract.md alone: nothing here imports the platform. It needs FastAPI and uvicorn.
"""

import argparse
import secrets
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from hashlib import sha256
from typing import Annotated, Any

import uvicorn
from fastapi import FastAPI, Header, Query, Request, Response
from fastapi.encoders import jsonable_encoder
from fastapi.responses import JSONResponse

import street
from bodies import (
    Advance,
    AskAction,
    AskLeg,
    AskReservation,
    AskSecret,
    Contact,
    Mishap,
    Order,
    Person,
    Place,
    Repair,
    SetHours,
    SetWeather,
)
from fleet import Fleet, No, Trike

_ANOTHER_TIME_S = 3_600  # further away a clock is not behind: it is another town's
Key = Annotated[str, Header(alias="Idempotency-Key", min_length=1, max_length=200)]


def app_of(fleet: Fleet, token: str, *, follows: bool = False) -> FastAPI:
    """All calls of the contract. `follows`: time is what the client says it is, as in a demo town."""
    app = FastAPI(title="Three Wheels")
    answers: dict[str, tuple[int, Any]] = {}

    @app.middleware("http")
    async def known(request: Request, ahead: Callable[[Request], Awaitable[Response]]) -> Response:
        given = request.headers.get("authorization", "").encode()
        if not secrets.compare_digest(given, f"Bearer {token}".encode()):
            return JSONResponse({"detail": "Which token?"}, status_code=401)
        if not fleet.sandbox:
            _catch_up(fleet, request.headers.get("client-time") if follows else None)
        answer = await ahead(request)
        street.tell_states(fleet)
        return answer

    @app.exception_handler(No)
    async def refused(request: Request, no: No) -> Response:
        status = 404 if no.body["limit"] == "unknown" else 409
        return JSONResponse(jsonable_encoder(no.body), status_code=status)

    def once(key: str, status: int, make: Callable[[], Any]) -> Response:
        """The first answer to a key, a yes or a no, again."""
        mark = sha256(key.encode()).hexdigest()
        if mark not in answers:
            try:
                answers[mark] = status, jsonable_encoder(make())
            except No as no:
                answers[mark] = 404 if no.body["limit"] == "unknown" else 409, jsonable_encoder(no.body)
        code, body = answers[mark]
        return JSONResponse(body, status_code=code)

    _add_promises(app, fleet, once)
    _add_legs(app, fleet, once)
    if fleet.sandbox:
        _add_sandbox(app, fleet)
    return app


Once = Callable[[str, int, Callable[[], Any]], Response]


def _add_promises(app: FastAPI, fleet: Fleet, once: Once) -> None:
    @app.get("/facts")
    async def facts() -> dict[str, Any]:
        return fleet.facts()

    @app.get("/vehicles")
    async def vehicles() -> dict[str, Any]:
        return {"items": [fleet.vehicle(trike) for trike in fleet.trikes.values()]}

    @app.post("/feasible")
    async def feasible(order: Order) -> dict[str, Any]:
        limits = [no.body for no in fleet.limits(order)]
        if order.vehicle_id is not None and order.vehicle_id not in fleet.trikes:
            limits.append(No("unknown", "no such vehicle").body)
        return {"feasible": not limits, "limits": limits}

    @app.post("/quotes")
    async def quote(order: Order, key: Key) -> Response:
        return once(key, 201, lambda: fleet.quote(order))

    @app.post("/reservations")
    async def reserve(asked: AskReservation, key: Key) -> Response:
        return once(key, 201, lambda: fleet.reserve(asked.quote_id))

    @app.delete("/reservations/{reservation_id}", status_code=204)
    async def release(reservation_id: str) -> None:
        fleet.release(reservation_id)


def _add_legs(app: FastAPI, fleet: Fleet, once: Once) -> None:
    @app.post("/legs")
    async def commit(asked: AskLeg, key: Key) -> Response:
        return once(key, 201, lambda: fleet.told(fleet.commit(asked.reservation_id)))

    @app.get("/legs")
    async def find(reference: str) -> dict[str, Any]:
        found = [leg for leg in fleet.legs.values() if leg.order.reference == reference]
        if not found:
            raise No("unknown")
        return fleet.told(found[-1])

    @app.get("/legs/{leg_id}")
    async def leg(leg_id: str) -> dict[str, Any]:
        return fleet.told(fleet.leg_of(leg_id))

    @app.post("/legs/{leg_id}/actions")
    async def act(leg_id: str, asked: AskAction, key: Key) -> Response:
        found = fleet.leg_of(leg_id)

        def answer() -> dict[str, Any]:
            try:
                return {"outcome": fleet.act(found, asked), "refusal": None}
            except No as no:  # an answer here, and no error
                return {"outcome": "refused", "refusal": no.body}

        return once(key, 200, answer)

    @app.post("/legs/{leg_id}/secrets")
    async def secret(leg_id: str, asked: AskSecret, key: Key) -> Response:
        found = fleet.leg_of(leg_id)
        return once(key, 201, lambda: fleet.make_secret(found, asked))

    @app.delete("/legs/{leg_id}/secrets/{secret_id}", status_code=204)
    async def revoke(leg_id: str, secret_id: str) -> None:
        fleet.revoke(fleet.leg_of(leg_id), secret_id)

    @app.get("/events")
    async def events(
        after: Annotated[int, Query(ge=0)] = 0, limit: Annotated[int, Query(ge=1, le=500)] = 100
    ) -> dict[str, Any]:
        return {"items": fleet.log[after : after + limit], "last": len(fleet.log)}


def _add_sandbox(app: FastAPI, fleet: Fleet) -> None:
    def known(vehicle_id: str) -> Trike:
        if vehicle_id not in fleet.trikes:
            raise No("unknown")
        return fleet.trikes[vehicle_id]

    @app.post("/sandbox/advance", status_code=204)
    async def advance(asked: Advance) -> None:
        street.let_pass(fleet, asked.seconds)

    @app.post("/sandbox/person", status_code=204)
    async def person(asked: Person) -> None:
        street.person(fleet, fleet.leg_of(asked.leg_id), asked)

    @app.post("/sandbox/mishap", status_code=204)
    async def mishap(asked: Mishap) -> None:
        street.befall(fleet, known(asked.vehicle_id), asked.kind, asked.ends_after_s)

    @app.post("/sandbox/contact", status_code=204)
    async def contact(asked: Contact) -> None:
        street.lose_sight(fleet, known(asked.vehicle_id), asked.seconds)

    @app.post("/sandbox/weather", status_code=204)
    async def weather(asked: SetWeather) -> None:
        fleet.weather = asked.weather

    @app.post("/sandbox/repair", status_code=204)
    async def repair(asked: Repair) -> None:
        for trike in [known(asked.vehicle_id)] if asked.vehicle_id else fleet.trikes.values():
            street.repair(fleet, trike)

    @app.post("/sandbox/hours", status_code=204)
    async def hours(asked: SetHours) -> None:
        if asked.model != "trike":
            raise No("unknown")
        fleet.hours, fleet.revision = asked.hours, fleet.revision + 1
        event = {"kind": "facts.changed", "at": fleet.now, "revision": fleet.revision}
        fleet.number(event)


def _catch_up(fleet: Fleet, told: str | None) -> None:
    """The client reads the log every second, so nothing need happen between two calls."""
    now = datetime.fromisoformat(told) if told else datetime.now(UTC)
    behind_s = int((now - fleet.now).total_seconds())
    if abs(behind_s) > _ANOTHER_TIME_S and not fleet.log:
        fleet.now = now.replace(microsecond=0)
    else:
        street.let_pass(fleet, max(0, behind_s))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--port", type=int, default=9470)
    parser.add_argument("--token", required=True)
    parser.add_argument("--at", default="47.14,9.52", help="the middle of its area: lat,lon")
    parser.add_argument("--currency", default="EUR")
    parser.add_argument("--follow", action="store_true", help="live by the client's time, as in a demo town")
    parser.add_argument("--sandbox", action="store_true", help="time stands still until it is told to pass")
    asked = parser.parse_args()
    lat, lon = map(float, asked.at.split(","))
    start = datetime.now(UTC).replace(microsecond=0)
    fleet = Fleet(Place(lat=lat, lon=lon), start, asked.currency, sandbox=asked.sandbox, people=not asked.sandbox)
    uvicorn.run(
        app_of(fleet, asked.token, follows=asked.follow), host="127.0.0.1", port=asked.port, log_level="warning"
    )


if __name__ == "__main__":
    main()
