"""The route board on the real platform, as a browser without scripts meets it."""

import re

import pytest

from homeward.deliveries.model import Actor, Who
from homeward.fleets.couriers.model import Courier
from homeward.kit.places import LatLon
from tests.web.booking import a_booked_delivery, hidden_fields
from tests.web.town import Town

MOVE = "/console/routes/move"
AWAY = LatLon(44.055, -73.0)
IDA = Actor(Who.OPERATOR, "opr_ida")


async def two_lanes(town: Town) -> tuple[Courier, Courier, str]:
    """Bo has a delivery, Ana stands further away with nothing."""
    bo = await town.courier("Bo Lindqvist")
    ana = await town.courier("Ana Meier", AWAY)
    delivery_id = await a_booked_delivery(town)
    await town.platform.dispatch.reassign(delivery_id, bo.id, IDA, "to begin with")
    await town.plan()
    return bo, ana, delivery_id


def asking(delivery_id: str, courier_id: str) -> str:
    return f"/console/routes?delivery={delivery_id}&courier={courier_id}&at=&show=1"


async def holder(town: Town, delivery_id: str) -> str | None:
    return (await town.platform.deliveries.get(None, delivery_id)).delivery.courier_id


async def test_every_courier_has_a_lane_and_each_stop_says_what_when_and_where(town: Town) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    client = await town.signed_in("console")
    page = (await client.get("/console/routes")).text
    assert page.index(f'id="lane-{bo.id}"') < page.index(f'id="lane-{ana.id}"')
    stops = re.findall(rf'aria-label="([^"]+)" data-stop="{delivery_id}"', page)
    assert [says.split()[0] for says in stops] == ["Pick", "Bring"]
    assert "12 Elm Street" in stops[1]
    assert "promised by" in stops[1]


async def test_what_nobody_has_lies_in_the_tray(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    page = (await client.get("/console/routes")).text
    assert f'data-grab="{delivery_id}"' in page[page.index('id="tray"') :]
    assert "Nobody is on duty" in page


async def test_a_delivery_is_moved_by_two_forms_and_the_first_one_moves_nothing(town: Town) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    client = await town.signed_in("console")
    shown = (await client.get(asking(delivery_id, ana.id))).text
    assert "to Ana Meier" in shown
    assert re.search(r"min later, in time|min late|h \d\d late", shown)
    assert await holder(town, delivery_id) == bo.id
    answer = await client.post(MOVE, data={**hidden_fields(shown, MOVE), "reason": "lives there"})
    assert answer.status_code == 303, answer.text
    assert "told=moved" in answer.headers["location"]
    assert await holder(town, delivery_id) == ana.id


async def test_a_plan_that_changed_meanwhile_is_shown_again_and_can_be_confirmed(town: Town) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    client = await town.signed_in("console")
    shown = (await client.get(asking(delivery_id, ana.id))).text
    another = await a_booked_delivery(town, "20 Elm Street, Springfield", key="key-of-this-form-0002")
    await town.platform.dispatch.reassign(another, ana.id, IDA, "meanwhile")
    refused = await client.post(MOVE, data={**hidden_fields(shown, MOVE), "reason": "lives there"})
    assert refused.status_code == 409
    assert "The plan has changed" in refused.text
    assert "20 Elm Street" in refused.text[refused.text.index('id="effect"') :]
    assert 'value="lives there"' in refused.text
    assert await holder(town, delivery_id) == bo.id
    again = await client.post(MOVE, data={**hidden_fields(refused.text, MOVE), "reason": "lives there"})
    assert again.status_code == 303
    assert await holder(town, delivery_id) == ana.id


async def test_a_move_needs_a_reason_and_keeps_the_effect_in_sight(town: Town) -> None:
    bo, ana, delivery_id = await two_lanes(town)
    client = await town.signed_in("console")
    shown = (await client.get(asking(delivery_id, ana.id))).text
    answer = await client.post(MOVE, data={**hidden_fields(shown, MOVE), "reason": " "})
    assert answer.status_code == 422
    assert "say why" in answer.text
    assert "to Ana Meier" in answer.text
    assert await holder(town, delivery_id) == bo.id


async def test_support_may_look_but_not_move(town: Town) -> None:
    _, ana, delivery_id = await two_lanes(town)
    await town.platform.operators.create("sam@example.org", "Sam Ruiz", "support", "a third password")
    async with town.client() as client:
        await client.post("/console/sign-in", data={"email": "sam@example.org", "password": "a third password"})
        page = await client.get("/console/routes")
        data = {"deliveries": delivery_id, "courier": ana.id, "basis": "x", "reason": "please"}
        refused = await client.post(MOVE, data=data)
    assert "Your role may look" in page.text
    assert "data-grab" not in page.text
    assert refused.status_code == 403


@pytest.mark.parametrize(
    ("query", "says"),
    [
        ("show=1", "choose what to move"),
        ("delivery=dlv_x&show=1", "This cannot be moved so"),
        ("q=zzz", "Nobody of this name"),
        ("span=century&page=-4&at=many", "Routes in Springfield"),
    ],
)
async def test_what_makes_no_sense_is_answered_on_the_page(town: Town, query: str, says: str) -> None:
    await town.courier("Bo Lindqvist")
    client = await town.signed_in("console")
    answer = await client.get(f"/console/routes?{query}")
    assert answer.status_code == 200
    assert says in answer.text
