"""A small town for dispatch: a bakery, couriers on its streets, roads as the crow flies, everything over HTTP."""

import secrets
from base64 import b64encode
from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from itertools import pairwise
from typing import Any

import httpx
import numpy as np

from homeward.coverage.service import CoverageService
from homeward.dispatch import api as dispatch_api
from homeward.dispatch.moves import api as moves_api
from homeward.dispatch.open_offers import api as open_offers_api
from homeward.dispatch.open_offers.service import OpenOffersService
from homeward.dispatch.service import DispatchService
from homeward.dispatch.travel import Travel
from homeward.fleets.couriers import api as couriers_api
from homeward.fleets.couriers.journeys.api import journeys_router
from homeward.fleets.couriers.journeys.service import JourneysService
from homeward.fleets.couriers.limits.api import limits_router
from homeward.fleets.couriers.limits.service import LimitsService
from homeward.fleets.couriers.model import Courier, Fix, NewCourier, SignInLimits, VehicleKind
from homeward.fleets.couriers.onboarding.api import applicant_router, onboarding_router
from homeward.fleets.couriers.onboarding.checks import ChecksByHand
from homeward.fleets.couriers.onboarding.service import OnboardingService
from homeward.fleets.couriers.service import CouriersService
from homeward.infra.auth import Auth
from homeward.infra.db import Database, Row, Tx, json_param
from homeward.kit.clock import ManualClock
from homeward.kit.hours_json import hours_to_json
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.windows import always_open
from homeward.routing.model import UNREACHABLE, Profile, Route, RouteLeg, TravelTable
from tests.deliveries.world import BASE_URL, World, a_photo, build_world

MARKET = "mkt_1"
SPEED_MPS = {Profile.CAR: 9.0, Profile.BICYCLE: 4.5, Profile.FOOT: 1.4}
NEAR_THE_BAKERY = LatLon(47.141, 9.521)
PHOTO_BODY = {"kind": "photo", "content_base64": b64encode(a_photo()).decode()}


class CrowRoads:
    """Straight lines, a fifth longer; places in `islands` cannot be reached."""

    def __init__(self) -> None:
        self.islands: set[LatLon] = set()
        self.asked = 0
        self.before_answer: Any = None  # an async callable, to do something while a planner waits for the roads

    def market(self, market_id: str) -> "CrowRoads":
        return self

    async def table(
        self,
        places: Sequence[LatLon],
        sources: Sequence[int] | None = None,
        destinations: Sequence[int] | None = None,
        profile: Profile = Profile.CAR,
    ) -> TravelTable:
        self.asked += 1
        if self.before_answer is not None:
            await self.before_answer()
        rows = [places[i] for i in sources] if sources is not None else list(places)
        columns = [places[i] for i in destinations] if destinations is not None else list(places)
        metres = np.array([[1.2 * great_circle_m(a, b) for b in columns] for a in rows]).reshape(
            len(rows), len(columns)
        )
        cut_off = np.array([[a != b and bool({a, b} & self.islands) for b in columns] for a in rows], dtype=bool)
        cut_off = cut_off.reshape(metres.shape)
        return TravelTable(
            np.where(cut_off, UNREACHABLE, metres / SPEED_MPS[profile]).astype(np.int32),
            np.where(cut_off, UNREACHABLE, metres).astype(np.int32),
        )

    async def route(self, places: Sequence[LatLon], profile: Profile = Profile.CAR) -> Route:
        metres = [1.2 * great_circle_m(a, b) for a, b in pairwise(places)]
        legs = tuple(RouteLeg(round(length / SPEED_MPS[profile]), round(length)) for length in metres)
        return Route(tuple((place.lat, place.lon) for place in places), legs)


