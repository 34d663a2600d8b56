"""A courier's route as their app shows it."""

from collections.abc import Sequence
from datetime import timedelta
from typing import Final

from homeward.deliveries.model import Delivery, DeliveryView, LegState, Rescue, StopDetails
from homeward.deliveries.rescue_policy import rescuers_leg as rescues
from homeward.deliveries.service import DeliveriesService
from homeward.deliveries.states import GOING_BACK, Act, State
from homeward.dispatch import policy
from homeward.dispatch import repository as store
from homeward.dispatch.housekeeping import live_deliveries, open_delivery
from homeward.dispatch.model import RouteStop, StopKind, StopRef
from homeward.dispatch.route_view import CourierRoute, RouteStopView
from homeward.dispatch.stop_needs import needs_of, restricted_goods, way_in
from homeward.dispatch.travel import Travel
from homeward.fleets.couriers.model import Courier
from homeward.infra.db import Database
from homeward.kit.clock import Clock
from homeward.kit.money import Money
from homeward.kit.places import LatLon
from homeward.kit.problems import Problem

# The usual next act first; a phone may jump over the soft ones.
_ACTS: dict[State, tuple[StopKind, tuple[Act, ...]]] = {
    State.ASSIGNED: (StopKind.PICKUP, (Act.HEAD_TO_PICKUP, Act.ARRIVE_PICKUP, Act.PICK_UP)),
    State.TO_PICKUP: (StopKind.PICKUP, (Act.ARRIVE_PICKUP, Act.PICK_UP)),
    State.AT_PICKUP: (StopKind.PICKUP, (Act.PICK_UP,)),
    State.PICKED_UP: (StopKind.DROPOFF, (Act.HEAD_TO_DROPOFF, Act.ARRIVE_DROPOFF, Act.HAND_OVER)),
    State.TO_DROPOFF: (StopKind.DROPOFF, (Act.ARRIVE_DROPOFF, Act.HAND_OVER)),
    State.AT_DROPOFF: (StopKind.DROPOFF, (Act.HAND_OVER,)),
    State.RETURNING: (StopKind.RETURN, (Act.ARRIVE_RETURN, Act.RETURN_HANDED)),
    State.AT_RETURN: (StopKind.RETURN, (Act.RETURN_HANDED,)),
}


# A suggestion that nobody renewed for so long was for another moment.
_SUGGESTED_LATELY: Final = timedelta(hours=1)


class Routes:
    """Reads what is stored, and asks the roads for the way."""

    def __init__(self, db: Database, clock: Clock, roads: Travel, deliveries: DeliveriesService) -> None:
        self._db = db
        self._clock = clock
        self._roads = roads
        self._deliveries = deliveries

    async def of(self, courier: Courier, currency: str) -> CourierRoute:
        """All stops of the present route, done ones included, and the way through those left."""
        async with self._db.operator() as tx:
            stored = await store.route(tx, courier.id)
            rows = await live_deliveries(tx, self._deliveries, courier.market_id, courier_id=courier.id)
            carried = [open_delivery(row, None, ()) for row in rows]
            left = policy.left_to_do(stored.refs, carried)
            mine = {delivery.id for delivery in carried}
            shown = [stop for stop in stored.stops if stop.ref.delivery_id in mine or left]
            ids = dict.fromkeys([*(stop.ref.delivery_id for stop in shown), *(ref.delivery_id for ref in left)])
            idle = courier.on_duty and not left and not courier.winding_down(self._clock.now())
            since = self._clock.now() - _SUGGESTED_LATELY
            hint = await store.wait_at(tx, courier.market_id, courier.id, since) if idle else None
            views = {delivery_id: await self._deliveries.view_in(tx, delivery_id) for delivery_id in ids}
        stops = [stop for stop in _in_order(shown, left) if _carried_by(views[stop.ref.delivery_id], courier.id)]
        called = {one: contact.dialled for one, view in views.items() if (contact := self._deliveries.contact(view))}
        seen = tuple(
            _stop_view(stop, views[stop.ref.delivery_id], left, courier.id, called.get(stop.ref.delivery_id))
            for stop in stops
        )
        places = [*([courier.place] if courier.place else []), *(s.place for s in seen if s.state != "done")]
        geometry, distance_m, duration_s = await self._way(courier, places)
        legs = [views[delivery_id].leg for delivery_id in mine]
        pay = Money(sum(leg.pay.minor for leg in legs if leg is not None), currency)
        return CourierRoute(courier.id, stored.version, seen, geometry, distance_m, duration_s, pay, hint)

    async def _way(self, courier: Courier, places: Sequence[LatLon]) -> tuple[Sequence[tuple[float, float]], int, int]:
        if len(places) < 2:
            return (), 0, 0
        try:
            way = await self._roads.market(courier.market_id).route(places, courier.profile)
        except Problem:
            # The stops matter more than the line between them: without roads the app shows the stops alone.
            return (), 0, 0
        return way.geometry, way.distance_m, way.duration_s


