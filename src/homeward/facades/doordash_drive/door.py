"""The door of this dialect: its paths, its calls, and its voice for whatever goes wrong behind them."""

from dataclasses import dataclass
from typing import Final

from fastapi import Request, Response

from homeward.facades.doordash_drive.api import developer_router, drive_router
from homeward.facades.doordash_drive.auth import DriveAuth
from homeward.facades.doordash_drive.businesses import Businesses
from homeward.facades.doordash_drive.errors import DriveError, Refused, answer_to
from homeward.facades.doordash_drive.service import DriveService
from homeward.facades.shell import DialectDoor, Reply, dialect_app, said
from homeward.finance.claims.service import ClaimsService
from homeward.kit.problems import Problem
from homeward.merchants.credentials.model import Dialect
from homeward.routing.geocoding.model import Geocoder

DRIVE: Final = "/drive/v2"
DEVELOPER: Final = "/developer/v1"

_DESCRIPTION: Final = """
Compatible with version 2 of the DoorDash Drive API: sign a JWT with your signing secret for every call, and name each
delivery by an id of your own.
"""


class DriveVoice:
    """Pure."""

    def refuse(self, problem: Problem) -> Reply:
        return _reply(answer_to(problem), problem)


@dataclass(frozen=True, slots=True)
class DriveParts:
    """What the door needs behind it."""

    auth: DriveAuth
    service: DriveService
    businesses: Businesses
    claims: ClaimsService
    geocoder: Geocoder


def drive_door(parts: DriveParts) -> DialectDoor:
    """To be mounted where its paths begin."""
    voice = DriveVoice()
    app = dialect_app("Delivery API, DoorDash Drive dialect", _DESCRIPTION, voice)
    app.add_exception_handler(Refused, _render)
    app.include_router(drive_router(parts.service, parts.claims, parts.geocoder, parts.auth), prefix=DRIVE)
    app.include_router(developer_router(parts.businesses, parts.auth), prefix=DEVELOPER)
    return DialectDoor(Dialect.DOORDASH_DRIVE, (DRIVE, DEVELOPER), app, voice)


async def _render(_: Request, refused: Exception) -> Response:
    assert isinstance(refused, Refused)
    return said(_reply(refused.error))


def _reply(error: DriveError, problem: Problem | None = None) -> Reply:
    return Reply(error.status, error.to_json(), problem.headers() if problem else {})
