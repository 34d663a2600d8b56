"""Seconds and peak memory of every step of an import, for each map extract and for the demo town.

Each import runs in a process of its own, so that one map's memory is not counted for the next.
"""

import argparse
import json
import multiprocessing
import os
import tempfile
import time
from pathlib import Path
from typing import Any

from rich.console import Console
from rich.table import Table

from homeward.routing.importer import import_market
from homeward.simulator.town import TOWN_NAME, TOWN_TIME_ZONE, write_town

ROOT = Path(__file__).resolve().parent.parent
EXTRA = {"vermont_northwest": "us/vermont_addresses.csv.gz"}
STEPS = ("read", "addresses", "tiles", "roads-car", "roads-bicycle", "roads-foot")


def measure(name: str, osm_file: Path, extra: Path | None, time_zone: str | None) -> dict[str, Any]:
    """One import into a folder that is gone afterwards."""
    with tempfile.TemporaryDirectory() as folder:
        began = time.perf_counter()
        report = import_market(name, osm_file, Path(folder), extra_addresses=extra, time_zone=time_zone)
        seconds = time.perf_counter() - began
        installed_mb = sum(path.stat().st_size for path in Path(report.folder).rglob("*") if path.is_file()) / 1e6
    return {
        "map": name, "file_mb": round(osm_file.stat().st_size / 1e6, 2), "roads": report.roads,
        "road_km": report.road_km, "addresses": report.addresses, "tiles": report.tiles,
        "seconds": round(seconds, 2), "peak_mb": max(step.peak_rss_mb for step in report.steps),
        "installed_mb": round(installed_mb, 1),
        "cpu_seconds": round(sum(step.cpu_seconds for step in report.steps), 2),
        "steps": {
            step.name: {"seconds": step.seconds, "cpu_seconds": step.cpu_seconds, "peak_mb": step.peak_rss_mb}
            for step in report.steps
        },
    }  # fmt: skip


def town_row(seed: int) -> dict[str, Any]:
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "town.osm.pbf"
        began = time.perf_counter()
        write_town(path, seed)
        drawn_s = time.perf_counter() - began
        row = measure(TOWN_NAME, path, None, TOWN_TIME_ZONE)
    row["steps"]["draw"] = {"seconds": round(drawn_s, 3), "peak_mb": row["steps"]["read"]["peak_mb"]}
    return row


def rows(data: Path, only: list[str]) -> list[dict[str, Any]]:
    jobs: list[tuple[str, Any, tuple[Any, ...]]] = [("town", town_row, (1,))]
    for path in sorted((data / "osm").glob("*.osm.pbf")):
        name = path.name.removesuffix(".osm.pbf")
        extra = data / EXTRA[name] if name in EXTRA else None
        jobs.append((name, measure, (name, path, extra, None)))
    measured = []
    for name, work, arguments in jobs:
        if only and name not in only:
            continue
        with multiprocessing.get_context("spawn").Pool(1) as apart:
            measured.append(apart.apply(work, arguments))
    return measured


def show(measured: list[dict[str, Any]]) -> None:
    table = Table(title="Import of a market (steps in seconds; graphs are built beside addresses and tiles)")
    columns = ("map", "file MB", "roads", "addresses", "tiles", *STEPS, "all s", "CPU s", "peak MB", "disk MB")
    for heading in columns:
        table.add_column(heading, justify="left" if heading == "map" else "right")
    for row in measured:
        steps = [f"{row['steps'][step]['seconds']:.1f}" for step in STEPS]
        size = [f"{row['file_mb']:.1f}", *(f"{row[count]:,}" for count in ("roads", "addresses", "tiles"))]
        total = [f"{row['seconds']:.1f}", f"{row['cpu_seconds']:.1f}", f"{row['peak_mb']:.0f}"]
        table.add_row(row["map"], *size, *steps, *total, f"{row['installed_mb']:.0f}")
    console = Console(width=None if os.isatty(1) else 170)
    console.print(table)
    for row in measured:
        if "draw" in row["steps"]:
            console.print(f"{row['map']} was drawn in {row['steps']['draw']['seconds']:.1f} s before it was imported.")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    shared = Path(os.environ.get("HOMEWARD_SHARED_DATA", ROOT.parent / "shared" / "data"))
    parser.add_argument("--data", type=Path, default=shared, help="folder with osm/*.osm.pbf and us/")
    parser.add_argument("--only", nargs="*", default=[], help="names of maps, 'town' for the demo town")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    arguments = parser.parse_args()
    if not (arguments.data / "osm").is_dir():
        print(f"No map extracts under {arguments.data}: only the demo town is measured.")
    measured = rows(arguments.data, arguments.only)
    show(measured)
    if arguments.out:
        arguments.out.write_text(json.dumps(measured, indent=2))


if __name__ == "__main__":
    main()
