"""How likely a courier says yes: the published rule, what is learned, and what the plan makes of it."""

import math
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from homeward.dispatch import acceptance, packing
from homeward.dispatch.acceptance import PRIOR, TERMS, AcceptanceModel, Features
from homeward.dispatch.acceptance_fit import Answer, fit
from homeward.dispatch.decide import decide
from homeward.dispatch.model import CourierSeen, OpenDelivery, Ruling
from homeward.dispatch.pay import offer_pay, sum_minor
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.preferences import fairness
from homeward.fleets.couriers.model import VehicleKind
from tests.dispatch.test_decide import STORE, a_car, an_order, inputs_for
from tests.dispatch.test_policy import SETTINGS, minutes, refs

PLAIN: dict[str, Any] = {
    "pay_minor": 900,
    "floor_minor": 450,
    "work_s": 1_800,
    "distance_m": 4_000,
    "approach_s": 300,
    "deliveries": 1,
    "busy": False,
    "muscle": False,
    "noes": 0,
    "asked_s_ago": 1_800,
}


def an_offer(**changes: Any) -> Features:
    """Half an hour's work for what two floors pay, five minutes away."""
    return acceptance.features(**{**PLAIN, **changes})


def per_mille(model: AcceptanceModel = PRIOR, courier_id: str = "c1", **changes: Any) -> int:
    return acceptance.chance(model, courier_id, an_offer(**changes)).per_mille


def answers(courier_id: str, yes: int, no: int, **changes: Any) -> list[Answer]:
    offer = an_offer(**changes)
    return [Answer(courier_id, offer, number < yes) for number in range(yes + no)]


# ── the rule ──


def test_before_any_answer_the_prior_decides() -> None:
    assert fit([]) == PRIOR
    assert 850 <= per_mille() <= 950


@pytest.mark.parametrize(
    "better",
    [
        {"pay_minor": 1_800},
        {"approach_s": 0},
        {"work_s": 900, "pay_minor": 450},
        {"noes": 0, "asked_s_ago": 3_600},
    ],
)
def test_better_pay_a_shorter_way_less_work_and_a_rest_make_a_yes_likelier(better: dict[str, Any]) -> None:
    worse = {"noes": 1, "asked_s_ago": 60, "approach_s": 1_200}
    assert per_mille(PRIOR, "c1", **{**worse, **better}) > per_mille(PRIOR, "c1", **worse)


@pytest.mark.parametrize(
    "worse", [{"deliveries": 3}, {"noes": 2}, {"muscle": True}, {"distance_m": 9_000, "muscle": True}]
)
def test_more_stops_lately_said_noes_and_muscle_make_a_yes_less_likely(worse: dict[str, Any]) -> None:
    assert per_mille(**worse) < per_mille()


def test_every_chance_is_the_sum_of_its_terms() -> None:
    found = acceptance.chance(PRIOR, "c1", an_offer(noes=2, deliveries=2))
    odds = math.fsum(found.terms.values())
    assert found.per_mille == round(1_000 / (1 + math.exp(-odds)))
    assert set(found.terms) <= {*TERMS, "courier"}
    assert found.terms["noes"] == -1.0


def test_nobody_is_ever_quite_sure() -> None:
    hopeless = AcceptanceModel({**PRIOR.weights, "usual": -30.0})
    certain = AcceptanceModel({**PRIOR.weights, "usual": 30.0})
    assert (per_mille(hopeless), per_mille(certain)) == (20, 990)


def test_many_couriers_at_once_get_the_same_answer_as_one_by_one() -> None:
    many = acceptance.features(**{**PLAIN, "approach_s": np.array([0, 700, 5_000]), "noes": np.array([0, 1, 9])})
    together = acceptance.per_mille(acceptance.log_odds(PRIOR, many, np.zeros(3)))
    alone = [per_mille(approach_s=way, noes=noes) for way, noes in ((0, 0), (700, 1), (5_000, 9))]
    assert together.tolist() == alone


