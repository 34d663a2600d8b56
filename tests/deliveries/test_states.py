"""Every state against every act: what moves, what is refused, what is only kept."""

import re

import pytest

from homeward.deliveries.errors import ActNotPossible, NotYoursToDo, PickedUpAlready
from homeward.deliveries.policy import Decision, Standing, decide
from homeward.deliveries.states import (
    LEG_ENDED,
    LEG_TRANSITIONS,
    TERMINAL,
    TRANSITIONS,
    Act,
    LegAct,
    LegState,
    State,
    Who,
)

# Written by hand from the design, so that a slip in the code's table shows here. One line per act: who may do it, and
# from -> to. What is not listed must not happen.
RULE_BOOK = """
wake             system                     scheduled -> searching
postpone         system                     searching -> scheduled
assign           system operator            searching -> assigned
unassign         system courier operator    assigned to_pickup at_pickup -> searching
head_to_pickup   courier                    assigned -> to_pickup
arrive_pickup    courier                    assigned to_pickup -> at_pickup
pick_up          courier                    assigned to_pickup at_pickup -> picked_up
take_over        courier                    picked_up to_dropoff at_dropoff -> picked_up
take_back        courier                    returning at_return -> returning
head_to_dropoff  courier                    picked_up -> to_dropoff
arrive_dropoff   courier                    picked_up to_dropoff -> at_dropoff
hand_over        courier                    picked_up to_dropoff at_dropoff -> delivered
hand_over_and_back courier                  picked_up to_dropoff at_dropoff -> returning
turn_back        merchant courier operator  picked_up to_dropoff at_dropoff -> returning
arrive_return    courier                    returning -> at_return
return_handed    courier                    returning at_return -> returned
come_back        courier                    returning at_return -> delivered
cancel           merchant shopper operator  scheduled searching assigned to_pickup at_pickup -> cancelled
fail             courier operator system    scheduled searching assigned to_pickup at_pickup picked_up to_dropoff
                                            at_dropoff returning at_return -> failed
"""
LEG_RULE_BOOK = """
reserve             offered -> reserved
commit              offered reserved -> committed
refuse              offered reserved -> refused
head_to_pickup      committed held lost_contact rescue_needed -> to_pickup
arrive_pickup       committed to_pickup held lost_contact rescue_needed -> at_pickup
start_loading       at_pickup held lost_contact rescue_needed -> loading
pick_up             committed to_pickup at_pickup loading held lost_contact rescue_needed -> loaded
head_to_dropoff     loaded held lost_contact rescue_needed -> to_dropoff
arrive_dropoff      loaded to_dropoff held lost_contact rescue_needed -> at_dropoff
start_handing_over  at_dropoff held lost_contact rescue_needed -> handing_over
hand_over           loaded to_dropoff at_dropoff handing_over held lost_contact rescue_needed -> done
hold                offered reserved committed to_pickup at_pickup loading loaded to_dropoff
                    at_dropoff handing_over lost_contact returning -> held
lose_contact        offered reserved committed to_pickup at_pickup loading loaded to_dropoff
                    at_dropoff handing_over held returning -> lost_contact
need_rescue         offered reserved committed to_pickup at_pickup loading loaded to_dropoff
                    at_dropoff handing_over held lost_contact returning -> rescue_needed
be_relieved         rescue_needed -> rescued
take_back           committed to_pickup at_pickup loading held lost_contact -> returning
stop                loaded to_dropoff at_dropoff handing_over held lost_contact rescue_needed -> stopped
turn_back           held lost_contact rescue_needed -> returning
arrive_return       returning held lost_contact rescue_needed -> handing_over
return_handed       returning handing_over held lost_contact rescue_needed -> returned
cancel              offered reserved committed to_pickup at_pickup loading held lost_contact rescue_needed -> cancelled
write_off           offered reserved committed to_pickup at_pickup loading loaded to_dropoff
                    at_dropoff handing_over held lost_contact rescue_needed returning -> written_off
"""
STATE_NAMES = {str(state) for state in State}


def lines(book: str) -> list[str]:
    """One rule per line; an indented line continues the one before."""
    return re.sub(r"\n\s+", " ", book).strip().splitlines()


def rules() -> dict[str, tuple[set[str], set[str], str]]:
    """Act -> (who, sources, target)."""
    book = {}
    for line in lines(RULE_BOOK):
        left, target = line.split(" -> ")
        act, *words = left.split()
        who = {word for word in words if word not in STATE_NAMES}
        book[act] = who, set(words) - who, target
    return book


def leg_rules() -> dict[str, tuple[set[str], str]]:
    book = {}
    for line in lines(LEG_RULE_BOOK):
        left, target = line.split(" -> ")
        act, *sources = left.split()
        book[act] = set(sources), target
    return book


RULES = rules()
LEG_RULES = leg_rules()
TOLD_AS = {Act.TAKE_OVER: "taken_over", Act.TAKE_BACK: "taken_over"}
ACTS = sorted(set(Act) - {Act.PROBLEM})


def test_the_rule_book_speaks_of_every_act() -> None:
    assert set(RULES) == {str(act) for act in TRANSITIONS} == {str(act) for act in ACTS}
    assert set(LEG_RULES) == {str(act) for act in LEG_TRANSITIONS} == {str(act) for act in LegAct}


