"""The page of rules is the table."""

from pathlib import Path

from homeward.finance.claims.policy import RULES
from scripts.claims_page import page

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "claims.md"


def test_the_page_is_what_the_table_says() -> None:
    assert PAGE.read_text() == page(), "run `make docs`"
    assert [rule.name for rule in RULES if f"`{rule.name}`" not in page()] == []
