"""The exceptions queue on the real platform, worked by a browser without scripts."""

from datetime import timedelta

import httpx

from homeward.deliveries.model import State
from homeward.dispatch.desk.errors import NothingToLookAfter
from tests.web.booking import a_booked_delivery
from tests.web.test_rescue_pages import stranded
from tests.web.town import Town

QUEUE = "/console/exceptions"
SUPPORT = ("sam@example.org", "yet another long password")


async def queue(client: httpx.AsyncClient) -> str:
    answer = await client.get(QUEUE)
    assert answer.status_code == 200
    return answer.text


async def the_state_of(town: Town, delivery_id: str) -> State:
    return (await town.platform.deliveries.get(None, delivery_id)).delivery.state


async def an_overdue_delivery(town: Town) -> str:
    """Nobody has it, and its promise has passed."""
    delivery_id = await a_booked_delivery(town)
    town.clock.advance(timedelta(hours=6).total_seconds())
    return delivery_id


async def support(town: Town) -> httpx.AsyncClient:
    await town.platform.operators.create(SUPPORT[0], "Sam Ruiz", "support", SUPPORT[1])
    client = town.client()
    await client.post("/console/sign-in", data={"email": SUPPORT[0], "password": SUPPORT[1]})
    return client


async def test_without_exceptions_the_queue_says_that_it_is_worked_to_zero(town: Town) -> None:
    client = await town.signed_in("console")
    await a_booked_delivery(town)
    assert "Worked to zero" in await queue(client)


async def test_an_overdue_delivery_is_given_to_a_courier_right_there(town: Town) -> None:
    delivery_id = await an_overdue_delivery(town)
    courier = await town.courier("Ada Byron")
    client = await town.signed_in("console")
    page = await queue(client)
    assert "A promise breaks" in page
    assert "12 Elm Street" in page
    assert f'<option value="{courier.id}">Ada Byron' in page
    assert "1 open" in (await client.get(f"{QUEUE}/count")).text
    step = {"step": "give", "code": "late", "courier_id": courier.id}
    assert (await client.post(f"{QUEUE}/{delivery_id}/step", data=step)).status_code == 303
    assert await the_state_of(town, delivery_id) is State.ASSIGNED


async def test_a_stranded_parcel_stands_first_and_may_go_on_by_itself(town: Town) -> None:
    overdue = await an_overdue_delivery(town)
    delivery_id = await stranded(town)
    client = await town.signed_in("console")
    page = await queue(client)
    assert page.index("A parcel is in danger") < page.index("A promise breaks")
    assert page.index(f"/console/deliveries/{delivery_id}") < page.index(f"/console/deliveries/{overdue}")
    assert "Corner of Elm Street" in page
    step = {"step": "goes_on", "code": "rescue_needed"}
    assert (await client.post(f"{QUEUE}/{delivery_id}/step", data=step)).status_code == 303
    assert "Corner of Elm Street" not in await queue(client)


async def test_whoever_takes_one_is_named_to_the_others(town: Town) -> None:
    delivery_id = await an_overdue_delivery(town)
    ida, sam = await town.signed_in("console"), await support(town)
    assert (await ida.post(f"{QUEUE}/{delivery_id}/take", data={"code": "late"})).status_code == 303
    assert "You took it just now" in await queue(ida)
    assert "Ida Berger took it just now" in await queue(sam)
    await sam.post(f"{QUEUE}/{delivery_id}/release", data={"code": "late"})
    assert "took it" not in await queue(ida)


async def test_what_is_put_off_comes_back_by_itself(town: Town) -> None:
    delivery_id = await an_overdue_delivery(town)
    client = await town.signed_in("console")
    path, off = f"{QUEUE}/{delivery_id}/snooze", {"code": "late", "minutes": "30", "reason": "The store calls back"}
    unexplained = await client.post(path, data={**off, "reason": ""})
    assert unexplained.status_code == 422
    assert "say why it can wait" in unexplained.text
    assert (await client.post(path, data=off)).status_code == 303
    page = await queue(client)
    assert "Worked to zero" in page
    assert "The store calls back" in page
    assert "0 open" in (await client.get(f"{QUEUE}/count")).text
    town.clock.advance(31 * 60)
    assert "Worked to zero" not in await queue(client)


async def test_nobody_looks_after_what_is_over(town: Town) -> None:
    client = await town.signed_in("console")
    refused = await client.post(f"{QUEUE}/dlv_gone/take", data={"code": "late"})
    assert refused.status_code == 409
    assert NothingToLookAfter.title[:30] in refused.text


async def test_support_may_look_and_take_but_not_act(town: Town) -> None:
    delivery_id = await an_overdue_delivery(town)
    courier = await town.courier("Ada Byron")
    client = await support(town)
    page = await queue(client)
    assert f"{QUEUE}/{delivery_id}/step" not in page
    step = {"step": "give", "code": "late", "courier_id": courier.id}
    assert (await client.post(f"{QUEUE}/{delivery_id}/step", data=step)).status_code == 403
    assert await the_state_of(town, delivery_id) is State.SEARCHING


async def test_a_step_that_is_refused_says_so_and_changes_nothing(town: Town) -> None:
    delivery_id = await an_overdue_delivery(town)
    client = await town.signed_in("console")
    for step, status in (("call_back", 409), ("give", 422), ("fly", 422)):
        refused = await client.post(f"{QUEUE}/{delivery_id}/step", data={"step": step, "code": "late"})
        assert refused.status_code == status
        assert "Nothing was done" in refused.text
    assert await the_state_of(town, delivery_id) is State.SEARCHING


async def test_messages_and_webhooks_that_failed_for_good_stand_behind_the_scenes(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    async with town.platform.db.operator() as tx:
        await tx.run(
            """INSERT INTO message (id, merchant_id, delivery_id, channel, recipient, sender_name, body, state,
                                    failure)
               VALUES ('msg_1', %(merchant)s, %(delivery)s, 'text', '+18025550100', 'B', 'Hi', 'failed',
                       'No such number')""",
            merchant=town.merchant.merchant.id,
            delivery=delivery_id,
        )
        await tx.run(
            """INSERT INTO webhook_endpoint (id, merchant_id, mode, url, secrets, status, disabled_reason,
                                             failing_since)
               VALUES ('whe_1', %(merchant)s, 'live', 'https://shop.example/hook', '[]', 'disabled', 'Gone for 5 days',
                       now())""",
            merchant=town.merchant.merchant.id,
        )
    page = await queue(await town.signed_in("console"))
    assert "Behind the scenes" in page
    assert "No such number" in page
    assert "Gone for 5 days" in page
