"""The words of `homeward fleet`. Light, so that reading the command line does not load a server."""

import argparse
import sys
from typing import Final

KINDS: Final = ("sidewalk", "road", "drone", "carrier")
FAULTS: Final = (
    "acts-in-words-only",
    "claims-free",
    "doubled-custody",
    "events-doubled",
    "events-out-of-order",
    "forbidden-transition",
    "forgets-keys",
    "hold-ignored",
    "late-heartbeat",
    "never-quotes",
    "no-limits-in-no",
    "number-skipped",
    "opens-twice",
    "opens-without-secret",
    "quote-cut-short",
    "refuses-after-accept",
    "secret-in-event",
    "shares-a-room",
    "silent-after-pickup",
)


MOST_SHARE: Final = 0.1
_MOST_VEHICLES: Final = 200


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("kind", choices=KINDS)
    parser.add_argument("--port", type=int, required=True)
    parser.add_argument("--host", default="127.0.0.1", help="default 127.0.0.1: this machine only")
    parser.add_argument("--token", required=True, help="whoever calls the fleet must know it")
    parser.add_argument("--fault", choices=FAULTS, help="break the contract in this one way")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--faults-share",
        type=_share,
        default=0.0,
        metavar="SHARE",
        help=f"of all legs, that each of ten kinds of trouble befalls by chance; at most {MOST_SHARE}",
    )
    parser.add_argument(
        "--people",
        action=argparse.BooleanOptionalAction,
        help="people load and take out by themselves; default with --speed",
    )
    parser.add_argument("--vehicles", type=_vehicles, help="how many; default: as many as such a fleet has")
    parser.add_argument("--speed", type=_speed, help="let time pass, so many times as fast; default: it stands still")
    parser.add_argument("--at", type=_place, metavar="LAT,LON", help="the middle of what it serves; default: Greenwich")
    parser.add_argument("--time-zone", default="UTC", help="of its opening hours; default UTC")
    parser.add_argument("--currency", default="EUR", help="in which it asks for its price; default EUR")


def _speed(text: str) -> float:
    speed = float(text)
    if not 0 < speed <= 1_000:
        raise argparse.ArgumentTypeError("more than 0 and at most 1000")
    return speed


def _vehicles(text: str) -> int:
    number = int(text)
    if not 0 < number <= _MOST_VEHICLES:
        raise argparse.ArgumentTypeError(f"from 1 to {_MOST_VEHICLES}")
    return number


def _share(text: str) -> float:
    share = float(text)
    if not 0 <= share <= MOST_SHARE:
        raise argparse.ArgumentTypeError(f"from 0 to {MOST_SHARE}: no leg has two kinds of trouble")
    return share


def _place(text: str) -> tuple[float, float]:
    try:
        lat, lon = (float(part) for part in text.split(","))
    except ValueError as cause:
        raise argparse.ArgumentTypeError("latitude, a comma, longitude: 47.14,9.52") from cause
    if not (-85 <= lat <= 85 and -180 <= lon <= 180):
        raise argparse.ArgumentTypeError("latitude lies between -85 and 85, longitude between -180 and 180")
    return lat, lon


async def run(arguments: argparse.Namespace) -> int:
    """Serve until stopped."""
    from homeward.fleets.contract.facts import Place
    from homeward.kit.hours_json import is_time_zone
    from homeward.simulator.fleets.serve import GREENWICH, FleetOptions, serve_fleet

    if not is_time_zone(arguments.time_zone):
        print(f"There is no time zone {arguments.time_zone}.", file=sys.stderr)
        return 2
    centre = Place(lat=arguments.at[0], lon=arguments.at[1]) if arguments.at else GREENWICH
    options = FleetOptions(
        kind=arguments.kind,
        token=arguments.token,
        port=arguments.port,
        host=arguments.host,
        fault=arguments.fault,
        seed=arguments.seed,
        speed=arguments.speed,
        centre=centre,
        time_zone=arguments.time_zone,
        currency=arguments.currency,
        people=arguments.speed is not None if arguments.people is None else arguments.people,
        faults_share=arguments.faults_share,
        vehicles=arguments.vehicles,
    )
    print(f"The {options.kind} fleet serves at http://{options.host}:{options.port}  (Ctrl-C stops it)", flush=True)
    await serve_fleet(options)
    return 0
