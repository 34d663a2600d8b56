"""Bookings per second over HTTP, against the very same SQL run bare, in turns on one machine.

The SQL is not copied here: one booking is made through the service on a database that takes notes, and the notes are
played back with other ids. So the bare run does the key look-up, the roles, the idempotency row, the quote's lock, the
delivery, its events and the commits, each as its own round trip, and leaves out HTTP, validation and JSON.
"""

import argparse
import asyncio
import itertools
import json
import os
import statistics
import sys
import tempfile
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from time import perf_counter
from typing import Any, cast

import uvicorn
import uvloop
from fastapi import FastAPI
from psycopg import AsyncCursor
from rich.console import Console
from rich.table import Table

from bench.http_load import Load, hammer, post
from homeward.coverage.service import CoverageService
from homeward.deliveries.api import router
from homeward.deliveries.model import BookRequest, Contact, DropoffRequest
from homeward.deliveries.service import DeliveriesService
from homeward.infra.auth import Auth, MerchantActor, secret_hash
from homeward.infra.db import Database, Row, Tx
from homeward.infra.http import install_shell
from homeward.infra.migrate import app_url, migrate
from homeward.infra.postgres import EmbeddedPostgres
from homeward.infra.telemetry import configure_logs
from homeward.kit.clock import SystemClock
from homeward.kit.ids import new_id, new_secret
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.units import Grams, Metres, Seconds
from homeward.kit.windows import Window
from homeward.quotes import codec, repository
from homeward.quotes.model import (
    AddressAsked,
    Dropoff,
    FeeRules,
    Parcel,
    ParcelSize,
    Price,
    PriceComponent,
    Quote,
    QuoteOption,
    QuoteRequest,
    ReasonTerm,
    ServiceClass,
)
from homeward.quotes.service import QuotesService

APP_PASSWORD = "bench"
MERCHANT = "mer_bench"
KEY_ID = "key_bench"
TEMPLATE_QUOTE = "quo_template"
BASE_URL = "http://localhost:8080"

SEED = """
    INSERT INTO market (id, slug, name, currency, time_zone, south, west, north, east, graph_version, hours)
    VALUES ('mkt_1', 'bench', 'Bench', 'EUR', 'UTC', 47, 9, 48, 10, 'v1', '{}');
    INSERT INTO merchant (id, slug, name) VALUES ('mer_bench', 'bench', 'Bench');
    INSERT INTO store (id, merchant_id, market_id, name, address, lat, lon, hours)
    VALUES ('sto_1', 'mer_bench', 'mkt_1', 'Store', 'Main Street 1', 47.14, 9.52, '{}');
"""
# One quote, one delivery: as many copies of the template as will be booked.
COPY_QUOTES = """
    INSERT INTO quote (id, merchant_id, mode, market_id, store_id, request, basis, options, created_at, expires_at)
    SELECT 'quo_' || lpad(n::text, 26, '0'), merchant_id, mode, market_id, store_id, request, basis, options,
           created_at, expires_at
    FROM quote, generate_series(%(first)s::int, %(last)s::int) n WHERE id = 'quo_template'
"""


@dataclass(frozen=True)
class Statement:
    sql: str
    params: Mapping[str, Any]


@dataclass
class Notes:
    """The statements of one booking, transaction by transaction."""

    transactions: list[tuple[str | None, list[Statement]]] = field(default_factory=list)


class NotingTx(Tx):
    def __init__(self, tx: Tx, into: list[Statement]) -> None:
        super().__init__(tx.connection)
        self._into = into

    async def _execute(self, sql: str, params: Mapping[str, Any]) -> AsyncCursor[Row]:
        self._into.append(Statement(sql, dict(params)))
        return await super()._execute(sql, params)


