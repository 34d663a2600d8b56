"""What is committed must work on the next machine: no registry's name, no path of this one."""

from __future__ import annotations

import json
import re
import subprocess
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PYTHON_LOCKS = sorted((ROOT / "requirements").glob("*.lock"))
NPM_LOCKS = [ROOT / "package-lock.json", ROOT / "requirements" / "browser" / "package-lock.json"]
# Absolute paths of a developer's machine; written in pieces, so that this file does not find itself.
MACHINE_PATHS = re.compile(r"(?<![\w.:/-])/(?:work|root|home/\w+|Users/\w+|opt/pypi|private/tmp)" + r"/[\w.]")
TEXT_FILES = {".py", ".md", ".toml", ".lock", ".in", ".json", ".ts", ".js", ".mjs", ".css", ".html", ".sql", ".yml",
              ".yaml", ".sh", ".txt", ".cfg", ".ini", ".lua", ".svg", ""}  # fmt: skip


def committed_files() -> list[Path]:
    try:
        listed = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("not a git working tree")
    return [ROOT / name for name in listed.stdout.split("\0") if name and (ROOT / name).is_file()]


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda path: path.name)
def test_a_python_lock_names_no_host(lock: Path) -> None:
    text = lock.read_text()
    assert not re.search(r"https?://|file:|--(extra-)?index-url|--find-links", text)


@pytest.mark.parametrize("lock", PYTHON_LOCKS, ids=lambda path: path.name)
def test_a_python_lock_pins_every_package_with_hashes(lock: Path) -> None:
    packages = re.split(r"\n(?=[a-z0-9])", lock.read_text())[1:]
    assert packages
    assert [entry.split()[0] for entry in packages if "--hash=sha256:" not in entry or "==" not in entry] == []


@pytest.mark.parametrize("lock", NPM_LOCKS, ids=lambda path: path.parent.name)
def test_an_npm_lock_names_no_host_and_pins_every_package(lock: Path) -> None:
    packages = {name: entry for name, entry in json.loads(lock.read_text())["packages"].items() if name}
    assert packages
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry and not entry.get("inBundle")] == []


def test_the_runtime_lock_holds_what_the_project_asks_for() -> None:
    asked = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    names = {re.split(r"[\[<>=~! ;]", requirement)[0] for requirement in asked}
    locked = set(re.findall(r"^([a-z0-9-]+)==", (ROOT / "requirements" / "base.lock").read_text(), re.MULTILINE))
    assert names <= locked


def test_the_development_lock_agrees_with_the_runtime_lock() -> None:
    def pins(name: str) -> set[tuple[str, str]]:
        text = (ROOT / "requirements" / f"{name}.lock").read_text()
        return set(re.findall(r"^([a-z0-9-]+)==([\w.]+)", text, re.MULTILINE))

    assert pins("base") <= pins("dev")


def test_no_committed_file_holds_a_path_of_somebodys_machine() -> None:
    found = [
        f"{path.relative_to(ROOT)}: {match.group(0)}"
        for path in committed_files()
        if path.suffix in TEXT_FILES and (match := MACHINE_PATHS.search(path.read_text("utf-8", errors="replace")))
    ]
    assert found == []


def named_dependencies() -> set[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    asked = [*project["project"]["dependencies"], *project["dependency-groups"]["dev"]]
    python = {re.split(r"[\[<>=~! ;]", requirement)[0] for requirement in asked}
    web = json.loads((ROOT / "package.json").read_text())
    return python | set(web["dependencies"]) | set(web["devDependencies"])


def test_every_dependency_has_its_reason() -> None:
    reasons = (ROOT / "docs" / "explanation" / "dependencies.md").read_text()
    # `opentelemetry-api, -sdk` and `types-*` stand for families.
    families = ("opentelemetry-", "types-", "@types/")
    missing = {name for name in named_dependencies() if name not in reasons and not name.startswith(families)}
    assert missing == set()
