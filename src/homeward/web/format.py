"""Figures as people read them: one market's locale, time zone and units. Pure; the moment `now` is handed in."""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Literal
from zoneinfo import ZoneInfo

from babel import Locale, UnknownLocaleError
from babel.dates import format_date, format_time
from babel.numbers import format_currency, format_decimal

from homeward.kit.money import Money
from homeward.web.translation import ENGLISH, Speech

_LETTERS_BESIDE_FIGURE = re.compile(r"(?<=[A-Za-z])(?=\d)|(?<=\d)(?=[A-Za-z])")
_METRES_PER_MILE = 1609.344
_METRES_PER_FOOT = 0.3048
_GRAMS_PER_POUND = 453.59237


@dataclass(frozen=True, slots=True)
class Moment:
    """A point in time for a `<time>` element: the exact value, short words, and the whole date for a tooltip."""

    iso: str
    text: str
    title: str


@dataclass(frozen=True, slots=True)
class Formats:
    """How one market writes things down. An unknown locale reads as English."""

    locale: str = "en"
    time_zone: str = "UTC"
    units: Literal["metric", "imperial"] = "metric"
    say: Speech = ENGLISH

    @property
    def babel(self) -> Locale:
        try:
            return Locale.parse(self.locale.replace("-", "_"))
        except (UnknownLocaleError, ValueError):
            return Locale("en")

    def money(self, amount: Money) -> str:
        major = Decimal(amount.minor).scaleb(-amount.exponent)
        # CLDR's currency spacing, which the library leaves out: a code of letters keeps apart from the figure.
        return _LETTERS_BESIDE_FIGURE.sub("\xa0", str(format_currency(major, amount.currency, locale=self.babel)))

    def number(self, value: float, decimals: int = 0) -> str:
        # Rounded here: the locale's pattern would keep trailing zeros for some locales and not for others.
        return str(format_decimal(round(value, decimals), locale=self.babel))

    def share(self, part: int, whole: int) -> str:
        """`97 %`, or a dash of nothing yet."""
        return f"{round(100 * part / whole)}%" if whole else "–"

    def clock(self, moment: datetime) -> str:
        """`14:05` or `2:05 PM`, by locale."""
        return str(format_time(self._local(moment), "short", locale=self.babel))

    def date(self, moment: datetime) -> str:
        return str(format_date(self._local(moment).date(), "medium", locale=self.babel))

    def day(self, moment: datetime, now: datetime) -> str:
        """Today, Tomorrow, Yesterday, a weekday within six days, else the date."""
        local = self._local(moment).date()
        match self._days_between(now, moment):
            case 0:
                return self.say("Today")
            case 1:
                return self.say("Tomorrow")
            case -1:
                return self.say("Yesterday")
            case days if abs(days) < 7:
                return str(format_date(local, "EEE d MMM", locale=self.babel))
            case _:
                return str(format_date(local, "medium", locale=self.babel))

    def moment(self, moment: datetime, now: datetime) -> Moment:
        """Today's moments by the clock alone, others with their day."""
        clock = self.clock(moment)
        text = f"{self.day(moment, now)}, {clock}" if self._days_between(now, moment) else clock
        return Moment(_iso(moment), text, self.exact(moment))

    def second(self, moment: datetime) -> Moment:
        """To the second, for logs."""
        local = self._local(moment)
        return Moment(_iso(moment), str(format_time(local, "medium", locale=self.babel)), self.exact(moment))

    def exact(self, moment: datetime) -> str:
        local = self._local(moment)
        return (
            f"{format_date(local.date(), 'full', locale=self.babel)}, {format_time(local, 'long', locale=self.babel)}"
        )

    def window(self, earliest: datetime, latest: datetime, now: datetime) -> str:
        """`Tomorrow, 14:00–16:00`; today's without the day."""
        span = f"{self.clock(earliest)}–{self.clock(latest)}"
        return f"{self.day(earliest, now)}, {span}" if self._days_between(now, earliest) else span

    def ago(self, moment: datetime, now: datetime) -> str:
        gone = now - moment
        if gone < timedelta(seconds=45):
            return self.say("just now")
        return self.say("%(span)s ago", span=self.span(int(gone.total_seconds())))

    def span(self, seconds: int) -> str:
        """`45 s`, `12 min`, `1 h 05`, `3 days`."""
        seconds = abs(seconds)
        if seconds < 60:
            return f"{seconds} s"
        minutes = round(seconds / 60)
        if minutes < 60:
            return f"{minutes} min"
        hours, rest = divmod(minutes, 60)
        if hours < 48:
            return f"{hours} h {rest:02d}" if rest else f"{hours} h"
        return self.say.plural(round(hours / 24), "%(num)s day", "%(num)s days")

    def distance(self, metres: float) -> str:
        if self.units == "imperial":
            miles = metres / _METRES_PER_MILE
            return f"{round(metres / _METRES_PER_FOOT, -1):.0f} ft" if miles < 0.1 else f"{self.number(miles, 1)} mi"
        if metres < 950:
            return f"{round(metres, -1):.0f} m"
        return f"{self.number(metres / 1000, 1)} km"

    def weight(self, grams: int) -> str:
        if self.units == "imperial":
            return f"{self.number(grams / _GRAMS_PER_POUND, 1)} lb"
        return f"{grams} g" if grams < 1000 else f"{self.number(grams / 1000, 1)} kg"

    def _days_between(self, now: datetime, moment: datetime) -> int:
        return (self._local(moment).date() - self._local(now).date()).days

    def _local(self, moment: datetime) -> datetime:
        return moment.astimezone(ZoneInfo(self.time_zone))


def locale_for(language: str, market_locale: str) -> str:
    """The reader's language, the market's habits: an English reader in Zurich still reads 24-hour clocks."""
    market = market_locale.replace("-", "_")
    territory = market.partition("_")[2]
    if territory and _known(f"{language}_{territory}"):
        return f"{language}_{territory}"
    # Plain English counts hours as Americans do; where nobody does, that of Europe is nearer.
    counts_to_24 = _known(market) and "H" in Locale.parse(market).time_formats["short"].pattern
    return "en_150" if language == "en" and counts_to_24 else language


def _known(locale: str) -> bool:
    try:
        Locale.parse(locale)
    except (UnknownLocaleError, ValueError):
        return False
    return True


def _iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")


def initials(name: str) -> str:
    """Two letters for a round picture that is not there."""
    parts = name.split()
    return "".join(part[0] for part in ([parts[0], parts[-1]] if len(parts) > 1 else parts)).upper()