class NotingDatabase(Database):
    """Writes down what goes to Postgres."""

    notes = Notes()

    @asynccontextmanager
    async def merchant(self, merchant_id: str) -> AsyncIterator[Tx]:
        async with super().merchant(merchant_id) as tx:
            yield self._noting(tx, merchant_id)

    @asynccontextmanager
    async def operator(self) -> AsyncIterator[Tx]:
        async with super().operator() as tx:
            yield self._noting(tx, None)

    def _noting(self, tx: Tx, merchant_id: str | None) -> Tx:
        statements: list[Statement] = []
        self.notes.transactions.append((merchant_id, statements))
        return NotingTx(tx, statements)


@dataclass(frozen=True)
class Result:
    """Medians over the rounds."""

    clients: int
    rounds: int
    http_per_s: float
    http_p50_ms: float
    http_p95_ms: float
    http_p99_ms: float
    bare_per_s: float
    bare_p50_ms: float
    bare_p95_ms: float
    bare_p99_ms: float
    ratio: float
    booked: int
    refused: int
    statements: int
    cores: int


# ── the world ──


def template_quote(now: datetime) -> Quote:
    """Three options and openings for two weeks, as a usual quote has."""

    def option(number: int) -> QuoteOption:
        window = Window(now + timedelta(hours=number), now + timedelta(hours=number + 2))
        lines = [PriceComponent(code, code.title(), 150) for code in ("base", "distance", "size", "weight", "peak")]
        terms = [
            ReasonTerm(name, Seconds(300)) for name in ("preparation", "wait", "to_store", "pickup", "drive", "door")
        ]
        return QuoteOption(
            id=f"opt_{number}",
            service_class=ServiceClass.SAME_DAY,
            window=window,
            ready_at=now,
            search_from=now,
            book_by=now + timedelta(hours=6),
            price=Price(Money(750, "EUR"), tuple(lines)),
            reasoning=tuple(terms),
        )

    asked = AddressAsked(text="Home Lane 3, 9490 Vaduz")
    return Quote(
        id=TEMPLATE_QUOTE,
        merchant_id=MERCHANT,
        mode="live",
        market_id="mkt_1",
        store_id="sto_1",
        parcel=Parcel(Grams(2_000), ParcelSize.MEDIUM),
        dropoff=Dropoff(LatLon(47.16, 9.51), asked.line, asked, 0.97, "exact", certain=True),
        distance_m=Metres(2_300),
        duration_s=Seconds(420),
        options=tuple(option(number) for number in (1, 2, 3)),
        refusals=(),
        attention=(),
        created_at=now,
        expires_at=now + timedelta(hours=6),
    )


async def seed(db: Database, quotes: int) -> str:
    """A merchant with a key and a heap of quotes. Returns the key."""
    key = f"sk_live_{new_secret()}"
    quote = template_quote(datetime.now(UTC).replace(microsecond=0))
    openings = [[1_700_000_000 + day * 86_400, 1_700_036_000 + day * 86_400] for day in range(16)]
    basis = {"distance_m": 2300, "drive_s": 420, "store_openings": openings, "market_openings": openings}
    row = repository.to_row(
        quote, codec.request_to_json(QuoteRequest("sto_1", quote.parcel, quote.dropoff.address)), basis, FeeRules()
    )
    async with db.operator() as tx:
        await tx.run(SEED)
        await tx.run(
            """INSERT INTO api_key (id, merchant_id, mode, hint, secret_hash, last_used_at)
               VALUES (%(id)s, %(merchant)s, 'live', '', %(hash)s, now())""",
            id=KEY_ID,
            merchant=MERCHANT,
            hash=secret_hash(key),
        )
        await repository.add(tx, row)
        await tx.run(COPY_QUOTES, first=0, last=quotes)
    return key


def quote_id(number: int) -> str:
    return f"quo_{number:026d}"


# ── the two contestants ──


def service_on(db: Database) -> DeliveriesService:
    # Booking a quote asks neither roads nor addresses, so none are connected.
    coverage = CoverageService(db, SystemClock())
    quotes = QuotesService(db, SystemClock(), cast("Any", None), cast("Any", None), coverage, cast("Any", None))
    return DeliveriesService(db, SystemClock(), quotes, BASE_URL)


