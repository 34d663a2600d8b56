"""What the console draws of a decision."""

from hypothesis import given
from hypothesis import strategies as st

from homeward.web.console.story_views import slices

COSTS = st.dictionaries(
    st.sampled_from(["time", "distance", "lateness", "refusal", "fairness"]), st.integers(-900, 9_000)
)


@given(COSTS, st.integers(0, 5_000))
def test_a_bar_has_no_gaps_and_ends_where_the_cost_does(terms: dict[str, int], spare: int) -> None:
    cost = sum(max(0, part) for part in terms.values())
    drawn = slices(terms, cost + spare)
    ends = [0, *(piece.begins + piece.width for piece in drawn)]
    assert [piece.begins for piece in drawn] == ends[:-1]
    assert ends[-1] == (round(1000 * cost / (cost + spare)) if cost else 0)


def test_what_takes_something_off_has_no_room_in_a_bar() -> None:
    drawn = slices({"time": 300_000, "fairness": -20_000, "lateness": 100_000}, 400_000)
    assert [(piece.term, piece.begins, piece.width) for piece in drawn] == [("time", 0, 750), ("lateness", 750, 250)]
    assert drawn[0].word == "Courier's time 300"


def test_a_courier_who_costs_nothing_has_an_empty_bar() -> None:
    assert slices({"time": 0}, 0) == ()
