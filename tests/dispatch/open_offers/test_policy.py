"""The rules of open offers: when, how long, for how much, and who gets it."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.dispatch.decide import decide
from homeward.dispatch.model import Pay, PayTerm
from homeward.dispatch.open_offers import policy
from homeward.dispatch.open_offers.drafts import drafts
from homeward.dispatch.open_offers.model import ChoiceRule, Entry
from homeward.dispatch.policy_values import OpenOffers
from homeward.kit.money import Money
from tests.dispatch.test_decide import a_car, an_order, inputs_for
from tests.dispatch.test_policy import NOON

RULES = OpenOffers()
RULE = ChoiceRule(policy.RULE_VERSION, band_s=300, wait_step_s=300)
COURIERS = st.sampled_from([f"cou_{n}" for n in range(40)])
ENTRIES = st.lists(
    st.builds(Entry, COURIERS, st.integers(-60, 5_000), st.integers(0, 40_000)), unique_by=lambda one: one.courier_id
)


# ── when ──


@pytest.mark.parametrize(
    ("noes", "waits_s", "why"),
    [(0, 5_000, None), (1, 599, None), (1, 600, "waited"), (2, 0, None), (3, 0, "declined"), (5, 5_000, "declined")],
)
def test_it_is_offered_to_all_after_several_noes_or_one_and_a_long_wait(
    noes: int, waits_s: int, why: str | None
) -> None:
    since = NOON - timedelta(seconds=waits_s)
    order = an_order("a", ready_at=since, search_from=since, refused_by=tuple(f"c{n}" for n in range(noes)))
    assert policy.why_open(order, RULES, NOON) == why
    assert policy.why_open(replace(order, offered_to="c9"), RULES, NOON) is None
    assert policy.why_open(order, replace(RULES, use=False), NOON) is None


def test_what_nobody_took_for_the_most_rests_for_a_while_before_all_are_asked_again() -> None:
    tried = an_order("a", refused_by=("c1", "c2", "c3"), nobody_took_at=NOON - timedelta(seconds=RULES.again_s - 1))
    assert policy.why_open(tried, RULES, NOON) is None
    assert policy.why_open(tried, RULES, NOON + timedelta(seconds=1)) == "declined"


def test_what_is_offered_to_all_has_no_place_in_the_plan_and_the_decision_says_why() -> None:
    outcome = decide(inputs_for([an_order("a", refused_by=("c7", "c8", "c9"))], [a_car()]))
    assert (outcome.offers, dict(outcome.openings)) == ((), {"a": "declined"})
    assert [(one.outcome, one.rule) for one in outcome.considered] == [("opened", "declined")]


def test_all_who_can_are_invited_also_who_said_no_before_each_with_their_own_way() -> None:
    order = an_order("a", refused_by=("near", "far", "full"), weight_g=2_000)
    far = replace(order.pickup, lat=order.pickup.lat + 0.05)
    couriers = [a_car("near"), a_car("far", far), a_car("full", capacity_g=1_000), a_car("gone", closed="restricted")]
    found = {one.courier_id: one for one in drafts(inputs_for([order], couriers), ["a"])["a"]}
    assert set(found) == {"near", "far"}
    assert found["near"].arrives_s < found["far"].arrives_s
    assert found["near"].distance_m < found["far"].distance_m


# ── how long, and for how much ──


@given(st.integers(1, 60), st.integers(0, 100), st.integers(0, 300), st.integers(0, 120))
def test_the_price_only_rises_from_round_to_round_and_never_above_the_cap(
    round_: int, step_pct: int, cap_pct: int, law_s: int
) -> None:
    rules = replace(RULES, step_pct=step_pct, cap_pct=cap_pct)
    this, following = policy.terms(rules, round_, law_s), policy.terms(rules, round_ + 1, law_s)
    assert 0 <= this.raised_pct <= following.raised_pct <= cap_pct
    assert this.round_s >= law_s
    usual = Pay(Money(701, "EUR"), (PayTerm("base", "Base", 701),))
    pays = [policy.raised(usual, one.raised_pct) for one in (this, following)]
    assert usual.total.minor <= pays[0].total.minor <= pays[1].total.minor
    assert all(pay.total.minor == sum(term.minor for term in pay.terms) for pay in pays)


def test_the_rounds_end_once_the_price_cannot_rise_any_more() -> None:
    rules = replace(RULES, step_pct=20, cap_pct=50)
    assert [policy.terms(rules, n, 0).raised_pct for n in (1, 2, 3, 4, 5)] == [0, 20, 40, 50, 50]
    assert [policy.terms(rules, n, 0).last for n in (1, 2, 3, 4)] == [False, False, False, True]


def test_after_the_first_interest_all_have_the_same_window_and_never_less_than_the_law_says() -> None:
    assert policy.ends_at(NOON, NOON, 20) == NOON + timedelta(seconds=20)
    law = NOON + timedelta(seconds=60)
    assert policy.ends_at(NOON, law, 20) == law


# ── who ──


@given(ENTRIES, st.text(max_size=20), st.randoms())
def test_the_order_in_which_they_said_so_changes_nothing(entries: list[Entry], seed: str, shuffled: object) -> None:
    other = list(entries)
    shuffled.shuffle(other)  # type: ignore[attr-defined]
    assert policy.ranking(entries, seed, RULE) == policy.ranking(other, seed, RULE)


@given(ENTRIES, st.text(max_size=20))
def test_everybody_has_one_place_and_nearer_bands_and_longer_waits_come_first(entries: list[Entry], seed: str) -> None:
    placed = policy.ranking(entries, seed, RULE)
    assert sorted(one.courier_id for one in placed) == sorted(one.courier_id for one in entries)
    keys = [(one.band, -one.wait_steps, one.lot) for one in placed]
    assert keys == sorted(keys)


def test_among_equals_the_lot_is_fair_and_can_be_checked_by_the_hash_told_before() -> None:
    entries = [Entry(f"cou_{n}", 100, 100) for n in range(4)]
    wins = [policy.ranking(entries, f"seed {n}", RULE)[0].courier_id for n in range(2_000)]
    assert all(400 < wins.count(one.courier_id) < 600 for one in entries)
    assert len(policy.seed_hash("seed 1")) == 64
    assert policy.seed_hash("seed 1") != policy.seed_hash("seed 2")
