"""`/v1/credentials`: sign-in for shops that speak another delivery API's dialect."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import APIRouter, Depends, Response
from pydantic import BaseModel, ConfigDict, Field

from homeward.infra.auth import Auth, MerchantActor
from homeward.infra.http import responses
from homeward.kit.problems import Forbidden, NotFound
from homeward.merchants.credentials.model import Credential, Dialect
from homeward.merchants.credentials.service import CredentialsService


class NewCredentialBody(BaseModel):
    model_config = ConfigDict(extra="forbid")

    dialect: Dialect
    mode: Literal["live", "test"] = "test"
    name: str = Field("", max_length=80)


class CredentialOut(BaseModel, from_attributes=True):
    """`account` is your number in that dialect: clientId, developer_id or customer_id."""

    id: str
    dialect: Dialect
    mode: Literal["live", "test"]
    name: str
    account: str
    client_id: str
    key_id: str | None
    hint: str
    created_at: datetime
    last_used_at: datetime | None
    revoked_at: datetime | None


class NewCredentialOut(CredentialOut):
    """`secret` is shown this once: client_secret, or signing_secret where your software signs its own tokens."""

    secret: str = Field(repr=False)


class CredentialsOut(BaseModel):
    items: list[CredentialOut]


def credentials_router(service: CredentialsService, auth: Auth) -> APIRouter:
    """Live credentials may do all that an owner may, so only an owner makes them; test ones cannot reach live data."""
    routes = APIRouter(prefix="/v1/credentials", tags=["merchant"])
    developer = Annotated[MerchantActor, Depends(auth.merchant("owner", "developer"))]

    @routes.get("", response_model=CredentialsOut)
    async def list_credentials(actor: developer) -> CredentialsOut:
        """All of them, newest first, without their secrets."""
        return CredentialsOut(items=[_out(each) for each in await service.all(actor.merchant_id)])

    @routes.post("", status_code=201, response_model=NewCredentialOut, responses=responses(Forbidden))
    async def create_credential(body: NewCredentialBody, actor: developer, response: Response) -> NewCredentialOut:
        """Makes a credential and shows its secret, this once."""
        _require_live(actor)
        if body.mode == "live" and actor.role not in ("owner", "key"):
            raise Forbidden("owner")
        response.headers["Cache-Control"] = "no-store"
        new = await service.create(actor.merchant_id, body.mode, body.dialect, body.name, by=actor.label)
        return NewCredentialOut(**_out(new.credential).model_dump(), secret=new.secret)

    @routes.delete("/{credential_id}", response_model=CredentialOut, responses=responses(Forbidden, NotFound))
    async def revoke_credential(credential_id: str, actor: developer) -> CredentialOut:
        """Revokes it for good, with every token it was exchanged for."""
        _require_live(actor)
        return _out(await service.revoke(actor.merchant_id, credential_id, by=actor.label))

    return routes


def _out(credential: Credential) -> CredentialOut:
    return CredentialOut.model_validate(credential)


def _require_live(actor: MerchantActor) -> None:
    # As with API keys: a test key lies in scripts and on laptops, it must not be able to make itself a live one.
    if actor.role == "key" and actor.mode == "test":
        raise Forbidden("a live key or a signed-in person")
