"""`homeward demo`: the whole platform and a town that lives in it, for people to look at and for machines to judge."""

import asyncio
import time
from dataclasses import dataclass
from typing import Final
from zoneinfo import ZoneInfo

from rich.console import Console
from rich.table import Table

from homeward.demo_town import Town, open_town
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs
from homeward.kit.clock import ScaledClock
from homeward.simulator.audit import Audit
from homeward.simulator.run import Score, run_town
from homeward.simulator.town import TOWN_NAME, TOWN_TIME_ZONE

out: Final = Console()


@dataclass(frozen=True, slots=True)
class DemoOptions:
    """What the command line asked for."""

    speed: float = 10.0
    seed: int = 1
    until_delivered: int | None = None
    exit_when_done: bool = False


async def run_demo(settings: Settings, options: DemoOptions) -> int:
    """0 when stopped or when enough has ended and all is sound; 1 if anything was lost."""
    started = time.monotonic()
    configure_logs("warning" if settings.log_level == "info" else settings.log_level, settings.log_json, "demo")
    status = out.status("starting")

    def told(line: str) -> None:
        out.print(line, highlight=False)

    with status:
        opening = open_town(settings, seed=options.seed, speed=options.speed, told=told, progress=status.update)
        async with opening as town:
            status.stop()
            _welcome(town, time.monotonic() - started)
            result = await run_town(
                town.cast,
                town.homes,
                town.settings.base_url,
                town.clock,
                phones=town.phones,
                until_ended=options.until_delivered,
                told=_Teller(options),
            )
            _summary(result)
            if not options.exit_when_done:
                out.print("The town stands still; console and portal stay open. Ctrl-C stops everything.")
                await asyncio.Event().wait()
            return 0 if result.sound else 1


def _welcome(town: Town, took_s: float) -> None:
    base, state, cast = town.settings.base_url, town.state, town.cast
    shop = cast.shops[0]
    out.print(f"\n[bold]{TOWN_NAME} is alive[/bold] at {town.clock.speed:g}× speed ({took_s:.0f} s to start)\n")
    for name, lines in (
        ("Console", (f"{base}/console", f"{state.operator_email}  {state.operator_password}")),
        ("Portal", (f"{base}/portal", f"{shop.portal_email}  {state.portal_password}   ({shop.name})")),
        ("Courier app", (f"{base}/courier", f"{cast.couriers[-1].phone}, the code arrives in {base}/console/mailbox")),
        ("API", (f"{base}/docs", f"key    {shop.live_key}", f"store  {shop.store_id}   ({shop.name})")),
    ):
        # Plain lines, never wrapped: people copy keys and addresses from here.
        for number, line in enumerate(lines):
            out.print(f"  {name if number == 0 else '':<14}{line}", highlight=False, soft_wrap=True)
    out.print(f"\n  {_town_time(town.clock)}", highlight=False, soft_wrap=True)
    out.print(
        "  The first simulated shopper's tracking page is printed here. Ctrl-C stops everything.\n", soft_wrap=True
    )


def _town_time(clock: ScaledClock) -> str:
    """Whoever asks for a window needs the town's time, which is not that of the machine."""
    now = clock.now()
    local = now.astimezone(ZoneInfo(TOWN_TIME_ZONE))
    return f"In the town it is {local:%A %Y-%m-%d %H:%M}, {now:%H:%M} UTC; a minute here is {clock.speed:g} there."


class _Teller:
    """Prints a line when the town has come further; the first booking's tracking page once there is one."""

    def __init__(self, options: DemoOptions) -> None:
        self._options = options
        self._last = Score(0, 0)

    def __call__(self, score: Score) -> None:
        if score == self._last:
            return
        if score.tracking_url and not self._last.tracking_url:
            out.print(f"  Tracking page {score.tracking_url}", highlight=False, soft_wrap=True)
        goal = f" of {self._options.until_delivered}" if self._options.until_delivered else ""
        out.print(f"  {score.booked} booked, {score.ended}{goal} ended", highlight=False)
        self._last = score


def _summary(result: Audit) -> None:
    table = Table(title="What became of everything", show_header=False)
    for name, value in (
        ("booked", result.booked),
        *((state, result.by_state.get(state, 0)) for state in ("delivered", "returned", "cancelled", "failed")),
        ("still under way", result.booked - result.ended),
        ("lost", len(result.lost)),
        ("gaps in the event log", len(result.gaps)),
        ("events", result.events),
        ("on time", f"{result.on_time_share:.0%}" if result.on_time_share is not None else "–"),
        ("median click to door, express", f"{result.click_to_door_s / 60:.0f} min" if result.click_to_door_s else "–"),
    ):
        table.add_row(name, str(value))
    out.print(table)
    for delivery_id in (*result.lost, *result.gaps):
        out.print(f"[red]not sound:[/red] {delivery_id}")
