"""`homeward demo`: the whole platform, and a town that lives in it.

Set-up goes the way a new operator goes: import a market, create people, then open shops and sign couriers on through
the HTTP API. What was set up is kept in the data folder, so a second start goes on where the first one stopped.
"""

import asyncio
import json
import secrets
import time
from collections.abc import Sequence
from contextlib import AsyncExitStack
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Final, Self
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from homeward.bootstrap import Platform, opened
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs
from homeward.kit.clock import ScaledClock
from homeward.launcher import launched, running_database
from homeward.markets import import_and_register
from homeward.routing.importer import InstalledMarket, installed_market
from homeward.simulator.audit import Audit
from homeward.simulator.cast import Cast, CastCourier, CastShop, Phones, read_homes
from homeward.simulator.day import Person, couriers_of
from homeward.simulator.doors import Doors, Json, Refused, open_doors
from homeward.simulator.run import Score, run_town
from homeward.simulator.town import TOWN_NAME, TOWN_TIME_ZONE, Shop, write_town

out: Final = Console()

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

_COLOURS: Final = ("#8c3b2a", "#1f5f4a", "#274b8f", "#7a2e63", "#8a5a00", "#23606e", "#5b3d8f", "#9c2f3f")


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    speed: float = 10.0
    seed: int = 1
    until_delivered: int | None = None
    exit_when_done: bool = False


@dataclass(frozen=True, slots=True)
class DemoState:
    """Kept beside the data: who was made, and what time it is in the town. Readable for its owner only."""

    business_time: datetime
    operator_email: str
    operator_password: str
    operator_token: str
    portal_password: str

    @classmethod
    def load(cls, path: Path) -> Self | None:
        if not path.exists():
            return None
        body = json.loads(path.read_text())
        return cls(**{**body, "business_time": datetime.fromisoformat(body["business_time"])})

    def save(self, path: Path) -> None:
        staging = path.with_suffix(".new")
        staging.touch(mode=0o600)
        staging.write_text(json.dumps({**asdict(self), "business_time": self.business_time.isoformat()}))
        staging.replace(path)


async def run_demo(settings: Settings, options: DemoOptions) -> int:
    """0 when stopped or when enough has ended and all is sound; 1 if anything was lost."""
    started = time.monotonic()
    configure_logs("warning" if settings.log_level == "info" else settings.log_level, settings.log_json, "demo")
    settings.data_dir.mkdir(parents=True, exist_ok=True)
    state_file = settings.data_dir / "demo.json"
    state = DemoState.load(state_file) or await _first_start(settings, options.seed, state_file)
    clock = ScaledClock(time.time(), wake(state.business_time, options.speed), options.speed)
    async with AsyncExitStack() as stack:
        platform_settings = settings.model_copy(
            update={
                "demo": True,
                "clock_anchor_real_s": clock.anchor_real_s,
                "clock_anchor_business": clock.anchor_business,
                "clock_speed": clock.speed,
                "webhook_allowed_networks": settings.webhook_allowed_networks or "127.0.0.0/8,::1/128",
            }
        )
        with out.status("starting") as status:
            await stack.enter_async_context(launched(platform_settings, lambda part: status.update(f"starting {part}")))
            market = installed_market(settings.data_dir, _slug())
            assert market is not None
            status.update("opening shops, signing couriers on")
            cast = await _cast(settings, state, market, options.seed)
        keeper = asyncio.create_task(_keep_time(clock, state, state_file))
        stack.callback(keeper.cancel)
        _welcome(settings, state, cast, options, time.monotonic() - started)
        homes = await asyncio.to_thread(read_homes, market.addresses)
        result = await run_town(
            cast,
            homes,
            settings.base_url,
            clock,
            phones=Phones(settings.data_dir / "phones.json"),
            until_ended=options.until_delivered,
            told=_Teller(options),
        )
        _summary(result)
        if not options.exit_when_done:
            out.print("The town stands still; console and portal stay open. Ctrl-C stops everything.")
            await asyncio.Event().wait()
        return 0 if result.sound else 1


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


def _slug() -> str:
    return TOWN_NAME.lower().replace(" ", "-")


# ── the first start ──────────────────────────────────────────────────────────────────────────────────────────────────


