"""The one place that builds everything. Whoever wants to know what is connected to what reads this file.

A process asks for a `Platform`, and then runs one of three things on it: the app (`serve`), the loops of the worker
(`work`), or the planner (`plan`). Tests build the same platform on a database and a clock of their own.
"""

import asyncio
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import timedelta
from typing import Final

import httpx
import uvicorn

from homeward.coverage.service import CoverageService
from homeward.deliveries.carried.service import CarriedService
from homeward.deliveries.feedback.service import FeedbackService
from homeward.deliveries.proof_pdf.service import ProofPdfService
from homeward.deliveries.relay import Relay
from homeward.deliveries.robots.service import RobotsService
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.shopper.service import ShopperService
from homeward.dispatch.open_offers.service import OpenOffersService
from homeward.dispatch.record.service import RecordService
from homeward.dispatch.service import DispatchService
from homeward.facades.doordash_drive.webhooks import DriveWebhooks
from homeward.facades.golocal.webhooks import GoLocalWebhooks
from homeward.facades.remembered import FacadeQuotes
from homeward.facades.uber_direct.webhooks import UberWebhooks
from homeward.finance.claims.service import ClaimsService
from homeward.fleets.autonomous.connections import FleetConnections
from homeward.fleets.autonomous.service import AutonomousService
from homeward.fleets.carriers.connections import Connections
from homeward.fleets.carriers.service import CarriersService
from homeward.fleets.city_reports.render import provider_id_of
from homeward.fleets.city_reports.service import CityReportsService
from homeward.fleets.conditions.service import Conditions
from homeward.fleets.conditions.sources import GeoJsonNotices, OpenMeteo
from homeward.fleets.couriers.drivers.service import DriversService
from homeward.fleets.couriers.identity.service import IdentityService
from homeward.fleets.couriers.journeys.service import JourneysService
from homeward.fleets.couriers.limits.service import LimitsService
from homeward.fleets.couriers.model import SignInLimits
from homeward.fleets.couriers.onboarding.checks import ChecksByHand
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.fleets.couriers.service import CouriersService
from homeward.fleets.couriers.standing.service import StandingService
from homeward.fleets.couriers.traces.service import TracesService, Unexplained
from homeward.infra.auth import Auth
from homeward.infra.db import Database
from homeward.infra.event_log import Tail
from homeward.infra.idempotency import forget_old
from homeward.infra.jobs import Loop, run_loops
from homeward.infra.operators import OperatorsService
from homeward.infra.passwords import Passwords
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs, configure_traces
from homeward.kit.clock import Clock
from homeward.merchants.credentials.model import Dialect
from homeward.merchants.credentials.service import CredentialsService
from homeward.merchants.service import MerchantsService
from homeward.merchants.team.service import TeamService
from homeward.messages.channels import channels_from
from homeward.messages.relay.service import RelayService
from homeward.messages.service import MessagesService
from homeward.messages.webhooks.dialects import WebhookDialect
from homeward.messages.webhooks.egress import networks
from homeward.messages.webhooks.positions import PositionsService
from homeward.messages.webhooks.sending import Sender
from homeward.messages.webhooks.service import WebhooksService
from homeward.messages.webhooks.stories import DeliveryStories
from homeward.quotes.eligibility import EligibilityService
from homeward.quotes.learning import PromiseLearning
from homeward.quotes.service import QuotesService
from homeward.routing.client import Roads
from homeward.routing.geocoding.choice import choose_geocoder
from homeward.routing.geocoding.model import Geocoder
from homeward.routing.repository import StoredRoadServers

_HOURLY_S: Final = 3600.0


