"""Child processes that live as long as we do: the database, the road servers, our own workers.

A child is started in a session of its own, so that Ctrl-C in a terminal reaches only us and we decide the order of
stopping. Should we die without a word, the kernel sends it the signal that ends it (Linux; elsewhere it stays).
"""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Final

import structlog

log = structlog.get_logger(__name__)

POLL_S = 0.02
ENDED_POLL_S = 0.03
BACKOFF_FIRST_S = 0.5
BACKOFF_MOST_S = 30.0
# A child that ran this long before it died starts again at once: it was healthy, not misconfigured.
HEALTHY_AFTER_S = 60.0
LOG_TAIL_BYTES = 4_000
LOG_LONG_BYTES = 20_000_000

PR_SET_PDEATHSIG = 1
CLONE_NEWUSER = 0x10000000
NOBODY = 65534


async def always_ready() -> bool:
    return True


async def nothing_to_prepare() -> None:
    return None


class Privileges(StrEnum):
    """As whom a child runs."""

    KEEP = "keep"
    """As ourselves."""
    NAMESPACE = "namespace"
    """In a user namespace where we are nobody: files stay ours, but the program sees no root."""
    NOBODY = "nobody"
    """Really as nobody; for root where user namespaces are forbidden."""


@dataclass(frozen=True)
class ChildSpec:
    """What to run and how to tell that it is well.

    `prepare` runs before every start, also after a crash; `ready` is asked until it says yes.
    """

    name: str
    command: Sequence[str]
    log_file: Path
    ready: Callable[[], Awaitable[bool]] = always_ready
    prepare: Callable[[], Awaitable[None]] = nothing_to_prepare
    env: Mapping[str, str] = field(default_factory=dict)
    cwd: Path | None = None
    stop_signal: signal.Signals = signal.SIGTERM
    ready_within_s: float = 60.0
    stop_within_s: float = 20.0
    privileges: Privileges = Privileges.KEEP


@dataclass(frozen=True)
class ChildStatus:
    """One child as an operator wants to see it."""

    name: str
    pid: int | None
    ready: bool
    restarts: int
    running_s: float


class ChildFailed(Exception):
    """A child ended or stayed silent before it was ready; the text holds the end of its log."""

    def __init__(self, name: str, what: str, log_tail: str) -> None:
        super().__init__(f"{name} {what}" + (f"; the end of its log:\n{log_tail}" if log_tail else ""))
        self.name = name
        self.log_tail = log_tail


class Child:
    """One process after its spec. Not bound to an event loop: one may start it, another stop it."""

    def __init__(self, spec: ChildSpec) -> None:
        self.spec = spec
        self.ready = False
        self._process: subprocess.Popen[bytes] | None = None
        self._started = 0.0
        self._log_offset = 0

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def alive(self) -> bool:
        return self._process is not None and self._process.poll() is None

    @property
    def running_s(self) -> float:
        return time.monotonic() - self._started if self.alive else 0.0

    async def start(self) -> None:
        """Start it and return once it is ready.

        Raises
        ------
        ChildFailed
            If it ends or is not ready within `ready_within_s`; it is stopped then.
        """
        assert not self.alive, f"{self.spec.name} already runs"
        await self.spec.prepare()
        make_room(self.spec.log_file)
        with self.spec.log_file.open("ab") as output:
            self._log_offset = output.tell()
            self._process = subprocess.Popen(  # noqa: ASYNC220 - a fork takes a millisecond and must not hang on a loop
                list(self.spec.command),
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env={**os.environ, **self.spec.env},
                cwd=self.spec.cwd,
                start_new_session=True,
                # What it calls is loaded before the fork, so no thread can hold a lock that it would wait for.
                preexec_fn=before_exec(self.spec.privileges, self.spec.stop_signal),  # noqa: PLW1509
            )
        self._started = time.monotonic()
        try:
            await self._until_ready()
        except BaseException:
            await self.stop()
            raise
        self.ready = True

    async def _until_ready(self) -> None:
        deadline = time.monotonic() + self.spec.ready_within_s
        while time.monotonic() < deadline:
            if not self.alive:
                raise ChildFailed(self.spec.name, f"ended with code {self.exit_code}", self.log_tail())
            if await self.spec.ready():
                return
            await asyncio.sleep(POLL_S)
        raise ChildFailed(self.spec.name, f"was not ready within {self.spec.ready_within_s:.0f} s", self.log_tail())

    @property
    def exit_code(self) -> int | None:
        assert self._process is not None, f"{self.spec.name} was never started"
        return self._process.poll()

    async def ended(self) -> int:
        """Wait for its end, however long that takes; the exit code is negative if a signal ended it."""
        while (code := self.exit_code) is None:  # noqa: ASYNC110
            # Asked again and again, because a wait that is woken would bind the child to one event loop.
            await asyncio.sleep(ENDED_POLL_S)
        self.ready = False
        return code

    async def stop(self) -> None:
        """Ask it to end, insist when it does not; does nothing if it has ended already."""
        self.ready = False
        if not self.alive or self._process is None:
            return
        self._process.send_signal(self.spec.stop_signal)
        try:
            await asyncio.wait_for(self.ended(), self.spec.stop_within_s)
        except TimeoutError:
            log.warning("child.killed", child=self.spec.name, after_s=self.spec.stop_within_s)
            with contextlib.suppress(ProcessLookupError):
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()

    def log_tail(self) -> str:
        """What it wrote since its last start, at most the end of it."""
        with self.spec.log_file.open("rb") as written:
            size = written.seek(0, os.SEEK_END)
            written.seek(max(self._log_offset, size - LOG_TAIL_BYTES))
            return written.read().decode(errors="replace").strip()


