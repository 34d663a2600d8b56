"""From a draft of the plan to what a courier is shown."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from homeward.deliveries.model import DispatchDelivery
from homeward.deliveries.service import DeliveriesService
from homeward.dispatch.model import Offer, OfferDraft, OfferState, OfferStop, RouteStop, StopKind
from homeward.dispatch.seal import goods_classes
from homeward.kit.ids import new_id


@dataclass(frozen=True, slots=True)
class Facts:
    """Of one delivery, what the plan does not need and the courier wants to know."""

    store_name: str
    goods: tuple[str, ...]


async def facts_of(deliveries: DeliveriesService, delivery_ids: Iterable[str]) -> dict[str, Facts]:
    views = [await deliveries.get(None, delivery_id) for delivery_id in sorted(delivery_ids)]
    return {
        view.delivery.id: Facts(view.store_name, tuple(goods.value for goods in view.delivery.contents.goods))
        for view in views
    }


def offer_of(
    market_id: str,
    decision_id: str,
    draft: OfferDraft,
    rows: Mapping[str, DispatchDelivery],
    facts: Mapping[str, Facts],
    basis: Mapping[str, str],
    shown: tuple[datetime, datetime],
) -> Offer:
    """The offer as it is shown, from the first to the second moment of `shown`."""
    at, until = shown
    goods = {each for one in draft.delivery_ids for each in facts[one].goods}
    heaviest_g = max(rows[one].weight_g for one in draft.delivery_ids)
    return Offer(
        id=new_id("ofr", at),
        market_id=market_id,
        courier_id=draft.courier_id,
        decision_id=decision_id,
        delivery_ids=draft.delivery_ids,
        state=OfferState.OPEN,
        pay=draft.pay.total,
        pay_terms=draft.pay.terms,
        distance_m=draft.distance_m,
        duration_s=draft.duration_s,
        stops=tuple(_stop(stop, rows[stop.ref.delivery_id], facts, at) for stop in draft.stops),
        route=draft.route,
        basis={delivery_id: basis[delivery_id] for delivery_id in draft.delivery_ids},
        created_at=at,
        expires_at=until,
        answered_at=None,
        reason=None,
        chance=draft.chance,
        features=draft.features,
        goods=goods_classes(sorted(goods), heaviest_g),
        weight_g=sum(rows[one].weight_g for one in draft.delivery_ids),
    )


def _stop(stop: RouteStop, row: DispatchDelivery, facts: Mapping[str, Facts], at: datetime) -> OfferStop:
    pickup = stop.ref.kind is StopKind.PICKUP
    return OfferStop(
        delivery_id=row.id,
        kind=stop.ref.kind,
        # The shopper's name is nobody's business before the courier has said yes.
        name=facts[row.id].store_name if pickup else "",
        address=row.pickup_address if pickup else row.dropoff_address,
        place=row.pickup if pickup else row.dropoff,
        eta=stop.eta or at,
        latest=None if pickup else row.promised_by,
        take_over=pickup and row.rescue is not None,
    )
