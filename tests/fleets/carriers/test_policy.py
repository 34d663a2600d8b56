"""Whether, to whom, and why not to the others: the whole decision as tables and properties."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from homeward.coverage.model import ParcelSize
from homeward.deliveries.model import Act, Contact, Contents, Goods, State
from homeward.fleets.carriers import codec, policy
from homeward.fleets.carriers.contract import Ability, CarrierQuote, CarrierState
from homeward.fleets.carriers.model import (
    Account,
    AccountStatus,
    Choice,
    HandOut,
    Inputs,
    Keep,
    Record,
    Rules,
    Seat,
    Situation,
    Why,
)
from homeward.fleets.carriers.registry import KINDS
from homeward.kit.money import Money
from homeward.kit.units import Grams, Metres
from tests.builders import TUESDAY_NOON as NOON
from tests.fleets.carriers.contract_suite import an_errand

FIRST, SECOND = "car_1", "car_2"
RULES = Rules(ranked=(FIRST, SECOND))


def a_seat(account_id: str, kind: str = "doordash_drive", **changes: Any) -> Seat:
    account = Account(account_id, kind, account_id, "https://peer.example", AccountStatus.ACTIVE, "…", {}, NOON)
    return Seat(replace(account, **changes), KINDS[kind])


SEATS = (a_seat(FIRST), a_seat(SECOND, "uber_direct"))


def a_situation(**changes: Any) -> Situation:
    """Nobody is on duty, and the shopper pays nine dollars."""
    usual = Situation("dlv_1", NOON, an_errand(), searching_s=0, on_duty=0, eta=None, price=Money(900, "USD"))
    return replace(usual, **changes)


def a_quote(minor: int = 650, minutes: int = 25, **changes: Any) -> CarrierQuote:
    eta = NOON + timedelta(minutes=minutes)
    quote = CarrierQuote("cjb_1", Money(minor, "USD"), None, eta, NOON + timedelta(minutes=5))
    return replace(quote, **changes)


def chosen(situation: Situation | None = None, rules: Rules = RULES, **quotes: Any) -> Choice:
    both: dict[str, Any] = {FIRST: a_quote(), SECOND: a_quote()}
    return policy.choose(situation or a_situation(), SEATS, rules, {**both, **quotes})


def refusals(choice: Choice) -> dict[str, str | None]:
    return {one.account_id: one.refusal for one in choice.candidates}


@pytest.mark.parametrize(
    ("changes", "why"),
    [
        ({"on_duty": 0}, Why.NOBODY_ON_DUTY),
        ({"on_duty": 1, "searching_s": 599}, None),
        ({"on_duty": 1, "searching_s": 600}, Why.NOBODY_FREE),
        ({"on_duty": 1, "now": NOON + timedelta(seconds=2_099)}, None),
        ({"on_duty": 1, "now": NOON + timedelta(seconds=2_100)}, Why.LATE_RISK),
        ({"on_duty": 1, "eta": NOON + timedelta(minutes=60)}, None),
        ({"on_duty": 1, "eta": NOON + timedelta(minutes=61)}, Why.LATE_RISK),
    ],
)
def test_what_makes_a_delivery_one_to_hand_out(changes: dict[str, Any], why: Why | None) -> None:
    assert policy.why_hand_out(a_situation(**changes), RULES) is why


def test_the_first_of_the_list_gets_it() -> None:
    choice = chosen()
    assert isinstance(choice, HandOut)
    assert choice.account_id == FIRST


@pytest.mark.parametrize(("prefer", "winner"), [("rank", FIRST), ("cheapest", SECOND), ("most_reliable", SECOND)])
def test_the_market_says_what_it_prefers(prefer: Any, winner: str) -> None:
    records = {FIRST: Record(8, 12, 8, 12), SECOND: Record(40, 40, 40, 40)}
    rules = replace(RULES, prefer=prefer)
    choice = chosen(a_situation(records=records), rules, car_2=a_quote(500))
    assert isinstance(choice, HandOut)
    assert choice.account_id == winner


def test_who_comes_in_time_goes_before_who_is_liked_better() -> None:
    choice = chosen(car_1=a_quote(minutes=70))
    assert isinstance(choice, HandOut)
    assert choice.account_id == SECOND


def test_late_is_better_than_never_but_not_better_than_our_own_who_may_be_late_too() -> None:
    late: dict[str, Any] = {FIRST: a_quote(minutes=70), SECOND: a_quote(minutes=70)}
    assert isinstance(chosen(**late), HandOut)
    risky = a_situation(on_duty=1, eta=NOON + timedelta(minutes=62))
    assert isinstance(chosen(risky, **late), Keep)


@pytest.mark.parametrize(
    ("situation", "refusal"),
    [
        ({"excluded": frozenset({FIRST})}, "failed_it_before"),
        ({"errand": an_errand(needs=frozenset({Ability.ROUND_TRIP}))}, "cannot"),
        ({"errand": an_errand(contents=Contents(goods=(Goods.DANGEROUS,)))}, "does_not_carry"),
        ({"errand": an_errand(weight_g=Grams(22_601))}, "too_heavy"),
        ({"errand": an_errand(distance_m=Metres(24_101))}, "too_far"),
        ({"records": {FIRST: Record(0, 20, 0, 20)}}, "not_reliable_here"),
        ({"price": Money(649, "USD")}, "too_dear"),
        ({"price": Money(900, "EUR")}, "other_currency"),
    ],
)
def test_every_no_has_a_reason(situation: dict[str, Any], refusal: str) -> None:
    assert refusals(chosen(a_situation(**situation)))[FIRST] == refusal


def test_the_limits_themselves_still_fit() -> None:
    errand = an_errand(weight_g=Grams(22_600), distance_m=Metres(24_100), size=ParcelSize.EXTRA_LARGE)
    assert refusals(chosen(a_situation(errand=errand, price=Money(650, "USD"))))[FIRST] is None


def test_a_shopper_without_a_number_needs_an_account_with_one() -> None:
    stop = replace(an_errand().dropoff, contact=Contact("Sam"))
    situation = a_situation(errand=an_errand(dropoff=stop))
    assert refusals(chosen(situation))[FIRST] == "no_phone"
    seats = (a_seat(FIRST, settings={"contact_phone": "+1802"}),)
    assert refusals(policy.choose(situation, seats, RULES, {FIRST: a_quote()}))[FIRST] is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"offered": True}, "offered_to_a_courier"),
        ({"attention": "store_closed"}, "store_closed"),
        ({"attention": "no_courier"}, None),
        ({"on_duty": 3}, "couriers_may_do_it"),
    ],
)
def test_what_forbids_it(changes: dict[str, Any], reason: str | None) -> None:
    choice = chosen(a_situation(**changes))
    assert (choice.reason if isinstance(choice, Keep) else None) == reason


def test_a_market_without_a_list_keeps_everything() -> None:
    assert chosen(rules=Rules()) == Keep("no_carriers_here", Why.NOBODY_ON_DUTY, ())


@pytest.mark.parametrize(
    ("most_minor", "most_per_mille", "cap"),
    [(None, None, None), (700, None, 700), (None, 500, 450), (700, 500, 450), (400, 500, 400)],
)
def test_the_lower_of_two_limits_counts(most_minor: int | None, most_per_mille: int | None, cap: int | None) -> None:
    rules = replace(RULES, most_minor=most_minor, most_per_mille=most_per_mille)
    assert policy.price_cap(Money(900, "USD"), rules) == (Money(cap, "USD") if cap is not None else None)


def test_an_account_that_has_carried_nothing_is_thought_of_as_the_house_thinks() -> None:
    assert policy.reliability(Record())[0] == policy.PRIOR_PER_MILLE


@given(carried=st.integers(0, 500), good=st.integers(0, 500), here=st.integers(0, 500), good_here=st.integers(0, 500))
def test_reliability_is_a_share_and_one_more_in_time_never_lowers_it(
    carried: int, good: int, here: int, good_here: int
) -> None:
    carried, here = max(carried, good), max(here, good_here)
    share, _ = policy.reliability(Record(good_here, here, good, carried))
    assert 0 <= share <= 1_000
    better, _ = policy.reliability(Record(good_here + 1, here + 1, good + 1, carried + 1))
    assert better >= share


QUOTES = st.one_of(st.just("distance_too_long"), st.builds(a_quote, st.integers(1, 2_000), st.integers(5, 120)))


@given(
    first=QUOTES,
    second=QUOTES,
    on_duty=st.integers(0, 2),
    searching_s=st.integers(0, 1_200),
    most=st.integers(0, 2_000),
    prefer=st.sampled_from(["rank", "cheapest", "most_reliable"]),
)
def test_whoever_is_chosen_was_able_within_the_price_and_the_same_inputs_choose_the_same(
    first: Any, second: Any, on_duty: int, searching_s: int, most: int, prefer: Any
) -> None:
    situation = a_situation(on_duty=on_duty, searching_s=searching_s)
    rules = replace(RULES, most_minor=most, prefer=prefer)
    quotes = {FIRST: first, SECOND: second}
    choice = policy.choose(situation, SEATS, rules, quotes)
    if isinstance(choice, HandOut):
        winner = next(one for one in choice.candidates if one.account_id == choice.account_id)
        assert winner.refusal is None
        assert choice.quote.fee.minor <= min(most, 900)
    again = codec.inputs_from(codec.inputs_json(Inputs(situation, SEATS, rules, quotes)))
    assert policy.choose(again.situation, again.seats, again.rules, again.quotes) == choice


@pytest.mark.parametrize(
    ("state", "theirs", "acts"),
    [
        (State.ASSIGNED, CarrierState.ASSIGNED, ()),
        (State.ASSIGNED, CarrierState.AT_PICKUP, (Act.ARRIVE_PICKUP,)),
        (State.AT_PICKUP, CarrierState.TO_PICKUP, ()),
        (State.ASSIGNED, CarrierState.DELIVERED, (Act.PICK_UP, Act.HAND_OVER)),
        (State.TO_PICKUP, CarrierState.AT_DROPOFF, (Act.PICK_UP, Act.ARRIVE_DROPOFF)),
        (State.AT_DROPOFF, CarrierState.PICKED_UP, ()),
        (State.TO_DROPOFF, CarrierState.RETURNED, (Act.TURN_BACK, Act.RETURN_HANDED)),
        (State.RETURNING, CarrierState.AT_RETURN, (Act.ARRIVE_RETURN,)),
        (State.AT_RETURN, CarrierState.RETURNING, ()),
        (State.RETURNING, CarrierState.DELIVERED, (Act.COME_BACK,)),
        (State.TO_DROPOFF, CarrierState.LOST, (Act.FAIL,)),
        (State.DELIVERED, CarrierState.RETURNED, ()),
    ],
)
def test_the_steps_from_where_we_are_to_where_they_are(
    state: State, theirs: CarrierState, acts: tuple[Act, ...]
) -> None:
    assert policy.steps(state, theirs) == acts


@pytest.mark.parametrize("theirs", list(CarrierState))
@pytest.mark.parametrize("state", [State.DELIVERED, State.RETURNED, State.CANCELLED, State.FAILED])
def test_an_end_is_an_end(state: State, theirs: CarrierState) -> None:
    assert policy.steps(state, theirs) == ()


@pytest.mark.parametrize(
    ("url", "taken"),
    [
        ("https://openapi.example", True),
        ("http://127.0.0.1:8080", True),
        ("http://openapi.example", False),
        ("https://user@openapi.example", False),
        ("https://openapi.example/?a=1", False),
        ("ftp://openapi.example", False),
    ],
)
def test_a_login_travels_only_over_a_safe_line(url: str, taken: bool) -> None:
    assert policy.is_base_url(url) is taken