@pytest.mark.parametrize(("deliveries", "distance_m", "work_s"), [(1, 5_000, 1_200), (1, 5, 20), (3, 5_001, 1_201)])
def test_the_sum_that_is_guessed_is_the_sum_that_is_paid(deliveries: int, distance_m: int, work_s: int) -> None:
    asked = {"deliveries": deliveries, "distance_m": distance_m, "work_s": work_s}
    assert sum_minor(SETTINGS, **asked) == offer_pay(SETTINGS, **asked).total.minor


# ── learning ──


def test_a_courier_who_always_says_no_is_learned_and_another_is_not_blamed_for_it() -> None:
    model = fit([*answers("never", 0, 30), *answers("always", 30, 0)])
    assert per_mille(model, "never") < 300
    assert per_mille(model, "always") > 800
    assert per_mille(model, "never") < per_mille(model, "new") < per_mille(model, "always")


def test_three_noes_do_not_make_a_refuser() -> None:
    others = [answer for number in range(10) for answer in answers(f"other{number}", 4, 1)]
    few, many = fit([*others, *answers("c1", 0, 3)]), fit([*others, *answers("c1", 0, 60)])
    assert per_mille(many) < 200 < 500 < per_mille(few)


def test_what_couriers_mind_here_is_learned() -> None:
    near = [answer for number in range(40) for answer in answers(f"c{number}", 9, 1, approach_s=60)]
    far = [answer for number in range(40) for answer in answers(f"c{number}", 2, 8, approach_s=1_800)]
    model = fit([*near, *far])
    assert model.weights["approach"] < PRIOR.weights["approach"] - 0.3
    assert abs(per_mille(model, "other", approach_s=1_800) - 200) < 60
    assert model.weights["further"] == PRIOR.weights["further"]  # nothing was seen of it


def test_the_same_answers_in_another_order_give_the_same_model() -> None:
    given = [*answers("a", 3, 4), *answers("b", 9, 1, noes=1), *answers("c", 1, 1, muscle=True)]
    assert fit(given) == fit(given[::-1])
    assert fit(given).answers == len(given)


# ── what the plan makes of it ──


def by(couriers: Sequence[CourierSeen], model: AcceptanceModel, **changes: Any) -> list[str]:
    """Who is asked about one order."""
    inputs = replace(inputs_for([an_order("a", **changes)], couriers), acceptance=model)
    return [offer.courier_id for offer in decide(inputs).offers]


NEVER_NEAR = AcceptanceModel(couriers={"near": -6.0})


def rulings(delivery: OpenDelivery, couriers: Sequence[CourierSeen], **changes: Any) -> dict[str, Ruling]:
    outcome = decide(replace(inputs_for([delivery], couriers), **changes))
    return {ruling.courier_id: ruling for ruling in outcome.considered[0].rulings}


def test_a_delivery_that_cannot_wait_goes_to_who_will_say_yes() -> None:
    couriers = [a_car("near"), a_car("far", STORE)]
    late = {"promised_by": minutes(8)}
    assert by(couriers, PRIOR, **late) == ["near"]
    assert by(couriers, NEVER_NEAR, **late) == ["far"]


def test_a_refusal_costs_what_waiting_for_another_answer_makes_later() -> None:
    hurried = an_order("a", promised_by=minutes(8))
    calm = an_order("a", service_class="same_day", promised_by=minutes(180))
    costs = [rulings(order, [a_car()])["c1"].terms["refusal"] for order in (hurried, calm)]
    assert costs[0] > 50 * costs[1] > 0
    found = rulings(calm, [a_car()])["c1"]
    assert found.chance is not None
    # A minute to decide and ten seconds to ask again, 15 for each, times the chance of a no.
    assert found.terms["refusal"] == (1_000 - found.chance.per_mille) * 70 * 15 // 1_000


def test_an_explanation_holds_the_chance_of_each_who_could_take_it_and_the_terms_add_up() -> None:
    found = rulings(an_order("a"), [a_car("near"), a_car("far")], acceptance=NEVER_NEAR)
    near, far = found["near"], found["far"]
    assert near.chance is not None
    assert far.chance is not None
    assert near.chance.terms["courier"] == -6.0
    assert near.chance.per_mille < far.chance.per_mille
    assert sum(near.terms.values()) == near.total
    offers = decide(inputs_for([an_order("a")], [a_car()])).offers
    assert offers[0].chance is not None
    assert set(offers[0].features) == acceptance.FEATURES


