"""Nominatim: OpenStreetMap's own geocoder, self-hosted. Wire facts: Nominatim manual 4.5, API reference, "Search",
"Reverse" and "Place details/Output", format jsonv2.

Its public server forbids completing while typing and more than one request a second: give the address of your own.
"""

from typing import Any, Final

import httpx

from homeward.kit.places import LatLon
from homeward.routing.geocoding.errors import GeocoderUnavailable
from homeward.routing.geocoding.model import AddressQuery, Match, Precision, Suggestion, one_line
from homeward.routing.geocoding.outside import check_length, fetch_json, share_confidence, text_of

# It gives an importance, which is fame and not certainty; so the kind of the place found decides.
_CONFIDENCE: Final[dict[Precision, float]] = {"exact": 0.9, "near_number": 0.5, "street": 0.4, "city": 0.2}
_CITY_KEYS: Final = ("city", "town", "village", "municipality", "hamlet")
_STREET_KEYS: Final = ("road", "pedestrian", "footway", "square", "neighbourhood")
_NEAR_DEGREES: Final = 0.3


class Nominatim:
    """Implements `Geocoder` over the Nominatim at `base_url`."""

    def __init__(self, http: httpx.AsyncClient, base_url: str) -> None:
        self._http = http
        self._url = base_url.rstrip("/")

    async def find(
        self, market_id: str | None, query: AddressQuery, near: LatLon | None = None, limit: int = 5
    ) -> list[Match]:
        check_length(query)
        body = await fetch_json(self._http, f"{self._url}/search", to_wire(query, near, limit))
        return share_confidence(from_wire(body, market_id, query))[:limit]

    async def suggest(
        self, market_id: str | None, text: str, near: LatLon | None = None, limit: int = 8
    ) -> list[Suggestion]:
        matches = await self.find(market_id, AddressQuery(text=text), near, limit)
        return [Suggestion(m.label, m.street, m.number, m.city, m.postcode, m.place) for m in matches if m.street]

    async def reverse(self, market_id: str, place: LatLon) -> Match | None:
        params = {
            "lat": f"{place.lat:.7f}",
            "lon": f"{place.lon:.7f}",
            "zoom": "18",
            "format": "jsonv2",
            "addressdetails": "1",
        }
        body = await fetch_json(self._http, f"{self._url}/reverse", params)
        if isinstance(body, dict) and "error" in body:  # "Unable to geocode": open water, or outside its data
            return None
        return next(iter(from_wire([body], market_id, AddressQuery())), None)


def to_wire(query: AddressQuery, near: LatLon | None, limit: int) -> dict[str, str]:
    params = {"format": "jsonv2", "addressdetails": "1", "limit": str(limit)}
    if query.street and query.city:
        params |= {"street": f"{query.number} {query.street}".strip(), "city": query.city}
        params |= {"postalcode": query.postcode} if query.postcode else {}
    else:
        params["q"] = text_of(query)  # it refuses q together with fields
    if near is not None:
        # x1,y1,x2,y2; without bounded=1 it only prefers what is inside.
        corners = (
            near.lon - _NEAR_DEGREES,
            near.lat - _NEAR_DEGREES,
            near.lon + _NEAR_DEGREES,
            near.lat + _NEAR_DEGREES,
        )
        params["viewbox"] = ",".join(f"{degrees:.5f}" for degrees in corners)
    return params


def from_wire(body: Any, market_id: str | None, query: AddressQuery) -> list[Match]:
    try:
        return [_match(item, market_id, query) for item in body]
    except (KeyError, TypeError, ValueError, AttributeError) as cause:
        raise GeocoderUnavailable("answered in an unknown form") from cause


def _match(item: dict[str, Any], market_id: str | None, query: AddressQuery) -> Match:
    address: dict[str, str] = item.get("address", {})
    number = address.get("house_number", "")
    street = next((address[key] for key in _STREET_KEYS if key in address), "")
    city = next((address[key] for key in _CITY_KEYS if key in address), "")
    postcode = address.get("postcode", "")
    precision = _precision(number, street, query)
    # lat and lon are strings
    place = LatLon(float(item["lat"]), float(item["lon"]))
    label = one_line(street, number, query.unit, city, postcode) or str(item["display_name"])
    return Match(
        place, label, street, number, query.unit, city, postcode, _CONFIDENCE[precision], precision, market_id
    )  # fmt: skip


def _precision(number: str, street: str, query: AddressQuery) -> Precision:
    asked = f"{query.number} {query.street} {query.text}".lower().replace(",", " ").split()
    if number:
        return "exact" if not asked or number.lower() in asked else "near_number"
    return "street" if street else "city"
