"""When can it be there: from the state of the store, the couriers and the road to a promise. Pure.

The live platform, the simulator and a replay of last Friday all run these functions.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from zoneinfo import ZoneInfo

from homeward.coverage.model import ServiceClass
from homeward.kit.problems import Problem
from homeward.kit.units import Seconds
from homeward.kit.windows import Window
from homeward.quotes.calibration import URGENT_SLACK_S, buffer_s, greatest_buffer_s, share_kept
from homeward.quotes.errors import (
    BeyondHorizon,
    ExpressTooSlow,
    OutsideHours,
    ReadyAfterWindow,
    StoreClosed,
    TooShortNotice,
    WindowClosed,
    WindowInPast,
    WindowTooShort,
)
from homeward.quotes.model import Basis, Confidence, ReasonTerm, Supply, Wait

# Shoppers are told round times; rounding always goes to the side that is safe to keep.
_ROUND_TO: Final = timedelta(minutes=5)
_HOUR: Final = timedelta(hours=1)
_SECOND: Final = timedelta(seconds=1)


@dataclass(frozen=True, slots=True)
class Promise:
    """A window that can be kept, why, how surely, and what the search for a courier needs to know."""

    window: Window
    ready_at: datetime
    search_from: datetime
    book_by: datetime
    reasoning: tuple[ReasonTerm, ...]
    confidence: Confidence


@dataclass(frozen=True, slots=True)
class Reach:
    """The soonest that somebody can be expected at the door.

    `begins_at` is when the store can begin with it, `wanted_at` when parcel and courier are both there, `pickup_at` the
    same with the store open, `expected_at` when it should be in the shopper's hands, `kept_by` the first moment that
    can be promised: `buffer_s` later.
    """

    begins_at: datetime
    ready_at: datetime
    courier_at: datetime
    wanted_at: datetime
    pickup_at: datetime
    expected_at: datetime
    kept_by: datetime
    buffer_s: Seconds
    terms: tuple[ReasonTerm, ...]

    @property
    def waits_for_store(self) -> bool:
        return self.pickup_at > self.wanted_at


def expected_wait(
    supply: Supply | None,
    now: datetime,
    *,
    default_wait_s: Seconds,
    no_courier_wait_s: Seconds,
    fresh_s: Seconds,
) -> Wait:
    """How long a courier is waited for: as measured if that is recent, else the market's default."""
    if supply is None or now - supply.observed_at > timedelta(seconds=fresh_s):
        return Wait(default_wait_s, "default")
    if supply.couriers_on_duty == 0:
        return Wait(Seconds(max(no_courier_wait_s, supply.expected_wait_s)), "nobody_on_duty")
    return Wait(Seconds(max(0, supply.expected_wait_s)), "measured")


def merged(openings: Iterable[Window]) -> tuple[Window, ...]:
    """The same moments with touching openings joined, in order; a day's midnight is then no closing time."""
    result: list[Window] = []
    for window in sorted(openings):
        if result and window.earliest <= result[-1].latest:
            result[-1] = Window(result[-1].earliest, max(result[-1].latest, window.latest))
        else:
            result.append(window)
    return tuple(result)


def first_open(openings: Iterable[Window], moment: datetime) -> datetime | None:
    """The first open moment at or after `moment`. A closing moment itself counts as closed."""
    for window in openings:
        if window.latest > moment:
            return max(window.earliest, moment)
    return None


def reach(basis: Basis, ready_at: datetime | None) -> Reach:
    """The soonest way to the door.

    Raises
    ------
    StoreClosed
        If the store does not open again within the horizon.
    """
    settings = basis.settings
    booked_at = basis.now + timedelta(seconds=settings.checkout_s)
    begins_at, ready, terms = _ready(basis, ready_at, booked_at)
    courier_at = booked_at + timedelta(seconds=basis.wait.seconds)
    wanted_at = max(ready, courier_at)
    pickup_at = first_open(basis.store_openings, wanted_at)
    if pickup_at is None:
        raise StoreClosed(opens_at=None)
    expected_at = pickup_at + timedelta(seconds=settings.pickup_s + basis.drive_s + settings.door_s)
    in_hand = _in_hand(basis, expected_at)
    terms = [
        ReasonTerm("checkout", settings.checkout_s),
        *terms,
        # Whoever prepares does not wait for the courier meanwhile: only what is left counts.
        _term("courier_wait", wanted_at - max(ready, booked_at)),
        _term("store_opens", pickup_at - wanted_at),
        ReasonTerm("pickup", settings.pickup_s),
        ReasonTerm("drive", basis.drive_s),
        ReasonTerm("door", settings.door_s),
        in_hand,
    ]
    return Reach(
        begins_at=begins_at,
        ready_at=ready,
        courier_at=courier_at,
        wanted_at=wanted_at,
        pickup_at=pickup_at,
        expected_at=expected_at,
        kept_by=expected_at + timedelta(seconds=in_hand.seconds),
        buffer_s=in_hand.seconds,
        terms=tuple(term for term in terms if term.seconds),
    )