def test_an_operator_can_leave_chances_out() -> None:
    off = DispatchPolicy.from_values({"acceptance": {"use": False}})
    found = rulings(an_order("a"), [a_car()], policy=off)["c1"]
    assert found.chance is None
    assert "refusal" not in found.terms


def test_a_decision_is_stored_with_the_model_it_was_made_by() -> None:
    inputs = replace(inputs_for([an_order("a")], [a_car("near")]), acceptance=NEVER_NEAR)
    assert packing.unpack_inputs(packing.pack_inputs(inputs)) == inputs


def test_who_is_on_the_way_already_is_near_by_the_stops_they_have_promised() -> None:
    away = {"place": an_order("d").dropoff}
    bringing = an_order("d", state="to_pickup", courier_id="busy", leg_id="l")
    inputs = inputs_for([an_order("a"), bringing], [a_car("busy", **away, route=refs("Pd Dd")), a_car("idle", **away)])
    found = {ruling.courier_id: ruling for ruling in decide(inputs).considered[0].rulings}
    assert found["busy"].chance is not None
    assert found["idle"].chance is not None
    assert "approach" not in found["busy"].chance.terms
    assert found["idle"].chance.terms["approach"] < 0


# ── fairness ──


@pytest.mark.parametrize(
    ("earned", "bonuses"),
    [
        ((0, 0, 0), (0, 0, 0)),  # a shift begins: nobody is behind
        ((1_000, 1_000, 1_000), (0, 0, 0)),
        ((2_000, 1_000, 0), (0, 0, -20_000)),
        ((2_000, 500, 500), (0, -10_000, -10_000)),
    ],
)
def test_who_earned_less_than_the_others_gets_a_bonus(earned: tuple[int, ...], bonuses: tuple[int, ...]) -> None:
    couriers = [a_car(f"c{n}", on_duty_s=3_600, earned_minor=minor) for n, minor in enumerate(earned)]
    assert tuple(fairness(couriers, DispatchPolicy().fairness)) == bonuses


def test_earnings_count_by_the_hour_and_a_duty_that_just_began_is_not_pitied() -> None:
    couriers = [
        a_car("long", on_duty_s=14_400, earned_minor=4_000),
        a_car("short", on_duty_s=3_600, earned_minor=1_000),
        a_car("new", on_duty_s=10, earned_minor=500),
    ]
    assert tuple(fairness(couriers, DispatchPolicy().fairness)) == (0, 0, 0)


def test_where_nobody_is_paid_by_the_piece_what_each_carried_counts() -> None:
    couriers = [a_car("a", on_duty_s=3_600, carried=4), a_car("b", on_duty_s=3_600)]
    assert tuple(fairness(couriers, DispatchPolicy().fairness)) == (0, -20_000)


def test_of_two_equally_near_the_one_who_earned_less_is_asked_and_the_bonus_is_told() -> None:
    rich, poor = (
        a_car("a_rich", on_duty_s=3_600, earned_minor=3_000),
        a_car("b_poor", on_duty_s=3_600, earned_minor=0),
    )
    assert by([rich, poor], PRIOR) == ["b_poor"]
    assert rulings(an_order("a"), [rich, poor])["b_poor"].terms["fairness"] == -20_000
    assert "fairness" not in rulings(an_order("a"), [rich, poor])["a_rich"].terms


def test_fairness_is_small_beside_a_long_way() -> None:
    rich = a_car("a_rich", on_duty_s=3_600, earned_minor=3_000)
    poor = a_car("b_poor", an_order("d").dropoff, on_duty_s=3_600)
    assert by([rich, poor], PRIOR) == ["a_rich"]


def test_who_goes_by_foot_minds_a_kilometre_more_than_who_drives() -> None:
    on_foot = acceptance.by_muscle(VehicleKind.FOOT)
    assert acceptance.by_muscle(VehicleKind.BICYCLE)
    assert not acceptance.by_muscle(VehicleKind.SCOOTER)
    assert per_mille(muscle=on_foot, distance_m=6_000) < per_mille(distance_m=6_000)
