"""Quotes: one look-up, the road, one pure decision, one row. Tariffs: versions, followed and never edited."""

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from prometheus_client import Counter

from homeward.coverage.model import Market, MarketSettings, NotServed
from homeward.coverage.service import CoverageService, CoveredMarket
from homeward.infra import audit
from homeward.infra.db import Database, Row, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from homeward.kit.problems import FieldError, MalformedRequest, NotFound, Problem
from homeward.kit.units import Metres, Seconds
from homeward.kit.windows import OpeningHours, Window
from homeward.merchants.model import PickupPlace, Store
from homeward.merchants.policy import store_opening_hours
from homeward.merchants.service import store_from_row
from homeward.quotes import codec, repository
from homeward.quotes.calibration import Calibration
from homeward.quotes.errors import (
    AddressCandidate,
    AddressNotFound,
    AddressUnclear,
    MarketPaused,
    NoTariff,
    OutsideArea,
    QuoteAlreadyBooked,
    QuoteExpired,
    StoreInactive,
)
from homeward.quotes.model import (
    CONFIRM_ADDRESS,
    AddressAsked,
    Answer,
    Basis,
    BookableOption,
    Dropoff,
    Quote,
    QuoteRequest,
    Supply,
)
from homeward.quotes.policy import (
    RoadToDoor,
    answer,
    as_refusal,
    promise_settings,
    require_parcel,
    require_road,
    require_something,
)
from homeward.quotes.promise import expected_wait, merged
from homeward.quotes.tariff import Tariff
from homeward.quotes.tariff_json import check_rules
from homeward.routing.errors import TooFarFromRoad
from homeward.routing.geocoding import AddressQuery, Geocoder
from homeward.routing.model import UNREACHABLE, SnappedPlace, TravelTable

_ASKED = Counter("homeward_quotes", "Quotes asked for, by outcome: 'given' or the slug of the refusal", ["outcome"])


Beside = Callable[[Tx, Quote], Awaitable[None]]


class Asker(Protocol):
    """Whose quote it is; `infra.auth.MerchantActor` is one."""

    @property
    def merchant_id(self) -> str: ...
    @property
    def mode(self) -> str: ...


class MarketWays(Protocol):
    """What a quote asks of a market's roads; `routing.client.MarketRoads` is one."""

    async def table(
        self, places: Sequence[LatLon], sources: Sequence[int], destinations: Sequence[int]
    ) -> TravelTable: ...
    async def snap(self, place: LatLon, *, limit_m: float) -> SnappedPlace: ...


class Ways(Protocol):
    """All markets' roads; `routing.client.Roads` is one."""

    def market(self, market_id: str) -> MarketWays: ...


class PickupStores(Protocol):
    """Finds or makes the store of a place; `merchants.service.MerchantsService` is one."""

    async def store_for(self, merchant_id: str, wanted: PickupPlace) -> Store: ...


@dataclass(frozen=True, slots=True)
class Context:
    """Everything known before the door is looked at."""

    store: Store
    covered: CoveredMarket
    tariff: Tariff
    supply: Supply | None
    calibration: Calibration | None

    @property
    def market(self) -> Market:
        return self.covered.market

    @property
    def settings(self) -> MarketSettings:
        return self.covered.market.settings


