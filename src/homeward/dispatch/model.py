"""The words of dispatch: stops, routes, offers, snapshots and decisions. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any, Final

from homeward.deliveries.contents import Goods
from homeward.dispatch.acceptance import PRIOR, AcceptanceModel, Chance
from homeward.dispatch.machines import FleetAnswer, MachineBooking, MachineSeen
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.couriers.journeys.model import Journey
from homeward.fleets.couriers.limits.model import OwnLimits
from homeward.fleets.couriers.model import Engagement, VehicleKind
from homeward.kit.money import Money
from homeward.kit.places import LatLon

EVERYBODY: Final = "everybody"
"""Who an openly offered delivery is offered to, as the planner sees it; no courier's id is this."""


class StopKind(StrEnum):
    """What happens at a stop. A return brings a parcel back to its store."""

    PICKUP = "pickup"
    DROPOFF = "dropoff"
    RETURN = "return"


@dataclass(frozen=True, slots=True, order=True)
class StopRef:
    """One stop by name."""

    delivery_id: str
    kind: StopKind

    @property
    def id(self) -> str:
        return f"{self.delivery_id}:{self.kind.value}"


@dataclass(frozen=True, slots=True)
class RouteStop:
    """A stop of a courier's stored route, with when we last expected them there."""

    ref: StopRef
    eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class StoredRoute:
    """What a courier has promised, in order; stops already made stay until the whole route is done."""

    courier_id: str
    version: int
    stops: tuple[RouteStop, ...]

    @property
    def refs(self) -> tuple[StopRef, ...]:
        return tuple(stop.ref for stop in self.stops)


# ── offers ──


class OfferState(StrEnum):
    """`open` is the only state that can still be answered."""

    OPEN = "open"
    ACCEPTED = "accepted"
    DECLINED = "declined"
    EXPIRED = "expired"
    WITHDRAWN = "withdrawn"


@dataclass(frozen=True, slots=True)
class PayTerm:
    """One named part of the pay."""

    code: str  # 'base', 'distance', 'time', 'extra_stops', 'floor', 'shown_before'; an engagement where nothing is due
    label: str
    minor: int


@dataclass(frozen=True, slots=True)
class Pay:
    """The whole pay and what it is made of. Tips come on top and are never part of it."""

    total: Money
    terms: tuple[PayTerm, ...]


@dataclass(frozen=True, slots=True)
class OfferStop:
    """A stop as shown before the answer: where and when, but nobody's name or phone."""

    delivery_id: str
    kind: StopKind
    name: str
    address: str
    place: LatLon
    eta: datetime
    latest: datetime | None
    take_over: bool = False  # from a courier or machine who cannot go on, and not at the store


@dataclass(frozen=True, slots=True)
class Seal:
    """What was shown, word for word, with our signature: the courier can keep it and have it checked."""

    key_id: str
    text: str
    signature: str


@dataclass(frozen=True, slots=True)
class Offer:
    """We asked a courier. What is shown here is binding for us: pay never falls below it."""

    id: str
    market_id: str
    courier_id: str
    decision_id: str
    delivery_ids: tuple[str, ...]
    state: OfferState
    pay: Money
    pay_terms: tuple[PayTerm, ...]
    distance_m: int
    duration_s: int
    stops: tuple[OfferStop, ...]
    route: tuple[StopRef, ...]
    basis: Mapping[str, str]  # per delivery, a fingerprint of what the offer was made from
    created_at: datetime
    expires_at: datetime
    answered_at: datetime | None
    reason: str | None
    chance: Chance | None = None  # of a yes, as seen when it was made
    features: Mapping[str, float] = field(default_factory=dict)
    goods: tuple[str, ...] = ()  # what is special about what is carried: 'alcohol', 'heavy' …
    weight_g: int = 0  # of all of it
    seal: Seal | None = None  # None: made by a release that signed nothing


# ── the snapshot a plan is made from ──


