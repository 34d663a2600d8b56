"""May it be carried, and what is offered: limits in their order, then options with price and promise. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import islice
from typing import Final

from homeward.coverage.model import MarketSettings, ServiceClass
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem
from homeward.kit.units import Seconds
from homeward.kit.windows import Window
from homeward.quotes.errors import (
    BeyondHorizon,
    CapabilityNotOffered,
    NoRoadNearDoor,
    NoRoadToDoor,
    NothingToOffer,
    NoWindowLeft,
    ServiceClassNotOffered,
    TooFar,
    TooHeavy,
    TooLarge,
    WindowDoesNotFitClass,
)
from homeward.quotes.model import (
    Answer,
    Basis,
    Parcel,
    Price,
    PromiseSettings,
    QuoteOption,
    QuoteRequest,
    Refusal,
)
from homeward.quotes.promise import (
    Promise,
    Reach,
    express_promise,
    local_day,
    reach,
    service_class_of,
    window_promise,
    windows_on_offer,
)
from homeward.quotes.tariff import Peak, TariffRules, Trip, peak_at, price_lines

_HOUR_S: Final = 3_600
_MOMENT: Final = timedelta(seconds=1)
# A wish such as "some time on Friday" is answered with every window of that day, and no more than a screen of them.
_MOST_WINDOWS: Final = 24


@dataclass(frozen=True, slots=True)
class RoadToDoor:
    """What the roads say. Without a way there, `distance_m` and `drive_s` are None; `snap_m` is from road to door."""

    distance_m: int | None
    drive_s: int | None
    snap_m: int


# ── limits ──


def require_parcel(parcel: Parcel, settings: MarketSettings) -> None:
    """Raises TooHeavy, TooLarge or CapabilityNotOffered."""
    if parcel.weight_g > settings.max_weight_g:
        raise TooHeavy(weight_g=parcel.weight_g, limit_g=settings.max_weight_g)
    if parcel.size.rank > settings.max_size.rank:
        raise TooLarge(size=parcel.size.value, limit=settings.max_size.value)
    missing = sorted(set(parcel.needs) - set(settings.capabilities))
    if missing:
        raise CapabilityNotOffered(missing=missing, offered=list(settings.capabilities))


def require_road(road: RoadToDoor, door: LatLon, settings: MarketSettings) -> None:
    """Raises NoRoadNearDoor, NoRoadToDoor or TooFar."""
    if road.snap_m > settings.snap_limit_m:
        raise NoRoadNearDoor(distance_m=road.snap_m, limit_m=settings.snap_limit_m)
    if road.distance_m is None:
        raise NoRoadToDoor(place=door)
    if road.distance_m > settings.max_distance_m:
        raise TooFar(distance_m=road.distance_m, limit_m=settings.max_distance_m)


def promise_settings(settings: MarketSettings, drive_s: Seconds) -> PromiseSettings:
    """What promises depend on; the buffer grows with the drive, because long drives vary more."""
    return PromiseSettings(
        service_classes=settings.service_classes,
        window_lengths_s=settings.window_lengths_s,
        windows_per_length=settings.windows_per_length,
        horizon_s=settings.horizon_s,
        valid_s=settings.quote_valid_s,
        checkout_s=settings.checkout_s,
        express_promise_s=settings.express_promise_s,
        express_limit_s=settings.express_limit_s,
        pickup_s=settings.pickup_s,
        door_s=settings.door_s,
        buffer_s=Seconds(settings.buffer_s + drive_s * settings.buffer_per_mille // 1000),
        max_hold_s=settings.max_hold_s,
        search_ahead_s=settings.search_ahead_s,
        promise_share_pct=settings.promise_share_pct,
        window_closes_s=settings.window_closes_s,
    )


# ── options ──


def answer(request: QuoteRequest, basis: Basis, rules: TariffRules) -> Answer:
    """Every option that can be kept, best first by class and time, and for each other class why not."""
    horizon = basis.now + timedelta(seconds=basis.settings.horizon_s)
    options: list[tuple[ServiceClass, Promise]] = []
    refusals: list[tuple[ServiceClass, Problem]] = []
    for service_class in _classes_asked(request, basis):
        try:
            if service_class not in basis.settings.service_classes:
                offered = [offered.value for offered in basis.settings.service_classes]
                raise ServiceClassNotOffered(service_class=service_class.value, offered=offered)
            if request.ready_at is not None and request.ready_at > horizon:
                raise BeyondHorizon(asked=request.ready_at, latest_accepted=horizon)
            promises = _promises(service_class, request, basis)
        except Problem as refusal:
            refusals.append((service_class, refusal))
        else:
            options += [(service_class, promise) for promise in promises]
    prices = _Prices(request.parcel, basis, rules)
    numbered = enumerate(options, start=1)
    return Answer(
        options=tuple(
            QuoteOption(
                id=f"opt_{number}",
                service_class=service_class,
                window=promise.window,
                ready_at=promise.ready_at,
                search_from=promise.search_from,
                book_by=promise.book_by,
                price=prices.of(service_class, promise.window),
                reasoning=promise.reasoning,
                confidence=promise.confidence,
            )
            for number, (service_class, promise) in numbered
        ),
        refusals=tuple(refusals),
    )


def require_something(given: Answer) -> None:
    """Raises the one reason why there is no option, or NothingToOffer with a reason for each class."""
    if given.options:
        return
    if len({refusal.slug for _, refusal in given.refusals}) == 1:
        raise given.refusals[0][1]
    raise NothingToOffer([as_refusal(service_class, why).to_json() for service_class, why in given.refusals])


def as_refusal(service_class: ServiceClass, why: Problem) -> Refusal:
    return Refusal(service_class, why.slug, why.title, why.detail(), why.members())


def _classes_asked(request: QuoteRequest, basis: Basis) -> tuple[ServiceClass, ...]:
    if request.service_class is not None:
        return (request.service_class,)
    if request.window is not None:
        # A wish may begin today and end on a later day; what ends at midnight still belongs to the day before.
        ends = Window(max(request.window.earliest, request.window.latest - _MOMENT), request.window.latest)
        first, last = (service_class_of(end, basis.now, basis.time_zone) for end in (request.window, ends))
        exact = request.window.latest - request.window.earliest <= timedelta(seconds=_longest_s(basis))
        return (first,) if exact or first is last else (first, last)
    # What a market never offers is no news to somebody who asked for anything.
    return basis.settings.service_classes


def _promises(service_class: ServiceClass, request: QuoteRequest, basis: Basis) -> list[Promise]:
    if service_class is ServiceClass.EXPRESS:
        if request.window is not None:
            fits = service_class_of(request.window, basis.now, basis.time_zone)
            raise WindowDoesNotFitClass(service_class=service_class.value, fits=fits.value)
        return [express_promise(basis, request.ready_at)]
    if request.window is None:
        return _first_windows(service_class, request.ready_at, basis)
    fits = service_class_of(request.window, basis.now, basis.time_zone)
    length = request.window.latest - request.window.earliest
    if length <= timedelta(seconds=_longest_s(basis)):
        promise = window_promise(basis, request.ready_at, request.window)
        if fits is not service_class:
            raise WindowDoesNotFitClass(service_class=service_class.value, fits=fits.value)
        return [promise]
    return _windows_inside(service_class, request.ready_at, request.window, basis)


def _longest_s(basis: Basis) -> int:
    return max(basis.settings.window_lengths_s)


def _first_windows(service_class: ServiceClass, ready_at: datetime | None, basis: Basis) -> list[Promise]:
    """The first windows of each length on today, or on the first later day that has any."""
    soonest = reach(basis, ready_at)
    days = [0] if service_class is ServiceClass.SAME_DAY else range(1, basis.settings.horizon_s // 86_400 + 1)
    for day in days:
        within = local_day(basis.now, basis.time_zone, day)
        found = [
            promise
            for length_s in basis.settings.window_lengths_s
            for promise in islice(
                _kept(_today(basis, length_s, within, step_s=length_s), ready_at, basis, soonest),
                basis.settings.windows_per_length,
            )
        ]
        if found:
            return found
    raise NoWindowLeft(earliest_promise=soonest.kept_by)


def _windows_inside(
    service_class: ServiceClass, ready_at: datetime | None, wish: Window, basis: Basis
) -> list[Promise]:
    windows = [
        window
        for length_s in basis.settings.window_lengths_s
        for window in _today(basis, length_s, wish, step_s=_HOUR_S)
        if service_class_of(window, basis.now, basis.time_zone) is service_class
    ]
    if windows:
        kept = _kept(iter(windows), ready_at, basis, reach(basis, ready_at))
        promises = list(islice(kept, _MOST_WINDOWS))
        if promises:
            return promises
    # Nothing fits: say why of the last window, the one that had the most time.
    last = max(windows, key=lambda window: window.latest, default=wish)
    window_promise(basis, ready_at, last)
    raise NoWindowLeft(earliest_promise=reach(basis, ready_at).kept_by)


def _today(basis: Basis, length_s: int, within: Window, *, step_s: int) -> Iterator[Window]:
    """Windows on offer that have not begun yet."""
    begins = max(within.earliest, basis.now)
    if begins >= within.latest:
        return iter(())
    return windows_on_offer(basis, length_s, within=Window(begins, within.latest), step_s=step_s)


def _kept(windows: Iterator[Window], ready_at: datetime | None, basis: Basis, soonest: Reach) -> Iterator[Promise]:
    for window in windows:
        try:
            yield window_promise(basis, ready_at, window, soonest)
        except Problem:
            continue


class _Prices:
    """Prices of one parcel to one door; most options of an answer share theirs, so each is computed once."""

    def __init__(self, parcel: Parcel, basis: Basis, rules: TariffRules) -> None:
        self._parcel = parcel
        self._basis = basis
        self._rules = rules
        self._known: dict[tuple[ServiceClass, int, Peak | None], Price] = {}

    def of(self, service_class: ServiceClass, window: Window) -> Price:
        # What is over of a window serves nobody: an early beginning must make no promise cheaper, nor dodge a peak.
        begins = max(window.earliest, self._basis.now)
        window_s = int((window.latest - begins).total_seconds())
        peak = peak_at(begins, self._basis.time_zone, self._rules.peak)
        key = (service_class, window_s, peak)
        if key not in self._known:
            self._known[key] = self._computed(service_class, Seconds(window_s), begins)
        return self._known[key]

    def _computed(self, service_class: ServiceClass, window_s: Seconds, at: datetime) -> Price:
        trip = Trip(
            distance_m=self._basis.distance_m,
            weight_g=self._parcel.weight_g,
            size=self._parcel.size,
            service_class=service_class,
            window_s=window_s,
            at=at,
            time_zone=self._basis.time_zone,
        )
        lines = price_lines(trip, self._rules)
        return Price(Money(sum(line.minor for line in lines), self._rules.currency), lines)
