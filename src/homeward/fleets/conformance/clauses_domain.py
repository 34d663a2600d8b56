"""Clauses about where, when and for what: spots, distance, light, hours, purposes, compartments, and every model."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any, Final

from homeward.fleets.conformance import stories
from homeward.fleets.conformance.judging import Broken, NotReached, Section, clause, must, offered
from homeward.fleets.conformance.orders import apart_m, beside, by_night, farthest_apart, outside
from homeward.fleets.conformance.trial import Story, Trial, said
from homeward.fleets.contract.facts import Domain, FactSheet, Model
from homeward.fleets.contract.legs import Feasibility, Purpose
from homeward.fleets.contract.sandbox import SetHours
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import CompartmentState, EventKind, LegState, Limit, VehicleState

_PROMISE: Final = Section.PROMISE
_NO_SPOT: Final = frozenset({Limit.UNSAFE_SPOT, Limit.NO_WAY, Limit.OUT_OF_AREA, Limit.HANDOFF})
_FULL: Final = frozenset({Limit.NO_VEHICLE, Limit.RANGE, Limit.TOO_LATE, Limit.TOO_HEAVY})
_MOST_ASKED: Final = 40


def _came(answer: Feasibility) -> str:
    return "yes" if answer.feasible else f"no, by {', '.join(each.limit for each in answer.limits)}"


def _says(answer: Feasibility, limit: Limit) -> bool:
    return any(each.limit is limit for each in answer.limits)


# ── every model ──────────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "models.promised", "Each model of your fact sheet is feasible and quoted for inside its own domain.", _PROMISE, 2
)
async def models_promised(trial: Trial) -> None:
    for model in trial.facts.models:
        with_name = f"a quote for {model.name} ({model.id})"
        try:
            await trial.quoted(model=model)
        except NotReached as stuck:
            trial.models[model.id] = f"not promised: {stuck.came}"
            raise Broken(with_name, stuck.came) from stuck
        trial.models[model.id] = "promised"


@clause("models.delivered", "Each model of your fact sheet delivers a leg.", Section.LIFE, 3)
async def models_delivered(trial: Trial) -> None:
    for model in trial.facts.models:
        try:
            story = await trial.own(stories.delivered_by(model))
        except Broken as broken:
            trial.models[model.id] = f"not delivered: {broken.came}"
            raise type(broken)(f"{model.name} ({model.id}): {broken.expected}", broken.came) from broken
        used = (await trial.vehicle(story.reservation.vehicle_id)).model
        must(used == model.id, f"a vehicle of {model.name} ({model.id})", used)
        trial.models[model.id] = "delivered"


# ── where ────────────────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "refusal.spot", "A spot where you cannot stand is refused by a limit, also where the address is near.", _PROMISE, 2
)
async def refusal_spot(trial: Trial) -> None:
    order = await trial.order()
    door = order.dropoff.model_copy(update={"spot": outside(trial.facts)})
    answer = await trial.fleet.feasible(order.model_copy(update={"dropoff": door}))
    named = any(each.limit in _NO_SPOT for each in answer.limits)
    must(named, f"no, by one of {', '.join(sorted(_NO_SPOT))}", _came(answer))


@clause(
    "life.spot", "Where a spot is marked you hand over there and not at the address, or refuse it.", Section.LIFE, 2
)
async def life_spot(trial: Trial) -> None:
    order = await trial.order()
    door = order.dropoff.model_copy(update={"spot": beside(order.dropoff.place)})
    answer = await trial.fleet.feasible(order.model_copy(update={"dropoff": door}))
    if not answer.feasible:
        named = any(each.limit in _NO_SPOT for each in answer.limits)
        must(named, f"yes, or no by one of {', '.join(sorted(_NO_SPOT))}", _came(answer))
        return
    story = await trial.own(stories.at_a_spot)
    stood, address, spot = story.marks["stood"], story.order.dropoff.place, story.order.dropoff.spot
    offered(stood is not None, "no place was told at the door")
    assert spot is not None  # the story marked it
    must(apart_m(stood, spot) < apart_m(stood, address), f"a stop at the spot, {spot}", f"one at {stood}")


@clause("refusal.farthest", "Farther than a domain's farthest_m is refused, by the limit range.", _PROMISE, 2)
async def refusal_farthest(trial: Trial) -> None:
    tried = 0
    for domain, model in _domains(trial.facts):
        ends = farthest_apart(domain)
        if domain.farthest_m is None or ends is None or apart_m(*ends) <= domain.farthest_m:
            continue
        tried += 1
        order = await trial.order(model=model)
        stops = {
            "pickup": order.pickup.model_copy(update={"place": ends[0], "spot": None}),
            "dropoff": order.dropoff.model_copy(update={"place": ends[1], "spot": ends[1]}),
        }
        answer = await trial.fleet.feasible(order.model_copy(update=stops))
        far = f"{apart_m(*ends):.0f} m, with {domain.farthest_m} m at most, by {model.name} ({model.id})"
        must(_says(answer, Limit.RANGE), f"no, by range, for {far}", _came(answer))
    offered(tried > 0, "no domain is wide enough for a leg that is too long in it")


def _domains(facts: FactSheet) -> list[tuple[Domain, Model]]:
    models = {model.id: model for model in facts.models}
    return [(domain, models[domain.model]) for domain in facts.domains if domain.model in models]


# ── when ─────────────────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "refusal.daylight", "Who goes by daylight only refuses a leg in the middle of the night, by daylight.", _PROMISE, 2
)
async def refusal_daylight(trial: Trial) -> None:
    tried = 0
    for domain, model in _domains(trial.facts):
        order = await trial.order(model=model) if domain.daylight_only else None
        at_night = by_night(order, trial.now) if order is not None else None
        if at_night is None:
            continue
        tried += 1
        answer = await trial.fleet.feasible(at_night)
        must(_says(answer, Limit.DAYLIGHT), f"no, by daylight, at {at_night.ready_at}", _came(answer))
    offered(tried > 0, "no model goes by daylight only, or the sun does not set there")


@clause("refusal.closed", "While a model is closed it carries nothing, and you say closed.", _PROMISE, 2)
async def refusal_closed(trial: Trial) -> None:
    order = await trial.order()
    async with _closed(trial):
        answer = await trial.fleet.feasible(order)
        limit = None
        try:
            await trial.fleet.quote(order, trial.key())
        except Refused as refused:
            limit = refused.refusal.limit
    must(_says(answer, Limit.CLOSED), "feasible: no, by closed", _came(answer))
    must(limit is not None, "no quote while closed", "a quote")


@clause(
    "facts.changed",
    "When your fact sheet changes its revision grows, and facts.changed tells the new one.",
    Section.FACTS,
    2,
)
async def facts_changed(trial: Trial) -> None:
    before = trial.facts.revision
    await trial.news()
    async with _closed(trial):
        now = await trial.fleet.facts()
        fresh = await trial.news()
        hours = [domain.hours.get("weekly") for domain in now.domains]
        told = [event.revision for event in fresh if event.kind is EventKind.FACTS_CHANGED]
    must(not any(hours), "the hours that were set", hours)
    must(now.revision > before, f"a revision above {before}", now.revision)
    must(now.revision in told, f"facts.changed with revision {now.revision}", told or "none")


@asynccontextmanager
async def _closed(trial: Trial) -> AsyncIterator[None]:
    """Every model, at all hours; afterwards they are open again as before."""
    domains = trial.facts.domains
    for domain in domains:
        closed: dict[str, Any] = {"time_zone": domain.hours.get("time_zone", "UTC"), "weekly": {}}
        await trial.fleet.set_hours(SetHours(model=domain.model, hours=closed))
    try:
        yield
    finally:
        for domain in domains:
            await trial.fleet.set_hours(SetHours(model=domain.model, hours=domain.hours))
        trial.facts = await trial.fleet.facts()
        await trial.news()


# ── for what, and in which compartment ───────────────────────────────────────────────────────────────────────────────


@clause(
    "promise.purpose",
    "Returns, rescues and transfers are promised like deliveries, or refused by a limit.",
    _PROMISE,
    2,
)
async def promise_purpose(trial: Trial) -> None:
    for purpose in Purpose:
        order = await trial.order(purpose=purpose)
        if not (await trial.fleet.feasible(order)).feasible:
            continue
        try:
            story = await trial.committed(purpose=purpose)
        except (NotReached, Refused) as no:
            came = said(no.refusal) if isinstance(no, Refused) else no.came
            raise Broken(f"a leg for a {purpose}, which is feasible", came) from no
        await trial.let_go(story.leg.id)


@clause("commit.room-taken", "A compartment that has a leg is promised to no other.", _PROMISE, 3)
async def commit_room_taken(trial: Trial) -> None:
    story = await trial.committed()
    taken = (story.reservation.vehicle_id, story.reservation.compartment_id)
    held: list[str] = []
    try:
        for _ in range(_MOST_ASKED):
            try:
                quote = await trial.fleet.quote(await trial.order(vehicle_id=taken[0]), trial.key())
                made = await trial.fleet.reserve(quote.id, trial.key())
            except Refused as full:
                must(full.refusal.limit in _FULL, "a refusal with no_vehicle", said(full.refusal))
                return
            held.append(made.id)
            other = (made.vehicle_id, made.compartment_id)
            must(other != taken, f"another compartment than {taken[1]} of {taken[0]}", "the same")
    finally:
        for each in held:
            await trial.fleet.release(each)
        await trial.let_go(story.leg.id)


@clause(
    "life.two-rooms",
    "Two legs in one vehicle have a compartment each, and both are handed over.",
    Section.LIFE,
    2,
)
async def life_two_rooms(trial: Trial) -> None:
    first = await trial.own(stories.two_in_one)
    second: Story = first.marks["other"]
    rooms = [story.reservation.compartment_id for story in (first, second)]
    must(rooms[0] != rooms[1], "two compartments", f"{rooms[0]} for both")
    for story in (first, second):
        state = (await trial.fleet.leg(story.leg.id)).state
        must(state is LegState.DONE, f"leg {story.leg.id} done", state)


# ── afterwards ───────────────────────────────────────────────────────────────────────────────────────────────────────


@clause(
    "sandbox.repair",
    "A vehicle that is repaired in the sandbox is whole, empty and takes the next leg; what it had is written off.",
    Section.MISHAPS,
    1,
)
async def sandbox_repair(trial: Trial) -> None:
    story = await trial.own(stories.repaired)
    name, vehicle = story.reservation.vehicle_id, story.marks["vehicle"]
    must(story.marks["state"] is LegState.WRITTEN_OFF, "the leg written_off", story.marks["state"])
    must(vehicle.state is VehicleState.AVAILABLE, f"{name} available", vehicle.state)
    rooms = {room.state for room in vehicle.compartments}
    must(rooms == {CompartmentState.FREE}, f"every compartment of {name} free", ", ".join(sorted(rooms)))
    quote = await trial.fleet.quote(await trial.order(vehicle_id=name), trial.key())
    await trial.fleet.release((await trial.fleet.reserve(quote.id, trial.key())).id)
