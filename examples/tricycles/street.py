"""A second in the life of the tricycles: riding, waiting, mishaps, silence, and the people at the stops."""

from datetime import timedelta

from bodies import Person, Place
from fleet import ENDED, LID_S, ON_BOARD, PATIENCE_S, SPEED_M_S, WAIT_S, Fleet, Leg, No, Trike, metres

PERSON_TAKES = timedelta(seconds=30)


def let_pass(fleet: Fleet, seconds: int) -> None:
    """Second by second, so that everything falls due in order."""
    for _ in range(seconds):
        fleet.now += timedelta(seconds=1)
        for kept in fleet.reservations.values():
            if fleet.now > kept["told"]["held_until"]:
                _let_go(fleet, kept["told"]["id"])
        for trike in fleet.trikes.values():
            _second(fleet, trike)
            _tell_state(fleet, trike)


def _let_go(fleet: Fleet, reservation_id: str) -> None:
    for trike in fleet.trikes.values():
        if trike.reservation == reservation_id:
            trike.reservation = None


def tell_states(fleet: Fleet) -> None:
    for trike in fleet.trikes.values():
        _tell_state(fleet, trike)


def _tell_state(fleet: Fleet, trike: Trike) -> None:
    state = fleet.state_of(trike)
    if state != trike.said_state:
        trike.said_state = state
        fleet.tell(trike, "vehicle.changed", vehicle_state=state, driving="remote")


def _second(fleet: Fleet, trike: Trike) -> None:
    if trike.silent_until and fleet.now >= trike.silent_until:
        see_again(fleet, trike)
    if trike.trouble:
        _trouble(fleet, trike)
    if trike.broken or trike.hold:
        return
    if trike.leg is None:
        _ride(trike, trike.home)
    elif trike.open:
        if trike.closes_at and fleet.now >= trike.closes_at:
            fleet.shut(trike.leg)
        elif fleet.people:
            _somebody(fleet, trike.leg)
    else:
        _serve(fleet, trike, trike.leg)


def _serve(fleet: Fleet, trike: Trike, leg: Leg) -> None:
    if leg.state in ("committed", "loaded"):
        _set_out(fleet, trike, leg)
    elif leg.state == "to_pickup" and _ride(trike, leg.order.pickup.where):
        _arrive(fleet, leg, "at_pickup")
    elif leg.state == "to_dropoff" and _ride(trike, leg.door.where):
        _arrive(fleet, leg, "at_dropoff")
    elif leg.state == "returning" and _ride(trike, leg.order.pickup.where):
        _arrive(fleet, leg, "at_return")
    elif leg.waits_until and fleet.now >= leg.waits_until:
        _nobody_came(fleet, leg)
    elif leg.state.startswith("at_") and fleet.people:
        _somebody(fleet, leg)


def _set_out(fleet: Fleet, trike: Trike, leg: Leg) -> None:
    if fleet.too_windy():
        trike.trouble, trike.trouble_ends, trike.gives_up = "weather", None, None
        fleet.hold(trike, "held", "weather")
        return
    fleet.move(leg, "to_pickup" if leg.state == "committed" else "to_dropoff")


def _ride(trike: Trike, goal: Place) -> bool:
    """One second nearer; true on arrival."""
    left_m = metres(trike.place, goal)
    if left_m <= SPEED_M_S:
        trike.place = goal
        return True
    share = SPEED_M_S / left_m
    trike.place = Place(
        lat=trike.place.lat + (goal.lat - trike.place.lat) * share,
        lon=trike.place.lon + (goal.lon - trike.place.lon) * share,
    )
    return False


def _arrive(fleet: Fleet, leg: Leg, state: str) -> None:
    fleet.move(leg, state)
    order = leg.order
    begins = {"at_pickup": order.ready_at, "at_dropoff": order.earliest or fleet.now}.get(state, fleet.now)
    leg.waits_until = max(fleet.now, begins) + timedelta(seconds=WAIT_S)


def _nobody_came(fleet: Fleet, leg: Leg) -> None:
    fleet.tell(leg.trike, "incident", leg, incident="nobody_came")
    why = No("too_late", "Nobody came.").body
    if leg.state == "at_pickup":
        fleet.move(leg, "refused", why)
    elif leg.state == "at_dropoff":
        fleet.move(leg, "returning", why)
    else:
        leg.trike.broken = True
        fleet.move(leg, "rescue_needed", why)


# ── what goes wrong ──


