"""What goes wrong by chance in a long run: each leg draws at most one thing, from the seed and its own id alone.

Nothing here breaks the table of states. A page is told wrongly once and rightly when it is asked for again, so that
whoever reads gets through, by sorting it out or by asking again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from enum import StrEnum
from random import Random
from typing import Final

from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.legs import Holder
from homeward.fleets.contract.news import Event, Events
from homeward.fleets.contract.words import IncidentKind, LegState, Limit
from homeward.simulator.fleets.life import end, open_lid
from homeward.simulator.fleets.records import Car, Carried, Planned, World
from homeward.simulator.fleets.rules import BY_ITSELF
from homeward.simulator.fleets.telling import lose_sight, move
from homeward.simulator.fleets.trouble import befall

_S = LegState


class Mischief(StrEnum):
    LATE = "late"  # blocked for minutes, then goes on
    SILENT = "silent"  # out of contact for minutes, and goes on meanwhile
    TOLD_TWICE = "told_twice"  # its events come twice under their one number
    OUT_OF_ORDER = "out_of_order"  # its events come before those that they follow
    REFUSED = "refused"  # taken back after it was agreed, before anything is loaded
    OPENS_BY_ITSELF = "opens_by_itself"  # at the door, without anybody's secret
    STUCK = "stuck"  # and needs a rescue
    BATTERY = "battery"  # flat: needs a rescue
    LID_JAM = "lid_jam"  # at the door; the goods stay inside, and need a rescue
    NOBODY_CAME = "nobody_came"  # to the door, or the spot was not clear: the goods go back


MOST_SHARE: Final = 1 / len(Mischief)
"""Of the legs that any one kind may befall: no leg draws two."""

_WHEN: Final[Mapping[Mischief, tuple[frozenset[LegState], ...]]] = {
    Mischief.LATE: (frozenset({_S.TO_PICKUP}), frozenset({_S.TO_DROPOFF})),
    Mischief.SILENT: (frozenset({_S.TO_PICKUP}), frozenset({_S.TO_DROPOFF})),
    Mischief.TOLD_TWICE: (frozenset(),),
    Mischief.OUT_OF_ORDER: (frozenset(),),
    Mischief.REFUSED: (frozenset({_S.TO_PICKUP, _S.AT_PICKUP}),),
    Mischief.OPENS_BY_ITSELF: (frozenset({_S.AT_DROPOFF}),),
    Mischief.STUCK: (frozenset({_S.TO_DROPOFF}),),
    Mischief.BATTERY: (frozenset({_S.TO_DROPOFF}),),
    Mischief.LID_JAM: (frozenset({_S.AT_DROPOFF}),),
    Mischief.NOBODY_CAME: (frozenset({_S.AT_DROPOFF}),),
}
_AFTER_S: Final = 30
_LASTS_S: Final = (180, 900)


def draw(seed: int, share: float, leg_id: str) -> Planned | None:
    """What will befall this leg: each kind with the probability `share`, and never two of them."""
    rng = Random(f"{seed} mischief {leg_id}")
    chance, kinds = rng.random(), list(Mischief)
    if chance >= share * len(kinds):
        return None
    kind = kinds[min(int(chance / share), len(kinds) - 1)]
    at = rng.choice(_WHEN[kind])
    # At the door at once: who sets down by itself does not stand there for long.
    after_s = 0 if _S.AT_DROPOFF in at else rng.randint(0, _AFTER_S)
    return Planned(kind, at, timedelta(seconds=after_s), rng.randint(*_LASTS_S))


@dataclass(frozen=True, slots=True)
class _Blow:
    world: World
    car: Car
    leg: Carried
    lasts_s: int


def strike(world: World, car: Car) -> None:
    """Let befall what the leg that the vehicle is busy with has drawn, once, when its moment has come."""
    if not car.visits or car.broken or car.trouble is not None:
        return
    leg = world.legs[car.visits[0].leg_id]
    planned = leg.planned
    if planned is None or leg.struck or leg.state not in planned.at:
        return
    leg.strikes_at = leg.strikes_at or world.now + planned.after
    if world.now >= leg.strikes_at:
        leg.struck = True
        _BLOWS[Mischief(planned.kind)](_Blow(world, car, leg, planned.lasts_s))


def _late(blow: _Blow) -> None:
    befall(blow.world, blow.car, IncidentKind.BLOCKED, blow.lasts_s)


def _silent(blow: _Blow) -> None:
    lose_sight(blow.world, blow.car, blow.lasts_s)


def _refused(blow: _Blow) -> None:
    end(blow.world, blow.leg, _S.REFUSED, Refusal(limit=Limit.OPERATOR, said="The vehicle is needed elsewhere."))


def _opens_by_itself(blow: _Blow) -> None:
    if not blow.leg.room.spec.locked:
        return
    move(blow.world, blow.leg, _S.HANDING_OVER)
    open_lid(blow.world, blow.leg, Holder.SHOPPER, None)


def _for_good(kind: IncidentKind) -> Callable[[_Blow], None]:
    return lambda blow: befall(blow.world, blow.car, kind, None)


def _nobody_came(blow: _Blow) -> None:
    """Where people come, none will: `person` sees to that. Who sets down by itself finds the spot taken."""
    if blow.leg.quote.at_dropoff in BY_ITSELF:
        befall(blow.world, blow.car, IncidentKind.SPOT_NOT_CLEAR, None)


_BLOWS: Final[Mapping[Mischief, Callable[[_Blow], None]]] = {
    Mischief.LATE: _late,
    Mischief.SILENT: _silent,
    Mischief.REFUSED: _refused,
    Mischief.OPENS_BY_ITSELF: _opens_by_itself,
    Mischief.STUCK: _for_good(IncidentKind.STUCK),
    Mischief.BATTERY: _for_good(IncidentKind.BATTERY),
    Mischief.LID_JAM: _for_good(IncidentKind.LID_JAM),
    Mischief.NOBODY_CAME: _nobody_came,
}


def nobody_comes(leg: Carried) -> bool:
    """To this leg's door, as drawn."""
    return leg.planned is not None and leg.planned.kind == Mischief.NOBODY_CAME


def as_told(world: World, page: Events, limit: int) -> Events:
    """The page as a network in a hurry delivers it. What it has told so is told rightly from then on."""
    told = [event for event in page.items for _ in range(2 if _fresh(world, event, Mischief.TOLD_TWICE) else 1)]
    told = sorted(told[:limit], key=lambda event: event.number + _behind(world, event))
    world.settled.update(event.number for event in told)
    return page.model_copy(update={"items": told})


def _fresh(world: World, event: Event, kind: Mischief) -> bool:
    """Whether the event is told for the first time, of a leg that has drawn this."""
    leg = world.legs.get(event.leg_id or "")
    drawn = leg is not None and leg.planned is not None and leg.planned.kind == kind
    return drawn and event.number not in world.settled


def _behind(world: World, event: Event) -> int:
    """By how many places: only each second one, so that events of one leg change places among themselves, too."""
    return 3 if event.number % 2 and _fresh(world, event, Mischief.OUT_OF_ORDER) else 0
