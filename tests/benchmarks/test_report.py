"""What a benchmark leaves behind can be read by a program and tells nothing about whose machine it was."""

from __future__ import annotations

import getpass
import io
import json
import platform
import re
from pathlib import Path

from rich.console import Console

from homeward.benchmarks.report import commit, machine, print_table, write_json

ROWS = [{"instance": "lc101", "cost": 828.94, "gap": None, "feasible": True, "vehicles": 10_000}]


def test_the_file_has_rows_machine_and_commit(tmp_path: Path) -> None:
    out = tmp_path / "new" / "folder" / "out.json"
    write_json(out, ROWS)
    written = json.loads(out.read_text())
    assert written["rows"] == ROWS
    assert set(written) == {"rows", "machine", "commit"}
    assert {"cpu", "cores", "memory_mb", "python", "versions"} <= set(written["machine"])
    assert written["commit"] == commit()


def test_the_machine_is_described_without_anything_personal() -> None:
    told = set(re.split(r"[^\w/.-]+", json.dumps(machine())))
    assert told.isdisjoint({platform.node(), getpass.getuser(), str(Path.home()), str(Path.cwd())})


def test_versions_of_peers_are_told_where_they_are_installed() -> None:
    assert set(machine(["rich", "no-such-package"])["versions"]) - set(machine()["versions"]) == {"rich"}


def test_the_table_shows_figures_whole_and_gaps_in_knowledge_as_a_dash() -> None:
    narrow = Console(file=io.StringIO(), width=20)
    print_table(ROWS, ["instance", "cost", "gap", "feasible", "vehicles"], console=narrow)
    assert isinstance(narrow.file, io.StringIO)
    told = narrow.file.getvalue()
    for word in ("lc101", "828.94", "–", "yes", "10,000"):
        assert word in told
