"""The record as a table that any spreadsheet opens: a row for each leg, and one for each offer that was not taken."""

import csv
import io
from datetime import datetime
from typing import Final

from homeward.dispatch.record.model import LegRecord, Record, ShownOffer
from homeward.kit.money import Money

COLUMNS: Final = (
    "row",
    "offer_id",
    "offer_shown_at",
    "offer_decision",
    "offer_took_s",
    "offer_pay",
    "offer_pay_lines",
    "offer_distance_m",
    "offer_duration_s",
    "leg_id",
    "delivery_id",
    "leg_kind",
    "leg_state",
    "store",
    "market_id",
    "pickup_lat",
    "pickup_lon",
    "vehicle",
    "accepted_at",
    "at_store_at",
    "ready_at",
    "left_store_at",
    "at_door_at",
    "ended_at",
    "ended_by",
    "engaged_s",
    "waited_s",
    "to_store_m",
    "to_door_m",
    "pay",
    "tips",
    "currency",
)


def as_csv(record: Record) -> str:
    """Moments in UTC, money as `12.34`; an offer's pay is for all of its legs together."""
    out = io.StringIO()
    table = csv.DictWriter(out, COLUMNS, restval="", lineterminator="\r\n")
    table.writeheader()
    for trip in record.trips:
        for leg in trip.legs:
            table.writerow({"row": "leg", **_offer(trip.offer), **_leg(leg)})
    for offer in record.other_offers:
        table.writerow({"row": "offer", **_offer(offer), "currency": offer.pay.currency})
    return out.getvalue()


def _offer(offer: ShownOffer | None) -> dict[str, object]:
    if offer is None:
        return {}
    lines = "; ".join(f"{line.code} {_amount(Money(line.minor, offer.pay.currency))}" for line in offer.pay_lines)
    return {
        "offer_id": offer.id,
        "offer_shown_at": _moment(offer.shown_at),
        "offer_decision": offer.decision.value,
        "offer_took_s": offer.took_s if offer.took_s is not None else "",
        "offer_pay": _amount(offer.pay),
        "offer_pay_lines": lines,
        "offer_distance_m": offer.distance_m,
        "offer_duration_s": offer.duration_s,
    }


def _leg(leg: LegRecord) -> dict[str, object]:
    moments = ("accepted_at", "at_store_at", "ready_at", "left_store_at", "at_door_at", "ended_at")
    plain = ("leg_id", "delivery_id", "market_id", "vehicle", "engaged_s", "waited_s")
    tips = Money(sum(tip.amount.minor for tip in leg.tips), leg.pay.currency)
    return {
        **{name: getattr(leg, name) for name in plain},
        **{name: _moment(getattr(leg, name)) for name in moments},
        "leg_kind": leg.kind,
        "leg_state": leg.state,
        "store": _harmless(leg.store),
        "pickup_lat": leg.pickup.lat,
        "pickup_lon": leg.pickup.lon,
        "ended_by": leg.ended_by or "",
        "to_store_m": leg.way.to_store_m if leg.way.to_store_m is not None else "",
        "to_door_m": leg.way.to_door_m if leg.way.to_door_m is not None else "",
        "pay": _amount(leg.pay),
        "tips": _amount(tips),
        "currency": leg.pay.currency,
    }


def _harmless(text: str) -> str:
    """A name that begins like a formula would be computed by a spreadsheet. Source: OWASP, CSV injection."""
    return f"'{text}" if text.startswith(("=", "+", "-", "@", "\t", "\r")) else text


def _moment(at: datetime | None) -> str:
    return at.isoformat() if at else ""


def _amount(money: Money) -> str:
    return str(money).partition(" ")[0]
