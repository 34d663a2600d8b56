"""How promises ended and what was learned from that, in Postgres. The operator's role only.

`endings` reads deliveries and their events although they belong to later features: what was promised, what was booked
of it and what came of it stand in three places, and are read once for each delivery that ends.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from homeward.infra.db import Row, Tx, json_param
from homeward.kit.units import Seconds
from homeward.quotes import codec
from homeward.quotes.calibration import Calibration, Seen
from homeward.quotes.outcomes import Booked, Happened, HourKept, Outcome

# An option is found again by what the delivery took over from it; two that agree in all of that promise the same.
_BOOKED: Final = """
    SELECT d.merchant_id, d.id AS delivery_id, d.market_id, d.created_at AS booked_at, q.created_at AS quoted_at,
           q.basis -> 'settings' AS settings, m.time_zone, o.option
    FROM unnest(%(merchant_ids)s::text[], %(delivery_ids)s::text[]) AS e (merchant_id, delivery_id)
    JOIN delivery d ON d.merchant_id = e.merchant_id AND d.id = e.delivery_id
    JOIN quote q ON q.merchant_id = d.merchant_id AND q.id = d.quote_id
    JOIN market m ON m.id = d.market_id
    CROSS JOIN LATERAL (
        SELECT option FROM jsonb_array_elements(q.options) AS option
        WHERE (option ->> 'promised_by')::timestamptz = d.promised_by AND option ->> 'service_class' = d.service_class
          AND (option -> 'window' ->> 'earliest')::timestamptz = d.window_earliest
        LIMIT 1
    ) AS o
    WHERE d.mode = 'live'
    ORDER BY d.id
"""
_EVENTS: Final = """
    SELECT v.delivery_id, v.type, v.at, v.actor
    FROM unnest(%(merchant_ids)s::text[], %(delivery_ids)s::text[]) AS e (merchant_id, delivery_id)
    JOIN delivery_event v ON v.merchant_id = e.merchant_id AND v.delivery_id = e.delivery_id
    ORDER BY v.delivery_id, v.seq
"""
_ADD: Final = """
    INSERT INTO promise_outcome (delivery_id, market_id, service_class, urgent, learns, hour, drive_s, share_pct,
        stated, basis, expected_at, kept_by, promised_by, realised_at, ended_at, store_late_s)
    VALUES (%(delivery_id)s, %(market_id)s, %(service_class)s, %(urgent)s, %(learns)s, %(hour)s, %(drive_s)s,
        %(share_pct)s, %(stated)s, %(basis)s, %(expected_at)s, %(kept_by)s, %(promised_by)s, %(realised_at)s,
        %(ended_at)s, %(store_late_s)s)
    ON CONFLICT (delivery_id) DO NOTHING
"""
_COLUMNS: Final = (
    "delivery_id", "market_id", "service_class", "urgent", "learns", "hour", "drive_s", "share_pct", "stated", "basis",
    "expected_at", "kept_by", "promised_by", "realised_at", "ended_at", "store_late_s",
)  # fmt: skip
_HELD: Final = """
    SELECT hour, urgent, count(*) AS ended,
           count(*) FILTER (WHERE basis = 'learned') AS learned,
           count(*) FILTER (WHERE basis = 'learned' AND realised_at <= kept_by) AS kept,
           count(*) FILTER (WHERE realised_at <= promised_by) AS told_kept,
           avg(share_pct)::float / 100 AS aimed, round(avg(stated)::numeric, 4)::float AS stated,
           count(*) FILTER (WHERE realised_at > promised_by
               AND realised_at - make_interval(secs => store_late_s) <= promised_by) AS missed_by_store
    FROM promise_outcome WHERE market_id = %(market_id)s AND ended_at > %(since)s
    GROUP BY hour, urgent ORDER BY hour, urgent
"""


async def endings(tx: Tx, deliveries: Sequence[tuple[str, str]]) -> list[tuple[Booked, list[Happened], str]]:
    """Of these (merchant, delivery), live ones only: what was promised, what happened, and the market's time zone."""
    keys = {"merchant_ids": [one for one, _ in deliveries], "delivery_ids": [one for _, one in deliveries]}
    events: dict[str, list[Happened]] = {}
    for row in await tx.all(_EVENTS, **keys):
        events.setdefault(row["delivery_id"], []).append(Happened(row["type"], row["at"], row["actor"]))
    booked = await tx.all(_BOOKED, **keys)
    return [(_booked(row), events[row["delivery_id"]], row["time_zone"]) for row in booked]


async def add(tx: Tx, outcomes: Sequence[Outcome]) -> None:
    """What is known already stays as it is: endings do not change."""
    await tx.many(_ADD, [{name: getattr(outcome, name) for name in _COLUMNS} for outcome in outcomes])


async def count(tx: Tx, market_id: str) -> int:
    return int(await tx.value("SELECT count(*) FROM promise_outcome WHERE market_id = %(id)s", id=market_id))


async def seen(tx: Tx, market_id: str, since: datetime, limit: int) -> list[Seen]:
    """What learning looks at, newest first."""
    rows = await tx.all(
        """SELECT hour, ended_at, urgent, drive_s, coalesce(realised_at <= promised_by, false) AS kept,
                  CASE basis WHEN 'learned' THEN share_pct::float / 100 END AS aimed,
                  coalesce(realised_at <= kept_by, false) AS held,
                  extract(epoch FROM realised_at - expected_at)::int AS late_s
           FROM promise_outcome WHERE market_id = %(market_id)s AND learns AND ended_at > %(since)s
           ORDER BY ended_at DESC LIMIT %(limit)s""",
        market_id=market_id,
        since=since,
        limit=limit,
    )
    return [Seen(**row) for row in rows]


async def newest(tx: Tx, market_id: str) -> tuple[Calibration, int] | None:
    """What the market knows, and how many outcomes it knew then."""
    row = await tx.one(
        """SELECT version, learned_at, outcomes, curves FROM promise_calibration WHERE market_id = %(id)s
           ORDER BY version DESC LIMIT 1""",
        id=market_id,
    )
    if row is None:
        return None
    return codec.calibration_from_json(row["version"], row["learned_at"], row["curves"]), row["outcomes"]


async def add_calibration(tx: Tx, market_id: str, calibration: Calibration, outcomes: int) -> bool:
    """False if another process was faster with this version."""
    added = await tx.run(
        """INSERT INTO promise_calibration (market_id, version, learned_at, outcomes, curves)
           VALUES (%(market_id)s, %(version)s, %(learned_at)s, %(outcomes)s, %(curves)s)
           ON CONFLICT (market_id, version) DO NOTHING""",
        market_id=market_id,
        version=calibration.version,
        learned_at=calibration.learned_at,
        outcomes=outcomes,
        curves=json_param(codec.calibration_to_json(calibration)),
    )
    return added == 1


async def hours_kept(tx: Tx, market_id: str, since: datetime) -> list[HourKept]:
    return [HourKept(**row) for row in await tx.all(_HELD, market_id=market_id, since=since)]


def _booked(row: Row) -> Booked:
    settings: Mapping[str, Any] = row["settings"]
    return Booked(
        delivery_id=row["delivery_id"],
        market_id=row["market_id"],
        option=codec.option_from_json(row["option"]),
        quoted_at=row["quoted_at"],
        booked_at=row["booked_at"],
        checkout_s=Seconds(settings["checkout_s"]),
        pickup_s=Seconds(settings["pickup_s"]),
        share_pct=settings.get("promise_share_pct", 90),
    )
