"""Ranges and files as people give them."""

from datetime import UTC, datetime

import pytest

from homeward.dispatch.whatif.asked import TextFile, line_of, local_days, policy_from, range_of
from homeward.dispatch.whatif.errors import FileNotUsable, RangeNotUnderstood
from homeward.kit.windows import Window


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


@pytest.mark.parametrize(
    ("since", "until", "begins", "ends"),
    [
        ("2026-11-20", "2026-11-20", utc(2026, 11, 19, 23), utc(2026, 11, 20, 23)),
        ("2026-11-20", "2026-11-22", utc(2026, 11, 19, 23), utc(2026, 11, 22, 23)),
        ("2026-11-20T17:00", "2026-11-20T19:30", utc(2026, 11, 20, 16), utc(2026, 11, 20, 18, 30)),
        ("2026-11-20T17:00Z", "2026-11-20", utc(2026, 11, 20, 17), utc(2026, 11, 20, 23)),
    ],
)
def test_days_end_at_the_markets_midnight_and_moments_are_local(
    since: str, until: str, begins: datetime, ends: datetime
) -> None:
    assert range_of(since, until, "Europe/Zurich") == Window(begins, ends)


@pytest.mark.parametrize(
    ("since", "until"), [("2026-11-21", "2026-11-20"), ("Friday", "2026-11-20"), ("2026-13-01", "")]
)
def test_what_is_no_range_is_refused(since: str, until: str) -> None:
    with pytest.raises(RangeNotUnderstood):
        range_of(since, until, "Europe/Zurich")


def test_a_range_is_cut_at_midnight_also_on_the_day_the_clocks_change() -> None:
    whole = range_of("2026-10-24", "2026-10-26", "Europe/Zurich")
    hours = [(day.latest - day.earliest).total_seconds() / 3600 for day in local_days(whole, "Europe/Zurich")]
    assert hours == [24, 25, 24]


def test_a_policy_file_is_read() -> None:
    rules = policy_from(TextFile("p.toml", "[waiting]\nlate_per_s = 20_000\n"))
    assert rules.changes() == {"waiting": {"late_per_s": 20_000}}


def test_everything_wrong_with_a_policy_is_named_with_its_line() -> None:
    text = "# ours\n[waiting]\nlate_per_s = -1\nlater_per_s = 7\n[wating]\nx = 1\n"
    with pytest.raises(FileNotUsable) as refused:
        policy_from(TextFile("p.toml", text))
    assert sorted(error.pointer for error in refused.value.errors) == ["p.toml:3", "p.toml:4", "p.toml:5"]


def test_text_that_is_no_toml_says_where() -> None:
    with pytest.raises(FileNotUsable) as refused:
        policy_from(TextFile("p.toml", "[offers\nmost_together = 1"))
    assert "line 1" in str(refused.value)


@pytest.mark.parametrize(
    ("toml", "pointer", "line"),
    [
        ("a = 1", "/a", 1),
        ("[s]\n\nn = 1\nm = 2", "/s/m", 4),
        ("s.n = 1\ns.m = 2", "/s/m", 2),
        ("[s]\nn = [\n1,\n2]\nm = 3", "/s/n", 4),
        ("[s.t]\nn = 1", "/s/t", 1),
        ("[s]\nn = 1", "/s/x", None),
    ],
)
def test_the_line_of_a_value_is_where_it_is_complete(toml: str, pointer: str, line: int | None) -> None:
    assert line_of(toml, pointer) == line
