"""Brand colours against what the shopper's pages really use."""

import re
from pathlib import Path

import pytest

from homeward.web.portal import brand_contrast as bc
from homeward.web.portal.brand_contrast import Colours, checks_of, mixed, nearest_that_passes

STYLES = Path(bc.__file__).parents[1] / "assets" / "styles"


def test_the_figures_are_those_of_the_style_sheets() -> None:
    tokens = (STYLES / "tokens.css").read_text("utf-8")
    night = tokens[tokens.index(':root[data-theme="dark"]') :]
    for theme, css in ((bc.DAY, tokens), (bc.NIGHT, night)):
        for name, colour in theme.items():
            assert re.search(rf"--{name}: (#\w+);", css)[1] == colour  # type: ignore[index]
    tracking = (STYLES / "tracking.css").read_text("utf-8")
    day, night = tracking.split("@media (prefers-color-scheme: dark)", 1)
    assert f"--accent-ink: color-mix(in srgb, var(--brand) {bc.INK_DAY}%, var(--ink));" in day
    assert f"--focus: color-mix(in srgb, var(--brand) {bc.FOCUS_DAY}%, var(--ink));" in day
    assert f"--accent-ink: color-mix(in srgb, var(--brand) {bc.INK_NIGHT}%, var(--ink));" in night
    assert f"--focus: color-mix(in srgb, var(--brand) {bc.INK_NIGHT}%, var(--ink));" in night
    assert f"border-color: color-mix(in srgb, var(--brand) {bc.MARK_NIGHT}%, var(--ink));" in night


def test_colours_are_mixed_as_browsers_do() -> None:
    assert mixed("#ff0000", "#0000ff", 50) == "#800080"
    assert mixed("#ffffff", "#000000", 82) == "#d1d1d1"


def test_a_dark_brand_passes_everywhere_and_nothing_is_offered() -> None:
    brown = Colours("#7a3b1d", "#ffffff")
    assert all(check.passes for check in checks_of(brown))
    assert nearest_that_passes(brown) is None


def test_a_pale_brand_fails_by_day_where_it_is_a_link() -> None:
    failed = {check.use for check in checks_of(Colours("#ffd800", "#000000")) if not check.passes}
    assert failed == {"Links, by day", "Steps, by day", "Frame of what has the focus, by day"}


@pytest.mark.parametrize("colour", ["#ffd800", "#ffffff", "#808080", "#ff7f50", "#00ffcc", "#000000"])
@pytest.mark.parametrize("text", ["#000000", "#ffffff", "#777777"])
def test_what_is_offered_passes_everywhere(colour: str, text: str) -> None:
    asked = Colours(colour, text)
    offered = nearest_that_passes(asked) or asked
    assert all(check.passes for check in checks_of(offered))


def test_what_is_offered_is_no_further_off_than_needed() -> None:
    offered = nearest_that_passes(Colours("#00aa44", "#ffffff"))
    assert offered is not None
    assert offered.text_colour == "#ffffff"
    assert min(check.ratio / check.least for check in checks_of(offered)) < 1.06