def _carried_by(view: DeliveryView, courier_id: str) -> bool:
    # What was taken from this courier meanwhile is another's: its door is shown to nobody else.
    return view.leg is not None and view.leg.courier_id == courier_id


def _in_order(shown: Sequence[RouteStop], left: Sequence[StopRef]) -> list[RouteStop]:
    """What is done, then what is left in its order."""
    todo = set(left)
    times = {stop.ref: stop.eta for stop in shown}
    done = [stop for stop in shown if stop.ref not in todo]
    return [*done, *(RouteStop(ref, times.get(ref)) for ref in left)]


def _stop_view(
    stop: RouteStop, view: DeliveryView, left: Sequence[StopRef], courier_id: str, relay: str | None
) -> RouteStopView:
    delivery, ref = view.delivery, stop.ref
    done = ref not in left
    rescue = delivery.rescue if view.leg is not None and rescues(delivery, view.leg) else None
    to_door = ref.kind is StopKind.DROPOFF and not (rescue and delivery.state in GOING_BACK)
    details = delivery.dropoff if to_door else delivery.pickup
    if rescue and ref.kind is StopKind.PICKUP:
        details = StopDetails(rescue.place, rescue.address, instructions=rescue.note)
    kind, acts = _ACTS.get(_state_of(view, rescue), (ref.kind, ()))
    mine = delivery.courier_id == courier_id
    open_acts = (*(act.value for act in acts), Act.PROBLEM.value) if mine and not done and kind is ref.kind else ()
    return RouteStopView(
        ref=ref,
        leg_id=view.leg.id if view.leg is not None and mine else None,
        state="done" if done else "next" if ref == left[0] else "later",
        acts=open_acts,
        name=details.contact.name if to_door and not done else _store_side(view, ref),
        # Once a stop is made nobody needs to call there.
        phone=(relay or details.contact.phone) if details.contact.phone and not done else None,
        address=details.address,
        unit=details.unit if not done else "",
        place=details.place,
        instructions=details.instructions if not done else "",
        eta=None if done else stop.eta,
        latest=delivery.promised_by if ref.kind is StopKind.DROPOFF else None,
        ready_at=delivery.ready_at if ref.kind is StopKind.PICKUP else None,
        parcel=_parcel(delivery),
        requirements={} if done else needs_of(delivery, ref.kind),
        delivery_state=delivery.state.value,
        door={} if done else way_in(delivery, ref.kind),
        tip=delivery.tip if delivery.tip_minor else None,
        take_over=rescue is not None and ref.kind is StopKind.PICKUP,
    )


def _state_of(view: DeliveryView, rescue: Rescue | None) -> State:
    """Where the courier stands with it: of a rescue their leg tells, since the delivery is further already."""
    if rescue is None or view.leg is None:
        return view.delivery.state
    return {LegState.COMMITTED: State.ASSIGNED, LegState.AT_PICKUP: State.AT_PICKUP}.get(
        view.leg.state, State.TO_PICKUP
    )


def _store_side(view: DeliveryView, ref: StopRef) -> str:
    return "" if ref.kind is StopKind.DROPOFF else view.store_name


def _parcel(delivery: Delivery) -> dict[str, object]:
    """What to look for at the counter. Its value is none of the courier's business."""
    return {
        "reference": delivery.external_id or delivery.id[-6:],
        "description": delivery.contents.description,
        "count": delivery.contents.count,
        "weight_g": delivery.parcel.weight_g,
        "size": delivery.parcel.size.value,
        "needs": list(delivery.parcel.needs),
        "restricted": restricted_goods(delivery),
    }
