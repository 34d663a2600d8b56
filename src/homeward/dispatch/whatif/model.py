"""The words of what-if: recorded days, days lived again in the model, and what differs. Pure."""

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from homeward.dispatch.model import Inputs
from homeward.fleets.couriers.model import Engagement, VehicleKind
from homeward.kit.places import LatLon

# ── decisions made again ──


@dataclass(frozen=True, slots=True)
class Made:
    """What one decision made of one delivery. `outcome` is 'offered' or 'waits'; points are thousandths as stored."""

    outcome: str
    rule: str
    courier_id: str | None = None
    courier: str | None = None
    sentence: str = ""
    together: tuple[str, ...] = ()  # all deliveries of the same offer
    pay_minor: int | None = None
    total: int | None = None
    terms: Mapping[str, int] = field(default_factory=dict)
    dropoff_eta: datetime | None = None


@dataclass(frozen=True, slots=True)
class DeliveryChange:
    """One delivery that another policy treats otherwise. `what` is one of `decisions.CHANGES`."""

    delivery_id: str
    what: str
    before: Made
    after: Made


@dataclass(frozen=True, slots=True)
class OrderChange:
    """A courier's promised stops put into another order by only one of the two, or by both differently."""

    courier_id: str
    courier: str
    before: tuple[str, ...] | None
    after: tuple[str, ...] | None


@dataclass(frozen=True, slots=True)
class PlaceChange:
    """An idle courier who is told of another place to wait at, by the store's name; None: to stay."""

    courier_id: str
    courier: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DecisionCompared:
    """One stored decision, made again twice: as it was recorded, and with the other policy.

    `why_not_equal` is None if the recorded inputs gave the recorded outcome again.
    """

    decision_id: str
    at: datetime
    policy_version: str
    why_not_equal: str | None
    changes: tuple[DeliveryChange, ...]
    orders: tuple[OrderChange, ...]
    places: tuple[PlaceChange, ...] = ()

    @property
    def changed(self) -> bool:
        return bool(self.changes or self.orders or self.places)


@dataclass(frozen=True, slots=True)
class DecisionTally:
    """How many decisions were looked at, and what came of it. `not_equal` counts by reason, `changes` by kind.

    `forgotten` ones lie in the range too, but their inputs are no longer kept.
    """

    decisions: int = 0
    forgotten: int = 0
    equal: int = 0
    changed: int = 0
    orders: int = 0
    places: int = 0
    not_equal: Mapping[str, int] = field(default_factory=dict)
    changes: Mapping[str, int] = field(default_factory=dict)

    def plus(self, one: DecisionCompared) -> "DecisionTally":
        reasons = Counter(self.not_equal)
        if one.why_not_equal is not None:
            reasons[one.why_not_equal] += 1
        return replace(
            self,
            decisions=self.decisions + 1,
            equal=self.equal + (one.why_not_equal is None),
            changed=self.changed + one.changed,
            orders=self.orders + len(one.orders),
            places=self.places + len(one.places),
            not_equal=dict(reasons),
            changes=dict(Counter(self.changes) + Counter(change.what for change in one.changes)),
        )


# ── a recorded day ──


@dataclass(frozen=True, slots=True)
class DayDelivery:
    """A delivery as its day saw it. What nobody could know beforehand stands in `Doors`, as it was recorded."""

    id: str
    merchant_id: str
    store_id: str
    service_class: str
    pickup: LatLon
    dropoff: LatLon
    weight_g: int
    volume_l: int
    skills: tuple[str, ...]
    booked_at: datetime
    known_at: datetime  # from when on a courier was sought
    ready_at: datetime
    window_earliest: datetime
    promised_by: datetime
    doors: "Doors"


@dataclass(frozen=True, slots=True)
class Doors:
    """What happened at store and door, whoever carries: when the parcel really was there, and how long it took."""

    parcel_at: datetime
    store_s: int
    door_s: int
    comes_back: bool = False
    cancelled_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class Spell:
    """A time in which a courier was closed to offers, and why: 'suspended' or 'out_of_contact'."""

    since: datetime
    until: datetime
    why: str


@dataclass(frozen=True, slots=True)
class DayCourier:
    """One courier's time on duty. `shift` holds the shift's end as it was known from each moment on.

    `pace` is how long their ways took, as a share of what the travel tables say.
    """

    id: str
    name: str
    vehicle: VehicleKind
    capacity_g: int
    capacity_l: int
    max_deliveries: int
    skills: tuple[str, ...]
    begins: datetime
    ends: datetime
    place: LatLon
    shift: tuple[tuple[datetime, datetime | None], ...]
    away: tuple[Spell, ...] = ()
    pace: float = 1.0
    answer_s: int = 15
    engagement: Engagement = Engagement.CONTRACT
    employer_id: str | None = None

    def shift_ends(self, now: datetime) -> datetime | None:
        """As it was known at that moment."""
        known = [ends for since, ends in self.shift if since <= now]
        return (known or [self.shift[0][1]])[-1] if self.shift else None

    def closed(self, now: datetime) -> str | None:
        return next((spell.why for spell in self.away if spell.since <= now < spell.until), None)


