"""Route boards on paper: a busy one, one with a move's effect, one with hundreds of couriers, and empty ones."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeward.dispatch.machines import MachineSeen
from homeward.dispatch.model import CourierSeen, OpenDelivery, Ruling, StopKind, StopRef
from homeward.dispatch.moves.model import Carried, Effect, Lane, Move, PromiseEffect, RouteBoard, Visit
from homeward.fleets.couriers.model import VehicleKind
from homeward.web.console.route_lanes import Asked
from homeward.web.console.route_views import LANES_A_PAGE, RoutesView, Shown, routes_page
from tests.web import worlds as w

NAMES = ("Ana Meier", "Bo Lindqvist", "Cem Yıldız", "Dunja Kovačević", "Elio Frick", "Fatou Diallo", "Gus Ospelt")
_VEHICLES = (VehicleKind.BICYCLE, VehicleKind.CAR, VehicleKind.SCOOTER, VehicleKind.FOOT)


def carried(number: int, courier: str | None, **changes: Any) -> Carried:
    ready = w.minutes(8 * (number % 9))
    seen = OpenDelivery(
        id=f"dlv_01jd{number:06d}",
        store_id="sto_1",
        state="searching" if courier is None else "assigned",
        service_class="express",
        pickup=w.BAKERY,
        dropoff=w.BAKERY,
        weight_g=1_500,
        volume_l=8,
        skills=(),
        ready_at=ready,
        search_from=w.NOON,
        window_earliest=ready + timedelta(minutes=10),
        promised_by=ready + timedelta(minutes=50),
        eta=None,
        attention=None,
        courier_id=courier,
        leg_id=f"leg_{number}" if courier else None,
        going_back=False,
        picked_up_at=None,
    )
    address = f"{3 + number} {w.STREETS[number % len(w.STREETS)]}, Vaduz"
    return Carried(replace(seen, **changes), "Bäckerei Müller, Städtle 12", address, None, None)


def lane(courier: str, theirs: list[Carried], slow_s: int = 0) -> Lane:
    visits = []
    at = w.minutes(20)
    for one in theirs:
        for kind in (StopKind.PICKUP, StopKind.DROPOFF):
            arrival = at + timedelta(minutes=7, seconds=slow_s)
            start = max(arrival, one.seen.ready_at) if kind is StopKind.PICKUP else arrival
            at = start + timedelta(minutes=4)
            visits.append(Visit(StopRef(one.seen.id, kind), arrival, start, at))
    return Lane(courier, tuple(visits))


def a_rider(number: int, route: tuple[StopRef, ...] = (), **changes: Any) -> CourierSeen:
    name = NAMES[number % len(NAMES)] + ("" if number < len(NAMES) else f" {number}")
    vehicle = _VEHICLES[number % len(_VEHICLES)]
    plain = CourierSeen(f"cou_{number}", name, vehicle, w.BAKERY, 20_000, 60, 4, (), w.minutes(170), route, None)
    return replace(plain, **changes)


def a_board(couriers: int, *, first: int = 0, waiting: int = 3, on_roads: bool = True) -> RouteBoard:
    people: list[CourierSeen] = []
    lanes: dict[str, Lane] = {}
    everything: dict[str, Carried] = {}
    for number in range(couriers):
        # Every fifth has nothing to do; every fourth is slower than promised.
        count = 0 if number % 5 == 4 else 1 + number % 4
        theirs = [carried(10 * number + n, f"cou_{number}") for n in range(count)]
        everything |= {one.seen.id: one for one in theirs}
        found = lane(f"cou_{number}", theirs, 240 if number % 4 == 3 else 0)
        lanes[found.courier_id] = found
        closed = {"closed": "on_break"} if number == 4 else {}
        people.append(a_rider(number, tuple(visit.ref for visit in found.visits), **closed))
    everything |= {one.seen.id: one for one in (carried(9_000 + n, None) for n in range(waiting))}
    machines: tuple[MachineSeen, ...] = ()
    if couriers:
        robot = carried(9_900, "mac_1", state="to_dropoff", eta=w.minutes(55), picked_up_at=w.minutes(15))
        everything[robot.seen.id] = robot
        machines = (MachineSeen("mac_1", "flt_1", "Robot 7", "foot", 1.6, w.BAKERY, 9_000, 0, "busy"),)
    return RouteBoard(
        now=w.minutes(20),
        couriers=tuple(people[first : first + LANES_A_PAGE]),
        machines=machines,
        lanes=lanes,
        deliveries=everything,
        everybody=tuple(people),
        found=couriers,
        on_roads=on_roads,
    )


def an_effect(board: RouteBoard, *limits: Ruling) -> Effect:
    """The second courier's first delivery goes to the first courier, who gets late at their own door."""
    was, will = board.lanes["cou_1"], board.lanes["cou_0"]
    mine = [board.deliveries[ref.delivery_id] for ref in (v.ref for v in will.visits) if ref.kind is StopKind.PICKUP]
    theirs = [board.deliveries[v.ref.delivery_id] for v in was.visits if v.ref.kind is StopKind.PICKUP]
    moved, rest = theirs[0], theirs[1:]
    after = (lane("cou_0", [*mine, moved], 300), lane("cou_1", rest))
    then = {v.ref.delivery_id: v.start for one in after for v in one.visits}
    before = {v.ref.delivery_id: v.start for one in (was, will) for v in one.visits}
    promises = [
        PromiseEffect(
            one.seen.id,
            one is moved,
            one.seen.window_earliest,
            one.seen.promised_by,
            before[one.seen.id],
            then[one.seen.id],
        )
        for one in (moved, *mine, *rest)
    ]
    return Effect(
        Move((moved.seen.id,), "cou_0", None),
        tuple(visit.ref for visit in after[0].visits),
        "abc123",
        tuple(promises),
        limits,
        (will, was),
        after,
        1_840,
        -95,
        {"time": 41_000, "distance": 12_000, "lateness": 77_000},
    )


