"""Pelias: an open geocoder over OpenStreetMap, OpenAddresses and Who's On First, self-hosted or bought.

Wire facts: Pelias documentation, "Search", "Structured geocoding", "Autocomplete", "Reverse" and "Result quality".
"""

from typing import Any, Final

import httpx

from homeward.kit.places import LatLon
from homeward.routing.geocoding.errors import GeocoderUnavailable
from homeward.routing.geocoding.model import AddressQuery, Match, Precision, Suggestion
from homeward.routing.geocoding.outside import check_length, fetch_json, share_confidence, text_of

# Its confidence says how well the words fit, not how near the place is: a well-fitting street is still no door.
_AT_MOST: Final[dict[Precision, float]] = {
    "exact": 0.97,
    "interpolated": 0.7,
    "near_number": 0.5,
    "street": 0.4,
    "city": 0.2,
}


class Pelias:
    """Implements `Geocoder` over the Pelias at `base_url`; `api_key` for those who sell it."""

    def __init__(self, http: httpx.AsyncClient, base_url: str, api_key: str = "") -> None:
        self._http = http
        self._url = base_url.rstrip("/").removesuffix("/v1") + "/v1"
        self._key = {"api_key": api_key} if api_key else {}

    async def find(
        self, market_id: str | None, query: AddressQuery, near: LatLon | None = None, limit: int = 5
    ) -> list[Match]:
        check_length(query)
        path, params = to_wire(query, near, limit)
        body = await fetch_json(self._http, self._url + path, params | self._key)
        return share_confidence(from_wire(body, market_id, query.unit))[:limit]

    async def suggest(
        self, market_id: str | None, text: str, near: LatLon | None = None, limit: int = 8
    ) -> list[Suggestion]:
        check_length(AddressQuery(text=text))
        params = {"text": text, "size": str(limit), "layers": "address,street"} | _focus(near) | self._key
        body = await fetch_json(self._http, f"{self._url}/autocomplete", params)
        return [
            Suggestion(m.label, m.street, m.number, m.city, m.postcode, m.place) for m in from_wire(body, market_id, "")
        ]

    async def reverse(self, market_id: str, place: LatLon) -> Match | None:
        params = {"point.lat": f"{place.lat:.7f}", "point.lon": f"{place.lon:.7f}", "size": "1", "layers": "address"}
        body = await fetch_json(self._http, f"{self._url}/reverse", params | self._key)
        return next(iter(from_wire(body, market_id, "")), None)


def to_wire(query: AddressQuery, near: LatLon | None, limit: int) -> tuple[str, dict[str, str]]:
    """(path, parameters): fields go to the structured endpoint, one line to the other."""
    if query.street and query.city:
        fields = {
            "address": f"{query.number} {query.street}".strip(),
            "locality": query.city,
            "postalcode": query.postcode,
        }
        return "/search/structured", {k: v for k, v in fields.items() if v} | {"size": str(limit)} | _focus(near)
    return "/search", {"text": text_of(query), "size": str(limit)} | _focus(near)


def _focus(near: LatLon | None) -> dict[str, str]:
    return {"focus.point.lat": f"{near.lat:.5f}", "focus.point.lon": f"{near.lon:.5f}"} if near else {}


def from_wire(body: Any, market_id: str | None, unit: str) -> list[Match]:
    try:
        return [_match(feature, market_id, unit) for feature in body["features"]]
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise GeocoderUnavailable("answered in an unknown form") from cause


def _match(feature: dict[str, Any], market_id: str | None, unit: str) -> Match:
    found: dict[str, Any] = feature["properties"]
    lon, lat = feature["geometry"]["coordinates"][:2]  # GeoJSON: longitude first
    precision = _precision(found)
    confidence = min(_AT_MOST[precision], float(found.get("confidence", _AT_MOST[precision])))
    city = str(found.get("locality") or found.get("localadmin") or "")
    street = str(found.get("street") or (found["name"] if found.get("layer") == "street" else ""))
    return Match(
        LatLon(float(lat), float(lon)), str(found["label"]), street, str(found.get("housenumber", "")), unit, city,
        str(found.get("postalcode", "")), round(confidence, 3), precision, market_id,
    )  # fmt: skip


def _precision(found: dict[str, Any]) -> Precision:
    if found.get("match_type") == "interpolated" or found.get("accuracy") == "interpolated":
        return "interpolated"
    if found.get("layer") in {"address", "venue"}:
        return "near_number" if found.get("match_type") == "fallback" else "exact"
    return "street" if found.get("layer") == "street" else "city"
