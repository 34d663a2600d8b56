"""A merchant's own drivers carry for it alone, and volunteers without pay."""

from typing import Any

import httpx
import pytest

from homeward.dispatch.decide import decide
from homeward.dispatch.packing import pack_inputs, unpack_inputs
from homeward.fleets.couriers.model import Engagement
from tests.acceptance.world import Shop, World, refused_properly
from tests.dispatch.test_decide import a_car, an_order, inputs_for, ruling
from tests.dispatch.world import Town
from tests.web.town import BAKERY

STILL_CARRYING = "driver-still-carrying"
EVA = {"name": "Eva Baker", "phone": "+1 802 555 0142", "vehicle": "car"}


async def added(world: World, shop: Shop, **changes: Any) -> dict[str, Any]:
    body = {**EVA, "store_id": shop.store_id, **changes}
    return dict(await world.done(shop.live_key, "POST", "/v1/drivers", body))


async def drivers(world: World, shop: Shop) -> list[dict[str, Any]]:
    return list((await world.done(shop.live_key, "GET", "/v1/drivers"))["items"])


async def test_a_merchant_adds_sees_and_removes_its_own_drivers(world: World) -> None:
    eva = await added(world, world.bakery)
    assert (eva["name"], eva["phone"]) == ("Eva Baker", "+18025550142")
    assert [driver["id"] for driver in await drivers(world, world.bakery)] == [eva["id"]]
    assert await drivers(world, world.butcher) == []
    theirs = await world.ask(world.butcher.live_key, "DELETE", f"/v1/drivers/{eva['id']}")
    assert refused_properly(theirs).status_code == 404
    gone = await world.ask(world.bakery.live_key, "DELETE", f"/v1/drivers/{eva['id']}")
    assert gone.status_code == 204
    assert await drivers(world, world.bakery) == []
    again = await added(world, world.bakery, name="Eva Miller")
    assert (again["id"], again["name"]) == (eva["id"], "Eva Miller")


async def test_who_was_let_go_cannot_sign_in_and_belongs_to_nobody_else(world: World) -> None:
    eva = await added(world, world.bakery)
    await world.ask(world.bakery.live_key, "DELETE", f"/v1/drivers/{eva['id']}")
    wanted = {**EVA, "store_id": world.butcher.store_id}
    refused = refused_properly(await world.ask(world.butcher.live_key, "POST", "/v1/drivers", wanted))
    assert (refused.status_code, refused.json()["code"]) == (409, "phone-taken")


@pytest.mark.parametrize(
    ("changes", "slug"),
    [
        ({"phone": "0142"}, "bad-phone"),
        ({"store_id": "sto_0"}, "not-found"),
        ({"vehicle": "sleigh"}, "malformed-request"),
    ],
)
async def test_what_cannot_be_is_refused_with_the_reason(world: World, changes: dict[str, Any], slug: str) -> None:
    body = {**EVA, "store_id": world.bakery.store_id, **changes}
    refused = refused_properly(await world.ask(world.bakery.live_key, "POST", "/v1/drivers", body))
    assert refused.json()["code"] == slug


async def test_a_test_key_puts_nobody_on_the_road(world: World) -> None:
    body = {**EVA, "store_id": world.bakery.store_id}
    assert (await world.ask(world.bakery.test_key, "POST", "/v1/drivers", body)).status_code == 403


# ── whom they carry for ──


def test_an_own_driver_is_asked_about_their_employers_deliveries_only() -> None:
    eva = a_car("eva", engagement=Engagement.EMPLOYED, employer_id="mer_a")
    outcome = decide(inputs_for([an_order("a", merchant_id="mer_a"), an_order("d", merchant_id="mer_b")], [eva]))
    assert [offer.delivery_ids for offer in outcome.offers] == [("a",)]
    assert ruling(outcome, "d") == ("waits", "nobody_can")
    (why,) = next(one for one in outcome.considered if one.delivery_id == "d").rulings
    assert why.limit == "employer"


def test_of_two_who_stand_alike_the_employer_pays_one_anyway() -> None:
    ana, eva = a_car("ana"), a_car("eva", engagement=Engagement.EMPLOYED, employer_id="mer_a")
    outcome = decide(inputs_for([an_order("a", merchant_id="mer_a")], [ana, eva]))
    assert [offer.courier_id for offer in outcome.offers] == ["eva"]


