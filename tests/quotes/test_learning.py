"""From booked deliveries to what the next quote promises, on a real database with the whole platform."""

from collections.abc import AsyncIterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from homeward.coverage.model import ServiceClass
from homeward.deliveries.model import Act, Actor, BookRequest, CourierCard, DropoffRequest, ProofRequest, Who
from homeward.infra.auth import MerchantActor
from homeward.infra.db import Row
from homeward.kit.ids import new_id
from homeward.kit.money import Money
from homeward.kit.problems import NotFound
from homeward.kit.units import Grams, Seconds
from homeward.quotes import outcome_rows
from homeward.quotes.model import AddressAsked, Parcel, Quote, QuoteRequest
from homeward.quotes.outcomes import Outcome
from tests.builders import TUESDAY_NOON
from tests.conftest import DatabaseUrls
from tests.web.town import BAKERY, MARKET_ID, Town, a_town

# 08:00 in Springfield, and what is promised then is expected half an hour later.
HOUR = 8
COURIER = CourierCard("Ada", "bicycle")


@pytest.fixture
async def town(database_urls: DatabaseUrls, tmp_path: Path) -> AsyncIterator[Town]:
    async with a_town(database_urls.app, tmp_path) as found:
        yield found


def shop(town: Town, mode: str = "live") -> MerchantActor:
    return MerchantActor(town.merchant.merchant.id, mode, "key_1", "key")  # type: ignore[arg-type]


async def asked(town: Town) -> Quote:
    request = QuoteRequest(
        store_id=town.store.id,
        parcel=Parcel(Grams(2_000)),
        address=AddressAsked(text="12 Elm Street, Springfield"),
        service_class=ServiceClass.EXPRESS,
    )
    return await town.platform.quotes.quote(shop(town), request)


async def booked(town: Town, mode: str = "live") -> str:
    quote = await asked(town) if mode == "live" else None
    request = BookRequest(
        dropoff=DropoffRequest(address=AddressAsked(text="12 Elm Street, Springfield")),
        quote_id=quote.id if quote else None,
        option_id=quote.options[0].id if quote else None,
        store_id=town.store.id,
        parcel=Parcel(Grams(2_000)),
        service_class=ServiceClass.EXPRESS,
        proof=ProofRequest(photo=False),
    )
    found = await town.platform.deliveries.book(shop(town, mode), request, new_id("key", town.clock.now()))
    return str(found.body["id"])


async def delivered(town: Town, delivery_id: str, *, came_min: int, left_min: int, there_min: int) -> None:
    """By a courier who is at the store, leaves it and hands over so many minutes after noon."""
    courier = await town.courier(f"Ada {delivery_id[-4:]}")
    async with town.platform.db.operator() as tx:
        leg = await town.platform.deliveries.assign(
            tx, delivery_id, courier_id=courier.id, card=COURIER, offer_id=None, pay=Money(500, "USD"),
            at=town.clock.now(),
        )  # fmt: skip
    town.clock.advance(3_600 * 3)
    for act, minutes in ((Act.ARRIVE_PICKUP, came_min), (Act.PICK_UP, left_min), (Act.HAND_OVER, there_min)):
        at = TUESDAY_NOON + timedelta(minutes=minutes)
        await town.platform.deliveries.report(leg.id, act, courier_id=courier.id, at=at, place=BAKERY)


async def known(town: Town) -> list[Row]:
    while await town.platform.promises.observe():
        pass
    async with town.platform.db.operator() as tx:
        return await tx.all("SELECT * FROM promise_outcome ORDER BY delivery_id")


async def add_outcomes(
    town: Town, late_s: list[int], *, ended_at: datetime | None = None, urgent: bool = True, basis: str = "default"
) -> None:
    """As if so many had ended an hour ago, each so late after its expected moment."""
    ended = ended_at or town.clock.now() - timedelta(hours=1)
    rows = [
        Outcome(
            delivery_id=new_id("dlv", ended), market_id=MARKET_ID, service_class=ServiceClass.EXPRESS, urgent=urgent,
            learns=True, hour=HOUR, drive_s=Seconds(119), share_pct=90, stated=0.9, basis=basis,
            expected_at=ended - timedelta(seconds=late), kept_by=ended - timedelta(seconds=late - 350),
            promised_by=ended - timedelta(seconds=late - 900), realised_at=ended, ended_at=ended,
            store_late_s=Seconds(0),
        )
        for late in late_s
    ]  # fmt: skip
    async with town.platform.db.operator() as tx:
        await outcome_rows.add(tx, rows)


# ── writing down endings ──


