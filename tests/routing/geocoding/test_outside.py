"""The contract of outside geocoders, over answers in the form that their documentation shows, and their failures."""

from collections.abc import Callable
from typing import Any

import httpx
import pytest

from homeward.infra.db import Database
from homeward.kit.places import LatLon
from homeward.routing.geocoding import AddressQuery, Geocoder
from homeward.routing.geocoding import nominatim as nominatim_wire
from homeward.routing.geocoding import pelias as pelias_wire
from homeward.routing.geocoding.choice import BadGeocoderUrl, choose_geocoder
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from homeward.routing.geocoding.errors import AddressTooLong, GeocoderRefused, GeocoderUnavailable
from homeward.routing.geocoding.nominatim import Nominatim
from homeward.routing.geocoding.pelias import Pelias

Handler = Callable[[httpx.Request], httpx.Response]
VADUZ = LatLon(47.1410, 9.5209)
QUERY = AddressQuery(text="Städtle 3, 9490 Vaduz")


# In the form of the Nominatim 4.5 manual, "Place Output", format jsonv2 with addressdetails=1; values are our own.
def nominatim_item(lat: float, lon: float, **address: str) -> dict[str, Any]:
    return {
        "place_id": 1, "licence": "Data © OpenStreetMap contributors, ODbL 1.0.", "osm_type": "way", "osm_id": 1,
        "lat": str(lat), "lon": str(lon), "category": "building", "type": "yes", "place_rank": 30, "importance": 0.0001,
        "addresstype": "building", "name": "", "display_name": "3, Städtle, Vaduz, 9490, Liechtenstein",
        "address": address, "boundingbox": ["47.1", "47.2", "9.5", "9.6"],
    }  # fmt: skip


NOMINATIM_DOOR = nominatim_item(
    47.1395, 9.5222, house_number="3", road="Städtle", town="Vaduz", postcode="9490", country_code="li"
)


# In the form of the Pelias documentation, "Search": a GeoJSON FeatureCollection; values are our own.
def pelias_feature(lat: float, lon: float, **properties: Any) -> dict[str, Any]:
    return {
        "type": "Feature",
        "geometry": {"type": "Point", "coordinates": [lon, lat]},
        "properties": {
            "gid": "openaddresses:address:1", "layer": "address", "source": "openaddresses", "name": "Städtle 3",
            "housenumber": "3", "street": "Städtle", "postalcode": "9490", "confidence": 1, "match_type": "exact",
            "accuracy": "point", "country": "Liechtenstein", "locality": "Vaduz",
            "label": "Städtle 3, Vaduz, Liechtenstein",
        } | properties,
    }  # fmt: skip


def pelias_body(*features: dict[str, Any]) -> dict[str, Any]:
    return {"geocoding": {"version": "0.2"}, "type": "FeatureCollection", "features": list(features)}


PELIAS_DOOR = pelias_feature(47.1395, 9.5222)


def client(handler: Handler) -> httpx.AsyncClient:
    return httpx.AsyncClient(transport=httpx.MockTransport(handler))


def answering(body: Any, seen: list[httpx.Request] | None = None) -> httpx.AsyncClient:
    def handler(request: httpx.Request) -> httpx.Response:
        if seen is not None:
            seen.append(request)
        return httpx.Response(200, json=body)

    return client(handler)


MAKERS: dict[str, Callable[[httpx.AsyncClient], Geocoder]] = {
    "nominatim": lambda http: Nominatim(http, "https://geo.example/"),
    "pelias": lambda http: Pelias(http, "https://geo.example/v1/"),
}
DOORS = {"nominatim": [NOMINATIM_DOOR], "pelias": pelias_body(PELIAS_DOOR)}
NOTHING: dict[str, Any] = {"nominatim": [], "pelias": pelias_body()}
BOTH = pytest.mark.parametrize("code", sorted(MAKERS))


@BOTH
async def test_a_door_is_found_with_its_place_and_parts(code: str) -> None:
    (match,) = await MAKERS[code](answering(DOORS[code])).find("mkt_1", QUERY)
    assert (match.place, match.street, match.number, match.city, match.postcode) == (
        LatLon(47.1395, 9.5222), "Städtle", "3", "Vaduz", "9490",
    )  # fmt: skip
    assert (match.precision, match.market_id, match.certain) == ("exact", "mkt_1", True)


