"""`homeward …`: every command of an installation, from `up` to `explain`."""

import argparse
import asyncio
import json
import os
import secrets
import signal
import sys
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rich.console import Console
from rich.table import Table

from homeward import __version__
from homeward.infra.settings import Settings
from homeward.kit.problems import Problem

if TYPE_CHECKING:
    from homeward.bootstrap import Platform
    from homeward.dispatch.whatif.asked import TextFile

out = Console()
err = Console(stderr=True)

Command = Callable[[argparse.Namespace, Settings], Awaitable[int]]


def main(argv: Sequence[str] | None = None) -> int:
    """Parse, run, and turn expected refusals into one line that says what to do."""
    words = list(sys.argv[1:] if argv is None else argv)
    try:
        # Benchmarks need no installation: no settings, no database, and no loop that their long sums would block.
        return _bench(words[1:]) if words[:1] == ["bench"] else _run(words)
    except Problem as problem:
        # Never wrapped: a path cut in two cannot be copied.
        err.print(f"[red]{problem.title}[/red]", highlight=False, soft_wrap=True)
        if problem.detail():
            err.print(problem.detail(), highlight=False, markup=False, soft_wrap=True)
        return 1
    except KeyboardInterrupt:
        return 130
    except _expected() as failure:
        err.print(str(failure), style="red", highlight=False, markup=False, soft_wrap=True)
        return 1


def _run(words: Sequence[str]) -> int:
    arguments = _parser().parse_args(words)
    given = {name: getattr(arguments, name, None) for name in ("data_dir", "port", "database_url", "log_level")}
    settings = Settings(**{name: value for name, value in given.items() if value is not None})
    command: Command = arguments.command
    return asyncio.run(_until_stopped(command(arguments, settings)))


def _bench(words: Sequence[str]) -> int:
    from homeward.benchmarks.cli import main as bench

    return bench(words)


def _expected() -> tuple[type[Exception], ...]:
    """Failures whose text says what to do about them; anything else is a bug and shows its trace."""
    from homeward.infra.children import ChildFailed
    from homeward.infra.postgres import EmbeddedPostgresError
    from homeward.infra.settings import SecretsDamaged
    from homeward.routing.osrm_binaries import OsrmMissing
    from homeward.web.assets_manifest import PagesNotBuilt

    return ChildFailed, EmbeddedPostgresError, SecretsDamaged, OsrmMissing, PagesNotBuilt


@asynccontextmanager
async def _platform(settings: Settings) -> AsyncIterator["Platform"]:
    """All services, on the database of the running platform or one that is started for this command."""
    from homeward.bootstrap import opened
    from homeward.launcher import running_database

    async with running_database(settings) as url, opened(settings, url) as platform:
        yield platform


async def _until_stopped(work: Awaitable[int]) -> int:
    """Ctrl-C and SIGTERM end a command in order; also one that a script started in the background."""
    task = asyncio.ensure_future(work)
    for stop in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(stop, task.cancel)
    try:
        return await task
    except asyncio.CancelledError:
        return 0


# ── the platform ─────────────────────────────────────────────────────────────────────────────────────────────────────


async def up(arguments: argparse.Namespace, settings: Settings) -> int:
    """Everything on this machine, in real time."""
    from homeward.launcher import launched

    with out.status("starting") as status:
        async with launched(settings, lambda part: status.update(f"starting {part}")):
            status.stop()
            out.print(
                f"Homeward is up at [bold]{settings.base_url}[/bold]  (console /console, portal /portal, API /docs)"
            )
            out.print("Ctrl-C stops it.")
            await asyncio.Event().wait()
    return 0


async def serve(arguments: argparse.Namespace, settings: Settings) -> int:
    """API and pages."""
    from homeward.bootstrap import serve_forever

    await serve_forever(settings)
    return 0


async def work(arguments: argparse.Namespace, settings: Settings) -> int:
    """Webhooks, messages, timers."""
    from homeward.bootstrap import work_forever

    await work_forever(settings)
    return 0


async def plan(arguments: argparse.Namespace, settings: Settings) -> int:
    """Dispatch, for every market whose lease is free."""
    from homeward.bootstrap import plan_forever

    await plan_forever(settings)
    return 0


async def migrate(arguments: argparse.Namespace, settings: Settings) -> int:
    """Roles and schema."""
    from homeward.launcher import running_database

    async with running_database(settings):
        out.print("The database has this release's schema.")
    return 0


