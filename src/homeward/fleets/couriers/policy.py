"""Rules about couriers. Pure."""

import re
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from homeward.deliveries.robots.model import Sighting
from homeward.fleets.couriers.errors import BadPhone
from homeward.fleets.couriers.model import VEHICLES, Courier, Fix, NewCourier, VehicleKind

_E164: Final = re.compile(r"\+[1-9]\d{6,14}")
_WRITTEN_ONLY: Final = re.compile(r"[\s().\-/]")

# A phone's clock may run a little ahead; a fix from further ahead would hide all true ones until then.
_CLOCK_AHEAD: Final = timedelta(minutes=2)
# Older than this says nothing about where anybody is; an app that was offline sends what it kept.
_OLDEST_FIX: Final = timedelta(hours=6)

LONGEST_SHIFT: Final = timedelta(days=2)
"""Beyond it the end of a shift is a slip of the finger, and would keep somebody on duty who has gone home."""


def e164(phone: str) -> str:
    """The number as +41791234567. Raises BadPhone for anything that cannot be one."""
    bare = _WRITTEN_ONLY.sub("", phone)
    if not _E164.fullmatch(bare):
        raise BadPhone()
    return bare


def with_defaults(new: NewCourier) -> NewCourier:
    """What the operator left open follows from the vehicle."""
    traits = VEHICLES[new.vehicle]
    return NewCourier(
        market_id=new.market_id,
        name=new.name.strip(),
        phone=e164(new.phone),
        vehicle=new.vehicle,
        capacity_g=new.capacity_g if new.capacity_g is not None else traits.capacity_g,
        capacity_l=new.capacity_l if new.capacity_l is not None else traits.capacity_l,
        max_deliveries=new.max_deliveries if new.max_deliveries is not None else traits.max_deliveries,
        skills=tuple(sorted(set(new.skills))),
        engagement=new.engagement,
        employer_id=new.employer_id,
    )


def as_courier(courier_id: str, robot: Sighting) -> Courier:
    """The robot of a test delivery where a courier is looked up: seen on its way, and never on duty for anybody."""
    vehicle = VehicleKind(robot.card.vehicle)
    traits = VEHICLES[vehicle]
    return Courier(
        id=courier_id,
        market_id=robot.market_id,
        name=f"{robot.card.first_name} {robot.card.initial}",
        phone="",
        vehicle=vehicle,
        capacity_g=traits.capacity_g,
        capacity_l=traits.capacity_l,
        max_deliveries=traits.max_deliveries,
        skills=frozenset(),
        status="active",
        on_duty=False,
        duty_since=None,
        shift_ends=None,
        place=robot.place,
        accuracy_m=None,
        heading=None,
        position_at=robot.at,
        contact_lost_at=None,
    )


def believable(fixes: Iterable[Fix], now: datetime) -> list[Fix]:
    """Fixes of about now or the last hours, oldest first; the others are thrown away."""
    return sorted((fix for fix in fixes if now - _OLDEST_FIX <= fix.at <= now + _CLOCK_AHEAD), key=lambda fix: fix.at)


def newest(fixes: Sequence[Fix]) -> Fix:
    """The last one; `fixes` is not empty."""
    return max(fixes, key=lambda fix: fix.at)


def in_contact(courier: Courier, now: datetime, lost_contact_s: int) -> bool:
    """Whether we heard from a courier on duty recently enough to plan with them."""
    if courier.journey is not None and courier.journey.to_come(now):
        return True
    last_heard = courier.position_at or courier.duty_since
    return last_heard is not None and now - last_heard <= timedelta(seconds=lost_contact_s)
