"""What a replay refuses, and what to do then."""

from dataclasses import dataclass
from datetime import datetime

from homeward.kit.problems import FieldError, Problem


@dataclass(eq=False)
class NothingRecorded(Problem):
    slug, status = "nothing-recorded", 404
    title = "Nothing was recorded in this range; choose one in which the market was at work."

    market: str
    what: str  # 'decision' or 'quote'
    since: datetime
    until: datetime
    first: datetime | None
    last: datetime | None

    def detail(self) -> str:
        asked = f"{self.market}, {_minute(self.since)} to {_minute(self.until)}"
        if self.first is None or self.last is None:
            return f"{asked}: this market has no recorded {self.what} at all."
        return f"{asked}: recorded are {self.what}s from {_minute(self.first)} to {_minute(self.last)}."


@dataclass(eq=False)
class RangeForgotten(Problem):
    slug, status = "range-forgotten", 410
    title = "The inputs of these decisions are no longer kept; choose a later range."

    market: str
    decisions: int
    kept_days: int
    kept_since: datetime | None

    def detail(self) -> str:
        since = f"; the first one with inputs is of {_minute(self.kept_since)}" if self.kept_since else ""
        return (
            f"All {self.decisions} decisions of the range lost their inputs after {self.kept_days} days "
            f"(outcomes and reasons stay){since}."
        )


@dataclass(eq=False)
class RangeNotUnderstood(Problem):
    slug, status = "range-not-understood", 422
    title = "Give --from and --to as days (2026-11-20) or moments (2026-11-20T17:00), the first before the second."

    said: str

    def detail(self) -> str:
        return self.said


@dataclass(eq=False)
class WhichMarket(Problem):
    slug, status = "which-market", 422
    title = "Name a market with --market."

    markets: list[str]

    def detail(self) -> str:
        return f"There are {', '.join(self.markets)}." if self.markets else "There is no market yet."


@dataclass(eq=False)
class NothingToCompare(Problem):
    slug, status = "nothing-to-compare", 422
    title = "Name another policy with --policy, another tariff with --tariff, or both."


@dataclass(eq=False)
class FileNotUsable(Problem):
    """`errors` name each place as `file:line` where a line is known."""

    slug, status = "file-not-usable", 422
    title = "This file cannot be used; mend what is named below."

    path: str
    errors: list[FieldError]

    def detail(self) -> str:
        return "\n".join(f"{error.pointer}: {error.message}" for error in self.errors)


def _minute(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M %Z")
