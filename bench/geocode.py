"""How many spoilt real addresses the embedded geocoder finds within 50 m, how fast, and how honest its confidence is.

Three indexes: Vermont whole (about 340,000 addresses), its north-west corner, Liechtenstein. The cases come from a
seed; `--part tuning` are the ones the costs were set on, the default `held-out` ones were never looked at for that.
"""

import argparse
import asyncio
import contextlib
import gzip
import json
import os
import statistics
import tempfile
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table

from bench.spoilt_addresses import NEW_DOOR, Case, make_cases, make_strangers
from homeward.infra.db import Database
from homeward.infra.migrate import app_url, migrate
from homeward.infra.postgres import EmbeddedPostgres
from homeward.kit.places import Box, LatLon, great_circle_m
from homeward.routing.address_points import Districts, read_extra
from homeward.routing.extract import AddressPoint, read_extract
from homeward.routing.geocoding.embedded import EmbeddedGeocoder
from homeward.routing.geocoding.index import load_addresses
from homeward.routing.geocoding.model import CERTAIN

WITHIN_M = 50.0
VERMONT = Box(42.6, -73.6, 45.1, -71.4)
NORTH_WEST = Box(44.70, -73.94, 45.38, -72.64)
APP_PASSWORD = "bench"
BINS = (0.0, 0.2, 0.5, 0.8, 0.9, 0.95, 1.01)


@dataclass(frozen=True)
class Region:
    name: str
    market_id: str
    points: list[AddressPoint]
    state: str
    number_last: bool


@dataclass(frozen=True)
class Outcome:
    """`right` is None where there was nothing to find."""

    kind: str
    text: str
    right: bool | None
    confidence: float
    ms: float
    cpu_ms: float
    label: str
    off_m: float | None


def read_regions(data: Path) -> list[Region]:
    vermont = read_extra(data / "us/vermont_addresses.csv.gz", VERMONT)
    corner = [p for p in vermont if NORTH_WEST.holds(LatLon(p.lat, p.lon))]
    extract = read_extract(data / "osm/liechtenstein.osm.pbf")
    country = Districts(extract, extract.addresses).complete(extract.addresses)
    return [
        Region("Vermont, whole state", "mkt_vermont", vermont, "VT", False),
        Region("Vermont, north-west", "mkt_northwest", corner, "VT", False),
        Region("Liechtenstein", "mkt_liechtenstein", country, "", True),
    ]


def write_points(points: Sequence[AddressPoint], hidden: set[tuple[str, str, str]], folder: Path) -> tuple[Path, Path]:
    addresses, streets = folder / "addresses.ndjson.gz", folder / "streets.ndjson.gz"
    with gzip.open(addresses, "wb", compresslevel=1) as file:
        for p in points:
            if (p.number, p.street, p.city) not in hidden:
                file.write(orjson.dumps(asdict(p)) + b"\n")
    gzip.open(streets, "wb").close()
    return addresses, streets


async def load(db: Database, region: Region, hidden: set[tuple[str, str, str]]) -> float:
    began = time.perf_counter()
    with tempfile.TemporaryDirectory() as folder:
        addresses, streets = write_points(region.points, hidden, Path(folder))
        async with db.operator() as tx:
            await tx.run("DELETE FROM market WHERE id = %(id)s", id=region.market_id)
            await tx.run(
                "INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, "
                "hours) VALUES (%(id)s, %(id)s, %(name)s, 'USD', 'UTC', -90, -180, 90, 180, '1', '{}')",
                id=region.market_id, name=region.name,
            )  # fmt: skip
            await load_addresses(tx, region.market_id, addresses, streets)
    return time.perf_counter() - began


