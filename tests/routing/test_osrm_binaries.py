"""Where the road engine is found, and what is said when it is not."""

import os
import subprocess
from pathlib import Path

import pytest

from homeward.routing.osrm_binaries import INSIDE_ENVIRONMENT, OsrmMissing, osrm_binaries


def an_environment(folder: Path) -> Path:
    """An environment with a complete road engine made of empty programs."""
    home = folder / INSIDE_ENVIRONMENT
    (home / "bin").mkdir(parents=True)
    (home / "share" / "profiles").mkdir(parents=True)
    for name in ("extract", "partition", "customize", "routed"):
        program = home / "bin" / f"osrm-{name}"
        program.write_text("#!/bin/sh\n")
        program.chmod(0o755)
    for name in ("car", "bicycle", "foot"):
        (home / "share" / "profiles" / f"{name}.lua").touch()
    return folder


def test_set_up_leaves_a_road_engine_that_runs() -> None:
    told = subprocess.run([osrm_binaries().routed, "--version"], capture_output=True, text=True, check=True)
    assert told.stdout.strip().startswith(("v", "2"))


def test_an_environment_without_it_says_how_to_mend_it(tmp_path: Path) -> None:
    with pytest.raises(OsrmMissing, match="make setup"):
        osrm_binaries(tmp_path)


@pytest.mark.parametrize("name", ["extract", "partition", "customize", "routed"])
def test_a_program_that_lost_its_execute_bit_is_named(tmp_path: Path, name: str) -> None:
    program = an_environment(tmp_path) / INSIDE_ENVIRONMENT / "bin" / f"osrm-{name}"
    program.chmod(0o644)
    with pytest.raises(OsrmMissing) as refusal:
        osrm_binaries(tmp_path)
    assert refusal.value.looked_for == program


def test_a_missing_profile_is_named(tmp_path: Path) -> None:
    profile = an_environment(tmp_path) / INSIDE_ENVIRONMENT / "share" / "profiles" / "bicycle.lua"
    profile.unlink()
    with pytest.raises(OsrmMissing) as refusal:
        osrm_binaries(tmp_path)
    assert refusal.value.looked_for == profile


def test_every_program_of_a_complete_engine_can_be_run(tmp_path: Path) -> None:
    found = osrm_binaries(an_environment(tmp_path))
    assert os.access(found.routed, os.X_OK)
    assert found.profile("foot").is_file()
