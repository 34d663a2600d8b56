"""The numbers of dispatch as the operator writes them, and decisions made by other numbers."""

import json
import zlib
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from homeward.dispatch import packing, policy
from homeward.dispatch.decide import decide
from homeward.dispatch.errors import BadPolicy
from homeward.dispatch.pay import with_rates
from homeward.dispatch.policy_values import DispatchPolicy
from tests.dispatch.test_decide import EAST, a_car, an_order, inputs_for, ruling
from tests.dispatch.test_policy import NOON, SETTINGS


def by(**sections: dict[str, Any]) -> DispatchPolicy:
    return DispatchPolicy.from_values(sections)


def test_a_policy_that_is_written_out_is_read_back_as_it_was() -> None:
    ours = by(costs={"per_s": 500}, priority={"merchants": {"mer_1": 3}}, pay={"base_minor": 300})
    assert DispatchPolicy.from_toml(ours.to_toml()) == ours
    assert DispatchPolicy.from_toml(DispatchPolicy().to_toml()) == DispatchPolicy()


def test_an_operator_writes_only_what_should_differ() -> None:
    ours = DispatchPolicy.from_toml("[waiting]\nlate_per_s = 8000\n")
    assert ours.changes() == {"waiting": {"late_per_s": 8_000}}
    assert ours.costs == DispatchPolicy().costs
    assert DispatchPolicy.from_values(ours.changes()) == ours


@pytest.mark.parametrize(
    ("text", "faults"),
    [
        ("[costs]\nper_second = 4\n", {"/costs/per_second": "unknown"}),
        ("[prices]\nper_s = 4\n", {"/prices": "unknown"}),
        ("costs = 4\n", {"/costs": "unknown"}),
        ("[costs]\nper_s = -1\n", {"/costs/per_s": "bad-value"}),
        ("[costs]\nper_s = 4.5\n", {"/costs/per_s": "bad-value"}),
        ("[costs]\nper_s = true\n", {"/costs/per_s": "bad-value"}),
        ("[costs]\nper_s = '400'\n", {"/costs/per_s": "bad-value"}),
        ("[priority.merchants]\nmer_1 = 0\n", {"/priority/merchants/mer_1": "bad-value"}),
        ("[priority]\nmerchants = 2\n", {"/priority/merchants": "not-a-table"}),
        ("[costs\n", {"": "not-toml"}),
        ("[costs]\nper_x = 1\n[pay]\nbase_minor = -1\n", {"/costs/per_x": "unknown", "/pay/base_minor": "bad-value"}),
    ],
)
def test_every_wrong_name_and_value_is_named(text: str, faults: dict[str, str]) -> None:
    with pytest.raises(BadPolicy) as refused:
        DispatchPolicy.from_toml(text)
    assert {error.pointer: error.code for error in refused.value.errors} == faults


def test_what_another_release_stored_is_read_without_what_this_one_does_not_know() -> None:
    stored = {"costs": {"per_s": 500, "per_dream": 1}, "weather": {"rain": 2}}
    assert DispatchPolicy.from_values(stored, lenient=True) == by(costs={"per_s": 500})


def test_the_digest_changes_with_any_value_and_with_nothing_else() -> None:
    assert DispatchPolicy().digest == by(costs={"per_s": 400}).digest
    assert len({DispatchPolicy().digest, by(costs={"per_s": 401}).digest, by(pay={"floor_minor": 1}).digest}) == 3


def test_a_stored_decision_names_the_operators_own_numbers() -> None:
    assert policy.version(DispatchPolicy()) == policy.POLICY_VERSION
    own = by(costs={"per_s": 500})
    assert policy.version(own) == f"{policy.POLICY_VERSION}:{own.digest}"


def test_a_decision_is_stored_with_its_policy_and_an_old_one_without_is_read_with_the_default() -> None:
    inputs = replace(inputs_for([an_order("a")], [a_car()]), policy=by(offers={"most_together": 1}))
    assert packing.unpack_inputs(packing.pack_inputs(inputs)) == inputs
    older = json.loads(zlib.decompress(packing.pack_inputs(inputs)))
    del older["policy"]
    assert packing.unpack_inputs(zlib.compress(json.dumps(older).encode())).policy == DispatchPolicy()


def test_the_operators_number_decides_how_many_go_together() -> None:
    inputs = inputs_for([an_order("a"), an_order("b")], [a_car()])
    assert len(decide(inputs).offers[0].delivery_ids) == 2
    alone = decide(replace(inputs, policy=by(offers={"most_together": 1})))
    assert [len(offer.delivery_ids) for offer in alone.offers] == [1]


def test_the_operators_number_decides_how_early_a_courier_is_asked() -> None:
    inputs = inputs_for([an_order("a", ready_at=NOON + timedelta(seconds=500))], [a_car()])
    assert ruling(decide(inputs), "a") == ("waits", "not_yet")
    earlier = decide(replace(inputs, policy=by(offers={"get_going_s": 600})))
    assert ruling(earlier, "a") == ("offered", "only_one")


def test_a_rate_of_the_policy_goes_before_the_markets_and_leaves_the_others() -> None:
    settings = with_rates(SETTINGS, by(pay={"base_minor": 999}).pay)
    assert (settings.pay_base_minor, settings.pay_per_km_minor) == (999, SETTINGS.pay_per_km_minor)
    inputs = inputs_for([an_order("a")], [a_car()])
    dearer = decide(replace(inputs, policy=by(pay={"base_minor": 999})))
    assert dearer.offers[0].pay.terms[0].minor == 999


def test_a_merchant_with_priority_is_served_first_by_the_only_courier() -> None:
    near, far = an_order("a", merchant_id="mer_near"), an_order("b", merchant_id="mer_far", pickup=EAST)
    inputs = inputs_for([near, far], [a_car(max_deliveries=1)])
    first = [offer.delivery_ids for offer in decide(inputs).offers]
    assert first == [("a",)]
    pressed = replace(inputs, policy=by(priority={"merchants": {"mer_far": 20}}))
    assert [offer.delivery_ids for offer in decide(pressed).offers] == [("b",)]


@pytest.mark.parametrize(("service_class", "weight"), [("express", 4), ("same_day", 1), ("parcel_locker", 1)])
def test_a_class_has_its_weight_and_one_we_do_not_know_counts_once(service_class: str, weight: int) -> None:
    assert by(priority={"express": 4}).priority.of(service_class, "mer_x") == weight
