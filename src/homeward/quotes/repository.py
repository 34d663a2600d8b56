"""Quotes, tariffs and what a quote needs to know, in Postgres.

`context` reads the store together with its market's revision and supply although they belong to other features: it is
one round trip of the hottest path. It hands the store's columns to the merchants' own reader.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

from homeward.infra.db import Row, Tx, json_param
from homeward.kit.units import Metres, Seconds
from homeward.quotes import codec
from homeward.quotes.calibration import Calibration
from homeward.quotes.model import CONFIRM_ADDRESS, BookableOption, FeeRules, Quote, Supply
from homeward.quotes.tariff import Tariff
from homeward.quotes.tariff_json import rules_from_json

CONTEXT: Final = """
    SELECT s.*, m.revision AS market_revision, p.observed_at, p.couriers_on_duty, p.expected_wait_s,
           (SELECT max(version) FROM promise_calibration c WHERE c.market_id = s.market_id) AS calibration_version
    FROM store s JOIN market m ON m.id = s.market_id LEFT JOIN market_supply p ON p.market_id = s.market_id
    WHERE s.merchant_id = %(merchant_id)s
"""
ADD: Final = """
    INSERT INTO quote (id, merchant_id, mode, market_id, store_id, request, basis, options, created_at, expires_at)
    VALUES (%(id)s, %(merchant_id)s, %(mode)s, %(market_id)s, %(store_id)s, %(request)s, %(basis)s, %(options)s,
            %(created_at)s, %(expires_at)s)
"""


async def context(tx: Tx, merchant_id: str, store_id: str) -> Row | None:
    return await tx.one(f"{CONTEXT} AND s.id = %(store_id)s", merchant_id=merchant_id, store_id=store_id)


async def context_by_number(tx: Tx, merchant_id: str, external_id: str) -> Row | None:
    """The same by the merchant's own number. Places that bookings brought along have numbers too: of no store."""
    own = f"{CONTEXT} AND s.external_id = %(external_id)s AND s.listed"
    return await tx.one(own, merchant_id=merchant_id, external_id=external_id)


def supply_of(row: Row) -> Supply | None:
    if row["observed_at"] is None:
        return None
    return Supply(row["observed_at"], row["couriers_on_duty"], Seconds(row["expected_wait_s"]))


async def calibration(tx: Tx, market_id: str, version: int) -> Calibration:
    row = await tx.one(
        "SELECT learned_at, curves FROM promise_calibration WHERE market_id = %(id)s AND version = %(version)s",
        id=market_id,
        version=version,
    )
    assert row is not None, "versions are never removed"
    return codec.calibration_from_json(version, row["learned_at"], row["curves"])


async def tariffs(tx: Tx, market_id: str) -> list[Tariff]:
    """All versions, newest first."""
    rows = await tx.all("SELECT * FROM tariff WHERE market_id = %(id)s ORDER BY version DESC", id=market_id)
    return [to_tariff(row) for row in rows]


async def add_tariff(
    tx: Tx, *, tariff_id: str, market_id: str, effective_from: datetime, rules: Mapping[str, Any]
) -> Tariff:
    """The next version; two at once queue up on the market's row, so that numbers have no gap."""
    await tx.run("SELECT 1 FROM market WHERE id = %(id)s FOR UPDATE", id=market_id)
    row = await tx.one(
        """
        INSERT INTO tariff (id, market_id, version, effective_from, rules)
        SELECT %(id)s, %(market)s, coalesce(max(version), 0) + 1, %(effective_from)s, %(rules)s
        FROM tariff WHERE market_id = %(market)s
        RETURNING *
        """,
        id=tariff_id,
        market=market_id,
        effective_from=effective_from,
        rules=json_param(dict(rules)),
    )
    assert row is not None
    return to_tariff(row)


async def add(tx: Tx, row: Mapping[str, Any]) -> None:
    await tx.run(ADD, **row)


async def get(tx: Tx, merchant_id: str, quote_id: str, mode: str | None) -> Row | None:
    return await tx.one(
        """
        SELECT * FROM quote
        WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND (%(mode)s::text IS NULL OR mode = %(mode)s)
        """,
        merchant_id=merchant_id,
        id=quote_id,
        mode=mode,
    )


async def book(
    tx: Tx, *, merchant_id: str, mode: str, quote_id: str, option_id: str, delivery_id: str, now: datetime
) -> Row | None:
    """Mark the quote as booked if it still may be; None if not. All conditions stand in the one statement, so that a
    refusal leaves no trace even where the caller goes on with its transaction."""
    return await tx.one(
        """
        UPDATE quote SET delivery_id = %(delivery_id)s
        WHERE merchant_id = %(merchant_id)s AND id = %(id)s AND mode = %(mode)s AND delivery_id IS NULL
          AND EXISTS (SELECT FROM jsonb_array_elements(options) AS o
                      WHERE o ->> 'id' = %(option_id)s AND (o ->> 'book_by')::timestamptz >= %(now)s)
        RETURNING *
        """,
        merchant_id=merchant_id,
        id=quote_id,
        mode=mode,
        option_id=option_id,
        delivery_id=delivery_id,
        now=now,
    )


def to_row(quote: Quote, request: Mapping[str, Any], basis: Mapping[str, Any], fees: FeeRules) -> dict[str, Any]:
    """The quote's row. What is neither asked nor offered (door, refusals, fees) is kept with the basis."""
    more = {
        "dropoff": codec.dropoff_to_json(quote.dropoff),
        "refusals": [refusal.to_json() for refusal in quote.refusals],
        "fees": {name: getattr(fees, name) for name in FeeRules.__dataclass_fields__},
    }
    return {
        "id": quote.id,
        "merchant_id": quote.merchant_id,
        "mode": quote.mode,
        "market_id": quote.market_id,
        "store_id": quote.store_id,
        "request": json_param(request),
        "basis": json_param({**basis, **more}),
        "options": json_param([codec.option_to_json(option) for option in quote.options]),
        "created_at": quote.created_at,
        "expires_at": quote.expires_at,
    }


def to_quote(row: Row) -> Quote:
    basis = row["basis"]
    dropoff = codec.dropoff_from_json(basis["dropoff"])
    parcel = row["request"]["parcel"]
    return Quote(
        id=row["id"],
        merchant_id=row["merchant_id"],
        mode=row["mode"],
        market_id=row["market_id"],
        store_id=row["store_id"],
        parcel=codec.parcel_from_json(parcel),
        dropoff=dropoff,
        distance_m=Metres(basis["distance_m"]),
        duration_s=Seconds(basis["drive_s"]),
        options=tuple(codec.option_from_json(option) for option in row["options"]),
        refusals=tuple(codec.refusal_from_json(refusal) for refusal in basis["refusals"]),
        attention=() if dropoff.certain else (CONFIRM_ADDRESS,),
        created_at=row["created_at"],
        expires_at=row["expires_at"],
    )


def to_bookable(row: Row, option_id: str) -> BookableOption:
    quote = to_quote(row)
    option = next(option for option in quote.options if option.id == option_id)
    return BookableOption(quote, option, FeeRules(**row["basis"]["fees"]))


def to_tariff(row: Row) -> Tariff:
    return Tariff(row["id"], row["market_id"], row["version"], row["effective_from"], rules_from_json(row["rules"]))
