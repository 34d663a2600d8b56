"""What couriers and the operator do: sign in, go on and off duty, tell where they are."""

import hashlib
import hmac
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final, Protocol

from homeward.coverage.model import MarketSettings
from homeward.deliveries.robots.model import Sighting
from homeward.fleets.couriers import policy
from homeward.fleets.couriers import repository as couriers
from homeward.fleets.couriers.errors import PhoneTaken, ShiftAlreadyOver, ShiftTooLong, UnknownMarket, WrongCode
from homeward.fleets.couriers.journeys.model import Journey
from homeward.fleets.couriers.model import Courier, Fix, Heard, NewCourier, SignedIn, SignInLimits, Whereabouts
from homeward.infra import audit
from homeward.infra.auth import Auth
from homeward.infra.db import Database, Tx
from homeward.kit.clock import Clock
from homeward.kit.ids import new_id
from homeward.kit.places import LatLon
from homeward.kit.problems import NotFound, TooManyRequests

# A courier's phone stays signed in: typing a code at the door of a store would cost more than a stolen phone risks.
SESSION_LENGTH: Final = timedelta(days=30)
# As long as the inputs of decisions: enough to answer a complaint.
POSITIONS_KEPT_DAYS: Final = 30


class CodeSender(Protocol):
    """Brings a one-time code to a phone; in the same transaction, so that no code is told that does not exist."""

    async def send_login_code(self, tx: Tx, *, phone: str, code: str) -> None: ...


class Gate(Protocol):
    """Knows of couriers on duty who are to be offered nothing new, and why: the limit that explanations name."""

    async def closed(self, tx: Tx, market_id: str, now: datetime) -> Mapping[str, str]: ...


class Carried(Protocol):
    """One open delivery, as far as duty is concerned."""

    @property
    def courier_id(self) -> str | None: ...


class OpenDeliveries(Protocol):
    """What couriers' duty asks of deliveries (`DeliveriesService`): who still has something to carry."""

    async def open_for_dispatch(
        self, tx: Tx, market_id: str, *, courier_id: str | None = None
    ) -> Sequence[Carried]: ...


class Robots(Protocol):
    """Who carries test deliveries (`RobotsService`)."""

    async def seen(self, courier_id: str) -> Sighting | None: ...

    async def seen_in(self, tx: Tx, courier_id: str) -> Sighting | None: ...


