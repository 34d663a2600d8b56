"""Set-up does what is out of date, and nothing else."""

from __future__ import annotations

from pathlib import Path

import pytest

from scripts.setup import House, SetupFailed, Step, pip_settings, run_quietly, take


def a_step(folder: Path, ran: list[str], *, content: str = "numpy==2", name: str = "packages") -> Step:
    """Makes a file out of a lock file, and notes that it did."""
    lock, result = folder / f"{name}.lock", folder / f"{name}.result"
    lock.write_text(content)

    def run() -> None:
        ran.append(name)
        result.touch()

    return Step(name, "Python packages", [lock], result, run)


def a_house(folder: Path) -> House:
    house = House(folder)
    house.load_stamps()
    return house


def test_what_is_done_is_not_done_again_by_the_next_start(tmp_path: Path) -> None:
    ran: list[str] = []
    assert take(a_house(tmp_path), [a_step(tmp_path, ran)]) == 1
    assert take(a_house(tmp_path), [a_step(tmp_path, ran)]) == 0
    assert ran == ["packages"]


def test_a_changed_lock_file_is_installed(tmp_path: Path) -> None:
    ran: list[str] = []
    take(a_house(tmp_path), [a_step(tmp_path, ran)])
    take(a_house(tmp_path), [a_step(tmp_path, ran, content="numpy==3")])
    assert ran == ["packages", "packages"]


def test_a_result_that_was_deleted_is_made_again(tmp_path: Path) -> None:
    ran: list[str] = []
    step = a_step(tmp_path, ran)
    take(a_house(tmp_path), [step])
    step.result.unlink()
    take(a_house(tmp_path), [step])
    assert ran == ["packages", "packages"]


def test_a_step_that_failed_is_tried_again_and_those_before_it_are_kept(tmp_path: Path) -> None:
    ran: list[str] = []

    def fail() -> None:
        raise SetupFailed("no network")

    broken = Step("node", "Node", [], tmp_path / "never", fail)
    with pytest.raises(SetupFailed):
        take(a_house(tmp_path), [a_step(tmp_path, ran), broken])
    take(a_house(tmp_path), [a_step(tmp_path, ran), a_step(tmp_path, ran, name="node")])
    assert ran == ["packages", "node"]


def test_a_damaged_stamp_file_only_costs_time(tmp_path: Path) -> None:
    ran: list[str] = []
    house = a_house(tmp_path)
    take(house, [a_step(tmp_path, ran)])
    house.stamp_file.write_text("{")
    take(a_house(tmp_path), [a_step(tmp_path, ran)])
    assert ran == ["packages", "packages"]


def test_a_tool_that_fails_is_quoted(tmp_path: Path) -> None:
    with pytest.raises(SetupFailed, match=r"sh ended with code 3:\nno such package"):
        run_quietly(["sh", "-c", "echo no such package; exit 3"], cwd=tmp_path)


PIP_BEHIND_A_MIRROR = """\
:env:.default-timeout='180'
global.index-url='https://mirror.example/simple'
global.cert='/etc/mirror.pem'
global.extra-index-url='https://more.example/simple'
"""


def test_a_mirror_that_only_pip_knows_serves_uv_too() -> None:
    assert pip_settings(PIP_BEHIND_A_MIRROR, {}) == {
        "UV_DEFAULT_INDEX": "https://mirror.example/simple",
        "SSL_CERT_FILE": "/etc/mirror.pem",
    }


def test_what_is_set_for_uv_itself_goes_first() -> None:
    own = {"UV_DEFAULT_INDEX": "https://other.example/simple", "SSL_CERT_FILE": "/etc/other.pem"}
    assert pip_settings(PIP_BEHIND_A_MIRROR, own) == {}
