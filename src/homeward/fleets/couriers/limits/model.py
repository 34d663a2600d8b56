"""A courier's own limits: offers obey them, duty does not ask about them. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any, Final

from homeward.deliveries.contents import Goods
from homeward.kit.places import LatLon

MOST_ZONES: Final = 10
LONGEST_BREAK: Final = timedelta(hours=24)
"""Whoever rests for longer goes off duty."""

_Ring = tuple[LatLon, ...]


@dataclass(frozen=True, slots=True)
class Zone:
    """A circle (`centre`, `radius_m`) or a ring of corners; which of the two follows from what is given."""

    name: str
    centre: LatLon | None = None
    radius_m: int = 0
    ring: _Ring = ()


@dataclass(frozen=True, slots=True)
class OwnLimits:
    """Chosen by the courier alone and changed at any time. The default limits nothing.

    `zones`: both ends of an offer lie in one of them; none means anywhere. `avoided`: neither end lies in one, and
    the straight line between them crosses none (a bridge is avoided by a zone over it). `longest_m`: between store
    and door, as the crow flies. `at_once`: deliveries promised and not yet made, if fewer than the vehicle
    takes.
    """

    zones: tuple[Zone, ...] = ()
    avoided: tuple[Zone, ...] = ()
    longest_m: int | None = None
    heaviest_g: int | None = None
    goods: tuple[Goods, ...] = ()  # not carried
    at_once: int | None = None


@dataclass(frozen=True, slots=True)
class Wishes:
    """Everything that a courier has said. `hours` are stated and not binding: nobody is held to them."""

    limits: OwnLimits = OwnLimits()
    hours: Mapping[str, Any] = field(default_factory=dict)
    paused_until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Asked:
    """A delivery as far as own limits go."""

    pickup: LatLon
    dropoff: LatLon
    weight_g: int
    goods: tuple[Goods, ...] = ()


@dataclass(frozen=True, slots=True)
class Broken:
    """Which own limit rules a delivery out, and by how much where that is a number."""

    limit: str
    subject: str = ""
    needed: int | None = None
    allowed: int | None = None