def _ready(basis: Basis, ready_at: datetime | None, booked_at: datetime) -> tuple[datetime, datetime, list[ReasonTerm]]:
    """When work begins and the parcel can leave: as the merchant says, or prepared from the booking or opening on."""
    if ready_at is not None:
        return booked_at, ready_at, [_term("ready_at", max(ready_at, booked_at) - booked_at)]
    begins = first_open(basis.store_openings, booked_at)
    if begins is None:
        raise StoreClosed(opens_at=None)
    preparation = timedelta(seconds=basis.preparation_s)
    terms = [_term("opening", begins - booked_at), _term("preparation", preparation)]
    return begins, begins + preparation, terms


def express_promise(basis: Basis, ready_at: datetime | None) -> Promise:
    """About an hour: at least the usual promise, later when nobody is near, refused beyond the market's limit.

    Raises
    ------
    StoreClosed, ExpressTooSlow, OutsideHours
    """
    settings = basis.settings
    soonest = reach(basis, ready_at)
    reference = max(basis.now, ready_at) if ready_at is not None else basis.now
    limit = reference + timedelta(seconds=settings.express_limit_s)
    if soonest.kept_by > limit:
        opens_at = _opens_for(basis, soonest, ready_at)
        if opens_at is not None:
            raise StoreClosed(opens_at=opens_at)
        raise ExpressTooSlow(earliest_promise=_up(soonest.kept_by), latest_accepted=limit)
    latest = _up(max(soonest.kept_by, reference + timedelta(seconds=settings.express_promise_s)))
    # Nobody can be at the door sooner than with a courier already waiting in the store.
    parcel_at = first_open(basis.store_openings, max(soonest.ready_at, basis.now))
    assert parcel_at is not None, "a later pickup was found"
    earliest = _down(parcel_at + timedelta(seconds=settings.pickup_s + basis.drive_s))
    window = Window(earliest, latest)
    _require_market_open(basis, window)
    search_from = max(basis.now, parcel_at - timedelta(seconds=max(settings.search_ahead_s, basis.wait.seconds)))
    return Promise(
        window,
        soonest.ready_at,
        search_from,
        _book_by(basis, soonest, ready_at, latest),
        _reasoning(soonest, latest),
        _confidence(basis, soonest, window, urgent=True),
    )


def window_promise(basis: Basis, ready_at: datetime | None, window: Window, soonest: Reach | None = None) -> Promise:
    """The wished window, if it can be kept. `soonest` spares computing `reach` again for each of many windows.

    Raises
    ------
    WindowInPast, WindowClosed, BeyondHorizon, WindowTooShort, OutsideHours, ReadyAfterWindow, TooShortNotice,
    StoreClosed
    """
    settings = basis.settings
    _require_window(basis, window)
    soonest = soonest or reach(basis, ready_at)
    if soonest.kept_by > window.latest:
        raise _too_late(basis, soonest, ready_at, window)
    travel = timedelta(seconds=settings.pickup_s + basis.drive_s)
    latest_pickup = window.latest - _from_pickup_to_promise(basis, soonest.buffer_s)
    # Picked up too early, the parcel would ride around until the window opens.
    not_before = max(soonest.pickup_at, window.earliest - travel - timedelta(seconds=settings.max_hold_s))
    pickup_at = first_open(basis.store_openings, not_before)
    if pickup_at is None or pickup_at > latest_pickup:
        raise StoreClosed(opens_at=pickup_at)
    # Best of all, the courier leaves so as to arrive when the window opens; if the store closes before that, sooner.
    for opening in basis.store_openings:
        if opening.latest > not_before and opening.earliest <= latest_pickup:
            pickup_at = max(pickup_at, min(window.earliest - travel, opening.latest - _ROUND_TO), opening.earliest)
            break
    ready = ready_at if ready_at is not None else max(soonest.ready_at, pickup_at)
    search_from = max(basis.now, pickup_at - timedelta(seconds=settings.search_ahead_s))
    book_by = _book_by(basis, soonest, ready_at, window.latest)
    closes_at = _closes_at(basis, window)
    book_by = min(book_by, closes_at) if closes_at else book_by
    urgent = window.latest - soonest.kept_by <= timedelta(seconds=URGENT_SLACK_S)
    confidence = _confidence(basis, soonest, window, urgent=urgent)
    return Promise(window, ready, search_from, book_by, _reasoning(soonest, window.latest), confidence)


