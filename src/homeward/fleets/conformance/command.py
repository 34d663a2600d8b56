"""The kit as a command: judge a fleet at an address, show it, write it, and say by the exit code how it went."""

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path

import httpx
from rich.console import Console
from rich.markup import escape

from homeward.fleets.conformance.judging import NotOffered
from homeward.fleets.conformance.report import as_json, clauses, examine, show
from homeward.fleets.conformance.trial import FAILURES


async def judged(
    url: str,
    token: str,
    only: Sequence[str],
    file: Path | None,
    out: Console,
    http: httpx.AsyncClient | None = None,
) -> int:
    """0 at 100 %, 1 below it, 2 where there was nothing to try: a wrong clause, no answer, no sandbox."""
    unknown = sorted(set(only) - {each.id for each in clauses()})
    if unknown:
        out.print(f"There is no clause {', '.join(unknown)}.", style="red", markup=False)
        return 2
    async with http or httpx.AsyncClient() as client:
        try:
            report = await examine(client, url, token, only)
        except (NotOffered, httpx.InvalidURL, *FAILURES) as none:
            out.print(f"[red]Nothing could be tried at {escape(url)}:[/red] {escape(str(none))}", soft_wrap=True)
            return 2
    show(report, out)
    if file is not None:
        text = json.dumps(as_json(report), indent=1, ensure_ascii=False) + "\n"
        await asyncio.to_thread(file.write_text, text, encoding="utf-8")
    return 0 if report.kept else 1
