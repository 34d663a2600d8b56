"""Offers as rows: written once, read back as they were shown."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from homeward.dispatch.acceptance import Chance
from homeward.dispatch.model import Offer, OfferState, OfferStop, PayTerm, Seal, StopKind, StopRef
from homeward.infra.db import Row, Tx, json_param
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import jsonable


async def insert_offer(tx: Tx, offer: Offer) -> bool:
    """False if the courier has another open offer."""
    seal = offer.seal
    inserted = await tx.run(
        """INSERT INTO offer (id, market_id, courier_id, decision_id, delivery_ids, state, pay_minor, currency,
                              pay_terms, distance_m, duration_s, stops, route, created_at, expires_at, answered_at,
                              goods, weight_g, key_id, shown_text, signature)
           VALUES (%(id)s, %(market_id)s, %(courier_id)s, %(decision_id)s, %(delivery_ids)s, %(state)s, %(pay_minor)s,
                   %(currency)s, %(pay_terms)s, %(distance_m)s, %(duration_s)s, %(stops)s, %(route)s, %(created_at)s,
                   %(expires_at)s, %(answered_at)s, %(goods)s, %(weight_g)s, %(key_id)s, %(shown_text)s, %(signature)s)
           ON CONFLICT (courier_id) WHERE state = 'open' DO NOTHING""",
        id=offer.id,
        market_id=offer.market_id,
        courier_id=offer.courier_id,
        decision_id=offer.decision_id,
        delivery_ids=list(offer.delivery_ids),
        state=offer.state.value,
        pay_minor=offer.pay.minor,
        currency=offer.pay.currency,
        pay_terms=json_param(jsonable(list(offer.pay_terms))),
        distance_m=offer.distance_m,
        duration_s=offer.duration_s,
        stops=json_param(jsonable(list(offer.stops))),
        route=json_param(
            {
                "stops": refs_json(offer.route),
                "basis": dict(offer.basis),
                "chance": jsonable(offer.chance),
                "features": dict(offer.features),
            }
        ),
        created_at=offer.created_at,
        expires_at=offer.expires_at,
        answered_at=offer.answered_at,
        goods=list(offer.goods),
        weight_g=offer.weight_g,
        key_id=seal.key_id if seal else None,
        shown_text=seal.text if seal else None,
        signature=seal.signature if seal else None,
    )
    return inserted == 1


async def shown_pay(tx: Tx, delivery_ids: Sequence[str]) -> dict[str, int]:
    """By courier, the most they were ever shown for exactly these deliveries. No later offer to them pays less."""
    rows = await tx.all(
        """SELECT courier_id, max(pay_minor) AS most FROM (
               SELECT courier_id, pay_minor FROM offer
               WHERE delivery_ids @> %(ids)s::text[] AND delivery_ids <@ %(ids)s::text[]
               UNION ALL
               SELECT i.courier_id, i.pay_minor FROM open_offer o
               JOIN open_offer_invitation i ON i.open_offer_id = o.id
               WHERE ARRAY[o.delivery_id] = %(ids)s::text[]) shown GROUP BY courier_id""",
        ids=list(delivery_ids),
    )
    return {row["courier_id"]: row["most"] for row in rows}


def offer_from(row: Row) -> Offer:
    chance = row["route"].get("chance")
    return Offer(
        id=row["id"],
        market_id=row["market_id"],
        courier_id=row["courier_id"],
        decision_id=row["decision_id"],
        delivery_ids=tuple(row["delivery_ids"]),
        state=OfferState(row["state"]),
        pay=Money(row["pay_minor"], row["currency"]),
        pay_terms=tuple(PayTerm(**term) for term in row["pay_terms"]),
        distance_m=row["distance_m"],
        duration_s=row["duration_s"],
        stops=tuple(_offer_stop(stop) for stop in row["stops"]),
        route=tuple(ref_from(stop) for stop in row["route"]["stops"]),
        basis=row["route"]["basis"],
        created_at=row["created_at"],
        expires_at=row["expires_at"],
        answered_at=row["answered_at"],
        reason=row["reason"],
        chance=Chance(**chance) if chance else None,
        features=row["route"].get("features", {}),
        goods=tuple(row["goods"]),
        weight_g=row["weight_g"],
        seal=Seal(row["key_id"], row["shown_text"], row["signature"]) if row["key_id"] else None,
    )


def _offer_stop(body: Mapping[str, Any]) -> OfferStop:
    eta = moment_from(body["eta"])
    assert eta is not None
    return OfferStop(
        delivery_id=body["delivery_id"],
        kind=StopKind(body["kind"]),
        name=body["name"],
        address=body["address"],
        place=LatLon(**body["place"]),
        eta=eta,
        latest=moment_from(body["latest"]),
        take_over=body.get("take_over", False),
    )


def refs_json(refs: Iterable[StopRef]) -> list[dict[str, str]]:
    return [{"delivery_id": ref.delivery_id, "kind": ref.kind.value} for ref in refs]


def ref_from(body: Mapping[str, Any]) -> StopRef:
    return StopRef(body["delivery_id"], StopKind(body["kind"]))


def moment_from(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
