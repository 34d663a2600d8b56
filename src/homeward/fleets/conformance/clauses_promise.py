"""Clauses about the promise: feasible, quote, reserve, commit."""

from collections.abc import Awaitable
from typing import Final

from homeward.fleets.conformance.judging import Broken, NotReached, Section, clause, must, offered
from homeward.fleets.conformance.orders import CALM, FOUL, too_much, weather_matters, weather_of
from homeward.fleets.conformance.trial import Trial, said
from homeward.fleets.contract.facts import Refusal, later
from homeward.fleets.contract.legs import AskLeg, AskReservation, LegOrder, Quote, Reservation
from homeward.fleets.contract.sandbox import SetWeather
from homeward.fleets.contract.server import Refused
from homeward.fleets.contract.words import CompartmentState, LegState, Limit

_SLACK_S: Final = 15
_GONE: Final = frozenset({Limit.EXPIRED, Limit.STATE, Limit.UNKNOWN})
_FULL: Final = frozenset({Limit.NO_VEHICLE, Limit.RANGE, Limit.TOO_LATE})
_MOST_HELD: Final = 40
_SECTION: Final = Section.PROMISE


async def refusal_of(call: Awaitable[object]) -> Refusal | None:
    try:
        await call
    except Refused as refused:
        return refused.refusal
    return None


@clause("refusal.names-limit", "A leg that you cannot carry is not feasible, and the limit is named.", _SECTION, 3)
async def names_limit(trial: Trial) -> None:
    for limit, order in too_much(await trial.order(), trial.facts).items():
        answer = await trial.fleet.feasible(order)
        came = [each.limit for each in answer.limits]
        must(limit in came, f"feasible: no, by {limit}", "yes" if answer.feasible else f"no, by {', '.join(came)}")


@clause("refusal.every-limit", "Where several limits say no, all of them are named.", _SECTION, 2)
async def every_limit(trial: Trial) -> None:
    order = await trial.order()
    each = too_much(order, trial.facts)
    heavy, far = each[Limit.TOO_HEAVY], each[Limit.OUT_OF_AREA]
    wanted = {Limit.TOO_HEAVY, Limit.OUT_OF_AREA}
    piece = heavy.parcels[0]
    for limit in (Limit.GOODS, Limit.TEMPERATURE):
        if limit in each:
            other = each[limit].parcels[0]
            change = {"goods": other.goods} if limit is Limit.GOODS else {"temperature": other.temperature}
            piece = piece.model_copy(update=change)
            wanted.add(limit)
    answer = await trial.fleet.feasible(far.model_copy(update={"parcels": [piece]}))
    came = {limit.limit for limit in answer.limits}
    must(wanted <= came, f"no, by {', '.join(sorted(wanted))}", f"no, by {', '.join(sorted(came))}")


@clause("refusal.quote", "What is not feasible gets no quote either: 409 with a limit.", _SECTION, 3)
async def no_quote(trial: Trial) -> None:
    for limit, order in too_much(await trial.order(), trial.facts).items():
        refusal = await refusal_of(trial.fleet.quote(order, trial.key()))
        must(refusal is not None, f"409 with {limit}", "a quote")


@clause("refusal.weather", "Beyond your weather limits nothing sets out, and you say weather.", _SECTION, 3)
async def weather(trial: Trial) -> None:
    offered(weather_matters(trial.facts), "a domain has no weather limits")
    order = await trial.order()
    await trial.fleet.set_weather(SetWeather(weather=weather_of(trial.now, FOUL)))
    try:
        answer = await trial.fleet.feasible(order)
        refusal = await refusal_of(trial.fleet.quote(order, trial.key()))
    finally:
        await trial.fleet.set_weather(SetWeather(weather=weather_of(trial.now, CALM)))
    came = [each.limit for each in answer.limits]
    must(Limit.WEATHER in came, "feasible: no, by weather", "yes" if answer.feasible else f"no, by {came}")
    must(refusal is not None and refusal.limit is Limit.WEATHER, "no quote, by weather", said(refusal))


@clause("refusal.again", "What will never do has no retry_after; what passes, as weather does, has one.", _SECTION, 1)
async def again(trial: Trial) -> None:
    order = await trial.order()
    heavy = await trial.fleet.feasible(too_much(order, trial.facts)[Limit.TOO_HEAVY])
    for each in heavy.limits:
        if each.limit is Limit.TOO_HEAVY:
            must(each.retry_after is None, "too_heavy without retry_after", each.retry_after)
    if not weather_matters(trial.facts):
        return
    await trial.fleet.set_weather(SetWeather(weather=weather_of(trial.now, FOUL)))
    try:
        foul = await trial.fleet.feasible(order)
    finally:
        await trial.fleet.set_weather(SetWeather(weather=weather_of(trial.now, CALM)))
    for each in foul.limits:
        if each.limit is Limit.WEATHER:
            must(later(each, trial.now), "weather with a retry_after that lies ahead", each.retry_after)


