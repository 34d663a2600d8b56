"""The demo's town: drawn, imported, opened and kept, so that a second start goes on where the first one stopped.

Set-up goes the way a new operator goes: import a market, create people, then open shops and sign couriers on through
the HTTP API.
"""

import asyncio
import json
import secrets
import time
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from homeward import launcher
from homeward.bootstrap import Platform, opened
from homeward.demo_fleets import fleets_at_work
from homeward.infra.files import write_private
from homeward.infra.settings import Settings
from homeward.kit.clock import ScaledClock
from homeward.kit.places import LatLon
from homeward.markets import import_and_register
from homeward.merchants.policy import slug_of as merchant_slug_of
from homeward.routing.importer import InstalledMarket, installed_market, slug_of
from homeward.simulator.cast import Cast, CastCourier, CastShop, Phones, read_homes
from homeward.simulator.day import Home, Person, couriers_of
from homeward.simulator.doors import Doors, Json, Refused, open_doors
from homeward.simulator.town import TOWN_NAME, TOWN_TIME_ZONE, Shop, write_town

COURIERS: Final = 18
ORDERS_PER_DAY: Final = 330.0
SHOPS: Final = 8
# A town that is first seen at a quarter to eleven has shops open, couriers on duty and lunch before it.
_FIRST_MORNING_H: Final = 10
_FIRST_MORNING_MIN: Final = 45
_NIGHT_FROM_H: Final = 22
_NIGHT_UNTIL_H: Final = 8
_SAVE_TIME_EVERY_S: Final = 2.0
# A kill loses at most what passes between two saves; starting this much later keeps business time from running twice.
_TIME_LOST_REAL_S: Final = 4.0

_READING_REAL_S: Final = 20
_SHORTEST_DECISION_S: Final = 60
_LONGEST_DECISION_S: Final = 600

_SHOP_HOURS: Final = {
    "time_zone": TOWN_TIME_ZONE,
    "weekly": {str(weekday): [["08:00", "22:00"]] for weekday in range(7)},
}
_COLOURS: Final = ("#8c3b2a", "#1f5f4a", "#274b8f", "#7a2e63", "#8a5a00", "#23606e", "#5b3d8f", "#9c2f3f")


Told = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class DemoState:
    """Kept beside the data: who was made, and what time it is in the town. Readable for its owner only."""

    business_time: datetime
    operator_email: str
    operator_password: str = field(repr=False)
    operator_token: str = field(repr=False)
    portal_password: str = field(repr=False)

    @classmethod
    def load(cls, path: Path) -> Self | None:
        if not path.exists():
            return None
        body = json.loads(path.read_text())
        return cls(**{**body, "business_time": datetime.fromisoformat(body["business_time"])})

    def save(self, path: Path) -> None:
        write_private(path, json.dumps({**asdict(self), "business_time": self.business_time.isoformat()}))


@dataclass(frozen=True, slots=True)
class Town:
    """A town that is open: its platform runs, its people are known. Nobody moves yet."""

    settings: Settings
    family: launcher.Family
    clock: ScaledClock
    state: DemoState
    cast: Cast
    homes: Sequence[Home]
    phones: Phones
    fleets: Sequence[Json] = ()


@asynccontextmanager
async def open_town(settings: Settings, *, seed: int, speed: float, told: Told, progress: Told) -> AsyncIterator[Town]:
    """Everything up, made at the first time and found again at the next; everything down on leaving.

    `told` gets lines worth keeping (the import's steps), `progress` what is being done at the moment.
    """
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    state_file = settings.data_dir / "demo.json"
    state = DemoState.load(state_file) or await _first_start(settings, seed, state_file, told)
    clock = ScaledClock(time.time(), wake(state.business_time, speed), speed)
    running = settings.model_copy(
        update={
            "demo": True,
            "clock_anchor_real_s": clock.anchor_real_s,
            "clock_anchor_business": clock.anchor_business,
            "clock_speed": clock.speed,
            "webhook_allowed_networks": settings.webhook_allowed_networks or "127.0.0.0/8,::1/128",
        }
    )
    starting = launcher.launched(running, lambda part: progress(f"starting {part}"))
    async with starting as family, AsyncExitStack() as guests:
        market = installed_market(settings.data_dir, slug_of(TOWN_NAME))
        assert market is not None, "the first start has imported it"
        progress("opening shops, signing couriers on")
        cast = await _cast(settings, state, market, seed)
        await _slow_down_for_people(running, state, cast)
        progress("letting fleets in")
        fleets = await guests.enter_async_context(_fleets(running, state, cast, clock))
        homes = await asyncio.to_thread(read_homes, market.addresses)
        keeper = asyncio.create_task(_keep_time(clock, state, state_file), name="keep the town's time")
        try:
            phones = Phones(settings.data_dir / "phones.json")
            yield Town(running, family, clock, state, cast, homes, phones, fleets)
        finally:
            keeper.cancel()


