"""The whole thing as people start it: the demo from nothing, its second start, Ctrl-C, and kills in mid-day."""

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from bench.crash import run_drill
from homeward.infra.settings import Settings
from tests.web.town import a_free_port

pytestmark = [pytest.mark.slow, pytest.mark.timeout(900)]

SPEED = 40.0


@dataclass(frozen=True)
class FirstStart:
    """A folder in which a demo has run until six deliveries had ended."""

    folder: Path
    port: int
    status: int
    told: str

    def command(self, *more: str) -> list[str]:
        where = ["--data-dir", str(self.folder), "--port", str(self.port), "--speed", str(SPEED)]
        return [sys.executable, "-m", "homeward", "demo", *where, *more]


@pytest.fixture(scope="module")
def first_start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[FirstStart]:
    start = FirstStart(tmp_path_factory.mktemp("town") / "data", a_free_port(), 0, "")
    command = start.command("--until-delivered", "6", "--exit")
    done = subprocess.run(command, capture_output=True, text=True, timeout=840, check=False, env=_wide())
    yield FirstStart(start.folder, start.port, done.returncode, done.stdout + done.stderr)
    for pid in _processes_of(start.folder):  # whatever a failed test left
        os.kill(pid, signal.SIGKILL)


def test_the_demo_runs_from_nothing_until_enough_has_ended_and_nothing_is_lost(first_start: FirstStart) -> None:
    assert first_start.status == 0, first_start.told
    summary = {name: value for name, value in _table(first_start.told) if name}
    assert summary["lost"] == "0"
    assert summary["gaps in the event log"] == "0"
    ended = sum(int(summary[state]) for state in ("delivered", "returned", "cancelled", "failed"))
    assert ended >= 6
    assert int(summary["booked"]) == ended + int(summary["still under way"])
    assert _processes_of(first_start.folder) == {}


def test_a_second_start_goes_on_with_the_same_town_and_ctrl_c_leaves_nothing_running(
    first_start: FirstStart, tmp_path: Path
) -> None:
    cast_before = (first_start.folder / "cast.json").read_text()
    screen = tmp_path / "screen"
    with screen.open("w") as out:
        demo = subprocess.Popen(first_start.command(), stdout=out, stderr=out, env=_wide(), preexec_fn=_ctrl_c_is_heard)
    give_up_at = time.monotonic() + 120
    while "Ctrl-C stops everything" not in screen.read_text():
        assert time.monotonic() < give_up_at, screen.read_text()
        time.sleep(0.2)
    running = _processes_of(first_start.folder)
    demo.send_signal(signal.SIGINT)
    status = demo.wait(60)

    told = screen.read_text()
    assert "is alive" in told
    assert "Building" not in told, "it did not import its town again"
    assert (first_start.folder / "cast.json").read_text() == cast_before
    assert len(running) > 6, "database, road servers, serve, work, plan and the demo itself"
    assert _gone(first_start.folder), f"still running: {_processes_of(first_start.folder)}"
    assert "Traceback" not in told, told
    assert status == 0


async def test_nothing_is_lost_though_every_part_is_killed_in_the_middle_of_the_day(first_start: FirstStart) -> None:
    settings = Settings(data_dir=first_start.folder, port=first_start.port)
    result = await run_drill(settings, kills=6, every_s=5.0, speed=20.0, seed=1, settle_s=40.0)
    assert result.passed, result
    assert set(result.kills) >= {"serve", "work", "plan", "postgres", "roads"}
    assert result.webhooks > 0
    assert _gone(first_start.folder), f"still running: {_processes_of(first_start.folder)}"


def _ctrl_c_is_heard() -> None:
    # A shell starts what runs in its background deaf to SIGINT, and children inherit that: so does a test run.
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def _wide() -> dict[str, str]:
    return {**os.environ, "COLUMNS": "160", "NO_COLOR": "1"}


def _table(told: str) -> Iterator[tuple[str, str]]:
    """Rows of the summary, whatever lines are drawn around them."""
    for line in told.splitlines():
        cells = [cell.strip() for cell in line.replace("┃", "│").split("│")]
        if len(cells) == 4:
            yield cells[1], cells[2]


def _processes_of(folder: Path) -> dict[int, str]:
    """Everything that runs on this data folder: it is in the command line or the environment."""
    found: dict[int, str] = {}
    for process in Path("/proc").glob("[0-9]*"):
        pid = int(process.name)
        try:
            line = (process / "cmdline").read_bytes()
            named = os.fsencode(folder) in line or os.fsencode(folder) in (process / "environ").read_bytes()
            zombie = ") Z " in (process / "stat").read_text()
        except OSError:
            continue
        if named and not zombie and pid != os.getpid():
            found[pid] = line.replace(b"\0", b" ").decode(errors="replace")[:200]
    return found


def _gone(folder: Path, within_s: float = 10.0) -> bool:
    give_up_at = time.monotonic() + within_s
    while _processes_of(folder) and time.monotonic() < give_up_at:
        time.sleep(0.2)
    return not _processes_of(folder)