async def doctor(arguments: argparse.Namespace, settings: Settings) -> int:
    """What is wrong, and how to mend it."""
    from homeward.doctor import findings

    found = await findings(settings)
    for finding in found:
        out.print(
            f"[{'green' if finding.ok else 'red'}]{'ok  ' if finding.ok else 'bad '}[/] {finding.what}", highlight=False
        )
        if not finding.ok:
            out.print(f"     {finding.mend}", highlight=False)
    return 0 if all(finding.ok for finding in found) else 1


# ── markets ──────────────────────────────────────────────────────────────────────────────────────────────────────────


async def market_import(arguments: argparse.Namespace, settings: Settings) -> int:
    """A market from an OpenStreetMap extract."""
    from homeward.markets import import_and_register

    def told(step: str, what: str) -> None:
        out.print(f"  {step:<12} {what}", highlight=False)

    async with _platform(settings) as parts:
        _, report = await import_and_register(
            parts.db,
            parts.clock,
            settings.data_dir,
            arguments.name,
            arguments.osm,
            addresses=arguments.addresses,
            time_zone=arguments.time_zone,
            currency=arguments.currency,
            progress=told,
        )
    out.print(
        f"[bold]{report.name}[/bold]: {report.road_km:,.0f} km of roads, {report.addresses:,} addresses on "
        f"{report.streets:,} streets, {report.tiles:,} map tiles, time zone {report.time_zone}."
    )
    return 0


async def market_list(arguments: argparse.Namespace, settings: Settings) -> int:
    """The markets of this installation."""

    async with _platform(settings) as parts:
        markets = await parts.coverage.markets()
    table = Table("slug", "name", "currency", "time zone", "status", "id")
    for market in markets:
        table.add_row(market.slug, market.name, market.currency, market.time_zone, market.status, market.id)
    out.print(table)
    return 0


async def market_policy(arguments: argparse.Namespace, settings: Settings) -> int:
    """The numbers that dispatch decides by, as TOML; or new ones from a file."""
    from homeward.dispatch.policy_values import DispatchPolicy

    async with _platform(settings) as parts:
        market = await parts.coverage.market_by_slug(arguments.market)
        if arguments.set is not None:
            new = DispatchPolicy.from_toml(arguments.set)
            await parts.dispatch.set_policy(market.id, new, by="operator:cli")
        rules = await parts.dispatch.policy(market.id)
    print(rules.to_toml(), end="")
    return 0


# ── people ───────────────────────────────────────────────────────────────────────────────────────────────────────────


async def merchant_create(arguments: argparse.Namespace, settings: Settings) -> int:
    """A merchant, and the keys of its shop: shown now and never again."""

    password = arguments.password or (secrets.token_urlsafe(12) if arguments.email else None)
    async with _platform(settings) as parts:
        new = await parts.merchants.create_merchant(
            arguments.name, slug=arguments.slug, owner_email=arguments.email, owner_password=password
        )
    _show(
        arguments.json,
        {
            "merchant_id": new.merchant.id,
            "name": new.merchant.name,
            "slug": new.merchant.slug,
            "live_key": new.live_key.secret,
            "test_key": new.test_key.secret,
            **({"owner_email": arguments.email, "owner_password": password} if arguments.email else {}),
        },
    )
    return 0


async def operator_create(arguments: argparse.Namespace, settings: Settings) -> int:
    """Somebody who may use the console."""

    password = arguments.password or secrets.token_urlsafe(12)
    async with _platform(settings) as parts:
        user = await parts.operators.create(
            arguments.email, arguments.name or arguments.email, arguments.role, password
        )
        token = await parts.auth.open_session("operator", user.id)
    _show(arguments.json, {"id": user.id, "email": user.email, "role": user.role, "password": password, "token": token})
    return 0


async def courier_create(arguments: argparse.Namespace, settings: Settings) -> int:
    """Somebody who carries."""
    from homeward.fleets.couriers.model import NewCourier, VehicleKind

    async with _platform(settings) as parts:
        market = await parts.coverage.market_by_slug(arguments.market)
        new = NewCourier(market.id, arguments.name, arguments.phone, VehicleKind(arguments.vehicle))
        courier = await parts.couriers.create(new, by="operator:cli")
    _show(
        arguments.json,
        {"id": courier.id, "name": courier.name, "phone": courier.phone, "vehicle": courier.vehicle.value},
    )
    return 0


async def explain(arguments: argparse.Namespace, settings: Settings) -> int:
    """Why a delivery went to whom it went to."""

    async with _platform(settings) as parts:
        if arguments.json:
            out.print_json(json.dumps(asdict(await parts.dispatch.explain(arguments.delivery_id)), default=str))
        else:
            out.print(await parts.dispatch.explain_text(arguments.delivery_id), highlight=False)
    return 0


