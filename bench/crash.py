"""`make drill-crash`: a living town whose parts are killed without warning, and the count of what was lost.

A town runs at speed; every few seconds SIGKILL hits one of serve, work, plan, a road server or Postgres. A merchant's
own system listens to webhooks all the while. Afterwards the town may settle, and then the audit compares what the
shops were told with what the platform has: no acknowledged delivery, no event and no webhook may be missing.

`kill -9` proves that the write-ahead log is replayed, not that the disk survives a power cut: the kernel's page cache
outlives the process. A drill on a lossy file system would be another one.
"""

import argparse
import asyncio
import json
import os
import random
import signal
import tempfile
import threading
import time
from collections import Counter, defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Final

from rich.console import Console
from rich.table import Table

from homeward.demo_town import Town, open_town
from homeward.infra.settings import Settings
from homeward.infra.telemetry import configure_logs
from homeward.simulator.audit import Audit, audit
from homeward.simulator.doors import Doors, open_doors
from homeward.simulator.run import live
from homeward.simulator.shopper import Ledger

out: Final = Console()

VICTIMS: Final = ("serve", "work", "plan", "postgres", "roads")
_SETTLE_S: Final = 60.0


@dataclass(slots=True)
class Receiver:
    """A merchant's webhook receiver that keeps what it was told: which sequence numbers of which delivery."""

    seen: dict[str, list[int]] = field(default_factory=lambda: defaultdict(list))
    lock: threading.Lock = field(default_factory=threading.Lock)

    def serve(self) -> tuple[ThreadingHTTPServer, str]:
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = json.loads(self.rfile.read(int(self.headers["content-length"])))
                with receiver.lock:
                    receiver.seen[body["data"]["delivery_id"]].append(body["data"]["seq"])
                self.send_response(204)
                self.end_headers()

            def log_message(self, *args: Any) -> None:
                """Quiet: the drill prints its own lines."""

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        return server, f"http://127.0.0.1:{server.server_port}/hooks"


@dataclass(frozen=True, slots=True)
class DrillResult:
    """What is left after the kills. The drill has passed if the last four are empty."""

    kills: dict[str, int]
    booked: int
    ended: int
    events: int
    webhooks: int
    webhook_doubles: int
    lost: tuple[str, ...]
    gaps: tuple[str, ...]
    webhooks_missing: tuple[str, ...]
    unanswered: int

    @property
    def passed(self) -> bool:
        return not (self.lost or self.gaps or self.webhooks_missing)


async def run_drill(
    settings: Settings, *, kills: int, every_s: float, speed: float, seed: int, settle_s: float = _SETTLE_S
) -> DrillResult:
    """Open a town, let it live while its parts are killed, let it settle, and count."""
    receiver = Receiver()
    server, hook_url = receiver.serve()
    ledger = Ledger()
    try:
        async with (
            open_town(settings, seed=seed, speed=speed, told=out.print, progress=_quiet) as town,
            open_doors(town.settings.base_url) as http,
        ):
            doors = Doors(http)
            await _listen(town, doors, hook_url)
            # In a folder that has lived before, what happened then is not this drill's to count.
            before = (await audit(town.cast, doors, ())).last_seq
            people = asyncio.create_task(live(town.cast, town.homes, doors, town.clock, ledger, town.phones))
            killed = await _kill(town, kills, every_s, random.Random(seed))
            await asyncio.sleep(settle_s / 2)
            people.cancel()
            await asyncio.gather(people, return_exceptions=True)
            result = await _until_delivered_to(receiver, town, doors, ledger, before, settle_s)
            return _judge(result, receiver, before, killed, ledger)
    finally:
        server.shutdown()


async def _listen(town: Town, doors: Doors, url: str) -> None:
    for shop in town.cast.shops:
        own = doors.with_key(shop.live_key)
        known = (await own.get("/v1/webhook-endpoints"))["items"]
        if known:
            await own.patch(f"/v1/webhook-endpoints/{known[0]['id']}", {"url": url, "active": True})
        else:
            await own.post("/v1/webhook-endpoints", {"url": url})