@BOTH
async def test_nothing_found_is_an_empty_answer(code: str) -> None:
    geocoder = MAKERS[code](answering(NOTHING[code]))
    assert await geocoder.find(None, QUERY) == []
    assert await geocoder.suggest("mkt_1", "städ") == []


@BOTH
async def test_a_place_has_an_address(code: str) -> None:
    body = NOMINATIM_DOOR if code == "nominatim" else DOORS[code]
    match = await MAKERS[code](answering(body)).reverse("mkt_1", VADUZ)
    assert match is not None
    assert (match.street, match.number) == ("Städtle", "3")


@BOTH
async def test_a_place_without_an_address_has_none(code: str) -> None:
    body = {"error": "Unable to geocode"} if code == "nominatim" else pelias_body()
    assert await MAKERS[code](answering(body)).reverse("mkt_1", VADUZ) is None


@BOTH
@pytest.mark.parametrize("status", [429, 500, 502, 503, 504])
async def test_an_overloaded_service_is_unavailable_and_may_be_tried_again(code: str, status: int) -> None:
    geocoder = MAKERS[code](client(lambda _: httpx.Response(status)))
    with pytest.raises(GeocoderUnavailable) as refusal:
        await geocoder.find(None, QUERY)
    assert refusal.value.retryable


@BOTH
@pytest.mark.parametrize("status", [400, 401, 403, 404])
async def test_a_refused_request_is_refused_for_good(code: str, status: int) -> None:
    geocoder = MAKERS[code](client(lambda _: httpx.Response(status, json={"error": "no"})))
    with pytest.raises(GeocoderRefused):
        await geocoder.find(None, QUERY)


