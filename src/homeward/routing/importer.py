"""From an OpenStreetMap file to a market that can be served: road graphs, addresses and map tiles.

A market's folder::

    markets/<slug>/current            -> versions/<version>   (a link; the only thing that is ever switched)
    markets/<slug>/versions/<version>/car|bicycle|foot/roads.osrm.*
                                      addresses.ndjson.gz  streets.ndjson.gz  tiles.pmtiles  report.json
    markets/<slug>/staging/<version>/ what an import has built so far, with a stamp for each finished step

The version is a digest of everything that goes in, so an interrupted import goes on where it stopped, a changed file
starts afresh, and the same file twice is nothing to do. The old version serves until the link is switched.
"""

import hashlib
import os
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path
from typing import Any, Final

import orjson
import shapely

from homeward.kit.hours_json import is_time_zone
from homeward.kit.places import METRES_PER_DEGREE
from homeward.kit.slugs import plain_slug
from homeward.routing.address_points import ADDRESSES_FILE, STREETS_FILE, write_address_files
from homeward.routing.errors import BadMarketName, ExtraAddressesBroken, MapFileMissing, UnknownTimeZone
from homeward.routing.extract import Extract, read_extract
from homeward.routing.graphs import BASE_NAME, Steps, build_graph
from homeward.routing.model import ImportReport, Profile
from homeward.routing.osrm_binaries import OsrmBinaries, osrm_binaries
from homeward.routing.tile_layers import MAX_ZOOM, layers_of
from homeward.routing.tile_writer import write_tiles
from homeward.routing.time_zones import nearest_time_zone

TILES_FILE: Final = "tiles.pmtiles"
REPORT_FILE: Final = "report.json"
_FACTS_FILE: Final = "facts.json"
# Raise it when the same map would give other files: versions made before are then built anew.
_FORMAT: Final = "1"
# Metres in degrees of latitude; how far a door may stand from the outermost road of a market.
_REACH: Final = 400 / METRES_PER_DEGREE

Progress = Callable[[str, str], None]
"""Told the step and what became of it; may be called from another thread."""


@dataclass(frozen=True, slots=True)
class InstalledMarket:
    """Where the files of the version in use lie."""

    slug: str
    folder: Path

    def graph(self, profile: Profile) -> Path:
        return self.folder / profile / BASE_NAME

    @property
    def version(self) -> str:
        return self.folder.name

    @property
    def tiles(self) -> Path:
        return self.folder / TILES_FILE

    @property
    def addresses(self) -> Path:
        return self.folder / ADDRESSES_FILE

    @property
    def streets(self) -> Path:
        return self.folder / STREETS_FILE

    def report(self) -> ImportReport:
        return ImportReport.from_json(orjson.loads((self.folder / REPORT_FILE).read_bytes()))


def installed_market(data_dir: Path, slug: str) -> InstalledMarket | None:
    """The version of a market that is in use, or None if it was never imported."""
    current = data_dir / "markets" / slug / "current"
    return InstalledMarket(slug, current.resolve()) if current.exists() else None


def installed_markets(data_dir: Path) -> list[InstalledMarket]:
    """All markets with a version in use, by name."""
    found = (installed_market(data_dir, folder.name) for folder in sorted((data_dir / "markets").glob("*")))
    return [market for market in found if market is not None]


def import_market(
    name: str,
    osm_file: Path,
    data_dir: Path,
    *,
    extra_addresses: Path | None = None,
    time_zone: str | None = None,
    progress: Progress = lambda step, what: None,
    tools: OsrmBinaries | None = None,
) -> ImportReport:
    """Build everything a market needs from a map, and put it in use at the end.

    Parameters
    ----------
    name
        As people read it; folders and addresses carry it in small letters.
    osm_file
        .osm.pbf, .osm, .osm.gz or .osm.bz2, an extract of any size that memory holds.
    data_dir
        The folder of the whole installation.
    extra_addresses
        A CSV with more doors than the map knows (`address_points.read_extra`).
    time_zone
        IANA name; without it the zone of the nearest zone capital is taken, which near borders may be wrong.
    progress
        Told of each step's beginning and end.
    tools
        OSRM's executables; by default those that set-up installed.

    Raises
    ------
    BadMarketName, UnknownTimeZone, MapFileMissing, MapFileBroken, NoRoadsInMap, ExtraAddressesBroken, RoadBuildFailed
        Nothing is installed then, and what was in use before stays in use.
    """
    slug = slug_of(name)
    _check_time_zone(time_zone)
    if not osm_file.is_file():
        raise MapFileMissing(str(osm_file))
    if extra_addresses is not None and not extra_addresses.is_file():
        raise ExtraAddressesBroken(str(extra_addresses), "there is no such file")
    home = data_dir / "markets" / slug
    version = _version(osm_file, extra_addresses, time_zone)
    finished = home / "versions" / version
    if finished.is_dir():
        progress("install", "this map is in use already")
        return _put_in_use(home, finished)
    staging = home / "staging" / version
    _drop_other(home / "staging", staging)
    staging.mkdir(parents=True, exist_ok=True)
    work = _Import(slug, name, osm_file, extra_addresses, staging, Steps(staging / "stamps", progress))
    try:
        report = work.build(time_zone, version, tools or osrm_binaries(), finished)
    except BaseException:
        # A refused map leaves nothing; a cut-off build keeps its finished steps for the next try.
        if not any((staging / "stamps").glob("*.done")):
            shutil.rmtree(staging, ignore_errors=True)
            _remove_if_empty(home / "staging", home)
        raise
    return _install(home, staging, finished, report)