async def _kill(town: Town, kills: int, every_s: float, rng: random.Random) -> Counter[str]:
    """SIGKILL to one part after another; which part is drawn, but each kind has its turn."""
    killed: Counter[str] = Counter()
    for number in range(kills):
        await asyncio.sleep(every_s * rng.uniform(0.5, 1.5))
        kind = VICTIMS[number % len(VICTIMS)] if number < len(VICTIMS) else rng.choice(VICTIMS)
        alive = [child for child in town.family.statuses() if child.pid and child.name.startswith(kind)]
        if alive:
            with suppress(ProcessLookupError):
                os.kill(rng.choice(alive).pid or 0, signal.SIGKILL)
                killed[kind] += 1
    return killed


async def _until_delivered_to(
    receiver: Receiver, town: Town, doors: Doors, ledger: Ledger, before: Mapping[str, int], within_s: float
) -> Audit:
    """Audit until the receiver has caught up with the log, or the time is over."""
    give_up_at = time.monotonic() + within_s
    while True:
        result = await audit(town.cast, doors, ledger.booked)
        if not _missing(result, receiver, before) or time.monotonic() > give_up_at:
            return result
        await asyncio.sleep(2)


def _missing(result: Audit, receiver: Receiver, before: Mapping[str, int]) -> tuple[str, ...]:
    """Events of the log since the drill began, as `delivery:seq`, that no webhook has brought."""
    with receiver.lock:
        return tuple(
            f"{delivery_id}:{seq}"
            for delivery_id, last in result.last_seq.items()
            for seq in range(before.get(delivery_id, 0) + 1, last + 1)
            if seq not in receiver.seen[delivery_id]
        )


def _judge(
    result: Audit, receiver: Receiver, before: Mapping[str, int], killed: Counter[str], ledger: Ledger
) -> DrillResult:
    told = sum(len(seqs) for seqs in receiver.seen.values())
    distinct = sum(len(set(seqs)) for seqs in receiver.seen.values())
    return DrillResult(
        kills=dict(killed),
        booked=result.booked,
        ended=result.ended,
        events=result.events,
        webhooks=told,
        webhook_doubles=told - distinct,
        lost=result.lost,
        gaps=result.gaps,
        webhooks_missing=_missing(result, receiver, before),
        unanswered=len(ledger.unanswered),
    )


def _quiet(what: str) -> None:
    return None


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--every", type=float, default=6.0, help="seconds between two kills, on the mean")
    parser.add_argument("--speed", type=float, default=20.0)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=8190)
    parser.add_argument("--data-dir", type=Path, help="default: a temporary folder")
    parser.add_argument("--out", type=Path, help="the result as JSON")
    arguments = parser.parse_args()
    configure_logs("critical", as_json=False, process="drill")
    with tempfile.TemporaryDirectory() as temporary:
        settings = Settings(data_dir=arguments.data_dir or Path(temporary), port=arguments.port)
        result = asyncio.run(
            run_drill(
                settings, kills=arguments.kills, every_s=arguments.every, speed=arguments.speed, seed=arguments.seed
            )
        )
    table = Table(title="Crash drill: " + ("passed" if result.passed else "FAILED"), show_header=False)
    for name, value in asdict(result).items():
        table.add_row(name.replace("_", " "), str(len(value) if isinstance(value, tuple) else value))
    out.print(table)
    for name in (*result.lost, *result.gaps, *result.webhooks_missing):
        out.print(f"missing: {name}", highlight=False)
    if arguments.out:
        arguments.out.write_text(json.dumps({"rows": [asdict(result)]}, indent=1))
    return 0 if result.passed else 1


if __name__ == "__main__":
    raise SystemExit(main())
