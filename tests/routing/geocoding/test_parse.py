"""The ways a line of text can be read."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.kit.places import LatLon
from homeward.routing.geocoding.model import AddressQuery, City, Gazetteer
from homeward.routing.geocoding.parse import MAX_MENDED, MAX_READINGS, Reading, readings

CITIES = ("vaduz", "burlington", "s burlington", "jamaica", "porto alegre")
KNOWN = Gazetteer(
    {name: City(name, (name,), LatLon(0, 0), 1, "mkt_1") for name in CITIES}, frozenset({"9490", "5401", "90010000"})
)


@pytest.mark.parametrize(
    ("text", "reading"),
    [
        ("12 Main St, Burlington, VT 05401", Reading("main st", "12", "", "burlington", "5401")),
        ("12 main st burlington vt", Reading("main st", "12", "", "burlington")),
        ("12 main st south burlington vermont 05401", Reading("main st", "12", "", "s burlington", "5401")),
        ("12 Main St Suite 200, Burlington", Reading("main st", "12", "200", "burlington")),
        ("12 Main St #4B, Burlington", Reading("main st", "12", "4B", "burlington")),
        ("12 Main St, 2nd floor, Burlington", Reading("main st", "12", "2", "burlington")),
        ("Hauptstrasse 12 a, 9490 Vaduz", Reading("haupt st", "12a", "", "vaduz", "9490")),
        ("Hauptstr. 12-14, FL-9490 Vaduz, Liechtenstein", Reading("haupt st", "12-14", "", "vaduz", "9490")),
        ("9490 Vaduz, Hauptstr. 12", Reading("haupt st", "12", "", "vaduz", "9490")),
        ("Hauptstr 12 9490 Vaduz", Reading("haupt st", "12", "", "vaduz", "9490")),
        ("Hauptstr. 12, Top 4, 9490 Vaduz", Reading("haupt st", "12", "4", "vaduz", "9490")),
        ("807 VT Route 30, Jamaica, VT 05343", Reading("rte 30", "807", "", "jamaica", "5343")),
        (
            "Rua Augusta, 123 - Porto Alegre - RS, 90010-000",
            Reading("rua augusta", "123", "", "porto alegre", "90010000"),
        ),
        ("12, rue de la Paix, 75002 Paris", Reading("rua paix", "12", "", "paris", "75002")),
        ("1234 Main St", Reading("main st", "1234")),
        ("9490 Vaduz", Reading("", "", "", "vaduz", "9490")),
        ("12 1/2 Main St, Burlington", Reading("main st", "12", "", "burlington")),
    ],
)
def test_the_right_reading_is_the_first(text: str, reading: Reading) -> None:
    assert readings(AddressQuery(text=text), KNOWN)[0] == reading


def test_a_number_at_both_ends_is_read_both_ways() -> None:
    found = {(r.street, r.number) for r in readings(AddressQuery(text="12 Avenue 5"), KNOWN)}
    assert {("ave 5", "12"), ("12 ave", "5")} <= found


def test_fields_win_over_what_the_street_field_says() -> None:
    query = AddressQuery(street="12 Main St, Jamaica", city="Burlington VT", postcode="05401")
    assert readings(query, KNOWN)[0] == Reading("main st", "12", "", "burlington", "5401")


def test_a_misspelt_common_word_is_mended_in_a_second_reading() -> None:
    first, *others = readings(AddressQuery(text="12 Noth Mountian Rd, Burlington"), KNOWN)
    assert first.street == "noth mountian rd"
    assert Reading("n mtn rd", "12", "", "burlington", mended=True) in others


@given(st.text(max_size=300))
def test_any_text_has_a_few_readings(text: str) -> None:
    assert len(readings(AddressQuery(text=text), KNOWN)) <= MAX_READINGS + MAX_MENDED


PIECES = st.sampled_from(
    [
        "12",
        "12a",
        "12-14",
        "1/2",
        "a",
        "Main",
        "St",
        "#",
        "apt",
        "4B",
        ",",
        ",",
        "05401",
        "9490",
        "Vaduz",
        "VT",
        "-",
        "\n",
        "USA",
        "N",
    ]
)


@given(st.lists(PIECES, max_size=25).map(" ".join), st.lists(PIECES, max_size=4).map(" ".join))
def test_any_order_of_the_pieces_of_addresses_can_be_read(text: str, field: str) -> None:
    for query in (AddressQuery(text=text), AddressQuery(street=text, number=field, city=field, postcode=field)):
        for reading in readings(query, KNOWN):
            assert reading.street or reading.city or reading.postcode
