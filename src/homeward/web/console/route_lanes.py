"""Lanes of the route board: stops, ways and promises as bars along a time line. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import urlencode

from homeward.dispatch import explain
from homeward.dispatch.model import CourierSeen, StopKind
from homeward.dispatch.moves.model import Carried, Lane, RouteBoard, Visit
from homeward.web import words
from homeward.web.format import Formats
from homeward.web.stories import short_id
from homeward.web.words import Word

MOVABLE: Final = frozenset({"searching", "assigned", "to_pickup", "at_pickup"})
SPANS: Final = {"1h": ("1 hour", 60, 10), "3h": ("3 hours", 180, 30), "day": ("Day", 720, 120)}
DEFAULT_SPAN: Final = "3h"
# So much of the time line lies before now: what is just over still gives the eye a hold.
_PAST: Final = 0.04
# A bar narrower than this, in hundredths of the line, can neither be seen nor hit.
_NARROWEST: Final = 0.7
_TIGHT_S: Final = 300


@dataclass(frozen=True, slots=True)
class Asked:
    """What the address says: which market, who, how much time, and the move being looked at."""

    market: str = ""
    span: str = DEFAULT_SPAN
    text: str = ""
    page: int = 0
    deliveries: tuple[str, ...] = ()
    courier: str = ""
    at: int | None = None
    shown: bool = False  # the effect is wanted

    def url(self, **changes: object) -> str:
        """This board with something else asked."""
        values = {"market": self.market, "span": self.span, "q": self.text, "page": self.page or "", **changes}
        return f"/console/routes?{urlencode({name: value for name, value in values.items() if value})}"


@dataclass(frozen=True, slots=True)
class Tick:
    """A line across all lanes, in hundredths of the time line."""

    x: float
    label: str


@dataclass(frozen=True, slots=True)
class Bar:
    """A span of a lane. `kind`: drive, wait, pickup, dropoff, return, promise, ghost."""

    kind: str
    x: float
    width: float
    label: str
    tone: str = ""
    delivery: str = ""
    href: str = ""
    movable: bool = False
    text: str = ""
    moved: bool = False


@dataclass(frozen=True, slots=True)
class LaneView:
    """One carrier's row."""

    id: str
    name: str
    href: str
    vehicle: Word
    hint: str
    tone: str
    bars: tuple[Bar, ...]
    shift_end: float | None
    shift_end_says: str
    target: bool
    beyond: int = 0  # stops later than the board shows