def page(board: RouteBoard, asked: Asked | None = None, **shown: Any) -> RoutesView:
    asked = asked or Asked(w.MARKET.id)
    facts = Shown(w.MARKET, [w.MARKET], asked, shown.pop("may_act", True), {}, **shown)
    return routes_page(board, facts)


TOO_HEAVY = Ruling("cou_0", "Ana Meier", limit="capacity", subject="weight_g", needed=24_000, allowed=20_000)
NOT_THEIRS = Ruling("cou_0", "Ana Meier", limit="employer")


def route_pages() -> dict[str, tuple[str, Callable[[], Any]]]:
    """Path to template and view."""
    busy = a_board(7)
    chosen = Asked(w.MARKET.id, deliveries=("dlv_01jd000010",), courier="cou_0")
    template = "routes.html"
    return {
        "/console/routes": (template, lambda: page(busy)),
        "/console/routes/hour": (template, lambda: page(busy, Asked(w.MARKET.id, "1h"))),
        "/console/routes/day": (template, lambda: page(busy, Asked(w.MARKET.id, "day"))),
        "/console/routes/effect": (template, lambda: page(busy, chosen, effect=an_effect(busy, TOO_HEAVY))),
        "/console/routes/forbidden": (template, lambda: page(busy, chosen, effect=an_effect(busy, NOT_THEIRS))),
        "/console/routes/stale": (
            template,
            lambda: page(busy, chosen, effect=an_effect(busy), problem="The plan has changed meanwhile."),
        ),
        "/console/routes/refused": (
            template,
            lambda: page(busy, chosen, problem="This delivery cannot change its courier any more."),
        ),
        "/console/routes/crowded": (template, lambda: page(a_board(200, waiting=90))),
        "/console/routes/last-page": (
            template,
            lambda: page(a_board(200, first=160, waiting=0), Asked(w.MARKET.id, page=4)),
        ),
        "/console/routes/no-roads": (template, lambda: page(a_board(3, on_roads=False))),
        "/console/routes/support": (template, lambda: page(busy, may_act=False)),
        "/console/routes/none": (template, lambda: page(a_board(0, waiting=0))),
        "/console/routes/nobody-found": (template, lambda: page(a_board(0), Asked(w.MARKET.id, text="zzz"))),
        "/console/routes/no-market": (template, lambda: None),
    }
