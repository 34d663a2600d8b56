"""The web application: every router of every feature, mounted in one place."""

from collections.abc import Sequence
from typing import Final
from urllib.parse import urlsplit

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse

from homeward import __version__
from homeward.bootstrap import Platform
from homeward.coverage import api as coverage_api
from homeward.deliveries import api as deliveries_api
from homeward.deliveries.feedback.api import feedback_router
from homeward.deliveries.proof_pdf.api import proof_pdf_router
from homeward.deliveries.robots.api import robots_router
from homeward.deliveries.shopper.api import reports_router
from homeward.dispatch import api as dispatch_api
from homeward.dispatch.desk.search import SearchService
from homeward.dispatch.desk.service import DeskService
from homeward.dispatch.moves import api as moves_api
from homeward.dispatch.open_offers import api as open_offers_api
from homeward.dispatch.record import api as record_api
from homeward.facades.doordash_drive.auth import DriveAuth
from homeward.facades.doordash_drive.businesses import Businesses
from homeward.facades.doordash_drive.door import DriveParts, drive_door
from homeward.facades.doordash_drive.service import DriveService
from homeward.facades.golocal.aftercare import GoLocalAftercare
from homeward.facades.golocal.door import golocal_door
from homeward.facades.golocal.service import GoLocalService
from homeward.facades.golocal.simulator import GoLocalSimulator
from homeward.facades.shell import DialectDoor, DialectSwitch, Voices
from homeward.facades.uber_direct.door import uber_door
from homeward.facades.uber_direct.organizations import Organizations
from homeward.facades.uber_direct.service import UberService
from homeward.finance.claims.api import claims_router
from homeward.fleets.autonomous import api as fleets_api
from homeward.fleets.carriers import api as carriers_api
from homeward.fleets.city_reports import api as city_api
from homeward.fleets.couriers import api as couriers_api
from homeward.fleets.couriers.drivers.api import drivers_router
from homeward.fleets.couriers.identity import api as identity_api
from homeward.fleets.couriers.journeys.api import journeys_router
from homeward.fleets.couriers.limits.api import limits_router
from homeward.fleets.couriers.onboarding.api import applicant_router, onboarding_router
from homeward.fleets.couriers.standing import api as standing_api
from homeward.fleets.couriers.traces import api as traces_api
from homeward.infra.deprecation import ENDINGS, TellEndings, mark_endings
from homeward.infra.http import install_shell, metrics_response, responses
from homeward.infra.json_body import StrictJson
from homeward.infra.operators_api import sessions_router
from homeward.infra.rate_limits import RateLimited
from homeward.kit.problems import MalformedRequest, NotFound, TooManyRequests, Unavailable
from homeward.merchants import api as merchants_api
from homeward.merchants.credentials.api import credentials_router
from homeward.merchants.team.api import invitations_router
from homeward.messages import api as messages_api
from homeward.messages.failures import Failures
from homeward.messages.relay import api as relay_api
from homeward.messages.webhooks.api import webhooks_router
from homeward.messages.webhooks.delivery_log import DeliveryLog
from homeward.quotes import api as quotes_api
from homeward.quotes.eligibility_api import eligibility_router
from homeward.routing.addresses_api import router as addresses_router
from homeward.routing.tiles import tile_router
from homeward.web.console.app import console_router
from homeward.web.console.pages import ConsoleDoors
from homeward.web.courier.apply_pages import apply_router
from homeward.web.courier.journey_pages import journeys_pages
from homeward.web.courier.open_offers import open_offers_router
from homeward.web.courier.pages import CourierApp, CourierDoors, courier_router
from homeward.web.courier.rights_pages import rights_router
from homeward.web.languages import language_router
from homeward.web.portal.app import portal_router
from homeward.web.portal.pages import PortalDoors
from homeward.web.reference.pages import reference_router
from homeward.web.render import Pages
from homeward.web.static_files import assets_app
from homeward.web.tracking.app import tracking_router
from homeward.web.tracking.fence import HostFence
from homeward.web.tracking.pages import TrackingDoors, nothing

_DESCRIPTION: Final = """
Quote a delivery, book it, follow it. Money is whole minor units with a currency, moments are RFC 3339 in UTC,
lists come in pages with a cursor. POSTs that buy or move something take an `Idempotency-Key`: repeats do nothing twice.
Errors are RFC 9457 problem details with a stable `code`.
"""

# Couriers' phones send the photos of a door with the report.
_PHOTOS: Final = {
    "/v1/courier/legs/": 40_000_000,
    "/courier/legs/": 40_000_000,
    "/v1/courier/identity-checks/": 15_000_000,
    "/courier/identity-checks/": 15_000_000,
    "/courier/apply/documents/": 15_000_000,
    "/t/": 12_000_000,
    "/v1/applicant/documents": 14_100_000,
}