@pytest.mark.parametrize("who", list(Who))
@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", list(State))
def test_each_act_in_each_state_by_each_actor_follows_the_rule_book(state: State, act: Act, who: Who) -> None:
    allowed, sources, target = RULES[act]

    answer = decide(Standing("dlv_1", state), act, who)

    if who not in allowed:
        assert isinstance(answer, NotYoursToDo)
    elif state in sources:
        assert isinstance(answer, Decision)
        assert (answer.state, answer.late) == (target, False)
        handed_over = ["delivery.handed_over"] if act is Act.HAND_OVER_AND_BACK else []
        assert [event.type for event in answer.events] == [*handed_over, f"delivery.{TOLD_AS.get(act, target)}"]
        assert (answer.events[-1].data["state"], answer.events[-1].data["previous"]) == (target, state)
    elif who is Who.COURIER:
        assert isinstance(answer, Decision)
        assert (answer.state, answer.late) == (state, True)
        assert [event.type for event in answer.events] == ["delivery.late_report"]
    else:
        assert isinstance(answer, ActNotPossible | PickedUpAlready)


@pytest.mark.parametrize("act", sorted(LegAct))
@pytest.mark.parametrize("state", list(LegState))
def test_each_leg_act_in_each_leg_state_follows_the_rule_book(state: LegState, act: LegAct) -> None:
    sources, target = LEG_RULES[act]
    rule = LEG_TRANSITIONS[act]
    assert (state in rule.sources, rule.target) == (state in sources, target)


@pytest.mark.parametrize("act", ACTS)
@pytest.mark.parametrize("state", sorted(TERMINAL))
def test_nothing_leads_out_of_a_terminal_state(state: State, act: Act) -> None:
    assert state not in TRANSITIONS[act].sources


@pytest.mark.parametrize("state", sorted(LEG_ENDED))
def test_nothing_leads_out_of_an_ended_leg(state: LegState) -> None:
    assert not [act for act, rule in LEG_TRANSITIONS.items() if state in rule.sources]


@pytest.mark.parametrize("state", [state for state in State if state not in TERMINAL])
def test_every_open_state_can_still_come_to_an_end(state: State) -> None:
    seen, edge = {state}, {state}
    while edge:
        edge = {rule.target for rule in TRANSITIONS.values() if rule.sources & edge} - seen
        seen |= edge
    assert seen & TERMINAL


def test_a_refusal_says_what_the_asker_may_do_instead() -> None:
    refusal = decide(Standing("dlv_1", State.ASSIGNED), Act.TURN_BACK, Who.MERCHANT)
    assert isinstance(refusal, ActNotPossible)
    assert refusal.possible == ["cancel"]
    assert "assigned" in str(refusal)


def test_cancelling_after_pickup_points_to_the_return() -> None:
    refusal = decide(Standing("dlv_1", State.TO_DROPOFF), Act.CANCEL, Who.MERCHANT)
    assert isinstance(refusal, PickedUpAlready)
    assert "/return" in refusal.title


@pytest.mark.parametrize(
    ("state", "leg", "act", "leg_after"),
    [
        (State.ASSIGNED, LegState.COMMITTED, Act.HEAD_TO_PICKUP, LegState.TO_PICKUP),
        (State.ASSIGNED, LegState.LOST_CONTACT, Act.ARRIVE_PICKUP, LegState.AT_PICKUP),
        (State.AT_PICKUP, LegState.LOADING, Act.PICK_UP, LegState.LOADED),
        (State.AT_DROPOFF, LegState.HANDING_OVER, Act.HAND_OVER, LegState.DONE),
        (State.TO_DROPOFF, LegState.TO_DROPOFF, Act.TURN_BACK, LegState.STOPPED),
        (State.RETURNING, LegState.RETURNING, Act.ARRIVE_RETURN, LegState.HANDING_OVER),
        (State.AT_RETURN, LegState.HANDING_OVER, Act.RETURN_HANDED, LegState.RETURNED),
    ],
)
def test_the_leg_moves_with_its_delivery(state: State, leg: LegState, act: Act, leg_after: LegState) -> None:
    decision = decide(Standing("dlv_1", state, "leg_1", leg), act, Who.COURIER)
    assert isinstance(decision, Decision)
    assert decision.leg_state is leg_after


@pytest.mark.parametrize(
    ("state", "leg", "leg_after"),
    [
        (State.AT_PICKUP, LegState.AT_PICKUP, LegState.CANCELLED),
        (State.TO_DROPOFF, LegState.TO_DROPOFF, LegState.WRITTEN_OFF),
        (State.RETURNING, LegState.RETURNING, LegState.WRITTEN_OFF),
    ],
)
def test_a_failed_delivery_ends_its_leg(state: State, leg: LegState, leg_after: LegState) -> None:
    decision = decide(Standing("dlv_1", state, "leg_1", leg), Act.FAIL, Who.OPERATOR)
    assert isinstance(decision, Decision)
    assert decision.leg_state is leg_after
    assert decision.leg_ends


def test_an_act_that_its_leg_cannot_follow_changes_nothing() -> None:
    decision = decide(Standing("dlv_1", State.AT_DROPOFF, "leg_1", LegState.COMMITTED), Act.HAND_OVER, Who.COURIER)
    assert isinstance(decision, Decision)
    assert decision.late