async def carriers_dry_run(arguments: argparse.Namespace, settings: Settings) -> int:
    """Which other company would get a delivery now, and why not the others; asks for prices, orders nothing."""
    from homeward.fleets.carriers.api import assessment_json
    from homeward.fleets.carriers.explain import as_text

    async with _platform(settings) as parts:
        market = await parts.coverage.market_by_slug(arguments.market) if arguments.market else None
        found = await parts.carriers.dry_run(
            delivery_id=arguments.delivery, market_id=market.id if market is not None else None
        )
    if arguments.json:
        print(json.dumps([assessment_json(one) for one in found]))
    else:
        out.print("Companies were asked for their prices; nothing was ordered.\n", highlight=False)
        out.print("\n\n".join(as_text(one.view.delivery.id, one.choice) for one in found), highlight=False)
    return 0


async def replay(arguments: argparse.Namespace, settings: Settings) -> int:
    """What if: recorded days with another dispatch policy or another tariff."""
    from homeward.dispatch.whatif.report import Printer, as_json
    from homeward.dispatch.whatif.service import WhatIf, Wish

    wish = Wish(
        arguments.since,
        arguments.until or arguments.since,
        market=arguments.market,
        policy=arguments.policy,
        tariff=arguments.tariff,
        days=not arguments.decisions_only,
    )
    async with _platform(settings) as parts:
        with err.status("reading") as status:
            whatif = WhatIf(parts.db, parts.roads, parts.coverage)
            report = await whatif.replay(
                wish, lambda what, done, of: status.update(f"{what}: {done:,} of {of:,} ({100 * done // max(1, of)} %)")
            )
    if arguments.json is not None:
        arguments.json.write_text(json.dumps(as_json(report), indent=1) + "\n", encoding="utf-8")
    Printer(out, report, arguments.most).print()
    return 0


# ── the town in a box ────────────────────────────────────────────────────────────────────────────────────────────────


async def demo(arguments: argparse.Namespace, settings: Settings) -> int:
    """The whole platform with a town that lives."""
    from homeward.demo import DemoOptions, run_demo

    options = DemoOptions(
        speed=arguments.speed,
        seed=arguments.seed,
        until_delivered=arguments.until_delivered,
        exit_when_done=arguments.exit,
    )
    return await run_demo(settings, options)


async def fleet(arguments: argparse.Namespace, settings: Settings) -> int:
    """A reference fleet with its sandbox, for trying whoever speaks the fleet contract."""
    from homeward.simulator.fleets.command import run

    return await run(arguments)


def _show(as_json: bool, facts: dict[str, Any]) -> None:
    if as_json:
        print(json.dumps(facts))
        return
    for name, value in facts.items():
        out.print(f"{name:<12} {value}", highlight=False)


# ── words ────────────────────────────────────────────────────────────────────────────────────────────────────────────


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="homeward", description="An open, self-hosted, white-label delivery network.")
    parser.add_argument("--version", action="version", version=__version__)
    commands = parser.add_subparsers(required=True, metavar="COMMAND")

    def command(name: str, run: Command, within: Any = commands, **options: Any) -> argparse.ArgumentParser:
        summary = (run.__doc__ or "").strip()
        made: argparse.ArgumentParser = within.add_parser(name, help=summary, description=summary, **options)
        made.add_argument("--data-dir", type=Path, help="where everything is kept (default .homeward)")
        made.add_argument("--database-url", help="a Postgres of your own, as its owner (default: an embedded one)")
        made.add_argument("--log-level", choices=["debug", "info", "warning", "error"])
        made.set_defaults(command=run)
        return made

    for name, run in (("up", up), ("serve", serve)):
        command(name, run).add_argument("--port", type=int, help="default 8080")
    for name, run in (("work", work), ("plan", plan), ("migrate", migrate), ("doctor", doctor)):
        command(name, run)
    _add_markets(command, commands)
    _add_people(command, commands)
    _add_replay(command)
    _add_town(command)
    commands.add_parser("bench", help="Benchmarks: pdptw, mdrp, dpdp, market", add_help=False)  # read by `_bench`
    return parser


def _text(path: str) -> str:
    """What a file says, or a line that says why it cannot be read."""
    try:
        return Path(path).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as cause:
        raise argparse.ArgumentTypeError(f"cannot read {path}: {cause}") from cause


def _file(path: str) -> "TextFile":
    """A file with its name, for those who will say which line of it is wrong."""
    from homeward.dispatch.whatif.asked import TextFile

    return TextFile(path, _text(path))


def _new_file(path: str) -> Path:
    """Where something can be written: asked before the work, not after it."""
    if not Path(path).resolve().parent.is_dir():
        raise argparse.ArgumentTypeError(f"there is no folder for {path}")
    return Path(path)