@dataclass(frozen=True, slots=True)
class Platform:
    """All services of one process, on one database and one clock."""

    settings: Settings
    clock: Clock
    db: Database
    auth: Auth
    operators: OperatorsService
    roads: Roads
    geocoder: Geocoder
    merchants: MerchantsService
    credentials: CredentialsService
    team: TeamService
    coverage: CoverageService
    quotes: QuotesService
    eligibility: EligibilityService
    promises: PromiseLearning
    deliveries: DeliveriesService
    proof_pdf: ProofPdfService
    robots: RobotsService
    couriers: CouriersService
    standing: StandingService
    traces: TracesService
    identity: IdentityService
    own_limits: LimitsService
    drivers: DriversService
    journeys: JourneysService
    onboarding: OnboardingService
    dispatch: DispatchService
    open_offers: OpenOffersService
    record: RecordService
    carriers: CarriersService
    machines: AutonomousService
    city_reports: CityReportsService
    messages: MessagesService
    relay: RelayService
    webhooks: WebhooksService
    positions: PositionsService
    facade_quotes: FacadeQuotes
    feedback: FeedbackService
    shopper: ShopperService
    claims: ClaimsService
    tail: Tail


def build(
    settings: Settings,
    db: Database,
    clock: Clock,
    *,
    roads: Roads | None = None,
    passwords: Passwords | None = None,
    carriers_http: httpx.AsyncClient | None = None,
    fleets_http: httpx.AsyncClient | None = None,
) -> Platform:
    """Connect the services. `roads`, `passwords` and the ways to carriers and fleets are for tests of their own."""
    passwords = passwords or Passwords()
    carriers_http, fleets_http = carriers_http or _outgoing(), fleets_http or _outgoing()
    roads = roads or Roads(StoredRoadServers(db))
    auth, geocoder = Auth(db), choose_geocoder(settings.geocoder_url, db)
    coverage, messages = CoverageService(db, clock), _messages(settings, db, clock)
    merchants = MerchantsService(db, clock, auth, geocoder, coverage, passwords)
    quotes = QuotesService(db, clock, roads, geocoder, coverage, merchants)
    deliveries = DeliveriesService(db, clock, quotes, settings.base_url, _relay(settings))
    feedback, robots = FeedbackService(db, clock, deliveries), RobotsService(db, clock, deliveries)
    standing = StandingService(db, clock, messages)
    identity = IdentityService(db, clock, deliveries, doubts=Unexplained(db, clock))
    gates, limits = (standing, identity), _sign_in_limits(settings)
    couriers = CouriersService(db, clock, auth, messages, deliveries, limits=limits, robots=robots, gates=gates)
    stories, dialects = DeliveryStories(deliveries), webhook_dialects()
    machines = _machines(settings, db, clock, coverage, deliveries, fleets_http)
    dispatch = DispatchService(db, clock, roads, coverage, deliveries, couriers, machines=machines)
    return Platform(
        settings=settings,
        clock=clock,
        db=db,
        auth=auth,
        operators=OperatorsService(db, clock, auth, passwords),
        roads=roads,
        geocoder=geocoder,
        merchants=merchants,
        credentials=CredentialsService(db, clock, requests_per_minute=settings.api_requests_per_minute),
        team=TeamService(db, clock, auth, passwords, settings.base_url),
        coverage=coverage,
        quotes=quotes,
        eligibility=EligibilityService(db, clock, roads, quotes),
        promises=PromiseLearning(db, clock, coverage),
        deliveries=deliveries,
        proof_pdf=ProofPdfService(clock, deliveries, merchants, coverage),
        robots=robots,
        couriers=couriers,
        standing=standing,
        identity=identity,
        traces=TracesService(db, clock, couriers, CarriedService(db)),
        own_limits=LimitsService(db, clock),
        drivers=DriversService(db, merchants, couriers, deliveries),
        journeys=JourneysService(db, clock, roads, couriers),
        onboarding=OnboardingService(db, clock, auth, couriers, ChecksByHand()),
        dispatch=dispatch,
        open_offers=OpenOffersService(db, clock, coverage, deliveries, couriers),
        record=RecordService(db, clock, CarriedService(db), couriers),
        carriers=CarriersService(
            db, clock, coverage, deliveries, couriers, dispatch, Connections(db, clock, carriers_http)
        ),
        machines=machines,
        city_reports=_city_reports(settings, db, clock, coverage, machines, deliveries),
        messages=messages,
        relay=RelayService(db, deliveries, couriers),
        webhooks=_webhooks(settings, db, clock, stories, dialects),
        positions=PositionsService(db, clock, stories, (couriers, machines), dialects),
        facade_quotes=FacadeQuotes(db, clock),
        feedback=feedback,
        shopper=ShopperService(db, clock, deliveries, feedback, merchants),
        claims=ClaimsService(db, clock, deliveries),
        tail=Tail(db),
    )