@dataclass(frozen=True, slots=True)
class OpenDelivery:
    """An open delivery as the planner sees it."""

    id: str
    store_id: str
    state: str
    service_class: str
    pickup: LatLon
    dropoff: LatLon
    weight_g: int
    volume_l: int
    skills: tuple[str, ...]
    ready_at: datetime
    search_from: datetime
    window_earliest: datetime
    promised_by: datetime
    eta: datetime | None
    attention: str | None
    courier_id: str | None
    leg_id: str | None
    going_back: bool
    picked_up_at: datetime | None
    offered_to: str | None = None
    refused_by: tuple[str, ...] = ()
    merchant_id: str = ""
    goods: tuple[Goods, ...] = ()
    at_store_since: datetime | None = None  # while its courier stands at the store
    machines: str = "ask"  # whether one may bring it: 'ask', 'allowed', 'never'
    rescue: bool = False  # to be fetched from somebody who is stranded with it
    nobody_took_at: datetime | None = None  # when it was offered to all for the most, in vain

    @property
    def searching(self) -> bool:
        return self.state == "searching"

    @property
    def on_board(self) -> bool:
        return self.picked_up_at is not None

    def stops_left(self) -> tuple[StopRef, ...]:
        """What is still to be done, in order."""
        if self.going_back:
            return (StopRef(self.id, StopKind.RETURN),)
        dropoff = StopRef(self.id, StopKind.DROPOFF)
        return (dropoff,) if self.on_board else (StopRef(self.id, StopKind.PICKUP), dropoff)


@dataclass(frozen=True, slots=True)
class CourierSeen:
    """A courier on duty as the planner sees them. `closed` says why no new delivery may be offered, None if one may."""

    id: str
    name: str
    vehicle: VehicleKind
    place: LatLon
    capacity_g: int
    capacity_l: int
    max_deliveries: int
    skills: tuple[str, ...]
    shift_ends: datetime | None
    route: tuple[StopRef, ...]  # stops promised and not yet made, the next one first
    closed: str | None
    noes: int = 0  # lately, and offers left without an answer
    asked_s_ago: int | None = None
    on_duty_s: int = 0
    earned_minor: int = 0  # with offers accepted on this duty
    carried: int = 0  # deliveries of those offers
    own: OwnLimits = OwnLimits()
    engagement: Engagement = Engagement.CONTRACT
    employer_id: str | None = None  # carries for this merchant only
    journey: Journey | None = None  # takes along what lies on this way


@dataclass(frozen=True, slots=True)
class Shift:
    """What a courier's offers tell of their duty so far."""

    noes: int = 0
    asked_at: datetime | None = None
    earned_minor: int = 0
    carried: int = 0


@dataclass(frozen=True, slots=True)
class PlanSettings:
    """What a market tells the planner; money in minor units, times in business seconds."""

    currency: str
    decision_s: int
    pickup_s: int
    door_s: int
    no_courier_after_s: int
    default_wait_s: int
    no_courier_wait_s: int
    pay_base_minor: int
    pay_per_km_minor: int
    pay_per_minute_minor: int
    pay_extra_stop_minor: int
    pay_floor_minor: int
    law_decision_s: int = 0  # what the law asks for at the least


@dataclass(frozen=True, slots=True)
class StoreDemand:
    """How many new deliveries a store is likely to send within the hour."""

    store_id: str
    place: LatLon
    per_h: float
    name: str = ""
    notice_s: int = 0  # from booking to ready, as usual there