async def serve(url: str, port: int, pool: int) -> None:
    """The web process: the real routes behind the real shell."""
    configure_logs("warning", as_json=False, process="bench")
    db = Database(url, min_size=pool, max_size=pool)
    await db.open()
    app = FastAPI()
    install_shell(app, db)
    app.include_router(router(service_on(db), Auth(db)))
    await uvicorn.Server(uvicorn.Config(app, host="127.0.0.1", port=port, log_level="error", access_log=False)).serve()


def requests(token: str, numbers: Iterator[int]) -> Iterator[bytes]:
    for number in numbers:
        body = {
            "quote_id": quote_id(number),
            "option_id": "opt_1",
            "external_id": f"order-{number}",
            "dropoff": {
                "contact": {"name": "Sam Shopper", "phone": "+41791234567", "email": "sam@example.org"},
                "instructions": "Ring twice",
            },
        }
        yield post("/v1/deliveries", token, json.dumps(body).encode(), f"Idempotency-Key: k-{number}\r\n")


async def take_notes(url: str, token: str) -> Notes:
    """What one booking sends to Postgres, from the look-up of its key to its commit."""
    db = NotingDatabase(url, min_size=1, max_size=1)
    await db.open()
    await Auth(db).find_merchant(token, None)
    actor = MerchantActor(MERCHANT, "live", KEY_ID, "key")
    door = DropoffRequest(contact=Contact("Sam Shopper", "+41791234567", "sam@example.org"), instructions="Ring twice")
    request = BookRequest(dropoff=door, quote_id=quote_id(0), option_id="opt_1", external_id="order-0")
    await service_on(db).book(actor, request, "k-0")
    await db.close()
    return db.notes


async def run_bare(db: Database, notes: Notes, numbers: Iterator[int], *, clients: int, seconds: float) -> Load:
    """The noted statements again and again, with fresh ids."""
    fixed = _ids_in(notes)
    latencies: list[float] = []
    began = perf_counter()
    until = began + seconds

    async def client() -> None:
        while (start := perf_counter()) < until:
            number = next(numbers)
            fresh = {
                fixed["id"]: new_id("dlv", datetime.now(UTC)),
                fixed["tracking_token"]: new_secret(128),
                quote_id(0): quote_id(number),
                "order-0": f"order-{number}",
                "k-0": f"k-{number}",
            }
            for merchant_id, statements in notes.transactions:
                async with db.merchant(merchant_id) if merchant_id else db.operator() as tx:
                    for statement in statements:
                        params = {name: _replaced(value, fresh) for name, value in statement.params.items()}
                        cursor = await tx.connection.execute(statement.sql.encode(), params or None)
                        if cursor.description:
                            await cursor.fetchall()
            latencies.append(perf_counter() - start)

    await asyncio.gather(*(client() for _ in range(clients)))
    return Load(perf_counter() - began, latencies, {})


def _replaced(value: Any, fresh: Mapping[str, str]) -> Any:
    return fresh.get(value, value) if isinstance(value, str) else value


def _ids_in(notes: Notes) -> Mapping[str, str]:
    statements = [statement for _, transaction in notes.transactions for statement in transaction]
    return next(statement.params for statement in statements if "tracking_token" in statement.params)


# ── the run ──