def wake(last: datetime, speed: float) -> datetime:
    """The town's time at a new start: where it stopped, but not in the middle of the night."""
    now = last + timedelta(seconds=_TIME_LOST_REAL_S * speed)
    local = now.astimezone(ZoneInfo(TOWN_TIME_ZONE))
    if _NIGHT_UNTIL_H <= local.hour < _NIGHT_FROM_H:
        return now
    morning = local.replace(hour=_NIGHT_UNTIL_H, minute=0, second=0, microsecond=0)
    return (morning if local.hour < _NIGHT_UNTIL_H else morning + timedelta(days=1)).astimezone(UTC)


def _map_file(settings: Settings) -> Path:
    return settings.data_dir / "town.osm.pbf"


def _shops_file(settings: Settings) -> Path:
    return settings.data_dir / "town.shops.json"


def _drawn_shops(settings: Settings) -> list[Shop]:
    """The shops of the town as they were drawn at the first start."""
    rows = json.loads(_shops_file(settings).read_text())
    return [Shop(**{**row, "place": LatLon(**row["place"])}) for row in rows]


# ── the first start ──────────────────────────────────────────────────────────────────────────────────────────────────


async def _first_start(settings: Settings, seed: int, state_file: Path, told: Told) -> DemoState:
    """Draw the town, import it as any market, and make the operator's first person."""
    told(f"Building {TOWN_NAME}")
    town = await asyncio.to_thread(write_town, _map_file(settings), seed)
    _shops_file(settings).write_text(json.dumps([asdict(shop) for shop in town.shops]))
    told(f"  town         {town.addresses:,} addresses on {town.streets} streets, {len(town.shops)} shops")
    password = secrets.token_urlsafe(9)
    async with launcher.running_database(settings) as url, opened(settings, url) as platform:
        await import_and_register(
            platform.db,
            platform.clock,
            settings.data_dir,
            TOWN_NAME,
            _map_file(settings),
            time_zone=TOWN_TIME_ZONE,
            currency="USD",
            progress=lambda step, what: told(f"  {step:<12} {what}"),
        )
        email, token = await _first_operator(platform, password)
    state = DemoState(_first_morning(), email, password, token, secrets.token_urlsafe(9))
    state.save(state_file)
    return state


async def _first_operator(platform: Platform, password: str) -> tuple[str, str]:
    email = f"ops-{secrets.token_hex(2)}@example.com"
    user = await platform.operators.create(email, "Demo Dispatcher", "admin", password)
    # The set-up below goes through the API for longer than one shift of the console may last.
    return email, await platform.auth.open_session("operator", user.id, length=timedelta(days=365))


def _first_morning() -> datetime:
    today = datetime.now(ZoneInfo(TOWN_TIME_ZONE))
    return today.replace(hour=_FIRST_MORNING_H, minute=_FIRST_MORNING_MIN, second=0, microsecond=0).astimezone(UTC)


# ── the people ───────────────────────────────────────────────────────────────────────────────────────────────────────


async def _cast(settings: Settings, state: DemoState, market: InstalledMarket, seed: int) -> Cast:
    """Who plays. Made through the API and kept in the folder one by one: an interrupted set-up goes on where it was."""
    path = settings.data_dir / "cast.json"
    cast = replace(Cast.load(path), addresses_file=str(market.addresses)) if path.exists() else None
    if cast and len(cast.shops) == SHOPS and len(cast.couriers) == COURIERS:
        return cast
    homes = await asyncio.to_thread(read_homes, market.addresses)
    async with open_doors(settings.base_url) as http:
        operator = Doors(http, state.operator_token)
        cast = cast or await _empty_cast(operator, market, seed)
        for number, shop in enumerate(_pick(_drawn_shops(settings))):
            if number >= len(cast.shops):
                opened_shop = await _open_shop(operator, settings, state, shop, number)
                cast = replace(cast, shops=(*cast.shops, opened_shop))
                cast.save(path)
        for person in couriers_of(seed, COURIERS, homes)[len(cast.couriers) :]:
            cast = replace(cast, couriers=(*cast.couriers, await _sign_on(operator, cast.market_id, person)))
            cast.save(path)
    return cast


