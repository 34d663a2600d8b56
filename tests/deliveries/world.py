"""A small world for deliveries: two merchants, a store each, quotes on request, couriers who can be named."""

import secrets
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from io import BytesIO
from typing import Any

import httpx
from fastapi import FastAPI
from PIL import Image

from homeward.deliveries.api import operator_router, router
from homeward.deliveries.custody import Report
from homeward.deliveries.model import (
    Act,
    Actor,
    BookRequest,
    Contact,
    CourierCard,
    DeliveryEvent,
    DeliveryView,
    DropoffRequest,
    Evidence,
    EvidenceKind,
    Leg,
    State,
    Who,
)
from homeward.deliveries.service import DeliveriesService
from homeward.infra.auth import Auth, MerchantActor, secret_hash
from homeward.infra.db import Database, Tx
from homeward.infra.http import install_shell
from homeward.kit.clock import ManualClock
from homeward.kit.ids import new_id
from homeward.kit.money import Money
from homeward.kit.places import LatLon, great_circle_m
from homeward.kit.problems import NotFound
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.quotes import codec, repository
from homeward.quotes.errors import QuoteAlreadyBooked, QuoteExpired
from homeward.quotes.model import (
    AddressAsked,
    BookableOption,
    Dropoff,
    FeeRules,
    Parcel,
    ParcelSize,
    Price,
    PriceComponent,
    Quote,
    QuoteOption,
    QuoteRequest,
    ReasonTerm,
    ServiceClass,
)

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
BAKERY = LatLon(47.140, 9.520)
HOME = LatLon(47.160, 9.510)
BASE_URL = "http://localhost:8080"
PAY = Money(650, "CHF")
ANA = CourierCard("Ana", "bicycle")
PLANNER = Actor(Who.SYSTEM, "planner")
OPERATOR = Actor(Who.OPERATOR, "opr_1")

SEED_SQL = """
    INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, hours)
    VALUES ('mkt_1', 'town', 'Town', 'CHF', 'Europe/Zurich', 47, 9, 48, 10, 'v1', '{}');
    INSERT INTO merchant (id, slug, name, tracking_domain)
    VALUES ('mer_a', 'a', 'Bakery', 'bakery.localhost'), ('mer_b', 'b', 'Butcher', NULL);
    INSERT INTO store (id, merchant_id, market_id, name, address, lat, lon, phone, hours, pickup_instructions)
    VALUES ('sto_a', 'mer_a', 'mkt_1', 'Bakery', 'Main Street 1', 47.14, 9.52, '+41790000001', '{}', 'Knock'),
           ('sto_a2', 'mer_a', 'mkt_1', 'Bakery 2', 'Main Street 9', 47.1401, 9.52, '+41790000009', '{}', 'Back door'),
           ('sto_b', 'mer_b', 'mkt_1', 'Butcher', 'Side Street 2', 47.15, 9.53, NULL, '{}', '');
"""