async def measure(folder: Path, clients: int, rounds: int, seconds: float) -> Result:
    postgres = EmbeddedPostgres(folder)
    await postgres.start()
    server = None
    try:
        migrate(postgres.owner_url, APP_PASSWORD)
        url = app_url(postgres.owner_url, APP_PASSWORD)
        db = Database(url, min_size=clients, max_size=clients)
        await db.open()
        token = await seed(db, quotes=int(rounds * 2 * seconds * 3_000))
        notes = await take_notes(url, token)
        port = postgres.port + 1
        server = await asyncio.create_subprocess_exec(
            sys.executable, "-m", "bench.book", "--serve", str(port), "--clients", str(clients),
            env={**os.environ, "BENCH_DATABASE_URL": url},
        )  # fmt: skip
        await _answers(port)
        numbers = itertools.count(1)
        http, bare = [], []
        await hammer("127.0.0.1", port, requests(token, numbers), clients=clients, seconds=1)  # warm caches and plans
        await run_bare(db, notes, numbers, clients=clients, seconds=1)
        for _ in range(rounds):
            http.append(await hammer("127.0.0.1", port, requests(token, numbers), clients=clients, seconds=seconds))
            bare.append(await run_bare(db, notes, numbers, clients=clients, seconds=seconds))
        await db.close()
        return _result(clients, notes, http, bare)
    finally:
        if server and server.returncode is None:
            server.terminate()
            await server.wait()
        await postgres.stop()


def _result(clients: int, notes: Notes, http: list[Load], bare: list[Load]) -> Result:
    def median(values: Iterator[float]) -> float:
        return round(statistics.median(values), 2)

    booked = sum(load.statuses.get(201, 0) for load in http)
    return Result(
        clients=clients,
        rounds=len(http),
        http_per_s=median(load.per_second for load in http),
        http_p50_ms=median(load.percentile_ms(50) for load in http),
        http_p95_ms=median(load.percentile_ms(95) for load in http),
        http_p99_ms=median(load.percentile_ms(99) for load in http),
        bare_per_s=median(load.per_second for load in bare),
        bare_p50_ms=median(load.percentile_ms(50) for load in bare),
        bare_p95_ms=median(load.percentile_ms(95) for load in bare),
        bare_p99_ms=median(load.percentile_ms(99) for load in bare),
        ratio=median(a.per_second / b.per_second for a, b in zip(http, bare, strict=True)),
        booked=booked,
        refused=sum(sum(load.statuses.values()) for load in http) - booked,
        statements=sum(len(statements) for _, statements in notes.transactions),
        cores=os.cpu_count() or 1,
    )


async def _answers(port: int) -> None:
    for _ in range(1_200):  # a busy machine imports slowly
        try:
            _, writer = await asyncio.open_connection("127.0.0.1", port)
        except OSError:
            await asyncio.sleep(0.05)
        else:
            writer.close()
            return
    raise RuntimeError(f"the server does not answer on port {port}")


def report(result: Result) -> None:
    table = Table(title=f"Booking, {result.clients} clients, {result.cores} cores, medians of {result.rounds} rounds")
    for column in ("", "bookings/s", "p50 ms", "p95 ms", "p99 ms"):
        table.add_column(column, justify="right")
    http = (result.http_per_s, result.http_p50_ms, result.http_p95_ms, result.http_p99_ms)
    table.add_row("HTTP", *(f"{value:.1f}" for value in http))
    bare = (result.bare_per_s, result.bare_p50_ms, result.bare_p95_ms, result.bare_p99_ms)
    table.add_row("same SQL, bare", *(f"{value:.1f}" for value in bare))
    console = Console()
    console.print(table)
    console.print(f"ratio {result.ratio:.2f} (aim 0.50) · {result.booked} booked, {result.refused} refused")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=16)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=4.0, help="of each round, HTTP and bare alike")
    parser.add_argument("--out", type=Path, help="write the figures as JSON")
    parser.add_argument("--serve", type=int, metavar="PORT", help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.serve:
        asyncio.run(serve(os.environ["BENCH_DATABASE_URL"], args.serve, args.clients))
        return
    with tempfile.TemporaryDirectory(prefix="homeward-bench-") as folder:
        result = uvloop.run(measure(Path(folder) / "postgres", args.clients, args.rounds, args.seconds))
    report(result)
    if args.out:
        args.out.write_text(json.dumps(asdict(result), indent=2) + "\n")


if __name__ == "__main__":
    main()
