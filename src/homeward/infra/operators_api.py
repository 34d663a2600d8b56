"""`/v1/operator/sessions`: how a program of the operator gets the token that its other calls carry."""

from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import BaseModel, Field

from homeward.infra.auth import Auth, OperatorActor, bearer
from homeward.infra.http import responses
from homeward.infra.operators import OperatorsService, WrongCredentials
from homeward.kit.problems import TooManyRequests


class OperatorSessionBody(BaseModel):
    email: str = Field(max_length=254)
    password: str = Field(max_length=200, repr=False)


class OperatorSessionOut(BaseModel):
    token: str = Field(repr=False, description="For `Authorization: Bearer …`. It is told here and nowhere else.")


def sessions_router(service: OperatorsService, auth: Auth) -> APIRouter:
    api = APIRouter(prefix="/v1/operator/sessions", tags=["operator"])
    signed_in = Annotated[OperatorActor, Depends(auth.operator())]

    @api.post(
        "", status_code=201, response_model=OperatorSessionOut, responses=responses(WrongCredentials, TooManyRequests)
    )
    async def sign_in(body: OperatorSessionBody) -> OperatorSessionOut:
        """Signs one of the operator's people in, as at the console: what is done is done in their name."""
        return OperatorSessionOut(token=await service.sign_in(body.email, body.password))

    @api.delete("", status_code=204)
    async def sign_out(request: Request, actor: signed_in) -> Response:
        """Ends the session whose token the call carries."""
        token = bearer(request)
        if token is not None:
            await auth.close_session(token)
        return Response(status_code=204)

    return api