class DeskQuotes:
    """Quotes without roads: distance as the crow flies, one price, certain addresses unless told otherwise."""

    def __init__(self, db: Database, clock: ManualClock) -> None:
        self._db = db
        self._clock = clock
        self.asked = 0
        self.attention: tuple[str, ...] = ()
        self.window: Window | None = None
        self.search_in = timedelta(0)
        self.price_minor = 900
        self.while_asking: Callable[[], Awaitable[None]] | None = None

    async def quote(self, actor: MerchantActor, request: QuoteRequest) -> Quote:
        self.asked += 1
        if self.while_asking:
            meanwhile, self.while_asking = self.while_asking, None
            await meanwhile()
        store = {
            "sto_a": ("mer_a", BAKERY),
            "sto_a2": ("mer_a", LatLon(47.1401, 9.52)),
            "sto_b": ("mer_b", LatLon(47.15, 9.53)),
        }.get(request.store_id)
        if store is None or store[0] != actor.merchant_id:
            raise NotFound("store", request.store_id)
        quote = self._quote(actor, request, store[1])
        row = repository.to_row(quote, codec.request_to_json(request), self._basis(quote), FeeRules())
        async with self._db.merchant(actor.merchant_id) as tx:
            await repository.add(tx, row)
        return quote

    async def get(self, merchant_id: str, quote_id: str, mode: str | None = None) -> Quote:
        async with self._db.merchant(merchant_id) as tx:
            row = await repository.get(tx, merchant_id, quote_id, mode)
        if row is None:
            raise NotFound("quote", quote_id)
        return repository.to_quote(row)

    async def option_for_booking(
        self, tx: Tx, *, merchant_id: str, mode: str, quote_id: str, option_id: str, delivery_id: str
    ) -> BookableOption:
        row = await repository.book(
            tx,
            merchant_id=merchant_id,
            mode=mode,
            quote_id=quote_id,
            option_id=option_id,
            delivery_id=delivery_id,
            now=self._clock.now(),
        )
        if row is not None:
            return repository.to_bookable(row, option_id)
        row = await repository.get(tx, merchant_id, quote_id, mode)
        if row is None:
            raise NotFound("quote", quote_id)
        if row["delivery_id"]:
            raise QuoteAlreadyBooked(quote_id, row["delivery_id"])
        raise QuoteExpired(quote_id, row["expires_at"])

    def _quote(self, actor: MerchantActor, request: QuoteRequest, store: LatLon) -> Quote:
        now = self._clock.now()
        place = request.place or HOME
        window = request.window or self.window or Window(now, now + timedelta(hours=1))
        option = QuoteOption(
            id="opt_1",
            service_class=request.service_class or ServiceClass.EXPRESS,
            window=window,
            ready_at=request.ready_at or now + timedelta(minutes=15),
            search_from=now + self.search_in,
            book_by=now + timedelta(minutes=15),
            price=Price(Money(self.price_minor, "CHF"), (PriceComponent("base", "Base", self.price_minor),)),
            reasoning=(ReasonTerm("drive", Seconds(600)),),
        )
        asked = request.address or AddressAsked(text="a pin")
        certain = not self.attention
        found = Dropoff(place, asked.line, asked, 1.0 if certain else 0.6, "exact" if certain else "street", certain)
        return Quote(
            id=new_id("quo", now),
            merchant_id=actor.merchant_id,
            mode=actor.mode,
            market_id="mkt_1",
            store_id=request.store_id,
            parcel=request.parcel,
            dropoff=found,
            distance_m=Metres(round(great_circle_m(store, place))),
            duration_s=Seconds(600),
            options=(option,),
            refusals=(),
            attention=self.attention,
            created_at=now,
            expires_at=now + timedelta(minutes=15),
        )

    @staticmethod
    def _basis(quote: Quote) -> dict[str, Any]:
        return {"distance_m": quote.distance_m, "drive_s": quote.duration_s}


@dataclass
class World:
    """Everything a test of deliveries touches."""

    db: Database
    clock: ManualClock
    quotes: DeskQuotes
    service: DeliveriesService
    app: FastAPI
    keys: dict[str, str] = field(default_factory=dict)

    def client(self, who: str = "mer_a", mode: str = "live") -> httpx.AsyncClient:
        """HTTP in the name of a merchant, or of the operator."""
        return httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=BASE_URL,
            headers={"Authorization": f"Bearer {self.keys[f'{who}:{mode}']}"},
        )

    async def booked(self, merchant_id: str = "mer_a", mode: str = "live", **changes: Any) -> str:
        """The id of a delivery that was just booked directly."""
        actor = an_actor(merchant_id, mode)
        request = a_booking(**{"store_id": f"sto_{merchant_id[-1]}", **changes})
        booked = await self.service.book(actor, request, secrets.token_hex(8))
        return str(booked.body["id"])

    async def assigned(self, delivery_id: str, courier_id: str = "cou_1") -> Leg:
        async with self.db.operator() as tx:
            return await self.service.assign(
                tx,
                delivery_id,
                courier_id=courier_id,
                card=ANA,
                offer_id=None,
                pay=PAY,
                at=self.clock.now(),
            )

    async def report(self, leg: Leg, act: Act, **more: Any) -> Report:
        """A report a second after the last one."""
        self.clock.advance(1)
        return await self.service.report(leg.id, act, **{"courier_id": leg.courier_id, "at": self.clock.now(), **more})

    async def brought_to(self, state: State, **booking: Any) -> tuple[str, Leg]:
        """A delivery on its usual way, as far as `state`."""
        delivery_id = await self.booked(**booking)
        leg = await self.assigned(delivery_id)
        for reached, act, more in WAY:
            if (await self.view(delivery_id)).delivery.state is state:
                break
            await self.report(leg, act, **more)
            assert (await self.view(delivery_id)).delivery.state is reached
        return delivery_id, leg

    async def turned_back(self, **booking: Any) -> tuple[str, Leg]:
        """A delivery on its way back, with the leg of the way back."""
        delivery_id, leg = await self.brought_to(State.AT_DROPOFF, **booking)
        report = await self.report(leg, Act.PROBLEM, reason="refused")
        assert report.next_leg
        return delivery_id, report.next_leg

    async def view(self, delivery_id: str) -> DeliveryView:
        return await self.service.get(None, delivery_id)

    async def events(self, delivery_id: str) -> Sequence[DeliveryEvent]:
        return await self.service.events(None, delivery_id)

    async def event_types(self, delivery_id: str) -> list[str]:
        return [event.type for event in await self.events(delivery_id)]


