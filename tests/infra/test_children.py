"""Child processes: started, watched, restarted, stopped in order, and gone when we are."""

from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import textwrap
import time
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from homeward.infra.children import (
    LOG_LONG_BYTES,
    Child,
    ChildFailed,
    ChildSpec,
    Privileges,
    Supervisor,
    namespaces_work,
)

SLEEPS = "import time; print('here', flush=True); time.sleep(600)"


def a_child(folder: Path, code: str = SLEEPS, *, name: str = "sleeper", **changes: object) -> ChildSpec:
    """A Python process that runs `code`, ready as soon as it wrote something."""
    log_file = folder / f"{name}.log"

    async def wrote() -> bool:
        return log_file.stat().st_size > 0

    facts: dict[str, object] = {"ready": wrote, "ready_within_s": 20.0, "stop_within_s": 5.0, **changes}
    return ChildSpec(name, [sys.executable, "-c", textwrap.dedent(code)], log_file, **facts)  # type: ignore[arg-type]


async def eventually(holds: Callable[[], bool], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "waited too long"
        await asyncio.sleep(0.02)


def is_alive(pid: int) -> bool:
    try:
        return "(zombie)" not in Path(f"/proc/{pid}/status").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return False


async def test_a_child_that_ends_before_it_is_ready_is_reported_with_the_end_of_its_log(tmp_path: Path) -> None:
    spec = a_child(tmp_path, "import sys; sys.exit('the map is broken')", ready=never)
    with pytest.raises(ChildFailed, match="the map is broken"):
        await Child(spec).start()


async def never() -> bool:
    return False


async def test_the_log_of_an_earlier_start_is_not_mistaken_for_this_one(tmp_path: Path) -> None:
    (tmp_path / "sleeper.log").write_text("an old trouble\n")
    with pytest.raises(ChildFailed) as failure:
        await Child(a_child(tmp_path, "import sys; sys.exit('a new trouble')", ready=never)).start()
    assert failure.value.log_tail == "a new trouble"


async def test_a_log_that_has_grown_long_becomes_the_previous_one(tmp_path: Path) -> None:
    spec = a_child(tmp_path)
    with spec.log_file.open("wb") as long:
        long.truncate(LOG_LONG_BYTES + 1)
    child = Child(spec)
    await child.start()
    await child.stop()
    assert spec.log_file.read_text() == "here\n"
    assert spec.log_file.with_name("sleeper.log.1").stat().st_size == LOG_LONG_BYTES + 1


async def test_a_child_that_is_not_ready_in_time_is_stopped(tmp_path: Path) -> None:
    child = Child(a_child(tmp_path, ready=never, ready_within_s=0.3))
    with pytest.raises(ChildFailed, match="not ready within"):
        await child.start()
    assert not child.alive


async def test_a_child_that_ignores_the_stop_signal_is_killed(tmp_path: Path) -> None:
    deaf = "import signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); " + SLEEPS
    child = Child(a_child(tmp_path, deaf, stop_within_s=0.3))
    await child.start()
    await child.stop()
    assert child.exit_code == -signal.SIGKILL


async def test_ctrl_c_in_our_terminal_does_not_reach_a_child(tmp_path: Path) -> None:
    child = Child(a_child(tmp_path))
    await child.start()
    try:
        assert child.pid is not None
        assert os.getsid(child.pid) == child.pid != os.getsid(0)
    finally:
        await child.stop()


async def test_a_killed_child_is_started_again_and_counted(tmp_path: Path) -> None:
    supervisor = Supervisor()
    child = await supervisor.start(a_child(tmp_path))
    first = child.pid
    assert first is not None
    os.kill(first, signal.SIGKILL)
    await eventually(lambda: supervisor.statuses()[0].restarts == 1 and supervisor.statuses()[0].ready)
    assert child.pid != first
    await supervisor.stop()
    assert not child.alive
    assert supervisor.statuses() == []


async def test_a_child_that_cannot_start_again_is_tried_until_it_can(tmp_path: Path) -> None:
    blocked = tmp_path / "blocked"

    async def refuse_while_blocked() -> None:
        if blocked.exists():
            raise OSError("the disk is full")

    supervisor = Supervisor()
    child = await supervisor.start(a_child(tmp_path, prepare=refuse_while_blocked))
    blocked.touch()
    assert child.pid is not None
    os.kill(child.pid, signal.SIGKILL)
    await eventually(lambda: supervisor.statuses()[0].restarts == 1)
    assert not supervisor.statuses()[0].ready
    blocked.unlink()
    await eventually(lambda: supervisor.statuses()[0].ready)
    await supervisor.stop()


async def test_children_stop_in_the_reverse_order_of_their_start(tmp_path: Path) -> None:
    ends = tmp_path / "ends"
    code = """
        import signal, sys, time
        def end(*_):
            open({ends!r}, "a").write({name!r} + "\\n")
            sys.exit(0)
        signal.signal(signal.SIGTERM, end)
        print("here", flush=True)
        time.sleep(600)
    """
    supervisor = Supervisor()
    for name in ("database", "roads", "web"):
        await supervisor.start(a_child(tmp_path, code.format(ends=str(ends), name=name), name=name))
    await supervisor.stop()
    assert ends.read_text().split() == ["web", "roads", "database"]


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
@pytest.mark.parametrize("privileges", [Privileges.KEEP, Privileges.NAMESPACE])
async def test_no_child_outlives_a_parent_that_is_killed(tmp_path: Path, privileges: Privileges) -> None:
    if privileges == Privileges.NAMESPACE and not namespaces_work():
        pytest.skip("user namespaces are forbidden here")
    parent_code = f"""
        import asyncio, sys, time
        from pathlib import Path
        from homeward.infra.children import Child, ChildSpec, Privileges
        log_file, privileges = Path({str(tmp_path / "c.log")!r}), Privileges({privileges.value!r})
        spec = ChildSpec("c", ["sleep", "600"], log_file, privileges=privileges)
        child = Child(spec)
        asyncio.run(child.start())
        print(child.pid, flush=True)
        time.sleep(600)
    """
    parent = subprocess.Popen([sys.executable, "-c", textwrap.dedent(parent_code)], stdout=subprocess.PIPE, text=True)
    assert parent.stdout is not None
    with parent:
        pid = int(parent.stdout.readline())
        assert is_alive(pid)
        parent.kill()
    await eventually(lambda: not is_alive(pid))


async def test_in_a_namespace_a_child_sees_no_root_but_its_files_are_ours(tmp_path: Path) -> None:
    if not namespaces_work():
        pytest.skip("user namespaces are forbidden here")
    private = tmp_path / "private"
    private.mkdir(mode=0o700)
    code = f"import os; open({str(private / 'file')!r}, 'w').write(str(os.getuid())); print(1, flush=True)\n{SLEEPS}"
    child = Child(a_child(tmp_path, code, privileges=Privileges.NAMESPACE))
    await child.start()
    await child.stop()
    assert (private / "file").read_text() == "65534"
    assert (private / "file").stat().st_uid == os.geteuid()


async def test_preparation_runs_before_every_start(tmp_path: Path) -> None:
    runs: list[int] = []

    async def prepare() -> None:
        runs.append(len(runs))

    prepared: Callable[[], Awaitable[None]] = prepare
    child = Child(a_child(tmp_path, prepare=prepared))
    for _ in range(2):
        await child.start()
        await child.stop()
    assert runs == [0, 1]