@dataclass(frozen=True, slots=True)
class Answer:
    """A recorded no ('declined') or silence ('expired')."""

    state: str
    after_s: int


@dataclass(frozen=True, slots=True)
class Day:
    """Everything that a day is lived again from.

    `frames` are the rules of the day, oldest first: recorded inputs without their deliveries, couriers and tables,
    from the moment on when they were first used.
    `answers` are by courier and delivery, in the order in which they were given.
    """

    begins: datetime
    ends: datetime
    market_id: str
    currency: str
    deliveries: tuple[DayDelivery, ...]
    couriers: tuple[DayCourier, ...]
    answers: Mapping[tuple[str, str], Sequence[Answer]]
    frames: tuple[tuple[datetime, Inputs], ...]
    planner_every_s: int = 5


# ── what became of a day ──


@dataclass(frozen=True, slots=True)
class Life:
    """What became of one delivery. `ended` is 'delivered', 'returned', 'cancelled', 'failed' or 'open'."""

    delivery_id: str
    service_class: str
    booked_at: datetime
    promised_by: datetime
    ended: str
    courier_id: str | None = None
    courier: str | None = None
    offered_at: datetime | None = None
    picked_up_at: datetime | None = None
    delivered_at: datetime | None = None
    offers: int = 0
    pay_minor: int = 0
    together: int = 1  # deliveries in the offer that was taken
    sentence: str = ""

    @property
    def late_s(self) -> int:
        if self.delivered_at is None:
            return 0
        return max(0, int((self.delivered_at - self.promised_by).total_seconds()))


@dataclass(frozen=True, slots=True)
class DayLived:
    """A whole day: as it was recorded, or as the model lived it."""

    lives: tuple[Life, ...]
    courier_m: Mapping[str, int]
    courier_s: Mapping[str, int]  # with something to do
    decisions: int = 0


@dataclass(frozen=True, slots=True)
class Metrics:
    """A day, or several, in figures. Means are None where there is nothing to take one of."""

    deliveries: int = 0
    delivered: int = 0
    late: int = 0
    late_s: int = 0
    express_s: tuple[int, ...] = ()  # click to door of each express delivery
    courier_m: int = 0
    courier_s: int = 0
    pay_minor: int = 0
    offers: int = 0
    offered: int = 0  # deliveries that were offered at least once


@dataclass(frozen=True, slots=True)
class LifeChange:
    """One delivery in two models of the same day."""

    delivery_id: str
    recorded: Life
    before: Life
    after: Life

    @property
    def moved_s(self) -> int | None:
        """How much later it was at the door; None unless both brought it."""
        if self.before.delivered_at is None or self.after.delivered_at is None:
            return None
        return int((self.after.delivered_at - self.before.delivered_at).total_seconds())


@dataclass(frozen=True, slots=True)
class Note:
    """So many of something that the model leaves out or stands on; those of several days add up."""

    count: int
    what: str


@dataclass(frozen=True, slots=True)
class DayCompared:
    """One day: as recorded, in the model with the recorded policy, in the model with the other one."""

    begins: datetime
    ends: datetime
    recorded: DayLived
    before: DayLived
    after: DayLived
    changes: tuple[LifeChange, ...]
    notes: tuple[Note, ...]


# ── another tariff ──


@dataclass(frozen=True, slots=True)
class Repriced:
    """One recorded quote option with its price then and with the other tariff. `booked` as this delivery, if it was."""

    quote_id: str
    merchant_id: str
    zone: str
    service_class: str
    before_minor: int
    after_minor: int
    delivery_id: str | None = None

    @property
    def difference(self) -> int:
        return self.after_minor - self.before_minor


@dataclass(frozen=True, slots=True)
class Revenue:
    """Bookings of one kind: how many, and what they brought then and would bring."""

    count: int = 0
    before_minor: int = 0
    after_minor: int = 0

    @property
    def difference(self) -> int:
        return self.after_minor - self.before_minor

    def plus(self, one: Repriced) -> "Revenue":
        return Revenue(self.count + 1, self.before_minor + one.before_minor, self.after_minor + one.after_minor)


@dataclass(frozen=True, slots=True)
class TariffCompared:
    """Quotes and bookings of a range with another tariff. Nobody books more or less in it than they did."""

    currency: str
    quotes: int
    options: Revenue
    booked: Revenue
    merchants: Mapping[str, Revenue]
    zones: Mapping[str, Revenue]
    classes: Mapping[str, Revenue]
    movers: tuple[Repriced, ...]
    not_reproduced: int  # options whose recorded price the recorded tariff did not give again


# ── all of it ──


@dataclass(frozen=True, slots=True)
class Report:
    """What a replay found. What was not asked for is None or empty."""

    market: str
    time_zone: str
    currency: str
    since: datetime
    until: datetime
    policy_changes: Mapping[str, Mapping[str, object]] | None
    decisions: DecisionTally | None
    changed: tuple[DecisionCompared, ...]
    days: tuple[DayCompared, ...]
    tariff: TariffCompared | None
    merchants: Mapping[str, str]  # names by id
