"""How commands of one data folder find the platform that runs on it."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from homeward.infra.settings import Settings
from homeward.launcher import RunFile, running_database

URL = "postgresql://homeward_app:secret@127.0.0.1:5432/homeward"


def running_as(pid: int) -> RunFile:
    return RunFile(pid, URL, "http://localhost:8080")


def an_ended_process() -> int:
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    return ended.pid


def test_nothing_runs_on_a_folder_without_a_run_file(tmp_path: Path) -> None:
    assert RunFile.read(tmp_path) is None


def test_a_running_platform_is_found(tmp_path: Path) -> None:
    running_as(os.getpid()).write(tmp_path)
    assert RunFile.read(tmp_path) == running_as(os.getpid())


def test_the_run_file_holds_a_password_and_is_its_owners_alone(tmp_path: Path) -> None:
    running_as(os.getpid()).write(tmp_path)
    assert (tmp_path / "run" / "platform.json").stat().st_mode & 0o777 == 0o600


def test_a_platform_that_was_killed_counts_as_not_running(tmp_path: Path) -> None:
    running_as(an_ended_process()).write(tmp_path)
    assert RunFile.read(tmp_path) is None


def test_a_run_file_that_was_cut_off_counts_as_not_running(tmp_path: Path) -> None:
    running_as(os.getpid()).write(tmp_path)
    path = tmp_path / "run" / "platform.json"
    path.write_text(path.read_text()[:20])
    assert RunFile.read(tmp_path) is None


async def test_a_command_uses_the_database_of_the_running_platform(tmp_path: Path) -> None:
    running_as(os.getpid()).write(tmp_path)
    async with running_database(Settings(data_dir=tmp_path)) as url:
        assert url == URL


@pytest.mark.parametrize("runs", [True, False])
async def test_a_database_that_is_named_wins_over_the_running_one(tmp_path: Path, runs: bool) -> None:
    if runs:
        running_as(os.getpid()).write(tmp_path)
    async with running_database(Settings(data_dir=tmp_path, app_database_url="postgresql://named/")) as url:
        assert url == "postgresql://named/"