def _add_markets(command: Callable[..., argparse.ArgumentParser], commands: Any) -> None:
    markets = commands.add_parser("market", help="Markets: import, list, policy").add_subparsers(
        required=True, metavar="ACTION"
    )
    importing = command("import", market_import, markets)
    importing.add_argument("name", help='as people read it, for instance "Liechtenstein"')
    importing.add_argument("--osm", type=Path, required=True, help=".osm.pbf, .osm, .osm.gz or .osm.bz2")
    importing.add_argument("--addresses", type=Path, help="a CSV with more doors: number, street, city, zip, lat, lon")
    importing.add_argument("--time-zone", help="IANA name; without it the nearest zone's")
    importing.add_argument("--currency", default="USD")
    command("list", market_list, markets)
    deciding = command("policy", market_policy, markets)
    deciding.add_argument("market", help="its slug")
    deciding.add_argument(
        "--set", type=_text, metavar="FILE", help="decide by these; what is not in it is as by default"
    )


def _add_people(command: Callable[..., argparse.ArgumentParser], commands: Any) -> None:
    merchants = commands.add_parser("merchant", help="Merchants: create").add_subparsers(
        required=True, metavar="ACTION"
    )
    merchant = command("create", merchant_create, merchants)
    merchant.add_argument("name")
    merchant.add_argument("--email", help="of the owner, for the portal")
    merchant.add_argument("--password", help="of the owner; default: a random one, shown once")
    merchant.add_argument("--slug", help="its short name in addresses; made from the name unless given")
    merchant.add_argument("--json", action="store_true")
    operators = commands.add_parser("operator", help="Operator's people: create").add_subparsers(
        required=True, metavar="ACTION"
    )
    person = command("create", operator_create, operators)
    person.add_argument("email")
    person.add_argument("--name")
    person.add_argument("--role", choices=["admin", "dispatcher", "support"], default="admin")
    person.add_argument("--password", help="default: a random one, shown once")
    person.add_argument("--json", action="store_true")
    couriers = commands.add_parser("courier", help="Couriers: create").add_subparsers(required=True, metavar="ACTION")
    courier = command("create", courier_create, couriers)
    courier.add_argument("name")
    courier.add_argument("--phone", required=True, help="with country code, for instance +16035550123")
    courier.add_argument("--market", required=True, help="its slug")
    courier.add_argument("--vehicle", default="car", choices=["foot", "bicycle", "scooter", "car", "van"])
    courier.add_argument("--json", action="store_true")
    carriers = commands.add_parser("carriers", help="Other companies: dry-run").add_subparsers(
        required=True, metavar="ACTION"
    )
    trying = command("dry-run", carriers_dry_run, carriers)
    which = trying.add_mutually_exclusive_group(required=True)
    which.add_argument("--delivery", help="its id")
    which.add_argument("--market", help="its slug: every delivery that searches there")
    trying.add_argument("--json", action="store_true")
    explaining = command("explain", explain)
    explaining.add_argument("delivery_id")
    explaining.add_argument("--json", action="store_true")


def _add_replay(command: Callable[..., argparse.ArgumentParser]) -> None:
    replaying = command("replay", replay)
    replaying.add_argument("--from", dest="since", required=True, metavar="DAY", help="2026-11-20 or 2026-11-20T17:00")
    replaying.add_argument("--to", dest="until", metavar="DAY", help="a day is meant to its end; default: the same day")
    replaying.add_argument("--policy", type=_file, metavar="FILE", help="TOML; what is not in it is as by default")
    replaying.add_argument("--tariff", type=_file, metavar="FILE", help="JSON, as the API takes a tariff's rules")
    replaying.add_argument("--market", help="its slug; needed where there are several")
    replaying.add_argument("--decisions-only", action="store_true", help="do not live whole days again: much faster")
    replaying.add_argument("--most", type=int, default=15, metavar="N", help="lines of each list (default 15)")
    replaying.add_argument("--json", type=_new_file, metavar="FILE", help="write everything that was found")


def _add_town(command: Callable[..., argparse.ArgumentParser]) -> None:
    from homeward.simulator.fleets.command import add_arguments

    showing = command("demo", demo)
    showing.add_argument("--port", type=int, help="default 8080")
    showing.add_argument("--speed", type=float, default=float(os.environ.get("SPEED", "10")), help="default 10")
    showing.add_argument("--seed", type=int, default=1)
    showing.add_argument(
        "--until-delivered", type=int, metavar="N", help="stop asking after N have ended, print a summary"
    )
    showing.add_argument("--exit", action="store_true", help="and exit then: 0, or 1 if anything was lost")
    add_arguments(command("fleet", fleet))


if __name__ == "__main__":
    sys.exit(main())
