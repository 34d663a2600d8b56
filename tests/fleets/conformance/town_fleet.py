"""A fleet as a maker would write it from the published text, in memory, and with faults that can be planted.

Six robots with one locked compartment each. Everything takes place second by second in `advance`.
"""

from datetime import UTC, datetime, timedelta
from typing import Any, Final

from homeward.fleets.contract.facts import (
    FactSheet,
    Place,
    Refusal,
    Vehicle,
    Vehicles,
    Weather,
)
from homeward.fleets.contract.legs import (
    ActionAnswer,
    AskAction,
    AskSecret,
    Feasibility,
    Hold,
    Holder,
    Leg,
    LegOrder,
    Quote,
    Reservation,
    Secret,
    Stop,
)
from homeward.fleets.contract.news import Event, Events
from homeward.fleets.contract.sandbox import (
    ActOfPerson,
    Advance,
    LostContact,
    Mishap,
    PersonAct,
    Repair,
    SetHours,
    SetWeather,
)
from homeward.fleets.contract.server import refuse
from homeward.fleets.contract.words import (
    ENDED,
    ON_BOARD,
    Action,
    ActionOutcome,
    EventKind,
    HoldKind,
    LegState,
    Limit,
)
from tests.fleets.conformance.town_facts import TRIP_S, WAIT_S, Issued, Job, Robot, facts, limits_of
from tests.fleets.conformance.town_views import leg_view, never_quoted, quoted, vehicle_view

S: Final = LegState
K: Final = EventKind


