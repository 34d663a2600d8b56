"""The door of this dialect: its paths, its calls, and its voice for whatever goes wrong behind them."""

from typing import Final

from fastapi import Request, Response

from homeward.facades.shell import DialectDoor, Reply, dialect_app, said
from homeward.facades.uber_direct.api import CUSTOMERS, DIRECT, customer_router, organization_router
from homeward.facades.uber_direct.auth import UberAuth, token_router
from homeward.facades.uber_direct.errors import Refused, answer_to
from homeward.facades.uber_direct.organizations import Organizations
from homeward.facades.uber_direct.service import UberService
from homeward.kit.problems import Problem
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService

OAUTH: Final = "/oauth/v2"

_DESCRIPTION: Final = """
Compatible with the Uber Direct API: exchange client id and secret for a token, and speak for your customer id.
"""


class UberVoice:
    """Pure."""

    def refuse(self, problem: Problem) -> Reply:
        error = answer_to(problem)
        return Reply(error.status, error.to_json(), problem.headers())


def uber_door(credentials: CredentialsService, service: UberService, organizations: Organizations) -> DialectDoor:
    """To be mounted where its paths begin."""
    voice = UberVoice()
    auth = UberAuth(credentials)
    app = dialect_app("Delivery API, Uber Direct dialect", _DESCRIPTION, voice)
    app.add_exception_handler(Refused, _render)
    app.include_router(token_router(credentials))
    app.include_router(customer_router(service, auth))
    app.include_router(organization_router(organizations, auth))
    return DialectDoor(Dialect.UBER_DIRECT, (OAUTH, CUSTOMERS, DIRECT), app, voice)


async def _render(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return said(Reply(refused.error.status, refused.error.to_json()))