class CouriersService:
    """One for the process."""

    def __init__(
        self,
        db: Database,
        clock: Clock,
        auth: Auth,
        codes: CodeSender,
        deliveries: OpenDeliveries,
        *,
        limits: SignInLimits | None = None,
        robots: Robots | None = None,
        gates: Sequence[Gate] = (),
    ) -> None:
        self._db = db
        self._clock = clock
        self._auth = auth
        self._codes = codes
        self._deliveries = deliveries
        self._limits = limits or SignInLimits()
        self._robots = robots
        self._gates = gates
        self._listening_since = clock.now()

    # ── the operator's list ──

    async def create(self, new: NewCourier, by: str) -> Courier:
        """Whoever adds a courier lets them work, and is recorded for it. Raises BadPhone, PhoneTaken, UnknownMarket."""
        async with self._db.operator() as tx:
            courier_id = await self.add(tx, new, by)
        return await self.get(courier_id)

    async def add(self, tx: Tx, new: NewCourier, by: str) -> str:
        """The new courier's id, in the caller's transaction. Raises BadPhone, PhoneTaken, UnknownMarket."""
        complete = policy.with_defaults(new)
        courier_id = new_id("cou", self._clock.now())
        if not await couriers.market_exists(tx, complete.market_id):
            raise UnknownMarket(complete.market_id)
        if not await couriers.insert(tx, courier_id, complete, activated_by=by):
            raise PhoneTaken()
        await audit.record(tx, actor=by, action="courier.created", subject=courier_id)
        return courier_id

    async def get(self, courier_id: str) -> Courier:
        """Also the robot of a test delivery, who is never on duty. Raises NotFound."""
        robot = await self._robots.seen(courier_id) if self._robots else None
        if robot is not None:
            return policy.as_courier(courier_id, robot)
        async with self._db.operator() as tx:
            courier = await couriers.get(tx, courier_id)
        if courier is None:
            raise NotFound("courier", courier_id)
        return courier

    async def find(self, courier_id: str | None) -> Courier | None:
        """None for nobody, and for a leg that another company carries: its courier is not one of ours."""
        if courier_id is None:
            return None
        async with self._db.operator() as tx:
            return await couriers.get(tx, courier_id)

    async def list(self, market_id: str | None = None, on_duty: bool | None = None) -> Sequence[Courier]:
        async with self._db.operator() as tx:
            return await couriers.listed(tx, market_id, on_duty)

    # ── signing in ──

    async def request_code(self, phone: str, ip: str) -> None:
        """Sends a code to a courier we know. For a stranger's number everything looks the same.

        Raises BadPhone, and TooManyRequests for this phone or this address.
        """
        await self._send_code(phone, ip, also_to_strangers=False)

    async def prove_phone(self, phone: str, ip: str) -> None:
        """Sends a code to anybody: who wants to become a courier. Raises as `request_code` does."""
        await self._send_code(phone, ip, also_to_strangers=True)

    async def _send_code(self, phone: str, ip: str, *, also_to_strangers: bool) -> None:
        number = policy.e164(phone)
        code_id, code = new_id("otp", self._clock.now()), f"{secrets.randbelow(1_000_000):06d}"
        async with self._db.operator() as tx:
            await couriers.lock_sign_in(tx, number, ip)
            by_phone, by_ip = await couriers.codes_in_last_hour(tx, phone=number, ip=ip)
            if by_phone >= self._limits.codes_per_phone or by_ip >= self._limits.codes_per_ip:
                raise TooManyRequests(retry_after_s=900)
            await couriers.insert_code(
                tx,
                code_id=code_id,
                phone=number,
                ip=ip,
                code_hash=_code_hash(code_id, code),
                tries=self._limits.tries_per_code,
                valid_s=self._limits.code_valid_s,
            )
            if also_to_strangers or await couriers.by_phone(tx, number) is not None:
                await self._codes.send_login_code(tx, phone=number, code=code)

    async def sign_in(self, phone: str, code: str) -> SignedIn:
        """A session for the courier. Raises WrongCode; the try is counted all the same."""
        number = policy.e164(phone)
        fits = await self._code_fits(number, code)
        async with self._db.operator() as tx:
            courier = await couriers.by_phone(tx, number)
        if courier is None or not fits:
            raise WrongCode()
        token = await self._auth.open_session("courier", courier.id, length=SESSION_LENGTH)
        return SignedIn(token, courier)

    async def proven_phone(self, phone: str, code: str) -> str:
        """The number, which whoever has the code may use. Raises WrongCode; the try is counted all the same."""
        number = policy.e164(phone)
        if not await self._code_fits(number, code):
            raise WrongCode()
        return number

    async def _code_fits(self, number: str, code: str) -> bool:
        # A transaction of its own: a later refusal that rolled it back would give the try back.
        async with self._db.operator() as tx:
            asked = await couriers.take_try(tx, number)
            fits = asked is not None and hmac.compare_digest(asked["code_hash"], _code_hash(asked["id"], code))
            if asked is not None and fits:
                await couriers.mark_used(tx, asked["id"])
        return fits

    async def known(self, tx: Tx, phone: str) -> bool:
        """Whether an active courier has this number."""
        return await couriers.by_phone(tx, phone) is not None

    async def knows_market(self, tx: Tx, market_id: str) -> bool:
        return await couriers.market_exists(tx, market_id)

    async def keep_papers(self, tx: Tx, courier_id: str, valid_until: datetime | None) -> None:
        """Until when offers may come; None keeps no papers."""
        await couriers.keep_papers(tx, courier_id, valid_until)

    async def ask_consent(self, tx: Tx, courier_ids: Sequence[str], due_at: datetime | None) -> None:
        """A newer agreement must be accepted until then; None: it has been."""
        await couriers.ask_consent(tx, courier_ids, due_at)

    async def forget_old_codes(self) -> int:
        """A loop body."""
        async with self._db.operator() as tx:
            return await couriers.forget_old_codes(tx)

    # ── duty ──

    async def set_duty(
        self, courier_id: str, on: bool, shift_ends: datetime | None = None, place: LatLon | None = None
    ) -> Courier:
        """On: offers may come until `shift_ends`. Off: no new ones; stops already promised are still to be made.

        Raises ShiftAlreadyOver, ShiftTooLong.
        """
        now = self._clock.now()
        if on and shift_ends is not None and shift_ends <= now:
            raise ShiftAlreadyOver(shift_ends)
        if on and shift_ends is not None and shift_ends > now + policy.LONGEST_SHIFT:
            raise ShiftTooLong(now + policy.LONGEST_SHIFT)
        async with self._db.operator() as tx:
            # Held, so that nothing is accepted between our look at their work and the end of their duty.
            courier = await self.held(tx, courier_id)
            if on:
                await couriers.begin_duty(tx, courier_id, at=now, shift_ends=shift_ends)
                if place is not None:
                    await couriers.keep_latest(tx, {courier_id: Fix(now, place)})
            elif await self._has_open_work(tx, courier):
                await couriers.wind_down(tx, courier_id, now)
            else:
                await couriers.end_duty(tx, [courier_id])
        return await self.get(courier_id)

    async def _has_open_work(self, tx: Tx, courier: Courier) -> bool:
        return bool(await self._deliveries.open_for_dispatch(tx, courier.market_id, courier_id=courier.id))

    async def begin_journey(self, tx: Tx, courier_id: str, journey: Journey, now: datetime) -> None:
        """On duty from where the journey starts to when it ends; for who is off duty."""
        await couriers.begin_duty(tx, courier_id, at=now, shift_ends=journey.arrives_by)
        await couriers.keep_latest(tx, {courier_id: Fix(now, journey.start)})

    async def held(self, tx: Tx, courier_id: str) -> Courier:
        """Read and locked until the caller's transaction ends. Raises NotFound."""
        courier = await couriers.get(tx, courier_id, lock=True)
        if courier is None:
            raise NotFound("courier", courier_id)
        return courier

    async def end_duty(self, tx: Tx, courier_ids: Sequence[str]) -> int:
        """For dispatch: the shift is over and the last stop is made."""
        return await couriers.end_duty(tx, courier_ids)

    async def on_duty(self, tx: Tx, market_id: str) -> Sequence[Courier]:
        """With the limit that keeps new offers away, for each who has one; the first gate that knows one names it."""
        closed: dict[str, str] = {}
        for gate in self._gates:
            closed = {**await gate.closed(tx, market_id, self._clock.now()), **closed}
        found = await couriers.on_duty(tx, market_id)
        return [replace(courier, closed=closed[courier.id]) if courier.id in closed else courier for courier in found]

    async def sweep_lost(self) -> int:
        """Loop body: marks couriers on duty from whom nothing was heard for too long."""
        async with self._db.operator() as tx:
            lost = await couriers.mark_lost(
                tx,
                now=self._clock.now(),
                listening_since=self._listening_since,
                default_s=MarketSettings().lost_contact_s,
            )
        return len(lost)

    # ── positions ──

    async def seen_at(self, tx: Tx, courier_ids: Sequence[str]) -> dict[str, Whereabouts]:
        """Where these were last seen, inside the caller's transaction; without those that are silent."""
        found = await couriers.seen_at(tx, courier_ids)
        for courier_id in courier_ids:
            robot = await self._robots.seen_in(tx, courier_id) if self._robots else None
            if robot is not None:
                found[courier_id] = Whereabouts(robot.place, None, robot.at)
        return found

    async def on_the_road(self, since: datetime, until: datetime) -> Sequence[Courier]:
        """Couriers who reported a position in that time, as far back as positions are kept."""
        async with self._db.operator() as tx:
            return await couriers.on_the_road(tx, since, until)

    async def heard(
        self, courier_ids: Sequence[str], since: datetime, until: datetime
    ) -> Mapping[str, Sequence[Heard]]:
        """Their positions in that time, in the order in which they reached us; empty for who reported none."""
        async with self._db.operator() as tx:
            return await couriers.heard(tx, courier_ids, since, until)

    async def record_positions(self, courier_id: str, fixes: Sequence[Fix]) -> int:
        """How many were kept: none while off duty."""
        return await self.record_batch({courier_id: fixes})

    async def forget_old_positions(self) -> int:
        """A loop body: where everybody was is not kept for ever."""
        async with self._db.operator() as tx:
            return await couriers.forget_old_positions(tx, POSITIONS_KEPT_DAYS)

    async def record_batch(self, reports: Mapping[str, Sequence[Fix]]) -> int:
        """Reports of many couriers in one transaction; returns how many fixes were kept."""
        now = self._clock.now()
        kept = {courier_id: policy.believable(fixes, now) for courier_id, fixes in reports.items()}
        latest = {courier_id: policy.newest(fixes) for courier_id, fixes in kept.items() if fixes}
        if not latest:
            return 0
        async with self._db.operator() as tx:
            on_duty = await couriers.keep_latest(tx, latest)
            history = [(courier_id, fix) for courier_id in on_duty for fix in kept[courier_id]]
            await couriers.append_history(tx, history)
        return len(history)


def _code_hash(code_id: str, code: str) -> bytes:
    # Salted by its id; ten minutes and five tries are what protects six digits.
    return hashlib.sha256(f"{code_id}:{code.strip()}".encode()).digest()