@dataclass(frozen=True, slots=True)
class WaitAt:
    """Where an idle courier would be of most use next: so many seconds of driving, and of lateness saved by it."""

    store_id: str
    name: str
    place: LatLon
    drive_s: int
    saves_s: int


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A market at one moment.

    `earlier` holds the last plan's routes by courier: where the search starts. `said` is what the last decision
    made of each delivery (`Considered.key`): only what is new is told again.
    """

    market_id: str
    now: datetime
    seed: int
    settings: PlanSettings
    deliveries: tuple[OpenDelivery, ...]
    couriers: tuple[CourierSeen, ...]
    earlier: Mapping[str, tuple[StopRef, ...]] = field(default_factory=dict)
    said: Mapping[str, str] = field(default_factory=dict)
    demand: tuple[StoreDemand, ...] = ()
    machines: tuple[MachineSeen, ...] = ()
    fleet_answers: tuple[FleetAnswer, ...] = ()


@dataclass(frozen=True, slots=True)
class ProfileTable:
    """Travel among the snapshot's places, row = from, column = to: by a road profile, or by a machine's way and speed.

    Seconds and metres; -1 where no road leads or nobody needs to know (nobody drives to where a courier was).
    """

    profile: str
    durations_s: list[list[int]]
    distances_m: list[list[int]]


@dataclass(frozen=True, slots=True)
class TravelTables:
    """`places`: first the stops, then where the couriers and machines are."""

    places: tuple[LatLon, ...]
    profiles: tuple[ProfileTable, ...]


@dataclass(frozen=True, slots=True)
class Inputs:
    """Everything a decision is made from: the same inputs give the same outcome, to the last second and cent.

    What was stored by a release that did not know a part of it is read with that part's default.
    """

    snapshot: Snapshot
    tables: TravelTables
    policy: DispatchPolicy = field(default_factory=DispatchPolicy)
    acceptance: AcceptanceModel = PRIOR


# ── what was decided ──


@dataclass(frozen=True, slots=True)
class Ruling:
    """One courier considered for one delivery: what it would cost, or the limit that ruled it out."""

    courier_id: str
    name: str
    total: int | None = None
    terms: Mapping[str, int] = field(default_factory=dict)
    pickup_eta: datetime | None = None
    dropoff_eta: datetime | None = None
    late_s: int = 0
    limit: str | None = None
    subject: str = ""
    needed: int | None = None
    allowed: int | None = None
    chance: Chance | None = None  # of a yes


@dataclass(frozen=True, slots=True)
class Considered:
    """What a decision made of one delivery: 'offered', or 'waits' with the rule that said so."""

    delivery_id: str
    outcome: str
    rule: str
    courier_id: str | None
    rulings: tuple[Ruling, ...]
    timing: str = ""  # of what is offered: the rule that said now
    numbers: Mapping[str, int] = field(default_factory=dict)  # what the rule, or the timing, rests on
    machines: str = ""  # by which limits machines were ruled out: other ones are news

    @property
    def key(self) -> str:
        key = f"{self.outcome}:{self.rule}:{self.courier_id or ''}"
        return f"{key}:{self.machines}" if self.machines else key


@dataclass(frozen=True, slots=True)
class OfferDraft:
    """An offer to be made. `stops` are the new ones only, `route` is the courier's whole route if accepted."""

    courier_id: str
    delivery_ids: tuple[str, ...]
    pay: Pay
    distance_m: int
    duration_s: int
    stops: tuple[RouteStop, ...]
    route: tuple[StopRef, ...]
    chance: Chance | None = None
    features: Mapping[str, float] = field(default_factory=dict)  # what the chance rests on


@dataclass(frozen=True, slots=True)
class Outcome:
    """All that a tick decided. `considered` holds what is offered, and what waits for another reason than before."""

    offers: tuple[OfferDraft, ...]
    considered: tuple[Considered, ...]
    resequenced: Mapping[str, tuple[StopRef, ...]]
    etas: Mapping[str, datetime]  # of deliveries a courier has
    arrivals: Mapping[str, tuple[RouteStop, ...]]  # each courier's promised stops in order with times
    planned: Mapping[str, tuple[StopRef, ...]]  # whole plan, where the next search starts
    approach_s: int | None  # typical travel of the nearest free courier to a store
    wait_at: Mapping[str, WaitAt] = field(default_factory=dict)  # by idle courier, a suggestion
    bookings: tuple[MachineBooking, ...] = ()
    openings: Mapping[str, str] = field(default_factory=dict)  # by delivery that is offered to all, why


@dataclass(frozen=True, slots=True)
class Supply:
    """What a quote's expected wait is made from; see `policy.expected_wait_s`."""

    couriers_on_duty: int
    couriers_free: int
    open_deliveries: int
    expected_wait_s: int


@dataclass(frozen=True, slots=True)
class TickReport:
    """What one round of the planner did."""

    market_id: str
    token: int
    planned: bool
    decision_id: str | None = None
    offers: int = 0
    expired: int = 0
    withdrawn: int = 0
    unassigned: int = 0
    etas: int = 0


# ── what the operator may ask ──


@dataclass(frozen=True, slots=True)
class Round:
    """One decision that looked at a delivery."""

    decision_id: str
    at: datetime
    outcome: str
    rule: str
    sentence: str
    rulings: tuple[Ruling, ...]
    timing: str = ""
    numbers: Mapping[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Explanation:
    """Why a delivery went to whom it went: all decisions about it, oldest first, and all offers made for it."""

    delivery_id: str
    rounds: tuple[Round, ...]
    offers: tuple[Offer, ...]
    courier_names: Mapping[str, str]
    text: str


@dataclass(frozen=True, slots=True)
class Replay:
    """A decision made again from its stored inputs."""

    decision_id: str
    stored: Mapping[str, Any]
    again: Mapping[str, Any]

    @property
    def equal(self) -> bool:
        return self.stored == self.again
