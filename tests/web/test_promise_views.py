"""What the page of promises calls good and bad."""

import pytest

from homeward.quotes.learning import PromisesKept
from homeward.quotes.outcomes import HourKept
from homeward.web.console import promise_views as views
from homeward.web.words import Word
from tests.web import worlds as w


def an_hour(told_kept: int, ended: int, *, stated: float = 0.9) -> HourKept:
    return HourKept(18, True, ended, ended, told_kept, told_kept, 0.9, stated, 0)


@pytest.mark.parametrize(
    ("told_kept", "ended", "verdict"),
    [
        (9, 10, views.NOT_ENOUGH),
        (0, 10, views.TOO_FEW_KEPT),  # too few to be chance, however few
        (27, 30, views.FITS),
        (26, 29, views.NOT_ENOUGH),
        (200, 200, views.MORE_KEPT),
        (160, 200, views.TOO_FEW_KEPT),
    ],
)
def test_an_hour_is_judged_by_where_its_true_share_lies(told_kept: int, ended: int, verdict: Word) -> None:
    kept = w.promises_kept()
    [row] = views.promises_page(PromisesKept(w.MARKET, kept.since, (an_hour(told_kept, ended),), None), w.NOON).urgent
    assert row.verdict == verdict


def test_hours_are_told_in_the_market_s_own_way_of_writing_and_not_shifted_again() -> None:
    [row] = views.promises_page(PromisesKept(w.MARKET, w.NOON, (an_hour(27, 30),), None), w.NOON).urgent
    assert row.hour == "18:00"


def test_shares_below_a_half_are_drawn_at_the_edge() -> None:
    [row] = views.promises_page(PromisesKept(w.MARKET, w.NOON, (an_hour(3, 30),), None), w.NOON).urgent
    assert (row.strip.kept, row.strip.low) == (0.0, 0.0)