async def test_an_ended_delivery_is_written_down_once_however_often_the_log_is_read(town: Town) -> None:
    delivery_id = await booked(town)
    assert await known(town) == []
    await delivered(town, delivery_id, came_min=20, left_min=30, there_min=40)
    [row] = await known(town)
    async with town.platform.db.operator() as tx:
        await tx.run("UPDATE event_consumer SET xid = '0', id = 0 WHERE name = 'promises'")
    assert await known(town) == [row]
    terms = {"checkout": 300, "preparation": 900, "pickup": 180, "door": 180}
    assert row["expected_at"] == TUESDAY_NOON + timedelta(seconds=sum(terms.values()) + row["drive_s"])
    assert row["kept_by"] - row["expected_at"] == timedelta(seconds=300 + row["drive_s"] // 4)
    assert row["promised_by"] == TUESDAY_NOON + timedelta(hours=1)
    assert row["realised_at"] == TUESDAY_NOON + timedelta(minutes=40)
    assert row["store_late_s"] == 7 * 60  # ready at 20 past, three minutes at the counter are usual
    assert (row["hour"], row["urgent"], row["learns"], row["basis"]) == (HOUR, True, True, "default")


async def test_what_is_called_off_in_time_and_what_is_only_a_test_are_not_counted(town: Town) -> None:
    for mode in ("live", "test"):
        delivery_id = await booked(town, mode)
        if mode == "live":
            await town.platform.deliveries.cancel(shop(town).merchant_id, delivery_id, Actor(Who.MERCHANT, "key_1"))
        else:
            await delivered(town, delivery_id, came_min=20, left_min=23, there_min=30)
    assert await known(town) == []


async def test_how_promises_ended_is_no_merchants_business(town: Town) -> None:
    await add_outcomes(town, [100])
    async with town.platform.db.merchant(shop(town).merchant_id) as tx:
        reads = "has_table_privilege('homeward_merchant', %(table)s, 'SELECT') AS reads"
        assert await tx.value(f"SELECT {reads}", table="promise_outcome") is False
        assert await tx.value(f"SELECT {reads}", table="promise_calibration") is True
        changes = "has_table_privilege('homeward_merchant', %(table)s, 'INSERT, UPDATE, DELETE') AS changes"
        assert await tx.value(f"SELECT {changes}", table="promise_calibration") is False


# ── learning and promising ──


async def test_the_next_quote_promises_by_what_was_learned(town: Town) -> None:
    before = (await asked(town)).options[0]
    assert before.confidence.basis == "default"
    assert before.reasoning[-2].term == "buffer"
    await add_outcomes(town, [2_400] * 60)
    assert await town.platform.promises.learn_all() == 1
    after = (await asked(town)).options[0]
    terms = {term.term: term.seconds for term in after.reasoning}
    assert terms["calibration"] == pytest.approx(2_400, abs=2)
    assert "buffer" not in terms
    assert after.promised_by > before.promised_by
    assert after.confidence.basis == "learned"
    assert after.confidence.sample == pytest.approx(80, abs=1)  # sixty of its own, twenty that every hour begins with
    assert 0.9 <= after.confidence.share <= 0.99


async def test_until_enough_have_ended_the_fixed_buffer_stands(town: Town) -> None:
    await add_outcomes(town, [1_800] * 29)
    assert await town.platform.promises.learn_all() == 0
    assert (await asked(town)).options[0].confidence.basis == "default"


async def test_learning_waits_an_hour_and_for_news(town: Town) -> None:
    await add_outcomes(town, [300] * 100)
    learn_all = town.platform.promises.learn_all
    assert await learn_all() == 1
    await add_outcomes(town, [300] * 100)
    assert await learn_all() == 0
    town.clock.advance(3_600)
    assert await learn_all() == 1
    town.clock.advance(3_600)
    assert await learn_all() == 0
    await add_outcomes(town, [300] * 9)
    assert await learn_all() == 0
    await add_outcomes(town, [300])
    assert await learn_all() == 1


async def test_a_quote_given_before_something_was_learned_is_computed_again_as_it_was(town: Town) -> None:
    quotes = []
    for late_s in (None, 200, 1_500):
        if late_s is not None:
            await add_outcomes(town, [late_s] * 200)
            assert await town.platform.promises.learn_all() == 1
        quotes.append(await asked(town))
        town.clock.advance(3_600)
    assert len({quote.options[0].reasoning for quote in quotes}) == 3
    for quote in quotes:
        stored, again = await town.platform.quotes.replay(shop(town).merchant_id, quote.id)
        assert again.options == stored.options == quote.options


async def test_two_workers_that_learn_at_once_learn_once(town: Town) -> None:
    await add_outcomes(town, [300] * 60)
    async with town.platform.db.operator() as tx:
        assert await town.platform.promises.learn_all() == 1
        newest = await outcome_rows.newest(tx, MARKET_ID)
        assert newest is not None
        assert not await outcome_rows.add_calibration(tx, MARKET_ID, newest[0], 60)


# ── what the operator sees ──


async def test_the_operator_sees_by_hour_what_was_promised_and_what_came_of_it(town: Town) -> None:
    await add_outcomes(town, [100] * 8 + [500] + [1_000], basis="learned")
    await add_outcomes(town, [100], urgent=False)
    await add_outcomes(town, [5_000], ended_at=town.clock.now() - timedelta(days=29))
    await add_outcomes(town, [100] * 20)
    assert await town.platform.promises.learn_all() == 1
    client = await town.signed_in("console")
    token = client.cookies["console"]
    answer = await client.get(
        f"/v1/operator/markets/{MARKET_ID}/promises", headers={"Authorization": f"Bearer {token}"}
    )
    assert answer.status_code == 200, answer.text
    body = answer.json()
    spare, urgent = body["hours"]
    assert (urgent["hour"], urgent["urgent"], spare["urgent"]) == (HOUR, True, False)
    assert (urgent["ended"], urgent["told_kept"]) == (30, 29)
    assert (urgent["learned"], urgent["kept"]) == (10, 8)
    assert (urgent["aimed"], urgent["stated"]) == (0.9, 0.9)
    assert urgent["likely_from"] < 29 / 30 < urgent["likely_to"]
    assert body["share_pct"] == 90
    assert body["calibration"]["version"] == 1
    assert len(body["calibration"]["buffer_s"]) == 24


async def test_an_unknown_market_has_no_promises(town: Town) -> None:
    with pytest.raises(NotFound):
        await town.platform.promises.kept("mkt_nowhere")
