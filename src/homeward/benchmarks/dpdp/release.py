"""Which trucks are told to go now, and how far: the commitment of factory cargo.

A truck that need not leave yet and is not full waits for company: its cargo can still change. One that goes is told
no more than until its last cargo is off: at that dock it stands for half an hour, in which the next decision comes.
Nor does one that is still docked at the next decision hear anything before.

Tried and left out: keeping trucks away from docks with long queues. At 3,000 orders the lateness was threefold.
"""

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from homeward.benchmarks.dpdp.lots import Calls, visits_of
from homeward.benchmarks.dpdp.model import DECIDE_EVERY_S, DOCKING_S, HANDLING_S_PER_QUARTER, Roads, Route, TruckView

# A tour with more on board than this share of a truck gains little by waiting.
FULL = 0.9


@dataclass(frozen=True, slots=True)
class Tour:
    """What is known of a truck's plan beforehand.

    Parameters
    ----------
    slack_s
        By how much the whole plan could begin later before an order comes late, or later than it does.
    peak_quarters
        Most cargo on board before the truck is empty for the first time.
    empty_after
        After how many calls the truck is empty and turns to another factory.
    """

    slack_s: int
    peak_quarters: int
    empty_after: tuple[int, ...]


def tour_of(
    view: TruckView, calls: Calls, on_board: tuple[int, int], roads: Roads, wait_s: npt.NDArray[np.float64]
) -> Tour:
    """Drive the calls without a truck. `on_board` counts lots and quarters when it is next free."""
    lots, quarters = on_board
    slack_s, peak = 1_000_000, quarters
    empty_after: list[int] = []
    at, now, docked = view.place, view.free_at, False
    arrived = now
    if view.heading_to is not None:
        arrived += 0 if view.under_way else int(roads.travel_s[at, view.heading_to])
        at, docked = view.heading_to, True
        now = arrived + DOCKING_S + int(wait_s[at])
    for number, (lot, loads) in enumerate(calls, start=1):
        there = lot.order.pickup if loads else lot.order.dropoff
        if there != at or not docked:
            arrived = now + int(roads.travel_s[at, there])
            now, at, docked = arrived + DOCKING_S + int(wait_s[there]), there, True
        if loads:
            lots, quarters = lots + 1, quarters + lot.quarters
        else:
            lots, quarters = lots - 1, quarters - lot.quarters
            slack_s = min(slack_s, lot.order.promised_by - arrived)
        if not empty_after:
            peak = max(peak, quarters)
        now += HANDLING_S_PER_QUARTER * lot.quarters
        if lots == 0 and (number == len(calls) or calls[number].place != at):
            empty_after.append(number)
    return Tour(slack_s, peak, tuple(empty_after))


def may_wait(view: TruckView, tour: Tour, room: int, margin_s: int, now: int) -> bool:
    """Whether nothing is lost if this truck hears no more than now. `margin_s` is the slack that it keeps."""
    if view.heading_to is not None or view.stack:
        return False
    still_docked = view.free_at >= now + DECIDE_EVERY_S
    return still_docked or (tour.slack_s > margin_s and tour.peak_quarters < FULL * room)


def told(view: TruckView, calls: Calls, tour: Tour) -> Route:
    """Its orders until it is empty for the first time."""
    return visits_of(calls[: next(iter(tour.empty_after), len(calls))], view.heading_to)
