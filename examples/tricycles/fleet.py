"""Cargo tricycles with a box that locks and a pilot far away, in memory: one leg at a time each, straight ways."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from math import cos, hypot, radians
from typing import Any, Final

from bodies import Action, AskAction, AskSecret, Order, Parcel, Place, Stop, Weather, is_open

SPEED_M_S: Final = 5.5
DETOUR: Final = 1.3  # streets are longer than a straight line
FARTHEST_M: Final = 9_000
HALF_SIDE_DEG: Final = 0.06
LOAD_LIMIT_G: Final = 60_000
BOX_MM: Final = {"length_mm": 800, "width_mm": 600, "height_mm": 600}
STOP_S: Final = 90
LID_S: Final = 15  # after somebody has put in or taken out, the lid falls shut
LID_PATIENCE_S: Final = 120
PATIENCE_S: Final = 60  # with a mishap of unknown end
QUOTE_HELD_S: Final = 120
RESERVATION_HELD_S: Final = 60
SECRET_VALID_S: Final = 900
HEARTBEAT_S: Final = 10
WAIT_S: Final = 600
MOST_WIND_M_S: Final = 17.0
ON_BOARD: Final = ("loaded", "to_dropoff", "at_dropoff", "handing_over", "returning", "at_return", "rescue_needed")
ENDED: Final = ("done", "returned", "rescued", "refused", "cancelled", "written_off")
OPENS_FOR: Final = {"at_pickup": "store", "at_dropoff": "shopper", "at_return": "store"}
ALWAYS: Final = {"time_zone": "UTC", "weekly": {str(day): [["00:00", "00:00"]] for day in range(7)}}


class No(Exception):
    """A refusal, as the contract has it."""

    def __init__(self, limit: str, said: str = "", **figures: Any) -> None:
        super().__init__(limit)
        self.body = {"limit": limit, "said": said, "at_most": None, "asked": None, "retry_after": None, **figures}


def metres(a: Place, b: Place) -> float:
    """Along the streets, more or less."""
    north = (a.lat - b.lat) * 111_320
    return DETOUR * hypot(north, (a.lon - b.lon) * 111_320 * cos(radians(a.lat)))


@dataclass
class Leg:
    id: str
    order: Order
    quote: dict[str, Any]
    trike: "Trike"
    door: Stop
    state: str = "committed"
    why: dict[str, Any] | None = None
    pickup_eta: datetime | None = None
    dropoff_eta: datetime | None = None
    waits_until: datetime | None = None
    secrets: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Trike:
    id: str
    home: Place
    place: Place
    leg: Leg | None = None
    reservation: str | None = None
    loaded: bool = False
    open: bool = False
    closes_at: datetime | None = None
    hold: dict[str, Any] | None = None
    held_since: datetime | None = None
    trouble: str | None = None
    trouble_ends: datetime | None = None
    gives_up: datetime | None = None
    silent_until: datetime | None = None
    broken: bool = False
    told: dict[str, Any] | None = None  # what was last known of it, while it is silent
    leg_told: dict[str, Any] | None = None
    backlog: list[dict[str, Any]] = field(default_factory=list)
    said_state: str = "available"


class Fleet:
    """`people`: people at the stops act by themselves, as they do in a street. A sandbox waits to be told."""

    def __init__(self, centre: Place, start: datetime, currency: str, *, sandbox: bool, people: bool) -> None:
        self.now, self.centre, self.currency, self.people = start, centre, currency, people
        self.sandbox, self.revision, self.hours, self.weather = sandbox, 1, dict(ALWAYS), Weather(at=start)
        self.log: list[dict[str, Any]] = []
        self.quotes: dict[str, tuple[dict[str, Any], Order]] = {}
        self.reservations: dict[str, dict[str, Any]] = {}
        self.legs: dict[str, Leg] = {}
        self.trikes = {f"trike-{n}": Trike(f"trike-{n}", centre, centre) for n in (1, 2, 3)}
        self._names = 0

    # ── what we are ──

    def facts(self) -> dict[str, Any]:
        box = {"id": "box", "inner": BOX_MM, "load_limit_g": LOAD_LIMIT_G, "temperature": "ambient", "locked": True}
        model = {
            "id": "trike",
            "mode": "road_vehicle",
            "maker": "Three Wheels",
            "name": "Cargo tricycle",
            "compartments": [box],
            "load_limit_g": LOAD_LIMIT_G,
            "goods": [],
            "at_pickup": ["hatch"],
            "at_dropoff": ["hatch"],
            "speed_m_s": SPEED_M_S,
        }
        south, north = self.centre.lat - HALF_SIDE_DEG, self.centre.lat + HALF_SIDE_DEG
        west, east = self.centre.lon - HALF_SIDE_DEG, self.centre.lon + HALF_SIDE_DEG
        ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
        domain = {
            "model": "trike",
            "areas": [{"type": "Polygon", "coordinates": [ring]}],
            "hours": self.hours,
            "farthest_m": FARTHEST_M,
            "weather": {"wind_m_s": MOST_WIND_M_S},
        }
        return {
            "contract": "2026-11",
            "revision": self.revision,
            "fleet_id": "three-wheels",
            "name": "Three Wheels",
            "operator": {"name": "Three Wheels", "phone": "+12065550199"},
            "currency": self.currency,
            "models": [model],
            "domains": [domain],
            "actions": [str(action) for action in Action],
            "waits": {"at_pickup_s": WAIT_S, "at_dropoff_s": WAIT_S},
            "quote_held_s": QUOTE_HELD_S,
            "reservation_held_s": RESERVATION_HELD_S,
            "heartbeat_s": HEARTBEAT_S,
            "secret_valid_s": SECRET_VALID_S,
            "sandbox": self.sandbox,
        }

    def vehicle(self, trike: Trike) -> dict[str, Any]:
        return trike.told or self.vehicle_now(trike)

    def vehicle_now(self, trike: Trike) -> dict[str, Any]:
        leg = trike.leg
        kept = leg is not None or trike.reservation is not None
        room = "open" if trike.open else "loaded" if trike.loaded else "reserved" if kept else "free"
        return {
            "id": trike.id,
            "model": "trike",
            "plate": trike.id.upper(),
            "state": self.state_of(trike),
            "driving": "remote",
            "seen_at": self.now,
            "place": trike.place.model_dump(),
            "compartments": [
                {
                    "id": "box",
                    "state": "jammed" if trike.trouble == "lid_jam" else room,
                    "leg_id": leg.id if leg else None,
                }
            ],
        }

    def state_of(self, trike: Trike) -> str:
        if trike.silent_until:
            return "unknown"
        if trike.broken or trike.trouble:
            return "non_operational"
        if trike.leg:
            return "stopped" if trike.hold or trike.leg.state.startswith("at_") else "on_trip"
        return "reserved" if trike.reservation else "available"

    # ── the promise ──

    def limits(self, order: Order) -> Iterator[No]:
        """All that says no to a leg, whichever tricycle it would be."""
        weight_g = sum(parcel.weight_g for parcel in order.parcels)
        if weight_g > LOAD_LIMIT_G:
            yield No("too_heavy", "grams", at_most=LOAD_LIMIT_G, asked=weight_g)
        if any(_too_big(parcel) for parcel in order.parcels):
            yield No("too_big")
        if any(parcel.goods for parcel in order.parcels):
            yield No("goods")
        if any(parcel.temperature != "ambient" for parcel in order.parcels):
            yield No("temperature")
        if "hatch" not in order.pickup.handoff or "hatch" not in order.dropoff.handoff:
            yield No("handoff")
        if order.dropoff.spot and metres(order.dropoff.spot, order.dropoff.place) > 300:
            yield No("unsafe_spot")
        places = (order.pickup.place, order.pickup.where, order.dropoff.place, order.dropoff.where)
        if not all(self._serves(place) for place in places):
            yield No("out_of_area")
            return
        way_m = metres(order.pickup.where, order.dropoff.where)
        if way_m > FARTHEST_M:
            yield No("range", "metres", at_most=FARTHEST_M, asked=way_m)
        yield from self._limits_of_time(order, way_m)

    def _limits_of_time(self, order: Order, way_m: float) -> Iterator[No]:
        arrives = self._arrives(order, max(self.now, order.ready_at), way_m)
        if arrives > order.latest:
            yield No("too_late")
        if not (is_open(self.hours, max(self.now, order.ready_at)) and is_open(self.hours, arrives)):
            yield No("closed", retry_after=self.now + timedelta(hours=1))
        if self.too_windy():
            yield No("weather", at_most=MOST_WIND_M_S, asked=self.weather.wind_m_s, retry_after=self.in_s(1_800))

    def _serves(self, place: Place) -> bool:
        return max(abs(place.lat - self.centre.lat), abs(place.lon - self.centre.lon)) <= HALF_SIDE_DEG

    def too_windy(self) -> bool:
        return self.weather.wind_m_s is not None and self.weather.wind_m_s > MOST_WIND_M_S

    def _arrives(self, order: Order, leaves: datetime, way_m: float) -> datetime:
        arrives = leaves + timedelta(seconds=round(STOP_S + way_m / SPEED_M_S))
        return max(arrives, order.earliest or arrives)

    def in_s(self, seconds: float) -> datetime:
        return self.now + timedelta(seconds=round(seconds))

    def _free(self, order: Order) -> Trike:
        if order.vehicle_id is not None and order.vehicle_id not in self.trikes:
            raise No("unknown", "no such vehicle")
        for trike in self.trikes.values():
            busy = trike.leg or trike.reservation or trike.broken or trike.hold or trike.silent_until
            if not busy and order.vehicle_id in (None, trike.id):
                return trike
        raise No("no_vehicle", retry_after=self.in_s(600))

    def quote(self, order: Order) -> dict[str, Any]:
        for no in self.limits(order):
            raise no
        trike = self._free(order)
        way_m = metres(order.pickup.where, order.dropoff.where)
        pickup = max(self.in_s(metres(trike.place, order.pickup.where) / SPEED_M_S), order.ready_at)
        dropoff = self._arrives(order, pickup, way_m)
        made: dict[str, Any] = {
            "id": self._name("Q"),
            "price": {"minor": 60 + round(way_m / 100), "currency": self.currency},
            "pickup_eta": pickup,
            "dropoff_eta": dropoff,
            "dropoff_latest": dropoff + (dropoff - self.now) / 4,
            "held_until": self.in_s(QUOTE_HELD_S),
            "at_pickup": "hatch",
            "at_dropoff": "hatch",
        }
        if dropoff > order.latest:
            raise No("too_late", retry_after=self.in_s(600))
        self.quotes[made["id"]] = (made, order)
        return made

    def reserve(self, quote_id: str) -> dict[str, Any]:
        if quote_id not in self.quotes:
            raise No("unknown")
        quote, order = self.quotes[quote_id]
        if self.now > quote["held_until"]:
            raise No("expired")
        trike = self._free(order)
        made: dict[str, Any] = {
            "id": self._name("R"),
            "quote_id": quote_id,
            "vehicle_id": trike.id,
            "compartment_id": "box",
            "held_until": self.in_s(RESERVATION_HELD_S),
        }
        trike.reservation = made["id"]
        self.reservations[made["id"]] = {"told": made, "leg": None, "released": False}
        return made

    def release(self, reservation_id: str) -> None:
        if reservation_id not in self.reservations:
            raise No("unknown")
        kept = self.reservations[reservation_id]
        kept["released"] = kept["leg"] is None
        for trike in self.trikes.values():
            if trike.reservation == reservation_id:
                trike.reservation = None

    def commit(self, reservation_id: str) -> Leg:
        if reservation_id not in self.reservations:
            raise No("unknown")
        kept = self.reservations[reservation_id]
        if kept["leg"] is not None:
            return self.legs[kept["leg"]]
        if kept["released"] or self.now > kept["told"]["held_until"]:
            raise No("expired")
        if self.too_windy():
            raise No("weather", retry_after=self.in_s(1_800))
        quote, order = self.quotes[kept["told"]["quote_id"]]
        trike = self.trikes[kept["told"]["vehicle_id"]]
        leg = Leg(self._name("L"), order, quote, trike, order.dropoff)
        leg.pickup_eta, leg.dropoff_eta = quote["pickup_eta"], quote["dropoff_eta"]
        self.legs[leg.id] = trike.leg = leg
        kept["leg"], trike.reservation = leg.id, None
        return leg

    def leg_of(self, leg_id: str) -> Leg:
        if leg_id not in self.legs:
            raise No("unknown")
        return self.legs[leg_id]

    def told(self, leg: Leg) -> dict[str, Any]:
        silent = leg.trike.leg_told if leg.trike.leg is leg else None
        return silent or {
            "id": leg.id,
            "reference": leg.order.reference,
            "state": leg.state,
            "hold": leg.trike.hold if leg.trike.leg is leg else None,
            "vehicle_id": leg.trike.id,
            "compartment_id": "box",
            "pickup_eta": leg.pickup_eta,
            "dropoff_eta": leg.dropoff_eta,
            "waits_until": leg.waits_until,
            "why": leg.why,
            "price": leg.quote["price"],
        }

    # ── secrets and actions ──

    def make_secret(self, leg: Leg, asked: AskSecret) -> dict[str, Any]:
        if leg.state in ENDED:
            raise No("state")
        made: dict[str, Any] = {
            "id": self._name("S"),
            "secret": f"{secrets.randbelow(10**8):08d}",
            "compartment_id": "box",
            "valid_until": self.in_s(min(asked.valid_s, SECRET_VALID_S)),
        }
        leg.secrets.append({"told": made, "holder": asked.holder, "spent": False})
        return made

    def revoke(self, leg: Leg, secret_id: str) -> None:
        kept = next((one for one in leg.secrets if one["told"]["id"] == secret_id), None)
        if kept is None:
            raise No("unknown")
        kept["spent"] = True

    def _spend(self, leg: Leg, typed: str | None, holder: str) -> str:
        for kept in leg.secrets:
            fits = typed is not None and secrets.compare_digest(kept["told"]["secret"].encode(), typed.encode())
            if fits and kept["holder"] == holder and not kept["spent"] and self.now <= kept["told"]["valid_until"]:
                kept["spent"] = True
                return str(kept["told"]["id"])
        raise No("secret")

    def act(self, leg: Leg, asked: AskAction) -> str:
        """The outcome; a no is raised."""
        if leg.state in ENDED:
            raise No("state", "It has ended.")
        if leg.trike.silent_until:
            raise No("state", "It cannot be reached.", retry_after=self.in_s(60))
        return str(getattr(self, f"_{asked.action}")(leg, asked) or "done")

    def _open(self, leg: Leg, asked: AskAction) -> None:
        if asked.compartment_id != "box":
            raise No("unknown")
        if leg.state not in OPENS_FOR or leg.trike.open or leg.trike.hold:
            raise No("state", f"Not while it is {leg.state}.")
        if leg.state == "at_dropoff" and leg.order.earliest and self.now < leg.order.earliest:
            raise No("state", "Too early.", retry_after=leg.order.earliest)
        holder = OPENS_FOR[leg.state]
        self.lift(leg, holder, self._spend(leg, asked.secret, holder))

    def _close(self, leg: Leg, asked: AskAction) -> None:
        if asked.compartment_id != "box":
            raise No("unknown")
        if leg.trike.open:
            self.shut(leg)

    def _pause(self, leg: Leg, asked: AskAction) -> None:
        if leg.trike.open or leg.trike.hold or leg.state == "rescue_needed":
            raise No("state")
        self.hold(leg.trike, "paused", asked.reason)

    def _safe_stop(self, leg: Leg, asked: AskAction) -> None:
        if leg.state == "rescue_needed":
            raise No("state")
        self.hold(leg.trike, "stopped", asked.reason)

    def _resume(self, leg: Leg, asked: AskAction) -> None:
        if not leg.trike.hold or leg.trike.hold["kind"] not in ("paused", "stopped"):
            raise No("state")
        self.free(leg.trike)

    def _divert(self, leg: Leg, asked: AskAction) -> None:
        assert asked.place is not None
        if leg.state not in ("loaded", "to_dropoff", "at_dropoff"):
            raise No("state")
        if not self._serves(asked.place.where) or not self._serves(asked.place.place):
            raise No("out_of_area")
        if "hatch" not in asked.place.handoff:
            raise No("handoff")
        leg.door = asked.place
        if leg.state == "at_dropoff":
            self.move(leg, "to_dropoff")
        leg.dropoff_eta = self.in_s(STOP_S + metres(leg.trike.place, leg.door.where) / SPEED_M_S)
        self.tell(leg.trike, "leg.eta", leg, dropoff_eta=leg.dropoff_eta)

    def _return(self, leg: Leg, asked: AskAction) -> None:
        if leg.state not in ("loaded", "to_dropoff", "at_dropoff"):
            raise No("state")
        self.move(leg, "returning", No("operator", asked.reason or "asked to return").body)

    def _cancel(self, leg: Leg, asked: AskAction) -> None:
        if leg.trike.loaded:
            raise No("state", "The goods are on board.")
        if leg.trike.open:
            self.shut(leg)
        self.move(leg, "cancelled")

    def _hand_to_rescue(self, leg: Leg, asked: AskAction) -> None:
        if leg.state != "rescue_needed":
            raise No("state")
        self.lift(leg, "rescuer", self._spend(leg, asked.secret, "rescuer"))
        self.goods(leg, "goods.out")
        leg.trike.open, leg.trike.closes_at = False, None
        self.tell(leg.trike, "compartment.closed", leg, compartment_id="box")
        self.move(leg, "rescued")

    # ── the log ──

    def tell(self, trike: Trike, kind: str, leg: Leg | None = None, **members: Any) -> None:
        of_leg = {"leg_id": leg.id, "reference": leg.order.reference} if leg else {}
        event = {"kind": kind, "at": self.now, "vehicle_id": trike.id, **of_leg, **members}
        if trike.silent_until and kind != "vehicle.changed":
            trike.backlog.append(event)
        else:
            self.number(event)

    def number(self, event: dict[str, Any]) -> None:
        self.log.append({"number": len(self.log) + 1, "recorded_at": self.now, **event})

    def move(self, leg: Leg, state: str, why: dict[str, Any] | None = None) -> None:
        previous, leg.state, leg.waits_until = leg.state, state, None
        leg.why = why or leg.why
        self.tell(leg.trike, "leg.moved", leg, previous=previous, state=state, why=why)
        if state in ENDED:
            leg.trike.loaded, leg.trike.leg = False, None
            for kept in leg.secrets:
                kept["spent"] = True

    def lift(self, leg: Leg, holder: str, secret_id: str) -> None:
        if leg.state in ("at_pickup", "at_dropoff"):
            self.move(leg, "loading" if leg.state == "at_pickup" else "handing_over")
        leg.trike.open, leg.trike.closes_at = True, self.in_s(LID_PATIENCE_S)
        self.tell(leg.trike, "compartment.opened", leg, compartment_id="box", opened_for=holder, secret_id=secret_id)

    def shut(self, leg: Leg) -> None:
        trike = leg.trike
        trike.open, trike.closes_at = False, None
        self.tell(trike, "compartment.closed", leg, compartment_id="box")
        if leg.state == "loading":
            self.move(leg, "loaded" if trike.loaded else "at_pickup")
        elif leg.state == "handing_over":
            self.move(leg, "at_dropoff" if trike.loaded else "done")
        elif leg.state == "at_return" and not trike.loaded:
            self.move(leg, "returned")
        if leg.state in OPENS_FOR:
            leg.waits_until = self.in_s(WAIT_S)

    def goods(self, leg: Leg, kind: str) -> None:
        leg.trike.loaded = kind == "goods.in"
        self.tell(leg.trike, kind, leg, compartment_id="box", parcels=[parcel.id for parcel in leg.order.parcels])

    def hold(self, trike: Trike, kind: str, reason: str = "", until: datetime | None = None) -> None:
        trike.held_since = trike.held_since or self.now
        trike.hold = {"kind": kind, "since": self.now, "until": until, "reason": reason}
        if trike.leg:
            self.tell(trike, "leg.held", trike.leg, hold=trike.hold)

    def free(self, trike: Trike) -> None:
        """Waits do not run on while it is held."""
        lasted = self.now - (trike.held_since or self.now)
        trike.hold, trike.held_since = None, None
        if trike.leg:
            if trike.leg.waits_until:
                trike.leg.waits_until += lasted
            self.tell(trike, "leg.freed", trike.leg)

    def _name(self, letter: str) -> str:
        self._names += 1
        return f"{letter}-{self._names}"


def _too_big(parcel: Parcel) -> bool:
    if parcel.size is None:
        return False
    sides = sorted((parcel.size.length_mm, parcel.size.width_mm, parcel.size.height_mm))
    return any(side > room for side, room in zip(sides, sorted(BOX_MM.values()), strict=True))
