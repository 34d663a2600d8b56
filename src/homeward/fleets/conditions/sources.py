"""The sources that come with the house: forecasts in the form of Open-Meteo, and notices as GeoJSON."""

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import httpx

from homeward.fleets.conditions.model import Notice, SourceFailed
from homeward.fleets.contract.facts import Weather
from homeward.fleets.contract.words import Mode
from homeward.kit.places import LatLon

_TIMEOUT: Final = httpx.Timeout(5.0, connect=2.0)
_MM_PER_CM: Final = 10.0
# Member of a Weather by the name that the forecast has for it. Snow is told in cm.
_HOURLY: Final = {
    "wind_m_s": "wind_speed_10m",
    "rain_mm_h": "rain",
    "snow_mm": "snowfall",
    "visibility_m": "visibility",
    "temperature_c": "temperature_2m",
}


class OpenMeteo:
    """Any server that speaks the forecast interface of Open-Meteo. Source: its API documentation, `/v1/forecast`:
    hourly variables, `wind_speed_unit`, snowfall in cm, times in GMT unless a time zone is asked for."""

    def __init__(self, http: httpx.AsyncClient, base_url: str) -> None:
        self._http = http
        self._url = f"{base_url.rstrip('/')}/v1/forecast"

    async def hours(self, place: LatLon) -> Sequence[Weather]:
        params = {
            "latitude": f"{place.lat:.4f}",
            "longitude": f"{place.lon:.4f}",
            "hourly": ",".join(_HOURLY.values()),
            "wind_speed_unit": "ms",
            "forecast_days": "2",
        }
        body = await _asked(self._http, self._url, params)
        try:
            hourly = body["hourly"]
            return [_weather(hourly, number, told) for number, told in enumerate(hourly["time"])]
        except (KeyError, TypeError, ValueError, IndexError) as cause:
            raise SourceFailed(f"no forecast: {cause!r}"[:200]) from cause


def _weather(hourly: Mapping[str, Sequence[Any]], number: int, told: str) -> Weather:
    values = {name: hourly[there][number] for name, there in _HOURLY.items() if there in hourly}
    if values.get("snow_mm") is not None:
        values["snow_mm"] *= _MM_PER_CM
    return Weather(at=datetime.fromisoformat(told).replace(tzinfo=UTC), **values)


class GeoJsonNotices:
    """A FeatureCollection at an address: `name`, `modes` (words of the fleet contract), `since` and `until` of each."""

    def __init__(self, http: httpx.AsyncClient, url: str) -> None:
        self._http = http
        self._url = url

    async def notices(self) -> Sequence[Notice]:
        body = await _asked(self._http, self._url, {})
        try:
            return [_notice(feature) for feature in body["features"]]
        except (KeyError, TypeError, ValueError) as cause:
            raise SourceFailed(f"no notices: {cause!r}"[:200]) from cause


def _notice(feature: Mapping[str, Any]) -> Notice:
    told = feature.get("properties") or {}
    if feature["geometry"]["type"] not in ("Polygon", "MultiPolygon"):
        raise ValueError("a notice has an area")
    return Notice(
        name=str(told.get("name") or "closed"),
        area=feature["geometry"],
        modes=frozenset(Mode(mode) for mode in told.get("modes") or ()),
        since=_moment(told.get("since")),
        until=_moment(told.get("until")),
    )


def _moment(told: str | None) -> datetime | None:
    if told is None:
        return None
    moment = datetime.fromisoformat(told)
    if moment.tzinfo is None:
        raise ValueError("moments have an offset")
    return moment


async def _asked(http: httpx.AsyncClient, url: str, params: Mapping[str, str]) -> Any:
    try:
        reply = await http.get(url, params=dict(params), timeout=_TIMEOUT)
        reply.raise_for_status()
        return reply.json()
    except (httpx.HTTPError, ValueError) as cause:
        raise SourceFailed(f"{type(cause).__name__}"[:200]) from cause
