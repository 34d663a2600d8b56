"""Two policies on the inputs of one decision: what changed, in words and terms; and the proof that nothing else did."""

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from homeward.dispatch import packing, policy
from homeward.dispatch.decide import decide
from homeward.dispatch.model import CourierSeen, Inputs, OpenDelivery
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.whatif.decisions import CHANGES, StoredDecision, compare, what_changed
from homeward.dispatch.whatif.model import DecisionTally, Made
from homeward.fleets.couriers.model import VEHICLES
from homeward.routing.model import Profile
from tests.dispatch.whatif.days import BAKERY, a_day, a_delivery, a_frame, after_noon, at_km, ways_of
from tests.dispatch.whatif.test_book import seen

ALONE = DispatchPolicy.from_values({"offers": {"most_together": 1}})


def waiting(number: int, km: float) -> OpenDelivery:
    """Searching since noon, ready, due in an hour."""
    told = a_delivery(number, km)
    return OpenDelivery(
        id=told.id,
        store_id=told.store_id,
        state="searching",
        service_class="express",
        pickup=BAKERY,
        dropoff=at_km(km),
        weight_g=1_000,
        volume_l=6,
        skills=(),
        ready_at=told.ready_at,
        search_from=told.known_at,
        window_earliest=told.window_earliest,
        promised_by=told.promised_by,
        eta=None,
        attention=None,
        courier_id=None,
        leg_id=None,
        going_back=False,
        picked_up_at=None,
    )


def inputs(kms: Sequence[float], couriers: Sequence[CourierSeen]) -> Inputs:
    """Deliveries to these kilometres of the street, and who could take them."""
    frame = a_frame()
    deliveries = tuple(waiting(number, km) for number, km in enumerate(kms, start=1))
    day = a_day([a_delivery(number, km) for number, km in enumerate(kms, start=1)], [])
    ways = ways_of(day)
    for courier in couriers:
        ways.start_at(courier.place, VEHICLES[courier.vehicle].profile)
    ways.bridge()
    stops = list(dict.fromkeys([BAKERY, *(at_km(km) for km in kms)]))
    tables = ways.tables(stops, [courier.place for courier in couriers], [], {Profile.CAR})
    snapshot = replace(frame.snapshot, now=after_noon(1), deliveries=deliveries, couriers=tuple(couriers))
    return replace(frame, snapshot=snapshot, tables=tables)


def stored(made_from: Inputs, **changes: Any) -> StoredDecision:
    values: dict[str, Any] = {
        "id": "dec_1",
        "made_at": made_from.snapshot.now,
        "policy_version": policy.version(made_from.policy),
        "inputs": made_from,
        "outcome": packing.outcome_json(decide(made_from)),
    }
    return StoredDecision(**{**values, **changes})


def test_the_recorded_policy_gives_the_recorded_outcome_and_no_change() -> None:
    one = stored(inputs([3, 3.1], [seen("Ana"), seen("Ben", km=5)]))
    compared = compare(one, one.inputs.policy)
    assert (compared.why_not_equal, compared.changed) == (None, False)


def test_a_pair_that_may_not_go_together_is_named_with_both_sentences_terms_and_pay() -> None:
    compared = compare(stored(inputs([3, 3.1], [seen("Ana")])), ALONE)
    assert compared.why_not_equal is None
    assert {change.delivery_id for change in compared.changes} == {"d1", "d2"}
    assert {change.what for change in compared.changes} == {"other_company", "waits_now"}
    for change in compared.changes:
        assert change.before.rule == "one_trip"
        assert change.before.together == ("d1", "d2")
        assert "Ana" in change.before.sentence
        assert "Ana" in change.after.sentence
        assert change.before.total == sum(change.before.terms.values())
        assert change.before.pay_minor


def test_other_pay_rates_change_the_pay_and_nothing_else() -> None:
    dearer = DispatchPolicy.from_values({"pay": {"base_minor": 900}})
    compared = compare(stored(inputs([3], [seen("Ana")])), dearer)
    [change] = compared.changes
    assert change.what == "other_pay"
    assert change.before.pay_minor is not None
    assert change.after.pay_minor == change.before.pay_minor + 650
    assert change.before.sentence == change.after.sentence


def test_what_waits_is_compared_even_if_it_was_no_news_that_day() -> None:
    told = inputs([3, 3.1], [seen("Ana")])
    said = {"d1": "waits:after_this_trip:cou_ana", "d2": "waits:after_this_trip:cou_ana"}
    compared = compare(stored(replace(told, snapshot=replace(told.snapshot, said=said))), ALONE)
    assert all(change.after.rule for change in compared.changes)


def test_an_outcome_of_other_rules_is_told_by_their_version() -> None:
    one = inputs([3], [seen("Ana")])
    compared = compare(stored(one, policy_version="2020-01-a", outcome={"offers": []}), one.policy)
    assert compared.why_not_equal == f"made by rules 2020-01-a, this release has {policy.version(one.policy)}"
    assert not compared.changed


def test_the_same_offers_told_in_another_form_are_no_alarm() -> None:
    one = stored(inputs([3], [seen("Ana")]))
    known = {name: part for name, part in one.outcome.items() if name != "wait_at"}
    compared = compare(replace(one, outcome={**known, "considered": []}), one.inputs.policy)
    assert compared.why_not_equal is not None
    assert "told in another form" in compared.why_not_equal


def test_another_outcome_by_the_same_rules_is_an_alarm() -> None:
    one = stored(inputs([3], [seen("Ana")]))
    compared = compare(replace(one, outcome={**one.outcome, "offers": []}), one.inputs.policy)
    assert compared.why_not_equal is not None
    assert "please report it" in compared.why_not_equal


@pytest.mark.parametrize(
    ("before", "after", "what"),
    [
        (Made("waits", "not_yet"), Made("offered", "cheapest", "c1"), "offered_now"),
        (Made("offered", "cheapest", "c1"), Made("waits", "not_yet"), "waits_now"),
        (Made("offered", "cheapest", "c1"), Made("offered", "cheapest", "c2"), "other_courier"),
        (Made("offered", "one_trip", "c1", together=("a", "b")), Made("offered", "only_one", "c1"), "other_company"),
        (Made("offered", "only_one", "c1", pay_minor=5), Made("offered", "only_one", "c1", pay_minor=6), "other_pay"),
        (Made("offered", "only_one", "c1"), Made("offered", "cheapest", "c1"), "other_reason"),
        (Made("waits", "not_yet", "c1"), Made("waits", "courier_busy", "c1"), "other_reason"),
        (Made("waits", "not_yet", "c1"), Made("waits", "not_yet", "c1", total=7), None),
    ],
)
def test_the_weightiest_difference_is_the_one_that_is_told(before: Made, after: Made, what: str | None) -> None:
    assert what_changed(before, after) == what
    assert what is None or what in CHANGES


def test_a_tally_counts_equal_and_changed_decisions_and_each_reason() -> None:
    one = inputs([3, 3.1], [seen("Ana")])
    tally = DecisionTally()
    for compared in (
        compare(stored(one), ALONE),
        compare(stored(one), one.policy),
        compare(stored(one, policy_version="x", outcome={}), one.policy),
    ):
        tally = tally.plus(compared)
    assert (tally.decisions, tally.equal, tally.changed) == (3, 2, 1)
    assert list(tally.not_equal.values()) == [1]
    assert sum(tally.changes.values()) == 2
