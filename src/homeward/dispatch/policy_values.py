"""Every number that dispatch decides by, as one value. Pure; explained in docs/explanation/dispatch.md.

An operator writes what should differ as TOML; a market keeps it with its settings; every stored decision carries the
whole of it, so that a replay decides by the numbers of that day.
"""

import hashlib
import json
import tomllib
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, asdict, dataclass, field, fields
from typing import Any, Final, Self

from homeward.dispatch.errors import BadPolicy
from homeward.fleets.couriers.model import VehicleKind
from homeward.kit.problems import FieldError

MOST: Final = 1_000_000_000


def _whole(default: int, says: str, *, least: int = 0, most: int = MOST) -> Any:
    """A whole number with its limits, told to whoever reads the TOML."""
    return field(default=default, metadata={"says": says, "least": least, "most": most})


def _switch(default: bool, says: str) -> Any:
    return field(default=default, metadata={"says": says})


def _rate(says: str) -> Any:
    """A rate that the market's settings give unless it is set here."""
    return field(default=None, metadata={"says": says, "least": 0, "most": 1_000_000})


@dataclass(frozen=True, slots=True)
class Costs:
    """What a plan costs, in thousandths of a minor unit. They weigh things against each other; nobody pays them."""

    per_s: int = _whole(400, "a second of a courier's time, waiting included")
    per_m_foot: int = _whole(0, "a metre on foot")
    per_m_bicycle: int = _whole(4, "a metre by bicycle")
    per_m_scooter: int = _whole(15, "a metre by scooter")
    per_m_car: int = _whole(30, "a metre by car")
    per_m_van: int = _whole(45, "a metre by van")
    # Their wages are paid whether they drive or wait; what they carry leaves a courier free for others.
    own_driver_pct: int = _whole(50, "what a merchant's own driver costs of that, in per cent", most=100)
    overtime_per_s: int = _whole(1_000, "a second after the shift's end")
    overtime_s: int = _whole(600, "so long after the shift's end may anything new take, in seconds")
    # Leaving a delivery open must never look cheaper than bringing it hours late.
    left_open: int = _whole(300_000_000, "leaving a delivery open", least=1_000_000)

    def per_m(self, vehicle: VehicleKind) -> int:
        rate: int = getattr(self, f"per_m_{vehicle.value}")
        return rate


@dataclass(frozen=True, slots=True)
class Waiting:
    """What a shopper's second costs, counted from when the parcel could be there at the soonest.

    A little at first, much near the promise, most beyond it. Whoever chose a window minds the window and not the
    minute, so that their parcels may wait for a trip to share.
    """

    express_per_s: int = _whole(150, "a second of waiting for an express delivery")
    window_per_s: int = _whole(15, "a second of waiting within a booked window")
    near_promise_per_s: int = _whole(1_500, "a second shortly before the promise")
    near_promise_s: int = _whole(300, "how long before the promise that begins, in seconds")
    late_per_s: int = _whole(5_000, "a second after the promise")
    very_late_per_s: int = _whole(9_000, "a second long after the promise")
    very_late_s: int = _whole(900, "how long after the promise that begins, in seconds")


@dataclass(frozen=True, slots=True)
class Priority:
    """How many times a delivery's waiting and its staying open count; a merchant's number goes before the class's."""

    express: int = _whole(1, "express", least=1, most=20)
    same_day: int = _whole(1, "a window today", least=1, most=20)
    scheduled: int = _whole(1, "a window on a later day", least=1, most=20)
    merchants: Mapping[str, int] = field(
        default_factory=dict, metadata={"says": "by merchant id", "least": 1, "most": 20}
    )

    def of(self, service_class: str, merchant_id: str) -> int:
        weight: int = self.merchants.get(merchant_id, getattr(self, service_class, 1))
        return weight


@dataclass(frozen=True, slots=True)
class Offers:
    """When and what couriers are asked."""

    # How long before a courier must leave they are asked: time to decide, and this to get going.
    get_going_s: int = _whole(120, "from a yes to leaving, in seconds", most=3_600)
    # More than three stops pairs cannot be judged in a minute.
    most_together: int = _whole(3, "deliveries in one offer at most", least=1, most=12)
    decline_remembered_s: int = _whole(1_800, "who said no is not asked again about the same delivery for so long")
    expiry_remembered_s: int = _whole(300, "who did not answer, for so long")
    # A courier's order of stops changes only if that saves about this much: a minute of their time.
    reorder_gain: int = _whole(24_000, "another order of promised stops must save so much")