class QuotesService:
    """Answers "may it be carried, for how much, and when", and keeps the answer for the booking."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        roads: Ways,
        geocoder: Geocoder,
        coverage: CoverageService,
        stores: PickupStores,
    ) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._geocoder = geocoder
        self._coverage = coverage
        self._stores = stores
        self._tariffs: dict[str, tuple[int, list[Tariff]]] = {}
        self._calibrations: dict[str, Calibration] = {}

    # ── quotes ──

    async def quote(self, actor: Asker, request: QuoteRequest, beside: Beside | None = None) -> Quote:
        """A stored answer with at least one option, or the refusal as a Problem (quotes/errors.py).

        `beside` writes what the caller keeps about the quote, in the transaction that stores it.
        """
        try:
            quote = await self._quote(actor, request, beside)
        except Problem as refusal:
            _ASKED.labels(refusal.slug).inc()
            raise
        _ASKED.labels("given").inc()
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
        """Lock the option in for this delivery, within the booking's own transaction.

        Raises
        ------
        NotFound
            If the merchant has no such quote in this mode, or the quote no such option.
        QuoteAlreadyBooked
            If another delivery has it: one quote, one delivery.
        QuoteExpired
            If the time to book is over; promise and price are honoured up to that moment, not beyond.
        """
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
        if row["delivery_id"] is not None:
            raise QuoteAlreadyBooked(quote_id, row["delivery_id"])
        option = next((option for option in repository.to_quote(row).options if option.id == option_id), None)
        if option is None:
            raise NotFound("option", option_id)
        raise QuoteExpired(quote_id, option.book_by)

    async def replay(self, merchant_id: str, quote_id: str) -> tuple[Quote, Answer]:
        """A stored quote and what today's code makes of the same basis: a changed rule shows as a difference."""
        async with self._db.merchant(merchant_id) as tx:
            row = await repository.get(tx, merchant_id, quote_id, None)
            if row is None:
                raise NotFound("quote", quote_id)
            version = row["basis"].get("calibration")
            learned = await repository.calibration(tx, row["market_id"], version) if version else None
            basis = codec.basis_from_json(row["basis"], learned)
            tariffs = await repository.tariffs(tx, row["market_id"])
        rules = next(tariff.rules for tariff in tariffs if tariff.id == basis.tariff_id)
        return repository.to_quote(row), answer(codec.request_from_json(row["request"]), basis, rules)

    async def _quote(self, actor: Asker, request: QuoteRequest, beside: Beside | None) -> Quote:
        if request.pickup is not None and not (request.store_id or request.store_external_id):
            fetched_from = await self._stores.store_for(actor.merchant_id, request.pickup)
            request = replace(request, store_id=fetched_from.id)
        # Whole seconds, so that the terms of the reasoning add up exactly.
        now = self._clock.now().astimezone(UTC).replace(microsecond=0)
        async with self._db.merchant(actor.merchant_id) as tx:
            context = await self._asked_context(tx, actor.merchant_id, request, now)
        request = replace(request, store_id=context.store.id)
        if context.market.paused:
            raise MarketPaused(context.market.id)
        require_parcel(request.parcel, context.settings)
        dropoff = await self.find_door(request, context)
        served = context.covered.areas.find(dropoff.place)
        if isinstance(served, NotServed):
            raise OutsideArea(served.nearest_m)
        road = await self._road(context, dropoff.place)
        require_road(road, dropoff.place, context.settings)
        basis = _basis(context, road, now)
        given = answer(request, basis, context.tariff.rules)
        require_something(given)
        quote = _as_quote(actor, request, context, dropoff, basis, given)
        row = repository.to_row(
            quote, codec.request_to_json(request), codec.basis_to_json(basis), context.tariff.rules.fees
        )
        async with self._db.merchant(actor.merchant_id) as tx:
            await repository.add(tx, row)
            if beside is not None:
                await beside(tx, quote)
        return quote

    async def _asked_context(self, tx: Tx, merchant_id: str, request: QuoteRequest, now: datetime) -> Context:
        number = request.store_external_id
        if request.store_id or number is None:
            return await self.context(tx, merchant_id, request.store_id, now)
        row = await repository.context_by_number(tx, merchant_id, number)
        if row is None:
            raise NotFound("store", number)
        return await self._context_of(tx, row, now)

    # ── also for eligibility ──

    async def context(self, tx: Tx, merchant_id: str, store_id: str, now: datetime) -> Context:
        row = await repository.context(tx, merchant_id, store_id)
        if row is None:
            raise NotFound("store", store_id)
        return await self._context_of(tx, row, now)

    async def _context_of(self, tx: Tx, row: Row, now: datetime) -> Context:
        store = store_from_row(row)
        if not store.active:
            raise StoreInactive(store.id)
        covered = await self._coverage.remembered(tx, store.market_id, row["market_revision"])
        tariffs = await self._tariffs_of(tx, store.market_id, row["market_revision"])
        tariff = next((each for each in tariffs if each.effective_from <= now), None)
        if tariff is None:
            raise NoTariff(store.market_id)
        calibration = await self._calibration_of(tx, store.market_id, row["calibration_version"])
        return Context(store, covered, tariff, repository.supply_of(row), calibration)

    async def find_door(self, request: QuoteRequest, context: Context) -> Dropoff:
        """A pin as it is; an address as the geocoder finds it."""
        asked = request.address or AddressAsked()
        if request.place is not None:
            label = asked.line or f"{request.place.lat:.5f}, {request.place.lon:.5f}"
            return Dropoff(request.place, label, asked, 1.0, "pin", certain=True)
        if not asked.line:
            raise MalformedRequest([FieldError("/dropoff", "missing", "give an address or a place")])
        query = AddressQuery(asked.text, asked.street, asked.number, asked.unit, asked.city, asked.postcode)
        matches = await self._geocoder.find(context.market.id, query, near=context.store.place)
        if not matches:
            raise AddressNotFound(asked.line)
        best, settings = matches[0], context.settings
        if best.confidence < settings.usable_confidence:
            candidates = [AddressCandidate(match.label, match.place, match.confidence) for match in matches]
            raise AddressUnclear(asked.line, candidates)
        certain = best.confidence >= settings.certain_confidence
        return Dropoff(best.place, best.label, asked, best.confidence, best.precision, certain)

    async def _road(self, context: Context, door: LatLon) -> RoadToDoor:
        roads = self._roads.market(context.market.id)
        snapping = roads.snap(door, limit_m=context.settings.snap_limit_m)
        travel = roads.table([context.store.place, door], sources=[0], destinations=[1])
        snapped, table = await asyncio.gather(snapping, travel, return_exceptions=True)
        if isinstance(snapped, TooFarFromRoad):
            return RoadToDoor(None, None, snapped.distance_m)
        if isinstance(snapped, BaseException):
            raise snapped
        if isinstance(table, BaseException):
            raise table
        distance_m, drive_s = int(table.distances_m[0, 0]), int(table.durations_s[0, 0])
        if drive_s == UNREACHABLE:
            return RoadToDoor(None, None, round(snapped.distance_m))
        return RoadToDoor(distance_m, drive_s, round(snapped.distance_m))

    # ── tariffs ──

    async def tariffs(self, market_id: str) -> list[Tariff]:
        """All versions, newest first."""
        await self._coverage.market(market_id)
        async with self._db.operator() as tx:
            return await repository.tariffs(tx, market_id)

    async def create_tariff(
        self, market_id: str, rules: Mapping[str, Any], *, effective_from: datetime | None = None, by: str
    ) -> Tariff:
        """The next version, in force from now or from a later moment on; quotes given before keep their price."""
        market = await self._coverage.market(market_id)
        wrong = check_rules(rules, market.currency)
        now = self._clock.now()
        if effective_from is not None and effective_from < now:
            wrong.append(FieldError("/effective_from", "in-the-past", "prices cannot change for what was quoted"))
        if wrong:
            raise MalformedRequest(wrong)
        async with self._db.operator() as tx:
            tariff = await repository.add_tariff(
                tx,
                tariff_id=new_id("trf", now),
                market_id=market_id,
                effective_from=effective_from or now,
                rules=rules,
            )
            await audit.record(
                tx, actor=by, action="tariff.create", subject=tariff.id, data={"version": tariff.version}
            )
        return tariff

    async def _tariffs_of(self, tx: Tx, market_id: str, revision: int) -> list[Tariff]:
        known = self._tariffs.get(market_id)
        if known is None or known[0] != revision:
            tariffs = await repository.tariffs(tx, market_id)
            # The one that came into force last counts: a version planned for Monday takes over on Monday, whatever
            # was decided in between.
            tariffs.sort(key=lambda tariff: (tariff.effective_from, tariff.version), reverse=True)
            known = (revision, tariffs)
            self._tariffs[market_id] = known
        return known[1]

    async def _calibration_of(self, tx: Tx, market_id: str, version: int | None) -> Calibration | None:
        """From memory, until the look-up of the store tells of a newer version."""
        if version is None:
            return None
        known = self._calibrations.get(market_id)
        if known is None or known.version != version:
            known = self._calibrations[market_id] = await repository.calibration(tx, market_id, version)
        return known