async def _first_start(settings: Settings, seed: int, state_file: Path) -> DemoState:
    """Draw the town, import it as any market, and make the operator's first person."""

    def told(step: str, what: str) -> None:
        out.print(f"  {step:<12} {what}", highlight=False)

    out.print(f"Building [bold]{TOWN_NAME}[/bold]", highlight=False)
    town = await asyncio.to_thread(write_town, _map_file(settings), seed)
    told("town", f"{town.addresses:,} addresses on {town.streets} streets, {len(town.shops)} shops")
    password = secrets.token_urlsafe(9)
    async with running_database(settings) as url, opened(settings, url) as platform:
        await import_and_register(
            platform.db,
            platform.clock,
            settings.data_dir,
            TOWN_NAME,
            _map_file(settings),
            time_zone=TOWN_TIME_ZONE,
            currency="USD",
            progress=told,
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
    # Drawn again rather than remembered: the same seed gives the same shops.
    town = await asyncio.to_thread(write_town, _map_file(settings), seed)
    homes = await asyncio.to_thread(read_homes, market.addresses)
    async with open_doors(settings.base_url) as http:
        operator = Doors(http, state.operator_token)
        cast = cast or await _empty_cast(operator, market, seed)
        for number, shop in enumerate(_pick(town.shops)):
            if number >= len(cast.shops):
                opened_shop = await _open_shop(operator, settings, state, shop, number)
                cast = replace(cast, shops=(*cast.shops, opened_shop))
                cast.save(path)
        for person in couriers_of(seed, COURIERS, homes)[len(cast.couriers) :]:
            cast = replace(cast, couriers=(*cast.couriers, await _sign_on(operator, cast.market_id, person)))
            cast.save(path)
    return cast


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
    slug = "-".join("".join(ch if ch.isalnum() else " " for ch in shop.name.lower().replace("'", "")).split())
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
            "preparation_s": 600,
            "pickup_instructions": "Counter at the front.",
        },
    )
    return CastShop(merchant["merchant"]["id"], slug, shop.name, shop.kind, store["id"], live_key, shop.place, email)


# ── what the visitor sees ────────────────────────────────────────────────────────────────────────────────────────────


async def _keep_time(clock: ScaledClock, state: DemoState, path: Path) -> None:
    while True:
        await asyncio.sleep(_SAVE_TIME_EVERY_S)
        await asyncio.to_thread(replace(state, business_time=clock.now()).save, path)


def _welcome(settings: Settings, state: DemoState, cast: Cast, options: DemoOptions, took_s: float) -> None:
    base = settings.base_url
    shop = cast.shops[0]
    out.print(f"\n[bold]{TOWN_NAME} is alive[/bold] at {options.speed:g}× speed ({took_s:.0f} s to start)\n")
    for name, lines in (
        ("Console", (f"{base}/console", f"{state.operator_email}  {state.operator_password}")),
        ("Portal", (f"{base}/portal", f"{shop.portal_email}  {state.portal_password}   ({shop.name})")),
        ("Courier app", (f"{base}/courier", f"{cast.couriers[-1].phone}, the code arrives in {base}/console/mailbox")),
        ("API", (f"{base}/docs", f"key    {shop.live_key}", f"store  {shop.store_id}   ({shop.name})")),
    ):
        # Plain lines, never wrapped: people copy keys and addresses from here.
        for number, line in enumerate(lines):
            out.print(f"  {name if number == 0 else '':<14}{line}", highlight=False, soft_wrap=True)
    out.print("\n  The first booking prints its tracking page here. Ctrl-C stops everything.\n")


class _Teller:
    """Prints a line when the town has come further; the first booking's tracking page once there is one."""

    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self._last = Score(0, 0)

    def __call__(self, score: Score) -> None:
        if score == self._last:
            return
        if score.tracking_url and not self._last.tracking_url:
            out.print(f"  Tracking page {score.tracking_url}", highlight=False, soft_wrap=True)
        goal = f" of {self._options.until_delivered}" if self._options.until_delivered else ""
        out.print(f"  {score.booked} booked, {score.ended}{goal} ended", highlight=False)
        self._last = score


def _summary(result: Audit) -> None:
    table = Table(title="What became of everything", show_header=False)
    for name, value in (
        ("booked", result.booked),
        *((state, result.by_state.get(state, 0)) for state in ("delivered", "returned", "cancelled", "failed")),
        ("still under way", result.booked - result.ended),
        ("lost", len(result.lost)),
        ("gaps in the event log", len(result.gaps)),
        ("events", result.events),
        ("on time", f"{result.on_time_share:.0%}" if result.on_time_share is not None else "–"),
        ("median click to door, express", f"{result.click_to_door_s / 60:.0f} min" if result.click_to_door_s else "–"),
    ):
        table.add_row(name, str(value))
    out.print(table)
    for delivery_id in (*result.lost, *result.gaps):
        out.print(f"[red]not sound:[/red] {delivery_id}")
