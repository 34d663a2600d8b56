"""The day model: a recorded day lived again, with what people did where the record says it."""

from dataclasses import replace
from datetime import timedelta

import pytest

from homeward.dispatch.policy_values import DispatchPolicy
from homeward.dispatch.whatif.crew import Parcel
from homeward.dispatch.whatif.day import live
from homeward.dispatch.whatif.model import Answer, Day, DayLived, Life, Spell
from tests.dispatch.whatif.days import NOON, a_courier, a_day, a_delivery, after_noon, at_km, ways_of

ALONE = DispatchPolicy.from_values({"offers": {"most_together": 1}})


def lived(day: Day, rules: DispatchPolicy | None = None) -> DayLived:
    return live(day, ways_of(day), rules)


def life(day: DayLived, number: int = 1) -> Life:
    return next(life for life in day.lives if life.delivery_id == f"d{number}")


def minutes(one: Life) -> float:
    """From noon to the door."""
    assert one.delivered_at is not None, f"{one.delivery_id} {one.ended}"
    return (one.delivered_at - NOON).total_seconds() / 60


def test_a_delivery_is_asked_for_fetched_and_brought() -> None:
    day = lived(a_day([a_delivery(km=2)], [a_courier()]))
    brought = life(day)
    assert (brought.ended, brought.courier, brought.offers) == ("delivered", "Ana", 1)
    # 5 s to the round, 15 s to say yes, 2 min at the store, 2.8 km at 9 m/s, 2 min at the door
    assert minutes(brought) == pytest.approx((5 + 15 + 120 + 2800 / 9 + 120) / 60, abs=0.05)
    assert day.courier_m["cou_ana"] == pytest.approx(2800, rel=0.01)
    assert day.courier_s["cou_ana"] == pytest.approx(120 + 2800 / 9 + 120, abs=2)
    assert brought.pay_minor >= 450
    assert "Ana" in brought.sentence


def test_the_same_day_is_lived_the_same_way_again() -> None:
    deliveries = [a_delivery(n, km=1 + n % 4, minute=3 * n) for n in range(1, 10)]
    day = a_day(deliveries, [a_courier("Ana"), a_courier("Ben", km=3)])
    assert lived(day) == lived(day)


def test_a_policy_given_decides_instead_of_the_recorded_one() -> None:
    day = a_day([a_delivery(1, km=3), a_delivery(2, km=3.1)], [a_courier()])
    assert [life(lived(day), n).together for n in (1, 2)] == [2, 2]
    assert [life(lived(day, ALONE), n).together for n in (1, 2)] == [1, 1]
    assert lived(day, DispatchPolicy()) == lived(day)


def test_rules_count_from_the_moment_they_were_first_used() -> None:
    pairs = [
        a_delivery(1, km=3),
        a_delivery(2, km=3.1),
        a_delivery(3, km=3, minute=90),
        a_delivery(4, km=3.1, minute=90),
    ]
    day = a_day(pairs, [a_courier()])
    [(_, first)] = day.frames
    later = replace(day, frames=((NOON, first), (after_noon(60), replace(first, policy=ALONE))))
    assert [life(lived(later), n).together for n in (1, 2, 3, 4)] == [2, 2, 1, 1]


def test_who_said_no_that_day_says_no_again_and_somebody_else_is_asked() -> None:
    couriers = [a_courier("Ana", km=0), a_courier("Ben", km=4)]
    answers = {("cou_ana", "d1"): (Answer("declined", 20),)}
    day = lived(a_day([a_delivery()], couriers, answers=answers))
    assert (life(day).courier, life(day).offers) == ("Ben", 2)
    assert lived(a_day([a_delivery()], couriers)).lives[0].courier == "Ana"


def test_who_did_not_answer_that_day_keeps_the_offer_for_its_whole_time() -> None:
    answers = {("cou_ana", "d1"): (Answer("expired", 60),)}
    day = lived(a_day([a_delivery()], [a_courier("Ana")], answers=answers))
    assert life(day).offers == 2
    assert minutes(life(day)) > 5  # asked again only after five minutes


def test_a_no_is_said_as_often_as_it_was_said_that_day() -> None:
    answers = {("cou_ana", "d1"): (Answer("declined", 20),)}
    day = lived(a_day([a_delivery(km=1)], [a_courier("Ana")], answers=answers))
    assert life(day).ended == "delivered"
    assert minutes(life(day)) > 30  # a no is remembered for half an hour


def test_a_parcel_that_was_late_that_day_is_late_for_every_courier() -> None:
    day = lived(a_day([a_delivery(doors={"parcel_at": after_noon(25)})], [a_courier()]))
    assert life(day).picked_up_at == after_noon(27)


def test_a_parcel_that_came_back_that_day_comes_back() -> None:
    day = lived(a_day([a_delivery(doors={"comes_back": True})], [a_courier()]))
    assert life(day).ended == "returned"
    assert life(day).delivered_at is None
    assert day.courier_m["cou_ana"] == pytest.approx(2 * 2800, rel=0.01)


