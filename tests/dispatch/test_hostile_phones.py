"""A phone that is broken, or means harm, must not stop the town."""

import json

from homeward.infra.event_log import START, read_after
from tests.dispatch.world import Town

LONG_BEFORE_CHRIST = "0001-01-01T00:00:00+14:00"
AFTER_THE_LAST_YEAR = "9999-12-31T23:59:59-14:00"


async def test_a_report_from_the_year_one_is_taken_as_of_when_the_courier_took_the_delivery(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    accepted_at = town.clock.now()
    stop = (await ana.accept())["stops"][0]
    town.clock.advance(60)
    answer = await ana.report(stop, "pick_up", at=LONG_BEFORE_CHRIST)
    assert answer.status_code == 200, answer.text
    async with town.db.operator() as tx:
        logged = await read_after(tx, START, 100)
    assert [event.at for event in logged if event.type == "delivery.picked_up"] == [accepted_at]
    assert await town.state(delivery_id) == "picked_up"


async def test_the_same_early_report_twice_counts_once(town: Town) -> None:
    ana = await town.on_duty()
    delivery_id = await town.booked()
    await town.tick()
    stop = (await ana.accept())["stops"][0]
    for _ in range(2):
        assert (await ana.report(stop, "pick_up", at=LONG_BEFORE_CHRIST)).status_code == 200
    events = await town.world.service.events(None, delivery_id)
    assert [event.type for event in events].count("delivery.picked_up") == 1


async def test_a_shift_without_an_end_in_sight_is_refused_and_the_market_is_planned_on(town: Town) -> None:
    ana = await town.on_duty()
    answer = await ana.post("/duty", on=True, shift_ends=AFTER_THE_LAST_YEAR)
    assert answer.status_code == 422, answer.text
    await town.booked()
    await town.tick()
    assert await ana.offer()


async def test_text_that_no_database_can_hold_is_refused(town: Town) -> None:
    ana = await town.on_duty()
    await town.booked()
    await town.tick()
    stop = (await ana.accept())["stops"][0]
    for text in ("NUL \x00", "half a letter \ud800"):
        note = {"kind": "note", "text": text}
        answer = await ana.http.post(
            f"/v1/courier/legs/{stop['leg_id']}/reports",
            content=json.dumps({"act": "pick_up", "evidence": [note]}),
            headers={"Content-Type": "application/json"},
        )
        assert answer.status_code == 422, answer.text