def _relay(settings: Settings) -> Relay:
    return Relay(settings.relay_phone, timedelta(minutes=settings.relay_after_end_minutes))


def _machines(
    settings: Settings,
    db: Database,
    clock: Clock,
    coverage: CoverageService,
    deliveries: DeliveriesService,
    http: httpx.AsyncClient,
) -> AutonomousService:
    weather = OpenMeteo(http, settings.weather_url) if settings.weather_url else None
    notices = GeoJsonNotices(http, settings.city_notices_url) if settings.city_notices_url else None
    conditions = Conditions(clock, weather, notices)
    return AutonomousService(db, clock, coverage, deliveries, FleetConnections(db, clock, http), conditions)


def _outgoing() -> httpx.AsyncClient:
    """Goes where it is told and nowhere else: no redirect and no proxy of the environment leads it astray."""
    return httpx.AsyncClient(follow_redirects=False, trust_env=False)


def _city_reports(
    settings: Settings,
    db: Database,
    clock: Clock,
    coverage: CoverageService,
    machines: AutonomousService,
    deliveries: DeliveriesService,
) -> CityReportsService:
    provider_id = settings.city_provider_id or provider_id_of(settings.base_url)
    return CityReportsService(db, clock, coverage, machines, deliveries, provider_id)


def webhook_dialects() -> dict[str, WebhookDialect]:
    """Webhooks in other delivery APIs' words, by the dialect's name."""
    return {
        Dialect.GOLOCAL: GoLocalWebhooks(),
        Dialect.DOORDASH_DRIVE: DriveWebhooks(),
        Dialect.UBER_DIRECT: UberWebhooks(),
    }


def _webhooks(
    settings: Settings, db: Database, clock: Clock, stories: DeliveryStories, dialects: dict[str, WebhookDialect]
) -> WebhooksService:
    sender = Sender(networks(settings.webhook_allowed_networks))
    return WebhooksService(db, clock, sender, stories=stories, dialects=dialects, kept=settings.sent_kept)


def _messages(settings: Settings, db: Database, clock: Clock) -> MessagesService:
    channels = channels_from(
        settings.smtp_url, settings.email_sender, settings.text_gateway_url, settings.text_gateway_token
    )
    return MessagesService(db, clock, channels, settings.base_url, kept=settings.sent_kept)


def _sign_in_limits(settings: Settings) -> SignInLimits:
    # On a demo the whole town telephones from one address.
    return SignInLimits(codes_per_ip=1_000) if settings.demo else SignInLimits()


@asynccontextmanager
async def opened(settings: Settings, app_database_url: str) -> AsyncIterator[Platform]:
    """A platform on an open pool, closed again on leaving."""
    db = Database(app_database_url)
    await db.open()
    platform = build(settings, db, settings.clock())
    try:
        yield platform
    finally:
        await platform.carriers.close()
        await platform.machines.close()
        await platform.roads.close()
        await db.close()


# ── what processes run ───────────────────────────────────────────────────────────────────────────────────────────────


