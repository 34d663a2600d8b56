"""Anything is found, and over a hundred thousand deliveries it is found by the index."""

import json

import pytest

from homeward.deliveries.finding import WORDS, asked, condition
from homeward.dispatch.desk.search import DELIVERIES, SearchService
from tests.web.booking import a_booked_delivery
from tests.web.town import Town


@pytest.mark.parametrize(
    ("text", "enough", "phone"),
    [
        ("ab", False, None),
        ("a b", False, None),
        ("elm 7", True, None),
        ("+1 (802) 555-0100", True, "%18025550100%"),
        ("0660 1234567", True, "%6601234567%"),
        ("1234", True, None),
        ("100%", True, None),
    ],
)
def test_a_search_is_words_and_perhaps_a_telephone_number(text: str, enough: bool, phone: str | None) -> None:
    wanted = asked(text)
    assert wanted.enough is enough
    assert wanted.phone == phone


def test_wild_cards_are_letters() -> None:
    assert asked("50%_off").patterns == ("%50\\%\\_off%",)


COPIES = """
    INSERT INTO delivery SELECT (jsonb_populate_record(d, jsonb_build_object(
        'id', 'dlv_copy' || n, 'external_id', 'ORDER-' || n, 'tracking_token', 'token' || n,
        'dropoff', d.dropoff || jsonb_build_object('address', n || ' Birch Street',
            'contact', jsonb_build_object('name', 'Person ' || n, 'phone', '+1802' || (5000000 + n)))))).*
    FROM delivery d, generate_series(1, 100000) n
"""


async def test_among_a_hundred_thousand_the_index_finds_it(town: Town) -> None:
    booked = await a_booked_delivery(town)
    search = SearchService(town.platform.db)
    async with town.platform.db.operator() as tx:
        await tx.run(COPIES)
    for text in ("order-77123", "+1 802 507 7123", "person 77123", "77123 birch", "dlv_copy77123"):
        found = await search.find(text)
        assert "dlv_copy77123" in [hit.id for hit in found.deliveries], text
        assert not found.more, text
        matches, params = condition(WORDS, asked(text))
        async with town.platform.db.operator() as tx:
            sql = DELIVERIES.format(matches=matches)
            rows = await tx.all(f"EXPLAIN (FORMAT JSON) {sql}", **params, candidates=500, few=9)
        plan = json.dumps(rows[0]["QUERY PLAN"])
        assert "delivery_by_words" in plan, text
        assert "Seq Scan" not in plan, text
    common = await search.find("birch street")
    assert common.more
    assert [hit.id for hit in (await search.find("Nora Hasler")).deliveries] == [booked]
