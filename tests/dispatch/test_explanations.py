"""Why a delivery went to whom it went, from stored decisions alone; and the same decision made again."""

from homeward.dispatch.explain import LIMITS, RULES
from homeward.fleets.couriers.model import VehicleKind
from homeward.kit.places import LatLon
from tests.dispatch.world import Town


async def test_an_explanation_names_all_who_were_considered_what_each_scored_and_the_rule(town: Town) -> None:
    await town.on_duty("Ana Near")
    await town.on_duty("Ben Far", LatLon(47.15, 9.53))
    await town.on_duty("Cem Small", LatLon(47.1405, 9.5205), VehicleKind.FOOT, capacity_g=500)
    delivery_id = await town.booked()
    await town.tick()
    answer = await town.operator.get(f"/v1/operator/deliveries/{delivery_id}/explanation")
    assert answer.status_code == 200, answer.text
    why = answer.json()
    decided = why["rounds"][-1]
    assert (decided["outcome"], decided["rule"]) == ("offered", "cheapest")
    assert "Ana Near" in decided["sentence"]
    by_name = {one["name"]: one for one in decided["candidates"]}
    assert by_name["Ana Near"]["total"] < by_name["Ben Far"]["total"]
    assert sum(by_name["Ben Far"]["terms"].values()) == by_name["Ben Far"]["total"]
    assert {name: by_name["Cem Small"]["refusal"][name] for name in ("limit", "subject", "needed", "allowed")} == {
        "limit": "capacity",
        "subject": "weight_g",
        "needed": 2_000,
        "allowed": 500,
    }
    assert [offer["name"] for offer in why["offers"]] == ["Ana Near"]
    assert "Cem Small: cannot carry so much: weight_g 2000, at most 500" in why["text"]
    assert "Ana Near was asked for" in why["text"]


async def test_an_explanation_tells_who_said_no_before(town: Town) -> None:
    near = await town.on_duty("Ana Near")
    await town.on_duty("Ben Far", LatLon(47.15, 9.53))
    delivery_id = await town.booked()
    await town.tick()
    offer = await near.offer()
    assert offer is not None
    await near.post(f"/offers/{offer['id']}/decline", reason="flat tyre")
    await town.tick()
    why = await town.dispatch.explain(delivery_id)
    assert [one.rule for one in why.rounds] == ["cheapest", "only_one"]
    assert [ruling.limit for ruling in why.rounds[1].rulings if ruling.name == "Ana Near"] == ["said_no"]
    assert "declined (flat tyre)" in why.text
    assert "Ana Near: said no" in why.text


async def test_a_delivery_that_waits_is_explained_too(town: Town) -> None:
    delivery_id = await town.booked()
    await town.tick()
    why = await town.dispatch.explain(delivery_id)
    assert [one.rule for one in why.rounds] == ["nobody_on_duty"]
    await town.on_duty("Ana", LatLon(47.141, 9.521))
    early = await town.booked(ready_in_s=1_500)
    await town.tick()
    assert (await town.dispatch.explain(early)).rounds[0].rule in ("not_yet", "after_this_trip")


async def test_the_same_reason_to_wait_is_stored_once(town: Town) -> None:
    delivery_id = await town.booked()
    for _ in range(8):
        await town.tick(31)
    rows = await town.rows("SELECT 1 FROM dispatch_decision_delivery WHERE delivery_id = %(id)s", id=delivery_id)
    assert len(rows) == 1


async def test_every_stored_decision_is_made_again_from_its_inputs_to_the_last_second_and_cent(town: Town) -> None:
    ana = await town.on_duty("Ana")
    await town.on_duty("Ben", LatLon(47.15, 9.53), VehicleKind.BICYCLE)
    for ready_in_s in (0, 0, 900, 1_200):
        await town.booked(ready_in_s=ready_in_s)
    await town.tick()
    await ana.accept()
    for _ in range(6):
        await town.tick(37)
    decisions = await town.rows("SELECT id FROM dispatch_decision ORDER BY id")
    assert len(decisions) >= 2
    for row in decisions:
        replay = await town.dispatch.replay(row["id"])
        assert replay.equal, row["id"]
        assert replay.stored["considered"]


async def test_a_decision_can_be_read_with_its_inputs(town: Town) -> None:
    await town.on_duty("Ana")
    delivery_id = await town.booked()
    report = await town.tick()
    answer = await town.operator.get(f"/v1/operator/decisions/{report.decision_id}")
    assert answer.status_code == 200, answer.text
    decision = answer.json()
    assert decision["snapshot"]["deliveries"][0]["id"] == delivery_id
    assert decision["outcome"]["offers"][0]["delivery_ids"] == [delivery_id]
    assert (await town.operator.get("/v1/operator/decisions/dec_none")).status_code == 404
    again = await town.operator.post(f"/v1/operator/decisions/{report.decision_id}/replay")
    assert again.json()["equal"] is True


async def test_inputs_are_forgotten_after_a_month_and_the_reasons_stay(town: Town) -> None:
    await town.on_duty("Ana")
    delivery_id = await town.booked()
    report = await town.tick()
    town.clock.advance(30 * 86_400 - 60)
    assert await town.dispatch.forget_old_inputs() == 0
    town.clock.advance(120)
    assert await town.dispatch.forget_old_inputs() == 1
    gone = await town.operator.get(f"/v1/operator/decisions/{report.decision_id}")
    assert (gone.status_code, gone.json()["code"]) == (410, "decision-inputs-forgotten")
    assert (await town.dispatch.explain(delivery_id)).rounds[0].rulings


def test_every_rule_and_limit_has_its_words() -> None:
    from homeward.dispatch.engine import Limit

    ours = {"suspended", "out_of_contact", "shift_over", "asked_about_another", "said_no"}
    ours |= {"restricted", "identity_unanswered", "stranded", "on_break", "document_expired", "agreement_not_accepted"}
    ours |= {"employer", "detour", "own_distance", "own_weight", "own_goods", "own_zone", "own_no_go"}
    engines = {limit.value.replace("-", "_") for limit in Limit} - {"excluded"}
    assert ours | engines == set(LIMITS)
    assert all(sentence.endswith(".") for sentence in RULES.values())
