"""Write the lock files again: pinned versions and hashes, and no word about where they were fetched from.

A lock that named a registry would break on the next machine, which may know only a mirror.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
UV = ROOT / ".venv" / "bin" / "uv"
NPM = ROOT / ".venv" / "share" / "homeward" / "bin" / "npm"
COMPILE = [
    "--universal",
    "--generate-hashes",
    "--no-emit-index-url",
    "--no-emit-find-links",
    "--custom-compile-command=make lock",
    "--quiet",
]
# (what to resolve, where to write it, more options): the development lock never disagrees with the runtime lock.
LOCKS: Sequence[tuple[str, str, Sequence[str]]] = (
    ("pyproject.toml", "base", ["--python-version=3.11"]),
    ("pyproject.toml", "dev", ["--python-version=3.11", "--group=dev", "--constraints=requirements/base.lock"]),
    ("requirements/bootstrap.in", "bootstrap", ["--python-version=3.11"]),
    ("requirements/osrm.in", "osrm", ["--python-version=3.12", "--no-deps"]),
    ("requirements/node.in", "node", ["--python-version=3.11"]),
    ("requirements/bench.in", "bench", ["--python-version=3.11", "--constraints=requirements/base.lock"]),
)


def host_free(environment: Mapping[str, str]) -> dict[str, str]:
    """The environment without the variables that make uv write an index into its output."""
    named = {"UV_INDEX", "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_EXTRA_INDEX_URL", "UV_FIND_LINKS"}
    return {name: value for name, value in environment.items() if name not in named}


def lock_python(upgrade: bool) -> None:
    for source, name, options in LOCKS:
        target = f"requirements/{name}.lock"
        command = [str(UV), "pip", "compile", source, "--output-file", target, *COMPILE, *options]
        if upgrade:
            command.append("--upgrade")
        subprocess.run(command, cwd=ROOT, env=host_free(os.environ), check=True)
        print(f"  {target}")


def lock_npm(folder: Path) -> None:
    """Resolve in a folder of its own, so that the installed packages stay untouched while others use them."""
    with tempfile.TemporaryDirectory() as scratch:
        for name in ("package.json", "package-lock.json"):
            if (folder / name).exists():
                shutil.copy(folder / name, scratch)
        shutil.copy(ROOT / ".npmrc", scratch)
        subprocess.run([NPM, "install", "--package-lock-only", "--ignore-scripts"], cwd=scratch, check=True)
        shutil.copy(Path(scratch) / "package-lock.json", folder)
    print(f"  {(folder / 'package-lock.json').relative_to(ROOT)}")


def main() -> None:
    lock_python(upgrade="--upgrade" in sys.argv[1:])
    lock_npm(ROOT)
    lock_npm(ROOT / "requirements" / "browser")


if __name__ == "__main__":
    main()
