"""A fleet as its clients see it: the contract's calls over HTTP, with typed answers and typed failures.

Silence, a broken server and an answer that nobody can read are CarrierUnavailable, a token that is not good is
CarrierLoginInvalid, a call that the contract does not have is CarrierRefused: as with every other company that carries.
A no of the fleet itself is Refused, and says which limit.
"""

from typing import Any, Final, TypeVar
from urllib.parse import quote as escaped
from urllib.parse import urlencode

import httpx
from pydantic import BaseModel, ValidationError

from homeward.fleets.carriers.contract import CarrierRefused, CarrierUnavailable
from homeward.fleets.carriers.wire import Wire, told
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
from homeward.fleets.contract.news import Events
from homeward.fleets.contract.sandbox import (
    ActOfPerson,
    Advance,
    LostContact,
    Mishap,
    Repair,
    SetHours,
    SetWeather,
)
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import Limit
from homeward.kit.clock import Clock

Answer = TypeVar("Answer", bound=BaseModel)
_SAYS_NO: Final = (httpx.codes.NOT_FOUND, httpx.codes.CONFLICT)


class HttpFleet:
    """One fleet at one address. Calls that make something are tried again with the key that they had.

    With a `clock` every call says what time it is here, so that a fleet can tell whose clock is wrong.
    """

    def __init__(
        self, http: httpx.AsyncClient, base_url: str, token: str, pause_s: float = 1.0, clock: Clock | None = None
    ) -> None:
        self._wire = Wire(http, base_url, pause_s)
        self._token = token
        self._clock = clock

    async def facts(self) -> FactSheet:
        return await self._told(FactSheet, "GET", "/facts")

    async def vehicles(self) -> Vehicles:
        return await self._told(Vehicles, "GET", "/vehicles")

    async def feasible(self, order: LegOrder) -> Feasibility:
        return await self._told(Feasibility, "POST", "/feasible", order)

    async def quote(self, order: LegOrder, key: str) -> Quote:
        return await self._told(Quote, "POST", "/quotes", order, key)

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        return await self._told(Reservation, "POST", "/reservations", AskReservation(quote_id=quote_id), key)

    async def release(self, reservation_id: str) -> None:
        await self._sent("DELETE", f"/reservations/{_part(reservation_id)}")

    async def commit(self, reservation_id: str, key: str) -> Leg:
        return await self._told(Leg, "POST", "/legs", AskLeg(reservation_id=reservation_id), key)

    async def leg(self, leg_id: str) -> Leg:
        return await self._told(Leg, "GET", f"/legs/{_part(leg_id)}")

    async def find(self, reference: str) -> Leg | None:
        try:
            return await self._told(Leg, "GET", f"/legs?{urlencode({'reference': reference})}")
        except Refused as refused:
            if refused.refusal.limit is Limit.UNKNOWN:
                return None
            raise

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        return await self._told(ActionAnswer, "POST", f"/legs/{_part(leg_id)}/actions", asked, key)

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret:
        return await self._told(Secret, "POST", f"/legs/{_part(leg_id)}/secrets", asked, key)

    async def revoke(self, leg_id: str, secret_id: str) -> None:
        await self._sent("DELETE", f"/legs/{_part(leg_id)}/secrets/{_part(secret_id)}")

    async def events(self, after: int, limit: int) -> Events:
        return await self._told(Events, "GET", f"/events?{urlencode({'after': after, 'limit': limit})}")

    async def advance(self, asked: Advance) -> None:
        await self._sent("POST", "/sandbox/advance", asked)

    async def person(self, asked: ActOfPerson) -> None:
        await self._sent("POST", "/sandbox/person", asked)

    async def mishap(self, asked: Mishap) -> None:
        await self._sent("POST", "/sandbox/mishap", asked)

    async def lose_contact(self, asked: LostContact) -> None:
        await self._sent("POST", "/sandbox/contact", asked)

    async def set_weather(self, asked: SetWeather) -> None:
        await self._sent("POST", "/sandbox/weather", asked)

    async def repair(self, asked: Repair) -> None:
        await self._sent("POST", "/sandbox/repair", asked)

    async def set_hours(self, asked: SetHours) -> None:
        await self._sent("POST", "/sandbox/hours", asked)

    async def _told(
        self, kind: type[Answer], method: str, path: str, body: BaseModel | None = None, key: str | None = None
    ) -> Answer:
        reply = await self._sent(method, path, body, key)
        return _read(kind, reply)

    async def _sent(
        self, method: str, path: str, body: BaseModel | None = None, key: str | None = None
    ) -> httpx.Response:
        headers = {"Authorization": f"Bearer {self._token}"}
        if self._clock is not None:
            headers["Client-Time"] = self._clock.now().isoformat()
        if key is not None:
            headers["Idempotency-Key"] = key
        json: Any = None if body is None else body.model_dump(mode="json", exclude_none=True)
        reply = await self._wire.ask(method, path, json=json, headers=headers)
        if reply.status_code in _SAYS_NO:
            raise Refused(_read(Refusal, reply))
        if reply.is_client_error:
            raise CarrierRefused(*told(reply))
        if not reply.is_success:
            raise CarrierUnavailable(f"http_{reply.status_code}", "an answer that the contract does not have")
        return reply


def _read(kind: type[Answer], reply: httpx.Response) -> Answer:
    try:
        return kind.model_validate_json(reply.content)
    except ValidationError as cause:
        # The contract's types keep what they were given out of their errors, so no secret gets into this one.
        wrong = "; ".join(f"{'.'.join(map(str, each['loc']))}: {each['msg']}" for each in cause.errors()[:5])
        raise CarrierUnavailable("unreadable", f"no {kind.__name__} (status {reply.status_code}): {wrong}") from cause


def _part(text: str) -> str:
    return escaped(text, safe="")