def processes() -> list[int]:
    """This process and all below it, the database's among them; only ourselves where there is no /proc."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # gone by now
            # The name in brackets may hold blanks; the parent is the second word after it.
            parents[int(entry.parent.name)] = int(entry.read_text().rpartition(")")[2].split()[1])
    family = [os.getpid()]
    for pid in family:  # grows while we go
        family += [child for child, parent in parents.items() if parent == pid]
    return family


def on_cpu_ms(pids: Sequence[int]) -> float:
    """Milliseconds that these processes have computed so far: unlike latency, it does not grow on a busy machine."""
    total_ns = 0
    for pid in pids:
        with contextlib.suppress(OSError):  # not on Linux, or gone
            total_ns += int(Path(f"/proc/{pid}/schedstat").read_text().split()[0])
    return total_ns / 1e6


async def ask(geocoder: EmbeddedGeocoder, region: Region, case: Case, pids: Sequence[int] = ()) -> Outcome:
    cpu, began = on_cpu_ms(pids), time.perf_counter()
    matches = await geocoder.find(region.market_id, case.query, case.near)
    ms = (time.perf_counter() - began) * 1000
    cpu_ms = on_cpu_ms(pids) - cpu
    if not matches:
        return Outcome(case.kind, case.query.text, False if case.truth else None, 0.0, ms, cpu_ms, "", None)
    best = matches[0]
    off_m = min((great_circle_m(best.place, place) for place in case.truth), default=None)
    right = off_m <= WITHIN_M if off_m is not None else None
    return Outcome(case.kind, case.query.text, right, best.confidence, ms, cpu_ms, best.label, off_m)


def percentile(values: Sequence[float], share: float) -> float:
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, round(share * (len(ordered) - 1)))] if ordered else 0.0


def summary(outcomes: Sequence[Outcome]) -> dict[str, Any]:
    asked = [o for o in outcomes if o.right is not None]
    known = [o for o in asked if o.kind != NEW_DOOR]
    certain = [o for o in outcomes if o.confidence >= CERTAIN]
    strangers = [o for o in outcomes if o.right is None]
    by_kind: dict[str, list[Outcome]] = defaultdict(list)
    for o in outcomes:
        by_kind[o.kind].append(o)
    return {
        "cases": len(asked),
        "found": _share(asked),
        "found_where_the_house_is_in_the_index": _share(known),
        "certain": len([o for o in certain if o.right is not None]) / len(asked),
        "right_when_certain": _share(certain),
        "strangers": len(strangers),
        "strangers_refused": sum(o.confidence == 0.0 for o in strangers) / max(1, len(strangers)),
        "strangers_certain": sum(o.confidence >= CERTAIN for o in strangers) / max(1, len(strangers)),
        "p50_ms": statistics.median(o.ms for o in outcomes),
        "p95_ms": percentile([o.ms for o in outcomes], 0.95),
        "p99_ms": percentile([o.ms for o in outcomes], 0.99),
        "cpu_p50_ms": statistics.median(o.cpu_ms for o in outcomes),
        "cpu_p95_ms": percentile([o.cpu_ms for o in outcomes], 0.95),
        "kinds": {
            kind: {"cases": len(found), "found": _share(found), "p95_ms": percentile([o.ms for o in found], 0.95)}
            for kind, found in by_kind.items() if found[0].right is not None
        },
        "calibration": [
            {"from": low, "to": min(1.0, high), "cases": len(inside), "right": _share(inside)}
            for low, high in pairwise(BINS)
            if (inside := [o for o in outcomes if low <= o.confidence < high and o.label])
        ],
    }  # fmt: skip


def _share(outcomes: Sequence[Outcome]) -> float:
    return sum(o.right is True for o in outcomes) / max(1, len(outcomes))


async def measure(
    db: Database, region: Region, strangers: list[AddressPoint], args: argparse.Namespace
) -> dict[str, Any]:
    seed = f"{args.seed}/{args.part}/{region.market_id}"
    cases, hidden = make_cases(region.points, args.count, seed, state=region.state, number_last=region.number_last)
    cases += make_strangers(
        region.points, strangers, args.count // 10, seed, state=region.state, number_last=region.number_last
    )
    load_s = await load(db, region, hidden)
    geocoder = EmbeddedGeocoder(db)
    for case in cases[:20]:
        await ask(geocoder, region, case)  # a first query opens connections and reads the cities
    pids = processes()
    outcomes = [await ask(geocoder, region, case, pids) for case in cases]
    if args.misses:
        for o in outcomes:
            if o.right is False or (o.right is None and o.confidence >= CERTAIN):
                off = "" if o.off_m is None else f"{o.off_m:.0f} m"
                print(f"  {o.kind:38} {o.text!r} -> {o.label!r} {o.confidence:.2f} {off}")
        for o in sorted(outcomes, key=lambda o: -o.ms)[:8]:
            print(f"  slow {o.ms:.0f} ms {o.kind}: {o.text!r}")
    return {"region": region.name, "addresses": len(region.points), "load_s": load_s, **summary(outcomes)}


async def run(args: argparse.Namespace) -> list[dict[str, Any]]:
    data = args.data
    if not (data / "us/vermont_addresses.csv.gz").exists():
        raise SystemExit(f"No address data in {data}; set HOMEWARD_SHARED_DATA or --data.")
    regions = read_regions(data)
    results = []
    with tempfile.TemporaryDirectory() as folder:
        postgres = EmbeddedPostgres(Path(folder) / "postgres", durable=False)
        await postgres.start()
        try:
            await asyncio.to_thread(migrate, postgres.owner_url, APP_PASSWORD)
            db = Database(app_url(postgres.owner_url, APP_PASSWORD))
            await db.open()
            for region in regions:
                if args.only and args.only not in region.market_id:
                    continue
                others = regions[2] if region.market_id != "mkt_liechtenstein" else regions[0]
                results.append(await measure(db, region, others.points, args))
            await db.close()
        finally:
            await postgres.stop()
    return results


def show(results: Sequence[dict[str, Any]]) -> None:
    console = Console(width=130)
    table = Table(title="Spoilt addresses found within 50 m")
    for column in ("", *(r["region"] for r in results)):
        table.add_column(column, justify="left" if not column else "right")
    figures = (
        ("addresses in the index", "addresses", "{:,.0f}"), ("seconds to load", "load_s", "{:.1f}"),
        ("cases", "cases", "{:,.0f}"),
        ("found", "found", "{:.1%}"),
        ("found, house in the index", "found_where_the_house_is_in_the_index", "{:.1%}"),
        ("called certain (>= 0.8)", "certain", "{:.1%}"), ("right when certain", "right_when_certain", "{:.1%}"),
        ("unknown streets refused", "strangers_refused", "{:.1%}"),
        ("unknown streets called certain", "strangers_certain", "{:.1%}"),
        ("p50 ms", "p50_ms", "{:.1f}"), ("p95 ms", "p95_ms", "{:.1f}"), ("p99 ms", "p99_ms", "{:.1f}"),
        ("p50 ms computing", "cpu_p50_ms", "{:.1f}"), ("p95 ms computing", "cpu_p95_ms", "{:.1f}"),
    )  # fmt: skip
    for title, key, form in figures:
        table.add_row(title, *(form.format(r[key]) for r in results))
    table.add_section()
    for kind in dict.fromkeys(kind for r in results for kind in r["kinds"]):
        table.add_row(kind, *(f"{r['kinds'][kind]['found']:.1%}" if kind in r["kinds"] else "-" for r in results))
    table.add_section()
    for low, high in pairwise(BINS):
        cells = []
        for result in results:
            found = [bin_ for bin_ in result["calibration"] if bin_["from"] == low]
            cells.append(f"{found[0]['right']:.1%} of {found[0]['cases']}" if found else "-")
        table.add_row(f"right at confidence {low:.2f} to {min(1.0, high):.2f}", *cells)
    console.print(table)


def main() -> None:
    repository = Path(__file__).resolve().parent.parent
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--count", type=int, default=1000, help="cases per region")
    parser.add_argument("--seed", type=int, default=3)
    parser.add_argument("--part", choices=("held-out", "tuning"), default="held-out")
    parser.add_argument("--only", default="", help="part of a market's name")
    parser.add_argument("--misses", action="store_true", help="print every miss and the slowest cases")
    data = Path(os.environ.get("HOMEWARD_SHARED_DATA", repository.parent / "shared/data"))
    parser.add_argument("--data", type=Path, default=data)
    parser.add_argument("--out", type=Path)
    args = parser.parse_args()
    results = asyncio.run(run(args))
    show(results)
    if args.out:
        args.out.write_text(json.dumps({"part": args.part, "seed": args.seed, "regions": results}, indent=2) + "\n")


if __name__ == "__main__":
    main()
