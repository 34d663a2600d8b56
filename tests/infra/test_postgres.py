"""The database out of a wheel: first start, second start, and every way of being killed."""

from __future__ import annotations

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import psycopg
import pytest

from homeward.infra.children import Privileges, namespaces_work
from homeward.infra.postgres import (
    EmbeddedPostgres,
    FolderInUse,
    NotReadableByNobody,
    WrongVersion,
    binaries_dir,
    check_reachable_by_nobody,
    has_account,
    server_processes,
)

as_root_only = pytest.mark.skipif(os.geteuid() != 0, reason="only root needs another account for the server")


@contextlib.asynccontextmanager
async def a_server(folder: Path, **options: Any) -> AsyncIterator[EmbeddedPostgres]:
    server = EmbeddedPostgres(folder, **{"durable": False, **options})
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def ask(server: EmbeddedPostgres, statement: str) -> Any:
    with psycopg.connect(server.owner_url, connect_timeout=10) as connection:
        found = connection.execute(statement.encode()).fetchone()
        return found[0] if found else None


def tell(server: EmbeddedPostgres, statement: str) -> None:
    with psycopg.connect(server.owner_url, connect_timeout=10) as connection:
        connection.execute(statement.encode())


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return tmp_path / "postgres"


async def test_a_second_start_finds_what_the_first_one_stored_at_the_same_address(folder: Path) -> None:
    async with a_server(folder) as first:
        tell(first, "CREATE TABLE parcel AS SELECT 7 AS weight_g")
    async with a_server(folder) as second:
        assert ask(second, "SELECT weight_g FROM parcel") == 7
        assert second.owner_url == first.owner_url


async def test_a_committed_row_survives_the_kill_of_every_server_process(folder: Path) -> None:
    async with a_server(folder, durable=True) as server:
        tell(server, "CREATE TABLE parcel AS SELECT generate_series(1, 1000) AS id")
        for pid in server_processes(server.cluster):
            os.kill(pid, signal.SIGKILL)
    async with a_server(folder, durable=True) as again:
        assert ask(again, "SELECT count(*) FROM parcel") == 1000


async def test_it_starts_again_while_backends_of_the_killed_server_still_run(folder: Path) -> None:
    async with a_server(folder) as server:
        with psycopg.connect(server.owner_url, autocommit=True) as busy:
            busy.execute("SELECT 1")
            assert server.child is not None
            assert server.child.pid is not None
            os.kill(server.child.pid, signal.SIGKILL)
            await server.stop()
            await server.start()
            assert ask(server, "SELECT 1") == 1


async def test_a_stale_lock_file_that_names_a_stranger_does_not_keep_it_from_starting(folder: Path) -> None:
    async with a_server(folder) as server:
        pass
    # What a killed server leaves; its number now belongs to somebody else, as happens in a restarted container.
    lines = [
        str(os.getpid()),
        str(server.cluster),
        str(int(time.time())),
        str(server.port),
        "",
        "127.0.0.1",
        "",
        "ready",
    ]
    (server.cluster / "postmaster.pid").write_text("\n".join(lines) + "\n")
    async with a_server(folder) as again:
        assert ask(again, "SELECT 1") == 1


async def test_two_launchers_never_share_a_folder(folder: Path) -> None:
    async with a_server(folder):
        with pytest.raises(FolderInUse, match="in use by process"):
            await EmbeddedPostgres(folder, durable=False).start()


async def test_an_interrupted_first_start_leaves_nothing_in_the_way(folder: Path) -> None:
    half_made = folder / "cluster.partial"
    half_made.mkdir(parents=True)
    (half_made / "PG_VERSION").write_text("18\n")
    async with a_server(folder) as server:
        assert ask(server, "SELECT 1") == 1
    assert not half_made.exists()


async def test_data_of_another_major_version_is_refused_with_the_way_out(folder: Path) -> None:
    async with a_server(folder) as server:
        pass
    (server.cluster / "PG_VERSION").write_text("15\n")
    with pytest.raises(WrongVersion, match="pg_dump"):
        await EmbeddedPostgres(folder).start()


async def test_a_path_too_long_for_a_socket_still_gives_one(tmp_path: Path) -> None:
    deep = tmp_path / ("a-rather-long-name-" * 4) / ("and-a-longer-one-" * 4)
    async with a_server(deep) as server:
        place = str(ask(server, "SHOW unix_socket_directories"))
        assert len(place) < 80
        with psycopg.connect(
            host=place, port=server.port, user="homeward_owner", password=server.password, dbname="homeward"
        ) as connection:
            assert connection.execute("SELECT 1").fetchone() == (1,)
    shutil.rmtree(place)


