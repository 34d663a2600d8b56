"""What the weather and the city say is held against fact sheets, before a fleet is asked."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from homeward.fleets.conditions import policy
from homeward.fleets.conditions.model import Notice, SourceFailed
from homeward.fleets.conditions.service import FRESH, GOOD_FOR, Conditions
from homeward.fleets.conditions.sources import GeoJsonNotices, OpenMeteo
from homeward.fleets.contract.facts import FactSheet, Place, Refusal, Weather
from homeward.fleets.contract.words import Limit, Mode
from homeward.kit.clock import ManualClock
from homeward.kit.places import LatLon
from homeward.simulator.fleets.kinds import KINDS, fact_sheet
from tests.conftest import DatabaseUrls
from tests.fleets.autonomous.world import Park, a_park

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
STORE, DOOR = LatLon(47.14, 9.52), LatLon(47.145, 9.525)
CORNERS = [[9.524, 47.144], [9.526, 47.144], [9.526, 47.146], [9.524, 47.146], [9.524, 47.144]]
SQUARE = {"type": "Polygon", "coordinates": [CORNERS]}
HOUR = {
    "time": ["2026-11-23T12:00"],
    "wind_speed_10m": [4.0],
    "rain": [0.2],
    "snowfall": [0.5],
    "visibility": [9_000.0],
}


def facts_of(kind: str) -> FactSheet:
    return fact_sheet(KINDS[kind], Place(lat=STORE.lat, lon=STORE.lon), "UTC", "EUR")


def against(kind: str, weather: Weather | None = None, *notices: Notice, at: datetime = NOON) -> Refusal | None:
    return policy.against(facts_of(kind), weather, notices, (STORE, DOOR), at)


# ── the rules ──


def test_a_storm_keeps_drones_at_home_and_says_by_how_much() -> None:
    refusal = against("drone", Weather(at=NOON, wind_m_s=25.0))
    assert refusal is not None
    assert (refusal.limit, refusal.asked) == (Limit.WEATHER, 25.0)
    assert refusal.at_most is not None
    assert refusal.at_most < 25.0


@pytest.mark.parametrize("weather", [None, Weather(at=NOON), Weather(at=NOON, wind_m_s=1.0, temperature_c=15.0)])
def test_what_is_calm_or_not_known_keeps_nobody(weather: Weather | None) -> None:
    assert all(against(kind, weather) is None for kind in KINDS)


@pytest.mark.parametrize(("modes", "kept"), [((), True), ((Mode.SIDEWALK_ROBOT,), True), ((Mode.DRONE,), False)])
def test_a_notice_keeps_out_whom_it_names(modes: tuple[Mode, ...], kept: bool) -> None:
    refusal = against("sidewalk", None, Notice("Market day", SQUARE, frozenset(modes)))
    assert (refusal is not None) is kept
    if refusal is not None:
        assert (refusal.limit, refusal.said) == (Limit.PERMIT, "the city: Market day")


@pytest.mark.parametrize(("hours", "kept"), [(-1, False), (0, True), (1, True), (2, False)])
def test_a_notice_holds_from_its_begin_to_its_end(hours: int, kept: bool) -> None:
    notice = Notice("Parade", SQUARE, since=NOON, until=NOON + timedelta(hours=2))
    assert (against("sidewalk", None, notice, at=NOON + timedelta(hours=hours)) is not None) is kept


# ── the sources ──


def answering(body: Any, status: int = 200) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(lambda _: httpx.Response(status, json=body)))


async def test_a_forecast_is_read_with_its_units() -> None:
    async with answering({"hourly": HOUR}) as http:
        (weather,) = await OpenMeteo(http, "https://weather.example/").hours(STORE)
    assert (weather.at, weather.wind_m_s, weather.snow_mm, weather.temperature_c) == (NOON, 4.0, 5.0, None)


@pytest.mark.parametrize("body", [{}, {"hourly": {"time": ["soon"]}}, {"hourly": {**HOUR, "rain": []}}, [1]])
async def test_a_forecast_that_is_none_is_a_failure_and_no_weather(body: Any) -> None:
    async with answering(body) as http:
        with pytest.raises(SourceFailed):
            await OpenMeteo(http, "https://weather.example").hours(STORE)


@pytest.mark.parametrize(
    "feature",
    [
        {"geometry": {"type": "Point", "coordinates": [9, 47]}, "properties": {}},
        {"geometry": SQUARE, "properties": {"modes": ["sleigh"]}},
        {"geometry": SQUARE, "properties": {"until": "2026-11-23T12:00:00"}},
        {"properties": {}},
    ],
)
async def test_a_notice_that_is_none_is_a_failure(feature: Any) -> None:
    async with answering({"features": [feature]}) as http:
        with pytest.raises(SourceFailed):
            await GeoJsonNotices(http, "https://city.example/notices").notices()


class Sky:
    """A source that can fall silent."""

    def __init__(self) -> None:
        self.asked = 0
        self.silent = False

    async def hours(self, place: LatLon) -> list[Weather]:
        self.asked += 1
        if self.silent:
            raise SourceFailed("no answer")
        return [Weather(at=NOON + timedelta(hours=number), wind_m_s=30.0) for number in range(6)]


async def test_a_source_is_asked_seldom_and_its_last_word_counts_for_an_hour() -> None:
    clock, sky = ManualClock(NOON), Sky()
    conditions = Conditions(clock, sky)

    async def kept_in() -> bool:
        return await conditions.against(facts_of("drone"), STORE, DOOR, clock.now()) is not None

    assert await kept_in()
    assert await kept_in()
    assert sky.asked == 1
    sky.silent = True
    clock.advance(FRESH.total_seconds())
    assert await kept_in()
    assert sky.asked == 2
    clock.advance(GOOD_FOR.total_seconds())
    assert not await kept_in()


# ── and the plan ──


@pytest.fixture
async def park(database_urls: DatabaseUrls, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[Park]:
    monkeypatch.setenv("HOMEWARD_WEATHER_URL", "https://weather.example")
    async with a_park(database_urls.app, tmp_path) as park:
        yield park


async def test_in_a_storm_no_drone_is_asked_and_the_explanation_says_why(park: Park) -> None:
    hours = [park.clock.now().replace(minute=0, second=0, microsecond=0) + timedelta(hours=n) for n in range(24)]
    told = {"time": [hour.strftime("%Y-%m-%dT%H:%M") for hour in hours], "wind_speed_10m": [33.0] * 24}
    park.switchboard.hosts["weather.example"] = httpx.MockTransport(
        lambda _: httpx.Response(200, json={"hourly": told})
    )
    await park.joins("drone")
    delivery_id = await park.booked()
    await park.turn()
    asked = await park.world.done(park.world.operator_token, "GET", "/v1/operator/fleets/legs", delivery_id=delivery_id)
    (limit,) = asked["answers"][0]["limits"]
    assert (limit["limit"], limit["asked"]) == ("weather", 33.0)
    why = (await park.world.platform.dispatch.explain(delivery_id)).text
    assert "does not go out in this weather" in why
