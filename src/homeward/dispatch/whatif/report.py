"""A replay's findings for a terminal, and as JSON."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from datetime import datetime
from functools import reduce
from typing import Any, Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from homeward.dispatch.explain import TERMS
from homeward.dispatch.whatif import measure
from homeward.dispatch.whatif.decisions import CHANGES
from homeward.dispatch.whatif.model import (
    DayCompared,
    DayLived,
    DecisionCompared,
    DecisionTally,
    Life,
    LifeChange,
    Made,
    Metrics,
    Report,
    Revenue,
    TariffCompared,
)
from homeward.kit.money import Money
from homeward.kit.problems import jsonable

_NOTES: Final = (
    "recorded: what really happened. model: the day lived again with the recorded policy. Both alike: trust the model.",
    "other policy, difference: the same model with the other policy, against the model and not against the record.",
    "The model's couriers say no where they did that day, else yes; they drive at their pace of that day.",
    "Whoever has nothing to do waits where the last stop was; places that were suggested are not followed.",
)


class Printer:
    """Prints a report; `most` lines of each list, the JSON has them all."""

    def __init__(self, console: Console, report: Report, most: int = 15) -> None:
        self._console, self._report, self._most = console, report, most
        self._zone = ZoneInfo(report.time_zone)

    def print(self) -> None:
        report = self._report
        self._say(
            f"[bold]{report.market}[/bold], {self._moment(report.since)} to {self._moment(report.until)} "
            f"({report.time_zone})"
        )
        if report.decisions is not None:
            self._policy(report.policy_changes or {})
            self._decisions(report.decisions)
            self._changed(report.changed)
        if report.days:
            self._days(report.days)
        if report.tariff is not None:
            self._tariff(report.tariff)

    def _say(self, line: str = "") -> None:
        self._console.print(line, highlight=False, soft_wrap=True)

    # ── decisions ──

    def _policy(self, changes: Mapping[str, Mapping[str, object]]) -> None:
        said = ", ".join(f"{part}.{name} = {value}" for part, body in changes.items() for name, value in body.items())
        self._say(f"Other policy: {said or 'nothing differs from the default one'}")

    def _decisions(self, tally: DecisionTally) -> None:
        self._say()
        forgotten = f"; {tally.forgotten} more lost their inputs with age" if tally.forgotten else ""
        self._say(
            f"[bold]Decisions[/bold]: {tally.decisions} made again, {tally.equal} of them with exactly the recorded "
            f"outcome{forgotten}."
        )
        for why, count in sorted(tally.not_equal.items()):
            self._say(f"  {count} not equal: {why}")
        self._say(f"With the other policy {tally.changed} come out differently.")
        for what, count in tally.changes.items():
            self._say(f"  {count:>6} {_times(count, 'delivery', 'deliveries')} {CHANGES[what]}")
        if tally.orders:
            self._say(f"  {tally.orders:>6} {_times(tally.orders, 'order', 'orders')} of promised stops")
        if tally.places:
            self._say(f"  {tally.places:>6} {_times(tally.places, 'place', 'places')} to wait at")

    def _changed(self, changed: Sequence[DecisionCompared]) -> None:
        for one in changed[: self._most]:
            self._say()
            self._say(f"{self._moment(one.at, seconds=True)}  {one.decision_id}")
            for change in one.changes:
                self._say(f"  {change.delivery_id} {CHANGES[change.what]}")
                self._say(f"    recorded policy  {self._made(change.before)}")
                self._say(f"    other policy     {self._made(change.after)}")
            for order in one.orders:
                self._say(f"  {order.courier}: stops {_order(order.before)} → {_order(order.after)}")
            for place in one.places:
                self._say(f"  {place.courier} waits: {place.before or 'stays'} → {place.after or 'stays'}")
        self._more(len(changed), "decisions")

    def _made(self, made: Made) -> str:
        if not made.rule:
            return "Nothing to decide about it."
        terms = ", ".join(f"{TERMS.get(name, name)} {cost / 1000:.0f}" for name, cost in made.terms.items())
        points = f" ({made.total / 1000:.0f} points: {terms})" if made.total is not None else ""
        pay = f" for {Money(made.pay_minor, self._report.currency)}" if made.pay_minor is not None else ""
        company = f", {len(made.together)} in one offer" if len(made.together) > 1 else ""
        return f"{made.sentence}{points}{pay}{company}"

    # ── days ──

    def _days(self, days: Sequence[DayCompared]) -> None:
        self._say()
        self._say(f"[bold]Whole days[/bold] in the model: {len(days)}")
        table = Table("", "", "recorded", "model", "other policy", "difference")
        for column in table.columns[2:]:
            column.justify = "right"
        for row, (recorded, before, after) in _rows(days, self._exponent):
            difference = after - before if after is not None and before is not None else None
            unit = self._report.currency if row.unit == "money" else row.unit
            cells = [_figure(value, row.digits) for value in (recorded, before, after)]
            table.add_row(row.label, unit, *cells, _signed(difference, row.digits))
        self._console.print(table)
        for note in (*_NOTES, *_counted(days)):
            self._say(f"  · {note}")
        self._lives([change for day in days for change in day.changes])

    def _lives(self, changes: Sequence[LifeChange]) -> None:
        if not changes:
            self._say("No delivery comes out differently.")
            return
        self._say()
        self._say(f"{len(changes)} {_times(len(changes), 'delivery', 'deliveries')} with another courier or time:")
        for change in changes[: self._most]:
            moved = f"{change.moved_s / 60:+.0f} min" if change.moved_s is not None else "another end"
            self._say(f"  {change.delivery_id}  {moved}")
            self._say(f"    recorded                {self._life(change.recorded)}")
            self._say(f"    model, recorded policy  {self._life(change.before)}")
            self._say(f"    model, other policy     {self._life(change.after)}")
        self._more(len(changes), "deliveries")

    def _life(self, life: Life) -> str:
        at = f" at {self._moment(life.delivered_at)}" if life.delivered_at else ""
        late = f", {life.late_s / 60:.0f} min late" if life.late_s >= 60 else ""
        by = f" by {life.courier}" if life.courier else ""
        return f"{life.ended}{by}{at}{late}. {life.sentence}".strip()

    # ── tariff ──

    def _tariff(self, found: TariffCompared) -> None:
        self._say()
        self._say(f"[bold]Other tariff[/bold]: {found.quotes} quotes, {found.booked.count} of them booked.")
        table = Table("", "bookings", "recorded", "other tariff", "difference", "")
        for column in table.columns[1:]:
            column.justify = "right"
        names = self._report.merchants
        self._revenue(table, "all bookings", found.booked)
        for heading, sums in (("merchant", found.merchants), ("zone", found.zones), ("class", found.classes)):
            for key, sum_ in sums.items():
                name = names.get(key, key) if heading == "merchant" else key
                self._revenue(table, f"{heading} {name}", sum_)
        self._revenue(table, "all options offered", found.options)
        self._console.print(table)
        self._say("  · Nobody books more or less here than they did.")
        if found.not_reproduced:
            self._say(f"  · {found.not_reproduced} recorded prices did not come out again with their recorded tariff")
        for one in found.movers[: self._most]:
            before, after = (Money(minor, found.currency) for minor in (one.before_minor, one.after_minor))
            self._say(
                f"  {one.delivery_id}  {one.service_class}, {names.get(one.merchant_id, one.merchant_id)}: "
                f"{before} → {after}"
            )
        self._more(len(found.movers), "bookings")

    def _revenue(self, table: Table, name: str, sums: Revenue) -> None:
        share = f"{100 * sums.difference / sums.before_minor:+.1f} %" if sums.before_minor else ""
        currency = self._report.currency
        table.add_row(
            name,
            str(sums.count),
            *(str(Money(minor, currency)) for minor in (sums.before_minor, sums.after_minor, sums.difference)),
            share,
        )

    # ── words ──

    @property
    def _exponent(self) -> int:
        return Money(0, self._report.currency).exponent

    def _moment(self, at: datetime, *, seconds: bool = False) -> str:
        return at.astimezone(self._zone).strftime("%Y-%m-%d %H:%M:%S" if seconds else "%Y-%m-%d %H:%M")

    def _more(self, found: int, what: str) -> None:
        if found > self._most:
            self._say(f"… and {found - self._most} more {what}; --json FILE writes all of them.")


# ── JSON ──


def as_json(report: Report) -> dict[str, Any]:
    """Everything that was found; moments in UTC, money in minor units."""
    exponent = Money(0, report.currency).exponent
    return {
        "market": report.market,
        "currency": report.currency,
        "from": jsonable(report.since),
        "to": jsonable(report.until),
        "policy": report.policy_changes,
        "decisions": asdict(report.decisions) if report.decisions else None,
        "changed_decisions": jsonable(report.changed),
        "total": _figures(report.days, exponent) if report.days else None,
        "days": [_day(day, exponent) for day in report.days],
        "tariff": jsonable(report.tariff) if report.tariff else None,
        "merchants": dict(report.merchants),
    }


def _day(day: DayCompared, exponent: int) -> dict[str, Any]:
    return {
        "from": jsonable(day.begins),
        "to": jsonable(day.ends),
        "figures": _figures([day], exponent),
        "notes": jsonable(day.notes),
        "changed_deliveries": jsonable(day.changes),
        "deliveries": {
            name: [jsonable(life) for life in lived.lives]
            for name, lived in (("recorded", day.recorded), ("model_recorded", day.before), ("model_other", day.after))
        },
        "couriers": {
            name: {who: {"metres": metres, "at_work_s": lived.courier_s.get(who, 0)} for who, metres in m.items()}
            for name, lived, m in (
                ("recorded", day.recorded, day.recorded.courier_m),
                ("model_recorded", day.before, day.before.courier_m),
                ("model_other", day.after, day.after.courier_m),
            )
        },
    }


def _figures(days: Sequence[DayCompared], exponent: int) -> dict[str, dict[str, float | None]]:
    rows = list(_rows(days, exponent))
    names = ("recorded", "model_recorded", "model_other")
    found: dict[str, dict[str, float | None]] = {
        name: {row.name: values[at] for row, values in rows} for at, name in enumerate(names)
    }
    found["difference"] = {
        row.name: after - before if after is not None and before is not None else None
        for row, (_, before, after) in rows
    }
    return found


# ── figures and words ──

_Figures = tuple[float | None, float | None, float | None]


def _rows(days: Sequence[DayCompared], exponent: int) -> Iterable[tuple[measure.Row, _Figures]]:
    recorded, before, after = (
        measure.figures(_all([getattr(day, which) for day in days]), exponent)
        for which in ("recorded", "before", "after")
    )
    return ((row, (recorded[row.name], before[row.name], after[row.name])) for row in measure.ROWS)


def _all(days: Sequence[DayLived]) -> Metrics:
    return reduce(measure.together, (measure.measured(day) for day in days), Metrics())


def _counted(days: Sequence[DayCompared]) -> list[str]:
    """What the days leave out, added up."""
    counts: Counter[str] = Counter()
    for day in days:
        for note in day.notes:
            counts[note.what] += note.count
    return [f"{count:,} {what}" for what, count in counts.items()]


def _figure(value: float | None, digits: int) -> str:
    return "–" if value is None else f"{value:,.{digits}f}"


def _signed(value: float | None, digits: int) -> str:
    if value is None:
        return "–"
    return f"{value:+,.{digits}f}" if round(value, digits) else "0"


def _order(order: tuple[str, ...] | None) -> str:
    return "as they were" if order is None else " ".join(order)


def _times(count: int, one: str, many: str) -> str:
    return one if count == 1 else many