def create_app(platform: Platform) -> FastAPI:
    """The app of one process. It owns nothing: the platform is opened and closed by whoever runs it."""
    app = FastAPI(
        title="Delivery API",  # no name of ours: merchants show these pages to their own developers
        version=__version__,
        description=_DESCRIPTION,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        # Without this every route would claim to answer wrong input in the framework's own form.
        responses=responses(MalformedRequest, TooManyRequests, Unavailable),
    )
    pages = Pages()
    doors = dialect_doors(platform)
    voices = Voices(doors)
    # The last one added is the first to be asked: shell, host, how often, what, in which dialect.
    app.add_middleware(TellEndings, endings=ENDINGS)
    app.add_middleware(DialectSwitch, doors=doors)
    app.add_middleware(StrictJson, refuse=voices.refuse)
    app.add_middleware(
        RateLimited,
        per_minute=platform.settings.api_requests_per_minute,
        paths=("/v1/", *voices.prefixes),
        refuse=voices.refuse,
    )
    _fence_hosts(app, platform, pages)
    install_shell(app, platform.db, larger_bodies=_PHOTOS, refuse=voices.refuse)
    _describe_dialects(app, doors)
    _mount_api(app, platform)
    _mount_pages(app, platform, pages)
    _mount_operations(app, platform)
    mark_endings(app)
    return app


def dialect_doors(p: Platform) -> list[DialectDoor]:
    """Every other delivery API that we answer to."""
    return [_golocal(p), _drive(p), _uber(p)]


def _golocal(p: Platform) -> DialectDoor:
    service = GoLocalService(p.clock, p.deliveries, p.quotes, p.eligibility, p.merchants, p.coverage)
    aftercare = GoLocalAftercare(p.deliveries, p.feedback)
    return golocal_door(service, aftercare, GoLocalSimulator(p.deliveries, p.robots), p.credentials)


def _drive(p: Platform) -> DialectDoor:
    businesses = Businesses(p.db, p.merchants)
    service = DriveService(
        p.db, p.clock, p.deliveries, p.quotes, businesses, p.couriers, p.facade_quotes, p.settings.relay_phone
    )
    auth = DriveAuth(p.credentials, p.settings.api_requests_per_minute)
    return drive_door(
        DriveParts(auth=auth, service=service, businesses=businesses, claims=p.claims, geocoder=p.geocoder)
    )


def _uber(p: Platform) -> DialectDoor:
    service = UberService(p.clock, p.deliveries, p.quotes, p.couriers, p.facade_quotes, p.settings.relay_phone)
    return uber_door(p.credentials, service, Organizations(p.merchants))


def _describe_dialects(app: FastAPI, doors: Sequence[DialectDoor]) -> None:
    by_name = {str(door.dialect): door.app for door in doors}

    @app.get("/docs/dialects/{dialect}.json", include_in_schema=False)
    async def description(dialect: str) -> JSONResponse:
        """OpenAPI of a dialect, as we serve it."""
        if dialect not in by_name:
            raise NotFound("dialect", dialect)
        return JSONResponse(by_name[dialect].openapi())


def _fence_hosts(app: FastAPI, p: Platform, pages: Pages) -> None:
    """On a merchant's own host only its shoppers' pages answer."""

    async def merchant_of(host: str) -> str | None:
        merchant = await p.merchants.by_tracking_domain(host)
        return merchant.id if merchant else None

    def refuse(request: Request, status: int) -> Response:
        return nothing(pages, request, status)

    own_hosts = frozenset({urlsplit(p.settings.base_url).hostname or "", "localhost", "127.0.0.1", "[::1]"})
    app.add_middleware(HostFence, merchant_of=merchant_of, own_hosts=own_hosts, refuse=refuse)


