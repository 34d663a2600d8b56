"""What is offered to all, for whoever plans or hands out deliveries: it must not be asked about twice."""

from collections.abc import Collection, Mapping
from datetime import datetime

from homeward.dispatch import policy
from homeward.dispatch.model import OpenDelivery
from homeward.dispatch.open_offers import repository as store
from homeward.dispatch.open_offers.model import OpenOffer, OpenOfferState
from homeward.infra.db import Tx


async def open_in(tx: Tx, market_id: str) -> list[OpenOffer]:
    """As they stand, for who only looks."""
    return await store.open_in(tx, market_id)


async def withdraw_stale(
    tx: Tx, market_id: str, current: Mapping[str, OpenDelivery], now: datetime
) -> tuple[OpenOffer, ...]:
    """Ends what is not true any more, and what nobody took for the most; the others are still open."""
    kept = []
    for one in await store.open_in(tx, market_id):
        delivery = current.get(one.delivery_id)
        if delivery is None or not delivery.searching:
            await store.close(tx, one.id, OpenOfferState.WITHDRAWN, now, reason="delivery_gone")
        elif policy.fingerprint(delivery) != one.basis:
            await store.close(tx, one.id, OpenOfferState.WITHDRAWN, now, reason="delivery_changed")
        elif one.finished:
            await store.close(tx, one.id, OpenOfferState.NOBODY, now)
        else:
            kept.append(one)
    return tuple(kept)


async def withdraw(tx: Tx, delivery_id: str, at: datetime, reason: str) -> int:
    """Ends the open offer of a delivery, if it has one, inside the caller's transaction."""
    return await store.withdraw_of(tx, delivery_id, at, reason)


async def open_to_all(tx: Tx, delivery_ids: Collection[str]) -> frozenset[str]:
    """Those of these deliveries that all couriers are being asked about."""
    return await store.open_to_all(tx, delivery_ids)


async def nobody_took(tx: Tx, delivery_ids: Collection[str]) -> dict[str, datetime]:
    """By delivery, when it was last offered to all for the most, and nobody took it."""
    return await store.nobody_took(tx, delivery_ids)
