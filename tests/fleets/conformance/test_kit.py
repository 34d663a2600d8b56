"""The kit passes whoever keeps the contract, and finds each fault by the clause that is named for it."""

import io
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
import pytest
from rich.console import Console

from homeward.fleets.conformance.command import judged
from homeward.fleets.conformance.report import Report, Verdict, as_json, clauses, examine
from homeward.fleets.contract.server import fleet_app
from homeward.fleets.contract.words import Action
from tests.fleets.conformance.town_facts import by_daylight_only, facts, two_models
from tests.fleets.conformance.town_fleet import TownFleet

TOKEN = "good-token"
FAULTS = {
    "gap": "log.gapless",
    "double": "log.gapless",
    "changes_the_log": "log.kept",
    "lid_untold": "log.lids",
    "secret_in_the_log": "secret.told-once",
    "secret_opens_twice": "secret.single-use",
    "secret_never_expires": "secret.expires",
    "revoked_secret_opens": "secret.revoked",
    "any_secret_opens": "secret.wrong",
    "two_secrets": "secret.idempotent",
    "long_secrets": "secret.short-lived",
    "opens_without_secret": "unlock.needs-secret",
    "opens_anywhere": "unlock.only-at-a-stop",
    "two_quotes": "quote.idempotent",
    "two_legs": "commit.idempotent",
    "quote_expires_early": "quote.held",
    "quote_never_expires": "quote.expires",
    "double_booking": "reservation.once",
    "carries_anything": "refusal.names-limit",
    "one_limit": "refusal.every-limit",
    "any_weather": "refusal.weather",
    "skips_loaded": "state.legal",
    "says_no_why": "state.why",
    "goods_twice": "custody.once",
    "quiet": "heartbeat.kept",
    "cancels_with_goods": "action.cancel-too-late",
    "moves_while_paused": "action.pause",
    "diverts_nowhere": "action.divert",
    "hides_incidents": "mishap.passes",
    "late_news_as_new": "contact.late-news-in-order",
    "refuses_after_yes": "life.delivered",
    "waits_for_ever": "life.nobody-comes",
    "looks_free": "vehicles.loaded",
    "takes_any_spot": "refusal.spot",
    "ignores_spots": "life.spot",
    "goes_any_distance": "refusal.farthest",
    "never_closed": "refusal.closed",
    "changes_facts_untold": "facts.changed",
    "quotes_deliveries_only": "promise.purpose",
    "repairs_in_words_only": "sandbox.repair",
}


async def examined(fleet: TownFleet, only: Sequence[str] = ()) -> Report:
    app = fleet_app(fleet, TOKEN, fleet)
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app)) as http:
        return await examine(http, "http://fleet.test", TOKEN, only)


def told(report: Report, verdict: Verdict) -> list[str]:
    return [
        f"{each.clause.id}: expected {each.expected}; came {each.came}"
        for each in report.results
        if each.verdict is verdict
    ]


async def test_an_honest_fleet_keeps_every_clause() -> None:
    report = await examined(TownFleet())
    assert told(report, Verdict.FAILED) == []
    assert told(report, Verdict.NOT_TRIED) == []
    assert [each.clause.id for each in report.results if each.verdict is Verdict.NOT_APPLICABLE] == [
        "action.unsupported",
        "refusal.daylight",
        "life.two-rooms",
    ]
    assert report.score == 100
    assert report.kept


@pytest.mark.parametrize(("fault", "named"), FAULTS.items())
async def test_a_fault_is_found_by_the_clause_that_is_named_for_it(fault: str, named: str) -> None:
    report = await examined(TownFleet(fault), [named])
    assert [(each.clause.id, each.verdict) for each in report.results] == [(named, Verdict.FAILED)]
    assert not report.kept


async def test_who_goes_by_daylight_only_is_asked_for_by_night() -> None:
    for faults, verdict in (((), Verdict.PASSED), (("goes_by_night",), Verdict.FAILED)):
        report = await examined(TownFleet(*faults, sheet=by_daylight_only()), ["refusal.daylight"])
        assert [each.verdict for each in report.results] == [verdict]