def test_what_was_cancelled_before_pickup_that_day_is_cancelled_then() -> None:
    gone = a_delivery(1, doors={"cancelled_at": after_noon(3), "parcel_at": after_noon(30)})
    day = lived(a_day([gone, a_delivery(2, km=1, minute=5)], [a_courier()]))
    assert life(day, 1).ended == "cancelled"
    assert life(day, 2).ended == "delivered"


def test_cancelling_under_way_frees_the_courier_where_the_drive_ends() -> None:
    far = a_courier("Ana", km=9)
    gone = a_delivery(1, doors={"cancelled_at": after_noon(3)})
    day = lived(a_day([gone, a_delivery(2, km=1, minute=4)], [far]))
    assert (life(day, 1).ended, life(day, 2).ended) == ("cancelled", "delivered")


def test_a_cancellation_after_pickup_comes_too_late() -> None:
    day = lived(a_day([a_delivery(km=9, doors={"cancelled_at": after_noon(10)})], [a_courier()]))
    assert life(day).ended == "delivered"


def test_nobody_drives_before_the_shift_or_is_asked_after_it() -> None:
    late = a_courier(begins=after_noon(40))
    assert minutes(life(lived(a_day([a_delivery()], [late])))) > 40
    gone = a_courier(ends=after_noon(30), shift=((NOON, after_noon(30)),))
    assert life(lived(a_day([a_delivery(minute=31)], [gone]))).ended == "open"


def test_who_was_out_of_contact_that_day_is_not_asked_meanwhile() -> None:
    silent = a_courier(away=(Spell(NOON, after_noon(20), "out_of_contact"),))
    day = lived(a_day([a_delivery()], [silent]))
    assert 20 < minutes(life(day)) < 35


def test_a_second_spell_of_the_same_day_goes_on_from_its_own_place() -> None:
    early = a_courier(ends=after_noon(60), shift=((NOON, after_noon(60)),))
    again = a_courier(km=5, begins=after_noon(120))
    day = lived(a_day([a_delivery(1), a_delivery(2, minute=120)], [early, again]))
    assert [life(day, n).ended for n in (1, 2)] == ["delivered", "delivered"]
    assert day.courier_m["cou_ana"] == pytest.approx(2800 + 7000 + 2800, rel=0.01)


def test_a_slower_courier_arrives_later_by_their_pace() -> None:
    usual = minutes(life(lived(a_day([a_delivery(km=9)], [a_courier()]))))
    slow = minutes(life(lived(a_day([a_delivery(km=9)], [a_courier(pace=1.5)]))))
    assert slow - usual == pytest.approx(0.5 * 9 * 1400 / 9 / 60, abs=0.1)


def test_nobody_hands_over_before_the_window_opens() -> None:
    windowed = a_delivery(window_earliest=after_noon(60), promised_by=after_noon(120), service_class="same_day")
    day = lived(a_day([windowed], [a_courier()]))
    assert minutes(life(day)) >= 62


def test_who_is_under_way_is_planned_from_where_they_are() -> None:
    """A second parcel from the bakery goes to the courier who has just left it the shorter way."""
    couriers = [a_courier("Ana", km=0), a_courier("Ben", km=6)]
    first, second = a_delivery(1, km=8), a_delivery(2, km=1, minute=4)
    day = lived(a_day([first, second], couriers))
    assert life(day, 1).courier == "Ana"
    assert life(day, 2).courier == "Ben"


@pytest.mark.parametrize("rules", [None, ALONE])
def test_every_delivery_ends_and_none_before_it_was_known(rules: DispatchPolicy | None) -> None:
    deliveries = [a_delivery(n, km=1 + n * 7 % 5, minute=2 * n) for n in range(1, 16)]
    day = lived(a_day(deliveries, [a_courier("Ana"), a_courier("Ben", km=2), a_courier("Cem", km=4)]), rules)
    assert {one.ended for one in day.lives} == {"delivered"}
    for one in day.lives:
        assert one.picked_up_at is not None
        assert one.delivered_at is not None
        assert one.booked_at <= one.picked_up_at < one.delivered_at - timedelta(minutes=2)


def test_the_planner_is_told_since_when_somebody_stands_at_the_store_and_not_afterwards() -> None:
    parcel = Parcel(a_delivery(), state="at_pickup", at_store_since=after_noon(4))
    assert parcel.seen(600).at_store_since == after_noon(4)
    parcel.state = "to_dropoff"
    assert parcel.seen(900).at_store_since is None


def test_nobody_is_paid_for_what_was_cancelled_before_pickup() -> None:
    gone = a_delivery(doors={"cancelled_at": after_noon(1), "parcel_at": after_noon(30)})
    day = lived(a_day([gone], [a_courier()]))
    assert (life(day).ended, life(day).offers, life(day).pay_minor) == ("cancelled", 1, 0)


def test_a_place_on_the_street_is_where_it_says() -> None:
    ways = ways_of(a_day([a_delivery(km=9)], [a_courier()]))
    assert ways.way(ways.profiles[0], at_km(0), at_km(9)) == (1400, 12600)