class TownFleet:
    """Keeps the contract, but for its `faults`."""

    def __init__(self, *faults: str, sheet: FactSheet | None = None) -> None:
        self.faults = set(faults)
        self.sheet = sheet or facts()
        self.now = datetime(2026, 11, 23, 10, tzinfo=UTC)
        self.weather = Weather(at=self.now)
        depot = Place(lat=47.05, lon=8.05)
        models = [model.id for model in self.sheet.models]
        self.robots = [Robot(f"barrow-{n}", self.now, depot, models[n % len(models)]) for n in range(6)]
        self.log: list[Event] = []
        self.quotes: dict[str, tuple[Quote, LegOrder]] = {}
        self.reservations: dict[str, Reservation | None] = {}
        self.jobs: dict[str, Job] = {}
        self.leg_of: dict[str, str] = {}
        self.quote_answers: dict[str, Quote] = {}
        self.reserve_answers: dict[str, Reservation] = {}
        self.commit_answers: dict[str, Leg] = {}
        self.act_answers: dict[str, ActionAnswer] = {}
        self.secret_answers: dict[str, Secret] = {}
        self.made = 0

    async def facts(self) -> FactSheet:
        return self.sheet

    async def vehicles(self) -> Vehicles:
        return Vehicles(items=[self._vehicle(robot) for robot in self.robots])

    def _vehicle(self, robot: Robot) -> Vehicle:
        free, looks_free = self._free(robot), "looks_free" in self.faults
        return vehicle_view(robot, self._job_of(robot), free=free, looks_free=looks_free)

    async def events(self, after: int, limit: int) -> Events:
        fresh = [event for event in self.log if event.number > after][:limit]
        if "double" in self.faults and len(fresh) > 1:
            fresh = [fresh[0], *fresh][:limit]
        if "changes_the_log" in self.faults and self.made % 2:
            fresh = [event.model_copy(update={"said": "changed"}) for event in fresh]
        return Events(items=fresh, last=self.log[-1].number if self.log else 0)

    async def feasible(self, order: LegOrder) -> Feasibility:
        limits = [Refusal(limit=limit, retry_after=self._again(limit)) for limit in self._limits(order)]
        if "one_limit" in self.faults:
            limits = limits[:1]
        return Feasibility(feasible=not limits, limits=limits)

    def _again(self, limit: Limit) -> datetime | None:
        return self.now + timedelta(minutes=30) if limit is Limit.WEATHER else None

    def _limits(self, order: LegOrder) -> list[Limit]:
        known = {robot.id for robot in self.robots}
        return limits_of(order, self.sheet, self.weather, self.now, known, self.faults)

    async def quote(self, order: LegOrder, key: str) -> Quote:
        if key in self.quote_answers and "two_quotes" not in self.faults:
            return self.quote_answers[key]
        limits = self._limits(order)
        if limits:
            raise refuse(limits[0], retry_after=self._again(limits[0]))
        if never_quoted(order, self.robots, self.sheet, self.faults):
            raise refuse(Limit.OPERATOR)
        made = quoted(self._id("quote"), order, self.sheet, self.now)
        self.quotes[made.id] = (made, order)
        self.quote_answers[key] = made
        return made

    async def reserve(self, quote_id: str, key: str) -> Reservation:
        if key in self.reserve_answers:
            return self.reserve_answers[key]
        if quote_id not in self.quotes:
            raise refuse(Limit.UNKNOWN)
        quote, order = self.quotes[quote_id]
        if self._over(quote.held_until, "quote_expires_early", "quote_never_expires"):
            raise refuse(Limit.EXPIRED)
        wanted = [robot for robot in self.robots if order.vehicle_id in (None, robot.id)]
        free = wanted if "double_booking" in self.faults else [robot for robot in wanted if self._free(robot)]
        if not free:
            raise refuse(Limit.NO_VEHICLE, retry_after=self.now + timedelta(minutes=20))
        until = self.now + timedelta(seconds=self.sheet.reservation_held_s)
        made = Reservation(
            id=self._id("reservation"),
            quote_id=quote_id,
            vehicle_id=free[0].id,
            compartment_id="lid",
            held_until=until,
        )
        self.reservations[made.id] = made
        self.reserve_answers[key] = made
        return made

    def _over(self, until: datetime, early: str, never: str) -> bool:
        if never in self.faults:
            return False
        return self.now > (until - timedelta(seconds=60) if early in self.faults else until)

    async def release(self, reservation_id: str) -> None:
        if reservation_id in self.reservations:
            self.reservations[reservation_id] = None

    async def commit(self, reservation_id: str, key: str) -> Leg:
        if reservation_id in self.leg_of and "two_legs" not in self.faults:
            return self._leg(self.jobs[self.leg_of[reservation_id]])
        if key in self.commit_answers and "two_legs" not in self.faults:
            return self.commit_answers[key]
        if reservation_id not in self.reservations:
            raise refuse(Limit.UNKNOWN)
        reservation = self.reservations[reservation_id]
        if reservation is None or self.now > reservation.held_until:
            raise refuse(Limit.EXPIRED)
        quote, order = self.quotes[reservation.quote_id]
        robot = next(robot for robot in self.robots if robot.id == reservation.vehicle_id)
        job = Job(self._id("leg"), order, robot, quote.price, way_from=robot.place, target=order.pickup.place)
        self.jobs[job.id] = job
        self.leg_of[reservation_id] = job.id
        self.commit_answers[key] = self._leg(job)
        return self.commit_answers[key]

    async def leg(self, leg_id: str) -> Leg:
        return self._leg(self._job(leg_id))

    async def find(self, reference: str) -> Leg | None:
        return next((self._leg(job) for job in self.jobs.values() if job.order.reference == reference), None)

    def _leg(self, job: Job) -> Leg:
        return leg_view(job, self.now)

    async def act(self, leg_id: str, asked: AskAction, key: str) -> ActionAnswer:
        job = self._job(leg_id)
        if key not in self.act_answers:
            limit = self._acted(job, asked)
            refusal = None if limit is None else Refusal(limit=limit)
            outcome = ActionOutcome.DONE if limit is None else ActionOutcome.REFUSED
            self.act_answers[key] = ActionAnswer(outcome=outcome, refusal=refusal)
        return self.act_answers[key]

    def _acted(self, job: Job, asked: AskAction) -> Limit | None:
        if asked.action not in self.sheet.actions:
            return Limit.UNSUPPORTED
        if job.state in ENDED:
            return Limit.STATE
        if asked.action is Action.OPEN:
            return self._open(job, asked.secret)
        if asked.action is Action.CLOSE:
            return None if not job.lid_open else Limit.STATE
        if asked.action is Action.CANCEL:
            if job.state in ON_BOARD and "cancels_with_goods" not in self.faults:
                return Limit.STATE
            self._move(job, S.CANCELLED)
        elif asked.action is Action.HAND_TO_RESCUE:
            return self._hand_to_rescue(job, asked.secret)
        else:
            return self._steered(job, asked)
        return None

    def _steered(self, job: Job, asked: AskAction) -> Limit | None:
        if job.state in (S.AT_RETURN, S.RESCUE_NEEDED):
            return Limit.STATE
        if asked.action is Action.RETURN:
            if job.state not in ON_BOARD:
                return Limit.STATE
            self._turn_back(job)
        elif asked.action is Action.DIVERT:
            assert asked.place is not None
            self._divert(job, asked.place)
        elif asked.action is Action.RESUME:
            self._free_leg(job)
        else:
            paused = asked.action is Action.PAUSE
            self._hold(job, HoldKind.PAUSED if paused else HoldKind.STOPPED)
        return None

    def _divert(self, job: Job, door: Stop) -> None:
        if "diverts_nowhere" not in self.faults:
            job.way_from, job.target, job.left_s = job.robot.place, self._stand(door), TRIP_S

    def _stand(self, door: Stop) -> Place:
        return door.place if door.spot is None or "ignores_spots" in self.faults else door.spot

    def _open(self, job: Job, given: str | None) -> Limit | None:
        if job.state not in (S.AT_PICKUP, S.AT_DROPOFF, S.AT_RETURN) and "opens_anywhere" not in self.faults:
            return Limit.STATE
        issued = self._spend(job, given)
        if issued is None and not (given is None and "opens_without_secret" in self.faults):
            return Limit.SECRET
        job.lid_open = True
        told = {"opened_for": issued.holder if issued else Holder.STORE, "secret_id": issued and issued.secret.id}
        if issued and "secret_in_the_log" in self.faults:
            told["said"] = f"opened with {issued.secret.secret}"
        self._tell(job, K.OPENED, **told)
        if job.state in (S.AT_PICKUP, S.AT_DROPOFF):
            self._move(job, S.LOADING if job.state is S.AT_PICKUP else S.HANDING_OVER)
        return None

    def _spend(self, job: Job, given: str | None) -> Issued | None:
        for issued in job.secrets.values():
            in_time = self.now <= issued.secret.valid_until or "secret_never_expires" in self.faults
            fits = issued.secret.secret == given or ("any_secret_opens" in self.faults and given is not None)
            if fits and in_time and issued.usable:
                issued.usable = "secret_opens_twice" in self.faults
                return issued
        return None

    def _hand_to_rescue(self, job: Job, given: str | None) -> Limit | None:
        if job.state is not S.RESCUE_NEEDED:
            return Limit.STATE
        issued = self._spend(job, given)
        if issued is None:
            return Limit.SECRET
        self._tell(job, K.OPENED, opened_for=Holder.RESCUER, secret_id=issued.secret.id)
        if "no_goods_out_at_rescue" not in self.faults:
            self._goods(job, K.GOODS_OUT)
        self._tell(job, K.CLOSED)
        self._move(job, S.RESCUED)
        return None

    async def secret(self, leg_id: str, asked: AskSecret, key: str) -> Secret:
        job = self._job(leg_id)
        if key in self.secret_answers and "two_secrets" not in self.faults:
            return self.secret_answers[key]
        valid_s = asked.valid_s if "long_secrets" in self.faults else min(asked.valid_s, self.sheet.secret_valid_s)
        made = Secret(
            id=self._id("secret"),
            secret=f"{7919 * (self.made + 100) % 1_000_000:06d}",
            compartment_id="lid",
            valid_until=self.now + timedelta(seconds=valid_s),
        )
        job.secrets[made.id] = Issued(made, asked.holder)
        self.secret_answers[key] = made
        return made

    async def revoke(self, leg_id: str, secret_id: str) -> None:
        job = self._job(leg_id)
        if secret_id not in job.secrets:
            raise refuse(Limit.UNKNOWN)
        job.secrets[secret_id].usable = "revoked_secret_opens" in self.faults

    async def advance(self, asked: Advance) -> None:
        for _ in range(asked.seconds):
            self.now += timedelta(seconds=1)
            for robot in self.robots:
                self._beat(robot)
            for job in [job for job in self.jobs.values() if job.state not in ENDED]:
                self._second(job)

    async def person(self, asked: ActOfPerson) -> None:
        job = self._job(asked.leg_id)
        if not job.lid_open:
            raise refuse(Limit.STATE)
        if asked.act is PersonAct.PUT_IN and job.state is S.LOADING:
            self._goods(job, K.GOODS_IN)
            self._close(job, S.LOADED)
        elif asked.act is PersonAct.TAKE_OUT and job.state in (S.HANDING_OVER, S.AT_RETURN):
            self._goods(job, K.GOODS_OUT)
            self._close(job, S.DONE if job.state is S.HANDING_OVER else S.RETURNED)
        elif asked.act is PersonAct.CLOSE_EMPTY:
            back = {S.LOADING: S.AT_PICKUP, S.HANDING_OVER: S.AT_DROPOFF}
            self._close(job, back.get(job.state))
        else:
            raise refuse(Limit.STATE)

    async def mishap(self, asked: Mishap) -> None:
        robot = next(robot for robot in self.robots if robot.id == asked.vehicle_id)
        job = self._job_of(robot)
        assert job is not None
        if "hides_incidents" not in self.faults:
            self._tell(job, K.INCIDENT, incident=asked.kind)
        self._hold(job, HoldKind.HELD)
        if asked.ends_after_s is None:
            self._free_leg(job)
            self._move(job, S.RESCUE_NEEDED)
            robot.tipped = True
        else:
            robot.blocked_until = self.now + timedelta(seconds=asked.ends_after_s)

    async def lose_contact(self, asked: LostContact) -> None:
        robot = next(robot for robot in self.robots if robot.id == asked.vehicle_id)
        job = self._job_of(robot)
        assert job is not None
        self._hold(job, HoldKind.CONTACT_LOST)
        robot.lost_until = self.now + timedelta(seconds=asked.seconds)

    async def set_weather(self, asked: SetWeather) -> None:
        self.weather = asked.weather

    async def repair(self, asked: Repair) -> None:
        if "repairs_in_words_only" in self.faults:
            return
        for robot in [robot for robot in self.robots if asked.vehicle_id in (None, robot.id)]:
            job = self._job_of(robot)
            if job is not None:
                self._move(job, S.WRITTEN_OFF if job.state in ON_BOARD else S.REFUSED)
            robot.tipped, robot.blocked_until = False, None
            for name, held in self.reservations.items():
                if held is not None and held.vehicle_id == robot.id and name not in self.leg_of:
                    self.reservations[name] = None

    async def set_hours(self, asked: SetHours) -> None:
        domains = [
            domain.model_copy(update={"hours": asked.hours}) if domain.model == asked.model else domain
            for domain in self.sheet.domains
        ]
        self.sheet = self.sheet.model_copy(update={"domains": domains, "revision": self.sheet.revision + 1})
        if "changes_facts_untold" not in self.faults:
            self._write(kind=K.FACTS_CHANGED, at=self.now, revision=self.sheet.revision)

    def _beat(self, robot: Robot) -> None:
        if robot.lost_until is not None and self.now >= robot.lost_until:
            self._back_in_contact(robot)
        quiet = "quiet" in self.faults and self._job_of(robot) is not None
        if robot.lost_until is None and not quiet:
            robot.seen_at = self.now

    def _back_in_contact(self, robot: Robot) -> None:
        robot.lost_until = None
        job = self._job_of(robot)
        assert job is not None
        self._free_leg(job)
        untold, robot.untold = robot.untold, []
        for told in untold:
            at = self.now if "late_news_as_new" in self.faults else told.pop("at")
            self._write(**{**told, "at": at})
        job.shown = job.state

    def _second(self, job: Job) -> None:
        blocked = job.robot.blocked_until
        if blocked is not None and self.now >= blocked:
            job.robot.blocked_until = None
            self._free_leg(job)
        stands = job.hold is not None and job.hold.kind is not HoldKind.CONTACT_LOST
        if stands and not ("moves_while_paused" in self.faults and blocked is None):
            return
        if job.state in (S.COMMITTED, S.LOADED):
            self._move(job, S.TO_PICKUP if job.state is S.COMMITTED else S.TO_DROPOFF)
        elif job.state in (S.TO_PICKUP, S.TO_DROPOFF, S.RETURNING):
            self._drive(job)
        elif job.state in (S.AT_PICKUP, S.AT_DROPOFF) and not job.lid_open:
            self._wait(job)

    def _drive(self, job: Job) -> None:
        second = job.robot.model != self.sheet.models[0].id
        taken_back = "refuses_after_yes" in self.faults or ("second_model_turns_back" in self.faults and second)
        if taken_back and job.state is S.TO_PICKUP and job.left_s == TRIP_S // 2:
            job.why = Refusal(limit=Limit.OPERATOR)
            self._move(job, S.REFUSED)
            return
        job.left_s -= 1
        assert job.way_from is not None
        assert job.target is not None
        share = 1 - max(0, job.left_s) / TRIP_S
        lat = job.way_from.lat + (job.target.lat - job.way_from.lat) * share
        lon = job.way_from.lon + (job.target.lon - job.way_from.lon) * share
        job.robot.place = Place(lat=lat, lon=lon)
        if job.left_s <= 0:
            arrived = {S.TO_PICKUP: S.AT_PICKUP, S.TO_DROPOFF: S.AT_DROPOFF, S.RETURNING: S.AT_RETURN}
            self._move(job, arrived[job.state])
            job.left_s = WAIT_S

    def _wait(self, job: Job) -> None:
        job.left_s -= 1
        if job.left_s > 0:
            return
        if job.state is S.AT_PICKUP:
            job.why = None if "says_no_why" in self.faults else Refusal(limit=Limit.OPERATOR)
            self._move(job, S.REFUSED)
        elif "waits_for_ever" not in self.faults:
            self._turn_back(job)

    def _turn_back(self, job: Job) -> None:
        self._move(job, S.RETURNING)
        job.way_from, job.target, job.left_s = job.robot.place, job.order.pickup.place, TRIP_S

    def _move(self, job: Job, state: LegState) -> None:
        previous, job.state = job.state, state
        if state is S.TO_DROPOFF:
            job.way_from, job.target, job.left_s = job.robot.place, self._stand(job.order.dropoff), TRIP_S
        if job.robot.lost_until is None:
            job.shown = state
        if "skips_loaded" in self.faults and state is S.LOADED:
            return
        self._tell(job, K.LEG_MOVED, previous=previous, state=state)

    def _goods(self, job: Job, kind: EventKind) -> None:
        for _ in range(2 if "goods_twice" in self.faults else 1):
            self._tell(job, kind, parcels=[parcel.id for parcel in job.order.parcels])

    def _close(self, job: Job, state: LegState | None) -> None:
        job.lid_open = False
        if "lid_untold" not in self.faults:
            self._tell(job, K.CLOSED)
        if state is not None:
            self._move(job, state)

    def _hold(self, job: Job, kind: HoldKind) -> None:
        job.hold = Hold(kind=kind, since=self.now)
        self._tell(job, K.LEG_HELD, hold=job.hold)

    def _free_leg(self, job: Job) -> None:
        if job.hold is not None:
            job.hold = None
            self._tell(job, K.LEG_FREED)

    def _tell(self, job: Job, kind: EventKind, **more: Any) -> None:
        told = {"kind": kind, "at": self.now, "leg_id": job.id, "reference": job.order.reference, **more}
        told |= {"vehicle_id": job.robot.id, "compartment_id": "lid"}
        if job.robot.lost_until is None:
            self._write(**told)
        else:
            job.robot.untold.append(told)

    def _write(self, **told: Any) -> None:
        number = self.log[-1].number + 1 if self.log else 1
        if "gap" in self.faults and number == 5:
            number += 1
        self.log.append(Event(number=number, recorded_at=self.now, **told))

    def _id(self, kind: str) -> str:
        self.made += 1
        return f"{kind}-{self.made}"

    def _job(self, leg_id: str) -> Job:
        if leg_id not in self.jobs:
            raise refuse(Limit.UNKNOWN)
        return self.jobs[leg_id]

    def _job_of(self, robot: Robot) -> Job | None:
        return next((job for job in self.jobs.values() if job.robot is robot and job.state not in ENDED), None)

    def _free(self, robot: Robot) -> bool:
        kept = [
            held
            for held in self.reservations.values()
            if held is not None and held.vehicle_id == robot.id and self.now <= held.held_until
        ]
        return (
            self._job_of(robot) is None
            and not robot.tipped
            and not [held for held in kept if held.id not in self.leg_of]
        )