@dataclass(frozen=True, slots=True)
class OpenOffers:
    """What nobody has taken is offered to all who can: when, for how long, for how much, and who of them gets it."""

    use: bool = _switch(True, "offer to all what nobody has taken")
    after_noes: int = _whole(3, "when so many said no or did not answer", least=1, most=100)
    after_s: int = _whole(600, "or when it has waited for so long, in seconds", least=30, most=86_400)
    # Long enough to read it and to stop the bicycle; whoever is quickest wins nothing by it.
    window_s: int = _whole(20, "interest is gathered for so long, in seconds", least=3, most=900)
    step_every_s: int = _whole(60, "the pay rises every so many seconds", least=5, most=3_600)
    step_pct: int = _whole(10, "by so much of it, in per cent", most=100)
    cap_pct: int = _whole(50, "and by no more than this in all; then a person is called", most=1_000)
    again_s: int = _whole(1_800, "what nobody took for the most is offered to all again after so long", least=60)
    band_s: int = _whole(
        300, "who is at the store within the same so many seconds is equally near", least=1, most=3_600
    )
    wait_step_s: int = _whole(300, "waiting for work is compared in steps of so many seconds", least=1, most=86_400)


@dataclass(frozen=True, slots=True)
class Holding:
    """Whether a trip that should leave now waits for a parcel that is likely to come the same way."""

    step_s: int = _whole(120, "held for so long at a time; 0: never", most=1_800)
    express_most_s: int = _whole(300, "an express parcel is held so long after it is ready at most, in seconds")
    window_most_s: int = _whole(2_700, "one with a booked window so long, in seconds")
    companion_pct: int = _whole(30, "of 100 new deliveries of a store, so many go the same way", most=100)
    promise_margin_s: int = _whole(900, "never held if a door would come closer to its promise than this, in seconds")

    def most_s(self, service_class: str) -> int:
        return self.express_most_s if service_class == "express" else self.window_most_s


@dataclass(frozen=True, slots=True)
class Preparation:
    """How a store that keeps a courier waiting is believed to run late with everything."""

    grace_s: int = _whole(120, "waiting at the counter for so long beyond the usual is not yet late, in seconds")
    most_s: int = _whole(1_800, "no store is believed to run later than this, in seconds; 0: stores are punctual")


@dataclass(frozen=True, slots=True)
class Acceptance:
    """Whether a plan counts with a courier's no; the chance itself is learned (dispatch/acceptance.py)."""

    use: bool = _switch(True, "ask for the chance of a yes")
    replan_s: int = _whole(10, "from a no until somebody else is asked, in seconds", most=600)
    noes_s: int = _whole(3_600, "how long a no, or no answer, is counted, in seconds", most=86_400)
    learn_days: int = _whole(56, "answers of so many days are learned from", least=1, most=365)


@dataclass(frozen=True, slots=True)
class Fairness:
    """A bonus for who has earned least this shift, in thousandths of a minor unit for each delivery."""

    bonus: int = _whole(20_000, "for who has earned nothing yet; less for who has earned nearly as much as others")
    least_duty_s: int = _whole(1_800, "earnings are taken by the hour, of at least so long a duty, in s", least=60)


@dataclass(frozen=True, slots=True)
class Positions:
    """Where couriers with nothing to do are told it is good to wait (dispatch/positioning.py)."""

    use: bool = _switch(True, "suggest places")
    look_ahead_s: int = _whole(1_800, "deliveries expected within it count, in seconds", least=300, most=14_400)
    second_pct: int = _whole(35, "of 100 deliveries of a store, so many go to the second nearest", most=100)
    per_drive_pct: int = _whole(5, "100 s of driving must save so many seconds of lateness", most=1_000)
    least_saving_s: int = _whole(10, "and a move must save so much beyond that, in seconds")
    most_stores: int = _whole(12, "the busiest stores are places to wait at, so many of them", least=1, most=60)


@dataclass(frozen=True, slots=True)
class Estimates:
    """When an estimate or a flag is worth telling."""

    step_s: int = _whole(60, "a shopper hears of a new estimate if it moved so much, in seconds", least=1)
    # Lateness below a minute is noise of the estimate.
    late_grace_s: int = _whole(60, "so late is not yet late, in seconds")
    turn_s: int = _whole(1_500, "one delivery takes a courier so long, all in; a queue moves by it", least=60)


@dataclass(frozen=True, slots=True)
class SearchEffort:
    """How hard a plan is looked for. Rounds and never seconds: the same inputs must give the same plan."""

    rounds: int = _whole(1_000, "rounds of ruin and recreate at most", most=10_000_000)
    stops: int = _whole(80_000, "rounds times open deliveries at most", most=MOST)
    # Asking every courier about a delivery costs milliseconds; after a long silence the news come over a few rounds.
    news: int = _whole(12, "deliveries whose new reason to wait is looked into in one decision", least=1, most=1_000)


@dataclass(frozen=True, slots=True)
class PayRates:
    """What an offer pays, in minor units. What is not set here is as the market's settings say."""

    base_minor: int | None = _rate("for an offer")
    per_km_minor: int | None = _rate("for a kilometre of added way")
    per_minute_minor: int | None = _rate("for a minute of added work")
    extra_stop_minor: int | None = _rate("for each further delivery")
    floor_minor: int | None = _rate("at least, for each delivery")

    def given(self) -> dict[str, int]:
        """Those that are set, by name."""
        rates = {f.name: getattr(self, f.name) for f in fields(self)}
        return {name: minor for name, minor in rates.items() if minor is not None}


