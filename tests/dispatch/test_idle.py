"""Where couriers with nothing to do might wait: from what was booked to the hint in their app."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

from homeward.dispatch.decide import decide
from homeward.dispatch.model import CourierSeen, Outcome, StoreDemand
from homeward.dispatch.policy_values import DispatchPolicy
from homeward.fleets.couriers.model import VehicleKind
from homeward.kit.places import LatLon
from tests.dispatch.test_decide import a_car, an_order, inputs_for
from tests.dispatch.test_policy import minutes, refs
from tests.dispatch.world import Town

TOWN, SUBURB = LatLon(47.0, 9.0), LatLon(47.0, 9.15)
MIDDLE, AWAY = LatLon(47.04, 9.07), LatLon(47.08, 9.0)


def busy_stores(town: float = 6, suburb: float = 6) -> tuple[StoreDemand, ...]:
    """Both ask for a courier the moment a parcel is ready."""
    return (StoreDemand("s_town", TOWN, town, "Bakery"), StoreDemand("s_suburb", SUBURB, suburb, "Florist"))


def placed(*couriers: CourierSeen, demand: tuple[StoreDemand, ...] = (), **changes: Any) -> dict[str, str]:
    """By courier, the store that is suggested to them."""
    outcome: Outcome = decide(inputs_for(changes.pop("deliveries", ()), couriers, demand=demand or busy_stores()))
    return {courier_id: hint.store_id for courier_id, hint in outcome.wait_at.items()}


def test_who_stands_where_nothing_is_sent_from_is_told_of_a_busy_store() -> None:
    assert placed(a_car("c1", AWAY))["c1"] in ("s_town", "s_suburb")


def test_two_with_nothing_to_do_are_not_told_the_same() -> None:
    assert set(placed(a_car("c1", MIDDLE), a_car("c2", MIDDLE)).values()) == {"s_town", "s_suburb"}


def test_for_one_alone_the_middle_between_two_busy_stores_is_a_good_place() -> None:
    assert placed(a_car("c1", MIDDLE)) == {}


def test_who_is_well_placed_is_left_alone() -> None:
    assert placed(a_car("c1", TOWN), a_car("c2", SUBURB)) == {}


def test_where_nothing_is_expected_nobody_is_told_to_drive() -> None:
    assert placed(a_car("c1", AWAY), demand=(StoreDemand("s_town", TOWN, 0.02),)) == {}


def test_who_is_busy_off_or_about_to_end_is_not_told_anything() -> None:
    bringing = an_order("a", state="to_dropoff", courier_id="busy", leg_id="l", picked_up_at=minutes(-5))
    couriers = [
        a_car("busy", AWAY, route=refs("Da")),
        a_car("asked", AWAY, closed="asked_about_another"),
        a_car("ending", AWAY, shift_ends=minutes(20)),
    ]
    assert placed(*couriers, deliveries=[bringing]) == {}


def test_somebody_who_will_be_free_there_soon_counts_as_there() -> None:
    # On their way to a door beside the suburb's store: nobody else need go there.
    bringing = an_order("a", dropoff=SUBURB, state="to_dropoff", courier_id="b", leg_id="l", picked_up_at=minutes(-5))
    near = LatLon(47.0, 9.149)
    told = placed(a_car("b", near, route=refs("Da")), a_car("c1", AWAY), deliveries=[bringing])
    assert told == {"c1": "s_town"}


def test_an_operator_can_leave_suggestions_out() -> None:
    inputs = inputs_for([], [a_car("c1", AWAY)], demand=busy_stores())
    off = DispatchPolicy.from_values({"positions": {"use": False}})
    assert decide(inputs).wait_at
    assert decide(replace(inputs, policy=off)).wait_at == {}


async def test_a_courier_with_nothing_to_do_sees_a_good_place_to_wait_and_it_is_recorded(town: Town) -> None:
    far = await town.on_duty("Far", LatLon(47.22, 9.53), VehicleKind.BICYCLE)
    for _ in range(6):
        delivery_id = await town.booked()
        await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/cancel", json={"reason": "only for the count"})
    report = await town.tick()
    assert report.decision_id is not None
    hint = (await far.route())["wait_at"]
    assert hint["store_id"] == "sto_a"
    assert hint["name"] == "Bakery Main Street"
    assert hint["drive_s"] > 600
    assert (await town.dispatch.replay(report.decision_id)).equal
    assert (await town.tick()).decision_id is None  # nothing new to say


async def test_a_suggestion_ends_with_the_duty(town: Town) -> None:
    far = await town.on_duty("Far", LatLon(47.22, 9.53), VehicleKind.BICYCLE)
    for _ in range(6):
        delivery_id = await town.booked()
        await town.operator.post(f"/v1/operator/deliveries/{delivery_id}/cancel", json={"reason": "only for the count"})
    await town.tick()
    assert (await far.route())["wait_at"] is not None
    town.clock.advance(timedelta(hours=5).total_seconds())
    assert (await far.route())["wait_at"] is None
