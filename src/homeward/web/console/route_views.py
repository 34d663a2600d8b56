"""The route board: who has what and when, and what a move would do to every promise. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from homeward.coverage.model import Market
from homeward.dispatch import explain
from homeward.dispatch.model import CourierSeen
from homeward.dispatch.moves.model import Carried, Effect, Lane, PromiseEffect, RouteBoard
from homeward.fleets.couriers.model import Courier
from homeward.web import words
from homeward.web.console.route_lanes import (
    MOVABLE,
    SPANS,
    Asked,
    LaneView,
    Line,
    Tick,
    bars_of,
    lane_view,
    line_of,
    machine_lanes,
    promise_tone,
)
from homeward.web.format import Formats, Moment
from homeward.web.forms import Form
from homeward.web.stories import formats_of, short_id
from homeward.web.words import Word

LANES_A_PAGE: Final = 40
# Beyond these a list to choose from helps nobody; the board's search finds the rest.
MOST_CHOICES: Final = 400
MOST_PLACES: Final = 8
END: Final = 999
"""A place after every stop."""
EMPLOYER: Final = "employer"
"""The one limit that no person overrides: another merchant's own driver."""


@dataclass(frozen=True, slots=True)
class TrayItem:
    id: str
    href: str
    short_id: str
    address: str
    promised_by: Moment
    tone: str
    chosen: bool


@dataclass(frozen=True, slots=True)
class PromiseRow:
    """One delivery in the effect's table."""

    href: str
    short_id: str
    address: str
    promised: str
    before: str
    after: str
    verdict: Word
    moved: bool


@dataclass(frozen=True, slots=True)
class EffectView:
    """What the move would do; `fields` are what the confirming form sends back as it was shown."""

    title: str
    rows: tuple[PromiseRow, ...]
    limits: tuple[str, ...]
    lanes: tuple[LaneView, ...]
    ticks: tuple[Tick, ...]
    now_x: float
    figures: tuple[tuple[str, str], ...]
    fields: Mapping[str, str]
    leave: str
    allowed: bool
    newly_late: int


@dataclass(frozen=True, slots=True)
class MoveForm:
    """Choosing by list instead of by drag."""

    form: Form
    deliveries: tuple[tuple[str, str], ...]
    couriers: tuple[tuple[str, str], ...]
    places: tuple[tuple[str, str], ...]
    hidden: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class RoutesView:
    """The whole page."""

    market: str
    market_id: str
    markets: tuple[tuple[str, str], ...]
    asked: Asked
    spans: tuple[tuple[str, str, bool], ...]
    ticks: tuple[Tick, ...]
    now_x: float
    from_ms: int
    span_ms: int
    lanes: tuple[LaneView, ...]
    tray: tuple[TrayItem, ...]
    tray_more: int
    pages: str
    next_url: str
    first_url: str
    on_roads: bool
    may_act: bool
    move: MoveForm
    effect: EffectView | None
    problem: str
    live_url: str
    self_url: str
    clear_url: str


@dataclass(frozen=True, slots=True)
class Shown:
    """What a page is made of beside the board itself."""

    market: Market
    markets: Sequence[Market]
    asked: Asked
    may_act: bool
    names: Mapping[str, str]
    form: Form = Form()
    effect: Effect | None = None
    problem: str = ""


