"""Clauses about the log as a whole. They judge everything that the trial has made happen before them."""

from itertools import pairwise
from typing import Final

from homeward.fleets.conformance import stories
from homeward.fleets.conformance.judging import Section, clause, must
from homeward.fleets.conformance.trial import Trial
from homeward.fleets.contract.news import gap, problem_with
from homeward.fleets.contract.words import EventKind

_SECTION: Final = Section.LOG


@clause(
    "log.gapless",
    "Events are numbered without a gap and without a double, in whatever pages they are read.",
    _SECTION,
    3,
)
async def gapless(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    must(not trial.gaps, "each number after the one before", "; ".join(trial.gaps[:5]))
    for after, limit in ((trial.began_after, 1), (trial.began_after, 3), (trial.began_after + 2, 5)):
        page = await trial.fleet.events(after, limit)
        wrong = gap(after, page)
        must(wrong is None, f"a sound page after {after}", wrong)


@clause(
    "log.pages", "A page has as many events as were asked for, and after the last one comes an empty page.", _SECTION, 2
)
async def pages(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    page = await trial.fleet.events(trial.began_after, 2)
    must(len(page.items) == 2, "2 events for limit=2", len(page.items))
    end = await trial.fleet.events(page.last, 10)
    must(not end.items and end.last == page.last, f"no event after {page.last}", [e.number for e in end.items])


@clause(
    "log.kept", "What the log has told it tells again, word for word; nothing is taken out or changed.", _SECTION, 3
)
async def kept(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    await trial.news()
    told = {event.number: event for event in trial.log}
    again = {event.number: event for event in await trial.reread()}
    gone = sorted(set(told) - set(again))
    must(not gone, "every event that was told before", f"without {gone[:10]}")
    other = [number for number, event in told.items() if again[number] != event]
    must(not other, "the same events as before", f"others under the numbers {other[:10]}")


@clause("log.whole", "Every event has the members that its kind needs.", _SECTION, 2)
async def whole(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    wrong = [f"{event.number}: {problem}" for event in trial.log if (problem := problem_with(event))]
    must(not wrong, "whole events", "; ".join(wrong[:5]))


@clause("log.names-legs", "Events of a leg have the vehicle and the reference that were promised for it.", _SECTION, 2)
async def names_legs(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    for story in trial.stories:
        for event in trial.events_of(story.leg.id):
            must(
                event.reference in (None, story.order.reference),
                f"{story.order.reference} in event {event.number}",
                event.reference,
            )
            must(
                event.vehicle_id in (None, story.reservation.vehicle_id),
                f"{story.reservation.vehicle_id} in event {event.number}",
                event.vehicle_id,
            )


@clause(
    "log.times", "Nothing is recorded before it happened, and numbers grow with the time of recording.", _SECTION, 2
)
async def times(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    early = [event.number for event in trial.log if event.recorded_at < event.at]
    must(not early, "recorded_at never before at", f"events {early[:10]}")
    recorded = [event.recorded_at for event in trial.log]
    back = [b.number for a, b in pairwise(trial.log) if b.recorded_at < a.recorded_at]
    must(recorded == sorted(recorded), "recorded_at that never goes back", f"it does at events {back[:10]}")


@clause("log.lids", "A compartment that was opened is told as closed before its vehicle sets out.", _SECTION, 2)
async def lids(trial: Trial) -> None:
    await trial.lived(stories.delivered)
    open_since: dict[tuple[str | None, str | None], int] = {}
    for event in trial.log:
        room = (event.vehicle_id, event.compartment_id)
        if event.kind is EventKind.OPENED:
            open_since[room] = event.number
        elif event.kind is EventKind.CLOSED:
            open_since.pop(room, None)
        elif event.kind is EventKind.LEG_MOVED and event.state in ("to_dropoff", "returning"):
            still = [number for (vehicle, _), number in open_since.items() if vehicle == event.vehicle_id]
            must(not still, f"every compartment closed before event {event.number}", f"opened in {still}, never closed")