def windows_on_offer(basis: Basis, length_s: int, *, within: Window, step_s: int) -> Iterator[Window]:
    """Windows of one length on full local hours, inside the market's hours and `within`, `step_s` apart.

    Lengths are elapsed time, so a window over a change of the clocks is as long as any other.
    """
    zone = ZoneInfo(basis.time_zone)
    length = timedelta(seconds=length_s)
    for opening in basis.market_openings:
        begins = _next_full_hour(max(opening.earliest, within.earliest), zone)
        last = min(opening.latest, within.latest)
        while begins + length <= last:
            yield Window(begins, begins + length)
            # Steps are whole hours; half-hour clock changes (Lord Howe) are put right by rounding again.
            begins = _next_full_hour(begins + timedelta(seconds=step_s), zone)


def service_class_of(window: Window, now: datetime, time_zone: str) -> ServiceClass:
    """Same day if the window begins on the market's local today (or began before), scheduled otherwise."""
    zone = ZoneInfo(time_zone)
    begins_today = window.earliest.astimezone(zone).date() <= now.astimezone(zone).date()
    return ServiceClass.SAME_DAY if begins_today else ServiceClass.SCHEDULED


def local_day(now: datetime, time_zone: str, days_ahead: int = 0) -> Window:
    """From local midnight to local midnight: 23 to 25 hours where clocks change."""
    zone = ZoneInfo(time_zone)
    day = now.astimezone(zone).date() + timedelta(days=days_ahead)
    begins = datetime(day.year, day.month, day.day, tzinfo=zone)
    after = day + timedelta(days=1)
    ends = datetime(after.year, after.month, after.day, tzinfo=zone)
    return Window(begins.astimezone(now.tzinfo), ends.astimezone(now.tzinfo))


def _require_window(basis: Basis, window: Window) -> None:
    """Limits that depend on nothing but the clock and the market's hours."""
    now, settings = basis.now, basis.settings
    horizon = now + timedelta(seconds=settings.horizon_s)
    length_s = int((window.latest - window.earliest).total_seconds())
    if window.latest <= now:
        raise WindowInPast(latest=window.latest, now=now)
    if window.latest > horizon:
        raise BeyondHorizon(asked=window.latest, latest_accepted=horizon)
    if length_s < min(settings.window_lengths_s):
        raise WindowTooShort(length_s=length_s, shortest_s=min(settings.window_lengths_s))
    closes_at = _closes_at(basis, window)
    if closes_at is not None and closes_at <= now:
        raise WindowClosed(closed_at=closes_at)
    _require_market_open(basis, window)


def _closes_at(basis: Basis, window: Window) -> datetime | None:
    """When bookings for it end, in a market that gathers them for one trip; None where they end when time runs out."""
    closes_s = basis.settings.window_closes_s
    return window.earliest - timedelta(seconds=closes_s) if closes_s else None


def _require_market_open(basis: Basis, window: Window) -> None:
    # A window that has begun was open before "now", where the openings at hand begin.
    begins = max(window.earliest, basis.now)
    if not any(opening.holds(begins) and opening.holds(window.latest) for opening in basis.market_openings):
        later = [opening.earliest for opening in basis.market_openings if opening.earliest > begins]
        raise OutsideHours(opens_at=min(later, default=None))


def _too_late(basis: Basis, soonest: Reach, ready_at: datetime | None, window: Window) -> Problem:
    """What to blame when the soonest way is too late: the merchant's ready time, the store's hours, or the notice."""
    earliest_promise = _up(soonest.kept_by)
    if ready_at is not None and ready_at + _from_pickup_to_promise(basis, soonest.buffer_s) > window.latest:
        return ReadyAfterWindow(ready_at=ready_at, latest=window.latest, earliest_promise=earliest_promise)
    opens_at = _opens_for(basis, soonest, ready_at)
    if opens_at is not None:
        return StoreClosed(opens_at=opens_at)
    return TooShortNotice(latest=window.latest, earliest_promise=earliest_promise)