class _Import:
    """One build of one map. The map is read at most once, and not at all when every step that needs it is done."""

    def __init__(self, slug: str, name: str, osm_file: Path, extra: Path | None, staging: Path, steps: Steps) -> None:
        self._slug, self._name, self._osm_file, self._extra = slug, name, osm_file, extra
        self._staging = staging
        self._steps = steps

    @cached_property
    def _extract(self) -> Extract:
        return read_extract(self._osm_file)

    def build(self, time_zone: str | None, version: str, tools: OsrmBinaries, folder: Path) -> ImportReport:
        # Reading comes first and alone: it is what tells a broken map from a good one, before anything is built.
        self._steps.run("read", self._read)
        with ThreadPoolExecutor(max_workers=1) as beside:
            # The graphs are built by child processes, so addresses and tiles can be made at the same time.
            graphs = beside.submit(self._graphs, tools)
            try:
                self._steps.run("addresses", self._addresses)
                self._steps.run("tiles", self._tiles)
            finally:
                graphs.result()
        return self._report(time_zone, version, folder)

    def _graphs(self, tools: OsrmBinaries) -> None:
        for profile in Profile:
            self._steps.run(
                f"roads-{profile}",
                lambda p=profile: build_graph(tools, self._osm_file, self._staging, p),  # type: ignore[misc]
            )

    def _read(self) -> None:
        extract = self._extract
        lines = shapely.multilinestrings([shape for tags, shape in extract.roads if tags["drivable"]])
        # Full detail is of no use for an area on a map, and would make every "is this inside" slower.
        outline = shapely.concave_hull(lines, ratio=0.25).buffer(_REACH).simplify(_REACH / 4)
        ring = [(round(lon, 5), round(lat, 5)) for lon, lat in outline.exterior.coords]
        self._note(box=extract.box, reach=ring, roads=extract.drivable_roads, road_km=round(extract.drivable_km, 1))

    def _addresses(self) -> None:
        counts = write_address_files(self._extract, self._staging, self._extra)
        self._note(addresses=counts.addresses, streets=counts.streets)

    def _tiles(self) -> None:
        self._note(tiles=write_tiles(layers_of(self._extract), self._extract.box, self._staging / TILES_FILE))

    def _facts(self) -> dict[str, Any]:
        path = self._staging / _FACTS_FILE
        return dict(orjson.loads(path.read_bytes())) if path.exists() else {}

    def _note(self, **facts: Any) -> None:
        """Keep what a step found out beside its stamp, so that a resumed import can still tell it."""
        (self._staging / _FACTS_FILE).write_bytes(orjson.dumps({**self._facts(), **facts}))

    def _report(self, time_zone: str | None, version: str, folder: Path) -> ImportReport:
        report = ImportReport.from_json(
            {
                **self._facts(), "name": self._name, "slug": self._slug, "version": version, "folder": str(folder),
                "time_zone": "", "tile_max_zoom": MAX_ZOOM, "steps": [],
            }
        )  # fmt: skip
        zone = time_zone or nearest_time_zone(report.centre)
        return replace(report, time_zone=zone, steps=tuple(self._steps.done))


def slug_of(name: str) -> str:
    """A market's name as it appears in folders and addresses: small letters, digits and hyphens."""
    slug = plain_slug(name)
    if not slug or len(slug) > 60:
        raise BadMarketName(name)
    return slug


def _check_time_zone(time_zone: str | None) -> None:
    if time_zone is not None and not is_time_zone(time_zone):
        raise UnknownTimeZone(time_zone)


def _version(osm_file: Path, extra: Path | None, time_zone: str | None) -> str:
    digest = hashlib.sha256(f"{_FORMAT} {time_zone}".encode())
    for path in (osm_file, extra):
        if path is not None:
            with path.open("rb") as file:
                digest.update(hashlib.file_digest(file, "sha256").digest())
    return digest.hexdigest()[:16]


def _install(home: Path, staging: Path, finished: Path, report: ImportReport) -> ImportReport:
    (staging / REPORT_FILE).write_bytes(orjson.dumps(report.to_json(), option=orjson.OPT_INDENT_2))
    shutil.rmtree(staging / "stamps")
    (staging / _FACTS_FILE).unlink()
    finished.parent.mkdir(exist_ok=True)
    staging.rename(finished)
    _remove_if_empty(home / "staging")
    return _put_in_use(home, finished)


def _put_in_use(home: Path, finished: Path) -> ImportReport:
    before = home / "current"
    previous = before.resolve() if before.exists() else finished
    fresh = home / "current.new"
    fresh.unlink(missing_ok=True)
    fresh.symlink_to(Path("versions") / finished.name)
    # A rename over a link is one step for the file system: there is no moment without a version in use.
    os.replace(fresh, home / "current")  # noqa: PTH105 - Path.replace would follow nothing, but says less
    for old in (home / "versions").iterdir():
        # The one before stays: road servers still read it until they have been told.
        if old not in (finished, previous):
            shutil.rmtree(old, ignore_errors=True)
    return InstalledMarket(home.name, finished).report()


def _drop_other(staging_home: Path, keep: Path) -> None:
    if staging_home.is_dir():
        for other in staging_home.iterdir():
            if other != keep:
                shutil.rmtree(other)


def _remove_if_empty(*folders: Path) -> None:
    for folder in folders:
        if folder.is_dir() and not any(folder.iterdir()):
            folder.rmdir()
