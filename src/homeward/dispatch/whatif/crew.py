"""Deliveries and couriers as the day model moves them: who has what, who drives where, who stands at which door.

Times are whole seconds since the day began. Nothing here decides anything; `day` does, with `dispatch.decide`.
"""

from dataclasses import dataclass, field
from datetime import datetime, timedelta

from homeward.dispatch.model import OpenDelivery, StopKind, StopRef
from homeward.dispatch.whatif.model import Day, DayCourier, DayDelivery, Life
from homeward.dispatch.whatif.ways import DayWays, Underway
from homeward.fleets.couriers.model import VEHICLES
from homeward.kit.places import LatLon
from homeward.routing.model import Profile


@dataclass(slots=True)
class Parcel:
    """One delivery on its way through the day."""

    told: DayDelivery
    state: str = "scheduled"
    courier_id: str | None = None
    offered_to: str | None = None
    no_until: dict[str, int] = field(default_factory=dict)  # by courier who said no or nothing
    offers: int = 0
    offered_at: datetime | None = None
    at_store_since: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    eta: datetime | None = None
    going_back: bool = False
    pay_minor: int = 0
    together: int = 1
    sentence: str = ""

    @property
    def ended(self) -> bool:
        return self.state in ("delivered", "returned", "cancelled")

    @property
    def searching(self) -> bool:
        return self.state == "searching"

    def seen(self, t: int) -> OpenDelivery:
        """As the planner reads it from its rows."""
        told = self.told
        return OpenDelivery(
            id=told.id,
            store_id=told.store_id,
            merchant_id=told.merchant_id,
            state=self.state,
            service_class=told.service_class,
            pickup=told.pickup,
            dropoff=told.dropoff,
            weight_g=told.weight_g,
            volume_l=told.volume_l,
            skills=told.skills,
            ready_at=told.ready_at,
            search_from=told.known_at,
            window_earliest=told.window_earliest,
            promised_by=told.promised_by,
            eta=self.eta,
            attention=None,
            courier_id=self.courier_id,
            leg_id=f"leg_{told.id}" if self.courier_id else None,
            going_back=self.going_back,
            picked_up_at=self.picked_up_at,
            offered_to=self.offered_to,
            refused_by=tuple(sorted(courier for courier, until in self.no_until.items() if until > t)),
            at_store_since=self.at_store_since if self.state == "at_pickup" else None,
        )

    def life(self, names: dict[str, str]) -> Life:
        """What became of it."""
        return Life(
            delivery_id=self.told.id,
            service_class=self.told.service_class,
            booked_at=self.told.booked_at,
            promised_by=self.told.promised_by,
            ended=self.state if self.ended else "open",
            courier_id=self.courier_id,
            courier=names.get(self.courier_id or ""),
            offered_at=self.offered_at,
            picked_up_at=self.picked_up_at,
            delivered_at=self.delivered_at,
            offers=self.offers,
            pay_minor=self.pay_minor,
            together=self.together,
            sentence=self.sentence,
        )


@dataclass(slots=True)
class Drive:
    """Under way to a stop; it cannot be called off, as the next stop of a route never is."""

    ref: StopRef
    origin: LatLon
    goal: LatLon
    leaves: int
    arrives: int
    metres: int


@dataclass(slots=True)
class OnTheRoad:
    """One courier on duty."""

    told: DayCourier
    ways: DayWays
    place: LatLon
    route: list[StopRef] = field(default_factory=list)
    offer: int | None = None  # number of the open one
    drive: Drive | None = None
    at: StopRef | None = None  # standing at this stop
    metres: int = 0
    busy_s: int = 0
    busy_since: int | None = None
    on_duty_since: int = 0
    asked_at: int | None = None
    noes: list[int] = field(default_factory=list)  # when they said no, or nothing
    earned_minor: int = 0
    carried: int = 0

    @property
    def profile(self) -> Profile:
        return VEHICLES[self.told.vehicle].profile

    @property
    def idle(self) -> bool:
        return not self.route and self.drive is None and self.at is None

    def set_off(self, t: int, goal: LatLon) -> Drive:
        """To the first stop of the route; `goal` is where that is."""
        seconds, metres = self.ways.way(self.profile, self.place, goal)
        arrives = t + round(seconds * self.told.pace)
        self.drive = Drive(self.route[0], self.place, goal, t, arrives, metres)
        return self.drive

    def arrive(self) -> StopRef:
        """At the end of the drive; whether anything is still to be done there, the route says."""
        assert self.drive is not None, "who arrives was under way"
        drive, self.drive = self.drive, None
        self.place = drive.goal
        self.metres += drive.metres
        return drive.ref

    def work_begins(self, t: int) -> None:
        if self.busy_since is None:
            self.busy_since = t

    def work_ends(self, t: int) -> None:
        if self.busy_since is not None:
            self.busy_s += t - self.busy_since
            self.busy_since = None

    def underway(self, t: int) -> Underway | None:
        """Where between two places they are; None if they stand."""
        drive = self.drive
        if drive is None or drive.origin == drive.goal or t <= drive.leaves:
            return None
        share = min(1.0, (t - drive.leaves) / max(1, drive.arrives - drive.leaves))
        here = LatLon(
            round(drive.origin.lat + (drive.goal.lat - drive.origin.lat) * share, 6),
            round(drive.origin.lon + (drive.goal.lon - drive.origin.lon) * share, 6),
        )
        return Underway(here, drive.origin, drive.goal, share)


def stop_place(parcel: Parcel, kind: StopKind) -> LatLon:
    return parcel.told.dropoff if kind is StopKind.DROPOFF else parcel.told.pickup


def moment(day: Day, t: int) -> datetime:
    return day.begins + timedelta(seconds=t)


def second(day: Day, at: datetime) -> int:
    """Rounded up, so that nothing is known before it happened."""
    whole = (at - day.begins) // timedelta(seconds=1)
    return whole if day.begins + timedelta(seconds=whole) >= at else whole + 1
