"""The words after `homeward bench`: finds the benchmark and hands the rest over to it.

A benchmark is a package with a `run.py` that has `add_arguments(parser)` and `run(arguments) -> exit status`.
To add one: write the package, add its line to `BENCHMARKS`.
"""

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib import import_module
from types import MappingProxyType
from typing import Final, Protocol, cast


class Run(Protocol):
    """What `run.py` of a benchmark offers."""

    def add_arguments(self, parser: argparse.ArgumentParser) -> None: ...

    def run(self, arguments: argparse.Namespace) -> int: ...


@dataclass(frozen=True, slots=True)
class Benchmark:
    """Where a benchmark lies, and what it measures, in one line."""

    module: str
    summary: str


BENCHMARKS: Final[Mapping[str, Benchmark]] = MappingProxyType(
    {
        "pdptw": Benchmark("homeward.benchmarks.pdptw.run", "pickup and delivery with windows, against best known"),
        "mdrp": Benchmark("homeward.benchmarks.mdrp.run", "meal delivery as it happens, against the published record"),
        "dpdp": Benchmark("homeward.benchmarks.dpdp.run", "factories with docks and last-in-first-out trucks"),
        "market": Benchmark("homeward.benchmarks.market.run", "a live market: how good, how soon, in how much memory"),
    }
)


def main(words: Sequence[str], benchmarks: Mapping[str, Benchmark] = BENCHMARKS) -> int:
    """Run the benchmark that the first word names. Only its package is imported: each brings heavy company."""
    parser = argparse.ArgumentParser(prog="homeward bench", description="Measure the engine and the live policy.")
    commands = parser.add_subparsers(required=True, metavar="BENCHMARK")
    for name, benchmark in benchmarks.items():
        sub = commands.add_parser(name, help=benchmark.summary, description=benchmark.summary)
        if name in words[:1]:
            module = cast("Run", import_module(benchmark.module))
            module.add_arguments(sub)
            sub.set_defaults(run=module.run)
    arguments = parser.parse_args(words)
    status: int = arguments.run(arguments)
    return status
