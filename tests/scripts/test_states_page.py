"""The reference page is the table."""

from pathlib import Path

from homeward.deliveries.states import LegState, State
from scripts.states_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "states.md"


def test_the_page_is_what_the_tables_say() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"


def test_every_state_is_on_the_page() -> None:
    told = PAGE.read_text()
    assert [state for state in (*State, *LegState) if f"`{state}`" not in told] == []
