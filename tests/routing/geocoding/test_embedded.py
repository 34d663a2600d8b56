"""What the embedded geocoder finds in a small world, and what it refuses."""

from pathlib import Path

import pytest

from homeward.infra.db import Database
from homeward.kit.places import LatLon, great_circle_m
from homeward.routing.geocoding import AddressQuery, Match
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from homeward.routing.geocoding.errors import AddressTooLong
from tests.routing.geocoding.conftest import (
    DORF,
    MARKET,
    OTHER_MARKET,
    RIVERTON,
    SPRINGFIELD,
    WORLD,
    a_row,
    a_street,
    load,
    north_of,
)


async def best(geocoder: EmbeddedGeocoder, text: str, near: LatLon | None = None) -> Match:
    matches = await geocoder.find(MARKET, AddressQuery(text=text), near)
    assert matches, f"nothing found for {text!r}"
    return matches[0]


def door(number: int, at: LatLon) -> LatLon:
    return LatLon(at.lat, at.lon + number * 0.000125)


@pytest.mark.parametrize(
    ("text", "number", "at"),
    [
        ("12 Main Street, Springfield, VT 05156", 12, SPRINGFIELD),
        ("12 MAIN ST SPRINGFIELD VT 05156", 12, SPRINGFIELD),
        ("12 main st., springfield", 12, SPRINGFIELD),
        ("12 main springfield", 12, SPRINGFIELD),
        ("12 Main Street, 05156", 12, SPRINGFIELD),
        ("12 Main Street, 5156", 12, SPRINGFIELD),
        ("12 Main Street, Springfield, VT 05156-1234, USA", 12, SPRINGFIELD),
        ("12 Mian Street, Springfield", 12, SPRINGFIELD),
        ("12 Main Stret, Springfeild 05156", 12, SPRINGFIELD),
        ("12 N Main St, Springfield", 12, north_of(SPRINGFIELD, 1)),
        ("12 Noth Main St, Springfield", 12, north_of(SPRINGFIELD, 1)),
        ("12 Main St Apt 4B, Springfield", 12, SPRINGFIELD),
        ("Main Street 12, Springfield", 12, SPRINGFIELD),
        ("807 Vermont Rte 22A, Springfield", 807, north_of(SPRINGFIELD, 3)),
        ("807 VT Ruote 22A, Springfield", 807, north_of(SPRINGFIELD, 3)),
        ("807 VT Roue 22A, Springfield", 807, north_of(SPRINGFIELD, 3)),
        ("7 Tunrpike Rd, Springfield", 7, north_of(SPRINGFIELD, 4)),
        ("20 lakeveiw dr", 20, north_of(RIVERTON, 1)),
        ("12 Main Street, Riverton", 12, RIVERTON),
        ("Hauptstrasse 5, 9490 Grossdorf", 5, DORF),
        ("Hauptstr. 5, Großdorf", 5, DORF),
        ("9490 Grossdorf, Hauptstr 5", 5, DORF),
        ("FL-9490 Großdorf, Hauptstraße 5", 5, DORF),
        ("Hauptstrase 5 Grossdorf", 5, DORF),
        ("Haupttsrase 5 Grossdorf", 5, DORF),
        ("Am Baechle 4, Grossdorf", 4, north_of(DORF, 1)),
        ("am bachle 4 9490 Grossdorf", 4, north_of(DORF, 1)),
    ],
)
async def test_an_address_is_certain_in_every_usual_spelling(
    geocoder: EmbeddedGeocoder, text: str, number: int, at: LatLon
) -> None:
    match = await best(geocoder, text)
    assert great_circle_m(match.place, door(number, at)) < 1
    assert match.precision == "exact"
    assert match.certain, match


async def test_fields_find_the_same_as_one_line(geocoder: EmbeddedGeocoder) -> None:
    fields = AddressQuery(street="Main St", number="12", unit="4B", city="Springfield", postcode="05156")
    (match, *_) = await geocoder.find(MARKET, fields)
    assert match.place == (await best(geocoder, "12 Main Street, Springfield")).place
    assert (match.street, match.number, match.unit, match.city) == ("Main Street", "12", "4B", "Springfield")
    assert match.label == "12 Main Street #4B, Springfield 05156"


