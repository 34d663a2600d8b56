"""A market's reports for its city: made anew from the fleets' logs each time they are asked for."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import groupby
from uuid import UUID

from homeward.coverage.service import CoverageService
from homeward.deliveries.service import DeliveriesService
from homeward.fleets.autonomous.model import Logged, Machine
from homeward.fleets.autonomous.service import AutonomousService
from homeward.fleets.city_reports import policy, render, repository
from homeward.fleets.city_reports.errors import BadReportQuery, CityTokenInvalid, HourSettling, NoSuchHour
from homeward.fleets.city_reports.model import CityToken, NewCityToken, Stops, Story
from homeward.fleets.city_reports.render import Json
from homeward.fleets.city_reports.translate import story_of
from homeward.fleets.contract.facts import Model
from homeward.fleets.contract.words import VehicleState
from homeward.infra import audit
from homeward.infra.auth import secret_hash
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.problems import NotFound

_HOUR = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Report:
    """What is told, and when anything in it last changed."""

    items: Sequence[Json]
    last_updated: datetime


@dataclass(frozen=True, slots=True)
class _Told:
    """Stories by machine, and when the newest word in them came in."""

    stories: Mapping[str, Story]
    newest: datetime | None


class CityReportsService:
    """Nothing is kept but tokens: what comes in late is in the next answer about its hour."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        coverage: CoverageService,
        machines: AutonomousService,
        deliveries: DeliveriesService,
        provider_id: UUID,
    ) -> None:
        self._db = db
        self._clock = clock
        self._coverage = coverage
        self._machines = machines
        self._deliveries = deliveries
        self._provider_id = provider_id

    # ── tokens ──

    async def make_token(self, market_id: str, name: str, *, by: str) -> NewCityToken:
        """The only moment at which the secret can be seen. Raises NotFound."""
        market = await self._coverage.market(market_id)
        secret, now = f"city_{new_secret()}", self._clock.now()
        token = CityToken(new_id("ctk", now), market.id, name.strip(), f"…{secret[-4:]}", by, now)
        async with self._db.operator() as tx:
            await repository.insert(tx, token, secret_hash(secret))
            data = {"market_id": market.id, "name": token.name}
            await audit.record(tx, actor=by, action="city_token.made", subject=token.id, data=data)
        return NewCityToken(token, secret)

    async def tokens(self, market_id: str) -> Sequence[CityToken]:
        """Raises NotFound."""
        market = await self._coverage.market(market_id)
        async with self._db.operator() as tx:
            return await repository.all_of(tx, market.id)

    async def revoke_token(self, market_id: str, token_id: str, *, by: str) -> CityToken:
        """From the next request on it opens nothing. Raises NotFound."""
        async with self._db.operator() as tx:
            token = await repository.revoke(tx, market_id, token_id)
            if token is None:
                raise NotFound("city_token", token_id)
            await audit.record(tx, actor=by, action="city_token.revoked", subject=token_id)
        return token

    async def require(self, market_id: str, secret: str | None) -> None:
        """Raises CityTokenInvalid, also for a market that does not exist."""
        async with self._db.operator() as tx:
            if not secret or not await repository.opens(tx, market_id, secret_hash(secret)):
                raise CityTokenInvalid()

    # ── reports ──

    async def vehicles(self, market_id: str) -> Report:
        """Every machine in the street, or that was in the last thirty days."""
        machines, models = await self._reported(market_id, self._clock.now() - policy.LISTED_FOR)
        items = [render.vehicle_body(self._provider_id, each, models[each.id]) for each in machines]
        return Report(items, max((each.seen_at for each in machines), default=self._clock.now()))

    async def status(self, market_id: str) -> Report:
        """Where each machine is now and what it last did."""
        now = self._clock.now()
        told = await self._told(market_id, now, now + policy.AHEAD)
        machines = (await self._reported(market_id, now))[0]
        items = []
        for machine in machines:
            story = told.stories.get(machine.id, Story((), ()))
            last = story.changes[-1] if story.changes else None
            body = render.status_body(self._provider_id, machine, last, story.under_way)
            items += [body] if body else []
        return Report(items, max((each.seen_at for each in machines), default=now))

    async def trips(self, market_id: str, hour: str | None) -> Report:
        """Those that ended in an hour. Raises BadReportQuery, NoSuchHour, HourSettling."""
        begins = await self._settled(market_id, "end_time", hour)
        told = await self._told(market_id, begins, begins + _HOUR)
        trips = [trip for story in told.stories.values() for trip in story.trips]
        found = sorted(
            (trip for trip in trips if begins <= trip.ended_at < begins + _HOUR), key=lambda t: (t.ended_at, t.key)
        )
        return Report([render.trip_body(self._provider_id, each) for each in found], _updated(told, begins))

    async def historical(self, market_id: str, hour: str | None) -> Report:
        """What happened in an hour. Raises BadReportQuery, NoSuchHour, HourSettling."""
        begins = await self._settled(market_id, "event_time", hour)
        told = await self._told(market_id, begins, begins + _HOUR)
        return Report(self._events(told, begins, begins + _HOUR), _updated(told, begins))

    async def recent(self, market_id: str, start_ms: int | None, end_ms: int | None) -> Report:
        """What happened between two moments of the last two weeks, as it is known now. Raises BadReportQuery."""
        now = self._clock.now()
        begins, ends = _moment("start_time", start_ms), _moment("end_time", end_ms)
        if ends < begins:
            raise BadReportQuery("end_time", "a moment after start_time")
        if begins < now - policy.RECENT:
            raise BadReportQuery("start_time", "a moment of the last two weeks")
        told = await self._told(market_id, begins, min(ends, now + policy.AHEAD))
        return Report(self._events(told, begins, ends), told.newest or now)

    def _events(self, told: _Told, begins: datetime, ends: datetime) -> list[Json]:
        changes = [each for story in told.stories.values() for each in story.changes if begins <= each.at < ends]
        # Sorting keeps the order of what one machine did at one moment.
        changes.sort(key=lambda each: each.at)
        return [render.event_body(self._provider_id, each) for each in changes]

    async def _settled(self, market_id: str, parameter: str, hour: str | None) -> datetime:
        begins = policy.hour_named(hour or "")
        if begins is None:
            raise BadReportQuery(parameter, "an hour in UTC as YYYY-MM-DDTHH")
        fleets = await self._machines.fleets(market_id)
        first = min((each.created_at for each in fleets), default=None)
        match policy.readiness(begins, first, self._clock.now()):
            case policy.Readiness.NOT_YET:
                raise NoSuchHour()
            case policy.Readiness.SETTLING:
                raise HourSettling(begins + _HOUR + policy.SETTLES)
            case policy.Readiness.READY:
                return begins

    # ── what it is made from ──

    async def _reported(self, market_id: str, since: datetime) -> tuple[list[Machine], Mapping[str, Model]]:
        """Machines without a driver that were listed since a moment, and their models."""
        models = {
            (fleet.id, model.id): model
            for fleet in await self._machines.fleets(market_id)
            for model in fleet.facts.models
            if render.is_reported(model)
        }
        machines = [
            each
            for each in await self._machines.machines_since(market_id, since)
            if (each.fleet_id, each.now.model) in models
        ]
        return machines, {each.id: models[each.fleet_id, each.now.model] for each in machines}

    async def _told(self, market_id: str, begins: datetime, ends: datetime) -> _Told:
        since = begins - policy.LOOK_BACK
        log = await self._machines.history(market_id, since, ends)
        machines = {each.id: each for each in (await self._reported(market_id, since))[0]}
        log = [entry for entry in log if entry.machine_id in machines]
        states = await self._machines.states_before(market_id, since)
        stops = await self._stops(log)
        by_machine: Callable[[Logged], str] = lambda entry: entry.machine_id  # noqa: E731 - a name for one line
        stories = {
            one: story_of(one, states.get(one, VehicleState.AVAILABLE), list(entries), stops, machines[one].place)
            for one, entries in groupby(log, by_machine)
        }
        return _Told(stories, max((entry.received_at for entry in log), default=None))

    async def _stops(self, log: Sequence[Logged]) -> Mapping[str, Stops]:
        references = sorted({entry.event.reference for entry in log if entry.event.reference})
        carried = await self._machines.carried_by(references)
        stops = {}
        async with self._db.operator() as tx:
            for reference, delivery_id in carried.items():
                delivery = (await self._deliveries.view_in(tx, delivery_id)).delivery
                stops[reference] = Stops(delivery.pickup.place, delivery.dropoff.place)
        return stops


def _updated(told: _Told, hour: datetime) -> datetime:
    settled = hour + _HOUR + policy.SETTLES
    return max(told.newest, settled) if told.newest else settled


def _moment(parameter: str, milliseconds: int | None) -> datetime:
    moment = policy.moment_of(milliseconds) if milliseconds is not None else None
    if moment is None:
        raise BadReportQuery(parameter, "a moment in milliseconds since 1970")
    return moment