@clause(
    "quote.whole", "A quote has your currency, its times in order, and ways of hand-over that were asked.", _SECTION, 2
)
async def quote_whole(trial: Trial) -> None:
    try:
        order, quote = await trial.quoted()
    except NotReached as none:
        raise Broken(none.expected, none.came) from none
    must(quote.price.currency == trial.facts.currency, trial.facts.currency, quote.price.currency)
    times = (order.ready_at, quote.pickup_eta, quote.dropoff_eta, quote.dropoff_latest)
    must(list(times) == sorted(times), "ready_at, pickup_eta, dropoff_eta, dropoff_latest in this order", _times(quote))
    must(quote.dropoff_eta <= order.latest, f"a dropoff_eta until {order.latest}", quote.dropoff_eta)
    must(quote.at_pickup in order.pickup.handoff, f"one of {order.pickup.handoff}", quote.at_pickup)
    must(quote.at_dropoff in order.dropoff.handoff, f"one of {order.dropoff.handoff}", quote.at_dropoff)


def _times(quote: Quote) -> str:
    return f"{quote.pickup_eta}, {quote.dropoff_eta}, {quote.dropoff_latest}"


@clause("quote.window", "Nothing is promised to be handed over before earliest.", _SECTION, 1)
async def quote_window(trial: Trial) -> None:
    order = await trial.order()
    late = order.ready_at + (order.latest - order.ready_at) / 2
    quote = await trial.fleet.quote(order.model_copy(update={"earliest": late}), trial.key())
    must(quote.dropoff_eta >= late, f"a dropoff_eta from {late}", quote.dropoff_eta)


@clause("quote.held", "A quote holds for as long as the fact sheet says.", _SECTION, 2)
async def quote_held(trial: Trial) -> None:
    _, quote = await trial.quoted()
    held_s = (quote.held_until - trial.now).total_seconds()
    must(held_s >= trial.facts.quote_held_s - _SLACK_S, f"held for {trial.facts.quote_held_s} s", f"{held_s:.0f} s")
    await trial.advance(max(1, trial.facts.quote_held_s - _SLACK_S))
    refusal = await refusal_of(_reserved_and_let_go(trial, quote))
    must(refusal is None or refusal.limit in _FULL, "a reservation shortly before held_until", said(refusal))


async def _reserved_and_let_go(trial: Trial, quote: Quote) -> None:
    reservation = await trial.fleet.reserve(quote.id, trial.key())
    await trial.fleet.release(reservation.id)


@clause("quote.expires", "After held_until a quote is refused as expired.", _SECTION, 2)
async def quote_expires(trial: Trial) -> None:
    _, quote = await trial.quoted()
    await trial.advance(int((quote.held_until - trial.now).total_seconds()) + _SLACK_S)
    refusal = await refusal_of(trial.fleet.reserve(quote.id, trial.key()))
    must(refusal is not None and refusal.limit is Limit.EXPIRED, "409 expired", said(refusal))


@clause("reservation.held", "A reservation holds for as long as the fact sheet says, and is shown.", _SECTION, 2)
async def reservation_held(trial: Trial) -> None:
    _, quote, made = await trial.reserved()
    must(made.quote_id == quote.id, quote.id, made.quote_id)
    held_s = (made.held_until - trial.now).total_seconds()
    wanted_s = trial.facts.reservation_held_s
    must(held_s >= wanted_s - _SLACK_S, f"held for {wanted_s} s", f"{held_s:.0f} s")
    await trial.room_of(made)
    await trial.advance(max(1, wanted_s - _SLACK_S))
    state = await _room_state(trial, made)
    await trial.fleet.release(made.id)
    must(state is CompartmentState.RESERVED, f"{made.compartment_id} reserved", state)


async def _room_state(trial: Trial, made: Reservation) -> CompartmentState | None:
    vehicle = await trial.vehicle(made.vehicle_id)
    return next((room.state for room in vehicle.compartments if room.id == made.compartment_id), None)


@clause(
    "reservation.expires",
    "After held_until a reservation is refused as expired, and its compartment free.",
    _SECTION,
    2,
)
async def reservation_expires(trial: Trial) -> None:
    _, _, made = await trial.reserved()
    await trial.advance(int((made.held_until - trial.now).total_seconds()) + _SLACK_S)
    refusal = await refusal_of(trial.fleet.commit(made.id, trial.key()))
    must(refusal is not None and refusal.limit is Limit.EXPIRED, "409 expired", said(refusal))
    state = await _room_state(trial, made)
    must(state is CompartmentState.FREE, f"{made.compartment_id} free", state)


@clause("reservation.once", "No compartment is promised twice at a time.", _SECTION, 3)
async def reservation_once(trial: Trial) -> None:
    held: list[Reservation] = []
    try:
        for _ in range(_MOST_HELD):
            try:
                quote = await trial.fleet.quote(await trial.order(), trial.key())
                held.append(await trial.fleet.reserve(quote.id, trial.key()))
            except Refused as full:
                must(full.refusal.limit in _FULL, "a refusal with no_vehicle", said(full.refusal))
                break
            rooms = [(each.vehicle_id, each.compartment_id) for each in held]
            must(len(set(rooms)) == len(rooms), "another compartment for each", f"{rooms[-1]} for the second time")
    finally:
        for each in held:
            await trial.fleet.release(each.id)


