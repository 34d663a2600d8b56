"""Recorded quotes with another tariff: the same trips, other rules, nobody booking more or less."""

import json
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from io import StringIO
from typing import Any

import pytest
from rich.console import Console

from homeward.coverage.model import ServiceClass
from homeward.deliveries.model import BookRequest, DropoffRequest
from homeward.dispatch.whatif.asked import TextFile, tariff_from
from homeward.dispatch.whatif.errors import FileNotUsable, NothingRecorded
from homeward.dispatch.whatif.pricing import QuoteRecord, Till, price_minor
from homeward.dispatch.whatif.report import Printer, as_json
from homeward.dispatch.whatif.service import WhatIf, Wish
from homeward.infra.db import json_param
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from homeward.kit.units import Metres
from homeward.quotes import codec, policy, repository
from homeward.quotes.model import AddressAsked, Dropoff, FeeRules, Quote
from homeward.quotes.tariff import TariffRules
from homeward.quotes.tariff_json import rules_to_json
from tests.builders import TUESDAY_NOON, a_basis, a_request, swiss_rules
from tests.deliveries.world import World, an_actor
from tests.dispatch.world import Town

DOOR = LatLon(47.38, 8.54)


def a_quote(number: int = 1, booked: int | None = None, **changes: Any) -> QuoteRecord:
    """Every class on offer; `booked` is the number of the option that became a delivery."""
    basis = a_basis(**changes)
    request = a_request()
    options = policy.answer(request, basis, swiss_rules()).options
    chosen = options[booked] if booked is not None else None
    return QuoteRecord(
        id=f"quo_{number}",
        merchant_id="mer_1",
        zone="Old town",
        door=DOOR,
        parcel=request.parcel,
        basis=basis,
        options=options,
        delivery_id=f"dlv_{number}" if chosen else None,
        booked=(chosen.service_class.value, chosen.window.earliest, chosen.promised_by) if chosen else None,
        total_minor=chosen.price.total.minor if chosen else 0,
    )


def a_till(rules: TariffRules) -> Till:
    return Till(rules, {"trf_1": swiss_rules()})


def dearer_express(by_minor: int) -> TariffRules:
    rules = swiss_rules()
    return replace(rules, service={**rules.service, ServiceClass.EXPRESS: 200 + by_minor})


@pytest.mark.parametrize("hours", [0, 5, 8, 9.5])
def test_the_recorded_tariff_gives_every_recorded_price_again(hours: float) -> None:
    quote = a_quote(now=TUESDAY_NOON + timedelta(hours=hours - 4))
    assert quote.options
    for option in quote.options:
        assert price_minor(quote.parcel, quote.basis, option, swiss_rules()) == option.price.total.minor


def test_the_same_tariff_changes_nothing() -> None:
    till = a_till(swiss_rules())
    till.add(a_quote(1, booked=0))
    found = till.total()
    assert (found.booked.difference, found.movers, found.not_reproduced) == (0, (), 0)
    assert found.quotes == 1


def test_dearer_express_brings_more_of_those_who_booked_express_and_of_nobody_else() -> None:
    till = a_till(dearer_express(300))
    till.add(a_quote(1, booked=0))  # express comes first
    till.add(a_quote(2, booked=1))
    till.add(a_quote(3))
    found = till.total()
    assert (found.booked.count, found.booked.difference) == (2, 300)
    assert {name: sums.difference for name, sums in found.classes.items()} == {"express": 300, "same_day": 0}
    assert found.merchants["mer_1"] == found.booked
    assert found.zones["Old town"] == found.booked
    assert [(one.delivery_id, one.difference) for one in found.movers] == [("dlv_1", 300)]


def test_movers_come_with_the_largest_difference_first() -> None:
    rules = swiss_rules()
    assert rules.distance.beyond is not None
    steep = replace(rules, distance=replace(rules.distance, beyond=replace(rules.distance.beyond, minor=200)))
    till = a_till(steep)
    for number, km in ((1, 9), (2, 20), (3, 12)):
        till.add(a_quote(number, booked=0, distance_m=Metres(km * 1_000)))
    assert [one.delivery_id for one in till.total().movers] == ["dlv_2", "dlv_3", "dlv_1"]


def test_a_price_that_its_own_tariff_does_not_give_again_is_counted() -> None:
    till = Till(swiss_rules(), {"trf_1": dearer_express(50)})
    till.add(a_quote(1))
    assert till.total().not_reproduced == 1  # express alone has that line


# ── the file ──


def a_file(body: Mapping[str, Any] | str) -> TextFile:
    return TextFile("other.json", body if isinstance(body, str) else json.dumps(body))