def a_photo(size: tuple[int, int] = (64, 48)) -> bytes:
    out = BytesIO()
    Image.new("RGB", size, "navy").save(out, "JPEG")
    return out.getvalue()


PHOTO = Evidence(EvidenceKind.PHOTO, content=a_photo())
WAY: list[tuple[State, Act, dict[str, Any]]] = [
    (State.TO_PICKUP, Act.HEAD_TO_PICKUP, {}),
    (State.AT_PICKUP, Act.ARRIVE_PICKUP, {}),
    (State.PICKED_UP, Act.PICK_UP, {}),
    (State.TO_DROPOFF, Act.HEAD_TO_DROPOFF, {}),
    (State.AT_DROPOFF, Act.ARRIVE_DROPOFF, {}),
    (State.DELIVERED, Act.HAND_OVER, {"evidence": [PHOTO]}),
]


def an_actor(merchant_id: str = "mer_a", mode: str = "live") -> MerchantActor:
    return MerchantActor(merchant_id, "test" if mode == "test" else "live", f"key_{merchant_id}_{mode}", "key")


def a_booking(**changes: Any) -> BookRequest:
    """Two kilos from the bakery to home."""
    usual: dict[str, Any] = {
        "store_id": "sto_a",
        "parcel": Parcel(Grams(2_000), ParcelSize.MEDIUM),
        "dropoff": DropoffRequest(
            address=AddressAsked(text="Home Lane 3"), contact=Contact("Sam Shopper", "+41791234567", "sam@example.org")
        ),
    }
    return BookRequest(**{**usual, **changes})


def a_booking_body(**changes: Any) -> dict[str, Any]:
    """The same as it comes over HTTP."""
    usual: dict[str, Any] = {
        "store_id": "sto_a",
        "parcel": {"weight_g": 2000, "size": "medium"},
        "dropoff": {
            "address": "Home Lane 3",
            "contact": {"name": "Sam Shopper", "phone": "+41791234567", "email": "sam@example.org"},
        },
    }
    return {**usual, **changes}


async def build_world(db: Database) -> World:
    clock = ManualClock(NOON)
    quotes = DeskQuotes(db, clock)
    service = DeliveriesService(db, clock, quotes, BASE_URL)
    auth = Auth(db)
    app = FastAPI()
    install_shell(app, db)
    app.include_router(router(service, auth))
    app.include_router(operator_router(service, auth))
    world = World(db, clock, quotes, service, app)
    async with db.operator() as tx:
        await tx.run(SEED_SQL)
        for merchant_id in ("mer_a", "mer_b"):
            for mode in ("live", "test"):
                world.keys[f"{merchant_id}:{mode}"] = await _add_key(tx, merchant_id, mode)
        await tx.run(
            """INSERT INTO operator_user (id, email, name, role, password_hash)
               VALUES ('opr_1', 'o@example.org', 'Olga', 'admin', '')"""
        )
    world.keys["operator:live"] = await auth.open_session("operator", "opr_1")
    return world


async def _add_key(tx: Tx, merchant_id: str, mode: str) -> str:
    key = f"sk_{mode}_{secrets.token_hex(16)}"
    await tx.run(
        """INSERT INTO api_key (id, merchant_id, mode, hint, secret_hash)
           VALUES (%(id)s, %(merchant_id)s, %(mode)s, '', %(hash)s)""",
        id=f"key_{merchant_id}_{mode}",
        merchant_id=merchant_id,
        mode=mode,
        hash=secret_hash(key),
    )
    return key


def a_key() -> dict[str, str]:
    """Headers with a fresh idempotency key."""
    return {"Idempotency-Key": secrets.token_hex(8)}
