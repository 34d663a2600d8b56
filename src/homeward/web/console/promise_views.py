"""How a market's promises hold, hour by hour, from what the service answers. Pure."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from homeward.coverage.model import Market
from homeward.quotes.calibration import MIN_SAMPLE, Calibration, hourly_buffers_s
from homeward.quotes.learning import PromisesKept
from homeward.quotes.outcomes import HourKept, likely_between
from homeward.web.format import Formats, Moment
from homeward.web.stories import formats_of
from homeward.web.words import Word

# Below this many, that nothing speaks against what was said is no proof of it.
_ENOUGH: Final = 30
# The strips of the page begin here: a share below is drawn at the edge.
_LEAST_SHOWN: Final = 0.5

FITS: Final = Word("as said", "circle-check", "ok")
TOO_FEW_KEPT: Final = Word("too few kept", "alert-triangle", "bad")
MORE_KEPT: Final = Word("more than said", "circle-check", "info")
NOT_ENOUGH: Final = Word("too few to tell", "hourglass", "idle")


@dataclass(frozen=True, slots=True)
class Strip:
    """Shares of 50 to 100 % as places from 0 to 100 on a line: what was said, what was kept, where that lies likely."""

    said: float
    kept: float
    low: float
    width: float


@dataclass(frozen=True, slots=True)
class HourRow:
    hour: str
    said: str
    kept: str
    likely: str
    ended: str
    in_hand: str
    missed_by_store: str
    verdict: Word
    strip: Strip


@dataclass(frozen=True, slots=True)
class Figure:
    icon: str
    label: str
    value: str
    hint: str


@dataclass(frozen=True, slots=True)
class PromisesPage:
    market_id: str
    market: str
    figures: tuple[Figure, ...]
    urgent: tuple[HourRow, ...]
    spare: tuple[HourRow, ...]
    learned_at: Moment | None
    version: int
    aim: str
    fixed: str
    needed: int


def promises_page(kept: PromisesKept, now: datetime) -> PromisesPage:
    """Everything of the last four weeks, and what quotes promise by now."""
    market, calibration = kept.market, kept.calibration
    formats = formats_of(market)
    in_hand = _in_hand(market, calibration, formats)
    urgent = [hour for hour in kept.hours if hour.urgent]
    spare = [hour for hour in kept.hours if not hour.urgent]
    settings = market.settings
    return PromisesPage(
        market_id=market.id,
        market=market.name,
        figures=_figures(kept, formats),
        urgent=tuple(_row(hour, formats, in_hand[hour.hour]) for hour in urgent),
        spare=tuple(_row(hour, formats, "") for hour in spare),
        learned_at=formats.moment(calibration.learned_at, now) if calibration else None,
        version=calibration.version if calibration else 0,
        aim=f"{settings.promise_share_pct}%",
        fixed=f"{formats.span(settings.buffer_s)} and {settings.buffer_per_mille / 10:.0f}% of the drive",
        needed=max(0, MIN_SAMPLE - sum(hour.ended for hour in urgent)),
    )


def _figures(kept: PromisesKept, formats: Formats) -> tuple[Figure, ...]:
    ended = sum(hour.ended for hour in kept.hours)
    told = sum(hour.told_kept for hour in kept.hours)
    stated = sum(hour.stated * hour.ended for hour in kept.hours) / ended if ended else 0.0
    low, high = likely_between(told, ended)
    urgent = [hour for hour in kept.hours if hour.urgent]
    learned, in_time = sum(hour.learned for hour in urgent), sum(hour.kept for hour in urgent)
    by_store = sum(hour.missed_by_store for hour in kept.hours)
    return (
        Figure("circle-check", "Kept as told", _pct(told, ended), f"likely {_range(low, high)}" if ended else ""),
        Figure("message-2", "Said to hold", f"{100 * stated:.0f}%" if ended else "–", "on the mean"),
        Figure(
            "target",
            "In time for the aim",
            _pct(in_time, learned),
            f"aim: {kept.market.settings.promise_share_pct}%, before rounding" if learned else "nothing learned yet",
        ),
        Figure("packages", "Promises ended", formats.number(ended), "in the last 28 days"),
        Figure(
            "building-store",
            "Broken by a late store",
            formats.number(by_store),
            f"of {formats.number(ended - told)} broken",
        ),
    )


def _row(hour: HourKept, formats: Formats, in_hand: str) -> HourRow:
    low, high = likely_between(hour.told_kept, hour.ended)
    return HourRow(
        hour=_clock(hour.hour, formats),
        said=f"{100 * hour.stated:.0f}%",
        kept=_pct(hour.told_kept, hour.ended),
        likely=_range(low, high),
        ended=formats.number(hour.ended),
        in_hand=in_hand,
        missed_by_store=formats.number(hour.missed_by_store),
        verdict=_verdict(hour, low, high),
        strip=Strip(
            said=_place(hour.stated),
            kept=_place(hour.told_kept / hour.ended),
            low=_place(low),
            width=round(_place(high) - _place(low), 1),
        ),
    )


def _verdict(hour: HourKept, low: float, high: float) -> Word:
    # However few: what lies outside of where the true share is likely was not said well.
    if high < hour.stated:
        return TOO_FEW_KEPT
    if low > hour.stated:
        return MORE_KEPT
    return FITS if hour.ended >= _ENOUGH else NOT_ENOUGH


def _in_hand(market: Market, calibration: Calibration | None, formats: Formats) -> Sequence[str]:
    settings = market.settings
    if calibration is None:
        ten_minutes_s = settings.buffer_s + 600 * settings.buffer_per_mille // 1_000
        return [formats.span(ten_minutes_s)] * 24
    return [formats.span(in_hand_s) for in_hand_s in hourly_buffers_s(calibration, settings.promise_share_pct)]


def _clock(hour: int, formats: Formats) -> str:
    # The hour is the market's own already.
    there = Formats(formats.locale, "UTC", formats.units)
    return there.clock(datetime(2026, 1, 1, hour, tzinfo=UTC))


def _pct(part: int, whole: int) -> str:
    return f"{100 * part / whole:.0f}%" if whole else "–"


def _range(low: float, high: float) -> str:
    return f"{100 * low:.0f}–{100 * high:.0f}%"


def _place(share: float) -> float:
    return round(100 * max(0.0, share - _LEAST_SHOWN) / (1 - _LEAST_SHOWN), 1)
