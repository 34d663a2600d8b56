"""The rescue board and what an operator can do from there, and what the shopper reads meanwhile."""

from homeward.deliveries.model import Act, Actor, CourierCard, Who
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from tests.web.booking import a_booked_delivery
from tests.web.town import Town

OPERATOR = Actor(Who.OPERATOR, "opr_1")


async def stranded(town: Town) -> str:
    """A delivery on board of a courier who cannot go on."""
    delivery_id = await a_booked_delivery(town)
    deliveries, courier = town.platform.deliveries, await town.courier("Ada Byron")
    pay, at = Money(650, "USD"), town.platform.clock.now()
    async with town.platform.db.operator() as tx:
        leg = await deliveries.assign(
            tx,
            delivery_id,
            courier_id=courier.id,
            card=CourierCard("Ada", "bicycle"),
            offer_id=None,
            pay=pay,
            at=at,
        )
    for act in (Act.PICK_UP, Act.HEAD_TO_DROPOFF):
        await deliveries.report(leg.id, act, courier_id=courier.id)
    async with town.platform.db.operator() as tx:
        await deliveries.need_rescue(
            tx,
            delivery_id,
            place=LatLon(44.475, -73.21),
            address="Corner of Elm Street",
            note="Behind the fountain",
            reason="cannot_continue",
            by=OPERATOR,
            at=town.platform.clock.now(),
        )
    return delivery_id


async def test_the_board_tells_who_is_stranded_where_and_that_nobody_comes_yet(town: Town) -> None:
    delivery_id = await stranded(town)
    client = await town.signed_in("console")
    page = (await client.get("/console/rescues")).text
    for said in (
        "Ada",
        "Corner of Elm Street",
        "Behind the fountain",
        "Nobody yet",
        f"/console/deliveries/{delivery_id}",
    ):
        assert said in page


async def test_an_operator_lets_it_go_on_with_a_reason(town: Town) -> None:
    delivery_id = await stranded(town)
    client = await town.signed_in("console")
    path = f"/console/deliveries/{delivery_id}"
    story = (await client.get(path)).text
    assert f"{path}/goes-on" in story
    assert "Carrying: needs rescue" in story
    assert (await client.post(f"{path}/goes-on", data={"go_on_reason": ""})).status_code == 422
    assert (await client.post(f"{path}/goes-on", data={"go_on_reason": "It moves again"})).status_code == 303
    assert (await town.platform.deliveries.get(None, delivery_id)).delivery.rescue is None
    assert "Nobody is stranded" in (await client.get("/console/rescues")).text
    assert f"{path}/goes-on" not in (await client.get(path)).text


async def test_the_shopper_reads_that_it_is_still_on_its_way(town: Town) -> None:
    delivery_id = await stranded(town)
    token = (await town.platform.deliveries.get(None, delivery_id)).delivery.tracking_token
    async with town.client() as client:
        page = (await client.get(f"/t/{token}")).text
    assert "Your delivery is changing hands" in page
    assert "Corner of Elm Street" not in page
