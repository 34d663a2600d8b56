"""Run the clauses against a fleet, and tell how it did."""

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any, Final

import httpx
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from homeward.fleets.conformance import (
    clauses_calls,
    clauses_domain,
    clauses_life,
    clauses_log,
    clauses_promise,
    clauses_secrets,
)
from homeward.fleets.conformance.exchanges import Exchange
from homeward.fleets.conformance.judging import CLAUSES, Broken, Clause, NotOffered, NotReached
from homeward.fleets.conformance.trial import FAILURES, Trial, said
from homeward.fleets.contract import VERSION
from homeward.fleets.contract.server import Refused

# Whoever judges the whole log comes when everything has happened.
_IN_ORDER: Final = (clauses_calls, clauses_promise, clauses_life, clauses_secrets, clauses_domain, clauses_log)


class Verdict(StrEnum):
    PASSED = "passed"
    FAILED = "failed"
    NOT_TRIED = "not tried"  # the scenario did not get there; it counts as not passed
    NOT_APPLICABLE = "not applicable"  # not offered; it counts for nothing


_LOOKS: Final = {
    Verdict.PASSED: "[green]✓ passed[/green]",
    Verdict.FAILED: "[red]✗ failed[/red]",
    Verdict.NOT_TRIED: "[yellow]! not tried[/yellow]",
    Verdict.NOT_APPLICABLE: "[dim]– not applicable[/dim]",
}


@dataclass(frozen=True, slots=True)
class Result:
    clause: Clause
    verdict: Verdict
    expected: str = ""
    came: str = ""
    exchanges: Sequence[Exchange] = ()


@dataclass(frozen=True, slots=True)
class Report:
    """Score of the clauses that apply, by weight. `models` says how far each model of the fact sheet got."""

    fleet: str
    models: dict[str, str] = field(default_factory=dict)
    results: list[Result] = field(default_factory=list)

    @property
    def score(self) -> float:
        """Percent; 100 only if nothing that applies was missed, and 0 if nothing applied."""
        counted = [result for result in self.results if result.verdict is not Verdict.NOT_APPLICABLE]
        total = sum(result.clause.weight for result in counted)
        passed = sum(result.clause.weight for result in counted if result.verdict is Verdict.PASSED)
        return 100 * passed / total if total else 0.0

    @property
    def kept(self) -> bool:
        return all(result.verdict in (Verdict.PASSED, Verdict.NOT_APPLICABLE) for result in self.results) and (
            self.score > 0
        )


def clauses() -> list[Clause]:
    """All, in the order in which they are tried."""
    modules = [module.__name__ for module in _IN_ORDER]
    return sorted(CLAUSES.values(), key=lambda each: modules.index(each.check.__module__))


async def examine(http: httpx.AsyncClient, base_url: str, token: str, only: Sequence[str] = ()) -> Report:
    """Try the clauses, all or some. Raises what `Trial.begin` does: without a fact sheet there is nothing to try."""
    trial = Trial(http, base_url, token)
    await trial.begin()
    report = Report(trial.facts.name)
    for each in clauses():
        if not only or each.id in only:
            report.results.append(await _tried(each, trial))
    for model in trial.facts.models if trial.models else ():
        report.models[f"{model.name} ({model.id})"] = trial.models.get(model.id, "not tried")
    return report


async def _tried(each: Clause, trial: Trial) -> Result:
    try:
        await each.check(trial)
    except NotOffered as none:
        return Result(each, Verdict.NOT_APPLICABLE, came=str(none))
    except NotReached as stuck:
        return Result(each, Verdict.NOT_TRIED, stuck.expected, stuck.came, trial.exchanges())
    except Broken as broken:
        return Result(each, Verdict.FAILED, broken.expected, broken.came, trial.exchanges())
    except Refused as refused:
        return Result(each, Verdict.FAILED, "no refusal here", said(refused.refusal), trial.exchanges())
    except FAILURES as failure:
        return Result(each, Verdict.FAILED, "an answer as the contract has it", str(failure), trial.exchanges())
    return Result(each, Verdict.PASSED)


def show(report: Report, out: Console) -> None:
    table = Table(title=f"Fleet contract {VERSION}: {report.fleet}", title_justify="left")
    for column in ("section", "clause", "weight", "", "what it demands"):
        table.add_column(column, overflow="fold")
    for result in report.results:
        each = result.clause
        table.add_row(each.section, each.id, str(each.weight), _LOOKS[result.verdict], each.says)
    out.print(table)
    for result in report.results:
        if result.verdict in (Verdict.FAILED, Verdict.NOT_TRIED):
            out.print("\n".join(_told(result)), highlight=False, soft_wrap=True)
    for model, how_far in report.models.items():
        out.print(f"{model}: {how_far}", highlight=False, markup=False, soft_wrap=True)
    out.print(f"\n[bold]Score: {_rounded(report.score)} %[/bold]")


def _told(result: Result) -> Iterator[str]:
    yield f"\n{_LOOKS[result.verdict]} [bold]{result.clause.id}[/bold]: {escape(result.clause.says)}"
    yield f"  expected  {escape(result.expected)}"
    yield f"  came      {escape(result.came)}"
    if result.verdict is Verdict.FAILED:
        for exchange in result.exchanges:
            status = "no answer" if exchange.status is None else exchange.status
            yield escape(f"  > {exchange.call} {exchange.body}")
            yield escape(f"  < {status} {exchange.answer}")


def _rounded(score: float) -> str:
    # Never rounded up to a hundred.
    return f"{int(score * 10) / 10:g}"


def as_json(report: Report) -> dict[str, Any]:
    return {
        "contract": VERSION,
        "fleet": report.fleet,
        "models": report.models,
        "score": int(report.score * 10) / 10,
        "clauses": [
            {
                "id": result.clause.id,
                "says": result.clause.says,
                "section": result.clause.section,
                "weight": result.clause.weight,
                "verdict": result.verdict,
                "expected": result.expected,
                "came": result.came,
                "exchanges": [asdict(exchange) for exchange in result.exchanges],
            }
            for result in report.results
        ],
    }