async def test_when_another_program_took_its_port_it_moves_to_a_free_one(folder: Path) -> None:
    async with a_server(folder) as server:
        before = server.port
    with socket.socket() as squatter:
        squatter.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        squatter.bind(("127.0.0.1", before))
        squatter.listen()
        async with a_server(folder) as moved:
            assert moved.port != before
            assert ask(moved, "SELECT 1") == 1


async def test_nobody_gets_in_without_the_password_not_even_from_this_machine(folder: Path) -> None:
    async with a_server(folder) as server:
        with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
            psycopg.connect(server.url(password="guess"))


async def test_the_password_and_the_data_are_readable_for_the_owner_alone(folder: Path) -> None:
    async with a_server(folder) as server:
        assert (folder / "owner.password").stat().st_mode & 0o777 == 0o600
        assert server.cluster.stat().st_mode & 0o077 == 0


async def test_by_default_an_answered_commit_is_on_the_disk(folder: Path) -> None:
    async with a_server(folder, durable=True) as server:
        assert [ask(server, f"SHOW {name}") for name in ("fsync", "synchronous_commit")] == ["on", "on"]


async def test_letters_mean_the_same_on_every_machine(folder: Path) -> None:
    async with a_server(folder) as server:
        assert ask(server, "SELECT datlocale FROM pg_database WHERE datname = current_database()") == "C.UTF-8"
        assert ask(server, "SELECT upper('ñandú')") == "ÑANDÚ"


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux tells children that their parent died")
def test_no_server_outlives_a_launcher_that_is_killed(folder: Path) -> None:
    code = f"""
        import asyncio, time
        from pathlib import Path
        from homeward.infra.postgres import EmbeddedPostgres
        server = EmbeddedPostgres(Path({str(folder)!r}), durable=False)
        asyncio.run(server.start())
        print("started", flush=True)
        time.sleep(600)
    """
    launcher = subprocess.Popen([sys.executable, "-c", textwrap.dedent(code)], stdout=subprocess.PIPE, text=True)
    assert launcher.stdout is not None
    with launcher:
        assert launcher.stdout.readline() == "started\n"
        assert list(server_processes(folder / "cluster"))
        launcher.kill()
    deadline = time.monotonic() + 30
    while list(server_processes(folder / "cluster")):
        assert time.monotonic() < deadline, "the server still runs"
        time.sleep(0.05)


# -- as root --------------------------------------------------------------------------------------------------------


@as_root_only
async def test_for_root_the_server_runs_in_a_namespace_and_the_files_stay_roots(folder: Path) -> None:
    if not namespaces_work():
        pytest.skip("user namespaces are forbidden here")
    async with a_server(folder, privileges=Privileges.NAMESPACE) as server:
        assert {path.stat().st_uid for path in server.cluster.rglob("*")} == {0}


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """A folder that everybody can reach; pytest's own are closed to others."""
    with tempfile.TemporaryDirectory() as home:
        Path(home).chmod(0o755)
        yield Path(home) / "postgres"


@as_root_only
async def test_where_namespaces_are_forbidden_root_becomes_nobody_and_back(open_folder: Path) -> None:
    try:
        check_reachable_by_nobody(binaries_dir())
    except NotReadableByNobody as refusal:
        pytest.skip(str(refusal))
    async with a_server(open_folder, privileges=Privileges.NOBODY) as server:
        tell(server, "CREATE TABLE parcel AS SELECT 7 AS weight_g")
        assert server.cluster.stat().st_uid == 65534
    if not namespaces_work():
        pytest.skip("user namespaces are forbidden here")
    async with a_server(open_folder, privileges=Privileges.NAMESPACE) as server:
        assert ask(server, "SELECT weight_g FROM parcel") == 7
        assert server.cluster.stat().st_uid == 0


@as_root_only
async def test_a_folder_that_nobody_cannot_reach_is_refused_with_the_way_out(tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.mkdir(mode=0o700)
    with pytest.raises(NotReadableByNobody, match="ordinary user"):
        await EmbeddedPostgres(closed / "postgres", privileges=Privileges.NOBODY).start()


@pytest.mark.parametrize(("uid", "known"), [(0, True), (2_000_000_011, False)])
def test_a_number_without_an_account_is_noticed_because_the_server_asks_for_its_name(uid: int, known: bool) -> None:
    assert has_account(uid) is known
