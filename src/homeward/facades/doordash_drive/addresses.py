"""Completing an address while it is typed, with our own geocoder."""

from typing import Any

from homeward.facades.doordash_drive.orders import AutoCompleteBody
from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding.model import Geocoder, Suggestion


async def complete(geocoder: Geocoder, body: AutoCompleteBody) -> dict[str, Any]:
    """The best first. A radius counts only with a place to measure it from."""
    near = LatLon(body.location.lat, body.location.lng) if body.location else None
    found = await geocoder.suggest(None, body.input_address, near, body.max_results)
    radius_m = body.search_radius_meter
    if near is not None and radius_m is not None:
        found = [each for each in found if great_circle_m(near, each.place) <= radius_m]
    return {"results": [{"address": _address_json(each)} for each in found]}


def _address_json(found: Suggestion) -> dict[str, Any]:
    # The index knows no states and no flats; the dialect wants their fields, so they come empty.
    return {
        "formatted_address": found.text,
        "location": {"lat": found.place.lat, "lng": found.place.lon},
        "street": " ".join(filter(None, [found.number, found.street])),
        "unit": "",
        "city": found.city,
        "state": "",
        "zip_code": found.postcode,
    }