def _mount_api(app: FastAPI, p: Platform) -> None:
    app.include_router(quotes_api.router(p.quotes, p.auth))
    app.include_router(eligibility_router(p.eligibility, p.auth))
    app.include_router(coverage_api.router(p.coverage, p.auth))
    app.include_router(deliveries_api.router(p.deliveries, p.auth))
    app.include_router(robots_router(p.robots, p.auth))
    app.include_router(proof_pdf_router(p.proof_pdf, p.auth))
    app.include_router(feedback_router(p.feedback, p.auth))
    app.include_router(reports_router(p.shopper, p.auth))
    app.include_router(claims_router(p.claims, p.auth))
    app.include_router(merchants_api.router(p.merchants, p.auth))
    app.include_router(credentials_router(p.credentials, p.auth))
    app.include_router(invitations_router(p.team, p.auth))
    app.include_router(webhooks_router(p.webhooks, p.auth))
    app.include_router(addresses_router(p.geocoder, p.auth))
    app.include_router(couriers_api.router(p.couriers, p.auth, p.clock))
    _mount_courier_rights(app, p)
    app.include_router(limits_router(p.own_limits, p.auth))
    app.include_router(drivers_router(p.drivers, p.auth))
    app.include_router(journeys_router(p.journeys, p.auth, p.clock))
    app.include_router(applicant_router(p.onboarding, p.couriers, p.auth))
    app.include_router(dispatch_api.router(p.dispatch, p.auth))
    app.include_router(open_offers_api.courier_router(p.open_offers, p.auth))
    app.include_router(open_offers_api.operator_router(p.open_offers, p.auth))
    app.include_router(sessions_router(p.operators, p.auth))
    app.include_router(coverage_api.operator_router(p.coverage, p.auth))
    app.include_router(quotes_api.operator_router(p.quotes, p.auth))
    app.include_router(quotes_api.promises_router(p.promises, p.auth))
    app.include_router(merchants_api.operator_router(p.merchants, p.auth))
    app.include_router(deliveries_api.operator_router(p.deliveries, p.auth))
    app.include_router(couriers_api.operator_router(p.couriers, p.auth, p.clock))
    app.include_router(onboarding_router(p.onboarding, p.auth))
    app.include_router(dispatch_api.operator_router(p.dispatch, p.auth))
    app.include_router(moves_api.router(p.dispatch.moves, p.auth))
    app.include_router(carriers_api.operator_router(p.carriers, p.auth))
    app.include_router(fleets_api.operator_router(p.machines, p.auth, p.clock))
    app.include_router(fleets_api.merchant_router(p.machines, p.deliveries, p.auth))
    app.include_router(fleets_api.courier_router(p.machines, p.deliveries, p.auth))
    app.include_router(city_api.operator_router(p.city_reports, p.auth))
    app.include_router(city_api.city_router(p.city_reports))
    app.include_router(relay_api.operator_router(p.relay, p.auth))
    app.include_router(carriers_api.hooks_router(p.carriers))
    app.include_router(tile_router(p.settings.data_dir))
    if p.settings.demo:
        app.include_router(messages_api.mailbox_router(p.messages))


def _mount_courier_rights(app: FastAPI, p: Platform) -> None:
    """What couriers may expect, and what the operator's people answer for by name."""
    app.include_router(standing_api.courier_router(p.standing, p.auth, p.clock))
    app.include_router(standing_api.operator_router(p.standing, p.auth, p.clock))
    app.include_router(traces_api.courier_router(p.traces, p.auth))
    app.include_router(traces_api.operator_router(p.traces, p.auth))
    app.include_router(identity_api.courier_router(p.identity, p.auth, p.clock))
    app.include_router(identity_api.operator_router(p.identity, p.auth))
    app.include_router(record_api.courier_router(p.record, p.auth))
    app.include_router(record_api.operator_router(p.record, p.auth))


def _mount_pages(app: FastAPI, p: Platform, pages: Pages) -> None:
    app.mount("/assets", assets_app())
    app.include_router(language_router())
    tracking = TrackingDoors(p.clock, p.deliveries, p.merchants, p.couriers, p.coverage, p.tail, p.machines, p.shopper)
    app.include_router(tracking_router(tracking, pages))
    courier = CourierDoors(
        p.clock, p.auth, p.couriers, p.dispatch, p.deliveries, p.coverage, p.open_offers, p.settings.demo
    )
    app.include_router(courier_router(courier, pages))
    app.include_router(open_offers_router(CourierApp(courier, pages)))
    app.include_router(apply_router(CourierApp(courier, pages), p.onboarding))
    app.include_router(journeys_pages(CourierApp(courier, pages), p.journeys, p.geocoder))
    app.include_router(rights_router(CourierApp(courier, pages), p.standing, p.identity, p.record))
    app.include_router(reference_router(app, p.settings.base_url, pages))
    console = ConsoleDoors(
        clock=p.clock,
        auth=p.auth,
        operators=p.operators,
        merchants=p.merchants,
        coverage=p.coverage,
        quotes=p.quotes,
        promises=p.promises,
        deliveries=p.deliveries,
        couriers=p.couriers,
        machines=p.machines,
        dispatch=p.dispatch,
        messages=p.messages,
        webhooks=DeliveryLog(p.db),
        desk=DeskService(p.db, p.clock),
        failures=Failures(p.db),
        search=SearchService(p.db),
        tail=p.tail,
        mailbox=p.settings.demo or not (p.settings.smtp_url and p.settings.text_gateway_url),
    )
    app.include_router(console_router(console, pages, p.standing, p.identity, p.traces, p.onboarding))
    portal = PortalDoors(
        clock=p.clock,
        auth=p.auth,
        merchants=p.merchants,
        coverage=p.coverage,
        quotes=p.quotes,
        deliveries=p.deliveries,
        proof_pdf=p.proof_pdf,
        webhooks=p.webhooks,
        credentials=p.credentials,
        geocoder=p.geocoder,
        feedback=p.feedback,
        shopper=p.shopper,
        machines=p.machines,
        drivers=p.drivers,
        team=p.team,
    )
    app.include_router(portal_router(portal, pages))


def _mount_operations(app: FastAPI, p: Platform) -> None:
    @app.get("/metrics", include_in_schema=False, dependencies=[Depends(p.auth.operator())])
    async def metrics() -> Response:
        return metrics_response()
