"""What a courier was shown: signed, to be proved, and never lowered."""

import json
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from homeward.deliveries.model import Actor, Who
from homeward.dispatch.housekeeping import live_deliveries
from homeward.dispatch.model import Pay, PayTerm
from homeward.dispatch.pay import at_least
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.kit.money import Money
from tests.dispatch.world import MARKET, Phone, Town

SENT_BY = Actor(Who.MERCHANT, "test")


async def verified(phone: Phone, seal: dict[str, Any], **changes: str) -> bool:
    answer = await phone.post("/offers/verify", **{**seal, **changes})
    assert answer.status_code == 200, answer.text
    return bool(answer.json()["valid"])


async def offered(town: Town, phone: Phone) -> dict[str, Any]:
    await town.tick()
    offer = await phone.offer()
    assert offer is not None
    return offer


async def test_an_offer_shows_its_pay_way_time_stops_and_goods_and_signs_all_of_it(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked()
    offer = await offered(town, ana)
    said = json.loads(offer["seal"]["text"])
    for name in ("distance_m", "duration_s", "goods", "weight_g", "delivery_ids", "pay"):
        assert said[name] == offer[name], name
    assert said["pay_terms"] == [[term["code"], term["label"], term["minor"]] for term in offer["pay_terms"]]
    assert [stop["address"] for stop in said["stops"]] == [stop["address"] for stop in offer["stops"]]
    assert (said["offer_id"], said["courier_id"], said["answer_by"]) == (offer["id"], ana.id, offer["expires_at"])


async def test_every_courier_can_have_a_signed_text_checked_and_no_changed_one_passes(town: Town) -> None:
    ana, ben = await town.on_duty("Ana"), await town.on_duty("Ben")
    await town.booked()
    await town.tick()
    offer = await ana.offer() or await ben.offer()
    assert offer is not None
    seal = offer["seal"]
    assert await verified(ana, seal)
    assert await verified(ben, seal)
    assert not await verified(ana, seal, text=seal["text"].replace('"tips":"on top"', '"tips":"included"'))
    assert not await verified(ana, seal, signature="0" * 64)
    assert not await verified(ana, seal, key_id="key_of_nobody")


async def test_who_said_no_is_never_shown_less_for_the_same_delivery(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked()
    first = await offered(town, ana)
    await ana.post(f"/offers/{first['id']}/decline")
    cheaper = {"pay": {"base_minor": 0, "floor_minor": 1}, "offers": {"decline_remembered_s": 0}}
    await town.dispatch.set_policy(MARKET, DispatchPolicy.from_values(cheaper), by="operator:opr_1")
    await town.tick(31)  # nothing else has changed, so the planner looks again after half a minute
    again = await offered(town, ana)
    assert again["id"] != first["id"]
    assert again["pay"]["minor"] >= first["pay"]["minor"]
    assert again["pay_terms"][-1]["code"] == "shown_before"
    assert sum(term["minor"] for term in again["pay_terms"]) == again["pay"]["minor"]


async def test_a_person_who_gives_a_delivery_to_a_courier_pays_what_they_were_shown(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    shown = (await offered(town, ana))["pay"]["minor"]
    cheaper = {"pay": {"base_minor": 0, "floor_minor": 1}}
    await town.dispatch.set_policy(MARKET, DispatchPolicy.from_values(cheaper), by="operator:opr_1")
    body = {"courier_id": ana.id, "reason": "Ana is at the store"}
    answer = await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/reassign", json=body)
    assert answer.status_code == 200, answer.text
    assert (await ana.route())["pay"]["minor"] >= shown


@given(parts=st.lists(st.integers(0, 5_000), min_size=1, max_size=5), shown=st.integers(0, 30_000))
def test_pay_is_at_least_what_was_shown_and_always_the_sum_of_its_terms(parts: list[int], shown: int) -> None:
    terms = tuple(PayTerm(f"part_{n}", "Part", minor) for n, minor in enumerate(parts))
    plain = Pay(Money(sum(parts), "CHF"), terms)
    lifted = at_least(plain, shown)
    assert lifted.total.minor == max(sum(parts), shown) == sum(term.minor for term in lifted.terms)
    assert lifted.terms[: len(terms)] == terms
    assert at_least(lifted, shown) == lifted


async def test_changing_only_the_tip_changes_only_the_tip(town: Town) -> None:
    ana = await town.on_duty(max_deliveries=12)
    for _ in range(3):
        await town.booked()
    await town.tick()
    await ana.accept()
    before = await ana.route()
    for number, delivery_id in enumerate(sorted({stop["delivery_id"] for stop in before["stops"]})):
        tip = Money(100 + number, before["pay"]["currency"])
        await town.world.service.tip("mer_a", delivery_id, tip, SENT_BY, mode="live")
    after = await ana.route()
    assert any(stop["tip"] for stop in after["stops"])
    plain = [{**route, "stops": [{**stop, "tip": None} for stop in route["stops"]]} for route in (before, after)]
    assert plain[0] == plain[1]


async def test_no_tip_is_among_what_a_hundred_jobs_are_planned_and_paid_by(town: Town) -> None:
    ids = [await town.booked() for _ in range(100)]
    async with town.db.operator() as tx:
        before = await live_deliveries(tx, town.world.service, MARKET)
        await tx.many(
            "UPDATE delivery SET tip_minor = %(tip)s WHERE id = %(id)s",
            [{"id": one, "tip": 37 * (number + 1)} for number, one in enumerate(ids)],
        )
        assert len(before) == 100
        assert await live_deliveries(tx, town.world.service, MARKET) == before
