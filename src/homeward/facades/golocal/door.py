"""Where this dialect comes in: its routes, and its voice for everything that goes wrong."""

from typing import Final

from fastapi import Request, Response

from homeward.facades.golocal import api
from homeward.facades.golocal.aftercare import GoLocalAftercare
from homeward.facades.golocal.errors import Refused, envelope, status_of, wrongs_of
from homeward.facades.golocal.service import GoLocalService
from homeward.facades.golocal.simulator import GoLocalSimulator
from homeward.facades.shell import DialectDoor, Reply, dialect_app, said
from homeward.kit.problems import Problem
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService

_DESCRIPTION: Final = "The client API that existing integrations call, over this network. Names are for compatibility."


class GoLocalVoice:
    """A list of errors, whatever happened."""

    def refuse(self, problem: Problem) -> Reply:
        wrongs = wrongs_of(problem)
        return Reply(status_of(wrongs), envelope(wrongs), problem.headers())


def golocal_door(
    service: GoLocalService,
    aftercare: GoLocalAftercare,
    simulator: GoLocalSimulator,
    credentials: CredentialsService,
) -> DialectDoor:
    """Production and sandbox are the same routes under two bases."""
    voice = GoLocalVoice()
    app = dialect_app("Delivery client API", _DESCRIPTION, voice)

    async def refused(request: Request, refusal: Exception) -> Response:
        assert isinstance(refusal, Refused)
        return said(Reply(status_of(refusal.wrongs), envelope(refusal.wrongs)))

    app.add_exception_handler(Refused, refused)
    app.include_router(api.token_router(credentials))
    for mode, base, tag in (("live", api.LIVE, "production"), ("test", api.SANDBOX, "sandbox")):
        routes = api.delivery_router(service, aftercare, api.callers(credentials, "live" if mode == "live" else "test"))
        app.include_router(routes, prefix=base, tags=[tag])
    steps = api.simulator_router(simulator, api.callers(credentials, "test"))
    app.include_router(steps, prefix=api.SIMULATOR, tags=["simulator"])
    return DialectDoor(Dialect.GOLOCAL, (api.PREFIX,), app, voice)
