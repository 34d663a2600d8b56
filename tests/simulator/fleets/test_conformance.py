"""The reference fleets keep every clause of the contract, and the kit finds each way in which one can break it."""

import httpx
import pytest
from fastapi import FastAPI

from homeward.fleets.conformance.report import Report, Verdict, examine
from homeward.simulator.fleets.faults import FAULTS
from homeward.simulator.fleets.kinds import KINDS
from homeward.simulator.fleets.serve import FleetOptions, built

TOKEN = "for-the-kit"
CLAUSE_OF = {
    "events-doubled": "log.gapless",
    "events-out-of-order": "log.gapless",
    "number-skipped": "log.gapless",
    "silent-after-pickup": "life.delivered",
    "secret-in-event": "secret.told-once",
    "forbidden-transition": "state.legal",
    "doubled-custody": "custody.once",
    "refuses-after-accept": "life.delivered",
    "opens-without-secret": "unlock.needs-secret",
    "opens-twice": "secret.single-use",
    "forgets-keys": "commit.idempotent",
    "quote-cut-short": "quote.held",
    "hold-ignored": "reservation.expires",
    "no-limits-in-no": "refusal.names-limit",
    "never-quotes": "quote.whole",
    "acts-in-words-only": "life.delivered",
    "late-heartbeat": "heartbeat.kept",
    "claims-free": "vehicles.loaded",
    "shares-a-room": "commit.room-taken",
}
KIND_OF = {"shares-a-room": "road"}
# Clauses that are not applicable to most of them.
TRIED_BY = {
    "road": ["life.two-rooms"],
    "drone": ["refusal.daylight", "action.unsupported"],
    "sidewalk": ["refusal.farthest"],
}


async def examined(kind: str, fault: str | None = None, *only: str) -> Report:
    app, _ = built(FleetOptions(kind=kind, token=TOKEN, fault=fault))
    return await examined_at(app, *only)


async def examined_at(app: FastAPI, *only: str) -> Report:
    transport = httpx.ASGITransport(app, raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport) as http:
        return await examine(http, "http://fleet.test", TOKEN, only)


@pytest.mark.parametrize("kind", KINDS)
async def test_a_reference_fleet_keeps_every_clause_as_often_as_it_is_tried(kind: str) -> None:
    app, _ = built(FleetOptions(kind=kind, token=TOKEN))
    for _ in range(2):
        report = await examined_at(app)
        broken = [each for each in report.results if each.verdict in (Verdict.FAILED, Verdict.NOT_TRIED)]
        assert [f"{each.clause.id}: expected {each.expected}; came {each.came}" for each in broken] == []
        assert report.kept


async def test_between_them_the_reference_fleets_have_every_clause_tried() -> None:
    tried: set[str] = set()
    for kind, only in TRIED_BY.items():
        report = await examined(kind, None, *only)
        tried |= {each.clause.id for each in report.results if each.verdict is Verdict.PASSED}
    assert tried == {each for only in TRIED_BY.values() for each in only}


def test_every_fault_has_its_clause() -> None:
    assert set(CLAUSE_OF) == set(FAULTS)


@pytest.mark.parametrize(("fault", "named"), CLAUSE_OF.items())
async def test_a_fault_is_found_by_its_clause(fault: str, named: str) -> None:
    report = await examined(KIND_OF.get(fault, "sidewalk"), fault, named)
    assert [each.verdict for each in report.results] == [Verdict.FAILED]