@asynccontextmanager
async def _fleets(
    settings: Settings, state: DemoState, cast: Cast, clock: ScaledClock
) -> AsyncIterator[Sequence[Json]]:
    """Robots, drones and cars around the middle of the shops."""
    middle = LatLon(
        sum(shop.place.lat for shop in cast.shops) / len(cast.shops),
        sum(shop.place.lon for shop in cast.shops) / len(cast.shops),
    )
    async with open_doors(settings.base_url) as http:
        operator = Doors(http, state.operator_token)
        at_work = fleets_at_work(
            operator,
            clock,
            market_id=cast.market_id,
            centre=middle,
            time_zone=TOWN_TIME_ZONE,
            currency="USD",
            seed=cast.seed,
        )
        async with at_work as joined:
            yield joined


async def _slow_down_for_people(settings: Settings, state: DemoState, cast: Cast) -> None:
    """A visitor who plays courier reads an offer in real seconds, however fast the town runs."""
    decision_s = min(_LONGEST_DECISION_S, max(_SHORTEST_DECISION_S, round(_READING_REAL_S * settings.clock_speed)))
    async with open_doors(settings.base_url) as http:
        operator = Doors(http, state.operator_token)
        change = {"settings": {"offer_decision_s": decision_s}}
        await operator.patch(f"/v1/operator/markets/{cast.market_id}", change)


async def _empty_cast(operator: Doors, market: InstalledMarket, seed: int) -> Cast:
    markets = (await operator.get("/v1/operator/markets"))["items"]
    market_id = next(m["id"] for m in markets if m["slug"] == market.slug)
    return Cast(seed, market_id, TOWN_TIME_ZONE, ORDERS_PER_DAY, str(market.addresses), (), ())


async def _sign_on(operator: Doors, market_id: str, person: Person) -> CastCourier:
    body = {"market_id": market_id, "name": person.name, "phone": person.phone, "vehicle": person.vehicle}
    try:
        courier = await operator.post("/v1/operator/couriers", body)
        return CastCourier(courier["id"], courier["phone"])
    except Refused as refusal:
        if refusal.code != "phone-taken":
            raise
    # Made by a set-up that was interrupted before it could write this down.
    known = (await operator.get("/v1/operator/couriers", market_id=market_id))["items"]
    return next(CastCourier(courier["id"], courier["phone"]) for courier in known if courier["phone"] == person.phone)


def _pick(shops: Sequence[Shop]) -> list[Shop]:
    """One of each kind first, so that the town's merchants differ."""
    by_kind: dict[str, list[Shop]] = {}
    for shop in shops:
        by_kind.setdefault(shop.kind, []).append(shop)
    rounds = [
        kind[number]
        for number in range(max(map(len, by_kind.values())))
        for kind in by_kind.values()
        if number < len(kind)
    ]
    return rounds[:SHOPS]


async def _open_shop(operator: Doors, settings: Settings, state: DemoState, shop: Shop, number: int) -> CastShop:
    slug = merchant_slug_of(shop.name.replace("'", ""))
    email = f"{slug}@example.com"
    wanted = {
        "name": shop.name,
        "slug": slug,
        "brand": {
            "display_name": shop.name,
            "colour": _COLOURS[number % len(_COLOURS)],
            "support_email": f"hello@{slug}.example",
        },
        "owner_email": email,
        "owner_name": "Shop Owner",
        "owner_password": state.portal_password,
        "tracking_domain": f"{slug}.localhost:{settings.port}",
    }
    merchant: Json = await operator.post("/v1/operator/merchants", wanted)
    live_key = merchant["live_key"]["secret"]
    store = await operator.with_key(live_key).post(
        "/v1/stores",
        {
            "name": shop.name,
            "address": f"{shop.number} {shop.street}, {shop.city} {shop.postcode}",
            "place": {"lat": shop.place.lat, "lon": shop.place.lon},
            "hours": _SHOP_HOURS,
            "preparation_s": 600,
            "pickup_instructions": "Counter at the front.",
        },
    )
    return CastShop(merchant["merchant"]["id"], slug, shop.name, shop.kind, store["id"], live_key, shop.place, email)


async def _keep_time(clock: ScaledClock, state: DemoState, path: Path) -> None:
    while True:
        await asyncio.sleep(_SAVE_TIME_EVERY_S)
        await asyncio.to_thread(replace(state, business_time=clock.now()).save, path)
