"""How soon an exception hurts, and what is suggested."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from homeward.deliveries.states import BEFORE_PICKUP, OPEN, WITH_COURIER_BEFORE_PICKUP, State
from homeward.dispatch.desk.model import Care, Harm, Step, Trouble
from homeward.dispatch.desk.policy import NETWORK, SOON, harm, holds, suggest, urgency
from homeward.web.words import ATTENTION
from tests.builders import TUESDAY_NOON as NOW

MINUTE = timedelta(minutes=1)


def trouble(code: str = "no_courier", state: State | None = State.SEARCHING, **changes: Any) -> Trouble:
    """Flagged five minutes ago, promised in two hours."""
    on_board = state is not None and state not in BEFORE_PICKUP
    facts = {"since": NOW - 5 * MINUTE, "promised_by": NOW + timedelta(hours=2), "on_board": on_board, **changes}
    return Trouble("dlv_1", code, state=state, **facts)


def steps(one: Trouble) -> set[Step]:
    advice = suggest(one)
    return {advice.step, *advice.also}


@pytest.mark.parametrize(
    ("one", "expected"),
    [
        (trouble("damaged", State.TO_DROPOFF), Harm.CUSTODY),
        (trouble("rescue_needed", State.TO_DROPOFF, in_rescue=True), Harm.CUSTODY),
        (trouble("courier_lost_contact", State.TO_DROPOFF), Harm.CUSTODY),
        (trouble("courier_lost_contact", State.TO_PICKUP), Harm.PROMISE),
        (trouble("late", State.TO_DROPOFF), Harm.PROMISE),
        (trouble("confirm_address", promised_by=NOW + SOON - MINUTE), Harm.PROMISE),
        (trouble("confirm_address", promised_by=NOW + SOON), Harm.QUESTION),
        (trouble("fleet_silent", None), Harm.NETWORK),
    ],
)
def test_what_is_lost_first_decides(one: Trouble, expected: Harm) -> None:
    assert harm(one, NOW) is expected


def test_within_one_kind_the_earliest_promise_is_worked_first() -> None:
    soon, later = trouble("late", promised_by=NOW), trouble("late", promised_by=NOW + MINUTE)
    danger = trouble("damaged", State.TO_DROPOFF, promised_by=NOW + timedelta(days=1))
    assert sorted([later, soon, danger], key=lambda one: urgency(one, NOW)) == [danger, soon, later]


@pytest.mark.parametrize("code", ATTENTION)
@pytest.mark.parametrize("state", sorted(OPEN))
def test_no_step_is_suggested_that_the_state_forbids(code: str, state: State) -> None:
    one = trouble(code, None if code in NETWORK else state)
    suggested = steps(one)
    assert suggest(one).text
    assert Step.CANCEL not in suggested or state in BEFORE_PICKUP
    assert Step.SEARCH_AGAIN not in suggested or state in WITH_COURIER_BEFORE_PICKUP
    assert Step.CALL_BACK not in suggested or one.on_board
    assert Step.GOES_ON not in suggested


def test_a_stranded_parcel_is_given_to_somebody_until_somebody_comes() -> None:
    stranded = trouble("rescue_needed", State.TO_DROPOFF, in_rescue=True)
    coming = trouble("rescue_needed", State.TO_DROPOFF, in_rescue=True, someone_comes=True)
    assert suggest(stranded).step is Step.GIVE
    assert suggest(coming).step is Step.LOOK
    assert Step.GOES_ON in steps(stranded) & steps(coming)


def test_a_late_one_that_is_still_in_the_store_is_taken_from_its_courier() -> None:
    assert suggest(trouble("late", State.TO_PICKUP)).step is Step.SEARCH_AGAIN
    assert suggest(trouble("late", State.SEARCHING)).step is Step.GIVE
    assert suggest(trouble("late", State.TO_DROPOFF)).step is Step.CALL_COURIER


def care(at: datetime = NOW, until: datetime | None = None) -> Care:
    return Care("dlv_1", "late", "opr_1", "Ida", at, until, "")


@pytest.mark.parametrize(
    ("held", "since", "expected"),
    [
        (care(), NOW, True),
        (care(), NOW + MINUTE, False),
        (care(), None, True),
        (care(until=NOW + MINUTE), None, True),
        (care(until=NOW), None, False),
    ],
)
def test_care_ends_with_the_snooze_or_when_the_trouble_begins_anew(
    held: Care, since: datetime | None, expected: bool
) -> None:
    assert holds(held, trouble(since=since), NOW) is expected