@pytest.mark.parametrize(
    ("fault", "named", "how_far"),
    [
        ("second_model_is_never_quoted", "models.promised", "not promised"),
        ("second_model_turns_back", "models.delivered", "not delivered"),
    ],
)
async def test_every_model_is_tried_and_named(fault: str, named: str, how_far: str) -> None:
    both = ["models.promised", "models.delivered"]
    honest = await examined(TownFleet(sheet=two_models()), both)
    assert honest.models == {"Barrow 2 (barrow)": "delivered", "Cart 1 (cart)": "delivered"}
    report = await examined(TownFleet(fault, sheet=two_models()), [named])
    assert [each.verdict for each in report.results] == [Verdict.FAILED]
    assert "Cart 1 (cart)" in report.results[0].expected
    assert how_far in report.models["Cart 1 (cart)"]


async def test_a_second_run_in_the_same_sandbox_scores_the_same() -> None:
    fleet = TownFleet()
    assert [(await examined(fleet)).score for _ in range(2)] == [100, 100]


async def test_a_compartment_that_has_a_leg_is_not_promised_again() -> None:
    report = await examined(TownFleet("double_booking"), ["commit.room-taken"])
    assert [each.verdict for each in report.results] == [Verdict.FAILED]


async def test_what_could_not_be_tried_is_not_passed() -> None:
    report = await examined(TownFleet("refuses_after_yes"), ["life.delivered", "action.pause", "log.gapless"])
    verdicts = {each.clause.id: each.verdict for each in report.results}
    assert verdicts == {
        "life.delivered": Verdict.FAILED,
        "action.pause": Verdict.NOT_TRIED,
        "log.gapless": Verdict.PASSED,
    }
    assert not report.kept


async def test_what_the_fact_sheet_does_not_list_is_not_demanded() -> None:
    fewer = facts(actions=[Action.OPEN, Action.CLOSE, Action.CANCEL])
    report = await examined(TownFleet(sheet=fewer))
    missing = {each.clause.id for each in report.results if each.verdict is Verdict.NOT_APPLICABLE}
    not_listed = {"action.pause", "action.safe-stop", "action.divert", "action.return", "mishap.rescue"}
    assert missing == not_listed | {"refusal.daylight", "life.two-rooms"}
    assert told(report, Verdict.FAILED) == []
    assert report.score == 100


async def test_no_secret_stands_in_the_report() -> None:
    fleet = TownFleet("secret_in_the_log", "any_secret_opens", "secret_opens_twice")
    report = await examined(fleet, ["secret.told-once", "secret.wrong", "secret.single-use"])
    secrets = {issued.secret.secret for job in fleet.jobs.values() for issued in job.secrets.values()}
    assert secrets
    assert not [secret for secret in secrets if f'"{secret}"' in str(as_json(report))]
    assert TOKEN not in str(as_json(report))


def test_every_clause_says_in_one_sentence_what_it_demands() -> None:
    for each in clauses():
        assert each.says.endswith("."), each.id
        assert each.weight in (1, 2, 3), each.id


async def ordered(fleet: TownFleet, *only: str, file: Path | None = None, token: str = TOKEN) -> tuple[int, str]:
    shown = io.StringIO()
    http = httpx.AsyncClient(transport=httpx.ASGITransport(fleet_app(fleet, TOKEN, fleet)))
    code = await judged("http://fleet.test", token, only, file, Console(file=shown, width=160), http)
    return code, shown.getvalue()


async def test_the_command_ends_well_only_at_a_hundred_percent(tmp_path: Path) -> None:
    file = tmp_path / "score.json"
    code, shown = await ordered(TownFleet(), "quote.whole", "quote.held", file=file)
    assert code == 0
    assert "Score: 100 %" in shown
    assert json.loads(file.read_text())["score"] == 100
    code, shown = await ordered(TownFleet("quote_expires_early"), "quote.whole", "quote.held")
    assert code == 1
    assert "Score: 50 %" in shown
    assert "expected" in shown
    assert "POST /reservations" in shown


async def test_the_command_says_why_nothing_could_be_tried() -> None:
    assert (await ordered(TownFleet(), "no.such"))[0] == 2
    assert (await ordered(TownFleet(), token="another"))[0] == 2
    code, shown = await ordered(TownFleet(sheet=facts(sandbox=False)))
    assert code == 2
    assert "this is no sandbox" in shown
    assert "sandbox: true" in shown