@clause("reservation.released", "A released reservation is free at once; releasing it twice is fine.", _SECTION, 2)
async def reservation_released(trial: Trial) -> None:
    _, _, made = await trial.reserved()
    for _ in range(2):
        refusal = await refusal_of(trial.fleet.release(made.id))
        must(refusal is None, "204, each time", said(refusal))
    state = await _room_state(trial, made)
    must(state is CompartmentState.FREE, f"{made.compartment_id} free", state)
    refusal = await refusal_of(trial.fleet.commit(made.id, trial.key()))
    must(refusal is not None and refusal.limit in _GONE, "409 expired for a commit", said(refusal))


@clause("reservation.vehicle", "Asked for one vehicle you promise that one, or none.", _SECTION, 1)
async def reservation_vehicle(trial: Trial) -> None:
    _, _, first = await trial.reserved()
    await trial.fleet.release(first.id)
    _, _, second = await trial.reserved(vehicle_id=first.vehicle_id)
    await trial.fleet.release(second.id)
    must(second.vehicle_id == first.vehicle_id, first.vehicle_id, second.vehicle_id)
    order = await trial.order(vehicle_id="no-such-vehicle")
    refusal = await refusal_of(trial.fleet.quote(order, trial.key()))
    must(refusal is not None, "a refusal for a vehicle that is not yours", "a quote")


@clause("quote.idempotent", "The same key again gets the same quote, whatever body comes with it.", _SECTION, 2)
async def quote_idempotent(trial: Trial) -> None:
    order, key = await trial.order(), trial.key()
    first = await trial.fleet.quote(order, key)
    again = await trial.fleet.quote(order, key)
    must(again == first, f"quote {first.id} as before", f"quote {again.id}, {_times(again)}")
    await _never_a_second(trial, "/quotes", order.model_copy(update={"reference": trial.reference()}), key, first.id)


@clause(
    "reservation.idempotent", "The same key again gets the same reservation, whatever body comes with it.", _SECTION, 2
)
async def reservation_idempotent(trial: Trial) -> None:
    (_, quote), key = await trial.quoted(), trial.key()
    other = (await trial.quoted())[1]
    first = await trial.fleet.reserve(quote.id, key)
    again = await trial.fleet.reserve(quote.id, key)
    await _never_a_second(trial, "/reservations", AskReservation(quote_id=other.id), key, first.id)
    await trial.fleet.release(first.id)
    if again.id != first.id:
        await trial.fleet.release(again.id)
    must(again == first, f"reservation {first.id} as before", again.id)


@clause(
    "commit.idempotent",
    "A reservation becomes one leg, however often and with whatever key you are asked.",
    _SECTION,
    3,
)
async def commit_idempotent(trial: Trial) -> None:
    order, _, made = await trial.reserved()
    key = trial.key()
    first = await trial.fleet.commit(made.id, key)
    same_key = await trial.fleet.commit(made.id, key)
    new_key = await trial.fleet.commit(made.id, trial.key())
    found = await trial.fleet.find(order.reference)
    await trial.let_go(first.id)
    must(same_key.id == first.id, f"leg {first.id} under the same key", same_key.id)
    must(new_key.id == first.id, f"leg {first.id} for the same reservation", new_key.id)
    must(found is not None and found.id == first.id, f"leg {first.id} by its reference", found and found.id)
    await _never_a_second(trial, "/legs", AskLeg(reservation_id="another"), key, first.id)


@clause("commit.as-reserved", "The leg has the vehicle, the compartment and the price that were promised.", _SECTION, 2)
async def as_reserved(trial: Trial) -> None:
    story = await trial.committed()
    await trial.let_go(story.leg.id)
    leg, made = story.leg, story.reservation
    must(leg.reference == story.order.reference, story.order.reference, leg.reference)
    rooms = (leg.vehicle_id, leg.compartment_id)
    must(rooms == (made.vehicle_id, made.compartment_id), f"{made.vehicle_id}, {made.compartment_id}", rooms)
    must(leg.price == story.quote.price, f"{story.quote.price}", leg.price)
    must(leg.state in (LegState.COMMITTED, LegState.TO_PICKUP), "a leg that is committed", leg.state)


async def _never_a_second(
    trial: Trial, path: str, body: LegOrder | AskReservation | AskLeg, key: str, first_id: str
) -> None:
    """The first answer or a refusal will do; something new under an old key will not."""
    reply = await trial.raw("POST", path, json=body.model_dump(mode="json"), headers={"Idempotency-Key": key})
    if reply.status_code in (404, 409, 422):
        return
    made = reply.json().get("id") if reply.is_success else f"status {reply.status_code}"
    must(made == first_id, f"{first_id} again, or a refusal, for another body under the same key", made)
