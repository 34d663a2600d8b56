"""What the route board says, from boards on paper."""

from datetime import timedelta

import pytest

from homeward.web.console.route_lanes import Asked, line_of
from tests.web import worlds as w
from tests.web.route_gallery import NOT_THEIRS, TOO_HEAVY, a_board, an_effect, page


@pytest.mark.parametrize(("span", "minutes"), [("1h", 60), ("3h", 180), ("day", 720), ("century", 180)])
def test_a_time_line_is_as_long_as_asked_and_begins_a_little_before_now(span: str, minutes: int) -> None:
    line = line_of(span, w.NOON)
    assert line.length == timedelta(minutes=minutes)
    assert 0 < line.x(w.NOON) < 10
    assert (line.x(w.NOON - timedelta(days=1)), line.x(w.NOON + timedelta(days=1))) == (0, 100)


def test_every_bar_lies_within_the_line_and_can_be_hit() -> None:
    for span in ("1h", "3h", "day"):
        bars = [bar for lane in page(a_board(12), Asked(w.MARKET.id, span)).lanes for bar in lane.bars]
        assert bars
        assert all(bar.x >= 0 and bar.x + bar.width <= 100.01 for bar in bars)
        assert all(bar.width >= 0.7 for bar in bars if bar.delivery)


def test_who_will_be_late_is_told_also_beyond_what_the_board_shows() -> None:
    shown = {span: page(a_board(4), Asked(w.MARKET.id, span)).lanes[3] for span in ("1h", "3h")}
    assert shown["1h"].tone == shown["3h"].tone == "bad"
    assert shown["1h"].beyond > shown["3h"].beyond == 0


def test_two_hundred_couriers_come_forty_at_a_time_and_all_can_be_chosen() -> None:
    first = page(a_board(200))
    last = page(a_board(200, first=160), Asked(w.MARKET.id, page=4))
    assert (len([lane for lane in first.lanes if lane.target]), first.pages) == (40, "1–40 of 200 couriers")
    assert first.next_url
    assert (last.pages, last.next_url) == ("161–200 of 200 couriers", "")
    assert len(first.move.couriers) == 201


def test_machines_have_lanes_and_take_nothing_from_a_dispatcher() -> None:
    robot = next(lane for lane in page(a_board(3)).lanes if lane.name == "Robot 7")
    assert not robot.target
    assert not any(bar.movable for bar in robot.bars)


def test_an_effect_counts_who_gets_late_and_tells_limits_in_words() -> None:
    board = a_board(7)
    found = page(board, effect=an_effect(board, TOO_HEAVY)).effect
    assert found is not None
    assert (found.newly_late, found.allowed) == (1, True)
    assert found.limits == ("Ana Meier cannot carry so much: weight_g 24000, at most 20000",)
    assert found.rows[0].verdict.label == "22 min late"
    assert dict(found.figures)["Cost in the plan"] == "+130 points"
    assert {bar.kind for lane in found.lanes for bar in lane.bars} >= {"ghost", "pickup", "dropoff", "drive"}
    assert {bar.delivery for lane in found.lanes for bar in lane.bars if bar.moved} == {"dlv_01jd000010"}


def test_another_merchant_s_own_driver_cannot_be_confirmed() -> None:
    board = a_board(7)
    found = page(board, effect=an_effect(board, NOT_THEIRS)).effect
    assert found is not None
    assert not found.allowed


def test_what_was_chosen_stays_chosen_however_long_the_lists_are() -> None:
    board = a_board(20, waiting=600)
    ids = [value for value, _ in page(board).move.deliveries]
    hidden = next(one for one in board.deliveries if one not in ids and board.deliveries[one].seen.searching)
    asked = Asked(w.MARKET.id, deliveries=(hidden,), at=999)
    move = page(board, asked).move
    assert hidden in [value for value, _ in move.deliveries]
    assert move.form.value("delivery") == hidden
    assert move.form.value("at") == "end"
