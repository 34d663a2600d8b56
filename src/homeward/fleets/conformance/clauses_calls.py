"""Clauses about the calls themselves and about the fact sheet."""

from typing import Any, Final

import httpx

from homeward.fleets.conformance.judging import Section, clause, must
from homeward.fleets.conformance.trial import Trial
from homeward.fleets.contract import VERSION
from homeward.fleets.contract.facts import Refusal
from homeward.fleets.contract.news import MOST_EVENTS
from homeward.fleets.contract.words import EventKind, Limit

_KEY: Final = {"Idempotency-Key": "kit-malformed"}


@clause("call.token", "Every call without your token, or with another one, is 401.", Section.CALLS, 3)
async def token(trial: Trial) -> None:
    calls = [("GET", path) for path in ("/facts", "/vehicles", "/events", "/legs?reference=x", "/legs/x")]
    calls += [("POST", path) for path in ("/feasible", "/quotes", "/reservations", "/legs", "/legs/x/actions")]
    calls += [("POST", "/legs/x/secrets"), ("POST", "/sandbox/advance"), ("DELETE", "/reservations/x")]
    for method, path in calls:
        for given in ("", "Bearer not-your-token", "Basic eDp5"):
            reply = await trial.raw(method, path, headers={"Authorization": given})
            must(reply.status_code == 401, f"401 for {method} {path} with {given or 'no token'!r}", reply.status_code)


@clause("call.malformed", "A body or a query that is none is 422, and changes nothing.", Section.CALLS, 1)
async def malformed(trial: Trial) -> None:
    order = (await trial.order()).model_dump(mode="json")
    wrong: list[tuple[str, str, dict[str, Any]]] = [
        ("POST", "/feasible", {"json": {}}),
        ("POST", "/feasible", {"content": b"{no json"}),
        ("POST", "/quotes", {"json": {**order, "parcels": []}, "headers": _KEY}),
        ("POST", "/quotes", {"json": {**order, "latest": order["ready_at"]}, "headers": _KEY}),
        ("POST", "/reservations", {"json": [], "headers": _KEY}),
        ("POST", "/legs", {"json": {"reservation_id": ""}, "headers": _KEY}),
        ("POST", "/legs/x/actions", {"json": {"action": "fly"}, "headers": _KEY}),
        ("GET", "/events?after=-1", {}),
        ("GET", f"/events?limit={MOST_EVENTS + 1}", {}),
        ("GET", "/events?limit=0", {}),
        ("POST", "/sandbox/advance", {"json": {"seconds": 0}}),
    ]
    for method, path, options in wrong:
        reply = await trial.raw(method, path, **options)
        must(reply.status_code == 422, f"422 for {method} {path}", reply.status_code)


@clause("call.key", "A call that makes something without an Idempotency-Key is 422.", Section.CALLS, 1)
async def key(trial: Trial) -> None:
    order = (await trial.order()).model_dump(mode="json")
    for path, body in (
        ("/quotes", order),
        ("/reservations", {"quote_id": "x"}),
        ("/legs", {"reservation_id": "x"}),
        ("/legs/x/actions", {"action": "pause"}),
        ("/legs/x/secrets", {"holder": "store", "valid_s": 60}),
    ):
        reply = await trial.raw("POST", path, json=body)
        must(reply.status_code == 422, f"422 for POST {path} without a key", reply.status_code)


@clause("call.unknown-members", "Members that you do not know are passed over, never refused.", Section.CALLS, 1)
async def unknown_members(trial: Trial) -> None:
    order = (await trial.order()).model_dump(mode="json")
    reply = await trial.raw("POST", "/feasible", json={**order, "of_a_later_version": {"a": 1}})
    must(reply.status_code == 200, "200 for an order with one more member", reply.status_code)


@clause("call.unknown-id", "An id that you never gave out is 404 with the limit unknown.", Section.CALLS, 2)
async def unknown_id(trial: Trial) -> None:
    calls: list[tuple[str, str, dict[str, Any]]] = [
        ("GET", "/legs/never-given", {}),
        ("GET", "/legs?reference=never-given", {}),
        ("POST", "/reservations", {"json": {"quote_id": "never-given"}}),
        ("POST", "/legs", {"json": {"reservation_id": "never-given"}}),
        ("POST", "/legs/never-given/actions", {"json": {"action": "pause"}}),
        ("POST", "/legs/never-given/secrets", {"json": {"holder": "store", "valid_s": 60}}),
        ("DELETE", "/legs/never-given/secrets/never-given", {}),
    ]
    for method, path, options in calls:
        reply = await trial.raw(method, path, headers={"Idempotency-Key": trial.key()}, **options)
        must(reply.status_code == 404, f"404 for {method} {path}", reply.status_code)
        must(_limit(reply) is Limit.UNKNOWN, f"a refusal with the limit unknown for {method} {path}", reply.text[:200])


@clause("facts.version", "The fact sheet names the version of the contract that you keep.", Section.FACTS, 1)
async def version(trial: Trial) -> None:
    must(trial.facts.contract == VERSION, VERSION, trial.facts.contract)


@clause("facts.whole", "Every model has a domain and every domain a model; ids are given once.", Section.FACTS, 1)
async def whole(trial: Trial) -> None:
    models = [model.id for model in trial.facts.models]
    must(len(set(models)) == len(models), "each model once", models)
    domains = {domain.model for domain in trial.facts.domains}
    must(domains == set(models), f"domains of {sorted(models)}", sorted(domains))
    for model in trial.facts.models:
        rooms = [room.id for room in model.compartments]
        must(len(set(rooms)) == len(rooms), f"each compartment of {model.id} once", rooms)


@clause(
    "facts.revision",
    "The fact sheet stays as it is until its revision grows, and the log tells that.",
    Section.FACTS,
    1,
)
async def revision(trial: Trial) -> None:
    again = await trial.fleet.facts()
    await trial.news()
    told = [event.revision for event in trial.log if event.kind is EventKind.FACTS_CHANGED and event.revision]
    if again.revision == trial.facts.revision:
        must(again == trial.facts, "the same facts under the same revision", "other facts")
        must(all(each <= again.revision for each in told), f"no revision above {again.revision} in the log", told)
    else:
        must(again.revision > trial.facts.revision, f"a revision above {trial.facts.revision}", again.revision)
        must(again.revision in told, f"facts.changed with revision {again.revision}", told)


@clause("vehicles.rooms", "Each vehicle tells of every compartment of its model, and of no other.", Section.FACTS, 1)
async def rooms(trial: Trial) -> None:
    models = {model.id: sorted(room.id for room in model.compartments) for model in trial.facts.models}
    for vehicle in (await trial.fleet.vehicles()).items:
        must(vehicle.model in models, f"a model of {sorted(models)} for {vehicle.id}", vehicle.model)
        told = sorted(room.id for room in vehicle.compartments)
        must(told == models[vehicle.model], f"{models[vehicle.model]} of {vehicle.id}", told)


def _limit(reply: httpx.Response) -> Limit | None:
    try:
        return Refusal.model_validate_json(reply.content).limit
    except ValueError:
        return None
