"""Days in figures, and what differs between two of them. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields
from typing import Any, Final

from homeward.coverage.model import ServiceClass
from homeward.dispatch.whatif.model import DayLived, Life, LifeChange, Metrics


def measured(day: DayLived) -> Metrics:
    """One day in figures."""
    brought = [life for life in day.lives if life.ended == "delivered"]
    offered = [life for life in day.lives if life.offers]
    return Metrics(
        deliveries=len(day.lives),
        delivered=len(brought),
        late=sum(1 for life in brought if life.late_s > 0),
        late_s=sum(life.late_s for life in brought),
        express_s=tuple(
            sorted(
                int((life.delivered_at - life.booked_at).total_seconds())
                for life in brought
                if life.service_class == ServiceClass.EXPRESS and life.delivered_at is not None
            )
        ),
        courier_m=sum(day.courier_m.values()),
        courier_s=sum(day.courier_s.values()),
        pay_minor=sum(life.pay_minor for life in day.lives),
        offers=sum(life.offers for life in offered),
        offered=len(offered),
    )


def together(one: Metrics, other: Metrics) -> Metrics:
    """Two days as one: everything adds up, and means are taken afterwards."""
    sums: dict[str, Any] = {f.name: getattr(one, f.name) + getattr(other, f.name) for f in fields(Metrics)}
    return Metrics(**{**sums, "express_s": tuple(sorted(sums["express_s"]))})


# ── as a table ──


@dataclass(frozen=True, slots=True)
class Row:
    """One figure of the table, by its name in JSON; None where there is nothing to take it of."""

    name: str
    label: str
    unit: str  # '', '%', 'min', 'km', 'money'
    digits: int = 0


ROWS: Final = (
    Row("deliveries", "deliveries", ""),
    Row("delivered", "delivered", ""),
    Row("late_share", "late", "%", 1),
    Row("late_min", "late in all", "min"),
    Row("click_to_door_mean_min", "express to door, mean", "min", 1),
    Row("click_to_door_p90_min", "express to door, 90 %", "min", 1),
    Row("courier_km", "couriers drive", "km", 1),
    Row("courier_min", "couriers at work", "min"),
    Row("pay", "pay", "money", 2),
    Row("cost_per_delivery", "pay per delivery", "money", 2),
    Row("offers_per_delivery", "offers per delivery", "", 2),
)


def figures(m: Metrics, exponent: int) -> dict[str, float | None]:
    """The figures of `ROWS`; money in whole units of a currency with so many decimals."""
    unit = 10**exponent
    p90 = m.express_s[-(-9 * len(m.express_s) // 10) - 1] if m.express_s else None
    return {
        "deliveries": m.deliveries,
        "delivered": m.delivered,
        "late_share": _ratio(100 * m.late, m.delivered),
        "late_min": m.late_s / 60,
        "click_to_door_mean_min": _ratio(sum(m.express_s), 60 * len(m.express_s)),
        "click_to_door_p90_min": p90 / 60 if p90 is not None else None,
        "courier_km": m.courier_m / 1000,
        "courier_min": m.courier_s / 60,
        "pay": m.pay_minor / unit,
        "cost_per_delivery": _ratio(m.pay_minor, unit * m.delivered),
        "offers_per_delivery": _ratio(m.offers, m.offered),
    }


def _ratio(amount: float, of: float) -> float | None:
    return amount / of if of else None


# ── delivery by delivery ──


def life_changes(recorded: DayLived, before: DayLived, after: DayLived) -> tuple[LifeChange, ...]:
    """Deliveries that the two models end otherwise, carry by somebody else, or bring at another second."""
    was, is_now = _by_id(before.lives), _by_id(after.lives)
    changes = [
        LifeChange(life.delivery_id, life, was[life.delivery_id], is_now[life.delivery_id])
        for life in recorded.lives
        if _fate(was[life.delivery_id]) != _fate(is_now[life.delivery_id])
    ]
    return tuple(sorted(changes, key=_weight, reverse=True))


def _fate(life: Life) -> tuple[object, ...]:
    return life.ended, life.courier_id, life.delivered_at, life.pay_minor, life.together


def _weight(change: LifeChange) -> tuple[bool, int, bool, str]:
    """Another ending weighs most, then the minutes, then another courier."""
    other_courier = change.before.courier_id != change.after.courier_id
    return change.before.ended != change.after.ended, abs(change.moved_s or 0), other_courier, change.delivery_id


def _by_id(lives: Iterable[Life]) -> Mapping[str, Life]:
    return {life.delivery_id: life for life in lives}