class PocketCodes:
    """Keeps the codes that were sent."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []

    async def send_login_code(self, tx: Tx, *, phone: str, code: str) -> None:
        self.sent.append((phone, code))


@dataclass
class Phone:
    """A courier with the app."""

    id: str
    number: str
    http: httpx.AsyncClient

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"/v1/courier{path}")

    async def post(self, path: str, **body: Any) -> httpx.Response:
        return await self.http.post(f"/v1/courier{path}", json=body)

    async def offer(self) -> dict[str, Any] | None:
        answer = await self.get("/offer")
        return answer.json() if answer.status_code == 200 else None

    async def accept(self) -> dict[str, Any]:
        offer = await self.offer()
        assert offer is not None, "there is no offer to accept"
        answer = await self.post(f"/offers/{offer['id']}/accept")
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def route(self) -> dict[str, Any]:
        return dict((await self.get("/route")).json())

    async def next_stop(self) -> dict[str, Any] | None:
        stops = (await self.route())["stops"]
        return next((stop for stop in stops if stop["state"] == "next"), None)

    async def report(self, stop: dict[str, Any], act: str, **more: Any) -> httpx.Response:
        return await self.post(f"/legs/{stop['leg_id']}/reports", act=act, **more)

    async def do_next(self) -> str:
        """The usual next act at the next stop; returns the act."""
        stop = await self.next_stop()
        assert stop is not None, "there is nothing left to do"
        act = stop["acts"][0]
        more = {"evidence": [PHOTO_BODY]} if act == "hand_over" else {}
        answer = await self.report(stop, act, **more)
        assert answer.status_code == 200, answer.text
        return str(act)


@dataclass
class Town:
    """Everything a test of dispatch touches."""

    world: World
    roads: CrowRoads
    codes: PocketCodes
    coverage: CoverageService
    couriers: CouriersService
    dispatch: DispatchService
    open_offers: OpenOffersService
    journeys: JourneysService
    operator: httpx.AsyncClient
    phones: dict[str, Phone] = field(default_factory=dict)

    @property
    def db(self) -> Database:
        return self.world.db

    @property
    def clock(self) -> ManualClock:
        return self.world.clock

    def client(self, token: str | None = None) -> httpx.AsyncClient:
        headers = {"Authorization": f"Bearer {token}"} if token else {}
        return httpx.AsyncClient(transport=httpx.ASGITransport(self.world.app), base_url=BASE_URL, headers=headers)

    async def hired(self, name: str = "Ana Meier", vehicle: VehicleKind = VehicleKind.CAR, **more: Any) -> Courier:
        number = f"+4179{len(await self.couriers.list()):07d}"
        new = NewCourier(market_id=MARKET, name=name, phone=number, vehicle=vehicle, **more)
        return await self.couriers.create(new, by="operator:opr_1")

    async def on_duty(
        self,
        name: str = "Ana Meier",
        place: LatLon = NEAR_THE_BAKERY,
        vehicle: VehicleKind = VehicleKind.CAR,
        shift: timedelta = timedelta(hours=4),
        **more: Any,
    ) -> Phone:
        """A courier who has just gone on duty at `place`."""
        courier = await self.hired(name, vehicle, **more)
        await self.couriers.set_duty(courier.id, True, self.clock.now() + shift, place)
        token = await Auth(self.db).open_session("courier", courier.id)
        phone = Phone(courier.id, courier.phone, self.client(token))
        self.phones[name] = phone
        return phone

    async def booked(self, *, ready_in_s: float = 0, **changes: Any) -> str:
        """A delivery from the bakery, ready after `ready_in_s`."""
        return await self.world.booked(**{"ready_at": self.clock.now() + timedelta(seconds=ready_in_s), **changes})

    async def tick(self, seconds: float = 5) -> Any:
        """Time passes, everybody on duty is heard of, the planner looks once."""
        self.clock.advance(seconds)
        for phone in self.phones.values():
            await self.heard(phone)
        return await self.dispatch.plan_market(MARKET)

    async def heard(self, phone: Phone, place: LatLon | None = None) -> None:
        courier = await self.couriers.get(phone.id)
        where = place or courier.place
        if where is not None:
            await self.couriers.record_positions(phone.id, [Fix(self.clock.now(), where)])

    async def state(self, delivery_id: str) -> str:
        return str((await self.world.view(delivery_id)).delivery.state)

    async def rows(self, sql: str, **params: Any) -> list[Row]:
        async with self.db.operator() as tx:
            return await tx.all(sql, **params)

    def another_planner(self, lease_s: float = 15.0) -> DispatchService:
        """As in another process."""
        return DispatchService(
            self.db,
            self.clock,
            self.roads,
            self.coverage,
            self.world.service,
            self.couriers,
            planner_id=f"planner-{secrets.token_hex(3)}",
            lease_s=lease_s,
        )


async def build_town(db: Database, roads: Travel | None = None) -> Town:
    world = await build_world(db)
    async with db.operator() as tx:
        await tx.run(
            "UPDATE market SET hours = %(hours)s, settings = %(settings)s",
            hours=json_param(hours_to_json(always_open("Europe/Zurich"))),
            settings=json_param({"lost_contact_s": 300, "offer_decision_s": 60}),
        )
    async with db.operator() as tx:
        await tx.run("UPDATE store SET name = 'Bakery Main Street' WHERE id = 'sto_a'")
    auth, crow, codes = Auth(db), CrowRoads(), PocketCodes()
    coverage = CoverageService(db, world.clock)
    couriers = CouriersService(db, world.clock, auth, codes, world.service, limits=SignInLimits())
    dispatch = DispatchService(db, world.clock, roads or crow, coverage, world.service, couriers)
    open_offers = OpenOffersService(db, world.clock, coverage, world.service, couriers)
    journeys = JourneysService(db, world.clock, roads or crow, couriers)
    onboarding = OnboardingService(db, world.clock, auth, couriers, ChecksByHand())
    for router in (
        applicant_router(onboarding, couriers, auth),
        onboarding_router(onboarding, auth),
        couriers_api.router(couriers, auth, world.clock),
        couriers_api.operator_router(couriers, auth, world.clock),
        limits_router(LimitsService(db, world.clock), auth),
        journeys_router(journeys, auth, world.clock),
        dispatch_api.router(dispatch, auth),
        dispatch_api.operator_router(dispatch, auth),
        moves_api.router(dispatch.moves, auth),
        open_offers_api.courier_router(open_offers, auth),
        open_offers_api.operator_router(open_offers, auth),
    ):
        world.app.include_router(router)
    operator = world.client("operator")
    return Town(world, crow, codes, coverage, couriers, dispatch, open_offers, journeys, operator)