def _opens_for(basis: Basis, soonest: Reach, ready_at: datetime | None) -> datetime | None:
    """The opening that everything waits for, None if the store is open when it matters."""
    if soonest.waits_for_store:
        return soonest.pickup_at
    begins = first_open(basis.store_openings, basis.now)
    return begins if ready_at is None and begins is not None and begins > basis.now else None


def _from_pickup_to_promise(basis: Basis, buffer_s: Seconds) -> timedelta:
    settings = basis.settings
    return timedelta(seconds=settings.pickup_s + basis.drive_s + settings.door_s + buffer_s)


def _in_hand(basis: Basis, expected_at: datetime) -> ReasonTerm:
    """What the promise keeps in hand: as learned for that hour, else the market's fixed buffer."""
    if basis.calibration is None:
        return ReasonTerm("buffer", basis.settings.buffer_s)
    share_pct = basis.settings.promise_share_pct
    return ReasonTerm(
        "calibration", buffer_s(basis.calibration, share_pct, expected_at, basis.time_zone, basis.drive_s)
    )


def _confidence(basis: Basis, soonest: Reach, window: Window, *, urgent: bool) -> Confidence:
    """How likely it is kept: by how late deliveries of that hour are, or by how windows with time to spare go."""
    aimed = Confidence(basis.settings.promise_share_pct / 100, 0, "default")
    if basis.calibration is None:
        return aimed
    if urgent:
        spare_s = int((window.latest - soonest.expected_at).total_seconds())
        share = share_kept(basis.calibration, soonest.expected_at, basis.time_zone, basis.drive_s, spare_s)
        return Confidence(
            round(share, 2), basis.calibration.hour(soonest.expected_at, basis.time_zone).sample, "learned"
        )
    curve = basis.calibration.hour(max(soonest.expected_at, window.earliest), basis.time_zone)
    if not curve.windows_sample:
        return aimed
    return Confidence(min(0.99, round(curve.windows_kept / 1_000, 2)), curve.windows_sample, "learned")


def _book_by(basis: Basis, soonest: Reach, ready_at: datetime | None, promised_by: datetime) -> datetime:
    """The last moment to book: whoever hesitates longer would meet a closed store, or come too late for the promise."""
    in_hand_s = soonest.buffer_s
    if basis.calibration is not None:
        # Whoever books later may come into an hour that needs more.
        until = min(promised_by, soonest.expected_at + timedelta(seconds=basis.settings.valid_s))
        share_pct = basis.settings.promise_share_pct
        in_hand_s = greatest_buffer_s(
            basis.calibration, share_pct, soonest.expected_at, until, basis.time_zone, basis.drive_s
        )
    latest_pickup = max(soonest.pickup_at, promised_by - _from_pickup_to_promise(basis, in_hand_s))
    last = max(opening for opening in basis.store_openings if opening.earliest <= latest_pickup)
    pickup_by = min(latest_pickup, last.latest - _SECOND)
    if ready_at is not None:
        spare = pickup_by - soonest.courier_at
    else:
        # Preparation moves with the booking, and jumps to the next opening once the store is closed.
        begun_in = next(opening for opening in basis.store_openings if opening.latest > soonest.begins_at)
        spare = min(pickup_by - soonest.wanted_at, begun_in.latest - _SECOND - soonest.begins_at)
    settings = basis.settings
    return basis.now + min(timedelta(seconds=settings.valid_s), spare + timedelta(seconds=settings.checkout_s))


def _reasoning(soonest: Reach, promised_by: datetime) -> tuple[ReasonTerm, ...]:
    slack = _term("slack", promised_by - soonest.kept_by)
    return (*soonest.terms, slack) if slack.seconds else soonest.terms


def _term(name: str, length: timedelta) -> ReasonTerm:
    return ReasonTerm(name, Seconds(round(length.total_seconds())))


def _up(moment: datetime) -> datetime:
    down = _down(moment)
    return down if down == moment else down + _ROUND_TO


def _down(moment: datetime) -> datetime:
    return moment - timedelta(minutes=moment.minute % 5, seconds=moment.second, microseconds=moment.microsecond)


def _next_full_hour(moment: datetime, zone: ZoneInfo) -> datetime:
    local = moment.astimezone(zone)
    past = timedelta(minutes=local.minute, seconds=local.second, microseconds=local.microsecond)
    return moment if not past else moment + _HOUR - past