def befall(fleet: Fleet, trike: Trike, kind: str, ends_after_s: int | None) -> None:
    trike.trouble = kind
    trike.trouble_ends = fleet.in_s(ends_after_s) if ends_after_s else None
    trike.gives_up = None if ends_after_s else fleet.in_s(PATIENCE_S)
    fleet.tell(trike, "incident", trike.leg, incident=kind)
    fleet.hold(trike, "held", kind, trike.trouble_ends)


def _trouble(fleet: Fleet, trike: Trike) -> None:
    if trike.trouble == "weather":
        if not fleet.too_windy():
            _over(fleet, trike)
    elif trike.trouble_ends and fleet.now >= trike.trouble_ends:
        _over(fleet, trike)
    elif trike.gives_up and fleet.now >= trike.gives_up:
        said = trike.trouble
        _over(fleet, trike)
        _break_down(fleet, trike, No("operator", f"It cannot go on: {said}.").body)


def _over(fleet: Fleet, trike: Trike) -> None:
    trike.trouble = trike.trouble_ends = trike.gives_up = None
    fleet.free(trike)


def _break_down(fleet: Fleet, trike: Trike, why: dict[str, object]) -> None:
    trike.broken = True
    leg = trike.leg
    if leg is None:
        return
    if trike.open:
        fleet.shut(leg)
    if leg.state in ON_BOARD:
        fleet.move(leg, "rescue_needed", why)
    elif leg.state not in ENDED:
        fleet.move(leg, "refused", why)


def lose_sight(fleet: Fleet, trike: Trike, seconds: int) -> None:
    if not trike.silent_until:
        if trike.leg:
            silent = {"kind": "contact_lost", "since": fleet.now, "until": None, "reason": ""}
            fleet.tell(trike, "leg.held", trike.leg, hold=silent)
            trike.leg_told = fleet.told(trike.leg) | {"hold": silent}
        trike.told = fleet.vehicle_now(trike) | {"state": "unknown"}
    trike.silent_until = fleet.in_s(seconds)


def see_again(fleet: Fleet, trike: Trike) -> None:
    late, trike.backlog = trike.backlog, []
    leg = fleet.legs[trike.leg_told["id"]] if trike.leg_told else None
    trike.silent_until = trike.told = trike.leg_told = None
    if leg:
        fleet.tell(trike, "leg.freed", leg)
    for event in late:
        fleet.number(event)


def repair(fleet: Fleet, trike: Trike) -> None:
    if trike.silent_until:
        see_again(fleet, trike)
    trike.trouble, trike.trouble_ends, trike.gives_up, trike.broken = None, None, None, False
    if trike.hold:
        fleet.free(trike)
    leg, why = trike.leg, No("operator", "The sandbox repaired it.").body
    if leg and trike.open:
        fleet.shut(leg)
    if leg and leg.state in ON_BOARD:
        fleet.move(leg, "written_off", why)
    elif leg and leg.state not in ENDED:
        fleet.move(leg, "refused", why)
    if trike.reservation:
        fleet.reservations[trike.reservation]["released"], trike.reservation = True, None
    trike.place, trike.open, trike.loaded = trike.home, False, False


# ── people ──


def person(fleet: Fleet, leg: Leg, asked: Person) -> None:
    """What somebody at the open box does."""
    trike = leg.trike
    if not trike.open:
        raise No("state", "The box is shut.")
    if asked.act == "close_empty":
        fleet.shut(leg)
    elif asked.act == "put_in":
        if leg.state != "loading" or trike.loaded:
            raise No("state")
        fleet.goods(leg, "goods.in")
        trike.closes_at = fleet.in_s(LID_S)
    else:
        if leg.state not in ("handing_over", "at_return") or not trike.loaded:
            raise No("state")
        fleet.goods(leg, "goods.out")
        trike.closes_at = fleet.in_s(LID_S)


def _somebody(fleet: Fleet, leg: Leg) -> None:
    """In a street people do it: who was given a secret types it in after a while, then loads or takes out."""
    trike = leg.trike
    if not trike.open:
        holder = "shopper" if leg.state == "at_dropoff" else "store"
        begun = (leg.waits_until or fleet.now) - timedelta(seconds=WAIT_S) + PERSON_TAKES
        known = [one for one in leg.secrets if one["holder"] == holder and not one["spent"]]
        if known and fleet.now >= begun:
            known[-1]["spent"] = True
            fleet.lift(leg, holder, known[-1]["told"]["id"])
    elif leg.state == "loading" and not trike.loaded:
        person(fleet, leg, Person(leg_id=leg.id, act="put_in"))
    elif leg.state in ("handing_over", "at_return") and trike.loaded:
        person(fleet, leg, Person(leg_id=leg.id, act="take_out"))