def worker_loops(platform: Platform) -> Sequence[Loop]:
    """Everything that is due without anybody asking."""
    return [
        Loop("deliveries.wake", 0.5, platform.deliveries.wake_due),
        Loop("robots.drive", 0.5, platform.robots.drive),
        Loop("couriers.sweep_lost", 2.0, platform.couriers.sweep_lost),
        Loop("journeys.begin", 10.0, platform.journeys.begin_due),
        Loop("carriers.hand_out", 1.0, platform.carriers.hand_out_due),
        Loop("carriers.follow", 0.5, platform.carriers.follow_due),
        Loop("offers.choose", 0.2, platform.open_offers.draw_due),
        Loop("fleets.read", 0.5, platform.machines.read_due),
        Loop("fleets.ask", 0.5, platform.machines.ask_due),
        Loop("fleets.carry", 0.3, platform.machines.carry_due),
        Loop("webhooks.fan_out", 0.2, platform.webhooks.fan_out),
        Loop("webhooks.positions", 1.0, platform.positions.tell_due),
        Loop("webhooks.send", 0.2, platform.webhooks.send_due),
        Loop("messages.write", 0.5, platform.messages.write_messages),
        Loop("messages.send", 0.5, platform.messages.send_messages_due),
        Loop("promises.observe", 1.0, platform.promises.observe),
        Loop("promises.learn", 5.0, platform.promises.learn_all),
        Loop("couriers.forget_codes", _HOURLY_S, platform.couriers.forget_old_codes),
        Loop("identity.draw", 60.0, platform.identity.draw_due),
        Loop("identity.ask", 5.0, platform.identity.ask_due),
        Loop("identity.forget_photos", _HOURLY_S, platform.identity.forget_photos),
        Loop("traces.score", 60.0, platform.traces.score_due),
        Loop("record.measure", 60.0, platform.record.measure_due),
        Loop("traces.forget", _HOURLY_S, platform.traces.forget_old),
        Loop("couriers.forget_positions", _HOURLY_S, platform.couriers.forget_old_positions),
        Loop("journeys.forget", _HOURLY_S, platform.journeys.forget_old),
        Loop("dispatch.forget_inputs", _HOURLY_S, platform.dispatch.forget_old_inputs),
        Loop("fleets.forget", _HOURLY_S, platform.machines.forget_old),
        Loop("carriers.forget", _HOURLY_S, platform.carriers.forget_old),
        Loop("sessions.forget", _HOURLY_S, platform.auth.forget_ended_sessions),
        Loop("webhooks.forget_positions", _HOURLY_S, platform.positions.forget_old),
        Loop("webhooks.forget", _HOURLY_S, platform.webhooks.forget_old),
        Loop("messages.forget", _HOURLY_S, platform.messages.forget_old),
        Loop("tokens.forget", _HOURLY_S, platform.credentials.forget_ended_tokens),
        Loop("facade_quotes.forget", _HOURLY_S, platform.facade_quotes.forget_old),
        Loop("idempotency.forget", _HOURLY_S, lambda: forget_old(platform.db)),
    ]


def planner_loops(platform: Platform) -> Sequence[Loop]:
    """Dispatch. `plan_all` keeps each market's own rhythm; the loop only has to come by often enough."""
    return [Loop("dispatch.plan", 0.2, platform.dispatch.plan_all)]


async def serve_forever(settings: Settings) -> None:
    """API and pages on the port of the settings."""
    from homeward.app import create_app

    async with _process(settings, "serve") as platform:
        tail = asyncio.create_task(platform.tail.run(), name="event tail")
        config = uvicorn.Config(
            create_app(platform),
            host=settings.host,
            port=settings.port,
            log_config=None,
            access_log=False,
            server_header=False,  # pages of merchants' brands name no one else
            proxy_headers=True,
            forwarded_allow_ips=settings.trusted_proxies,
            timeout_graceful_shutdown=3,
        )
        await uvicorn.Server(config).serve()
        tail.cancel()
        with suppress(asyncio.CancelledError):
            await tail


async def work_forever(settings: Settings) -> None:
    """The worker's loops."""
    async with _process(settings, "work") as platform:
        await run_loops(worker_loops(platform))


async def plan_forever(settings: Settings) -> None:
    """The planner's loop."""
    async with _process(settings, "plan") as platform:
        try:
            await run_loops(planner_loops(platform))
        finally:
            await platform.dispatch.release_all()  # so that another planner need not wait for the leases to end


@asynccontextmanager
async def _process(settings: Settings, name: str) -> AsyncIterator[Platform]:
    configure_logs(settings.log_level, settings.log_json, name)
    configure_traces(settings.otlp_endpoint, name)
    if settings.app_database_url is None:
        raise SystemExit("Set HOMEWARD_APP_DATABASE_URL, or start everything with `homeward up`.")
    async with opened(settings, settings.app_database_url) as platform:
        yield platform