def test_rules_are_read_bare_or_as_the_api_sends_them() -> None:
    body = rules_to_json(swiss_rules())
    assert tariff_from(a_file(body), "CHF") == swiss_rules()
    assert tariff_from(a_file({"rules": body}), "CHF") == swiss_rules()


@pytest.mark.parametrize(
    ("text", "where", "says"),
    [
        ('{\n "currency": "CHF",\n oops', "other.json:3", "this is not JSON"),
        ("[]", "other.json", "as a JSON object"),
        (
            '{"currency": "EUR", "distance": {"bands": [{"up_to_m": 1, "minor": 1}]}}',
            "other.json/rules/currency",
            "CHF",
        ),
        ('{"currency": "CHF", "distance": {"bands": []}}', "other.json/rules/distance/bands", "1 to 50 bands"),
    ],
)
def test_a_wrong_tariff_is_refused_with_where_and_why(text: str, where: str, says: str) -> None:
    with pytest.raises(FileNotUsable) as refused:
        tariff_from(a_file(text), "CHF")
    assert [error.pointer for error in refused.value.errors] == [where]
    assert says in str(refused.value)


# ── on a real database ──

SQUARE = {"type": "Polygon", "coordinates": [[[8.5, 47.3], [8.6, 47.3], [8.6, 47.4], [8.5, 47.4], [8.5, 47.3]]]}


async def quoted(world: World, door: LatLon) -> Quote:
    """A stored quote of the bakery for this door, with all that a real one is stored with."""
    basis, request = a_basis(now=world.clock.now()), a_request(store_id="sto_a")
    quote = Quote(
        id=new_id("quo", world.clock.now()),
        merchant_id="mer_a",
        mode="live",
        market_id="mkt_1",
        store_id="sto_a",
        parcel=request.parcel,
        dropoff=Dropoff(door, "Lane 1", AddressAsked(text="Lane 1"), 1.0, "exact", certain=True),
        distance_m=basis.distance_m,
        duration_s=basis.drive_s,
        options=policy.answer(request, basis, swiss_rules()).options,
        refusals=(),
        attention=(),
        created_at=world.clock.now(),
        expires_at=world.clock.now() + timedelta(hours=1),
    )
    row = repository.to_row(quote, codec.request_to_json(request), codec.basis_to_json(basis), FeeRules())
    async with world.db.merchant("mer_a") as tx:
        await repository.add(tx, row)
    return quote


async def booked(world: World, quote: Quote, number: int) -> str:
    """The quote's option of this number becomes a delivery."""
    option = quote.options[number]
    request = BookRequest(DropoffRequest(place=quote.dropoff.place), quote_id=quote.id, option_id=option.id)
    done = await world.service.book(an_actor(), request, new_id("idem", world.clock.now()))
    return str(done.body["id"])


async def test_recorded_bookings_are_priced_again_by_merchant_zone_and_class(town: Town) -> None:
    async with town.db.operator() as tx:
        await tx.run(
            """INSERT INTO tariff (id, market_id, version, effective_from, rules)
               VALUES ('trf_1', 'mkt_1', 1, '2026-01-01Z', %(rules)s)""",
            rules=json_param(rules_to_json(swiss_rules())),
        )
    await town.coverage.create_area("mkt_1", "Old town", SQUARE, by="operator:opr_1")
    express = await booked(town.world, await quoted(town.world, DOOR), 0)
    await booked(town.world, await quoted(town.world, LatLon(47.2, 8.54)), 1)
    await quoted(town.world, DOOR)  # and nobody booked it
    whatif = WhatIf(town.db, town.roads, town.coverage)
    wish = Wish("2026-11-23", "2026-11-23", tariff=a_file(rules_to_json(dearer_express(300))))
    report = await whatif.replay(wish)
    found = report.tariff
    assert found is not None
    before = found.booked.before_minor
    assert (found.quotes, found.booked.count, found.booked.difference, found.not_reproduced) == (3, 2, 300, 0)
    assert {zone: sums.difference for zone, sums in found.zones.items()} == {"Old town": 300, "outside of all areas": 0}
    assert found.options.difference == 3 * 300
    assert [one.delivery_id for one in found.movers] == [express]
    screen = StringIO()
    Printer(Console(file=screen, width=160), report).print()
    assert "merchant Bakery" in screen.getvalue()
    assert f"{express}  express, Bakery" in screen.getvalue()
    assert as_json(report)["tariff"]["booked"] == {"count": 2, "before_minor": before, "after_minor": before + 300}


async def test_a_range_without_quotes_is_refused(town: Town) -> None:
    whatif = WhatIf(town.db, town.roads, town.coverage)
    wish = Wish("2026-11-23", "2026-11-23", tariff=a_file(rules_to_json(swiss_rules())))
    with pytest.raises(NothingRecorded) as refused:
        await whatif.replay(wish)
    assert "no recorded quote at all" in str(refused.value)