@dataclass(frozen=True, slots=True)
class DispatchPolicy:
    """All of it. `DispatchPolicy()` is what a market decides by unless its operator says otherwise."""

    costs: Costs = Costs()
    waiting: Waiting = Waiting()
    priority: Priority = field(default_factory=Priority)
    offers: Offers = Offers()
    open_offers: OpenOffers = OpenOffers()
    holding: Holding = Holding()
    preparation: Preparation = Preparation()
    acceptance: Acceptance = Acceptance()
    fairness: Fairness = Fairness()
    positions: Positions = Positions()
    estimates: Estimates = Estimates()
    search: SearchEffort = SearchEffort()
    pay: PayRates = PayRates()

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, lenient: bool = False) -> Self:
        """The policy that differs from the default by `values`: a mapping of sections, each of names and values.

        Parameters
        ----------
        values
            As parsed from TOML or JSON.
        lenient
            Leave out what this release does not know, as for settings that another release has stored.

        Raises
        ------
        BadPolicy
            Naming every unknown section and name and every value that does not fit.
        """
        wrong: list[FieldError] = []
        sections = {f.name: f for f in fields(cls)}
        changed: dict[str, Any] = {}
        for name, body in values.items():
            if name not in sections or not isinstance(body, Mapping):
                wrong.append(_unknown(f"/{name}", sections))
            else:
                changed[name] = _section(type(getattr(cls(), name)), f"/{name}", body, wrong)
        if wrong and not lenient:
            raise BadPolicy(wrong)
        return cls(**changed)

    @classmethod
    def from_toml(cls, text: str) -> Self:
        """Raises BadPolicy, also for text that is no TOML."""
        try:
            values = tomllib.loads(text)
        except tomllib.TOMLDecodeError as cause:
            raise BadPolicy([FieldError("", "not-toml", f"this is not TOML: {cause}")]) from cause
        return cls.from_values(values)

    def changes(self) -> dict[str, dict[str, Any]]:
        """What differs from the default: as small as the operator wrote it, and what a market stores."""
        plain, ours = asdict(type(self)()), asdict(self)
        differing = {
            section: {name: value for name, value in body.items() if value != plain[section][name]}
            for section, body in ours.items()
        }
        return {section: body for section, body in differing.items() if body}

    def to_toml(self) -> str:
        """All sections with all values, each with what it means; `from_toml` reads it back."""
        parts = []
        for section in fields(self):
            part = getattr(self, section.name)
            first_line = (type(part).__doc__ or "").splitlines()[0]
            tables = [f.name for f in fields(part) if isinstance(getattr(part, f.name), Mapping)]
            lines = [f"# {first_line}", f"[{section.name}]"]
            lines += [_toml_line(f, getattr(part, f.name)) for f in fields(part) if f.name not in tables]
            for name in tables:
                lines += ["", f"[{section.name}.{name}]"]
                lines += [f"{json.dumps(key)} = {value}" for key, value in sorted(getattr(part, name).items())]
            parts.append("\n".join(lines))
        return "\n\n".join(parts) + "\n"

    @property
    def digest(self) -> str:
        """Twelve letters and figures that change with any value: two policies of one digest decide alike."""
        body = json.dumps(asdict(self), sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(body.encode()).hexdigest()[:12]


# ── reading and writing ──


def _section(kind: type[Any], pointer: str, body: Mapping[str, Any], wrong: list[FieldError]) -> Any:
    """One section; what is wrong with it goes to `wrong` and stays as it is by default."""
    known = {f.name: f for f in fields(kind)}
    given: dict[str, Any] = {}
    for name, value in body.items():
        if name not in known:
            wrong.append(_unknown(f"{pointer}/{name}", known))
            continue
        faults = list(_faults(known[name], f"{pointer}/{name}", value))
        wrong.extend(faults)
        if not faults:
            given[name] = dict(value) if isinstance(value, Mapping) else value
    return kind(**given)


def _faults(known: Field[Any], pointer: str, value: Any) -> Iterator[FieldError]:
    if isinstance(known.default, bool):
        if not isinstance(value, bool):
            yield FieldError(pointer, "not-a-switch", "give true or false")
        return
    if known.default_factory is MISSING:
        yield from _number_faults(known, pointer, value)
    elif not isinstance(value, Mapping):
        yield FieldError(pointer, "not-a-table", "give a table of names and whole numbers")
    else:
        for key, each in value.items():
            yield from _number_faults(known, f"{pointer}/{key}", each)


def _number_faults(known: Field[Any], pointer: str, value: Any) -> Iterator[FieldError]:
    least, most = known.metadata["least"], known.metadata["most"]
    if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= most:
        yield FieldError(pointer, "bad-value", f"give a whole number from {least} to {most}")


def _unknown(pointer: str, known: Mapping[str, Field[Any]]) -> FieldError:
    return FieldError(pointer, "unknown", f"there is only {', '.join(known)}")


def _toml_line(known: Field[Any], value: object) -> str:
    if value is None:
        return f"# {known.name} =  # {known.metadata['says']}; not set: as the market's settings say"
    return f"{known.name} = {str(value).lower()}  # {known.metadata['says']}"
