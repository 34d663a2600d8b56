"""The whole console as one router; bootstrap mounts it."""

from fastapi import APIRouter

from homeward.fleets.couriers.identity.service import IdentityService
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.fleets.couriers.standing.service import StandingService
from homeward.fleets.couriers.traces.service import TracesService
from homeward.web.console import (
    application_pages,
    bulk_pages,
    delivery_pages,
    exception_pages,
    fleet_pages,
    live,
    pages,
    people_pages,
    promise_pages,
    rescue_pages,
    rights_pages,
    route_pages,
    search_pages,
)
from homeward.web.console.pages import Console, ConsoleDoors
from homeward.web.render import Pages


def console_router(
    doors: ConsoleDoors,
    shared: Pages,
    standing: StandingService,
    identity: IdentityService,
    traces: TracesService,
    onboarding: OnboardingService,
) -> APIRouter:
    console = Console(doors, shared)
    parts = [
        pages.router(console),
        live.router(console),
        bulk_pages.router(console),
        delivery_pages.router(console),
        people_pages.courier_router(console),
        application_pages.router(console, onboarding),
        people_pages.merchant_router(console),
        people_pages.market_router(console),
        promise_pages.router(console),
        exception_pages.router(console),
        rescue_pages.router(console),
        route_pages.router(console),
        search_pages.router(console),
        fleet_pages.router(console),
        rights_pages.rights_router(console, standing, identity, traces),
    ]
    if doors.mailbox:
        parts.append(pages.mailbox_router(console))
    whole = APIRouter()
    for part in parts:
        whole.include_router(part)
    return whole
