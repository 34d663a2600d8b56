"""The words after `homeward bench`."""

from __future__ import annotations

import pytest

from homeward.benchmarks.cli import BENCHMARKS, Benchmark, main
from homeward.cli import main as homeward


def test_help_names_every_benchmark(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        homeward(["bench", "--help"])
    assert ended.value.code == 0
    told = capsys.readouterr().out
    assert [name for name in BENCHMARKS if name not in told] == []


@pytest.mark.parametrize("words", [[], ["fly"]])
def test_half_a_command_is_answered_with_how_to_write_it(words: list[str]) -> None:
    with pytest.raises(SystemExit) as ended:
        homeward(["bench", *words])
    assert ended.value.code == 2


def test_a_benchmark_that_cannot_be_imported_does_not_break_the_others(capsys: pytest.CaptureFixture[str]) -> None:
    two = {"whole": BENCHMARKS["market"], "broken": Benchmark("homeward.benchmarks.no_such_package.run", "broken")}
    with pytest.raises(SystemExit) as ended:
        main(["whole", "--help"], two)
    assert ended.value.code == 0
    assert "--couriers" in capsys.readouterr().out
    with pytest.raises(ModuleNotFoundError):
        main(["broken"], two)
