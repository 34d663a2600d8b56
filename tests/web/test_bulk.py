"""Acts on many deliveries, and lists under a name."""

from typing import Any

from homeward.deliveries.model import State
from tests.web.booking import a_booked_delivery
from tests.web.test_exceptions import support, the_state_of
from tests.web.test_rescue_pages import stranded
from tests.web.town import Town

BULK = "/console/deliveries/bulk"


async def test_every_chosen_delivery_is_told_what_happened_to_it(town: Town) -> None:
    on_board = await stranded(town)
    waiting = await a_booked_delivery(town, "14 Elm Street, Springfield", key="key-of-this-form-0002")
    client = await town.signed_in("console")
    chosen = {"ids": [waiting, on_board, "dlv_unknown"], "act": "cancel", "reason": "The store is flooded"}
    answer = await client.post(BULK, data=chosen)
    assert answer.status_code == 200
    assert "1 of 3 done" in answer.text
    assert "dlv_unknown" in answer.text
    assert answer.text.count("Nothing was done") == 2
    assert await the_state_of(town, waiting) is State.CANCELLED
    assert await the_state_of(town, on_board) is State.TO_DROPOFF


async def test_an_act_without_reason_or_choice_does_nothing_at_all(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await town.signed_in("console")
    good = {"ids": [delivery_id], "act": "cancel", "reason": "x"}
    changes: list[dict[str, Any]] = [{"reason": " "}, {"act": "fly"}, {"act": "look"}, {"ids": []}]
    for change in [*changes, {"ids": ["dlv_1"] * 51}]:
        assert (await client.post(BULK, data={**good, **change})).status_code == 422
    assert await the_state_of(town, delivery_id) is State.SEARCHING


async def test_support_is_neither_shown_nor_allowed_acts_on_many(town: Town) -> None:
    delivery_id = await a_booked_delivery(town)
    client = await support(town)
    assert BULK not in (await client.get("/console/deliveries")).text
    refused = await client.post(BULK, data={"ids": [delivery_id], "act": "cancel", "reason": "x"})
    assert refused.status_code == 403
    assert await the_state_of(town, delivery_id) is State.SEARCHING


async def test_a_list_is_saved_under_a_name_for_its_operator_alone(town: Town) -> None:
    await a_booked_delivery(town)
    ida, sam = await town.signed_in("console"), await support(town)
    page = (await ida.get("/console/deliveries", params={"q": "nora", "attention": "on", "state": ""})).text
    query = "attention=on&amp;q=nora"
    assert f'name="query" value="{query}"' in page
    saved = {"name": "Nora's troubles", "query": query.replace("&amp;", "&")}
    assert (await ida.post("/console/deliveries/filters", data=saved)).status_code == 303
    assert f'href="/console/deliveries?{query}"' in (await ida.get("/console/deliveries")).text
    assert "Nora&#39;s troubles" not in (await sam.get("/console/deliveries")).text
    found = (await ida.get("/console/deliveries")).text.partition("/console/deliveries/filters/")[2].partition("/")[0]
    await sam.post(f"/console/deliveries/filters/{found}/forget")
    assert "Nora&#39;s troubles" in (await ida.get("/console/deliveries")).text
    await ida.post(f"/console/deliveries/filters/{found}/forget")
    assert "Nora&#39;s troubles" not in (await ida.get("/console/deliveries")).text
