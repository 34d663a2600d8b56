"""Which limit of a fact sheet the weather breaks, and whom a notice keeps out. Pure."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta
from typing import Final

from shapely.geometry import LineString, shape

from homeward.fleets.conditions.model import Notice
from homeward.fleets.contract.facts import FactSheet, Refusal, Weather, WeatherLimits
from homeward.fleets.contract.words import Limit, Mode
from homeward.kit.places import LatLon

_HOUR: Final = timedelta(hours=1)
_AT_MOST: Final = (
    ("wind_m_s", "wind in metres a second"),
    ("rain_mm_h", "rain in mm an hour"),
    ("snow_mm", "snow in mm an hour"),
)


def hour_of(hours: Sequence[Weather], moment: datetime) -> Weather | None:
    """The forecast of the hour that holds the moment; None beyond the forecast."""
    return next((one for one in hours if one.at <= moment < one.at + _HOUR), None)


def against(
    facts: FactSheet, weather: Weather | None, notices: Iterable[Notice], way: tuple[LatLon, LatLon], at: datetime
) -> Refusal | None:
    """What keeps every model of the fleet from this way at that moment; None if one may go, as far as is known."""
    standing = [notice for notice in notices if notice.holds(at)]
    refusals = []
    for model in facts.models:
        limits = [domain.weather for domain in facts.domains if domain.model == model.id]
        no = _kept_out(standing, model.mode, way) or next(_beyond(limits, weather), None)
        if no is None:
            return None
        refusals.append(no)
    return refusals[0] if refusals else None


def _kept_out(notices: Sequence[Notice], mode: Mode, way: tuple[LatLon, LatLon]) -> Refusal | None:
    # Roads around it are the fleet's business; what begins or ends inside cannot be done at all.
    line = LineString([(place.lon, place.lat) for place in way])
    for notice in notices:
        applies = not notice.modes or mode in notice.modes
        if applies and shape(dict(notice.area)).intersects(line.boundary):
            return Refusal(limit=Limit.PERMIT, said=f"the city: {notice.name}"[:1_000])
    return None


def _beyond(limits: Sequence[WeatherLimits], weather: Weather | None) -> Iterator[Refusal]:
    """For the first domain; a model with several may go where one of them allows it."""
    if weather is None or not limits:
        return
    broken = [next(_broken(one, weather), None) for one in limits]
    if all(broken):
        yield next(filter(None, broken))


def _broken(limits: WeatherLimits, weather: Weather) -> Iterator[Refusal]:
    def no(said: str, at_most: float, asked: float) -> Refusal:
        return Refusal(limit=Limit.WEATHER, said=said, at_most=at_most, asked=asked)

    for name, said in _AT_MOST:
        most, now = getattr(limits, name), getattr(weather, name)
        if most is not None and now is not None and now > most:
            yield no(said, most, now)
    seen, needed, felt = weather.visibility_m, limits.visibility_m, weather.temperature_c
    if needed is not None and seen is not None and seen < needed:
        yield no("metres of sight needed", needed, seen)
    if felt is not None and limits.coldest_c is not None and felt < limits.coldest_c:
        yield no("degrees Celsius at the coldest", limits.coldest_c, felt)
    if felt is not None and limits.hottest_c is not None and felt > limits.hottest_c:
        yield no("degrees Celsius at the hottest", limits.hottest_c, felt)