@pytest.mark.parametrize("engagement", [Engagement.EMPLOYED, Engagement.VOLUNTEER])
def test_who_is_not_paid_by_the_offer_is_shown_that_and_nothing_else(engagement: Engagement) -> None:
    employer = "mer_a" if engagement is Engagement.EMPLOYED else None
    inputs = inputs_for([an_order("a", merchant_id="mer_a")], [a_car(engagement=engagement, employer_id=employer)])
    (offer,) = decide(inputs).offers
    assert offer.pay.total.minor == 0
    assert [(term.code, term.minor) for term in offer.pay.terms] == [(engagement.value, 0)]
    assert unpack_inputs(pack_inputs(inputs)) == inputs


def test_volunteers_neither_take_the_bonus_of_fairness_nor_thin_it_out() -> None:
    poor, rich = a_car("poor", on_duty_s=7_200), a_car("rich", on_duty_s=7_200, earned_minor=5_000)
    helper = a_car("helper", on_duty_s=7_200, engagement=Engagement.VOLUNTEER)
    alone = {r.courier_id: r.terms.get("fairness") for r in _rulings([poor, rich])}
    beside = {r.courier_id: r.terms.get("fairness") for r in _rulings([poor, rich, helper])}
    assert {name: beside[name] for name in alone} == alone
    assert beside["helper"] is None


def _rulings(couriers: list[Any]) -> Any:
    return decide(inputs_for([an_order("a")], couriers)).considered[0].rulings


async def test_a_volunteer_is_offered_and_carries_without_pay(town: Town) -> None:
    vera = await town.on_duty("Vera Kind", engagement=Engagement.VOLUNTEER)
    delivery_id = await town.booked()
    await town.tick()
    offer = await vera.offer()
    assert offer is not None
    assert offer["pay"]["minor"] == 0
    assert [term["label"] for term in offer["pay_terms"]] == ["As a volunteer, without pay"]
    await vera.accept()
    while await vera.next_stop():
        await vera.do_next()
    assert await town.state(delivery_id) == "delivered"


async def test_the_operator_gives_no_delivery_to_another_merchants_driver(town: Town) -> None:
    delivery_id = await town.booked()
    eva = await town.on_duty("Eva Baker", engagement=Engagement.EMPLOYED, employer_id="mer_b")
    answer = await _reassigned(town, delivery_id, eva.id)
    assert (answer.status_code, answer.json()["code"]) == (409, "drives-for-another")


async def test_a_driver_with_something_to_bring_stays_until_it_is_brought(world: World) -> None:
    eva = await added(world, world.bakery)
    world.courier_tokens = {eva["id"]: await world.platform.auth.open_session("courier", eva["id"])}
    await world.platform.couriers.set_duty(eva["id"], True, place=BAKERY)
    for ana_and_ben in world.couriers:
        await world.platform.couriers.set_duty(ana_and_ben, False)
    theirs = (await world.booked(world.butcher, "20 Elm Street"))["id"]
    ours = (await world.booked(world.bakery))["id"]
    assert await world.accepted() == eva["id"]
    refused = refused_properly(await world.ask(world.bakery.live_key, "DELETE", f"/v1/drivers/{eva['id']}"))
    assert (refused.status_code, refused.json()["code"], refused.json()["deliveries"]) == (409, STILL_CARRYING, 1)
    await world.carried(eva["id"])
    states = {one: await _state(world, shop, one) for shop, one in ((world.bakery, ours), (world.butcher, theirs))}
    assert states == {ours: "delivered", theirs: "searching"}
    token = world.courier_tokens[eva["id"]]
    assert (await world.ask(world.bakery.live_key, "DELETE", f"/v1/drivers/{eva['id']}")).status_code == 204
    assert (await world.ask(token, "GET", "/v1/courier/me")).status_code == 401


async def _state(world: World, shop: Shop, delivery_id: str) -> str:
    return str((await world.done(shop.live_key, "GET", f"/v1/deliveries/{delivery_id}"))["state"])


async def _reassigned(town: Town, delivery_id: str, courier_id: str) -> httpx.Response:
    path = f"/v1/operator/deliveries/{delivery_id}/reassign"
    return await town.operator.post(path, json={"courier_id": courier_id, "reason": "asked by telephone"})
