"""Where the road engine's executables and profiles lie.

Set-up unpacks them beside the environment, because their wheel asks for a newer Python than ours while the executables
themselves need none.
"""

from __future__ import annotations

import os
import shutil
import sys
from dataclasses import dataclass
from pathlib import Path

INSIDE_ENVIRONMENT = Path("share", "homeward", "osrm", "osrm")


class OsrmMissing(Exception):
    """The road engine is not there; the text says how to mend it."""

    def __init__(self, looked_for: Path) -> None:
        super().__init__(
            f"The road engine is missing or incomplete: {looked_for} cannot be run. Run `make setup`; or install OSRM "
            "and put its executables on the PATH; or give the address of a running one."
        )
        self.looked_for = looked_for


@dataclass(frozen=True)
class OsrmBinaries:
    """The executables by what they do, and the folder of the profiles (car.lua, bicycle.lua, foot.lua)."""

    extract: Path
    partition: Path
    customize: Path
    routed: Path
    profiles: Path

    def profile(self, name: str) -> Path:
        return self.profiles / f"{name}.lua"


def osrm_binaries(environment: Path | None = None) -> OsrmBinaries:
    """The engine that set-up unpacked, else one installed on this machine.

    `environment` is the Python environment to look into; by default the running one.
    """
    home = (environment or Path(sys.prefix)) / INSIDE_ENVIRONMENT
    if home.is_dir():
        return complete(home / "bin", home / "share" / "profiles")
    installed = shutil.which("osrm-routed") if environment is None else None
    if installed:
        folder = Path(installed).resolve().parent
        return complete(folder, folder.parent / "share" / "osrm" / "profiles")
    raise OsrmMissing(home / "bin" / "osrm-routed")


def complete(folder: Path, profiles: Path) -> OsrmBinaries:
    found = OsrmBinaries(
        extract=folder / "osrm-extract",
        partition=folder / "osrm-partition",
        customize=folder / "osrm-customize",
        routed=folder / "osrm-routed",
        profiles=profiles,
    )
    for executable in (found.extract, found.partition, found.customize, found.routed):
        if not os.access(executable, os.X_OK):
            raise OsrmMissing(executable)
    for name in ("car", "bicycle", "foot"):
        if not found.profile(name).is_file():
            raise OsrmMissing(found.profile(name))
    return found
