"""What a telephone provider's call flow asks. For the operator only: the answer holds a number."""

from datetime import datetime
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query
from pydantic import BaseModel, Field

from homeward.infra.auth import Auth, OperatorActor
from homeward.infra.http import responses
from homeward.kit.problems import Forbidden, MalformedRequest, NotFound, Unauthenticated
from homeward.messages.relay.policy import Party
from homeward.messages.relay.service import RelayService


class ConnectOut(BaseModel):
    caller: Party | None = Field(description="who calls, by the number; null for a number that we do not know")
    party: Party
    phone: str = Field(description="dial it, show the relay's own number to both")


class RelayOut(BaseModel):
    delivery_id: str
    connect: ConnectOut | None = Field(description="null: say `to_caller` and hang up")
    to_caller: str = Field(description="say it before connecting")
    to_called: str = Field(description="say it to whoever answers")
    until: datetime | None = Field(description="when the code is spent; null while the courier has the delivery")


def operator_router(service: RelayService, auth: Auth) -> APIRouter:
    """Mounted for the operator's credentials."""
    routes = APIRouter(prefix="/v1/operator", tags=["Operator: relay"])
    signed_in = Annotated[OperatorActor, Depends(auth.operator())]
    refusals = responses(Unauthenticated, Forbidden, MalformedRequest, NotFound)

    @routes.get("/relay/{code}", responses=refusals)
    async def look_up_relay_code(
        code: Annotated[str, Path(max_length=12)],
        actor: signed_in,
        caller: Annotated[
            str | None, Query(max_length=32, description="the caller's number; leave out if it is withheld")
        ] = None,
    ) -> RelayOut:
        """Whom a caller who dialled this code is connected with. Each question stands in the audit record."""
        answer = await service.look_up(code, caller, by=f"operator:{actor.user_id}")
        connect = answer.connect
        return RelayOut(
            delivery_id=answer.delivery_id,
            connect=ConnectOut(caller=connect.caller, party=connect.party, phone=connect.phone) if connect else None,
            to_caller=answer.to_caller,
            to_called=answer.to_called,
            until=answer.until,
        )

    return routes
