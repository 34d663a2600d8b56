import numpy as np

from homeward.dispatch.positioning import PositionSettings, where_to_wait

# Stores on a line, five minutes apart.
STORES = np.arange(5) * 300
BETWEEN = np.abs(STORES[:, None] - STORES[None, :])
SHORT_NOTICE = [0, 60]
FREE_NOW = np.array([0, 0])


def ways_from(*positions: int) -> np.ndarray[tuple[int, ...], np.dtype[np.int64]]:
    return np.abs(np.array(positions)[:, None] - STORES[None, :])


def test_two_idle_couriers_at_one_end_spread_over_the_line() -> None:
    moves = where_to_wait(ways_from(0, 0), FREE_NOW, BETWEEN, np.full(5, 2.0), SHORT_NOTICE, [0, 1], PositionSettings())

    assert moves
    assert all(move.store > 0 and move.saves_s > 0 for move in moves)


def test_who_stands_well_stays() -> None:
    only_here = np.array([5.0, 0, 0, 0, 0])

    assert where_to_wait(ways_from(0), FREE_NOW[:1], BETWEEN, only_here, SHORT_NOTICE, [0], PositionSettings()) == ()


def test_nobody_drives_for_demand_that_gives_notice_enough() -> None:
    an_hour = [3_600]

    assert where_to_wait(ways_from(0), FREE_NOW[:1], BETWEEN, np.full(5, 5.0), an_hour, [0], PositionSettings()) == ()


def test_a_courier_who_is_free_soon_beside_the_demand_spares_the_drive() -> None:
    there = np.array([0, 0, 0, 0, 1.0])
    alone = where_to_wait(ways_from(0), FREE_NOW[:1], BETWEEN, there, SHORT_NOTICE, [0], PositionSettings(second_pct=0))
    with_one_soon_free = where_to_wait(
        ways_from(0, 1_200), np.array([0, 120]), BETWEEN, there, SHORT_NOTICE, [0], PositionSettings(second_pct=0)
    )

    assert [move.store for move in alone] == [4]
    assert with_one_soon_free == ()


def test_a_move_must_be_worth_its_drive() -> None:
    costly = PositionSettings(per_drive_s=5.0)

    assert where_to_wait(ways_from(0), FREE_NOW[:1], BETWEEN, np.full(5, 2.0), SHORT_NOTICE, [0], costly) == ()
