"""What a courier is never asked about: other merchants' deliveries, and what breaks their own limits. Pure."""

from homeward.dispatch.model import CourierSeen, OpenDelivery, Ruling
from homeward.fleets.couriers.limits.model import Asked, Broken, OwnLimits
from homeward.fleets.couriers.limits.policy import broken_by
from homeward.fleets.couriers.model import Courier

_NONE = OwnLimits()


def broken(courier: CourierSeen, delivery: OpenDelivery) -> Broken | None:
    """The first limit that a new delivery breaks; what they have promised already is not asked about."""
    if courier.employer_id is not None and courier.employer_id != delivery.merchant_id:
        return Broken("employer")
    if courier.own == _NONE:
        return None
    asked = Asked(delivery.pickup, delivery.dropoff, delivery.weight_g, delivery.goods)
    return broken_by(courier.own, asked)


def at_once(courier: Courier) -> int:
    """How many deliveries the vehicle takes, or fewer if the courier wishes so."""
    own = courier.own.at_once
    return courier.max_deliveries if own is None else min(own, courier.max_deliveries)


def excluded(courier: CourierSeen, delivery: OpenDelivery) -> Ruling:
    """Why a courier was not even asked about this delivery."""
    own = broken(courier, delivery)
    if courier.closed or courier.id in delivery.refused_by or own is None:
        return Ruling(courier.id, courier.name, limit=courier.closed or "said_no", subject=delivery.id)
    return Ruling(
        courier.id, courier.name, limit=own.limit, subject=own.subject, needed=own.needed, allowed=own.allowed
    )