def routes_page(board: RouteBoard, shown: Shown) -> RoutesView:
    """The page for what the services answered."""
    market, asked = shown.market, shown.asked
    formats, line = formats_of(market), line_of(asked.span, board.now)
    base = Asked(market.id, asked.span, asked.text, asked.page)
    lanes = [lane_view(courier, board, line, formats, base, shown.may_act) for courier in board.couriers]
    if not asked.page and not asked.text:
        lanes += machine_lanes(board, line, formats, base)
    tray = [one for one in board.deliveries.values() if one.seen.searching]
    tray.sort(key=lambda one: (one.seen.promised_by, one.seen.id))
    last = min(board.found, (asked.page + 1) * LANES_A_PAGE)
    return RoutesView(
        market=market.name,
        market_id=market.id,
        markets=tuple((one.id, one.name) for one in shown.markets),
        asked=asked,
        spans=tuple((base.url(span=code), says[0], code == asked.span) for code, says in SPANS.items()),
        ticks=line.ticks(formats),
        now_x=line.x(board.now),
        from_ms=int(line.start.timestamp() * 1000),
        span_ms=int(line.length.total_seconds() * 1000),
        lanes=tuple(lanes),
        tray=tuple(_tray_item(one, formats, board.now, base, asked) for one in tray[:LANES_A_PAGE]),
        tray_more=max(0, len(tray) - LANES_A_PAGE),
        pages=f"{asked.page * LANES_A_PAGE + 1}–{last} of {board.found} couriers" if board.found else "Nobody on duty",
        next_url=base.url(page=asked.page + 1) if last < board.found else "",
        first_url=base.url(page="") if asked.page else "",
        on_roads=board.on_roads,
        may_act=shown.may_act,
        move=_move_form(board, base, shown),
        effect=_effect(shown.effect, board, formats, base, shown) if shown.effect else None,
        problem=shown.problem,
        live_url=f"/console/live?market={market.id}",
        self_url=base.url(),
        clear_url=base.url(),
    )


def names_of(couriers: Iterable[Courier]) -> dict[str, str]:
    return {courier.id: courier.name for courier in couriers}


def _tray_item(carried: Carried, formats: Formats, now: datetime, base: Asked, asked: Asked) -> TrayItem:
    seen = carried.seen
    return TrayItem(
        id=seen.id,
        href=f"{base.url(delivery=seen.id)}#move",
        short_id=short_id(seen.id),
        address=carried.dropoff_address,
        promised_by=formats.moment(seen.promised_by, now),
        tone=promise_tone(now + timedelta(minutes=15), seen.promised_by),
        chosen=seen.id in asked.deliveries,
    )


# ── the move ──


def _move_form(board: RouteBoard, base: Asked, shown: Shown) -> MoveForm:
    movable = [one for one in board.deliveries.values() if one.seen.state in MOVABLE]
    movable.sort(key=lambda one: (not one.seen.searching, one.seen.promised_by, one.seen.id))
    asked, form = shown.asked, shown.form
    chosen = [one for one in movable[MOST_CHOICES:] if one.seen.id in asked.deliveries]
    listed = (*movable[:MOST_CHOICES], *chosen)
    singles = [(one.seen.id, f"{short_id(one.seen.id)} · {one.dropoff_address}") for one in listed]
    values = {"delivery": ",".join(asked.deliveries), "courier": asked.courier}
    values["at"] = "" if asked.at is None else "end" if asked.at > MOST_PLACES else str(asked.at)
    hidden = {"market": base.market, "span": base.span, "q": base.text, "page": str(base.page or "")}
    return MoveForm(
        form=Form({**values, **form.values}, form.errors, form.problem, form.problem_title),
        deliveries=(("", "Choose a delivery"), *_trips(movable), *singles),
        couriers=(
            ("", "Nobody: search again"),
            *((one.id, _with_route(one)) for one in board.everybody),
        ),
        places=(
            ("", "Where it costs least"),
            ("0", "As soon as possible"),
            *((str(n), f"After {n} stop{'' if n == 1 else 's'}") for n in range(1, MOST_PLACES + 1)),
            ("end", "At the end"),
        ),
        hidden={name: value for name, value in hidden.items() if value},
    )


def _trips(movable: Sequence[Carried]) -> list[tuple[str, str]]:
    batches: dict[str, list[str]] = {}
    for one in movable:
        if one.batch_id is not None:
            batches.setdefault(one.batch_id, []).append(one.seen.id)
    whole = [sorted(ids) for ids in batches.values() if len(ids) > 1]
    return [(",".join(ids), f"Trip of {len(ids)}: {', '.join(short_id(one) for one in ids)}") for ids in sorted(whole)]


def _with_route(courier: CourierSeen) -> str:
    stops = len(courier.route)
    return f"{courier.name} · {stops} stop{'' if stops == 1 else 's'}" if stops else f"{courier.name} · free"