async def test_a_street_of_two_towns_is_not_certain_and_both_are_offered(geocoder: EmbeddedGeocoder) -> None:
    matches = await geocoder.find(MARKET, AddressQuery(text="12 Main Street"))
    assert {match.city for match in matches[:2]} == {"Springfield", "Riverton"}
    assert not any(match.certain for match in matches)


@pytest.mark.parametrize(("near", "city"), [(SPRINGFIELD, "Springfield"), (RIVERTON, "Riverton")])
async def test_a_place_nearby_breaks_the_tie(geocoder: EmbeddedGeocoder, near: LatLon, city: str) -> None:
    assert (await best(geocoder, "12 Main Street", near)).city == city


async def test_a_number_that_only_one_of_the_towns_has_speaks_for_that_town(geocoder: EmbeddedGeocoder) -> None:
    assert (await best(geocoder, "40 Main Street")).city == "Springfield"


async def test_a_missing_house_is_put_between_its_neighbours_with_less_confidence(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "10 Main Street, Springfield")
    assert match.precision == "interpolated"
    assert great_circle_m(match.place, door(10, SPRINGFIELD)) < 5
    assert match.confidence < (await best(geocoder, "12 Main Street, Springfield")).confidence


async def test_a_number_far_beyond_the_last_house_is_not_certain(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "400 Main Street, Springfield")
    assert match.precision == "near_number"
    assert match.number == "40"
    assert not match.certain


async def test_a_letter_behind_the_number_is_another_door(geocoder: EmbeddedGeocoder) -> None:
    with_letter, without = (
        await best(geocoder, "Hauptstr. 12 A, Großdorf"),
        await best(geocoder, "Hauptstr. 12, Großdorf"),
    )
    assert (with_letter.number, without.number) == ("12a", "12")
    assert (await best(geocoder, "Hauptstr. 5b, Großdorf")).precision == "near_number"


async def test_a_house_with_a_range_of_numbers_has_each_of_them(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "Hauptstrasse 32, Großdorf")
    assert (match.precision, match.number) == ("exact", "30-34")


async def test_the_unit_chooses_among_the_doors_of_one_number(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "9 Turnpike Rd Unit B, Springfield")
    assert match.place == LatLon(44.0161, -72.9988)


@pytest.mark.parametrize(
    "text", ["12 Quetzalcoatl Boulevard, Springfield", "99 Zanzibar Way", "Kirchgasse 4, 9490 Grossdorf", "?!?", "12"]
)
async def test_an_unknown_street_is_refused_rather_than_guessed(geocoder: EmbeddedGeocoder, text: str) -> None:
    assert await geocoder.find(MARKET, AddressQuery(text=text)) == []


async def test_another_route_number_is_not_taken_for_a_typo(geocoder: EmbeddedGeocoder) -> None:
    matches = await geocoder.find(MARKET, AddressQuery(text="807 VT Route 23, Springfield"))
    assert not any(match.certain for match in matches)


async def test_a_known_street_in_an_unknown_town_is_not_certain(geocoder: EmbeddedGeocoder) -> None:
    matches = await geocoder.find(MARKET, AddressQuery(text="20 Lakeview Drive, Poughkeepsie, NY 12601"))
    assert not any(match.certain for match in matches)


async def test_a_city_alone_gives_its_middle_without_certainty(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "Riverton")
    assert match.precision == "city"
    assert great_circle_m(match.place, RIVERTON) < 1_000
    assert not match.certain


async def test_a_street_without_a_number_gives_its_middle_without_certainty(geocoder: EmbeddedGeocoder) -> None:
    match = await best(geocoder, "Elm Street, Springfield")
    assert match.precision == "street"
    assert not match.certain


async def test_only_the_asked_market_is_searched(geocoder: EmbeddedGeocoder) -> None:
    query = AddressQuery(text="1 Cherry Street, Faraway")
    assert await geocoder.find(MARKET, query) == []
    assert [match.market_id for match in await geocoder.find(None, query)] == [OTHER_MARKET]


async def test_a_text_longer_than_any_address_is_a_clear_refusal(geocoder: EmbeddedGeocoder) -> None:
    with pytest.raises(AddressTooLong) as refusal:
        await geocoder.find(MARKET, AddressQuery(text="Main Street " * 40))
    assert refusal.value.longest == 300