def _basis(context: Context, road: RoadToDoor, now: datetime) -> Basis:
    store, market, settings = context.store, context.market, context.settings
    assert road.distance_m is not None
    assert road.drive_s is not None, "a road without a way there was refused before"
    drive_s = Seconds(road.drive_s)
    wait = expected_wait(
        context.supply,
        now,
        default_wait_s=settings.default_wait_s,
        no_courier_wait_s=settings.no_courier_wait_s,
        fresh_s=settings.supply_fresh_s,
    )
    # A day more than the horizon: a window that ends there may be served from an opening that lasts beyond it.
    until = now + timedelta(seconds=settings.horizon_s, days=1)
    return Basis(
        now=now,
        currency=market.currency,
        time_zone=market.time_zone,
        tariff_id=context.tariff.id,
        tariff_version=context.tariff.version,
        distance_m=Metres(road.distance_m),
        drive_s=drive_s,
        preparation_s=store.preparation_s,
        wait=wait,
        store_openings=_openings(store_opening_hours(store, (now.year, until.year)), now, until),
        market_openings=_openings(market.hours, now, until),
        settings=promise_settings(settings, drive_s),
        graph_version=market.graph_version,
        calibration=context.calibration,
    )


def _openings(hours: OpeningHours, since: datetime, until: datetime) -> tuple[Window, ...]:
    return merged(hours.openings(since, until))


def _as_quote(
    actor: Asker, request: QuoteRequest, context: Context, dropoff: Dropoff, basis: Basis, given: Answer
) -> Quote:
    return Quote(
        id=new_id("quo", basis.now),
        merchant_id=actor.merchant_id,
        mode=actor.mode,
        market_id=context.market.id,
        store_id=context.store.id,
        parcel=request.parcel,
        dropoff=dropoff,
        distance_m=basis.distance_m,
        duration_s=basis.drive_s,
        options=given.options,
        refusals=tuple(as_refusal(service_class, why) for service_class, why in given.refusals),
        attention=() if dropoff.certain else (CONFIRM_ADDRESS,),
        created_at=basis.now,
        expires_at=basis.now + timedelta(seconds=context.settings.quote_valid_s),
    )
