"""What processes run: nothing that is due is forgotten."""

import inspect
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import fields
from pathlib import Path

from homeward.bootstrap import Platform, build, planner_loops, worker_loops
from homeward.infra.db import Database
from homeward.infra.passwords import Passwords
from homeward.infra.settings import Settings
from homeward.kit.clock import SystemClock


def a_platform(data_dir: Path) -> Platform:
    """All services, connected and never opened."""
    unused = Database("postgresql://localhost/unused")
    return build(Settings(data_dir=data_dir), unused, SystemClock(), passwords=Passwords(cheap=True))


def loop_bodies(platform: Platform) -> Iterator[tuple[str, Callable[[], Awaitable[int]]]]:
    """Methods of services that say of themselves that a loop runs them, with their names."""
    for field in fields(platform):
        service = getattr(platform, field.name)
        for name, method in inspect.getmembers(type(service), inspect.iscoroutinefunction):
            if "loop body" in (method.__doc__ or "").lower():
                yield f"{field.name}.{name}", getattr(service, name)


async def test_everything_that_a_loop_should_run_is_run_by_some_process(tmp_path: Path) -> None:
    platform = a_platform(tmp_path)
    run = {loop.run for loop in (*worker_loops(platform), *planner_loops(platform))}
    bodies = dict(loop_bodies(platform))
    assert "deliveries.wake_due" in bodies, "the search above finds them"
    idle = [name for name, body in bodies.items() if body not in run]
    assert not idle, f"nothing runs {idle}: name them in bootstrap.py"


async def test_loops_have_names_of_their_own(tmp_path: Path) -> None:
    platform = a_platform(tmp_path)
    names = [loop.name for loop in (*worker_loops(platform), *planner_loops(platform))]
    assert len(names) == len(set(names)), "metrics are counted by name"