def _effect(effect: Effect, board: RouteBoard, formats: Formats, base: Asked, shown: Shown) -> EffectView:
    line, move = line_of(base.span, board.now), effect.move
    names = {one.id: one.name for one in board.everybody} | dict(shown.names)
    target = names.get(move.courier_id, move.courier_id) if move.courier_id else ""
    what = short_id(move.delivery_ids[0]) if len(move.delivery_ids) == 1 else f"{len(move.delivery_ids)} deliveries"
    confirm = {
        "deliveries": ",".join(move.delivery_ids),
        "courier": move.courier_id or "",
        "at": "" if move.at is None else "end" if move.at == END else str(move.at),
        "order": ",".join(ref.id for ref in effect.order),
        "basis": effect.basis,
        "market": base.market,
        "span": base.span,
    }
    return EffectView(
        title=f"{what} to {target}" if target else f"Take {what} away and search again",
        rows=tuple(_promise_row(one, board, formats) for one in effect.promises),
        limits=tuple(f"{ruling.name} {explain.ruling_sentence(ruling)}" for ruling in effect.limits),
        lanes=tuple(_effect_lane(lane, effect, board, names, line, formats, base) for lane in effect.after),
        ticks=line.ticks(formats),
        now_x=line.x(board.now),
        figures=_figures(effect, formats),
        fields=confirm,
        leave=base.url(),
        allowed=not any(ruling.limit == EMPLOYER for ruling in effect.limits),
        newly_late=effect.newly_late,
    )


def _effect_lane(
    lane: Lane,
    effect: Effect,
    board: RouteBoard,
    names: Mapping[str, str],
    line: Line,
    formats: Formats,
    base: Asked,
) -> LaneView:
    """As it would be, with what is now as ghosts behind it."""
    was = next((one for one in effect.before if one.courier_id == lane.courier_id), Lane(lane.courier_id, ()))
    ghosts = bars_of(was, board.deliveries, line, formats, base, ghost=True)
    then = bars_of(lane, board.deliveries, line, formats, base)
    bars = (*ghosts, *(replace(bar, moved=bar.delivery in effect.move.delivery_ids) for bar in then))
    takes = lane.courier_id == effect.move.courier_id
    courier = next((one for one in board.everybody if one.id == lane.courier_id), None)
    vehicle = words.word(words.VEHICLE, courier.vehicle.value) if courier else Word("Courier", "bike", "idle")
    hint = "takes it" if takes else "gives it away"
    href = f"/console/couriers/{lane.courier_id}"
    name = names.get(lane.courier_id, lane.courier_id)
    return LaneView(lane.courier_id, name, href, vehicle, hint, "", bars, None, "", False)


def _figures(effect: Effect, formats: Formats) -> tuple[tuple[str, str], ...]:
    def signed(amount: int, text: str) -> str:
        return f"{'+' if amount > 0 else '−' if amount < 0 else '±'}{text}"

    points = round(effect.cost / 1000)
    return (
        ("Way", signed(effect.distance_m, formats.distance(abs(effect.distance_m)))),
        ("Driving", signed(effect.driving_s, formats.span(abs(effect.driving_s)))),
        ("Cost in the plan", signed(points, f"{formats.number(abs(points))} points")),
    )


def _promise_row(one: PromiseEffect, board: RouteBoard, formats: Formats) -> PromiseRow:
    carried = board.deliveries.get(one.delivery_id)
    return PromiseRow(
        href=f"/console/deliveries/{one.delivery_id}",
        short_id=short_id(one.delivery_id),
        address=carried.dropoff_address if carried else "",
        promised=formats.window(one.earliest, one.promised_by, board.now),
        before=formats.clock(one.before) if one.before else "nobody yet",
        after=formats.clock(one.after) if one.after else "nobody yet",
        verdict=_verdict(one, formats),
        moved=one.moved,
    )


def _verdict(one: PromiseEffect, formats: Formats) -> Word:
    if one.after is None:
        return Word("Open", "search", "warn")
    if one.late_after_s:
        return Word(f"{formats.span(one.late_after_s)} late", "alert-triangle", "bad")
    if one.before is None:
        return Word("In time", "circle-check", "ok")
    shift_s = int((one.after - one.before).total_seconds())
    if abs(shift_s) < 60:
        return Word("As before", "circle-check", "ok")
    return Word(f"{formats.span(shift_s)} {'later' if shift_s > 0 else 'sooner'}, in time", "circle-check", "ok")