@BOTH
@pytest.mark.parametrize(
    "error", [httpx.ConnectTimeout, httpx.ReadTimeout, httpx.ConnectError, httpx.RemoteProtocolError]
)
async def test_no_answer_is_unavailable(code: str, error: type[httpx.TransportError]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        raise error("gone", request=request)

    with pytest.raises(GeocoderUnavailable):
        await MAKERS[code](client(fail)).find(None, QUERY)


@BOTH
@pytest.mark.parametrize("body", [{"unexpected": 1}, "text", None, [1], {"features": [{}]}, [{"lat": "x", "lon": "y"}]])
async def test_an_answer_of_unknown_form_is_unavailable_and_no_crash(code: str, body: Any) -> None:
    with pytest.raises(GeocoderUnavailable):
        await MAKERS[code](answering(body)).find(None, QUERY)


@BOTH
async def test_an_answer_that_is_no_json_is_unavailable(code: str) -> None:
    with pytest.raises(GeocoderUnavailable):
        await MAKERS[code](client(lambda _: httpx.Response(200, text="<html>"))).find(None, QUERY)


@BOTH
async def test_a_text_longer_than_any_address_is_never_sent(code: str) -> None:
    seen: list[httpx.Request] = []
    with pytest.raises(AddressTooLong):
        await MAKERS[code](answering(DOORS[code], seen)).find(None, AddressQuery(text="x" * 301))
    assert seen == []


@BOTH
async def test_every_request_has_a_time_limit(code: str) -> None:
    seen: list[httpx.Request] = []
    await MAKERS[code](answering(DOORS[code], seen)).find(None, QUERY)
    assert seen[0].extensions["timeout"]["read"] <= 3.0


@BOTH
async def test_two_doors_of_one_name_far_apart_are_both_uncertain(code: str) -> None:
    bodies: dict[str, Any] = {
        "nominatim": [NOMINATIM_DOOR, nominatim_item(47.2, 9.5, house_number="3", road="Städtle", town="Ruggell")],
        "pelias": pelias_body(PELIAS_DOOR, pelias_feature(47.2, 9.5, locality="Ruggell")),
    }
    matches = await MAKERS[code](answering(bodies[code])).find(None, QUERY)
    assert len(matches) == 2
    assert not any(match.certain for match in matches)


def test_nominatim_gets_one_line_or_fields_but_never_both() -> None:
    fields = AddressQuery(street="Städtle", number="3", city="Vaduz", postcode="9490")
    assert nominatim_wire.to_wire(QUERY, None, 5)["q"] == "Städtle 3, 9490 Vaduz"
    assert nominatim_wire.to_wire(fields, None, 5).items() >= {
        "street": "3 Städtle", "city": "Vaduz", "postalcode": "9490",
    }.items()  # fmt: skip
    assert "q" not in nominatim_wire.to_wire(fields, None, 5)


def test_nominatim_gets_longitude_before_latitude_in_its_viewbox() -> None:
    assert nominatim_wire.to_wire(QUERY, VADUZ, 5)["viewbox"] == "9.22090,46.84100,9.82090,47.44100"


def test_another_house_number_in_nominatims_answer_is_no_exact_door() -> None:
    other = nominatim_item(47.1, 9.5, house_number="5", road="Städtle", town="Vaduz")
    (match,) = nominatim_wire.from_wire([other], None, QUERY)
    assert (match.precision, match.certain) == ("near_number", False)


@pytest.mark.parametrize(
    ("properties", "precision"),
    [
        ({"match_type": "interpolated", "accuracy": "centroid"}, "interpolated"),
        ({"layer": "street", "match_type": "fallback", "confidence": 0.8}, "street"),
        ({"layer": "locality", "match_type": "fallback", "confidence": 0.6}, "city"),
        ({"match_type": "fallback"}, "near_number"),
    ],
)
def test_only_an_exact_door_of_pelias_is_certain(properties: dict[str, Any], precision: str) -> None:
    (match,) = pelias_wire.from_wire(pelias_body(pelias_feature(47.1, 9.5, **properties)), None, "")
    assert (match.precision, match.certain) == (precision, False)


def test_pelias_gets_fields_at_its_structured_endpoint() -> None:
    query = AddressQuery(street="Städtle", number="3", city="Vaduz", postcode="9490")
    path, params = pelias_wire.to_wire(query, VADUZ, 5)
    assert path == "/search/structured"
    assert (params["address"], params["locality"], params["postalcode"]) == ("3 Städtle", "Vaduz", "9490")
    assert (params["focus.point.lat"], params["focus.point.lon"]) == ("47.14100", "9.52090")


async def test_pelias_gets_its_key_only_if_there_is_one() -> None:
    seen: list[httpx.Request] = []
    http = answering(DOORS["pelias"], seen)
    await Pelias(http, "https://geo.example").find(None, QUERY)
    await Pelias(http, "https://geo.example", api_key="k1").find(None, QUERY)
    assert [request.url.params.get("api_key") for request in seen] == [None, "k1"]
    assert {request.url.path for request in seen} == {"/v1/search"}


async def test_the_operators_url_chooses_the_geocoder_and_no_url_asks_nobody_outside() -> None:
    seen: list[httpx.Request] = []
    db = Database("postgresql://nowhere.invalid/none")
    assert isinstance(choose_geocoder(None, db), EmbeddedGeocoder)
    nominatim = choose_geocoder("nominatim+http://geo.example:8080/base", db, answering(DOORS["nominatim"], seen))
    pelias = choose_geocoder("pelias+https://geo.example?api_key=k1", db, answering(DOORS["pelias"], seen))
    assert await nominatim.find(None, QUERY)
    assert await pelias.find(None, QUERY)
    assert str(seen[0].url).startswith("http://geo.example:8080/base/search?")
    assert str(seen[1].url).startswith("https://geo.example/v1/search?")
    assert seen[1].url.params["api_key"] == "k1"


@pytest.mark.parametrize(
    "url", ["https://geo.example?api_key=secret", "photon+https://geo.example", "nominatim+ftp://x", "x"]
)
def test_an_outside_geocoder_that_we_do_not_know_is_refused_without_telling_the_key(url: str) -> None:
    with pytest.raises(BadGeocoderUrl) as refusal:
        choose_geocoder(url, Database("postgresql://nowhere.invalid/none"))
    assert "secret" not in str(refusal.value.members())