async def test_a_place_has_the_nearest_door_as_its_address(geocoder: EmbeddedGeocoder) -> None:
    match = await geocoder.reverse(MARKET, LatLon(SPRINGFIELD.lat + 0.00005, SPRINGFIELD.lon + 12 * 0.000125))
    assert match is not None
    assert match.label == "12 Main Street, Springfield 05156"


async def test_a_place_far_from_every_door_has_no_address(geocoder: EmbeddedGeocoder) -> None:
    assert await geocoder.reverse(MARKET, LatLon(43.5, -73.5)) is None


@pytest.mark.parametrize(
    ("typed", "completed"),
    [
        ("12 ma", "12 Main Street, Springfield 05156"),
        ("12 main str", "12 Main Street, Springfield 05156"),
        ("12 main street, spr", "12 Main Street, Springfield 05156"),
        ("12 Main Street, Riv", "12 Main Street, Riverton 05663"),
        ("hauptst", "Hauptstraße, 9490 Großdorf"),
        ("Hauptstrasse 5", "Hauptstraße 5, 9490 Großdorf"),
        ("lakev", "Lakeview Drive, Riverton 05663"),
        ("route 22", "VT Route 22A, Springfield 05156"),
        ("bachle", "Am Bächle, 9490 Großdorf"),
    ],
)
async def test_a_street_is_completed_while_it_is_typed(geocoder: EmbeddedGeocoder, typed: str, completed: str) -> None:
    suggestions = await geocoder.suggest(MARKET, typed, near=SPRINGFIELD)
    assert completed in [suggestion.text for suggestion in suggestions[:2]]


async def test_one_letter_is_too_little_to_complete(geocoder: EmbeddedGeocoder) -> None:
    assert await geocoder.suggest(MARKET, "m") == []


async def test_loading_again_replaces_the_market_and_nothing_else(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path, WORLD)
    await load(db, tmp_path, a_street("Cherry Street", "Faraway", "99999", LatLon(10, 10), [1]), market=OTHER_MARKET)
    loaded = await load(db, tmp_path, a_street("Oak Street", "Springfield", "05156", SPRINGFIELD, [1, 2]))
    geocoder = EmbeddedGeocoder(db)
    assert (loaded.streets, loaded.addresses) == (1, 2)
    assert await geocoder.find(MARKET, AddressQuery(text="12 Elm Street, Springfield")) == []
    assert await geocoder.find(MARKET, AddressQuery(text="1 Oak Street, Springfield"))
    assert await geocoder.find(OTHER_MARKET, AddressQuery(text="1 Cherry Street, Faraway"))


async def test_a_load_that_breaks_leaves_the_old_addresses(db: Database, tmp_path: Path) -> None:
    await load(db, tmp_path, WORLD)
    with pytest.raises(KeyError):
        await load(db, tmp_path, [*a_street("Oak Street", "Springfield", "05156", SPRINGFIELD, [1]), {"number": "2"}])
    assert await EmbeddedGeocoder(db).find(MARKET, AddressQuery(text="12 Elm Street, Springfield"))


async def test_rows_without_a_usable_number_are_counted_and_left_out(db: Database, tmp_path: Path) -> None:
    rows = [a_row(number, "Elm Street", "Springfield", "05156", 44, -73) for number in ("1", "0", "", "Barn")]
    loaded = await load(db, tmp_path, rows)
    assert (loaded.addresses, loaded.without_number) == (1, 3)


async def test_a_street_without_doors_is_found_by_its_shape(db: Database, tmp_path: Path) -> None:
    shape = {
        "street": "Lonely Road",
        "city": "Springfield",
        "postcode": "",
        "geometry": [[44.1, -73.1], [44.1, -73.0985]],
    }
    await load(db, tmp_path, WORLD, [shape])
    match = await best(EmbeddedGeocoder(db), "3 Lonely Road, Springfield")
    assert match.precision == "street"
    assert great_circle_m(match.place, LatLon(44.1, -73.1)) < 100
    assert not match.certain


async def test_a_shape_whose_city_the_map_lacks_joins_the_street_beside_it(db: Database, tmp_path: Path) -> None:
    shape = {"street": "Elm St", "city": "", "postcode": "", "geometry": [[44.008, -73.0], [44.008, -72.997]]}
    loaded = await load(db, tmp_path, WORLD, [shape])
    assert loaded.streets == len({(row["street"], row["city"]) for row in WORLD})