def make_room(log_file: Path) -> None:
    """A log that has grown long becomes the previous one; one previous log is kept."""
    log_file.parent.mkdir(parents=True, exist_ok=True)
    if log_file.exists() and log_file.stat().st_size > LOG_LONG_BYTES:
        log_file.replace(log_file.with_name(log_file.name + ".1"))


class Supervisor:
    """Keeps children running: restarts what dies, with growing pauses, and stops all in reverse order."""

    def __init__(self) -> None:
        self._children: dict[str, Child] = {}
        self._watches: dict[str, asyncio.Task[None]] = {}
        self._restarts: dict[str, int] = {}

    async def start(self, spec: ChildSpec) -> Child:
        """Start a child, wait until it is ready, and keep it running from then on."""
        child = Child(spec)
        await child.start()
        self.watch(child)
        return child

    def watch(self, child: Child) -> None:
        """Keep an already started child running."""
        name = child.spec.name
        assert name not in self._children, f"there is a child named {name} already"
        self._children[name] = child
        self._restarts[name] = 0
        self._watches[name] = asyncio.create_task(self._keep(child), name=f"keep {name}")
        log.info("child.started", child=name, pid=child.pid)

    async def _keep(self, child: Child) -> None:
        name, pause_s = child.spec.name, BACKOFF_FIRST_S
        while True:
            began = time.monotonic()
            code = await child.ended()
            if time.monotonic() - began > HEALTHY_AFTER_S:
                pause_s = BACKOFF_FIRST_S
            log.error("child.ended", child=name, exit_code=code, again_in_s=pause_s)
            await asyncio.sleep(pause_s)
            pause_s = min(pause_s * 2, BACKOFF_MOST_S)
            self._restarts[name] += 1
            try:
                await child.start()
                log.info("child.restarted", child=name, pid=child.pid, restarts=self._restarts[name])
            except Exception as error:  # noqa: BLE001 - whatever keeps it from starting, we try again and say so
                log.error("child.restart_failed", child=name, error=str(error), again_in_s=pause_s)

    async def remove(self, name: str) -> None:
        """Stop one child for good."""
        watch = self._watches.pop(name)
        watch.cancel()
        await asyncio.gather(watch, return_exceptions=True)
        await self._children.pop(name).stop()
        log.info("child.stopped", child=name)

    async def stop(self) -> None:
        """Stop all, the last started first."""
        for name in reversed(list(self._children)):
            await self.remove(name)

    def statuses(self) -> list[ChildStatus]:
        return [
            ChildStatus(name, child.pid, child.alive and child.ready, self._restarts[name], child.running_s)
            for name, child in self._children.items()
        ]


# -- between fork and exec ------------------------------------------------------------------------------------------

# Loaded here and not in the child, where importing could wait for a lock that another thread held at the fork.
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


def before_exec(privileges: Privileges, parent_death_signal: signal.Signals) -> Callable[[], None]:
    """What a new child does before it becomes its program."""
    parent = os.getpid()

    def prepare() -> None:
        if privileges == Privileges.NAMESPACE:
            enter_user_namespace()
        elif privileges == Privileges.NOBODY:
            os.setgroups([])
            os.setresgid(NOBODY, NOBODY, NOBODY)
            os.setresuid(NOBODY, NOBODY, NOBODY)
        if _libc is not None:
            # Changing who we are clears this, so it comes last.
            _libc.prctl(PR_SET_PDEATHSIG, int(parent_death_signal), 0, 0, 0)
        # The parent may have died before the line above; then nobody would ever tell us.
        if os.getppid() != parent:
            os._exit(1)

    return prepare


def enter_user_namespace() -> None:
    """Become nobody in our own eyes while our files stay ours; what `unshare --user --map-user=65534` does."""
    assert _libc is not None, "user namespaces are a thing of Linux"
    uid, gid = os.geteuid(), os.getegid()
    if _libc.unshare(CLONE_NEWUSER) != 0:
        raise OSError(ctypes.get_errno(), "user namespaces are not allowed here")
    Path("/proc/self/setgroups").write_text("deny")
    Path("/proc/self/uid_map").write_text(f"{NOBODY} {uid} 1")
    Path("/proc/self/gid_map").write_text(f"{NOBODY} {gid} 1")


_PROBES: Final = 3


def namespaces_work() -> bool:
    """Whether this machine lets us make a user namespace; some container profiles forbid it."""
    if _libc is None:
        return False
    # A machine that is short of processes for a moment fails as one that forbids it does: only the latter goes on.
    return any(_entered_a_namespace() for _ in range(_PROBES))


def _entered_a_namespace() -> bool:
    try:
        probe = subprocess.run([sys.executable, "-c", ""], preexec_fn=enter_user_namespace, check=False, timeout=30)
    except (OSError, subprocess.SubprocessError):
        return False
    return probe.returncode == 0