@dataclass(frozen=True, slots=True)
class Line:
    """The time line: where a moment lies on it."""

    start: datetime
    length: timedelta
    step: timedelta
    now: datetime

    def x(self, moment: datetime) -> float:
        share = (moment - self.start) / self.length * 100
        return round(min(100.0, max(0.0, share)), 2)

    def shows(self, earliest: datetime, latest: datetime) -> bool:
        return latest >= self.start and earliest <= self.start + self.length

    def ticks(self, formats: Formats) -> tuple[Tick, ...]:
        step = int(self.step.total_seconds())
        first = (int(self.start.timestamp()) // step + 1) * step
        moments = (datetime.fromtimestamp(first + n * step, UTC) for n in range(int(self.length / self.step)))
        # A label at the very end would stick out of the board.
        return tuple(Tick(x, formats.clock(moment)) for moment in moments if (x := self.x(moment)) < 97)


def line_of(span: str, now: datetime) -> Line:
    """Of the asked span; one that nobody knows is the usual one."""
    _, minutes, step = SPANS.get(span, SPANS[DEFAULT_SPAN])
    length = timedelta(minutes=minutes)
    return Line(now - length * _PAST, length, timedelta(minutes=step), now)


def lane_view(
    courier: CourierSeen, board: RouteBoard, line: Line, formats: Formats, base: Asked, may_act: bool
) -> LaneView:
    lane = board.lanes.get(courier.id, Lane(courier.id, ()))
    stops = len(courier.route)
    hint = f"{stops} stop{'' if stops == 1 else 's'}" if stops else "free"
    if courier.closed:
        hint = f"{hint}, {explain.LIMITS.get(courier.closed, courier.closed)}"
    bars = bars_of(lane, board.deliveries, line, formats, base)
    late = any(_late(visit, board) for visit in lane.visits)
    end = courier.shift_ends
    return LaneView(
        id=courier.id,
        name=courier.name,
        href=f"/console/couriers/{courier.id}",
        vehicle=words.word(words.VEHICLE, courier.vehicle.value),
        hint=hint,
        tone="bad" if late else "idle" if courier.closed else "",
        bars=bars,
        shift_end=line.x(end) if end is not None and line.shows(end, end) else None,
        shift_end_says=f"Shift ends {formats.clock(end)}" if end is not None else "",
        target=may_act,
        beyond=sum(1 for visit in lane.visits if visit.arrival > line.start + line.length),
    )


def _late(visit: Visit, board: RouteBoard) -> bool:
    """Also where the board does not reach that far."""
    carried = board.deliveries.get(visit.ref.delivery_id)
    to_door = visit.ref.kind is StopKind.DROPOFF
    return to_door and carried is not None and visit.start > carried.seen.promised_by


def bars_of(
    lane: Lane, deliveries: Mapping[str, Carried], line: Line, formats: Formats, base: Asked, ghost: bool = False
) -> tuple[Bar, ...]:
    """Promises lie under everything, then driving and waiting, then the stops themselves."""
    under: list[Bar] = []
    over: list[Bar] = []
    left = line.now
    for visit in lane.visits:
        carried = deliveries.get(visit.ref.delivery_id)
        if carried is None:
            continue
        if visit.ref.kind is StopKind.DROPOFF and not ghost:
            under += _span("promise", carried.seen.window_earliest, carried.seen.promised_by, line, "")
        if not ghost:
            says = f"Drives until {formats.clock(visit.arrival)}"
            under += _span("drive", left, visit.arrival, line, says)
            under += _span("wait", visit.arrival, visit.start, line, f"Waits until {formats.clock(visit.start)}")
        over += _stop(visit.ref.kind, carried, visit.start, visit.departure, line, formats, base, ghost)
        left = visit.departure
    under.sort(key=lambda bar: bar.kind != "promise")
    return (*under, *over)


def _span(kind: str, start: datetime, end: datetime, line: Line, label: str) -> list[Bar]:
    if end <= start or not line.shows(start, end):
        return []
    x = line.x(start)
    return [Bar(kind, x, round(line.x(end) - x, 2), label)]


def _stop(
    kind: StopKind,
    carried: Carried,
    start: datetime,
    end: datetime,
    line: Line,
    formats: Formats,
    base: Asked,
    ghost: bool,
) -> list[Bar]:
    if not line.shows(start, end):
        return []
    seen, clock = carried.seen, formats.clock(start)
    x = min(line.x(start), 100 - _NARROWEST)
    width = round(max(_NARROWEST, line.x(end) - x), 2)
    if ghost:
        return [Bar("ghost", x, width, f"Now: {clock}")]
    what = {StopKind.PICKUP: "Pick up", StopKind.DROPOFF: "Bring", StopKind.RETURN: "Take back"}[kind]
    where = carried.pickup_address if kind is not StopKind.DROPOFF else carried.dropoff_address
    says = f"{what} {short_id(seen.id)} at {clock}, {where}"
    tone = "accent"
    if kind is StopKind.DROPOFF:
        tone = promise_tone(start, seen.promised_by)
        says += f", promised by {formats.clock(seen.promised_by)}"
        if tone == "bad":
            says += f", {formats.span(int((start - seen.promised_by).total_seconds()))} late"
    movable = seen.state in MOVABLE
    return [
        Bar(
            kind=kind.value,
            x=x,
            width=width,
            label=says,
            tone=tone,
            delivery=seen.id,
            href=f"{base.url(delivery=seen.id)}#move" if movable else f"/console/deliveries/{seen.id}",
            movable=movable,
            text=short_id(seen.id)[-4:],
        )
    ]


def promise_tone(eta: datetime, promised_by: datetime) -> str:
    slack_s = (promised_by - eta).total_seconds()
    return "bad" if slack_s < 0 else "warn" if slack_s < _TIGHT_S else "accent"


def machine_lanes(board: RouteBoard, line: Line, formats: Formats, base: Asked) -> list[LaneView]:
    """Of machines under way. Their fleets give one time for each door and take nothing from a dispatcher's hand."""
    lanes = []
    for machine in board.machines:
        theirs = [one for one in board.deliveries.values() if one.seen.courier_id == machine.id]
        bars: list[Bar] = []
        for carried in sorted(theirs, key=lambda one: (one.seen.eta or one.seen.promised_by, one.seen.id)):
            bars += _span("promise", carried.seen.window_earliest, carried.seen.promised_by, line, "")
            for kind, at in ((StopKind.PICKUP, carried.pickup_eta), (StopKind.DROPOFF, carried.seen.eta)):
                if at is not None and not (kind is StopKind.PICKUP and carried.seen.on_board):
                    bars += _stop(kind, carried, at, at, line, formats, base, False)
        if theirs:
            hint = f"{len(theirs)} on board or booked"
            href = f"/console/fleets/{machine.fleet_id}"
            kind_of = Word("Machine", "robot", "idle")
            lanes.append(LaneView(machine.id, machine.name, href, kind_of, hint, "", tuple(bars), None, "", False))
    return lanes
